"""The outbox: recorded before it is sent, settled by the answer, and the base of the next comparison."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from store_samples import NOW

from store import SlotBase, Store, WriteRow

LATER = NOW + timedelta(minutes=1)


def _write(name: str, **fields: Any) -> WriteRow:
    given: dict[str, Any] = {
        "write_id": name,
        "run_id": "r1",
        "source": "shop",
        "item_id": "shop/1",
        "key": "CHK-1",
        "slot": "slip_wd",
        "field": "Slip",
        "base": 3,
        "before": 3,
        "after": 5,
        "rules": ["due-date-passed"],
        "intent_id": f"i-{name}",
        **fields,
    }
    return WriteRow(**given)


def test_a_write_is_recorded_as_sending_and_found_unsettled(store: Store) -> None:
    store.record_writes("r7", [_write("w1", state="planned", run_id="?")], NOW)

    assert store.unsettled_writes("shop") == [_write("w1", state="sending", run_id="r7", at=NOW)]
    assert store.unsettled_writes("boards") == []
    assert store.slots("shop") == {}


def test_an_applied_write_is_the_slots_base(store: Store) -> None:
    store.record_writes("r1", [_write("w1")], NOW)
    store.settle_write("w1", state="applied", remote_id="c-9", now=LATER)

    assert store.unsettled_writes("shop") == []
    assert store.slots("shop") == {("shop/1", "slip_wd"): SlotBase(value=5, remote_id="c-9", at=LATER)}
    row = next(store.rows("write"))
    assert (row["state"], row["base"], row["before"], row["after"]) == ("applied", "3", "3", "5")
    assert row["rules"] == ["due-date-passed"]
    assert row["at"] == LATER


@pytest.mark.parametrize("value", ["green", "5", "", 5, 0, 12.5, 12.0, 'a "quoted" é'])
def test_a_base_keeps_its_type(store: Store, value: str | float) -> None:
    store.record_writes("r1", [_write("w1", after=value)], NOW)
    store.settle_write("w1", state="applied", now=LATER)

    base = store.slots("shop")["shop/1", "slip_wd"].value
    assert base == value
    assert type(base) is type(value)
    assert next(store.rows("write"))["after"] == str(value)


def test_what_stood_there_already_is_the_base_too(store: Store) -> None:
    store.record_writes("r1", [_write("w1", slot="comment", after="digest")], NOW)
    store.settle_write("w1", state="unchanged", remote_id="c-1", now=LATER)

    assert store.slots("shop") == {("shop/1", "comment"): SlotBase(value="digest", remote_id="c-1", at=LATER)}


@pytest.mark.parametrize("state", ["conflict", "gone", "refused", "unknown"])
def test_a_write_that_did_not_happen_leaves_the_base(store: Store, state: str) -> None:
    store.record_writes("r1", [_write("w1")], NOW)
    store.settle_write("w1", state="applied", now=NOW)
    store.record_writes("r2", [_write("w2", after=9)], LATER)
    store.settle_write("w2", state=state, reason="no longer on the screen", now=LATER)

    assert store.slots("shop")["shop/1", "slip_wd"].value == 5
    assert [one.write_id for one in store.unsettled_writes("shop")] == (["w2"] if state == "unknown" else [])
    assert next(store.rows("write", where={"write_id": "w2"}))["reason"] == "no longer on the screen"


def test_the_answer_may_correct_what_was_wanted(store: Store) -> None:
    store.record_writes("r1", [_write("w1", after=5.04)], NOW)
    store.settle_write("w1", state="applied", after=5.0, now=LATER)

    assert store.slots("shop")["shop/1", "slip_wd"].value == 5.0


def test_unsettled_writes_come_oldest_first(store: Store) -> None:
    store.record_writes("r1", [_write("b")], NOW)
    store.record_writes("r2", [_write("a")], LATER)

    assert [one.write_id for one in store.unsettled_writes("shop")] == ["b", "a"]


def test_a_runs_writes_keep_their_types_for_undo(store: Store) -> None:
    store.record_writes("r1", [_write("w1"), _write("w2", slot="health", before=None, after="red")], NOW)
    store.record_writes("r2", [], NOW)

    assert [(one.before, one.after) for one in store.writes_of("r1")] == [(3, 5), (None, "red")]
    assert store.writes_of("r2") == []


def test_settling_an_unknown_write_is_a_defect(store: Store) -> None:
    with pytest.raises(KeyError, match="no write w9"):
        store.settle_write("w9", state="applied", now=NOW)


def test_a_persons_value_that_was_left_standing_is_found_and_no_base(store: Store) -> None:
    store.record_writes("r1", [_write("w1"), _write("w2", source="boards")], NOW)
    for name in ("w1", "w2"):
        store.settle_write(name, state="kept", reason="a person's value stands", now=LATER)

    (row,) = store.writes_in_state("shop", "kept")
    assert (row.write_id, row.before, row.after, row.at) == ("w1", 3, 5, LATER)
    assert store.writes_in_state("shop", "applied") == []
    assert store.slots("shop") == {}
    assert store.unsettled_writes("shop") == []


def test_writes_to_a_slot_are_counted_by_item_since_an_instant(store: Store) -> None:
    writes = [
        _write("w1", slot="comment"),
        _write("w2", slot="comment"),
        _write("w3", slot="comment", item_id="shop/2"),
        _write("w4", slot="slip_wd"),
        _write("w5", slot="comment", item_id="boards/1", source="boards"),
        _write("w6", slot="comment"),
        _write("w7", slot="comment"),
    ]
    store.record_writes("r1", writes, NOW)
    for name in ("w1", "w2", "w3", "w4", "w5"):
        store.settle_write(name, state="applied", now=LATER)
    store.settle_write("w6", state="refused", now=LATER)
    store.settle_write("w7", state="applied", now=NOW)

    assert store.writes_since("shop", "comment", NOW) == {"shop/1": 2, "shop/2": 1}
    assert store.writes_since("shop", "comment", LATER) == {}
    assert store.writes_since("shop", "comment", NOW - timedelta(seconds=1)) == {"shop/1": 3, "shop/2": 1}
