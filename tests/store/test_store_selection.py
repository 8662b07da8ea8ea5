"""Rules: a compiled query gives the same rows from both databases, cannot write, and ends in time."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from store_samples import item, link, save

from portfolio.errors import RuleError
from portfolio.views import PLACED, VIEWS
from store import SelectFailed, SelectTimeout, SelectTooLarge, Store


def _select(store: Store, where: str, **parameters: object) -> list[object]:
    return [
        row["key"]
        for row in store.select("item", columns={"key": "key"}, where=f"({where})", parameters=parameters)
    ]


@pytest.fixture
def filled(store: Store) -> Store:
    created = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    save(
        store,
        item(
            1,
            due=date(2026, 11, 20),
            created_at=created,
            labels=["a"],
            points=1.5,
            start_at="2026-11-02T08:00",
        ),
        item(2, due=date(2026, 11, 24), state="done", sort=3),
        item(3, is_blocked=True),
    )  # fmt: skip
    return store


def test_a_predicate_compares_dates_instants_numbers_and_booleans(filled: Store) -> None:
    today, now = date(2026, 11, 24), datetime(2026, 11, 1, 12, 0, 0, 1000, tzinfo=UTC)

    assert _select(filled, "due < :today", today=today) == ["CHK-1"]
    assert _select(filled, "due <= :today AND NOT is_done", today=today) == ["CHK-1"]
    assert _select(filled, "created_at < :now", now=now) == ["CHK-1"]
    assert _select(filled, "created_at > :now", now=now) == []
    assert _select(filled, "due IS NULL AND is_blocked") == ["CHK-3"]
    assert _select(filled, "points > :limit", limit=1) == ["CHK-1"]
    assert _select(filled, "key IN (:a, :b) AND title = ''", a="CHK-2", b="CHK-9") == ["CHK-2"]


def test_values_come_back_as_python_values(filled: Store) -> None:
    rows = filled.select(
        "item",
        columns={
            "key": '"key"',
            "due": "due",
            "created_at": "created_at",
            "labels": "labels",
            "is_done": '"is_done"' if filled.dialect == "postgresql" else "`is_done`",
            "start_at": "start_at",
            "points": "points",
            "first_day": "coalesce(start, due)",
            "double": "points * 2",
            "verdict": "points > 1",
            "unknown": "start",
        },
        where="key = :key",
        parameters={"key": "CHK-1"},
    )

    verdict = rows[0].pop("verdict")
    assert rows == [
        {
            "key": "CHK-1",
            "due": date(2026, 11, 20),
            "created_at": datetime(2026, 11, 1, 12, 0, tzinfo=UTC),
            "labels": ["a"],
            "is_done": False,
            "start_at": "2026-11-02T08:00",
            "points": 1.5,
            "first_day": date(2026, 11, 20),
            "double": 3.0,
            "unknown": None,
        }
    ]
    assert bool(verdict) is True  # SQLite has no booleans: the verdict of an expression is 1 there


def test_text_that_looks_like_a_date_stays_text(store: Store) -> None:
    save(store, item(1, title="2026-11-24"))

    rows = store.select("item", columns={"title": "title"}, where="", parameters={})

    assert rows == [{"title": "2026-11-24"}]


def test_working_days_are_a_subtraction_of_hidden_columns(filled: Store) -> None:
    filled.replace(
        "derived_item",
        {"item_id": ["shop/1", "shop/2"], "calendar_id": ["portfolio", "plans/own"]},
    )
    filled.replace("derived_item_ordinal", {"item_id": ["shop/1", "shop/2"], "due_ord": [98, 50]})
    filled.replace(
        "derived_today",
        {"calendar_id": ["portfolio", "plans/own"], "day": [date(2026, 11, 24)] * 2, "ord": [100, 51]},
    )

    rows = filled.select(
        "item", columns={"key": "key", "late": "today_ord - due_ord"}, where="", parameters={}
    )

    # CHK-2 counts in its own calendar; CHK-3 has no date and the portfolio's calendar.
    assert sorted((str(row["key"]), row["late"]) for row in rows) == [
        ("CHK-1", 2),
        ("CHK-2", 1),
        ("CHK-3", None),
    ]


def test_a_calendar_without_a_number_for_today_falls_back_to_the_portfolios(filled: Store) -> None:
    filled.replace("derived_item", {"item_id": ["shop/1"], "calendar_id": ["plans/unknown"]})
    filled.replace("derived_today", {"calendar_id": ["portfolio"], "ord": [100]})

    rows = filled.select("item", columns={"now": "today_ord"}, where="key = 'CHK-1'", parameters={})

    assert rows == [{"now": 100}]


def test_views_without_a_calendar_count_in_the_portfolios(store: Store) -> None:
    days = [date(2026, 11, 23), date(2026, 11, 24)]
    store.replace("derived_workday", {"day": days, "ord": [99, 100]})
    store.replace("derived_today", {"calendar_id": ["portfolio"], "ord": [100]})
    store.replace("derived_project", {"slug": ["checkout"], "p80": [days[0]]})
    store.declare_source("shop", "jira", "Jira Cloud", "1")
    store.mark_source("shop", good_at=datetime(2026, 11, 23, 23, 59, tzinfo=UTC))

    assert store.select("project", columns={"late": "today_ord - p80_ord"}, where="", parameters={}) == [
        {"late": 1}
    ]
    assert store.select(
        "source", columns={"age": "today_ord - last_good_at_ord"}, where="", parameters={}
    ) == [{"age": 1}]


def test_a_dependency_has_the_ordinals_of_its_derived_side(store: Store) -> None:
    save(store, item(1), item(2), link("a", 1, 2))
    store.replace(
        "derived_dependency",
        {"dependency_id": ["a"], "predecessor_finish_ord": [12], "successor_start_ord": [10]},
    )

    rows = store.select(
        "dependency",
        columns={"gap": "predecessor_finish_ord - successor_start_ord", "calendar": "calendar_id"},
        where="",
        parameters={},
    )

    assert rows == [{"gap": 2, "calendar": "portfolio"}]


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_every_rule_view_has_its_columns_their_ordinals_and_today(store: Store, view: str) -> None:
    columns = {name: f'"{name}"' for name in VIEWS[view].names}
    columns |= {f"{one.name}_ord": f'"{one.name}_ord"' for one in VIEWS[view].columns if one.has_ordinal}
    columns["today_ord"] = "today_ord"
    if view in PLACED:
        columns["place"] = "place"

    assert store.select(view, columns=columns, where="", parameters={}) == []


def test_a_row_stands_where_its_item_its_schedule_or_its_successor_does(store: Store) -> None:
    save(store, item(1), item(2), link("a", 1, 2))
    ids = ["shop/1", "shop/2"]
    store.replace("derived_item", {"item_id": ids, "project": ["checkout", "pay"]})
    store.replace("derived_schedule", {"schedule_id": ["shop/CHK"], "project": ["checkout"]})
    store.replace(
        "derived_schedule_check", {"schedule_id": ["shop/CHK"], "check": ["logic"], "members": [[]]}
    )
    store.replace("derived_milestone", {"item_id": ["shop/2"], "key": ["CHK-2"]})
    store.replace("derived_twin", {"twin_id": ["t"], "a_id": ["shop/1"], "b_id": ["shop/2"]})
    store.replace("derived_project", {"slug": ["pay"]})

    def places(view: str) -> list[object]:
        return [
            row["place"] for row in store.select(view, columns={"place": "place"}, where="", parameters={})
        ]

    assert sorted(map(str, places("item"))) == ["checkout", "pay"]
    assert places("dependency") == ["pay"]
    assert places("schedule_check") == ["checkout"]
    assert places("milestone") == ["pay"]
    assert places("twin") == ["checkout"]
    assert places("project") == ["pay"]


def test_more_rows_than_the_limit_are_refused(filled: Store) -> None:
    assert len(filled.select("item", columns={"key": "key"}, where="", parameters={}, row_limit=3)) == 3
    with pytest.raises(SelectTooLarge, match="more than 2 rows"):
        filled.select("item", columns={"key": "key"}, where="", parameters={}, row_limit=2)


def test_a_query_that_takes_too_long_is_stopped(store: Store) -> None:
    save(store, *(item(number) for number in range(400)))

    four = ", ".join(f"tracker_item AS t{number}" for number in range(4))  # 400^4 pairs
    endless = f"(SELECT count(*) FROM {four}) > 0"
    with pytest.raises(SelectTimeout, match=r"longer than 0\.2 s"):
        store.select("item", columns={"key": "key"}, where=endless, parameters={}, timeout_seconds=0.2)

    assert len(store.select("item", columns={"key": "key"}, where="", parameters={})) == 400


@pytest.mark.parametrize(
    ("view", "where"),
    [
        ("item", "no_such_column = 1"),
        ("item", "due <"),
        ("item", "due = :not_given"),
        ("no_such_view", "1 = 1"),
    ],
)
def test_a_query_that_the_database_refuses_is_an_error_of_the_rule(
    store: Store, view: str, where: str
) -> None:
    with pytest.raises(SelectFailed) as caught:
        store.select(view, columns={"key": "key"}, where=where, parameters={})

    assert isinstance(caught.value, RuleError)
    assert view in str(caught.value)


def test_a_query_cannot_write(filled: Store) -> None:
    with filled._db.read() as connection, pytest.raises(Exception, match=r"readonly|read-only"):
        connection.exec_driver_sql("DELETE FROM tracker_item")

    assert len(_select(filled, "1 = 1")) == 3
    save(filled, item(4))  # and afterwards the store can be written again
