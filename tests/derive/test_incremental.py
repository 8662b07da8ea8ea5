"""After any change, deriving what it reaches gives what deriving everything gives, table for table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from effort import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.records import (
    AnyRecord,
    Baseline,
    Change,
    Dependency,
    Gone,
    Identity,
    Iteration,
    OwnedBy,
    Page,
    Release,
    Risk,
    Schedule,
    WorkItem,
    linked_end,
)
from schedule.calendars import WorkPattern
from schedule.commitment import PromiseRules
from store import Store, open_store
from store.catalogue import TABLES
from store.forecasts import forget_references
from sync.absences import PersonCalendar
from sync.derive import DeriveCounts, derive
from sync.placement import TreeNode
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DERIVED = [*(name for name in TABLES if name.startswith("derived_")), "engine_date_snapshot"]
TREE = (TreeNode("shop", "project", None, "Shop", None, ["shop:CHK"]),)
SETTINGS = DeriveSettings(timezone="Europe/Zurich", tree=TREE)
# Everything that may be different in a portfolio, or in one of its projects.
RICH = DeriveSettings(
    timezone="Europe/Zurich",
    promises=PromiseRules(dates=("own", "iteration", "release")),
    baseline="Q1",
    person_calendars={"ana@shop.example": PersonCalendar(absences=[(date(2026, 11, 20), date(2026, 12, 8))])},
    tree=[
        TreeNode("retail", "portfolio", None, "Retail"),
        TreeNode(
            "pay",
            "project",
            "retail",
            "Pay",
            scopes=["shop:PAY"],
            calendar=WorkPattern(weekdays=(7, 1, 2, 3, 4)),
            promises=PromiseRules(("label:promised", "status:Agreed", "leaves_todo"), ("own",), 0),
        ),
    ],
)
COMPARED = [*DERIVED, "engine_forecast", "engine_reference"]
NAMES = [str(number) for number in range(12)]
SCHEDULES = {"shop/CHK": "project", "shop/PAY": "project", "shop/plan": "plan", "shop/other": "plan"}


def opened(sources: int = 1) -> Store:
    store = open_store("sqlite://")
    for source in ("shop", "boards")[:sources]:
        store.declare_source(source, "jira", "jira", "1")
        store.mark_source(source, good_at=NOW)
    save(
        store,
        *(
            Schedule(
                schedule_id=one,
                source="shop",
                scope=one[5:],
                name=one,
                kind=kind,
                status_date=date(2026, 11, 20),
                start_at="2026-11-30T08:00" if one == "shop/plan" else None,
            )
            for one, kind in SCHEDULES.items()
        ),
        Identity(source="shop", account_id="ana", name="Ana", email="ana@shop.example", is_active=True),
        Identity(source="shop", account_id="bo", name="Bo", is_active=False),
        Iteration(
            iteration_id="s0", source="shop", name="0", start=date(2026, 10, 5), end=date(2026, 10, 30)
        ),
        Iteration(
            iteration_id="s1", source="shop", name="1", start=date(2026, 11, 2), end=date(2026, 11, 30)
        ),
        Iteration(iteration_id="s2", source="shop", name="2", start=date(2026, 12, 1), end=date(2026, 12, 9)),
        Release(release_id="r1", source="shop", name="1.0", date=date(2026, 12, 4)),
    )
    # The release was seen to move.
    later = NOW + timedelta(hours=1)
    moved = [Release(release_id="r1", source="shop", name="1.0", date=date(2026, 12, 18))]
    store.save_page("shop", "all", Page(records=moved), run_id="run", now=later)
    return store


def save(store: Store, *records: AnyRecord, source: str = "shop", **page: Any) -> None:
    store.save_page(source, "all", Page(records=records, **page), run_id="run", now=NOW)


def item(name: str, source: str = "shop", **values: Any) -> WorkItem:
    given_values = {
        "scope": "CHK",
        "schedule_id": "shop/CHK",
        "created_at": NOW - timedelta(days=40),
        **values,
    }
    return WorkItem(
        item_id=f"{source}/{name}",
        source=source,
        native_id=name,
        key=given_values.pop("key", f"CHK-{name}"),
        **given_values,
    )


def link(before: str, after: str, **values: Any) -> Dependency:
    return Dependency(
        dependency_id=f"{before}>{after}",
        source="shop",
        predecessor_id=f"shop/{before}",
        successor_id=f"shop/{after}",
        **values,
    )


def changed(
    name: str, field: str, before: str | None, after: str | None, days_ago: float, by: str | None = "ana"
) -> Change:
    at = NOW - timedelta(days=days_ago)
    event = f"{name} {field} {before} {after} {days_ago}"
    return Change(
        source="shop",
        event_id=event,
        item_id=f"shop/{name}",
        at=at,
        by=by,
        field=field,
        before=before,
        after=after,
    )


def derived(
    store: Store, *, full: bool = False, day: int = 0, told: DeriveSettings = SETTINGS
) -> DeriveCounts:
    now = NOW + timedelta(days=day)
    return derive(store, told, today=now.date(), now=now, full=full)


def tables(store: Store) -> dict[str, list[Any]]:
    """Every derived table as it is stored, digests of rows included, and what is remembered of forecasts."""
    with store._db.read() as connection:
        return {
            name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall()), key=repr)
            for name in COMPARED
        }


def both(
    store: Store, told: DeriveSettings = SETTINGS
) -> tuple[DeriveCounts, dict[str, list[Any]], dict[str, list[Any]]]:
    """What an ordinary derivation makes of the store, and then a full one."""
    counts = derived(store, told=told)
    found = tables(store)
    assert derived(store, full=True, told=told).changed == 0
    return counts, found, tables(store)


def history() -> list[AnyRecord]:
    """Forty stories of the last ten weeks, promised for ten days, that took eleven to thirty."""
    records: list[AnyRecord] = []
    for number in range(40):
        name, ago = f"old{number}", 11 + number % 20
        finish = NOW.date() - timedelta(days=5 + number)
        begun = finish - timedelta(days=ago)
        made = datetime(begun.year, begun.month, begun.day, 9, tzinfo=UTC)
        records.append(
            item(
                name,
                state="done",
                created_at=made,
                due=begun + timedelta(days=10),
                actual_finish=finish,
                owner_id="ana",
            )
        )
        records.append(
            Change(
                source="shop",
                event_id=name,
                item_id=f"shop/{name}",
                at=made,
                by="ana",
                field="state",
                before="todo",
                after="in_progress",
            )
        )
    return records


days = st.dates(date(2026, 11, 1), date(2027, 1, 15)) | st.none()
names = st.sampled_from(NAMES)
items = st.builds(
    item,
    names,
    due=days,
    start=days,
    scope=st.sampled_from(["CHK", "PAY"]),
    actual_start=days,
    actual_finish=days,
    deadline=days,
    is_critical=st.sampled_from([None, True]),
    is_milestone=st.booleans(),
    start_at=st.sampled_from([None, "2026-11-25T08:00"]),
    finish_at=st.sampled_from([None, "2026-11-25T08:00", "2026-11-25T17:00"]),
    state=st.sampled_from(["todo", "in_progress", "done", "removed"]),
    parent_id=names.map("shop/{}".format) | st.none(),
    schedule_id=st.sampled_from([*SCHEDULES, None]),
    owner_id=st.sampled_from(["ana", "bo", "who", None]),
    iteration_id=st.sampled_from(["s0", "s1", "s2", None]),
    kind=st.sampled_from(["task", "task", "story", "epic", "risk"]),
    team=st.sampled_from(["Web", "Shop", None]),
    created_at=st.sampled_from([NOW - timedelta(days=40), NOW - timedelta(days=3), None]),
    remaining_hours=st.sampled_from([None, 0.0, 16.0]),
    estimate_hours=st.sampled_from([None, 200.0]),
    release_id=st.sampled_from(["r1", None]),
    status=st.sampled_from(["Agreed", None]),
    labels=st.sampled_from([[], ["promised"]]),
    percent_complete=st.sampled_from([None, 30.0, 70.0]),
    baseline_finish=days,
    baseline_start=st.sampled_from([date(2026, 10, 19), date(2026, 11, 9), None]),
    is_detail=st.booleans(),
    total_float_minutes=st.sampled_from([0, -480, 480 * 50, None, None]),
    duration_minutes=st.sampled_from([0, 960, 2400, None]),
    constraint_type=st.sampled_from(["ASAP", "MSO", None]),
    priority_rank=st.sampled_from([None, 1, 2]),
    title=st.sampled_from(["one", "two"]),
    key=st.sampled_from(["CHK-1", "CHK-2", "CHK-3"]),
)
# What the network of a plan rests on.
tasks = st.builds(
    item,
    st.sampled_from(NAMES[:6]),
    schedule_id=st.sampled_from(["shop/plan", "shop/plan", "shop/other", "shop/CHK"]),
    state=st.sampled_from(["todo", "todo", "removed"]),
    title=st.sampled_from(["one", "two"]),
    parent_id=st.sampled_from([None, None, "shop/0", "shop/1"]),
    sort=st.integers(0, 3) | st.none(),
    is_detail=st.booleans(),
    duration_minutes=st.sampled_from([None, 0, 480, 960]),
    start_at=st.sampled_from([None, "2026-12-01T08:00"]),
    total_float_minutes=st.sampled_from([None, 0, 480]),
    late_start_at=st.sampled_from([None, "2026-12-02T08:00"]),
    is_critical=st.sampled_from([None, True]),
    constraint_type=st.sampled_from([None, "SNET"]),
    constraint_at=st.just("2026-12-03T08:00"),
    percent_complete=st.sampled_from([None, 0.0, 50.0]),
)
changes = st.builds(
    changed,
    names,
    st.sampled_from(["due", "state", "iteration", "release", "labels", "title", "key", "parent"]),
    st.none() | st.sampled_from(["2026-11-10", "s1", "in_progress"]),
    st.sampled_from(["2026-11-20", "in_progress", "done", "s1", "s0, s2", "r1", "promised", "shop/1", None]),
    st.integers(0, 30),
)
links = st.builds(
    link,
    names,
    names,
    type=st.sampled_from(["FS", "SS", "FF", "SF"]),
    lag_minutes=st.sampled_from([None, 480]),
    lag_percent=st.sampled_from([None, None, 50.0]),
)
risks = st.builds(
    Risk,
    item_id=names.map("shop/{}".format),
    source=st.just("shop"),
    probability=st.integers(1, 5),
    review_due=days,
)
baselines = st.builds(
    Baseline,
    name=st.sampled_from(["Q1", "Q2"]),
    item_id=names.map("shop/{}".format),
    source=st.just("shop"),
    finish=days,
    taken_at=st.sampled_from([None, NOW - timedelta(days=9), NOW]),
)
records = st.lists(items | changes | links | risks | baselines, min_size=1, max_size=2)
pages = (
    st.builds(Page, records=records)
    | st.builds(lambda one: Page(gone=[Gone(item_id=f"shop/{one}", reason="deleted")]), names)
    | st.builds(
        lambda record, one: Page(replaces=[OwnedBy(record=record, item_ids=[f"shop/{one}"])]),
        st.sampled_from(["Dependency", "Risk", "Baseline"]),
        names,
    )
)


plan_pages = st.builds(Page, records=st.lists(tasks | links, min_size=1, max_size=3)) | pages


@settings(max_examples=examples(12), deadline=None)
@given(
    st.sampled_from([SETTINGS, RICH]),
    st.lists(items | changes | links | risks | baselines, min_size=12, max_size=30),
    st.lists(st.lists(pages, min_size=1, max_size=2), min_size=1, max_size=4),
    st.booleans(),
)
def test_what_a_change_reaches_is_what_a_full_derivation_changes(
    told: DeriveSettings, first: list[AnyRecord], runs: list[list[Page]], has_history: bool
) -> None:
    with opened() as store:
        if has_history:
            save(store, *history())
        save(store, *first)
        derived(store, told=told, day=-1)
        derived(store, told=told)
        for run in runs:
            for page in run:
                store.save_page("shop", "all", page, run_id="run", now=NOW)
            _, found, expected = both(store, told)
            assert found == expected


MANY = [str(number) for number in range(13)]
members = st.sampled_from(MANY)
dues = st.sampled_from(["2026-12-01", "2026-12-08", "2026-12-15"])
moved_dates = st.builds(
    changed,
    members,
    st.just("due"),
    dues,
    dues,
    # Within ten minutes, just outside, and on another day.
    st.sampled_from([1, 1 + 9 / 1440, 1 + 11 / 1440, 2]),
    by=st.sampled_from(["ana", "bo", None]),
)
bulk_pages = (
    st.builds(Page, records=st.lists(moved_dates, min_size=1, max_size=8))
    | st.builds(lambda one: Page(gone=[Gone(item_id=f"shop/{one}", reason="deleted")]), members)
    | st.builds(lambda one, key: Page(records=[item(one, key=key)]), members, st.sampled_from(["A", "B"]))
)


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(moved_dates, max_size=8), st.lists(bulk_pages, min_size=1, max_size=4))
def test_bulk_moves_grow_shrink_and_end_as_a_full_derivation_finds_them(
    others: list[Change], pages: list[Page]
) -> None:
    with opened() as store:
        save(store, *(item(one, due=date(2026, 12, 8)) for one in MANY), *others)
        save(store, *(changed(one, "due", "2026-12-01", "2026-12-08", 1) for one in MANY[:10]))
        derived(store)
        assert store.count("derived_replan") >= 1
        for page in pages:
            store.save_page("shop", "all", page, run_id="run", now=NOW)
            _, found, expected = both(store)
            assert found == expected


def test_a_tenth_move_makes_a_bulk_move_and_reaches_the_nine_others() -> None:
    with opened() as store:
        moves = [changed(one, "due", "2026-12-01", "2026-12-08", 1) for one in MANY[:10]]
        save(store, *(item(one, due=date(2026, 12, 8)) for one in MANY), *moves[:9])
        derived(store)
        assert store.count("derived_replan") == 0
        save(store, moves[9])
        counts, found, expected = both(store)
        assert found == expected
        assert counts.reached == 10
        assert [row["item_count"] for row in store.rows("replan")] == [10]


def test_a_move_of_a_single_date_reaches_no_other_item() -> None:
    with opened() as store:
        moves = [changed(one, "due", "2026-12-01", "2026-12-08", 1) for one in MANY[:10]]
        save(store, *(item(one, due=date(2026, 12, 8)) for one in MANY), *moves)
        derived(store)
        save(store, changed("12", "due", "2026-12-01", "2026-12-08", 3))
        counts, found, expected = both(store)
        assert found == expected
        assert counts.reached == 1


@settings(max_examples=examples(12), deadline=None)
@given(
    st.lists(tasks | links | items, min_size=8, max_size=20),
    st.lists(st.lists(plan_pages, min_size=1, max_size=2), min_size=1, max_size=3),
)
def test_what_a_change_reaches_in_plans_is_what_a_full_derivation_changes(
    first: list[AnyRecord], runs: list[list[Page]]
) -> None:
    with opened() as store:
        save(store, *first)
        derived(store)
        for run in runs:
            for page in run:
                store.save_page("shop", "all", page, run_id="run", now=NOW)
            _, found, expected = both(store)
            assert found == expected


@pytest.fixture
def store() -> Iterator[Store]:
    """A plan, a project with an epic and its stories, a chain of dependencies, and much else."""
    with opened() as made:
        others = [item(f"9{number}", key=f"CHK-9{number}") for number in range(30)]
        save(
            made,
            item("1", kind="epic", owner_id="ana", due=date(2026, 12, 18)),
            item("2", parent_id="shop/1", owner_id="bo", due=date(2026, 12, 1)),
            item("3", parent_id="shop/1"),
            item("4", parent_id="shop/3"),
            link("2", "3"),
            link("3", "4"),
            item("5", schedule_id="shop/plan", due=date(2026, 12, 24)),
            item("6", schedule_id="shop/plan"),
            *others,
        )
        derived(made)
        yield made


def test_nothing_changed_and_nothing_is_done(store: Store) -> None:
    assert derived(store) == DeriveCounts(items=36, changed=0, reached=0)


def test_a_moved_date_reaches_what_is_below_and_after_it(store: Store) -> None:
    save(store, item("1", kind="epic", owner_id="ana", due=date(2026, 12, 21)))
    counts, found, expected = both(store)
    assert found == expected
    # Itself, two children (one of them dated) and the child of the undated one.
    assert counts.reached == 4
    # The rows and working-day numbers of these four, the dependency of the undated one, and the check `cpli`
    # of their schedule, which tells how far away its end is.
    assert counts.changed == 10


def test_a_date_that_moves_a_plans_finish_reaches_the_undated_tasks(store: Store) -> None:
    save(store, item("5", schedule_id="shop/plan", due=date(2026, 12, 31)))
    counts, found, expected = both(store)
    assert found == expected
    # These two; and the dated ones, whose float counts to the end of the project, which this was.
    assert counts.reached == 4


def checked(store: Store, schedule: str, check: str) -> tuple[Any, ...]:
    (row,) = store.rows("schedule_check", where={"schedule_id": schedule, "check": check})
    return row["numerator"], row["denominator"], row["members"]


def test_a_moved_task_reaches_the_checks_of_its_whole_plan(store: Store) -> None:
    task = {"schedule_id": "shop/plan", "is_detail": True, "baseline_finish": date(2026, 11, 12)}
    save(store, item("50", **task, due=date(2026, 11, 12)), item("51", **task, due=date(2026, 11, 13)))
    _, found, expected = both(store)
    assert found == expected
    assert checked(store, "shop/plan", "missed-tasks") == (1, 2, ["CHK-51"])
    save(store, item("50", **task, due=date(2026, 11, 16)))
    counts, found, expected = both(store)
    assert found == expected
    assert counts.reached == 1
    assert checked(store, "shop/plan", "missed-tasks") == (2, 2, ["CHK-50", "CHK-51"])


def test_what_goes_or_is_called_anew_reaches_the_checks_of_the_schedules_that_link_to_it(
    store: Store,
) -> None:
    other = {"schedule_id": "shop/plan", "is_detail": True}
    save(store, item("60", schedule_id="shop/PAY"), item("61", **other), item("62", **other))
    save(store, link("60", "61"), link("61", "62"))
    derived(store)
    assert checked(store, "shop/plan", "link-types") == (2, 2, [])
    save(store, link("60", "61", type="SF"))
    _, found, expected = both(store)
    assert found == expected
    assert checked(store, "shop/plan", "link-types") == (1, 2, ["CHK-60->CHK-61"])
    save(store, item("60", schedule_id="shop/PAY", key="PAY-60"))
    _, found, expected = both(store)
    assert found == expected
    assert checked(store, "shop/plan", "link-types") == (1, 2, ["PAY-60->CHK-61"])
    save(store, item("60", schedule_id="shop/PAY", key="PAY-60", state="removed"))
    counts, found, expected = both(store)
    assert found == expected
    assert counts.reached == 2  # what waited for it waits for nothing
    assert checked(store, "shop/plan", "link-types") == (1, 1, [])


def test_a_moved_milestone_is_said_anew_and_its_trend_follows(store: Store) -> None:
    save(store, item("70", is_milestone=True, due=date(2026, 12, 1)))
    derived(store)
    save(store, item("70", is_milestone=True, due=date(2026, 12, 8)))
    save(store, changed("70", "due", "2026-12-01", "2026-12-08", 0))
    counts, found, expected = both(store)
    assert found == expected
    assert counts.reached == 1
    said = store.date_snapshots(date(2026, 1, 1), NOW.date())
    assert said["day"] == [date(2026, 10, 15), NOW.date()]
    assert said["finish"] == [date(2026, 12, 1), date(2026, 12, 8)]
    save(store, item("70", due=date(2026, 12, 8)))
    _, found, expected = both(store)
    assert found == expected
    assert found["derived_milestone"] == []


def test_what_a_source_says_that_can_be_read_again_is_kept(store: Store) -> None:
    store.mark_source("shop", error="the server is gone")
    save(store, item("70", is_milestone=True, due=date(2026, 12, 1)))
    _, found, expected = both(store)
    assert found == expected
    assert found["engine_date_snapshot"] == []
    store.mark_source("shop", good_at=NOW)
    assert derived(store).reached == 37
    assert len(tables(store)["engine_date_snapshot"]) == 2  # what stood when it began, and today
    assert derived(store).reached == 0


def test_what_is_known_of_an_item_may_come_before_it(store: Store) -> None:
    save(store, Risk(item_id="shop/80", source="shop", probability=3, impact=4))
    save(store, item("80", owner_id="ana"))
    _, found, expected = both(store)
    assert found == expected
    assert [row["open_items"] for row in store.rows("person", where={"name": "Ana"})] == [2]


@pytest.fixture
def chain(store: Store) -> Store:
    """A plan of three tasks of a day, the last of which waits for the first, beside a plan of one."""
    save(store, *(task(name) for name in "567"), task("8", schedule_id="shop/other"), link("5", "7"))
    derived(store)
    return store


def task(name: str, **values: Any) -> WorkItem:
    given_values: dict[str, Any] = {"schedule_id": "shop/plan", "duration_minutes": 480, "is_detail": True}
    return item(
        name,
        key=f"plan#{name}",
        start_at="2026-11-30T08:00",
        finish_at="2026-11-30T17:00",
        **{**given_values, **values},
    )


def floats(store: Store) -> dict[str, int | None]:
    return {
        row["key"]: row["total_float_minutes"] for row in store.rows("item") if row["key"].startswith("plan#")
    }


def test_a_longer_task_changes_the_float_of_its_whole_plan_and_of_no_other(chain: Store) -> None:
    assert floats(chain) == {"plan#5": 0, "plan#6": 480, "plan#7": 0, "plan#8": 0}
    save(chain, task("7", duration_minutes=960))
    counts, found, expected = both(chain)
    assert found == expected
    assert counts.reached == 3
    assert floats(chain) == {"plan#5": 0, "plan#6": 960, "plan#7": 0, "plan#8": 0}


def test_a_link_that_is_gone_gives_float_to_what_it_held(chain: Store) -> None:
    save(chain, replaces=[OwnedBy(record="Dependency", item_ids=["shop/7"])])
    counts, found, expected = both(chain)
    assert found == expected
    assert counts.reached == 3
    assert floats(chain) == {"plan#5": 0, "plan#6": 0, "plan#7": 0, "plan#8": 0}
    assert [row["driver_id"] for row in chain.rows("item", where={"key": "plan#7"})] == [None]


def test_what_a_network_does_not_rest_on_reaches_the_task_alone_and_leaves_its_float(chain: Store) -> None:
    save(chain, task("6", title="Another name"))
    counts, found, expected = both(chain)
    assert found == expected
    assert counts.reached == 1
    assert floats(chain)["plan#6"] == 480


def test_a_task_that_moves_to_another_plan_reaches_both(chain: Store) -> None:
    save(chain, task("7", schedule_id="shop/other", duration_minutes=960))
    counts, found, expected = both(chain)
    assert found == expected
    assert counts.reached == 4
    assert floats(chain) == {"plan#5": 0, "plan#6": 0, "plan#7": 0, "plan#8": 480}


def test_a_float_that_a_file_begins_to_say_is_compared(chain: Store) -> None:
    save(chain, task("6", total_float_minutes=240))
    _, found, expected = both(chain)
    assert found == expected
    assert [
        (row["schedule_id"], row["numerator"], row["denominator"], row["members"])
        for row in chain.rows("schedule_check", where={"check": "float-differs"})
    ] == [("shop/other", None, 0, []), ("shop/plan", 1, 1, ["plan#6"])]


def test_a_change_in_a_tracker_works_out_no_network(chain: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.derive_plan_network.read_plans", lambda *_: 1 / 0)
    save(chain, item("2", parent_id="shop/1", owner_id="bo", due=date(2026, 12, 4)))
    assert derived(chain).reached == 1


def test_a_finished_story_changes_what_its_parent_and_its_owner_have_open(store: Store) -> None:
    save(store, item("2", parent_id="shop/1", owner_id="bo", due=date(2026, 12, 1), state="done"))
    counts, found, expected = both(store)
    assert found == expected
    # These two; and the two that the story drives no more.
    assert counts.reached == 4
    assert [row["open_items"] for row in store.rows("person", where={"name": "Bo"})] == [0]


def test_a_first_child_makes_a_parent_that_counts_no_more_as_a_leaf(store: Store) -> None:
    # The child belongs to no schedule; its parent's has one leaf less.
    save(store, item("7", schedule_id=None, parent_id="shop/90"))
    counts, found, expected = both(store)
    assert found == expected
    assert counts.reached == 2


def test_what_moves_takes_along_what_is_below_it_whatever_its_dates(store: Store) -> None:
    save(store, item("8", parent_id="shop/2", due=date(2026, 12, 3)))
    save(store, item("80", parent_id="shop/8", due=date(2026, 12, 4)))
    assert derived(store).reached == 3
    save(store, item("1", parent_id="shop/91", due=date(2026, 12, 21)), item("2", due=date(2026, 12, 2)))
    counts, found, expected = both(store)
    assert found == expected
    # 1 with 3 and 4 below its new parent 91; 2 with 8 and 80 to the top.
    assert counts.reached == 7


def test_an_entry_of_a_timeline_reaches_its_item_and_the_same_entry_again_nothing(store: Store) -> None:
    entry = changed("4", "state", "todo", "in_progress", 3)
    save(store, entry)
    counts, found, expected = both(store)
    assert found == expected
    assert (counts.reached, counts.changed) == (1, 2)
    (row,) = store.rows("item", where={"item_id": "shop/4"})
    assert row["committed_at"] == NOW - timedelta(days=3)
    save(store, entry)
    assert derived(store).reached == 0


def test_a_risk_that_came_and_went_reaches_its_item(store: Store) -> None:
    save(store, Risk(item_id="shop/4", source="shop", probability=3, impact=4))
    counts, found, expected = both(store)
    assert found == expected
    assert (counts.reached, counts.changed) == (1, 1)
    save(store, replaces=[OwnedBy(record="Risk", item_ids=["shop/4"])])
    counts, found, expected = both(store)
    assert found == expected
    assert found["derived_risk"] == []


def test_a_new_circle_is_seen_and_so_is_its_end(store: Store) -> None:
    save(store, link("4", "2"))
    _, found, expected = both(store)
    assert found == expected
    assert sorted(one["in_cycle"] for one in store.rows("dependency")) == [True, True, True]
    save(store, replaces=[OwnedBy(record="Dependency", item_ids=["shop/4"])])
    _, found, expected = both(store)
    assert found == expected
    assert [one["in_cycle"] for one in store.rows("dependency")] == [False]


def test_what_is_gone_takes_its_rows_with_it(store: Store) -> None:
    save(store, gone=[Gone(item_id="shop/3", reason="deleted")])
    counts, found, expected = both(store)
    assert found == expected
    assert counts.items == 35
    assert found["derived_dependency"] == []


def test_a_changed_list_the_next_day_and_another_configuration_derive_everything(store: Store) -> None:
    save(store, Identity(source="shop", account_id="ana", name="Ana B."))
    assert derived(store).reached == 36
    assert derived(store).reached == 0
    assert derived(store, day=1).reached == 36
    counts = derive(store, DeriveSettings(timezone="UTC"), today=NOW.date(), now=NOW)
    assert counts.reached == 36


def test_a_link_to_an_address_is_looked_up_among_everything(store: Store) -> None:
    save(
        store,
        Dependency(
            dependency_id="far",
            source="shop",
            predecessor_id=linked_end("https://x.example/1"),
            successor_id="shop/1",
        ),
    )
    counts, found, expected = both(store)
    assert found == expected
    assert (counts.reached, counts.unknown_ends) == (36, 1)
    save(store, item("1", kind="epic", owner_id="ana", due=date(2026, 12, 22)))
    counts, found, expected = both(store)
    assert found == expected
    assert (counts.reached, counts.unknown_ends) == (4, 1)


def test_a_derivation_that_was_killed_is_made_up_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    save(store, item("2", parent_id="shop/1", owner_id="ana", due=date(2026, 12, 8)))
    with monkeypatch.context() as killed:
        killed.setattr(store, "end_derive", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            derived(store)
    save(store, item("2", parent_id="shop/1", owner_id="ana", due=date(2026, 12, 9)))
    _, found, expected = both(store)
    assert found == expected


@pytest.mark.parametrize("is_small", [True, False])
def test_a_full_derivation_that_was_killed_was_never_made(
    store: Store, monkeypatch: pytest.MonkeyPatch, is_small: bool
) -> None:
    monkeypatch.setattr("sync.derive._SMALL_ITEMS", 10_000 if is_small else 0)
    with monkeypatch.context() as killed:
        killed.setattr(store, "end_derive", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            derived(store, day=1)
    # A large one is stored step by step: its rows are those of tomorrow now, so it begins again.
    assert derived(store).reached == (0 if is_small else 36)


def test_in_two_trackers_the_differences_of_twins_follow_a_moved_date() -> None:
    with opened(sources=2) as store:
        save(store, item("1", key="CHK-1", due=date(2026, 12, 1)))
        save(
            store, item("7", source="boards", key="7", title="CHK-1", due=date(2026, 12, 1)), source="boards"
        )
        derived(store)
        save(store, item("1", key="CHK-1", due=date(2026, 12, 3)))
        counts, found, expected = both(store)
        assert found == expected
        assert counts.reached == 1
        assert [one["due_gap_wd"] for one in store.rows("twin")] == [
            2
        ]  # from 1 December over there to the 3rd here
        save(
            store, item("7", source="boards", key="7", title="CHK-2", due=date(2026, 12, 1)), source="boards"
        )
        counts, found, expected = both(store)
        assert found == expected
        assert list(store.rows("twin")) == []


def test_what_is_finished_today_teaches_only_tomorrow() -> None:
    with opened() as store:
        save(
            store, *history(), item("1", due=date(2026, 11, 30)), item("2", due=date(2026, 12, 1)), item("3")
        )
        derived(store)
        learned = tables(store)["engine_reference"]
        said = {row["key"]: row["forecast_method"] for row in store.rows("item")}
        # From its creation forty days ago to the date in six more: more than any story was promised for.
        assert said["CHK-1"] == "plan date"
        assert said["CHK-3"] == "throughput"
        save(store, item("2", state="done", actual_finish=NOW.date(), due=date(2026, 12, 1)))
        counts, found, expected = both(store)
        assert found == expected
        assert counts.reached == 1
        assert found["engine_reference"] == learned
        derived(store, day=1)
        assert tables(store)["engine_reference"] != learned


def test_what_comes_to_a_backlog_stands_at_its_end_until_tomorrow() -> None:
    def days() -> dict[str, date]:
        return {row["key"]: row["p50"] for row in store.rows("item") if row["state"] != "done"}

    with opened() as store:
        save(store, *history(), *(item(str(number)) for number in (1, 2, 3)))
        derived(store)
        before = days()
        save(store, item("4", priority_rank=1), item("5"))
        counts, found, expected = both(store)
        assert found == expected
        assert counts.reached == 2
        after = days()
        assert {key: after[key] for key in before} == before
        assert after["CHK-4"] == after["CHK-5"] >= max(before.values())
        queue = store.references("backlogs")["shop/CHK"]["places"]
        assert queue == {"shop/1": 1, "shop/2": 2, "shop/3": 3}
        derived(store, day=1)
        queue = store.references("backlogs")["shop/CHK"]["places"]
        assert queue == {"shop/4": 1, "shop/1": 2, "shop/2": 3, "shop/3": 4, "shop/5": 5}


def test_a_look_ahead_leaves_no_forecast_and_the_day_itself_is_derived_anew() -> None:
    with opened() as store:
        save(store, *history(), item("1", due=date(2026, 11, 30)), item("3"))
        derived(store)
        kept = {name: tables(store)[name] for name in ("engine_forecast", "engine_reference")}
        before = tables(store)
        ahead = NOW + timedelta(days=30)
        counts = derive(store, SETTINGS, today=ahead.date(), now=ahead, is_look_ahead=True)
        assert counts.reached == 42
        looked = tables(store)
        assert looked["derived_item"] != before["derived_item"]
        assert {name: looked[name] for name in kept} == kept
        assert derived(store).reached == 42
        assert tables(store) == before


def test_what_was_learned_and_is_gone_is_learned_anew() -> None:
    with opened() as store:
        save(store, *history(), item("1", due=date(2026, 11, 30)))
        derived(store)
        learned = tables(store)["engine_reference"]
        with store._db.write() as connection:
            forget_references(connection)
        save(store, item("1", due=date(2026, 12, 7)))
        assert derived(store).reached == 41
        assert tables(store)["engine_reference"] == learned
