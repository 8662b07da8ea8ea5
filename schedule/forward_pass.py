"""The forward pass: how early each task can be, and what holds its start there."""

from __future__ import annotations

import numpy as np

from schedule.network_state import Level, NetworkState
from schedule.plan_logic import INTO_START_GATE, Edges
from schedule.plan_network import BoolArray, Constraint, Driver, IntArray, LinkType
from schedule.working_time import UNKNOWN


class ForwardPass:
    """Fills the early dates and the drivers of a state, level by level."""

    def __init__(self, state: NetworkState) -> None:
        self._state = state

    def place(self, level: Level, *, is_again: bool) -> None:
        """Place one level; `is_again` when late dates are known, for tasks that are as late as possible."""
        nodes = level.nodes
        start = np.full(len(nodes), self._state.project_start, dtype=np.int64)
        self._state.driver[nodes] = Driver.PROJECT_START
        if len(level.joined):
            bounds = self._start_bounds(level.edges, is_again=is_again)
            best = np.maximum.reduceat(bounds, level.starts)
            start[np.searchsorted(nodes, level.joined)] = best
            self._note_drivers(level, bounds, best)
        gates = self._state.is_gate[nodes]
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
        starts, finishes = self._state.early_start[before], self._state.early_finish[before]
        if is_again:
            late = (self._state.constraint[before] == Constraint.ALAP) & (
                self._state.constraint[after] != Constraint.ALAP
            )
            starts = np.where(late, self._state.late_start[before], starts)
            finishes = np.where(late, self._state.late_finish[before], finishes)
        from_start = (kind == LinkType.SS) | (kind == LinkType.SF)
        bound = np.where(from_start, starts, finishes)
        to_finish = np.flatnonzero((kind == LinkType.FF) | (kind == LinkType.SF))
        if len(to_finish):
            end = after[to_finish]
            is_ff = kind[to_finish] == LinkType.FF
            needed = np.where(is_ff, self._state.remaining[end], self._state.duration[end])
            bound[to_finish] = self._state.time.add(self._state.clock[end], bound[to_finish], -needed)
        bound = self._state.lagged(edges, bound, sign=1)
        is_ff = kind == LinkType.FF
        if is_ff.any():
            bound = np.where(is_ff, np.maximum(bound, self._state.project_start), bound)
        first_of = kind == INTO_START_GATE
        return np.where(first_of, -starts, bound) if first_of.any() else bound

    def _note_drivers(self, level: Level, bounds: IntArray, best: IntArray) -> None:
        sizes = np.diff(np.append(level.starts, len(bounds)))
        hits = np.flatnonzero(bounds == np.repeat(best, sizes))
        first = hits[np.searchsorted(hits, level.starts)]
        self._state.driver[level.joined] = Driver.LINK
        self._state.driving_link[level.joined] = level.edges.origin[first]
        self._state.leader[level.joined] = level.edges.before[first]

    def _open_gates(self, level: Level, gates: IntArray, value: IntArray) -> None:
        first_edge = level.starts[np.searchsorted(level.joined, gates)]
        opens_first = level.edges.type[first_edge] == INTO_START_GATE
        value = np.where(opens_first, -value, value)
        self._state.early_start[gates] = self._state.early_finish[gates] = value

    def _place(self, nodes: IntArray, start: IntArray, has_edges: BoolArray) -> None:
        """Early start and finish of tasks from the earliest start that their predecessors allow."""
        clock, duration = self._state.clock[nodes], self._state.duration[nodes]
        start = self._first_work(nodes, clock, start)
        kind = self._state.constraint[nodes]
        if np.any(kind > Constraint.ALAP):
            # A date on which nobody works means the next one on which somebody does.
            start = self._first_work(nodes, clock, self._constrained_start(nodes, start, has_edges))
        started = self._state.is_started[nodes]
        if self._state.status_at != UNKNOWN:
            moved = ~started & (start < self._state.status_at)
            start = np.where(
                moved, self._state.time.next_start(clock, np.full_like(start, self._state.status_at)), start
            )
            self._state.driver[nodes[moved]] = Driver.STATUS_DATE
        start = np.where(started, self._state.actual_start[nodes], start)
        finish = self._state.time.add(clock, start, duration)
        finish = np.where(self._state.is_finished[nodes], self._state.actual_finish[nodes], finish)
        if np.any(kind == Constraint.MFO) or np.any(kind == Constraint.FNET):
            at = self._state.constraint_at[nodes]
            held = (kind == Constraint.MFO) & ~started
            waits = (kind == Constraint.FNET) & ~self._state.is_finished[nodes] & (started | ~has_edges)
            finish = np.where(held, at, np.where(waits, np.maximum(finish, at), finish))
        if self._state.status_at != UNKNOWN:
            finish = np.maximum(finish, self._finish_after_status(nodes, clock))
        self._state.driver[nodes[started]] = Driver.ACTUAL
        fixed = self._state.is_fixed[nodes]
        if fixed.any():
            start = np.where(fixed, self._state.fixed_start[nodes], start)
            finish = np.where(fixed, self._state.fixed_finish[nodes], finish)
            self._state.driver[nodes[fixed]] = Driver.MANUAL
        self._state.early_start[nodes], self._state.early_finish[nodes] = start, finish

    def _finish_after_status(self, nodes: IntArray, clock: IntArray) -> IntArray:
        """When tasks under way finish if what remains of them is done after the status date."""
        earliest = self._state.time.add(
            clock, np.full(len(nodes), self._state.status_at), self._state.remaining[nodes]
        )
        under_way = self._state.is_started[nodes] & ~self._state.is_finished[nodes]
        return np.where(under_way, earliest, UNKNOWN)

    def _first_work(self, nodes: IntArray, clock: IntArray, start: IntArray) -> IntArray:
        """Where work can begin; a milestone may lie at the end of a day instead of the start of the next."""
        minutes = self._state.time.minutes_at(clock, start)
        first = self._state.time.start_of(clock, minutes)
        resting = self._state.is_milestone[nodes] & (first > start)
        if resting.any():
            resting &= self._state.time.finish_of(clock, minutes) == start
            return np.where(resting, start, first)
        return first

    def _constrained_start(self, nodes: IntArray, start: IntArray, has_edges: BoolArray) -> IntArray:
        kind, at = self._state.constraint[nodes], self._state.constraint_at[nodes]
        by_finish = self._state.time.add(self._state.clock[nodes], at, -self._state.duration[nodes])
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
        self._state.driver[nodes[drives]] = Driver.CONSTRAINT
        return moved
