"""Derive: columns out, columns back in, and only what differs is written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy
import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from store_samples import change, item, link, save

from portfolio.records import Calendar, linked_end
from store import Store
from store.catalogue import TABLES
from store.tables import metadata
from store.values import row_hashes


def test_columns_are_parallel_lists_in_the_order_of_the_key(store: Store) -> None:
    save(store, item(2, due=date(2026, 12, 2), labels=["x"]), item(10), item(1, is_critical=True))

    assert store.read("tracker_item", ["item_id", "due", "labels", "is_critical", "is_blocked"]) == {
        "item_id": ["shop/1", "shop/10", "shop/2"],
        "due": [None, None, date(2026, 12, 2)],
        "labels": [[], [], ["x"]],
        "is_critical": [True, None, None],
        "is_blocked": [False, False, False],
    }


def test_text_is_ordered_by_code_point_whatever_the_servers_locale(store: Store) -> None:
    names = ["b", "A", "a", "Z", "é", "_"]
    store.replace("derived_team", {"team": names})

    assert store.read("derived_team", ["team"]) == {"team": ["A", "Z", "_", "a", "b", "é"]}
    assert [row["team"] for row in store.rows("team")] == ["A", "Z", "_", "a", "b", "é"]


def test_no_text_column_follows_the_servers_locale() -> None:
    # The servers that tests run on sort by code point anyway, so the promise is read from the statements.
    for table in metadata().tables.values():
        created = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        assert created.count(" TEXT") == created.count(' TEXT COLLATE "C"')


def test_a_timeline_comes_oldest_first_when_it_arrived_so(store: Store) -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    save(store, change(1, "z", at=first), change(1, "a", at=second))

    assert store.read("tracker_change", ["event_id", "at"]) == {
        "event_id": ["z", "a"],
        "at": [first, second],
    }


def test_an_empty_table_gives_empty_columns(store: Store) -> None:
    assert store.read("tracker_risk", ["item_id", "impact"]) == {"item_id": [], "impact": []}


def test_an_unknown_table_or_column_is_named_with_its_nearest(store: Store) -> None:
    with pytest.raises(KeyError, match=r"no table tracker_items \(nearest: tracker_item\)"):
        store.read("tracker_items", ["item_id"])
    with pytest.raises(KeyError, match=r"no column duedate \(nearest: due"):
        store.read("tracker_item", ["duedate"])


def test_the_table_holds_exactly_the_rows_given(store: Store) -> None:
    assert store.replace("derived_item", {"item_id": ["a", "b", "c"], "depth": [0, 1, 2]}) == 3
    assert store.replace("derived_item", {"item_id": ["b", "c", "d"], "depth": [1, 5, 2]}) == 3

    # b is as it was; c was written, d inserted, a removed.
    assert store.read("derived_item", ["item_id", "depth"]) == {
        "item_id": ["b", "c", "d"],
        "depth": [1, 5, 2],
    }


def test_equal_rows_are_not_written(store: Store) -> None:
    columns = {
        "item_id": ["a", "b"],
        "owner": ["Ann", None],
        "is_leaf": [True, False],
        "effective_due": [date(2026, 12, 1), None],
        "releases": [["1.0"], []],
        "committed_at": [datetime(2026, 1, 1, tzinfo=UTC), None],
    }

    assert store.replace("derived_item", columns) == 2
    assert store.replace("derived_item", columns) == 0


def test_no_rows_empty_the_table(store: Store) -> None:
    store.replace("derived_person", {"person_id": ["a", "b"]})

    assert store.replace("derived_person", {"person_id": []}) == 2
    assert list(store.rows("person")) == []


def test_a_column_that_is_not_given_becomes_unknown(store: Store) -> None:
    store.replace("derived_person", {"person_id": ["a"], "name": ["Ann"], "open_items": [3]})
    store.replace("derived_person", {"person_id": ["a"], "name": ["Ann"]})

    assert next(store.rows("person"))["open_items"] is None


def test_a_key_of_several_columns_and_one_of_dates_are_recognised(store: Store) -> None:
    checks = {"schedule_id": ["s", "s"], "check": ["logic", "leads"], "numerator": [1, 2]}
    days = {"day": [date(2026, 11, 24), date(2026, 11, 25)], "ord": [100, 101]}

    assert store.replace("derived_schedule_check", checks) == 2
    assert store.replace("derived_schedule_check", checks) == 0
    assert store.replace("derived_workday", days) == 2
    assert store.replace("derived_workday", days) == 0
    assert store.replace("derived_workday", {"day": [date(2026, 11, 25)], "ord": [7]}) == 2
    assert store.read("derived_workday", ["day", "ord"]) == {"day": [date(2026, 11, 25)], "ord": [7]}


def test_numpys_numbers_are_stored_as_numbers(store: Store) -> None:
    store.replace(
        "derived_item",
        {
            "item_id": ["a"],
            "depth": [numpy.int64(3)],
            "is_leaf": [numpy.bool_(True)],
        },
    )
    store.replace("derived_team", {"team": ["x"], "wip": [numpy.float64(2.5)], "p10_26w": [3]})

    assert store.read("derived_item", ["depth", "is_leaf"]) == {"depth": [3], "is_leaf": [True]}
    assert store.read("derived_team", ["wip", "p10_26w"]) == {"wip": [2.5], "p10_26w": [3.0]}


def test_many_rows_take_the_same_road(store: Store) -> None:
    count = 3000
    ids = [f"shop/{number}" for number in range(count)]

    assert store.replace("derived_item", {"item_id": ids, "depth": [1] * count}) == 3000
    assert store.replace("derived_item", {"item_id": ids, "depth": [1] * 2999 + [2]}) == 1
    assert store.replace("derived_item", {"item_id": ids[:1000], "depth": [1] * 1000}) == 2000


@pytest.mark.parametrize(
    ("table", "columns", "problem"),
    [
        ("derived_item", {"item_id": ["a"], "dept": [1]}, r"no column dept \(nearest: depth\)"),
        ("derived_item", {"item_id": ["a"], "row_hash": [1]}, "no column row_hash"),
        ("derived_item", {"depth": [1]}, "the key column item_id is missing"),
        ("derived_item", {"item_id": ["a"], "depth": [1, 2]}, "depth has 2 values, item_id 1"),
        ("derived_item", {"item_id": ["a", None]}, "item_id may not be empty"),
        ("derived_item", {"item_id": ["a", "b"], "depth": [1, "x"]}, "derived_item b: depth is str"),
        ("tracker_item", {"item_id": ["a"]}, "only derived tables are replaced"),
    ],
)
def test_columns_that_cannot_be_a_table_are_refused(
    store: Store, table: str, columns: dict[str, list[object]], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        store.replace(table, columns)


def test_the_hash_of_a_row_is_pinned() -> None:
    # Another value would write every row of every store again after an upgrade.
    assert row_hashes([("shop/1", 7, None, 2.5, True, "é"), ()]) == [
        -4212088727845406833,
        -450762322201056936,
    ]


def test_every_derived_table_can_be_replaced_and_read(store: Store) -> None:
    for name, table in TABLES.items():
        if name.startswith("derived_"):
            day = date(2026, 11, 24)
            columns = {column: [day if name == "derived_workday" else "x"] for column in table.key}
            assert store.replace(name, columns) == 1
            assert store.replace(name, columns) == 0
            assert len(store.read(name, table.names)) == len(table.names)


def test_hours_of_a_calendar_come_back_as_they_went(store: Store) -> None:
    hours = {"week": [[[480, 720]], [], [], [], [], [], []], "exceptions": [["2026-12-24", "2026-12-24", []]]}
    save(
        store,
        Calendar(calendar_id="a", source="shop", name="A", hours=hours),
        Calendar(calendar_id="b", source="shop", name="B"),
    )

    assert store.read("tracker_calendar", ["hours"]) == {"hours": [hours, None]}


def test_what_is_connected_is_found_over_dependencies_containment_and_twins(store: Store) -> None:
    save(
        store,
        item(1),
        item(2, parent_id="shop/1"),
        *(item(number) for number in range(3, 8)),
        link("a", 2, 3),
        link("b", 4, 3, predecessor_id=linked_end("https://shop.example/4")),
    )
    store.replace("derived_dependency", {"dependency_id": ["a", "b"], "predecessor_id": [None, "shop/4"]})
    store.replace(
        "derived_twin",
        {
            "twin_id": ["x", "y"],
            "a_id": ["shop/4", "shop/4"],
            "b_id": ["shop/5", "shop/6"],
            "is_confirmed": [True, False],
        },
    )
    together = {f"shop/{number}" for number in range(1, 6)}
    for one in together:
        assert {*store.connected({one}, at_most=100)} - {linked_end("https://shop.example/4")} == together
    assert store.connected({"shop/7"}, at_most=100) == {"shop/7"}
    assert store.connected((), at_most=100) == set()
    assert len(store.connected({"shop/1"}, at_most=2)) == 3
    assert store.has_rows("derived_twin")
    assert not store.has_rows("derived_risk")
