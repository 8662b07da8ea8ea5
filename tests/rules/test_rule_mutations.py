"""The tests beside the rules notice when a rule is wrong: `bench/rule_mutations.py` changes it everywhere."""

from __future__ import annotations

import pytest

from bench.equivalent_mutations import EQUIVALENT
from bench.rule_mutations import AIM, mutants, score
from rules.loading import GROUPS, load_catalogue, parse_rules
from rules.rule import Rule
from rules.testing import run_test

RULES = {rule.id: rule for rule in load_catalogue()}


@pytest.mark.parametrize("group", GROUPS)
def test_changed_rules_are_noticed_by_their_own_tests(group: str) -> None:
    found = [score(rule) for rule in RULES.values() if rule.group == group]
    survived = [f"{one.rule}: {what}" for one in found for what in one.survived]
    killed = sum(one.killed for one in found)
    assert killed / (killed + len(survived)) >= AIM, survived


@pytest.mark.parametrize("rule", sorted({rule for rule, _ in EQUIVALENT}))
def test_what_is_listed_as_equivalent_is_a_change_that_no_test_notices(rule: str) -> None:
    listed = {what for one, what in EQUIVALENT if one == rule}
    assert set(score(RULES[rule]).equivalent) == listed


def _rule(conditions: str, rows: str) -> Rule:
    text = f"""\
- id: mine
  title: T
  why: W.
  over: item
{conditions}
  severity: low
  fingerprint: [item_id]
  evidence: [depth]
  message: "{{key}}"
  action: A.
  tests:
    - name: first
      given: [{rows}]
      expect: [{{key: A}}]
"""
    found = parse_rules(text, file="mine.yaml", group="mine")
    assert found.problems == ()
    return found.rules[0]


def test_every_kind_of_change_is_made_once() -> None:
    rule = _rule("  where: NOT is_done AND is_leaf\n  flag: depth > 3", "{key: A, is_leaf: true, depth: 4}")
    assert [mutant.what for mutant in mutants(rule)] == [
        "where: (not is_done and is_leaf): OR",
        "where: AND without not is_done",
        "where: AND without is_leaf",
        "where: not is_done: without NOT",
        "where: is_leaf: NOT",
        "flag: (depth > 3): >=",
        "flag: (depth > 3): <",
        "flag: 3: 2",
        "flag: 3: 4",
    ]


def test_a_change_of_a_measure_reaches_the_flag_and_the_steps() -> None:
    rule = _rule(
        "  measure: {deep: depth - 1}\n  flag: deep > 3\n"
        "  severity_by:\n    - if: deep > 5\n      then: high",
        "{key: A, depth: 5}",
    )  # fmt: skip
    changed = next(one for one in mutants(rule) if one.what == "measure deep: (depth - 1): +")
    assert rule.tests[0].given == [{"key": "A", "depth": 5}]
    assert run_test(rule, rule.tests[0]).passed
    assert changed.rule.flag.term.args[0].args[0].op == "+"
    assert changed.rule.steps[0].condition.term.args[0].args[0].op == "+"


def test_a_weak_test_lets_changes_survive_and_a_pair_at_the_limit_does_not() -> None:
    conditions = "  params: {most: 3}\n  flag: depth > :most"
    weak = score(_rule(conditions, "{key: A, depth: 9}"))
    strong = score(_rule(conditions, "{key: A, depth: 4}, {key: B, depth: 3}"))
    assert weak.survived == ("flag: (depth > :most): >=", "most: 2", "most: 4")
    assert (weak.killed, weak.share) == (1, 0.25)
    assert (strong.survived, strong.killed, strong.share) == ((), 4, 1.0)


def test_limits_are_moved_by_one_and_shares_by_a_hundredth() -> None:
    rule = _rule(
        "  params: {most: 3, share: 0.05, none: 0.0, names: [a, b], is_on: true}\n"
        "  flag: depth > :most AND points > :share AND points > :none AND kind IN (:names) AND :is_on",
        "{key: A, depth: 4, points: 1, kind: a}",
    )
    moved = [what for what in (one.what for one in mutants(rule)) if not what.startswith("flag")]
    assert moved == [
        "most: 2", "most: 4", "share: 0.04", "share: 0.06", "none: -0.01", "none: 0.01", "names: ['b']",
        "names: ['a']", "is_on: False",
    ]  # fmt: skip
