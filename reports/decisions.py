"""What a committee is asked to decide: open findings that a project cannot settle alone, in groups.

A group is one kind of decision in one project, so that a page of findings becomes a handful of questions.
What is acknowledged or muted is known to somebody and is not asked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from portfolio.findings import severity_rank
from reports.health import Node
from reports.reading import Finding, Item, Views

ASKED_FROM = "high"  # the severity from which a finding is the committee's business

# Kind of decision → what is asked. `{n}` is how many items it is about.
QUESTIONS: Mapping[str, tuple[str, str]] = {
    "date": ("Accept a later date, or recover it", "Accept {n} later dates, or recover them"),
    "owner": ("Name one person who answers for it", "Name one person for each of {n} items"),
    "risk": ("Decide how to respond to a risk", "Decide how to respond to {n} risks"),
    "dependency": (
        "Settle who moves: one item waits for another",
        "Settle who moves: {n} items wait for others",
    ),
    "conflict": (
        "Say which value holds: trackers disagree",
        "Say which value holds: trackers disagree {n} times",
    ),
    "scope": ("Decide on a gate or the scope", "Decide on {n} gates or changes of scope"),
    "plan": ("Have a plan put in order", "Have a plan put in order: {n} checks fail"),
    "asked": ("Take a decision that a tracker asks for", "Take {n} decisions that trackers ask for"),
}
_BY_GROUP: Mapping[str, str] = {
    "schedule-slip": "date",
    "delivery": "date",
    "ownership": "owner",
    "risk": "risk",
    "dependency": "dependency",
    "data-quality": "conflict",
    "governance": "scope",
    "schedule-quality": "plan",
}
_BY_RULE: Mapping[str, str] = {"risk-unowned": "owner", "blocked-by-unowned": "owner", "source-stale": ""}
# What a director knows by name comes before a story.
_KIND_RANK = {"initiative": 0, "milestone": 1, "gate": 1, "epic": 2, "feature": 3, "risk": 3}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One question for the committee.

    Attributes:
        decision_id: stable while the question is: the kind and the project.
        kind: a key of `QUESTIONS`.
        question: what is asked, in words.
        project, project_name: where; None is outside the tree.
        lead: who answers for that project.
        severity: of the worst finding in it.
        count: how many different things it is about.
        findings: the findings behind it, the worst first.
        items: what they are about, the most important first.
        slip_wd: the furthest slip among them; None where none is known.
        action: what the first finding advises.
        due: until when, where a tracker says so.
    """

    decision_id: str
    kind: str
    question: str
    project: str | None
    project_name: str
    lead: str | None
    severity: str
    count: int
    findings: Sequence[Finding]
    items: Sequence[Item]
    slip_wd: int | None
    action: str
    due: date | None


def decisions(views: Views, nodes: Sequence[Node]) -> list[Decision]:
    """The questions, the most pressing first."""
    groups: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in views.live_findings:
        kind = kind_of(finding)
        if kind and finding.state == "open" and severity_rank(finding.severity) >= severity_rank(ASKED_FROM):
            groups.setdefault((kind, views.place_of(finding)), []).append(finding)
    names = {node.slug: node for node in nodes}
    found = [_decision(views, kind, project, some, names) for (kind, project), some in groups.items()]
    found += _asked(views, names)
    return sorted(
        found,
        key=lambda one: (
            -severity_rank(one.severity),
            -(one.slip_wd or 0),
            -one.count,
            one.project_name,
            one.kind,
        ),
    )


def kind_of(finding: Finding) -> str:
    """The kind of decision that a finding asks for; empty where a committee cannot help."""
    return _BY_RULE.get(finding.rule, _BY_GROUP.get(finding.rule_group, "scope"))


def _decision(
    views: Views, kind: str, project: str | None, findings: list[Finding], names: Mapping[str, Node]
) -> Decision:
    subjects = {one.finding_id: views.subject_of(one) for one in findings}
    ranked = sorted(
        findings,
        key=lambda one: (
            -severity_rank(one.severity),
            *_weight(subjects[one.finding_id]),
            one.finding_id,
        ),
    )
    items: dict[str, Item] = {}
    for one in ranked:
        if (item := subjects[one.finding_id]) is not None:
            items.setdefault(item.item_id, item)
    count = views.pieces(items.values()) + sum(one is None for one in subjects.values())
    slips = [one.slip_wd for one in items.values() if one.slip_wd is not None]
    return Decision(
        decision_id=_id(kind, project),
        kind=kind,
        question=QUESTIONS[kind][count > 1].format(n=count),
        project=project,
        project_name=_name(project, names),
        lead=_lead(project, names),
        severity=ranked[0].severity,
        count=count,
        findings=ranked,
        items=list(items.values()),
        slip_wd=max(slips, default=None),
        action=ranked[0].action,
        due=None,
    )


def _asked(views: Views, names: Mapping[str, Node]) -> list[Decision]:
    """Open work items of kind `decision`: what people themselves put before the committee."""
    groups: dict[str | None, list[Item]] = {}
    for item in views.open_items:
        if item.kind == "decision":
            groups.setdefault(views.unit_of(item), []).append(item)
    return [
        Decision(
            decision_id=_id("asked", project),
            kind="asked",
            question=QUESTIONS["asked"][views.pieces(items) > 1].format(n=views.pieces(items)),
            project=project,
            project_name=_name(project, names),
            lead=_lead(project, names),
            severity="high" if any(one.is_overdue for one in items) else "medium",
            count=views.pieces(items),
            findings=(),
            items=sorted(items, key=lambda one: (one.due is None, one.due, one.key)),
            slip_wd=None,
            action="Decide, and close the item in its tracker.",
            due=min((one.due for one in items if one.due is not None), default=None),
        )
        for project, items in groups.items()
    ]


def _weight(item: Item | None) -> tuple[int, int]:
    if item is None:
        return (5, 0)
    return (_KIND_RANK.get(item.kind, 4), -(item.slip_wd or item.overdue_wd or 0))


def _name(project: str | None, names: Mapping[str, Node]) -> str:
    if project is None:
        return "Across projects"
    return names[project].name if project in names else project


def _lead(project: str | None, names: Mapping[str, Node]) -> str | None:
    node = names.get(project or "")
    return None if node is None else node.lead


def _id(kind: str, project: str | None) -> str:
    return hashlib.sha256(f"{kind}\n{project or ''}".encode()).hexdigest()[:8]
