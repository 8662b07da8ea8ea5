"""Teams, iterations, loads and what was added: the example of docs/delivery.md, and what changes do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flow_world import NOW, SETTINGS, TODAY, at, begin, begun, change, derived, fill, item, rows, world
from shared import ROOT

from portfolio.records import AnyRecord, Gone, Identity, Iteration, Page, Schedule, WorkItem
from portfolio.views import VIEWS
from store import Store, open_store
from store.catalogue import TABLES
from sync.derive import derive

PAGE = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
FIGURES = re.findall(r"^\| `(\w+)` \| ([^|`]+) \| `(\w+)` \| ([\d.]+) \|$", PAGE, flags=re.M)
KEYS = {"team": "team", "iteration": "name", "person": "name", "item": "key"}
TEAM = ("throughput_4w", "p10_26w", "wip", "wip_median_8w")
DERIVED = [name for name in TABLES if name.startswith("derived_")]


@pytest.fixture(scope="module")
def web() -> Iterator[Store]:
    """The world of the page; whoever changes it puts everything back."""
    with open_store("sqlite://") as store, pytest.MonkeyPatch.context() as patch:
        # As for every test here, but this world is older than the first of them.
        patch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})
        begin(store, world())
        derived(store)
        yield store


def tables(store: Store) -> dict[str, list[Any]]:
    with store._db.read() as connection:
        return {
            name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall()), key=repr)
            for name in DERIVED
        }


def after(store: Store, *records: AnyRecord) -> int:
    """Save, derive what that reaches, and compare with all of it derived; how many items were reached."""
    fill(store, *records)
    reached = derived(store).reached
    found = tables(store)
    assert derived(store, full=True).changed == 0
    assert tables(store) == found
    return reached


def team(store: Store, name: str = "Web") -> tuple[Any, ...]:
    row = rows(store, "team", "team")[name]
    return tuple(row[column] for column in TEAM)


def sprint(store: Store, number: int) -> tuple[float | None, float | None]:
    row = rows(store, "iteration", "iteration_id")[f"shop/s{number}"]
    return row["committed"], row["done"]


def children(store: Store, key: str = "Checkout") -> tuple[int | None, int | None]:
    row = rows(store, "item", "key")[key]
    return row["children_at_commit"], row["children_added"]


def test_the_example_of_the_page_comes_out_as_it_says(web: Store) -> None:
    assert len(FIGURES) == 16
    found = {view: rows(web, view, key) for view, key in KEYS.items()}
    for view, row, column, value in FIGURES:
        assert (view, row, column, found[view][row][column]) == (view, row, column, json.loads(value))


def test_every_number_has_its_line_and_its_column(web: Store) -> None:
    named = re.findall(r"^\| `(\w+)\.(\w+)` \|", PAGE, flags=re.M)
    assert len(named) == 12
    assert all(column in VIEWS[view].names for view, column in named)


def test_what_is_under_way_is_counted_as_it_changes(web: Store) -> None:
    assert after(web, *begun("New 0", TODAY, iteration_id="shop/s7")) == 1
    assert team(web) == (4.0, 8.0, 7.0, 2.0)
    assert sprint(web, 7) == (9.0, 0.0)
    # Done: no more under way, done in the sprint; what it teaches it teaches tomorrow.
    assert after(web, *begun("New 0", TODAY, TODAY, iteration_id="shop/s7")) == 1
    assert team(web) == (4.0, 8.0, 6.0, 2.0)
    assert sprint(web, 7) == (9.0, 1.0)
    web.save_page(
        "shop", "all", Page(gone=[Gone(item_id="shop/New 0", reason="deleted")]), run_id="r", now=NOW
    )
    assert after(web) == 0
    assert sprint(web, 7) == (8.0, 0.0)
    fill(web, item("New 0", created_at=at(date(2026, 11, 20)), iteration_id="shop/s7"))
    assert after(web) == 1


def test_work_that_goes_to_another_team_is_counted_there(web: Store) -> None:
    slow = {"state": "in_progress", "created_at": at(date(2026, 6, 1), 6)}
    assert after(web, item("Slow 1", **{**slow, "team": "Shop"})) == 1
    assert team(web)[2] == 5.0
    assert team(web, "Shop") == (None, None, 1.0, None)
    # Without a team its project speaks for it.
    assert after(web, item("Slow 1", **{**slow, "team": None})) == 1
    assert "Shop" not in rows(web, "team", "team")
    assert team(web, "Web shop") == (None, None, 1.0, None)
    # What gets something below it is no piece of work any more, what is below it is.
    assert after(web, item("Slow 1", **slow), item("Part", parent_id="shop/Slow 1", **slow)) == 2
    assert team(web)[2] == 6.0
    web.save_page(
        "shop", "all", Page(gone=[Gone(item_id="shop/Part", reason="deleted")]), run_id="r", now=NOW
    )
    assert after(web) == 1
    assert team(web)[2] == 6.0


def test_a_moved_date_counts_no_team_and_no_iteration_anew(
    web: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise AssertionError("nothing under way has changed")

    monkeypatch.setattr("sync.derive_flow._others_under_way", fails)
    monkeypatch.setattr("sync.derive_iterations._counted", fails)
    new = {"created_at": at(date(2026, 11, 20)), "iteration_id": "shop/s7"}
    assert after(web, item("New 1", due=date(2026, 12, 4), **new)) == 1
    assert after(web, item("New 1", **new)) == 1


def test_what_leaves_a_running_iteration_was_taken_on_and_what_comes_late_was_not(web: Store) -> None:
    new = {"created_at": at(date(2026, 11, 20))}
    moved = change("New 2", "iteration", date(2026, 11, 25), "shop/s7", None)
    after(
        web,
        item("New 2", **new),
        moved,
        item("Late", created_at=at(date(2026, 11, 24)), iteration_id="shop/s7"),
    )
    assert sprint(web, 7) == (9.0, 0.0)
    # Neither an epic nor what a story is divided into is taken on.
    part = item("Part", created_at=at(date(2026, 11, 20)), iteration_id="shop/s7", parent_id="shop/New 3")
    after(web, part, item("New 4", kind="epic", iteration_id="shop/s7", **new))
    assert sprint(web, 7) == (8.0, 0.0)
    # Below an epic it is.
    after(web, item("New 3", kind="epic", iteration_id="shop/s7", **new))
    assert sprint(web, 7) == (8.0, 0.0)
    gone = [Gone(item_id=f"shop/{name}", reason="deleted") for name in ("Part", "Late")]
    web.save_page("shop", "all", Page(gone=gone), run_id="r", now=NOW)
    with web._db.write() as connection:
        connection.exec_driver_sql(
            "DELETE FROM tracker_change WHERE item_id = 'shop/New 2' AND field = 'iteration'"
        )
    after(web, *(item(f"New {number}", iteration_id="shop/s7", **new) for number in (2, 3, 4)))
    assert sprint(web, 7) == (9.0, 0.0)


def test_a_load_is_known_where_all_hours_are_or_the_time_is_full(web: Store) -> None:
    def load(**values: Any) -> float | None:
        pay = {"scope": "PAY", "schedule_id": "shop/PAY", "team": None, "created_at": at(date(2026, 9, 1))}
        after(web, item("Ana 3", owner_id="ana", **{**pay, **values}))
        found: float | None = rows(web, "person", "name")["Ana Berg"]["load_4w"]
        return found

    assert load(due=date(2026, 12, 4), remaining_hours=8.0) == 1.3
    assert load(due=date(2026, 12, 4)) == 1.25
    # Half of a small task is left: 4 of 8 hours.
    assert (
        load(due=date(2026, 12, 4), state="in_progress", estimate_hours=8.0, percent_complete=50.0) == 1.275
    )
    # What is not begun and has no date is nobody's plan, a risk is no work, and next year is far.
    assert load(remaining_hours=80.0) == 1.25
    assert load(due=date(2026, 12, 4), remaining_hours=80.0, kind="risk") == 1.25
    assert load(start=date(2027, 1, 4), due=date(2027, 1, 8), remaining_hours=80.0) == 1.25
    # Ana's great task is done: 40 of 160 hours, and unknown when another one tells none.
    pay = {"scope": "PAY", "schedule_id": "shop/PAY", "team": None, "created_at": at(date(2026, 9, 1))}
    fill(web, item("Ana 1", owner_id="ana", state="done", remaining_hours=0.0, due=date(2026, 12, 11), **pay))
    assert load(due=date(2026, 12, 4), remaining_hours=8.0) == 0.3
    assert load(due=date(2026, 12, 4)) is None
    fill(web, item("Ana 1", owner_id="ana", remaining_hours=160.0, due=date(2026, 12, 11), **pay))
    web.save_page(
        "shop", "all", Page(gone=[Gone(item_id="shop/Ana 3", reason="deleted")]), run_id="r", now=NOW
    )
    after(web)


def test_what_was_committed_grows_by_what_is_made_and_by_what_is_moved_there(web: Store) -> None:
    pay = {"scope": "PAY", "schedule_id": "shop/PAY", "team": None, "parent_id": "shop/Checkout"}
    old = {**pay, "created_at": at(date(2026, 8, 3))}
    # Older than the commitment, but moved there after it: the parent is found though only the child changed.
    after(web, item("Moved", **old))
    assert children(web) == (7, 2)
    assert after(web, change("Moved", "parent", date(2026, 10, 5), None, "shop/Checkout")) == 2
    assert children(web) == (6, 3)
    after(web, item("Moved", state="removed", **old))
    assert children(web) == (6, 2)
    # Five days after the commitment still belong to it.
    after(web, item("Settled", **{**pay, "created_at": at(date(2026, 9, 6))}))
    assert children(web) == (7, 2)
    after(web, item("Settled", **{**pay, "created_at": at(date(2026, 9, 6), 9)}))
    assert children(web) == (6, 3)
    assert children(web, "Story 1") == (None, None)
    gone = [Gone(item_id=f"shop/{name}", reason="deleted") for name in ("Moved", "Settled")]
    web.save_page("shop", "all", Page(gone=gone), run_id="r", now=NOW)
    after(web)


def test_another_day_counts_what_was_finished_until_then() -> None:
    with open_store("sqlite://") as store:
        begin(store, world())
        fill(store, *begun("New 0", TODAY, TODAY, iteration_id="shop/s7"))
        derived(store, days=14)
        # The weeks of 26 October and 2 November have gone from the four; in that of 23 November one was done.
        assert team(store) == (3.0, 8.0, 6.0, 2.0)
        # Nobody closed the sprint, so it goes on; when somebody does, it is over, and still says what it did.
        assert sprint(store, 7) == (9.0, 1.0)
        closed = Iteration(
            iteration_id="shop/s7", source="shop", name="Sprint 7", state="closed",
            start=TODAY, end=date(2026, 12, 4),
        )  # fmt: skip
        fill(store, closed)
        derived(store, days=15)
        assert sprint(store, 7) == (9.0, 1.0)
        assert list(store.read("derived_iteration_item", ("item_id",))["item_id"]) == []


def test_where_nothing_is_known_nothing_is_said() -> None:
    with open_store("sqlite://") as store:
        few = [one for one in world() if not getattr(one, "item_id", "").startswith("shop/W")]
        begin(store, few)
        derived(store)
        assert team(store) == (None, None, 6.0, 2.0)
        row = rows(store, "iteration", "name")
        assert [row[f"Sprint {number}"]["committed"] for number in (4, 5, 7)] == [None, 4.0, 9.0]
        assert {one["p85_team"] for one in row.values()} == {None}
        assert {one["p85_cycle_wd"] for one in store.rows("item")} == {None}


def test_the_same_work_in_two_tools_is_one_load() -> None:
    told = replace(SETTINGS, twins=(("shop:K-1", "plans:7"), ("shop:K-2", "plans:8")))
    due = {"due": date(2026, 12, 11), "remaining_hours": 80.0, "owner_id": "ana"}
    with open_store("sqlite://") as store:
        begin(store, [])
        store.declare_source("plans", "project_file", "file", "1")
        store.mark_source("plans", good_at=NOW)
        fill(
            store,
            item("K-1", **due),
            item("K-2", **{**due, "owner_id": "bo"}),
            *(
                Identity(
                    source="shop",
                    account_id=one,
                    name=one,
                    kind="person",
                    is_active=True,
                    email=f"{one}@x.example",
                )
                for one in ("ana", "bo")
            ),
        )
        tasks = [
            WorkItem(
                item_id=f"plans/{key}",
                source="plans",
                native_id=key,
                key=key,
                scope="p",
                schedule_id="plans/p",
                **due,
            )
            for key in ("7", "8")
        ]
        plan = Schedule(schedule_id="plans/p", source="plans", scope="p", name="Plan", kind="plan")
        ana = Identity(
            source="plans", account_id="ana", name="ana", kind="person", is_active=True, email="ana@x.example"
        )
        store.save_page("plans", "all", Page(records=[plan, ana, *tasks]), run_id="run", now=NOW)
        derive(store, told, today=TODAY, now=NOW)
        loads = {row["name"]: row["load_4w"] for row in store.rows("person")}
        # Of Ana's three the task of the plan that is the issue counts once; Bo's is another's task there.
        assert loads == {"ana": 1.0, "bo": 0.5}
