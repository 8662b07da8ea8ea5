"""Days in which nothing happens in the trackers write nothing, although every one of them moves forecasts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sync_world import CALENDAR, World

STARTED = datetime(2026, 9, 1, 9, tzinfo=UTC)
FIELDS = {"forecast_finish": "Forecast finish", "slip_wd": "Slip", "health": "Health"}


def started(world: World, key: str, **values: Any) -> None:
    """A story that somebody began on 1 September."""
    world.task(key, kind="story", state="todo", at=datetime(2026, 8, 31, 9, tzinfo=UTC), **values)
    world.shop.edit(key, state="in_progress", at=STARTED)


def world_with_history(**write: Any) -> World:
    """Twenty-five stories, promised for 1 October and done on the 7th; one epic with open stories."""
    world = World(fields=FIELDS, **write)
    for number in range(25):
        started(world, f"CHK-{100 + number}", due="2026-10-01")
        done_at = datetime(2026, 10, 7, 9, tzinfo=UTC)
        world.shop.edit(f"CHK-{100 + number}", state="done", actual_finish=date(2026, 10, 7), at=done_at)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    return world


def a_week(world: World) -> list[list[tuple[str, str, Any]]]:
    """What each of eight days writes, in comments only which item."""
    written = []
    for _ in range(8):
        before = len(world.written())
        assert world.sync().exit_code == 0
        written.append(
            [
                (key, slot, None if slot == "comment" else value)
                for key, slot, value in world.written()[before:]
            ]
        )
        world.clock.advance(days=1)
    return written


def test_seven_quiet_days_over_a_portfolio_with_forecasts_write_nothing() -> None:
    world = world_with_history()
    started(world, "CHK-2", due="2027-01-01", parent="CHK-1")
    started(world, "CHK-3", due="2026-12-30", parent="CHK-1")
    started(world, "CHK-4", due="2026-11-20", parent="CHK-1")
    first, *quiet = a_week(world)
    # 38 days to 1 January, times 1.2, are 45.6: Saturday 9 January, so Monday.
    assert ("CHK-1", "forecast_finish", "2027-01-11") in first
    assert quiet == [[]] * 7
    methods = {row["key"]: row["forecast_method"] for row in world.store.rows("item")}
    assert methods["CHK-2"] == methods["CHK-3"] == "plan date × reference class"
    assert methods["CHK-4"] == "past its date, reference class"


def test_a_forecast_that_a_quiet_week_moves_by_five_working_days_is_written_on_that_day_alone() -> None:
    world = world_with_history(comments=False)
    started(world, "CHK-2", parent="CHK-1")  # it has no date: its team says when
    first, *quiet = a_week(world)
    ((_, _, shown),) = [one for one in first if one[1] == "forecast_finish"]
    # Tuesday to Sunday nothing. On Monday another week is over in which nobody finished anything.
    assert quiet[:5] == [[]] * 5
    ((key, slot, value),) = quiet[5]
    assert (key, slot, quiet[6]) == ("CHK-1", "forecast_finish", [])
    moved = CALENDAR.working_days_between(date.fromisoformat(shown), date.fromisoformat(value))
    assert moved is not None
    assert moved >= 5
