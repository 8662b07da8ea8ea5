"""Rule files with mistakes: all of them at once, each with its line and the nearest valid name."""
# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from portfolio.errors import ConfigError
from rules import load_catalogue, read_rules
from rules.loading import RuleSet, parse_rules
from rules.rule import default_comment_on
from rules.yaml_text import read_yaml

GOOD = """\
- id: stale-epic
  title: An epic is stale
  why: Nobody looks at it.
  over: item
  flag: days(last_activity_at, :today) > :max_days
  severity: low
  params: {max_days: 30}
  fingerprint: [item_id]
  evidence: [last_activity_at]
  message: "{key} rests since {last_activity_at:date}."
  action: Close it.
"""


def _load(text: str) -> RuleSet:
    return parse_rules(text, file="mine.yaml", group="mine")


def _problems(old: str, new: str) -> list[str]:
    assert old in GOOD
    return [str(problem).removeprefix("mine.yaml:") for problem in _load(GOOD.replace(old, new)).problems]


def test_a_rule_of_a_user_is_loaded_with_its_defaults() -> None:
    (rule,) = _load(GOOD).rules
    assert rule.id == "stale-epic"
    assert rule.group == "mine"
    assert rule.where is None
    assert rule.docs is None
    assert rule.comment_on == ("item_id",)
    assert rule.hold_for == rule.keep_for == timedelta(0)
    assert rule.status == "stable"
    assert not rule.is_built_in
    assert (rule.file, rule.line) == ("mine.yaml", 1)


def test_durations_are_minutes_hours_and_days() -> None:
    (rule,) = _load(GOOD + "  for: 2d\n  keep: 90m\n").rules
    assert rule.hold_for == timedelta(days=2)
    assert rule.keep_for == timedelta(minutes=90)
    (rule,) = _load(GOOD + "  for: 6h\n").rules
    assert rule.hold_for == timedelta(hours=6)


@pytest.mark.parametrize(
    ("view", "columns"),
    [("item", ("item_id",)), ("risk", ("item_id",)), ("milestone", ("item_id",)), ("twin", ("a_id", "b_id")),
     ("dependency", ("successor_id",)), ("schedule", ()), ("person_schedule", ()), ("source", ())],
)  # fmt: skip
def test_comments_go_where_the_subject_is(view: str, columns: tuple[str, ...]) -> None:
    assert default_comment_on(view) == columns


def test_every_problem_of_a_file_is_listed_with_its_line() -> None:
    text = """\
- id: Bad Id
  titel: x
  over: itm
  severity: hihg
  severity_by:
    - {if: is_done, than: high}
  params: {a: [1, {x: 1}], b: null, c: []}
  evidence: due
  tests: [{name: n, given: [], expect: [{"x y": 1}], today: never}]
- just a text
- id: second
  id: again
  title: x
  why: w
  over: item
  where: is_dne
  measure: {x: due + 1, key: "1", late: "wd(due, :today)"}
  flag: is_done > 1
  severity: high
  severity_by: [{if: late < 'x', then: low}]
  params: {today: 2, lit_1: 2, mixed: [1, x]}
  fingerprint: [item_idd, title]
  evidence: [late, age_wd, due_dat]
  message: "{kye} {late:date} {due:wd} {x} {key}"
  action: do
  comment_on: [title, itm]
  tests: [{name: a, given: [{key: 1, foo: 2, is_done: null}], expect: [{late: 2, zz: 1, severity: high}]}]
"""
    found = _load(text)
    assert found.rules == ()
    assert [f"{problem.line}: {problem.text}" for problem in found.problems] == [
        "1: rule Bad Id, `action` is missing",
        "1: rule Bad Id, `fingerprint` is missing",
        "1: rule Bad Id, `flag` is missing",
        "1: rule Bad Id, `message` is missing",
        "1: rule Bad Id, `title` is missing",
        "1: rule Bad Id, `why` is missing",
        "1: rule Bad Id, id: `Bad Id` does not have the form ^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        "2: rule Bad Id, there is no key `titel`; did you mean `title`?",
        (
            "3: rule Bad Id, over: `itm` is not one of item, project, risk, dependency, schedule, schedule_check, milestone, "
            "iteration, release, team, calibration, person_schedule, person, twin, source, unmapped, baseline_event, "
            "container_change, replan; did you mean `item`?"
        ),
        "4: rule Bad Id, severity: `hihg` is not one of info, low, medium, high, critical; did you mean `high`?",
        "6: rule Bad Id, `then` is missing",
        "6: rule Bad Id, there is no key `than`; did you mean `then`?",
        "7: rule Bad Id, params.a: a number, a text, true or false, a date, or a list of those",
        "7: rule Bad Id, params.b: a number, a text, true or false, a date, or a list of those",
        "7: rule Bad Id, params.c: a number, a text, true or false, a date, or a list of those",
        "8: rule Bad Id, evidence: a list belongs here",
        "9: rule Bad Id, tests.1.expect.1.x y: `x y` does not have the form ^[a-z][a-z0-9_]*$",
        "9: rule Bad Id, tests.1.given: list should have at least 1 item after validation, not 0",
        "9: rule Bad Id, tests.1.today: a date, or an instant that ends with Z",
        "10: a rule: keys and values belong here",
        "12: `id` stands here twice",
        "16: rule second, where: the view item has no column `is_dne`; did you mean `is_done`?, at character 1 («is_dne»)",
        "17: rule second, measure.key: the name is taken; choose another",
        (
            "17: rule second, measure.x: `+` needs numbers; this is a date (`due`); for dates use wd(a, b) or days(a, b), "
            "at character 1 («due + 1»)"
        ),
        "18: rule second, flag: a yes/no value (`is_done`) and a number do not compare, at character 1 («is_done > 1»)",
        "20: rule second, severity_by.1.if: a number (`late`) and a text do not compare, at character 1 («late < 'x'»)",
        "21: rule second, params.lit_1: the name is taken; choose another",
        "21: rule second, params.mixed: the members of a list are all of one type",
        "21: rule second, params.today: the name is taken; choose another",
        "22: rule second, fingerprint: `title` does not identify anything; use id columns",
        "22: rule second, fingerprint: the view item has no column `item_idd`; did you mean `item_id`?",
        "23: rule second, evidence: `age_wd` changes every day; show the date it is counted from",
        "23: rule second, evidence: `late` is a measure; comments show columns, and dates instead of ages",
        "23: rule second, evidence: the view item has no column `due_dat`; did you mean `due`?",
        "24: rule second, message: there is no `kye`; did you mean `key`?",
        "24: rule second, message: {due:wd} needs a number of working days; `due` is date",
        "24: rule second, message: {late:date} needs a date; `late` is int",
        "26: rule second, comment_on: `title` is not the id of an item",
        "26: rule second, comment_on: the view item has no column `itm`; did you mean `item_id`?",
        "27: rule second, tests.1.expect: the view item has no column `zz`",
        "27: rule second, tests.1.given: `is_done` is never null",
        "27: rule second, tests.1.given: `key` is of type text; 1 is not",
        "27: rule second, tests.1.given: the view item has no column `foo`; did you mean `portfolio`?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("max_days: 30", "max_days: 30, max_hours: 2", "7: rule stale-epic, params.max_hours: no condition of the rule uses it"),
        ("title: An epic is stale", "title: 12", "2: rule stale-epic, title: a text belongs here; put it in quotes"),
        ("{key} rests", "{key rests", "10: rule stale-epic, message: a brace that is not a field: {column}, {column:date}, {column:wd}, {column:pct}"),
        ("{key} rests", "{key!r} rests", "10: rule stale-epic, message: a brace that is not a field: {column}, {column:date}, {column:wd}, {column:pct}"),
        ("{key} rests", "{key:time} rests", "10: rule stale-epic, message: {key:time}: the formats are date, wd and pct"),
        ("{key} rests", "{key:} rests", "10: rule stale-epic, message: {key:}: the formats are date, wd and pct"),
        ("{key} rests", "{key:pct} rests", "10: rule stale-epic, message: {key:pct} needs a number; `key` is text"),
        ("severity: low", "severity: low\n  for: 2w", "7: rule stale-epic, for: `2w` does not have the form ^[1-9][0-9]{0,3}[mhd]$"),
        ("severity: low", "severity: low\n  for_: 2d", "7: rule stale-epic, there is no key `for_`; did you mean `for`?"),
        ("severity: low", "severity: low\n  docs: javascript:x", "7: rule stale-epic, docs: `javascript:x` does not have the form ^(https?://|docs/)"),
        ("over: item", "over: finding", "4: rule stale-epic, over: `finding` is not one of item, project, risk, dependency, schedule, schedule_check, milestone, iteration, release, team, calibration, person_schedule, person, twin, source, unmapped, baseline_event, container_change, replan"),
        ("severity: low", "severity: low\n  inhibit_by: [A b]", "7: rule stale-epic, inhibit_by.1: `A b` does not have the form ^[a-z][a-z0-9]*(-[a-z0-9]+)*$"),
        ("severity: low", "severity: low\n  measure: {x y: '1'}", "7: rule stale-epic, measure.x y: `x y` does not have the form ^[a-z][a-z0-9_]*$"),
        ("severity: low", "severity: low\n  measure: {not: '1'}", "7: rule stale-epic, measure.not: the name is taken; choose another"),
        ("severity: low", "severity: low\n  measure: 5", "7: rule stale-epic, measure: keys and values belong here"),
    ],
)  # fmt: skip
def test_a_problem_says_what_and_where(old: str, new: str, problem: str) -> None:
    assert _problems(old, new) == [problem]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("due: 2026-11-24T10:00:00Z", "`due` is of type date; datetime.datetime(2026, 11, 24, 10, 0, tzinfo=datetime.timezone.utc) is not"),
        ("due: soon", "`due` is of type date; 'soon' is not"),
        ("created_at: 2026-11-24", "`created_at` is of type instant; datetime.date(2026, 11, 24) is not"),
        ("start_at: 2026-11-24", "`start_at` is of type wall; datetime.date(2026, 11, 24) is not"),
        ("start_at: '2026-11-24T8:00'", "`start_at` is of type wall; '2026-11-24T8:00' is not"),
        ("start_at: '2026-11-24T25:00'", "`start_at` is of type wall; '2026-11-24T25:00' is not"),
        ("depth: 1.5", "`depth` is of type int; 1.5 is not"),
        ("depth: true", "`depth` is of type int; True is not"),
        ("points: x", "`points` is of type real; 'x' is not"),
        ("labels: x", "`labels` is of type list; 'x' is not"),
    ],
)  # fmt: skip
def test_a_row_of_a_test_has_the_types_of_its_view(given: str, problem: str) -> None:
    text = GOOD + f"  tests: [{{name: a, given: [{{{given}}}], expect: []}}]\n"
    assert [p.text for p in _load(text).problems] == [f"rule stale-epic, tests.1.given: {problem}"]


def test_a_row_of_a_test_may_hold_every_type() -> None:
    given = "{start_at: '2026-11-24T08:00', depth: 1, points: 2, labels: [a], created_at: 2026-11-24T10:00:00+02:00, due: null}"
    assert _load(GOOD + f"  tests: [{{name: a, given: [{given}], expect: []}}]\n").problems == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- [", "1: this is not YAML: expected the node content, but found '<stream end>'"),
        ("- a\n---\n- b", "2: this is not YAML: a second document (---)"),
        ("- x: y: z", "1: this is not YAML: mapping values are not allowed here"),
        ("a: 1", "1: a rule file is a list: each rule starts with `- id:`"),
        ("- &a {id: x}", "1: anchors and aliases (& and *) are not read here; write the value out"),
        ("- id: *x", "1: this is not YAML: found undefined alias 'x'"),
        ("- ? [a]\n  : b", "1: a key is a word"),
        ("- id: !!python/object:os.system x", "1: 'x' is not read here; put a text in quotes, write numbers in digits and dates as 2026-11-24"),
        ("- id: 2026-02-30", "1: '2026-02-30' is not read here; put a text in quotes, write numbers in digits and dates as 2026-11-24"),
        ("- id: 2026-11-24T10:00:00", "1: 2026-11-24T10:00:00 has no zone; end it with Z for UTC"),
        ("- id: 0o17", "1: '0o17' is not read here; put a text in quotes, write numbers in digits and dates as 2026-11-24"),
        ("- id: .inf", "1: '.inf' is not read here; put a text in quotes, write numbers in digits and dates as 2026-11-24"),
        ("%YAML 1.1\n---\n- id: yes", "3: 'yes' is not read here; put a text in quotes, write numbers in digits and dates as 2026-11-24"),
        ("- " + "[" * 22 + "]" * 22, "1: nested more than 20 levels deep"),
        ("- " + "[" * 5000 + "]" * 5000, "1: this is not YAML: nested too deeply"),
        ("- \x07", "1: this is not YAML: unacceptable character #x0007: special characters are not allowed"),
        (" " * 1_000_001, "1: the file is larger than 1,000,000 characters"),
    ],
    ids=lambda text: ascii(text)[:40],
)  # fmt: skip
def test_a_file_that_is_not_read_says_why(text: str, problem: str) -> None:
    assert f"mine.yaml:{problem}" in [str(found) for found in _load(text).problems]


def test_an_empty_file_has_no_rules_and_no_problems() -> None:
    assert _load("# nothing yet\n") == RuleSet((), ())


def test_plain_values_are_those_of_yaml_1_2() -> None:
    text = (
        "[yes, no, on, true, False, 012, 1e3, 1.5, -2, ~, null, 2026-11-24, 2026-11-24T10:00:00Z, '1', a b]"
    )
    assert read_yaml(text, "x").content == [
        "yes", "no", "on", True, False, 12, 1000.0, 1.5, -2, None, None, date(2026, 11, 24),
        datetime(2026, 11, 24, 10, tzinfo=UTC), "1", "a b",
    ]  # fmt: skip


def test_a_rule_with_a_problem_is_left_out_and_the_others_are_read() -> None:
    broken = GOOD.replace("stale-epic", "broken").replace("over: item", "over: item\n  over: risk")
    found = _load(broken + GOOD + GOOD.replace("stale-epic", "third").replace(":today", ":tody"))
    assert [rule.id for rule in found.rules] == ["stale-epic"]
    assert [problem.line for problem in found.problems] == [5, 28]


def test_users_files_join_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "my_rules.yaml"
    path.write_text(GOOD)
    rules = load_catalogue([path])
    assert len(rules) == len(load_catalogue()) + 1
    assert rules[-1].group == "my-rules"
    assert rules[-1].file == str(path)


def test_an_id_stands_once_and_a_built_in_one_is_overridden(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + GOOD + GOOD.replace("stale-epic", "due-date-passed"))
    with pytest.raises(ConfigError) as refusal:
        load_catalogue([path])
    assert [problem.removeprefix(f"{path}:") for problem in refusal.value.problems] == [
        f"12: rule stale-epic stands in {path}:1 already",
        (
            "23: rule due-date-passed stands in catalogue/schedule_slip.yaml:3 already; "
            "a built-in rule is changed by rules.overrides"
        ),
    ]
    assert re.match("2 problems in the rule files", str(refusal.value))


def test_an_inhibitor_exists_and_does_not_inhibit_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    inhibits = [
        ("one", "two"),
        ("two", "three"),
        ("three", "one"),
        ("four", "one"),
        ("five", "due-date-pased"),
        ("six", "six"),
    ]
    path.write_text("".join(GOOD.replace("stale-epic", a) + f"  inhibit_by: [{b}]\n" for a, b in inhibits))
    found = read_rules([path])
    assert [rule.id for rule in found.rules if not rule.is_built_in] == ["four"]
    assert [problem.text for problem in found.problems] == [
        "rule one inhibits itself through inhibit_by",
        "rule two inhibits itself through inhibit_by",
        "rule three inhibits itself through inhibit_by",
        "rule five, inhibit_by: no rule `due-date-pased`; did you mean `due-date-passed`?",
        "rule six inhibits itself through inhibit_by",
    ]


def test_without_their_tests_the_built_in_rules_are_the_same_rules_in_the_same_lines() -> None:
    whole, short = load_catalogue(), load_catalogue(with_tests=False)
    assert all(rule.tests for rule in whole)
    assert not any(rule.tests for rule in short)
    assert short == [msgspec.structs.replace(rule, tests=()) for rule in whole]


def test_the_tests_of_users_rules_are_read_always(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + "  tests:\n    - name: silent\n      given: [{key: A}]\n      expect: []\n")
    [test] = load_catalogue([path], with_tests=False)[-1].tests
    assert test.name == "silent"


def test_a_file_that_cannot_be_read_is_a_problem_and_not_an_end(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe")
    found = read_rules([tmp_path / "absent.yaml", binary])
    assert len(found.rules) == len(load_catalogue())
    assert [problem.text for problem in found.problems] == [
        "the file cannot be read: No such file or directory",
        "the file cannot be read: it is not UTF-8 text",
    ]


def test_one_problem_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^1 problem in the rule files"):
        load_catalogue([tmp_path / "absent.yaml"])
