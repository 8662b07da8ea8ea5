"""The view `calibration`: how good the forecasts of finished work were, by class of forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import WorkCalendar, as_days
from schedule.scoring import brier, coverage, pinball
from sync.forecast_items import ForecastItems
from sync.workspace import Columns

FLOAT_NAMES = ("p50_coverage", "p80_coverage", "brier", "pinball")


def calibration(
    items: ForecastItems,
    position: Mapping[ItemId, int],
    stored: Mapping[str, Sequence[Any]],
    calendar: WorkCalendar,
) -> Columns:
    """One row per class of which anything has finished since it was forecast.

    Scored is the first forecast of each item and class that had a P80: later ones are the same forecast,
    moved on, and would count one item many times. `pinball` is that of P80 in working days; `brier` is that
    of the chance to be later than the date that stood then, where the date lay ahead.

    Args:
        items: for what has finished, and when.
        position: where each item stands.
        stored: the first forecast of each item, class and method, as columns.
        calendar: whose working days count.
    """
    names = ("item_id", "class", "as_of", "due", "p50", "p80", "late_chance")
    finish = items.finish.tolist()
    is_done = items.is_done.tolist()
    by_class: dict[str, dict[ItemId, tuple[Any, ...]]] = {}
    for item, name, made, *forecast in zip(*(stored[one] for one in names), strict=True):
        index = position.get(item)
        if index is None or not is_done[index] or finish[index] is None or finish[index] < made:
            continue
        if forecast[2] is not None:
            by_class.setdefault(name, {}).setdefault(item, (made, *forecast, finish[index]))
    columns: Columns = {one: [] for one in ("class", "n", *FLOAT_NAMES)}
    for name in sorted(by_class):
        rows = list(by_class[name].values())
        columns["class"].append(name)
        columns["n"].append(len(rows))
        for column, value in zip(FLOAT_NAMES, _scores(rows, calendar), strict=True):
            columns[column].append(None if value is None else round(value, 4))
    return columns


def _scores(rows: Sequence[tuple[Any, ...]], calendar: WorkCalendar) -> list[float | None]:
    made, due, p50, p80, chance, finish = zip(*rows, strict=True)

    def ordinals(days: Sequence[Any]) -> Any:
        found = calendar.ordinals_of(as_days(list(days)))
        return np.array([np.nan if one is None else one for one in found], dtype=float)

    actual = ordinals(finish)
    covered = [coverage(ordinals(one), actual) for one in (p50, p80)]
    lay_ahead = [day is not None and day >= on for day, on in zip(due, made, strict=True)]
    said = [
        one if ahead and one is not None else np.nan for one, ahead in zip(chance, lay_ahead, strict=True)
    ]
    happened = [
        float(end > day) if ahead else np.nan for end, day, ahead in zip(finish, due, lay_ahead, strict=True)
    ]
    return [
        *(None if one is None else one.share for one in covered),
        brier(np.array(said, dtype=float), np.array(happened, dtype=float)),
        pinball(ordinals(p80), actual, 0.8),
    ]
