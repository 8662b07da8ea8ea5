"""Runs the tests that stand beside rules: rows become a table, the compiled query runs, findings compare.

The table is `rule_<view>` in SQLite in memory, with the hidden working-day numbers of a Monday-to-Friday
calendar. A `Query` runs the same tests on another database.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias

import msgspec

from portfolio.errors import RuleError
from portfolio.findings import Verdict
from portfolio.views import PLACED, VIEWS, Column, View
from rules.compiler import CompiledRule, compile_rule
from rules.results import python_row, verdicts
from rules.rule import Override, Rule, RuleTest
from rules.values import Dialect, instant_text
from rules.writer import PLACE

DEFAULT_TODAY = date(2026, 11, 24)  # a Tuesday
CALENDAR_START = date(1990, 1, 1)  # a Monday
CALENDAR_END = date(2060, 12, 31)

Rows: TypeAlias = Sequence[Mapping[str, Any]]
# Puts complete rows into a table, runs the query with all its parameters, returns its rows.
Query: TypeAlias = Callable[[CompiledRule, Rows, Mapping[str, object]], list[dict[str, object]]]


class RuleTestResult(msgspec.Struct, frozen=True):
    """How one test of one rule went; no problems means it passed."""

    rule: str
    test: str
    problems: tuple[str, ...]
    file: str
    line: int

    @property
    def passed(self) -> bool:
        """True when the findings were the expected ones."""
        return not self.problems


def run_tests(rules: Sequence[Rule]) -> list[RuleTestResult]:
    """The tests of all rules, in order."""
    return [run_test(rule, test) for rule in rules for test in rule.tests]


def run_test(
    rule: Rule, test: RuleTest, *, query: Query | None = None, dialect: Dialect = "sqlite"
) -> RuleTestResult:
    """One test of a rule, on SQLite unless another database's `query` is given."""
    try:
        found = judge(rule, test.given, today=test.today, query=query, dialect=dialect)
    except RuleError as error:
        problems = [str(error)]
    else:
        problems = _differences(rule, found, test.expect)
    return RuleTestResult(rule.id, test.name, tuple(problems), rule.file, rule.line)


def judge(
    rule: Rule,
    given: Rows,
    *,
    today: date | datetime | None = None,
    override: Override | None = None,
    query: Query | None = None,
    dialect: Dialect = "sqlite",
) -> list[tuple[dict[str, Any], Verdict]]:
    """The findings of a rule over rows of its view, each with the row of the query it came from."""
    day, now = clock(today)
    compiled = compile_rule(rule, dialect, override)
    rows = [complete_row(VIEWS[rule.over], row, day) for row in given]
    found = (query or query_sqlite)(compiled, rows, compiled.bind(day, now))
    return list(
        zip((python_row(row, compiled.kinds) for row in found), verdicts(compiled, found), strict=True)
    )


def clock(today: date | datetime | None) -> tuple[date, datetime]:
    """:today and :now of a test. A day alone means noon UTC; an instant is both."""
    if isinstance(today, datetime):
        return today.astimezone(UTC).date(), today
    day = today or DEFAULT_TODAY
    return day, datetime.combine(day, time(12), UTC)


def complete_row(view: View, given: Mapping[str, Any], today: date) -> dict[str, Any]:
    """A row with every column of its rule view: what is absent, and the hidden working-day numbers."""
    row: dict[str, Any] = {}
    for column in view.columns:
        absent = False if column.never_null else None
        if column.name == "item_id" and view.column("key"):
            absent = given.get("key")
        row[column.name] = given.get(column.name, absent)
        if column.has_ordinal:
            row[f"{column.name}_ord"] = ordinal(row[column.name])
    if view.name in PLACED:
        row[PLACE] = given.get("slug" if view.name == "project" else "project", given.get(PLACE))
    return {**row, "today_ord": ordinal(today)}


def ordinal(moment: date | datetime | None) -> int | None:
    """The working-day number, Monday to Friday; a weekend has its Friday's. None outside the calendar."""
    if moment is None:
        return None
    day = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    if not CALENDAR_START <= day <= CALENDAR_END:
        return None
    weeks, weekday = divmod((day - CALENDAR_START).days, 7)
    return weeks * 5 + min(weekday, 4)


def query_sqlite(
    compiled: CompiledRule, rows: Rows, parameters: Mapping[str, object]
) -> list[dict[str, object]]:
    """Run a compiled rule over rows in an SQLite database in memory."""
    connection = sqlite3.connect(":memory:")
    try:
        create_rows(connection, compiled.view, rows)
        selected = ", ".join(f"{sql} AS `{alias}`" for alias, sql in compiled.columns.items())
        cursor = connection.execute(
            f"SELECT {selected} FROM rule_{compiled.view} WHERE {compiled.where}",  # noqa: S608 - the compiler's text
            dict(parameters),
        )
        return [dict(zip(compiled.columns, row, strict=True)) for row in cursor]
    except sqlite3.Error as error:
        raise RuleError(compiled.rule.id, f"the query failed: {error}") from error
    finally:
        connection.close()


def create_rows(connection: sqlite3.Connection, name: str, rows: Rows) -> None:
    """Make the table `rule_<view>` with complete rows in it."""
    view = VIEWS[name]
    names = [name for column in view.columns for name in _hidden(column)] + ["today_ord"]
    types = {column.name: _sqlite_type(column.type) for column in view.columns}
    if view.name in PLACED:
        names.append(PLACE)
        types[PLACE] = "TEXT"
    declared = ", ".join(f"`{name}` {types.get(name, 'INTEGER')}" for name in names)
    connection.execute(f"CREATE TABLE rule_{view.name} ({declared})")
    marks = ", ".join("?" * len(names))
    values = [[_sqlite_value(row[name]) for name in names] for row in rows]
    connection.executemany(f"INSERT INTO rule_{view.name} VALUES ({marks})", values)  # noqa: S608 - our own names


def _hidden(column: Column) -> list[str]:
    return [column.name, f"{column.name}_ord"] if column.has_ordinal else [column.name]


def _sqlite_type(kind: str) -> str:
    return {"int": "INTEGER", "bool": "INTEGER", "real": "REAL"}.get(kind, "TEXT")


def _sqlite_value(value: Any) -> str | int | float | None:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(value)
    result: str | int | float | None = value
    return result


def _differences(rule: Rule, found: Sequence[tuple[dict[str, Any], Verdict]], expected: Rows) -> list[str]:
    """What was expected and is not there, what is there and was not expected, and what differs."""
    pending = [{**row, "severity": verdict.severity, "message": verdict.message} for row, verdict in found]
    identity = [*rule.fingerprint, "key", *rule.view.key]
    problems: list[str] = []
    for wanted in expected:
        names = [name for name in identity if name in wanted]
        match = next((row for row in pending if names and all(row.get(n) == wanted[n] for n in names)), None)
        if match is None:
            problems.append(f"expected a finding on {_words(wanted)}; there is none")
            continue
        pending.remove(match)
        for name, value in wanted.items():
            if name not in match:
                problems.append(f"`{name}` can be expected only where the rule shows it")
            elif match[name] != value:
                problems.append(f"{_words(wanted)}: {name} is {match[name]!r}, expected {value!r}")
    shown = [{name: row[name] for name in ("key", *rule.fingerprint) if name in row} for row in pending]
    return problems + [f"a finding on {_words(row)} was not expected" for row in shown]


def _words(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())
