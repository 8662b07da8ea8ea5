"""The forward and the backward pass over the levels of a plan's graph.

Semantics are those of Microsoft Project with "tasks will always honor their constraint dates", a plan that is
scheduled from its start, and no levelling; where Project does not document what it does, those of MPXJ's
`MicrosoftScheduler`, which was fitted to files that Project saved (facts/rules.md §5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from schedule.plan_logic import INTO_FINISH_GATE, INTO_START_GATE, Edges, Logic
from schedule.plan_network import BoolArray, Constraint, Driver, IntArray, LinkType, PlanLinks, PlanTasks
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


class Passes:
    """The state of both passes; arrays over all nodes, tasks first, then gates."""

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
        self._time = time
        self._project_start = project_start
        self._status_at = status_at
        self._holds_progress = holds_progress
        self._edges = logic.edges
        self._level = logic.level
        self.is_gate = np.arange(logic.node_count) >= len(tasks)
        self._is_node = np.concatenate((logic.is_scheduled, np.zeros(gates, dtype=bool)))
        self._is_node[logic.edges.after] = True  # the gate of a link that was cut is none

        def padded(column: IntArray, filler: int = 0) -> IntArray:
            return np.concatenate((column, np.full(gates, filler, dtype=np.int64)))

        self.calendar = padded(tasks.calendar)
        # Elapsed durations run around the clock, whatever the calendar.
        self._clock = padded(np.where(tasks.is_elapsed, time.always, tasks.calendar))
        self.duration = padded(tasks.duration)
        self.remaining = padded(tasks.remaining)
        self.constraint = padded(tasks.constraint)
        self._constraint_at = padded(tasks.constraint_at, UNKNOWN)
        dated = self._constraint_at != UNKNOWN
        self.constraint[~dated & (self.constraint != Constraint.ALAP)] = Constraint.ASAP
        self._deadline_at = padded(tasks.deadline_at, UNKNOWN)
        self.actual_start = padded(tasks.actual_start, UNKNOWN)
        self.actual_finish = padded(tasks.actual_finish, UNKNOWN)
        self.is_started = self.actual_start != UNKNOWN
        self.is_finished = self.actual_finish != UNKNOWN
        self._is_milestone = np.concatenate((tasks.is_milestone, np.zeros(gates, dtype=bool)))
        fixed = tasks.is_manual & (tasks.start != UNKNOWN) & (tasks.finish != UNKNOWN)
        self.is_fixed = np.concatenate((fixed, np.zeros(gates, dtype=bool)))
        self._fixed_start = padded(tasks.start, UNKNOWN)
        self._fixed_finish = padded(tasks.finish, UNKNOWN)
        self.has_successors = np.bincount(self._edges.before, minlength=logic.node_count) > 0
        self.lag, self._lag_clock = _lags(tasks, links, time)

        self.early_start = np.full(logic.node_count, UNKNOWN, dtype=np.int64)
        self.early_finish = self.early_start.copy()
        self.late_start = self.early_start.copy()
        self.late_finish = self.early_start.copy()
        self._late_begin = self.early_start.copy()  # as if the work that is done were not
        self.driver = np.full(logic.node_count, Driver.NONE, dtype=np.int64)
        self.driving_link = np.full(logic.node_count, -1, dtype=np.int64)
        self.finish_of_plan = UNKNOWN

    def run(self) -> None:
        """Both passes, and the forward one again where tasks as late as possible push what follows them."""
        forward = list(_levels_of(self._level, self._is_node, self._edges, self._edges.after))
        for level in forward:
            self._forward(level, is_again=False)
        real = self._is_node & ~self.is_gate
        if not real.any():
            return
        self.finish_of_plan = int(self.early_finish[real].max())
        backward = self._edges.where(~self.is_finished[self._edges.after])
        for level in reversed(list(_levels_of(self._level, self._is_node, backward, backward.before))):
            self._backward(level)
        if np.any(self.constraint[real] == Constraint.ALAP):
            for level in forward:
                self._forward(level, is_again=True)

    def _forward(self, level: Level, *, is_again: bool) -> None:
        nodes = level.nodes
        start = np.full(len(nodes), self._project_start, dtype=np.int64)
        self.driver[nodes] = Driver.PROJECT_START
        if len(level.joined):
            bounds = self._start_bounds(level.edges, is_again=is_again)
            best = np.maximum.reduceat(bounds, level.starts)
            start[np.searchsorted(nodes, level.joined)] = best
            self._note_drivers(level, bounds, best)
        gates = self.is_gate[nodes]
        if gates.any():
            self._open_gates(level, nodes[gates], start[gates])
            nodes, start = nodes[~gates], start[~gates]
        if len(nodes):
            has_edges = (
                np.isin(nodes, level.joined) if len(level.joined) else np.zeros(len(nodes), dtype=bool)
            )
            self._place(nodes, start, has_edges)

    def _start_bounds(self, edges: Edges, *, is_again: bool) -> IntArray:
        """How early each edge lets its successor start."""
        before, after, kind = edges.before, edges.after, edges.type
        starts, finishes = self.early_start[before], self.early_finish[before]
        if is_again:
            late = (self.constraint[before] == Constraint.ALAP) & (self.constraint[after] != Constraint.ALAP)
            starts = np.where(late, self.late_start[before], starts)
            finishes = np.where(late, self.late_finish[before], finishes)
        from_start = (kind == LinkType.SS) | (kind == LinkType.SF)
        bound = np.where(from_start, starts, finishes)
        to_finish = np.flatnonzero((kind == LinkType.FF) | (kind == LinkType.SF))
        if len(to_finish):
            end = after[to_finish]
            is_ff = kind[to_finish] == LinkType.FF
            needed = np.where(is_ff, self.remaining[end], self.duration[end])
            bound[to_finish] = self._time.add(self._clock[end], bound[to_finish], -needed)
        bound = self._lagged(edges, bound, sign=1)
        is_ff = kind == LinkType.FF
        if is_ff.any():
            bound = np.where(is_ff, np.maximum(bound, self._project_start), bound)
        first_of = kind == INTO_START_GATE
        return np.where(first_of, -starts, bound) if first_of.any() else bound

    def _lagged(self, edges: Edges, bound: IntArray, *, sign: int) -> IntArray:
        lag = self.lag[edges.origin]
        is_link = edges.type < INTO_FINISH_GATE
        delayed = np.flatnonzero((lag != 0) & is_link)
        if len(delayed):
            link = edges.origin[delayed]
            own = self._lag_clock[link]
            clock = np.where(own >= 0, own, self.calendar[edges.after[delayed]])
            bound[delayed] = self._time.add(clock, bound[delayed], sign * lag[delayed])
        return bound

    def _note_drivers(self, level: Level, bounds: IntArray, best: IntArray) -> None:
        sizes = np.diff(np.append(level.starts, len(bounds)))
        hits = np.flatnonzero(bounds == np.repeat(best, sizes))
        first = hits[np.searchsorted(hits, level.starts)]
        self.driver[level.joined] = Driver.LINK
        self.driving_link[level.joined] = level.edges.origin[first]

    def _open_gates(self, level: Level, gates: IntArray, value: IntArray) -> None:
        first_edge = level.starts[np.searchsorted(level.joined, gates)]
        opens_first = level.edges.type[first_edge] == INTO_START_GATE
        value = np.where(opens_first, -value, value)
        self.early_start[gates] = self.early_finish[gates] = value

    def _place(self, nodes: IntArray, start: IntArray, has_edges: BoolArray) -> None:
        """Early start and finish of tasks from the earliest start that their predecessors allow."""
        clock, duration = self._clock[nodes], self.duration[nodes]
        start = self._first_work(nodes, clock, start)
        kind = self.constraint[nodes]
        if np.any(kind > Constraint.ALAP):
            # A date on which nobody works means the next one on which somebody does.
            start = self._first_work(nodes, clock, self._constrained_start(nodes, start, has_edges))
        started = self.is_started[nodes]
        if self._status_at != UNKNOWN:
            moved = ~started & (start < self._status_at)
            start = np.where(moved, self._time.next_start(clock, np.full_like(start, self._status_at)), start)
            self.driver[nodes[moved]] = Driver.STATUS_DATE
        start = np.where(started, self.actual_start[nodes], start)
        finish = self._time.add(clock, start, duration)
        finish = np.where(self.is_finished[nodes], self.actual_finish[nodes], finish)
        if np.any(kind == Constraint.MFO) or np.any(kind == Constraint.FNET):
            at = self._constraint_at[nodes]
            held = (kind == Constraint.MFO) & ~started
            waits = (kind == Constraint.FNET) & ~self.is_finished[nodes] & (started | ~has_edges)
            finish = np.where(held, at, np.where(waits, np.maximum(finish, at), finish))
        if self._status_at != UNKNOWN:
            finish = np.maximum(finish, self._finish_after_status(nodes, clock))
        self.driver[nodes[started]] = Driver.ACTUAL
        fixed = self.is_fixed[nodes]
        if fixed.any():
            start = np.where(fixed, self._fixed_start[nodes], start)
            finish = np.where(fixed, self._fixed_finish[nodes], finish)
            self.driver[nodes[fixed]] = Driver.MANUAL
        self.early_start[nodes], self.early_finish[nodes] = start, finish

    def _finish_after_status(self, nodes: IntArray, clock: IntArray) -> IntArray:
        """When tasks under way finish if what remains of them is done after the status date."""
        earliest = self._time.add(clock, np.full(len(nodes), self._status_at), self.remaining[nodes])
        under_way = self.is_started[nodes] & ~self.is_finished[nodes]
        return np.where(under_way, earliest, UNKNOWN)

    def _first_work(self, nodes: IntArray, clock: IntArray, start: IntArray) -> IntArray:
        """Where work can begin; a milestone may lie at the end of a day instead of the start of the next."""
        minutes = self._time.minutes_at(clock, start)
        first = self._time.start_of(clock, minutes)
        resting = self._is_milestone[nodes] & (first > start)
        if resting.any():
            resting &= self._time.finish_of(clock, minutes) == start
            return np.where(resting, start, first)
        return first

    def _constrained_start(self, nodes: IntArray, start: IntArray, has_edges: BoolArray) -> IntArray:
        kind, at = self.constraint[nodes], self._constraint_at[nodes]
        by_finish = self._time.add(self._clock[nodes], at, -self.duration[nodes])
        on_finish = (kind == Constraint.FNET) | (kind == Constraint.FNLT) | (kind == Constraint.MFO)
        at = np.where(on_finish, by_finish, at)
        not_before = (kind == Constraint.SNET) | (kind == Constraint.FNET)
        not_after = (kind == Constraint.SNLT) | (kind == Constraint.FNLT)
        held = (kind == Constraint.MSO) | (kind == Constraint.MFO)
        # Without predecessors a task starts at its own date, were it before the start of the plan.
        free = not_before & ~has_edges
        moved = np.where(not_before, np.maximum(start, at), np.where(not_after, np.minimum(start, at), start))
        moved = np.where(held | free, at, moved)
        drives = held | free | (moved != start)
        self.driver[nodes[drives]] = Driver.CONSTRAINT
        return moved

    def _backward(self, level: Level) -> None:
        nodes = level.nodes
        finish = np.full(len(nodes), self.finish_of_plan, dtype=np.int64)
        if len(level.joined):
            bounds = np.minimum(self._finish_bounds(level.edges), self.finish_of_plan)
            finish[np.searchsorted(nodes, level.joined)] = np.minimum.reduceat(bounds, level.starts)
        gates = self.is_gate[nodes]
        if gates.any():
            through = nodes[gates]
            for late in (self.late_start, self.late_finish, self._late_begin):
                late[through] = finish[gates]
            nodes, finish = nodes[~gates], finish[~gates]
        if len(nodes):
            self._place_late(nodes, finish, np.isin(nodes, level.joined))

    def _finish_bounds(self, edges: Edges) -> IntArray:
        """How late each edge lets its predecessor finish."""
        before, after, kind = edges.before, edges.after, edges.type
        to_start = (kind == LinkType.FS) | (kind == INTO_FINISH_GATE)
        bound = np.where(to_start, self._late_begin[after], self.late_finish[after])
        from_start = np.flatnonzero((kind == LinkType.SS) | (kind == LinkType.SF) | (kind == INTO_START_GATE))
        if not len(from_start):
            return self._lagged(edges, bound, sign=-1)
        is_ss = np.flatnonzero(kind == LinkType.SS)
        bound[is_ss] = self._time.next_start(self.calendar[before[is_ss]], self.late_start[after[is_ss]])
        bound = self._lagged(edges, bound, sign=-1)
        # From here on the bound of these is one on the predecessor's start; a gate has no duration to add.
        start_bound = bound[from_start]
        left, right, how = before[from_start], after[from_start], kind[from_start]
        late = self._time.add(self._clock[left], start_bound, self.duration[left])
        late = self._bounds_of_started(left, right, how, late)
        opens = how == INTO_START_GATE
        if opens.any():
            # Only the task that opens the gate is bound by it: the others start later anyway.
            bound_here = (self.early_start[left] == self.early_start[right]) & ~self.is_started[left]
            late = np.where(opens & ~bound_here, self.finish_of_plan, late)
        bound[from_start] = late
        return bound

    def _bounds_of_started(self, left: IntArray, right: IntArray, how: IntArray, late: IntArray) -> IntArray:
        """A start-to-start link no longer binds what has started, and no start that a person set is bound."""
        is_ss = how == LinkType.SS
        started, follows = self.is_started[left], self.is_started[right]
        if follows.any():
            done = self.duration[right] - self.remaining[right]
            begun = np.where(follows, self.actual_start[right], 0)
            worked = self._time.add(self._clock[right], begun, done)
            through = self._time.add(self._clock[left], worked, self.duration[left])
            through = np.where(self.has_successors[right], through, self.finish_of_plan)
            late = np.where(is_ss & follows, through, late)
        if self.is_fixed[left].any():
            open_end = np.where(self.has_successors[right], self.finish_of_plan, self.late_finish[right])
            is_bound = is_ss | (how == LinkType.SF)
            late = np.where(is_bound & ~follows & self.is_fixed[left], open_end, late)
        return np.where(is_ss & started, self.finish_of_plan, late)

    def _place_late(self, nodes: IntArray, finish: IntArray, has_edges: BoolArray) -> None:
        clock, duration = self._clock[nodes], self.duration[nodes]
        started, finished = self.is_started[nodes], self.is_finished[nodes]
        if not self._holds_progress:
            reached = has_edges & started & self._is_milestone[nodes] & (duration == 0)
            finish = np.where(reached, self.actual_start[nodes], finish)
        kind = self.constraint[nodes]
        if np.any(kind > Constraint.FNET):
            at = self._constraint_at[nodes]
            on_start = (kind == Constraint.MSO) | (kind == Constraint.SNLT)
            at = np.where(on_start, self._time.add(clock, at, duration), at)
            held = (kind == Constraint.MSO) | (kind == Constraint.MFO)
            not_after = (kind == Constraint.SNLT) | (kind == Constraint.FNLT)
            finish = np.where(held, at, np.where(not_after, np.minimum(finish, at), finish))
        deadline = self._deadline_at[nodes]
        finish = np.where(deadline == UNKNOWN, finish, np.minimum(finish, deadline))
        finish = self._time.previous_finish(clock, finish)
        finish = np.where(finished, self.actual_finish[nodes], finish)
        fixed = self.is_fixed[nodes]
        left = np.where(fixed, duration, self.remaining[nodes])
        begin = self._time.add(clock, finish, -left)
        self._late_begin[nodes] = begin
        if self._holds_progress and started.any():
            under_way = started & ~finished & ~fixed & (duration > 0)
            worked = self._time.add(clock, np.where(under_way, self.actual_start[nodes], 0), duration - left)
            self._late_begin[nodes] = np.where(under_way, worked, begin)
        is_past = np.where(fixed, finished & started, started)
        self.late_start[nodes] = np.where(is_past, self.actual_start[nodes], begin)
        self.late_finish[nodes] = finish


def _lags(tasks: PlanTasks, links: PlanLinks, time: WorkingTime) -> tuple[IntArray, IntArray]:
    """(minutes, clock) of each link; -1 is the clock of the successor's calendar."""
    is_share = ~np.isnan(links.percent)
    share = np.where(is_share, links.percent, 0.0)
    of_duration = np.rint(tasks.duration[links.predecessor] * share / 100).astype(np.int64)
    minutes = np.where(is_share, of_duration, links.lag)
    around = np.where(is_share, tasks.is_elapsed[links.predecessor], links.is_elapsed)
    return np.clip(minutes, -LAST_INSTANT, LAST_INSTANT), np.where(around, time.always, -1)


def _levels_of(level: IntArray, is_node: BoolArray, edges: Edges, own: IntArray) -> Iterator[Level]:
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
