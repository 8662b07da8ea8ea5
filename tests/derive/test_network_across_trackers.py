"""The network over Jira, Azure DevOps and plans, derived in a store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portfolio.records import AnyRecord, Calendar, Dependency, Iteration, Page, Schedule, WorkItem
from store import Store, open_store
from sync.derive import derive
from sync.derive_network import NetworkDates
from sync.loading import load
from sync.placement import TreeNode
from sync.workspace import DeriveSettings, Workspace

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday
TREE = (
    TreeNode("retail", "portfolio", None, "Retail"),
    TreeNode("web", "project", "retail", "Web", None, ["shop:CHK", "boards:Retail", "plans:plan.xml"]),
)


def day(number: int, month: int = 11) -> date:
    return date(2026, month, number)


def issue(number: int, **values: Any) -> WorkItem:
    given = {"scope": "CHK", "schedule_id": "shop/CHK", "key": f"CHK-{number}", **values}
    return WorkItem(item_id=f"shop/{number}", source="shop", native_id=str(number), **given)


def item(number: int, **values: Any) -> WorkItem:
    given = {"scope": "Retail", "schedule_id": "boards/Retail", "key": str(number), **values}
    return WorkItem(item_id=f"boards/{number}", source="boards", native_id=str(number), **given)


def task(number: int, **values: Any) -> WorkItem:
    given = {"scope": "plan.xml", "schedule_id": "plans/plan.xml", "key": f"plan#{number}", **values}
    return WorkItem(item_id=f"plans/{number}", source="plans", native_id=str(number), **given)


def waits(name: str, successor: str, predecessor: str, **values: Any) -> Dependency:
    return Dependency(
        dependency_id=name,
        source=successor.partition("/")[0],
        predecessor_id=predecessor,
        successor_id=successor,
        **values,
    )


PLAN = Schedule(
    schedule_id="plans/plan.xml",
    source="plans",
    scope="plan.xml",
    name="Plan",
    kind="plan",
    calendar_id="plans/six",
)
SIX_DAYS = Calendar(calendar_id="plans/six", source="plans", name="Six", weekdays=[1, 2, 3, 4, 5, 6])


class Derived:
    """What one derivation left in the store and in its workspace."""

    def __init__(self, store: Store, network: NetworkDates, ids: list[str]) -> None:
        self.rows = {row["item_id"]: row for row in store.rows("item")}
        self.links = {row["dependency_id"]: row for row in store.rows("dependency")}
        self.network, self._ids = network, ids

    def dates(self, item: str) -> tuple[date | None, date | None]:
        at = self._ids.index(item)
        return self.network.start[at].item(), self.network.finish[at].item()

    def of(self, item: str, *names: str) -> tuple[Any, ...]:
        return tuple(self.rows[item][name] for name in names)


class Portfolio:
    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = store
        self._works: list[Workspace] = []

        def watched(*rest: Any, **named: Any) -> Workspace:
            self._works.append(load(*rest, **named))
            return self._works[-1]

        monkeypatch.setattr("sync.derive.load", watched)

    def derived(self, *records: AnyRecord, twins: Any = ()) -> Derived:
        run = self.store.start_run("pull", NOW)
        for source in ("shop", "boards", "plans"):
            mine = [record for record in records if getattr(record, "source", None) == source]
            self.store.save_page(source, "all", Page(records=mine), run_id=run, now=NOW)
        settings = DeriveSettings(tree=TREE, twins=twins)
        self.counts = derive(self.store, settings, today=NOW.date(), now=NOW)
        work = self._works[-1]
        return Derived(self.store, work.network, work.items.keys("item_id"))


@pytest.fixture
def portfolio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Portfolio]:
    with open_store("sqlite://") as opened:
        for source, kind in (("shop", "jira"), ("boards", "azure_devops"), ("plans", "project_file")):
            opened.declare_source(source, kind, kind, "1")
        yield Portfolio(opened, monkeypatch)


def test_a_late_issue_pushes_a_work_item_that_pushes_a_task_of_a_plan(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        issue(1, start=day(24), due=day(27)),
        item(2, start=day(25), due=day(26)),
        task(3, start=day(27), due=day(27)),
        PLAN,
        SIX_DAYS,
        waits("a", "boards/2", "shop/1"),
        waits("b", "plans/3", "boards/2"),
    )
    assert found.dates("shop/1") == (day(24), day(27))
    # Monday and Tuesday; then the plan goes on, which works on Saturdays, too.
    assert found.dates("boards/2") == (day(30), day(1, 12))
    assert found.dates("plans/3") == (day(2, 12), day(2, 12))
    assert found.of("boards/2", "driver_id", "predecessor_count", "successor_count") == ("shop/1", 1, 1)
    assert found.of("plans/3", "driver_id", "is_critical", "total_float_wd") == ("boards/2", True, -4)
    assert [bool(one) for one in found.network.is_waiting] == [True, True, False]
    # The end cannot be held, and nothing can slip without moving what waits for it.
    assert [found.of(one, "free_float_wd") for one in ("shop/1", "boards/2", "plans/3")] == [(0,), (0,), (0,)]


def test_free_float_is_what_is_left_before_the_next_work_in_whatever_tracker(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        issue(1, start=day(24), due=day(24)),
        item(2, start=day(27), due=day(27)),
        item(4, start=day(24), due=day(1, 12)),
        task(3, start=day(24), due=day(26), total_float_minutes=4_800, free_float_minutes=480),
        PLAN,
        waits("a", "boards/2", "shop/1"),
    )
    # Two working days lie between the issue of Tuesday and the item of Friday.
    assert found.of("shop/1", "free_float_wd") == (2,)
    # Nothing waits for it: as much as it has before the end of its project.
    assert found.of("boards/2", "free_float_wd", "total_float_wd") == (2, 2)
    assert found.of("plans/3", "free_float_wd", "total_float_wd") == (1, 10)


def test_where_nothing_waits_for_anything_there_is_no_network(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        issue(1, start=day(24), due=day(27)),
        task(3, start=day(24), due=day(26), total_float_minutes=4_800),
        PLAN,
    )
    assert found.dates("shop/1") == (None, None)
    names = ("predecessor_count", "driver_id", "total_float_wd", "float_source")
    assert found.of("shop/1", *names) == (0, None, None, None)
    assert found.of("plans/3", *names) == (0, None, 10, "plan")


def test_a_plans_calendar_counts_its_own_days(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        issue(1, start=day(24), due=day(27)),
        task(3, start=day(25), due=day(30)),
        PLAN,
        SIX_DAYS,
        waits("a", "plans/3", "shop/1"),
    )
    # Five days of the plan (Wednesday to Monday, with Saturday) from Saturday on.
    assert found.dates("plans/3") == (day(28), day(3, 12))


def test_what_is_open_cannot_be_done_before_today_or_before_the_status_date(portfolio: Portfolio) -> None:
    statused = Schedule(
        schedule_id="plans/plan.xml", source="plans", scope="plan.xml", name="Plan", kind="plan",
        status_date=day(26),
    )  # fmt: skip
    found = portfolio.derived(
        issue(1, start=day(19), due=day(20)),
        issue(2, start=day(19), due=day(20), state="done", actual_finish=day(23)),
        issue(3, due=day(20), state="in_progress"),
        issue(4),
        task(5, start=day(19), due=day(20)),
        statused,
        waits("a", "plans/5", "shop/2"),
    )
    assert found.dates("shop/1") == (day(24), day(25))
    assert found.dates("shop/2") == (day(19), day(23))
    assert found.dates("shop/3") == (None, day(24))
    assert found.dates("shop/4") == (None, None)
    assert found.dates("plans/5") == (day(27), day(30))


def test_half_finished_work_needs_its_other_half_after_its_predecessor(portfolio: Portfolio) -> None:
    begun = {"start": day(16), "due": day(27), "state": "in_progress"}  # ten working days
    found = portfolio.derived(
        issue(1, start=day(24), due=day(30)),
        issue(2, **begun, percent_complete=50.0),
        issue(3, **begun),
        waits("a", "shop/2", "shop/1"),
        waits("b", "shop/3", "shop/1"),
    )
    assert found.dates("shop/2") == (day(16), day(7, 12))
    # How much is left is not said: a day at least.
    assert found.dates("shop/3") == (day(16), day(1, 12))


def test_twins_are_one_piece_of_work_so_that_lateness_in_one_tracker_pushes_in_the_other(
    portfolio: Portfolio,
) -> None:
    found = portfolio.derived(
        issue(1, due=day(2, 12), kind="epic"),
        issue(2, start=day(30), due=day(4, 12), parent_id="shop/1"),
        task(3, start=day(24), due=day(27)),
        task(4, start=day(28), due=day(28)),
        PLAN,
        SIX_DAYS,
        waits("a", "plans/4", "plans/3"),
        twins=[("shop:CHK-1", "plans:plan#3")],
    )
    # The epic's story ends on Friday; the plan's task after the epic's twin is pushed behind it.
    assert found.dates("shop/1")[1] == day(4, 12)
    assert found.dates("plans/3")[1] == day(4, 12)
    assert found.dates("plans/4") == (day(5, 12), day(5, 12))
    assert found.of("plans/4", "driver_id") == ("plans/3",)


def test_a_dependency_told_on_both_sides_of_twins_counts_once_and_one_between_the_sides_not_at_all(
    portfolio: Portfolio,
) -> None:
    found = portfolio.derived(
        issue(1, start=day(24), due=day(25)),
        issue(2, start=day(26), due=day(27)),
        item(3, start=day(24), due=day(25)),
        item(4, start=day(26), due=day(27)),
        waits("a", "shop/2", "shop/1"),
        waits("b", "boards/4", "boards/3"),
        waits("c", "boards/3", "shop/1"),
        twins=[("shop:CHK-1", "boards:3"), ("shop:CHK-2", "boards:4")],
    )
    assert found.of("shop/2", "predecessor_count", "successor_count") == (1, 0)
    assert found.of("boards/3", "predecessor_count", "successor_count") == (0, 1)
    assert found.network.cycles == []
    # The driver is the side in the item's own tracker.
    assert found.of("boards/4", "driver_id") == ("boards/3",)
    assert found.of("shop/2", "driver_id") == ("shop/1",)


def test_a_twin_that_its_tracker_has_finished_pushes_nothing_though_its_plan_goes_on(
    portfolio: Portfolio,
) -> None:
    found = portfolio.derived(
        issue(1, state="done", due=day(20), actual_finish=day(23)),
        task(3, start=day(24), due=day(4, 12), state="in_progress"),
        task(4, start=day(25), due=day(25)),
        PLAN,
        SIX_DAYS,
        waits("a", "plans/4", "plans/3"),
        twins=[("shop:CHK-1", "plans:plan#3")],
    )
    assert found.dates("plans/4") == (day(25), day(25))
    assert found.of("plans/3", "total_float_wd", "is_critical") == (None, False)


def test_a_cycle_over_trackers_and_containers_is_named_cut_and_shown(portfolio: Portfolio) -> None:
    # The epic waits for the work item, which waits for a story of that epic.
    found = portfolio.derived(
        issue(1, kind="epic"),
        issue(2, start=day(24), due=day(25), parent_id="shop/1"),
        item(3, start=day(26), due=day(27)),
        waits("a", "shop/1", "boards/3"),
        waits("b", "boards/3", "shop/2"),
    )
    assert found.network.cycles == [(("boards/3", "shop/1", "shop/2"), "b")]
    assert portfolio.counts.cycles == ((("3", "CHK-1", "CHK-2"), ("CHK-2", "3")),)
    assert (found.links["a"]["in_cycle"], found.links["b"]["in_cycle"]) == (True, True)
    assert found.of("shop/2", "driver_id") == ("boards/3",)


def test_deriving_again_changes_nothing(portfolio: Portfolio) -> None:
    portfolio.derived(
        issue(1, kind="epic"),
        issue(2, start=day(24), due=day(25), parent_id="shop/1"),
        item(3, start=day(26), due=day(27)),
        waits("a", "shop/1", "boards/3"),
        waits("b", "boards/3", "shop/2"),
    )
    assert derive(portfolio.store, DeriveSettings(tree=TREE), today=NOW.date(), now=NOW).changed == 0


def test_what_is_removed_orders_nothing(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        issue(1, start=day(24), due=day(4, 12), state="removed"),
        issue(2, start=day(25), due=day(26)),
        issue(3, start=day(25), due=day(26)),
        waits("a", "shop/2", "shop/1"),
        waits("b", "shop/3", "shop/2"),
    )
    assert found.dates("shop/1") == (None, None)
    assert found.dates("shop/2") == (day(25), day(26))
    assert found.of("shop/2", "predecessor_count", "successor_count") == (0, 1)
    assert found.of("shop/1", "predecessor_count", "successor_count") == (0, 0)


def test_a_plans_own_float_stands_and_the_network_gives_it_to_everything_else(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        issue(1, start=day(24), due=day(25)),
        item(2, start=day(26), due=day(30)),
        issue(5, start=day(24), due=day(24)),
        task(3, start=day(24), due=day(26), total_float_minutes=4_800, is_critical=False),
        task(4, start=day(24), due=day(26)),
        PLAN,
        SIX_DAYS,
        waits("a", "boards/2", "shop/1"),
    )
    names = ("total_float_wd", "is_critical", "float_source")
    assert found.of("shop/1", *names) == (0, True, "network")
    assert found.of("boards/2", *names) == (0, True, "network")
    assert found.of("shop/5", *names) == (4, False, "network")
    assert found.of("plans/3", *names) == (10, False, "plan")
    assert found.of("plans/4", *names) == (3, False, "network")


def test_two_that_are_due_with_the_same_sprint_may_follow_one_another_in_it(portfolio: Portfolio) -> None:
    sprint = Iteration(
        iteration_id="shop/s1", source="shop", name="S1", state="active", start=day(23), end=day(27)
    )
    found = portfolio.derived(
        sprint,
        issue(1, iteration_id="shop/s1"),
        issue(2, iteration_id="shop/s1"),
        issue(3, start=day(26), due=day(30)),
        waits("a", "shop/2", "shop/1"),
        waits("b", "shop/3", "shop/2"),
    )
    assert found.dates("shop/2")[1] == day(27)
    # What has dates of its own waits for the end of the sprint.
    assert found.dates("shop/3") == (day(30), day(2, 12))


def test_tasks_of_a_plan_that_share_a_day_are_not_pushed_apart(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        task(1, start=day(24), due=day(24), start_at="2026-11-24T08:00", finish_at="2026-11-24T12:00"),
        task(2, start=day(24), due=day(25), start_at="2026-11-24T13:00", finish_at="2026-11-25T12:00"),
        task(3, start=day(25), due=day(25), start_at="2026-11-25T08:00", finish_at="2026-11-25T17:00"),
        PLAN,
        SIX_DAYS,
        waits("a", "plans/2", "plans/1"),
        waits("b", "plans/3", "plans/2"),
    )
    assert found.dates("plans/2") == (day(24), day(25))
    # The third starts before the second is finished: the plan itself breaks that one.
    assert found.dates("plans/3") == (day(26), day(26))


def test_a_milestone_in_the_morning_lets_work_begin_on_its_day_and_one_in_the_evening_does_not(
    portfolio: Portfolio,
) -> None:
    found = portfolio.derived(
        task(1, start=day(25), due=day(25), finish_at="2026-11-25T08:00", is_milestone=True),
        task(2, start=day(25), due=day(25)),
        task(3, start=day(25), due=day(25), finish_at="2026-11-25T17:00", is_milestone=True),
        task(4, start=day(25), due=day(25)),
        PLAN,
        SIX_DAYS,
        waits("a", "plans/2", "plans/1"),
        waits("b", "plans/4", "plans/3"),
    )
    assert found.dates("plans/2") == (day(25), day(25))
    assert found.dates("plans/4") == (day(26), day(26))


def test_lags_in_minutes_and_in_percent_are_working_days(portfolio: Portfolio) -> None:
    found = portfolio.derived(
        task(1, start=day(24), due=day(27)),
        task(2, start=day(24), due=day(24)),
        task(3, start=day(24), due=day(24)),
        PLAN,
        SIX_DAYS,
        waits("a", "plans/2", "plans/1", lag_minutes=960),
        waits("b", "plans/3", "plans/1", lag_percent=-50.0),
    )
    # From Friday: two days of the plan's six-day week later, and two of the four days earlier.
    assert found.dates("plans/2") == (day(1, 12), day(1, 12))
    assert found.dates("plans/3") == (day(26), day(26))
