"""Parents and children as arrays: depth, leaves, ancestors, and sums that travel up level by level.

A parent chain that runs in a circle is cut where it closes; the members keep their own values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A forest over positions 0 … n-1.

    Attributes:
        parent: position of each item's parent, -1 for none.
        depth: 0 for a root.
        levels: positions by depth, deepest first, so that one pass carries sums from the leaves to the roots.
    """

    parent: IntArray
    depth: IntArray
    levels: tuple[IntArray, ...]

    @property
    def has_children(self) -> npt.NDArray[np.bool_]:
        """True for each position that is somebody's parent."""
        answer = np.zeros(len(self.parent), dtype=bool)
        answer[self.parent[self.parent >= 0]] = True
        return answer

    def sum_up(self, values: FloatArray) -> FloatArray:
        """For each position the sum over itself and everything below it; rows may hold several numbers."""
        total = values.astype(np.float64, copy=True)
        for level in self.levels:
            parents = self.parent[level]
            below = parents >= 0
            np.add.at(total, parents[below], total[level[below]])
        return total

    def maximum_up(self, values: IntArray) -> IntArray:
        """For each position the largest value of itself and everything below it, number by number."""
        best = values.copy()
        for level in self.levels:
            parents = self.parent[level]
            below = parents >= 0
            np.maximum.at(best, parents[below], best[level[below]])
        return best

    def nearest_ancestor(self, wanted: npt.NDArray[np.bool_]) -> IntArray:
        """For each position the nearest position above it where `wanted` holds, -1 where there is none."""
        nearest = np.full(len(self.parent), -1, dtype=np.int64)
        for level in reversed(self.levels):
            parents = self.parent[level]
            inner = level[parents >= 0]
            above = self.parent[inner]
            nearest[inner] = np.where(wanted[above], above, nearest[above])
        return nearest


def build_hierarchy(ids: Sequence[str], parent_ids: Sequence[str | None]) -> Hierarchy:
    """The forest of these items. A parent that is not among them counts as none."""
    position = {item: index for index, item in enumerate(ids)}
    return hierarchy_of(
        np.array([-1 if above is None else position.get(above, -1) for above in parent_ids], dtype=np.int64)
    )


def hierarchy_of(parents: IntArray) -> Hierarchy:
    """The forest in which each position has this parent, -1 for none."""
    parent = parents.copy()
    depth = _depths(parent)
    unreached = np.flatnonzero(depth < 0)
    if len(unreached):
        # Only a circle is unreachable from the roots. Its first member becomes a root.
        parent[_cuts(parent, unreached)] = -1
        depth = _depths(parent)
    # One sort, not one search per level: a chain has as many levels as members.
    deepest_first = np.argsort(-depth, kind="stable")
    stops = np.flatnonzero(np.diff(depth[deepest_first])) + 1
    levels = tuple(np.split(deepest_first, stops)) if len(parent) else ()
    return Hierarchy(parent, depth, levels)


def _depths(parent: IntArray) -> IntArray:
    """How deep each position lies below a root; -1 for what no root leads to."""
    depth = np.full(len(parent), -1, dtype=np.int64)
    current = np.flatnonzero(parent < 0)
    children_of = np.argsort(parent, kind="stable")[len(current) :]
    counts = np.bincount(parent[children_of], minlength=len(parent))
    starts = np.cumsum(counts) - counts
    level = 0
    while len(current):
        depth[current] = level
        level += 1
        current = children_of[spans(starts[current], counts[current])]
    return depth


def spans(starts: IntArray, counts: IntArray) -> IntArray:
    """The whole numbers of several ranges, one after the other: `counts` of them from each of `starts`."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)


def _cuts(parent: IntArray, unreached: IntArray) -> list[int]:
    """A position on each circle: the smallest, so that the cut is always the same."""
    above = dict(zip(unreached.tolist(), parent[unreached].tolist(), strict=True))
    seen: dict[int, int] = {}  # position → the walk that came by first
    cuts: list[int] = []
    for start in above:
        here = start
        while here not in seen:
            seen[here] = start
            here = above[here]
        if seen[here] != start:
            continue
        circle = [here]
        while (walker := above[circle[-1]]) != here:
            circle.append(walker)
        cuts.append(min(circle))
    return cuts


def members_of_cycles(node_count: int, edges: Sequence[tuple[int, int]]) -> set[int]:
    """Positions that lie on a directed cycle."""
    found = {start for start, stop in edges if start == stop}
    for circle in circles(node_count, edges):
        found.update(circle)
    return found


def circles(node_count: int, edges: Sequence[tuple[int, int]]) -> Iterator[list[int]]:  # noqa: C901 one algorithm, one invariant
    """Groups of two or more positions that all lead to one another.

    Tarjan's strongly connected components, without recursion.
    """
    following: list[list[int]] = [[] for _ in range(node_count)]
    for start, stop in edges:
        following[start].append(stop)
    index = [-1] * node_count
    low = [0] * node_count
    on_stack = [False] * node_count
    stack: list[int] = []
    counter = 0
    for root in range(node_count):
        if index[root] >= 0 or not following[root]:
            continue
        work = [(root, 0)]
        while work:
            node, step = work.pop()
            if step == 0:
                index[node] = low[node] = counter
                counter += 1
                stack.append(node)
                on_stack[node] = True
            elif on_stack[child := following[node][step - 1]]:
                low[node] = min(low[node], low[child])
            while step < len(following[node]):
                child = following[node][step]
                step += 1
                if index[child] < 0:
                    work.append((node, step))
                    work.append((child, 0))
                    break
                if on_stack[child]:
                    low[node] = min(low[node], index[child])
            else:
                if low[node] == index[node]:
                    component: list[int] = []
                    while True:
                        member = stack.pop()
                        on_stack[member] = False
                        component.append(member)
                        if member == node:
                            break
                    if len(component) > 1:
                        yield component
