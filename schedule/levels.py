"""The order in which a network can be computed: levels, and the cycles that must be opened first.

A level holds everything whose predecessors all stand in earlier levels, so one level is one array operation.
A chain has as many levels as members, so levels of a few nodes are walked one by one instead: an array
operation costs as much as about a dozen nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schedule.hierarchy import circles

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_NAMED = 100_000  # nodes that cycles may name together: a tangle of thousands would name millions
NARROW = 12  # nodes of a level up to which walking is faster than an array operation, measured


@dataclass(frozen=True, slots=True)
class Grouped:
    """Positions of edges, sorted by the node that each belongs to, ties as they were.

    Attributes:
        starts: where the edges of each node begin in `edges`; one more than there are nodes.
        edges: positions of edges.
    """

    starts: IntArray
    edges: IntArray

    def of(self, nodes: IntArray) -> IntArray:
        """The edges of several nodes, one node after the other."""
        return self.edges[slots_of(self.starts, nodes)]


def grouped(nodes: IntArray, count: int) -> Grouped:
    """The edges by their node; `nodes` has one per edge."""
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(nodes, minlength=count), out=starts[1:])
    # Node and position in one number: sorting numbers is several times faster than a stable argsort.
    bits = max(len(nodes) - 1, 1).bit_length()
    packed = (nodes.astype(np.int64) << bits) | np.arange(len(nodes), dtype=np.int64)
    packed.sort()
    return Grouped(starts, packed & ((1 << bits) - 1))


def slots_of(starts: IntArray, nodes: IntArray) -> IntArray:
    """The places between `starts[node]` and `starts[node + 1]` of several nodes, one after the other."""
    first = starts[nodes]
    counts = starts[nodes + 1] - first
    ends = counts.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    slots = np.arange(total, dtype=np.int64)
    slots += np.repeat(first - ends + counts, counts)
    return slots


def distinct(nodes: IntArray) -> IntArray:
    """Each node once, in order."""
    # np.unique made the reach of a million nodes fourteen times slower (numpy 2.4, bench/network.py).
    ordered = np.sort(nodes)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=-1))]


def spread(
    before: IntArray, after: IntArray, seeds: BoolArray, by_before: Grouped | None = None
) -> BoolArray:
    """The seeds and every node that edges lead to from them."""
    reached = seeds.copy()
    if not len(before):
        return reached
    by_before = by_before or grouped(before, len(seeds))
    current = np.flatnonzero(seeds)
    while len(current):
        targets = after[by_before.of(current)]
        current = distinct(targets[~reached[targets]])
        reached[current] = True
    return reached


def level_numbers(
    count: int, before: IntArray, after: IntArray, by_before: Grouped | None = None
) -> IntArray:
    """The level of each node: 0 without predecessors, else one more than the highest of them.

    Args:
        count: how many nodes there are.
        before: the first end of each edge.
        after: its second end.
        by_before: the edges by their first end, where they are known already.

    Returns:
        A level per node; -1 for what lies on a cycle or behind one.
    """
    by_before = by_before or grouped(before, count)
    following, starts = after[by_before.edges], by_before.starts
    waiting = np.bincount(after, minlength=count)
    level = np.full(count, -1, dtype=np.int64)
    views = starts.data, following.data, waiting.data, level.data
    current = np.flatnonzero(waiting == 0)
    number = 0
    while len(current):
        if len(current) <= NARROW:
            current, number = _walk(current.tolist(), number, *views)
            continue
        level[current] = number
        number += 1
        targets = following[slots_of(starts, current)]
        np.subtract.at(waiting, targets, 1)
        current = distinct(targets[waiting[targets] == 0])
    return level


def _walk(
    current: list[int],
    number: int,
    starts: memoryview,
    following: memoryview,
    waiting: memoryview,
    level: memoryview,
) -> tuple[IntArray, int]:
    """Narrow levels one by one, up to the next wide one."""
    while current and len(current) <= NARROW:
        free: list[int] = []
        for node in current:
            level[node] = number
            for slot in range(starts[node], starts[node + 1]):
                target = following[slot]
                left = waiting[target] - 1
                waiting[target] = left
                if not left:
                    free.append(target)
        current = free
        number += 1
    return np.array(current, dtype=np.int64), number


@dataclass(frozen=True, slots=True)
class Opened:
    """Cycles and how they were opened.

    Attributes:
        is_cut: for each edge whether it was taken out.
        circles: the nodes of each cycle that was opened, in the order of its edges, and the edge taken out.
            Where there are thousands of long ones, the later ones name the two nodes where they close only.
        component: for each node the number of its group of nodes that all lead to one another, -1 for none.
    """

    is_cut: BoolArray
    circles: Sequence[tuple[tuple[int, ...], int]]
    component: IntArray


def open_cycles(count: int, before: IntArray, after: IntArray, may_cut: BoolArray) -> Opened:
    """Find every cycle and take out edges until none is left: always the same ones for the same edges.

    The cycle is walked from its lowest node along the lowest successors, and the edge that closes it goes;
    where that one may not, the nearest before it that may.

    Args:
        count: how many nodes there are.
        before: the first end of each edge; an edge from a node to itself is a cycle, too.
        after: its second end.
        may_cut: the edges that may be taken out; the others alone form no cycle.
    """
    component = np.full(count, -1, dtype=np.int64)
    is_cut = np.zeros(len(before), dtype=bool)
    inner = _core(count, before, after) if len(before) else before
    if not len(inner):
        return Opened(is_cut, (), component)
    nodes, places = np.unique(np.concatenate((before[inner], after[inner])), return_inverse=True)
    starts, stops = places[: len(inner)].tolist(), places[len(inner) :].tolist()
    groups = [sorted(group) for group in circles(len(nodes), list(zip(starts, stops, strict=True)))]
    in_group = {member for group in groups for member in group}
    groups += [[one] for one in sorted({a for a, b in zip(starts, stops, strict=True) if a == b} - in_group)]
    number_of = {member: number for number, group in enumerate(sorted(groups)) for member in group}
    following: dict[int, list[tuple[int, int]]] = {member: [] for member in number_of}
    for start, stop, edge in sorted(zip(starts, stops, inner.tolist(), strict=True)):
        if start in number_of and number_of[start] == number_of.get(stop):
            following[start].append((stop, edge))
    for member, number in number_of.items():
        component[nodes[member]] = number
    found: list[tuple[tuple[int, ...], int]] = []
    for path, edge in _open(following, may_cut):
        is_cut[edge] = True
        found.append((tuple(nodes[path].tolist()), edge))
    return Opened(is_cut, tuple(found), component)


def _core(count: int, before: IntArray, after: IntArray) -> IntArray:
    """The edges that remain when everything before all cycles and behind all cycles is peeled off."""
    kept = np.arange(len(before), dtype=np.int64)
    for one, other in ((before, after), (after, before)):
        on_or_behind = level_numbers(count, one[kept], other[kept]) < 0
        kept = kept[on_or_behind[before[kept]] & on_or_behind[after[kept]]]
    return kept


def _open(
    following: Mapping[int, Sequence[tuple[int, int]]], may_cut: BoolArray
) -> list[tuple[list[int], int]]:
    """Walk in depth; where the walk meets itself, a cycle is known and one of its edges goes."""
    found: list[tuple[list[int], int]] = []
    finished: set[int] = set()
    allowed, named = may_cut.data, 0
    for root in sorted(following):
        path, steps, through = [root], [0], [-1]
        place = {root: 0}
        while path and root not in finished:
            node = path[-1]
            if steps[-1] == len(following[node]):
                finished.add(node)
                del place[node]
                del path[-1], steps[-1], through[-1]
                continue
            target, edge = following[node][steps[-1]]
            steps[-1] += 1
            if target in finished:
                continue
            if target not in place:
                place[target] = len(path)
                path.append(target)
                steps.append(0)
                through.append(edge)
                continue
            circle = path[place[target] :] if named < _NAMED else [target, node]
            named += len(circle)
            if allowed[edge]:
                found.append((circle, edge))
                continue
            # The walk goes back to where the edge began that is taken out instead.
            back = next(at for at in range(len(path) - 1, place[target], -1) if allowed[through[at]])
            found.append((circle, through[back]))
            for member in path[back:]:
                del place[member]
            del path[back:], steps[back:], through[back:]
    return found
