"""The reasoning behind one finding: every condition of its rule with the values that the store holds now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from portfolio.findings import finding_id
from rules.compiler import compile_rule
from rules.dialects import writer
from rules.explain import Explained, compile_terms, explain_terms
from rules.results import verdicts
from rules.rule import Override
from sync.workspace import PORTFOLIO_CALENDAR

if TYPE_CHECKING:
    from portfolio.findings import Finding
    from rules.rule import Rule
    from store import Store


def derived_day(store: Store) -> date | None:
    """The day for which the store's derived columns hold; None where nothing was derived yet."""
    rows = store.read("derived_today", ("calendar_id", "day"))
    days: dict[str, date] = dict(zip(rows["calendar_id"], rows["day"], strict=True))
    return days.get(PORTFOLIO_CALENDAR)


def reasoning(
    store: Store, finding: Finding, rule: Rule, override: Override | None, *, now: datetime
) -> Sequence[Explained] | None:
    """Every term of the rule with its value for the finding's subject.

    Returns:
        None where the subject cannot be found any more: it is gone, or nothing was derived yet.

    Raises:
        RuleError: the rule cannot be run.
    """
    today = derived_day(store)
    if today is None:
        return None
    subject = _subject(store, finding, rule, override, today, now)
    return None if subject is None else terms_of(store, rule, override, subject, today=today, now=now)


def terms_of(
    store: Store,
    rule: Rule,
    override: Override | None,
    subject: Mapping[str, object],
    *,
    today: date,
    now: datetime,
) -> Sequence[Explained] | None:
    """Every term of a rule with its value in one row of its view, under what holds where the row stands.

    Args:
        store: what was derived.
        rule: the rule.
        override: what the configuration changes about it, everywhere and in places.
        subject: columns that identify the row, with their values.
        today: what rules know as `:today`.
        now: what rules know as `:now`.

    Returns:
        None where there is no such row.
    """
    here = override or Override()
    where, parameters = is_subject(store, subject)
    if here.places:
        found = store.select(rule.over, columns={"place": "place"}, where=where, parameters=parameters)
        here = here.at(str(found[0]["place"]) if found and found[0]["place"] is not None else None)
    terms = compile_terms(rule, store.dialect, here)
    rows = store.select(
        terms.view, columns=terms.columns, where=where, parameters={**terms.bind(today, now), **parameters}
    )
    return explain_terms(terms, rows[0]) if rows else None


def is_subject(store: Store, subject: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """A condition that holds for one row, and its parameters."""
    quote = writer(store.dialect, {}).quote
    parts = [f"{quote(name)} = :subject_{number}" for number, name in enumerate(subject)]
    return " AND ".join(parts), {f"subject_{n}": value for n, value in enumerate(subject.values())}


def _subject(
    store: Store, finding: Finding, rule: Rule, override: Override | None, today: date, now: datetime
) -> Mapping[str, object] | None:
    """The columns that identify the finding's row, with their values.

    A finding keeps only the hash of them; unless it is about one item, the rule is run again to find the row.
    """
    if tuple(rule.fingerprint) == ("item_id",):
        return {"item_id": finding.item_id} if finding.item_id else None
    compiled = compile_rule(rule, store.dialect, override)
    rows = store.select(
        compiled.view, columns=compiled.columns, where=compiled.where, parameters=compiled.bind(today, now)
    )
    for row, verdict in zip(rows, verdicts(compiled, rows), strict=True):
        if verdict.finding_id == finding.finding_id:
            return {name: row[name] for name in rule.fingerprint}
    return None


@dataclass(frozen=True, slots=True)
class Reasonings:
    """The reasoning behind all findings of one rule.

    Attributes:
        terms: the lines of the explanation, without values: conditions, measures, columns, parameters. The
            value of a parameter is its own.
        values: finding → one value for each line that is no parameter, in their order.
    """

    terms: Sequence[Explained]
    values: Mapping[str, Sequence[object]]


def reasonings(
    store: Store,
    findings: Iterable[Finding],
    rule: Rule,
    override: Override | None,
    *,
    now: datetime,
) -> Reasonings | None:
    """What `reasoning` gives, of many findings of one rule with one query.

    Args:
        store: an open store.
        findings: findings of this rule.
        rule: the rule.
        override: what the configuration says otherwise.
        now: the instant of the run.

    Returns:
        None where nothing was derived yet. Missing are findings whose subject is not flagged any more, and
        those in parts of the tree where the rule is another: they have other lines (`reasoning` has them).

    Raises:
        RuleError: the rule cannot be run.
    """
    today = derived_day(store)
    if today is None:
        return None
    wanted = {one.finding_id for one in findings}
    here = override or Override()
    terms = compile_terms(rule, store.dialect, here.at(None))
    where, parameters = terms.flagged, terms.bind(today, now)
    if here.places:
        elsewhere = {f"elsewhere_{number}": slug for number, slug in enumerate(here.places)}
        names = ", ".join(f":{name}" for name in elsewhere)
        where = f"({where}) AND (place IS NULL OR place NOT IN ({names}))"
        parameters = {**parameters, **elsewhere}
    rows = store.select(terms.view, columns=terms.columns, where=where, parameters=parameters)
    lines: Sequence[Explained] = ()
    values: dict[str, Sequence[object]] = {}
    for row in rows:
        ids = [row[name] for name in rule.fingerprint]
        name = finding_id(rule.id, [one for one in ids if isinstance(one, str | int)])
        if name in wanted:
            lines = explain_terms(terms, row)
            values[name] = [one.value for one in lines if one.part != "parameter"]
    return Reasonings([_without_value(one) for one in lines], values)


def _without_value(line: Explained) -> Explained:
    return line if line.part == "parameter" else Explained(line.part, line.text, None, line.origin)
