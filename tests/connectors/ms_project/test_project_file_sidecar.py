"""Plans whose master is an .mpp: values go to a table beside the file, and the file is never written to."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import plan_intents
import pytest
from plan_builder import plan, task
from plan_intents import NOTE, connector, everything, intent, kinds, look, note

from connectors.ms_project import replacement
from portfolio.intents import COMMENT, Conflict, Refused
from portfolio.notes import Note, Paragraph, Quoted, Text

TEXT = plan([task(7, ID=1, Name="Build, test"), task(1, ID=2, Name="=HYPERLINK(1)")])
FIELDS = {"health": "Portfolio health", "slip_wd": "Number1", "forecast_finish": "Forecast finish"}
WRITE = {"comments": True, "fields": FIELDS}
VALUES = {"health": "amber", "slip_wd": -4, "forecast_finish": "2027-03-19"}


def save(folder: Path, *, master: str | None = "plan.mpp") -> Path:
    path = folder / "plan.xml"
    path.write_text(TEXT, encoding="utf-8")
    if master:
        (folder / master).write_bytes(b"\xd0\xcf\x11\xe0")
    return path


def table(folder: Path) -> list[dict[str, str]]:
    raw = (folder / "plan.dovetail.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # by which Excel and Project know UTF-8
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_trap_an_mpp_is_never_written_and_values_go_to_a_table_by_unique_id(tmp_path: Path) -> None:
    path = save(tmp_path)
    one = connector(tmp_path, WRITE)
    assert kinds(one.push(everything(look(one, 7), VALUES))) == {"Applied"}
    assert path.read_text(encoding="utf-8") == TEXT
    assert (tmp_path / "plan.mpp").read_bytes() == b"\xd0\xcf\x11\xe0"
    (row,) = table(tmp_path)
    reference = row.pop("Dovetail_Reference")
    assert reference.startswith(f"'=== [Dovetail 7 {NOTE.digest()} ")
    assert row == {
        "Unique_ID": "7",
        "Name": "Build, test",
        "Portfolio health": "amber",
        "Number1": "-4",
        "Forecast finish": "2027-03-19",
        "Dovetail_Note": "Portfolio check / High: Past its due date / - Due: 19 Nov 2026 / "
        "- Owner: Lena & <Lead>",
    }


def test_a_second_push_leaves_the_table_byte_for_byte(tmp_path: Path) -> None:
    save(tmp_path)
    intents = everything(look(connector(tmp_path, WRITE), 1, 7), VALUES)
    assert kinds(connector(tmp_path, WRITE).push(intents)) == {"Applied"}
    before = (tmp_path / "plan.dovetail.csv").read_bytes()
    assert kinds(connector(tmp_path, WRITE).push(intents)) == {"Unchanged"}
    assert (tmp_path / "plan.dovetail.csv").read_bytes() == before
    (slots,) = look(connector(tmp_path, WRITE), 7)
    assert slots.fields == {"health": "amber", "slip_wd": -4, "forecast_finish": "2027-03-19"}
    assert [row["Unique_ID"] for row in table(tmp_path)] == ["7", "1"]  # in the order of the plan
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.dovetail.csv", "plan.mpp", "plan.xml"]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    save(tmp_path)
    told = Note([Paragraph([Quoted('=cmd|" /C calc"!A0 / @x\n"quoted", and')])])
    assert kinds(connector(tmp_path, WRITE).push([intent(COMMENT, told)])) == {"Applied"}
    (row,) = table(tmp_path)
    assert row["Name"] == "'=HYPERLINK(1)"
    assert row["Dovetail_Note"] == '\'=cmd|" /C calc"!A0/@x "quoted", and'
    (slots,) = look(connector(tmp_path, WRITE), 1)
    assert slots.comment is not None
    assert not slots.comment.is_edited


def test_values_are_taken_out_and_a_row_without_any_is_left_out(tmp_path: Path) -> None:
    save(tmp_path)
    list(connector(tmp_path, WRITE).push([intent("health", "amber"), intent(COMMENT, NOTE, uid=7)]))
    back = [intent("health", None, before="amber"), intent(COMMENT, None, before=NOTE.digest(), uid=7)]
    assert kinds(connector(tmp_path, WRITE).push(back)) == {"Applied"}
    assert table(tmp_path) == []


def test_an_edit_of_a_person_in_the_table_is_a_conflict(tmp_path: Path) -> None:
    save(tmp_path)
    list(connector(tmp_path, WRITE).push([intent("health", "amber"), intent(COMMENT, NOTE)]))
    path = tmp_path / "plan.dovetail.csv"
    path.write_bytes(path.read_bytes().replace(b"amber", b"green").replace(b"Past its", b"past its"))
    found = connector(tmp_path, WRITE).push(
        [intent("health", "red", before="amber"), intent(COMMENT, note("next"), before=NOTE.digest())]
    )
    assert list(found) == [
        Conflict(intent_id="plans/plan.xml:1:health", now="green"),
        Conflict(
            intent_id="plans/plan.xml:1:comment", now=NOTE.digest(), reason="a person edited the comment"
        ),
    ]


def test_a_table_that_is_saved_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path)
    path = tmp_path / "plan.dovetail.csv"
    require = replacement._require

    def saved_meanwhile(target: Path, expected: str | None) -> None:
        path.write_text("mine")
        require(target, expected)

    monkeypatch.setattr(replacement, "_require", saved_meanwhile)
    assert kinds(connector(tmp_path, WRITE).push([intent("health", "amber")])) == {"Conflict"}
    assert path.read_text() == "mine"


@pytest.mark.parametrize("content", [b"Name;UID\r\n", b"\xff\xfe\x00", b'Unique_ID,Name\r\n"1'])
def test_a_file_of_somebody_else_under_that_name_is_left_alone(tmp_path: Path, content: bytes) -> None:
    save(tmp_path)
    path = tmp_path / "plan.dovetail.csv"
    path.write_bytes(content)
    (found,) = connector(tmp_path, WRITE).push([intent("health", "amber")])
    assert isinstance(found, Refused)
    assert "plan.dovetail.csv" in found.reason
    assert path.read_bytes() == content


def test_an_open_table_waits(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "~$plan.dovetail.csv").write_bytes(b"")
    assert kinds(connector(tmp_path, WRITE).push([intent("health", "amber")])) == {"Conflict"}


def test_a_planner_who_has_the_mpp_open_is_no_obstacle_for_the_table(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "~$plan.xml").write_bytes(b"")
    assert kinds(connector(tmp_path, WRITE).push([intent("health", "amber")])) == {"Applied"}


@pytest.mark.parametrize(
    ("settings", "beside", "to"),
    [
        ({}, "plan.mpp", "plan.dovetail.csv"),
        ({}, "PLAN.MPP", "plan.dovetail.csv"),
        ({}, "other.mpp", "plan.xml"),
        ({}, None, "plan.xml"),
        ({"master": "xml"}, "plan.mpp", "plan.xml"),
        ({"master": "mpp"}, None, "plan.dovetail.csv"),
    ],
)
def test_what_the_master_is(tmp_path: Path, settings: dict[str, object], beside: str | None, to: str) -> None:
    path = tmp_path / "plan.xml"
    path.write_text(plan([task(1)], fields=plan_intents.DEFINITIONS[:1]), encoding="utf-8")
    if beside:
        (tmp_path / beside).write_bytes(b"")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    one = connector(tmp_path, {"fields": {"health": "Portfolio health"}}, **settings)
    assert kinds(one.push([intent("health", "amber")])) == {"Applied"}
    after = {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()}
    assert [name for name, content in after.items() if before.get(name) != content] == [to]


def test_doctor_says_that_the_master_cannot_be_written(tmp_path: Path) -> None:
    save(tmp_path)
    lines = [(line.level, line.message) for line in connector(tmp_path, WRITE).diagnose()]
    assert (
        "WARN",
        "plan.xml: its master is plan.mpp, which only Project can write; values go to plan.dovetail.csv",
    ) in lines


def test_a_path_that_names_an_mpp_says_what_to_do_instead(tmp_path: Path) -> None:
    save(tmp_path)
    lines = [line for line in connector(tmp_path, WRITE, path="plan.mpp").diagnose() if line.level == "FAIL"]
    assert [(line.message, line.hint) for line in lines] == [
        (
            "plan.mpp: is a binary file of Microsoft Project (.mpp), perhaps with a password.",
            "Save it from Project as XML (File, Save As, XML format).",
        )
    ]


def test_text_of_two_lines_and_of_our_separator_is_told_apart_again(tmp_path: Path) -> None:
    save(tmp_path)
    told = Note([Paragraph([Text("one / two")]), Paragraph([Text("three")])])
    list(connector(tmp_path, WRITE).push([intent(COMMENT, told)]))
    (slots,) = look(connector(tmp_path, WRITE), 1)
    assert slots.comment is not None
    assert slots.comment.body == "one/two\nthree"
    assert not slots.comment.is_edited
