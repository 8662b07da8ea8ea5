"""The rules that ship, and the tests that stand beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rules import compile_rule, load_catalogue
from rules.docs import ROOT, generated, write
from rules.grammar import FUNCTIONS
from rules.loading import CATALOGUE, GROUPS, parse_rules
from rules.rule import Rule, RuleTest
from rules.testing import Query, judge, run_test, run_tests
from rules.yaml_text import read_yaml

RULES = load_catalogue()
TESTS = [pytest.param(rule, test, id=f"{rule.id}: {test.name}") for rule in RULES for test in rule.tests]


def test_the_catalogue_holds_these_rules_in_this_order() -> None:
    found = {group: [rule.id for rule in RULES if rule.group == group] for group in GROUPS}
    assert found == {
        "schedule-slip": [
            "due-date-passed", "container-past-due", "in-progress-past-due", "commitment-lost",
            "baseline-slip", "start-slipped", "no-due-date", "due-date-only-inherited", "date-churn",
            "done-late", "milestone-trend-rising", "milestone-zigzag", "child-due-after-parent",
            "due-after-sprint", "due-after-release", "release-date-passed", "sprint-overcommitted",
            "stalled-in-progress", "zombie-items",
        ],
        "schedule-quality": [
            "no-baseline", "dcma-logic", "dcma-dangling", "dcma-leads", "dcma-lags", "dcma-link-types",
            "dcma-hard-constraints", "dcma-high-float", "dcma-negative-float", "dcma-high-duration",
            "dcma-invalid-dates", "dcma-no-resources", "dcma-missed-tasks", "bei-low", "hit-rate-low",
            "cpli-low", "critical-path-broken", "cei-low", "baseline-churn",
        ],
        "risk": [
            "risk-unowned", "risk-stale", "risk-review-overdue", "risk-mitigation-overdue",
            "risk-no-response", "risk-accepted-unsigned", "risk-proximity-passed", "risk-imminent",
            "risk-unscored", "risk-materialised", "late-without-risk",
        ],
        "ownership": [
            "owner-left", "item-unowned", "owner-overloaded", "owner-off-team", "team-missing",
            "plan-without-lead",
        ],
        "dependency": [
            "predecessor-ends-after-start", "blocked-by-late", "blocked-by-undated", "blocked-by-unowned",
            "blocked-too-long", "dependency-cycle", "dependency-on-cancelled", "out-of-sequence",
            "cross-plan-undated",
        ],
        "governance": [
            "done-with-open-children", "scope-added-after-commit", "rag-disagrees", "status-report-stale",
            "cost-over-budget", "no-budget", "cost-impossible",
        ],
        "data-quality": [
            "source-stale", "twins-disagree-date", "date-impossible", "twin-missing", "twins-disagree-state",
            "twins-disagree-owner", "duplicate-mapping", "percent-inconsistent", "unmapped-value",
            "orphan-in-plan", "history-gap",
        ],
        "delivery": [
            "forecast-misses-commitment", "forecast-jumped", "spi-t-low", "throughput-drop", "wip-high",
            "aging-wip", "say-do-low", "calibration-off",
        ],
    }  # fmt: skip


def test_these_rules_speak_in_comments_from_the_first_day_on() -> None:
    assert {rule.id for rule in RULES if rule.status == "stable"} == {
        "due-date-passed", "in-progress-past-due", "commitment-lost", "risk-unowned",
        "risk-mitigation-overdue", "owner-left", "blocked-by-late", "dependency-cycle",
        "predecessor-ends-after-start", "forecast-misses-commitment", "source-stale", "twins-disagree-date",
        "twins-disagree-state", "rag-disagrees",
        # Not in the list of facts/rules.md §7, and there from the beginning.
        "container-past-due", "baseline-slip", "no-baseline", "date-impossible",
    }  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_an_experimental_rule_makes_no_comment_by_itself(rule: Rule) -> None:
    severities = {rule.severity, *(step.severity for step in rule.steps)}
    if rule.status == "experimental":
        assert rule.comment_on == () or not severities & {"high", "critical"}
        assert rule.comment_on == () or rule.over in ("dependency", "twin")


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.over == "schedule_check"], ids=lambda r: r.id
)
def test_a_rule_about_a_check_asks_one_check_and_shows_what_was_counted(rule: Rule) -> None:
    assert rule.where is not None
    assert rule.where.text.startswith("check = '")
    assert "is_assessable" in rule.where.names("column")
    assert rule.fingerprint == ("schedule_id",)
    assert "members" in rule.evidence


def test_each_check_has_at_most_one_rule() -> None:
    asked = [rule.where.text.split("'")[1] for rule in RULES if rule.over == "schedule_check" and rule.where]
    assert sorted(asked) == [
        "bei", "cpli", "critical-path", "dangling", "hard-constraints", "high-duration", "high-float",
        "hit-rate", "invalid-dates", "lags", "leads", "link-types", "logic", "missed-tasks",
        "negative-float", "no-baseline", "resources", "zombies",
    ]  # fmt: skip


def test_no_rule_that_waits_for_its_data_is_in_the_catalogue_or_forgotten() -> None:
    page = (ROOT / "docs/rules/not-yet.md").read_text(encoding="utf-8")
    waiting = [line.split("|")[1].strip() for line in page.split("\n## ")[0].splitlines() if "|" in line][2:]
    assert waiting == [
        "gate-skipped", "gate-evidence-missing", "done-without-acceptance", "issue-without-risk",
        "project-closed",
    ]  # fmt: skip
    assert {rule.id for rule in RULES}.isdisjoint(waiting)


@pytest.mark.parametrize(("rule", "test"), TESTS)
def test_a_test_in_the_file_passes_on_sqlite(rule: Rule, test: RuleTest) -> None:
    assert run_test(rule, test).problems == ()


@pytest.mark.parametrize(("rule", "test"), TESTS)
def test_a_test_in_the_file_passes_on_postgresql(rule: Rule, test: RuleTest, query_postgresql: Query) -> None:
    assert run_test(rule, test, query=query_postgresql, dialect="postgresql").problems == ()


@pytest.mark.parametrize(("rule", "test"), TESTS)
def test_both_databases_give_equal_verdicts(rule: Rule, test: RuleTest, query_postgresql: Query) -> None:
    here = judge(rule, test.given, today=test.today)
    there = judge(rule, test.given, today=test.today, query=query_postgresql, dialect="postgresql")
    assert [row for row, _ in here] == [row for row, _ in there]
    assert [verdict for _, verdict in here] == [verdict for _, verdict in there]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_test_that_fires_and_one_that_is_silent(rule: Rule) -> None:
    assert any(test.expect for test in rule.tests)
    assert any(len(test.expect) < len(test.given) for test in rule.tests)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_row_that_says_nothing_flags_nothing(rule: Rule) -> None:
    ids = {name: f"shop/{name}" for name in rule.fingerprint}
    found = judge(rule, [ids])
    assert [verdict.rule for _, verdict in found] == (["source-stale"] if rule.id == "source-stale" else [])


def test_the_runner_counts_every_test_once() -> None:
    results = run_tests(RULES)
    assert len(results) == len(TESTS)
    assert all(result.passed for result in results)


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_catalogue_file_fits_the_published_schema(path: Path) -> None:
    schema = json.loads((ROOT / "rules/schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    content = read_yaml(path.read_text(), path.name).content
    as_json = json.loads(json.dumps(content, default=str))  # a schema knows dates as texts
    assert [error.message for error in Draft202012Validator(schema).iter_errors(as_json)] == []


def test_the_schema_refuses_an_unknown_key() -> None:
    schema = json.loads((ROOT / "rules/schema.json").read_text())
    assert not Draft202012Validator(schema).is_valid([{"id": "x", "titel": "y"}])


@pytest.mark.parametrize("name", sorted(generated(RULES)))
def test_a_committed_page_is_the_generated_one(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generated(RULES)[name]


def test_writing_the_pages_again_changes_nothing(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == 10
    assert write(tmp_path) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_documentation_link_leads_to_the_rules_heading(rule: Rule) -> None:
    assert rule.docs is not None
    page, _, anchor = rule.docs.partition("#")
    assert f"\n## {anchor}\n" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_text_of_a_rule_stands_in_its_sql(rule: Rule) -> None:
    for dialect in ("sqlite", "postgresql"):
        compiled = compile_rule(rule, dialect)
        for sql in (compiled.where, *compiled.columns.values()):
            quoted = set(sql.split("'")[1::2])
            assert quoted <= {"critical", "high", "medium", "low", "info", "milliseconds", "UTC"}


def test_the_example_of_the_language_page_is_a_rule_whose_test_passes() -> None:
    page = (ROOT / "docs/rules/language.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    found = parse_rules(example, file="language.md", group="example")
    assert found.problems == ()
    assert [result.problems for result in run_tests(found.rules)] == [()]


def test_the_language_page_names_every_function() -> None:
    page = (ROOT / "docs/rules/language.md").read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`{name}(" not in page] == []
