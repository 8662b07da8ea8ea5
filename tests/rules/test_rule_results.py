"""Verdicts: what a finding says, on which evidence, about whom, and which of them stay silent."""
# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from portfolio.errors import RuleError
from portfolio.findings import Verdict, finding_id
from rules import Override, compile_rule, inhibited, load_catalogue, overrides_problems, subject_id, verdicts
from rules.loading import parse_rules
from rules.message import plain, render
from rules.results import python_value
from rules.rule import Rule
from rules.testing import judge

RULES = {rule.id: rule for rule in load_catalogue()}
LATE = {
    "key": "P-1",
    "item_id": "shop/1",
    "source": "shop",
    "is_leaf": True,
    "effective_due": date(2026, 11, 19),
}


def _rule(**changes: str) -> Rule:
    keys = {
        "id": "mine", "title": "Title", "why": "Why", "over": "item", "flag": "is_leaf", "severity": "low",
        "fingerprint": "[item_id]", "evidence": "[due]", "message": "'{key}'", "action": "Act", **changes,
    }  # fmt: skip
    text = "- " + "\n  ".join(f"{name}: {value}" for name, value in keys.items()) + "\n"
    found = parse_rules(text, file="mine.yaml", group="mine")
    assert found.problems == ()
    return found.rules[0]


def _verdict(rule: Rule, row: dict[str, Any], **options: Any) -> Verdict:
    (found,) = judge(rule, [row], **options)
    return found[1]


def test_a_verdict_carries_everything_a_reader_needs() -> None:
    row = {**LATE, "project": "checkout", "effective_due_source": "own", "owner": "Kim", "status": "Doing"}
    assert _verdict(RULES["due-date-passed"], row, today=date(2026, 11, 24)) == Verdict(
        finding_id=finding_id("due-date-passed", ["shop/1"]),
        rule="due-date-passed",
        rule_group="schedule-slip",
        subject="item",
        severity="medium",
        title="The due date has passed",
        why="Work that is late without a new date hides every date that depends on it. The due date is the item's own, "
        "or the end of its sprint, release, parent or plan when it has none.",
        action="Finish it, or set a new date and say why.",
        message="P-1 was due 19 Nov 2026 (own) and is 3 working days late.",
        docs="docs/rules/schedule-slip.md#due-date-passed",
        source="shop",
        item_id="shop/1",
        key="P-1",
        project="checkout",
        evidence={
            "effective_due": "2026-11-19",
            "effective_due_source": "own",
            "owner": "Kim",
            "status": "Doing",
        },
        comment_items=("shop/1",),
        sources=("shop",),
        subject_id="shop/1",
    )


def test_evidence_is_the_same_the_next_day_and_the_message_is_not() -> None:
    rule = RULES["due-date-passed"]
    today = _verdict(rule, LATE, today=date(2026, 11, 24))
    tomorrow = _verdict(rule, LATE, today=date(2026, 11, 25))
    assert today.evidence == tomorrow.evidence
    assert today.finding_id == tomorrow.finding_id
    assert today.message == "P-1 was due 19 Nov 2026 (unknown) and is 3 working days late."
    assert tomorrow.message == "P-1 was due 19 Nov 2026 (unknown) and is 4 working days late."


def test_a_twin_rests_on_both_sources_and_comments_on_both_items() -> None:
    row = {"twin_id": "t1", "a_id": "shop/1", "b_id": "plans/7/3", "is_confirmed": True, "due_gap_wd": 4}
    found = _verdict(RULES["twins-disagree-date"], row)
    assert found.sources == ("shop", "plans")
    assert found.comment_items == ("shop/1", "plans/7/3")
    assert (found.source, found.item_id, found.key, found.project) == (None, None, None, None)


def test_a_dependency_rests_on_three_sources_and_comments_on_its_successor() -> None:
    rule = _rule(
        over="dependency",
        flag="in_cycle",
        fingerprint="[predecessor_id, successor_id]",
        evidence="[type]",
        message="x",
    )
    row = {
        "dependency_id": "d",
        "source": "shop",
        "predecessor_id": "boards/1",
        "successor_id": "plans/2",
        "in_cycle": True,
    }
    found = _verdict(rule, row)
    assert found.sources == ("shop", "boards", "plans")
    assert found.comment_items == ("plans/2",)
    assert found.finding_id == finding_id("mine", ["boards/1", "plans/2"])


def test_a_subject_without_an_item_gets_no_comment_and_names_its_source() -> None:
    found = _verdict(
        RULES["owner-left"],
        {"person_id": "kim", "schedule_id": "plans/7", "problem": "left", "open_items": 2},
    )
    assert found.comment_items == ()
    assert found.sources == ("plans",)
    assert _verdict(RULES["source-stale"], {"source": "shop"}).sources == ("shop",)
    bare = {"person_id": "kim", "schedule_id": "7", "problem": "left", "open_items": 2}
    assert _verdict(RULES["owner-left"], bare).sources == ()


def test_a_comment_goes_where_the_rule_says_and_never_to_an_unknown_item() -> None:
    rule = _rule(comment_on="[parent_id, item_id]")
    assert _verdict(rule, {**LATE, "parent_id": "shop/9"}).comment_items == ("shop/9", "shop/1")
    assert _verdict(rule, LATE).comment_items == ("shop/1",)
    assert _verdict(_rule(comment_on="[]"), LATE).comment_items == ()


def test_a_null_in_a_fingerprint_is_the_rules_error() -> None:
    rule = _rule(fingerprint="[item_id, parent_id]")
    with pytest.raises(
        RuleError, match="rule mine: the fingerprint column `parent_id` is null in a row it flags"
    ):
        judge(rule, [LATE])
    assert subject_id(compile_rule(rule, "sqlite"), {"item_id": "a", "parent_id": "b"}) == finding_id(
        "mine", ["a", "b"]
    )


def test_two_rows_with_one_fingerprint_are_the_rules_error() -> None:
    rule = _rule(fingerprint="[schedule_id]")
    rows = [{**LATE, "schedule_id": "s"}, {**LATE, "item_id": "shop/2", "schedule_id": "s"}]
    with pytest.raises(RuleError, match=r"two rows have the same fingerprint \(schedule_id\)"):
        judge(rule, rows)


def test_a_failing_query_is_the_rules_error() -> None:
    rule = _rule(flag="abs(depth) > 1")
    with pytest.raises(RuleError, match="rule mine: the query failed: integer overflow"):
        judge(rule, [{**LATE, "depth": -(2**63)}])


def test_evidence_is_ready_for_json() -> None:
    rule = _rule(evidence="[created_at, due, labels, points, is_leaf, depth, title]")
    row = {
        **LATE,
        "created_at": datetime(2026, 11, 1, 8, 30, 0, 1999, tzinfo=UTC),
        "labels": ["a"],
        "points": 1.5,
        "depth": 2,
    }
    assert _verdict(rule, row).evidence == {
        "created_at": "2026-11-01T08:30:00.001Z", "due": None, "labels": ["a"], "points": 1.5, "is_leaf": True, "depth": 2, "title": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, "bool", None), (1, "bool", True), (0, "bool", False), (True, "bool", True), (3, "int", 3), (3, "real", 3.0),
        ("2026-11-24", "date", date(2026, 11, 24)), (date(2026, 11, 24), "date", date(2026, 11, 24)), ("[1]", "list", [1]),
        (["a"], "list", ["a"]), ('{"a": 1}', "object", {"a": 1}), ("x", "text", "x"),
        ("2026-11-24T10:00:00.000Z", "instant", datetime(2026, 11, 24, 10, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_values_are_the_same_whichever_database_gave_them(value: Any, kind: Any, expected: Any) -> None:
    found = python_value(value, kind)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"), (True, "yes"), (False, "no"), (3, "3"), (3.0, "3"), (2.5, "2.5"), (2.456, "2.46"), (-0.001, "0"), (0.0, "0"),
        (1234567.0, "1234567"), (date(2026, 11, 4), "2026-11-04"), (datetime(2026, 11, 4, 8, 5, tzinfo=UTC), "2026-11-04 08:05 UTC"),
        ([], ""), (["a", None, 2], "a, unknown, 2"), ([str(n) for n in range(12)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"),
        ({"a": "ä"}, '{"a": "ä"}'), ("line\r\n two\x00\u2028x ", "line  two x"), ("x" * 200, "x" * 200), ("x" * 201, "x" * 199 + "…"),
        ("{owner}", "{owner}"),
    ],
)  # fmt: skip
def test_a_value_in_plain_words(value: Any, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("template", "row", "text"),
    [
        ("{a}", {"a": date(2026, 11, 4)}, "2026-11-04"), ("{a:date}", {"a": date(2026, 11, 4)}, "4 Nov 2026"),
        ("{a:date}", {"a": datetime(2026, 1, 31, 23, tzinfo=UTC)}, "31 Jan 2026"), ("{a:date}", {"a": "2026-12-01T08:00"}, "1 Dec 2026"),
        ("{a:wd}", {"a": 1}, "1 working day"), ("{a:wd}", {"a": -1.0}, "-1 working day"), ("{a:wd}", {"a": 0}, "0 working days"),
        ("{a:wd}", {"a": 2.5}, "2.5 working days"), ("{share:pct}", {"share": 0.125}, "12.5%"), ("{share:pct}", {"share": 1}, "100%"),
        ("{percent_complete:pct}", {"percent_complete": 12.54}, "12.5%"), ("{lag_percent:pct}", {"lag_percent": 50.0}, "50%"),
        ("{a:date} {a:wd} {a:pct} {a}", {"a": None}, "unknown unknown unknown unknown"), ("{a} {b}", {"a": "{b}", "b": "x"}, "{b} x"),
    ],
)  # fmt: skip
def test_a_message_is_rendered(template: str, row: dict[str, Any], text: str) -> None:
    assert render(template, row) == text


def test_work_under_way_past_its_date_silences_the_simpler_finding() -> None:
    row = {
        **LATE,
        "state": "in_progress",
        "effective_due": date(2026, 11, 2),
        "last_activity_at": datetime(2026, 11, 2, tzinfo=UTC),
    }
    found = [_verdict(RULES[name], row) for name in ("due-date-passed", "in-progress-past-due")]
    assert inhibited(found, list(RULES.values())) == {found[0].finding_id: found[1].finding_id}
    assert inhibited(found[:1], list(RULES.values())) == {}
    assert inhibited(found, []) == {}


def test_only_the_same_item_is_silenced() -> None:
    quiet = {**LATE, "item_id": "shop/2", "state": "in_progress", "effective_due": date(2026, 11, 2),
             "last_activity_at": datetime(2026, 11, 2, tzinfo=UTC)}  # fmt: skip
    found = [_verdict(RULES["due-date-passed"], LATE), _verdict(RULES["in-progress-past-due"], quiet)]
    assert inhibited(found, list(RULES.values())) == {}


def test_subjects_that_are_no_items_silence_nothing() -> None:
    one = _rule(
        id="one", over="source", flag="is_stale", fingerprint="[source]", evidence="[error]", message="x"
    )
    two = _rule(
        id="two",
        over="source",
        flag="is_stale",
        fingerprint="[source]",
        evidence="[error]",
        message="x",
        inhibit_by="[one]",
    )
    found = [_verdict(rule, {"source": "shop", "is_stale": True}) for rule in (one, two)]
    assert inhibited(found, [one, two]) == {}


def test_a_silent_finding_still_silences() -> None:
    rules = [_rule(id="one"), _rule(id="two", inhibit_by="[one]"), _rule(id="three", inhibit_by="[two, one]")]
    found = [_verdict(rule, LATE) for rule in rules]
    assert inhibited(found, rules) == {
        found[1].finding_id: found[0].finding_id,
        found[2].finding_id: found[1].finding_id,
    }


def test_an_overridden_threshold_moves_the_boundary() -> None:
    rule = RULES["due-date-passed"]
    assert judge(rule, [LATE], override=Override(params={"grace_wd": 3})) == []
    assert len(judge(rule, [LATE], override=Override(params={"grace_wd": 2.5}))) == 1


def test_an_overridden_severity_replaces_the_steps_too() -> None:
    row = {**LATE, "effective_due": date(2026, 1, 5)}
    assert _verdict(RULES["due-date-passed"], row).severity == "critical"
    assert _verdict(RULES["due-date-passed"], row, override=Override(severity="low")).severity == "low"


def test_a_filter_is_one_more_condition_and_may_use_measures_and_parameters() -> None:
    rule = RULES["due-date-passed"]
    assert len(judge(rule, [LATE], override=Override(filter="contains(key, 'P-') OR is_critical"))) == 1
    assert judge(rule, [LATE], override=Override(filter="key = 'X' OR is_critical")) == []
    assert judge(rule, [LATE], override=Override(filter="days_late > :grace_wd + 3")) == []


def test_a_list_parameter_is_overridden_as_a_list() -> None:
    row = {"person_id": "kim", "schedule_id": "shop/1", "problem": "absent", "open_items": 2}
    assert judge(RULES["owner-left"], [row]) == []
    assert (
        len(
            judge(
                RULES["owner-left"], [row], override=Override(params={"problems": ("absent", "x", "y", "z")})
            )
        )
        == 1
    )


@pytest.mark.parametrize(
    ("rule", "override", "problem"),
    [
        ("due-date-passed", Override(params={"grace": 1}), "there is no parameter `grace`; did you mean `grace_wd`?"),
        ("due-date-passed", Override(params={"grace_wd": "1"}), "parameter `grace_wd` is a number; '1' is not"),
        ("due-date-passed", Override(params={"grace_wd": True}), "parameter `grace_wd` is a number; True is not"),
        ("due-date-passed", Override(params={"grace_wd": [1]}), "parameter `grace_wd` is a single value"),
        ("baseline-slip", Override(params={"include_done": 1}), "parameter `include_done` is true or false; 1 is not"),
        ("owner-left", Override(params={"problems": "left"}), "parameter `problems` is a list"),
        ("owner-left", Override(params={"problems": []}), "parameter `problems` needs at least one value"),
        ("owner-left", Override(params={"problems": ["left", 1]}), "parameter `problems` is a text; 1 is not"),
        ("due-date-passed", Override(severity="hihg"), "severity `hihg` is not one of info, low, medium, high, critical; did you mean `high`?"),
        ("due-date-passed", Override(filter="is_dne"), "filter: the view item has no column `is_dne`; did you mean `is_done`?, at character 1 («is_dne»)"),
        ("due-date-passed", Override(filter="depth"), "filter: this is a number (`depth`); a condition is yes or no, at character 1 («depth»)"),
        ("owner-left", Override(comments=True), "comments: a finding about a row of person_schedule is on no item that could get one"),
        ("due-date-passed", Override(filter=""), "filter: the expression is empty, at character 1 (the end)"),
        ("due-date-passed", Override(filter="is_done; DROP TABLE x"), "filter: a second statement is not read, at character 8 («; DROP TABLE x»)"),
    ],
)  # fmt: skip
def test_an_override_that_does_not_fit_is_refused(rule: str, override: Override, problem: str) -> None:
    assert overrides_problems(list(RULES.values()), {rule: override}) == [f"rule {rule}: {problem}"]
    with pytest.raises(RuleError) as refusal:
        compile_rule(RULES[rule], "sqlite", override)
    assert refusal.value.message == f"rule {rule}: {problem}"


@pytest.mark.parametrize(
    ("rule", "row", "comments", "items"),
    [
        ("due-date-passed", {"is_leaf": True, "effective_due": date(2026, 11, 2)}, None, ("shop/1",)),
        ("due-date-passed", {"is_leaf": True, "effective_due": date(2026, 11, 2)}, False, ()),
        ("date-churn", {"push_count_90d": 4}, None, ()),
        ("date-churn", {"push_count_90d": 4}, True, ("shop/1",)),
        ("date-churn", {"push_count_90d": 4}, False, ()),
    ],
)
def test_an_override_says_whether_findings_stand_in_comments(
    rule: str, row: dict[str, object], comments: bool | None, items: tuple[str, ...]
) -> None:
    given = [{"item_id": "shop/1", "key": "P-1", **row}]
    [(_, verdict)] = judge(RULES[rule], given, override=Override(comments=comments))
    assert verdict.comment_items == items
    assert verdict.item_id == "shop/1"


def test_a_twin_that_is_switched_on_comments_on_both_sides() -> None:
    row = {"twin_id": "t", "a_id": "shop/1", "b_id": "plans/7", "is_confirmed": True, "map_count": 2}
    [(_, verdict)] = judge(RULES["duplicate-mapping"], [row], override=Override(comments=True))
    assert verdict.comment_items == ("shop/1", "plans/7")


def test_an_override_of_no_rule_is_refused_and_good_ones_are_not() -> None:
    overrides = {"due-date-pased": Override(), "due-date-passed": Override(enabled=False, severity="low")}
    assert overrides_problems(list(RULES.values()), overrides) == [
        "there is no rule `due-date-pased`; did you mean `due-date-passed`?"
    ]


def test_the_query_is_compiled_without_the_day_and_bound_with_it() -> None:
    day, now = date(2026, 11, 24), datetime(2026, 11, 24, 12, 0, 0, 123_999, tzinfo=UTC)
    sqlite = compile_rule(RULES["due-date-passed"], "sqlite")
    assert sqlite.parameters == {"critical_after_wd": 20.0, "high_after_wd": 5.0, "grace_wd": 0.0}
    bound = sqlite.bind(day, now)
    assert (bound["today"], bound["now"]) == ("2026-11-24", "2026-11-24T12:00:00.123Z")
    bound = compile_rule(RULES["due-date-passed"], "postgresql").bind(day, now)
    assert (bound["today"], bound["now"]) == (day, datetime(2026, 11, 24, 12, 0, 0, 123_000, tzinfo=UTC))
    assert bound["grace_wd"] == 0.0


def test_the_text_of_a_query_is_this() -> None:
    compiled = compile_rule(RULES["risk-unowned"], "postgresql")
    assert compiled.view == "risk"
    assert compiled.where == (
        '((NOT "is_done") AND (NOT "is_removed")) AND '
        '((NOT ("owner_problem" IS NULL)) AND ("owner_problem" <> CAST(:lit_1 AS text)))'
    )
    assert compiled.parameters == {"critical_exposure": 15.0, "lit_1": "absent"}
    assert compiled.columns["verdict_severity"] == (
        "CASE WHEN (\"exposure\" >= CAST(:critical_exposure AS double precision)) THEN 'critical' ELSE 'high' END"
    )
    assert list(compiled.columns) == [
        "source", "item_id", "key", "project", "schedule_id", "owner_problem", "owner", "exposure", "verdict_severity",
    ]  # fmt: skip


def test_verdicts_keep_the_order_of_the_rows() -> None:
    compiled = compile_rule(_rule(), "sqlite")
    rows: list[dict[str, object]] = [
        {
            "item_id": i,
            "key": i,
            "due": None,
            "source": "s",
            "project": None,
            "schedule_id": None,
            "verdict_severity": "low",
        }
        for i in "cab"
    ]
    assert [verdict.item_id for verdict in verdicts(compiled, rows)] == ["c", "a", "b"]
