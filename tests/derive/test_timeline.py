"""When an item became committed, and where it stands in the PMO's tree."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from store.frames import Frame, as_instants, coded, values_of
from sync.moments import Moments, Standing
from sync.placement import Place, Placement, TreeNode
from sync.timeline import (
    Timelines,
    blocked_since,
    due_edits,
    last_transitions,
)

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
CREATED = datetime(2026, 3, 2, 8, tzinfo=UTC)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)


Told = tuple[datetime, str | None, str | None]


def timelines(**told: list[Told]) -> Timelines:
    """The history of one item: for each field its entries, in the order in which they were stored."""
    rows = [(at, field, before, after) for field, some in told.items() for at, before, after in some]
    columns = list(zip(*rows, strict=True)) or [()] * 4
    frame = Frame(
        len(rows),
        {
            "at": as_instants(columns[0]),
            "field": coded(columns[1]),
            "before": coded(columns[2]),
            "after": coded(columns[3]),
        },
    )
    return Timelines(frame, np.zeros(len(rows), dtype=np.int64), 1)


def moment(
    history: Timelines, state: str = "todo", releases: tuple[str, ...] = (), **starts: date
) -> datetime | None:
    standing = Standing(
        created_at=as_instants([CREATED]), state=coded([state]), release_ids=coded([releases])
    )
    (found,) = values_of(Moments(history, standing, iteration_starts=starts, today=NOW.date()).first_of())
    assert found is None or isinstance(found, datetime)
    return found


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, None),
        ({"state": [(at(4, 1), "todo", "in_progress"), (at(5, 1), "in_progress", "done")]}, at(4, 1)),
        ({"state": [(at(4, 1), "in_progress", "todo")]}, CREATED),
        ({"release": [(at(4, 7), None, "shop/1"), (at(4, 9), "shop/1", "shop/2")]}, at(4, 7)),
        ({"release": [(at(4, 7), "shop/1", None)]}, CREATED),
        ({"iteration": [(at(4, 3), None, "s1")]}, datetime(2026, 4, 6, tzinfo=UTC)),
        ({"iteration": [(at(4, 8), None, "s1")]}, at(4, 8)),
        ({"iteration": [(at(4, 8), None, "future, s1")]}, at(4, 8)),
        ({"iteration": [(at(4, 8), None, "future")]}, None),
        ({"iteration": [(at(4, 8), None, "never heard of")]}, None),
    ],
)
def test_an_item_is_committed_at_the_first_sign(
    told: dict[str, list[Told]], expected: datetime | None
) -> None:
    assert moment(timelines(**told), s1=date(2026, 4, 6), future=date(2026, 12, 1)) == expected


def test_what_was_so_from_the_beginning_counts_from_its_creation() -> None:
    assert moment(timelines(), "in_progress") == CREATED
    assert moment(timelines(), releases=("shop/1",)) == CREATED


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], None),
        ([(at(4, 1), "true")], at(4, 1)),
        ([(at(4, 1), "true"), (at(4, 3), None)], None),
        ([(at(4, 1), "true"), (at(4, 3), None), (at(4, 7), "true")], at(4, 7)),
        # Blocked by a field, and two days later by a tag as well: it waits since the first.
        ([(at(4, 7), "true"), (at(4, 9), "true")], at(4, 7)),
        ([(at(4, 3), None), (at(4, 7), "true")], at(4, 7)),
    ],
)
def test_an_item_is_blocked_since_it_was_blocked_last(
    entries: list[tuple[datetime, str | None]], expected: datetime | None
) -> None:
    told = timelines(blocked=[(moment, None, after) for moment, after in entries])
    assert values_of(blocked_since(told.of("blocked"), 1)) == [expected]


def test_the_timeline_is_read_in_order_of_time() -> None:
    told = timelines(
        due=[(at(5, 2), "2026-06-01", "2026-06-08T00:00"), (at(5, 1), None, "2026-06-01")],
        key=[(at(5, 3), "OLD-1", "NEW-1")],
    )
    edits = due_edits(told.of("due"))
    assert values_of(edits.at) == [at(5, 1), at(5, 2)]
    assert values_of(edits.before) == [None, date(2026, 6, 1)]
    assert values_of(edits.after) == [date(2026, 6, 1), date(2026, 6, 8)]
    assert values_of(told.last_activity_at) == [at(5, 3)]
    assert values_of(last_transitions(told.of("state"), 1)) == [None]


TREE = [
    TreeNode("retail", "portfolio", None, "Retail"),
    TreeNode("store-2", "program", "retail", "Store 2.0"),
    TreeNode("checkout", "project", "store-2", "Checkout", None,
             ["shop:CHK", "boards:Retail\\Checkout", "plans:checkout.xml"]),
    TreeNode("kiosk", "project", "store-2", "Kiosk", None, ["boards:Retail\\Checkout\\Kiosk"]),
    TreeNode("payments", "project", "store-2", "Payments", None, ["boards:Payments"]),
]  # fmt: skip
CHECKOUT = Place("retail", "store-2", "checkout")


@pytest.mark.parametrize(
    ("source", "scope", "place"),
    [
        ("shop", "CHK", CHECKOUT),
        ("shop", "PAY", Place("retail")),
        ("other", "CHK", Place("retail")),
        ("plans", "2026/checkout.xml", CHECKOUT),
        ("boards", "Retail\\Checkout", CHECKOUT),
        ("boards", "Retail\\Checkout\\Cart", CHECKOUT),
        ("boards", "Retail\\Checkout\\Kiosk\\Screen", Place("retail", "store-2", "kiosk")),
        ("boards", "Retail\\Checkouts", Place("retail")),
        # The area Payments of Retail is not the project Payments.
        ("boards", "Retail\\Payments", Place("retail")),
        ("boards", "Payments\\Api", Place("retail", "store-2", "payments")),
    ],
)
def test_a_scope_feeds_the_project_that_declares_it_or_a_folder_above_it(
    source: str, scope: str, place: Place
) -> None:
    assert Placement(TREE).place(source, scope) == place


def test_without_a_tree_there_is_no_place() -> None:
    assert Placement([]).place("shop", "CHK") == Place()
