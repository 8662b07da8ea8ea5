"""Forecasts of open work, what is stored of them, and how good those of finished work were.

A forecast stands until it has moved by a step or its item's date has changed: otherwise the passing of days,
which moves every forecast a little, would turn colours and write into trackers. docs/forecast.md has the
words, docs/decisions/0025 the reasons. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import LAST_DAY, as_days
from schedule.effective_due import slip
from schedule.forecast import METHOD_NAMES, Method, forecast, method_names, on_working_days
from sync.forecast_backlog import backlog_finishes
from sync.forecast_items import ForecastItems, forecast_items
from sync.forecast_references import References
from sync.forecast_scores import calibration
from sync.workspace import PORTFOLIO_CALENDAR, Columns, Workspace, by_calendar

if TYPE_CHECKING:
    from store import Store

KEPT_IN_FULL = timedelta(days=90)
_NOT_A_FORECAST = (None, METHOD_NAMES[Method.PLAN_DATE])
_COLUMNS = ("p50", "p80", "forecast_method", "forecast_references")


@dataclass(frozen=True, slots=True)
class _Shown:
    """One forecast as people see it."""

    p50: date | None
    p80: date | None
    method: str | None
    references: int | None

    @property
    def is_known(self) -> bool:
        """It says more than the date that stands in the plan."""
        return self.method not in _NOT_A_FORECAST


_NOTHING = _Shown(None, None, None, None)


def derive_forecasts(
    work: Workspace, store: Store, network_finish: Mapping[ItemId, date] | None = None
) -> int:
    """Fill the forecast columns of every item, remember what is new, and score what has finished.

    Slips are measured to P50 where there is a forecast. Needs the effective dates and promises of the
    workspace.

    Args:
        work: receives `p50`, `p80`, `p80_last_week`, `forecast_method`, `forecast_references`, and new slips.
        store: holds earlier forecasts; receives today's, and the calibration.
        network_finish: when the network lets each item finish, where there is one; else its date counts.

    Returns:
        How many rows of the calibration changed.
    """
    items = forecast_items(work, network_finish or {})
    first = store.first_forecasts(work.today)
    references = References(items, work, first)
    computed = _compute(work, items, references, _plans(store))
    standing = _by_item(store.standing_forecasts(work.today))
    shown, rows = _settle(work, items, computed, standing, references)
    week_ago = _by_item(store.standing_forecasts(work.today - timedelta(days=6)))
    _fill(work, items, shown, week_ago)
    store.save_forecasts(work.today, rows)
    store.forget_forecasts(work.today - KEPT_IN_FULL)
    calendar = work.calendars[PORTFOLIO_CALENDAR]
    return store.replace("derived_calibration", calibration(items, work.position, first, calendar))


def _plans(store: Store) -> frozenset[str]:
    schedules = store.read("tracker_schedule", ("schedule_id", "kind"))
    return frozenset(one for one, kind in zip(*schedules.values(), strict=True) if kind == "plan")


def _compute(
    work: Workspace, items: ForecastItems, references: References, plans: frozenset[str]
) -> list[_Shown]:
    """What is to be said of each item today, before what was said earlier is looked at."""
    count = len(items.is_open)
    low, high = np.full(count, np.nan), np.full(count, np.nan)
    known = np.zeros(count, dtype=np.int64)
    anchor = np.full(count, np.datetime64("NaT"), dtype="datetime64[D]")
    for index in np.flatnonzero(items.is_open & ~np.isnat(items.predicted)).tolist():
        values, known[index], anchor[index] = references.of(index)
        if values is not None:
            low[index], high[index] = values
    found = forecast(
        items.today.astype(object),
        items.predicted,
        anchor=anchor,
        has_network=items.has_network,
        is_open=items.is_open,
        q50=low,
        q80=high,
        references=known,
    )
    days = [_as_dates(work, one) for one in (found.p50, found.p80)]
    # The plan's own date is shown as it stands, also where it is a day off.
    own = found.method == Method.PLAN_DATE
    days[0] = [
        plain if is_own else moved
        for is_own, plain, moved in zip(own.tolist(), found.p50.tolist(), days[0], strict=True)
    ]
    shown = [
        _NOTHING if p50 is None else _Shown(p50, p80, method, count)
        for p50, p80, method, count in zip(
            *days, method_names(found.method), found.references.tolist(), strict=True
        )
    ]
    throughput = METHOD_NAMES[Method.THROUGHPUT]
    backlog = backlog_finishes(work, items, plans)
    moved = _as_dates_of(work, {index: finish[:2] for index, finish in backlog.items()})
    for index, (_, _, finished) in backlog.items():
        shown[index] = _Shown(*moved[index], throughput, finished)
    return shown


def _as_dates(work: Workspace, days: np.ndarray[Any, np.dtype[np.datetime64]]) -> list[date | None]:
    """Working days of each item's calendar; what lies beyond the calendar is unknown."""
    moved = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[D]")
    for name, indices in by_calendar(work.calendar_ids).items():
        moved[indices] = on_working_days(days[indices], work.calendars[name])
    moved[moved > np.datetime64(LAST_DAY)] = np.datetime64("NaT")
    found: list[date | None] = moved.tolist()
    return found


def _as_dates_of(
    work: Workspace, pairs: Mapping[int, tuple[date, date]]
) -> dict[int, tuple[date | None, date | None]]:
    def moved(index: int, day: date) -> date | None:
        calendar = work.calendar_of(index)
        found: list[date | None] = on_working_days(as_days([day]), calendar).tolist()
        return found[0]

    return {index: (moved(index, p50), moved(index, p80)) for index, (p50, p80) in pairs.items()}


def _by_item(columns: Mapping[str, Sequence[Any]]) -> dict[ItemId, dict[str, Any]]:
    names = list(columns)
    return {
        row["item_id"]: row
        for row in (dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True))
    }


def _settle(
    work: Workspace,
    items: ForecastItems,
    computed: Sequence[_Shown],
    standing: Mapping[ItemId, Mapping[str, Any]],
    references: References,
) -> tuple[list[_Shown], Columns]:
    """What is shown of each item, and the rows that have to be remembered of today."""
    shown: list[_Shown] = []
    rows: Columns = {
        name: []
        for name in ("item_id", "class", "predicted", "due", "late_chance", *_COLUMNS)
    }  # fmt: skip
    due, predicted, is_open = items.due.tolist(), items.predicted.tolist(), items.is_open.tolist()
    for index, (item, new) in enumerate(zip(work.items["item_id"], computed, strict=True)):
        before = standing.get(item) if is_open[index] else None
        one = new
        if before is not None:
            old = _Shown(*(before[name] for name in _COLUMNS))
            if before["due"] == due[index] and _stands(work, index, old, new):
                one = old
        shown.append(one)
        name = items.class_name[index]
        is_as_before = (
            before is not None and old == one and before["due"] == due[index] and before["class"] == name
        )
        if is_open[index] and not is_as_before and (one.p50 is not None or before is not None):
            values = (
                item, name, predicted[index], due[index], references.late_chance(index),
                one.p50, one.p80, one.method, one.references,
            )  # fmt: skip
            for column, value in zip(rows.values(), values, strict=True):
                column.append(value)
    return shown, rows


def _stands(work: Workspace, index: int, old: _Shown, new: _Shown) -> bool:
    """Whether what was said last still stands, for an item whose date is what it was."""
    if not old.is_known:
        return old.p50 == new.p50 and old.method == new.method
    if not new.is_known:
        # Fewer such items were ever so late; that is no reason to call the item punctual again.
        return True
    if old.p80 is None and new.p80 is not None:
        return False
    calendar, step = work.calendar_of(index), work.settings.forecast_step_wd

    def has_moved(one: date | None, other: date | None) -> bool:
        if one is None or other is None:
            return False
        distance = calendar.working_days_between(one, other)
        return distance is None or abs(distance) >= step

    return not has_moved(old.p50, new.p50) and not has_moved(old.p80, new.p80)


def _fill(
    work: Workspace,
    items: ForecastItems,
    shown: Sequence[_Shown],
    week_ago: Mapping[ItemId, Mapping[str, Any]],
) -> None:
    derived, ids = work.derived, work.items["item_id"]
    derived["p50"] = [one.p50 for one in shown]
    derived["p80"] = [one.p80 for one in shown]
    derived["forecast_method"] = [one.method for one in shown]
    derived["forecast_references"] = [one.references for one in shown]
    is_open = items.is_open.tolist()
    derived["p80_last_week"] = [
        week_ago[item]["p80"] if still_open and item in week_ago else None
        for item, still_open in zip(ids, is_open, strict=True)
    ]
    for index, one in enumerate(shown):
        if one.is_known:
            current = derived["effective_due"][index]
            pair = slip(derived["commitment"][index], work.items["baseline_finish"][index], one.p50, current)
            calendar = work.calendar_of(index)
            derived["slip_wd"][index] = pair and calendar.working_days_between(pair[0], pair[1])
            derived["slip_pair"][index] = pair and pair[2]
