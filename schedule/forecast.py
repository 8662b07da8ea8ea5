"""When open work will be finished: P50 and P80 from a predicted finish and what became of such predictions.

A prediction is the finish of the network where there is one, else the date that stands in the plan.
P = anchor + q · (prediction − anchor), where q is a quantile of actual over predicted time of finished work
of the same class. For a network the anchor is the status date and the class is the progress. A date is
anchored where its time began, and only what took longer than the item has taken so far counts: so a forecast
moves smoothly while its date comes closer and passes. Everything here is arrays in, arrays out; NaT and NaN
are unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from schedule.calendars import FIRST_DAY, DayArray, IntArray, WorkCalendar
from schedule.distributions import Distribution, FloatArray, from_quantiles

LEVELS = (0.5, 0.8)
BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.int8]

STAGES = ("early", "mid", "late")
BANDS = ("less than 5 days", "5 to 20 days", "20 to 60 days", "60 days or more")
_BAND_EDGES = (5, 20, 60)

# Actual over predicted remaining time of 47 finished projects with usable logic, by the re-forecast of their
# network: one report per stage, Weibull positions, rounded. DSLIB (Batselier and Vanhoucke, 2015), mostly
# construction; `python -m bench backtest_plans` prints where they come from.
_PRIOR_LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_NETWORK_PRIOR = (0.57, 0.72, 0.97, 1.0, 1.0, 1.03, 1.07, 1.12, 1.26, 1.46, 1.96)


class Method(IntEnum):
    """How a forecast came about."""

    NONE = 0
    PLAN_DATE = 1
    NETWORK = 2
    DATE_RESIDUAL = 3
    NETWORK_RESIDUAL = 4
    PAST_DATE = 5
    THROUGHPUT = 6


METHOD_NAMES: dict[Method, str | None] = {
    Method.NONE: None,
    Method.PLAN_DATE: "plan date",
    Method.NETWORK: "network",
    Method.DATE_RESIDUAL: "plan date × reference class",
    Method.NETWORK_RESIDUAL: "network × reference class",
    Method.PAST_DATE: "past its date, reference class",
    Method.THROUGHPUT: "throughput",
}


@dataclass(frozen=True, slots=True)
class Forecasts:
    """One forecast per item, all arrays parallel.

    Attributes:
        p50, p80: days that are met with 50 and 80 %; NaT where nothing can be said.
        method: a `Method` each.
        references: how many finished cases speak; 0 where none were asked.
    """

    p50: DayArray
    p80: DayArray
    method: CodeArray
    references: IntArray


def network_prior() -> Distribution:
    """What is believed of plans with a network before the organisation has finished any."""
    return from_quantiles(_PRIOR_LEVELS, _NETWORK_PRIOR)


def stages(percent_complete: FloatArray, is_started: BoolArray) -> IntArray:
    """Early below 30 % done, late above 70 %, as positions in `STAGES`.

    Where no percentage is known, work that has started is in the middle: elapsed time is not progress.
    """
    share = np.where(np.isnan(percent_complete), np.where(is_started, 50.0, 0.0), percent_complete)
    found: IntArray = (share >= 30).astype(np.int64) + (share > 70)
    return found


def bands(planned_days: IntArray) -> IntArray:
    """How long was planned, as positions in `BANDS`: a short time is exceeded by a larger share of it."""
    found: IntArray = np.searchsorted(np.array(_BAND_EDGES), planned_days, side="right").astype(np.int64)
    return found


def forecast(
    status: date,
    predicted: DayArray,
    *,
    anchor: DayArray,
    has_network: BoolArray,
    is_open: BoolArray,
    q50: FloatArray,
    q80: FloatArray,
    references: IntArray,
) -> Forecasts:
    """Forecast items from their predicted finish.

    Args:
        status: the day of the run.
        predicted: the network's finish, else the plan's date; NaT is undated.
        anchor: from where the predicted time runs. At the prediction itself, or after it, quantiles are days.
        has_network: which predictions are the network's.
        is_open: which items are neither done nor removed. What is done has an actual date and no forecast.
        q50: the median of the reference class, of actual over predicted time from the anchor. NaN where
            fewer than 20 references speak: then P50 is the prediction, if it lies ahead, and P80 unknown.
        q80: its 80 % quantile likewise.
        references: how many finished cases these quantiles come from.
    """
    today = np.datetime64(status, "D")
    is_dated = is_open & ~np.isnat(predicted)
    is_ahead = is_dated & (predicted >= today)
    speaks = is_dated & ~np.isnat(anchor) & ~np.isnan(q50) & ~np.isnan(q80)
    # What is due today has a day left, as the reference classes have it: a share of nothing says nothing.
    span = np.maximum(np.where(speaks, (predicted - anchor).astype(np.int64), 0), 1).astype(np.float64)
    found: list[DayArray] = []
    for quantile in (q50, np.maximum(q50, q80)):
        # The ninth decimal is where 1.0 · 7 days must not become 8.
        whole = np.ceil(np.round(np.where(speaks, quantile * span, 0.0), 9)).astype(np.int64)
        day = anchor + whole.astype("timedelta64[D]")
        found.append(np.where(speaks, np.maximum(day, today), np.datetime64("NaT")))  # it is not over yet
    stands = is_ahead & ~speaks
    method = np.full(len(predicted), Method.NONE, dtype=np.int8)
    method[stands] = Method.PLAN_DATE
    method[stands & has_network] = Method.NETWORK
    method[speaks & is_ahead] = Method.DATE_RESIDUAL
    method[speaks & is_ahead & has_network] = Method.NETWORK_RESIDUAL
    method[speaks & ~is_ahead] = Method.PAST_DATE
    p50 = np.where(stands, predicted, found[0]).astype("datetime64[D]")
    return Forecasts(
        p50, found[1].astype("datetime64[D]"), method, np.where(is_dated, references, 0).astype(np.int64)
    )


def on_working_days(days: DayArray, calendar: WorkCalendar) -> DayArray:
    """Each day, or the next working day after it; NaT and days outside the calendar stay as they are."""
    first = np.datetime64(FIRST_DAY, "D")
    offsets = (days - first).astype(np.int64)
    known = ~np.isnat(days) & (offsets >= 0) & (offsets < len(calendar.is_working))
    at = np.where(known, offsets, 0)
    ordinals = calendar.ordinals[at] + ~calendar.is_working[at]
    moved = np.searchsorted(calendar.ordinals, ordinals, side="left")
    is_inside = known & (moved < len(calendar.is_working))
    return np.where(is_inside, first + moved.astype("timedelta64[D]"), days).astype("datetime64[D]")


def method_names(codes: CodeArray) -> Sequence[str | None]:
    """The words that people see for each method; None where there is no forecast."""
    return [METHOD_NAMES[Method(code)] for code in codes.tolist()]
