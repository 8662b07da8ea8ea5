"""`dovetail check FILE.xml …`: the first thing a newcomer tries."""

from __future__ import annotations

import csv
import io
import json

import pytest
from command_world import SMALL_PLAN, TODAY, Folder

from portfolio.views import VIEWS


def test_a_plan_is_checked_without_a_configuration_and_nothing_is_left_behind(folder: Folder) -> None:
    answer = folder.run("check", SMALL_PLAN, *TODAY)
    assert answer.code == 0
    # Due 30 October and 2 November; 24 November is a Tuesday: 17 and 16 working days later.
    assert "small-plan#3" in answer.out
    assert "is 17 working days late" in answer.out
    assert "is 16 working days late" in answer.out
    assert answer.err.splitlines()[-1] == "1 file, 4 tasks checked by 90 rules."
    assert list(folder.path.iterdir()) == []


def test_the_worst_stands_first_and_keys_are_in_the_order_of_their_numbers(folder: Folder) -> None:
    for number in (2, 10):
        folder.add_plan(f"plan{number}.xml")
    rows = [json.loads(line) for line in folder.run("check", ".", *TODAY, "--format", "jsonl").lines]
    severities = ["critical", "high", "medium", "low", "info"]
    ranks = [severities.index(row["severity"]) for row in rows]
    assert ranks == sorted(ranks)
    keys = [row["key"] for row in rows if row["rule"] == "due-date-passed"]
    assert keys == ["plan2#3", "plan2#4", "plan10#3", "plan10#4"]


def test_when_nothing_is_wrong_it_says_what_was_looked_at(folder: Folder) -> None:
    answer = folder.run("check", folder.add_sound_plan("sound.xml"), "--today", "2026-10-15")
    assert (answer.code, answer.out) == (0, "No findings. 1 file, 4 tasks checked by 90 rules.\n")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bomb.xml", b'<!DOCTYPE p [<!ENTITY a "b">]><Project>&a;</Project>', "DOCTYPE"),
        ("cut.xml", SMALL_PLAN.read_bytes()[:2000], ""),
        ("plan.mpp.xml", b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "binary file of Microsoft Project"),
        ("empty.xml", b"", ""),
    ],
)
def test_a_bad_file_is_one_clear_line_and_the_others_are_read(
    folder: Folder, name: str, content: bytes, reason: str
) -> None:
    (folder.path / name).write_bytes(content)
    answer = folder.run("check", name, SMALL_PLAN, *TODAY)
    assert answer.code == 4
    (line,) = [one for one in answer.err.splitlines() if name in one]
    assert line.startswith(f"error: {name}: ")
    assert reason in line
    assert "Traceback" not in answer.err
    assert "small-plan#3" in answer.out


def test_a_file_that_does_not_exist_and_a_folder_without_plans_are_said(folder: Folder) -> None:
    (folder.path / "none").mkdir()
    answer = folder.run("check", "missing.xml", "none", SMALL_PLAN, *TODAY)
    assert answer.code == 4
    assert "error: missing.xml: there is no such file." in answer.err
    assert "error: none: there is no plan saved as XML (*.xml) in this folder." in answer.err
    assert "small-plan#3" in answer.out


def test_files_of_one_name_in_two_folders_are_two_plans(folder: Folder) -> None:
    folder.add_plan("a/office.xml")
    folder.add_plan("b/office.xml")
    answer = folder.run("check", "a/office.xml", "b/office.xml", *TODAY, "--format", "jsonl")
    due = [row for row in map(json.loads, answer.lines) if row["rule"] == "due-date-passed"]
    assert len(due) == 4
    assert answer.err.splitlines()[-1] == "2 files, 8 tasks checked by 90 rules."


def test_a_file_whose_name_looks_like_a_pattern_is_read(folder: Folder) -> None:
    folder.add_plan("plan[1].xml")
    assert "1 file, 4 tasks" in folder.run("check", "plan[1].xml", *TODAY).err


def test_fail_on_is_met_at_its_severity_and_above_only(folder: Folder) -> None:
    assert folder.run("check", SMALL_PLAN, *TODAY).code == 0
    assert folder.run("check", SMALL_PLAN, *TODAY, "--fail-on", "critical").code == 0
    assert folder.run("check", SMALL_PLAN, *TODAY, "--fail-on", "high").code == 1
    assert folder.run("check", SMALL_PLAN, *TODAY, "--fail-on", "medium").code == 1


def test_a_bad_file_outranks_findings_in_the_exit_code(folder: Folder) -> None:
    (folder.path / "bad.xml").write_text("<a>")
    assert folder.run("check", "bad.xml", SMALL_PLAN, *TODAY, "--fail-on", "low").code == 4


def test_the_four_formats_hold_the_same_findings(folder: Folder) -> None:
    def run(output_format: str) -> str:
        return folder.run("check", SMALL_PLAN, *TODAY, "--format", output_format).out

    as_json = json.loads(run("json"))
    as_lines = [json.loads(line) for line in run("jsonl").splitlines()]
    as_csv = list(csv.DictReader(io.StringIO(run("csv"))))
    names = list(VIEWS["finding"].names)
    assert [list(row) for row in as_json] == [names] * len(as_json)
    assert list(as_csv[0]) == names
    ids = [row["finding_id"] for row in as_json]
    assert ids == [row["finding_id"] for row in as_lines] == [row["finding_id"] for row in as_csv]
    assert len(run("table").splitlines()) == len(ids) + 1
    assert as_json[0]["opened_at"].endswith("Z")


def test_quiet_says_nothing_where_nothing_is_wrong_and_the_findings_where_something_is(
    folder: Folder,
) -> None:
    sound = folder.add_sound_plan("sound.xml")
    quiet = folder.run("--quiet", "check", sound, "--today", "2026-10-15")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    loud = folder.run("check", "--quiet", SMALL_PLAN, *TODAY)
    assert "small-plan#3" in loud.out
    assert loud.err == ""
