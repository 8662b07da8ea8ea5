"""Shows a rule's reasoning for one row: every condition, measure, column and parameter with its value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

import msgspec

from portfolio.errors import RuleError
from rules import grammar
from rules.checking import rule_scope
from rules.compiler import bind
from rules.dialects import writer
from rules.lexer import ExpressionError
from rules.overrides import filter_condition, override_problems
from rules.results import python_value
from rules.rule import Override, Rule
from rules.terms import Condition, Kind
from rules.values import Dialect

Part: TypeAlias = Literal["where", "flag", "filter", "severity", "measure", "column", "parameter", "setting"]


class Explained(msgspec.Struct, frozen=True):
    """One line of an explanation: `flag`, `days_late > :grace_wd`, True. A value of None is unknown."""

    part: Part
    text: str
    value: Any
    origin: str = ""  # of a parameter, a filter, a severity: who set it, and where


class CompiledTerms(msgspec.Struct, frozen=True, kw_only=True):
    """`SELECT columns FROM rule_<view> WHERE <the row>`, and how to read the answer with `explain_terms`.

    `flagged` is the condition for all rows that the rule flags.
    """

    rule: Rule
    dialect: Dialect
    view: str
    columns: Mapping[str, str]
    terms: Mapping[str, tuple[Part, str, Kind]]
    parameters: Mapping[str, object]
    settings: tuple[Explained, ...]
    flagged: str

    def bind(self, today: date, now: datetime) -> dict[str, object]:
        """All parameters of one run; without a condition for the row, which the caller adds."""
        return bind(self.dialect, self.parameters, today, now)


def compile_terms(rule: Rule, dialect: Dialect, override: Override | None = None) -> CompiledTerms:
    """Every condition between the outermost ANDs, measure and column of a rule as a column of one query.

    Args:
        rule: the rule.
        dialect: of the database that will be asked.
        override: what holds where the row stands (`Override.at`); nothing of its places is read.

    Raises:
        RuleError: the override does not fit the rule, or the query would be too large.
    """
    override = override or Override()
    if problems := override_problems(rule, override):
        raise RuleError(rule.id, problems[0], hint="See rules.overrides in the configuration.")
    out = writer(dialect, {**rule.params, **override.params})
    columns: dict[str, str] = {}
    terms: dict[str, tuple[Part, str, Kind]] = {}
    filtered = filter_condition(rule, override)
    conditions = _conditions(rule, override, filtered)
    for number, (part, text, condition) in enumerate(conditions, 1):
        alias = f"term_{number}"
        try:
            columns[alias] = out.write(condition.term)
        except ExpressionError as error:
            raise RuleError(rule.id, error.reason) from error
        terms[alias] = (part, text, condition.term.kind)
    used = dict.fromkeys(name for _, _, condition in conditions for name in condition.names("column"))
    for name in [*used, *(name for name in rule.fingerprint if name not in used)]:
        columns[name] = out.quote(name)
        terms[name] = ("column", name, rule.kind(name))
    return CompiledTerms(
        rule=rule,
        dialect=dialect,
        view=rule.over,
        columns=columns,
        terms=terms,
        flagged=" AND ".join(out.write(part.term) for part in (rule.where, rule.flag, filtered) if part),
        parameters=out.parameters,
        settings=(*_parameters(rule, override), *_settings(override)),
    )


def _parameters(rule: Rule, override: Override) -> list[Explained]:
    return [
        Explained("parameter", f":{name}", override.params.get(name, value), origin(rule, override, name))
        for name, value in rule.params.items()
    ]


def _settings(override: Override) -> list[Explained]:
    """What else was changed, each with who did it."""
    changed: tuple[tuple[str, object], ...] = (
        ("severity", override.severity),
        ("enabled", None if override.enabled and "enabled" not in override.origins else override.enabled),
        ("filter", override.filter),
        ("comments", override.comments),
    )
    return [
        Explained("setting", key, value, override.origins.get(key, "rules.overrides"))
        for key, value in changed
        if value is not None
    ]


def explain_terms(compiled: CompiledTerms, row: Mapping[str, object]) -> list[Explained]:
    """The lines of an explanation, from the row that the query of `compiled` gave."""
    lines = [
        Explained(part, text, python_value(row[alias], kind))
        for alias, (part, text, kind) in compiled.terms.items()
    ]
    return [*lines, *compiled.settings]


def _conditions(
    rule: Rule, override: Override, filtered: Condition | None
) -> list[tuple[Part, str, Condition]]:
    measures = {name: measure.term for name, measure in rule.measures.items()}
    scope = rule_scope(rule.view, rule.params, measures)
    found: list[tuple[Part, str, Condition]] = []
    parts: tuple[tuple[Part, Condition | None], ...] = (
        ("where", rule.where),
        ("flag", rule.flag),
        ("filter", filtered),
    )
    for part, whole in parts:
        texts = grammar.conjuncts(whole.text) if whole else []
        found += [(part, text, grammar.condition(text, scope)) for text in texts]
    # A severity that was set replaces the steps.
    steps = () if override.severity else rule.steps
    found += [("severity", f"{step.severity}: {step.condition.text}", step.condition) for step in steps]
    found += [("measure", f"{name}: {measure.text}", measure) for name, measure in rule.measures.items()]
    return found


def origin(rule: Rule, override: Override, name: str) -> str:
    """Who set a parameter, and where it is written: `organisation, dovetail.yaml:41`."""
    if name in override.params:
        return override.origins.get(f"params.{name}", "rules.overrides")
    return rule.origin
