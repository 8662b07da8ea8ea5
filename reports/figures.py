"""Every figure of a report, gathered once: the page, the pack and the spreadsheet show the same ones.

`gather` reads views through the store and computes no rule, no forecast and no colour of its own; what a view
does not know stays None, and whoever shows it says `unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from portfolio.agenda import Meeting, meetings
from reports.changes import Changes, changes
from reports.costs import Costs, costs
from reports.decisions import Decision, decisions
from reports.dependencies import Dependencies, dependencies
from reports.health import Node, counted, projects, tree
from reports.metrics import Metrics, metrics
from reports.people import People, people
from reports.quality import Quality, quality
from reports.reading import Finding, Item, Scope, Views
from reports.risks import Risks, risks
from reports.roadmap import Roadmap, roadmap
from reports.scope import deciding
from reports.slips import Slips, slips

if TYPE_CHECKING:
    from store import RunEvent, Store

LOOK_AHEAD_DAYS = 400


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is said first.

    Attributes:
        projects: how many projects there are of each colour, worst first; grey is unknown.
        open_items, overdue: open work, and how much of it has passed its date. Twins count once.
        slipping: open work that is forecast later than promised.
        worst_slip: the item that slips most, and by how many working days; None where nothing slips.
        open_risks, high_risks: open risks, and those with an exposure of 12 and more.
        unowned: committed work and risks whose owner cannot act.
        findings: live findings by severity.
        next_meeting: the next meeting of a committee that decides about it; None where none is configured.
    """

    projects: Mapping[str, int]
    open_items: int
    overdue: int
    slipping: int
    worst_slip: Item | None
    open_risks: int
    high_risks: int
    unowned: int
    findings: Mapping[str, int]
    next_meeting: Meeting | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All figures, for one day and one scope.

    Attributes:
        derived: the day for which colours, forecasts, slips and findings hold, where that is not `today`.
        is_derived: False where nothing was worked out yet; no figure means anything then.
        work: open work, both sides of twins; `sides` says which items are one piece of it.
    """

    title: str
    today: date
    made_at: datetime
    since: date
    since_what: str
    derived: date | None
    is_derived: bool
    scope_slug: str | None
    has_tree: bool
    stale_sources: Sequence[str]
    summary: Summary
    nodes: Sequence[Node]
    changes: Changes
    decisions: Sequence[Decision]
    roadmap: Roadmap
    slips: Slips
    risks: Risks
    people: People
    dependencies: Dependencies
    costs: Costs
    quality: Quality
    metrics: Metrics
    findings: Sequence[Finding]
    work: Sequence[Item]
    sides: Mapping[str, tuple[str, ...]]
    open_items: Sequence[Item]
    done_items: Sequence[Item]


def gather(
    store: Store,
    scope: Scope,
    *,
    events: Sequence[RunEvent] = (),
    compared_with: datetime | None = None,
) -> Report:
    """Read everything that reports show.

    Args:
        store: an open store.
        scope: the day, the part of the tree, what to compare with.
        events: what the runs since `scope.since` changed, without what was taken back.
        compared_with: when the last run before them began; None where there was none.

    Raises:
        UsageError: the scope names a slug that the tree does not have.
    """
    views = Views(store, scope)
    nodes = tree(views)
    slipped = slips(views)
    register = risks(views)
    trust = quality(views)
    carried = people(views)
    return Report(
        title=_title(nodes, scope),
        today=scope.today,
        made_at=scope.now,
        since=scope.since,
        since_what=scope.since_what,
        derived=scope.derived,
        is_derived=scope.is_derived,
        scope_slug=scope.slug,
        has_tree=bool(views.tree_rows),
        stale_sources=[one.source for one in trust.sources if one.is_stale],
        summary=_summary(views, nodes, slipped, register, carried),
        nodes=nodes,
        changes=changes(views, events, compared_with),
        decisions=decisions(views, nodes),
        roadmap=roadmap(views),
        slips=slipped,
        risks=register,
        people=carried,
        dependencies=dependencies(views),
        costs=costs(nodes),
        quality=trust,
        metrics=metrics(views),
        findings=views.findings,
        work=views.work,
        sides=views.sides,
        open_items=views.open_items,
        done_items=views.done_items,
    )


def _title(nodes: Sequence[Node], scope: Scope) -> str:
    tops = [node for node in nodes if node.depth == 0 and node.level != "schedule"]
    if scope.slug is not None:
        return next((node.name for node in nodes if node.slug == scope.slug), scope.slug)
    if tops:
        return ", ".join(node.name for node in tops)
    return nodes[0].name if len(nodes) == 1 else "Portfolio"


def _summary(
    views: Views, nodes: Sequence[Node], slipped: Slips, register: Risks, carried: People
) -> Summary:
    work = views.work
    worst = next((one.item for one in slipped.rows if (one.item.slip_wd or 0) > 0), None)
    live: dict[str, int] = {}
    for one in views.live_findings:
        live[one.severity] = live.get(one.severity, 0) + 1
    scope = views.scope
    mine = deciding(scope.committees, views.tree_rows, scope.slug)
    ahead = meetings(mine, scope.today, date.fromordinal(scope.today.toordinal() + LOOK_AHEAD_DAYS))
    return Summary(
        projects=counted(projects(nodes)),
        open_items=views.pieces(work),
        overdue=views.pieces(one for one in work if one.is_overdue),
        slipping=views.pieces(one for one in work if (one.slip_wd or 0) > 0),
        worst_slip=worst,
        open_risks=len(register.rows),
        high_risks=sum((one.exposure or 0) >= 12 for one in register.rows),
        unowned=carried.open_items - carried.covered,
        findings=live,
        next_meeting=ahead[0] if ahead else None,
    )
