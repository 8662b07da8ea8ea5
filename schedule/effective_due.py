"""The date an item is effectively due, and where that date comes from.

The first of: its own, the end of its iteration, the date of its release, its parent's due date, the finish of
its schedule. The provenance is part of the answer, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from schedule.calendars import DayArray

SOURCES = ("own", "iteration", "release", "parent", "schedule")


def effective_due(
    own: date | None,
    iteration_end: date | None,
    release_date: date | None,
    parent_due: date | None,
    schedule_finish: date | None,
) -> tuple[date | None, str | None]:
    """The effective due date and its provenance; (None, None) where no date is known."""
    candidates: Sequence[date | None] = (own, iteration_end, release_date, parent_due, schedule_finish)
    for day, source in zip(candidates, SOURCES, strict=True):
        if day is not None:
            return day, source
    return None, None


def effective_dues(candidates: Sequence[DayArray]) -> tuple[DayArray, npt.NDArray[np.int32]]:
    """The effective due dates of many items, and each one's provenance: its place in `SOURCES`, -1 for none.

    Args:
        candidates: one array of dates for each of `SOURCES`, in that order; NaT is unknown.
    """
    day = candidates[0].copy()
    source = np.where(np.isnat(day), -1, 0).astype(np.int32)
    for place, candidate in enumerate(candidates[1:], start=1):
        takes = np.isnat(day) & ~np.isnat(candidate)
        day[takes] = candidate[takes]
        source[takes] = place
    return day, source


def slip(
    commitment: date | None,
    baseline_finish: date | None,
    p50: date | None,
    current: date | None,
) -> tuple[date, date, str] | None:
    """The two dates whose distance is the slip, and the name of the pair; None where either is unknown.

    From commitment (else baseline) to forecast P50 (else current).
    """
    start, start_name = (
        (commitment, "commitment") if commitment is not None else (baseline_finish, "baseline")
    )
    stop, stop_name = (p50, "forecast") if p50 is not None else (current, "current")
    if start is None or stop is None:
        return None
    return start, stop, f"{start_name} to {stop_name}"
