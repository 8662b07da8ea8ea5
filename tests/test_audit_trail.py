"""The chain of hashes: what was done to a trail is found, and a person can be erased from it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from portfolio.audit import AuditEntry, AuditEvent, chained, erase_event, parse_anchor, short, verify

AT = datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=UTC)


def trail(count: int = 4) -> list[AuditEntry]:
    """Writes of 1, 2, 3 … into one field."""
    found: list[AuditEntry] = []
    for number in range(1, count + 1):
        event = AuditEvent(
            at=AT, event="write", run_id="r1", source="shop", item_id="shop/1", key="CHK-1", slot="slip_wd",
            outcome="applied", rules=["due-passed"], details={"after": number, "by": "Ana"},
        )  # fmt: skip
        found.append(chained(event, after=found[-1] if found else None, salt=f"{number:032x}"))
    return found


def test_a_sound_trail_is_sound_and_its_end_can_be_kept() -> None:
    entries = trail()
    result = verify(entries)
    assert (result.entries, result.problem, result.erased) == (4, None, 0)
    assert result.head == f"4:{entries[3].hash}"
    assert short(result.head) == f"4:{entries[3].hash[:16]}"
    assert verify([]).head == ""
    assert short("") == ""


def test_the_hash_can_be_worked_out_with_a_few_lines_of_any_language() -> None:
    (entry,) = trail(1)
    details = hashlib.sha256(b'00000000000000000000000000000001{"after":1,"by":"Ana"}').hexdigest()
    text = (
        '["dovetail-audit-1",1,"2026-11-24T09:00:00.123Z","write","r1","shop","shop/1","CHK-1","slip_wd",null,'
        f'"applied",["due-passed"],null,null,"{details}",""]'
    )
    assert entry.details_digest == details
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


def replaced(entry: AuditEntry, **values: Any) -> AuditEntry:
    return msgspec.structs.replace(entry, **values)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"outcome": "refused"}, "it was changed"),
        ({"at": AT.replace(year=2025)}, "it was changed"),
        ({"rules": ["other"]}, "it was changed"),
        ({"details": {"after": 7, "by": "Ana"}}, "its details were changed"),
        ({"salt": "0" * 32}, "its details were changed"),
        ({"details": None, "salt": None}, "its details were removed, and no later entry says"),
    ],
)
def test_an_entry_that_was_changed_is_the_first_broken_link(change: dict[str, Any], problem: str) -> None:
    entries = trail()
    entries[1] = replaced(entries[1], **change)
    result = verify(entries)
    assert result.broken_at == 2
    assert result.problem is not None
    assert result.problem.startswith(problem)


def test_a_changed_entry_with_a_new_hash_breaks_the_one_after_it() -> None:
    entries = trail()
    forged = chained(AuditEvent(at=AT, event="write", outcome="refused"), after=entries[0])
    result = verify([entries[0], forged, *entries[2:]])
    assert (result.entries, result.broken_at) == (2, 3)


def test_a_missing_entry_and_another_order_are_found() -> None:
    one, two, three, four = trail()
    assert verify([one, two, four]).problem == (
        "entry 3 is missing, or the order was changed: entry 4 stands in its place"
    )
    assert verify([two, three, four]).broken_at == 2
    assert verify([one, three, two, four]).broken_at == 3
    renumbered = [one, replaced(three, seq=2), replaced(two, seq=3), four]
    assert verify(renumbered).broken_at == 2


def test_an_end_that_was_cut_off_is_found_by_whoever_has_seen_it() -> None:
    entries = trail()
    assert verify(entries[:3]).problem is None
    kept = short(entries[3].head)
    result = verify(entries[:3], anchors={kept: "run r1"})
    assert result.problem == "the end is missing: run r1 saw entry 4; the trail ends at 3"
    assert verify(entries, anchors={kept: "run r1"}).problem is None
    assert verify([], anchors={kept: "run r1"}).broken_at == 4


def test_a_trail_that_was_written_anew_does_not_fit_the_anchor() -> None:
    entries = trail()
    anew = [chained(AuditEvent(at=AT, event="write"), after=None)]
    result = verify(anew, anchors={entries[0].head: "your anchor"})
    assert result.problem == "your anchor saw another entry here: the trail was written anew"


def test_erased_details_leave_a_sound_chain_where_a_later_entry_says_so() -> None:
    entries = trail()
    entries[1] = replaced(entries[1], details=None, salt=None)
    entries.append(chained(erase_event([2], at=AT, run_id="r2", by="Pia"), after=entries[-1]))
    result = verify(entries)
    assert (result.problem, result.erased, result.entries) == (None, 1, 5)
    entries[2] = replaced(entries[2], details=None, salt=None)
    assert verify(entries).broken_at == 3


@pytest.mark.parametrize("text", ["", "42", "42:", "42:short", "x:9f86d081884c7d65", "0:9f86d081884c7d65",
                                  "42:9F86D081884C7D65", "42:" + "a" * 65, "٣:9f86d081884c7d65"])  # fmt: skip
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_anchor(text)


def test_an_anchor_is_taken_as_people_copy_it() -> None:
    assert parse_anchor(" 042:9f86d081884c7d65\n") == "42:9f86d081884c7d65"


def test_an_entry_survives_json() -> None:
    for entry in trail():
        line = json.dumps(msgspec.to_builtins(entry))
        assert msgspec.json.decode(line, type=AuditEntry) == replaced(entry, rules=["due-passed"])
