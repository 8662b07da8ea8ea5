"""The view `calibration`: how good the forecasts of finished work were, by class of forecast."""

from __future__ import annotations

import numpy as np

from schedule.calendars import DayArray, WorkCalendar
from schedule.distributions import FloatArray
from schedule.scoring import brier, coverage, pinball
from store.frames import Frame
from sync.forecast_items import ForecastItems
from sync.workspace import Columns

FLOAT_NAMES = ("p50_coverage", "p80_coverage", "brier", "pinball")


def calibration(items: ForecastItems, first: Frame, calendar: WorkCalendar) -> Columns:
    """One row per class of which anything has finished since it was forecast.

    Scored is the first forecast of each item and class that had a P80: later ones are the same forecast,
    moved on, and would count one item many times. `pinball` is that of P80 in working days; `brier` is that
    of the chance to be later than the date that stood then, where the date lay ahead.

    Args:
        items: for what has finished, and when.
        first: the first forecast of each item, class and method, by item and day.
        calendar: whose working days count.
    """
    rows, classes = first.places("item_id"), first.codes("class")
    finish = items.finish[rows]
    counts = (rows >= 0) & items.is_done[rows] & ~np.isnat(finish) & ~np.isnat(first.dates("p80"))
    counts &= finish >= first.dates("as_of")
    numbers = np.where(counts, rows * len(classes.words) + classes.codes, -1)
    _, firsts = np.unique(numbers, return_index=True)
    scored = firsts[counts[firsts]]
    columns: Columns = {one: [] for one in ("class", "n", *FLOAT_NAMES)}
    for name in sorted(classes.words):
        of_class = scored[classes.codes[scored] == classes.words.index(name)]
        if not len(of_class):
            continue
        columns["class"].append(name)
        columns["n"].append(len(of_class))
        scores = _scores(first.take(of_class), finish[of_class], calendar)
        for column, value in zip(FLOAT_NAMES, scores, strict=True):
            columns[column].append(None if value is None else round(value, 4))
    return columns


def _scores(told: Frame, finish: DayArray, calendar: WorkCalendar) -> list[float | None]:
    def ordinals(days: DayArray) -> FloatArray:
        values, known = calendar.known_ordinals(days)
        return np.where(known, values, np.nan)

    actual = ordinals(finish)
    covered = [coverage(ordinals(told.dates(name)), actual) for name in ("p50", "p80")]
    due = told.dates("due")
    lay_ahead = due >= told.dates("as_of")
    said = np.where(lay_ahead, told.numbers("late_chance"), np.nan)
    happened = np.where(lay_ahead & ~np.isnan(said), finish > due, np.nan)
    return [
        *(None if one is None else one.share for one in covered),
        brier(said, happened),
        pinball(ordinals(told.dates("p80")), actual, 0.8),
    ]
