"""Earned schedule, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedule.earned_schedule import earned_schedule, planned_value, value_weights

# By the end of day 0 … 4, as in the textbook: 10, 20, 30 and 40 a day.
CURVE = np.array([0.0, 10.0, 30.0, 60.0, 100.0])


def test_earned_schedule_lies_within_the_day_whose_plan_is_not_reached() -> None:
    found = earned_schedule(CURVE, 45.0, 3.0)
    assert found.earned_wd == pytest.approx(2.5)  # 2 + (45 - 30) / (60 - 30)
    assert found.spi_t == pytest.approx(2.5 / 3)
    assert found.variance_wd == pytest.approx(-0.5)
    assert found.to_complete == pytest.approx(1.5)  # (4 - 2.5) / (4 - 3)
    assert found.duration_at_plan_pace == pytest.approx(4.5)
    assert found.duration_at_own_pace == pytest.approx(4.8)  # 3 + 1.5 / (2.5 / 3)


def test_after_the_planned_finish_no_performance_can_meet_it() -> None:
    found = earned_schedule(CURVE, 45.0, 4.0)
    assert found.to_complete is None
    assert found.duration_at_plan_pace == pytest.approx(5.5)


def test_nothing_earned_has_no_pace_of_its_own_and_nothing_elapsed_no_performance() -> None:
    nothing_earned = earned_schedule(CURVE, 0.0, 2.0)
    assert (nothing_earned.earned_wd, nothing_earned.spi_t) == (0.0, 0.0)
    assert nothing_earned.duration_at_own_pace is None
    assert nothing_earned.duration_at_plan_pace == pytest.approx(6.0)
    first_day = earned_schedule(CURVE, 5.0, 0.0)
    assert first_day.spi_t is None
    assert first_day.duration_at_own_pace is None


@pytest.mark.parametrize("earned", [100.0, 100.0 - 1e-10, 130.0])
def test_everything_earned_is_the_planned_duration_and_not_more(earned: float) -> None:
    assert earned_schedule(CURVE, earned, 6.0).earned_wd == 4.0


def test_a_pause_in_the_plan_counts_as_reached_once_what_came_before_it_is_done() -> None:
    assert earned_schedule(np.array([0.0, 10.0, 10.0, 20.0]), 10.0, 2.0).earned_wd == 2.0
    assert earned_schedule(np.array([0.0, 10.0, 10.0, 20.0]), 9.0, 2.0).earned_wd == pytest.approx(0.9)


def test_what_stands_before_the_first_day_is_not_reached_by_less() -> None:
    assert earned_schedule(np.array([5.0, 10.0]), 2.0, 1.0).earned_wd == 0.0


def test_value_accrues_evenly_and_a_milestone_earns_at_its_finish() -> None:
    found = planned_value(np.array([0.0, 1.0, 2.0]), np.array([2.0, 3.0, 2.0]), np.array([10.0, 20.0, 5.0]))
    assert found.tolist() == [0.0, 5.0, 25.0, 35.0]
    assert planned_value(np.zeros(0), np.zeros(0), np.zeros(0)).tolist() == [0.0]


def test_work_is_weighed_by_the_first_value_that_all_of_it_has() -> None:
    cost, hours = np.array([1.0, np.nan]), np.array([8.0, 16.0])
    assert value_weights({"cost": cost, "duration": hours})[0] == "duration"
    assert value_weights({"cost": np.array([0.0, 3.0]), "duration": hours})[0] == "cost"
    name, ones = value_weights({"cost": cost, "points": np.zeros(2)})
    assert (name, ones.tolist()) == ("count", [1.0, 1.0])
    with pytest.raises(ValueError, match="at least one candidate"):
        value_weights({})


@given(
    steps=st.lists(st.floats(0, 50), min_size=1, max_size=20),
    share=st.floats(0, 1),
    more=st.floats(0, 1),
)
def test_who_has_earned_more_is_never_earlier_in_the_plan(
    steps: list[float], share: float, more: float
) -> None:
    curve = np.concatenate(([0.0], np.cumsum(steps)))
    low, high = sorted((share * curve[-1], more * curve[-1]))
    first, second = earned_schedule(curve, low, 3.0), earned_schedule(curve, high, 3.0)
    assert 0 <= first.earned_wd <= second.earned_wd + 1e-6 <= len(steps) + 1e-6
