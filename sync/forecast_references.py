"""What finished work teaches: how long it took against what was predicted, and whether it kept its date.

Of dates the promises in the trackers' own timelines tell, so that there are references from the first run on;
of networks the forecasts that were stored. What is still open counts as "at least so long".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from schedule.distributions import Distribution, FloatArray
from schedule.forecast import LEVELS, network_prior
from schedule.lateness import LatenessClasses, owner_rates, path_of
from schedule.reference_classes import MINIMUM_REFERENCES, Answer, Path, ReferenceClasses
from sync.forecast_items import NETWORK, NEVER, PAST, ForecastItems, date_classes
from sync.workspace import Workspace


@dataclass(slots=True)
class _Cases:
    """Cases of one kind of reference class while they are gathered."""

    ratios: list[float] = field(default_factory=list)
    is_open: list[bool] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)

    def add(self, ratio: float, path: Path, *, is_open: bool) -> None:
        self.ratios.append(max(ratio, 0.0))
        self.is_open.append(is_open)
        self.paths.append(path)

    def classes(self, prior: Distribution | None = None) -> ReferenceClasses:
        is_open = np.array(self.is_open, dtype=bool)
        return ReferenceClasses(np.array(self.ratios), is_open, self.paths, prior=prior)


class Known(NamedTuple):
    """What a class says: quantiles at `LEVELS` (None: too little), of how many cases, from which day on."""

    values: FloatArray | None
    references: int
    anchor: np.datetime64


class References:
    """What the finished work of a portfolio says of the open work.

    Args:
        items: see `forecast_items`.
        work: for ids and owners.
        stored: the first forecast of each item, class and method, as columns.
    """

    def __init__(self, items: ForecastItems, work: Workspace, stored: Mapping[str, Sequence[Any]]) -> None:
        self._items = items
        dated, network, late = _Cases(), _Cases(), _Cases()
        _add_stored(items, work, stored, network)
        _add_promises(items, dated)
        _add_late(items, late)
        self._dated, self._late = dated.classes(), late.classes()
        self._network = network.classes(network_prior())
        self._chances = _chances(items, work)
        self._answers: dict[tuple[Path, float], Answer] = {}
        self._days_late = (items.today - items.predicted).astype(np.int64).tolist()
        self._is_past = (items.due < items.today).tolist()
        has_since = ~np.isnat(items.since)
        planned = np.where(has_since, (items.predicted - items.since).astype(np.int64), 0)
        spent = np.where(has_since, (items.today - items.since).astype(np.int64), 0)
        self._spent_share = (spent / np.maximum(planned, 1)).tolist()
        self._has_since = has_since.tolist()

    def of(self, index: int) -> Known:
        """What is known of an open, dated item."""
        items = self._items
        path = items.path(items.class_name[index], index)
        if path[0] == NETWORK:
            return self._known(self._network, path, -np.inf, items.today)
        if self._has_since[index]:
            found = self._known(self._dated, path, self._spent_share[index], items.since[index])
        else:
            found = Known(None, 0, items.today)
        if found.values is None and self._days_late[index] > 0:
            # Too few took so much longer than planned; how many days late work was is known of more.
            late = items.path(PAST, index)
            return self._known(self._late, late, float(self._days_late[index]), items.predicted[index])
        return found

    def late_chance(self, index: int) -> float | None:
        """The chance that an open item will be later than its due date; None where too little is known."""
        return 1.0 if self._is_past[index] else self._chances.get(index)

    def _known(self, classes: ReferenceClasses, path: Path, beyond: float, anchor: np.datetime64) -> Known:
        key = (path, beyond)
        if key not in self._answers:
            self._answers[key] = classes.answer(path, LEVELS, beyond=beyond)
        found = self._answers[key]
        return Known(found.values, found.references, anchor)


def _add_stored(
    items: ForecastItems, work: Workspace, stored: Mapping[str, Sequence[Any]], network: _Cases
) -> None:
    """Add what networks predicted, one case of each item and stage."""
    seen: set[tuple[int, str]] = set()
    today = items.today.astype(object)
    is_open, is_done, finish = items.is_open.tolist(), items.is_done.tolist(), items.finish.tolist()
    names = ("item_id", "class", "as_of", "predicted")
    for item, name, made, predicted in zip(*(stored[one] for one in names), strict=True):
        index = work.position.get(item)
        if index is None or predicted is None or (index, name) in seen or not name.startswith(NETWORK):
            continue
        end = today if is_open[index] else finish[index] if is_done[index] else None
        if end is None or (is_open[index] and end <= made):
            continue
        seen.add((index, name))
        ratio = (end - made).days / max((predicted - made).days, 1)
        network.add(ratio, items.path(name, index), is_open=is_open[index])


def _add_promises(items: ForecastItems, dated: _Cases) -> None:
    """Add what was promised: the time that was taken over the time that was promised."""
    reached = items.reached(items.promised_on)
    spans = (items.promised - items.promised_on).astype(np.int64)
    known = ~np.isnat(items.promised) & (reached != NEVER) & (spans >= 0)
    indices = np.flatnonzero(known)
    ratios = (reached[indices] / np.maximum(spans[indices], 1)).tolist()
    is_open = items.is_open[indices].tolist()
    for index, ratio, name, still_open in zip(
        indices.tolist(), ratios, date_classes(spans[indices]), is_open, strict=True
    ):
        dated.add(ratio, items.path(name, index), is_open=still_open)


def _add_late(items: ForecastItems, late: _Cases) -> None:
    """Add how many days after its date each late item was done, or has been open so far."""
    days = items.reached(items.due)
    for index in np.flatnonzero(days > 0).tolist():
        late.add(float(days[index]), items.path(PAST, index), is_open=bool(items.is_open[index]))


def _chances(items: ForecastItems, work: Workspace) -> dict[int, float]:
    """The chance of lateness of every open item whose date lies ahead."""
    is_promise = ~np.isnat(items.promised_on) & (items.promised_on <= items.promised)
    is_decided = (items.is_done & ~np.isnat(items.finish)) | (items.is_open & (items.promised < items.today))
    learned = np.flatnonzero(is_promise & is_decided)
    asked = np.flatnonzero(items.is_open & (items.due >= items.today))
    if len(learned) < MINIMUM_REFERENCES or not len(asked):
        return {}
    late = items.is_open[learned] | (items.finish[learned] > items.promised[learned])
    # Whether a promise is kept is known when the work is done, at the latest when the date has passed.
    done = np.where(items.is_open[learned], items.promised[learned] + 1, items.finish[learned])
    ended = np.minimum(done.astype("datetime64[D]"), items.promised[learned] + 1).astype(np.int64)
    today = np.full(len(asked), items.today.astype(np.int64))
    owners = [
        None if owner is None else f"{source}/{owner}"
        for source, owner in zip(work.items["source"], work.items["owner_id"], strict=True)
    ]
    rates = owner_rates(
        [owners[index] for index in (*learned.tolist(), *asked.tolist())],
        np.concatenate((items.promised_on[learned].astype(np.int64), today)),
        np.concatenate((ended, today + 1)),
        np.concatenate((late, np.zeros(len(asked), dtype=bool))),
    )
    spans = (items.promised - items.promised_on).astype(np.int64)
    left = (items.due - items.today).astype(np.int64)
    classes = LatenessClasses(
        late,
        [
            path_of(items.kind[index], int(spans[index]), _known(rate))
            for index, rate in zip(learned.tolist(), rates[: len(learned)].tolist(), strict=True)
        ],
    )
    found: dict[int, float] = {}
    for index, rate in zip(asked.tolist(), rates[len(learned) :].tolist(), strict=True):
        chance = classes.chance(path_of(items.kind[index], int(left[index]), _known(rate)))
        if chance is not None:
            found[index] = round(chance.probability, 6)
    return found


def _known(rate: float) -> float | None:
    return None if np.isnan(rate) else rate
