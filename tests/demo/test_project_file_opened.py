"""A plan that is saved again keeps what others wrote into its file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from commands.demo_plans import PlansReader
from simulators.portfolio import build
from simulators.project_files import save
from simulators.project_opened import keep_what_is_there
from simulators.project_plan import ProjectFile

DEFINED = "<ExtendedAttribute><FieldID>188744014</FieldID><FieldName>Text28</FieldName><Alias>Health &amp; co</Alias></ExtendedAttribute>"  # noqa: E501 - one element
VALUE = "<ExtendedAttribute><FieldID>188744014</FieldID><Value>red &lt;now&gt;</Value></ExtendedAttribute>"


@pytest.fixture
def plan() -> ProjectFile:
    return build(date(2026, 11, 24)).plans["store-rollout.xml"]


def written_into(path: Path) -> None:
    """Somebody adds a field and a note to the row of the terminal replacement."""
    text = path.read_text()
    text = text.replace("</ExtendedAttributes>", f"{DEFINED}</ExtendedAttributes>", 1)
    before, after = text.split("<Value>511</Value></ExtendedAttribute>")
    start = before.rindex("<Task>")
    row = before[start:].replace("<HideBar>", "<Notes>Look &amp; see</Notes><HideBar>", 1)
    path.write_text(f"{before[:start]}{row}<Value>511</Value></ExtendedAttribute>{VALUE}{after}")


def test_custom_fields_and_notes_of_others_are_kept(plan: ProjectFile, tmp_path: Path) -> None:
    path = tmp_path / "store-rollout.xml"
    save(plan, path)
    written_into(path)
    again = build(date(2026, 11, 24)).plans["store-rollout.xml"]
    keep_what_is_there(again, path)
    assert again.task("Terminal replacement").notes == "Look & see"
    save(again, path)
    fields = PlansReader(tmp_path).fields("store-rollout.xml", "Terminal replacement")
    assert fields == {"Tracker Key": "511", "Health & co": "red <now>"}
    assert path.read_text().count("<Alias>Tracker Key</Alias>") == 1


def test_a_plan_without_a_file_has_nothing_to_keep(plan: ProjectFile, tmp_path: Path) -> None:
    keep_what_is_there(plan, tmp_path / "none.xml")
    assert plan.kept == []
    assert not any(task.kept for task in plan.tasks)


def test_digests_tell_whether_a_file_is_the_same_byte_for_byte(plan: ProjectFile, tmp_path: Path) -> None:
    save(plan, tmp_path / "a.xml")
    before = PlansReader(tmp_path).digests()
    save(plan, tmp_path / "a.xml")
    assert PlansReader(tmp_path).digests() == before
    written_into(tmp_path / "a.xml")
    assert PlansReader(tmp_path).digests() != before
