"""The calendar: what stands in it, ids that stay, bytes that stay, and text that does nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject
from report_rows import HOSTILE, row
from report_world import Run

from portfolio.agenda import Committee, Freeze
from reports.calendar_entries import agenda_entries, milestone_entries
from reports.calendar_feed import Feed, calendar_feed

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
NAMES = {"checkout": "Checkout", "store": "Store 2.0"}


def milestone(number: int = 1, **values: Any) -> dict[str, Any]:
    given = {
        "item_id": f"shop/{number}", "key": f"CHK-{number}", "kind": "milestone", "is_milestone": True,
        "title": "Pilot shops live", "project": "checkout", "state": "todo", "is_committed": True,
        "effective_due": date(2026, 12, 18), "commitment": date(2026, 12, 11), "slip_wd": 5,
        "health": "amber",
    }  # fmt: skip
    return row("item", **{**given, **values})


def feed(*rows: dict[str, Any], at: datetime = MONDAY, before: bytes | None = None, **more: Any) -> Feed:
    entries, _ = milestone_entries(rows, names=NAMES, **more)
    return calendar_feed(entries, name="Retail", as_of=at, before=before)


def events(content: bytes) -> list[Any]:
    return icalendar.Calendar.from_ical(content).walk("VEVENT")


def test_a_milestone_is_a_whole_day_with_its_dates_and_no_ages() -> None:
    (event,) = events(feed(milestone(p50=date(2026, 12, 21))).content)
    assert event["SUMMARY"] == "Pilot shops live (Checkout)"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 12, 18), date(2026, 12, 19))
    assert event["DESCRIPTION"].split("\n") == [
        "Key: CHK-1", "Project: Checkout", "Owner: unknown", "Committed for: 11 Dec 2026",
        "Now due: 18 Dec 2026", "Forecast P50: 21 Dec 2026", "Slip in working days: 5", "Health: amber",
    ]  # fmt: skip
    assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")


def test_what_is_done_stands_on_the_day_it_was_done_and_what_nobody_promised_is_tentative() -> None:
    content = feed(
        milestone(1, is_done=True, actual_finish=date(2026, 12, 4)),
        milestone(2, is_committed=False, commitment=None),
    ).content
    done, open_ = events(content)
    assert (done["SUMMARY"], done["DTSTART"].dt) == ("Done: Pilot shops live (Checkout)", date(2026, 12, 4))
    assert (open_["STATUS"], "Committed for: never" in open_["DESCRIPTION"]) == ("TENTATIVE", True)


def test_unknown_health_is_never_green() -> None:
    for health in ("grey", None):
        (event,) = events(feed(milestone(health=health)).content)
        assert event["DESCRIPTION"].endswith("Health: unknown")


def test_removed_and_ordinary_work_is_left_out_and_undated_milestones_are_counted() -> None:
    rows = [
        milestone(1, is_removed=True, state="removed"),
        milestone(2, kind="task", is_milestone=False),
        milestone(3, effective_due=None),
        milestone(4, kind="gate", is_milestone=False),
    ]
    entries, undated = milestone_entries(rows, names=NAMES)
    assert ([one.category for one in entries], undated) == (["Gate"], 1)


def test_a_milestone_in_two_trackers_is_one_entry_while_they_agree() -> None:
    pair = [row("twin", a_id="shop/1", b_id="shop/2", is_confirmed=True)]
    same = feed(milestone(1), milestone(2), twins=pair)
    apart = feed(milestone(1), milestone(2, effective_due=date(2026, 12, 21)), twins=pair)
    supposed = feed(milestone(1), milestone(2), twins=[{**pair[0], "is_confirmed": False}])
    assert [one.entries for one in (same, apart, supposed)] == [1, 2, 2]


def test_an_unchanged_calendar_is_the_same_byte_for_byte_whenever_it_is_written() -> None:
    first = feed(milestone(1), milestone(2))
    again = feed(milestone(2), milestone(1), at=TUESDAY, before=first.content)
    assert again.content == first.content
    assert (again.added, again.changed, again.removed) == (0, 0, 0)


def test_a_change_keeps_the_id_and_raises_the_stamps_of_that_entry_only() -> None:
    first = feed(milestone(1), milestone(2))
    moved = milestone(1, title="Pilot in two shops", effective_due=date(2027, 1, 8))
    second = feed(moved, milestone(2), at=TUESDAY, before=first.content)
    old, new = ({str(one["UID"]): one for one in events(each.content)} for each in (first, second))
    assert old.keys() == new.keys()
    (uid,) = [uid for uid in new if new[uid]["SUMMARY"].startswith("Pilot in two")]
    (other,) = [one for one in new if one != uid]
    assert new[uid]["SEQUENCE"] == old[uid]["SEQUENCE"] + 24 * 60
    assert new[uid]["LAST-MODIFIED"].dt == new[uid]["DTSTAMP"].dt == TUESDAY
    assert new[other].to_ical() == old[other].to_ical()
    assert (second.added, second.changed, second.removed) == (0, 1, 0)


def test_the_sequence_grows_even_where_no_run_lies_between_and_where_the_file_was_lost() -> None:
    first = feed(milestone(1))
    (before,) = events(first.content)
    (same_minute,) = events(feed(milestone(1, title="x"), before=first.content).content)
    (lost,) = events(feed(milestone(1, title="x"), at=TUESDAY).content)
    assert same_minute["SEQUENCE"] == before["SEQUENCE"] + 1
    assert lost["SEQUENCE"] > before["SEQUENCE"]


def test_what_is_gone_is_taken_out_and_said() -> None:
    first = feed(milestone(1), milestone(2))
    second = feed(milestone(1), before=first.content)
    assert (second.entries, second.removed) == (1, 1)


@pytest.mark.parametrize(
    "before", [b"", b"\xff\x00", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\n", b"<html>"]
)
def test_a_file_before_that_is_no_calendar_counts_as_none(before: bytes) -> None:
    assert feed(milestone(), before=before).added == 1


def test_committees_and_freezes_stand_in_it_and_a_freeze_that_moves_keeps_its_id() -> None:
    committee = Committee(name="Steering committee", first=date(2026, 11, 5), every_weeks=4, project="store")
    freeze = Freeze(name="Year end", first=date(2026, 12, 18), last=date(2027, 1, 4))
    moved = Freeze(name="Year end", first=date(2026, 12, 19), last=date(2027, 1, 4))
    entries, others = (
        list(agenda_entries([committee], [one], today=date(2026, 11, 23), names=NAMES))
        for one in (freeze, moved)
    )
    assert (entries[0].title, entries[0].first) == ("Steering committee (Store 2.0)", date(2026, 11, 5))
    assert len(entries) == 17  # sixteen meetings from 5 November 2026 to 30 December 2027, and the freeze
    assert (entries[-1].uid, entries[-1].first) == (others[-1].uid, date(2026, 12, 18))
    (event,) = events(calendar_feed(entries[-1:], name="Retail", as_of=MONDAY).content)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 12, 18), date(2027, 1, 5))


def test_hostile_text_is_text_in_short_lines_and_two_parsers_agree_about_it() -> None:
    rows = [
        milestone(n, title=text, owner=text, health_reason=text, url=text) for n, text in enumerate(HOSTILE)
    ]
    content = feed(*rows, milestone(99, title="", url="https://shop.example/browse/CHK-1?a=1,2;3")).content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    found = events(content)
    assert len(found) == len(rows) + 1
    again = {one.uid.value: one for one in vobject.readOne(content.decode()).vevent_list}
    for event in found:
        assert set(event) <= {
            "UID", "SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "SEQUENCE", "CATEGORIES", "DESCRIPTION",
            "LAST-MODIFIED", "STATUS", "TRANSP", "URL",
        }  # fmt: skip
        assert len(event["SUMMARY"]) <= 200
        assert not any(one in event["SUMMARY"] for one in "\n\x00\x1b\u202e\u2066\u200b\ufffe")
        assert again[str(event["UID"])].summary.value == event["SUMMARY"]
        assert again[str(event["UID"])].description.value == event["DESCRIPTION"]
    addresses = [str(event["URL"]) for event in found if "URL" in event]
    assert addresses == ["https://shop.example/browse/CHK-1?a=1,2;3"]
    assert "CHK-99 (Checkout)" in [event["SUMMARY"] for event in found]


def test_an_empty_calendar_is_one_that_a_validator_takes() -> None:
    content = calendar_feed([], name="Retail", as_of=MONDAY).content
    calendar = vobject.readOne(content.decode())
    assert (calendar.version.value, calendar.prodid.value) == ("2.0", "-//Dovetail//Portfolio calendar//EN")


def test_the_command_writes_what_stands_in_the_store_and_says_what_changed(run: Run, tmp_path: Path) -> None:
    code, out, err = run("report", "ics")
    assert (code, out) == (0, "")
    content = (tmp_path / "portfolio.ics").read_bytes()
    found = events(content)
    assert err == f"portfolio.ics: {len(found)} entries; {len(found)} new.\n"
    kinds = {str(event["CATEGORIES"].to_ical(), "utf-8") for event in found}
    assert kinds == {"MILESTONE", "GATE", "COMMITTEE", "FREEZE"}
    assert "nothing changed." in run("report", "ics")[2]
    assert (tmp_path / "portfolio.ics").read_bytes() == content
    assert run("report", "ics", "-o", "-")[1].encode().replace(b"\r\n", b"\n") == content.replace(
        b"\r\n", b"\n"
    )


def test_a_part_of_the_portfolio_has_its_own_milestones_and_what_holds_for_all(
    run: Run, tmp_path: Path
) -> None:
    assert run("report", "ics", "--portfolio", "warehouse", "-o", "w.ics")[0] == 0
    found = events((tmp_path / "w.ics").read_bytes())
    names = [str(event["SUMMARY"]) for event in found if "MILESTONE" in str(event["CATEGORIES"].to_ical())]
    assert names
    assert all(name.endswith("(Warehouse)") for name in names)
    assert any(str(event["SUMMARY"]) == "Steering committee" for event in found)


def test_meetings_are_those_around_the_day_that_is_asked_for(run: Run) -> None:
    code, text, _ = run("report", "ics", "--today", "2029-06-01", "-o", "-")
    assert code == 0
    days = [line for line in text.splitlines() if line.startswith("DTSTART")]
    assert any("VALUE=DATE:2030" in day for day in days)
