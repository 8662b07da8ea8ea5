"""What contains what where the same work stands in several trackers: sums that count every member once.

There, one piece of work may stand inside several others, so containers are no tree any more: its story hangs
below an epic in one tracker and below a summary task in the other. Sums along a tree would count it twice at
whatever contains both. Here the tree part stays array work, and only what has several parents is followed by
itself.

Where the trackers contradict each other (a piece of work contains its own container elsewhere), everything on
that circle is one group: each member of the group counts what any of them contains. Nothing is lost, nothing
is counted twice, and the order of the rows decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

import numpy as np
import numpy.typing as npt

from schedule.hierarchy import FloatArray, Hierarchy, IntArray, circles, hierarchy_of


@dataclass(frozen=True, slots=True)
class Containment:
    """Containers over positions 0 … n-1, each of which may stand inside several others.

    Attributes:
        group: the group of each position; nearly always a group is one position.
        forest: the groups as a forest. One that stands inside several others is a root in it.
        above: for each group that stands inside several others, all groups around it, at any distance.
    """

    group: IntArray
    forest: Hierarchy
    above: Mapping[int, frozenset[int]]

    def sum_up(self, values: FloatArray) -> FloatArray:
        """For each position the sum over its group and everything in it, each once.

        Args:
            values: a number per position, or a row of numbers.
        """
        groups = np.zeros((len(self.forest.parent), *values.shape[1:]), dtype=np.float64)
        np.add.at(groups, self.group, values)
        blocks = self.forest.sum_up(groups)
        total = blocks.copy()
        inner, outer = self._pairs
        np.add.at(total, outer, blocks[inner])
        return total[self.group]

    def own_sum(self, values: FloatArray) -> FloatArray:
        """For each position the sum over its group alone."""
        groups = np.zeros((len(self.forest.parent), *values.shape[1:]), dtype=np.float64)
        np.add.at(groups, self.group, values)
        return groups[self.group]

    def maximum_up(self, values: IntArray) -> IntArray:
        """For each position the largest value in its group and everything in it."""
        lowest = np.iinfo(np.int64).min
        groups = np.full((len(self.forest.parent), *values.shape[1:]), lowest, dtype=np.int64)
        np.maximum.at(groups, self.group, values)
        blocks = self.forest.maximum_up(groups)
        total = blocks.copy()
        inner, outer = self._pairs
        np.maximum.at(total, outer, blocks[inner])
        return total[self.group]

    def lowest_up(self, ranks: Mapping[int, int], keep: int) -> dict[int, list[int]]:
        """The lowest distinct ranks in each group and everything in it.

        Args:
            ranks: a rank for some positions, each its own.
            keep: how many are kept.

        Returns:
            Group → ranks, ascending; a group without any is absent.
        """
        blocks: dict[int, list[int]] = {}
        for position, rank in ranks.items():
            blocks.setdefault(int(self.group[position]), []).append(rank)
        for group, some in blocks.items():
            blocks[group] = sorted(some)[:keep]
        parents = self.forest.parent.tolist()
        for level in self.forest.levels:
            for group in level.tolist() if blocks else ():
                if group in blocks and parents[group] >= 0:
                    above = blocks.get(parents[group], ())
                    blocks[parents[group]] = list(islice(merge(above, blocks[group]), keep))
        total = dict(blocks)
        for inner, around in self.above.items():
            for outer in around if inner in blocks else ():
                total[outer] = list(islice(merge(total.get(outer, ()), blocks[inner]), keep))
        return total

    def around(self, positions: Iterable[int]) -> set[int]:
        """The groups of these positions and everything that contains them."""
        return _walk({int(self.group[one]) for one in positions}, self.forest.parent, self.above)

    @property
    def _pairs(self) -> tuple[IntArray, IntArray]:
        inner = [group for group, around in self.above.items() for _ in around]
        outer = [one for around in self.above.values() for one in around]
        return np.array(inner, dtype=np.int64), np.array(outer, dtype=np.int64)


def contain(count: int, edges: Iterable[tuple[int, int]]) -> Containment:
    """The containers of these positions.

    Args:
        count: how many positions there are.
        edges: (member, container) pairs; the same pair may come more than once, and one that names the same
            position twice says nothing.
    """
    pairs = np.array(list(edges), dtype=np.int64).reshape(-1, 2)
    pairs = _distinct(pairs, count)
    group = np.arange(count, dtype=np.int64)
    order = _outermost_first(count, pairs)
    if len(order) < count:
        group = _merged(count, pairs)
        count = int(group.max()) + 1
        pairs = _distinct(group[pairs], count)
        order = _outermost_first(count, pairs)
    is_shared = np.bincount(pairs[:, 0], minlength=count) > 1
    parent = np.full(count, -1, dtype=np.int64)
    single = pairs[~is_shared[pairs[:, 0]]]
    parent[single[:, 0]] = single[:, 1]
    return Containment(group, hierarchy_of(parent), _above(order, pairs, parent, is_shared))


def _distinct(pairs: IntArray, count: int) -> IntArray:
    kept = pairs[pairs[:, 0] != pairs[:, 1]]
    codes = np.unique(kept[:, 0] * max(count, 1) + kept[:, 1])
    return np.stack((codes // max(count, 1), codes % max(count, 1)), axis=1)


def _outermost_first(count: int, pairs: IntArray) -> list[int]:
    """The positions, containers before their members; what lies on or below a circle is missing."""
    by_container = pairs[np.argsort(pairs[:, 1], kind="stable")]
    starts = np.searchsorted(by_container[:, 1], np.arange(count + 1)).tolist()
    members = by_container[:, 0].tolist()
    waiting: list[int] = np.bincount(pairs[:, 0], minlength=count).tolist()
    order = [one for one in range(count) if waiting[one] == 0]
    for one in order:  # grows while it is read
        for member in members[starts[one] : starts[one + 1]]:
            waiting[member] -= 1
            if waiting[member] == 0:
                order.append(member)
    return order


def _merged(count: int, pairs: IntArray) -> IntArray:
    """Numbers of groups: the members of a circle share one."""
    first = np.arange(count, dtype=np.int64)
    for circle in circles(count, [(member, container) for member, container in pairs.tolist()]):
        first[circle] = min(circle)
    return np.unique(first, return_inverse=True)[1].astype(np.int64)


def _above(
    order: Sequence[int], pairs: IntArray, parent: IntArray, is_shared: npt.NDArray[np.bool_]
) -> dict[int, frozenset[int]]:
    containers: dict[int, list[int]] = {}
    for member, container in pairs[is_shared[pairs[:, 0]]].tolist():
        containers.setdefault(member, []).append(container)
    above: dict[int, frozenset[int]] = {}
    for one in order:
        if one in containers:
            above[one] = frozenset(_walk(containers[one], parent, above))
    return above


def _walk(start: Iterable[int], parent: IntArray, above: Mapping[int, frozenset[int]]) -> set[int]:
    """These groups and everything around them."""
    found: set[int] = set()
    for one in start:
        for here in _chain(one, parent):
            if here in found:
                break
            found.add(here)
            found |= above.get(here, frozenset())
    return found


def _chain(start: int, parent: IntArray) -> Iterator[int]:
    here = start
    while here >= 0:
        yield here
        here = int(parent[here])
