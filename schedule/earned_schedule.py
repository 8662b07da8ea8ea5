"""Earned schedule: how far along the baseline's own curve the work that is done would stand.

Time is counted in working days from the start of the plan. Value is what the caller weighs work by: cost,
else planned duration, points or count. Source: Lipke's earned schedule, facts/rules.md §1.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedSchedule:
    """Where a plan stands, in working days from its start.

    Attributes:
        earned_wd: ES, the day of the baseline on which as much was to be done as is done.
        elapsed_wd: AT, the day on which it is looked at.
        planned_wd: PD, the planned duration.
    """

    earned_wd: float
    elapsed_wd: float
    planned_wd: float

    @property
    def spi_t(self) -> float | None:
        """Schedule performance in time, ES / AT; None before the first day has passed."""
        return self.earned_wd / self.elapsed_wd if self.elapsed_wd > 0 else None

    @property
    def variance_wd(self) -> float:
        """Working days ahead of the baseline, ES - AT; negative is behind."""
        return self.earned_wd - self.elapsed_wd

    @property
    def to_complete(self) -> float | None:
        """TSPI(t): the performance that would still meet the planned finish; None when that has passed."""
        left = self.planned_wd - self.elapsed_wd
        return (self.planned_wd - self.earned_wd) / left if left > 0 else None

    @property
    def duration_at_plan_pace(self) -> float:
        """Expected duration if the rest goes as planned: AT + (PD - ES), PF = 1.

        It is the one to believe early: facts/rules.md §4.2.
        """
        return self.elapsed_wd + self.planned_wd - self.earned_wd

    @property
    def duration_at_own_pace(self) -> float | None:
        """Expected duration if the rest goes as so far, PF = SPI(t); None where nothing is earned yet."""
        pace = self.spi_t
        return self.elapsed_wd + (self.planned_wd - self.earned_wd) / pace if pace else None


def value_weights(candidates: Mapping[str, FloatArray]) -> tuple[str, FloatArray]:
    """What work is weighed by: the first candidate that every item knows and that is not nothing in total.

    Args:
        candidates: name → one value per item, NaN where unknown; the best first (cost, duration, points).

    Returns:
        The name and the values; `count` and ones where no candidate serves.

    Raises:
        ValueError: there is no candidate to take the number of items from.
    """
    if not candidates:
        raise ValueError("value_weights needs at least one candidate to know the number of items")
    for name, values in candidates.items():
        if not np.isnan(values).any() and (values >= 0).all() and values.sum() > 0:
            return name, values
    return "count", np.ones(len(next(iter(candidates.values()))))


def planned_value(start_wd: FloatArray, finish_wd: FloatArray, value: FloatArray) -> FloatArray:
    """The baseline's curve: what was to be earned by the end of working day 0, 1, 2 … up to the last finish.

    Value accrues evenly from start to finish; what takes no time earns all of it at its finish.

    Args:
        start_wd: where each item starts, in working days from the start of the plan.
        finish_wd: where it finishes; not before its start.
        value: its weight.
    """
    if not len(value):
        return np.zeros(1)
    days = np.arange(int(np.ceil(finish_wd.max())) + 1, dtype=np.float64)[:, None]
    span = finish_wd - start_wd
    has_span = span > 0
    done = np.where(
        has_span,
        np.clip((days - start_wd) / np.where(has_span, span, 1.0), 0.0, 1.0),
        days >= finish_wd,
    )
    found: FloatArray = done @ value
    return found


def earned_schedule(planned: FloatArray, earned: float, elapsed_wd: float) -> EarnedSchedule:
    """Where a plan stands whose curve is `planned` and in which `earned` is done after so many days.

    ES = C + (EV - PV_C) / (PV_{C+1} - PV_C), where C is the last day by whose end no more was to be done
    than is done.

    Args:
        planned: cumulative value by the end of day 0, 1, 2 …, never falling.
        earned: the value that is done, 0 or more.
        elapsed_wd: working days since the start of the plan.
    """
    planned_wd = float(len(planned) - 1)
    # What was rounded on its way here must not fall short of the last day by a billionth.
    reached = int(np.searchsorted(planned, earned + 1e-9 * max(float(planned[-1]), 1.0), side="right")) - 1
    if reached >= planned_wd:
        return EarnedSchedule(earned_wd=planned_wd, elapsed_wd=elapsed_wd, planned_wd=planned_wd)
    if reached < 0:
        return EarnedSchedule(earned_wd=0.0, elapsed_wd=elapsed_wd, planned_wd=planned_wd)
    step = float(planned[reached + 1] - planned[reached])
    part = max(earned - float(planned[reached]), 0.0) / step
    return EarnedSchedule(earned_wd=reached + part, elapsed_wd=elapsed_wd, planned_wd=planned_wd)
