"""Backlogs without dates: how many items a team will finish by a date, and when so many will be done.

Weeks of the past are drawn at random; two runs for the same team and week draw the same. Simulated
percentiles hold less often than they say when the history is short, so there they are scaled by how the own
past weeks of the team came out (facts/rules.md §4.3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

WINDOW_WEEKS = 26
MINIMUM_ITEMS = 20
TRIALS = 4_000
LAST_WEEK = 104
_MINIMUM_ORIGINS = 8
_MINIMUM_HISTORY = 4  # weeks before the first past forecast
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Flow:
    """Simulated futures of one team, of which the history is the last weeks, the oldest first.

    Attributes:
        weekly: items finished in each complete week that counts, at most 26.
        drawn: the simulated total by the end of week 1, 2, 3 …; one row per trial.
    """

    weekly: FloatArray
    drawn: FloatArray

    @property
    def references(self) -> int:
        """How many finished items it rests on; below 20 nothing should be said of 80 %."""
        return int(self.weekly.sum())

    def at_least(self, weeks: int, level: float) -> float:
        """How many items will be finished within so many weeks, at least, with this probability."""
        if not 0 < weeks <= self.drawn.shape[1]:
            raise ValueError(f"{weeks} weeks: between 1 and {self.drawn.shape[1]} can be asked for")
        simulated = float(np.quantile(self.drawn[:, weeks - 1], 1 - level))
        scale = self._own_record(weeks, level)
        return simulated if scale is None else float(self.weekly.mean()) * weeks * scale

    def weeks_until(self, count: int, level: float) -> float | None:
        """Weeks until so many items are finished, with this probability; parts of a week count evenly.

        Returns:
            None where that is not to be expected within two years.
        """
        if count <= 0:
            return 0.0
        weeks = float(self.weeks_until_each(count, level)[-1])
        return None if np.isnan(weeks) else weeks

    def weeks_until_each(self, count: int, level: float) -> FloatArray:
        """Weeks until the first, the second … of so many items is finished; NaN beyond two years."""
        promised = [self.at_least(week, level) for week in range(1, self.drawn.shape[1] + 1)]
        reached = np.maximum.accumulate([0.0, *promised])
        wanted = np.arange(1, count + 1, dtype=np.float64)
        after = np.searchsorted(reached, wanted - 1e-9, side="left")
        is_reached = after < len(reached)
        at = np.where(is_reached, after, 1)
        step = np.where(is_reached, reached[at] - reached[at - 1], 1.0)
        return np.where(is_reached, at - 1 + (wanted - reached[at - 1]) / step, np.nan)

    def _own_record(self, weeks: int, level: float) -> float | None:
        """What share of the average pace the team kept with this probability, over as long a time.

        None for a history of 26 weeks or more, which needs no scaling, or one too short to tell.
        """
        count = len(self.weekly)
        if count >= WINDOW_WEEKS:
            return None
        longest = count - _MINIMUM_HISTORY - _MINIMUM_ORIGINS + 1
        horizon = min(weeks, longest)
        if horizon < 1:
            return None
        sums = np.concatenate(([0.0], np.cumsum(self.weekly)))
        origins = np.arange(_MINIMUM_HISTORY, count - horizon + 1)
        expected = sums[origins] / origins * horizon
        actual = sums[origins + horizon] - sums[origins]
        if (expected <= 0).any():
            return None
        ratios = np.sort(actual / expected)
        # The rank that also covers the next case: conformal.
        rank = max(int(np.floor((len(ratios) + 1) * (1 - level) + 1e-9)), 1)
        return float(ratios[rank - 1])


def simulate(
    weekly: FloatArray, *, team: str, as_of: date, window: int = WINDOW_WEEKS, weeks: int = LAST_WEEK
) -> Flow | None:
    """Draw futures from a team's past weeks.

    Args:
        weekly: items finished per complete week, the oldest first; of weeks before the team began, nothing.
        team: with the week of `as_of` it decides what is drawn.
        as_of: the day of the forecast.
        window: how many of the last weeks count.
        weeks: how far the futures go.

    Returns:
        None where nothing was finished in these weeks.
    """
    recent = weekly[-window:]
    if not len(recent) or recent.sum() <= 0:
        return None
    monday = as_of - timedelta(days=as_of.weekday())
    seed = int.from_bytes(hashlib.sha256(f"{team}\n{monday.isoformat()}".encode()).digest()[:8], "big")
    random = np.random.default_rng(seed)
    drawn = np.cumsum(random.choice(recent, (TRIALS, weeks)), axis=1)
    return Flow(recent, drawn)


def weekly_counts(finished: npt.NDArray[np.datetime64], as_of: date) -> FloatArray:
    """Items finished in each complete week from that of the first one up to the last before `as_of`.

    Args:
        finished: days, NaT left out.
        as_of: the week in which it lies is not complete and does not count.
    """
    monday = np.datetime64(as_of - timedelta(days=as_of.weekday()), "D")
    known = finished[~np.isnat(finished) & (finished < monday)]
    if not len(known):
        return np.zeros(0)
    weeks_ago = ((monday - known).astype(np.int64) - 1) // 7
    counts = np.bincount(weeks_ago)[::-1]
    found: FloatArray = counts.astype(np.float64)
    return found
