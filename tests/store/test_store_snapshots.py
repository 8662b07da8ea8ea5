"""Snapshots of dates: kept once per item and day, the last one counts."""

from __future__ import annotations

from datetime import date

from store import Store

FIRST, SECOND, THIRD = date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23)


def keep(store: Store, *rows: tuple[str, date, date | None, date | None]) -> int:
    names = ("item_id", "day", "finish", "forecast")
    return store.keep_date_snapshots(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def test_snapshots_come_back_by_item_and_day_within_their_time(store: Store) -> None:
    rows = [
        ("plans/2", FIRST, THIRD, None),
        ("plans/1", SECOND, None, THIRD),
        ("plans/1", FIRST, SECOND, None),
        ("plans/1", THIRD, THIRD, THIRD),
    ]
    assert keep(store, *rows) == 4
    assert store.date_snapshots(FIRST, SECOND) == {
        "item_id": ["plans/1", "plans/1", "plans/2"],
        "day": [FIRST, SECOND, FIRST],
        "finish": [SECOND, None, THIRD],
        "forecast": [None, THIRD, None],
    }
    assert store.date_snapshots(date(2027, 1, 1), date(2027, 2, 1)) == {
        "item_id": [], "day": [], "finish": [], "forecast": [],
    }  # fmt: skip


def test_of_one_day_the_last_snapshot_counts_and_an_equal_one_changes_nothing(store: Store) -> None:
    assert keep(store, ("plans/1", FIRST, SECOND, None)) == 1
    assert keep(store, ("plans/1", FIRST, SECOND, None)) == 0
    assert keep(store, ("plans/1", FIRST, SECOND, None), ("plans/1", FIRST, THIRD, None)) == 1
    assert store.date_snapshots(FIRST, FIRST)["finish"] == [THIRD]


def test_a_frame_of_a_time_begins_with_what_stood_before_it(store: Store) -> None:
    keep(
        store,
        ("plans/1", FIRST, SECOND, None),
        ("plans/1", SECOND, THIRD, None),
        ("plans/1", THIRD, None, THIRD),
        ("plans/2", FIRST, None, None),
        ("plans/3", THIRD, FIRST, None),
    )
    places = {"plans/1": 7, "plans/3": 9}
    frame = store.snapshot_frame(THIRD, date(2026, 12, 31), places=places)
    found = zip(*(frame.values(name) for name in frame.names), strict=True)
    assert list(found) == [
        (7, SECOND, THIRD, None),
        (7, THIRD, None, THIRD),
        (-1, FIRST, None, None),
        (9, THIRD, FIRST, None),
    ]
    frame = store.snapshot_frame(SECOND, SECOND, places=places, among=["plans/1"])
    assert (frame.values("item_id"), frame.values("day")) == ([7, 7], [FIRST, SECOND])
    assert len(store.snapshot_frame(SECOND, SECOND, places=places, among=[])) == 0
