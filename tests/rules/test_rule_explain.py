"""The reasoning behind a finding, and the runner of rule tests."""
# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portfolio.errors import RuleError
from portfolio.views import VIEWS
from rules import CompiledRule, Override, compile_terms, explain_terms, load_catalogue
from rules.docs import generated
from rules.loading import parse_rules
from rules.rule import RuleTest
from rules.testing import DEFAULT_TODAY, Query, clock, complete_row, ordinal, query_sqlite, run_test
from rules.values import Dialect

RULES = {rule.id: rule for rule in load_catalogue()}
ROW = {"key": "P-1", "is_leaf": True, "effective_due": date(2026, 11, 16)}


def _explain(
    name: str, row: dict[str, Any], dialect: Dialect, query: Query, override: Override | None = None
) -> list[Any]:
    terms = compile_terms(RULES[name], dialect, override)
    day, now = clock(DEFAULT_TODAY)
    compiled = CompiledRule(
        rule=terms.rule,
        dialect=dialect,
        view=terms.view,
        columns=terms.columns,
        where="1 = 1",
        parameters=terms.parameters,
        kinds={},
    )
    rows = query(compiled, [complete_row(VIEWS[terms.view], row, day)], terms.bind(day, now))
    return [(line.part, line.text, line.value, line.origin) for line in explain_terms(terms, rows[0])]


EXPECTED = [
    ("where", "is_leaf", True, ""),
    ("where", "NOT is_done", True, ""),
    ("where", "NOT is_removed", True, ""),
    ("where", "effective_due IS NOT NULL", True, ""),
    ("flag", "days_late > :grace_wd", True, ""),
    ("filter", "depth > 1", None, ""),
    ("severity", "critical: days_late > :critical_after_wd", False, ""),
    ("severity", "high: days_late > :high_after_wd", True, ""),
    ("measure", "days_late: wd(effective_due, :today)", 6, ""),
    ("column", "is_leaf", True, ""),
    ("column", "is_done", False, ""),
    ("column", "is_removed", False, ""),
    ("column", "effective_due", date(2026, 11, 16), ""),
    ("column", "depth", None, ""),
    ("column", "item_id", "P-1", ""),
    ("parameter", ":grace_wd", 2, "organisation, dovetail.yaml:41"),
    ("parameter", ":high_after_wd", 5, "built in, catalogue/schedule_slip.yaml:3"),
    ("parameter", ":critical_after_wd", 20, "built in, catalogue/schedule_slip.yaml:3"),
    ("setting", "filter", "depth > 1", "rules.overrides"),
]


def test_every_condition_measure_column_and_parameter_is_shown_with_its_value(
    query_postgresql: Query,
) -> None:
    set_by = {"params.grace_wd": "organisation, dovetail.yaml:41"}
    override = Override(params={"grace_wd": 2}, filter="depth > 1", origins=set_by)
    assert _explain("due-date-passed", ROW, "sqlite", query_sqlite, override) == EXPECTED
    assert _explain("due-date-passed", ROW, "postgresql", query_postgresql, override) == EXPECTED


def test_a_severity_that_was_set_stands_in_place_of_the_steps(query_postgresql: Query) -> None:
    override = Override(severity="low", enabled=False, origins={"severity": "project pay, dovetail.yaml:9"})
    lines = _explain("due-date-passed", ROW, "sqlite", query_sqlite, override)
    assert [line for line in lines if line[0] in ("severity", "setting")] == [
        ("setting", "severity", "low", "project pay, dovetail.yaml:9"),
        ("setting", "enabled", False, "rules.overrides"),
    ]


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_can_be_explained(name: str) -> None:
    lines = _explain(name, {}, "sqlite", query_sqlite)
    assert {"flag", "column"} <= {part for part, *_ in lines}


def test_an_explanation_refuses_an_override_that_does_not_fit() -> None:
    with pytest.raises(RuleError, match="there is no parameter `x`"):
        compile_terms(RULES["due-date-passed"], "sqlite", Override(params={"x": 1}))


def _test(given: list[dict[str, Any]], expect: list[dict[str, Any]]) -> RuleTest:
    return RuleTest("t", date(2026, 11, 24), given, expect)


@pytest.mark.parametrize(
    ("expect", "problems"),
    [
        ([{"key": "P-1", "severity": "high", "days_late": 6}], ()),
        ([{"item_id": "P-1"}], ()),
        ([], ("a finding on key P-1, item_id P-1 was not expected",)),
        ([{"key": "P-1", "severity": "low"}], ("key P-1, severity low: severity is 'high', expected 'low'",)),
        ([{"key": "P-1", "depth": 2}], ("`depth` can be expected only where the rule shows it",)),
        ([{"severity": "high"}], ("expected a finding on severity high; there is none", "a finding on key P-1, item_id P-1 was not expected")),
        ([{"key": "P-1"}, {"key": "P-2"}], ("expected a finding on key P-2; there is none",)),
        ([{"key": "P-1"}, {"key": "P-1"}], ("expected a finding on key P-1; there is none",)),
    ],
)  # fmt: skip
def test_a_failing_test_says_what_differs(expect: list[dict[str, Any]], problems: tuple[str, ...]) -> None:
    result = run_test(RULES["due-date-passed"], _test([ROW], expect))
    assert result.problems == problems
    assert result.passed == (not problems)


def test_a_rule_that_cannot_run_fails_its_test() -> None:
    row = {"person_id": "kim", "problem": "left", "open_items": 1}
    (problem,) = run_test(RULES["owner-left"], _test([row], [])).problems
    assert problem.startswith(
        "rule owner-left: the fingerprint column `schedule_id` is null in a row it flags."
    )


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(1990, 1, 1), 0), (date(1989, 12, 31), None), (date(1990, 1, 5), 4), (date(1990, 1, 7), 4), (date(1990, 1, 8), 5),
        (date(2026, 11, 20), 9624), (date(2026, 11, 22), 9624), (date(2026, 11, 24), 9626), (date(2060, 12, 31), 18524), (date(2061, 1, 1), None),
        (datetime(1990, 1, 7, 23, 59, tzinfo=UTC), 4), (None, None),
    ],
)  # fmt: skip
def test_working_days_are_numbered_from_1990_to_2060(day: date | datetime | None, number: int | None) -> None:
    assert ordinal(day) == number


def test_a_test_may_say_the_day_or_the_instant() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert clock(None) == (date(2026, 11, 24), noon)
    assert clock(date(2026, 11, 24)) == (date(2026, 11, 24), noon)
    assert clock(noon) == (date(2026, 11, 24), noon)


def test_absent_columns_are_what_a_view_would_hold() -> None:
    row = complete_row(VIEWS["dependency"], {"dependency_id": "d"}, date(2026, 11, 24))
    assert (row["crosses_source"], row["in_cycle"], row["predecessor_is_done"], row["lag_wd"]) == (
        False,
        False,
        None,
        None,
    )
    assert row["predecessor_due_ord"] is None
    assert row["today_ord"] == 9626
    item = complete_row(VIEWS["item"], {"key": "P-1"}, date(2026, 11, 24))
    assert (item["item_id"], item["is_done"]) == ("P-1", False)
    assert (
        complete_row(VIEWS["item"], {"key": "P-1", "item_id": "shop/1"}, date(2026, 11, 24))["item_id"]
        == "shop/1"
    )


def test_the_page_of_a_rule_shows_its_waits_and_units() -> None:
    text = """\
- id: mine
  title: T
  why: W
  over: item
  flag: depth > :level AND title = :word AND is_done = :yes AND points > :max_share
  severity: low
  params: {level: 3, word: x, yes: true, max_share: 0.5}
  for: 2d
  keep: 6h
  fingerprint: [item_id]
  evidence: [due]
  comment_on: []
  message: m
  action: a
"""
    rules = parse_rules(text, file="x.yaml", group="risk").rules
    page = generated(rules)["docs/rules/risk.md"]
    assert "| `level` | 3 | number |" in page
    assert "| `word` | x | text |" in page
    assert "| `yes` | yes | true or false |" in page
    assert "| `max_share` | 0.5 | share, 0 to 1 |" in page
    assert "- Opens after 2 days, is resolved after 6 hours." in page
    assert (
        "- Comment on: nothing; the finding is shown in lists and reports, `comments: true` changes that."
        in page
    )
    bare = text.replace("  keep: 6h\n", "").replace(
        "  params: {level: 3, word: x, yes: true, max_share: 0.5}\n", ""
    )
    bare = re.sub("flag: .*", "flag: is_done", bare)
    rules = parse_rules(bare, file="x.yaml", group="risk").rules
    assert "| parameter |" not in generated(rules)["docs/rules/risk.md"]
    assert "- Opens after 2 days, is resolved after no wait." in generated(rules)["docs/rules/risk.md"]
