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
    is_live = dates.state != REMOVED
    live = is_live[network.members] & is_live[network.containers]
    members, containers = network.members[live], network.containers[live]
    own_start, own_finish = own_dates(dates)
    has_start = spread(members, containers, own_start)
    has_finish = spread(members, containers, own_finish)
    spans_members = np.zeros(network.count, dtype=bool)
    spans_members[containers[(has_start | has_finish)[members]]] = True
    spans_members &= dates.state < DONE
    owner, total = network.owner, len(network.owner)
    earliest, least, span = (one[owner].astype(np.int32) for one in moments(dates, spans_members))
    constant = dates.start[owner].astype(np.int32)
    for one, empty in ((earliest, UNKNOWN), (least, UNKNOWN), (span, 0), (constant, UNKNOWN)):
        one[network.is_gate] = empty
    calendar = dates.calendar[owner]
    is_mixed = total and calendar.min() < calendar.max()
    terms = Terms(
        earliest=earliest,
        least=least,
        span=span,
        constant=constant,
        weight=network.lag_wd.astype(np.int32),
        origin=(network.before + total).astype(np.int32),
        carries=np.flatnonzero(calendar[network.before] != calendar[network.after] if is_mixed else ()),
        calendar=calendar,
        spans_members=spans_members,
        has_start=has_start,
        has_finish=has_finish,
    )
    not_ahead = np.flatnonzero(dates.state[owner] != TODO)
    special = (
        network.not_plain,
        slots_of(network.starts, not_ahead),
        network.leaving.of(not_ahead),
    )
    for edges in special:
        set_edges(network, dates.state, terms, edges)
    return terms


def own_dates(dates: WorkDates) -> tuple[BoolArray, BoolArray]:
    """Whether work has a start, and whether it has a finish, of its own; what was removed has none."""
    is_live = dates.state != REMOVED
    knows_rest = (dates.state == STARTED) & (dates.remaining_wd >= 0) & (dates.not_before > UNKNOWN // 2)
    knows_start, knows_finish = dates.start > UNKNOWN // 2, dates.finish > UNKNOWN // 2
    return knows_start & is_live, (knows_finish | knows_rest) & is_live


def moments(dates: WorkDates, spans_members: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Earliest start, least finish and span of work."""
    is_todo, is_started, is_done = (dates.state == one for one in (TODO, STARTED, DONE))
    knows_start, knows_finish = dates.start > UNKNOWN // 2, dates.finish > UNKNOWN // 2
    shortest = np.where(dates.is_milestone, 0, 1)
    both = is_todo & knows_start & knows_finish
    # Work on days off has no working days; a finish before the start says nothing about how long it takes.
    planned = np.where(dates.finish < dates.start, shortest, dates.finish - dates.start)
    span = np.where(both, planned, shortest)
    span = np.where(is_started, np.maximum(dates.remaining_wd, shortest), span)
    earliest = np.where(is_todo, np.maximum(dates.start, dates.not_before), dates.not_before)
    # What has only a due date keeps it, and so does what has started, as long as there is room.
    least = np.where(both, UNKNOWN, dates.finish)
    today = np.where(dates.not_before > UNKNOWN // 2, dates.not_before + shortest, UNKNOWN)
    least = np.where(spans_members, np.maximum(dates.finish, today), least)
    is_blank = (is_todo | (dates.remaining_wd < 0)) & ~knows_start & ~knows_finish
    is_removed = dates.state == REMOVED
    is_passive = is_done | is_removed | spans_members | is_blank
    span[is_passive] = 0
    earliest[is_passive] = UNKNOWN
    begun = np.where(knows_start & knows_finish, np.minimum(dates.start, dates.finish), dates.finish)
    earliest[is_done] = begun[is_done]
    least[is_removed] = UNKNOWN
    return earliest, least, span


def set_edges(network: Network, states: IntArray, terms: Terms, edges: IntArray) -> None:
    """Set what these edges read and what they add, from the state of their ends and the rest of the terms."""
    total = len(network.owner)
    before, after, kind = network.before[edges], network.after[edges], network.kind[edges]
    source, target = network.owner[before], network.owner[after]
    into_gate = network.is_gate[after]
    from_start = (kind == SS) | (kind == SF)
    # A link that leaves a start leaves the actual one, where there is one: the rest of the work is no start.
    fixed = terms.spans_members[source] | (states[source] == STARTED)
    terms.origin[edges] = before + np.where(from_start, np.where(fixed, 2 * total, 0), total)
    to_finish = (kind == FF) | (kind == SF) | (kind == MEMBER)
    weight = network.lag_wd[edges] - np.where(to_finish, terms.span[after], 0)
    state = states[target]
    # What waits at the gate of a finished container is still held by the containers around it.
    into_past = (state >= DONE) & ((kind <= SF) | ~into_gate)
    is_idle = (
        ((states[source] == REMOVED) & ~network.is_gate[before])
        | into_past
        | ((state == STARTED) & (kind == SS) & ~into_gate)
        | ((kind == OWN_GATE) & terms.spans_members[target])
    )
    terms.weight[edges] = np.where(is_idle, UNKNOWN, weight)


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
