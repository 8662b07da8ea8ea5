"""Types are checked when a rule is loaded, so that no database has to guess."""
# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portfolio.views import VIEWS
from rules.checking import rule_scope
from rules.grammar import condition, conjuncts, value
from rules.lexer import ExpressionError

PARAMS = {
    "n": 5, "share": 0.5, "name": "x", "flag": True, "day": date(2026, 11, 24),
    "moment": datetime(2026, 11, 24, tzinfo=UTC), "names": ["a", "b"], "sizes": [1, 2.5],
    "days": [date(2026, 11, 24)],
}  # fmt: skip
SCOPE = rule_scope(VIEWS["risk"], PARAMS, {})


@pytest.mark.parametrize(
    "text",
    [
        "is_done", "NOT is_done", "is_done = is_leaf", "is_done <> TRUE", "depth = 1", "depth <> 1.5", "depth < points",
        "title = 'x'", "title < 'x'", "due < :today", "due = start", "created_at < :now", "created_at <= updated_at",
        "start_at < finish_at", "due BETWEEN start AND :today", "depth NOT BETWEEN 1 AND 2", "title IN ('a', :name)",
        "title IN (:names)", "depth IN (:sizes)", "due NOT IN (:days)", "depth IN (1, points)", "labels IS NULL",
        "due IS NOT NULL", "is_critical IS NULL", "contains(labels, 'x')", "contains(title, :name)", "contains(lower(title), 'x')",
        "wd(due, :today) > 1", "wd(created_at, :now) > 1", "wd(due, created_at) > 1", "days(due, :today) > 1",
        "days(created_at, due) > 1", "days(:day, due) > 1", "hours(created_at, :now) > 1", "hours(created_at, :moment) > 1",
        "abs(depth) > 1", "abs(points) > 1", "least(due, start) < :today", "greatest(depth, points, 1) > 1",
        "least(title, 'x') = 'x'", "coalesce(is_critical, FALSE)", "coalesce(depth, 0.5) > 1", "coalesce(due, start, :today) < :day",
        "CASE WHEN is_done THEN depth ELSE points END > 1", "CASE WHEN is_done THEN 'a' END = 'a'",
        "CASE state WHEN 'done' THEN TRUE ELSE is_leaf END", "depth + points * 2 - 1 / depth > - :n", "(is_done)",
        "wd(coalesce(actual_finish, effective_due), :today) > 1", "wd(least(due, start), :now) > 1", "is_done AND :flag",
        "IS_DONE and Not is_leaf Or due Is Null", "is_done\n  AND\tis_leaf\r\n", "title = 'it''s; -- \"x\" é'",
    ],
)  # fmt: skip
def test_this_is_a_condition(text: str) -> None:
    assert condition(text, SCOPE).term.kind == "bool"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("is_done = 1", "a yes/no value (`is_done`) and a number do not compare"),
        ("is_done + 1 > 1", "`+` needs numbers; this is a yes/no value (`is_done`)"),
        ("is_done > is_leaf", "`>` needs two values with an order; this is a yes/no value (`is_done`)"),
        ("is_done BETWEEN is_leaf AND is_summary", "BETWEEN needs values with an order; this is a yes/no value (`is_done`)"),
        ("depth = '1'", "a number (`depth`) and a text do not compare"),
        ("due = '2026-11-24'", "a date (`due`) and a text do not compare"),
        ("due < :now", "a date (`due`) and an instant (`now`) do not compare"),
        ("created_at < :today", "an instant (`created_at`) and a date (`today`) do not compare"),
        ("start_at = due", "a plan's wall time (`start_at`) and a date (`due`) do not compare"),
        ("start_at < '2026-11-24T08:00'", "a plan's wall time (`start_at`) and a text do not compare"),
        ("due + 1 > :today", "`+` needs numbers; this is a date (`due`); for dates use wd(a, b) or days(a, b)"),
        ("due - start > 1", "`-` needs numbers; this is a date (`due`); for dates use wd(a, b) or days(a, b)"),
        ("- title = 'x'", "`-` needs a number; this is a text (`title`)"),
        ("depth", "this is a number (`depth`); a condition is yes or no"),
        ("wd(due, :today)", "this is a number; a condition is yes or no"),
        ("NOT depth", "NOT needs yes/no values; this is a number (`depth`)"),
        ("is_done AND depth", "AND needs yes/no values; this is a number (`depth`)"),
        ("due OR is_done", "OR needs yes/no values; this is a date (`due`)"),
        ("depth < 1 < 2", "a yes/no value and a number do not compare"),
        ("labels = labels", "this is a list (`labels`); contains(list, 'text') and IS NULL are what can be asked of it"),
        ("labels IN (labels)", "this is a list (`labels`); contains(list, 'text') and IS NULL are what can be asked of it"),
        ("coalesce(labels, components) IS NULL", "this is a list (`labels`); contains(list, 'text') and IS NULL are what can be asked of it"),
        ("CASE WHEN is_done THEN labels END IS NULL", "this is a list (`labels`); contains(list, 'text') and IS NULL are what can be asked of it"),
        ("title IN ('a', 1)", "a text (`title`) and a number do not compare"),
        ("depth IN (:names)", ":names lists values that are each a text; this is a number (`depth`)"),
        ("CASE WHEN depth THEN 1 END = 1", "WHEN needs yes/no values; this is a number (`depth`)"),
        ("CASE WHEN is_done THEN 1 ELSE 'x' END = 1", "a number and a text do not compare"),
        ("CASE depth WHEN 'x' THEN TRUE END", "a number (`depth`) and a text do not compare"),
        ("coalesce(due) = due", "coalesce takes 2 or more values, not 1"),
        ("coalesce() = due", "coalesce takes 2 or more values, not 0"),
        ("coalesce(due, 1) = due", "a date (`due`) and a number do not compare"),
        ("least(is_done, is_leaf)", "least needs values with an order; this is a yes/no value (`is_done`)"),
        ("abs(depth, 1) = 1", "abs takes 1 value, not 2"),
        ("abs(title) = 1", "abs needs a number; this is a text (`title`)"),
        ("lower(depth) = 'x'", "lower needs a text; this is a number (`depth`)"),
        ("contains(title) ", "contains takes 2 values, not 1"),
        ("contains(title, 1)", "contains(where, what) looks for a text in a text or a list, not for a number in a text (`title`)"),
        ("contains(depth, 'x')", "contains(where, what) looks for a text in a text or a list, not for a text in a number (`depth`)"),
        ("days(due, depth) > 1", "days(a, b) counts the days from a to b; this is a number (`depth`)"),
        ("hours(due, :now) > 1", "hours(a, b) counts the hours between two instants; this is a date (`due`)"),
        ("title < 'a' AND probability LIKE 1", "patterns are not read; use contains(column, 'text')"),
    ],
)  # fmt: skip
def test_a_type_error_names_what_does_not_fit(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        condition(text, SCOPE)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    "text",
    ["wd(depth, due)", "wd(:day, due)", "wd(:moment, due)", "wd(start_at, due)", "wd(coalesce(due, :day), start)",
     "wd(CASE WHEN is_done THEN due END, start)", "wd(title, due)"],
)  # fmt: skip
def test_working_days_are_counted_only_between_what_has_a_working_day_number(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"wd\(a, b\) counts the working days from a to b"):
        value(text, SCOPE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("depth", "int"), ("depth + 1", "real"), ("1 / 2", "real"), ("- 1", "real"), ("abs(depth)", "int"), ("abs(points)", "real"),
     ("coalesce(depth, 1)", "int"), ("coalesce(depth, 0.5)", "real"), ("wd(due, start)", "int"), ("days(due, start)", "int"),
     ("hours(created_at, :now)", "real"), (":n", "real"), ("lower(title)", "text"), ("least(due, :today)", "date"),
     ("CASE WHEN is_done THEN 1 ELSE 0.5 END", "real"), ("CASE WHEN is_done THEN 1 END", "int"), ("labels", "list"), ("1.5", "real")],
)  # fmt: skip
def test_every_operation_has_a_kind(text: str, kind: str) -> None:
    assert value(text, SCOPE).kind == kind


def test_end_is_a_column_outside_case_and_closes_a_case_inside() -> None:
    scope = rule_scope(VIEWS["iteration"], {}, {})
    assert condition("end < :today", scope).names("column") == ["end"]
    assert condition("CASE WHEN done > 1 THEN TRUE END AND end < :today", scope).names("column") == [
        "done",
        "end",
    ]
    with pytest.raises(ExpressionError):
        condition("CASE WHEN end < :today THEN TRUE END", scope)


def test_columns_that_are_words_of_sql_are_columns() -> None:
    assert condition("check = 'x'", rule_scope(VIEWS["schedule_check"], {}, {})).names("column") == ["check"]
    assert condition("date < start", rule_scope(VIEWS["release"], {}, {})).names("column") == [
        "date",
        "start",
    ]
    assert condition("count > 1 AND value = 'x'", rule_scope(VIEWS["unmapped"], {}, {})).names("column") == [
        "count",
        "value",
    ]
    assert condition("class = 'x'", rule_scope(VIEWS["calibration"], {}, {})).names("column") == ["class"]
    with pytest.raises(ExpressionError, match="a date comes from a column, a parameter, :today or :now"):
        condition("due < date '2026-01-01'", SCOPE)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("is_done", ["is_done"]),
        ("is_done AND NOT is_leaf AND due IS NULL", ["is_done", "NOT is_leaf", "due IS NULL"]),
        ("depth BETWEEN 1 AND 2 AND is_done", ["depth BETWEEN 1 AND 2", "is_done"]),
        ("is_done AND depth NOT BETWEEN 1 AND 2", ["is_done", "depth NOT BETWEEN 1 AND 2"]),
        ("is_done AND is_leaf OR is_summary", ["is_done AND is_leaf OR is_summary"]),
        ("is_done AND (is_leaf OR is_summary AND is_critical)", ["is_done", "(is_leaf OR is_summary AND is_critical)"]),
        ("CASE WHEN is_done AND is_leaf THEN TRUE END AND title = 'a AND b'",
         ["CASE WHEN is_done AND is_leaf THEN TRUE END", "title = 'a AND b'"]),
    ],
)  # fmt: skip
def test_an_explanation_splits_at_the_outermost_ands(text: str, parts: list[str]) -> None:
    condition(text, SCOPE)
    assert conjuncts(text) == parts
