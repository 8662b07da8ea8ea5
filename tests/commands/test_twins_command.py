"""`dovetail twins`: what is known, what is suggested, and what people decide about it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from command_world import TODAY, Folder
from ruamel.yaml import YAML

CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - {name: plans, kind: project_file, path: plans/*.xml}
  - {name: depot, kind: project_file, path: depot/*.xml}
"""
TITLES = {
    1: "Handover of the keys to the caretaker",
    2: "Paint walls",
    3: "Order new desks",
    4: "Move server racks",
}
OTHERS = {
    1: "Keys handed to caretaker",
    2: "Lift maintenance",
    3: "Order of new desk",
    4: "Rack servers in basement",
}


@pytest.fixture
def two(folder: Folder) -> Folder:
    """Two plans whose third tasks have titles that are alike."""
    folder.configure(CONFIG)
    folder.add_plan(tasks=TITLES)
    folder.add_plan("depot/move.xml", tasks=OTHERS)
    assert folder.run("pull").code == 0
    assert folder.run("derive", *TODAY).code == 0
    return folder


def known(two: Folder, *arguments: str) -> list[tuple[str, str, str]]:
    answer = two.run("twins", "list", "--format", "json", *arguments)
    return [(row["state"], row["a"], row["b"]) for row in json.loads(answer.out)]


def decisions(two: Folder) -> dict[str, object]:
    return YAML(typ="safe").load((two.path / "twins.yaml").read_text())


def test_a_similar_title_is_suggested_with_both_titles_and_not_listed(two: Folder) -> None:
    answer = two.run("twins", "suggest")
    assert answer.code == 0
    assert answer.lines[0].split() == ["ONE", "OTHER", "ITS", "TITLE", "OTHER'S", "TITLE", "EVIDENCE", "SURE"]
    assert "depot:move#3" in answer.lines[1]
    assert "Order of new desk" in answer.lines[1]
    assert "similar title" in answer.lines[1]
    assert answer.err == ("1 pair to confirm or reject: `dovetail twins confirm ONE OTHER`.\n")
    assert two.run("twins").out == "No pairs are known. `dovetail twins suggest` shows what looks alike.\n"


def test_a_confirmed_pair_is_written_derived_and_no_longer_suggested(two: Folder) -> None:
    answer = two.run("twins", "confirm", "office#3", "depot:move#3", "--by", "Ana", "--note", "one order")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == (
        "plans:office#3 and depot:move#3 are confirmed, in twins.yaml. "
        "`dovetail derive`, or the next `sync`, takes it in.\n"
    )
    (entry,) = decisions(two)["confirmed"]  # type: ignore[misc]
    assert entry["pair"] == ["plans:office#3", "depot:move#3"]
    assert (entry["evidence"], entry["by"], entry["note"]) == ("similar title", "Ana", "one order")
    assert known(two) == [("confirmed", "depot:move#3", "plans:office#3")]
    two.run("derive", *TODAY)
    assert known(two) == [("confirmed", "depot:move#3", "plans:office#3")]
    assert two.run("twins", "suggest").out == "Nothing to confirm.\n"
    (row,) = json.loads(two.run("export", "twin", "--format", "json").out)
    assert (row["evidence"], row["confidence"], row["is_confirmed"]) == ("confirmed", 1.0, True)


def test_a_rejected_pair_never_comes_back(two: Folder) -> None:
    assert two.run("twins", "reject", "move#3", "office#3", "--note", "two orders").code == 0
    assert two.run("twins", "suggest").out == "Nothing to confirm.\n"
    two.run("derive", *TODAY)
    assert two.run("twins", "suggest").out == "Nothing to confirm.\n"
    assert json.loads(two.run("export", "twin", "--format", "json").out) == []
    listed = two.run("twins", "list")
    assert listed.lines[1].split()[:3] == ["rejected", "depot:move#3", "plans:office#3"]
    assert "two orders" in listed.lines[1]
    assert listed.err == "1 pair: 1 rejected.\n"


def test_a_decision_outlives_the_store(two: Folder) -> None:
    two.run("twins", "confirm", "office#3", "move#3")
    for file in two.path.glob("dovetail.db*"):
        file.unlink()
    two.run("pull")
    two.run("derive", *TODAY)
    assert known(two) == [("confirmed", "depot:move#3", "plans:office#3")]


def test_a_decision_is_changed_and_taken_back(two: Folder) -> None:
    two.run("twins", "confirm", "office#3", "move#3")
    two.run("twins", "reject", "office#3", "move#3")
    assert known(two) == [("rejected", "plans:office#3", "depot:move#3")]
    answer = two.run("twins", "forget", "move#3", "plans:office#3")
    assert answer.code == 0
    assert answer.err.startswith("plans:office#3 and depot:move#3 are no longer rejected.")
    assert known(two) == []
    two.run("derive", *TODAY)
    assert known(two, "--state", "unconfirmed") == [("unconfirmed", "depot:move#3", "plans:office#3")]


def test_the_same_decision_twice_changes_nothing(two: Folder) -> None:
    two.run("twins", "confirm", "office#3", "move#3", "--by", "Ana")
    before = (two.path / "twins.yaml").read_bytes()
    answer = two.run("twins", "confirm", "move#3", "office#3", "--by", "Ben")
    assert answer.code == 0
    assert answer.err == "depot:move#3 and plans:office#3 are confirmed already. Nothing was changed.\n"
    assert (two.path / "twins.yaml").read_bytes() == before


def test_a_decision_about_items_that_are_gone_can_still_be_taken_back(two: Folder) -> None:
    two.run("twins", "reject", "office#3", "move#3")
    (two.path / "depot" / "move.xml").unlink()
    (two.path / "dovetail.db").unlink()
    two.run("pull")
    assert two.run("twins", "forget", "PLANS:office#3", "depot:move#3").code == 0


def test_titles_that_are_alike_are_listed_only_when_asked_for(two: Folder) -> None:
    assert known(two) == []
    assert known(two, "--state", "unconfirmed") == [("unconfirmed", "depot:move#3", "plans:office#3")]
    assert known(two, "--state", "unconfirmed", "--source", "depot") != []
    rows = list(csv.DictReader(io.StringIO(two.run("twins", "suggest", "--format", "csv").out)))
    assert list(rows[0]) == [
        "state", "twin_id", "a", "b", "a_id", "b_id", "a_title", "b_title", "evidence", "confidence",
        "map_count", "by", "at", "note",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("confirm", "office#3"), "Missing argument 'OTHER'"),
        (("confirm", "office#3", "office#99"), "There is no item office#99"),
        (("confirm", "office#3", "office#2"), "office#3 and office#2 both stand in plans."),
        (("reject", "office#3", "office#3"), "office#3 and office#3 both stand in plans."),
        (("forget", "office#3", "move#3"), "Nothing was decided about office#3 and move#3."),
        (("list", "--state", "lost"), "'lost' is not one of"),
        (("list", "--source", "plams"), "There is no source `plams`; did you mean `plans`?"),
        (("suggest", "--limit", "0"), "0 is not in the range"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error_and_writes_nothing(
    two: Folder, arguments: tuple[str, ...], said: str
) -> None:
    answer = two.run("twins", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert not (two.path / "twins.yaml").exists()


def test_a_key_that_stands_in_two_trackers_must_be_named_with_its_source(two: Folder) -> None:
    two.add_plan("depot/office.xml", tasks={3: "Chairs"})
    two.run("pull")
    answer = two.run("twins", "confirm", "office#3", "move#3")
    assert answer.code == 2
    assert "office#3 stands in 2 trackers: depot:office#3, plans:office#3." in answer.err


def test_a_pair_of_the_configuration_is_not_rejected_behind_its_back(two: Folder) -> None:
    two.configure(CONFIG + 'twins: [["depot:move#3", "plans:office#3"]]\n')
    answer = two.run("twins", "reject", "office#3", "move#3")
    assert answer.code == 2
    assert "Take the pair out of `twins:` there first." in answer.err


def test_a_broken_file_of_twins_is_a_configuration_error_with_its_line(two: Folder) -> None:
    (two.path / "twins.yaml").write_text("confirmed:\n  - [plans:office#3]\n")
    for command in (("twins",), ("twins", "confirm", "office#3", "move#3"), ("derive",)):
        answer = two.run(*command)
        assert answer.code == 3
        assert "twins.yaml, line 2, column 5: confirmed[0]: a pair belongs here" in answer.err


def test_hostile_titles_and_notes_stay_text(two: Folder) -> None:
    two.add_plan(tasks={3: "Order of new desk\x9bm \u202e"})
    two.run("pull")
    two.run("derive", *TODAY)
    for command in (("twins", "suggest"), ("twins", "suggest", "--format", "csv")):
        answer = two.run(*command)
        assert "Order of new desk" in answer.out
        assert "\x9b" not in answer.out
        assert "\u202e" not in answer.out
    two.run("twins", "reject", "office#3", "move#3", "--note", "=1+1\x1b[31m\nnext: [", "--by", "a: b #")
    assert "\x1b" not in (two.path / "twins.yaml").read_text()
    listed = two.run("twins", "list", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(listed.out))
    assert row["note"].startswith("'=1+1")
    assert "\x1b" not in two.run("twins").out
