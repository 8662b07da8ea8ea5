"""The back-tests in a small, fixed form: what the documentation claims stays true on the sample data."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from shared import shared

from bench.backtest_items import OURS as CHANCE
from bench.backtest_items import back_test as back_test_items
from bench.backtest_items import read_issues
from bench.backtest_plans import OURS, scores, with_logic
from bench.backtest_throughput import Issues, at_least, issue_cases, read_sprints, sprint_cases
from bench.dslib import STAGES, Plan, finished_plans
from schedule.scoring import area_under_curve, brier


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return with_logic(finished_plans(shared("samples/forecast")))


@pytest.mark.parametrize("stage", STAGES)
def test_on_finished_projects_p80_holds_and_no_method_is_better_by_more_than_its_interval(
    plans: list[Plan], stage: str
) -> None:
    found = {one.method: one for one in scores(plans, stage)}
    ours = found.pop(OURS)
    assert ours.count >= 40
    assert ours.error < 0.13
    assert ours.coverage is not None
    assert ours.coverage.low < 0.8 < ours.coverage.high
    assert ours.loss is not None
    assert ours.loss < 0.06
    for other in found.values():
        assert other.error_against_ours[1] > 0, other.method
        if other.loss_against_ours is not None:
            assert other.loss_against_ours[1] > 0, other.method


def test_the_pass_through_a_network_before_anything_has_happened_gives_the_planned_finish(
    plans: list[Plan],
) -> None:
    # C2016-15 has finish-to-start links only, and starts as planned.
    (plan,) = (one for one in plans if one.name == "C2016-15")
    (first, *_) = plan.reports
    untouched = type(first)(plan.baseline_start, {}, {}, {}, 0.0)
    assert plan.network_finish(untouched)[0] == pytest.approx(plan.baseline_finish)


@pytest.mark.parametrize(("name", "area", "loss"), [("apache", 0.65, 0.24), ("wso2", 0.63, 0.20)])
def test_the_chance_of_lateness_tells_late_issues_from_others_without_seeing_their_release(
    name: str, area: float, loss: float
) -> None:
    issues = read_issues(shared(f"samples/forecast/emse2017/{name}_due.csv.gz"))
    found = back_test_items(issues)
    assert found.trained + len(found.happened) <= len(issues.due)
    said = found.said[CHANCE]
    assert ((said > 0) & (said < 1)).all()
    measured, score = area_under_curve(said, found.happened), brier(said, found.happened)
    assert measured is not None
    assert score is not None
    assert measured > area
    assert score < loss
    base = brier(found.said["base rate"], found.happened)
    assert base is not None
    assert score < base


def test_no_release_stands_on_both_sides() -> None:
    issues = read_issues(shared("samples/forecast/emse2017/wso2_due.csv.gz"))
    found = back_test_items(issues)
    cut = int(np.quantile(issues.due, 0.7))
    learned = np.unique(issues.release[issues.due < cut])
    assert not np.isin(found.release, learned).any()


def by_week(per_week: list[int]) -> Issues:
    """Issues of one team that are done on the Wednesdays of the weeks from 5 January 2015 on."""
    wednesday = date(2015, 1, 7)
    days = [wednesday + timedelta(weeks=week) for week, count in enumerate(per_week) for _ in range(count)]
    return Issues({"team": np.array(days, dtype="datetime64[D]")}, date(2016, 8, 1))


def test_a_backlog_is_forecast_by_the_weeks_before_alone() -> None:
    steady, stopped = (issue_cases(by_week([2] * 26 + [after] * 60)) for after in (2, 0))
    # 82 weeks in all, of which 26 are learned from and 52 have to follow: one moment.
    ((one,), (other,)) = steady[4], stopped[4]
    assert (one.p50, one.p80, one.mean) == (other.p50, other.p80, other.mean) == (4.0, 4.0, 4.0)
    # The eighth of eight issues is done on the Wednesday of the fourth week, or never.
    assert (one.actual * 7, other.actual) == (23.0, np.inf)
    assert one.is_steady
    assert issue_cases(by_week([1] * 18 + [0] * 60))[4] == []  # fewer than twenty say nothing


def test_over_four_sprints_p80_holds_as_often_as_it_says_and_costs_less_than_the_mean() -> None:
    cases = [
        case
        for name in ("apache", "spring")
        for case in sprint_cases(
            read_sprints(shared(f"samples/forecast/sprints_tse2017/{name}_iteration_0.csv.gz")), 4
        )
    ]
    found = at_least(cases)
    assert len(cases) == 126
    assert found.p50.low < 0.5 < found.p50.high
    assert found.p80.low < 0.8 < found.p80.high
    _, _, ours, mean = found.cost
    assert ours < mean
