"""What has vanished becomes a tombstone.

Out of every view, never out of the store, and back when it returns.
"""

from __future__ import annotations

from store_samples import NOW, change, item, keys, link, save

from portfolio.records import Baseline, Gone, IdPage, Risk
from store import PageCounts, Store, Vanishing


def test_an_item_that_is_gone_leaves_the_view_and_stays_in_the_store(store: Store) -> None:
    save(store, item(1), item(2))

    assert save(store, gone=[Gone(item_id="shop/1", reason="deleted")]) == PageCounts(gone=1)

    assert keys(store) == ["CHK-2"]
    rows = {row["key"]: row for row in store.rows("item", deleted=True)}
    assert rows["CHK-1"]["is_deleted"] is True
    assert rows["CHK-1"]["deleted_because"] == "deleted"
    assert rows["CHK-2"]["is_deleted"] is False
    assert rows["CHK-2"]["deleted_because"] is None
    assert store.counts()["item"] == 1
    assert store.counts()["item_deleted"] == 1


def test_gone_twice_counts_once_and_keeps_its_first_reason(store: Store) -> None:
    save(store, item(1))
    assert save(store, gone=[Gone(item_id="shop/1", reason="archived")]) == PageCounts(gone=1)
    assert save(store, gone=[Gone(item_id="shop/1", reason="deleted")]) == PageCounts()

    assert next(store.rows("item", deleted=True))["deleted_because"] == "archived"


def test_gone_of_an_unknown_item_is_nothing(store: Store) -> None:
    assert save(store, gone=[Gone(item_id="shop/99", reason="deleted")]) == PageCounts()


def test_an_item_that_comes_again_lives_again_even_if_nothing_else_changed(store: Store) -> None:
    save(store, item(1))
    save(store, gone=[Gone(item_id="shop/1", reason="hidden")])

    assert save(store, item(1)) == PageCounts(changed=1)
    assert keys(store) == ["CHK-1"]
    assert next(store.rows("item"))["deleted_because"] is None


def test_what_the_tracker_calls_gone_wins_over_a_record_of_the_same_page(store: Store) -> None:
    save(store, item(1), gone=[Gone(item_id="shop/1", reason="moved")])

    assert keys(store) == []


def test_a_record_of_the_page_wins_over_a_conclusion_from_a_census(store: Store) -> None:
    save(store, item(1), item(2))

    counts = save(
        store,
        item(1, scope="PAY"),
        tombstones={"shop/1": "not in the census", "shop/2": "not in the census"},
    )

    assert counts == PageCounts(changed=1, gone=1)
    assert keys(store) == ["CHK-1"]


def test_a_tombstone_disappears_from_everything_built_on_it(store: Store) -> None:
    save(
        store,
        item(1, kind="risk"),
        item(2),
        item(3),
        Risk(item_id="shop/1", source="shop"),
        link("a", 1, 2),
        link("b", 2, 3),
        change(1, "e1"),
        change(2, "e2"),
        Baseline(name="plan", item_id="shop/1", source="shop"),
    )
    store.replace("derived_milestone", {"item_id": ["shop/1", "shop/2"], "slope": [1.0, 2.0]})
    store.replace("derived_twin", {"twin_id": ["t"], "a_id": ["shop/1"], "b_id": ["shop/2"]})
    store.replace("derived_item", {"item_id": ["shop/1", "shop/2"], "depth": [0, 0]})

    store.tombstone("shop", {"shop/1": "deleted"}, NOW)

    assert keys(store, "risk") == []
    assert keys(store, "dependency", "dependency_id") == ["b"]
    assert keys(store, "change", "event_id") == ["e2"]
    assert keys(store, "baseline") == []
    assert keys(store, "milestone", "item_id") == ["shop/2"]
    assert keys(store, "twin", "twin_id") == []
    assert store.read("tracker_item", ["key"]) == {"key": ["CHK-2", "CHK-3"]}
    assert store.read("tracker_risk", ["item_id"]) == {"item_id": []}
    assert store.read("tracker_change", ["event_id"]) == {"event_id": ["e2"]}
    assert store.read("tracker_dependency", ["dependency_id"]) == {"dependency_id": ["b"]}
    assert store.read("derived_item", ["item_id"]) == {"item_id": ["shop/2"]}
    assert store.read("tracker_risk", ["item_id"], live_only=False) == {"item_id": ["shop/1"]}
    assert store.read("tracker_item", ["deleted_at"], live_only=False) == {"deleted_at": [NOW, None, None]}


def test_only_a_sources_own_items_become_its_tombstones(store: Store) -> None:
    save(store, item(1))

    assert store.tombstone("boards", {"shop/1": "deleted"}, NOW) == 0
    assert store.tombstone("shop", {}, NOW) == 0
    assert store.tombstone("shop", {"shop/1": "deleted", "shop/2": "deleted"}, NOW) == 1
    assert keys(store) == []


def test_what_a_complete_list_does_not_name_has_vanished(store: Store) -> None:
    save(store, item(1), item(2), item(3), item(4, scope="PAY"))

    found = store.vanishing(
        "shop", [IdPage(scope="CHK", ids=["shop/1", "shop/9"], reason="no longer in the project")]
    )

    assert found == Vanishing(
        ids={"shop/2": "no longer in the project", "shop/3": "no longer in the project"}, known=3
    )


def test_an_item_that_another_list_names_has_moved_and_not_vanished(store: Store) -> None:
    save(store, item(1), item(2))

    pages = [IdPage(scope="CHK", ids=["shop/2"]), IdPage(scope="PAY", ids=["shop/1"])]

    assert store.vanishing("shop", pages) == Vanishing(ids={}, known=2)


def test_a_list_in_several_pages_is_one_list(store: Store) -> None:
    save(store, item(1), item(2), item(3))

    pages = [IdPage(scope="CHK", ids=["shop/1"]), IdPage(scope="CHK", ids=["shop/2"])]

    assert store.vanishing("shop", pages) == Vanishing(ids={"shop/3": "not in the census"}, known=3)


def test_a_scope_that_could_not_be_read_says_nothing(store: Store) -> None:
    save(store, item(1), item(2))

    pages = [IdPage(scope="CHK", ids=["shop/1"]), IdPage(scope="CHK", ids=[], is_readable=False)]

    assert store.vanishing("shop", pages) == Vanishing(ids={}, known=0)


def test_a_tombstone_does_not_vanish_again(store: Store) -> None:
    save(store, item(1), item(2))
    store.tombstone("shop", {"shop/1": "deleted"}, NOW)

    assert store.vanishing("shop", [IdPage(scope="CHK", ids=[])]) == Vanishing(
        ids={"shop/2": "not in the census"}, known=1
    )


def areas(store: Store) -> None:
    """Items of a project and of areas below it, and of one whose name only begins alike."""
    save(
        store,
        item(1, scope="Retail"),
        item(2, scope="Retail\\Checkout"),
        item(3, scope="Retail\\Checkout\\Cart"),
        item(4, scope="Retail Europe\\Checkout"),
    )


def test_a_list_may_be_that_of_every_scope_below(store: Store) -> None:
    areas(store)

    pages = [IdPage(scope="Retail", ids=["shop/2"], covers_below=True)]

    assert store.vanishing("shop", pages) == Vanishing(
        ids={"shop/1": "not in the census", "shop/3": "not in the census"}, known=3
    )


def test_a_list_that_does_not_say_so_is_that_of_its_own_scope_only(store: Store) -> None:
    areas(store)

    assert store.vanishing("shop", [IdPage(scope="Retail", ids=[])]).ids == {"shop/1": "not in the census"}


def test_a_wide_scope_that_could_not_be_read_says_nothing_of_those_below(store: Store) -> None:
    areas(store)

    pages = [
        IdPage(scope="Retail\\Checkout", ids=[]),
        IdPage(scope="Retail", ids=[], is_readable=False, covers_below=True),
    ]

    assert store.vanishing("shop", pages) == Vanishing(ids={}, known=0)


def test_what_is_known_of_a_single_item_is_a_better_reason(store: Store) -> None:
    areas(store)

    page = IdPage(scope="Retail", ids=["shop/1"], covers_below=True, reasons={"shop/2": "in the bin"})

    assert store.vanishing("shop", [page]).ids == {"shop/2": "in the bin", "shop/3": "not in the census"}
