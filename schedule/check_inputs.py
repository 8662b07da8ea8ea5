"""What schedule checks are computed from: items, links and schedules as plain arrays, and who counts.

One call covers any number of schedules: each item names the position of its schedule. Every population of
the checks is a parameter, because tools differ in them more than in anything else (docs/schedule-checks.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
DayArray = npt.NDArray[np.datetime64]
TextArray = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Populations and limits of the checks; the defaults are those of the DCMA's 14 points.

    Attributes:
        counts_milestones: zero-duration milestones are tasks like others.
        counts_level_of_effort: so are tasks of level of effort.
        counts_completed: completed tasks stay in the population of the checks of what is left to do.
        due_on_status_date: a baseline finish on the status date is due.
        counts_missing_baseline: the baseline execution index counts tasks of a plan without baseline as due.
        hard_constraints: which constraints are hard. A deadline is no constraint.
        high_float_wd: more than this is high; exactly this is not.
        high_duration_wd: likewise.
        duration_basis: `baseline` takes the baseline duration, and the current one where there is none.
        detail_window_days: long tasks count where they start within this many calendar days after the status
            date; None: wherever they start.
        resource_minimum_wd: shorter tasks need no resource.
        linked_share: so much of a tracker's open items must be linked before its logic says anything.
        known_share: of so much of its population a check must know what it asks; otherwise it says nothing.
        critical_path_delay_wd: how far the critical path test pushes.
        critical_path_tolerance_wd: how exactly the end must follow.
        quiet_wd: an open item without date and without activity for longer is a zombie.
    """

    counts_milestones: bool = False
    counts_level_of_effort: bool = False
    counts_completed: bool = False
    due_on_status_date: bool = True
    counts_missing_baseline: bool = True
    hard_constraints: tuple[str, ...] = ("MSO", "MFO", "SNLT", "FNLT")
    high_float_wd: float = 44.0
    high_duration_wd: float = 44.0
    duration_basis: Literal["baseline", "current"] = "baseline"
    detail_window_days: int | None = None
    resource_minimum_wd: float = 1.0
    linked_share: float = 0.6
    known_share: float = 0.9
    critical_path_delay_wd: float = 600.0
    critical_path_tolerance_wd: float = 0.5
    quiet_wd: float = 120.0


DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """The schedules, by position.

    Attributes:
        is_plan: a network with baselines and statuses of its own; otherwise a tracker's project.
        status_date: the day to which progress is entered; the day of the run for trackers, which are live.
            NaT is unknown.
    """

    is_plan: BoolArray
    status_date: DayArray

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.is_plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleItems:
    """The items of all schedules; arrays are parallel, NaT and NaN are unknown.

    Attributes:
        schedule: the position of each item's schedule.
        is_detail: it is work of its own: no summary, not inactive, not external. Of a tracker, what can be
            promised: epics and features as well as stories.
        is_container: an epic or feature, which stands for the work below it.
        is_milestone: a milestone without duration.
        is_level_of_effort: support that has no end of its own.
        is_complete: 100 % complete.
        start, finish: the current dates, which are the forecast of what is not done.
        finish_at: the same finish to the minute, where it is known.
        baseline_start, baseline_finish: the approved dates; of a tracker the first commitment.
        duration_wd, baseline_duration_wd: in working days of the item's calendar; a tracker's planned span.
        total_float_wd: negative is late.
        is_critical: 1 yes, 0 no, -1 unknown.
        constraint: ASAP, SNET, … or an empty text.
        has_resource: somebody or something is assigned: 1 yes, 0 no, -1 unknown.
        needs_owner: of a tracker: a container, or an item in an iteration that has started.
        iteration_wd: the length of the iteration it is in.
        age_wd: how long it has been under way.
        usual_age_wd: how long 85 % of its like take.
        quiet_wd: since something happened to it.
        is_undated: no date of its own and none from anything around it.
    """

    schedule: IntArray
    is_detail: BoolArray
    is_container: BoolArray
    is_milestone: BoolArray
    is_level_of_effort: BoolArray
    is_complete: BoolArray
    start: DayArray
    finish: DayArray
    finish_at: DayArray
    actual_start: DayArray
    actual_finish: DayArray
    baseline_start: DayArray
    baseline_finish: DayArray
    duration_wd: FloatArray
    baseline_duration_wd: FloatArray
    total_float_wd: FloatArray
    is_critical: npt.NDArray[np.int8]
    constraint: TextArray
    has_resource: npt.NDArray[np.int8]
    needs_owner: BoolArray
    iteration_wd: FloatArray
    age_wd: FloatArray
    usual_age_wd: FloatArray
    quiet_wd: FloatArray
    is_undated: BoolArray

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.schedule)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLinks:
    """Dependencies whose two ends are both items, by their positions.

    Attributes:
        predecessor, successor: positions of items.
        type: FS, SS, FF or SF.
        lag_minutes, lag_percent: either may be NaN; negative is a lead. A lag in elapsed time is in minutes.
    """

    predecessor: IntArray
    successor: IntArray
    type: TextArray
    lag_minutes: FloatArray
    lag_percent: FloatArray

    @property
    def lag_sign(self) -> IntArray:
        """1 for a lag, -1 for a lead, 0 for neither."""
        lag = np.where(np.isnan(self.lag_minutes), self.lag_percent, self.lag_minutes)
        sign: IntArray = np.sign(np.nan_to_num(lag)).astype(np.int64)
        return sign


@dataclass(frozen=True, slots=True)
class Populations:
    """Who counts.

    Attributes:
        detail: all detail tasks, completed ones too.
        incomplete: INC, those of them not 100 % complete.
        due: DUE, those of them whose baseline finish the status date has reached.
        links: LNK, the links whose successor is in INC.
        has_logic: for each schedule whether its links say anything about its order.
    """

    detail: BoolArray
    incomplete: BoolArray
    due: BoolArray
    links: BoolArray
    has_logic: BoolArray


@dataclass(frozen=True, slots=True)
class CheckInputs:
    """Everything the checks of one run read."""

    schedules: Schedules
    items: ScheduleItems
    links: ScheduleLinks
    thresholds: Thresholds
    who: Populations

    @property
    def of_plan(self) -> BoolArray:
        """For each item whether its schedule is a plan."""
        return self.schedules.is_plan[self.items.schedule]

    @property
    def status_date(self) -> DayArray:
        """For each item the status date of its schedule."""
        return self.schedules.status_date[self.items.schedule]


def check_inputs(
    schedules: Schedules, items: ScheduleItems, links: ScheduleLinks, thresholds: Thresholds = DEFAULTS
) -> CheckInputs:
    """The inputs of the checks, with who counts in them worked out."""
    detail = items.is_detail.copy()
    if not thresholds.counts_milestones:
        detail &= ~items.is_milestone
    if not thresholds.counts_level_of_effort:
        detail &= ~items.is_level_of_effort
    incomplete = detail if thresholds.counts_completed else detail & ~items.is_complete
    status = schedules.status_date[items.schedule]
    # A comparison with an unknown date is false, so nothing is due where there is no status date.
    reached = (
        items.baseline_finish <= status if thresholds.due_on_status_date else items.baseline_finish < status
    )
    populations = Populations(
        detail=detail,
        incomplete=incomplete,
        due=detail & reached,
        links=incomplete[links.successor],
        has_logic=_has_logic(schedules, items, links, incomplete, thresholds),
    )
    return CheckInputs(schedules, items, links, thresholds, populations)


def _has_logic(
    schedules: Schedules,
    items: ScheduleItems,
    links: ScheduleLinks,
    incomplete: BoolArray,
    thresholds: Thresholds,
) -> BoolArray:
    """A plan: any link between two of its tasks. A tracker: enough of its open items are linked."""
    home = items.schedule[links.successor]
    inside = (
        (items.schedule[links.predecessor] == home)
        & items.is_detail[links.predecessor]
        & items.is_detail[links.successor]
    )
    is_linked_plan = np.bincount(home[inside], minlength=schedules.count) > 0
    is_linked = np.zeros(items.count, dtype=np.bool_)
    is_linked[links.predecessor] = True
    is_linked[links.successor] = True
    asked = np.bincount(items.schedule[incomplete], minlength=schedules.count)
    linked = np.bincount(items.schedule[incomplete & is_linked], minlength=schedules.count)
    is_linked_project = (asked > 0) & (linked >= thresholds.linked_share * asked)
    return np.where(schedules.is_plan, is_linked_plan, is_linked_project)
