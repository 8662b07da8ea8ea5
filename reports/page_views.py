"""The data of the single views of the page; items are named by their place."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from reports.columns import cut, day_number
from reports.figures import Report
from reports.page_items import Places
from reports.quality import Quality

_EDGE = ("type", "lag_wd", "overlap_wd", "crosses_source", "crosses_project", "in_cycle", "state")


def roadmap_data(report: Report, places: Places) -> dict[str, Any]:
    """Lines, links, meetings, freezes."""
    one = report.roadmap
    return {
        "entries": [
            [
                places.item(each.item.item_id),
                [cut(key, 80) for key in each.also],
                [cut(name, 80) for name in each.frozen],
            ]
            for each in one.entries
            if places.item(each.item.item_id) is not None
        ],
        "links": [
            [
                places.item(each.predecessor_id),
                places.item(each.successor_id),
                each.crosses_source,
                each.is_late,
            ]
            for each in one.links
            if None not in (places.item(each.predecessor_id), places.item(each.successor_id))
        ],
        "meetings": [[day_number(each.day), cut(each.committee, 80), each.project] for each in one.meetings],
        "freezes": [
            [day_number(each.first), day_number(each.last), cut(each.name, 80), each.project]
            for each in one.freezes
        ],
        "first": day_number(one.first),
        "last": day_number(one.last),
    }


def slips_data(report: Report, places: Places) -> dict[str, Any]:
    """What is late, and how dates drifted."""
    one = report.slips
    return {
        "rows": [
            [places.item(each.item.item_id), places.these(each.chain), cut(each.cause)]
            for each in one.rows
            if places.item(each.item.item_id) is not None
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
            if places.item(each.item.item_id) is not None
        ],
        "milestones": one.milestones,
        "histogram": [list(each) for each in one.histogram],
        "unknown": one.unknown,
    }


def risks_data(report: Report, places: Places) -> dict[str, Any]:
    """The register and the rest of RAID."""
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
            if places.item(one.item.item_id) is not None
        ],
        "unscored": report.risks.unscored,
        "closed": report.risks.closed,
        "raid": {kind: places.these(items) for kind, items in report.risks.raid.items()},
    }


def people_data(report: Report, places: Places) -> dict[str, Any]:
    """People, teams, and work that nobody can act on."""
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


def dependencies_data(report: Report, places: Places) -> dict[str, Any]:
    """The edges of the graph."""
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


def quality_data(one: Quality, places: Places, zone: tzinfo) -> dict[str, Any]:
    """Sources, gaps, checks, twins."""
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


def metrics_data(report: Report) -> dict[str, Any]:
    """The figures over time."""
    one = report.metrics
    return {
        "finished": one.finished,
        "onTime": one.on_time_share,
        "meanSlip": one.mean_slip_wd,
        "medianSlip": one.median_slip_wd,
        "months": [[day_number(each.month), each.finished, each.on_time] for each in one.months],
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
