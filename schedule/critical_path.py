"""The critical path of a plan: early and late dates, float, criticality, and what drives each start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from schedule.hierarchy import Hierarchy, hierarchy_of
from schedule.network_state import NetworkState
from schedule.passes import run_passes
from schedule.plan_logic import Logic, logic_of
from schedule.plan_network import (
    BoolArray,
    Constraint,
    Driver,
    IntArray,
    LinkType,
    PlanDates,
    PlanLinks,
    PlanTasks,
)
from schedule.working_time import UNKNOWN, WorkingTime

_FAR = int(np.iinfo(np.int64).max)


def critical_path(
    tasks: PlanTasks,
    links: PlanLinks,
    time: WorkingTime,
    *,
    project_start: int,
    status_at: int = UNKNOWN,
    critical_at: int = 0,
    holds_progress: bool = True,
) -> PlanDates:
    """Schedule a plan from its start and say what every task may still slip.

    Circles are cut, and named in the answer. Nothing is recursive: the work goes level by level.

    Args:
        tasks: leaves and summaries; the dates of a summary come from what is below it.
        links: between any of them; one on a summary binds everything below it.
        time: the calendars that `tasks.calendar` counts.
        project_start: the instant before which nothing starts, but for constraints and actual starts.
        status_at: where known, work that is not done is moved after it, as Project's "reschedule uncompleted
            work" does; Project itself does not until it is told to.
        critical_at: the most total float, in working minutes, that a critical task has.
        holds_progress: the rest of a task under way goes on where its work stands, so what precedes it is
            late as soon as it ends after that: what Project saves. MPXJ lets the rest move as late as the
            plan allows, which is the other reading (docs/decisions/0023).
    """
    hierarchy = hierarchy_of(tasks.parent)
    tasks = replace(tasks, parent=hierarchy.parent)  # parents in a circle are cut there
    logic = logic_of(tasks, links)
    state = NetworkState(
        tasks,
        links,
        logic,
        time,
        project_start=project_start,
        status_at=status_at,
        holds_progress=holds_progress,
    )
    run_passes(state)
    count = len(tasks)
    is_late = state.constraint[:count] == Constraint.ALAP
    early_start, early_finish = state.early_start[:count].copy(), state.early_finish[:count].copy()
    late_start, late_finish = state.late_start[:count].copy(), state.late_finish[:count].copy()
    start = np.where(is_late, late_start, early_start)
    finish = np.where(is_late, late_finish, early_finish)
    start = np.where(state.is_started[:count] & ~state.is_fixed[:count], state.actual_start[:count], start)
    finish = np.where(
        state.is_finished[:count] & ~state.is_fixed[:count], state.actual_finish[:count], finish
    )
    fixed = state.is_fixed[:count]
    summaries = _Summaries(hierarchy, logic)
    summaries.spread(start, start, is_first=True)
    summaries.spread(finish, finish, is_first=False)
    summaries.spread(early_start, np.where(is_late, late_start, early_start), is_first=True)
    summaries.spread(early_finish, np.where(is_late, late_finish, early_finish), is_first=False)
    summaries.spread(late_start, np.where(fixed, early_start, late_start), is_first=True)
    summaries.spread(late_finish, np.where(fixed, early_finish, late_finish), is_first=False)
    is_started = summaries.any_below(state.is_started[:count])
    is_finished = summaries.all_below(state.is_finished[:count])

    known = logic.is_scheduled | logic.is_summary
    for column in (start, finish, early_start, early_finish, late_start, late_finish):
        known &= (column != UNKNOWN) & time.is_inside(tasks.calendar, column)
    total = _total_float(tasks, time, early_start, early_finish, late_start, late_finish, is_started)
    total[is_late & logic.is_scheduled] = 0
    free = _free_float(tasks, links, logic, state, time, (start, finish), total, is_finished)
    # Project calls a summary critical by its own float: the smaller gap of its first start and last finish.
    # What a planner schedules in words is critical to nobody.
    in_words = tasks.is_manual & ~fixed & logic.is_scheduled
    critical = known & (total <= critical_at) & ~is_finished & ~in_words
    driving_link = np.where(logic.is_scheduled, state.driving_link[:count], -1)
    driver = np.where(logic.is_scheduled, state.driver[:count], Driver.NONE)
    driving_link[driver != Driver.LINK] = -1
    return PlanDates(
        start=start,
        finish=finish,
        early_start=early_start,
        early_finish=early_finish,
        late_start=late_start,
        late_finish=late_finish,
        total_float=np.where(known, total, 0),
        free_float=np.where(known, free, 0),
        is_critical=critical,
        driver=driver,
        driving_link=driving_link,
        is_known=known,
        finish_of_plan=state.finish_of_plan,
        circles=logic.circles,
        cut_links=logic.cut_links,
    )


class _Summaries:
    """Carries values of scheduled tasks up to the summaries above them."""

    def __init__(self, hierarchy: Hierarchy, logic: Logic) -> None:
        self._hierarchy = hierarchy
        self._is_summary = logic.is_summary
        self._is_scheduled = logic.is_scheduled

    def spread(self, column: IntArray, values: IntArray, *, is_first: bool) -> None:
        """Set the summaries of `column` to the first (or last) of the values below them."""
        neutral = _FAR if is_first else UNKNOWN
        carry = np.where(self._is_scheduled & (values != UNKNOWN), values, neutral)
        meet = np.minimum if is_first else np.maximum
        for level in self._hierarchy.levels:
            above = self._hierarchy.parent[level]
            inner = above >= 0
            meet.at(carry, above[inner], carry[level[inner]])
        column[self._is_summary] = np.where(carry == neutral, UNKNOWN, carry)[self._is_summary]

    def any_below(self, flags: BoolArray) -> BoolArray:
        """For a task its own flag, for a summary whether one below it is set."""
        sums = self._hierarchy.sum_up((flags & self._is_scheduled).astype(np.float64))
        return sums > 0

    def all_below(self, flags: BoolArray) -> BoolArray:
        """For a task its own flag, for a summary whether all below it are set."""
        return ~self.any_below(~flags) & (self.any_below(flags))


def _total_float(
    tasks: PlanTasks,
    time: WorkingTime,
    early_start: IntArray,
    early_finish: IntArray,
    late_start: IntArray,
    late_finish: IntArray,
    is_started: BoolArray,
) -> IntArray:
    at_start = time.between(tasks.calendar, early_start, late_start)
    at_finish = time.between(tasks.calendar, early_finish, late_finish)
    return np.where(is_started, at_finish, np.minimum(at_start, at_finish))


def _free_float(
    tasks: PlanTasks,
    links: PlanLinks,
    logic: Logic,
    state: NetworkState,
    time: WorkingTime,
    placed: tuple[IntArray, IntArray],
    total: IntArray,
    is_finished: BoolArray,
) -> IntArray:
    """What lies between a task and the nearest of its successors that is not finished; without one, all."""
    start, finish = placed
    free = np.full(len(tasks), _FAR, dtype=np.int64)
    is_cut = np.zeros(len(links), dtype=bool)
    is_cut[list(logic.cut_links)] = True
    there = logic.is_scheduled | logic.is_summary
    counts = ~is_cut & ~is_finished[links.successor] & there[links.successor] & there[links.predecessor]
    before, after, kind = links.predecessor[counts], links.successor[counts], links.type[counts]
    from_start = (kind == LinkType.SS) | (kind == LinkType.SF)
    to_start = (kind == LinkType.FS) | (kind == LinkType.SS)
    one = np.where(from_start, start[before], finish[before])
    other = np.where(to_start, start[after], finish[after])
    gap = time.between(tasks.calendar[before], one, other) - state.lag[counts]
    np.minimum.at(free, before, gap)
    free = np.where(free == _FAR, total, free)
    return np.where(is_finished, 0, np.maximum(free, 0))
