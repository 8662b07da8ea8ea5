"""Builds verdicts from the rows of a compiled rule's query, and says which of them another one silences."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from portfolio.errors import RuleError
from portfolio.findings import Verdict, finding_id
from rules.checking import COMMENT_ALIAS, SEVERITY_ALIAS
from rules.compiler import CompiledRule
from rules.message import render
from rules.rule import Rule
from rules.terms import Kind
from rules.values import instant_text

# Ids that start with the name of their source: `shop/10012`.
_SOURCED = ("item_id", "schedule_id", "a_id", "b_id", "predecessor_id", "successor_id")


def verdicts(compiled: CompiledRule, rows: Iterable[Mapping[str, object]]) -> list[Verdict]:
    """One verdict per row, in the rows' order.

    Evidence is ready for JSON: a date is its ISO text. The message may hold ages, the evidence holds none.

    Raises:
        RuleError: a fingerprint has a null in it, or two rows have the same one.
    """
    seen: set[str] = set()
    found: list[Verdict] = []
    for row in rows:
        verdict = _verdict(compiled, python_row(row, compiled.kinds))
        if verdict.finding_id in seen:
            names = ", ".join(compiled.rule.fingerprint)
            raise RuleError(compiled.rule.id, f"two rows have the same fingerprint ({names}).")
        seen.add(verdict.finding_id)
        found.append(verdict)
    return found


def inhibited(found: Sequence[Verdict], rules: Sequence[Rule]) -> dict[str, str]:
    """The verdicts that stay silent, each with the verdict that explains them.

    A verdict is silent when a rule of its rule's `inhibit_by` has a verdict on the same item. An inhibitor
    that is itself silent still inhibits: it is true, only said by another.
    """
    wanted = {rule.id: rule.inhibit_by for rule in rules}
    by_item = {(verdict.rule, verdict.item_id): verdict.finding_id for verdict in found}
    silent: dict[str, str] = {}
    for verdict in found:
        for other in wanted.get(verdict.rule, ()):
            if verdict.item_id is not None and (other, verdict.item_id) in by_item:
                silent.setdefault(verdict.finding_id, by_item[other, verdict.item_id])
    return silent


def subject_id(compiled: CompiledRule, row: Mapping[str, object]) -> str:
    """The finding id of a row.

    Raises:
        RuleError: a null in the fingerprint.
    """
    rule = compiled.rule
    ids: list[str | int] = []
    for name in rule.fingerprint:
        value = row[name]
        if not isinstance(value, str | int):
            hint = "Every finding needs its identity: exclude such rows in `where`."
            raise RuleError(rule.id, f"the fingerprint column `{name}` is null in a row it flags.", hint=hint)
        ids.append(value)
    return finding_id(rule.id, ids)


def python_row(row: Mapping[str, object], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """A row with the same Python values whichever database it came from."""
    return {name: python_value(value, kinds.get(name, "text")) for name, value in row.items()}


def python_value(value: Any, kind: Kind) -> Any:
    """A database's value as date, aware datetime, bool, int, float, list or text."""
    if value is None:
        return None
    match kind:
        case "bool":
            return bool(value)
        case "int":
            return int(value)
        case "real":
            return float(value)
        case "date" if isinstance(value, str):
            return date.fromisoformat(value)
        case "instant":
            instant = datetime.fromisoformat(value) if isinstance(value, str) else value
            return instant.astimezone(UTC)
        case "list" | "object" if isinstance(value, str):
            return json.loads(value)
        case _:
            return value


def _verdict(compiled: CompiledRule, row: Mapping[str, Any]) -> Verdict:
    rule = compiled.rule
    comment_on = compiled.comment_on if row.get(COMMENT_ALIAS, True) else ()
    return Verdict(
        finding_id=subject_id(compiled, row),
        rule=rule.id,
        rule_group=rule.group,
        subject=rule.over,
        severity=row[SEVERITY_ALIAS],
        title=rule.title,
        why=rule.why,
        action=rule.action,
        message=render(rule.message, row),
        docs=rule.docs,
        source=row.get("source"),
        item_id=row.get("item_id"),
        key=row.get("key"),
        project=row.get("project"),
        evidence={name: _json(row[name]) for name in rule.evidence},
        comment_items=tuple(row[name] for name in comment_on if row[name] is not None),
        sources=_sources(row),
        subject_id=str(row[rule.fingerprint[0]]) if len(rule.fingerprint) == 1 else None,
    )


def _sources(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Every source the row rests on: one of them failing freezes the finding."""
    named = [row["source"]] if row.get("source") else []
    named += [row[name].partition("/")[0] for name in _SOURCED if "/" in str(row.get(name))]
    return tuple(dict.fromkeys(named))


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value
