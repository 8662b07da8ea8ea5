"""What has been gone for longer than it is to be kept is forgotten, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from store_samples import NOW, change, item, keys, link, save

from portfolio.notes import Note, Paragraph, Text
from portfolio.records import Risk
from store import Store, WriteRow
from store.events import keep_events
from store.results import RunEvent

DAY = timedelta(days=1)


def write(number: int, name: str) -> WriteRow:
    return WriteRow(
        write_id=name,
        run_id="r1",
        source="shop",
        item_id=f"shop/{number}",
        key=f"CHK-{number}",
        slot="health",
    )


def test_items_gone_for_longer_go_with_everything_about_them(store: Store) -> None:
    records = [item(number) for number in (1, 2, 3, 4)]
    changes = [change(number, f"e{number}") for number in (1, 2, 3, 4)]
    save(store, *records, *changes, Risk(item_id="shop/1", source="shop"), link("l1", 1, 4), link("l2", 4, 3))
    store.record_writes("r1", [write(1, "w1"), write(1, "w2"), write(4, "w4")], NOW)
    for name in ("w1", "w4"):
        store.settle_write(name, state="applied", after="green", now=NOW)
    store.tombstone("shop", {"shop/1": "deleted"}, NOW - 10 * DAY)
    store.tombstone("shop", {"shop/2": "deleted"}, NOW - 5 * DAY)
    assert store.forget_gone("shop", NOW - 7 * DAY) == 1
    left = {
        name: store.read(name, ("item_id",), live_only=False)["item_id"]
        for name in ("tracker_item", "tracker_change")
    }
    assert sorted(left["tracker_item"]) == sorted(left["tracker_change"]) == ["shop/2", "shop/3", "shop/4"]
    assert keys(store) == ["CHK-3", "CHK-4"]  # the others are tombstones
    assert keys(store, "dependency", "dependency_id") == ["l2"]
    assert store.read("tracker_risk", ("item_id",), live_only=False)["item_id"] == []
    # A write whose outcome is not known is looked up before anything is forgotten about it.
    assert sorted(one.write_id for one in store.writes_of("r1")) == ["w2", "w4"]
    assert list(store.slots("shop")) == [("shop/4", "health")]


def test_another_source_and_the_boundary_are_left_alone(store: Store) -> None:
    save(store, item(1), item(2))
    store.tombstone("shop", {"shop/1": "deleted"}, NOW - 7 * DAY)
    assert store.forget_gone("boards", NOW) == 0
    assert store.forget_gone("shop", NOW - 7 * DAY) == 0
    assert store.forget_gone("shop", NOW - 7 * DAY + timedelta(milliseconds=1)) == 1


def test_what_was_said_about_a_forgotten_item_goes_with_it(store: Store) -> None:
    save(store, item(1), item(2))
    only, both = (Note([Paragraph([Text(text)])]) for text in ("owner: Ann", "the date has passed"))
    writes = [
        msgspec.structs.replace(write(number, name), slot="comment", before=before, after=after.digest())
        for number, name, before, after in (
            (1, "w1", None, only),
            (1, "w2", only.digest(), both),
            (2, "w3", None, both),
        )
    ]
    store.record_writes("r1", writes, NOW, notes=[only, both])
    for one in writes:
        store.settle_write(one.write_id, state="applied", now=NOW)
    store.record_writes("r2", [write(1, "w4")], NOW)
    store.settle_write("w4", state="refused", reason="Ann may not", now=NOW)
    opened = [
        RunEvent(run_id="r1", what="opened", subject=f"f{number}", item_id=f"shop/{number}")
        for number in (1, 2)
    ]
    with store._db.write() as connection:
        keep_events(connection, store.dialect, opened)
    assert [one.key for one in store.failed_writes()] == ["CHK-1"]
    store.tombstone("shop", {"shop/1": "deleted"}, NOW - 10 * DAY)
    assert store.forget_gone("shop", NOW - 7 * DAY) == 1
    assert store.note(only.digest()) is None
    assert store.note(both.digest()) == both  # another item says the same
    assert store.failed_writes() == []
    with store._db.read() as connection:
        left = connection.exec_driver_sql("SELECT item_id FROM engine_event").scalars().all()
    assert left == ["shop/2"]
