"""Weighted samples of ratios: what happened, with what has not ended yet counted as "at least this much".

A distribution is a sorted list of atoms. What lies beyond everything that was seen to end is an atom at
infinity, so a quantile that falls there is infinite: unknown, and never read as the longest case seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Atoms in ascending order and the weight of each; the weights count observations.

    Attributes:
        values: the atoms; the last may be infinite.
        weights: how many observations each stands for; they need not be whole.
        cumulative: the weight up to and including each.
    """

    values: FloatArray
    weights: FloatArray
    cumulative: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cumulative", np.cumsum(self.weights))

    @property
    def total(self) -> float:
        """How many observations it stands for."""
        return float(self.cumulative[-1]) if len(self.cumulative) else 0.0

    def quantiles(self, levels: Sequence[float], *, beyond: float = -np.inf) -> FloatArray:
        """The values that are not exceeded with these probabilities, given that `beyond` is exceeded.

        Atom i of n equal ones stands at i / (n + 1), so that the next case stays below the answer with at
        least that probability: the rule that also makes conformal intervals hold. Between atoms it is linear.

        Args:
            levels: probabilities between 0 and 1.
            beyond: only what is above this counts.

        Returns:
            One value per level; NaN where nothing lies beyond, infinity where too little has ended to say.
        """
        found: FloatArray = self.quantiles_beyond(levels, np.array([beyond], dtype=np.float64))[0]
        return found

    def quantiles_beyond(self, levels: Sequence[float], beyond: FloatArray) -> FloatArray:
        """The quantiles given that each of many values is exceeded: a row per value, a column per level."""
        first = np.searchsorted(self.values, beyond, side="right")
        ended = int(np.searchsorted(self.values, np.inf, side="left"))
        found = np.full((len(beyond), len(levels)), np.nan)
        found[first < len(self.values)] = np.inf
        speaks = first < ended
        if not speaks.any():
            return found
        first = first[speaks]
        before = np.concatenate(([0.0], self.cumulative))[first][:, None]
        targets = before + np.asarray(levels, dtype=np.float64) * (self.total - before + 1) - 0.5
        middles = self.cumulative[:ended] - self.weights[:ended] / 2
        values = np.interp(targets, middles, self.values[:ended])
        # Nothing below the first atom that counts is an answer.
        values = np.where(targets < middles[first][:, None], self.values[first][:, None], values)
        if ended < len(self.values):
            values = np.where(targets <= middles[-1] + 1e-9, values, np.inf)
        found[speaks] = values
        return found


def observed(values: FloatArray, is_open: BoolArray) -> Distribution:
    """The distribution of values of which some are only known to be at least that large (Kaplan–Meier).

    Args:
        values: the value of each case; for open ones what has been reached so far.
        is_open: which have not ended. Leaving them out would make everything look faster than it is.
    """
    order = np.lexsort((is_open, values))  # where both meet, what ended came first
    ordered: FloatArray = values[order]
    ended: BoolArray = ~is_open[order]
    count = len(ordered)
    if not count:
        return Distribution(np.zeros(0), np.zeros(0))
    at_risk = np.arange(count, 0, -1, dtype=np.float64)
    survival = np.cumprod(1.0 - ended / at_risk).astype(np.float64)
    before = np.concatenate(([1.0], survival[:-1]))
    masses = (before - survival) * count
    atoms = ordered[ended]
    weights = masses[ended]
    left = float(survival[-1]) * count
    if left > 1e-9:
        atoms, weights = np.append(atoms, np.inf), np.append(weights, left)
    return Distribution(atoms, weights)


def shrunk(own: Distribution, parent: Distribution, pseudo_observations: float) -> Distribution:
    """A distribution to which its parent class adds as much weight as that many further observations."""
    if not len(parent.values):
        return own
    lent = parent.weights * (pseudo_observations / parent.total)
    values = np.concatenate((own.values, parent.values))
    order = np.argsort(values, kind="stable")
    return Distribution(values[order], np.concatenate((own.weights, lent))[order])


def from_quantiles(levels: Sequence[float], values: Sequence[float], atoms: int = 99) -> Distribution:
    """A distribution of total weight 1 that has these quantiles, linear between them."""
    at = (np.arange(atoms) + 0.5) / atoms
    return Distribution(np.interp(at, levels, values), np.full(atoms, 1.0 / atoms))
