"""Milestone trends: slopes and projections worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedule.milestone_trend import (
    TrendSettings,
    milestone_trends,
    on_report_days,
    rating,
    report_days,
)

TODAY = date(2026, 11, 24)
DUE = date(2027, 1, 12)  # 49 days ahead


def trend_of(*slips: float | None, settings: TrendSettings | None = None) -> dict[str, Any]:
    """The trend of one milestone that on the last report days stood so many days after DUE."""
    chosen = settings or TrendSettings(reports=max(len(slips), 6))
    reports = report_days(TODAY, chosen)
    padded = [None] * (chosen.reports - len(slips)) + list(slips)
    row = [None if one is None else DUE + timedelta(days=one) for one in padded]
    found = milestone_trends(np.array([row], dtype="datetime64[D]"), reports, chosen)
    finish = found.projected_finish[0].item()
    slope = float(found.slope[0])
    return {
        "slope": None if np.isnan(slope) else round(slope, 4),
        "turns": int(found.sign_changes[0]),
        "snapshots": int(found.snapshots[0]),
        "finish": finish,
    }


def test_a_forecast_that_stands_still_arrives_when_it_says() -> None:
    assert trend_of(0, 0, 0, 0, 0, 0) == {"slope": 0.0, "turns": 0, "snapshots": 6, "finish": DUE}


def test_a_forecast_that_slides_half_a_day_a_day_is_met_in_twice_the_time() -> None:
    # The last report says DUE; 49 days ahead, of which half are lost on the way: 98 days.
    even = TrendSettings(reports=5, slope_reports=5)
    half = trend_of(-14, -14, -7, -7, 0, settings=even)
    # Pairs: 0, 1/2, 1/3, 1/2, 1, 1/2, 2/3, 0, 1/2, 1; the middle ones are 1/2.
    assert half == {"slope": 0.5, "turns": 0, "snapshots": 5, "finish": TODAY + timedelta(days=98)}


def test_a_forecast_that_slides_day_for_day_never_arrives() -> None:
    assert trend_of(-21, -14, -7, 0) == {"slope": 1.0, "turns": 0, "snapshots": 4, "finish": None}
    assert trend_of(-42, -28, -14, 0)["finish"] is None  # two days a day
    assert trend_of(-21, -14, -7, 0)["slope"] == 1.0


def test_a_projection_behind_the_calendar_is_never() -> None:
    # 999 days are lost in 1,000: the 49 that are left take 49,000, until 2161.
    chosen = TrendSettings(reports=4, slope_reports=4)
    reports = np.array(
        [TODAY - timedelta(days=back) for back in (3000, 2000, 1000, 0)], dtype="datetime64[D]"
    )
    said = np.array([[DUE - timedelta(days=back) for back in (2997, 1998, 999, 0)]], dtype="datetime64[D]")
    found = milestone_trends(said, reports, chosen)
    assert found.slope.tolist() == [0.999]
    assert found.projected_finish.tolist() == [None]


def test_a_recovering_forecast_arrives_earlier_than_it_says() -> None:
    # Half a day a day is won back: 49 / 1.5 = 32.67 days, which ends on the 33rd.
    found = trend_of(14, 14, 7, 7, 0, settings=TrendSettings(reports=5, slope_reports=5))
    assert (found["slope"], found["finish"]) == (-0.5, TODAY + timedelta(days=33))


def test_a_forecast_that_has_passed_projects_nothing_and_one_for_today_today() -> None:
    past = (TODAY - DUE).days
    assert trend_of(past, past, past, past)["finish"] == TODAY
    assert trend_of(past - 1, past - 1, past - 1, past - 1)["finish"] is None


@pytest.mark.parametrize(("known", "slope"), [(3, None), (4, 0.0)])
def test_a_slope_needs_four_report_days(known: int, slope: float | None) -> None:
    found = trend_of(*[0] * known)
    assert (found["slope"], found["snapshots"]) == (slope, known)
    assert (found["finish"] is None) == (slope is None)


def test_the_slope_looks_at_the_last_six_report_days_and_the_turns_at_all() -> None:
    found = trend_of(0, 30, 0, 30, 30, 30, 30, 30, 30)
    assert (found["slope"], found["turns"], found["snapshots"]) == (0.0, 2, 9)


@pytest.mark.parametrize(
    ("slips", "turns"),
    [
        ((0, 7, 14, 21, 28, 35), 0),
        ((0, 7, 0, 7, 0, 7), 4),
        ((0, 7, 7, 0, 0, 7), 2),  # standing still in between is no change of direction
        ((0, 7, None, 0, 7, 7), 2),  # nor is a report day without a date
        ((0, 0, 0, 0, 0, 0), 0),
    ],
)
def test_a_zigzag_counts_changes_of_direction(slips: tuple[float | None, ...], turns: int) -> None:
    assert trend_of(*slips)["turns"] == turns


@pytest.mark.parametrize(
    ("slope", "colour"),
    [
        (-1.0, "green"), (0.25, "green"), (0.26, "amber"), (0.6, "amber"), (0.61, "red"), (1.5, "red"),
        (None, "grey"), (float("nan"), "grey"),
    ],
)  # fmt: skip
def test_a_slope_is_amber_above_a_quarter_and_red_above_six_tenths(slope: float | None, colour: str) -> None:
    assert rating(slope) == colour


def _days(*days: date | None) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    return np.array(days, dtype="datetime64[D]")


def test_a_report_day_shows_what_had_been_said_last_by_then() -> None:
    reports = report_days(TODAY, TrendSettings(reports=4))
    assert reports.tolist() == [date(2026, 11, 3), date(2026, 11, 10), date(2026, 11, 17), TODAY]
    early, late = date(2027, 1, 1), date(2027, 2, 1)
    found = on_report_days(
        3,
        np.array([2, 0, 0, 0, 0]),
        _days(TODAY, date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 16), date(2026, 11, 25)),
        _days(late, early, None, late, early),
        reports,
    )
    assert found.tolist() == [
        [None, early, late, late],  # what will be said tomorrow is not known today
        [None, None, None, None],
        [None, None, None, late],
    ]


def test_of_two_entries_of_one_day_the_later_one_counts_and_a_removed_date_is_none() -> None:
    reports = _days(date(2026, 11, 17), TODAY)
    said = np.array([0, 0, 0])
    when = _days(date(2026, 11, 17), date(2026, 11, 17), date(2026, 11, 20))
    what = _days(date(2027, 1, 1), date(2027, 2, 1), None)
    assert on_report_days(1, said, when, what, reports).tolist() == [[date(2027, 2, 1), None]]


def test_without_entries_nothing_is_known() -> None:
    reports = report_days(TODAY, TrendSettings(reports=6))
    nothing = on_report_days(1, np.empty(0, dtype=np.int64), _days(), _days(), reports)
    assert milestone_trends(nothing, reports).snapshots.tolist() == [0]
    none = on_report_days(0, np.empty(0, dtype=np.int64), _days(), _days(), reports)
    assert milestone_trends(none, reports).slope.tolist() == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.none() | st.integers(0, 400), min_size=6, max_size=6))
def test_the_slope_is_the_median_of_all_pairs(slips: list[int | None]) -> None:
    points = [(7 * place, slip) for place, slip in enumerate(slips) if slip is not None]
    found = trend_of(*slips)["slope"]
    if len(points) < 4:
        assert found is None
    else:
        slopes = [
            (after - before) / (there - here) for (here, before), (there, after) in combinations(points, 2)
        ]
        assert found == pytest.approx(median(slopes), abs=1e-4)
