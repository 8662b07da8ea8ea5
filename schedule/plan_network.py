"""A plan with logic as columns: its tasks, its links, and what the critical path method says of them.

Times are instants and durations working minutes of `schedule/working_time.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from schedule.working_time import UNKNOWN

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Constraint(IntEnum):
    """When a task may take place. The last four hold a task even against its predecessors."""

    ASAP = 0
    ALAP = 1
    SNET = 2
    FNET = 3
    SNLT = 4
    FNLT = 5
    MSO = 6
    MFO = 7


class LinkType(IntEnum):
    """Which end of the predecessor drives which end of the successor."""

    FS = 0
    SS = 1
    FF = 2
    SF = 3


class Driver(IntEnum):
    """What puts the start of a task where it is."""

    NONE = 0  # a task that is not scheduled
    PROJECT_START = 1
    LINK = 2
    CONSTRAINT = 3
    ACTUAL = 4
    MANUAL = 5
    STATUS_DATE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTasks:
    """The tasks of one plan, one element per task in each column.

    Attributes:
        parent: the position of the summary task above, -1 for none; a circle of them is cut.
        duration: working minutes; elapsed ones where `is_elapsed`.
        remaining: what of the duration is still to do; 0 for a finished task.
        calendar: the number of the task's calendar in the `WorkingTime`.
        constraint: values of `Constraint`.
        constraint_at: the instant of the constraint, `UNKNOWN` for none; so the other instants.
        start: where a task that is scheduled by hand was put; so `finish`. Without both it is scheduled.
    """

    parent: IntArray
    duration: IntArray
    remaining: IntArray
    calendar: IntArray
    constraint: IntArray
    constraint_at: IntArray
    deadline_at: IntArray
    actual_start: IntArray
    actual_finish: IntArray
    start: IntArray
    finish: IntArray
    is_elapsed: BoolArray
    is_milestone: BoolArray
    is_active: BoolArray
    is_manual: BoolArray

    def __len__(self) -> int:
        return len(self.duration)


def plan_tasks(
    duration: Sequence[int] | IntArray,
    *,
    remaining: Sequence[int] | IntArray | None = None,
    **columns: object,
) -> PlanTasks:
    """Tasks of these durations; a column that is not given says nothing: no parent, no constraint, active.

    Where `remaining` is not given it is the duration, and nothing of what has an actual finish.
    """
    count = len(duration)
    integers = {
        "parent": -1, "calendar": 0, "constraint": int(Constraint.ASAP), "constraint_at": UNKNOWN,
        "deadline_at": UNKNOWN, "actual_start": UNKNOWN, "actual_finish": UNKNOWN, "start": UNKNOWN,
        "finish": UNKNOWN,
    }  # fmt: skip
    flags = {"is_elapsed": False, "is_milestone": False, "is_active": True, "is_manual": False}
    unknown = columns.keys() - integers.keys() - flags.keys()
    if unknown:
        raise TypeError(f"tasks of a plan have no column {', '.join(sorted(unknown))}")
    made: dict[str, Any] = {
        name: np.array(columns.get(name, np.full(count, value)), dtype=np.int64)
        for name, value in integers.items()
    }
    for name, value in flags.items():
        made[name] = np.array(columns.get(name, np.full(count, value)), dtype=bool)
    minutes = np.array(duration, dtype=np.int64)
    left = minutes if remaining is None else np.array(remaining, dtype=np.int64)
    left = np.where(made["actual_finish"] != UNKNOWN, 0, left)
    return PlanTasks(duration=minutes, remaining=left, **made)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLinks:
    """The links of one plan, one element per link in each column.

    Attributes:
        type: values of `LinkType`.
        lag: minutes, negative for a lead; working minutes of the successor's calendar unless `is_elapsed`.
        percent: where not NaN, the lag is this share of the predecessor's duration instead.
    """

    predecessor: IntArray
    successor: IntArray
    type: IntArray
    lag: IntArray
    percent: FloatArray
    is_elapsed: BoolArray

    def __len__(self) -> int:
        return len(self.predecessor)


def plan_links(
    links: Sequence[tuple[int, int, LinkType, int]] = (),
    *,
    percent: Sequence[float | None] | None = None,
    is_elapsed: Sequence[bool] | None = None,
) -> PlanLinks:
    """Links as (predecessor, successor, type, lag in minutes)."""
    count = len(links)
    table = np.array(links, dtype=np.int64).reshape(count, 4)
    shares = [None] * count if percent is None else percent
    return PlanLinks(
        predecessor=table[:, 0],
        successor=table[:, 1],
        type=table[:, 2],
        lag=table[:, 3],
        percent=np.array([np.nan if share is None else share for share in shares], dtype=np.float64),
        is_elapsed=np.zeros(count, dtype=bool) if is_elapsed is None else np.array(is_elapsed, dtype=bool),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDates:
    """What the critical path method says, one element per task in each column.

    Attributes:
        start: where the task lies now: its actual start, else early, else (as late as possible) late start.
        total_float: working minutes of the task's calendar by which it may slip before the plan does, or a
            deadline or constraint is missed; negative where one is missed already.
        free_float: by which it may slip before one of its successors does; never negative.
        is_critical: float at or below the threshold, and not finished.
        driver: values of `Driver`.
        driving_link: the position of the link that drives the start, -1 for none.
        is_known: False for what has no dates: inactive tasks, and what would lie outside 1990 to 2060.
        finish_of_plan: the latest early finish; `UNKNOWN` for a plan without tasks.
        circles: positions of tasks that wait for one another, each group in order.
        cut_links: positions of the links that were left out for that.
    """

    start: IntArray
    finish: IntArray
    early_start: IntArray
    early_finish: IntArray
    late_start: IntArray
    late_finish: IntArray
    total_float: IntArray
    free_float: IntArray
    is_critical: BoolArray
    driver: IntArray
    driving_link: IntArray
    is_known: BoolArray
    finish_of_plan: int
    circles: Sequence[Sequence[int]] = field(default=())
    cut_links: Sequence[int] = field(default=())
