"""Dependencies and twins that cross trackers by an address, in the store's views."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portfolio.records import AnyRecord, Dependency, Page, WorkItem, linked_end
from store import Store, open_store
from sync.derive import DeriveCounts, derive
from sync.twin_classes import twin_classes
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CLOUD = "https://shop.atlassian.net/browse/"
AZURE = "https://dev.azure.com/shop/Retail/_workitems/edit/"


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as opened:
        for source, kind in (("shop", "jira"), ("boards", "azure_devops"), ("plans", "project_file")):
            opened.declare_source(source, kind, kind, "1")
        yield opened


def issue(number: int, **values: Any) -> WorkItem:
    given = {"key": f"CHK-{number}", "url": f"{CLOUD}CHK-{number}", "scope": "CHK", **values}
    return WorkItem(item_id=f"shop/{10000 + number}", source="shop", native_id=str(10000 + number), **given)


def item(number: int, **values: Any) -> WorkItem:
    given = {"key": str(number), "url": f"{AZURE}{number}", "scope": "Retail", **values}
    return WorkItem(item_id=f"boards/{number}", source="boards", native_id=str(number), **given)


def task(number: int, **values: Any) -> WorkItem:
    given = {"key": f"plan#{number}", "scope": "plan.xml", **values}
    return WorkItem(item_id=f"plans/{number}", source="plans", native_id=str(number), **given)


def waits(name: str, successor: str, predecessor: str, **values: Any) -> Dependency:
    source = next(one for one in (successor, predecessor) if not one.startswith("url:")).partition("/")[0]
    return Dependency(
        dependency_id=name, source=source, predecessor_id=predecessor, successor_id=successor, **values
    )


def derived(store: Store, *records: AnyRecord) -> DeriveCounts:
    run = store.start_run("pull", NOW)
    for source in ("shop", "boards", "plans"):
        mine = [record for record in records if getattr(record, "source", None) == source]
        store.save_page(source, "all", Page(records=mine), tombstones={}, run_id=run, now=NOW)
    return derive(store, DeriveSettings(), today=NOW.date(), now=NOW)


def confirmed_classes(store: Store) -> list[tuple[str, ...]]:
    return twin_classes(
        (row["a_id"], row["b_id"]) for row in store.rows("twin", where={"is_confirmed": True})
    )


def dependencies(store: Store) -> list[tuple[Any, ...]]:
    names = (
        "dependency_id",
        "predecessor_id",
        "successor_id",
        "predecessor_key",
        "successor_key",
        "crosses_source",
    )
    return [tuple(row[name] for name in names) for row in store.rows("dependency")]


def test_a_dependency_on_an_address_is_one_on_the_item_that_stands_there(store: Store) -> None:
    derived(
        store,
        issue(12, start=date(2026, 11, 25)),
        item(7, due=date(2026, 11, 26)),
        waits("d1", "shop/10012", linked_end(f"{AZURE}7")),
    )
    assert dependencies(store) == [("d1", "boards/7", "shop/10012", "7", "CHK-12", True)]
    (row,) = store.rows("dependency")
    assert row["predecessor_finish"] == date(2026, 11, 26)
    assert row["overlap_wd"] == 2  # Wednesday and Thursday are worked by both


def test_a_dependency_of_an_address_is_found_from_the_other_end_too(store: Store) -> None:
    derived(store, issue(12), item(7), waits("d1", linked_end(f"{CLOUD}CHK-12"), "boards/7"))
    assert dependencies(store) == [("d1", "boards/7", "shop/10012", "7", "CHK-12", True)]


def test_an_address_that_no_source_delivers_stays_visible_and_unknown(store: Store) -> None:
    elsewhere = "https://dev.azure.com/partner/Depot/_workitems/edit/5"
    counts = derived(
        store, issue(12, start=date(2026, 11, 25)), item(7), waits("d1", "shop/10012", linked_end(elsewhere))
    )
    assert dependencies(store) == [("d1", f"url:{elsewhere}", "shop/10012", None, "CHK-12", True)]
    (row,) = store.rows("dependency")
    assert (row["predecessor_finish"], row["overlap_wd"], row["successor_start"]) == (
        None,
        None,
        date(2026, 11, 25),
    )
    assert (row["crosses_schedule"], row["in_cycle"]) == (True, False)
    assert counts.unknown_ends == 1


def test_the_same_dependency_shown_by_both_trackers_is_one(store: Store) -> None:
    derived(
        store,
        issue(12),
        item(7),
        waits("b", "shop/10012", linked_end(f"{AZURE}7")),
        waits("a", linked_end(f"{CLOUD}CHK-12"), "boards/7"),
    )
    assert dependencies(store) == [("a", "boards/7", "shop/10012", "7", "CHK-12", True)]


def test_two_links_of_one_tracker_that_say_the_same_are_both_kept(store: Store) -> None:
    derived(store, item(7), item(8), waits("a", "boards/7", "boards/8"), waits("b", "boards/7", "boards/8"))
    assert [row[0] for row in dependencies(store)] == ["a", "b"]


def test_a_circle_through_two_trackers_is_seen(store: Store) -> None:
    derived(
        store,
        issue(12),
        item(7),
        waits("a", "shop/10012", linked_end(f"{AZURE}7")),
        waits("b", "boards/7", linked_end(f"{CLOUD}CHK-12")),
    )
    assert [row["in_cycle"] for row in store.rows("dependency")] == [True, True]


def test_a_dependency_on_an_item_that_vanished_is_gone_and_comes_back_with_it(store: Store) -> None:
    link = waits("d1", "shop/10012", linked_end(f"{AZURE}7"))
    derived(store, issue(12), item(7), link)
    run = store.start_run("pull", NOW)
    store.save_page("boards", "all", Page(), tombstones={"boards/7": "deleted"}, run_id=run, now=NOW)
    derive(store, DeriveSettings(), today=NOW.date(), now=NOW)
    assert dependencies(store) == [("d1", f"url:{AZURE}7", "shop/10012", None, "CHK-12", True)]
    derived(store, item(7))
    assert dependencies(store) == [("d1", "boards/7", "shop/10012", "7", "CHK-12", True)]


def test_a_link_that_says_who_waits_makes_a_dependency_and_no_twin(store: Store) -> None:
    derived(
        store,
        issue(12, linked_urls=[f"{AZURE}7"]),
        item(7, linked_urls=[f"{CLOUD}CHK-12"]),
        waits("d1", "shop/10012", linked_end(f"{AZURE}7")),
    )
    assert list(store.rows("twin")) == []


def test_one_piece_of_work_in_three_trackers_is_one_class(store: Store) -> None:
    derived(
        store,
        issue(12, linked_urls=[f"{AZURE}7"], state="in_progress", due=date(2026, 12, 1)),
        item(7, linked_urls=[f"{CLOUD}CHK-12"], state="done", due=date(2026, 12, 3)),
        task(3, twin_keys=["CHK-12"], due=date(2026, 12, 1)),
        issue(13, title="Follow-up of AB#7"),
    )
    assert confirmed_classes(store) == [("boards/7", "plans/3", "shop/10012")]
    shown = [
        (
            row["a_key"],
            row["b_key"],
            row["evidence"],
            row["is_confirmed"],
            row["due_gap_wd"],
            row["state_differs"],
        )
        for row in store.rows("twin")
    ]
    assert sorted(shown) == [
        ("7", "CHK-12", "link both ways", True, -2, True),
        ("7", "CHK-13", "title (another in shop is more likely)", False, None, True),
        ("plan#3", "CHK-12", "field", True, 0, False),
    ]


def test_a_portfolio_without_any_link_reads_no_addresses(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.derive_links.address_index", None)  # calling it would fail
    derived(store, issue(12), task(3, twin_keys=["CHK-12"]))
    assert confirmed_classes(store) == [("plans/3", "shop/10012")]


def test_deriving_twice_writes_nothing_the_second_time(store: Store) -> None:
    derived(store, issue(12), item(7), waits("d1", "shop/10012", linked_end(f"{AZURE}7")))
    assert derive(store, DeriveSettings(), today=NOW.date(), now=NOW).changed == 0
