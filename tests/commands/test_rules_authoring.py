"""`rules new`, `rules lint`, `rules test`: from nothing to a rule that runs."""

from __future__ import annotations

import json

from command_world import CONFIG, TODAY, Folder


def test_a_new_rule_is_written_tested_linted_tried_and_rolled_out(office: Folder) -> None:
    office.run("pull")
    office.run("derive", *TODAY)
    answer = office.run("rules", "new", "too-late", "--over", "item")
    assert (answer.code, answer.out) == (0, "rules/too-late.yaml\n")
    assert "rules: {include: [rules/*.yaml]}" in answer.err
    path = office.path / "rules" / "too-late.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=")
    assert "# 4. dovetail rules diff rules/too-late.yaml" in text
    assert office.run("rules", "test", path).out == "2 tests of 1 rule passed.\n"
    assert office.run("rules", "lint", path).out == "1 rule: none is refused.\n"
    tried = json.loads(office.run("rules", "diff", path, "--format", "json").out)
    assert {(row["change"], row["rule"]) for row in tried} == {("appears", "too-late")}
    office.configure(CONFIG + "rules: {include: [rules/*.yaml]}\n")
    assert office.run("check", *TODAY).code == 0
    found = json.loads(office.run("findings", "--rule", "too-late", "--format", "json").out)
    assert sorted(row["key"] for row in found) == sorted(row["key"] for row in tried)
    listed = json.loads(office.run("rules", "list", "--format", "json").out)
    line = text[: text.index("- id")].count("\n") + 1
    assert listed[-1]["origin"] == f"your own, {path}:{line}"

    # What is there is left alone, whoever asks.
    again = office.run("rules", "new", "too-late")
    assert again.code == 2
    assert "There is a rule too-late already (your own, " in again.err
    other = office.run("rules", "new", "other", "--out", path)
    assert other.code == 2
    assert "is there already" in other.err
    assert path.read_text(encoding="utf-8") == text


def test_what_cannot_be_the_name_of_a_rule_is_said(folder: Folder) -> None:
    for arguments, said in (
        (("Late Epic",), "`Late Epic` is not the id of a rule."),
        (
            ("due-date-passed",),
            "There is a rule due-date-passed already (built in, catalogue/schedule_slip.yaml:3).",
        ),
        (("mine", "--over", "itm"), "No rule can be over `itm`; did you mean `item`?"),
        (("mine", "--over", "finding"), "No rule can be over `finding`"),
    ):
        answer = folder.run("rules", "new", *arguments)
        assert answer.code == 2
        assert said in answer.err
    assert not (folder.path / "rules").exists()


BAD = """\
- id: unsafe
  title: T
  why: W.
  over: item
  flag: push_count > 3
  severity: low
  fingerprint: [item_id]
  evidence: [push_count]
  message: "{key}"
  action: A.
- id: unreadable
  title: T
  why: W.
  over: item
  flag: push_cont > 3
  severity: low
  fingerprint: [item_id]
  evidence: [push_count]
  message: "{key}"
  action: A.
"""


def test_lint_refuses_with_the_reason_the_remedy_and_the_place(folder: Folder) -> None:
    path = folder.path / "mine.yaml"
    path.write_text(BAD, encoding="utf-8")
    answer = folder.run("rules", "lint", path, "--format", "json")
    assert answer.code == 1
    rows = json.loads(answer.out)
    assert [(row["rule"], row["check"], row["line"]) for row in rows] == [
        ("unreadable", "cannot be read", 15),
        ("unsafe", "tests", 1),
        ("unsafe", "guard", 1),
    ]
    assert rows[2]["hint"] == "Add `NOT is_done` to where."
    assert "2 rules are refused, for 3 reasons." in answer.err
    shown = folder.run("rules", "lint", path)
    assert "did you mean `push_count`?" in " ".join(shown.out.split())
