"""What the re-forecast says of each piece of work: its dates, what drives them, and why, as a path."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from schedule.day_tables import NEVER, UNKNOWN, DayTables, Int32Array
from schedule.levels import BoolArray, IntArray, level_numbers
from schedule.network import GATE, MEMBER, OWN_GATE, Network
from schedule.propagation import DONE, REMOVED, STARTED, TODO, Terms, WorkDates, carry, forward, terms_of


class Reason(IntEnum):
    """Why a piece of work is when it is."""

    UNKNOWN = 0  # nothing says when
    ACTUAL = 1  # it has happened
    OWN_DATE = 2
    CONSTRAINT = 3  # its own date, which somebody set as a constraint
    TODAY = 4  # it is open, and what is open cannot be done before today
    PREDECESSOR = 5
    CONTAINER = 6  # what contains it waits for something
    MEMBER = 7  # what it contains


@dataclass(frozen=True, slots=True, eq=False)
class Reforecast:
    """A re-forecast and everything it was made from.

    Attributes:
        network, dates, terms, tables: what it was made from.
        values: starts, finishes and constants by place, see `forward`.
    """

    network: Network
    dates: WorkDates
    terms: Terms
    tables: DayTables
    values: Int32Array

    @property
    def finish(self) -> IntArray:
        """The finish of each piece of work as a boundary; UNKNOWN where no date says when."""
        found = self.values[len(self.network.owner) :].take(self.network.place[: self.network.count])
        return np.where(self.terms.has_finish, found, UNKNOWN).astype(np.int64)

    @property
    def is_open(self) -> BoolArray:
        """For each piece of work whether it is neither done nor removed."""
        answer: BoolArray = self.dates.state < DONE
        return answer


def reforecast(network: Network, dates: WorkDates, tables: DayTables) -> Reforecast:
    """Start and finish of everything, pushed by what it waits for."""
    terms = terms_of(network, dates)
    return Reforecast(network, dates, terms, tables, forward(network, terms, tables))


@dataclass(frozen=True, slots=True, eq=False)
class Drivers:
    """What drives each piece of work, and its start.

    Attributes:
        start: the start of each piece of work as a boundary; UNKNOWN where no date says when. What has only a
            due date starts when its predecessors let it; a container starts with its first member.
        reason: why it is when it is, a `Reason` per place.
        edge: the edge that binds each place, -1 for none.
        driver: for each piece of work the one that drives it, -1 for none: of a container the member that
            finishes last, of everything else the predecessor, its own or that of what contains it.
    """

    start: IntArray
    reason: IntArray
    edge: IntArray
    driver: IntArray


def drivers_of(result: Reforecast) -> Drivers:
    """What drives each piece of work of this re-forecast."""
    network, terms, values = result.network, result.terms, result.values
    total = len(network.owner)
    start, finish = values[:total], values[total : 2 * total]
    edge, highest = _binding_edges(result)
    reason = _reasons(result, edge, finish > start + terms.span)
    bound_start = np.where(highest >= 0, start, UNKNOWN)
    driver = np.where(edge >= 0, network.before[edge], -1) if len(network.before) else edge
    # A gate passes on what drives it; gates stand one behind the other only as deep as containers do.
    while (through := np.flatnonzero((driver >= 0) & network.is_gate[driver])).size:
        driver[through] = driver[driver[through]]
    own = network.place[: network.count]
    found = driver[own]
    return Drivers(
        start=_starts(result, bound_start[own]),
        reason=reason,
        edge=edge,
        driver=np.where(found >= 0, network.owner[found], -1) if total else found,
    )


def arrivals(result: Reforecast) -> Int32Array:
    """The moment that each edge asks for, in the calendar of its second end."""
    terms = result.terms
    found: Int32Array = result.values.take(terms.origin)
    if len(terms.carries):
        found[terms.carries] = carry(
            result.network, terms, result.tables, terms.carries, found[terms.carries]
        )
    found += terms.weight
    return found


def _binding_edges(result: Reforecast) -> tuple[IntArray, Int32Array]:
    """For each place the edge that its start waits for, and the highest known moment an edge asks for."""
    network, start = result.network, result.values
    total = len(network.owner)
    edge = np.full(total, -1, dtype=np.int64)
    highest = np.full(total, UNKNOWN, dtype=np.int32)
    if not len(network.after):
        return edge, highest
    asked = arrivals(result)
    some = np.flatnonzero(np.diff(network.starts))
    highest[some] = np.maximum.reduceat(asked, network.starts[some])
    # An edge binds what it asks for only where nothing else makes it later.
    bound = np.where((highest == start[:total]) & (highest > UNKNOWN // 2), highest, NEVER).astype(np.int32)
    binding = np.flatnonzero(asked == bound.take(network.after))
    # The first of several that bind alike.
    places = network.after[binding]
    first = np.flatnonzero(np.diff(places, prepend=-1))
    edge[places[first]] = binding[first]
    return edge, highest


def _reasons(result: Reforecast, edge: IntArray, rests_on_due: BoolArray) -> IntArray:
    network, dates = result.network, result.dates
    owner = network.owner
    start, state = result.values[: len(owner)], dates.state[owner]
    own = np.where(dates.is_constrained, Reason.CONSTRAINT, Reason.OWN_DATE)
    reason = np.where(dates.start > UNKNOWN // 2, own, Reason.OWN_DATE)[owner]
    waits_for_today = (dates.start < dates.not_before) & (dates.state == TODO)
    reason[waits_for_today[owner] | (state == STARTED)] = Reason.TODAY
    kind = network.kind[edge] if len(network.kind) else edge
    by_edge = np.where((kind == GATE) | (kind == OWN_GATE), Reason.CONTAINER, Reason.PREDECESSOR)
    by_edge[kind == MEMBER] = Reason.MEMBER
    reason = np.where(edge >= 0, by_edge, reason)
    reason[(edge < 0) & (start <= UNKNOWN // 2)] = Reason.UNKNOWN
    is_spanning = result.terms.spans_members[owner] & ~network.is_gate
    late = rests_on_due & ~network.is_gate
    reason[late] = np.where(
        is_spanning & (dates.finish < dates.not_before)[owner], Reason.TODAY, Reason.OWN_DATE
    )[late]
    reason[(state == DONE) & ~network.is_gate] = Reason.ACTUAL
    reason[(state == REMOVED) & ~network.is_gate] = Reason.UNKNOWN
    return reason.astype(np.int64)


def _starts(result: Reforecast, bound_start: IntArray) -> IntArray:
    network, dates, terms = result.network, result.dates, result.terms
    state = dates.state
    knows_start = dates.start > UNKNOWN // 2
    own = result.values.take(network.place[: network.count])
    start = np.where(knows_start & (state == TODO), own, dates.start).astype(np.int64)
    is_dated = terms.has_finish & (state == TODO) & ~knows_start
    start = np.where(is_dated, bound_start, start)
    start[state == REMOVED] = UNKNOWN
    spanning = terms.spans_members
    start[spanning] = NEVER
    members, containers = network.members, network.containers
    if not len(members):
        return start
    level = level_numbers(network.count, members, containers)[containers]
    order = np.argsort(level, kind="stable")
    for edges in np.split(order, np.flatnonzero(np.diff(level[order])) + 1):
        # Every member of a container of this level has its start by now.
        inner, outer = members[edges], containers[edges]
        some = spanning[outer] & (start[inner] > UNKNOWN // 2)
        np.minimum.at(start, outer[some], start[inner[some]])
        unknown = np.unique(outer[spanning[outer]])
        unknown = unknown[start[unknown] == NEVER]
        start[unknown] = dates.start[unknown]
    return start


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the path that says why.

    Attributes:
        item: the piece of work.
        reason: why it is when it is.
        link: the dependency that leads to the next step; -1 where none does.
    """

    item: int
    reason: Reason
    link: int = -1


def driver_chain(result: Reforecast, drivers: Drivers, item: int) -> list[Step]:
    """The path from a piece of work back to what decides when it is finished.

    Each step waits for the next one; the last one rests on its own date, on today, or on what has happened.
    """
    network = result.network
    place = int(network.place[item])
    steps: list[Step] = []
    while True:
        reason, edge = Reason(int(drivers.reason[place])), int(drivers.edge[place])
        owner = int(network.owner[place])
        goes_on = reason >= Reason.PREDECESSOR
        step = Step(owner, reason, int(network.link[edge]) if goes_on else -1)
        if goes_on and network.kind[edge] == OWN_GATE:
            place = int(network.before[edge])
            continue  # the container's own gate: the same piece of work
        steps.append(step)
        if not goes_on:
            return steps
        place = int(network.before[edge])
