"""The push-only re-forecast: when work starts and finishes if everything it waits for is as late as it is.

Nothing is pulled earlier. What is finished stands as it was; what is open cannot be done before today; a
planned start is the earliest start; a duration is kept in working days; what a container waits for binds
what is in it, and a container spans what is in it. What has no date neither moves nor pushes, but what it
waits for reaches through it. All moments are boundaries of `schedule.day_tables`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.day_tables import UNKNOWN, DayTables, Int32Array
from schedule.levels import BoolArray, IntArray, slots_of, spread
from schedule.network import FF, FS, MEMBER, OWN_GATE, SF, SS, Network, Run

TODO, STARTED, DONE, REMOVED = range(4)
STATES = {"todo": TODO, "in_progress": STARTED, "done": DONE, "removed": REMOVED}


@dataclass(frozen=True, slots=True, eq=False)
class WorkDates:
    """What is known of each piece of work, in its own calendar; UNKNOWN where it is not.

    Attributes:
        calendar: number of the calendar.
        state: TODO, STARTED, DONE or REMOVED.
        start: planned start; of what has started, its actual one.
        finish: planned finish; of what is done, its actual one.
        not_before: the boundary before which no open work can be done: today.
        remaining_wd: what is left of work that has started.
        is_milestone: takes no time.
        is_constrained: its planned start is a constraint that somebody set.
    """

    calendar: IntArray
    state: IntArray
    start: IntArray
    finish: IntArray
    not_before: IntArray
    remaining_wd: IntArray
    is_milestone: BoolArray
    is_constrained: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The same by place: start is max(earliest, what edges ask), finish is max(least, start + span).

    Attributes:
        earliest: lowest start.
        least: lowest finish.
        span: working days from start to finish.
        constant: the start of what has started, for links that leave a start.
        weight: what each edge adds to the moment it carries; UNKNOWN where it binds nothing.
        origin: where in the values each edge reads: starts, then finishes, then constants.
        carries: edges between different calendars.
        calendar: of each place.
        spans_members: for each piece of work whether it only spans what is in it.
        has_start, has_finish: for each piece of work whether it has such a date of its own or of a member.
    """

    earliest: Int32Array
    least: Int32Array
    span: Int32Array
    constant: Int32Array
    weight: Int32Array
    origin: Int32Array
    carries: IntArray
    calendar: IntArray
    spans_members: BoolArray
    has_start: BoolArray
    has_finish: BoolArray


def terms_of(network: Network, dates: WorkDates) -> Terms:
    """What the passes need to know about this work in this network."""
    state = dates.state
    is_live = state != REMOVED
    knows_start, knows_finish = dates.start > UNKNOWN // 2, dates.finish > UNKNOWN // 2
    knows_rest = (state == STARTED) & (dates.remaining_wd >= 0) & (dates.not_before > UNKNOWN // 2)
    live = is_live[network.members] & is_live[network.containers]
    members, containers = network.members[live], network.containers[live]
    has_start = spread(members, containers, knows_start & is_live)
    has_finish = spread(members, containers, (knows_finish | knows_rest) & is_live)
    holds_dates = np.zeros(network.count, dtype=bool)
    holds_dates[containers[(has_start | has_finish)[members]]] = True
    is_open = (state == TODO) | (state == STARTED)
    spans_members = holds_dates & is_open
    moment = _moments(dates, knows_start, knows_finish, spans_members)
    return _placed(network, dates, moment, spans_members, has_start, has_finish)


def _moments(
    dates: WorkDates, knows_start: BoolArray, knows_finish: BoolArray, spans_members: BoolArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Earliest start, least finish and span of each piece of work."""
    is_todo, is_started = dates.state == TODO, dates.state == STARTED
    is_done, is_removed = dates.state == DONE, dates.state == REMOVED
    shortest = np.where(dates.is_milestone, 0, 1)
    both = is_todo & knows_start & knows_finish
    # Work on days off has no working days; a finish before the start says nothing about how long it takes.
    planned = np.where(dates.finish < dates.start, shortest, dates.finish - dates.start)
    span = np.where(both, planned, shortest)
    span = np.where(is_started, np.maximum(dates.remaining_wd, shortest), span)
    earliest = np.where(is_todo, np.maximum(dates.start, dates.not_before), dates.not_before)
    # Work without a known beginning of its remainder still ends no earlier than its planned finish.
    least = np.where(both, UNKNOWN, dates.finish)
    today = np.where(dates.not_before > UNKNOWN // 2, dates.not_before + shortest, UNKNOWN)
    least = np.where(spans_members, np.maximum(dates.finish, today), least)
    is_blank = (is_todo | is_started) & ~knows_start & ~knows_finish & (dates.remaining_wd < 0)
    is_passive = is_done | is_removed | spans_members | is_blank
    span[is_passive] = 0
    earliest[is_passive] = UNKNOWN
    earliest[is_done] = np.where(
        knows_start & knows_finish, np.minimum(dates.start, dates.finish), dates.finish
    )[is_done]
    least[is_removed] = UNKNOWN
    return earliest, least, span


def _placed(
    network: Network,
    dates: WorkDates,
    moment: tuple[IntArray, IntArray, IntArray],
    spans_members: BoolArray,
    has_start: BoolArray,
    has_finish: BoolArray,
) -> Terms:
    owner, before, after = network.owner, network.before, network.after
    earliest, least, span = (one[owner].astype(np.int32) for one in moment)
    constant = dates.start[owner].astype(np.int32)
    for one, empty in ((earliest, UNKNOWN), (least, UNKNOWN), (span, 0), (constant, UNKNOWN)):
        one[network.is_gate] = empty
    total = len(owner)
    origin = (before + total).astype(np.int32)
    # A link that leaves a start leaves the actual one, where there is one: the rest of the work is no start.
    fixed = spans_members | (dates.state == STARTED)
    some = network.from_start
    origin[some] = np.where(fixed[owner[before[some]]], 2 * total, 0) + before[some]
    weight = network.lag_wd.astype(np.int32)
    weight[network.to_finish] -= span[after[network.to_finish]]
    weight[_binding_nothing(network, dates.state, spans_members)] = UNKNOWN
    calendar = dates.calendar[owner]
    is_mixed = len(calendar) and calendar.min() < calendar.max()
    return Terms(
        earliest=earliest,
        least=least,
        span=span,
        constant=constant,
        weight=weight,
        origin=origin,
        carries=np.flatnonzero(calendar[before] != calendar[after] if is_mixed else ()),
        calendar=calendar,
        spans_members=spans_members,
        has_start=has_start,
        has_finish=has_finish,
    )


def _binding_nothing(network: Network, state: IntArray, spans_members: BoolArray) -> IntArray:
    """The edges that bind nothing: from what is removed, to what has happened."""
    kind, owner, is_gate = network.kind, network.owner, network.is_gate
    state = state[owner]
    from_removed = network.leaving.of(np.flatnonzero((state == REMOVED) & ~is_gate))
    into_past = slots_of(network.starts, np.flatnonzero((state == DONE) | (state == REMOVED)))
    # What waits at the gate of a finished container is still held by the containers around it.
    into_past = into_past[(kind[into_past] <= SF) | ~is_gate[network.after[into_past]]]
    into_started = slots_of(network.starts, np.flatnonzero((state == STARTED) & ~is_gate))
    into_started = into_started[kind[into_started] == SS]
    own_gates = np.flatnonzero(kind == OWN_GATE) if is_gate.any() else np.flatnonzero(())
    own_gates = own_gates[spans_members[owner[network.after[own_gates]]]]
    return np.concatenate((from_removed, into_past, into_started, own_gates))


def is_finish_of(network: Network, edges: IntArray) -> IntArray:
    """1 for each edge that leaves a finish, 0 for one that leaves a start."""
    kind = network.kind[edges]
    leaves_finish: IntArray = ((kind == FS) | (kind == FF) | (kind == MEMBER)).astype(np.int64)
    return leaves_finish


def carry(network: Network, terms: Terms, tables: DayTables, edges: IntArray, values: Int32Array) -> IntArray:
    """The moments that these edges carry, in the calendars of their second ends."""
    before, after = network.before[edges], network.after[edges]
    is_finish = is_finish_of(network, edges)
    return tables.carried(values.astype(np.int64), terms.calendar[before], terms.calendar[after], is_finish)


def forward(network: Network, terms: Terms, tables: DayTables) -> Int32Array:
    """The forward pass.

    Returns:
        For each place its start, then for each place its finish, then the constants of the terms.
    """
    total = len(network.owner)
    values = np.concatenate(
        (terms.earliest, np.maximum(terms.least, terms.earliest + terms.span), terms.constant)
    )
    relative = (network.starts[:-1] - _run_starts(network)).astype(np.int64)
    crossings = np.searchsorted(terms.carries, network.starts[[run.first for run in network.runs] + [total]])
    for number, run in enumerate(network.runs):
        low, high = int(network.starts[run.first]), int(network.starts[run.stop])
        if low == high:
            continue
        if run.is_narrow:
            recompute(network, terms, tables, values, run)
            continue
        found = values.take(terms.origin[low:high])
        if crossings[number] < crossings[number + 1]:
            some = terms.carries[crossings[number] : crossings[number + 1]]
            found[some - low] = carry(network, terms, tables, some, found[some - low])
        found += terms.weight[low:high]
        first, stop = run.first, run.stop
        start = np.maximum.reduceat(found, relative[first:stop])
        np.maximum(start, values[first:stop], out=start)
        values[first:stop] = start
        start += terms.span[first:stop]
        finishes = values[total + first : total + stop]
        np.maximum(finishes, start, out=finishes)
    return values


def _run_starts(network: Network) -> IntArray:
    """For each place, where the edges into its run begin."""
    firsts = np.array([run.first for run in network.runs], dtype=np.int64)
    sizes = np.array([run.stop - run.first for run in network.runs], dtype=np.int64)
    return np.repeat(network.starts[firsts], sizes) if len(firsts) else firsts


def recompute(network: Network, terms: Terms, tables: DayTables, values: Int32Array, run: Run) -> None:
    """Compute the places of a run one by one, in order."""
    walker = Walker(network, terms, tables, values)
    for place in range(run.first, run.stop):
        walker.compute(place)


class Walker:
    """Computes single places of the forward pass, reading and writing the values in place."""

    def __init__(self, network: Network, terms: Terms, tables: DayTables, values: Int32Array) -> None:
        self._total = len(network.owner)
        self._network, self._terms, self._tables = network, terms, tables
        # A memoryview gives plain integers, several times faster than an array gives its own.
        self._starts, self._values = network.starts.data, values.data
        self._origin, self._weight = terms.origin.data, terms.weight.data
        self._earliest, self._least, self._span = terms.earliest.data, terms.least.data, terms.span.data
        self._calendar = terms.calendar.data if len(terms.carries) else None

    def compute(self, place: int) -> bool:
        """Compute one place from its predecessors; tells whether it moved."""
        values, origin, weight = self._values, self._origin, self._weight
        start = self._earliest[place]
        for edge in range(self._starts[place], self._starts[place + 1]):
            value = values[origin[edge]]
            if self._calendar is not None:
                value = self._carried(edge, value)
            value += weight[edge]
            start = max(start, value)
        finish = max(self._least[place], start + self._span[place])
        moved = bool(values[place] != start or values[self._total + place] != finish)
        values[place], values[self._total + place] = start, finish
        return moved

    def _carried(self, edge: int, value: int) -> int:
        network, calendar = self._network, self._terms.calendar
        source, target = calendar[network.before[edge]], calendar[network.after[edge]]
        if source == target:
            return value
        some = np.array([edge])
        return int(carry(network, self._terms, self._tables, some, np.array([value], dtype=np.int32))[0])
