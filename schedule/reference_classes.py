"""Reference classes: what finished work of the same kind took, measured against what was planned for it.

A class is a path from coarse to fine, such as (organisation, kind, project). The finer class speaks as far as
it has cases, and borrows the rest from the one above it. Source: facts/rules.md §4.1 and §4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from schedule.distributions import BoolArray, Distribution, FloatArray, IntArray, observed, shrunk

MINIMUM_REFERENCES = 20
PSEUDO_OBSERVATIONS = 30.0
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reference class says.

    Attributes:
        values: one per level asked for; None where fewer than 20 finished cases would speak, or where too
            much of the class is still open to say.
        references: how many finished cases of the class that was taken speak.
        path: that class: the finest one with at least 20 of them, else the coarsest.
    """

    values: FloatArray | None
    references: int
    path: Path


class ReferenceClasses:
    """Ratios of actual to planned, by class.

    Args:
        ratios: actual over planned of each case; of an open one what it has reached so far.
        is_open: which cases have not ended.
        paths: the class of each, from coarse to fine; all begin alike.
        codes: the position in `paths` of each case's class, where many cases share few classes; None: there
            is a path for each case.
        prior: what is believed of the coarsest class before any case is known.
        pseudo_observations: how many cases the class above counts for.
    """

    def __init__(
        self,
        ratios: FloatArray,
        is_open: BoolArray,
        paths: Sequence[Path],
        *,
        codes: IntArray | None = None,
        prior: Distribution | None = None,
        pseudo_observations: float = PSEUDO_OBSERVATIONS,
    ) -> None:
        self._ratios = ratios
        self._is_open = is_open
        self._prior = prior
        self._weight = pseudo_observations
        if codes is None:
            places: dict[Path, int] = {}
            codes = np.array([places.setdefault(path, len(places)) for path in paths], dtype=np.int64)
            paths = list(places)
        order = np.argsort(codes, kind="stable")
        stops = np.searchsorted(codes[order], np.arange(1, len(paths)), side="left")
        self._cases = np.split(order, stops)
        self._classes: dict[Path, list[int]] = {}
        for code, path in enumerate(paths):
            for length in range(1, len(path) + 1):
                self._classes.setdefault(path[:length], []).append(code)
        self._known: dict[Path, Distribution] = {}
        self._finished: dict[Path, FloatArray] = {}

    def answer(self, path: Path, levels: Sequence[float], *, beyond: float = -np.inf) -> Answer:
        """The quantiles of a class, given that `beyond` is exceeded.

        Args:
            path: the class asked for; cases of the classes above it count as well.
            levels: probabilities between 0 and 1.
            beyond: only cases above this count, such as the share of its planned span that an item has used.
        """
        chosen, references = self._class_that_speaks(path, beyond)
        if references < MINIMUM_REFERENCES:
            return Answer(None, references, chosen)
        values = self._distribution(path).quantiles(levels, beyond=beyond)
        return Answer(values if np.isfinite(values).all() else None, references, chosen)

    def answers(self, path: Path, levels: Sequence[float], beyond: FloatArray) -> tuple[FloatArray, IntArray]:
        """What `answer` says for each of many values of `beyond`.

        Returns:
            A row of quantiles for each, NaN where too little is known, and how many finished cases speak.
        """
        references = np.zeros(len(beyond), dtype=np.int64)
        is_settled = np.zeros(len(beyond), dtype=bool)
        for length in range(len(path), 0, -1):
            finished = self._finished_of(path[:length])
            count = len(finished) - np.searchsorted(finished, beyond, side="right")
            references = np.where(is_settled, references, count)
            is_settled |= count >= MINIMUM_REFERENCES
        values = np.full((len(beyond), len(levels)), np.nan)
        if is_settled.any():
            # Not kept: a fine class holds all that it borrows, and there are many of them.
            found = self._with_parent(path).quantiles_beyond(levels, beyond[is_settled])
            found[~np.isfinite(found).all(axis=1)] = np.nan
            values[is_settled] = found
        return values, references

    def _class_that_speaks(self, path: Path, beyond: float) -> tuple[Path, int]:
        references = 0
        for length in range(len(path), 0, -1):
            finished = self._finished_of(path[:length])
            references = len(finished) - int(np.searchsorted(finished, beyond, side="right"))
            if references >= MINIMUM_REFERENCES or length == 1:
                return path[:length], references
        return (), references

    def _finished_of(self, path: Path) -> FloatArray:
        if path not in self._finished:
            members = self._members(path)
            ended = members[~self._is_open[members]]
            self._finished[path] = np.sort(self._ratios[ended])
        return self._finished[path]

    def _distribution(self, path: Path) -> Distribution:
        """A class with what it borrows; one without cases of its own is the one above it."""
        if not path:
            return self._prior or Distribution(np.zeros(0), np.zeros(0))
        if path not in self._known:
            self._known[path] = self._with_parent(path)
        return self._known[path]

    def _with_parent(self, path: Path) -> Distribution:
        above = self._distribution(path[:-1])
        members = self._members(path)
        if not len(members):
            return above
        return shrunk(observed(self._ratios[members], self._is_open[members]), above, self._weight)

    def _members(self, path: Path) -> IntArray:
        codes = self._classes.get(path)
        if not codes:
            return np.zeros(0, dtype=np.int64)
        return np.concatenate([self._cases[code] for code in codes])
