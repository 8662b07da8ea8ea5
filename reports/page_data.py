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
from reports.quality import Quality

FORMAT = 1
_NODE = (
    "slug", "level", "parent", "depth", "health", "health_declared", "gap", "slip_wd", "percent_complete",
    "item_count", "open_items", "overdue", "open_risks", "open_findings", "worst_finding", "budget",
    "actual_cost", "forecast_cost", "currency", "earned_value", "cost_performance",
)  # fmt: skip
_NODE_DAYS = ("start", "commitment", "p50", "p80")
_EDGE = ("type", "lag_wd", "overlap_wd", "crosses_source", "crosses_project", "in_cycle", "state")


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
        "notes": [cut(one) for one in extras.notes],
        "version": extras.version,
        "items": item_columns(places, texts, zone),
        "findings": finding_columns(places, extras.rules, texts, zone),
        "rules": rule_texts(places, extras.rules),
        "events": event_rows(places, extras.events),
        "summary": _summary(report, places),
        "nodes": [_node(one) for one in report.nodes],
        "changes": _changes(report.changes, places, zone),
        "decisions": _decisions(report, places),
        "roadmap": _roadmap(report, places),
        "slips": _slips(report, places),
        "risks": _risks(report, places),
        "people": _people(report, places),
        "dependencies": _dependencies(report, places),
        "costs": {
            "rows": [[one.node.slug, one.variance, one.spent_share] for one in report.costs.rows],
            "unknown": [one.slug for one in report.costs.unknown],
        },
        "quality": _quality(report.quality, places, zone),
        "metrics": _metrics(report),
    }
    data["texts"] = texts.all
    return data


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
            "findings": [places.finding(each.finding_id) for each in one.findings],
            "items": places.these(one.items),
            "slip": one.slip_wd,
            "action": cut(one.action),
            "due": day_number(one.due),
        }
        for one in report.decisions
    ]


def _roadmap(report: Report, places: Places) -> dict[str, Any]:
    one = report.roadmap
    return {
        "entries": [
            [
                places.item(each.item.item_id),
                [cut(key, 80) for key in each.also],
                [cut(name, 80) for name in each.frozen],
            ]
            for each in one.entries
        ],
        "links": [
            [
                places.item(each.predecessor_id),
                places.item(each.successor_id),
                each.crosses_source,
                each.is_late,
            ]
            for each in one.links
        ],
        "meetings": [[day_number(each.day), cut(each.committee, 80), each.project] for each in one.meetings],
        "freezes": [
            [day_number(each.first), day_number(each.last), cut(each.name, 80), each.project]
            for each in one.freezes
        ],
        "first": day_number(one.first),
        "last": day_number(one.last),
    }


def _slips(report: Report, places: Places) -> dict[str, Any]:
    one = report.slips
    return {
        "rows": [
            [places.item(each.item.item_id), places.these(each.chain), cut(each.cause)] for each in one.rows
        ],
        "trends": [
            {
                "item": places.item(each.item.item_id),
                "points": [[day_number(day), day_number(said)] for day, said in each.points],
                "forecast": day_number(each.forecast),
                "moved": each.moved_wd,
                "moves": each.moves,
                "slope": each.slope,
                "projected": day_number(each.projected_finish),
            }
            for each in one.trends
        ],
        "milestones": one.milestones,
        "histogram": [list(each) for each in one.histogram],
        "unknown": one.unknown,
    }


def _risks(report: Report, places: Places) -> dict[str, Any]:
    names = (
        "probability",
        "impact",
        "exposure",
        "response",
        "review",
        "open_mitigations",
        "late_mitigations",
    )
    days = ("response_due", "review_due", "last_review", "proximity_from", "proximity_to")
    return {
        "rows": [
            {
                "item": places.item(one.item.item_id),
                **{name: getattr(one, name) for name in names},
                **{name: day_number(getattr(one, name)) for name in days},
                "unowned": one.is_unowned,
                "new": one.is_new,
                "noResponse": one.lacks_response,
            }
            for one in report.risks.rows
        ],
        "unscored": report.risks.unscored,
        "closed": report.risks.closed,
        "raid": {kind: places.these(items) for kind, items in report.risks.raid.items()},
    }


def _people(report: Report, places: Places) -> dict[str, Any]:
    one = report.people
    counts = ("open_items", "in_progress", "overdue", "due_soon")
    return {
        "rows": [
            [
                cut(each.name, 120),
                cut(each.problem, 120),
                *(getattr(each, name) for name in counts),
                each.undated,
                each.load_4w,
                [list(place) for place in each.projects],
            ]
            for each in one.rows
        ],
        "teams": [
            [
                cut(each.team, 120),
                *(getattr(each, name) for name in counts),
                each.throughput_4w,
                each.p10_26w,
                each.wip,
                each.wip_median_8w,
            ]
            for each in one.teams
        ],
        "withoutTeam": one.without_team,
        "unowned": [[each.problem, places.these(each.items)] for each in one.unowned],
        "open": one.open_items,
        "covered": one.covered,
    }


def _dependencies(report: Report, places: Places) -> dict[str, Any]:
    one = report.dependencies
    return {
        "edges": [
            [
                places.item(each.predecessor_id),
                places.item(each.successor_id),
                day_number(each.predecessor_finish),
                day_number(each.successor_start),
                *(getattr(each, name) for name in _EDGE),
            ]
            for each in one.edges
        ],
        "counts": one.counts,
        "between": [[*pair, *counts] for pair, counts in one.between.items()],
    }


def _quality(one: Quality, places: Places, zone: tzinfo) -> dict[str, Any]:
    return {
        "sources": [
            {
                "source": each.source,
                "form": each.form,
                "last": None
                if each.last_good_at is None
                else each.last_good_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
                "age": None if each.age_hours is None else round(each.age_hours, 1),
                "error": cut(each.error),
                "stale": each.is_stale,
                "old": each.is_old,
                "items": each.item_count,
                "armed": each.is_armed,
                "held": cut(each.held_because),
            }
            for each in one.sources
        ],
        "gaps": [[each.name, each.why, places.these(each.missing), each.of] for each in one.gaps],
        "unmapped": [
            [source, what, cut(value, 120), count] for source, what, value, count in one.unmapped[:500]
        ],
        "checks": [
            [
                cut(each.schedule, 120),
                each.check,
                each.numerator,
                each.denominator,
                each.share,
                each.is_assessable,
                cut(each.reason, 160),
            ]
            for each in one.checks
        ],
        "twins": [
            [
                places.item(each.a_id),
                places.item(each.b_id),
                each.due_gap_wd,
                each.state_differs,
                each.owner_differs,
            ]
            for each in one.twins
        ],
        "suggested": one.suggested_twins,
        "outside": one.outside,
    }


def _metrics(report: Report) -> dict[str, Any]:
    one = report.metrics
    return {
        "finished": one.finished,
        "onTime": one.on_time_share,
        "onTimeFirst": one.on_time_share_first,
        "meanSlip": one.mean_slip_wd,
        "medianSlip": one.median_slip_wd,
        "months": [
            [day_number(each.month), each.finished, each.on_time, each.on_time_first] for each in one.months
        ],
        "calibration": [
            [each.name, each.n, each.p50_coverage, each.p80_coverage, each.brier, each.pinball]
            for each in one.calibration
        ],
        "scored": one.scored,
        "p80": one.p80_share,
        "coverage": one.owner_coverage,
        "riskAges": list(one.risk_age_days),
        "riskAge": one.median_risk_age_days,
        "resolved": one.resolved,
        "resolveDays": one.resolve_days,
        "severities": {name: list(values) for name, values in one.by_severity.items()},
        "open": [[day_number(each.day), each.open] for each in one.open_findings],
    }
