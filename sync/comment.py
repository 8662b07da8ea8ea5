"""Composes the one living comment of an item, as a neutral Note.

The text is a pure function of the item's findings: no run time, no "updated at", dates instead of ages. So it
changes when a value it shows changes, and then once. Text that came from a tracker is quoted, never markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portfolio.findings import Finding, severity_rank
from portfolio.notes import Block, BulletList, Heading, Inline, Link, Note, Paragraph, Quoted, Rule, Text
from sync.evidence import is_shown

MAX_OPEN = 10
MAX_RESOLVED = 3
_MAX_MEMBERS = 5
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CAUSES = {
    "fixed": "fixed",
    "closed": "the work was closed",
    "out of scope": "no longer checked here, or covered by another finding",
    "rule changed": "the rule was changed",
}
_LABELS = {
    "effective_due": "Due",
    "effective_due_source": "Where this date comes from",
    "owner_problem": "Problem with the owner",
    "p50": "Forecast (50 %)",
    "p80": "Forecast (80 %)",
    "commitment": "Promised",
    "first_commitment": "First promised",
    "push_count": "Times pushed out",
    "pushed_wd": "Pushed out by working days",
    "predecessor_key": "Predecessor",
    "successor_key": "Successor",
    "percent_complete": "Percent complete",
    "last_activity_at": "Last activity",
    "a_key": "One side",
    "b_key": "Other side",
    "a_due": "Due on the one side",
    "b_due": "Due on the other side",
    "due_gap_wd": "Working days between the dates",
    "evidence": "Held to be the same because of",
}
_JOINED_BY = {
    "configuration": "the configuration",
    "field": "a field that holds the other's key",
    "title": "a title that names the other's key",
}
# Words of our own vocabulary; every other text is somebody's and is quoted.
_OUR_WORDS = frozenset(
    {
        "kind", "state", "owner_kind", "owner_problem", "effective_due_source", "health", "worst_finding",
        "type", "constraint_type", "successor_state", "check", "predecessor_owner_problem", "lead_problem",
    }
)  # fmt: skip


def compose(findings: Iterable[Finding], *, zone: ZoneInfo, may_reply: bool = False) -> Note:
    """The comment for one item.

    Args:
        findings: every finding that names the item in its `comment_items`, whatever its state.
        zone: the portfolio's zone, in which an instant has a day.
        may_reply: whether a comment in the tracker mutes, which is then said.
    """
    everything = list(findings)
    is_open = sorted((one for one in everything if one.state in ("open", "acknowledged")), key=_by_severity)
    muted = sorted((one for one in everything if one.state in ("snoozed", "suppressed")), key=_by_severity)
    resolved = sorted((one for one in everything if _was_resolved(one)), key=_by_resolution, reverse=True)
    blocks: list[Block] = [Heading([Text("Portfolio check")])]
    if not is_open:
        blocks.append(Paragraph([Text("Nothing is open here.")]))
    for finding in is_open[:MAX_OPEN]:
        blocks.extend(_finding(finding, zone))
    if len(is_open) > MAX_OPEN:
        blocks.append(Paragraph([Text(f"And {len(is_open) - MAX_OPEN} more: `dovetail findings`.")]))
    if muted:
        blocks.append(Paragraph([Text("Muted", bold=True)]))
        blocks.append(BulletList([_muted(one, zone) for one in muted[:MAX_OPEN]]))
    if resolved:
        blocks.append(Paragraph([Text("Resolved", bold=True)]))
        blocks.append(BulletList([_resolved(one, zone) for one in resolved[:MAX_RESOLVED]]))
    blocks.append(Rule())
    blocks.append(Paragraph([Text(_footer(is_open, may_reply=may_reply))]))
    return Note(blocks)


def _footer(is_open: Sequence[Finding], *, may_reply: bool) -> str:
    kept = "Dovetail keeps this comment up to date; it is edited in place."
    if not is_open:
        return kept
    if may_reply:
        return (
            f"{kept} To mute a finding, comment here, in a line of its own: "
            "“dovetail: mute RULE until 2026-12-24 because REASON”, with a day of yours."
        )
    return (
        f"{kept} To mute a finding: `dovetail findings snooze ID --until DATE`, "
        "or `dovetail findings suppress ID --reason TEXT`."
    )


def _by_severity(finding: Finding) -> tuple[int, str, str]:
    return (-severity_rank(finding.severity), finding.rule, finding.finding_id)


def _by_resolution(finding: Finding) -> tuple[str, str]:
    return (finding.resolved_at.isoformat() if finding.resolved_at else "", finding.finding_id)


def _was_resolved(finding: Finding) -> bool:
    """Whether it was open once and is resolved: one that never held long enough is nobody's news."""
    return finding.state == "resolved" and finding.resolved_at is not None


def _finding(finding: Finding, zone: ZoneInfo) -> list[Block]:
    heading: list[Inline] = [
        Text(f"{finding.severity.capitalize()}: ", bold=True),
        Text(finding.title, bold=True),
    ]
    lines: list[Sequence[Inline]] = [
        [Text(f"{label(name)}: "), *_value(name, value, zone)]
        for name, value in finding.evidence.items()
        if is_shown(finding.subject, name)
    ]
    if finding.opened_at is not None:
        since = f"Open since {day_text(finding.opened_at.astimezone(zone).date())}"
        if finding.reopened_count:
            since += f", reopened {finding.reopened_count} time{'s' if finding.reopened_count > 1 else ''}"
        lines.append([Text(f"{since}.")])
    if finding.state == "acknowledged" and finding.muted_by:
        lines.append([Text("Acknowledged by "), Quoted(finding.muted_by), Text(".")])
    lines.append([Text("What to do: ", bold=True), Text(finding.action)])
    # The built-in pages are paths of the documentation, which mean nothing inside a tracker.
    is_address = finding.docs is not None and finding.docs.startswith(("https://", "http://"))
    lines.append(
        [Link(f"Rule {finding.rule}", finding.docs)]
        if is_address and finding.docs
        else [Text(f"Rule: {finding.rule}")]
    )
    lines.append([Text(f"ID: {finding.finding_id}")])
    return [Paragraph(heading), BulletList(lines)]


def _muted(finding: Finding, zone: ZoneInfo) -> list[Inline]:
    text = finding.title
    if finding.muted_until is not None:
        text += f", until {day_text(finding.muted_until.astimezone(zone).date())}"
    told: list[Inline] = [Text(text)]
    if finding.muted_by:
        told += [Text(", by "), Quoted(finding.muted_by)]
    if finding.muted_reason:
        told += [Text(": "), Quoted(finding.muted_reason)]
    return told


def _resolved(finding: Finding, zone: ZoneInfo) -> list[Inline]:
    day = "" if finding.resolved_at is None else day_text(finding.resolved_at.astimezone(zone).date())
    cause = _CAUSES.get(finding.resolved_because or "", finding.resolved_because or "")
    return [Text(f"{finding.title}: {cause}, {day}")]


def label(name: str) -> str:
    """A column's name as people read it."""
    return _LABELS.get(name) or name.removeprefix("is_").replace("_", " ").capitalize()


def day_text(day: date) -> str:
    """A day as `19 Nov 2026`: no locale, and no order of numbers to mistake."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _value(name: str, value: object, zone: ZoneInfo) -> list[Inline]:
    if value is None:
        return [Text("nobody" if name == "owner" else "unknown")]
    if name == "due_gap_wd" and isinstance(value, int):
        return [Text(str(abs(value)))]
    if name == "evidence":
        return [Text(_JOINED_BY.get(str(value), str(value)))]
    if isinstance(value, bool):
        return [Text("yes" if value else "no")]
    if isinstance(value, (int, float)):
        return [Text(f"{value:g}" if isinstance(value, float) else str(value))]
    if isinstance(value, (list, tuple)):
        return _members([str(one) for one in value])
    text = str(value)
    day = _as_day(text, zone)
    if day is not None:
        return [Text(day_text(day))]
    return [Text(text) if name in _OUR_WORDS else Quoted(text)]


def _members(members: Sequence[str]) -> list[Inline]:
    if not members:
        return [Text("none")]
    shown: list[Inline] = []
    for member in members[:_MAX_MEMBERS]:
        shown.extend([Text(", "), Quoted(member)] if shown else [Quoted(member)])
    if len(members) > _MAX_MEMBERS:
        shown.append(Text(f" and {len(members) - _MAX_MEMBERS} more"))
    return shown


def _as_day(text: str, zone: ZoneInfo) -> date | None:
    """The day of evidence that is a date or an instant; evidence keeps both as text."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(zone).date()
    except ValueError:
        return None
    return None
