"""One network of work across trackers: what waits for what, what contains what, and in which order.

Every piece of work is a node. A container whose start waits for something has a second node, its *gate*:
what the container waits for, everything in it waits for. Nodes are renumbered level by level (a number in
that order is a *place*), so that one level is one slice of every array. Cycles are opened here and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schedule.levels import NARROW, BoolArray, Grouped, IntArray, grouped, level_numbers, open_cycles, spread

Int32Array = npt.NDArray[np.int32]
KindArray = npt.NDArray[np.int8]

FS, SS, FF, SF = range(4)
GATE, OWN_GATE, MEMBER = 4, 5, 6  # container's gate → member, → the container itself; member → container
LINK_KINDS = {"FS": FS, "SS": SS, "FF": FF, "SF": SF}


@dataclass(frozen=True, slots=True)
class Links:
    """Dependencies between pieces of work, as parallel arrays.

    Attributes:
        predecessor, successor: positions of the two ends.
        kind: `FS`, `SS`, `FF` or `SF` of this module.
        lag_wd: working days, in the calendar of the successor.
    """

    predecessor: IntArray
    successor: IntArray
    kind: IntArray
    lag_wd: IntArray

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, str, int]]) -> Links:
        """From rows of predecessor, successor, `FS` … `SF`, and lag in working days."""
        columns = np.array([(a, b, LINK_KINDS[kind], lag) for a, b, kind, lag in rows], dtype=np.int64)
        return cls(*np.ascontiguousarray(columns.reshape(-1, 4).T))


@dataclass(frozen=True, slots=True)
class Cycle:
    """Work that waits for itself.

    Attributes:
        members: positions in the order in which they wait for one another, from the lowest one.
        cut: the dependency that was left out so that the rest can be computed.
    """

    members: tuple[int, ...]
    cut: int


@dataclass(frozen=True, slots=True)
class Run:
    """Places that are computed in one go.

    Attributes:
        first, stop: the places.
        last_with_successors: of a wide level, the place behind those that have successors; they come first.
        is_narrow: several levels of few places, to be walked one by one.
    """

    first: int
    stop: int
    last_with_successors: int
    is_narrow: bool


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """What waits for what, in the order of computation. Edges are sorted by the place of their second end.

    Attributes:
        count: how many pieces of work there are; their positions are 0 … count-1.
        place: the place of each node; behind the pieces of work come the gates.
        owner: for each place the piece of work it belongs to.
        is_gate: for each place whether it is a gate.
        before, after: the places of the two ends of each edge.
        kind: what each edge is: FS, SS, FF, SF, GATE, OWN_GATE or MEMBER.
        lag_wd: the lag of each edge; 0 where it is no dependency.
        link: which dependency each edge is; -1 for none.
        from_start: the edges that leave a start.
        not_plain: the edges that leave a start, bind a finish or come from a container's own gate.
        starts: where the edges into each place begin.
        leaving: the edges by the place of their first end.
        runs: the places in the order of computation.
        level_count: how many levels there are.
        members, containers: the containment as it is used, circles opened.
        cycles: every cycle that was opened.
        in_cycle: for each dependency whether it is part of a cycle.
    """

    count: int
    place: IntArray
    owner: IntArray
    is_gate: BoolArray
    before: IntArray
    after: IntArray
    kind: KindArray
    lag_wd: IntArray
    link: IntArray
    from_start: IntArray
    not_plain: IntArray
    starts: IntArray
    leaving: Grouped
    runs: Sequence[Run]
    level_count: int
    members: IntArray
    containers: IntArray
    cycles: Sequence[Cycle]
    in_cycle: BoolArray


@dataclass(frozen=True, slots=True)
class _Edges:
    """Edges between nodes before they are put in order."""

    before: IntArray
    after: IntArray
    kind: KindArray
    lag_wd: IntArray
    link: IntArray


def build_network(
    count: int,
    links: Links,
    members: Sequence[int] | IntArray = (),
    containers: Sequence[int] | IntArray = (),
) -> Network:
    """The network of these pieces of work.

    Args:
        count: how many pieces of work there are.
        links: the dependencies between them; one from a piece of work to itself is a cycle of one.
        members: what is contained, one for each pair of a member and its container; a member may have several
            containers. A circle of containers is opened without a report, since it is no dependency.
        containers: what contains it.
    """
    member, container = (np.asarray(one, dtype=np.int64) for one in (members, containers))
    opened = open_cycles(count, member, container, np.ones(len(member), dtype=bool))
    member, container = member[~opened.is_cut], container[~opened.is_cut]
    is_container = np.zeros(count, dtype=bool)
    is_container[container] = True
    gates = _gated(count, links, member, container, is_container)
    edges = _edges(count, links, member, container, gates)
    owner = np.concatenate((np.arange(count, dtype=np.int64), gates))
    total = len(owner)
    by_before = grouped(edges.before, total)
    level = level_numbers(total, edges.before, edges.after, by_before)
    cycles: list[Cycle] = []
    in_cycle = np.zeros(len(links.predecessor), dtype=bool)
    if len(level) and level.min() < 0:
        edges = _opened(edges, owner, cycles, in_cycle)
        by_before = grouped(edges.before, total)
        level = level_numbers(total, edges.before, edges.after, by_before)
    has_successors = np.diff(by_before.starts) > 0
    # Within a level, what has successors comes first: the way back then needs no gaps in its slices.
    order = grouped(level * 2 + ~has_successors, 2 * int(level.max(initial=-1)) + 2).edges
    place = np.empty(total, dtype=np.int64)
    place[order] = np.arange(total)
    before, after = place[edges.before], place[edges.after]
    entering = grouped(after, total)
    before, kind = before[entering.edges], edges.kind[entering.edges]
    return Network(
        count=count,
        place=place,
        owner=owner[order],
        is_gate=order >= count,
        before=before,
        after=after[entering.edges],
        kind=kind,
        lag_wd=edges.lag_wd[entering.edges],
        link=edges.link[entering.edges],
        from_start=np.flatnonzero((kind == SS) | (kind == SF)),
        not_plain=np.flatnonzero((kind != FS) & (kind != GATE)),
        starts=entering.starts,
        leaving=grouped(before, total),
        runs=_runs(level[order], has_successors[order]),
        level_count=int(level.max(initial=-1)) + 1,
        members=member,
        containers=container,
        cycles=cycles,
        in_cycle=in_cycle,
    )


def _opened(edges: _Edges, owner: IntArray, cycles: list[Cycle], in_cycle: BoolArray) -> _Edges:
    """The edges without those that close cycles; what was found is noted in the last two arguments."""
    is_link = edges.link >= 0
    cut = open_cycles(len(owner), edges.before, edges.after, is_link)
    component = cut.component
    same = is_link & (component[edges.before] >= 0) & (component[edges.before] == component[edges.after])
    in_cycle[edges.link[same]] = True
    cycles += [
        Cycle(_from_the_lowest(list(dict.fromkeys(owner[list(nodes)].tolist()))), int(edges.link[edge]))
        for nodes, edge in cut.circles
    ]
    left = ~cut.is_cut
    return _Edges(
        edges.before[left], edges.after[left], edges.kind[left], edges.lag_wd[left], edges.link[left]
    )


def _from_the_lowest(members: list[int]) -> tuple[int, ...]:
    lowest = members.index(min(members))
    return (*members[lowest:], *members[:lowest])


def _gated(
    count: int, links: Links, member: IntArray, container: IntArray, is_container: BoolArray
) -> IntArray:
    """The containers whose start waits for something, and the containers inside them."""
    if not len(member):
        return member
    is_gated = np.zeros(count, dtype=bool)
    is_gated[links.successor[(links.kind == FS) | (links.kind == SS)]] = True
    is_gated &= is_container
    inner = is_container[member]
    return np.flatnonzero(spread(container[inner], member[inner], is_gated))


def _edges(count: int, links: Links, member: IntArray, container: IntArray, gates: IntArray) -> _Edges:
    if not len(member):
        kind = links.kind.astype(np.int8)
        return _Edges(links.predecessor, links.successor, kind, links.lag_wd, np.arange(len(kind)))
    gate = np.full(count, -1, dtype=np.int64)
    gate[gates] = np.arange(count, count + len(gates))
    start_waits = (links.kind == FS) | (links.kind == SS)
    target = np.where(start_waits & (gate[links.successor] >= 0), gate[links.successor], links.successor)
    is_behind = gate[container] >= 0
    behind = member[is_behind]
    inner = np.where(gate[behind] >= 0, gate[behind], behind)
    parts = (
        (links.predecessor, target, links.kind, links.lag_wd, np.arange(len(target))),
        (gate[container[is_behind]], inner, GATE, 0, -1),
        (gate[gates], gates, OWN_GATE, 0, -1),
        (member, container, MEMBER, 0, -1),
    )
    before, after, kind, lag_wd, link = (
        np.concatenate([np.broadcast_to(part[column], part[0].shape) for part in parts])
        for column in range(5)
    )
    return _Edges(before, after, kind.astype(np.int8), lag_wd, link)


def _runs(level: IntArray, has_successors: BoolArray) -> list[Run]:
    """Wide levels one by one; neighbouring narrow ones together."""
    if not len(level):
        return []
    starts = np.flatnonzero(np.diff(level, prepend=-1)).tolist()
    behind = np.concatenate(([0], np.cumsum(has_successors)))
    runs: list[Run] = []
    for first, stop in zip(starts, [*starts[1:], len(level)], strict=True):
        is_narrow = stop - first <= NARROW
        if is_narrow and runs and runs[-1].is_narrow:
            runs[-1] = Run(runs[-1].first, stop, stop, is_narrow=True)
        else:
            runs.append(Run(first, stop, first + int(behind[stop] - behind[first]), is_narrow=is_narrow))
    return runs
