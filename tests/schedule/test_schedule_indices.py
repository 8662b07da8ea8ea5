"""Indices of schedules, each by hand, with their boundaries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from check_world import STATUS_DATE, world

from schedule.check_inputs import CheckInputs, Thresholds
from schedule.check_results import Check
from schedule.schedule_indices import (
    CriticalPath,
    Period,
    baseline_execution_index,
    completion_of,
    critical_path_length_index,
    current_execution_index,
    hit_rate,
    projected_finish_float_wd,
    total_float_consumption_index,
)

BEFORE = STATUS_DATE - timedelta(days=1)
AFTER = STATUS_DATE + timedelta(days=1)
START = date(2026, 10, 23)


def answer(check: Check) -> tuple[int, int, list[int]] | str:
    why = check.reasons[0]
    return (
        (int(check.numerator[0]), int(check.denominator[0]), check.members_of(0).tolist())
        if why is None
        else str(why)
    )


def done(baseline: date | None, actual: date | None) -> dict[str, Any]:
    return {"baseline_finish": baseline, "actual_finish": actual, "is_complete": True}


def test_work_done_early_counts_for_the_execution_index_and_not_for_the_hit_rate() -> None:
    rows = [done(AFTER, BEFORE), {"baseline_finish": BEFORE, "finish": AFTER}]
    assert answer(baseline_execution_index(world(rows))) == (1, 1, [1])
    assert answer(hit_rate(world(rows))) == (0, 1, [1])


@pytest.mark.parametrize(("actual", "count"), [(STATUS_DATE, 1), (AFTER, 0)])
def test_only_what_was_finished_by_the_status_date_is_finished(actual: date, count: int) -> None:
    rows = [done(STATUS_DATE, actual)]
    assert answer(baseline_execution_index(world(rows))) == (count, 1, [0] * (1 - count))
    assert answer(hit_rate(world(rows))) == (count, 1, [0] * (1 - count))


def test_tasks_without_baseline_are_added_to_what_is_due_unless_asked_otherwise() -> None:
    rows = [done(BEFORE, BEFORE), {"finish": AFTER}]
    assert answer(baseline_execution_index(world(rows))) == (1, 2, [])
    without = Thresholds(counts_missing_baseline=False)
    assert answer(baseline_execution_index(world(rows, thresholds=without))) == (1, 1, [])


def test_an_uncommitted_item_of_a_tracker_is_on_neither_side_of_the_execution_index() -> None:
    rows = [done(BEFORE, BEFORE), done(None, BEFORE), {}]
    assert answer(baseline_execution_index(world(rows, is_plan=[False]))) == (1, 1, [])


def test_nothing_due_yet_gives_no_execution_index() -> None:
    assert answer(baseline_execution_index(world([{"baseline_finish": AFTER}]))) == "nothing to check"


def test_the_hit_rate_of_a_period_counts_what_was_due_after_its_beginning() -> None:
    rows = [done(date(2026, 10, 23), BEFORE), done(date(2026, 10, 24), date(2026, 10, 24))]
    since = np.array([START], dtype="datetime64[D]")
    assert answer(hit_rate(world(rows), since)) == (1, 1, [])
    assert answer(hit_rate(world(rows))) == (1, 2, [0])
    unknown = np.array([None], dtype="datetime64[D]")
    assert answer(hit_rate(world(rows), unknown)) == "no status date"


def _cei(
    rows: list[dict[str, Any]], forecast: list[date | None], *, has_snapshot: bool = True
) -> tuple[int, int, list[int]] | str:
    period = Period(np.array([START], dtype="datetime64[D]"), np.array([STATUS_DATE], dtype="datetime64[D]"))
    days = np.array(forecast, dtype="datetime64[D]")
    return answer(current_execution_index(world(rows), "cei", period, days, np.array([has_snapshot])))


@pytest.mark.parametrize(
    ("forecast", "is_expected"),
    [(START, False), (START + timedelta(days=1), True), (STATUS_DATE, True), (AFTER, False), (None, False)],
)
def test_what_was_forecast_into_the_period_is_expected(forecast: date | None, is_expected: bool) -> None:
    other = done(None, BEFORE)
    found = _cei([{"finish": AFTER}, other], [forecast, BEFORE])
    assert found == ((1, 2, [0]) if is_expected else (1, 1, []))


def test_what_had_finished_before_the_period_is_not_expected_in_it() -> None:
    rows = [done(None, START), done(None, START + timedelta(days=1))]
    assert _cei(rows, [BEFORE, BEFORE]) == (1, 1, [])


def test_there_is_no_execution_index_of_a_period_of_which_nothing_was_kept() -> None:
    assert _cei([{"finish": AFTER}], [BEFORE], has_snapshot=False) == (
        "no snapshot from the beginning of the period"
    )
    assert _cei([{"finish": AFTER}], [AFTER]) == "nothing to check"


def _path(inputs: CheckInputs, length: float, target: float, elapsed: float = 100.0) -> CriticalPath:
    return CriticalPath(completion_of(inputs), np.array([length]), np.array([target]), np.array([elapsed]))


@pytest.mark.parametrize(
    ("length", "target", "lowest", "share"),
    [
        (80.0, 20.0, 0.0, 1.25),  # the two examples of the PASEG
        (800.0, 20.0, 0.0, 1.025),
        (80.0, 0.0, -5.0, 0.9375),  # negative float in the network is not made up for
        (80.0, 20.0, -5.0, 0.9375),
        (80.0, -8.0, -5.0, 0.9),
        (80.0, np.nan, 0.0, 1.0),
        (80.0, -4.0, np.nan, 0.95),
    ],
)
def test_the_critical_path_length_index(length: float, target: float, lowest: float, share: float) -> None:
    rows: list[dict[str, Any]] = [
        {"total_float_wd": lowest, "finish": BEFORE},
        {"total_float_wd": lowest + 3, "finish": AFTER, "is_milestone": True},
    ]
    inputs = world(rows, [(0, 1)])
    found = critical_path_length_index(inputs, _path(inputs, length, target))
    assert found.share[0] == pytest.approx(share)
    assert found.members_of(0).tolist() == [1]


def test_there_is_no_critical_path_length_behind_the_status_date_or_without_float_or_links() -> None:
    rows = [{"total_float_wd": 0.0, "finish": AFTER}, {"total_float_wd": 0.0, "finish": AFTER}]
    inputs = world(rows, [(0, 1)])
    late = critical_path_length_index(inputs, _path(inputs, 0.0, 5.0))
    assert answer(late) == "the end of the plan is not ahead of its status date"
    blind = world([{"finish": AFTER}, {"finish": AFTER}], [(0, 1)])
    assert answer(critical_path_length_index(blind, _path(blind, 80.0, np.nan))) == (
        "what it asks is unknown for too many items"
    )
    loose = world(rows)
    assert answer(critical_path_length_index(loose, _path(loose, 80.0, 0.0))) == "no links between its tasks"
    over = world([{**rows[0], "is_complete": True}], [])
    assert completion_of(over).tolist() == [-1]


def test_float_that_is_used_up_projects_what_is_left_at_the_end() -> None:
    rows = [{"total_float_wd": -5.0, "finish": AFTER}, {"total_float_wd": 0.0, "finish": AFTER}]
    inputs = world(rows, [(0, 1)])
    tfci = total_float_consumption_index(inputs, _path(inputs, 80.0, np.nan, elapsed=50.0))
    assert tfci.share[0] == pytest.approx(0.9)
    assert projected_finish_float_wd(tfci, np.array([130.0])).tolist() == pytest.approx([-13.0])
    early = total_float_consumption_index(inputs, _path(inputs, 80.0, np.nan, elapsed=0.0))
    assert answer(early) == "not started yet"


def test_a_schedule_ends_with_the_open_item_that_finishes_last_and_of_several_with_the_milestone() -> None:
    rows: list[dict[str, Any]] = [
        {"finish": AFTER, "is_milestone": True},
        {"finish": AFTER},
        {"finish": AFTER + timedelta(days=9), "is_complete": True},
        {"finish": AFTER + timedelta(days=9), "is_level_of_effort": True},
        {"finish": AFTER + timedelta(days=9), "is_detail": False},
        {"schedule": 1, "finish": BEFORE},
        {"schedule": 1},
    ]
    inputs = world(rows, is_plan=[True, True, True], status=[STATUS_DATE] * 3)
    assert completion_of(inputs).tolist() == [0, 5, -1]


@pytest.mark.parametrize(
    ("first", "second", "end"),
    [
        ({"finish_at": "2026-11-21T17:00"}, {"finish_at": "2026-11-21T08:00"}, 0),
        ({}, {"finish_at": "2026-11-21T08:00"}, 1),  # a day without a time is its beginning
        ({"total_float_wd": 0.0}, {"total_float_wd": 1.0}, 0),
        ({"total_float_wd": 0.0}, {}, 0),
        ({"total_float_wd": 0.0}, {"total_float_wd": 0.0}, 1),
    ],
)
def test_of_two_ends_of_one_day_the_later_minute_and_then_the_lesser_float_is_the_end(
    first: dict[str, Any], second: dict[str, Any], end: int
) -> None:
    assert completion_of(world([{"finish": AFTER, **first}, {"finish": AFTER, **second}])).tolist() == [end]
