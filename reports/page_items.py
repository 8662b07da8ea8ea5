"""The items and findings of the page, as columns; every other part of its data names them by their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

import msgspec

from portfolio.findings import severity_rank
from reports.columns import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    Texts,
    columns,
    cut,
    day_number,
    flags,
    instant_day,
    value_text,
    web_address,
)
from reports.figures import Report
from reports.reading import Finding, Item

_DAYS = (
    "start", "due", "commitment", "first_commitment", "baseline_start", "baseline_finish",
    "actual_start", "actual_finish", "p50", "p80",
)  # fmt: skip
_NUMBERS = (
    "slip_wd", "overdue_wd", "push_count", "pushed_wd", "forecast_references", "total_float_wd", "open_risks",
    "open_findings", "depth",
)  # fmt: skip
_TEXTS = (
    "source", "kind", "project", "state", "status", "owner", "owner_problem", "team", "due_source",
    "iteration", "release", "commitment_source", "baseline_name", "forecast_method", "slip_pair", "health",
    "health_declared", "worst_finding", "schedule_id", "parent_key",
)  # fmt: skip


MAX_ITEMS = 20_000
MAX_FINDINGS = 20_000


class RuleTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as the page explains it.

    Attributes:
        over: the view that it looks at.
        where, flag: its text; None where it has none.
        terms: (part, text, value, set by) of each line; only a parameter has its value here.
        values: finding → a value for each line that is no parameter.
    """

    over: str
    where: str | None
    flag: str
    terms: Sequence[tuple[str, str, Any, str]] = ()
    values: Mapping[str, Sequence[Any]] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an item's timeline that the page tells."""

    day: int
    field: str
    before: str | None
    after: str | None
    by: str | None


class Places:
    """Which items and findings the page holds, and where.

    All open items, and the finished ones it speaks of; all live findings, and those that came or went lately.
    Of a portfolio beyond the limits those that views speak of come first, then the gravest findings, and
    `left_out` says how much is missing.
    """

    def __init__(self, report: Report) -> None:
        live = sorted(
            (one for one in report.findings if one.is_live), key=lambda one: -severity_rank(one.severity)
        )
        told = (*report.changes.resolved, *report.changes.opened, *report.changes.raised)
        findings = list({one.finding_id: one for one in (*live, *told)}.values())
        self.findings: list[Finding] = findings[:MAX_FINDINGS]
        known = {one.item_id: one for one in (*report.done_items, *report.open_items)}
        wanted = dict.fromkeys(_spoken_of(report, self.findings))
        wanted |= dict.fromkeys(one.item_id for one in report.open_items)
        items = [known[one] for one in wanted if one in known]
        self.items: list[Item] = items[:MAX_ITEMS]
        self.left_out = (len(items) - len(self.items), len(findings) - len(self.findings))
        self._places = {one.item_id: place for place, one in enumerate(self.items)}
        self._sides = report.sides
        self.work = frozenset(one.item_id for one in report.work)
        self._finding_places = {one.finding_id: place for place, one in enumerate(self.findings)}

    def subject(self, finding: Finding) -> int | None:
        """The place of the item that a finding is about; None where it is about none."""
        found = (self.item(one) for one in _subjects(finding))
        return next((place for place in found if place is not None), None)

    def item(self, item_id: str | None) -> int | None:
        """The place of an item; None where the page does not hold it."""
        return None if item_id is None else self._places.get(item_id)

    def piece(self, item_id: str) -> int | None:
        """The place of the first side of the piece of work that an item is a side of; None for other work."""
        found = [place for one in self._sides.get(item_id, ()) if (place := self.item(one)) is not None]
        return min(found) if len(found) > 1 else None

    def these(self, items: Iterable[Item]) -> list[int]:
        """The places of items that the page holds."""
        return [place for one in items if (place := self.item(one.item_id)) is not None]

    def finding(self, finding_id: str) -> int | None:
        """The place of a finding; None where the page does not hold it."""
        return self._finding_places.get(finding_id)


def _spoken_of(report: Report, findings: Sequence[Finding]) -> Iterator[str]:
    """The ids of items that views name, the most important first."""
    for decision in report.decisions:
        yield from (one.item_id for one in decision.items)
    yield from (one.item.item_id for one in report.roadmap.entries)
    yield from (one.item.item_id for one in report.slips.trends)
    yield from (one.item.item_id for one in report.risks.rows)
    for slip in report.slips.rows:
        yield slip.item.item_id
        yield from (one.item_id for one in slip.chain)
    yield from report.dependencies.items
    yield from (side for twin in report.quality.twins for side in (twin.a_id, twin.b_id))
    yield from (one.item_id for one in report.changes.finished)
    yield from (one.item.item_id for one in report.changes.moved)
    yield from (side for one in findings for side in _subjects(one))


def _subjects(finding: Finding) -> list[str]:
    return [one for one in (finding.item_id, *finding.comment_items) if one is not None]


def item_columns(places: Places, texts: Texts, zone: tzinfo) -> dict[str, Any]:
    """The items. Texts that repeat are places in `texts`, dates are day numbers."""
    rows = places.items

    def text_of(name: str) -> Any:
        return lambda one: texts.place(cut(getattr(one, name), TITLE_LENGTH))

    def marks(one: Item) -> int:
        names = ("done", "committed", "milestone", "blocked", "stale", "critical", "summary", "leaf")
        return flags(*(bool(getattr(one, f"is_{name}")) for name in names), one.item_id in places.work)

    return {
        **columns(
            rows,
            id=lambda one: cut(one.item_id),
            key=lambda one: cut(one.key, 80),
            title=lambda one: cut(one.title, TITLE_LENGTH),
            url=lambda one: web_address(one.url),
            why=lambda one: cut(one.health_reason),
            parent=lambda one: places.item(one.parent_id),
            piece=lambda one: places.piece(one.item_id),
            driver=lambda one: places.item(one.driver_id),
            percent=lambda one: None if one.percent_complete is None else round(one.percent_complete),
            created=lambda one: instant_day(one.created_at, zone),
            active=lambda one: instant_day(one.last_activity_at, zone),
            flags=marks,
        ),
        **columns(rows, **{name: lambda one, name=name: day_number(getattr(one, name)) for name in _DAYS}),
        **columns(rows, **{name: lambda one, name=name: getattr(one, name) for name in _NUMBERS}),
        **columns(rows, **{name: text_of(name) for name in _TEXTS}),
    }


def finding_columns(
    places: Places, rules: Mapping[str, RuleTerms], texts: Texts, zone: tzinfo
) -> dict[str, Any]:
    """The findings that are live or were resolved lately."""

    def values(one: Finding) -> Any:
        rule = rules.get(one.rule)
        found = None if rule is None else rule.values.get(one.finding_id)
        return None if found is None else [value_text(value) for value in found]

    return columns(
        places.findings,
        id=lambda one: one.finding_id[:8],
        rule=lambda one: texts.place(one.rule),
        severity=lambda one: texts.place(one.severity),
        state=lambda one: texts.place(one.state),
        subject=lambda one: texts.place(one.subject),
        project=lambda one: texts.place(one.project),
        item=places.subject,
        key=lambda one: None if places.subject(one) is not None else cut(one.key, 80),
        message=lambda one: cut(one.message),
        evidence=lambda one: [[name, value_text(value)] for name, value in one.evidence.items()],
        opened=lambda one: instant_day(one.opened_at, zone),
        seen=lambda one: instant_day(one.last_seen_at, zone),
        resolved=lambda one: instant_day(one.resolved_at, zone),
        because=lambda one: texts.place(one.resolved_because),
        reopened=lambda one: one.reopened_count,
        muted=lambda one: (
            None
            if one.muted_by is None
            else [
                cut(one.muted_by, 80),
                instant_day(one.muted_until, zone),
                cut(one.muted_reason, TITLE_LENGTH),
            ]
        ),
        values=values,
    )


def rule_texts(places: Places, rules: Mapping[str, RuleTerms]) -> dict[str, Any]:
    """What the page says about each rule that has a finding on it."""
    found: dict[str, Any] = {}
    for one in places.findings:
        if one.rule in found:
            continue
        rule = rules.get(one.rule)
        found[one.rule] = {
            "title": cut(one.title, TITLE_LENGTH),
            "why": cut(one.why, TEXT_LENGTH),
            "action": cut(one.action, TEXT_LENGTH),
            "docs": web_address(one.docs),
            "group": one.rule_group,
        }
        if rule is not None:
            found[one.rule] |= {
                "over": rule.over,
                "where": cut(rule.where, 1_500),
                "flag": cut(rule.flag, 1_500),
                "terms": [
                    [part, cut(text, 300), value_text(value), by] for part, text, value, by in rule.terms
                ],
            }
    return found


def event_rows(places: Places, events: Mapping[str, Sequence[Event]]) -> dict[int, list[Any]]:
    """The timelines, by the place of the item: (day, field, before, after, who)."""
    return {
        place: [
            [one.day, one.field, cut(one.before, 120), cut(one.after, 120), cut(one.by, 80)] for one in some
        ]
        for item_id, some in events.items()
        if (place := places.item(item_id)) is not None
    }
