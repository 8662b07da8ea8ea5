"""The logic of a plan as a graph without circles, in levels: what a level needs stands in earlier ones.

A link on a summary task binds the tasks below it. Instead of one edge for each pair of them, all predecessors
lead into a *gate* and the gate leads to all successors, so the number of edges grows with their sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from schedule.hierarchy import circles
from schedule.plan_network import BoolArray, IntArray, LinkType, PlanLinks, PlanTasks

# Edges into a gate, besides `LinkType`: it opens when the last of them finishes, or when the first starts.
INTO_FINISH_GATE = 4
INTO_START_GATE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The edges of the graph, in columns. `origin` is the position of the link that an edge comes from."""

    before: IntArray
    after: IntArray
    type: IntArray
    origin: IntArray

    def where(self, wanted: BoolArray | IntArray) -> Edges:
        """Some of the edges, or all in another order."""
        return Edges(
            before=self.before[wanted],
            after=self.after[wanted],
            type=self.type[wanted],
            origin=self.origin[wanted],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """The graph of a plan.

    Attributes:
        node_count: tasks, and after them the gates.
        is_scheduled: for each task whether it is a node: active and not a summary.
        is_summary: for each task.
        level: for each node; 0 where nothing precedes it.
        circles: groups of tasks that waited for one another.
        cut_links: positions of the links that were taken out for that.
    """

    node_count: int
    is_scheduled: BoolArray
    is_summary: BoolArray
    edges: Edges
    level: IntArray
    circles: Sequence[Sequence[int]]
    cut_links: Sequence[int]


def logic_of(tasks: PlanTasks, links: PlanLinks) -> Logic:
    """The graph of these tasks and links; those of inactive tasks, or of a task with itself, are left out."""
    count = len(tasks)
    is_summary = np.zeros(count, dtype=bool)
    is_summary[tasks.parent[(tasks.parent >= 0) & tasks.is_active]] = True
    is_scheduled = tasks.is_active & ~is_summary
    edges, node_count = _edges(tasks, links, is_summary, is_scheduled)
    loops = sorted({int(one) for one in links.predecessor[links.predecessor == links.successor]})
    cut = set(np.flatnonzero(links.predecessor == links.successor).tolist())
    level, is_open = _levels(node_count, edges)
    found = [[one] for one in loops]
    if is_open.any():
        closed = edges.where(is_open[edges.before] & is_open[edges.after])
        pairs = list(zip(closed.before.tolist(), closed.after.tolist(), strict=True))
        found += [sorted(node for node in one if node < count) for one in circles(node_count, pairs)]
        named = {node for one in found for node in one}
        # A link between a task and the summary above it leads from the task to itself.
        found += [[node] for node in sorted({a for a, b in pairs if a == b} - named)]
        cut.update(_closing_links(node_count, closed))
        edges = edges.where(~np.isin(edges.origin, sorted(cut)))
        level, _ = _levels(node_count, edges)
    return Logic(
        node_count=node_count,
        is_scheduled=is_scheduled,
        is_summary=is_summary,
        edges=edges,
        level=level,
        circles=sorted(found),
        cut_links=sorted(cut),
    )


def _edges(
    tasks: PlanTasks, links: PlanLinks, is_summary: BoolArray, is_scheduled: BoolArray
) -> tuple[Edges, int]:
    before, after = links.predecessor, links.successor
    is_plain = is_scheduled[before] & is_scheduled[after] & (before != after)
    numbers = np.arange(len(links), dtype=np.int64)
    columns = [
        [before[is_plain]],
        [after[is_plain]],
        [links.type[is_plain]],
        [numbers[is_plain]],
    ]
    on_summary = np.flatnonzero((is_summary[before] | is_summary[after]) & (before != after))
    wanted = np.zeros(len(tasks), dtype=bool)
    wanted[before[on_summary]] = wanted[after[on_summary]] = True
    below = _leaves_below(tasks.parent, wanted & is_summary, is_scheduled)
    nobody = np.empty(0, dtype=np.int64)
    gate = len(tasks)

    def add(from_nodes: IntArray, to_nodes: IntArray, kind: int, link: int) -> None:
        size = max(len(from_nodes), len(to_nodes))
        values = (from_nodes, to_nodes, np.array([kind]), np.array([link]))
        for column, part in zip(columns, values, strict=True):
            column.append(np.broadcast_to(part, size))

    for link in on_summary.tolist():
        first, last = int(before[link]), int(after[link])
        sources, targets = (
            below.get(end, nobody)
            if is_summary[end]
            else np.array([end] if is_scheduled[end] else [], dtype=np.int64)
            for end in (first, last)
        )
        if not len(sources) or not len(targets):
            continue
        kind = int(links.type[link])
        if is_summary[first]:
            into = INTO_FINISH_GATE if kind in (LinkType.FS, LinkType.FF) else INTO_START_GATE
            add(sources, np.array([gate]), into, link)
            sources = np.array([gate])
            gate += 1
        add(sources, targets, kind, link)
    made = [np.concatenate(column).astype(np.int64) for column in columns]
    return Edges(before=made[0], after=made[1], type=made[2], origin=made[3]), gate


def _leaves_below(parent: IntArray, wanted: BoolArray, is_scheduled: BoolArray) -> dict[int, IntArray]:
    """For each wanted summary the scheduled tasks anywhere below it, in the order of the plan."""
    leaves = np.flatnonzero(is_scheduled)
    above = parent[leaves]
    pairs: list[tuple[IntArray, IntArray]] = []
    while wanted.any() and (above >= 0).any():
        inside = above >= 0
        leaves, above = leaves[inside], above[inside]
        hit = wanted[above]
        pairs.append((above[hit], leaves[hit]))
        above = parent[above]
    if not any(len(one) for one, _ in pairs):
        return {}
    summaries = np.concatenate([one for one, _ in pairs])
    members = np.concatenate([one for _, one in pairs])
    order = np.lexsort((members, summaries))
    summaries, members = summaries[order], members[order]
    names, starts = np.unique(summaries, return_index=True)
    return dict(zip(names.tolist(), np.split(members, starts[1:]), strict=True))


def _levels(node_count: int, edges: Edges) -> tuple[IntArray, BoolArray]:
    """(level of each node, the nodes that never come up because they lie on or behind a circle)."""
    following = _following(node_count, edges)
    waiting = np.bincount(edges.after, minlength=node_count).tolist()
    level = [0] * node_count
    ready = [node for node, count in enumerate(waiting) if count == 0]
    for node in ready:  # grows while it is walked
        next_level = level[node] + 1
        for _, other in following.get(node, ()):
            level[other] = max(level[other], next_level)
            waiting[other] -= 1
            if waiting[other] == 0:
                ready.append(other)
    return np.array(level, dtype=np.int64), np.array(waiting, dtype=np.int64) > 0


def _following(node_count: int, edges: Edges) -> dict[int, list[tuple[int, int]]]:
    """For each node with successors (edge, successor), in the order of the links."""
    found: dict[int, list[tuple[int, int]]] = {}
    pairs = zip(edges.before.tolist(), edges.after.tolist(), strict=True)
    for edge, (before, after) in enumerate(pairs):
        found.setdefault(before, []).append((edge, after))
    return found


def _closing_links(node_count: int, edges: Edges) -> Iterator[int]:
    """The links that close a circle when the tasks are walked in the order of the plan, depth first."""
    following = _following(node_count, edges)
    origin = edges.origin.tolist()
    on_path = [False] * node_count
    is_done = [False] * node_count
    for root in sorted(following):
        if is_done[root]:
            continue
        path = [(root, 0)]
        on_path[root] = True
        while path:
            node, step = path.pop()
            steps = following.get(node, ())
            if step == len(steps):
                on_path[node], is_done[node] = False, True
                continue
            path.append((node, step + 1))
            edge, other = steps[step]
            if on_path[other]:
                yield origin[edge]
            elif not is_done[other]:
                on_path[other] = True
                path.append((other, 0))
