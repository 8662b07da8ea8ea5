"""How good forecasts were: proper scores of probabilities, quantiles and dates against what happened.

Every score leaves out pairs in which either side is unknown; where nothing is left it is None, never 0.
Source: facts/rules.md §4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
_Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of about the same probability: how many, what they said on average, what happened."""

    count: int
    said: float
    happened: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the actual value was not above the forecast, with the interval of Wilson (95 %)."""

    count: int
    share: float
    low: float
    high: float


def brier(probability: FloatArray, happened: FloatArray) -> float | None:
    """Mean squared distance of probabilities from what happened (1 or 0); 0 is perfect."""
    pairs = _known(probability, happened)
    return None if pairs is None else float(np.mean((pairs[0] - pairs[1]) ** 2))


def brier_skill(probability: FloatArray, happened: FloatArray) -> float | None:
    """The share of the base rate's Brier score that is saved; 0 is no better than it, 1 is perfect.

    Returns:
        None where nothing is known, or where all ended alike: then the base rate is perfect.
    """
    pairs = _known(probability, happened)
    if pairs is None:
        return None
    base = float(np.mean((pairs[1].mean() - pairs[1]) ** 2))
    return None if base <= 0 else 1.0 - float(np.mean((pairs[0] - pairs[1]) ** 2)) / base


def reliability(probability: FloatArray, happened: FloatArray, bins: int = 10) -> list[Bin]:
    """Forecasts in bins of equal width, those without any left out; a bin includes its lower edge."""
    pairs = _known(probability, happened)
    if pairs is None:
        return []
    said, outcome = pairs
    where = np.minimum((said * bins).astype(np.int64), bins - 1)
    return [
        Bin(int(here.sum()), float(said[here].mean()), float(outcome[here].mean()))
        for number in range(bins)
        if (here := where == number).any()
    ]


def pinball(forecast: FloatArray, actual: FloatArray, level: float) -> float | None:
    """Mean loss of a quantile: an actual above it costs `level` a unit, one below it `1 - level`."""
    pairs = _known(forecast, actual)
    if pairs is None:
        return None
    above = pairs[1] - pairs[0]
    return float(np.mean(np.maximum(level * above, (level - 1) * above)))


def crps(forecasts: FloatArray, actual: FloatArray, levels: Sequence[float]) -> float | None:
    """The continuous ranked probability score, approximated as twice the mean pinball over the levels.

    Args:
        forecasts: one row per case, one column per level.
        actual: what happened, one per case.
        levels: such as .05, .10 … .95.
    """
    losses = [pinball(forecasts[:, index], actual, level) for index, level in enumerate(levels)]
    known = [one for one in losses if one is not None]
    return 2 * sum(known) / len(known) if len(known) == len(losses) and known else None


def coverage(forecast: FloatArray, actual: FloatArray) -> Coverage | None:
    """How often the actual value was not above the forecast."""
    pairs = _known(forecast, actual)
    if pairs is None:
        return None
    return wilson(int((pairs[1] <= pairs[0]).sum()), len(pairs[0]))


def wilson(hits: int, count: int) -> Coverage:
    """A share with its 95 % interval by Wilson, which also holds for few cases.

    Raises:
        ValueError: a share of no cases.
    """
    if count <= 0:
        raise ValueError("a share of no cases has no interval")
    share = hits / count
    spread = _Z95**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z95 * float(np.sqrt(share * (1 - share) / count + spread / (4 * count))) / (1 + spread)
    return Coverage(count, share, max(centre - half, 0.0), min(centre + half, 1.0))


def signed_bias(forecast_ordinal: FloatArray, actual_ordinal: FloatArray) -> float | None:
    """Mean working days by which the forecast was later than what happened; negative: it was hopeful."""
    pairs = _known(forecast_ordinal, actual_ordinal)
    return None if pairs is None else float(np.mean(pairs[0] - pairs[1]))


def churn_wd_per_week(moved_wd: FloatArray, stood_wd: FloatArray) -> float | None:
    """How much our own P50 moves: working days of change per week of five working days.

    Of all cases together, not the mean of their own figures: that of a forecast that stood for a day is wild.

    Args:
        moved_wd: of each case, the working days by which P50 moved, there and back.
        stood_wd: of each, for how many working days there was a forecast.

    Returns:
        None where none stood for a day.
    """
    pairs = _known(moved_wd, stood_wd)
    if pairs is None or pairs[1].sum() <= 0:
        return None
    return 5.0 * float(pairs[0].sum()) / float(pairs[1].sum())


def area_under_curve(score: FloatArray, happened: FloatArray) -> float | None:
    """The chance that a case that happened has the higher score than one that did not; ties count half."""
    pairs = _known(score, happened)
    if pairs is None or not 0 < pairs[1].sum() < len(pairs[1]):
        return None
    scores, outcome = pairs
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positive = float(outcome.sum())
    negative = len(outcome) - positive
    return (float(ranks[outcome == 1].sum()) - positive * (positive + 1) / 2) / (positive * negative)


def _known(one: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    known = ~(np.isnan(one) | np.isnan(other))
    return (one[known], other[known]) if known.any() else None
