"""What a check has to look at: everything, or what has changed since the last one.

A rule whose text is as it was, asked on the same day of rows that are as they were, gives the same verdicts.
So within a day only changed rows are asked, of the views that have a row for each item or dependency; what
else may have changed (a rule, the day, which sources failed) makes the check a full one. Both give the very
same findings: `tests/sync/test_incremental_check.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from portfolio.findings import Finding, Verdict
from portfolio.records import ItemId
from rules.compiler import CompiledRule
from sync.lifecycle import Situation

if TYPE_CHECKING:
    from store import Store

# Views with a row for each item or dependency, and the column by which their rows are known.
_KEYS: Mapping[str, str] = {"item": "item_id", "risk": "item_id", "dependency": "dependency_id"}


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """On what a check was made. The next one may look at changes alone only on the same basis.

    Attributes:
        day: what rules knew as `:today`, and the day in UTC.
        at: the instant of the check.
        rules: what each rule that ran said, everything in it, by id.
        others: what else verdicts and findings rest on: failed sources, waivers, settings.
    """

    day: str
    at: datetime
    rules: Mapping[str, str]
    others: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at.

    Attributes:
        some: the rules that are asked of changed rows only; empty in a full check.
        items, dependencies: the changed rows.
        before: when the last check was.
    """

    some: frozenset[str] = frozenset()
    items: frozenset[ItemId] = frozenset()
    dependencies: frozenset[str] = frozenset()
    before: datetime | None = None
    is_partial: bool = field(default=False)

    def among(self, rule: CompiledRule) -> tuple[str, frozenset[str]] | None:
        """The column and the values of it that a rule is asked about; None for all rows."""
        if rule.rule.id not in self.some:
            return None
        rows = self.dependencies if rule.view == "dependency" else self.items
        return _KEYS[rule.view], rows


def rule_text(compiled: CompiledRule) -> str:
    """Everything that a rule says; equal for as long as its verdicts on the same row are."""
    rule = compiled.rule
    told = [
        compiled.where, sorted(compiled.columns.items()), sorted(compiled.parameters.items()),
        list(compiled.comment_on), rule.group, rule.title, rule.why, rule.action, rule.docs, rule.hold_for,
        rule.keep_for, list(rule.inhibit_by), list(rule.fingerprint), list(rule.evidence), repr(rule.message),
    ]  # fmt: skip
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def scope_of(store: Store, compiled: Sequence[CompiledRule], basis: Basis) -> Scope:
    """What has to be looked at on this basis.

    Args:
        store: knows the basis of the last check, and what has changed since.
        compiled: every rule that is to run.
        basis: of this check.
    """
    changed = store.unchecked()
    if changed.is_everything or changed.basis is None:
        return Scope()
    try:
        last = msgspec.json.decode(changed.basis, type=Basis)
    except msgspec.MsgspecError:
        return Scope()
    if (last.day, last.others) != (basis.day, basis.others) or last.rules.keys() != basis.rules.keys():
        return Scope()
    some = {
        one.rule.id
        for one in compiled
        if tuple(one.rule.fingerprint) == (_KEYS.get(one.view),)
        and last.rules[one.rule.id] == basis.rules[one.rule.id]
        and not _asks_the_clock(one)
    }
    # A rule that is asked whole may silence one on an item that has not changed, or be silenced by it.
    linked = [{one.rule.id, *one.rule.inhibit_by} for one in compiled if one.rule.inhibit_by]
    while whole := {rule for group in linked if not group <= some for rule in group} & some:
        some -= whole
    items = frozenset(changed.items)
    return Scope(
        some=frozenset(some),
        items=items,
        dependencies=frozenset(changed.dependencies | store.dependencies_of(items)),
        before=last.at,
        is_partial=True,
    )


def _asks_the_clock(compiled: CompiledRule) -> bool:
    """Whether a rule looks at the instant of the run, which is another in each."""
    texts: Iterable[str] = (compiled.where, *compiled.columns.values())
    return any(":now" in text for text in texts)


def concerned(
    store: Store,
    scope: Scope,
    compiled: Sequence[CompiledRule],
    said: Sequence[Verdict],
    broken: Collection[str],
    now: datetime,
) -> list[Finding]:
    """The stored findings that this check can change, or that silence others: all of them in a full one.

    In a partial one those of rules that were asked whole or could not be asked, those about changed rows,
    those that only wait for time to pass, and those that were said again.
    """
    if not scope.is_partial:
        return store.findings()
    ran = {one.rule.id for one in compiled} - set(broken)
    silencing = {other for one in compiled for other in one.rule.inhibit_by}
    return store.findings_among(
        rules=sorted((ran - scope.some) | (silencing - ran)),
        live_of=[one.rule.id for one in compiled if one.rule.id in scope.some and one.rule.keep_for],
        subjects=scope.items | scope.dependencies,
        ids=[one.finding_id for one in said],
        pending=True,
        muted_until=now,
    )


def standing(stored: Iterable[Finding], broken: Collection[str]) -> list[Verdict]:
    """What rules that cannot run said last: for as long as nobody knows better, it silences what it did."""
    return [_as_verdict(one) for one in stored if one.rule in broken and one.state != "resolved"]


def said_before(scope: Scope, stored: Iterable[Finding], situation: Situation) -> list[Verdict]:
    """The verdicts of the last check about rows that were not asked again, as far as they matter now."""
    if not scope.is_partial:
        return []
    asked = scope.items | scope.dependencies
    return [
        _as_verdict(one)
        for one in stored
        if one.rule in scope.some
        and one.subject_id not in asked
        and one.state != "resolved"
        and _was_seen(one, scope, situation)
    ]


def _was_seen(finding: Finding, scope: Scope, situation: Situation) -> bool:
    """Whether the last check saw it. One that a rule keeps for a while may be there without."""
    life = situation.rules.get(finding.rule)
    return life is None or not life.keep_for or _stored(finding.last_seen_at) == _stored(scope.before)


def _stored(at: datetime | None) -> datetime | None:
    """An instant as finely as a store keeps it: a clock may be finer."""
    return None if at is None else at.replace(microsecond=at.microsecond // 1000 * 1000)


def _as_verdict(finding: Finding) -> Verdict:
    return Verdict(
        finding_id=finding.finding_id,
        rule=finding.rule,
        rule_group=finding.rule_group,
        subject=finding.subject,
        severity=finding.severity,
        title=finding.title,
        why=finding.why,
        action=finding.action,
        message=finding.message,
        docs=finding.docs,
        item_id=finding.item_id,
        key=finding.key,
        project=finding.project,
        evidence=finding.evidence,
        comment_items=finding.comment_items,
        sources=finding.sources,
        subject_id=finding.subject_id,
    )
