"""Reading for people.

Exactly the view's columns, and questions that cannot be asked are answered with a hint.
"""

from __future__ import annotations

from datetime import date

import pytest
from store_samples import NOW, change, item, keys, link, save

from portfolio.errors import UsageError
from portfolio.views import VIEWS
from store import Store, open_store


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_every_view_can_be_read_and_is_empty_at_first(store: Store, view: str) -> None:
    assert list(store.rows(view)) == []


def test_a_row_has_exactly_the_views_columns_in_order(store: Store) -> None:
    save(store, item(1, kind="risk"), item(2), link("a", 1, 2), change(1, "e1"))

    for view in ("item", "risk", "dependency", "change"):
        assert tuple(next(store.rows(view))) == VIEWS[view].names


def test_booleans_of_a_view_are_never_unknown(store: Store) -> None:
    save(store, item(1), item(2), link("a", 1, 2))

    for view in ("item", "dependency"):
        row = next(store.rows(view))
        never_null = [column.name for column in VIEWS[view].columns if column.never_null]
        assert never_null
        assert [name for name in never_null if not isinstance(row[name], bool)] == []


def test_an_item_joins_what_was_pulled_derived_and_rolled_up(store: Store) -> None:
    store.declare_source("shop", "jira", "Jira Cloud", "1")
    save(
        store,
        item(1, percent_complete=10.0, is_summary=False),
        item(2, percent_complete=20.0, is_summary=True),
    )
    store.replace(
        "derived_item",
        {"item_id": ["shop/1"], "is_summary": [True], "project": ["checkout"], "releases": [["1.0"]]},
    )
    store.replace("derived_rollup", {"item_id": ["shop/1"], "percent_complete": [42.5], "health": ["red"]})

    first, second = store.rows("item")

    assert (first["is_summary"], first["project"], first["releases"]) == (True, "checkout", ["1.0"])
    assert (first["percent_complete"], first["health"]) == (42.5, "red")
    assert (second["is_summary"], second["project"], second["releases"]) == (True, None, None)
    assert (second["percent_complete"], second["health"]) == (20.0, None)


def test_a_dependency_shows_both_ends_and_leaves_an_unknown_one_unknown(store: Store) -> None:
    save(store, item(1, state="done"), item(2, state="removed"), link("a", 1, 2), link("b", 2, 99))
    store.replace(
        "derived_item", {"item_id": ["shop/2"], "is_committed": [True], "owner_problem": ["no owner"]}
    )

    known, dangling = store.rows("dependency")

    assert (known["predecessor_key"], known["successor_key"]) == ("CHK-1", "CHK-2")
    assert (known["predecessor_is_done"], known["successor_is_done"]) == (True, False)
    assert (known["successor_is_committed"], known["successor_state"]) == (True, "removed")
    assert known["predecessor_owner_problem"] is None
    assert (dangling["predecessor_is_removed"], dangling["predecessor_owner_problem"]) == (True, "no owner")
    assert (dangling["successor_key"], dangling["successor_is_done"]) == (None, None)


def test_a_release_counts_its_open_items(store: Store) -> None:
    from portfolio.records import Release

    save(
        store,
        Release(release_id="shop/v1", source="shop", name="1.0"),
        item(1, release_id="shop/v1"),
        item(2, release_id="shop/v1", state="done"),
        item(3),
    )

    assert next(store.rows("release"))["open_items"] == 1


def test_rows_are_chosen_by_value_list_or_unknown(store: Store) -> None:
    save(store, item(1, due=date(2026, 12, 1)), item(2, is_blocked=True), item(3))

    def chosen(**where: object) -> list[object]:
        return [row["key"] for row in store.rows("item", where=where)]

    assert chosen(key="CHK-2") == ["CHK-2"]
    assert chosen(key=["CHK-3", "CHK-1"]) == ["CHK-1", "CHK-3"]
    assert chosen(key=[]) == []
    assert chosen(due=None) == ["CHK-2", "CHK-3"]
    assert chosen(due=date(2026, 12, 1)) == ["CHK-1"]
    assert chosen(is_blocked=True) == ["CHK-2"]
    assert chosen(is_blocked=False, due=None) == ["CHK-3"]


@pytest.mark.parametrize(
    ("view", "where", "deleted", "problem"),
    [
        ("items", {}, False, "no view items. Did you mean item"),
        ("item", {"duedate": 1}, False, "no column duedate. Did you mean due"),
        ("item", {"due": "tomorrow"}, False, "item.due is str, not a date"),
        ("item", {"labels": ["a"]}, False, "labels of item cannot be compared"),
        ("risk", {}, True, "risk keeps no deleted rows"),
    ],
)
def test_a_question_that_cannot_be_asked_is_a_usage_error(
    store: Store, view: str, where: dict[str, object], deleted: bool, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        store.rows(view, where=where, deleted=deleted)


def test_the_caller_may_write_while_it_reads(store: Store) -> None:
    save(store, *(item(number) for number in range(5000)))

    seen = 0
    for row in store.rows("item"):
        if seen == 10:
            store.tombstone("shop", {str(row["item_id"]): "deleted"}, NOW)
        seen += 1

    assert seen == 5000  # one state of the database, whatever happens meanwhile
    assert len(keys(store)) == 4999


def test_what_is_stored_is_there_when_the_store_is_opened_again(lasting_url: str) -> None:
    with open_store(lasting_url) as store:
        save(store, item(1, title="kept"))
    with open_store(lasting_url) as store:
        assert keys(store, column="title") == ["kept"]
        assert store.counts()["item"] == 1
