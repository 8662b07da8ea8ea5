"""Indices of how a schedule is kept: BEI, hit rate, CEI, CPLI, TFCI, each with what it is made of.

Source: facts/rules.md §1.1 (13, 14) and §1.2, which follow the DCMA, the PASEG and the NDIA guide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.check_inputs import BoolArray, CheckInputs, DayArray, FloatArray, IntArray
from schedule.check_results import Blocked, Check, Why, by_schedule, first_reason, quotient, share_check
from schedule.date_checks import without_baseline


def baseline_execution_index(inputs: CheckInputs) -> Check:
    """BEI: tasks finished by the status date, of those that should be; above 1 for work done early.

    Of a plan, tasks without baseline finish are added to those that should be. Of a tracker only committed
    items count on either side. Members are those that should be finished and are not.
    """
    items, who = inputs.items, inputs.who
    has_baseline = ~np.isnat(items.baseline_finish)
    is_finished = who.detail & (items.actual_finish <= inputs.status_date) & (inputs.of_plan | has_baseline)
    missing = who.detail & ~has_baseline & inputs.of_plan & inputs.thresholds.counts_missing_baseline
    return _ratio(
        inputs,
        "bei",
        _count(inputs, is_finished),
        _count(inputs, who.due | missing),
        members=who.due & ~is_finished,
        # Nothing due yet is neither good nor bad, whatever has been done early.
        blocked=[*without_baseline(inputs), (_count(inputs, who.due) == 0, Why.NOTHING)],
    )


def hit_rate(inputs: CheckInputs, since: DayArray | None = None) -> Check:
    """Hit rate: of the tasks that were due, those that finished by their baseline finish.

    Args:
        inputs: the schedules.
        since: for each schedule the day after which a task must have been due; None counts from the
            beginning. NaT leaves the schedule out.
    """
    items = inputs.items
    due = inputs.who.due
    blocked: list[tuple[BoolArray, Why]] = without_baseline(inputs)
    if since is not None:
        due = due & (items.baseline_finish > since[items.schedule])
        blocked.append((np.isnat(since), Why.NO_STATUS_DATE))
    # Finishing on time means by the baseline, and within what is known at the status date.
    hit = (items.actual_finish <= items.baseline_finish) & (items.actual_finish <= inputs.status_date)
    return share_check(inputs, "hit-rate", due, hit, members=due & ~hit, blocked=blocked)


@dataclass(frozen=True, slots=True)
class Period:
    """One reporting period of each schedule: after `start`, up to and including `end`; NaT is unknown."""

    start: DayArray
    end: DayArray


def current_execution_index(
    inputs: CheckInputs, name: str, period: Period, forecast: DayArray, has_snapshot: BoolArray
) -> Check:
    """CEI: of the tasks that were forecast to finish in a period when it began, those that did.

    Args:
        inputs: the schedules.
        name: `cei`, or that of an earlier period.
        period: of each schedule.
        forecast: the finish of each item as it was forecast when its period began; NaT where it was not.
        has_snapshot: for each schedule whether anything is known from then.
    """
    items, schedule = inputs.items, inputs.items.schedule
    start, end = period.start[schedule], period.end[schedule]
    was_open = ~(items.actual_finish <= start)
    expected = inputs.who.detail & was_open & (forecast > start) & (forecast <= end)
    did = items.actual_finish <= end
    blocked = [
        (np.isnat(period.end) | np.isnat(period.start), Why.NO_STATUS_DATE),
        (~has_snapshot, Why.NO_SNAPSHOT),
    ]
    return share_check(inputs, name, expected, did, members=expected & ~did, blocked=blocked)


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """What CPLI and TFCI need of each schedule, in working days of its calendar; NaN is unknown.

    Attributes:
        completion: the position of the item that ends the schedule, -1 for none.
        length_wd: from the status date to its early finish.
        target_float_wd: from its early finish to its baseline finish or contract date; negative is late.
        elapsed_wd: from the start of the schedule to the status date.
    """

    completion: IntArray
    length_wd: FloatArray
    target_float_wd: FloatArray
    elapsed_wd: FloatArray


def completion_of(inputs: CheckInputs) -> IntArray:
    """For each schedule the open item that finishes last, -1 for none.

    Of several the milestone, then that with the least float, then the last one.
    """
    items = inputs.items
    finish = np.where(np.isnat(items.finish_at), items.finish.astype("datetime64[m]"), items.finish_at)
    slack = np.nan_to_num(items.total_float_wd, nan=np.inf)
    able = np.flatnonzero(
        items.is_detail & ~items.is_level_of_effort & ~items.is_complete & ~np.isnat(items.finish)
    )
    schedule = items.schedule[able]
    order = np.lexsort(
        (able, -slack[able], items.is_milestone[able], finish[able].astype(np.int64), schedule)
    )
    answer = np.full(inputs.schedules.count, -1, dtype=np.int64)
    answer[schedule[order]] = able[order]  # of equal places the last one stays
    return answer


def total_float_of(inputs: CheckInputs, path: CriticalPath) -> FloatArray:
    """The float of each schedule's end: what its network has, tightened or widened by its target date.

    Float that is negative anywhere in the network is never made up for by a comfortable target. Where the
    network has none to spare, which is so on any critical path that no date binds, the target date decides.
    """
    items, who = inputs.items, inputs.who
    counted = who.incomplete & ~np.isnan(items.total_float_wd)
    ends = path.completion[path.completion >= 0]
    counted[ends] = ~np.isnan(items.total_float_wd[ends])
    lowest = np.full(inputs.schedules.count, np.inf)
    np.minimum.at(lowest, items.schedule[counted], items.total_float_wd[counted])
    lowest[np.isinf(lowest)] = np.nan
    target = path.target_float_wd
    bound = np.where(lowest < 0, np.minimum(lowest, target), target)
    return np.where(np.isnan(target), lowest, bound)


def critical_path_length_index(inputs: CheckInputs, path: CriticalPath) -> Check:
    """CPLI: (critical path length + total float) / critical path length, at the end of the schedule."""
    total = total_float_of(inputs, path)
    length = path.length_wd
    return _ratio(
        inputs,
        "cpli",
        length + total,
        length,
        members=_ends(inputs, path),
        blocked=[
            *_without_network(inputs),
            (path.completion < 0, Why.NOTHING),
            (~(length > 0), Why.NO_END),
            (np.isnan(total), Why.UNKNOWN),
        ],
    )


def total_float_consumption_index(inputs: CheckInputs, path: CriticalPath) -> Check:
    """TFCI: (days gone + float of the critical path) / days gone; below 1 float is being used up."""
    total = total_float_of(inputs, path)
    return _ratio(
        inputs,
        "tfci",
        path.elapsed_wd + total,
        path.elapsed_wd,
        members=_ends(inputs, path),
        blocked=[
            *_without_network(inputs),
            (path.completion < 0, Why.NOTHING),
            (~(path.elapsed_wd > 0), Why.NOT_STARTED),
            (np.isnan(total), Why.UNKNOWN),
        ],
    )


def projected_finish_float_wd(tfci: Check, planned_duration_wd: FloatArray) -> FloatArray:
    """The float left at the end if it goes on being used as it has been: duration x (TFCI - 1)."""
    return np.asarray(planned_duration_wd * (tfci.share - 1.0), dtype=np.float64)


def _without_network(inputs: CheckInputs) -> list[tuple[BoolArray, Why]]:
    has_logic, is_plan = inputs.who.has_logic, inputs.schedules.is_plan
    return [
        (~has_logic & is_plan, Why.NO_LOGIC),
        (~has_logic & ~is_plan, Why.FEW_LINKS),
        (np.isnat(inputs.schedules.status_date), Why.NO_STATUS_DATE),
    ]


def _ends(inputs: CheckInputs, path: CriticalPath) -> BoolArray:
    found = np.zeros(inputs.items.count, dtype=np.bool_)
    found[path.completion[path.completion >= 0]] = True
    return found


def _count(inputs: CheckInputs, mask: BoolArray) -> IntArray:
    return np.bincount(inputs.items.schedule[mask], minlength=inputs.schedules.count)


def _ratio(
    inputs: CheckInputs,
    name: str,
    numerator: IntArray | FloatArray,
    denominator: IntArray | FloatArray,
    *,
    members: BoolArray,
    blocked: Blocked,
) -> Check:
    count = inputs.schedules.count
    positions, bounds = by_schedule(np.flatnonzero(members), inputs.items.schedule, count)
    reasons = first_reason(count, blocked)
    return Check(
        name,
        np.rint(np.nan_to_num(numerator)).astype(np.int64),
        np.rint(np.nan_to_num(denominator)).astype(np.int64),
        quotient(numerator, denominator, reasons),
        positions,
        bounds,
        reasons,
    )
