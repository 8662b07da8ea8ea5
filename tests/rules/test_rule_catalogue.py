"""The eleven rules that ship, and the tests that stand beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rules import compile_rule, load_catalogue
from rules.docs import ROOT, generated, write
from rules.grammar import FUNCTIONS
from rules.loading import CATALOGUE, parse_rules
from rules.rule import Rule, RuleTest
from rules.testing import Query, judge, run_test, run_tests
from rules.yaml_text import read_yaml

RULES = load_catalogue()
TESTS = [pytest.param(rule, test, id=f"{rule.id}: {test.name}") for rule in RULES for test in rule.tests]


def test_the_catalogue_holds_these_rules_in_this_order() -> None:
    assert [rule.id for rule in RULES] == [
        "due-date-passed", "container-past-due", "in-progress-past-due", "commitment-lost", "baseline-slip",
        "no-baseline", "risk-unowned", "owner-left", "source-stale", "twins-disagree-date", "date-impossible",
    ]  # fmt: skip


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
    assert len(write(tmp_path)) == 7
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
