"""What finished work teaches: how long it took against what was predicted, and whether it kept its date.

Of dates the promises in the trackers' own timelines tell, so that there are references from the first run on;
of networks the forecasts that were stored. What is still open counts as "at least so long".

It is learned once on each day, in the first derivation of everything, and kept until the next day: finished
work of one day says hardly anything new, no forecast moves because somebody else finished something an hour
ago, and a change of an item reaches no further than its own forecast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np

from schedule.distributions import FloatArray
from schedule.forecast import bands
from schedule.hierarchy import IntArray
from schedule.lateness import DUE_BANDS, RATE_BANDS, class_numbers, owner_rates
from schedule.reference_classes import MINIMUM_REFERENCES, Path
from store.frames import BoolArray, Coded, Frame
from sync.derive_owners import accounts_of
from sync.forecast_backlog import learn_backlogs
from sync.forecast_items import CLASSES, NETWORK_CLASSES, NEVER, PAST_CLASS, ForecastItems
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

Learned: TypeAlias = dict[str, dict[str, Any]]
"""By family and class, as it is stored. Classes of work are written as JSON, families are the coarsest."""

PROMISES, OWNERS, BACKLOGS = "promises", "owners", "backlogs"


def learn(work: Workspace, store: Store, items: ForecastItems, first: Frame) -> Learned:
    """What the work of a whole portfolio teaches today.

    Args:
        work: all items.
        store: tells which schedules are plans.
        items: see `forecast_items`.
        first: the first forecast of each item, class and method.
    """
    learned: Learned = {}
    for cases in (_of_networks(items, first), _of_dates(items), _of_late_work(items)):
        for path, counted in cases:
            learned.setdefault(path[0], {})[class_name(path)] = counted
    learned |= _promises(items, work)
    learned[BACKLOGS] = learn_backlogs(work, items, store)
    return learned


def knows(work: Workspace, store: Store) -> bool:
    """Whether what was learned today is there, and holds."""
    return not work.is_full or store.reference_basis() == work.basis


def class_name(path: Path) -> str:
    """How a class is called in the store."""
    return msgspec.json.encode(path).decode()


def _of_networks(items: ForecastItems, first: Frame) -> Iterator[tuple[Path, Any]]:
    """What networks predicted, one case of each item and stage."""
    rows, made, predicted = first.places("item_id"), first.dates("as_of"), first.dates("predicted")
    place = {name: code for code, name in enumerate(CLASSES) if code in NETWORK_CLASSES}
    code = first.codes("class").of([*(place.get(word, -1) for word in first.codes("class").words), -1])
    is_open = items.is_open[rows]
    end = np.where(is_open, items.today, items.finish[rows])
    counts = (rows >= 0) & (code >= 0) & ~np.isnat(predicted) & ~np.isnat(end)
    counts &= np.where(is_open, end > made, items.is_done[rows])
    _, firsts = np.unique(np.where(counts, rows * len(CLASSES) + code, -1), return_index=True)
    cases = firsts[counts[firsts]]
    planned = np.maximum((predicted[cases] - made[cases]).astype(np.int64), 1)
    ratios = np.maximum((end[cases] - made[cases]).astype(np.int64) / planned, 0.0)
    return _counted(items, rows[cases], code[cases], ratios)


def _of_dates(items: ForecastItems) -> Iterator[tuple[Path, Any]]:
    """What was promised: the time that was taken over the time that was promised."""
    reached = items.reached(items.promised_on)
    spans = (items.promised - items.promised_on).astype(np.int64)
    rows = np.flatnonzero(~np.isnat(items.promised) & (reached != NEVER) & (spans >= 0))
    ratios = np.maximum(reached[rows] / np.maximum(spans[rows], 1), 0.0)
    return _counted(items, rows, bands(spans[rows]), ratios)


def _of_late_work(items: ForecastItems) -> Iterator[tuple[Path, Any]]:
    """How many days after its date each late item was done, or has been open so far."""
    days = items.reached(items.due)
    rows = np.flatnonzero(days > 0)
    return _counted(items, rows, np.full(len(rows), PAST_CLASS), days[rows].astype(np.float64))


def _counted(
    items: ForecastItems, rows: IntArray, class_code: IntArray, ratios: FloatArray
) -> Iterator[tuple[Path, Any]]:
    """The cases of each class: the ratios that came up, and how many ended or are open at each."""
    codes, paths = items.paths(rows, class_code)
    order = np.lexsort((ratios, codes))
    codes, ratios, is_open = codes[order], ratios[order], items.is_open[rows][order]
    is_new = np.append(True, (np.diff(codes) != 0) | (np.diff(ratios) != 0))[: len(codes)]
    group = np.cumsum(is_new) - 1
    count = int(is_new.sum())
    still = np.bincount(group[is_open], minlength=count)
    ended = np.bincount(group[~is_open], minlength=count)
    firsts = np.flatnonzero(is_new)
    stops = np.searchsorted(codes[firsts], np.arange(len(paths) + 1), side="left").tolist()
    for path, start, stop in zip(paths, stops, stops[1:], strict=False):
        here = slice(start, stop)
        yield (
            path,
            {
                "ratios": ratios[firsts[here]].tolist(),
                "ended": ended[here].tolist(),
                "open": still[here].tolist(),
            },
        )


def owners_of(work: Workspace) -> Coded:
    """Whose work each item is, as it is called in the store; unknown where nobody's."""
    return accounts_of(work).mapped(lambda account: None if account[1] is None else class_name(account))


def _promises(items: ForecastItems, work: Workspace) -> Learned:
    """How many promises of each class, and of each owner, were missed; nothing where they are too few."""
    is_promise = ~np.isnat(items.promised_on) & (items.promised_on <= items.promised)
    is_decided = (items.is_done & ~np.isnat(items.finish)) | (items.is_open & (items.promised < items.today))
    rows = np.flatnonzero(is_promise & is_decided)
    if len(rows) < MINIMUM_REFERENCES:
        return {}
    is_open, promised = items.is_open[rows], items.promised[rows]
    late: BoolArray = is_open | (items.finish[rows] > promised)
    # Whether a promise is kept is known when the work is done, at the latest when the date has passed.
    done = np.where(is_open, promised + 1, items.finish[rows])
    ended = np.minimum(done, promised + 1).astype(np.int64)
    made = items.promised_on[rows].astype(np.int64)
    owners = owners_of(work)
    owner = owners.codes[rows].astype(np.int64)
    due_band, rate_band = class_numbers(
        promised.astype(np.int64) - made, owner_rates(owner, made, ended, late)
    )
    kinds = items.kind.words
    numbers = (due_band * len(RATE_BANDS) + rate_band) * len(kinds) + items.kind.codes[rows]
    found, group = np.unique(numbers, return_inverse=True)
    counts = zip(
        found.tolist(), np.bincount(group, weights=late).tolist(), np.bincount(group).tolist(), strict=True
    )
    classes: dict[str, Any] = {}
    for number, missed, count in counts:
        rest, kind = divmod(number, len(kinds))
        due, rate = divmod(rest, len(RATE_BANDS))
        name = class_name((DUE_BANDS[due], RATE_BANDS[rate], kinds[kind]))
        classes[name] = {"missed": int(missed), "known": count}
    return {PROMISES: classes, OWNERS: _of_owners(owners, owner, ended < items.today.astype(np.int64), late)}


def _of_owners(owners: Coded, owner: IntArray, is_over: BoolArray, late: BoolArray) -> dict[str, Any]:
    """How many promises of each owner had ended before today, and how many of them were missed."""
    counts = is_over & (owner >= 0)
    known = np.bincount(owner[counts], minlength=len(owners.words)).tolist()
    missed = np.bincount(owner[counts & late], minlength=len(owners.words)).tolist()
    return {
        name: {"missed": late_ones, "known": count}
        for name, late_ones, count in zip(owners.words, missed, known, strict=True)
        if count
    }
