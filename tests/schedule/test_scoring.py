"""Scores of forecasts, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from schedule.scoring import (
    area_under_curve,
    brier,
    brier_skill,
    churn_wd_per_week,
    coverage,
    crps,
    pinball,
    reliability,
    signed_bias,
    wilson,
)

NAN = float("nan")


def a(*values: float) -> np.ndarray:  # type: ignore[type-arg]
    return np.array(values)


def test_brier_is_the_mean_square_and_leaves_out_what_is_unknown() -> None:
    assert brier(a(0.8, 0.2, NAN), a(1, 0, 1)) == pytest.approx(0.04)
    assert brier(a(NAN), a(1)) is None


def test_skill_is_what_is_saved_of_the_base_rates_score() -> None:
    assert brier_skill(a(0.5, 0.5), a(1, 0)) == pytest.approx(0.0)
    assert brier_skill(a(0.8, 0.2), a(1, 0)) == pytest.approx(1 - 0.04 / 0.25)
    assert brier_skill(a(0.1, 0.9), a(1, 0)) == pytest.approx(1 - 0.81 / 0.25)
    assert brier_skill(a(0.8, 0.9), a(1, 1)) is None
    assert brier_skill(a(NAN), a(1)) is None


def test_reliability_counts_in_bins_that_include_their_lower_edge() -> None:
    found = reliability(a(0.0, 0.09, 0.1, 1.0), a(0, 1, 1, 1))
    assert [(one.count, round(one.said, 3), one.happened) for one in found] == [
        (2, 0.045, 0.5),
        (1, 0.1, 1.0),
        (1, 1.0, 1.0),
    ]
    assert reliability(a(NAN), a(1)) == []


def test_pinball_costs_a_late_finish_four_times_as_much_at_80_percent() -> None:
    assert pinball(a(10), a(15), 0.8) == pytest.approx(4.0)
    assert pinball(a(10), a(5), 0.8) == pytest.approx(1.0)
    assert pinball(a(10, 10), a(15, 5), 0.5) == pytest.approx(2.5)
    assert pinball(a(NAN), a(5), 0.5) is None


def test_crps_of_a_point_is_its_distance_and_needs_every_level() -> None:
    levels = (0.25, 0.5, 0.75)
    assert crps(np.array([[10.0, 10.0, 10.0]]), a(14), levels) == pytest.approx(4.0)
    assert crps(np.array([[10.0, NAN, 10.0]]), a(14), levels) is None
    assert crps(np.zeros((0, 0)), a(), ()) is None


def test_a_finish_on_the_day_of_the_forecast_is_covered() -> None:
    found = coverage(a(10, 10, 10, NAN), a(9, 10, 11, 3))
    assert found is not None
    assert (found.count, round(found.share, 4)) == (3, 0.6667)
    assert coverage(a(NAN), a(1)) is None


def test_wilsons_interval_for_eight_of_ten() -> None:
    found = wilson(8, 10)
    assert (round(found.low, 3), round(found.high, 3)) == (0.490, 0.943)
    assert wilson(10, 10).high == pytest.approx(1.0)
    assert wilson(0, 10).low == pytest.approx(0.0)
    with pytest.raises(ValueError, match="no cases"):
        wilson(0, 0)


def test_bias_is_negative_where_forecasts_were_hopeful() -> None:
    assert signed_bias(a(100, 104), a(103, 105)) == pytest.approx(-2.0)
    assert signed_bias(a(NAN), a(103)) is None


def test_churn_is_the_movement_of_p50_in_a_week_of_five_days() -> None:
    assert churn_wd_per_week(a(3), a(10)) == pytest.approx(1.5)
    # One that moved by five within a day, and one that stood for 49: five in ten weeks.
    assert churn_wd_per_week(a(5, 0, NAN), a(1, 49, 10)) == pytest.approx(0.5)
    assert churn_wd_per_week(a(0), a(10)) == 0.0
    assert churn_wd_per_week(a(20), a(0)) is None
    assert churn_wd_per_week(a(), a()) is None


def test_area_under_the_curve_counts_pairs_in_the_right_order() -> None:
    assert area_under_curve(a(0.1, 0.4, 0.35, 0.8), a(0, 0, 1, 1)) == pytest.approx(0.75)
    assert area_under_curve(a(0.5, 0.5), a(0, 1)) == pytest.approx(0.5)
    assert area_under_curve(a(0.1, 0.4), a(1, 1)) is None
    assert area_under_curve(a(NAN), a(1)) is None
