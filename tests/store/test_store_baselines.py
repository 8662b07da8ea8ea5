"""Baselines are kept once and never change; dates of releases and iterations are remembered."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portfolio.errors import UsageError
from portfolio.records import AnyRecord, Baseline, Gone, Iteration, OwnedBy, Page, Release, Schedule, WorkItem
from store import BaselineEvent, Store, schema
from store.database import Database

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def event(name: str = "Q1", **values: object) -> BaselineEvent:
    return BaselineEvent(name=name, version=0, kept_as=name, at=NOW, by="Pia", **values)  # type: ignore[arg-type]


def dates(finish: date, item: str = "shop/1") -> Baseline:
    return Baseline(name="?", item_id=item, source="shop", finish=finish, taken_at=NOW, origin="taken")


def save(store: Store, *records: AnyRecord, now: datetime = NOW, **page: object) -> None:
    run = store.start_run("pull", now)
    store.save_page("shop", "all", Page(records=records, **page), run_id=run, now=now)  # type: ignore[arg-type]


def finishes(store: Store, name: str) -> list[object]:
    return [row["finish"] for row in store.rows("baseline", where={"name": name})]


def test_a_baseline_is_kept_under_its_name_with_who_and_why(store: Store) -> None:
    kept = store.keep_baseline(
        event(reason="approved", schedules=["shop/CHK"]), [dates(date(2026, 12, 4))], run_id="1"
    )
    assert (kept.version, kept.kept_as, kept.item_count) == (1, "Q1", 1)
    (row,) = store.rows("baseline_event")
    told = ("name", "version", "by", "reason", "schedules", "is_current", "at")
    assert [row[name] for name in told] == ["Q1", 1, "Pia", "approved", ["shop/CHK"], True, NOW]
    assert store.baseline_events() == [kept]
    assert finishes(store, "Q1") == [date(2026, 12, 4)]


def test_a_second_baseline_of_a_name_is_refused_and_the_first_stands(store: Store) -> None:
    store.keep_baseline(event(), [dates(date(2026, 12, 4))], run_id="1")
    with pytest.raises(UsageError, match=r"baseline Q1 already, of 2026-11-24; none ever changes"):
        store.keep_baseline(event(), [dates(date(2026, 12, 18))], run_id="2")
    assert finishes(store, "Q1") == [date(2026, 12, 4)]


def test_a_baseline_taken_again_keeps_the_earlier_ones_under_their_numbers(store: Store) -> None:
    for day in (4, 11, 18):
        told = event(reason="change request")
        store.keep_baseline(told, [dates(date(2026, 12, day))], run_id="1", again=day > 4)
    with pytest.raises(UsageError, match="only with a reason"):
        store.keep_baseline(event(reason=" "), [dates(date(2026, 12, 25))], run_id="1", again=True)
    assert [(one.version, one.kept_as) for one in store.baseline_events()] == [
        (1, "Q1@1"),
        (2, "Q1@2"),
        (3, "Q1"),
    ]
    assert [finishes(store, name) for name in ("Q1@1", "Q1@2", "Q1")] == [
        [date(2026, 12, 4)], [date(2026, 12, 11)], [date(2026, 12, 18)],
    ]  # fmt: skip
    assert store.baseline_names() == {"Q1": 1, "Q1@1": 1, "Q1@2": 1}


def test_there_is_nothing_to_take_again_where_there_is_none(store: Store) -> None:
    with pytest.raises(UsageError, match="no baseline Q1 to take again"):
        store.keep_baseline(event(), [], run_id="1", again=True)


def test_the_name_of_a_delivered_baseline_is_not_ours_to_take(store: Store) -> None:
    save(store, Baseline(name="Contract", item_id="shop/1", source="shop", finish=date(2026, 12, 4)))
    with pytest.raises(UsageError, match="tracker delivers a baseline Contract"):
        store.keep_baseline(event("Contract"), [], run_id="1")


def test_a_page_that_replaces_what_plans_bring_leaves_ours_alone(store: Store) -> None:
    imported = Baseline(name="Baseline", item_id="shop/1", source="shop", finish=date(2026, 12, 4))
    save(store, imported)
    store.keep_baseline(event(), [dates(date(2026, 12, 4))], run_id="1")
    save(store, replaces=[OwnedBy(record="Baseline", item_ids=["shop/1"])])
    assert store.baseline_names() == {"Q1": 1}
    # Nor does a tracker overwrite one of ours by its name.
    save(store, Baseline(name="Q1", item_id="shop/1", source="shop", finish=date(2027, 1, 1)))
    assert finishes(store, "Q1") == [date(2026, 12, 4)]
    # Or adds to it.
    for origin in ("imported", "taken"):
        save(store, Baseline(name="Q1", item_id="shop/2", source="shop", origin=origin))
    assert store.baseline_names() == {"Q1": 1}


def test_what_was_agreed_for_an_item_that_is_gone_still_stands_in_its_baseline(store: Store) -> None:
    item = WorkItem(item_id="shop/1", source="shop", native_id="1", key="CHK-1", scope="CHK")
    save(store, item, Baseline(name="Baseline", item_id="shop/1", source="shop", finish=date(2026, 12, 4)))
    store.keep_baseline(event(), [dates(date(2026, 12, 4))], run_id="1")
    save(store, gone=[Gone(item_id="shop/1", reason="deleted")])
    assert [(row["name"], row["key"]) for row in store.rows("baseline")] == [("Q1", "CHK-1")]


def seen(store: Store) -> list[tuple[object, ...]]:
    rows = sorted(store.rows("container_change"), key=lambda row: (str(row["at"]), str(row["event_id"])))
    return [
        tuple(row[name] for name in ("kind", "container_id", "field", "before", "after", "is_first"))
        for row in rows
    ]


def test_dates_of_releases_iterations_and_plans_are_remembered_as_they_change(store: Store) -> None:
    later = datetime(2026, 11, 25, 9, tzinfo=UTC)
    for now, day, taken in ((NOW, date(2026, 12, 4), NOW), (later, date(2026, 12, 18), later)):
        save(
            store,
            Release(release_id="shop/7", source="shop", name=f"of {day}", date=day),
            Iteration(iteration_id="shop/7", source="shop", name="Sprint", start=date(2026, 11, 16), end=day),
            Schedule(
                schedule_id="shop/p", source="shop", scope="p", name="P", kind="plan", baseline_at=taken
            ),
            now=now,
        )  # fmt: skip
    assert seen(store) == [
        ("iteration", "shop/7", "end", None, "2026-12-04", True),
        ("iteration", "shop/7", "start", None, "2026-11-16", True),
        ("release", "shop/7", "date", None, "2026-12-04", True),
        ("schedule", "shop/p", "baseline_at", None, "2026-11-24T09:00:00.000Z", True),
        ("iteration", "shop/7", "end", "2026-12-04", "2026-12-18", False),
        ("release", "shop/7", "date", "2026-12-04", "2026-12-18", False),
        ("schedule", "shop/p", "baseline_at", "2026-11-24T09:00:00.000Z", "2026-11-25T09:00:00.000Z", False),
    ]
    # A release and an iteration of one number are two things.
    names = {(row["kind"], row["name"]) for row in store.rows("container_change")}
    assert names == {("release", "of 2026-12-18"), ("iteration", "Sprint"), ("schedule", "P")}


def test_what_changed_without_its_dates_is_no_change_and_a_date_that_went_is_one(store: Store) -> None:
    for number, (name, day) in enumerate(
        (("1.0", date(2026, 12, 4)), ("1.0!", date(2026, 12, 4)), ("1.0!", None))
    ):
        save(
            store,
            Release(release_id="r", source="shop", name=name, date=day),
            now=NOW.replace(hour=9 + number),
        )
    assert seen(store) == [
        ("release", "r", "date", None, "2026-12-04", True),
        ("release", "r", "date", "2026-12-04", None, False),
    ]


def test_two_changes_of_one_run_are_both_remembered(store: Store) -> None:
    for day in (4, 11, 18):
        save(store, Release(release_id="r", source="shop", name="1.0", date=date(2026, 12, day)))
    assert [(before, after) for *_, before, after, _ in seen(store)] == [
        (None, "2026-12-04"), ("2026-12-04", "2026-12-11"), ("2026-12-11", "2026-12-18"),
    ]  # fmt: skip


def test_open_items_of_a_container_are_those_inside_it(store: Store) -> None:
    save(store, Release(release_id="r", source="shop", name="1.0", date=date(2026, 12, 4)))
    for number, state in enumerate(("todo", "in_progress", "done", "removed")):
        save(
            store,
            WorkItem(
                item_id=f"shop/{number}", source="shop", native_id=str(number), key=f"CHK-{number}",
                scope="CHK", state=state, release_id="r", release_ids=["r"],
            ),
        )  # fmt: skip
    (row,) = store.rows("container_change")
    assert row["open_items"] == 2


def test_an_older_store_begins_to_watch_when_it_is_upgraded(
    lasting_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(lasting_url)
    try:
        with database.write() as connection, monkeypatch.context() as older:
            older.setattr(schema, "make_views", lambda *_: None)  # those of today read tables of tomorrow
            schema.upgrade(connection, database.dialect, "0006")
        with database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO tracker_release"
                " (release_id, source, name, date, is_released, is_archived, row_hash)"
                " VALUES ('r', 'shop', '1.0', '2026-12-04', FALSE, FALSE, 1)"
            )
            connection.exec_driver_sql(
                "INSERT INTO tracker_schedule (schedule_id, source, scope, name, kind, is_active, has_logic,"
                " baseline_at, team_areas, row_hash)"
                " VALUES ('p', 'shop', 'p', 'P', 'plan', TRUE, FALSE, '2026-11-24T09:00:00.000Z', '[]', 1)"
            )
            schema.upgrade(connection, database.dialect)
            rows = connection.exec_driver_sql(
                "SELECT kind, field, before, after, is_first FROM engine_container_change ORDER BY kind"
            ).fetchall()
        assert [tuple(row) for row in rows] == [
            ("release", "date", None, "2026-12-04", True),
            ("schedule", "baseline_at", None, "2026-11-24T09:00:00.000Z", True),
        ]
    finally:
        database.close()
