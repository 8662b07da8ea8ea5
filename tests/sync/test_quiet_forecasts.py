"""Days in which nothing happens in the trackers write nothing, although every one of them moves forecasts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sync_world import CALENDAR, World

STARTED = datetime(2026, 9, 1, 9, tzinfo=UTC)
FIELDS = {"forecast_finish": "Forecast finish", "slip_wd": "Slip", "health": "Health"}


def started(world: World, key: str, at: datetime = STARTED, **values: Any) -> None:
    """A story that somebody began on 1 September, or at another time."""
    world.task(key, kind="story", state="todo", at=at, **values)
    world.shop.edit(key, state="in_progress", at=at)


def world_with_history(began: datetime, due: str, finish: date, **write: Any) -> World:
    """Twenty-five stories, promised for one day and done on another; one epic."""
    world = World(fields=FIELDS, **write)
    for number in range(100, 125):
        started(world, f"CHK-{number}", began, due=due)
        done_at = datetime(finish.year, finish.month, finish.day, 9, tzinfo=UTC)
        world.shop.edit(f"CHK-{number}", state="done", actual_finish=finish, at=done_at)
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
    # A hundred days were planned, and it took 120.
    world = world_with_history(datetime(2026, 4, 1, 9, tzinfo=UTC), "2026-07-10", date(2026, 7, 30))
    started(world, "CHK-2", due="2026-12-10", parent="CHK-1")
    started(world, "CHK-3", due="2026-12-08", parent="CHK-1")
    started(world, "CHK-4", due="2026-11-20", parent="CHK-1")
    first, *quiet = a_week(world)
    # 100 days to 10 December, times 1.2, end on the 30th, fourteen working days later.
    assert ("CHK-1", "forecast_finish", "2026-12-30") in first
    assert ("CHK-1", "health", "red") in first
    assert quiet == [[]] * 7
    methods = {row["key"]: row["forecast_method"] for row in world.store.rows("item")}
    assert methods["CHK-2"] == methods["CHK-3"] == "plan date × reference class"
    assert methods["CHK-4"] == "past its date, reference class"


def test_a_look_at_another_day_writes_nothing_and_leaves_no_forecast_behind() -> None:
    world = world_with_history(datetime(2026, 4, 1, 9, tzinfo=UTC), "2026-07-10", date(2026, 7, 30))
    started(world, "CHK-2", due="2026-12-10", parent="CHK-1")
    result = world.sync(is_look_ahead=True)
    assert result.is_dry_run
    assert result.applied is None
    assert (world.written(), world.store.count("engine_forecast")) == ([], 0)
    assert world.sync().applied is not None
    assert world.store.count("engine_forecast") == 1


def test_a_forecast_that_a_quiet_week_moves_by_five_working_days_is_written_on_that_day_alone() -> None:
    world = world_with_history(STARTED, "2026-10-01", date(2026, 10, 7), comments=False)
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
