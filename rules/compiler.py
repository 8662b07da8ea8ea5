"""Compiles a rule, with what the organisation overrides, to the pieces of one query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from portfolio.errors import RuleError
from rules.checking import COMMENT_ALIAS, SEVERITY_ALIAS
from rules.dialects import writer
from rules.lexer import ExpressionError
from rules.message import fields
from rules.overrides import elsewhere, filter_condition, override_problems
from rules.rule import Override, Rule, default_comment_on
from rules.terms import Kind
from rules.values import Dialect, ParamValue
from rules.writer import Writer

# Where a row came from and what people call it, where its view says so.
_IDENTITY = (
    "source",
    "item_id",
    "key",
    "project",
    "schedule_id",
    "a_id",
    "b_id",
    "predecessor_id",
    "successor_id",
)


class CompiledRule(msgspec.Struct, frozen=True, kw_only=True):
    """One query: `SELECT columns FROM rule_<view> WHERE where`, and how to read its rows.

    `parameters` lacks :today and :now, which come with the run: `bind` adds them in the driver's types.
    """

    rule: Rule
    dialect: Dialect
    view: str
    columns: Mapping[str, str]
    where: str
    parameters: Mapping[str, object]
    kinds: Mapping[str, Kind]
    comment_on: Sequence[str] = ()

    def bind(self, today: date, now: datetime) -> dict[str, object]:
        """All parameters of one run."""
        return bind(self.dialect, self.parameters, today, now)


def bind(dialect: Dialect, parameters: Mapping[str, object], today: date, now: datetime) -> dict[str, object]:
    """The parameters with :today and :now."""
    clock = writer(dialect, {})
    return {**parameters, "today": clock.bound(today), "now": clock.bound(now)}


def compile_rule(rule: Rule, dialect: Dialect, override: Override | None = None) -> CompiledRule:
    """The rule as text for one dialect.

    Raises:
        RuleError: the override does not fit the rule, or the query would be too large.
    """
    override = override or Override()
    if problems := override_problems(rule, override):
        raise RuleError(rule.id, problems[0], hint="See rules.overrides in the configuration.")
    values = {**rule.params, **override.params}
    changed = {name: elsewhere(override, _reader(name, value)) for name, value in rule.params.items()}
    out = writer(dialect, values, changed)
    comment_on, is_commented = _comments(rule, out, override)
    try:
        columns = {name: out.quote(name) for name in _selected(rule, comment_on)}
        columns |= {name: out.write(measure.term) for name, measure in rule.measures.items()}
        columns[SEVERITY_ALIAS] = _severity(rule, out, override)
        columns |= {COMMENT_ALIAS: is_commented} if is_commented else {}
        parts = [out.write(part.term) for part in (rule.where, rule.flag) if part]
        where = " AND ".join([*parts, *_narrowed(rule, out, override)])
    except ExpressionError as error:
        raise RuleError(rule.id, error.reason) from error
    kinds: dict[str, Kind] = {
        name: rule.kind(name) for name in columns if name not in (SEVERITY_ALIAS, COMMENT_ALIAS)
    }
    return CompiledRule(
        rule=rule,
        dialect=dialect,
        view=rule.over,
        columns=columns,
        where=where,
        parameters=out.parameters,
        kinds=kinds,
        comment_on=comment_on,
    )


def _reader(name: str, default: ParamValue) -> Callable[[Override], ParamValue]:
    return lambda override: override.params.get(name, default)


def _narrowed(rule: Rule, out: Writer, override: Override) -> list[str]:
    """The filter, and where the rule is switched on."""
    filters = elsewhere(override, lambda one: one.filter)
    found: list[str] = []
    if override.filter is not None or filters:
        others = [(places, _filter(rule, out, filtered)) for places, filtered in filters]
        found.append(out.chosen(_filter(rule, out, override.filter), others))
    switched = elsewhere(override, lambda one: one.enabled)
    if switched:
        found.append(out.chosen(_truth(override.enabled), [(at, _truth(is_on)) for at, is_on in switched]))
    return found


def _filter(rule: Rule, out: Writer, text: str | None) -> str:
    condition = filter_condition(rule, Override(filter=text))
    return "TRUE" if condition is None else out.write(condition.term)


def _truth(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def comment_columns(rule: Rule, override: Override) -> Sequence[str]:
    """The id columns whose items get a comment, where the override holds."""
    if override.comments is None:
        return rule.comment_on
    return (rule.comment_on or default_comment_on(rule.over)) if override.comments else ()


def _comments(rule: Rule, out: Writer, override: Override) -> tuple[Sequence[str], str]:
    """The id columns, and the SQL of whether they count where places differ; empty where they do not."""
    here = comment_columns(rule, override)
    others = elsewhere(override, lambda one: comment_columns(rule, one))
    if not others:
        return here, ""
    # A rule has one choice of columns; places differ in whether they are used.
    chosen = here or others[0][1]
    return chosen, out.chosen(_truth(bool(here)), [(places, _truth(bool(on))) for places, on in others])


def _selected(rule: Rule, comment_on: Sequence[str]) -> list[str]:
    """The columns of the view that a rule's verdicts need, each once."""
    identity = [name for name in _IDENTITY if rule.view.column(name)]
    shown = [name for name, _ in fields(rule.message) if name not in rule.measures]
    return list(dict.fromkeys([*identity, *rule.fingerprint, *comment_on, *rule.evidence, *shown]))


def _severity(rule: Rule, out: Writer, override: Override) -> str:
    """The first step that holds wins. Severities are our own words, so they stand in the text."""

    def text(severity: str | None) -> str:
        if severity or not rule.steps:
            return f"'{severity or rule.severity}'"
        steps = " ".join(f"WHEN {out.write(one.condition.term)} THEN '{one.severity}'" for one in rule.steps)
        return f"CASE {steps} ELSE '{rule.severity}' END"

    others = elsewhere(override, lambda one: one.severity)
    return out.chosen(text(override.severity), [(places, text(severity)) for places, severity in others])
