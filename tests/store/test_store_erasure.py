"""A person is taken out of everything that is stored: nothing of them is left, and counts stay."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from store_samples import NOW, change, item, save

from portfolio.findings import Finding
from portfolio.records import Identity, Risk, Schedule
from store import Store, WriteRow, open_store
from store.catalogue import TABLES
from store.erasure import Person

ANN = Person(
    accounts={("shop", "557058:ann"): "erased-1f-1"},
    addresses={"ann.müller@shop.example": "erased-1f@erased.invalid"},
    texts={"Ann Müller": "erased person 1f"},
    name="erased person 1f",
)
TRACES = ("557058:ann", "ann.müller@shop.example", "ann müller")


def ann(**fields: Any) -> Identity:
    given: dict[str, Any] = {
        "source": "shop",
        "account_id": "557058:ann",
        "name": "Ann Müller",
        "email": "Ann.Müller@shop.example",
        "kind": "person",
        "is_active": True,
        **fields,
    }
    return Identity(**given)


def bob() -> Identity:
    return Identity(source="shop", account_id="557058:anna", name="Ann Müllerova", email="bob@shop.example")


RECORDS = (
    ann(),
    bob(),
    item(1, owner_id="557058:ann", title="Ask ANN MÜLLER (ann.müller@shop.example)"),
    item(2, owner_id="557058:ann", title="Annual report of Ann Müllerova", labels=["Ann Müller"]),
    item(3, owner_id="557058:anna"),
    Risk(item_id="shop/1", source="shop", approver_id="557058:ann", response="Ann Müller decides"),
    Schedule(
        schedule_id="shop/CHK", source="shop", scope="CHK", name="Checkout", kind="project",
        lead_id="557058:ann",
    ),
    change(1, "e1", by="557058:ann", field="owner", before="557058:anna", after="557058:ann"),
    change(2, "e2", by="557058:anna", field="owner", before="557058:ann", after=None),
)  # fmt: skip


def finding() -> Finding:
    return Finding(
        finding_id="f1", rule="owner-overloaded", rule_group="ownership", subject="item", item_id="shop/1",
        key="CHK-1", project=None, severity="high", state="suppressed", opened_at=NOW, last_seen_at=NOW,
        resolved_at=None, resolved_because=None, reopened_count=0, message="Ann Müller has 9 items",
        title="Overloaded", why="", action="Ask Ann Müller", docs=None,
        evidence={"owner": "Ann Müller", "mail": ["ann.müller@shop.example"], "open": 9},
        comment_items=["shop/1"],
        is_legacy=False, muted_until=None, muted_by="Ann Müller", muted_reason="agreed with Ann Müller",
    )  # fmt: skip


def write() -> WriteRow:
    return WriteRow(
        write_id="w1", run_id="r1", source="shop", item_id="shop/1", key="CHK-1", slot="worst_finding",
        before="Ann Müller", after="Overloaded: Ann Müller", reason="Ann Müller has 9 items",
    )  # fmt: skip


@pytest.fixture
def filled(own_store: Store) -> Store:
    save(own_store, *RECORDS)
    own_store.save_findings([finding()], "r1")
    own_store.record_writes("r1", [write()], NOW)
    return own_store


def everything(store: Store) -> str:
    """All values of all tables, as text in small letters."""
    found: list[str] = []
    with store._db.read() as connection:
        for name in TABLES:
            for row in connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall():
                found += [str(value) for value in row]
    return "\n".join(found).casefold()


def traces(store: Store) -> list[str]:
    # Another account, which stays, begins like this one, and so does the name of its owner.
    text = everything(store).replace("557058:anna", "").replace("ann müllerova", "")
    return [one for one in TRACES if one in text]


def test_nothing_of_the_person_is_left_and_nobody_else_is_touched(filled: Store) -> None:
    before = filled.counts()
    counts = filled.erase_person(ANN, now=NOW, by="pmo", dry_run=False)
    assert counts == {
        "tracker_item": 2, "tracker_risk": 1, "tracker_schedule": 1, "tracker_identity": 1,
        "tracker_change": 2, "engine_finding": 1, "engine_write": 1,
    }  # fmt: skip
    assert traces(filled) == []
    assert filled.counts() == before
    rows = {row["key"]: row for row in filled.rows("item")}
    assert rows["CHK-1"]["owner_id"] == rows["CHK-2"]["owner_id"] == "erased-1f-1"
    assert rows["CHK-3"]["owner_id"] == "557058:anna"
    assert rows["CHK-1"]["title"] == "Ask erased person 1f (erased-1f@erased.invalid)"
    assert rows["CHK-2"]["title"] == "Annual report of Ann Müllerova"
    assert rows["CHK-2"]["labels"] == ["erased person 1f"]
    (told,) = filled.rows("finding")
    assert told["evidence"] == {"owner": "erased person 1f", "mail": ["erased-1f@erased.invalid"], "open": 9}


def test_a_look_counts_and_changes_nothing(filled: Store) -> None:
    before = everything(filled)
    assert filled.erase_person(ANN, now=NOW, dry_run=True)["tracker_item"] == 2
    assert everything(filled) == before


def test_a_second_time_finds_nothing(filled: Store) -> None:
    filled.erase_person(ANN, now=NOW, dry_run=False)
    before = everything(filled)
    assert filled.erase_person(ANN, now=NOW, dry_run=False) == {}
    assert everything(filled) == before


def test_the_next_pull_does_not_bring_the_person_back_and_changes_nothing(filled: Store) -> None:
    filled.erase_person(ANN, now=NOW, dry_run=False)
    counts = save(filled, *(one for one in RECORDS if not isinstance(one, Identity | Risk)), run="r2")
    # The tracker still tells the same: nothing is new, so even a title stays without the name.
    assert (counts.new, counts.changed, counts.unchanged) == (0, 0, 6)
    assert save(filled, ann(), bob(), run="r2").changed == 0
    assert traces(filled) == []


def test_new_records_of_the_person_come_under_the_pseudonym(filled: Store) -> None:
    filled.erase_person(ANN, now=NOW, dry_run=False)
    save(
        filled,
        item(4, owner_id="557058:ann"),
        change(4, "e4", by="557058:ANN", field="owner", before=None, after="557058:ann"),
        ann(name="Ann Müller-Huber", is_active=False),
    )
    rows = {row["key"]: row for row in filled.rows("item")}
    assert rows["CHK-4"]["owner_id"] == "erased-1f-1"
    (told,) = [row for row in filled.rows("change") if row["item_id"] == "shop/4"]
    assert (told["by"], told["after"]) == ("erased-1f-1", "erased-1f-1")
    assert "huber" not in everything(filled)


def test_an_account_of_another_source_is_somebody_else(own_store: Store) -> None:
    person = Person(accounts={("plans", "ann"): "erased-2-1"}, addresses={}, texts={}, name="erased person 2")
    save(own_store, item(1, owner_id="ann"))
    assert own_store.erase_person(person, now=NOW, dry_run=False) == {}
    assert [row["owner_id"] for row in own_store.rows("item")] == ["ann"]


def test_a_title_without_the_name_comes_back_when_the_item_changes_in_the_tracker(filled: Store) -> None:
    filled.erase_person(ANN, now=NOW, dry_run=False)
    save(filled, item(1, owner_id="557058:ann", title="Ask Ann Müller", status="Open"))
    (row,) = [row for row in filled.rows("item") if row["key"] == "CHK-1"]
    assert (row["title"], row["owner_id"]) == ("Ask Ann Müller", "erased-1f-1")


def test_no_byte_of_the_person_stays_in_the_file_or_its_log(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    with open_store(f"sqlite:///{path}") as store:
        save(store, *RECORDS)
        store.save_findings([finding()], "r1")
        assert "Ann Müller".encode() in b"".join(one.read_bytes() for one in tmp_path.iterdir())
        store.erase_person(ANN, now=NOW, dry_run=False)
        left = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    left = left.replace("Ann Müllerova".encode(), b"").replace(b"557058:anna", b"")
    for trace in ("Ann Müller", "ANN MÜLLER", "557058:ann", "ann.müller@shop.example"):
        assert trace.encode() not in left
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_digests_cannot_be_looked_up_without_the_store_s_own_salt(filled: Store, tmp_path: Path) -> None:
    filled.erase_person(ANN, now=NOW, dry_run=False)
    from store.erased import read_erased

    with filled._db.read() as connection:
        one = read_erased(connection)
    with open_store("sqlite://") as other:
        save(other, *RECORDS)
        other.erase_person(ANN, now=NOW, dry_run=False)
        with other._db.read() as connection:
            two = read_erased(connection)
    assert one is not None
    assert two is not None
    assert not set(one.places) & set(two.places)


@pytest.mark.skipif("engine_audit" not in TABLES, reason="this store has no audit trail")
def test_the_audit_trail_loses_what_names_the_person_and_keeps_its_chain(filled: Store) -> None:
    from portfolio import audit

    store: Any = filled
    store.settle_write("w1", state="refused", reason="Ann Müller may not", now=NOW)
    before = list(store.audit())
    assert "Ann Müller" in str([one.details for one in before])
    assert store.erase_person(ANN, now=NOW, by="pmo", dry_run=True)["engine_audit"] == 1
    assert list(store.audit()) == before
    store.erase_person(ANN, now=NOW, by="pmo", dry_run=False)
    trail = list(store.audit())
    verdict = audit.verify(trail)
    assert (verdict.problem, verdict.erased, len(trail)) == (None, 1, len(before) + 1)
    assert traces(filled) == []
    assert "engine_audit" not in store.erase_person(ANN, now=NOW, by="pmo", dry_run=False)
