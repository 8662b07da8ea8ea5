"""The backward pass: how late each task may be without moving the end, a deadline or a constraint."""

from __future__ import annotations

import numpy as np

from schedule.network_state import Level, NetworkState
from schedule.plan_logic import INTO_FINISH_GATE, INTO_START_GATE, Edges
from schedule.plan_network import BoolArray, Constraint, IntArray, LinkType
from schedule.working_time import UNKNOWN


class BackwardPass:
    """Fills the late dates of a state, level by level, the last one first."""

    def __init__(self, state: NetworkState) -> None:
        self._state = state

    def place(self, level: Level) -> None:
        """Place one level."""
        nodes = level.nodes
        finish = np.full(len(nodes), self._state.finish_of_plan, dtype=np.int64)
        if len(level.joined):
            bounds = np.minimum(self._finish_bounds(level.edges), self._state.finish_of_plan)
            finish[np.searchsorted(nodes, level.joined)] = np.minimum.reduceat(bounds, level.starts)
        gates = self._state.is_gate[nodes]
        if gates.any():
            through = nodes[gates]
            for late in (self._state.late_start, self._state.late_finish, self._state.late_begin):
                late[through] = finish[gates]
            nodes, finish = nodes[~gates], finish[~gates]
        if len(nodes):
            self._place_late(nodes, finish, np.isin(nodes, level.joined))

    def _finish_bounds(self, edges: Edges) -> IntArray:
        """How late each edge lets its predecessor finish."""
        before, after, kind = edges.before, edges.after, edges.type
        to_start = (kind == LinkType.FS) | (kind == INTO_FINISH_GATE)
        bound = np.where(to_start, self._state.late_begin[after], self._state.late_finish[after])
        from_start = np.flatnonzero((kind == LinkType.SS) | (kind == LinkType.SF) | (kind == INTO_START_GATE))
        if not len(from_start):
            return self._state.lagged(edges, bound, sign=-1)
        is_ss = np.flatnonzero(kind == LinkType.SS)
        bound[is_ss] = self._state.time.next_start(
            self._state.calendar[before[is_ss]], self._state.late_start[after[is_ss]]
        )
        bound = self._state.lagged(edges, bound, sign=-1)
        # From here on the bound of these is one on the predecessor's start; a gate has no duration to add.
        start_bound = bound[from_start]
        left, right, how = before[from_start], after[from_start], kind[from_start]
        late = self._state.time.add(self._state.clock[left], start_bound, self._state.duration[left])
        late = self._bounds_of_started(left, right, how, late)
        opens = how == INTO_START_GATE
        if opens.any():
            # Only the task that opens the gate is bound by it; of several at once the first: one is enough.
            bound_here = (self._state.leader[right] == left) & ~self._state.is_started[left]
            late = np.where(opens & ~bound_here, self._state.finish_of_plan, late)
        bound[from_start] = late
        return bound

    def _bounds_of_started(self, left: IntArray, right: IntArray, how: IntArray, late: IntArray) -> IntArray:
        """A start-to-start link no longer binds what has started, and no start that a person set is bound."""
        is_ss = how == LinkType.SS
        started, follows = self._state.is_started[left], self._state.is_started[right]
        if follows.any():
            done = self._state.duration[right] - self._state.remaining[right]
            begun = np.where(follows, self._state.actual_start[right], 0)
            worked = self._state.time.add(self._state.clock[right], begun, done)
            through = self._state.time.add(self._state.clock[left], worked, self._state.duration[left])
            through = np.where(self._state.has_successors[right], through, self._state.finish_of_plan)
            late = np.where(is_ss & follows, through, late)
        if self._state.is_fixed[left].any():
            open_end = np.where(
                self._state.has_successors[right], self._state.finish_of_plan, self._state.late_finish[right]
            )
            is_bound = is_ss | (how == LinkType.SF)
            late = np.where(is_bound & ~follows & self._state.is_fixed[left], open_end, late)
        return np.where(is_ss & started, self._state.finish_of_plan, late)

    def _place_late(self, nodes: IntArray, finish: IntArray, has_edges: BoolArray) -> None:
        clock, duration = self._state.clock[nodes], self._state.duration[nodes]
        started, finished = self._state.is_started[nodes], self._state.is_finished[nodes]
        if not self._state.holds_progress:
            reached = has_edges & started & self._state.is_milestone[nodes] & (duration == 0)
            finish = np.where(reached, self._state.actual_start[nodes], finish)
        kind = self._state.constraint[nodes]
        if np.any(kind > Constraint.FNET):
            at = self._state.constraint_at[nodes]
            on_start = (kind == Constraint.MSO) | (kind == Constraint.SNLT)
            at = np.where(on_start, self._state.time.add(clock, at, duration), at)
            held = (kind == Constraint.MSO) | (kind == Constraint.MFO)
            not_after = (kind == Constraint.SNLT) | (kind == Constraint.FNLT)
            finish = np.where(held, at, np.where(not_after, np.minimum(finish, at), finish))
        deadline = self._state.deadline_at[nodes]
        finish = np.where(deadline == UNKNOWN, finish, np.minimum(finish, deadline))
        finish = self._state.time.previous_finish(clock, finish)
        finish = np.where(finished, self._state.actual_finish[nodes], finish)
        fixed = self._state.is_fixed[nodes]
        left = np.where(fixed, duration, self._state.remaining[nodes])
        begin = self._state.time.add(clock, finish, -left)
        self._state.late_begin[nodes] = begin
        if self._state.holds_progress and started.any():
            under_way = started & ~finished & ~fixed & (duration > 0)
            worked = self._state.time.add(
                clock, np.where(under_way, self._state.actual_start[nodes], 0), duration - left
            )
            self._state.late_begin[nodes] = np.where(under_way, worked, begin)
        is_past = np.where(fixed, finished & started, started)
        self._state.late_start[nodes] = np.where(is_past, self._state.actual_start[nodes], begin)
        self._state.late_finish[nodes] = finish
