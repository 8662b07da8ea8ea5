"""What a part of the PMO's tree changes about a rule: one query, the nearest level wins."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portfolio.views import PLACED, VIEWS
from rules import Override, compile_rule, load_catalogue, override_problems
from rules.overrides import Said, elsewhere, merged, with_places
from rules.testing import Query, judge, query_sqlite
from rules.values import Dialect

RULES = {rule.id: rule for rule in load_catalogue(with_tests=False)}
LATE = date(2026, 11, 16)  # six working days before the day of the tests


def late(key: str, project: str | None = None, **values: Any) -> dict[str, Any]:
    return {"key": key, "project": project, "is_leaf": True, "effective_due": LATE, **values}


ROWS = [
    late("N-1"),
    late("C-1", "checkout"),
    late("P-1", "pay"),
    late("S-1", "search", depth=5),
    late("S-2", "search", depth=1),
    late("X-1", "not-in-the-tree"),
]
OVERRIDE = with_places(
    [Said({"params": {"high_after_wd": 7}}), Said({"filter": "depth IS NULL OR depth <> 9"})],
    {
        "checkout": [Said({"params": {"grace_wd": 6}})],
        "pay": [Said({"severity": "low"}), Said({"severity": "critical", "comments": False})],
        "search": [Said({"filter": "depth > 3", "params": {"high_after_wd": 5}})],
    },
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> tuple[Dialect, Query]:
    if request.param == "sqlite":
        return "sqlite", query_sqlite
    return "postgresql", request.getfixturevalue("query_postgresql")


def found(override: Override, database: tuple[Dialect, Query], rule: str = "due-date-passed") -> Any:
    dialect, query = database
    said = judge(RULES[rule], ROWS, override=override, query=query, dialect=dialect)
    return {verdict.key: (verdict.severity, verdict.comment_items) for _, verdict in said}


def test_one_query_gives_every_place_what_holds_there(database: tuple[Dialect, Query]) -> None:
    assert found(OVERRIDE, database) == {
        "N-1": ("medium", ("N-1",)),  # the organisation's seven days are not over
        "P-1": ("critical", ()),
        "S-1": ("high", ("S-1",)),
        "X-1": ("medium", ("X-1",)),
    }


def test_a_rule_can_be_switched_off_in_one_place_or_on_in_one_alone(database: tuple[Dialect, Query]) -> None:
    off = with_places([], {"pay": [Said({"enabled": False})]})
    assert set(found(off, database)) == {"N-1", "C-1", "S-1", "S-2", "X-1"}
    on = with_places([Said({"enabled": False})], {"pay": [Said({"enabled": True})]})
    assert set(found(on, database)) == {"P-1"}
    assert on.is_enabled_anywhere
    assert not with_places([Said({"enabled": False})], {"pay": []}).is_enabled_anywhere


def test_a_list_is_changed_in_one_place(database: tuple[Dialect, Query]) -> None:
    rule = RULES["owner-left"]
    dialect, query = database
    rows = [
        {"person_id": "kim", "schedule_id": "s", "problem": "absent", "open_items": 1, "place": "pay"},
        {"person_id": "lee", "schedule_id": "s", "problem": "absent", "open_items": 1},
    ]
    override = with_places([], {"pay": [Said({"params": {"problems": ["absent", "left"]}})]})
    said = judge(rule, rows, override=override, query=query, dialect=dialect)
    assert [row["person_id"] for row, _ in said] == ["kim"]


def test_the_nearest_level_wins_for_each_key_and_each_parameter() -> None:
    one = merged(
        [
            Said({"params": {"a": 1, "b": 1}, "severity": "low", "enabled": False}, {"params.a": "far"}),
            Said({"params": {"b": 2}, "filter": "x", "enabled": True}, {"params.b": "near"}),
        ]
    )
    assert (one.params, one.severity, one.filter, one.enabled) == ({"a": 1, "b": 2}, "low", "x", True)
    assert one.origins == {"params.a": "far", "params.b": "near"}


def test_places_that_agree_are_one_case_and_places_that_change_nothing_are_none() -> None:
    chains = {f"p{number}": [Said({"params": {"grace_wd": number % 2}})] for number in range(6)}
    override = with_places([], chains)
    assert elsewhere(override, lambda one: one.params.get("grace_wd", 0)) == [(("p1", "p3", "p5"), 1)]
    compiled = compile_rule(RULES["due-date-passed"], "sqlite", override)
    assert compiled.where.count("JSON_EACH") == 1
    assert compiled.parameters["lit_at_1"] == '["p1", "p3", "p5"]'


def test_a_thousand_projects_with_ten_thresholds_are_one_short_query() -> None:
    chains = {f"project-{n}": [Said({"params": {"grace_wd": n % 10}})] for n in range(1000)}
    for dialect in ("sqlite", "postgresql"):
        assert len(compile_rule(RULES["due-date-passed"], dialect, with_places([], chains)).where) < 1500


def test_without_places_the_query_is_the_one_it_was() -> None:
    plain = compile_rule(RULES["due-date-passed"], "sqlite")
    assert compile_rule(RULES["due-date-passed"], "sqlite", with_places([], {"a": []})) == plain
    assert "place" not in plain.where


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_no_view_has_a_column_of_the_name_of_the_hidden_one(view: str) -> None:
    assert VIEWS[view].column("place") is None


def test_a_rule_whose_rows_belong_to_no_project_cannot_be_changed_for_one() -> None:
    rule = RULES["source-stale"]
    assert rule.over not in PLACED
    override = with_places([], {"pay": [Said({"severity": "low"})]})
    assert override_problems(rule, override) == [
        "a row of source belongs to no project; change this rule for the whole organisation"
    ]


def test_what_a_place_says_is_checked_like_what_the_organisation_says() -> None:
    override = with_places([], {"pay": [Said({"params": {"grace": 1}, "filter": "is_done; DROP TABLE x"})]})
    assert override_problems(RULES["due-date-passed"], override) == [
        "there is no parameter `grace`; did you mean `grace_wd`?",
        "filter: a second statement is not read, at character 8 («; DROP TABLE x»)",
    ]


def test_a_place_says_what_holds_there_and_elsewhere_the_base_holds() -> None:
    assert OVERRIDE.at("pay").severity == "critical"
    assert OVERRIDE.at("pay").params == {"high_after_wd": 7}
    assert OVERRIDE.at("unknown") == OVERRIDE.at(None)
    assert OVERRIDE.at(None).places == {}
