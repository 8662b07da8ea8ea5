"""`dovetail db erase-person`: shown first, done with --yes, complete, and nobody comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_world import CONFIG, TODAY, Folder

from store import open_store

ALIASES = 'people:\n  aliases:\n    pia@moves.example: ["plans:office.xml:1", "p.old@moves.example"]\n'
TWINS = """\
# Decided by Pia Porter.
confirmed:
  - {pair: ["plans:office#3", "other:office#4"], by: Pia Porter, note: "asked Pia Porter"}
"""


def stored(folder: Folder) -> bytes:
    return b"".join(one.read_bytes() for one in folder.path.glob("dovetail.db*"))


def rows(folder: Folder, *arguments: str) -> dict[str, tuple[int, str]]:
    answer = folder.run("db", "erase-person", *arguments, "--format", "json")
    assert answer.code == 0, answer.err
    return {
        Path(one["place"]).name if "/" in one["place"] else one["place"]: (one["count"], one["what"])
        for one in json.loads(answer.out)
    }


@pytest.fixture
def people(folder: Folder) -> Folder:
    folder.configure(CONFIG + ALIASES)
    folder.add_plan(tasks={3: "Ask Pia Porter for the keys"})
    folder.add_plan("plans/other.xml")
    for plan in (folder.path / "plans").iterdir():
        text = plan.read_text(encoding="utf-8")
        resource = (
            "<Resources><Resource><UID>1</UID><ID>1</ID><Name>Pia Porter</Name><Type>1</Type>"
            "<EmailAddress>pia@moves.example</EmailAddress></Resource></Resources>"
            "<Assignments><Assignment><UID>1</UID><TaskUID>3</TaskUID><ResourceUID>1</ResourceUID></Assignment>"
            "</Assignments>"
        )
        plan.write_text(text.replace("</Project>", f"{resource}</Project>"), encoding="utf-8")
    assert folder.run("sync", *TODAY).code == 0
    return folder


def test_it_is_shown_first_and_nothing_is_changed(people: Folder) -> None:
    before = stored(people)
    found = rows(people, "Pia Porter")
    assert found["tracker_identity"] == (2, "would be erased")
    assert found["tracker_item"][0] >= 2
    assert found["dovetail.yaml, line 8"] == (1, "to be changed by hand")
    assert stored(people) == before
    assert "With --yes" in people.run("db", "erase-person", "pia@moves.example").err


@pytest.mark.parametrize(
    "who", ["Pia Porter", "PIA@moves.example", "plans:office.xml:1", "p.old@moves.example"]
)
def test_with_yes_nothing_of_the_person_is_left_whatever_was_given(people: Folder, who: str) -> None:
    counts = people.run("db", "status", "--format", "json").out
    assert b"Pia Porter" in stored(people)
    assert rows(people, who, "--yes")["tracker_identity"] == (2, "erased")
    assert b"Pia Porter" not in stored(people)
    assert b"pia@moves.example" not in stored(people)
    assert people.run("db", "status", "--format", "json").out == counts
    left = rows(people, who, "--yes")
    assert [one for one in left if "dovetail.yaml" not in one] == []


def test_the_next_run_does_not_bring_the_person_back(people: Folder) -> None:
    people.run("db", "erase-person", "Pia Porter", "--yes")
    assert people.run("sync", "--full", *TODAY).code == 0
    assert b"Pia Porter" not in stored(people)
    owners = {
        json.loads(line)["owner"]
        for line in people.run("export", "item").out.splitlines()
        if json.loads(line)["key"] == "office#3"
    }
    assert [one[:14] for one in owners] == ["erased person "]


def test_the_file_of_twins_loses_the_name_and_keeps_its_decisions(people: Folder) -> None:
    twins = people.path / "twins.yaml"
    twins.write_text(TWINS.replace("other:", "plans:").replace("office#4", "other#3"), encoding="utf-8")
    twins.chmod(0o640)
    assert rows(people, "Pia Porter", "--yes")["twins.yaml"] == (3, "erased")
    text = twins.read_text(encoding="utf-8")
    assert "Pia" not in text
    assert '["plans:office#3", "plans:other#3"]' in text
    assert twins.stat().st_mode & 0o777 == 0o640
    assert people.run("twins", "list").code == 0


def test_two_people_of_one_name_are_not_taken_for_one(people: Folder) -> None:
    plan = people.path / "plans" / "other.xml"
    text = plan.read_text(encoding="utf-8").replace("pia@moves.example", "pia.two@moves.example")
    plan.write_text(text, encoding="utf-8")
    people.run("sync", *TODAY)
    answer = people.run("db", "erase-person", "Pia Porter", "--yes")
    assert answer.code == 2
    assert "plans:office.xml:1" in answer.err
    assert b"Pia Porter" in stored(people)
    answer = people.run("db", "erase-person", "pia@moves.example", "--yes")
    assert answer.code == 0
    # The other one keeps the name, and so do texts, which could mean either.
    assert "1 other account of the same name" in answer.err
    with open_store(f"sqlite:///{people.path / 'dovetail.db'}") as store:
        names = store.read("tracker_identity", ("name",))["name"]
    assert sorted(one[:13] for one in names) == ["Pia Porter", "erased person"]


def test_a_word_that_could_mean_anybody_is_refused_and_an_unknown_name_finds_nothing(people: Folder) -> None:
    assert people.run("db", "erase-person", "Pia", "--yes").code == 2
    assert rows(people, "Nobody Knows", "--yes") == {}


def test_another_run_is_not_disturbed(people: Folder) -> None:
    with open_store(f"sqlite:///{people.path / 'dovetail.db'}") as store, store.lock():
        assert people.run("db", "erase-person", "Pia Porter", "--yes").code == 6
