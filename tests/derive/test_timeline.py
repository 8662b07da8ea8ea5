"""When an item became committed, and where it stands in the PMO's tree."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.placement import Place, Placement, TreeNode
from sync.timeline import Timeline, committed_at, read_timelines

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
CREATED = datetime(2026, 3, 2, 8, tzinfo=UTC)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)


def moment(
    timeline: Timeline, state: str = "todo", releases: tuple[str, ...] = (), **starts: date
) -> datetime | None:
    return committed_at(timeline, CREATED, state, release_ids=releases, iteration_starts=starts, now=NOW)


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        (Timeline(), None),
        (Timeline(states=[(at(4, 1), "todo", "in_progress"), (at(5, 1), "in_progress", "done")]), at(4, 1)),
        (Timeline(states=[(at(4, 1), "in_progress", "todo")]), CREATED),
        (Timeline(releases=[(at(4, 7), None, "shop/1"), (at(4, 9), "shop/1", "shop/2")]), at(4, 7)),
        (Timeline(releases=[(at(4, 7), "shop/1", None)]), CREATED),
        (Timeline(iterations=[(at(4, 3), None, "s1")]), datetime(2026, 4, 6, tzinfo=UTC)),
        (Timeline(iterations=[(at(4, 8), None, "s1")]), at(4, 8)),
        (Timeline(iterations=[(at(4, 8), None, "future")]), None),
        (Timeline(iterations=[(at(4, 8), None, "never heard of")]), None),
    ],
)
def test_an_item_is_committed_at_the_first_sign(timeline: Timeline, expected: datetime | None) -> None:
    assert moment(timeline, s1=date(2026, 4, 6), future=date(2026, 12, 1)) == expected


def test_what_was_so_from_the_beginning_counts_from_its_creation() -> None:
    assert moment(Timeline(), "in_progress") == CREATED
    assert moment(Timeline(), releases=("shop/1",)) == CREATED


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
    columns = {
        "at": [moment for moment, _ in entries],
        "item_id": ["shop/1"] * len(entries),
        "field": ["blocked"] * len(entries),
        "before": [None] * len(entries),
        "after": [after for _, after in entries],
    }
    timelines, _ = read_timelines(columns)
    assert timelines.get("shop/1", Timeline()).blocked_since == expected


def test_the_timeline_is_read_in_order_of_time_and_keeps_former_keys() -> None:
    columns = {
        "at": [at(5, 2), at(5, 1), at(5, 3), at(5, 4)],
        "item_id": ["shop/1", "shop/1", "shop/1", "shop/2"],
        "field": ["due", "due", "key", "title"],
        "before": ["2026-06-01", None, "OLD-1", "a"],
        "after": ["2026-06-08T00:00", "2026-06-01", "NEW-1", "b"],
    }
    timelines, former = read_timelines(columns)
    assert [(one.before, one.after) for one in timelines["shop/1"].due] == [
        (None, date(2026, 6, 1)),
        (date(2026, 6, 1), date(2026, 6, 8)),
    ]
    assert timelines["shop/1"].last_activity_at == at(5, 3)
    assert former == {"OLD-1": "shop/1"}


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
