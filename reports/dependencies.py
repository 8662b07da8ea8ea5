"""Dependencies still to come: what waits for what, where that crosses a border, where it cannot hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from reports.reading import Item, Views

State: TypeAlias = Literal["late", "undated", "fine", "met"]


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One dependency whose successor is still open.

    Attributes:
        state: `met` where the predecessor is done; `late` where it is expected to end after the successor
            starts, or its own date has passed; `undated` where one of the two days is not known, so that
            nobody can say; else `fine`.
        overlap_wd: working days by which it does not fit; None where that is unknown.
        crosses_project: from one project of the tree to another.
    """

    dependency_id: str
    predecessor_id: str
    successor_id: str
    type: str
    lag_wd: int | None
    predecessor_finish: date | None
    successor_start: date | None
    overlap_wd: int | None
    crosses_source: bool
    crosses_schedule: bool
    crosses_team: bool
    crosses_project: bool
    in_cycle: bool
    state: State


class Dependencies(msgspec.Struct, frozen=True, kw_only=True):
    """The graph.

    Attributes:
        edges: the late ones first, by how much they do not fit.
        items: the items at their ends, by id. One that is out of scope is missing.
        counts: how many edges there are of each state.
        between: (project of the predecessor, project of the successor) → (edges, late edges), where they
            differ; None is outside the tree.
    """

    edges: Sequence[Edge]
    items: Mapping[str, Item]
    counts: Mapping[State, int]
    between: Mapping[tuple[str | None, str | None], tuple[int, int]]


_ORDER: Mapping[State, int] = {"late": 0, "undated": 1, "fine": 2, "met": 3}


def dependencies(views: Views) -> Dependencies:
    """Gather the graph."""
    items: dict[str, Item] = {}
    edges: list[Edge] = []
    between: dict[tuple[str | None, str | None], tuple[int, int]] = {}
    for row in views.rows("dependency"):
        one, other = (views.by_id.get(row[name]) for name in ("predecessor_id", "successor_id"))
        if other is not None and not other.is_open:
            continue
        if row["predecessor_is_removed"] or (one is None and other is None):
            continue
        units = [None if end is None else views.unit_of(end) for end in (one, other)]
        is_border = one is not None and other is not None and units[0] != units[1]
        edge = _edge(row, is_border, views.scope.today)
        edges.append(edge)
        items |= {end.item_id: end for end in (one, other) if end is not None}
        if edge.crosses_project:
            pair = (units[0], units[1])
            count, late = between.get(pair, (0, 0))
            between[pair] = (count + 1, late + (edge.state == "late"))
    edges.sort(key=lambda one: (_ORDER[one.state], -(one.overlap_wd or 0), one.dependency_id))
    return Dependencies(
        edges=edges,
        items=items,
        counts={state: sum(edge.state == state for edge in edges) for state in _ORDER},
        between=between,
    )


def _edge(row: Mapping[str, object], crosses_project: bool, today: date) -> Edge:
    names = ("lag_wd", "predecessor_finish", "successor_start", "overlap_wd")
    flags = ("crosses_source", "crosses_schedule", "crosses_team", "in_cycle")
    return Edge(
        **{name: row[name] for name in ("dependency_id", "predecessor_id", "successor_id", "type", *names)},  # type: ignore[arg-type]
        **{name: bool(row[name]) for name in flags},  # type: ignore[arg-type]
        crosses_project=crosses_project,
        state=state_of(row, today),
    )


def state_of(row: Mapping[str, object], today: date) -> State:
    """The state of a row of the view `dependency`; see `Edge`."""
    if row["predecessor_is_done"]:
        return "met"
    finish, due, overlap = row["predecessor_finish"], row["predecessor_due"], row["overlap_wd"]
    if (isinstance(overlap, int) and overlap > 0) or (isinstance(due, date) and due < today):
        return "late"
    return "undated" if finish is None or row["successor_start"] is None else "fine"
