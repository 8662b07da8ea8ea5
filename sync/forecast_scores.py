"""The view `calibration`: how good the forecasts of finished work were, by class of forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.calendars import DayArray, WorkCalendar
from schedule.distributions import FloatArray
from schedule.hierarchy import IntArray
from schedule.scoring import brier, churn_wd_per_week, coverage, pinball, signed_bias
from store.frames import BoolArray, Frame
from sync.forecast_items import ForecastItems
from sync.workspace import Columns

_REALS = (
    "p50_coverage", "p80_coverage", "brier", "pinball", "p80_low", "p80_high", "bias_wd", "churn_wd",
    "warning_lead_wd",
)  # fmt: skip
_COUNTS = ("warned", "late", "false_warnings", "on_time")


@dataclass(frozen=True, slots=True)
class _Cases:
    """Forecasts that are scored, one of each item and class, and what came of them; parallel arrays.

    Attributes:
        told: the forecasts.
        finish: the day on which the work was done.
        warned_since: since when it was said to be late, when the last forecast of the class for the same date
            was made.
        last: the day of that forecast; `until`: from when another one stood; NaT where none ever did.
        moved_wd: working days by which P50 moved from the first to the last.
    """

    told: Frame
    finish: DayArray
    warned_since: DayArray
    last: DayArray
    until: DayArray
    moved_wd: IntArray

    def take(self, rows: IntArray) -> _Cases:
        """Some of them."""
        return _Cases(
            self.told.take(rows), self.finish[rows], self.warned_since[rows], self.last[rows],
            self.until[rows], self.moved_wd[rows],
        )  # fmt: skip


def calibration(items: ForecastItems, first: Frame, ends: Frame, calendar: WorkCalendar) -> Columns:
    """One row per class of which anything has finished since it was forecast.

    Scored is the first forecast of each item and class that had a P80: later ones are the same forecast,
    moved on, and would count one item many times. `pinball` is that of P80 in working days; `brier` is that
    of the chance to be later than the date that stood then, where the date lay ahead. Of what was late and
    what was not, as measured by that same date, it is counted how much was warned of (`sync/forecast_trail`).

    Args:
        items: for what has finished, and when.
        first: the first forecast of each item, class and method, by item and day.
        ends: where the forecasts of each item, class and date ended; see `Store.forecast_ends`.
        calendar: whose working days count.
    """
    cases = _cases(items, first, ends)
    classes = cases.told.codes("class")
    columns: Columns = {one: [] for one in ("class", "n", *_REALS, *_COUNTS)}
    for name in sorted(classes.words):
        of_class = np.flatnonzero(classes.codes == classes.words.index(name))
        if not len(of_class):
            continue
        columns["class"].append(name)
        columns["n"].append(len(of_class))
        reals, counts = _scores(cases.take(of_class), calendar)
        for column, value in zip(_REALS, reals, strict=True):
            columns[column].append(None if value is None else round(value, 4))
        for column, count in zip(_COUNTS, counts, strict=True):
            columns[column].append(count)
    return columns


def _cases(items: ForecastItems, first: Frame, ends: Frame) -> _Cases:
    rows, classes = first.places("item_id"), first.codes("class")
    finish, made = items.finish[rows], first.dates("as_of")
    counts = (rows >= 0) & items.is_done[rows] & ~np.isnat(finish) & ~np.isnat(first.dates("p80"))
    counts &= finish >= made
    numbers = np.where(counts, rows * len(classes.words) + classes.codes, -1)
    _, firsts = np.unique(numbers, return_index=True)
    scored = firsts[counts[firsts]]
    at = _following(ends, rows[scored], made[scored])
    told = first.take(scored)
    return _Cases(
        told=told,
        finish=finish[scored],
        warned_since=ends.dates("warned_since")[at],
        last=ends.dates("as_of")[at],
        until=ends.dates("until")[at],
        moved_wd=ends.integers("moved_wd").values[at] - told.integers("moved_wd").values,
    )


def _following(ends: Frame, rows: IntArray, days: DayArray) -> IntArray:
    """The position of the end of the forecasts among which one of an item and a day stands."""
    place, ended = ends.places("item_id"), ends.dates("as_of")
    order = np.lexsort((ended, place))
    # One number of item and day: dates stay far below 2**32 days from 1970.
    ascending = (place[order] << 32) + ended[order].astype(np.int64)
    return np.asarray(order[np.searchsorted(ascending, (rows << 32) + days.astype(np.int64), side="left")])


def _scores(cases: _Cases, calendar: WorkCalendar) -> tuple[list[float | None], list[int]]:
    def ordinals(days: DayArray) -> FloatArray:
        values, known = calendar.known_ordinals(days)
        return np.where(known, values, np.nan)

    told, finish, made = cases.told, cases.finish, cases.told.dates("as_of")
    actual, p50, p80 = (ordinals(days) for days in (finish, told.dates("p50"), told.dates("p80")))
    covered, safe = coverage(p50, actual), coverage(p80, actual)
    due = told.dates("due")
    lay_ahead = due >= made
    said = np.where(lay_ahead, told.numbers("late_chance"), np.nan)
    happened = np.where(lay_ahead & ~np.isnan(said), finish > due, np.nan)
    is_late, is_on_time = lay_ahead & (finish > due), lay_ahead & (finish <= due)
    # What is first said after the day on which it shows is no warning.
    warned: BoolArray = cases.warned_since <= np.minimum(due, finish)
    leads = (ordinals(due) - ordinals(cases.warned_since))[is_late & warned]
    # It was the forecast until another one took over or the work was done, at least up to the last row.
    ended = np.fmax(np.fmin(cases.until, finish), cases.last)
    reals = [
        None if covered is None else covered.share,
        None if safe is None else safe.share,
        brier(said, happened),
        pinball(p80, actual, 0.8),
        None if safe is None else safe.low,
        None if safe is None else safe.high,
        signed_bias(p50, actual),
        churn_wd_per_week(cases.moved_wd.astype(np.float64), ordinals(ended) - ordinals(made)),
        float(np.median(leads)) if len(leads) else None,
    ]
    counted = (is_late & warned, is_late, is_on_time & warned, is_on_time)
    return reals, [int(np.count_nonzero(which)) for which in counted]
