"""Plans that Project saved, scheduled anew: the dates and the float that stand in the file come out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import plan_builder as build
import pytest
from shared import shared

from connectors.ms_project.mapping import Plan
from portfolio.records import Page
from schedule.plan_network import PlanDates
from schedule.working_time import instants, walls
from store import open_store
from sync.changed import everything
from sync.loading import load
from sync.plan_networks import PlanNetwork, plan_headers, plan_networks, read_plans, work_patterns
from sync.workspace import DeriveSettings


@dataclass(frozen=True)
class Shares:
    """How much of a plan comes out again.

    Of `tasks` that are active, those with the file's start and finish to the minute, and in working time,
    where 17:00 and 08:00 of the next day are one; of `floats` in the file, those that are equal.
    """

    tasks: int
    to_the_minute: int
    in_working_time: int
    floats: int
    equal_floats: int
    why: str = ""


WHOLE_DAYS = "older versions of Project, and MPXJ, end a day at 08:00 of the next one"
SAVED = {
    "assignment-assignments-project2019-mspdi.xml": Shares(3, 3, 3, 3, 3),
    "baselines.xml": Shares(1, 1, 1, 1, 1),
    "caltest.xml": Shares(3, 3, 3, 3, 3),
    "mspdirelations.xml": Shares(5, 4, 5, 5, 5, WHOLE_DAYS),
    "sample.xml": Shares(19, 16, 19, 19, 19, WHOLE_DAYS),
    "task-finishes-project2019-mspdi.xml": Shares(10, 10, 10, 10, 10),
    "task-links-project2019-mspdi.xml": Shares(16, 16, 16, 16, 16),
    "mpp14recurring.mpp.converted.mspdi.xml": Shares(27, 27, 27, 25, 25),
    "sample.mpp.converted.mspdi.xml": Shares(
        22, 16, 21, 20, 19, f"{WHOLE_DAYS}; task 22 works at night, by the calendar of its person"
    ),
    "mspditimephased.xml": Shares(
        40,
        32,
        36,
        40,
        22,
        "people who work at night, whose calendars are not read, end the plan later",
    ),
    "derived/Homemoveplan.mpxj-mspdi.xml": Shares(171, 171, 171, 95, 95),
    "derived/Residential_Construction.mpxj-mspdi.xml": Shares(108, 108, 108, 28, 28),
    "derived/Software_Development.mpxj-mspdi.xml": Shares(86, 86, 86, 82, 82),
    "mpxj/task-links-project2003-mspdi.xml": Shares(16, 16, 16, 16, 16),
    "mpxj/task-durations-project2019-mspdi.xml": Shares(110, 110, 110, 110, 110),
    "mpxj/assignment-text-project2010-mspdi.xml": Shares(30, 30, 30, 30, 30),
    "mpxj/task-baselines-project2002-mspdi.xml": Shares(55, 55, 55, 55, 55),
    "aspose/not updated.xml": Shares(
        10,
        6,
        6,
        10,
        0,
        "not Project's: deadlines of the year 2000 on every task, dates that ignore the links",
    ),
}


@dataclass(frozen=True)
class Saved:
    """A plan as it comes out of the store: its network, and the items at the positions of the tasks."""

    network: PlanNetwork
    ids: Sequence[str]


def saved(plan: Plan) -> Saved:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    calendars = [plan.calendar] if plan.calendar else []
    records = [plan.schedule, *calendars, *plan.task_calendars, *plan.items, *plan.dependencies]
    with open_store("sqlite://") as store:
        source = plan.schedule.source
        store.declare_source(source, "project_file", source, "1")
        store.save_page(source, "all", Page(records=records), run_id="run", now=now)
        work = load(store, DeriveSettings(), everything(), today=now.date(), now=now)
        columns = read_plans(work, store, [plan.schedule.schedule_id], ())
        (network,) = plan_networks(columns, plan_headers(store), work_patterns(store))
    ids = work.items.keys("item_id")
    return Saved(network, [ids[row] for row in columns.rows.tolist()])


def shares(plan: Plan, stored: Saved, dates: PlanDates) -> Shares:
    items, network = {item.item_id: item for item in plan.items}, stored.network
    active = [(at, items[one]) for at, one in enumerate(stored.ids) if items[one].state != "removed"]
    spans = list(zip(walls(dates.start), walls(dates.finish), strict=True))
    calendar = network.tasks.calendar

    def worked(at: int, wall: str | None) -> int:
        return int(network.time.minutes_at(calendar[at : at + 1], instants([wall]))[0])

    same = [
        worked(at, ours) == worked(at, theirs)
        for at, item in active
        for ours, theirs in zip(spans[at], (item.start_at, item.finish_at), strict=True)
    ]
    floats = [(at, item) for at, item in active if item.total_float_minutes is not None]
    return Shares(
        tasks=len(active),
        to_the_minute=sum(spans[at] == (item.start_at, item.finish_at) for at, item in active),
        in_working_time=sum(one and other for one, other in zip(same[::2], same[1::2], strict=True)),
        floats=len(floats),
        equal_floats=sum(item.total_float_minutes == int(dates.total_float[at]) for at, item in floats),
    )


@pytest.mark.parametrize("name", SAVED)
def test_the_dates_of_a_saved_plan_come_out_again(name: str) -> None:
    plan = build.read(shared(f"samples/msproject/{name}"))
    stored = saved(plan)
    expected = SAVED[name]
    found = shares(plan, stored, stored.network.dates())
    assert found == Shares(
        expected.tasks,
        expected.to_the_minute,
        expected.in_working_time,
        expected.floats,
        expected.equal_floats,
    )
    is_whole = (found.in_working_time, found.equal_floats) == (found.tasks, found.floats)
    assert is_whole or expected.why


def test_the_critical_tasks_of_real_plans_come_out_again() -> None:
    for name, critical in {
        "derived/Homemoveplan.mpxj-mspdi.xml": 76,
        "derived/Residential_Construction.mpxj-mspdi.xml": 80,
        "derived/Software_Development.mpxj-mspdi.xml": 4,
    }.items():
        plan = build.read(shared(f"samples/msproject/{name}"))
        stored = saved(plan)
        flags = dict(zip(stored.ids, stored.network.dates().is_critical.tolist(), strict=True))
        assert flags == {item.item_id: item.is_critical for item in plan.items}
        assert sum(flags.values()) == critical


def test_a_predecessor_of_work_under_way_has_the_float_that_project_saved() -> None:
    # Every task of this plan is at 30 %, so each has begun before the one before it ended.
    plan = build.read(shared("samples/msproject/derived/Software_Development.mpxj-mspdi.xml"))
    stored = saved(plan)
    (at,) = [index for index, one in enumerate(stored.ids) if one.endswith(":2")]
    dates = stored.network.dates()
    # It ends at noon; the next one is at work until 15:24, that is until 144 of its 480 minutes are done.
    assert walls(dates.finish[at : at + 1]) == ["2012-12-24T12:00"]
    assert walls(dates.late_finish[at : at + 1]) == ["2012-12-24T15:24"]
    assert np.array(dates.total_float)[at] == 144
