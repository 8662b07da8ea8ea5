"""What expressions mean, worked out by hand, on SQLite and on PostgreSQL."""
# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from effort import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolio.views import VIEWS
from rules.checking import rule_scope
from rules.compiler import CompiledRule, bind
from rules.dialects import writer
from rules.grammar import value
from rules.lexer import ExpressionError
from rules.loading import load_catalogue
from rules.results import python_value
from rules.testing import DEFAULT_TODAY, Query, clock, complete_row, query_sqlite
from rules.values import Dialect

RULE = load_catalogue()[0]
PARAMS = {"n": 5, "half": 0.5, "yes": True, "day": date(2026, 11, 20), "word": "b", "words": ["a", "b"]}
ROW: Mapping[str, Any] = {
    "item_id": "shop/1", "title": "Große Ähre", "key": "CHK-1", "status": "Zebra", "priority": "apple", "is_done": True,
    "depth": 7, "sort": 2, "points": 0.1, "remaining_hours": 0.2, "budget": None, "labels": ["pmo", "a\"b", "ä"], "components": [],
    "start": date(2026, 11, 16), "due": date(2026, 11, 20), "iteration_end": date(2026, 11, 22), "commitment": date(2061, 1, 3),
    "start_at": "2026-11-16T08:00", "finish_at": "2026-11-20T17:00",
    "created_at": datetime(2026, 11, 10, 23, 30, tzinfo=UTC), "updated_at": datetime(2026, 11, 12, 1, 0, 0, 1999, tzinfo=UTC),
    "last_activity_at": datetime(2026, 11, 12, 1, 0, 0, 1000, tzinfo=UTC),
}  # fmt: skip


def _evaluate(text: str, row: Mapping[str, Any], dialect: Dialect, query: Query) -> Any:
    scope = rule_scope(VIEWS["item"], PARAMS, {})
    term = value(text, scope)
    out = writer(dialect, PARAMS)
    compiled = CompiledRule(
        rule=RULE, dialect=dialect, view="item", columns={"answer": out.write(term)}, where="1 = 1",
        parameters=out.parameters, kinds={},
    )  # fmt: skip
    day, now = clock(DEFAULT_TODAY)
    rows = query(
        compiled, [complete_row(VIEWS["item"], row, day)], bind(dialect, compiled.parameters, day, now)
    )
    return python_value(rows[0]["answer"], term.kind)


CASES: list[tuple[str, Any]] = [
    # unknown in, unknown out
    ("budget > 1", None), ("NOT budget > 1", None), ("budget > 1 AND FALSE", False), ("budget > 1 OR TRUE", True),
    ("budget = budget", None), ("budget IS NULL", True), ("budget IS NOT NULL", False), ("depth IN (1, budget)", None),
    ("depth IN (7, budget)", True), ("depth NOT IN (1, budget)", None), ("budget BETWEEN 1 AND 2", None),
    ("least(depth, budget)", None), ("greatest(budget, depth, 1)", None), ("least(depth, 3)", 3), ("greatest(depth, 3.5)", 7.0),
    ("coalesce(budget, depth)", 7.0), ("coalesce(budget, 0.5)", 0.5), ("abs(budget)", None), ("- budget", None),
    ("lower(owner)", None), ("contains(owner, 'x')", None), ("contains(title, owner)", None), ("contains(releases, 'x')", None),
    ("contains(labels, owner)", None), ("wd(due, p50)", None), ("days(p50, due)", None), ("hours(created_at, blocked_since)", None),
    ("CASE WHEN budget > 1 THEN 1 ELSE 2 END", 2), ("CASE WHEN FALSE THEN 1 END", None),
    # numbers
    ("1 / 2", 0.5), ("depth / 2", 3.5), ("7 / depth", 1.0), ("depth / 0", None), ("depth / (points - points)", None),
    ("depth / (sort - 2)", None), ("points + remaining_hours = 0.3", False), ("points + remaining_hours", 0.30000000000000004),
    ("points = 0.1", True), ("depth * depth - 1", 48.0), ("2 + 3 * 4", 14.0), ("(2 + 3) * 4", 20.0), ("10 - 4 - 3", 3.0),
    ("8 / 4 / 2", 1.0), ("- depth + 1", -6.0), ("abs(1 - depth)", 6.0), ("abs(- 2)", 2.0), ("depth > :n", True), ("depth = 7.0", True),
    ("depth + 999999999999999", 1000000000000006.0), ("depth * 999999999999999 > 0", True), (":half * depth", 3.5),
    ("CASE WHEN is_done THEN 1 ELSE 0.5 END", 1.0), ("depth BETWEEN 7 AND 7", True), ("depth NOT BETWEEN 1 AND 6", True),
    # yes and no
    ("is_done", True), ("NOT is_done", False), ("is_done = TRUE", True), ("is_done <> is_leaf", True), ("is_critical", False),
    ("coalesce(is_critical, FALSE)", False), ("is_done = :yes", True), ("NOT is_done OR is_leaf AND is_done", False),
    ("NOT depth IN (1, 2)", True), ("NOT (is_done AND is_leaf)", True), ("is_done IN (TRUE, FALSE)", True),
    # texts: by code point, A to Z only
    ("status < priority", True), ("'Z' < 'a'", True), ("'a' < 'ä'", True), ("title = 'große ähre'", False), ("lower(title)", "große Ähre"),
    ("lower('ÄB')", "Äb"), ("lower(status) = 'zebra'", True), ("contains(title, 'ße Ä')", True), ("contains(title, 'SS')", False),
    ("contains(title, '')", True), ("contains('', '')", True), ("contains('100%', '%')", True), ("contains('abc', '_')", False),
    ("title = 'it''s'", False), ("'it''s :today' = 'it''s :today'", True), ("least(status, priority)", "Zebra"),
    ("greatest(status, priority, 'ä')", "ä"), ("status BETWEEN 'A' AND 'a'", True), ("'b' IN (:words)", True), ("'c' IN (:words)", False),
    ("'b' = :word", True), ("'B' = :word", False), ("'' = ''", True), ("' ' = ''", False), ("'\\n' = '\\n'", True), ("'?%(x)s' = '?%(x)s'", True),
    ("start_at < finish_at", True), ("greatest(start_at, finish_at)", "2026-11-20T17:00"),
    # lists
    ("contains(labels, 'pmo')", True), ("contains(labels, 'pm')", False), ("contains(labels, 'a\"b')", True), ("contains(labels, 'ä')", True),
    ("contains(components, 'x')", False), ("labels IS NULL", False), ("releases IS NULL", True),
    # dates: 20 Nov 2026 is a Friday, 22 a Sunday, 24 (today) a Tuesday
    ("due < :today", True), ("due = :day", True), ("due <> :day", False), ("due BETWEEN start AND iteration_end", True),
    ("greatest(start, due)", date(2026, 11, 20)), ("coalesce(p50, due)", date(2026, 11, 20)), ("wd(due, :today)", 2), ("wd(:today, due)", -2),
    ("wd(due, iteration_end)", 0), ("wd(iteration_end, :today)", 2), ("wd(start, due)", 4), ("days(due, :today)", 4), ("days(:today, due)", -4),
    ("days(start, start)", 0), ("wd(commitment, :today)", None), ("wd(commitment, commitment)", None), ("days(:today, commitment)", 12459),
    ("wd(coalesce(p50, due), :today)", 2), ("wd(coalesce(commitment, due), :today)", None), ("wd(least(start, due), :now)", 6),
    ("wd(greatest(start, due), :today)", 2), ("wd(least(start, p50), :today)", None), ("CASE WHEN is_done THEN due END", date(2026, 11, 20)),
    ("days(start, :day)", 4), ("wd(start, created_at)", -4),
    # instants: to the millisecond, by their UTC day
    ("updated_at = last_activity_at", True), ("updated_at > last_activity_at", False), ("created_at < :now", True),
    ("hours(created_at, updated_at) > 25.5", True), ("hours(created_at, updated_at) = hours(created_at, last_activity_at)", True), ("hours(created_at, :now)", 324.5), ("hours(:now, created_at)", -324.5),
    ("days(created_at, updated_at)", 2), ("days(created_at, due)", 10), ("days(created_at, :now)", 14), ("wd(created_at, updated_at)", 2),
    ("least(created_at, updated_at)", datetime(2026, 11, 10, 23, 30, tzinfo=UTC)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_sqlite_answers(text: str, expected: Any) -> None:
    _same(_evaluate(text, ROW, "sqlite", query_sqlite), expected)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_postgresql_answers(text: str, expected: Any, query_postgresql: Query) -> None:
    _same(_evaluate(text, ROW, "postgresql", query_postgresql), expected)


def _same(found: Any, expected: Any) -> None:
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("seconds", [0, 1, 59, 86_399, 86_400, 86_401, 31_536_000])
def test_a_whole_number_of_hours_is_whole_wherever_it_starts(seconds: int) -> None:
    start = datetime(2026, 3, 29, 0, 59, 59, 999_000, tzinfo=UTC) + timedelta(seconds=seconds)
    row = {"created_at": start, "updated_at": start + timedelta(hours=24)}
    assert _evaluate("hours(created_at, updated_at) > 24", row, "sqlite", query_sqlite) is False
    assert _evaluate("hours(created_at, updated_at) >= 24", row, "sqlite", query_sqlite) is True


def test_texts_are_compared_by_code_point_in_the_text_of_the_query() -> None:
    # The test server knows no language that sorts otherwise, so the query itself must say it.
    scope = rule_scope(VIEWS["item"], PARAMS, {})
    for text in (
        "title < key",
        "title BETWEEN key AND status",
        "least(title, key) = 'x'",
        "lower(title) = 'x'",
        "start_at > finish_at",
    ):
        assert 'COLLATE "C"' in writer("postgresql", PARAMS).write(value(text, scope))


def test_an_unknown_column_in_sqlite_is_an_error_and_not_a_text() -> None:
    # SQLite reads "x" as the text 'x' where no column x exists: the compiler quotes otherwise.
    scope = rule_scope(VIEWS["item"], PARAMS, {})
    assert writer("sqlite", PARAMS).write(value("wd(due, start)", scope)) == "(`start_ord` - `due_ord`)"


NAMES = st.sampled_from(["depth", "sort", "points", "budget", "due", "start", "p50", "title", "owner", "is_done", "is_leaf",
                         "is_critical", "created_at", "blocked_since", "labels", ":today", ":now", ":n", "1", "0.5", "0", "'a'", "''"])  # fmt: skip


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(["=", "<>", "<", ">=", "+", "-", "*", "/", "AND", "OR"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        pair.flatmap(lambda t: st.sampled_from([f"{f}({t[0]}, {t[1]})" for f in ("coalesce", "least", "greatest", "wd", "days", "hours", "contains")])),
        inner.flatmap(lambda t: st.sampled_from([f"(NOT {t})", f"({t} IS NULL)", f"abs({t})", f"lower({t})", f"(- {t})"])),
        st.tuples(inner, inner, inner).map(lambda t: f"CASE WHEN {t[0]} THEN {t[1]} ELSE {t[2]} END"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} BETWEEN {t[1]} AND {t[2]})"),
    )  # fmt: skip


@settings(max_examples=examples(500), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.recursive(NAMES, _grown, max_leaves=5))
def test_whatever_is_accepted_means_the_same_in_both_databases(query_postgresql: Query, text: str) -> None:
    try:
        here = _evaluate(text, ROW, "sqlite", query_sqlite)
    except ExpressionError:
        return
    there = _evaluate(text, ROW, "postgresql", query_postgresql)
    assert here == there
    assert type(here) is type(there)
