"""Turns the text of one rule into a checked `Rule`, or says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from portfolio.views import VIEWS, Column, View
from rules import grammar
from rules.grammar import Scope
from rules.lexer import KEYWORDS, ExpressionError
from rules.message import fields, format_problem
from rules.rule import Rule, RuleTest, Step, default_comment_on
from rules.spelling import nearest
from rules.terms import Condition, Kind, Term
from rules.values import ParamValue, kind_of
from rules.writer import LIST_PREFIX, LITERAL_PREFIX, PLACE
from rules.yaml_text import Document, Path

if TYPE_CHECKING:
    from rules.file_model import RuleText

RESERVED = frozenset({"today", "now"})
SEVERITY_ALIAS = "verdict_severity"
COMMENT_ALIAS = "verdict_is_commented"
# These change because a day has passed, so a comment that shows them would be edited every night.
AGES = frozenset({"age_wd"})
_UNITS: Mapping[str, timedelta] = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def build_rule(
    model: RuleText, document: Document, path: Path, *, group: str, is_built_in: bool, package: str = ""
) -> Rule | None:
    """The rule, or None after noting its problems in the document."""
    checker = _Checker(model, document, path)
    where, measures, flag, steps = checker.conditions()
    checker.columns()
    checker.message()
    checker.tests()
    if checker.failed or flag is None:
        return None
    page = f"docs/rules/{group}.md#{model.id}" if is_built_in else None
    comment_on = default_comment_on(model.over) if model.comment_on is None else tuple(model.comment_on)
    return Rule(
        id=model.id,
        group=group,
        title=model.title,
        why=model.why,
        over=model.over,
        where=where,
        measures=measures,
        flag=flag,
        severity=model.severity,
        steps=steps,
        params=model.params,
        hold_for=_duration(model.for_),
        keep_for=_duration(model.keep),
        inhibit_by=tuple(model.inhibit_by),
        fingerprint=tuple(model.fingerprint),
        evidence=tuple(model.evidence),
        message=model.message,
        action=model.action,
        docs=model.docs or page,
        comment_on=comment_on,
        status=model.status,
        tests=tuple(RuleTest(test.name, test.today, test.given, test.expect) for test in model.tests),
        is_built_in=is_built_in,
        file=document.file,
        line=document.line(path),
        package=package,
    )


def parameter_scope(params: Mapping[str, ParamValue]) -> tuple[dict[str, Kind], dict[str, Kind]]:
    """The kinds of the single parameters, with :today and :now, and of the members of the lists."""
    single: dict[str, Kind] = {}
    lists: dict[str, Kind] = {}
    for name, value in params.items():
        if isinstance(value, list | tuple):
            lists[name] = kind_of(value[0])
        else:
            single[name] = kind_of(value)
    return {**single, "today": "date", "now": "instant"}, lists


def rule_scope(view: View, params: Mapping[str, ParamValue], measures: Mapping[str, Term]) -> Scope:
    """What a rule's expressions may name."""
    single, lists = parameter_scope(params)
    return Scope(view.name, {column.name: column.type for column in view.columns}, single, lists, measures)


def value_problem(column: Column, value: object) -> str | None:
    """Why a value cannot stand in a column of a test's row, or None."""
    kinds: Mapping[str, Callable[[object], bool]] = {
        "text": lambda v: isinstance(v, str),
        "wall": lambda v: isinstance(v, str) and _is_wall(v),
        "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "real": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
        "bool": lambda v: isinstance(v, bool),
        "date": lambda v: isinstance(v, date) and not isinstance(v, datetime),
        "instant": lambda v: isinstance(v, datetime),
        "list": lambda v: isinstance(v, list),
        "object": lambda v: isinstance(v, dict),
    }
    if value is None:
        return f"`{column.name}` is never null" if column.never_null else None
    return (
        None if kinds[column.type](value) else f"`{column.name}` is of type {column.type}; {value!r} is not"
    )


class _Checker:
    def __init__(self, model: RuleText, document: Document, path: Path) -> None:
        self._model = model
        self._document = document
        self._path = path
        self._view = VIEWS[model.over]
        self._measures: dict[str, Term] = {}
        self.failed = False

    def conditions(self) -> tuple[Condition | None, dict[str, Condition], Condition | None, tuple[Step, ...]]:
        model = self._model
        self._check_params()
        where = self._read(("where",), model.where, grammar.condition) if model.where else None
        measures: dict[str, Condition] = {}
        for name, text in model.measure.items():
            if (
                self._view.column(name)
                or name in RESERVED
                or name.upper() in KEYWORDS
                or name in (SEVERITY_ALIAS, COMMENT_ALIAS, PLACE)
            ):
                self._note(("measure", name), f"measure.{name}: the name is taken; choose another")
            if found := self._read(("measure", name), text, grammar.measure):
                measures[name] = found
                self._measures[name] = found.term
        flag = self._read(("flag",), model.flag, grammar.condition)
        steps = [
            Step(condition, step.then)
            for number, step in enumerate(model.severity_by)
            if (condition := self._read(("severity_by", number, "if"), step.condition, grammar.condition))
        ]
        self._check_unused([where, flag, *measures.values(), *(step.condition for step in steps)])
        return where, measures, flag, tuple(steps)

    def columns(self) -> None:
        model = self._model
        for name in model.fingerprint:
            column = self._column("fingerprint", name)
            if column and not (name in self._view.key or name.endswith("_id")):
                self._note(
                    ("fingerprint",), f"fingerprint: `{name}` does not identify anything; use id columns"
                )
        for name in model.evidence:
            if name in model.measure:
                self._note(
                    ("evidence",),
                    f"evidence: `{name}` is a measure; comments show columns, and dates instead of ages",
                )
            elif self._column("evidence", name) and name in AGES:
                self._note(
                    ("evidence",), f"evidence: `{name}` changes every day; show the date it is counted from"
                )
        for name in model.comment_on or ():
            if self._column("comment_on", name) and not name.endswith("_id"):
                self._note(("comment_on",), f"comment_on: `{name}` is not the id of an item")

    def message(self) -> None:
        try:
            found = fields(self._model.message)
        except ValueError as error:
            self._note(("message",), f"message: {error}")
            return
        for name, form in found:
            term, column = self._measures.get(name), self._view.column(name)
            kind = term.kind if term else column.type if column else None
            if kind is not None:
                if problem := format_problem(name, form, kind):
                    self._note(("message",), f"message: {problem}")
            elif name not in self._model.measure:  # a measure that did not compile has its own problem
                known = (*self._view.names, *self._model.measure)
                self._note(("message",), f"message: there is no `{name}`{nearest(name, known)}")

    def tests(self) -> None:
        measured = set(self._model.measure) | {"severity", "message"}
        for number, test in enumerate(self._model.tests):
            for place, rows in (("given", test.given), ("expect", test.expect)):
                for index, row in enumerate(rows):
                    path = ("tests", number, place, index)
                    for name, value in row.items():
                        if place == "expect" and name in measured:
                            continue
                        column = self._column(f"tests.{number + 1}.{place}", name, (*path, name))
                        if column and place == "given" and (problem := value_problem(column, value)):
                            self._note((*path, name), f"tests.{number + 1}.given: {problem}")

    def _check_params(self) -> None:
        for name, value in self._model.params.items():
            place = ("params", name)
            if name in RESERVED or name.startswith((LITERAL_PREFIX, LIST_PREFIX)):
                self._note(place, f"params.{name}: the name is taken; choose another")
            if isinstance(value, list) and len({kind_of(member) for member in value}) > 1:
                self._note(place, f"params.{name}: the members of a list are all of one type")

    def _check_unused(self, conditions: Sequence[Condition | None]) -> None:
        """A parameter nobody reads is a misspelt one."""
        known = [condition for condition in conditions if condition]
        used = {name for condition in known for op in ("param", "params") for name in condition.names(op)}
        for name in self._model.params:
            if name not in used and not self.failed:
                self._note(("params", name), f"params.{name}: no condition of the rule uses it")

    def _read(self, path: Path, text: str, read: Callable[[str, Scope], Condition]) -> Condition | None:
        scope = rule_scope(self._view, self._model.params, self._measures)
        try:
            return read(text, scope)
        except ExpressionError as error:
            self._note(path, f"{_shown(path)}: {error.describe(text)}")
            return None

    def _column(self, where: str, name: str, path: Path | None = None) -> Column | None:
        column = self._view.column(name)
        if column is None:
            text = (
                f"{where}: the view {self._view.name} has no column `{name}`{nearest(name, self._view.names)}"
            )
            self._note(path or (where,), text)
        return column

    def _note(self, path: Path, text: str) -> None:
        self.failed = True
        self._document.add((*self._path, *path), f"rule {self._model.id}, {text}")


def _shown(path: Path) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def _duration(text: str | None) -> timedelta:
    return timedelta(0) if text is None else int(text[:-1]) * _UNITS[text[-1]]


def _is_wall(text: str) -> bool:
    try:
        return len(text) == len("2026-11-24T08:00") and bool(datetime.strptime(text, "%Y-%m-%dT%H:%M"))  # noqa: DTZ007
    except ValueError:
        return False
