"""What the passes over a plan's graph share: its columns over all nodes, and its levels.

Semantics are those of Microsoft Project with "tasks will always honor their constraint dates", a plan that is
scheduled from its start, and no levelling; where Project does not document what it does, those of MPXJ's
`MicrosoftScheduler`, which was fitted to files that Project saved (facts/rules.md §5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from schedule.plan_logic import INTO_FINISH_GATE, Edges, Logic
from schedule.plan_network import BoolArray, Constraint, Driver, IntArray, PlanLinks, PlanTasks
from schedule.working_time import LAST_INSTANT, UNKNOWN, WorkingTime


@dataclass(frozen=True, slots=True)
class Level:
    """The nodes of one level and the edges that lead to them (or, backwards, from them), grouped by node.

    Attributes:
        starts: where in the edges the group of each of `joined` begins.
        joined: the nodes that have edges.
    """

    nodes: IntArray
    edges: Edges
    joined: IntArray
    starts: IntArray


class NetworkState:
    """What both passes read and write, in arrays over all nodes: tasks first, then gates.

    Attributes:
        clock: the calendar by which a duration runs.
        leader: the node before each that its early start comes from, -1 for none.
        late_begin: the late start of what remains, the late start of a task that has not begun.
    """

    def __init__(
        self,
        tasks: PlanTasks,
        links: PlanLinks,
        logic: Logic,
        time: WorkingTime,
        *,
        project_start: int,
        status_at: int,
        holds_progress: bool,
    ) -> None:
        gates = logic.node_count - len(tasks)
        self.time = time
        self.project_start = project_start
        self.status_at = status_at
        self.holds_progress = holds_progress
        self.edges = logic.edges
        self.level = logic.level
        self.is_gate = np.arange(logic.node_count) >= len(tasks)
        self.is_node = np.concatenate((logic.is_scheduled, np.zeros(gates, dtype=bool)))
        self.is_node[logic.edges.after] = True  # the gate of a link that was cut is none

        def padded(column: IntArray, filler: int = 0) -> IntArray:
            return np.concatenate((column, np.full(gates, filler, dtype=np.int64)))

        self.calendar = padded(tasks.calendar)
        # Elapsed durations run around the clock, whatever the calendar.
        self.clock = padded(np.where(tasks.is_elapsed, time.always, tasks.calendar))
        self.duration = padded(tasks.duration)
        self.remaining = padded(tasks.remaining)
        self.constraint = padded(tasks.constraint)
        self.constraint_at = padded(tasks.constraint_at, UNKNOWN)
        dated = self.constraint_at != UNKNOWN
        self.constraint[~dated & (self.constraint != Constraint.ALAP)] = Constraint.ASAP
        self.deadline_at = padded(tasks.deadline_at, UNKNOWN)
        self.actual_start = padded(tasks.actual_start, UNKNOWN)
        self.actual_finish = padded(tasks.actual_finish, UNKNOWN)
        self.is_started = self.actual_start != UNKNOWN
        self.is_finished = self.actual_finish != UNKNOWN
        self.is_milestone = np.concatenate((tasks.is_milestone, np.zeros(gates, dtype=bool)))
        fixed = tasks.is_manual & (tasks.start != UNKNOWN) & (tasks.finish != UNKNOWN)
        self.is_fixed = np.concatenate((fixed, np.zeros(gates, dtype=bool)))
        self.fixed_start = padded(tasks.start, UNKNOWN)
        self.fixed_finish = padded(tasks.finish, UNKNOWN)
        self.has_successors = np.bincount(self.edges.before, minlength=logic.node_count) > 0
        self.lag, self.lag_clock = _lags(tasks, links, time)

        self.early_start = np.full(logic.node_count, UNKNOWN, dtype=np.int64)
        self.early_finish = self.early_start.copy()
        self.late_start = self.early_start.copy()
        self.late_finish = self.early_start.copy()
        self.late_begin = self.early_start.copy()
        self.driver = np.full(logic.node_count, Driver.NONE, dtype=np.int64)
        self.driving_link = np.full(logic.node_count, -1, dtype=np.int64)
        self.leader = np.full(logic.node_count, -1, dtype=np.int64)
        self.finish_of_plan = UNKNOWN

    def lagged(self, edges: Edges, bound: IntArray, *, sign: int) -> IntArray:
        """Bounds with the lags of their links, forwards (1) or backwards (-1); changes them in place."""
        lag = self.lag[edges.origin]
        is_link = edges.type < INTO_FINISH_GATE
        delayed = np.flatnonzero((lag != 0) & is_link)
        if len(delayed):
            link = edges.origin[delayed]
            own = self.lag_clock[link]
            clock = np.where(own >= 0, own, self.calendar[edges.after[delayed]])
            bound[delayed] = self.time.add(clock, bound[delayed], sign * lag[delayed])
        return bound


def _lags(tasks: PlanTasks, links: PlanLinks, time: WorkingTime) -> tuple[IntArray, IntArray]:
    """(minutes, clock) of each link; -1 is the clock of the successor's calendar."""
    is_share = ~np.isnan(links.percent)
    share = np.where(is_share, links.percent, 0.0)
    of_duration = np.rint(tasks.duration[links.predecessor] * share / 100).astype(np.int64)
    minutes = np.where(is_share, of_duration, links.lag)
    around = np.where(is_share, tasks.is_elapsed[links.predecessor], links.is_elapsed)
    return np.clip(minutes, -LAST_INSTANT, LAST_INSTANT), np.where(around, time.always, -1)


def levels_of(level: IntArray, is_node: BoolArray, edges: Edges, own: IntArray) -> Iterator[Level]:
    """The levels in order; `own` is the end of each edge at which it is grouped."""
    nodes = np.flatnonzero(is_node)
    nodes = nodes[np.argsort(level[nodes], kind="stable")]
    order = np.lexsort((own, level[own]))
    ordered, ends = edges.where(order), own[order]
    depth = int(level[nodes[-1]]) + 1 if len(nodes) else 0
    node_at = np.searchsorted(level[nodes], np.arange(depth + 1)).tolist()
    edge_at = np.searchsorted(level[ends], np.arange(depth + 1)).tolist()
    is_first = np.append(True, ends[1:] != ends[:-1]) if len(ends) else np.empty(0, dtype=bool)
    for number in range(depth):
        here = slice(edge_at[number], edge_at[number + 1])
        starts = np.flatnonzero(is_first[here])
        yield Level(
            nodes=nodes[node_at[number] : node_at[number + 1]],
            edges=Edges(
                before=ordered.before[here],
                after=ordered.after[here],
                type=ordered.type[here],
                origin=ordered.origin[here],
            ),
            joined=ends[here][starts],
            starts=starts,
        )
