"""The life of a finding as a pure function: what earlier runs said and what this run says, to what is so now.

pending → open → acknowledged | snoozed | suppressed → resolved → reopened. A finding that comes out as it was
is not returned, so a run in which nothing changed writes nothing.

What the columns mean along the way: `opened_at` of a pending finding is the instant since which it holds.
`resolved_at` of a pending finding is when it was resolved before. A resolved finding without `resolved_at`
was never open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import msgspec

from portfolio.findings import Finding, Verdict, severity_rank
from portfolio.records import ItemId
from sync.evidence import plain_evidence, settled_evidence
from sync.waivers import BY_LABEL, LabelWaiver

REOPEN_WITHIN = timedelta(days=90)
_MUTED = ("snoozed", "suppressed", "acknowledged")
_UNMUTED: Mapping[str, None] = dict.fromkeys(("muted_until", "muted_by", "muted_reason", "muted_approver"))


@dataclass(frozen=True, slots=True)
class RuleLife:
    """How long a rule's condition must hold before its finding opens, and be gone before it is resolved."""

    hold_for: timedelta = timedelta(0)
    keep_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What else a finding's life depends on.

    Attributes:
        now: the instant of this run.
        rules: the rules that exist and are enabled.
        broken: the rules that could not run; their findings stay as they are.
        changed: the rules that say something else than in the run before: a parameter, a filter, a version.
        frozen: the sources that failed; findings that rest on them stay as they are.
        armed: the sources that Dovetail may write to. What opens before is legacy.
        silent: ids of findings that another rule's finding explains.
        ended: `closed` for an item that is done or removed, `out of scope` for one that is gone, else None.
        working_days: working days between two dates, for forecasts that move a little every day.
        forecast_step_wd: a forecast that moved by less than this has not moved.
        waiver: the waiver that the configuration gives a verdict, by a label on its item; None for none.
    """

    now: datetime
    rules: Mapping[str, RuleLife]
    broken: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()
    armed: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    ended: Callable[[ItemId], str | None] = field(default=lambda _: None)
    working_days: Callable[[date, date], int | None] = field(default=lambda first, then: (then - first).days)
    forecast_step_wd: int = 5
    waiver: Callable[[Verdict], LabelWaiver | None] = field(default=lambda _: None)


def reconcile(stored: Iterable[Finding], verdicts: Iterable[Verdict], situation: Situation) -> list[Finding]:
    """The findings that are not as they were, in the order of their ids.

    Args:
        stored: every finding of earlier runs.
        verdicts: what the rules that ran say now.
        situation: see `Situation`.
    """
    before = {finding.finding_id: finding for finding in stored}
    said = _strongest(verdicts)
    changed: list[Finding] = []
    for finding_id in sorted(before.keys() | said.keys()):
        old, verdict = before.get(finding_id), said.get(finding_id)
        if _is_frozen(old, verdict, situation):
            continue
        if verdict is not None and finding_id not in situation.silent:
            new: Finding | None = _labelled(_seen(old, verdict, situation), verdict, situation)
        else:
            new = None if old is None else _unseen(old, situation)
        if new is not None and (old is None or not _same(new, old)):
            changed.append(new)
    return changed


def sources_of(finding: Finding | Verdict) -> set[str]:
    """Every source that a finding rests on."""
    items = [item for item in (finding.item_id, *finding.comment_items) if item]
    return {*finding.sources, *(item.partition("/")[0] for item in items)}


def _strongest(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    said: dict[str, Verdict] = {}
    for verdict in verdicts:
        other = said.get(verdict.finding_id)
        if other is None or severity_rank(verdict.severity) > severity_rank(other.severity):
            said[verdict.finding_id] = verdict
    return said


def _is_frozen(old: Finding | None, verdict: Verdict | None, situation: Situation) -> bool:
    for one in (old, verdict):
        if one is None:
            continue
        if one.rule in situation.broken:
            return True
        # That a source failed is itself a finding, about the source.
        if one.subject != "source" and not situation.frozen.isdisjoint(sources_of(one)):
            return True
    return False


def _seen(old: Finding | None, verdict: Verdict, situation: Situation) -> Finding:
    now = situation.now
    hold_for = situation.rules.get(verdict.rule, RuleLife()).hold_for
    if old is None or (old.state == "resolved" and not _can_reopen(old, now)):
        fresh = _fresh(verdict, situation)
        return fresh if hold_for else _open(fresh, now)
    if old.state == "resolved":
        again = msgspec.structs.replace(
            _refresh(old, verdict, situation),
            state="pending",
            opened_at=now,
            last_seen_at=now,
            evidence=plain_evidence(verdict.evidence),
            is_legacy=_is_legacy(verdict, situation),
        )
        return again if hold_for else _open(again, now)
    current = _refresh(old, verdict, situation)
    if old.state == "pending":
        if old.opened_at is None or old.opened_at > now:
            # It was first seen in a look ahead with --today. What counts is since when it really holds.
            return msgspec.structs.replace(current, opened_at=now, last_seen_at=now)
        return _open(current, now) if _aged(old.opened_at, situation) >= hold_for else current
    return _wake(current, old, now)


def _aged(since: datetime, situation: Situation) -> timedelta:
    """How long a condition has held, days off not counted: nobody could have done anything about it then."""
    first, last = since.date(), situation.now.date()
    worked = situation.working_days(first, last)
    days_off = 0 if worked is None else max((last - first).days - worked, 0)
    return situation.now - since - timedelta(days=days_off)


def _labelled(current: Finding, verdict: Verdict, situation: Situation) -> Finding:
    """A label on the item mutes what is open, while it is there and its waiver holds. People come first."""
    is_by_label = (current.muted_by or "").startswith(BY_LABEL)
    waiver = situation.waiver(verdict)
    if waiver is None:
        if is_by_label and current.state == "suppressed":
            return msgspec.structs.replace(current, state="open", **_UNMUTED)
        return current
    if current.state != "open" and not is_by_label:
        return current
    if current.state not in ("open", "suppressed"):
        return current
    return msgspec.structs.replace(
        current,
        state="suppressed",
        muted_until=datetime(*waiver.until.timetuple()[:3], tzinfo=situation.now.tzinfo),
        muted_by=f"{BY_LABEL}{waiver.label}",
        muted_reason=waiver.reason,
        muted_approver=waiver.approver,
    )


def _can_reopen(old: Finding, now: datetime) -> bool:
    return old.resolved_at is not None and now - old.resolved_at <= REOPEN_WITHIN


def _fresh(verdict: Verdict, situation: Situation) -> Finding:
    return Finding(
        finding_id=verdict.finding_id,
        rule=verdict.rule,
        rule_group=verdict.rule_group,
        subject=verdict.subject,
        item_id=verdict.item_id,
        key=verdict.key,
        project=verdict.project,
        severity=verdict.severity,
        state="pending",
        opened_at=situation.now,
        last_seen_at=situation.now,
        resolved_at=None,
        resolved_because=None,
        reopened_count=0,
        message=verdict.message,
        title=verdict.title,
        why=verdict.why,
        action=verdict.action,
        docs=verdict.docs,
        evidence=plain_evidence(verdict.evidence),
        comment_items=tuple(verdict.comment_items),
        is_legacy=_is_legacy(verdict, situation),
        muted_until=None,
        muted_by=None,
        muted_reason=None,
        sources=tuple(verdict.sources),
        subject_id=verdict.subject_id,
    )


def _is_legacy(verdict: Verdict, situation: Situation) -> bool:
    """Whether none of the places that would carry the comment was armed when the condition was first seen."""
    places = {item.partition("/")[0] for item in verdict.comment_items} or sources_of(verdict)
    return bool(places) and situation.armed.isdisjoint(places)


def _open(finding: Finding, now: datetime) -> Finding:
    is_again = finding.resolved_at is not None
    is_waived = finding.muted_by is not None and (finding.muted_until is None or finding.muted_until > now)
    is_waived = is_waived and (finding.severity != "critical" or finding.muted_approver is not None)
    return msgspec.structs.replace(
        finding,
        state="suppressed" if is_waived else "open",
        opened_at=now,
        last_seen_at=now,
        resolved_at=None,
        resolved_because=None,
        reopened_count=finding.reopened_count + is_again,
    )


def _wake(current: Finding, old: Finding, now: datetime) -> Finding:
    """A mute ends on its day, a snooze also when the severity rises.

    A waiver that nobody approved ends where it would cover a critical finding.
    """
    if current.state not in _MUTED:
        return current
    is_over = current.muted_until is not None and current.muted_until <= now
    is_raised = severity_rank(current.severity) > severity_rank(old.severity)
    is_beyond = is_raised and current.severity == "critical" and current.muted_approver is None
    wakes = (current.state == "snoozed" and is_raised) or (current.state == "suppressed" and is_beyond)
    if not is_over and not wakes:
        return current
    return msgspec.structs.replace(current, state="open", **_UNMUTED)


def _refresh(old: Finding, verdict: Verdict, situation: Situation) -> Finding:
    """The finding in today's words. Its identity, history and mutes stay."""
    keep_for = situation.rules.get(verdict.rule, RuleLife()).keep_for
    evidence = settled_evidence(
        old.evidence,
        plain_evidence(verdict.evidence),
        view=verdict.subject,
        is_new_severity=old.severity != verdict.severity,
        working_days=situation.working_days,
        step_wd=situation.forecast_step_wd,
    )
    current = msgspec.structs.replace(
        old,
        rule_group=verdict.rule_group,
        subject=verdict.subject,
        item_id=verdict.item_id,
        key=verdict.key,
        project=verdict.project,
        severity=verdict.severity,
        message=verdict.message,
        title=verdict.title,
        why=verdict.why,
        action=verdict.action,
        docs=verdict.docs,
        evidence=evidence,
        comment_items=tuple(verdict.comment_items),
        sources=tuple(verdict.sources),
        subject_id=verdict.subject_id,
    )
    # A day is precise enough for people, and keeps a run in which nothing changed from writing every row.
    # `keep` measures from it, so there it is exact.
    is_stale = old.last_seen_at.date() != situation.now.date()
    if keep_for or is_stale or not _same(current, old):
        current = msgspec.structs.replace(current, last_seen_at=situation.now)
    return current


def _same(one: Finding, other: Finding) -> bool:
    return _comparable(one) == _comparable(other)


def _comparable(finding: Finding) -> Finding:
    return msgspec.structs.replace(
        finding, comment_items=tuple(finding.comment_items), sources=tuple(finding.sources)
    )


def _unseen(old: Finding, situation: Situation) -> Finding | None:
    if old.state == "resolved":
        return None
    because = _cause(old, situation)
    if old.state == "pending":
        # It never opened in this spell: what it was before stays what it was.
        return msgspec.structs.replace(
            old, state="resolved", opened_at=None, resolved_because=old.resolved_because or because
        )
    keep_for = situation.rules.get(old.rule, RuleLife()).keep_for
    # Seen far in the future was a look ahead with --today; by a little, a clock that was set right since.
    if because == "fixed" and abs(situation.now - old.last_seen_at) < keep_for:
        return None
    is_waiver = old.state == "suppressed"
    return msgspec.structs.replace(
        old,
        state="resolved",
        resolved_at=situation.now,
        resolved_because=because,
        # A waiver outlives a spell in which there was nothing to waive; a snooze does not.
        muted_until=old.muted_until if is_waiver else None,
        muted_by=old.muted_by if is_waiver else None,
        muted_reason=old.muted_reason if is_waiver else None,
        muted_approver=old.muted_approver if is_waiver else None,
    )


def _cause(old: Finding, situation: Situation) -> str:
    if old.rule not in situation.rules:
        return "rule changed"
    items = [old.item_id] if old.item_id else list(old.comment_items)
    causes = {situation.ended(item) for item in items}
    if "out of scope" in causes or old.finding_id in situation.silent:
        return "out of scope"
    if "closed" in causes:
        return "closed"
    return "rule changed" if old.rule in situation.changed else "fixed"
