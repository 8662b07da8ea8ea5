"""Settings, capabilities, doctor's lines, and the writing that does not take place."""

from __future__ import annotations

import os
from pathlib import Path

import plan_builder as build
import pytest
from plan_builder import plan, task
from pydantic import ValidationError

from connectors.base import Connector
from connectors.ms_project import ProjectFileSettings
from connectors.ms_project import build as build_connector
from portfolio.intents import COMMENT, FIELD_NAMES, Intent, Refused, Slots

NOON = build.NOON.timestamp()


def save(folder: Path, name: str = "plan.xml", *, days_old: float = 2, **header: object) -> Path:
    path = folder / name
    path.write_text(plan([task(1), task(2)], **header), encoding="utf-8")
    os.utime(path, (NOON - days_old * 86400, NOON - days_old * 86400))
    return path


# Settings


def test_the_shortest_entry_is_enough() -> None:
    settings = ProjectFileSettings.model_validate(
        {"name": "plans", "kind": "project_file", "path": "plans/*.xml"}
    )
    assert settings.path == ("plans/*.xml",)
    assert settings.fields.twin_key == ("Jira Key", "Tracker Key", "Issue Key")
    assert settings.max_file_mb == 100


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({"write": {"comments": True}}, "write"),
        ({"path": []}, "path"),
        ({"path": "  "}, "path"),
        ({"max_file_mb": 0}, "max_file_mb"),
        ({"max_file_mb": "unlimited"}, "max_file_mb"),
        ({"auth": {"method": "pat"}}, "auth"),
        ({"fields": {"start": "Target start"}}, "fields"),
        ({"kind": "jira"}, "kind"),
        ({"url": "https://demo.example"}, "url"),
    ],
)
def test_what_makes_no_sense_for_a_file_is_refused_by_name(entry: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ProjectFileSettings.model_validate({"name": "plans", "path": "*.xml", **entry})
    assert {str(problem["loc"][0]) for problem in caught.value.errors()} == {where}


def test_no_credential_is_needed_and_none_may_be_named(tmp_path: Path) -> None:
    settings = ProjectFileSettings.model_validate(
        {"name": "plans", "path": ["a.xml", "b/*.xml"], "auth": {"method": "none"}}
    )
    assert isinstance(build_connector(settings, build.context(tmp_path)), Connector)


def test_another_meaning_of_a_field_or_another_zone_is_another_mapping(tmp_path: Path) -> None:
    settings = ProjectFileSettings(name="plans", path=("*.xml",))
    other = ProjectFileSettings.model_validate(
        {"name": "plans", "path": "*.xml", "fields": {"twin_key": "Text5"}}
    )
    elsewhere = ProjectFileSettings.model_validate({"name": "plans", "path": "more/*.xml", "max_file_mb": 5})
    zurich, tokyo = build.context(tmp_path), build.context(tmp_path, timezone="Asia/Tokyo")
    versions = [
        build_connector(told, world).mapping_version
        for told, world in ((settings, zurich), (other, zurich), (settings, tokyo), (elsewhere, zurich))
    ]
    assert len(set(versions[:3])) == 3
    assert versions[3] == versions[0]


# Doctor


def lines(folder: Path, **settings: object) -> list[tuple[str, str]]:
    return [(one.level, one.message) for one in build.connector(folder, **settings).diagnose()]


def test_doctor_shows_what_it_found_in_each_file(tmp_path: Path) -> None:
    save(tmp_path)
    assert lines(tmp_path) == [
        ("OK", "plan.xml: 2 tasks, 0 links, 0.0 MB, no calendar of its own, saved 2 days ago"),
        ("WARN", "plan.xml: no calendar; working days are those of the portfolio"),
        ("OK", "plans are read only: nobody is notified"),
    ]


def test_doctor_warns_of_an_old_export(tmp_path: Path) -> None:
    save(tmp_path, "edge.xml", days_old=35)
    save(tmp_path, "old.xml", days_old=36)
    found = {message.split(":")[0]: level for level, message in lines(tmp_path) if "saved" in message}
    assert found == {"edge.xml": "OK", "old.xml": "WARN"}


def test_doctor_names_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text("<Project", encoding="utf-8")
    save(tmp_path, "odd.xml", MinutesPerDay="eight")
    found = lines(tmp_path)
    assert ("FAIL", "bad.xml: is not XML.") not in found
    assert [message for level, message in found if level == "FAIL"] == [
        "bad.xml: is cut off or is not well-formed XML (line 1, column 9)."
    ]
    assert (
        "WARN",
        '1 values could not be read, the first: odd.xml: MinutesPerDay: "eight" cannot be read; taken as 480',
    ) in found


def test_doctor_says_when_there_is_nothing(tmp_path: Path) -> None:
    assert lines(tmp_path)[0] == ("FAIL", "no file matches *.xml")
    assert lines(tmp_path, path="no/such/*.xml")[0] == (
        "FAIL",
        "no/such/*.xml: its folder does not exist or cannot be reached",
    )


def test_doctor_survives_a_defect_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("connectors.ms_project.client.PlanFolder.find", fails)
    assert lines(tmp_path) == [("FAIL", "the check itself failed: RuntimeError")]


# Writing


def intent(slot: str) -> Intent:
    return Intent(
        intent_id=f"i-{slot}",
        source="plans",
        item_id="plans/plan.xml:1",
        native_id="plan.xml:1",
        key="plan#1",
        slot=slot,
        wanted="amber",
    )


def test_every_intent_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = save(tmp_path)
    before = path.read_bytes()
    one = build.connector(tmp_path)
    intents = [intent(slot) for slot in (COMMENT, *FIELD_NAMES)]
    for receipts in (list(one.push(intents)), list(one.verify(intents))):
        assert [receipt.intent_id for receipt in receipts] == [told.intent_id for told in intents]
        assert all(isinstance(receipt, Refused) and "read only" in receipt.reason for receipt in receipts)
    assert one.cost(intents).requests == 0
    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [path]


def test_look_tells_what_exists_and_that_nothing_can_be_written(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "bad.xml").write_text("<Project", encoding="utf-8")
    targets = ["plans/plan.xml:2", "plans/plan.xml:9", "plans/other.xml:1", "plans/bad.xml:1"]
    found = list(build.connector(tmp_path).look(targets))
    assert [(slots.item_id, slots.exists, slots.gone_because) for slots in found] == [
        ("plans/plan.xml:2", True, None),
        ("plans/plan.xml:9", False, "no longer in the plan plan.xml"),
        ("plans/other.xml:1", False, "the plan's file other.xml is gone"),
        ("plans/bad.xml:1", True, None),  # it cannot be told, so it is not called gone
    ]
    first: Slots = found[0]
    assert set(first.unwritable) == {COMMENT, *FIELD_NAMES}
    assert first.comment is None
    assert first.fields == {}
