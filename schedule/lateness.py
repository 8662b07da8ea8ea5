"""The chance that an item will be later than its date: counts of what became of similar promises.

Similar is what has the same type, was as far from its date, and whose owner was late as often. The three are
shown as counts, "12 of 40", so that nobody has to believe a model. Source: facts/rules.md §4.3.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schedule.reference_classes import PSEUDO_OBSERVATIONS, Path

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DUE_BANDS = ("today", "1 to 4 days", "5 to 19 days", "20 to 59 days", "60 days or more")
RATE_BANDS = ("owner unknown", "owner never late", "owner late up to 1 in 5", "up to 1 in 2", "more often")
_DUE_EDGES = (1, 5, 20, 60)
_RATE_EDGES = (0.0, 0.2, 0.5)
MINIMUM_OF_OWNER = 5  # promises an owner must have kept or missed before a rate is one


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely it is, and from what.

    Attributes:
        probability: 0 to 1, shrunk towards the classes above.
        late: how many of the finest class were late.
        count: of how many.
    """

    probability: float
    late: int
    count: int


class LatenessClasses:
    """What became of promises, by class.

    Args:
        is_late: whether each promise was missed. Open items whose date has passed belong here as missed;
            those whose date lies ahead do not belong here.
        paths: the class of each, from coarse to fine, see `path_of`.
    """

    def __init__(self, is_late: BoolArray, paths: Sequence[Path]) -> None:
        self._counts: dict[Path, list[int]] = {(): [0, 0]}
        for late, path in zip(is_late.tolist(), paths, strict=True):
            self._add(path, late, 1)

    @classmethod
    def of_counts(cls, counts: Mapping[Path, tuple[int, int]]) -> LatenessClasses:
        """The same from counts: how many of each finest class were missed, of how many."""
        found = cls(np.zeros(0, dtype=bool), ())
        for path, (late, count) in counts.items():
            found._add(path, late, count)
        return found

    def _add(self, path: Path, late: int, count: int) -> None:
        for length in range(len(path) + 1):
            here = self._counts.setdefault(path[:length], [0, 0])
            here[0] += late
            here[1] += count

    @property
    def total(self) -> int:
        """How many promises it knows."""
        return self._counts[()][1]

    def chance(self, path: Path) -> Chance | None:
        """The chance of a class, which borrows as 30 cases from the one above it; None without any case."""
        late, count = self._counts[()]
        if not count:
            return None
        probability = late / count
        for length in range(1, len(path) + 1):
            late, count = self._counts.get(path[:length], (0, 0))
            probability = (late + PSEUDO_OBSERVATIONS * probability) / (count + PSEUDO_OBSERVATIONS)
        return Chance(probability, late, count)


def path_of(kind: str, days_to_due: int, owner_rate: float | None) -> Path:
    """The class of an item: how far its date is, whose it is, what it is; what tells most comes first.

    Args:
        kind: such as story or bug.
        days_to_due: calendar days from the promise, or from today, to the date.
        owner_rate: share of the owner's earlier promises that were missed; None is unknown.
    """
    due = DUE_BANDS[bisect_right(_DUE_EDGES, days_to_due)]
    if owner_rate is None:
        return (due, RATE_BANDS[0], kind)
    return (due, RATE_BANDS[1 + bisect_left(_RATE_EDGES, owner_rate)], kind)


def class_numbers(days_to_due: IntArray, owner_rate: FloatArray) -> tuple[IntArray, IntArray]:
    """The first two parts of `path_of` of many items, as positions in `DUE_BANDS` and `RATE_BANDS`."""
    due = np.searchsorted(_DUE_EDGES, days_to_due, side="right").astype(np.int64)
    rate = 1 + np.searchsorted(_RATE_EDGES, owner_rate, side="left").astype(np.int64)
    return due, np.where(np.isnan(owner_rate), 0, rate)


def owner_rates(owners: IntArray, promised: IntArray, ended: IntArray, late: BoolArray) -> FloatArray:
    """For each promise the share of its owner's that had ended by then and were missed; NaN is unknown.

    Only what was known when the promise was made counts, so a rate never knows its own outcome.

    Args:
        owners: whose promise, as numbers; -1 is unknown.
        promised: the day number on which it was made.
        ended: the day number on which it was known whether it was kept.
        late: whether it was missed.
    """
    found = np.full(len(owners), np.nan)
    rows = np.flatnonzero(owners >= 0)
    rows = rows[np.argsort(owners[rows], kind="stable")]
    for mine in np.split(rows, np.flatnonzero(np.diff(owners[rows])) + 1):
        order = mine[np.argsort(ended[mine], kind="stable")]
        missed = np.concatenate(([0], np.cumsum(late[order])))
        known = np.searchsorted(ended[order], promised[mine], side="left")
        has_enough = known >= MINIMUM_OF_OWNER
        found[mine[has_enough]] = (missed[known] / np.maximum(known, 1))[has_enough]
    return found
