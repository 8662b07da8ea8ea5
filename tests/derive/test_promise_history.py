"""The history of promises: moments, containers, bulk moves, reopened items, absences and calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portfolio.records import (
    AnyRecord,
    Baseline,
    Calendar,
    Change,
    Identity,
    Iteration,
    Page,
    Release,
    Schedule,
    WorkItem,
)
from schedule.calendars import WorkPattern
from schedule.commitment import PromiseRules
from store import BaselineEvent, Store, open_store
from sync.absences import PersonCalendar
from sync.derive import DeriveCounts, derive, set_today
from sync.placement import TreeNode
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday
CREATED = datetime(2026, 9, 1, 8, tzinfo=UTC)
INHERITED = PromiseRules(dates=("own", "iteration", "release"))


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


class World:
    """A Jira project and a plan in a store, filled by hand and derived."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.run = store.start_run("pull", NOW)
        for source, kind in (("shop", "jira"), ("plans", "project_file")):
            store.declare_source(source, kind, kind, "1")
        self.save(
            Schedule(schedule_id="shop/CHK", source="shop", scope="CHK", name="Checkout", kind="project"),
            Schedule(schedule_id="plans/p", source="plans", scope="p.xml", name="Plan", kind="plan"),
        )

    def save(self, *records: AnyRecord, now: datetime = NOW) -> None:
        for source in ("shop", "plans"):
            mine = [one for one in records if getattr(one, "source", None) == source]
            self.store.save_page(source, "all", Page(records=mine), run_id=self.run, now=now)

    def issue(self, key: str, **values: Any) -> None:
        given = {"scope": "CHK", "schedule_id": "shop/CHK", "created_at": CREATED, **values}
        self.save(WorkItem(item_id=f"shop/{key}", source="shop", native_id=key, key=key, **given))

    def task(self, number: int, **values: Any) -> None:
        given = {"scope": "p.xml", "schedule_id": "plans/p", "is_detail": True, **values}
        one = WorkItem(
            item_id=f"plans/{number}", source="plans", native_id=str(number), key=f"p#{number}", **given
        )
        self.save(one)

    def changed(
        self,
        key: str,
        field: str,
        before: str | None,
        after: str | None,
        when: datetime,
        by: str | None = "ana",
    ) -> None:
        event = f"{key}-{field}-{when.isoformat()}"
        self.save(
            Change(
                source="shop", event_id=event, item_id=f"shop/{key}", at=when, by=by, field=field,
                before=before, after=after,
            )
        )  # fmt: skip

    def derive(self, **settings: Any) -> DeriveCounts:
        chosen = {"timezone": "Europe/Zurich", **settings}
        return derive(self.store, DeriveSettings(**chosen), today=NOW.date(), now=NOW)

    def row(self, view: str, **where: Any) -> dict[str, Any]:
        (only,) = list(self.store.rows(view, where=where))
        return only

    def get(self, key: str, *names: str) -> tuple[Any, ...]:
        row = self.row("item", key=key)
        return tuple(row[name] for name in names)


@pytest.fixture
def world() -> Iterator[World]:
    with open_store("sqlite://") as store:
        yield World(store)


# Moments of commitment -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (("leaves_todo", "active_iteration", "release"), at(9, 14)),
        (("leaves_todo",), at(10, 1)),
        (("release",), at(9, 21)),
        (("active_iteration",), at(9, 14)),
        (("label:committed",), at(10, 5)),
        (("status:Ready for work",), at(9, 28)),
        (("label:committed", "status:ready for WORK"), at(9, 28)),
        (("label:commit",), None),
        (("status:Ready",), None),
    ],
)
def test_the_configuration_says_which_moments_commit(
    world: World, moments: tuple[str, ...], expected: datetime | None
) -> None:
    world.save(Iteration(iteration_id="s1", source="shop", name="Sprint 1", start=date(2026, 9, 7)))
    world.issue(
        "CHK-1", state="in_progress", status="Doing", labels=["committed", "not yet"], due=date(2026, 12, 1)
    )
    world.changed("CHK-1", "iteration", None, "s1", at(9, 14))
    world.changed("CHK-1", "release", None, "r1", at(9, 21))
    world.changed("CHK-1", "status", "Open", "Ready for work", at(9, 28))
    world.changed("CHK-1", "state", "todo", "in_progress", at(10, 1))
    world.changed("CHK-1", "labels", "not yet", "committed; not yet", at(10, 5))
    world.derive(promises=PromiseRules(committed_by=moments))
    assert world.get("CHK-1", "committed_at", "is_committed") == (expected, expected is not None)


def test_a_label_or_status_from_the_beginning_counts_from_the_creation(world: World) -> None:
    world.issue("CHK-1", status="Approved", labels=["committed"], due=date(2026, 12, 1))
    for moment in ("label:committed", "status:approved"):
        world.derive(promises=PromiseRules(committed_by=(moment,)))
        assert world.get("CHK-1", "committed_at") == (CREATED,)


def test_an_iteration_starts_with_its_day_in_the_portfolios_zone(world: World) -> None:
    world.save(Iteration(iteration_id="s1", source="shop", name="Sprint 1", start=date(2026, 9, 7)))
    world.issue("CHK-1", due=date(2026, 12, 1))
    world.changed("CHK-1", "iteration", None, "s1", at(9, 2))
    for zone, expected in (
        ("Europe/Zurich", datetime(2026, 9, 6, 22, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 9, 7, 4, tzinfo=UTC)),
    ):
        world.derive(timezone=zone)
        assert world.get("CHK-1", "committed_at") == (expected,)


def test_a_project_may_say_otherwise_than_the_portfolio(world: World) -> None:
    tree = (
        TreeNode("retail", "portfolio", None, "Retail"),
        TreeNode("store", "program", "retail", "Store", promises=PromiseRules(committed_by=("leaves_todo",))),
        TreeNode("checkout", "project", "store", "Checkout", scopes=["shop:CHK"]),
        TreeNode("pay", "project", "store", "Pay", None, ["shop:PAY"],
                 promises=PromiseRules(committed_by=("leaves_todo",), settle_days=0)),
    )  # fmt: skip
    for key, scope in (("CHK-1", "CHK"), ("PAY-1", "PAY"), ("ADM-1", "ADM")):
        world.issue(key, scope=scope, state="in_progress", due=date(2026, 12, 8))
        world.changed(key, "release", None, "r1", at(9, 7))
        world.changed(key, "state", "todo", "in_progress", at(10, 1))
        world.changed(key, "due", "2026-12-01", "2026-12-08", at(10, 3))
    world.derive(tree=tree)
    # CHK: its programme's rule; PAY: its own, where two days later is no correction; ADM: the portfolio's.
    assert world.get("CHK-1", "committed_at", "commitment", "push_count") == (at(10, 1), date(2026, 12, 8), 0)
    assert world.get("PAY-1", "committed_at", "commitment", "push_count") == (at(10, 1), date(2026, 12, 1), 1)
    assert world.get("ADM-1", "committed_at", "commitment", "push_count") == (at(9, 7), date(2026, 12, 1), 1)


# Where dates come from -------------------------------------------------------------------------------------


def test_each_commitment_says_where_it_comes_from(world: World) -> None:
    world.save(Release(release_id="r1", source="shop", name="1.0", date=date(2026, 12, 18)))
    world.issue("CHK-1", state="in_progress", due=date(2026, 12, 1))
    world.issue("CHK-2", state="in_progress", release_id="r1", release_ids=["r1"])
    world.task(1, due=date(2026, 12, 1), baseline_finish=date(2026, 11, 20), deadline=date(2026, 11, 30))
    world.task(2, due=date(2026, 12, 1), deadline=date(2026, 11, 30))
    world.task(3, due=date(2026, 12, 1))
    world.derive()
    names = ("commitment", "commitment_source")
    assert world.get("CHK-1", *names) == (date(2026, 12, 1), "own")
    assert world.get("CHK-2", *names) == (None, None)
    assert world.get("p#1", *names) == (date(2026, 11, 20), "baseline")
    assert world.get("p#2", *names) == (date(2026, 11, 30), "deadline")
    assert world.get("p#3", *names) == (None, None)
    world.derive(promises=INHERITED)
    assert world.get("CHK-2", *names) == (date(2026, 12, 18), "release")
    world.derive(promises=PromiseRules(dates=("release",)))
    assert world.get("CHK-1", *names) == (None, None)


def test_a_release_that_moves_is_told_once_and_shown_at_everything_inside(world: World) -> None:
    first = Release(release_id="r1", source="shop", name="1.0", date=date(2026, 12, 4))
    world.save(first, now=at(9, 1))
    for number in (1, 2, 3):
        world.issue(f"CHK-{number}", state="in_progress", release_id="r1", release_ids=["r1"])
    world.issue("CHK-4", state="in_progress", release_id="r1", release_ids=["r1"], due=date(2026, 11, 27))
    moved = Release(release_id="r1", source="shop", name="1.0", date=date(2026, 12, 18))
    world.save(moved, now=at(11, 2))
    world.save(moved, now=at(11, 3))  # nothing new
    world.derive(promises=INHERITED)
    changes = [row for row in world.store.rows("container_change") if row["kind"] == "release"]
    assert [
        (row["before"], row["after"], row["is_first"], row["is_observed"], row["by"]) for row in changes
    ] == [
        (None, "2026-12-04", True, True, None),
        ("2026-12-04", "2026-12-18", False, True, None),
    ]
    assert [(row["name"], row["at"], row["open_items"]) for row in changes] == [
        ("1.0", at(9, 1), 4), ("1.0", at(11, 2), 4),
    ]  # fmt: skip
    names = ("effective_due", "first_commitment", "push_count", "inherited_push_count", "slip_wd")
    for number in (1, 2, 3):
        assert world.get(f"CHK-{number}", *names) == (date(2026, 12, 18), date(2026, 12, 4), 0, 1, 10)
    assert world.get("CHK-4", *names) == (date(2026, 11, 27), date(2026, 11, 27), 0, 0, 0)
    # Without promised release dates there is nothing to slip, yet the push is there to see.
    world.derive()
    assert world.get("CHK-1", *names) == (date(2026, 12, 18), None, 0, 1, None)


def test_an_iteration_is_watched_at_both_ends_and_a_plan_at_its_baseline(world: World) -> None:
    world.save(
        Iteration(
            iteration_id="s1", source="shop", name="1", start=date(2026, 11, 2), end=date(2026, 11, 13)
        ),
        now=at(11, 1),
    )
    world.save(
        Iteration(
            iteration_id="s1", source="shop", name="one", start=date(2026, 11, 2), end=date(2026, 11, 20)
        ),
        now=at(11, 10),
    )
    for month, taken in ((10, at(10, 1)), (11, at(11, 5))):
        world.save(
            Schedule(
                schedule_id="plans/p",
                source="plans",
                scope="p.xml",
                name="Plan",
                kind="plan",
                baseline_at=taken,
            ),
            now=at(month, 12),
        )
    world.derive()
    rows = sorted(world.store.rows("container_change"), key=lambda row: (row["kind"], row["at"]))
    told = [(row["kind"], row["field"], row["before"], row["after"]) for row in rows if not row["is_first"]]
    assert told == [
        ("iteration", "end", "2026-11-13", "2026-11-20"),
        ("schedule", "baseline_at", None, "2026-10-01T09:00:00.000Z"),
        ("schedule", "baseline_at", "2026-10-01T09:00:00.000Z", "2026-11-05T09:00:00.000Z"),
    ]
    # That a plan got its first baseline is no re-baseline.
    assert world.row("schedule", schedule_id="plans/p")["rebaselines_12m"] == 1
    assert world.row("schedule", schedule_id="shop/CHK")["rebaselines_12m"] is None


# Bulk moves ------------------------------------------------------------------------------------------------


def bulk(world: World, count: int, *, by: str | None = "ana") -> None:
    for number in range(count):
        key = f"CHK-{number}"
        world.issue(key, state="in_progress", due=date(2026, 12, 18))
        world.changed(key, "state", "todo", "in_progress", at(9, 7))
        when = at(11, 2) + timedelta(seconds=10 * number)
        world.changed(key, "due", "2026-12-04", "2026-12-18", when, by)


def test_a_bulk_move_is_one_row_and_each_of_its_pushes_can_be_told_apart(world: World) -> None:
    bulk(world, 10)
    world.changed("CHK-3", "due", "2026-11-27", "2026-12-04", at(10, 12), "bo")
    world.derive()
    row = world.row("replan")
    assert (row["source"], row["by"], row["at"], row["last_at"]) == (
        "shop",
        "ana",
        at(11, 2),
        at(11, 2) + timedelta(seconds=90),
    )
    assert (row["moved_days"], row["moved_wd"], row["item_count"], row["push_count"]) == (14, 10, 10, 10)
    assert row["items"] == [f"CHK-{number}" for number in range(10)]
    assert world.get("CHK-0", "push_count", "replan_count") == (1, 1)
    assert world.get("CHK-3", "push_count", "replan_count") == (2, 1)


def test_nine_items_or_an_unknown_hand_are_no_bulk_move(world: World) -> None:
    bulk(world, 9)
    world.derive()
    assert list(world.store.rows("replan")) == []
    assert world.get("CHK-0", "push_count", "replan_count") == (1, 0)


def test_moves_of_which_nobody_knows_who_made_them_are_no_bulk_move(world: World) -> None:
    bulk(world, 10, by=None)
    world.derive()
    assert list(world.store.rows("replan")) == []


# Actual ----------------------------------------------------------------------------------------------------


def test_a_reopened_item_has_not_finished_and_its_history_says_when_it_had(world: World) -> None:
    names = ("actual_finish", "actual_finish_source", "reopened_count", "earlier_finish")
    world.issue(
        "CHK-1", state="in_progress", actual_finish=date(2026, 10, 5)
    )  # what some trackers leave there
    world.changed("CHK-1", "state", "in_progress", "done", datetime(2026, 10, 4, 22, 30, tzinfo=UTC))
    world.changed("CHK-1", "state", "done", "in_progress", at(10, 9))
    world.issue("CHK-2", state="done", actual_finish=date(2026, 10, 6))
    world.issue("CHK-3", state="done")
    world.changed("CHK-3", "state", "todo", "done", at(10, 1))
    world.changed("CHK-3", "state", "done", "todo", at(10, 2))
    world.changed("CHK-3", "state", "todo", "done", datetime(2026, 10, 7, 22, 30, tzinfo=UTC))
    world.issue("CHK-4", state="done")
    world.task(1, state="done", actual_finish=date(2026, 10, 6))
    world.derive()
    assert world.get("CHK-1", *names) == (None, None, 1, date(2026, 10, 5))
    assert world.get("CHK-2", *names) == (date(2026, 10, 6), "tracker", 0, None)
    assert world.get("CHK-3", *names) == (date(2026, 10, 8), "history", 1, date(2026, 10, 1))
    assert world.get("CHK-4", *names) == (None, None, 0, None)
    assert world.get("p#1", *names) == (date(2026, 10, 6), "tracker", None, None)


def test_a_removed_item_was_not_reopened(world: World) -> None:
    world.issue("CHK-1", state="removed")
    world.changed("CHK-1", "state", "in_progress", "done", at(10, 1))
    world.changed("CHK-1", "state", "done", "removed", at(10, 2))
    world.derive()
    assert world.get("CHK-1", "reopened_count", "earlier_finish") == (0, None)


# Which baseline counts -------------------------------------------------------------------------------------


def test_the_baseline_that_the_configuration_names_counts_for_the_schedules_it_covers(world: World) -> None:
    world.issue("CHK-1", state="in_progress", due=date(2026, 12, 18))
    world.issue("CHK-2", due=date(2026, 12, 18))  # made after the baseline
    world.task(1, due=date(2026, 12, 18), baseline_finish=date(2026, 11, 20), baseline_name="Baseline")
    rows = [
        Baseline(name="Q1", item_id="shop/CHK-1", source="shop", finish=date(2026, 12, 4), taken_at=at(9, 1))
    ]
    event = BaselineEvent(
        name="Q1", version=0, kept_as="Q1", at=at(9, 1), reason="approved", schedules=["shop/CHK"]
    )
    world.store.keep_baseline(event, rows, run_id=world.run)
    world.store.keep_baseline(event, rows, run_id=world.run, again=True)
    names = ("baseline_name", "baseline_finish", "commitment", "commitment_source")
    world.derive()
    assert world.get("CHK-1", *names)[:2] == (None, None)
    counts = world.derive(baseline="Q1")
    assert counts.missing_baseline is None
    assert world.get("CHK-1", *names) == ("Q1", date(2026, 12, 4), date(2026, 12, 18), "own")
    assert world.get("CHK-2", *names) == (None, None, None, None)
    assert world.get("p#1", *names) == ("Baseline", date(2026, 11, 20), date(2026, 11, 20), "baseline")
    schedule = world.row("schedule", schedule_id="shop/CHK")
    assert (schedule["baseline_at"], schedule["rebaselines_12m"]) == (at(9, 1), 1)


def test_a_baseline_that_is_not_there_is_said_and_the_plans_own_count(world: World) -> None:
    world.task(1, due=date(2026, 12, 18), baseline_finish=date(2026, 11, 20), baseline_name="Baseline")
    assert world.derive(baseline="Q2").missing_baseline == "Q2"
    assert world.get("p#1", "baseline_name", "baseline_finish") == ("Baseline", date(2026, 11, 20))


def test_another_of_projects_baselines_may_count(world: World) -> None:
    world.task(1, due=date(2026, 12, 18), baseline_finish=date(2026, 11, 20), baseline_name="Baseline")
    world.save(
        Baseline(
            name="Baseline 3", item_id="plans/1", source="plans", finish=date(2026, 10, 30),
            finish_at="2026-10-30T17:00",
        )
    )  # fmt: skip
    world.derive(baseline="Baseline 3")
    names = ("baseline_name", "baseline_finish", "baseline_finish_at", "commitment", "slip_wd")
    assert world.get("p#1", *names) == (
        "Baseline 3", date(2026, 10, 30), "2026-10-30T17:00", date(2026, 10, 30), 35,
    )  # fmt: skip


# Calendars -------------------------------------------------------------------------------------------------

GULF = WorkPattern(weekdays=(7, 1, 2, 3, 4))
CALENDARS = (
    TreeNode("retail", "portfolio", None, "Retail"),
    TreeNode("gulf", "program", "retail", "Gulf", calendar=GULF),
    TreeNode("dubai", "project", "gulf", "Dubai", scopes=["shop:DXB", "plans:p.xml"]),
    TreeNode("zurich", "project", "retail", "Zurich", None, ["shop:ZRH"],
             calendar=WorkPattern(days_off=(date(2026, 11, 23),))),
)  # fmt: skip


def test_an_item_counts_in_its_plans_calendar_else_in_its_projects_else_in_the_portfolios(
    world: World,
) -> None:
    world.save(
        Calendar(calendar_id="plans/p:calendar", source="plans", name="6", weekdays=[1, 2, 3, 4, 5, 6]),
        Schedule(
            schedule_id="plans/p", source="plans", scope="p.xml", name="Plan", kind="plan",
            calendar_id="plans/p:calendar",
        ),
    )  # fmt: skip
    for key, scope in (("DXB-1", "DXB"), ("ZRH-1", "ZRH"), ("CHK-1", "CHK")):
        # Due on Thursday 19, finished on Monday 23 November.
        world.issue(key, scope=scope, state="done", due=date(2026, 11, 19), actual_finish=date(2026, 11, 23))
    world.task(1, state="done", baseline_finish=date(2026, 11, 19), actual_finish=date(2026, 11, 23))
    world.derive(tree=CALENDARS)
    assert world.get("DXB-1", "slip_wd") == (2,)  # Sunday and Monday
    assert world.get("ZRH-1", "slip_wd") == (1,)  # Friday; Monday is a day off
    assert world.get("CHK-1", "slip_wd") == (2,)  # Friday and Monday
    assert world.get("p#1", "slip_wd") == (3,)  # Friday, Saturday and Monday
    assert ordinal_distance(world, "DXB-1") == 2
    assert ordinal_distance(world, "ZRH-1") == 1


def ordinal_distance(world: World, key: str) -> int:
    columns = world.store.read("derived_item_ordinal", ("item_id", "actual_finish_ord", "due_ord"))
    place = columns["item_id"].index(f"shop/{key}")
    return int(columns["actual_finish_ord"][place]) - int(columns["due_ord"][place])


def test_today_has_a_number_in_every_calendar_of_the_tree(world: World) -> None:
    world.issue("DXB-1", scope="DXB")
    world.derive(tree=CALENDARS)
    before = dict(zip(*world.store.read("derived_today", ("calendar_id", "ord")).values(), strict=True))
    assert set(before) == {"portfolio", "tree:gulf", "tree:zurich"}
    set_today(world.store, DeriveSettings(tree=CALENDARS), date(2026, 11, 29))  # a Sunday
    after = dict(zip(*world.store.read("derived_today", ("calendar_id", "ord")).values(), strict=True))
    # From Tuesday to Sunday: three working days, in the Gulf three as well: Wednesday, Thursday, Sunday.
    assert {name: after[name] - before[name] for name in before} == {
        "portfolio": 3, "tree:gulf": 3, "tree:zurich": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("due", "last_day_away", "expected"),
    [
        (date(2026, 11, 27), date(2026, 11, 27), "absent"),
        (date(2026, 11, 27), date(2026, 11, 26), None),  # back on the last day
        (date(2026, 11, 28), date(2026, 11, 27), "absent"),  # due on Saturday is due on Friday
        (date(2026, 11, 30), date(2026, 11, 27), None),
        (date(2026, 11, 10), date(2026, 11, 24), "absent"),  # overdue, and away today
        (date(2026, 11, 10), date(2026, 11, 23), None),
        (None, date(2027, 11, 27), None),
    ],
)
def test_an_owner_who_is_away_until_the_work_is_due_cannot_act(
    world: World, due: date | None, last_day_away: date, expected: str | None
) -> None:
    world.save(
        Identity(
            source="shop",
            account_id="ana",
            name="Ana Berg",
            email="Ana@shop.example",
            kind="person",
            is_active=True,
        ),
        Identity(
            source="shop", account_id="bo", name="Bo", email="bo@shop.example", kind="person", is_active=True
        ),
    )
    for key, owner, state in (
        ("CHK-1", "ana", "todo"),
        ("CHK-2", "bo", "todo"),
        ("CHK-3", "ana", "done"),
        ("CHK-4", None, "todo"),
    ):
        world.issue(key, owner_id=owner, state=state, due=due)
    away = PersonCalendar(absences=((date(2026, 11, 16), last_day_away),))
    world.derive(person_calendars={"ana@shop.example": away})
    found = [world.get(f"CHK-{number}", "owner_problem")[0] for number in (1, 2, 3, 4)]
    assert found == [expected, None, None, "no owner"]
