"""What was learned of finished work, asked about open work: quantiles, and chances to be late."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
import numpy as np

from schedule.calendars import DayArray
from schedule.distributions import FloatArray
from schedule.forecast import LEVELS, network_prior
from schedule.hierarchy import IntArray
from schedule.lateness import (
    DUE_BANDS,
    MINIMUM_OF_OWNER,
    RATE_BANDS,
    LatenessClasses,
    class_numbers,
)
from schedule.reference_classes import Path, ReferenceClasses
from store.frames import NO_DAY, Coded
from sync.forecast_items import NETWORK, PAST_CLASS, ForecastItems
from sync.forecast_learning import OWNERS, PROMISES

Read: TypeAlias = "Callable[[str, Collection[str] | None], Mapping[str, Any]]"


@dataclass(frozen=True, slots=True)
class Answers:
    """What references say of each item; arrays parallel to the items.

    Attributes:
        quantiles: a column for each of `LEVELS`; NaN where too little is known.
        references: how many finished cases speak.
        anchor: from which day the predicted time runs.
    """

    quantiles: FloatArray
    references: IntArray
    anchor: DayArray


class References:
    """What the finished work of a portfolio says of the open work.

    Args:
        items: see `forecast_items`.
        read: gives what was learned of a family, of some classes or of all.
    """

    def __init__(self, items: ForecastItems, read: Read) -> None:
        self._items = items
        self._read = read
        self._families: dict[str, ReferenceClasses] = {}

    def answers(self, rows: IntArray) -> Answers:
        """What is known of these open items, which have a predicted finish; nothing of others."""
        items, count = self._items, len(self._items.is_open)
        found = Answers(
            np.full((count, len(LEVELS)), np.nan), np.zeros(count, dtype=np.int64), np.full(count, NO_DAY)
        )
        has_network, has_since = items.has_network[rows], ~np.isnat(items.since[rows])
        found.anchor[rows] = items.today
        networked, dated = rows[has_network], rows[~has_network & has_since]
        self._ask(found, networked, items.class_code[networked], np.full(len(networked), -np.inf))
        found.anchor[dated] = items.since[dated]
        planned = (items.predicted[dated] - items.since[dated]).astype(np.int64)
        spent = (items.today - items.since[dated]).astype(np.int64)
        self._ask(found, dated, items.class_code[dated], spent / np.maximum(planned, 1))
        # Too few took so much longer than planned; how many days late work was is known of more.
        days_late = (items.today - items.predicted[rows]).astype(np.int64)
        is_late = ~has_network & np.isnan(found.quantiles[rows]).any(axis=1) & (days_late > 0)
        late = rows[is_late]
        found.anchor[late] = items.predicted[late]
        self._ask(found, late, np.full(len(late), PAST_CLASS), days_late[is_late].astype(np.float64))
        return found

    def late_chances(self, rows: IntArray, owners: Coded) -> FloatArray:
        """The chance that each of these open items is later than its due date; NaN where too little is known.

        Args:
            rows: positions.
            owners: whose each item is, see `owners_of`.
        """
        items = self._items
        found = np.full(len(rows), np.nan)
        found[items.due[rows] < items.today] = 1.0
        ahead = np.flatnonzero(items.due[rows] >= items.today)
        classes = self._promises() if len(ahead) else None
        if classes is None:
            return found
        asked = rows[ahead]
        left = (items.due[asked] - items.today).astype(np.int64)
        due_band, rate_band = class_numbers(left, self._rates(Coded(owners.codes[asked], owners.words)))
        kinds = items.kind.words
        numbers = (due_band * len(RATE_BANDS) + rate_band) * len(kinds) + items.kind.codes[asked]
        distinct, place = np.unique(numbers, return_inverse=True)
        chances = np.empty(len(distinct))
        for here, number in enumerate(distinct.tolist()):
            rest, kind = divmod(number, len(kinds))
            due, rate = divmod(rest, len(RATE_BANDS))
            chance = classes.chance((DUE_BANDS[due], RATE_BANDS[rate], kinds[kind]))
            chances[here] = np.nan if chance is None else round(chance.probability, 6)
        found[ahead] = chances[place]
        return found

    def _ask(self, found: Answers, rows: IntArray, class_code: IntArray, beyond: FloatArray) -> None:
        if not len(rows):
            return
        codes, paths = self._items.paths(rows, class_code)
        order = np.argsort(codes, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
        for path, group in zip(paths, groups, strict=True):
            quantiles, references = self._family(path[0]).answers(path, LEVELS, beyond[group])
            found.quantiles[rows[group]], found.references[rows[group]] = quantiles, references

    def _family(self, name: str) -> ReferenceClasses:
        """The classes below a coarsest one."""
        if name not in self._families:
            self._families[name] = _classes(
                self._read(name, None), prior=network_prior() if name == NETWORK else None
            )
        return self._families[name]

    def _promises(self) -> LatenessClasses | None:
        learned = self._read(PROMISES, None)
        if not learned:
            return None
        return LatenessClasses.of_counts(
            {_path(name): (one["missed"], one["known"]) for name, one in learned.items()}
        )

    def _rates(self, owners: Coded) -> FloatArray:
        """The share of each owner's promises that were missed; NaN where they are too few."""
        used = [owners.words[code] for code in np.unique(owners.codes[owners.codes >= 0]).tolist()]
        learned = self._read(OWNERS, used)
        rates = [
            one["missed"] / one["known"] if one is not None and one["known"] >= MINIMUM_OF_OWNER else np.nan
            for one in (learned.get(word) for word in owners.words)
        ]
        return np.asarray(owners.of([*rates, np.nan]), dtype=np.float64)


def _classes(learned: Mapping[str, Any], **options: Any) -> ReferenceClasses:
    """The classes of one family, from the counts that are stored."""
    ratios: list[FloatArray] = []
    is_open: list[Any] = []
    codes: list[IntArray] = []
    for code, one in enumerate(learned.values()):
        values = np.array(one["ratios"], dtype=np.float64)
        for counts, still_open in ((one["ended"], False), (one["open"], True)):
            ratios.append(np.repeat(values, counts))
            is_open.append(np.full(len(ratios[-1]), still_open))
            codes.append(np.full(len(ratios[-1]), code, dtype=np.int64))
    if not ratios:
        return ReferenceClasses(np.zeros(0), np.zeros(0, dtype=bool), (), **options)
    return ReferenceClasses(
        np.concatenate(ratios),
        np.concatenate(is_open),
        [_path(name) for name in learned],
        codes=np.concatenate(codes),
        **options,
    )


def _path(name: str) -> Path:
    return tuple(msgspec.json.decode(name))
