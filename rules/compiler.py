"""Compiles a rule, with what the organisation overrides, to the pieces of one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from portfolio.errors import RuleError
from portfolio.findings import SEVERITIES
from rules import grammar
from rules.checking import SEVERITY_ALIAS, rule_scope
from rules.dialects import writer
from rules.lexer import ExpressionError
from rules.message import fields
from rules.rule import Override, Rule, default_comment_on
from rules.spelling import nearest
from rules.terms import Condition, Kind
from rules.values import Dialect, ParamValue, kind_of, members
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
    out = writer(dialect, {**rule.params, **override.params})
    comment_on = _comment_on(rule, override)
    try:
        columns = {name: out.quote(name) for name in _selected(rule, comment_on)}
        columns |= {name: out.write(measure.term) for name, measure in rule.measures.items()}
        columns[SEVERITY_ALIAS] = _severity(rule, out, override.severity)
        parts = [rule.where, rule.flag, filter_condition(rule, override)]
        where = " AND ".join(out.write(part.term) for part in parts if part)
    except ExpressionError as error:
        raise RuleError(rule.id, error.reason) from error
    kinds: dict[str, Kind] = {name: rule.kind(name) for name in columns if name != SEVERITY_ALIAS}
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


def filter_condition(rule: Rule, override: Override) -> Condition | None:
    """The override's filter, checked like any condition of the rule.

    Raises:
        ExpressionError: it is not accepted.
    """
    if override.filter is None:
        return None
    measures = {name: measure.term for name, measure in rule.measures.items()}
    return grammar.condition(override.filter, rule_scope(rule.view, rule.params, measures))


def override_problems(rule: Rule, override: Override) -> list[str]:
    """Everything about an override that does not fit its rule."""
    problems = [
        problem for name, value in override.params.items() if (problem := _param_problem(rule, name, value))
    ]
    if override.severity is not None and override.severity not in SEVERITIES:
        near = nearest(override.severity, SEVERITIES)
        problems.append(f"severity `{override.severity}` is not one of {', '.join(SEVERITIES)}{near}")
    if override.comments and not (rule.comment_on or default_comment_on(rule.over)):
        problems.append(f"comments: a finding about a row of {rule.over} is on no item that could get one")
    try:
        filter_condition(rule, override)
    except ExpressionError as error:
        problems.append(f"filter: {error.describe(override.filter or '')}")
    return problems


def overrides_problems(rules: Sequence[Rule], overrides: Mapping[str, Override]) -> list[str]:
    """Everything that is wrong with a configuration's overrides, one line each."""
    by_id = {rule.id: rule for rule in rules}
    problems: list[str] = []
    for rule_id, override in overrides.items():
        if rule_id not in by_id:
            problems.append(f"there is no rule `{rule_id}`{nearest(rule_id, by_id)}")
            continue
        problems += [f"rule {rule_id}: {problem}" for problem in override_problems(by_id[rule_id], override)]
    return problems


def _param_problem(rule: Rule, name: str, value: ParamValue) -> str | None:
    if name not in rule.params:
        return f"there is no parameter `{name}`{nearest(name, rule.params)}"
    default = rule.params[name]
    is_list = isinstance(default, list | tuple)
    if isinstance(value, list | tuple) != is_list:
        return f"parameter `{name}` is {'a list' if is_list else 'a single value'}"
    if not members(value):
        return f"parameter `{name}` needs at least one value"
    wanted = kind_of(members(default)[0])
    wrong = [found for found in members(value) if kind_of(found) != wanted]
    if not wrong:
        return None
    word = {
        "bool": "true or false",
        "real": "a number",
        "date": "a date",
        "instant": "an instant",
        "text": "a text",
    }
    return f"parameter `{name}` is {word[wanted]}; {wrong[0]!r} is not"


def _comment_on(rule: Rule, override: Override) -> Sequence[str]:
    if override.comments is None:
        return rule.comment_on
    return (rule.comment_on or default_comment_on(rule.over)) if override.comments else ()


def _selected(rule: Rule, comment_on: Sequence[str]) -> list[str]:
    """The columns of the view that a rule's verdicts need, each once."""
    identity = [name for name in _IDENTITY if rule.view.column(name)]
    shown = [name for name, _ in fields(rule.message) if name not in rule.measures]
    return list(dict.fromkeys([*identity, *rule.fingerprint, *comment_on, *rule.evidence, *shown]))


def _severity(rule: Rule, out: Writer, override: str | None) -> str:
    """The first step that holds wins. Severities are our own words, so they stand in the text."""
    if override or not rule.steps:
        return f"'{override or rule.severity}'"
    steps = " ".join(f"WHEN {out.write(step.condition.term)} THEN '{step.severity}'" for step in rule.steps)
    return f"CASE {steps} ELSE '{rule.severity}' END"
