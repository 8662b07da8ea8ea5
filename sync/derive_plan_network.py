"""Derivation of the critical path of each plan: what its file does not say, and where the two disagree.

Project's own dates and float stand wherever the file has them; ours fill the gaps. What drives a start stands
in no file and is always ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portfolio.records import ItemId
from schedule.plan_network import Driver, PlanDates
from schedule.working_time import WorkPattern, walls
from sync.plan_networks import (
    LINK_COLUMNS,
    TASK_COLUMNS,
    PlanHeader,
    PlanNetwork,
    plan_network,
    work_pattern,
)
from sync.workspace import Columns, PlanComparison, Workspace

if TYPE_CHECKING:
    from store import Store

_FILLED = (
    "early_start_at", "early_finish_at", "late_start_at", "late_finish_at", "total_float_minutes",
    "free_float_minutes", "is_critical",
)  # fmt: skip


def derive_plan_networks(work: Workspace, store: Store) -> None:
    """Put the network columns of all plans into `work.derived`, and how our float compares with the files'.

    `work.items["total_float_minutes"]` gets what was computed, too, so that working days of float follow.
    """
    plans = _plans(store)
    if not plans:
        return
    count = len(work.items["item_id"])
    for name in (*_FILLED, "driver_id"):
        work.derived[name] = [None] * count
    tasks = _by_plan(store.read("tracker_item", (*TASK_COLUMNS, *_FILLED), schedule_kind="plan"))
    links = store.read("tracker_dependency", LINK_COLUMNS)
    calendars = _patterns(store)
    plan_of = {item: plan for plan, columns in tasks.items() for item in columns["item_id"]}
    links_of = _links_by_plan(links, plan_of)
    for plan, header in plans.items():
        columns = tasks.get(plan)
        network = columns and plan_network(header, columns, links_of.get(plan, _no_links()), calendars)
        if columns and network:
            dates = network.dates()
            _fill(work, network, dates, columns)
            work.comparisons[plan] = _compare(work, network, dates, columns)


def _plans(store: Store) -> dict[str, PlanHeader]:
    rows = store.read("tracker_schedule", ("schedule_id", "kind", *PlanHeader._fields))
    return {
        plan: PlanHeader(*header)
        for plan, kind, *header in zip(*rows.values(), strict=True)
        if kind == "plan"
    }


def _by_plan(rows: Columns) -> dict[str, Columns]:
    groups: dict[str, list[int]] = {}
    for index, plan in enumerate(rows["schedule_id"]):
        groups.setdefault(plan, []).append(index)
    return {
        plan: {name: [values[index] for index in indices] for name, values in rows.items()}
        for plan, indices in groups.items()
    }


def _no_links() -> Columns:
    return {name: [] for name in LINK_COLUMNS}


def _links_by_plan(links: Columns, plan_of: dict[ItemId, str]) -> dict[str, Columns]:
    """The links that begin in each plan; those that lead out of it are no part of its network."""
    found: dict[str, Columns] = {}
    for row in zip(*(links[name] for name in LINK_COLUMNS), strict=True):
        plan = plan_of.get(row[0])
        if plan is None:
            continue
        columns = found.setdefault(plan, _no_links())
        for name, value in zip(LINK_COLUMNS, row, strict=True):
            columns[name].append(value)
    return found


def _patterns(store: Store) -> dict[str, WorkPattern]:
    rows = store.read("tracker_calendar", ("calendar_id", "weekdays", "exceptions", "hours"))
    return {
        calendar: work_pattern(weekdays, exceptions, hours)
        for calendar, weekdays, exceptions, hours in zip(*rows.values(), strict=True)
    }


def _fill(work: Workspace, network: PlanNetwork, dates: PlanDates, columns: Columns) -> None:
    computed: dict[str, list[Any]] = {
        "early_start_at": walls(dates.early_start),
        "early_finish_at": walls(dates.early_finish),
        "late_start_at": walls(dates.late_start),
        "late_finish_at": walls(dates.late_finish),
        "total_float_minutes": dates.total_float.tolist(),
        "free_float_minutes": dates.free_float.tolist(),
        "is_critical": dates.is_critical.tolist(),
    }
    said = {item: index for index, item in enumerate(columns["item_id"])}
    is_known = dates.is_known.tolist()
    by_link = (dates.driver == Driver.LINK).tolist()
    for task, item in enumerate(network.ids):
        index = work.position.get(item)
        if index is None or not is_known[task]:
            continue
        for name, values in computed.items():
            if columns[name][said[item]] is None:
                work.derived[name][index] = values[task]
                if name in work.items:
                    work.items[name][index] = values[task]
        if by_link[task]:
            work.derived["driver_id"][index] = network.predecessors[int(dates.driving_link[task])]


def _compare(work: Workspace, network: PlanNetwork, dates: PlanDates, columns: Columns) -> PlanComparison:
    own = dict(zip(columns["item_id"], columns["total_float_minutes"], strict=True))
    compared = [
        (work.position[item], own[item] == int(dates.total_float[task]))
        for task, item in enumerate(network.ids)
        if own[item] is not None and dates.is_known[task] and item in work.position
    ]
    return PlanComparison(len(compared), [index for index, is_equal in compared if not is_equal])
