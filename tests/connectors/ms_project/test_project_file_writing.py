"""Writing into a plan in place: which bytes change, where new elements stand, and what is never touched."""

from __future__ import annotations

import codecs
from pathlib import Path

import plan_builder as build
import plan_intents
import pytest
from plan_builder import plan, task
from plan_intents import DEFINITIONS, FIELDS, NOTE, PRETTY, connector, everything, intent, kinds, look

from connectors.ms_project import living_note
from connectors.ms_project.edits import Edits
from portfolio.intents import COMMENT, Applied, Conflict, Gone, Refused, Unchanged

BLOCK = living_note.block_text("1", NOTE.digest(), plan_intents.NOTE_LINES)
BLOCK_IN_XML = BLOCK.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

TWO = {"health": "Portfolio health", "slip_wd": "Slip"}
BOTH = {"comments": True, "fields": TWO}


def save(folder: Path, text: str, name: str = "plan.xml", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def push(folder: Path, *intents: object, write: object = None, **settings: object) -> list[object]:
    return list(connector(folder, write or BOTH, **settings).push(list(intents)))  # type: ignore[arg-type]


def test_each_value_stands_where_project_would_write_it(tmp_path: Path) -> None:
    path = save(tmp_path, PRETTY)
    found = push(tmp_path, intent(COMMENT, NOTE), intent("health", "amber"), intent("slip_wd", 4, before=0))
    assert kinds(found) == {"Applied"}
    expected = PRETTY.replace(
        "\t\t\t<HideBar>0</HideBar>\n",
        f"\t\t\t<Notes>{BLOCK_IN_XML}</Notes>\n\t\t\t<HideBar>0</HideBar>\n",
    ).replace(
        "\t\t\t<Baseline>\n",
        "\t\t\t<ExtendedAttribute>\n\t\t\t\t<FieldID>188744016</FieldID>\n\t\t\t\t<Value>amber</Value>\n"
        "\t\t\t</ExtendedAttribute>\n"
        "\t\t\t<ExtendedAttribute>\n\t\t\t\t<FieldID>188743767</FieldID>\n\t\t\t\t<Value>4</Value>\n"
        "\t\t\t</ExtendedAttribute>\n\t\t\t<Baseline>\n",
    )
    assert path.read_text(encoding="utf-8") == expected


def test_line_ends_and_the_byte_order_mark_of_the_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "plan.xml"
    path.write_bytes(codecs.BOM_UTF8 + PRETTY.replace("\n", "\r\n").encode())
    assert kinds(push(tmp_path, intent(COMMENT, NOTE), intent("health", "amber"))) == {"Applied"}
    written = path.read_bytes()
    assert written.startswith(codecs.BOM_UTF8 + b"<?xml")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert b"<Value>amber</Value>\r\n\t\t\t</ExtendedAttribute>\r\n\t\t\t<Baseline>" in written


def test_a_file_that_is_one_line_stays_one_line_but_for_the_notes(tmp_path: Path) -> None:
    text = plan([task(1)], fields=DEFINITIONS).replace("\n", "")
    path = save(tmp_path, text)
    assert kinds(push(tmp_path, intent("health", "amber"))) == {"Applied"}
    added = "<ExtendedAttribute><FieldID>188744016</FieldID><Value>amber</Value></ExtendedAttribute>"
    assert path.read_text(encoding="utf-8") == text.replace("</Task>", f"{added}</Task>")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252"])
def test_other_encodings_are_kept_and_what_they_lack_becomes_a_reference(
    tmp_path: Path, encoding: str
) -> None:
    declared = "UTF-16" if encoding.startswith("utf-16") else encoding
    text = PRETTY.replace("UTF-8", declared).replace("Build", "Bäu für 5 §")
    path = save(tmp_path, text, encoding=encoding)
    told = plan_intents.note("Grüße → 日本 & <Ende>")
    assert kinds(push(tmp_path, intent(COMMENT, told), intent("health", "amber"))) == {"Applied"}
    written = path.read_bytes()
    shown = written.decode(encoding)
    assert ("&#26085;&#26412;" in shown) == (not encoding.startswith("utf-16"))
    assert "Bäu für 5 §" in shown
    (found,) = look(connector(tmp_path, BOTH), 1)
    assert found.comment is not None
    assert found.comment.body == "Grüße → 日本 & <Ende>"
    assert not found.comment.is_edited
    other = connector(tmp_path, BOTH)
    gone = [intent(COMMENT, None, before=told.digest()), intent("health", None, before="amber")]
    assert kinds(other.push(gone)) == {"Applied"}
    assert path.read_bytes() == text.encode(encoding)


def test_a_prefixed_namespace_gets_prefixed_elements(tmp_path: Path) -> None:
    text = plan([task(1)], fields=DEFINITIONS[:1])
    for name in ("Project", "ExtendedAttributes", "ExtendedAttribute", "Tasks", "Task", "UID", "FieldID"):
        text = text.replace(f"<{name}>", f"<p:{name}>").replace(f"</{name}>", f"</p:{name}>")
    text = text.replace("<Project xmlns=", "<p:Project xmlns:p=").replace("<Alias>", "<p:Alias>")
    text = text.replace("</Alias>", "</p:Alias>")
    path = save(tmp_path, text)
    told = {"comments": True, "fields": {"health": "Portfolio health"}}
    assert kinds(push(tmp_path, intent(COMMENT, NOTE), intent("health", "amber"), write=told)) == {"Applied"}
    written = path.read_text(encoding="utf-8")
    assert "<p:Value>amber</p:Value>" in written
    assert "<p:Notes>=== Dovetail" in written


def test_a_value_is_replaced_and_taken_out_again(tmp_path: Path) -> None:
    path = save(tmp_path, PRETTY)
    push(tmp_path, intent("health", "amber"))
    assert kinds(push(tmp_path, intent("health", "red", before="amber"))) == {"Applied"}
    assert path.read_text(encoding="utf-8").count("<Value>red</Value>") == 1
    assert kinds(push(tmp_path, intent("health", None, before="red"))) == {"Applied"}
    assert path.read_text(encoding="utf-8") == PRETTY


def test_an_empty_value_and_one_without_a_value_are_filled(tmp_path: Path) -> None:
    empty = [
        task(1, ExtendedAttribute={"FieldID": 188744016, "Value": ""}),
        task(2, ExtendedAttribute={"FieldID": 188744016}),
    ]
    text = plan(empty, fields=DEFINITIONS).replace("<Value></Value>", "<Value/>", 1)
    path = save(tmp_path, text)
    assert look(connector(tmp_path, BOTH), 1)[0].fields["health"] is None
    found = push(tmp_path, intent("health", "amber"), intent("health", "red", uid=2))
    assert kinds(found) == {"Applied"}
    shown = path.read_text(encoding="utf-8")
    assert "<FieldID>188744016</FieldID><Value>amber</Value></ExtendedAttribute>" in shown
    assert "<FieldID>188744016</FieldID><Value>red</Value></ExtendedAttribute>" in shown


def test_number_zero_is_what_project_does_not_write(tmp_path: Path) -> None:
    path = save(tmp_path, PRETTY)
    assert look(connector(tmp_path, BOTH), 1)[0].fields == {"health": None, "slip_wd": 0}
    assert kinds(push(tmp_path, intent("slip_wd", 0, before=0))) == {"Unchanged"}
    push(tmp_path, intent("slip_wd", -3, before=0))
    assert "<Value>-3</Value>" in path.read_text(encoding="utf-8")
    assert kinds(push(tmp_path, intent("slip_wd", 0, before=-3))) == {"Applied"}
    assert path.read_text(encoding="utf-8") == PRETTY


def test_dates_end_the_day_of_the_plan_and_texts_hold_everything(tmp_path: Path) -> None:
    told = {"fields": {**FIELDS, "open_findings": "Text5"}, "define": {"Text5": "Text5"}}
    path = save(tmp_path, plan([task(1)], fields=DEFINITIONS, DefaultFinishTime="18:30:00"))
    found = push(
        tmp_path,
        intent("forecast_finish", "2027-03-19"),
        intent("open_findings", 3),
        intent("percent_complete", 40, before=0),
        write=told,
    )
    assert kinds(found) == {"Applied"}
    shown = path.read_text(encoding="utf-8")
    for value in ("2027-03-19T18:30:00", "3", "40"):
        assert f"<Value>{value}</Value>" in shown
    (now,) = look(connector(tmp_path, told), 1)
    assert (now.fields["forecast_finish"], now.fields["open_findings"]) == ("2027-03-19", 3)


def test_words_of_the_configuration_stand_in_the_plan(tmp_path: Path) -> None:
    told = {"fields": {"health": "Portfolio health"}, "values": {"health": {"amber": "At risk"}}}
    path = save(tmp_path, PRETTY)
    assert kinds(push(tmp_path, intent("health", "amber"), write=told)) == {"Applied"}
    assert "<Value>At risk</Value>" in path.read_text(encoding="utf-8")
    assert look(connector(tmp_path, told), 1)[0].fields == {"health": "amber"}


def test_trap_only_custom_fields_and_notes_are_touched_never_dates_work_or_progress(tmp_path: Path) -> None:
    path = save(tmp_path, plan([task(1), task(2)], fields=DEFINITIONS))
    before = build.read(path)
    one = connector(tmp_path)
    assert kinds(one.push(everything(look(one, 1, 2)))) == {"Applied"}
    after = build.read(path)
    assert after == before  # dates, work, progress, links, owners, calendars: every record of the plan


def test_trap_all_intents_of_a_file_are_one_rewrite_with_a_receipt_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.ms_project import replacement

    calls: list[Path] = []
    replace = replacement.replace
    monkeypatch.setattr(
        replacement,
        "replace",
        lambda path, new, **how: (calls.append(path), replace(path, new, **how)),
    )
    save(tmp_path, plan([task(1), task(2)], fields=DEFINITIONS))
    save(tmp_path, plan([task(1)], fields=DEFINITIONS), "other.xml")
    one = connector(tmp_path)
    intents = everything([*look(one, 1, 2), *look(one, 1, name="other.xml")])
    receipts = list(one.push(intents))
    assert [path.name for path in calls] == ["plan.xml", "other.xml"]
    assert sorted(receipt.intent_id for receipt in receipts) == sorted(told.intent_id for told in intents)
    assert one.cost(intents).requests == 2


def test_trap_the_project_summary_blank_rows_and_missing_rows_are_no_targets(tmp_path: Path) -> None:
    text = plan([task(0, OutlineLevel=0), task(1), task(2, IsNull=1)], fields=DEFINITIONS)
    path = save(tmp_path, text)
    found = push(tmp_path, *(intent("health", "red", uid=uid) for uid in (0, 2, 9)))
    assert kinds(found) == {"Gone"}
    assert path.read_text(encoding="utf-8") == text
    lost = push(tmp_path, intent("health", "red", name="other.xml"))
    assert lost == [Gone(intent_id="plans/other.xml:1:health", reason="the plan's file other.xml is gone")]


def test_two_rows_of_one_uid_are_not_written_to(tmp_path: Path) -> None:
    text = plan([task(1), task(1), task(3)], fields=DEFINITIONS)
    path = save(tmp_path, text)
    found = push(tmp_path, intent("health", "red"))
    assert found == [
        Refused(intent_id="plans/plan.xml:1:health", reason="two rows of the plan have the UID 1")
    ]
    assert path.read_text(encoding="utf-8") == text


def test_what_a_person_changed_since_the_look_is_a_conflict_and_the_rest_is_written(tmp_path: Path) -> None:
    save(tmp_path, PRETTY)
    one = connector(tmp_path, BOTH)
    one.push([])
    path = save(tmp_path, PRETTY.replace("\t\t\t<Baseline>", (
        "\t\t\t<ExtendedAttribute><FieldID>188744016</FieldID><Value>green</Value></ExtendedAttribute>\n"
        "\t\t\t<Baseline>"
    )))  # fmt: skip
    found = list(one.push([intent("health", "amber"), intent("slip_wd", 4, before=0)]))
    assert Conflict(intent_id="plans/plan.xml:1:health", now="green") in found
    assert [type(receipt) for receipt in found].count(Applied) == 1
    assert "<Value>green</Value>" in path.read_text(encoding="utf-8")


def test_pushing_from_another_process_finds_its_own_work(tmp_path: Path) -> None:
    path = save(tmp_path, PRETTY)
    intents = [intent(COMMENT, NOTE), intent("health", "amber"), intent("slip_wd", 4, before=0)]
    push(tmp_path, *intents)
    written = path.read_bytes()
    found = push(tmp_path, *intents)
    assert all(isinstance(receipt, Unchanged) for receipt in found)
    assert path.read_bytes() == written


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<Start>2026-11-02T08:00:00", "<Start>2026-11-03T08:00:00"),
        ("<UID>2</UID>", "<UID>3</UID>"),
        ("Call the lab", "Call the bar"),
        ("<MinutesPerDay>480", "<MinutesPerDay>420"),
        ("<Value>amber</Value>", "<Value>green</Value>"),
        ("</Project>", ""),
    ],
)
def test_trap_a_rewrite_that_would_change_anything_else_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str
) -> None:
    text = plan([task(1, Notes="Call the lab"), task(2)], fields=DEFINITIONS)
    path = save(tmp_path, text)
    result = Edits.result

    def damaged(self: Edits) -> bytes:
        whole = result(self).decode()
        assert was in whole
        return whole.replace(was, becomes).encode()

    monkeypatch.setattr(Edits, "result", damaged)
    found = push(tmp_path, intent(COMMENT, NOTE), intent("health", "amber"))
    assert found == [
        Refused(
            intent_id=f"plans/plan.xml:1:{slot}",
            reason="plan.xml would not read the same afterwards, so it is left as it is",
        )
        for slot in (COMMENT, "health")
    ]
    assert path.read_text(encoding="utf-8") == text
    assert [one.name for one in tmp_path.iterdir()] == ["plan.xml"]


def test_trap_a_plan_that_project_saved_again_still_shows_what_was_written(tmp_path: Path) -> None:
    told = {"comments": True, "fields": {**TWO, "open_risks": "Risks"}, "define": {"Risks": "Number5"}}
    path = save(tmp_path, PRETTY)
    intents = [
        intent(COMMENT, NOTE),
        intent("health", "amber"),
        intent("slip_wd", 4, before=0),
        intent("open_risks", 2, before=0),
    ]
    assert kinds(push(tmp_path, *intents, write=told)) == {"Applied"}
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition("<Notes>")
    notes, _, tail = rest.partition("</Notes>")
    # Further elements in the definitions, line ends of Windows, spaces, and notes as CDATA.
    head = head.replace("<Alias>", "<Guid>000039B7-8BBE-4CEB-82C4-FA8C0B400150</Guid>\n\t\t\t<Alias>")
    notes = notes.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("test -", "test  -")
    saved = f"{head}<Notes><![CDATA[{notes}\n]]></Notes>{tail}".replace("\n", "\r\n")
    path.write_bytes(saved.encode())
    (slots,) = look(connector(tmp_path, told), 1)
    assert slots.fields == {"health": "amber", "slip_wd": 4, "open_risks": 2}
    assert slots.comment is not None
    assert (slots.comment.digest, slots.comment.is_edited) == (NOTE.digest(), False)
    assert kinds(push(tmp_path, *intents, write=told)) == {"Unchanged"}
    assert path.read_bytes() == saved.encode()
