"""The audit trail in the database: written with what it tells, and guarded against change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from store_samples import NOW

from portfolio.audit import AuditEvent, verify
from portfolio.errors import StoreError
from portfolio.notes import Note, Paragraph, Text
from store import Store, WriteRow

LATER = NOW + timedelta(minutes=1)


def write(name: str, **fields: Any) -> WriteRow:
    given: dict[str, Any] = {
        "write_id": name, "run_id": "r1", "source": "shop", "item_id": "shop/1", "key": "CHK-1",
        "slot": "slip_wd", "field": "Slip", "base": 3, "before": 4, "after": 5, "reason": "a rollup",
        "rules": ["due-passed"], "intent_id": f"i-{name}", **fields,
    }  # fmt: skip
    return WriteRow(**given)


def three_writes(store: Store) -> None:
    store.record_writes("r1", [write("w1"), write("w2", slot="health"), write("w3", slot="open_risks")], NOW)
    store.settle_write("w1", state="applied", now=LATER)
    store.settle_write("w2", state="refused", reason="no permission", now=LATER)
    store.settle_write("w3", state="conflict", reason="changed", now=LATER)


def test_what_becomes_of_a_write_is_an_entry_with_everything_about_it(store: Store) -> None:
    three_writes(store)
    first, second, third = store.audit()
    assert (first.seq, first.at, first.event, first.outcome) == (1, LATER, "write", "applied")
    assert (first.run_id, first.source, first.item_id, first.key) == ("r1", "shop", "shop/1", "CHK-1")
    assert (first.slot, first.field, first.rules, first.write_id) == ("slip_wd", "Slip", ["due-passed"], "w1")
    told = {"base": 3, "before": 4, "after": 5, "why": "a rollup"}
    assert first.details == told
    assert second.details == told | {"reason": "no permission"}
    assert third.outcome == "conflict"
    assert verify(store.audit()).problem is None
    assert store.audit_head() == third.head


def test_a_write_that_cannot_be_booked_leaves_no_entry(store: Store) -> None:
    store.record_writes("r1", [write("w1")], NOW)
    with pytest.raises(KeyError):
        store.settle_write("w9", state="applied", now=LATER)
    assert list(store.audit()) == []
    assert store.audit_head() == ""


def test_entries_are_found_by_run_source_item_and_from_the_end(store: Store) -> None:
    three_writes(store)
    store.record_events([AuditEvent(at=LATER, event="arming", run_id="r2", source="boards")])
    assert [one.seq for one in store.audit(run_id="r1")] == [1, 2, 3]
    assert [one.seq for one in store.audit(source="boards")] == [4]
    assert [one.seq for one in store.audit(key="CHK-1", last=2)] == [2, 3]
    assert [one.seq for one in store.audit(last=1)] == [4]
    assert list(store.audit(item_id="shop/9")) == []
    with pytest.raises(KeyError):
        list(store.audit(details="x"))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE engine_audit SET outcome = 'applied' WHERE seq = 2",
        "UPDATE engine_audit SET details = '{}' WHERE seq = 2",
        "UPDATE engine_audit SET details = NULL, salt = NULL, outcome = 'applied' WHERE seq = 2",
        "UPDATE engine_audit SET details = NULL WHERE seq = 2",
        "UPDATE engine_audit SET seq = 9 WHERE seq = 3",
        "DELETE FROM engine_audit WHERE seq = 3",
        "DELETE FROM engine_audit",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(store: Store, sql: str) -> None:
    three_writes(store)
    before = list(store.audit())
    with pytest.raises(StoreError, match="append-only"), store._db.write() as connection:
        connection.exec_driver_sql(sql)
    assert list(store.audit()) == before


def test_an_entry_cannot_be_replaced_or_put_in_before_the_end(store: Store) -> None:
    three_writes(store)
    copied = "SELECT 2, at, event, rules, details_digest, previous, hash FROM engine_audit WHERE seq = 1"
    into = "INTO engine_audit (seq, at, event, rules, details_digest, previous, hash)"
    verbs = ["INSERT"] if store.dialect == "postgresql" else ["INSERT", "INSERT OR REPLACE"]
    for verb in verbs:
        with pytest.raises(StoreError), store._db.write() as connection:
            connection.exec_driver_sql(f"{verb} {into} {copied}")
    assert verify(store.audit()).entries == 3


def test_postgresql_refuses_to_truncate_the_trail(own_store: Store) -> None:
    if own_store.dialect == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    three_writes(own_store)
    with pytest.raises(StoreError, match="append-only"), own_store._db.write() as connection:
        connection.exec_driver_sql("TRUNCATE engine_audit")


def unguarded(store: Store, sql: str) -> None:
    """What somebody who owns the database can do: take the guard away, change the trail."""
    with store._db.write() as connection:
        if store.dialect == "postgresql":
            connection.exec_driver_sql("ALTER TABLE engine_audit DISABLE TRIGGER USER")
        else:
            for name in _SQLITE_GUARDS:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(sql)


_SQLITE_GUARDS = ("engine_audit_keeps_rows", "engine_audit_keeps_values", "engine_audit_keeps_order")


@pytest.mark.parametrize(
    ("sql", "broken_at"),
    [
        ("UPDATE engine_audit SET outcome = 'applied' WHERE seq = 2", 2),
        ("UPDATE engine_audit SET details = '{\"after\": 6}' WHERE seq = 1", 1),
        ("DELETE FROM engine_audit WHERE seq = 2", 3),
    ],
)
def test_who_takes_the_guard_away_is_found_by_the_chain(own_store: Store, sql: str, broken_at: int) -> None:
    three_writes(own_store)
    unguarded(own_store, sql)
    assert verify(own_store.audit()).broken_at == broken_at
    assert own_store.missing_audit_guards() != []
    assert any("audit trail is missing" in line for line in own_store.check())


def test_an_end_that_was_cut_off_is_found_by_the_runs_that_saw_it(own_store: Store) -> None:
    run = own_store.start_run("apply", NOW)
    three_writes(own_store)
    own_store.end_run(run, LATER, 0, {})
    assert verify(own_store.audit(), anchors=own_store.audit_anchors()).problem is None
    unguarded(own_store, "DELETE FROM engine_audit WHERE seq = 3")
    result = verify(own_store.audit(), anchors=own_store.audit_anchors())
    assert result.problem == f"the end is missing: run {run} saw entry 3; the trail ends at 2"


def test_erasing_details_keeps_the_chain_and_says_so(store: Store) -> None:
    three_writes(store)
    assert store.erase_audit_details([1, 3, 9], by="Pia", run_id="r2", now=LATER) == 2
    assert store.erase_audit_details([1], by="Pia", run_id="r2", now=LATER) == 0
    assert store.erase_audit_details([], by="Pia", run_id="r2", now=LATER) == 0
    entries = list(store.audit())
    assert [one.details is None for one in entries] == [True, False, True, False]
    assert (entries[3].event, entries[3].outcome, entries[3].details) == ("erase", "1 3", {"by": "Pia"})
    result = verify(entries)
    assert (result.problem, result.erased) == (None, 2)


def test_hostile_text_is_stored_as_it_can_be_and_the_chain_holds(store: Store) -> None:
    event = AuditEvent(
        at=LATER, event="muting", key="CHK\x00-1", outcome="suppressed", rules=["a\ud800"],
        details={"by": "Ana \x00 \u202e \ud800", "number": 2**70, "half": 12.0, "none": None, "is": True},
    )  # fmt: skip
    store.record_events([event])
    (entry,) = store.audit()
    assert entry.key == "CHK\ufffd-1"
    assert entry.details == {
        "by": "Ana \ufffd \u202e \ufffd", "number": str(2**70), "half": 12.0, "none": None, "is": True,
    }  # fmt: skip
    assert verify(store.audit()).problem is None


def test_a_comments_text_is_kept_under_its_digest(store: Store) -> None:
    note = Note(blocks=[Paragraph(content=[Text(text="due 19 Nov", bold=True)])])
    store.record_writes("r1", [write("w1", slot="comment", after=note.digest())], NOW, notes=[note, note])
    kept = store.note(note.digest())
    assert kept is not None
    assert kept.digest() == note.digest()
    assert store.note("0" * 16) is None


def test_a_comment_from_which_a_person_was_erased_is_not_passed_off_as_what_was_written(store: Store) -> None:
    note = Note(blocks=[Paragraph(content=[Text(text="owner Ana Berg")])])
    store.record_writes("r1", [write("w1", slot="comment", after=note.digest())], NOW, notes=[note])
    with store._db.write() as connection:
        connection.exec_driver_sql(
            "UPDATE engine_note SET note = CAST(replace(CAST(note AS TEXT), 'Ana Berg', 'erased') AS JSON)"
            if store.dialect == "postgresql"
            else "UPDATE engine_note SET note = replace(note, 'Ana Berg', 'erased')"
        )
    assert store.note(note.digest()) is None


def test_what_was_emptied_is_no_base_any_more(store: Store) -> None:
    store.record_writes("r1", [write("w1")], NOW)
    store.settle_write("w1", state="applied", now=NOW)
    store.record_writes("r2", [write("w2", base=5, before=5, after=None)], LATER)
    store.settle_write("w2", state="applied", now=LATER)
    assert store.slots("shop") == {}


def test_arming_and_holding_are_entries(store: Store) -> None:
    store.declare_source("shop", "jira", "Jira Cloud", "1")
    store.arm("shop", NOW, run_id="r1", by="Pia")
    store.arm("shop", LATER, run_id="r2", by="Pia")
    store.hold("shop", "run r1 was undone", LATER, run_id="r3", by="Pia")
    assert store.sources()["shop"].held_because == "run r1 was undone"
    store.arm("shop", LATER, run_id="r4", by="Pia")
    state = store.sources()["shop"]
    assert (state.armed_at, state.held_because) == (NOW, None)
    assert [(one.run_id, one.outcome) for one in store.audit()] == [
        ("r1", "armed"), ("r3", "held"), ("r4", "released"),
    ]  # fmt: skip
    with pytest.raises(KeyError):
        store.hold("boards", "x", LATER)
