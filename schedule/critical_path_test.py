"""The critical path test (DCMA 12): work on the critical path is delayed, and the end must move as far.

It fails where the path has a hole: a missing link, a hard constraint, a gap that swallows part of the delay.
How things are rescheduled is a function that is passed in.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from schedule.check_inputs import BoolArray, CheckInputs, FloatArray, IntArray
from schedule.check_results import Check, Why, by_schedule, first_reason, quotient


class Reschedule(Protocol):
    """Reschedules all schedules at once."""

    def __call__(self, delay_wd: FloatArray) -> FloatArray:
        """The finish of every item in working days when each takes that much longer; NaN is unknown."""


def first_critical(inputs: CheckInputs) -> IntArray:
    """For each schedule its first critical task that is not complete, -1 where there is none.

    What the plan itself calls critical counts; where it says nothing, what has no float to spare.
    """
    items = inputs.items
    is_critical = np.where(items.is_critical >= 0, items.is_critical == 1, items.total_float_wd <= 0)
    able = np.flatnonzero(inputs.who.incomplete & is_critical & ~np.isnat(items.start))
    schedule = items.schedule[able]
    order = np.lexsort((-able, -items.start[able].astype(np.int64), schedule))
    answer = np.full(inputs.schedules.count, -1, dtype=np.int64)
    answer[schedule[order]] = able[order]  # of equal places the last one stays: the earliest start
    return answer


def critical_path_test(inputs: CheckInputs, completion: IntArray, reschedule: Reschedule) -> Check:
    """Whether the end of each schedule follows a delay of its first critical task.

    Args:
        inputs: the schedules.
        completion: the item that ends each schedule, -1 for none.
        reschedule: gives finishes for delays; called twice for all schedules together.

    Returns:
        Numerator 1 and share 1 where the path is broken, 0 where it holds; the member is the last item that
        followed the delay, behind which the hole is.
    """
    items, limits = inputs.items, inputs.thresholds
    count = inputs.schedules.count
    first = first_critical(inputs)
    is_asked = (first >= 0) & (completion >= 0) & inputs.who.has_logic
    delay = np.zeros(items.count)
    delay[first[is_asked]] = limits.critical_path_delay_wd
    moved = reschedule(delay) - reschedule(np.zeros(items.count))
    shift = np.full(count, np.nan)
    shift[is_asked] = moved[completion[is_asked]]
    is_broken = np.abs(shift - limits.critical_path_delay_wd) > limits.critical_path_tolerance_wd
    reasons = first_reason(
        count,
        [
            (~inputs.who.has_logic & inputs.schedules.is_plan, Why.NO_LOGIC),
            (~inputs.who.has_logic & ~inputs.schedules.is_plan, Why.FEW_LINKS),
            (completion < 0, Why.NOTHING),
            ((first < 0) & ~_is_known(inputs), Why.UNKNOWN),
            (first < 0, Why.NO_CRITICAL),
            (np.isnan(shift), Why.NO_NETWORK),
        ],
    )
    numerator = is_broken.astype(np.int64)
    denominator = np.ones(count, dtype=np.int64)
    members, bounds = by_schedule(_last_moved(inputs, moved, is_broken), items.schedule, count)
    share = quotient(numerator, denominator, reasons)
    return Check("critical-path", numerator, denominator, share, members, bounds, reasons)


def _is_known(inputs: CheckInputs) -> BoolArray:
    """For each schedule whether of any open task it is known if it is critical."""
    items = inputs.items
    known = inputs.who.incomplete & ((items.is_critical >= 0) | ~np.isnan(items.total_float_wd))
    return np.bincount(items.schedule[known], minlength=inputs.schedules.count) > 0


def _last_moved(inputs: CheckInputs, moved: FloatArray, is_broken: BoolArray) -> IntArray:
    """In each broken schedule the latest of the tasks that moved all the way."""
    items, limits = inputs.items, inputs.thresholds
    whole = np.abs(moved - limits.critical_path_delay_wd) <= limits.critical_path_tolerance_wd
    able = np.flatnonzero(
        whole & items.is_detail & ~items.is_complete & is_broken[items.schedule] & ~np.isnat(items.finish)
    )
    schedule = items.schedule[able]
    order = np.lexsort((able, items.finish[able].astype(np.int64), schedule))
    last = np.full(inputs.schedules.count, -1, dtype=np.int64)
    last[schedule[order]] = able[order]
    return last[last >= 0]
