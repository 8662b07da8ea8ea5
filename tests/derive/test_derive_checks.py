"""Schedule checks from stored records to the views `schedule_check` and `schedule`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from plan_world import (
    CREATED,
    STATUS_DATE,
    TODAY,
    a_store,
    checks,
    counted,
    derive_on,
    issue,
    link,
    moved,
    only,
    save,
    task,
    waits,
)
from shared import shared

from portfolio.records import Dependency, Iteration, Page, Schedule, WorkItem
from store import Store
from sync.derive_checks import MEMBERS_SHOWN

AHEAD = STATUS_DATE + timedelta(days=10)


@pytest.fixture
def store() -> Iterator[Store]:
    with a_store() as opened:
        yield opened


def _golden_task(given: dict[str, Any]) -> WorkItem | None:
    if given["kind"] in ("summary", "loe"):
        return None  # no file says which task is level of effort
    day = {
        name: given[name] and date.fromisoformat(given[name])
        for name in (
            "start", "finish", "baseline_start", "baseline_finish", "actual_start", "actual_finish",
        )
    }  # fmt: skip
    finish = day.pop("finish")
    is_milestone = given["kind"] == "milestone"
    baseline = _days(day["baseline_start"], day["baseline_finish"])
    return WorkItem(
        item_id=f"plans/{given['id']}", source="plans", native_id=given["id"], key=given["id"],
        scope="plan.xml", schedule_id="plans/plan.xml", is_detail=True, is_milestone=is_milestone,
        state="done" if given["pct_complete"] == 100 else "in_progress" if given["pct_complete"] else "todo",
        due=finish, percent_complete=given["pct_complete"], constraint_type=given["constraint"],
        total_float_minutes=given["total_float_wd"] * 480, assignment_count=given["resource_assignments"],
        duration_minutes=0 if is_milestone else _days(day["start"], finish) * 480,
        baseline_duration_minutes=None if baseline is None else baseline * 480, **day,
    )  # fmt: skip


def _days(start: date | None, finish: date | None) -> Any:
    if start is None or finish is None:
        return None
    every = (start + timedelta(days=one) for one in range((finish - start).days + 1))
    return sum(day.isoweekday() < 6 for day in every)


def golden_case() -> tuple[list[WorkItem | Dependency], dict[str, Any]]:
    """The records of the case with known answers, and the answers."""
    case = json.loads(shared("samples/schedule_cases/dcma14_golden_case.json").read_text(encoding="utf-8"))
    items = [item for given in case["tasks"] if (item := _golden_task(given)) is not None]
    links = [
        link(one["pred"], one["succ"], one["type"], lag_minutes=one["lag_wd"] * 480) for one in case["links"]
    ]
    return [*items, *links], case["expected"]


def test_the_golden_case_comes_out_of_the_store_as_it_should(store: Store) -> None:
    records, expected = golden_case()
    save(store, *records)
    derive_on(store)
    found = checks(store)
    for name, wanted in (
        ("logic", "01_logic"), ("leads", "02_leads"), ("lags", "03_lags"),
        ("hard-constraints", "05_hard_constraints"), ("high-float", "06_high_float"),
        ("negative-float", "07_negative_float"), ("high-duration", "08_high_duration"),
        ("invalid-forecast-dates", "09a_invalid_forecast"), ("invalid-actual-dates", "09b_invalid_actual"),
        ("resources", "10_resources"), ("missed-tasks", "11_missed"),
    ):  # fmt: skip
        row = found[name]
        assert counted(row) == (
            expected[wanted]["n"],
            expected[wanted]["denominator"],
            expected[wanted]["numerator"],
        )
        assert round(row["share"], 4) == expected[wanted]["value"]
    assert counted(found["link-types"]) == (11, 13, ["I5->I7", "I6->I8"])
    assert counted(found["dangling"]) == (2, 12, ["I6", "I7"])
    assert counted(found["no-baseline"]) == (1, 22, ["I11"])
    assert counted(found["cei"]) == ("no snapshot from the beginning of the period",)
    schedule = only(store, "schedule", schedule_id="plans/plan.xml")
    assert (schedule["cpli"], schedule["bei"], schedule["hit_rate"]) == (0.9375, 0.8, 0.5556)
    assert (schedule["has_logic"], schedule["critical_path_ok"]) == (True, False)
    # All that was due is done but for I1 and I2: behind, and not far.
    assert 0 < schedule["spi_t"] < 1
    assert schedule["cei"] is None


def test_a_plan_without_status_date_says_why_and_leaves_its_indices_unknown(store: Store) -> None:
    save(store, task(1, due=AHEAD, baseline_finish=AHEAD), task(2, due=AHEAD), link(1, 2), status_date=None)
    derive_on(store)
    found = checks(store)
    for name in ("invalid-dates", "missed-tasks", "bei", "hit-rate", "cpli", "cei"):
        assert counted(found[name]) == ("no status date",)
    schedule = only(store, "schedule", schedule_id="plans/plan.xml")
    assert [schedule[name] for name in ("spi_t", "cpli", "bei", "hit_rate", "cei")] == [None] * 5
    assert schedule["has_logic"] is True


def test_a_milestone_that_takes_time_is_work_and_one_that_takes_none_is_not(store: Store) -> None:
    save(
        store,
        task(1, is_milestone=True, duration_minutes=480, constraint_type="MSO"),
        task(2, is_milestone=True, duration_minutes=0, constraint_type="MSO"),
        task(3, constraint_type="ASAP"),
    )
    derive_on(store)
    assert counted(checks(store)["hard-constraints"]) == (1, 2, ["plan#1"])


@pytest.mark.parametrize(("minutes", "count"), [(None, 1), (44 * 480, 0), (45 * 480, 1)])
def test_a_baseline_without_duration_lasts_from_its_start_to_its_finish(
    store: Store, minutes: int | None, count: int
) -> None:
    # 1 September to 2 November are 45 working days, both included; the task itself takes one.
    dates = {"baseline_start": date(2026, 9, 1), "baseline_finish": date(2026, 11, 2)}
    save(store, task(1, **dates, baseline_duration_minutes=minutes, duration_minutes=480))
    derive_on(store)
    assert counted(checks(store)["high-duration"]) == (count, 1, ["plan#1"] * count)


def test_float_counts_in_days_of_the_plan(store: Store) -> None:
    save(store, task(1, total_float_minutes=44 * 450), task(2, total_float_minutes=45 * 450), link(1, 2))
    save(
        store,
        Schedule(
            schedule_id="plans/short.xml", source="plans", scope="short.xml", name="Short", kind="plan",
            minutes_per_day=450,
        ),
        task(1, schedule_id="plans/short.xml", scope="short.xml", total_float_minutes=44 * 450),
        task(2, schedule_id="plans/short.xml", scope="short.xml", total_float_minutes=45 * 450),
    )  # fmt: skip
    derive_on(store)
    # 45 days of 450 minutes are 42.2 of 480.
    assert counted(checks(store, "plans/short.xml")["high-float"]) == (1, 2, ["plan#2"])


def test_links_of_a_removed_task_and_of_another_tracker_are_no_logic_of_a_plan(store: Store) -> None:
    save(
        store,
        task(1),
        task(2),
        task(3, state="removed"),
        issue("CHK-1"),
        link(1, 2),
        link(2, 3),
        Dependency(
            dependency_id="x", source="shop", predecessor_id="shop/CHK-1", successor_id="plans/1", type="SF"
        ),
    )
    derive_on(store)
    found = checks(store)
    assert counted(found["link-types"]) == (1, 1, [])
    assert counted(found["logic"]) == (2, 2, ["plan#1", "plan#2"])


def test_a_summary_carries_the_critical_path_to_the_tasks_in_it(store: Store) -> None:
    day = [date(2026, 11, 23) + timedelta(days=one) for one in range(3)]

    def at(number: int, place: int, **values: Any) -> WorkItem:
        given = {"start": day[place], "due": day[place], "duration_minutes": 480, "total_float_minutes": 0}
        return task(number, **{**given, **values})

    summary = {"is_detail": False, "is_summary": True}
    save(
        store, at(1, 0), at(2, 1, **summary), at(3, 1, parent_id="plans/2"), at(4, 2), link(1, 2), link(2, 4)
    )
    derive_on(store)
    # Links between two detail tasks there are none, so the plan says nothing of its logic yet.
    assert counted(checks(store)["critical-path"]) == ("no links between its tasks",)
    save(store, link(3, 4))
    derive_on(store)
    assert counted(checks(store)["critical-path"]) == (0, 1, [])
    assert only(store, "schedule", schedule_id="plans/plan.xml")["critical_path_ok"] is True
    save(store, at(3, 1, parent_id="plans/2", constraint_type="MSO", constraint_date=day[1]))
    derive_on(store)
    assert counted(checks(store)["critical-path"]) == (1, 1, ["plan#1"])


def test_the_delay_of_one_plan_does_not_come_on_top_of_that_of_another(store: Store) -> None:
    """Both are delayed at once, and the second waits for the first."""
    day = [date(2026, 11, 23) + timedelta(days=one) for one in range(4)]
    name = "plans/second.xml"

    def at(number: int, **values: Any) -> WorkItem:
        place = day[number - 1]
        return task(number, start=place, due=place, duration_minutes=480, total_float_minutes=0, **values)

    second = {"schedule_id": name, "scope": "second.xml"}
    save(
        store,
        Schedule(
            schedule_id=name, source="plans", scope="second.xml", name="Second", kind="plan",
            status_date=STATUS_DATE,
        ),
        *(at(1), at(2), at(3, **second), at(4, **second)),
        *(link(1, 2), link(2, 3), link(3, 4)),
    )  # fmt: skip
    derive_on(store)
    assert counted(checks(store)["critical-path"]) == (0, 1, [])
    assert counted(checks(store, name)["critical-path"]) == (0, 1, [])


def test_a_tracker_is_asked_what_fits_it_as_of_today(store: Store) -> None:
    first, later = date(2026, 11, 10), date(2026, 12, 10)
    save(
        store,
        Iteration(
            iteration_id="s1",
            source="shop",
            name="Sprint 1",
            start=date(2026, 11, 16),
            end=date(2026, 11, 27),
        ),
        issue("CHK-1", kind="epic", is_detail=False, start=date(2026, 9, 1), due=date(2026, 10, 30)),
        issue("CHK-2", state="in_progress", owner_id="ana", due=later),
        moved("CHK-2", first, later, datetime(2026, 11, 5, 9, tzinfo=UTC)),
        issue("CHK-3", iteration_id="s1", start=date(2026, 11, 24)),
        issue("CHK-4", state="todo", start=date(2026, 11, 23)),
        issue("CHK-5", state="done", actual_finish=date(2026, 11, 25), owner_id="ana"),
        issue("CHK-6", state="removed"),
        issue("CHK-7", kind="risk", is_detail=False),
    )
    derive_on(store)
    found = checks(store, "shop/CHK")
    # 1 September to 30 October are 44 working days and no more; CHK-3 fits into its sprint.
    assert counted(found["high-duration"]) == (0, 2, [])
    assert counted(found["resources"]) == (2, 2, ["CHK-1", "CHK-3"])
    assert counted(found["invalid-actual-dates"]) == (1, 5, ["CHK-5"])
    assert counted(found["invalid-forecast-dates"]) == (2, 4, ["CHK-1", "CHK-4"])
    assert counted(found["missed-tasks"]) == (1, 1, ["CHK-2"])
    assert counted(found["bei"]) == (0, 1, ["CHK-2"])
    assert counted(found["logic"]) == ("too few of its items are linked",)
    for name in ("leads", "lags", "link-types", "start-to-finish", "hard-constraints", "no-baseline"):
        assert name not in found  # these do not apply, which is not the same as unknown
    assert only(store, "schedule", schedule_id="shop/CHK")["has_logic"] is False


def test_a_tracker_whose_items_are_linked_has_logic(store: Store) -> None:
    save(store, issue("CHK-1"), issue("CHK-2"), issue("CHK-3"), waits("CHK-1", "CHK-2"))
    derive_on(store)
    assert only(store, "schedule", schedule_id="shop/CHK")["has_logic"] is True  # two of three
    assert counted(checks(store, "shop/CHK")["logic"]) == (3, 3, ["CHK-1", "CHK-2", "CHK-3"])


def test_the_execution_index_of_a_tracker_asks_what_its_timeline_said_then(store: Store) -> None:
    # The period is 28 days: after 27 October, up to 24 November.
    into, out = date(2026, 11, 20), date(2026, 12, 18)
    save(
        store,
        issue("CHK-1", state="done", due=into, actual_finish=date(2026, 11, 19)),
        issue("CHK-2", due=out),  # said 20 November when the period began, and was pushed since
        moved("CHK-2", into, out, datetime(2026, 11, 2, 9, tzinfo=UTC)),
        issue("CHK-3", due=into),  # said 18 December then
        moved("CHK-3", out, into, datetime(2026, 11, 2, 9, tzinfo=UTC)),
        issue("CHK-4", due=into, created_at=datetime(2026, 10, 28, 9, tzinfo=UTC)),  # not there yet
        issue("CHK-5", due=into, created_at=datetime(2026, 10, 27, 9, tzinfo=UTC)),
    )
    derive_on(store)
    assert counted(checks(store, "shop/CHK")["cei"]) == (1, 3, ["CHK-2", "CHK-5"])
    assert only(store, "schedule", schedule_id="shop/CHK")["cei"] == 0.3333
    assert only(store, "schedule", schedule_id="shop/CHK")["cei_previous"] is None


def test_the_execution_index_of_a_plan_asks_what_an_earlier_run_saw(store: Store) -> None:
    begin, end = STATUS_DATE - timedelta(days=28), STATUS_DATE
    save(
        store,
        task(1, due=end),
        task(2, due=end),
        task(3, due=end + timedelta(days=1)),
        task(4, due=date(2027, 6, 1)),
    )
    derive_on(store, begin)
    assert counted(checks(store)["cei"]) == ("no snapshot from the beginning of the period",)
    derive_on(store, begin + timedelta(days=1))  # nothing was said anew
    save(store, task(1, due=end, actual_finish=end, state="done"), task(2, due=date(2027, 6, 1)))
    derive_on(store, TODAY)
    assert counted(checks(store)["cei"]) == (1, 2, ["plan#2"])
    assert store.date_snapshots(begin, TODAY)["item_id"] == ["plans/1", "plans/2", "plans/2", "plans/3"]


def test_spi_t_of_a_plan_weighs_by_baseline_duration_and_of_a_tracker_by_count(store: Store) -> None:
    # Two weeks of work from 9 to 20 November; of the first week everything, of the second nothing is done.
    week = {"baseline_duration_minutes": 2400, "due": STATUS_DATE}
    first = {"baseline_start": date(2026, 11, 9), "baseline_finish": date(2026, 11, 13)}
    second = {"baseline_start": date(2026, 11, 16), "baseline_finish": date(2026, 11, 20)}
    done = {"state": "done", "percent_complete": 100.0, "actual_finish": date(2026, 11, 13)}
    due = [date(2026, 11, 10) + timedelta(days=one) for one in (0, 0, 0, 1, 1, 1, 2, 2, 2, 3)]
    stories = [
        issue(
            f"CHK-{number}", due=day, state="done" if number < 6 else "in_progress",
            created_at=datetime(2026, 11, 9, 8, tzinfo=UTC),
            actual_finish=day if number < 6 else None,
        )
        for number, day in enumerate(due)
    ]  # fmt: skip
    save(store, task(1, **week, **first, **done), task(2, **week, **second), *stories)
    derive_on(store)
    # 5 days of 10 are earned after 10.
    assert only(store, "schedule", schedule_id="plans/plan.xml")["spi_t"] == 0.5
    save(store, task(2, **week, **second, percent_complete=40.0, state="in_progress"))
    derive_on(store)
    assert only(store, "schedule", schedule_id="plans/plan.xml")["spi_t"] == 0.7
    save(store, issue("CHK-9", state="removed"))
    derive_on(store)
    assert only(store, "schedule", schedule_id="shop/CHK")["spi_t"] is None  # nine are too few


def test_a_long_list_of_members_is_cut_and_the_number_is_not(store: Store) -> None:
    save(store, *[task(number) for number in range(MEMBERS_SHOWN + 1)])
    derive_on(store)
    row = checks(store)["no-baseline"]
    assert (row["numerator"], len(row["members"])) == (501, 500)


def test_a_second_run_changes_nothing(store: Store) -> None:
    save(
        store, task(1, due=AHEAD, baseline_finish=STATUS_DATE), task(2, due=AHEAD), link(1, 2), issue("CHK-1")
    )
    assert derive_on(store).changed > 0
    assert derive_on(store).changed == 0


def test_a_portfolio_without_schedules_has_no_checks(store: Store) -> None:
    run = store.start_run("pull", CREATED)
    store.save_page("shop", "all", Page(records=[issue("CHK-1", schedule_id=None)]), run_id=run, now=CREATED)
    derive_on(store)
    assert list(store.rows("schedule_check")) == []
