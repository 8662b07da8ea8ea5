"""Days with nothing changed in the trackers: passing time alone writes only what promise 2 allows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from world import NO_WRITES, TODAY, CommandLine, a_world

from schedule.calendars import work_calendar

pytestmark = [pytest.mark.slow]
_OF_FORECASTS = ("health", "forecast_finish", "slip_wd")
_RANK = {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}


def test_a_second_run_on_the_same_day_writes_nothing_and_says_so(
    origin: Path, command_line: CommandLine, tmp_path: Path
) -> None:
    with a_world(origin, tmp_path, command_line) as world:
        world.succeed("sync", "--today", TODAY.isoformat(), "--for-real")
        assert min(world.writes().values()) > 0
        world.reset()
        said = world.succeed("sync", "--today", TODAY.isoformat(), "--for-real")
        assert world.writes() == NO_WRITES
        assert "0 writes" in said


def test_quiet_days_write_only_where_a_finding_opens_a_severity_rises_or_a_forecast_moves(
    origin: Path, command_line: CommandLine, tmp_path: Path
) -> None:
    with a_world(origin, tmp_path, command_line) as world:
        world.succeed("--quiet", "sync", "--today", TODAY.isoformat(), "--for-real")
        before = {row["finding_id"]: row for row in world.export("finding")}
        shown = _forecasts(world)
        quiet_days = 0
        for day in (2, 4, 5, 6):  # Thursday, the weekend, Monday
            written_before = {row["write_id"] for row in _writes(world)}
            world.reset()
            world.succeed(
                "--quiet", "sync", "--today", (TODAY + timedelta(days=day)).isoformat(), "--for-real"
            )
            after = {row["finding_id"]: row for row in world.export("finding")}
            moved = {
                finding_id
                for finding_id, row in after.items()
                if row["state"] == "open"
                and (
                    finding_id not in before
                    or before[finding_id]["state"] != "open"
                    or _RANK[row["severity"]] > _RANK[before[finding_id]["severity"]]
                )
            }
            new_writes = [row for row in _writes(world) if row["write_id"] not in written_before]
            rules_moved = {after[one]["rule"] for one in moved}
            forecasts = _forecasts(world)
            forecast_moved = {one for one in forecasts if _has_moved(shown[one], forecasts[one])}
            for write in new_writes:
                # A comment shows the dates of its own item; a rollup those of everything below.
                if write["slot"] == "comment":
                    follows = write["item_id"] in forecast_moved
                else:
                    follows = bool(forecast_moved) and write["slot"] in _OF_FORECASTS
                where = {name: write[name] for name in ("item_id", "slot", "before", "after")}
                assert follows or set(write["rules"]) & rules_moved, (day, where)
            if not moved and not forecast_moved:
                quiet_days += 1
                assert world.writes() == NO_WRITES, day
            shown = forecasts
            before = after
        assert quiet_days >= 1, "Sunday is no working day, so nothing can become later"


def _forecasts(world) -> dict[str, tuple[str | None, str | None]]:  # type: ignore[no-untyped-def]
    return {row["item_id"]: (row["p50"], row["p80"]) for row in world.export("item")}


def _has_moved(before: tuple[str | None, ...], after: tuple[str | None, ...]) -> bool:
    """Whether one of an item's forecasts is new, or has moved by five working days."""
    between = work_calendar().working_days_between
    for old, new in zip(before, after, strict=True):
        if new is not None and old != new:
            distance = between(date.fromisoformat(old), date.fromisoformat(new)) if old else None
            if distance is None or abs(distance) >= 5:
                return True
    return False


def _writes(world) -> list[dict]:  # type: ignore[no-untyped-def, type-arg]
    import json

    return [
        json.loads(line) for line in world.succeed("export", "write").splitlines() if line.startswith("{")
    ]
