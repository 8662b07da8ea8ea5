"""`rules explain` and `rules diff`: looking at rules on today's data, and nothing is written."""

# ruff: noqa: E501 - a table of cases reads best with one case on one line

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from command_world import CONFIG, TODAY, Folder

OWN = """\
- id: task-without-owner
  title: A task has no owner
  why: Nobody does it.
  over: item
  where: NOT is_done AND is_leaf
  flag: owner_problem IS NOT NULL
  severity: low
  fingerprint: [item_id]
  evidence: [owner_problem]
  message: "{key}: {owner_problem}."
  action: Name somebody.
"""


@pytest.fixture
def checked(folder: Folder) -> Folder:
    """The office plan, read, derived and checked."""
    folder.configure(CONFIG + "rules: {include: [rules/*.yaml]}\n")
    folder.add_plan()
    (folder.path / "rules").mkdir()
    assert folder.run("pull").code == 0
    assert folder.run("derive", *TODAY).code == 0
    # Twice: what a check finds is itself something that rules about projects look at.
    for _ in range(2):
        assert folder.run("check", *TODAY).code == 0
    return folder


def digest(folder: Folder) -> str:
    folder.run("db", "status")
    return hashlib.sha256(
        b"".join(p.read_bytes() for p in sorted(folder.path.glob("dovetail.db*")))
    ).hexdigest()


def changes(folder: Folder, *arguments: str | Path) -> list[tuple[str, str, str | None]]:
    rows = json.loads(folder.run("rules", "diff", *arguments, "--format", "json").out)
    return [(row["change"], row["rule"], row["key"]) for row in rows]


def test_one_story_of_a_pmo_that_changes_its_rules(checked: Folder) -> None:
    before = digest(checked)
    assert changes(checked) == []
    open_now = json.loads(checked.run("findings", "--format", "json").out)
    late = sorted(row["key"] for row in open_now if row["rule"] == "due-date-passed")
    assert late
    gone = [("vanishes", "due-date-passed", key) for key in late]
    # It had silenced this one.
    gone.append(("appears", "start-slipped", "office#4"))

    # What would a threshold do?
    answer = checked.run("rules", "diff", "--set", "due-date-passed.grace_wd=300")
    assert answer.code == 0
    assert (
        f"1 finding would appear, {len(late)} vanish, 0 change severity. Nothing was written." in answer.err
    )
    assert changes(checked, "--set", "due-date-passed.grace_wd=300") == gone
    assert changes(checked, "--set", "due-date-passed.severity=info") == [
        ("severity", "due-date-passed", key) for key in late
    ]
    assert changes(checked, "--set", "due-date-passed.enabled=false") == gone

    # A rule of one's own, before it is rolled out and after.
    draft = checked.path / "draft.yaml"
    draft.write_text(OWN, encoding="utf-8")
    found = changes(checked, draft)
    assert found
    assert {(change, rule) for change, rule, _ in found} == {("appears", "task-without-owner")}
    counted = json.loads(checked.run("rules", "diff", draft, "--counts", "--format", "json").out)
    assert counted == [{"rule": "task-without-owner", "appears": len(found), "vanishes": 0, "severity": 0}]

    # A changed copy of the configuration, and then the configuration itself.
    text = (checked.path / "dovetail.yaml").read_text(encoding="utf-8")
    project = 'scopes: ["plans:office.xml"]'
    assert project in text
    changed = text.replace(
        project, project + ", rules: {overrides: {due-date-passed: {params: {grace_wd: 300}}}}"
    )
    copy = checked.path / "changed.yaml"
    copy.write_text(changed, encoding="utf-8")
    assert changes(checked, copy) == gone
    checked.configure(changed)
    assert changes(checked) == gone
    assert digest(checked) == before

    # Why, for one item: what holds there, and who said so in which line.
    answer = checked.run("rules", "explain", "due-date-passed", late[0])
    assert answer.code == 0
    assert answer.out.startswith("due-date-passed about plans/")
    assert ": no finding\n" in answer.out
    told = json.loads(checked.run("rules", "explain", "due-date-passed", late[0], "--format", "json").out)
    (row,) = told
    assert (row["is_finding"], row["severity"], row["is_enabled"]) == (False, None, True)
    said = {(term["part"], term["text"]): (term["value"], term["origin"]) for term in row["terms"]}
    line = changed[: changed.index("due-date-passed: {params")].count("\n") + 1
    assert said["parameter", ":grace_wd"] == (300, f"project office-move, dovetail.yaml:{line}")
    built_in = said["parameter", ":high_after_wd"]
    assert built_in == (5, "built in, catalogue/schedule_slip.yaml:3")
    assert said["flag", "days_late > :grace_wd"][0] is False

    # The next check does what was shown.
    checked.run("check", *TODAY)
    assert changes(checked) == []


def test_a_rule_that_cannot_be_tried_is_reported_and_the_others_are_tried(checked: Folder) -> None:
    draft = checked.path / "rules" / "draft.yaml"
    draft.write_text(
        OWN + OWN.replace("task-without-owner", "worse").replace("is_leaf", "is_lef"), encoding="utf-8"
    )
    answer = checked.run("rules", "diff", "--format", "json")
    assert answer.code == 4
    assert "rule worse is left out" in answer.err
    assert "did you mean `is_leaf`?" in answer.err
    assert {row["rule"] for row in json.loads(answer.out)} == {"task-without-owner"}
    # The same in a check: the others run, and the exit code says that one did not.
    answer = checked.run("check", *TODAY)
    assert answer.code == 4
    assert "rule worse is left out" in answer.err
    listed = checked.run("rules", "list", "--format", "json")
    assert listed.code == 4
    assert "task-without-owner" in {row["id"] for row in json.loads(listed.out)}
    told = json.loads(
        checked.run("rules", "explain", "dcma-logic", "plans/office.xml", "--format", "json").out
    )
    assert told[0]["subject"]["check"] == "logic"
    said = checked.run("doctor")
    assert "rule worse is left out" in said.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "due-date-pased", "office#3"), "There is no rule `due-date-pased`; did you mean `due-date-passed`?"),
        (("explain", "due-date-passed", "nothing"), "No row of item is called nothing."),
        (("diff", "--set", "due-date-passed"), "the form is RULE.NAME=VALUE."),
        (("diff", "--set", "due-date-passed.grace=1"), "what can be set is grace_wd, high_after_wd, critical_after_wd, severity"),
        (("diff", "--set", "due-date-passed.grace_wd=soon"), "parameter `grace_wd` is a number; 'soon' is not"),
        (("diff", "--set", "due-date-passed.enabled=perhaps"), "what can be set is"),
        (("diff", "--set", "due-date-passed.flag=TRUE"), "what can be set is"),
        (("diff", "--set", "due-date-passed.filter=is_dne"), "has no column `is_dne`; did you mean `is_done`?"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_said(office: Folder, arguments: tuple[str, ...], said: str) -> None:
    if arguments[0] == "explain":
        office.run("pull")
        office.run("derive", *TODAY)
    answer = office.run("rules", *arguments)
    assert answer.code == 2
    assert said in answer.err


def test_without_derived_data_there_is_nothing_to_try(office: Folder) -> None:
    office.run("pull")
    answer = office.run("rules", "diff")
    assert answer.code == 2
    assert "Nothing was derived yet" in answer.err
