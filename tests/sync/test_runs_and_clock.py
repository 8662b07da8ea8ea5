"""The run record, the exit code, the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sync_world import TUESDAY, World

from portfolio.errors import LockHeld, SafetyStop
from store import open_store
from sync.runs import Terminated, run_clock, running, worst_exit_code


@pytest.mark.parametrize(
    ("codes", "first"),
    [
        ([], 0),
        ([0, 0], 0),
        ([1, 4], 4),
        ([4, 3, 1], 3),
        ([4, 5], 5),
        ([6, 5], 5),
        ([7, 5], 7),
        ([70, 7], 70),
        ([70, 143, 130], 130),
    ],
)
def test_where_several_exit_codes_apply_the_first_of_the_order_counts(codes: list[int], first: int) -> None:
    assert worst_exit_code(codes) == first


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 4),
        (KeyboardInterrupt(), 130),
        (Terminated(), 143),
        (SafetyStop("too much"), 5),
        (ValueError("a defect"), 70),
    ],
)
def test_the_run_record_says_how_the_run_ended(error: BaseException | None, code: int) -> None:
    store = open_store("sqlite://")

    def work() -> None:
        with running(store, "pull", clock=lambda: TUESDAY) as run:
            run.exit_code = 4
            run.counts = {"pages": 3}
            if error is not None:
                raise error

    if error is None:
        work()
    else:
        with pytest.raises(type(error)):
            work()
    (row,) = store.rows("run")
    assert (row["verb"], row["exit_code"], row["ended_at"]) == ("pull", code, TUESDAY)
    assert row["counts"] == {"pages": 3}


def test_two_runs_at_once_are_kept_apart(tmp_path: object) -> None:
    store = open_store(f"sqlite:///{tmp_path}/one.db")
    with running(store, "sync", clock=lambda: TUESDAY):
        other = open_store(f"sqlite:///{tmp_path}/one.db")
        with pytest.raises(LockHeld), running(other, "sync", clock=lambda: TUESDAY):
            pytest.fail("both runs hold the lock")
        other.close()
    assert len(list(store.rows("run"))) == 1
    store.close()


def test_today_moves_the_clock_by_whole_days_and_keeps_the_time_of_day() -> None:
    zone = ZoneInfo("Europe/Zurich")
    evening = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # half past midnight on the 25th in Zurich
    clock = run_clock(zone, today=date(2026, 12, 1), real=lambda: evening)
    assert clock() == datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert clock().astimezone(zone).date() == date(2026, 12, 1)
    summer = run_clock(zone, today=date(2026, 7, 1), real=lambda: TUESDAY)
    assert summer().astimezone(zone).isoformat() == "2026-07-01T10:00:00+02:00"
    assert run_clock(zone, real=lambda: TUESDAY)() == TUESDAY


def test_fail_on_gives_1_where_a_finding_is_grave_enough_and_never_without_it() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    assert world.sync().exit_code == 0
    assert world.sync(fail_on="critical").exit_code == 0
    assert world.sync(fail_on="high").exit_code == 1
    assert world.sync(fail_on="low").exit_code == 1


def test_the_run_record_counts_what_was_done() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    (row,) = world.store.rows("run")
    assert row["exit_code"] == 0
    assert row["counts"] == {
        "sources": {
            "shop": {"state": "ok", "new": 3, "changed": 0, "unchanged": 0, "gone": 0, "skipped": 0},
            "boards": {"state": "ok", "new": 1, "changed": 0, "unchanged": 0, "gone": 0, "skipped": 0},
        },
        "items": 1,
        "findings": {
            "opened": 1,
            "reopened": 0,
            "raised": 0,
            "resolved": 0,
            "open": {"high": 1},
            "broken_rules": 0,
        },
        "planned": 1,
        "conflicts": 0,
        "writes": {"applied": 1},
    }
