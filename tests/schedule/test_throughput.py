"""Backlogs without dates, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from schedule.throughput import simulate, weekly_counts

TODAY = date(2026, 11, 26)  # a Thursday
STEADY = np.full(26, 5.0)


def test_a_steady_team_finishes_what_it_always_does() -> None:
    flow = simulate(STEADY, team="shop", as_of=TODAY)
    assert flow is not None
    assert flow.at_least(4, 0.8) == 20.0
    assert flow.weeks_until(12, 0.8) == pytest.approx(2.4)
    assert flow.weeks_until(0, 0.8) == 0.0
    assert flow.references == 130


def test_what_takes_more_than_two_years_is_not_to_be_expected() -> None:
    flow = simulate(STEADY, team="shop", as_of=TODAY)
    assert flow is not None
    assert flow.weeks_until(520, 0.5) == pytest.approx(104.0)
    assert flow.weeks_until(521, 0.5) is None
    with pytest.raises(ValueError, match="between 1 and 104"):
        flow.at_least(105, 0.5)


def test_a_team_that_finished_nothing_has_no_flow() -> None:
    assert simulate(np.zeros(26), team="shop", as_of=TODAY) is None
    assert simulate(np.zeros(0), team="shop", as_of=TODAY) is None


def test_only_the_last_26_weeks_count() -> None:
    flow = simulate(np.concatenate((np.full(30, 50.0), STEADY)), team="shop", as_of=TODAY)
    assert flow is not None
    assert flow.at_least(1, 0.8) == 5.0


def test_the_surer_one_wants_to_be_the_fewer_items_are_promised() -> None:
    uneven = np.tile([0.0, 4.0, 9.0], 9)[:26]
    flow = simulate(uneven, team="shop", as_of=TODAY)
    assert flow is not None
    assert flow.at_least(8, 0.95) < flow.at_least(8, 0.8) < flow.at_least(8, 0.5)
    early, late = flow.weeks_until(30, 0.5), flow.weeks_until(30, 0.8)
    assert early is not None
    assert late is not None
    assert early < late


def test_the_same_team_draws_the_same_all_week_and_another_team_does_not() -> None:
    uneven = np.tile([0.0, 4.0, 9.0], 9)[:26]

    def drawn(team: str, day: int) -> list[float]:
        flow = simulate(uneven, team=team, as_of=date(2026, 11, day))
        assert flow is not None
        return flow.drawn[:, -1].tolist()

    assert drawn("shop", 23) == drawn("shop", 29)
    assert drawn("shop", 23) != drawn("shop", 22)
    assert drawn("shop", 23) != drawn("boards", 23)


def test_a_short_history_is_held_to_how_its_own_past_came_out() -> None:
    # Two a week, then one. What the past weeks gave of the average before them, sorted:
    # 1/2, 5/9, 6/10, 7/11 … 12/16; the second of nine covers 80 % of ten. The average is 17/13.
    flow = simulate(np.array([2.0] * 4 + [1.0] * 9), team="shop", as_of=TODAY)
    assert flow is not None
    assert flow.at_least(1, 0.8) == pytest.approx(17 / 13 * 5 / 9)


def test_a_history_too_short_to_tell_is_only_simulated() -> None:
    flow = simulate(np.full(11, 3.0), team="shop", as_of=TODAY)
    assert flow is not None
    assert flow.at_least(2, 0.8) == 6.0


def test_a_history_that_began_with_nothing_is_only_simulated() -> None:
    flow = simulate(np.array([0.0] * 6 + [2.0] * 8), team="shop", as_of=TODAY)
    assert flow is not None
    assert flow.at_least(1, 0.5) == 2.0


def test_weeks_are_counted_from_the_first_finish_to_the_last_complete_week() -> None:
    days = np.array(
        ["2026-11-02", "2026-11-08", "2026-11-16", "2026-11-22", "2026-11-23", "NaT"], dtype="datetime64[D]"
    )
    assert weekly_counts(days, TODAY).tolist() == [2.0, 0.0, 2.0]  # Monday 23 is of the week that runs
    assert weekly_counts(days[4:], TODAY).tolist() == []
