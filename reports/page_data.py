"""All data of the portfolio page, as one object for JSON. Its views are made of this and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

import msgspec

from reports.changes import Changes
from reports.columns import TITLE_LENGTH, Texts, cut, day_number, instant_day
from reports.figures import Report
from reports.health import Node
from reports.page_items import (
    Event,
    Places,
    RuleTerms,
    event_rows,
    finding_columns,
    item_columns,
    rule_texts,
)
from reports.page_views import (
    dependencies_data,
    metrics_data,
    people_data,
    quality_data,
    risks_data,
    roadmap_data,
    slips_data,
)

FORMAT = 1
_NODE = (
    "slug", "level", "parent", "depth", "health", "health_declared", "gap", "slip_wd", "percent_complete",
    "item_count", "open_items", "overdue", "open_risks", "open_findings", "worst_finding", "budget",
    "actual_cost", "forecast_cost", "currency", "earned_value", "cost_performance",
)  # fmt: skip
_NODE_DAYS = ("start", "commitment", "p50", "p80")


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What the page tells beside the figures.

    Attributes:
        rules: by their id, with the reasoning behind their findings.
        events: timelines, by item.
        labels: what source kinds and the like are called.
        notes: what the reader must know before anything else: a source that failed, an old derivation.
        version: of the program.
    """

    rules: Mapping[str, RuleTerms] = {}
    events: Mapping[str, Sequence[Event]] = {}
    notes: Sequence[str] = ()
    version: str = ""


def page_data(report: Report, extras: Extras, zone: tzinfo) -> dict[str, Any]:
    """The data of the page. Items, findings and repeated texts are named by their place."""
    texts, places = Texts(), Places(report)
    data: dict[str, Any] = {
        "format": FORMAT,
        "title": cut(report.title, TITLE_LENGTH),
        "today": day_number(report.today),
        "made": report.made_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        "since": day_number(report.since),
        "sinceWhat": cut(report.since_what),
        "hasTree": report.has_tree,
        "notes": [cut(one) for one in (*extras.notes, *_left_out(places))],
        "version": extras.version,
        "items": item_columns(places, texts, zone),
        "findings": finding_columns(places, extras.rules, texts, zone),
        "rules": rule_texts(places, extras.rules),
        "events": event_rows(places, extras.events),
        "summary": _summary(report, places),
        "nodes": [_node(one) for one in report.nodes],
        "changes": _changes(report.changes, places, zone),
        "decisions": _decisions(report, places),
        "roadmap": roadmap_data(report, places),
        "slips": slips_data(report, places),
        "risks": risks_data(report, places),
        "people": people_data(report, places),
        "dependencies": dependencies_data(report, places),
        "costs": {
            "rows": [[one.node.slug, one.variance, one.spent_share] for one in report.costs.rows],
            "unknown": [one.slug for one in report.costs.unknown],
        },
        "quality": quality_data(report.quality, places, zone),
        "metrics": metrics_data(report),
    }
    data["texts"] = texts.all
    return data


def _left_out(places: Places) -> list[str]:
    """What a page of a very large portfolio does not hold; its figures count everything all the same."""
    parts = [
        f"{count:,} {name}"
        for count, name in zip(places.left_out, ("items", "findings"), strict=True)
        if count
    ]
    if not parts:
        return []
    return [
        (
            f"The portfolio is too large for one page: its lists leave out {' and '.join(parts)}, "
            "the least grave. Figures count everything. A page of a part has all of it: --portfolio."
        )
    ]


def _summary(report: Report, places: Places) -> dict[str, Any]:
    one = report.summary
    meeting = one.next_meeting
    return {
        "projects": one.projects,
        "open": one.open_items,
        "overdue": one.overdue,
        "slipping": one.slipping,
        "worst": None if one.worst_slip is None else places.item(one.worst_slip.item_id),
        "risks": one.open_risks,
        "highRisks": one.high_risks,
        "unowned": one.unowned,
        "findings": one.findings,
        "meeting": None if meeting is None else [day_number(meeting.day), cut(meeting.committee, 80)],
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        **{name: getattr(node, name) for name in _NODE},
        **{name: day_number(getattr(node, name)) for name in _NODE_DAYS},
        "name": cut(node.name, 120),
        "lead": cut(node.lead, 120),
        "leadProblem": cut(node.lead_problem, 120),
        "reason": cut(node.reason),
        "colours": list(node.by_health.values()),
    }


def _changes(changes: Changes, places: Places, zone: tzinfo) -> dict[str, Any]:
    def found(findings: Sequence[Any]) -> list[int]:
        return [place for one in findings if (place := places.finding(one.finding_id)) is not None]

    return {
        "known": changes.is_known,
        "with": instant_day(changes.compared_with, zone),
        "opened": found(changes.opened),
        "raised": found(changes.raised),
        "resolved": found(changes.resolved),
        "late": places.these(changes.became_late),
        "notLate": places.these(changes.no_longer_late),
        "created": len(changes.created),
        "finished": places.these(changes.finished),
        "newRisks": places.these(changes.new_risks),
        "moved": [
            [
                places.item(one.item.item_id),
                day_number(one.before),
                day_number(one.after),
                one.moved_wd,
                one.times,
            ]
            for one in changes.moved
        ],
    }


def _decisions(report: Report, places: Places) -> list[dict[str, Any]]:
    return [
        {
            "id": one.decision_id,
            "kind": one.kind,
            "question": one.question,
            "project": one.project,
            "name": cut(one.project_name, 120),
            "lead": cut(one.lead, 120),
            "severity": one.severity,
            "count": one.count,
            "findings": [
                place for each in one.findings if (place := places.finding(each.finding_id)) is not None
            ],
            "items": places.these(one.items),
            "slip": one.slip_wd,
            "action": cut(one.action),
            "due": day_number(one.due),
        }
        for one in report.decisions
    ]
