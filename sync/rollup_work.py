"""The portfolio as the rollup sees it: pieces of work, what each is known for, and what contains what.

Positions 0 … n-1 are classes of items (`sync/work_classes.py`); behind them stand the nodes of the PMO's own
tree and then the schedules, which contain work as an epic does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.findings import severity_rank
from schedule.calendars import WorkCalendar
from schedule.containment import Containment, contain
from schedule.health import GREEN, Health, HealthThresholds, own_health
from schedule.hierarchy import Hierarchy, build_hierarchy
from sync.health_limits import HealthLimits
from sync.placement import TreeNode
from sync.rollup_sides import COLUMNS, Known, ignorance, known_of
from sync.work_classes import COLUMNS as IDENTITY
from sync.work_classes import WorkClasses, classes_of, join_twins

if TYPE_CHECKING:
    from store import Store

_OPEN = ("open", "acknowledged")
_DERIVED = (
    "item_id", "portfolio", "program", "project", "is_leaf", "effective_due", "effective_due_source",
    "commitment", "committed_at", "slip_wd", "slip_pair", "p50", "p80",
)  # fmt: skip
_ITEM = tuple(
    dict.fromkeys((*IDENTITY, "type", "status", "due", *(one for one in COLUMNS if one not in _DERIVED)))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The open findings of each class.

    Attributes:
        counts: how many are about this class and no other.
        shared: the classes of each finding that is about several.
        worst: the highest rank, -1 for none.
        item_worst: the highest rank of each item's.
    """

    counts: list[int]
    shared: list[list[int]]
    worst: list[int]
    item_worst: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything the rollup sums up.

    Attributes:
        columns: of all live items.
        classes: the pieces of work they form.
        live: the sides of each class that are not removed.
        known: what each class is known for.
        containment: over the classes, and the nodes behind them.
        nodes: the PMO's tree, with the position of each node.
        schedules: the schedules, with the position of each.
        stale: the sources that could not be read.
        limits: when the colours of each position turn.
        calendar: the portfolio's.
        own_colours: the colour of each item by itself.
        shown_before: the colour that each position showed at the last look.
        is_top: the classes that stand directly in a node or schedule, not through other work there.
    """

    columns: dict[str, list[Any]]
    classes: WorkClasses
    live: list[Sequence[int]]
    known: Known
    findings: Findings
    containment: Containment
    nodes: list[tuple[TreeNode, int]]
    schedules: list[tuple[str, int]]
    stale: list[str]
    limits: list[HealthThresholds]
    calendar: WorkCalendar
    own_colours: list[str]
    shown_before: list[str | None]
    is_top: list[bool]


def read_work(
    store: Store, tree: Sequence[TreeNode], *, calendar: WorkCalendar, limits: HealthLimits
) -> Work:
    """Everything the rollup reads, and what follows for each piece of work by itself."""
    columns = store.read("tracker_item", _ITEM)
    derived = store.read("derived_item", _DERIVED)
    by_id = {item: index for index, item in enumerate(derived["item_id"])}
    order = [by_id.get(item) for item in columns["item_id"]]
    for name in _DERIVED[1:]:
        columns[name] = [None if index is None else derived[name][index] for index in order]
    classes = join_twins(store, columns)
    live = classes.live(columns)
    nodes = [(node, len(live) + index) for index, node in enumerate(tree)]
    in_schedules = sorted({one for one in columns["schedule_id"] if one is not None})
    schedules = [(one, len(live) + len(nodes) + index) for index, one in enumerate(in_schedules)]
    parents = build_hierarchy(columns["item_id"], columns["parent_id"])
    findings = _findings(store, classes)
    stale = sorted(name for name, state in store.sources().items() if state.error is not None)
    unknown = ignorance(
        columns,
        parents.nearest_ancestor(np.array([day is not None for day in columns["due"]], dtype=bool)).tolist(),
        frozenset(stale),
        _unmapped(store),
    )

    here = zip(columns["project"], columns["program"], columns["portfolio"], strict=True)
    limits_of = [limits.at(*place) for place in here]
    own_before, shown_before = _before(store, columns["item_id"])
    own_colours = [GREEN] * len(limits_of)

    def own(side: int, severity: str | None) -> Health:
        slip_wd, span_wd, promise = columns["slip_wd"][side], None, "the commitment"
        promised, p80 = columns["commitment"][side], columns["p80"][side]
        if slip_wd is None and unknown[side] is None:
            # Its iteration, its release or its parent promises the date: it is late against that.
            promised, promise = columns["effective_due"][side], "its date"
            slip_wd = calendar.working_days_between(promised, columns["p50"][side])
        late_slip_wd = None if p80 is None else calendar.working_days_between(promised, p80)
        if max(slip_wd or 0, late_slip_wd or 0) > 0:
            span_wd = calendar.working_days_between(columns["start"][side], promised)
        health = own_health(
            slip_wd, span_wd, severity, unknown=unknown[side], late_slip_wd=late_slip_wd,
            before=own_before[side], limits=limits_of[side], promise=promise,
        )  # fmt: skip
        own_colours[side] = health.colour
        return health

    placed = [*_places(columns, live, nodes, parents), *_in_schedules(columns, live, schedules, parents)]
    directly = {member for member, _ in placed}
    edges = [*classes.edges(columns, live), *_above_nodes(nodes), *placed]
    node_before = {
        **_colours(store, "derived_project", "slug"),
        **_colours(store, "derived_schedule_health", "schedule_id"),
    }
    behind = [*((node.slug, limits.of(node.slug)) for node, _ in nodes)]
    behind += [(schedule, limits.base) for schedule, _ in schedules]
    return Work(
        columns=columns,
        classes=classes,
        live=live,
        known=known_of(columns, classes, live, findings.item_worst, own),
        findings=findings,
        containment=contain(len(live) + len(behind), edges),
        nodes=nodes,
        schedules=schedules,
        stale=stale,
        limits=[*(limits_of[sides[0]] for sides in live), *(limit for _, limit in behind)],
        calendar=calendar,
        own_colours=own_colours,
        shown_before=[
            *(shown_before[sides[0]] for sides in live), *(node_before.get(name) for name, _ in behind)
        ],
        is_top=[one in directly for one in range(len(live))],
    )  # fmt: skip


def _before(store: Store, items: Sequence[str]) -> tuple[list[str | None], list[str | None]]:
    """The colour that each item had by itself, and the one it showed, after the last rollup."""
    rows = store.read("derived_rollup", ("item_id", "own_health", "health"))
    found = {item: (own, shown) for item, own, shown in zip(*rows.values(), strict=True)}
    pairs = [found.get(item, (None, None)) for item in items]
    return [own for own, _ in pairs], [shown for _, shown in pairs]


def _colours(store: Store, table: str, key: str) -> dict[str, str | None]:
    rows = store.read(table, (key, "health"))
    return dict(zip(rows[key], rows["health"], strict=True))


def _above_nodes(nodes: Sequence[tuple[TreeNode, int]]) -> Iterator[tuple[int, int]]:
    position = {node.slug: here for node, here in nodes}
    for node, here in nodes:
        if node.parent in position:
            yield here, position[node.parent]


def _places(
    columns: dict[str, list[Any]],
    live: Sequence[Sequence[int]],
    nodes: Sequence[tuple[TreeNode, int]],
    parents: Hierarchy,
) -> Iterator[tuple[int, int]]:
    """(member, container) pairs that lead into the PMO's tree.

    An item whose parent stands at the same place is there through its parent. In a circle of parents, which
    the hierarchy has cut, one member has no parent and is there by itself.
    """
    position = {node.slug: here for node, here in nodes}
    places = zip(columns["project"], columns["program"], columns["portfolio"], strict=True)
    place = [project or program or portfolio for project, program, portfolio in places]
    return _directly(place, position, live, parents)


def _in_schedules(
    columns: dict[str, list[Any]],
    live: Sequence[Sequence[int]],
    schedules: Sequence[tuple[str, int]],
    parents: Hierarchy,
) -> Iterator[tuple[int, int]]:
    """(member, schedule) pairs; work whose parent stands in the same schedule is there through its parent."""
    return _directly(columns["schedule_id"], dict(schedules), live, parents)


def _directly(
    place: Sequence[str | None],
    position: Mapping[str, int],
    live: Sequence[Sequence[int]],
    parents: Hierarchy,
) -> Iterator[tuple[int, int]]:
    counts = [False] * len(place)
    for sides in live:
        for side in sides:
            counts[side] = True
    parent = parents.parent.tolist()
    for one, sides in enumerate(live):
        for side in sides:
            above = parent[side]
            is_there = above >= 0 and counts[above] and place[above] == place[side]
            around = place[side]
            if around is not None and around in position and not is_there:
                yield one, position[around]


def _findings(store: Store, classes: WorkClasses) -> Findings:
    found = Findings(
        counts=[0] * len(classes.sides),
        shared=[],
        worst=[-1] * len(classes.sides),
        item_worst=[-1] * len(classes.of_item),
    )
    for finding in store.findings(states=_OPEN):
        rank = severity_rank(finding.severity)
        for item in (finding.item_id, *finding.comment_items):
            here = None if item is None else classes.position.get(item)
            if here is not None:
                found.item_worst[here] = max(found.item_worst[here], rank)
        about = classes_of(finding, classes)
        for one in about:
            found.worst[one] = max(found.worst[one], rank)
        if len(about) == 1:
            found.counts[about[0]] += 1
        elif about:
            found.shared.append(about)
    return found


def _unmapped(store: Store) -> frozenset[tuple[str, str]]:
    rows = store.read("tracker_unmapped", ("source", "what", "value"))
    return frozenset(
        (source, value)
        for source, what, value in zip(*rows.values(), strict=True)
        if what in ("status", "state")
    )
