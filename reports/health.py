"""How each portfolio, programme and project stands: the computed colour with its reason, and the declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from reports.reading import Item, Views

COLOURS = ("red", "amber", "green", "grey")  # worst first; grey is unknown, which is not fine
_RANK = {name: place for place, name in enumerate(COLOURS)}
_BETTER = {"green": 0, "amber": 1, "red": 2}


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the tree, or a plan or tracker project where no tree is configured.

    Attributes:
        level: portfolio, program, project, or schedule where there is no tree.
        depth: 0 for the top.
        health: red, amber, green, or grey: unknown. Never None.
        reason: why, in words.
        health_declared: what people declare; None where nobody does.
        gap: `better` where people declare better than is computed, `worse`, or None where they agree or one
            is unknown.
        open_items, overdue: open work below it, and how much of that has passed its date. Twins count once.
        by_health: the open work below it by colour, grey included; of twins by the worse one.
    """

    slug: str
    level: str
    parent: str | None
    depth: int
    name: str
    lead: str | None
    lead_problem: str | None
    health: str
    reason: str
    health_declared: str | None
    gap: str | None
    start: date | None
    commitment: date | None
    p50: date | None
    p80: date | None
    slip_wd: int | None
    percent_complete: float | None
    item_count: int | None
    open_items: int
    overdue: int
    by_health: Mapping[str, int]
    open_risks: int | None
    open_findings: int | None
    worst_finding: str | None
    budget: float | None
    actual_cost: float | None
    forecast_cost: float | None
    currency: str | None
    earned_value: float | None
    cost_performance: float | None


def tree(views: Views) -> list[Node]:
    """The tree in scope, top-down; without a tree the plans and tracker projects, worst first."""
    rows = [row for row in views.tree_rows if views.contains((row["slug"],))]
    if not rows:
        return _schedules(views)
    items = _by_slug(views.work)
    children: dict[str | None, list[dict[str, Any]]] = {}
    slugs = {row["slug"] for row in rows}
    for row in rows:
        children.setdefault(row["parent"] if row["parent"] in slugs else None, []).append(row)
    found: list[Node] = []

    def walk(parent: str | None, depth: int) -> None:
        for row in sorted(children.get(parent, ()), key=_order):
            found.append(_node(row, depth, _work(views, items.get(row["slug"], []))))
            walk(row["slug"], depth + 1)

    walk(None, 0)
    return found


def projects(nodes: Sequence[Node]) -> list[Node]:
    """The nodes that hold work themselves: projects, or the plans where there is no tree."""
    return [node for node in nodes if node.level in ("project", "schedule")]


def counted(nodes: Iterable[Node]) -> dict[str, int]:
    """How many there are of each colour, worst first; none is said as 0."""
    counts = Counter(node.health for node in nodes)
    return {colour: counts.get(colour, 0) for colour in COLOURS}


def _by_slug(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        for slug in {item.project, item.program, item.portfolio} - {None}:
            found.setdefault(str(slug), []).append(item)
    return found


def _order(row: Mapping[str, Any]) -> tuple[int, str]:
    return (_RANK.get(row["health"] or "grey", 3), str(row["name"] or row["slug"]).casefold())


def _node(row: Mapping[str, Any], depth: int, work: Mapping[str, Any]) -> Node:
    names = [name for name in Node.__struct_fields__ if name in row]
    values = {name: row[name] for name in names if name not in ("health", "level", "name")}
    return Node(
        **values,
        level=row["level"] or "project",
        name=row["name"] or row["slug"],
        depth=depth,
        health=row["health"] or "grey",
        reason=row["health_reason"] or "nothing is known about it",
        gap=gap(row["health_declared"], row["health"]),
        **work,
    )


def _work(views: Views, work: Sequence[Item]) -> dict[str, Any]:
    return {
        "open_items": views.pieces(work),
        "overdue": views.pieces(one for one in work if one.is_overdue),
        "by_health": _colours(views, work),
    }


def _colours(views: Views, items: Iterable[Item]) -> dict[str, int]:
    worst: dict[str, int] = {}
    for one in items:
        piece = views.piece(one)
        worst[piece] = min(worst.get(piece, len(COLOURS)), _RANK.get(one.health or "grey", _RANK["grey"]))
    counts = Counter(COLOURS[rank] for rank in worst.values())
    return {colour: counts.get(colour, 0) for colour in COLOURS}


def gap(declared: str | None, computed: str | None) -> str | None:
    """Whether people declare `better` or `worse` than is computed; None if they agree or one is unknown."""
    if declared not in _BETTER or computed not in _BETTER or declared == computed:
        return None
    return "better" if _BETTER[declared] < _BETTER[computed] else "worse"


def _schedules(views: Views) -> list[Node]:
    """One node for each plan or tracker project. Its reason is counted, because the view gives none."""
    by_schedule: dict[str, list[Item]] = {}
    for item in views.open_items:
        by_schedule.setdefault(item.schedule_id or "", []).append(item)
    by_schedule_work: dict[str, list[Item]] = {}
    for item in views.work:
        by_schedule_work.setdefault(item.schedule_id or "", []).append(item)
    live: dict[str, int] = Counter(
        subject.schedule_id or ""
        for finding in views.live_findings
        if (subject := views.by_id.get(finding.item_id or "")) is not None
    )
    found = []
    for row in views.rows("schedule"):
        items = by_schedule.get(row["schedule_id"], [])
        work = _work(views, by_schedule_work.get(row["schedule_id"], []))
        colours = work["by_health"]
        found.append(
            Node(
                slug=row["schedule_id"],
                level="schedule",
                parent=None,
                depth=0,
                name=row["name"],
                lead=row["lead"],
                lead_problem=row["lead_problem"],
                health=row["health"] or "grey",
                reason=_counted_reason(colours, work["open_items"]),
                health_declared=row["health_declared"],
                gap=gap(row["health_declared"], row["health"]),
                start=min((one.start for one in items if one.start), default=None),
                commitment=max((one.commitment for one in items if one.commitment), default=None),
                p50=_latest(one.p50 for one in items if one.is_leaf),
                p80=_latest(one.p80 for one in items if one.is_leaf),
                slip_wd=max((one.slip_wd for one in items if one.slip_wd is not None), default=None),
                percent_complete=row["percent_complete"],
                item_count=row["item_count"],
                **work,
                open_risks=sum(one.kind == "risk" for one in items),
                open_findings=live.get(row["schedule_id"], 0),
                worst_finding=None,
                budget=row["budget"],
                actual_cost=row["actual_cost"],
                forecast_cost=row["forecast_cost"],
                currency=row["currency"],
                earned_value=None,
                cost_performance=None,
            )
        )
    return sorted(found, key=lambda one: (_RANK[one.health], one.name.casefold()))


def _latest(days: Iterable[date | None]) -> date | None:
    """The latest day; None unless all are known."""
    known = list(days)
    return None if not known or None in known else max(day for day in known if day is not None)


def _counted_reason(colours: Mapping[str, int], count: int) -> str:
    if not count:
        return "it has no open task"
    parts = [f"{colours[name]:,} {name}" for name in COLOURS if colours[name]]
    return f"of {count:,} open tasks: {', '.join(parts).replace('grey', 'unknown')}"
