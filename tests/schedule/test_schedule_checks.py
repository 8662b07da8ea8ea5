"""Schedule checks: their boundaries in pairs, what is not assessable, and what trackers are asked instead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from check_world import STATUS_DATE, world

from schedule.check_inputs import CheckInputs, Thresholds
from schedule.check_results import Check
from schedule.date_checks import date_checks
from schedule.logic_checks import logic_checks

BEFORE = STATUS_DATE - timedelta(days=1)
AFTER = STATUS_DATE + timedelta(days=1)


def check_of(inputs: CheckInputs, name: str) -> Check:
    (found,) = [one for one in (*logic_checks(inputs), *date_checks(inputs)) if one.name == name]
    return found


def answer(inputs: CheckInputs, name: str, schedule: int = 0) -> tuple[int, int, list[int]] | str:
    check = check_of(inputs, name)
    why = check.reasons[schedule]
    if why is not None:
        assert np.isnan(check.share[schedule])
        return str(why)
    return (
        int(check.numerator[schedule]),
        int(check.denominator[schedule]),
        check.members_of(schedule).tolist(),
    )


LINKED: list[tuple[Any, ...]] = [(0, 1)]


@pytest.mark.parametrize(("total_float", "count"), [(44.0, 0), (44.01, 1), (45.0, 1)])
def test_float_is_high_above_44_working_days(total_float: float, count: int) -> None:
    inputs = world([{"total_float_wd": total_float}, {"total_float_wd": 0.0}], LINKED)
    assert answer(inputs, "high-float") == (count, 2, [0] * count)


@pytest.mark.parametrize(("total_float", "count"), [(0.0, 0), (-0.01, 1)])
def test_float_is_negative_below_nothing(total_float: float, count: int) -> None:
    inputs = world([{"total_float_wd": total_float}, {"total_float_wd": 0.0}], LINKED)
    assert answer(inputs, "negative-float") == (count, 2, [0] * count)


@pytest.mark.parametrize(("baseline", "current", "count"), [(44.0, 60.0, 0), (45.0, 2.0, 1)])
def test_a_task_is_long_by_its_baseline_duration_above_44_working_days(
    baseline: float, current: float, count: int
) -> None:
    inputs = world([{"baseline_duration_wd": baseline, "duration_wd": current}])
    assert answer(inputs, "high-duration") == (count, 1, [0] * count)


def test_a_task_is_long_by_its_current_duration_without_a_baseline_or_when_asked_so() -> None:
    rows = [{"duration_wd": 45.0}, {"baseline_duration_wd": 10.0, "duration_wd": 45.0}]
    assert answer(world(rows), "high-duration") == (1, 2, [0])
    current = Thresholds(duration_basis="current")
    assert answer(world(rows, thresholds=current), "high-duration") == (2, 2, [0, 1])


def test_long_tasks_count_inside_the_detail_planning_window_only_where_there_is_one() -> None:
    rows = [
        {"baseline_duration_wd": 60.0, "baseline_start": STATUS_DATE + timedelta(days=90)},
        {"baseline_duration_wd": 60.0, "baseline_start": STATUS_DATE + timedelta(days=91)},
    ]
    window = Thresholds(detail_window_days=90)
    assert answer(world(rows, thresholds=window), "high-duration") == (1, 1, [0])
    assert answer(world(rows), "high-duration") == (2, 2, [0, 1])


@pytest.mark.parametrize(("finish", "count"), [(BEFORE, 1), (STATUS_DATE, 0)])
def test_an_open_task_that_finishes_before_the_status_date_has_an_invalid_date(
    finish: date, count: int
) -> None:
    inputs = world([{"start": finish, "actual_start": finish, "finish": finish}])
    assert answer(inputs, "invalid-forecast-dates") == (count, 1, [0] * count)


@pytest.mark.parametrize(
    ("start", "actual_start", "count"), [(BEFORE, None, 1), (BEFORE, BEFORE, 0), (STATUS_DATE, None, 0)]
)
def test_a_task_that_should_have_started_and_has_not_has_an_invalid_date(
    start: date, actual_start: date | None, count: int
) -> None:
    inputs = world([{"start": start, "actual_start": actual_start, "finish": AFTER}])
    assert answer(inputs, "invalid-forecast-dates") == (count, 1, [0] * count)


@pytest.mark.parametrize("name", ["actual_start", "actual_finish"])
@pytest.mark.parametrize(("day", "count"), [(STATUS_DATE, 0), (AFTER, 1)])
def test_an_actual_date_after_the_status_date_is_invalid_also_of_completed_tasks(
    name: str, day: date, count: int
) -> None:
    inputs = world([{"is_complete": True, name: day, "finish": day}])
    assert answer(inputs, "invalid-actual-dates") == (count, 1, [0] * count)
    assert answer(inputs, "invalid-dates") == (count, 1, [0] * count)


@pytest.mark.parametrize(("due", "population"), [(STATUS_DATE, 1), (AFTER, 0)])
def test_what_is_due_on_the_status_date_is_due(due: date, population: int) -> None:
    rows = [
        {"baseline_finish": due, "finish": AFTER + timedelta(days=9)},
        {"baseline_finish": BEFORE, "actual_finish": BEFORE, "is_complete": True},
    ]
    assert answer(world(rows), "missed-tasks") == (population, 1 + population, [0] * population)


def test_what_is_due_on_the_status_date_may_be_left_out() -> None:
    rows = [
        {"baseline_finish": STATUS_DATE, "finish": AFTER},
        {"baseline_finish": BEFORE, "finish": AFTER},
    ]
    inputs = world(rows, thresholds=Thresholds(due_on_status_date=False))
    assert answer(inputs, "missed-tasks") == (1, 1, [1])


@pytest.mark.parametrize(("end", "count"), [(BEFORE, 0), (STATUS_DATE, 1)])
def test_a_task_is_missed_when_it_ended_later_than_its_baseline(end: date, count: int) -> None:
    rows = [{"baseline_finish": BEFORE, "actual_finish": end, "finish": BEFORE, "is_complete": True}]
    assert answer(world(rows), "missed-tasks") == (count, 1, [0] * count)


def test_a_plan_without_baseline_or_status_date_has_missed_nothing_that_is_known() -> None:
    assert answer(world([{"finish": AFTER}]), "missed-tasks") == "no baseline"
    assert answer(world([{"baseline_finish": BEFORE}], status=[None]), "missed-tasks") == "no status date"
    assert answer(world([{"baseline_finish": AFTER}]), "missed-tasks") == "nothing to check"


@pytest.mark.parametrize(
    ("constraint", "count"),
    [
        ("MSO", 1), ("MFO", 1), ("SNLT", 1), ("FNLT", 1), ("ASAP", 0), ("ALAP", 0), ("SNET", 0), ("FNET", 0),
    ],
)  # fmt: skip
def test_four_constraints_are_hard_and_a_deadline_is_none(constraint: str, count: int) -> None:
    assert answer(world([{"constraint": constraint}]), "hard-constraints") == (count, 1, [0] * count)


def test_other_constraints_can_be_called_hard() -> None:
    inputs = world([{"constraint": "ALAP"}], thresholds=Thresholds(hard_constraints=("ALAP",)))
    assert answer(inputs, "hard-constraints") == (1, 1, [0])


@pytest.mark.parametrize(("days", "count"), [(1.0, 1), (0.99, 0)])
def test_a_task_of_a_day_needs_a_resource_and_a_shorter_one_does_not(days: float, count: int) -> None:
    rows = [{"duration_wd": days, "has_resource": 0}, {"duration_wd": 5.0, "has_resource": 1}]
    assert answer(world(rows), "resources") == (count, 2, [0] * count)


def test_a_plan_that_assigns_nobody_is_not_resource_loaded() -> None:
    assert answer(world([{"duration_wd": 5.0, "has_resource": 0}]), "resources") == (
        "nobody is assigned to anything"
    )


def test_completed_tasks_milestones_and_level_of_effort_do_not_count_unless_asked_for() -> None:
    rows: list[dict[str, Any]] = [
        {"total_float_wd": 50.0},
        {"total_float_wd": 50.0, "is_complete": True},
        {"total_float_wd": 50.0, "is_milestone": True},
        {"total_float_wd": 50.0, "is_level_of_effort": True},
        {"total_float_wd": 50.0, "is_detail": False},
    ]
    assert answer(world(rows, LINKED), "high-float") == (1, 1, [0])
    everything = Thresholds(counts_completed=True, counts_milestones=True, counts_level_of_effort=True)
    assert answer(world(rows, LINKED, thresholds=everything), "high-float") == (4, 4, [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("minutes", "percent", "leads", "lags"),
    [
        (0.0, np.nan, 0, 0),
        (np.nan, np.nan, 0, 0),
        (480.0, np.nan, 0, 1),
        (-1.0, np.nan, 1, 0),
        (np.nan, 25.0, 0, 1),
        (np.nan, -25.0, 1, 0),
        (0.0, 25.0, 0, 0),  # minutes say that there is none
    ],
)
def test_a_lag_is_one_in_minutes_and_in_percent(
    minutes: float, percent: float, leads: int, lags: int
) -> None:
    inputs = world([{}, {}], [(0, 1, "FS", minutes, percent)])
    assert answer(inputs, "leads") == (leads, 1, [0] * leads)
    assert answer(inputs, "lags") == (lags, 1, [0] * lags)


def test_links_count_by_their_successor_whatever_their_predecessor_is() -> None:
    rows: list[dict[str, Any]] = [{"is_milestone": True}, {}, {"is_complete": True}, {"is_milestone": True}]
    links = [(0, 1, "SF"), (1, 2, "FS"), (2, 1, "FS"), (1, 3, "FS")]
    inputs = world(rows, links)
    assert answer(inputs, "link-types") == (1, 2, [0])
    assert answer(inputs, "start-to-finish") == (1, 2, [0])


@pytest.mark.parametrize(
    ("into", "out_of", "start", "finish"),
    [
        (["FS"], ["FS"], 0, 0),
        (["SS"], ["FF"], 0, 0),
        (["FF"], ["FS"], 1, 0),
        (["SF"], ["FS"], 1, 0),
        (["FF", "FS"], ["FS"], 0, 0),
        (["FS"], ["SS"], 0, 1),
        (["FS"], ["SF"], 0, 1),
        (["FS"], ["SS", "FF"], 0, 0),
        ([], ["FS"], 0, 0),  # no predecessor is a matter of `logic`
    ],
)
def test_a_start_dangles_that_nothing_drives_and_a_finish_that_drives_nothing(
    into: list[str], out_of: list[str], start: int, finish: int
) -> None:
    rows: list[dict[str, Any]] = [{"is_complete": True}, {}, {"is_complete": True}]
    inputs = world(rows, [*((0, 1, one) for one in into), *((1, 2, one) for one in out_of)])
    assert answer(inputs, "dangling-start") == (start, 1, [1] * start)
    assert answer(inputs, "dangling-finish") == (finish, 1, [1] * finish)
    assert answer(inputs, "dangling") == (max(start, finish), 1, [1] * max(start, finish))


def test_a_plan_without_any_link_fails_the_logic_check_and_answers_nothing_that_links_would_tell() -> None:
    inputs = world([{"total_float_wd": 0.0}, {"total_float_wd": 50.0}])
    assert answer(inputs, "logic") == (2, 2, [0, 1])
    assert answer(inputs, "high-float") == "no links between its tasks"
    assert answer(inputs, "dangling") == "no links between its tasks"
    assert answer(inputs, "leads") == "nothing to check"


@pytest.mark.parametrize(("linked", "is_assessable"), [(6, True), (5, False)])
def test_the_logic_of_a_tracker_counts_from_six_linked_items_in_ten(linked: int, is_assessable: bool) -> None:
    rows: list[dict[str, Any]] = [{} for _ in range(10)]
    links = [(one, one + 1) for one in range(linked - 1)]
    found = answer(world(rows, links, is_plan=[False]), "logic")
    # The first and the last of the chain lack one side, the others lack both.
    expected = (2 + 4, 10, [0, 5, 6, 7, 8, 9]) if is_assessable else "too few of its items are linked"
    assert found == expected


def test_links_of_a_tracker_have_no_lag_and_its_items_no_constraint() -> None:
    inputs = world([{}, {}], LINKED, is_plan=[False])
    for name in ("leads", "lags", "link-types", "start-to-finish"):
        assert answer(inputs, name) == "its links carry neither lag nor type"
    assert answer(inputs, "hard-constraints") == "it knows no constraints"
    assert answer(inputs, "no-baseline") == "nothing to check"


@pytest.mark.parametrize(("unknown", "found"), [(1, (9, 9, list(range(1, 10)))), (2, None)])
def test_what_is_unknown_neither_passes_nor_fails_and_too_much_of_it_says_nothing(
    unknown: int, found: tuple[int, int, list[int]] | None
) -> None:
    rows = [{"total_float_wd": np.nan if one < unknown else 50.0} for one in range(10)]
    expected = found or "what it asks is unknown for too many items"
    assert answer(world(rows, LINKED), "high-float") == expected


def test_one_schedule_does_not_answer_for_another() -> None:
    rows = [{"schedule": 2, "constraint": "MSO"}, {"schedule": 0}, {"schedule": 2}, {"schedule": 0}]
    inputs = world(rows, is_plan=[True, True, True], status=[STATUS_DATE] * 3)
    assert [answer(inputs, "hard-constraints", one) for one in range(3)] == [
        (0, 2, []),
        "nothing to check",
        (1, 2, [0]),
    ]


@pytest.mark.parametrize(("days", "count"), [(44.0, 0), (45.0, 1)])
def test_an_epic_is_long_by_its_planned_span(days: float, count: int) -> None:
    rows: list[dict[str, Any]] = [{"is_container": True, "duration_wd": days}, {"is_container": True}]
    # One without dates is asked nothing here: other rules want a date of it.
    assert answer(world(rows, is_plan=[False]), "high-duration") == (count, 1, [0] * count)


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({"duration_wd": 10.0, "iteration_wd": 10.0}, 0),
        ({"duration_wd": 11.0, "iteration_wd": 10.0}, 1),
        ({"age_wd": 8.0, "usual_age_wd": 8.0}, 0),
        ({"age_wd": 9.0, "usual_age_wd": 8.0}, 1),
        ({"duration_wd": 5.0, "iteration_wd": 10.0, "age_wd": 9.0, "usual_age_wd": 8.0}, 1),
    ],
)
def test_a_story_is_long_beyond_its_iteration_or_when_older_than_its_like(
    row: dict[str, float], count: int
) -> None:
    assert answer(world([row], is_plan=[False]), "high-duration") == (count, 1, [0] * count)


def test_an_overdue_item_of_a_tracker_is_late_and_not_invalid() -> None:
    rows = [{"start": BEFORE, "actual_start": BEFORE, "finish": BEFORE}, {"start": BEFORE}]
    assert answer(world(rows, is_plan=[False]), "invalid-forecast-dates") == (1, 2, [1])


def test_a_tracker_asks_for_an_owner_where_one_is_needed() -> None:
    rows: list[dict[str, Any]] = [
        {"has_resource": 0, "needs_owner": True},
        {"has_resource": 1, "needs_owner": True},
        {"has_resource": 0},
    ]
    assert answer(world(rows, is_plan=[False]), "resources") == (1, 2, [0])


@pytest.mark.parametrize(("commitment", "count"), [(BEFORE, 1), (STATUS_DATE, 0)])
def test_an_open_item_past_its_first_commitment_is_missed_though_its_date_stands(
    commitment: date, count: int
) -> None:
    rows = [{"baseline_finish": commitment, "finish": commitment}]
    assert answer(world(rows, is_plan=[False]), "missed-tasks") == (count, 1, [0] * count)


def test_a_tracker_without_commitments_has_missed_none() -> None:
    found = answer(world([{"finish": BEFORE}], is_plan=[False]), "missed-tasks")
    assert found == "nothing is committed to a date"


@pytest.mark.parametrize(("quiet", "count"), [(120.0, 0), (121.0, 1)])
def test_an_undated_item_that_nobody_touched_for_long_is_a_zombie(quiet: float, count: int) -> None:
    rows = [{"is_undated": True, "quiet_wd": quiet}, {"quiet_wd": 500.0}]
    assert answer(world(rows, is_plan=[False]), "zombies") == (count, 2, [0] * count)
