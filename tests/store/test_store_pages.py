"""Pull: what a page leaves in the store, and that it leaves all of it or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError
from store_samples import NOW, change, item, keys, link, save

from portfolio.errors import MappingError, StoreUnavailable
from portfolio.records import Baseline, Calendar, Cursor, Identity, OwnedBy, Page, Release, Risk, Unmapped
from store import PageCounts, Store, pages


def test_a_page_comes_back_as_a_row_of_the_view(store: Store) -> None:
    store.declare_source("shop", "jira", "Jira Cloud", "1")
    counts = save(
        store,
        item(
            1,
            title="Pay by card",
            due=date(2026, 12, 1),
            start_at="2026-11-02T08:00",
            points=3.0,
            sort=7,
            labels=["b", "a"],
            is_blocked=True,
            created_at=datetime(2026, 10, 1, 12, 30, 15, 250_000, tzinfo=UTC),
        ),
        cursor=Cursor(version=2, value={"token": "a", "page": 3}),
    )

    assert counts == PageCounts(new=1)
    row = next(store.rows("item"))
    assert row["item_id"] == "shop/1"
    assert row["title"] == "Pay by card"
    assert row["due"] == date(2026, 12, 1)
    assert row["start_at"] == "2026-11-02T08:00"
    assert row["points"] == 3.0
    assert row["sort"] == 7
    assert row["labels"] == ["b", "a"]
    assert row["components"] == []
    assert row["is_blocked"] is True
    assert row["is_done"] is False
    assert row["is_critical"] is False  # unknown in its table, false in every view
    assert row["start"] is None
    assert row["created_at"] == datetime(2026, 10, 1, 12, 30, 15, 250_000, tzinfo=UTC)
    assert store.cursor("shop", "items") == Cursor(version=2, value={"token": "a", "page": 3})


def test_an_instant_of_another_zone_is_stored_in_utc(store: Store) -> None:
    zurich = timezone(timedelta(hours=1))
    save(store, item(1, created_at=datetime(2026, 11, 24, 0, 30, tzinfo=zurich)))

    assert next(store.rows("item"))["created_at"] == datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


def test_the_same_page_again_changes_nothing(store: Store) -> None:
    records = [item(1, title="one"), item(2), change(1, "e1"), change(1, "e2"), link("l1", 1, 2)]

    assert save(store, *records) == PageCounts(new=5)
    assert save(store, *records, run="r2") == PageCounts(unchanged=5)
    assert store.read("tracker_item", ["changed_run"]) == {"changed_run": ["r1", "r1"]}


def test_only_what_changed_is_written(store: Store) -> None:
    save(store, item(1, title="one"), item(2, title="two"))

    assert save(store, item(1, title="one"), item(2, title="zwei"), item(3), run="r2") == PageCounts(
        new=1, changed=1, unchanged=1
    )
    assert store.read("tracker_item", ["title", "changed_run"]) == {
        "title": ["one", "zwei", ""],
        "changed_run": ["r1", "r2", "r2"],
    }


def test_a_value_that_became_unknown_is_stored_as_unknown(store: Store) -> None:
    save(store, item(1, due=date(2026, 12, 1)))
    save(store, item(1))

    assert next(store.rows("item"))["due"] is None


def test_of_records_that_come_twice_in_a_page_the_last_counts(store: Store) -> None:
    counts = save(store, item(1, title="early"), item(2), item(1, title="late"))

    assert counts == PageCounts(new=2)
    assert store.read("tracker_item", ["title"]) == {"title": ["late", ""]}


def test_an_entry_of_a_timeline_is_stored_once(store: Store) -> None:
    counts = save(store, change(1, "e1", after="2026-12-01"), change(1, "e1", after="2026-12-02"))
    assert counts == PageCounts(new=1)
    counts = save(store, change(1, "e1", after="2026-12-02"), change(1, "e2"))
    assert counts == PageCounts(new=1, unchanged=1)
    assert [row["after"] for row in store.rows("change")] == ["2026-12-02", "2026-12-01"]


@pytest.mark.parametrize("count", [2, 300])
def test_an_entry_of_a_timeline_that_has_another_meaning_now_is_corrected(store: Store, count: int) -> None:
    told = [change(1, f"e{number:03}", field="start") for number in range(count)]
    save(store, *told)
    # A setting says now that the field was the due date all along; the last entry was somebody else's field.
    again = [msgspec.structs.replace(one, field="due") for one in told[:-1]]
    assert save(store, *again, told[-1]) == PageCounts(changed=count - 1, unchanged=1)
    assert sorted(row["field"] for row in store.rows("change")) == ["due"] * (count - 1) + ["start"]
    assert save(store, *again, told[-1]) == PageCounts(unchanged=count)


def test_a_page_of_a_thousand_records_takes_the_same_road(store: Store) -> None:
    items = [item(number, title=f"title {number}") for number in range(1000)]
    changes = [change(number, f"e{number}") for number in range(1000)]

    assert save(store, *items, *changes) == PageCounts(new=2000)
    items[500] = item(500, title="another")
    assert save(store, *items, *changes) == PageCounts(changed=1, unchanged=1999)
    assert len(keys(store)) == 1000
    assert next(store.rows("item", where={"key": "CHK-500"}))["title"] == "another"


def test_every_type_of_record_has_its_table(store: Store) -> None:
    save(
        store,
        item(1, kind="risk"),
        Risk(item_id="shop/1", source="shop", probability=4, impact=5, has_response=True),
        Calendar(
            calendar_id="shop/std",
            source="shop",
            name="Standard",
            exceptions=[("2026-12-24", "2026-12-26", False)],
        ),
        Identity(source="shop", account_id="a1", name="Ann", is_active=None),
        Release(release_id="shop/v1", source="shop", name="1.0", date=date(2026, 12, 24)),
        Unmapped(source="shop", what="status", value="Waiting", count=3),
        Baseline(name="plan", item_id="shop/1", source="shop", finish=date(2026, 11, 1), cost=12.5),
    )  # fmt: skip

    assert next(store.rows("risk"))["impact"] == 5
    assert store.read("tracker_calendar", ["weekdays", "exceptions"]) == {
        "weekdays": [[1, 2, 3, 4, 5]],
        "exceptions": [[["2026-12-24", "2026-12-26", False]]],
    }
    assert store.read("tracker_identity", ["account_id", "is_active"]) == {
        "account_id": ["a1"],
        "is_active": [None],
    }
    assert next(store.rows("release"))["date"] == date(2026, 12, 24)
    assert next(store.rows("unmapped"))["count"] == 3
    assert next(store.rows("baseline"))["cost"] == 12.5
    assert store.counts()["identity"] == 1


def test_records_cursor_and_tombstones_are_stored_together_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, item(1), item(2), cursor=Cursor(version=1, value={"at": 1}))

    def fail(*_arguments: object) -> int:
        raise IntegrityError("the power went", None, Exception("the power went"))

    with monkeypatch.context() as patched:
        patched.setattr(pages, "_bury", fail)
        with pytest.raises(StoreUnavailable, match="the power went"):
            save(store, item(1, title="new"), item(3), cursor=Cursor(version=1, value={"at": 2}))

    assert keys(store) == ["CHK-1", "CHK-2"]
    assert next(store.rows("item"))["title"] == ""
    assert store.cursor("shop", "items") == Cursor(version=1, value={"at": 1})
    assert save(store, item(3), cursor=Cursor(version=1, value={"at": 2})) == PageCounts(new=1)


def test_a_page_without_a_cursor_leaves_the_stored_one(store: Store) -> None:
    save(store, cursor=Cursor(version=1, value={"at": 1}))
    save(store, item(1), cursor=None)

    assert store.cursor("shop", "items") == Cursor(version=1, value={"at": 1})


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            {"updated_at": datetime(2026, 11, 24, 9, 0)},  # noqa: DTZ001 the point
            "updated_at is 2026-11-24T09:00:00 without a time zone",
        ),
        ({"due": datetime(2026, 11, 24, tzinfo=UTC)}, "due is datetime, not a date"),
        ({"due": "2026-11-24"}, "due is str, not a date"),
        ({"title": None}, "title may not be empty"),
        ({"title": 5}, "title is int, not text"),
        ({"sort": "5"}, "sort is str, not a whole number"),
        ({"sort": 5.5}, "sort is float, not a whole number"),
        ({"points": "5"}, "points is str, not a number"),
        ({"is_blocked": "no"}, "is_blocked is str, not true or false"),
        ({"labels": "a,b"}, "labels is str, not a list"),
        ({"created_at": date(2026, 11, 24)}, "created_at is date, not an instant"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_by_record_and_field(
    store: Store, fields: dict[str, object], problem: str
) -> None:
    with pytest.raises(MappingError, match=f"shop: WorkItem shop/2: {problem}"):
        save(store, item(1), item(2, **fields))

    assert keys(store) == []


def test_a_record_of_another_source_is_refused(store: Store) -> None:
    with pytest.raises(MappingError, match="WorkItem shop/2 belongs to source boards"):
        save(store, item(1), item(2, source="boards"))


def test_text_that_no_database_can_hold_is_cleaned_and_the_page_goes_on(store: Store) -> None:
    save(
        store,
        item(1, title="zero\x00byte", labels=["a\x00", "b"], team="half \ud83d pair"),
        item(2, title="whole \U0001f600", labels=["\udead"]),
        change(1, "e\x001", before="\x00"),
    )

    assert store.read("tracker_item", ["title", "labels", "team"]) == {
        "title": ["zero\ufffdbyte", "whole \U0001f600"],
        "labels": [["a\ufffd", "b"], ["\ufffd"]],
        "team": ["half \ufffd pair", None],
    }
    assert store.read("tracker_change", ["event_id", "before"]) == {
        "event_id": ["e\ufffd1"],
        "before": ["\ufffd"],
    }


def test_numbers_beyond_the_databases_become_unknown(store: Store) -> None:
    save(
        store,
        item(1, sort=2**63, points=float("nan"), budget=float("inf")),
        item(2, sort=2**63 - 1, points=0.1),
        Unmapped(source="shop", what="status", value="x", count=2**70),
    )

    assert store.read("tracker_item", ["sort", "points", "budget"]) == {
        "sort": [None, 9223372036854775807],
        "points": [None, 0.1],
        "budget": [None, None],
    }
    # The count may not be unknown, so it is as large as it can be.
    assert store.read("tracker_unmapped", ["count"]) == {"count": [9223372036854775807]}


def test_years_far_off_are_kept(store: Store) -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    beyond = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-5)))
    save(
        store, item(1, due=date(1, 1, 1), created_at=first), item(2, due=date(9999, 12, 31), created_at=last)
    )
    save(store, item(3, created_at=beyond))

    assert store.read("tracker_item", ["due", "created_at"]) == {
        "due": [date(1, 1, 1), date(9999, 12, 31), None],
        "created_at": [first, last, last],
    }


def test_dependencies_of_listed_items_that_the_page_does_not_carry_are_gone(store: Store) -> None:
    save(store, item(1), item(2), item(3), item(4))
    save(store, link("a", 1, 2), link("b", 2, 3), link("c", 3, 4))

    save(store, link("b", 2, 3), replaces=[OwnedBy(record="Dependency", item_ids=["shop/2"])])

    # a ends at the listed item 2 and is not in the page; c touches no listed item.
    assert keys(store, "dependency", "dependency_id") == ["b", "c"]


def test_a_page_of_no_links_removes_all_links_of_its_items(store: Store) -> None:
    save(store, item(1), item(2), link("a", 1, 2))

    counts = save(store, item(1), replaces=[OwnedBy(record="Dependency", item_ids=["shop/1"])])

    assert counts == PageCounts(changed=1, unchanged=1)
    assert keys(store, "dependency", "dependency_id") == []


def test_links_that_another_source_reports_are_not_replaced(store: Store) -> None:
    save(store, item(1), item(2))
    other = Page(records=[link("theirs", 1, 2, source="plans")])
    store.save_page("plans", "tasks", other, run_id="r1", now=NOW)

    save(store, replaces=[OwnedBy(record="Dependency", item_ids=["shop/1", "shop/2"])])

    assert keys(store, "dependency", "dependency_id") == ["theirs"]


def test_a_risk_face_goes_with_its_page(store: Store) -> None:
    save(store, item(1, kind="risk"), Risk(item_id="shop/1", source="shop", impact=5))
    save(store, item(1, kind="risk"), replaces=[OwnedBy(record="Risk", item_ids=["shop/1"])])

    assert next(store.rows("risk"))["impact"] is None


def _baseline(name: str, day: int, origin: str) -> Baseline:
    return Baseline(
        name=name, item_id="shop/1", source="shop", finish=date(2026, 11, day), taken_at=NOW, origin=origin
    )


def test_a_baseline_that_was_taken_never_changes(store: Store) -> None:
    save(store, item(1), _baseline("approved", 1, "taken"))

    assert save(store, _baseline("approved", 9, "taken")) == PageCounts(unchanged=1)
    assert save(store, _baseline("approved", 9, "imported")) == PageCounts(unchanged=1)
    assert next(store.rows("baseline"))["finish"] == date(2026, 11, 1)


def test_an_imported_baseline_is_what_its_file_says_today(store: Store) -> None:
    save(store, item(1), _baseline("Baseline", 1, "imported"), _baseline("Baseline 1", 2, "imported"))
    save(store, _baseline("approved", 3, "taken"))

    counts = save(
        store,
        _baseline("Baseline", 9, "imported"),
        replaces=[OwnedBy(record="Baseline", item_ids=["shop/1"])],
    )

    assert counts == PageCounts(changed=2)  # one is another, one is gone
    assert {row["name"]: row["finish"] for row in store.rows("baseline")} == {
        "Baseline": date(2026, 11, 9),
        "approved": date(2026, 11, 3),
    }


def test_replacing_something_else_is_refused(store: Store) -> None:
    with pytest.raises(MappingError, match="cannot replace WorkItem"):
        save(store, replaces=[OwnedBy(record="WorkItem", item_ids=["shop/1"])])
