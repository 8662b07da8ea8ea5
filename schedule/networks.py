"""Networks of dependencies as arrays: what runs in a circle.

Most of a portfolio's network runs in no circle, and what does not is peeled off from both sides, a level at a
time, before the rest is searched.
"""

from __future__ import annotations

import numpy as np

from schedule.hierarchy import IntArray, circles, spans

# A peeled level that is smaller than this is followed edge by edge: a chain has as many levels as members.
_SMALL_LEVEL = 32


def circle_of(node_count: int, before: IntArray, after: IntArray) -> IntArray:
    """For each node a number that it shares with those with which it lies in a circle; -1 for no circle.

    Args:
        node_count: nodes are 0 … n-1.
        before: for each edge the node that it leaves.
        after: for each edge the node that it leads to.
    """
    answer = np.full(node_count, -1, dtype=np.int64)
    left = np.arange(len(before), dtype=np.int64)
    for _ in range(2):
        # First what no circle leads to goes, then, with all edges turned round, what leads to none.
        peeled = _peeled(node_count, before[left], after[left])
        left = left[~(peeled[before[left]] | peeled[after[left]])]
        before, after = after, before
    nodes, ends = np.unique(np.concatenate([before[left], after[left]]), return_inverse=True)
    if not len(nodes):
        return answer
    starts, stops = ends[: len(left)].tolist(), ends[len(left) :].tolist()
    edges = list(zip(starts, stops, strict=True))
    for start, stop in edges:
        if start == stop:
            answer[nodes[start]] = nodes[start]
    for circle in circles(len(nodes), edges):
        answer[nodes[circle]] = nodes[min(circle)]
    return answer


def in_circle(
    node_count: int, before: IntArray, after: IntArray
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where an edge lies on a circle: both its ends are in the same one."""
    circle = circle_of(node_count, before, after)
    return np.asarray((circle[before] >= 0) & (circle[before] == circle[after]), dtype=bool)


def _peeled(node_count: int, before: IntArray, after: IntArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The nodes that no circle leads to: those without predecessors, taken away again and again."""
    waiting = np.bincount(after, minlength=node_count)
    counts = np.bincount(before, minlength=node_count)
    starts = np.cumsum(counts) - counts
    following = after[np.argsort(before, kind="stable")]
    peeled = np.zeros(node_count, dtype=bool)
    current = np.flatnonzero(waiting == 0)
    while len(current) >= _SMALL_LEVEL:
        peeled[current] = True
        reached = following[spans(starts[current], counts[current])]
        np.subtract.at(waiting, reached, 1)
        current = np.unique(reached[waiting[reached] == 0])
    ready = current.tolist()
    while ready:
        node = ready.pop()
        peeled[node] = True
        for reached_one in following[starts[node] : starts[node] + counts[node]].tolist():
            waiting[reached_one] -= 1
            if waiting[reached_one] == 0:
                ready.append(reached_one)
    return peeled
