"""The back-tests in a small, fixed form: what the documentation claims stays true on the sample data."""

from __future__ import annotations

import numpy as np
import pytest
from shared import shared

from bench.backtest_items import OURS as CHANCE
from bench.backtest_items import back_test as back_test_items
from bench.backtest_items import read_issues
from bench.backtest_plans import OURS, scores, with_logic
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
