"""Which histories do not tell how an item came to be what it is, and what only looks like that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from portfolio.records import AnyRecord, Change, Gone, Identity, Page, Schedule, WorkItem
from store import Store, open_store
from sync.derive import derive
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NUMBERS = count()
SOURCES = {
    "shop": "jira",
    "boards": "azure_devops",
    "plans": "project_file",
    "new": "jira",
    "written": "jira",
}


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as opened:
        for source, kind in SOURCES.items():
            opened.declare_source(source, kind, kind, "1")
            if source != "new":
                opened.mark_source(source, good_at=NOW)
        for account, email in (("ana", "ana@shop.example"), ("ana-2", "ANA@shop.example"), ("bo", None)):
            name = account.removesuffix("-2")  # one human with two accounts
            save(opened, Identity(source="shop", account_id=account, name=name, email=email))
        yield opened


def save(store: Store, *records: AnyRecord, source: str = "shop", **page: Any) -> None:
    store.save_page(source, "all", Page(records=records, **page), run_id="run", now=NOW)


def item(key: str, source: str = "shop", **values: Any) -> WorkItem:
    given = {
        "due": date(2026, 12, 18),
        "state": "in_progress",
        "status": "Doing",
        "owner_id": "ana",
        **values,
    }
    return WorkItem(
        item_id=f"{source}/{key}",
        source=source,
        native_id=key,
        key=key,
        scope="CHK",
        schedule_id=source,
        **given,
    )


def told(key: str, field: str, *steps: str | None, source: str = "shop", every: int = 1) -> list[AnyRecord]:
    """A chain of changes, one an hour; `every` 0: all in one instant, stored from the last to the first."""
    found = [
        Change(
            source=source,
            event_id=f"{next(NUMBERS)}",
            item_id=f"{source}/{key}",
            at=datetime(2026, 11, 2, 8 + number * every, tzinfo=UTC),
            by="ana",
            field=field,
            before=before,
            after=after,
        )
        for number, (before, after) in enumerate(zip(steps[::2], steps[1::2], strict=True))
    ]
    return [*(found if every else reversed(found))]


def gaps(store: Store, **settings: Any) -> dict[str, str]:
    derived(store, **settings)
    return {str(row["key"]): str(row["history_gap"]) for row in store.rows("item") if row["history_gap"]}


def derived(store: Store, *, full: bool = False, **settings: Any) -> int:
    return derive(store, DeriveSettings(**settings), today=NOW.date(), now=NOW, full=full).changed


def test_a_chain_that_breaks_or_does_not_end_where_the_item_stands_is_a_gap(store: Store) -> None:
    whole = ["2026-12-01", "2026-12-11", "2026-12-11", "2026-12-18"]
    save(
        store,
        item("untold"),
        item("whole"), *told("whole", "due", None, "2026-12-01", *whole),
        item("made with a date"), *told("made with a date", "due", *whole),
        item("cleared", due=None), *told("cleared", "due", "2026-12-01", ""),
        item("breaks"), *told("breaks", "due", None, "2026-12-01", "2026-12-11", "2026-12-18"),
        item("ends elsewhere"), *told("ends elsewhere", "due", "2026-12-01", "2026-12-11"),
        item("set unseen"), *told("set unseen", "due", "2026-12-01", None),
        item("cleared unseen", due=None), *told("cleared unseen", "due", None, "2026-12-01"),
        item("state"), *told("state", "state", "todo", "done"), *told("state", "status", "Open", "Closed"),
        item("owner"), *told("owner", "owner", "bo", "ana", None, "ana"),
        item("nobody", owner_id=None), *told("nobody", "owner", "bo", "ana"),
        item("several", owner_id="bo"), *told("several", "owner", "bo", "ana"),
        *told("several", "due", None, "2026-12-01"),
    )  # fmt: skip
    assert gaps(store) == {
        "breaks": "due",
        "ends elsewhere": "due",
        "set unseen": "due",
        "cleared unseen": "due",
        "state": "state",
        "owner": "owner",
        "nobody": "owner",
        "several": "due",
    }


def test_what_only_looks_like_a_gap_is_none(store: Store) -> None:
    moves = ["2026-12-01", "2026-12-11", "2026-12-11", "2026-12-18"]
    save(
        store,
        # Two edits of one instant, stored in the wrong order.
        item("at once"), *told("at once", "due", *moves, every=0),
        # A mapping that has changed, a status that has got another name, a resolution that came later.
        item("mapped anew"), *told("mapped anew", "state", "todo", "done"),
        *told("mapped anew", "status", "Open", "Doing"),
        item("renamed"), *told("renamed", "status", "Open", "In Work"),
        *told("renamed", "state", "todo", "in_progress"),
        item("resolved", state="removed", status="Gone"), *told("resolved", "state", "todo", "done"),
        *told("resolved", "status", "Open", "Closed"),
        item("no longer listed"), *told("no longer listed", "state", "todo", None, "done", "in_progress"),
        *told("no longer listed", "status", "Open", "Old", "Closed", "Doing"),
        item("another account", owner_id="ana-2"), *told("another account", "owner", "bo", "ana"),
        item("another zone"), *told("another zone", "due", "2026-12-01", "2026-12-17T23:30:00Z"),
        item("no date"), *told("no date", "due", "2026-12-01", "soon"),
    )  # fmt: skip
    assert gaps(store) == {}


def test_near_the_limit_of_what_is_forgiven(store: Store) -> None:
    save(
        store,
        item("two days off"), *told("two days off", "due", "2026-12-01", "2026-12-16"),
        item("two at once"),
        *told("two at once", "due", "2026-12-01", "2026-12-11", "2026-12-01", "2026-12-04", every=0),
        item("another person", owner_id="bo"), *told("another person", "owner", "bo", "ana-2"),
        item("both"), *told("both", "state", "todo", "done", "todo", "in_progress"),
        *told("both", "status", "Open", "Closed", "Open", "Doing"),
    )  # fmt: skip
    assert gaps(store) == {
        "two days off": "due",
        "two at once": "due",
        "another person": "owner",
        "both": "state",
    }


def test_only_of_trackers_that_tell_everything_and_were_read_to_their_end(store: Store) -> None:
    for source in SOURCES:
        broken = told("X", "due", None, "2026-12-01", source=source)
        nobody = told("Y", "owner", "ana", None, source=source)
        save(store, item("X", source), item("Y", source), *broken, *nobody, source=source)
    derived(store, dates_written_to=["written"])
    found = sorted(row["item_id"] for row in store.rows("item") if row["history_gap"])
    # What Dovetail wrote is left out of a timeline: nothing follows from a date there. It writes no owners.
    assert found == ["boards/X", "boards/Y", "shop/X", "shop/Y", "written/Y"]


def test_a_gap_opens_and_closes_with_what_comes_in(store: Store) -> None:
    save(store, Schedule(schedule_id="shop", source="shop", scope="CHK", name="Checkout", kind="project"))
    chain = told("A", "due", None, "2026-12-01", "2026-12-01", "2026-12-11", "2026-12-11", "2026-12-18")
    save(store, item("A"), item("B"), chain[0], chain[2])
    assert gaps(store) == {"A": "due"}
    for records, page, expected in (
        ([chain[1]], {}, {}),
        ([], {"gone": [Gone(item_id="shop/A", reason="deleted")]}, {}),
        ([item("A", title="it is seen again")], {}, {}),
        ([item("A", due=date(2026, 12, 24))], {}, {"A": "due"}),
        ([item("A", due=None), *told("A", "due", "2026-12-18", None, every=0)], {}, {"A": "due"}),
    ):
        save(store, *records, **page)
        assert gaps(store) == expected
        assert derived(store, full=True) == 0
    later = Change(
        source="shop", event_id="last", item_id="shop/A", at=NOW - timedelta(days=1), by="ana", field="due",
        before="2026-12-18", after=None,
    )  # fmt: skip
    save(store, later)
    assert gaps(store) == {}
