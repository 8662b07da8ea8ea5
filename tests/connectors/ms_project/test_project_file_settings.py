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
from connectors.ms_project.custom_fields import FIELD_IDS
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
        ({"write": {"comment": True}}, "write"),
        ({"write": {"silent": True}}, "write"),
        ({"write": {"backups": {"keep": 0}}}, "write"),
        ({"master": "pdf"}, "master"),
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


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (
            {"fields": {"health": "Text1", "worst_finding": "text1"}},
            "health and worst_finding cannot both stand in text1",
        ),
        ({"fields": {"health": "Flag3"}}, "health: only Text, Number and Date fields are written, not Flag3"),
        ({"fields": {"health": "Number2"}}, "health: Number2 is a number field, which cannot hold it"),
        ({"fields": {"slip_wd": "date3"}}, "slip_wd: date3 is a date field, which cannot hold it"),
        ({"fields": {"forecast_finish": "Number3"}}, "forecast_finish: Number3 is a number field"),
        ({"define": {"Health": "Text1"}}, "define names Health, which `fields` does not"),
        ({"fields": {"health": "Health"}, "define": {"Health": "Text31"}}, "Text31 is none of Text1-30"),
        (
            {"fields": {"health": "Health"}, "define": {"Health": "Number1"}},
            "Number1 is a number field, which cannot hold health",
        ),
        (
            {"fields": {"health": "Text1"}, "define": {"Text1": "Text2"}},
            "Text1 is a field of Project itself and cannot become Text2",
        ),
        (
            {"fields": {"health": "A", "worst_finding": "B"}, "define": {"A": "Text1", "B": "text1"}},
            "A and B cannot both become text1",
        ),
        ({"values": {"health": {"red": "Off track"}}}, "values names fields that are not written: health"),
        (
            {"fields": {"health": "A"}, "values": {"health": {"red": "Bad", "amber": "bad"}}},
            "health has one word for two values",
        ),
        ({"fields": {"health": "Jira key"}}, "write.fields.health: Jira key is read as a key or a team"),
    ],
)
def test_fields_that_cannot_be_written_are_refused_before_anything_runs(
    write: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        ProjectFileSettings.model_validate({"name": "plans", "path": "*.xml", "write": write})
    assert message in str(caught.value)


def test_every_kind_of_field_that_can_be_written_may_be_named() -> None:
    settings = ProjectFileSettings.model_validate(
        {
            "name": "plans",
            "path": ["a.xml", "b/*.xml"],
            "write": {
                "fields": {
                    "health": "Text30",
                    "slip_wd": "Number20",
                    "forecast_finish": "Date10",
                    "open_risks": "X",
                },
                "define": {"Text30": "text30", "X": "Text1"},
            },
        }
    )
    assert settings.write_fields["forecast_finish"] == "Date10"
    assert settings.place == "a.xml, b/*.xml"
    assert settings.write is not None
    assert (settings.write.armed, settings.write.backlog, settings.write.comment_severity) == (
        False,
        "skip",
        "high",
    )
    assert (settings.write.backups.keep, settings.write.backups.folder) == (5, None)


@pytest.mark.parametrize(
    ("name", "field_id"),
    [
        # Measured on files of Project and by MPXJ: facts/msproject.md §5.1.
        ("Text1", "188743731"), ("Text2", "188743734"), ("Text5", "188743743"), ("Text6", "188743746"),
        ("Text10", "188743750"), ("Text11", "188743997"), ("Text20", "188744006"), ("Text30", "188744016"),
        ("Number1", "188743767"), ("Number5", "188743771"), ("Number6", "188743982"),
        ("Number20", "188743996"), ("Date1", "188743945"), ("Date10", "188743954"),
    ],
)  # fmt: skip
def test_the_ids_of_custom_fields_are_those_of_project(name: str, field_id: str) -> None:
    assert FIELD_IDS[name] == field_id
    assert len(FIELD_IDS) == len(set(FIELD_IDS.values())) == 60


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


def test_doctor_names_fields_that_cannot_be_written_and_where_copies_are_kept(tmp_path: Path) -> None:
    save(tmp_path)
    told = {"comments": True, "fields": {"health": "Helth", "slip_wd": "Slip"}, "define": {"Slip": "Number5"}}
    found = lines(tmp_path, write=told)
    assert found[2:] == [
        (
            "FAIL",
            (
                "plan.xml: health cannot be written: the plan has no field Helth; "
                "`write.define: {Helth: Text30}` would make it"
            ),
        ),
        ("OK", "plan.xml: Number5 becomes Slip with the first value"),
        (
            "OK",
            (
                "written are a block of text in the notes of tasks and the custom fields Helth, Slip; nobody "
                "is notified. The last 5 versions of a plan are kept in .dovetail-backups beside each plan"
            ),
        ),
    ]


def test_doctor_warns_of_a_field_that_people_call_something_else(tmp_path: Path) -> None:
    fields = [{"FieldID": 188744016, "FieldName": "Text30", "Alias": "Risk owner"}]
    (tmp_path / "plan.xml").write_text(plan([task(1)], fields=fields), encoding="utf-8")
    found = lines(tmp_path, write={"fields": {"health": "Text30"}})
    assert ("WARN", "plan.xml: health is written to Text30, which is called Risk owner there") in found
    found = lines(tmp_path, write={"fields": {"health": "risk owner"}})
    assert [message for level, message in found if level == "WARN"] == [
        "plan.xml: no calendar; working days are those of the portfolio"
    ]


def test_doctor_says_that_a_plan_is_open(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "~$plan.xml").write_bytes(b"")
    assert ("WARN", "plan.xml: somebody has the plan open; it is written when it is closed") in lines(
        tmp_path, write={"comments": True}
    )


# Capabilities


def test_what_a_plan_can_hold_follows_the_configuration(tmp_path: Path) -> None:
    silent = build.connector(tmp_path).capabilities
    assert (silent.comment, silent.fields, silent.compare_and_set) == ("none", frozenset(), "none")
    assert silent.next_best_place
    told = {"comments": True, "fields": {"health": "Text30"}}
    able = build.connector(tmp_path, write=told).capabilities
    assert (able.comment, able.fields) == ("reference line", frozenset({"health"}))
    assert (able.compare_and_set, able.next_best_place) == ("read before write", "")
    assert not able.new_comment_mails_watchers
    half = build.connector(tmp_path, write={"comments": True}).capabilities
    assert half.next_best_place


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
