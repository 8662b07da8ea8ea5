"""Milestone trend analysis: how fast the forecast of each milestone slides, and where that leads.

A series is what was said about one milestone, and when. It is read on report days a week apart, so that five
edits of one afternoon weigh no more than one, and a date that has stood still for weeks counts as standing.
Source: facts/rules.md §2.4; the estimator is that of Theil and Sen, the median of all pairwise slopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from schedule.calendars import LAST_DAY

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
DayArray = npt.NDArray[np.datetime64]

REPORT_DAYS = 7
AMBER_SLOPE = 0.25
RED_SLOPE = 0.6
_NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class TrendSettings:
    """How trends are read.

    Attributes:
        reports: how many report days are looked at, a week apart, the last of them today.
        slope_reports: over how many of them the slope is taken.
        minimum_reports: with fewer there is no slope.
    """

    reports: int = 26
    slope_reports: int = 6
    minimum_reports: int = 4


DEFAULTS = TrendSettings()


@dataclass(frozen=True, slots=True)
class Trends:
    """The trend of each milestone.

    Attributes:
        slope: days that the forecast moves per day that passes; NaN with too few report days. 0 stands still,
            1 slides day for day, negative recovers.
        sign_changes: how often the forecast turned from later to earlier or back.
        snapshots: the report days on which a forecast was known.
        projected_finish: where the trend meets the calendar; NaT where it never does, and where the forecast
            has passed already, so that there is nothing to project.
    """

    slope: FloatArray
    sign_changes: IntArray
    snapshots: IntArray
    projected_finish: DayArray


def report_days(today: date, settings: TrendSettings = DEFAULTS) -> DayArray:
    """The report days, oldest first, today last."""
    back = np.arange(settings.reports - 1, -1, -1) * REPORT_DAYS
    days: DayArray = np.datetime64(today, "D") - back.astype("timedelta64[D]")
    return days


def on_report_days(
    count: int, milestone: IntArray, said_on: DayArray, forecast: DayArray, reports: DayArray
) -> DayArray:
    """What each milestone's forecast was on each report day: what had been said last by then.

    Args:
        count: how many milestones there are.
        milestone: for each entry its milestone, 0 to count - 1.
        said_on: the day of each entry; of two on one day the later one in the arrays counts.
        forecast: what was said; NaT is that there was no date.
        reports: the report days, ascending.

    Returns:
        A row per milestone, a column per report day; NaT before the first entry.
    """
    answer = np.full((count, len(reports)), _NEVER)
    # Milestone and day make one ascending number, so that one search finds the last entry for every cell.
    origin = min(said_on.min(), reports[0]) if len(said_on) else reports[0]
    last = max(said_on.max(), reports[-1]) if len(said_on) else reports[-1]
    width = int((last - origin).astype(np.int64)) + 1
    code = milestone * width + (said_on - origin).astype(np.int64)
    order = np.argsort(code, kind="stable")
    sorted_codes = code[order]
    wanted = np.arange(count)[:, None] * width + (reports - origin).astype(np.int64)[None, :]
    place = np.searchsorted(sorted_codes, wanted, side="right") - 1
    at = np.maximum(place, 0)
    if len(order):
        found = (place >= 0) & (sorted_codes[at] // width == np.arange(count)[:, None])
        answer[found] = forecast[order][at][found]
    return answer


def milestone_trends(forecasts: DayArray, reports: DayArray, settings: TrendSettings = DEFAULTS) -> Trends:
    """The trend of each milestone.

    Args:
        forecasts: a row per milestone, a column per report day, NaT is unknown; from `on_report_days`.
        reports: the report days, ascending, the last of them today.
        settings: how many of them count.
    """
    known = ~np.isnat(forecasts)
    value = np.where(known, forecasts.astype(np.int64), 0).astype(np.float64)
    value[~known] = np.nan
    slope = _theil_sen(value[:, -settings.slope_reports :], reports[-settings.slope_reports :])
    enough = known[:, -settings.slope_reports :].sum(axis=1) >= settings.minimum_reports
    slope = np.where(enough, slope, np.nan)
    return Trends(
        slope=slope,
        sign_changes=_turns(value),
        snapshots=known.sum(axis=1),
        projected_finish=_projected(forecasts[:, -1], reports[-1], slope),
    )


def rating(slope: float | None) -> str:
    """`green`, `amber` or `red` by how fast a forecast slides; `grey` where no slope is known."""
    if slope is None or np.isnan(slope):
        return "grey"
    if slope > RED_SLOPE:
        return "red"
    return "amber" if slope > AMBER_SLOPE else "green"


def _theil_sen(value: FloatArray, reports: DayArray) -> FloatArray:
    """The median over all pairs of report days on which both forecasts are known."""
    day = (reports - reports[0]).astype(np.float64)
    one, other = np.triu_indices(len(reports), k=1)
    slopes = (value[:, other] - value[:, one]) / (day[other] - day[one])
    slopes.sort(axis=1)  # NaN last
    pairs = (~np.isnan(slopes)).sum(axis=1)
    rows = np.arange(len(value))
    low, high = np.maximum(pairs - 1, 0) // 2, np.maximum(pairs, 1) // 2
    middle: FloatArray = (slopes[rows, low] + slopes[rows, np.minimum(high, len(one) - 1)]) / 2
    return np.where(pairs > 0, middle, np.nan)


def _turns(value: FloatArray) -> IntArray:
    """How often the direction of movement changed; a forecast that stood still in between keeps its last."""
    direction = np.zeros(len(value), dtype=np.int64)
    turns = np.zeros(len(value), dtype=np.int64)
    before = np.full(len(value), np.nan)
    for now in value.T:
        step = np.sign(np.nan_to_num(now - before)).astype(np.int64)
        turns += (step * direction) < 0
        direction = np.where(step != 0, step, direction)
        before = np.where(np.isnan(now), before, now)
    return turns


def _projected(forecast: DayArray, today: np.datetime64, slope: FloatArray) -> DayArray:
    """The day t + (F - t) / (1 - m) for m < 1, if F is not behind t and it is in the calendar."""
    ahead = (forecast - today).astype(np.float64)
    ahead[np.isnat(forecast)] = np.nan
    meets = (slope < 1) & (ahead >= 0)
    days = np.full(len(slope), np.nan)
    np.divide(ahead, 1 - slope, out=days, where=meets)
    # The end of the calendar is far enough away to be never.
    meets &= days <= (np.datetime64(LAST_DAY, "D") - today).astype(np.float64)
    answer = np.full(len(slope), _NEVER)
    # Whoever slides in the middle of a day arrives with its end.
    answer[meets] = today + np.ceil(days[meets] - 1e-9).astype("timedelta64[D]")
    return answer
