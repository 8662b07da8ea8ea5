"""Derivation of the network across trackers: what pushes what, what drives it, and how much float is left.

A plan's own float stands wherever its file, or the computation of that plan, has one; the network's is for
everything else, and `float_source` says which it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import DayArray, as_days
from schedule.drivers import Drivers, Reforecast, drivers_of, reforecast
from schedule.levels import BoolArray, IntArray, spread
from schedule.network import Network, build_network
from schedule.network_float import end_of_groups, floats_of
from schedule.propagation import REMOVED
from schedule.work_dates import dates_of, work_dates
from sync.derive_links import LinkCounts
from sync.network_work import NetworkWork, network_work
from sync.work_classes import WorkClasses, join_twins
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store


@dataclass(frozen=True, slots=True)
class NetworkDates:
    """What the network says of each item; arrays parallel to the items.

    Attributes:
        start, finish: when it starts and finishes as far as the network knows; NaT where no date says so.
            What is removed has none.
        is_waiting: something that it waits for, itself or through what contains it or what it contains.
        cycles: the items of each cycle, in the order in which they wait for one another, and the dependency
            that was left out to compute the rest.
    """

    start: DayArray
    finish: DayArray
    is_waiting: BoolArray
    cycles: list[tuple[tuple[ItemId, ...], str]]


def derive_network(work: Workspace, store: Store, found: LinkCounts) -> int:
    """Compute the network, fill the columns of items and `work.network`, and write the dependencies.

    Args:
        work: the items; twins must have been derived.
        store: holds the twins; receives the dependencies.
        found: the dependencies.

    Returns:
        The rows of dependencies that changed.
    """
    classes = join_twins(store, work.items)
    known = network_work(work, store, found, classes)
    network = build_network(len(classes.sides), known.links, known.members, known.containers)
    dates, tables = work_dates(known.given)
    result = reforecast(network, dates, tables)
    drivers = drivers_of(result)
    of_item = np.array(classes.of_item, dtype=np.int64)
    _keep_dates(work, classes, known, result, drivers, of_item, found)
    _count(work, known, of_item)
    _drivers(work, classes, drivers, of_item)
    _floats(work, result, classes, of_item)
    in_cycle = found.columns["in_cycle"]
    for row in known.rows[network.in_cycle].tolist():
        in_cycle[row] = True
    return store.replace("derived_dependency", found.columns)


def _keep_dates(
    work: Workspace,
    classes: WorkClasses,
    known: NetworkWork,
    result: Reforecast,
    drivers: Drivers,
    of_item: IntArray,
    found: LinkCounts,
) -> None:
    start, finish = (days[of_item] for days in dates_of(known.given, result, drivers))
    removed = np.array([one == "removed" for one in work.items["state"]], dtype=bool)
    start[removed] = finish[removed] = np.datetime64("NaT")
    ids = work.items["item_id"]
    cycles = [
        (
            tuple(ids[classes.sides[one][0]] for one in cycle.members),
            found.kept[int(known.rows[cycle.cut])].dependency_id,
        )
        for cycle in result.network.cycles
    ]
    work.network = NetworkDates(start, finish, _waiting(result.network)[of_item], cycles)


def _waiting(network: Network) -> BoolArray:
    """For each piece of work whether it waits for something."""
    seeds = np.zeros(len(network.owner), dtype=bool)
    seeds[network.after[network.link >= 0]] = True
    waits = spread(network.before, network.after, seeds, network.leaving)
    return waits[network.place[: network.count]]


def _count(work: Workspace, known: NetworkWork, of_item: IntArray) -> None:
    work.derived["predecessor_count"] = known.predecessors[of_item].tolist()
    work.derived["successor_count"] = known.successors[of_item].tolist()


def _drivers(work: Workspace, classes: WorkClasses, drivers: Drivers, of_item: IntArray) -> None:
    """What drives each item: a plan knows it to the minute for what is driven inside of it."""
    items, ids = work.items, work.items["item_id"]
    own = work.derived.get("driver_id", [None] * len(ids))
    schedules, answer = items["schedule_id"], list[ItemId | None](own)
    driven = np.flatnonzero(drivers.driver[of_item] >= 0).tolist() if len(of_item) else []
    for index in driven:
        if items["state"][index] in ("done", "removed"):
            continue
        sides = classes.sides[int(drivers.driver[of_item[index]])]
        schedule = schedules[index]
        inside = next((side for side in sides if schedule is not None and schedules[side] == schedule), None)
        if inside is None or own[index] is None:
            answer[index] = ids[sides[0] if inside is None else inside]
    work.derived["driver_id"] = answer


def _floats(work: Workspace, result: Reforecast, classes: WorkClasses, of_item: IntArray) -> None:
    derived, count = work.derived, len(work.items["item_id"])
    group, promised = _groups(work, result, classes)
    floats = floats_of(result, end_of_groups(result, group, promised))
    from_plan = derived.get("total_float_wd", [None] * count)
    critical: list[Any] = list(derived.get("is_critical", [None] * count))
    total: list[Any] = list(from_plan)
    source: list[str | None] = [None if one is None else "plan" for one in total]
    is_open = [one not in ("done", "removed") for one in work.items["state"]]
    says = zip(
        floats.is_known[of_item].tolist(),
        floats.total_wd[of_item].tolist(),
        floats.is_critical[of_item].tolist(),
        is_open,
        strict=True,
    )
    for index, (is_known, total_wd, is_critical, counts) in enumerate(says):
        if is_known and counts and total[index] is None:
            total[index], source[index] = total_wd, "network"
            if work.items["is_critical"][index] is None:
                critical[index] = is_critical
    derived["total_float_wd"], derived["is_critical"], derived["float_source"] = total, critical, source


def _groups(work: Workspace, result: Reforecast, classes: WorkClasses) -> tuple[IntArray, DayArray]:
    """What ends together: the work of a project, else of a schedule; and the day promised for its end.

    That is the latest of the commitments in it and, of what nobody has committed to, of the planned dates.
    """
    first = [sides[0] for sides in classes.sides]
    projects, schedules = work.derived["project"], work.items["schedule_id"]
    numbers: dict[tuple[str, str | None], int] = {}
    group = np.full(len(first), -1, dtype=np.int64)
    for one, side in enumerate(first):
        name = ("project", projects[side]) if projects[side] else ("schedule", schedules[side])
        if name[1] is not None:
            group[one] = numbers.setdefault(name, len(numbers))
    commitment = as_days([work.derived["commitment"][side] for side in first])
    dates = result.dates
    planned = result.tables.finish_day(dates.calendar, dates.finish)
    promise = np.where(np.isnat(commitment), planned, commitment)
    counts = np.flatnonzero((group >= 0) & ~np.isnat(promise) & (dates.state != REMOVED))
    latest = np.full(len(numbers), np.iinfo(np.int64).min, dtype=np.int64)
    np.maximum.at(latest, group[counts], promise[counts].astype("datetime64[D]").astype(np.int64))
    return group, latest.astype("datetime64[D]")
