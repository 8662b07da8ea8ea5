"""What derivation makes of plans: the critical path where their files have none, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from portfolio.records import AnyRecord, Calendar, Dependency, Page, Schedule, WorkItem
from store import Store, open_store
from sync.derive import derive
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MONDAY = "2026-11-30T08:00"
PLAN = "plans/plan.xml"


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as opened:
        for source, kind in (("shop", "jira"), ("plans", "project_file")):
            opened.declare_source(source, kind, kind, "1")
            opened.mark_source(source, good_at=NOW)
        yield opened


def task(number: int, **values: Any) -> WorkItem:
    given: dict[str, Any] = {
        "scope": "plan.xml",
        "schedule_id": PLAN,
        "is_detail": True,
        "sort": number,
        "duration_minutes": 480,
        "start_at": MONDAY,
        "finish_at": "2026-11-30T17:00",
        **values,
    }
    return WorkItem(
        item_id=f"plans/{number}", source="plans", native_id=str(number), key=f"plan#{number}", **given
    )


def link(before: int, after: int, kind: str = "FS", **values: Any) -> Dependency:
    return Dependency(
        dependency_id=f"{before}->{after}",
        source="plans",
        predecessor_id=f"plans/{before}",
        successor_id=f"plans/{after}",
        type=kind,
        **values,
    )


def schedule(**values: Any) -> Schedule:
    given: dict[str, Any] = {"name": "Plan", "kind": "plan", "start_at": MONDAY, **values}
    return Schedule(schedule_id=PLAN, source="plans", scope="plan.xml", **given)


def derived(store: Store, *records: AnyRecord) -> dict[str, dict[str, Any]]:
    """The view `item` by key, after derivation."""
    by_source: dict[str, list[AnyRecord]] = {"shop": [], "plans": []}
    for record in records:
        by_source[record.source].append(record)
    run = store.start_run("pull", NOW)
    for source, mine in by_source.items():
        store.save_page(source, "all", Page(records=mine), tombstones={}, run_id=run, now=NOW)
    derive(store, DeriveSettings(), today=NOW.date(), now=NOW)
    return {row["key"]: row for row in store.rows("item")}


def check(store: Store) -> dict[str, Any] | None:
    return next((row for row in store.rows("schedule_check") if row["check"] == "float-differs"), None)


def test_a_plan_without_dates_of_its_own_gets_ours(store: Store) -> None:
    rows = derived(store, schedule(), task(1), task(2, duration_minutes=960), task(3), link(1, 3))
    assert {
        name: rows["plan#3"][name]
        for name in (
            "early_start_at", "early_finish_at", "late_start_at", "late_finish_at", "total_float_minutes",
            "free_float_minutes", "total_float_wd", "is_critical", "driver_id",
        )
    } == {
        "early_start_at": "2026-12-01T08:00",
        "early_finish_at": "2026-12-01T17:00",
        "late_start_at": "2026-12-01T08:00",
        "late_finish_at": "2026-12-01T17:00",
        "total_float_minutes": 0,
        "free_float_minutes": 0,
        "total_float_wd": 0,
        "is_critical": True,
        "driver_id": "plans/1",
    }  # fmt: skip
    assert rows["plan#1"]["driver_id"] is None
    row = check(store)
    assert row is not None
    assert (row["numerator"], row["denominator"], row["share"], row["is_assessable"]) == (
        None,
        0,
        None,
        False,
    )


def test_what_the_file_says_stands_and_what_differs_is_counted(store: Store) -> None:
    rows = derived(
        store,
        schedule(),
        task(1, total_float_minutes=480, is_critical=False),
        task(2, duration_minutes=960, total_float_minutes=240, late_finish_at="2026-12-09T17:00"),
        task(3),
    )
    assert rows["plan#1"]["total_float_minutes"] == 480
    assert rows["plan#2"]["total_float_minutes"] == 240
    assert rows["plan#2"]["late_finish_at"] == "2026-12-09T17:00"
    assert rows["plan#2"]["late_start_at"] == MONDAY  # only what the file lacks is ours
    assert rows["plan#3"]["total_float_minutes"] == 480
    row = check(store)
    assert row is not None
    assert (row["numerator"], row["denominator"], row["share"]) == (1, 2, 0.5)
    assert row["members"] == ["plan#2"]


def test_a_second_run_changes_nothing(store: Store) -> None:
    derived(store, schedule(), task(1), task(2), link(1, 2))
    assert derive(store, DeriveSettings(), today=NOW.date(), now=NOW).changed == 0


def test_only_plans_have_a_critical_path(store: Store) -> None:
    rows = derived(store, schedule(kind="project"), task(1))
    assert rows["plan#1"]["early_start_at"] is None
    assert rows["plan#1"]["is_critical"] is False
    assert check(store) is None


def test_a_plan_that_is_planned_from_its_finish_is_left_alone(store: Store) -> None:
    rows = derived(store, schedule(is_from_finish=True), task(1))
    assert rows["plan#1"]["early_start_at"] is None
    assert check(store) is None


def test_without_a_start_the_first_start_of_its_tasks_counts_and_without_any_nothing(store: Store) -> None:
    late = task(2, start_at="2026-12-02T08:00", finish_at="2026-12-02T17:00")
    rows = derived(store, schedule(start_at=None), task(1, start_at="2026-12-03T08:00"), late)
    assert rows["plan#1"]["early_start_at"] == "2026-12-02T08:00"
    rows = derived(store, schedule(start_at=None), task(1, start_at=None), task(2, start_at=None))
    assert rows["plan#1"]["early_start_at"] is None


def test_a_plan_without_tasks_is_no_trouble(store: Store) -> None:
    assert derived(store, schedule()) == {}


def test_the_hours_of_the_plans_and_the_tasks_calendars_count(store: Store) -> None:
    night = {"week": [[[0, 360]]] * 7, "exceptions": [["2026-12-02", "2026-12-02", []]]}
    rows = derived(
        store,
        schedule(calendar_id="plans/plan.xml:calendar"),
        Calendar(
            calendar_id="plans/plan.xml:calendar",
            source="plans",
            name="Standard",
            exceptions=[("2026-12-01", "2026-12-01", False), ("2026-12-05", "2026-12-05", True)],
        ),
        Calendar(calendar_id="plans/plan.xml:calendar:2", source="plans", name="Night", hours=night),
        task(1, duration_minutes=960),
        task(2, duration_minutes=720, calendar_id="plans/plan.xml:calendar:2"),
        task(3, duration_minutes=4 * 480),
    )
    # Tuesday is off in one calendar, Wednesday in the other; the Saturday is worked.
    assert rows["plan#1"]["early_finish_at"] == "2026-12-02T17:00"
    assert rows["plan#2"]["early_start_at"] == "2026-12-01T00:00"
    assert rows["plan#2"]["early_finish_at"] == "2026-12-03T06:00"
    assert rows["plan#3"]["early_finish_at"] == "2026-12-04T17:00"


def test_a_lag_of_percent_and_one_around_the_clock_reach_the_network(store: Store) -> None:
    rows = derived(
        store,
        schedule(),
        task(1, duration_minutes=960),
        task(2),
        task(3),
        link(1, 2, lag_percent=50.0),
        link(1, 3, lag_minutes=320, lag_elapsed_minutes=1440),
    )
    assert rows["plan#2"]["early_start_at"] == "2026-12-03T08:00"
    assert rows["plan#3"]["early_start_at"] == "2026-12-03T08:00"


def test_an_elapsed_duration_runs_around_the_clock(store: Store) -> None:
    rows = derived(store, schedule(), task(1, duration_minutes=343, elapsed_minutes=1440))
    assert rows["plan#1"]["early_finish_at"] == "2026-12-01T08:00"


def test_a_link_that_leads_out_of_the_plan_is_no_part_of_its_network(store: Store) -> None:
    other = WorkItem(
        item_id="shop/1", source="shop", native_id="1", key="CHK-1", scope="CHK", schedule_id="shop/CHK"
    )
    out = Dependency(
        dependency_id="x", source="plans", predecessor_id="shop/1", successor_id="plans/2", type="FS"
    )
    back = Dependency(
        dependency_id="y", source="plans", predecessor_id="plans/1", successor_id="shop/1", type="FS"
    )
    rows = derived(store, schedule(), task(1), task(2), other, out, back)
    assert rows["plan#2"]["early_start_at"] == MONDAY
    assert rows["plan#2"]["driver_id"] is None
    assert rows["CHK-1"]["early_start_at"] is None


def test_a_task_of_which_nothing_is_known_stays_unknown(store: Store) -> None:
    nothing = task(1, duration_minutes=None, is_manual=True, start_at=None, finish_at=None)
    rows = derived(store, schedule(), nothing, task(2), link(1, 2))
    assert rows["plan#1"]["early_start_at"] is None
    assert rows["plan#2"]["early_start_at"] == MONDAY
    # Dates alone are enough for one that a person has set.
    dated = task(1, duration_minutes=None, is_manual=True)
    rows = derived(store, schedule(), dated, task(2), link(1, 2))
    assert rows["plan#2"]["early_start_at"] == "2026-12-01T08:00"


def test_an_external_task_stands_where_its_own_plan_put_it(store: Store) -> None:
    outside = task(1, is_detail=False, start_at="2026-12-07T08:00", finish_at="2026-12-07T17:00")
    rows = derived(store, schedule(), outside, task(2), link(1, 2))
    assert rows["plan#1"]["early_start_at"] == "2026-12-07T08:00"
    assert rows["plan#2"]["early_start_at"] == "2026-12-08T08:00"


def test_an_inactive_task_has_no_dates_from_us(store: Store) -> None:
    rows = derived(store, schedule(), task(1, state="removed"), task(2), link(1, 2))
    assert rows["plan#1"]["early_start_at"] is None
    assert rows["plan#2"]["early_start_at"] == MONDAY


def test_a_task_with_people_lasts_as_its_file_shows_it(store: Store) -> None:
    # Two days' work that one person spreads over four.
    spread = {"duration_minutes": 960, "finish_at": "2026-12-03T17:00"}
    rows = derived(store, schedule(), task(1, assignment_count=1, **spread), task(2, **spread))
    assert rows["plan#1"]["early_finish_at"] == "2026-12-03T17:00"
    assert rows["plan#2"]["early_finish_at"] == "2026-12-01T17:00"


def test_progress_and_summaries_reach_the_network(store: Store) -> None:
    rows = derived(
        store,
        schedule(),
        task(1, is_summary=True, is_detail=False, actual_start_at="2026-11-25T08:00"),
        task(2, parent_id="plans/1", actual_start_at="2026-11-25T08:00", percent_complete=50.0),
        task(3, parent_id="plans/1", actual_start_at="2026-11-25T08:00", actual_finish_at="2026-11-26T17:00"),
        task(
            4, percent_complete=0.0, actual_start_at="2000-01-01T00:00", actual_finish_at="2000-01-01T00:00"
        ),
        task(5, remaining_minutes=9999),
        link(1, 5),
    )
    assert rows["plan#1"]["early_start_at"] == "2026-11-25T08:00"
    assert rows["plan#1"]["early_finish_at"] == "2026-11-26T17:00"
    assert rows["plan#3"]["is_critical"] is False
    assert rows["plan#4"]["early_start_at"] == MONDAY  # finished, and nothing of it done: not believed
    assert rows["plan#5"]["early_start_at"] == "2026-11-27T08:00"
    assert rows["plan#5"]["driver_id"] == "plans/1"
    assert rows["plan#5"]["late_finish_at"] == "2026-11-30T17:00"


def test_two_plans_do_not_mix(store: Store) -> None:
    second = Schedule(
        schedule_id="plans/b.xml",
        source="plans",
        scope="b.xml",
        name="B",
        kind="plan",
        start_at="2027-01-04T08:00",
    )
    rows = derived(store, schedule(), second, task(1), task(2, schedule_id="plans/b.xml", scope="b.xml"))
    assert rows["plan#1"]["early_start_at"] == MONDAY
    assert rows["plan#2"]["early_start_at"] == "2027-01-04T08:00"
    assert rows["plan#2"]["is_critical"] is True


@pytest.mark.parametrize(
    ("minutes_per_day", "float_wd"),
    [
        pytest.param(None, 1, id="eight hours where the file does not say it"),
        pytest.param(480, 1, id="eight hours"),
        pytest.param(240, 2, id="half days"),
    ],
)
def test_a_day_of_float_is_as_long_as_the_plans_days(
    store: Store, minutes_per_day: int | None, float_wd: int
) -> None:
    rows = derived(
        store, schedule(minutes_per_day=minutes_per_day), task(1, total_float_minutes=480), task(2)
    )
    assert rows["plan#1"]["total_float_wd"] == float_wd
