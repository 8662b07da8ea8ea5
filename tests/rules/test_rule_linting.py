"""What `rules lint` refuses, and that every built-in rule and every new one passes."""
# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from portfolio.views import VIEWS
from rules import CompiledRule, compile_rule, load_catalogue
from rules.file_model import RULE_VIEWS
from rules.lint_values import UNFILLED, WORDS
from rules.linting import MAX_STEPS, lint, steps_per_row
from rules.loading import parse_rules
from rules.rule import Rule
from rules.starter import starter
from rules.testing import clock, run_tests
from store import open_store

RULES = load_catalogue()
ROOT = Path(__file__).parents[2]
STORE = open_store("sqlite://")


def plan(compiled: CompiledRule) -> Sequence[str]:
    return STORE.plan_of(
        compiled.view, columns=compiled.columns, where=compiled.where, parameters=compiled.bind(*clock(None))
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_built_in_rule_passes(rule: Rule) -> None:
    assert lint(rule, plan) == []
    assert steps_per_row(rule) < MAX_STEPS / 4


GOOD = """\
- id: mine
  title: T
  why: W.
  over: item
  where: NOT is_done AND is_leaf
  flag: push_count > :most
  severity: low
  severity_by:
    - if: push_count > 9
      then: high
  params: {most: 3}
  fingerprint: [item_id]
  evidence: [push_count]
  message: "{key}"
  action: A.
  tests:
    - name: three are fine, four are not, ten are bad
      given:
        - {key: three, is_leaf: true, push_count: 3}
        - {key: four, is_leaf: true, push_count: 4}
        - {key: nine, is_leaf: true, push_count: 9}
        - {key: ten, is_leaf: true, push_count: 10}
      expect:
        - {key: four, severity: low}
        - {key: nine, severity: low}
        - {key: ten, severity: high}
"""


def complaints(*changes: tuple[str, str]) -> list[tuple[str, str]]:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    found = parse_rules(text, file="mine.yaml", group="mine")
    assert found.problems == ()
    return [(one.check, one.problem) for one in lint(found.rules[0], plan)]


def test_a_good_rule_passes() -> None:
    assert complaints() == []


TESTS = GOOD[GOOD.index("  tests:") :]
MANY = ", ".join(VIEWS["item"].names[:11])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(TESTS, "")], [("tests", "it has no tests")]),
        ([("severity: high}", "severity: low}")], [("tests", "the test «three are fine, four are not, ten are bad» fails: key ten, severity low: severity is 'high', expected 'low'")]),
        ([("        - {key: three, is_leaf: true, push_count: 3}\n", "")], [("tests", "no test has a row that is no finding"), ("boundary", "no test stands at the limit of flag, `push_count > :most`")]),
        ([("push_count: 3}", "push_count: 2}")], [("boundary", "no test stands at the limit of flag, `push_count > :most`")]),
        ([("push_count: 9}", "push_count: 8}")], [("boundary", "no test stands at the limit of severity_by high, `push_count > 9`")]),
        ([("NOT is_done AND is_leaf", "is_leaf")], [("guard", "it does not ask whether a row is still of interest: none of is_done, is_removed, state stands in it")]),
        ([("NOT is_done AND is_leaf", "is_leaf AND state = 'doing'"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "`state` is never 'doing'; did you mean `done`?")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND kind IN ('epics', 'story')"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "`kind` is never 'epics'; did you mean `epic`?")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND percent_complete > 100"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "no value of `percent_complete`, which goes from 0 to 100 can be all that is asked of it")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND push_count < 3"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "no value of `push_count` can be all that is asked of it")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND push_count <= 3"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "no value of `push_count` can be all that is asked of it")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND push_count IS NULL"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "no value of `push_count` can be all that is asked of it")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND due < :today AND due > :today"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "`due` cannot be all that is asked of it beside `:today`")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND is_leaf AND NOT is_leaf"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "`is_leaf` is asked for and excluded")]),
        ([("NOT is_done AND is_leaf", "NOT is_done AND due < due"), (TESTS, "")], [("tests", "it has no tests"), ("never true", "both sides of `<` are `due`")]),
        ([("    - if: push_count > 9\n      then: high", "    - if: push_count > 5\n      then: high\n    - if: push_count > 20\n      then: critical"), (TESTS, "")], [("tests", "it has no tests"), ("never reached", "`critical` is never reached: whatever passes its limit has passed that of `high`, which stands before it")]),
        ([("over: item", "over: risk"), ("NOT is_done AND is_leaf", "NOT is_done AND threatened_late > 3"), (TESTS, "")], [("tests", "it has no tests"), ("no data", "nothing fills `threatened_late` of risk yet")]),
        ([("evidence: [push_count]", f"evidence: [{MANY}]")], [("evidence", "11 columns of evidence")]),
        ([("evidence: [push_count]", "evidence: [labels]")], [("evidence", "the evidence `labels` is a list of any length, and it would stand in a comment")]),
        ([("fingerprint: [item_id]", "fingerprint: [parent_id]"), (TESTS, "")], [("tests", "it has no tests"), ("fingerprint", "`parent_id` in the fingerprint may be unknown, which breaks the rule for the whole run")]),
        ([("fingerprint: [item_id]", "fingerprint: [parent_id]"), ("AND is_leaf", "AND is_leaf AND parent_id IS NOT NULL"), (TESTS, "")], [("tests", "it has no tests")]),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(changes: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    assert complaints(*changes) == expected


def test_a_rule_that_would_read_a_table_for_each_row_is_refused() -> None:
    text = GOOD.replace("over: item", "over: container_change").replace(
        "NOT is_done AND is_leaf", "open_items > 0"
    )
    text = (
        text.replace("push_count", "open_items").replace("[item_id]", "[event_id]").replace("{key}", "{name}")
    )
    (rule,) = parse_rules(text[: text.index("  tests:")], file="x", group="x").rules
    assert [one.check for one in lint(rule, plan)] == ["tests", "slow"]
    # Counted once for all releases, and so as fast for a thousand of them.
    (rule,) = [one for one in RULES if one.id == "release-date-passed"]
    steps = plan(compile_rule(rule, "sqlite"))
    assert sum(step.startswith("SCAN") for step in steps) == 1


def test_a_rule_that_costs_too_much_for_each_row_is_refused() -> None:
    measures = "".join(f"\n    m{n}: {' + '.join([f'coalesce(push_count, {n})'] * 12)}" for n in range(24))
    flag = " OR ".join(f"m{n} > 1000" for n in range(24))
    text = GOOD[: GOOD.index("  tests:")].replace(
        "  flag: push_count > :most", f"  measure:{measures}\n  flag: {flag}"
    )
    text = text.replace("  params: {most: 3}\n", "").replace("push_count > 9", flag)
    (rule,) = parse_rules(text, file="x", group="x").rules
    ((_, problem),) = [(one.check, one.problem) for one in lint(rule, plan) if one.check == "slow"]
    assert "steps of the database for each row; 1000 is the limit" in problem


def test_a_rule_that_becomes_too_large_is_refused() -> None:
    nested = "due"
    for _ in range(12):
        nested = f"least({nested}, start)"
    text = GOOD.replace("push_count > :most", f"{nested} > :today").replace("  params: {most: 3}\n", "")
    (rule,) = parse_rules(text, file="x", group="x").rules
    assert [one.check for one in lint(rule)] == ["size"]


@pytest.mark.parametrize("view", RULE_VIEWS)
def test_a_new_rule_passes_its_tests_and_is_not_refused(view: str) -> None:
    found = parse_rules(starter("mine", view, "rules/mine.yaml"), file="rules/mine.yaml", group="mine")
    assert found.problems == ()
    assert [one.problems for one in run_tests(found.rules)] == [(), ()]
    assert [one.check for one in lint(found.rules[0], plan)] == []


def test_what_is_said_to_be_filled_by_nothing_is_filled_by_nothing() -> None:
    """Whoever begins to fill one of these takes it out of the list."""
    files = [
        *(ROOT / "sync").glob("*.py"),
        *(ROOT / "connectors").rglob("*.py"),
        *(ROOT / "schedule").glob("*.py"),
    ]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files if file.name != "evidence.py")
    assert '"derived_person_schedule"' in text
    named = {name for columns in UNFILLED.values() for name in columns}
    assert [name for name in sorted(named) if f'"{name}"' in text or f"{name}=" in text] == []


def test_the_lists_name_columns_that_exist() -> None:
    for view, names in UNFILLED.items():
        assert names <= set(VIEWS[view].names)
    assert all(VIEWS[view].column(column) for view, column in WORDS)
