"""Forecasts of open work, what is stored of them, and how good those of finished work were.

A forecast stands until it has moved by a step or its item's date has changed: otherwise the passing of days,
which moves every forecast a little, would turn colours and write into trackers. docs/forecast.md has the
words, docs/decisions/0025 the reasons. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.calendars import LAST_DAY, DayArray
from schedule.forecast import METHOD_NAMES, Method, forecast, on_working_days
from schedule.hierarchy import IntArray
from store.frames import NO_DAY, BoolArray, Coded, Frame, Ints, ints_where, values_of
from sync.changed import Reach, ReachesEverything
from sync.forecast_backlog import backlog
from sync.forecast_items import CLASSES, ForecastItems, forecast_items
from sync.forecast_learning import BACKLOGS, knows, learn, owners_of
from sync.forecast_references import Read, References
from sync.forecast_scores import calibration
from sync.forecast_trail import Trail, carried_on
from sync.workspace import PORTFOLIO_CALENDAR, Workspace, by_calendar, ordinals

if TYPE_CHECKING:
    from store import Store

KEPT_IN_FULL = timedelta(days=90)
_WEEK = timedelta(days=6)
_LAST = np.datetime64(LAST_DAY, "D")
_METHODS = [METHOD_NAMES[method] for method in Method]
FORECASTS = tuple(name for name in _METHODS if name not in (None, METHOD_NAMES[Method.PLAN_DATE]))
"""The methods that say more than the date that stands in the plan."""


@dataclass(slots=True)
class _Shown:
    """Forecasts as people see them, parallel to the items: `method` is a `Method` each."""

    p50: DayArray
    p80: DayArray
    method: IntArray
    references: IntArray

    @property
    def is_known(self) -> BoolArray:
        """Where it says more than the date that stands in the plan."""
        found: BoolArray = (self.method != Method.NONE) & (self.method != Method.PLAN_DATE)
        return found


@dataclass(frozen=True, slots=True)
class _Standing:
    """What was said last before today, parallel to the items."""

    is_there: BoolArray
    shown: _Shown
    due: DayArray
    class_code: IntArray
    trail: Trail


def derive_forecasts(work: Workspace, store: Store) -> int:
    """Fill the forecast columns, remember what is new, and once on each day learn from finished work.

    Puts `p50`, `p80`, `p80_last_week`, `forecast_method` and `forecast_references`. Needs effective dates,
    promises, teams, and the network where there is one.

    Returns:
        How many rows of the calibration changed.
    """
    items = forecast_items(work)
    read, changed = _learned(work, store, items)
    references = References(items, read)
    computed = _computed(work, store, items, references, read)
    standing = _standing(work, store)
    shown = _settled(work, items, computed, standing)
    _fill(work, store, items, shown)
    if work.is_look_ahead:
        return changed
    rows = _news(work, items, shown, standing)
    store.save_forecasts(
        work.today,
        _remembered(work, items, shown, standing, references, rows),
        within=None if work.is_full else work.reach.items,
    )
    return changed


def spread_forecasts(store: Store, reach: Reach) -> None:
    """A change reaches only the item's own forecast, as long as what was learned today is there.

    Raises:
        ReachesEverything: it was erased.
    """
    if store.reference_basis() is None:
        raise ReachesEverything


def _learned(work: Workspace, store: Store, items: ForecastItems) -> tuple[Read, int]:
    """What finished work teaches, as it was learned today, or is now; and how many scores that changed."""
    if knows(work, store):
        return store.references, 0
    first = store.first_forecasts(work.today, places=work.position)
    first = first.take(first.places("item_id") >= 0)  # what is gone teaches nothing any more
    learned = learn(work, store, items, first)
    changed = 0
    if not work.is_look_ahead:
        calendar = work.calendars[PORTFOLIO_CALENDAR]
        ends = store.forecast_ends(work.today, places=work.position)
        changed = store.replace("derived_calibration", calibration(items, first, ends, calendar))
        store.forget_forecasts(work.today - KEPT_IN_FULL)
        store.save_references(work.basis, {**learned, **(work.learned or {})})

    def read(family: str, _classes: Collection[str] | None = None) -> Mapping[str, Any]:
        return learned.get(family, {})

    return read, changed


def _computed(
    work: Workspace, store: Store, items: ForecastItems, references: References, read: Read
) -> _Shown:
    """What is to be said of each item today, before what was said earlier is looked at."""
    is_asked = items.is_open & work.is_reached
    answers = references.answers(np.flatnonzero(is_asked & ~np.isnat(items.predicted)))
    found = forecast(
        items.today.astype(object),
        items.predicted,
        anchor=answers.anchor,
        has_network=items.has_network,
        is_open=is_asked,
        q50=answers.quantiles[:, 0],
        q80=answers.quantiles[:, 1],
        references=answers.references,
    )
    shown = _Shown(found.p50, found.p80, found.method.astype(np.int64), found.references)
    undated = backlog(work, items, store, lambda teams: read(BACKLOGS, teams))
    shown.p50[undated.rows], shown.p80[undated.rows] = undated.p50, undated.p80
    shown.method[undated.rows] = Method.THROUGHPUT
    shown.references[undated.rows] = undated.references
    own = shown.p50
    shown.p50, shown.p80 = (_on_working_days(work, days) for days in (shown.p50, shown.p80))
    # The plan's own date is shown as it stands, also where it is a day off.
    shown.p50 = np.where(shown.method == Method.PLAN_DATE, own, shown.p50)
    is_nothing = np.isnat(shown.p50)
    shown.p80[is_nothing] = NO_DAY
    shown.method[is_nothing] = Method.NONE
    shown.references[is_nothing] = 0
    return shown


def _on_working_days(work: Workspace, days: DayArray) -> DayArray:
    """Working days of each item's calendar; what lies beyond the calendar is unknown."""
    moved = days.copy()
    for name, rows in by_calendar(work.calendar_ids):
        moved[rows] = on_working_days(days[rows], work.calendars[name])
    moved[moved > _LAST] = NO_DAY
    return moved


def _standing(work: Workspace, store: Store) -> _Standing:
    among = None if work.is_full else work.reach.items
    told = store.standing_forecasts(work.today, places=work.position, among=among)
    told = told.take(told.places("item_id") >= 0)
    rows, count = told.places("item_id"), len(work.items)

    def spread(values: Any, nothing: Any) -> Any:
        found = np.full(count, nothing)
        found[rows] = values
        return found

    return _Standing(
        is_there=spread(True, nothing=False),
        shown=_Shown(
            spread(told.dates("p50"), NO_DAY),
            spread(told.dates("p80"), NO_DAY),
            spread(_codes(told.codes("forecast_method"), _METHODS), int(Method.NONE)),
            spread(told.integers("forecast_references").values, 0),
        ),
        due=spread(told.dates("due"), NO_DAY),
        class_code=spread(_codes(told.codes("class"), CLASSES), -1),
        trail=Trail(spread(told.dates("warned_since"), NO_DAY), spread(told.integers("moved_wd").values, 0)),
    )


def _codes(column: Coded, names: Collection[str | None]) -> IntArray:
    """Each row's word as its position among these names; -1 for a name of another version."""
    place = {name: code for code, name in enumerate(names)}
    return np.asarray(column.of([*(place.get(word, -1) for word in column.words), place.get(None, -1)]))


def _settled(work: Workspace, items: ForecastItems, new: _Shown, standing: _Standing) -> _Shown:
    """What is shown of each item: what was said last, as long as it stands."""
    old = standing.shown
    is_same = (old.method == new.method) & _is_equal(old.p50, new.p50)
    has_moved = _has_moved(work, old.p50, new.p50) | _has_moved(work, old.p80, new.p80)
    has_moved |= np.isnat(old.p80) & ~np.isnat(new.p80)
    # Where fewer such items were ever so late, that is no reason to call the item punctual again.
    stands = np.where(old.is_known, ~new.is_known | ~has_moved, is_same)
    # Nor does what a network said outlive the network: once nothing is waited for, the date is free again.
    stands &= items.has_network | ~_is_of_network(old.method)
    stands &= standing.is_there & items.is_open & _is_equal(standing.due, items.due)
    return _Shown(
        np.where(stands, old.p50, new.p50),
        np.where(stands, old.p80, new.p80),
        np.where(stands, old.method, new.method),
        np.where(stands, old.references, new.references),
    )


def _is_of_network(method: IntArray) -> BoolArray:
    found: BoolArray = (method == Method.NETWORK) | (method == Method.NETWORK_RESIDUAL)
    return found


def _has_moved(work: Workspace, old: DayArray, new: DayArray) -> BoolArray:
    """Where both are known and a step apart, or so far that no calendar tells."""
    both = ~np.isnat(old) & ~np.isnat(new)
    before, after = (ordinals(work.calendars, work.calendar_ids, days, work.zone) for days in (old, new))
    is_far = np.abs(after.values - before.values) >= work.settings.forecast_step_wd
    found: BoolArray = both & (~before.known | ~after.known | is_far)
    return found


def _is_equal(one: DayArray, other: DayArray) -> BoolArray:
    found: BoolArray = (one == other) | (np.isnat(one) & np.isnat(other))
    return found


def _fill(work: Workspace, store: Store, items: ForecastItems, shown: _Shown) -> None:
    derived = work.derived
    derived.put("p50", shown.p50)
    derived.put("p80", shown.p80)
    derived.put("forecast_method", _methods(shown.method))
    derived.put("forecast_references", _references(shown))
    among = None if work.is_full else work.reach.items
    told = store.standing_forecasts(work.today - _WEEK, places=work.position, among=among)
    told = told.take(told.places("item_id") >= 0)
    week_ago = np.full(len(work.items), NO_DAY)
    week_ago[told.places("item_id")] = told.dates("p80")
    derived.put("p80_last_week", np.where(items.is_open, week_ago, NO_DAY))


def _methods(method: IntArray) -> Coded:
    return Coded(method.astype(np.int32), list(_METHODS)).compact()


def _references(shown: _Shown) -> Ints:
    return ints_where(shown.references, ~np.isnat(shown.p50))


def _news(work: Workspace, items: ForecastItems, shown: _Shown, standing: _Standing) -> IntArray:
    """The items of which today's forecast has to be remembered: it is not what stands already."""
    old = standing.shown
    is_as_before = standing.is_there & (old.method == shown.method) & (old.references == shown.references)
    is_as_before &= _is_equal(old.p50, shown.p50) & _is_equal(old.p80, shown.p80)
    is_as_before &= _is_equal(standing.due, items.due) & (standing.class_code == items.class_code)
    says = ~np.isnat(shown.p50) | standing.is_there
    return np.flatnonzero(items.is_open & work.is_reached & says & ~is_as_before)


def _remembered(
    work: Workspace,
    items: ForecastItems,
    shown: _Shown,
    standing: _Standing,
    references: References,
    rows: IntArray,
) -> dict[str, list[Any]]:
    """The rows of today, column by column."""
    due = items.due[rows]
    trail = carried_on(
        work,
        rows,
        standing.trail.at(rows),
        due=due,
        p50=shown.p50[rows],
        stood=standing.shown.p50[rows],
        is_for_same_date=standing.is_there[rows] & _is_equal(standing.due[rows], due),
    )
    columns = Frame(
        len(rows),
        {
            "class": Coded(items.class_code[rows].astype(np.int32), list(CLASSES)),
            "predicted": items.predicted[rows],
            "due": due,
            "late_chance": references.late_chances(rows, owners_of(work)),
            "p50": shown.p50[rows],
            "p80": shown.p80[rows],
            "forecast_method": _methods(shown.method[rows]),
            "warned_since": trail.warned_since,
        },
    )
    known = _references(shown)
    ids = work.items.keys("item_id")
    return {
        "item_id": [ids[row] for row in rows.tolist()],
        "forecast_references": values_of(Ints(known.values[rows], known.known[rows])),
        "moved_wd": trail.moved_wd.tolist(),
        **{name: columns.values(name) for name in columns.names},
    }
