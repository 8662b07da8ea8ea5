"""Derivation of the network across trackers: what pushes what, what drives it, and how much float is left.

A plan's own float stands wherever its file, or the computation of that plan, has one; the network's is for
everything else, and `float_source` says which it is.

After a change only what is connected with it is computed, all of it; of that, the items of which the network
says something else than it did are derived anew. What the end of a project rests on outside of that is known
from `derived_network_end`; where the end moves, everything in that project is computed in a second attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from portfolio.records import ItemId
from schedule.calendars import DayArray
from schedule.drivers import Drivers, drivers_of, reforecast
from schedule.levels import spread
from schedule.network import Network, build_network
from schedule.network_float import Floats, boundaries_of_ends, floats_of
from schedule.networks import in_circle
from schedule.work_dates import dates_of, work_dates
from store.catalogue import TABLES
from store.frame_writing import row_digests
from store.frames import UNKNOWN_FLAG, BoolArray, Coded, Frame, Ints, constant, taken
from sync.changed import ReachesEverything
from sync.derive_promises import plan_floats
from sync.network_ends import ends_of_groups, group_columns, groups_of
from sync.network_links import NetworkLinks, network_links
from sync.network_pieces import Pieces, pieces_of
from sync.network_work import NetworkItems, containment, given_dates, network_items
from sync.workspace import ENDED, Workspace

if TYPE_CHECKING:
    from store import Store

WRITTEN = (
    "predecessor_count", "successor_count", "driver_id", "total_float_wd", "free_float_wd", "is_critical",
    "float_source", "network_start", "network_finish", "is_waiting", "network_group", "network_last",
    "network_promise",
)  # fmt: skip
_NO_DAY = np.datetime64("NaT", "D")
_SOURCES = ("plan", "network")
_FREE = "free_float_minutes"


@dataclass(frozen=True, slots=True)
class NetworkDates:
    """What the network says of each loaded item; arrays parallel to the items.

    Attributes:
        start, finish: when it starts and finishes as far as the network knows; NaT where no date says so.
            What is removed has none.
        is_waiting: something that it waits for, itself or through what contains it or what it contains.
        cycles: the items of each cycle, in the order in which they wait for one another, and the dependency
            that was left out to compute the rest; after a change only of what is connected with it.
    """

    start: DayArray
    finish: DayArray
    is_waiting: BoolArray
    cycles: Sequence[tuple[tuple[ItemId, ...], str]] = ()


def derive_network(work: Workspace, store: Store) -> int:
    """Compute the network, fill its columns, `work.network`, and `in_cycle` of the dependencies.

    Returns:
        The rows of ends that changed.

    Raises:
        ReachesEverything: the first dependency of the portfolio came, or the last one went.
        ReachesFurther: the end of a project or schedule has moved.
    """
    links = work.links
    links.columns.put("in_cycle", np.zeros(len(links.rows), dtype=bool))
    if not _has_network(work, store):
        nothing = _nothing(len(work.items))
        _put_floats(nothing, plan_floats(work, store), np.zeros(len(work.items), dtype=bool))
        nothing.put("free_float_wd", plan_floats(work, store, _FREE))
        nothing.put("is_critical", _plan_criticality(work))
        nothing.put("driver_id", _plan_drivers(work))
        _put(work, nothing)
        _keep_dates(work, ())
        return 0
    part = network_items(work)
    pieces = pieces_of(store, part.items)
    given, lender = given_dates(work, store, part, pieces)
    known = network_links(work, part, pieces, given, lender)
    network = build_network(len(pieces.first), known.links, *containment(work, part, pieces))
    result = reforecast(network, *work_dates(given))
    drivers = drivers_of(result)
    groups = groups_of(part, pieces, result)
    ends, changed = ends_of_groups(work, store, groups)
    floats = floats_of(result, boundaries_of_ends(result, groups.of_piece, ends))
    columns = Frame(len(part.rows), group_columns(groups, part, pieces))
    _dates(columns, part, pieces, dates_of(given, result, drivers), _waiting(network))
    _counts(columns, pieces, known)
    columns.put("driver_id", _with_plan_drivers(work, part, _drivers(part, pieces, drivers)))
    _floats(columns, work, store, part, pieces, floats)
    _take_over(work, store, part, columns)
    links.columns.put("in_cycle", _in_cycle(work, store, part, known, network))
    ids, dependencies = part.items.keys("item_id"), links.columns.keys("dependency_id")
    cycles = [
        (
            tuple(ids[one] for one in pieces.first[list(cycle.members)].tolist()),
            dependencies[int(known.rows[cycle.cut])],
        )
        for cycle in network.cycles
    ]
    _keep_dates(work, cycles)
    return changed


def _has_network(work: Workspace, store: Store) -> bool:
    """Whether anything in the portfolio waits for anything.

    Raises:
        ReachesEverything: the last derivation found the opposite.
    """
    if work.is_full or len(work.links.rows):
        is_there = bool(len(work.links.rows))
        if is_there and not work.is_full and not store.has_rows("derived_dependency"):
            raise ReachesEverything
        return is_there
    was_there = store.has_rows("derived_dependency")
    if was_there and work.reach.links and store.count("derived_dependency") <= len(work.reach.links):
        raise ReachesEverything  # these were all
    return was_there


def _waiting(network: Network) -> BoolArray:
    """For each piece of work whether it waits for something."""
    seeds = np.zeros(len(network.owner), dtype=bool)
    seeds[network.after[network.link >= 0]] = True
    waits = spread(network.before, network.after, seeds, network.leaving)
    return waits[network.place[: network.count]]


def _dates(
    columns: Frame, part: NetworkItems, pieces: Pieces, days: tuple[DayArray, DayArray], waits: BoolArray
) -> None:
    is_removed = part.items.codes("state").is_one_of(("removed",))
    for name, found in zip(("network_start", "network_finish"), days, strict=True):
        columns.put(name, np.where(is_removed, _NO_DAY, found[pieces.of_item]))
    columns.put("is_waiting", waits[pieces.of_item].astype(np.int8))


def _counts(columns: Frame, pieces: Pieces, known: NetworkLinks) -> None:
    every = np.ones(len(pieces.of_item), dtype=bool)
    columns.put("predecessor_count", Ints(known.predecessors[pieces.of_item], every))
    columns.put("successor_count", Ints(known.successors[pieces.of_item], every))


def _drivers(part: NetworkItems, pieces: Pieces, drivers: Drivers) -> Coded:
    """What drives each item that is open: of twins the side in its own schedule, else the one that speaks."""
    items, schedules = part.items, part.items.codes("schedule_id").codes
    driver = drivers.driver[pieces.of_item]
    is_open = ~items.codes("state").is_one_of(ENDED)
    rows = np.flatnonzero((driver >= 0) & is_open)
    found = pieces.first[driver[rows]]
    for piece, sides in pieces.joined.items():
        for at in np.flatnonzero(driver[rows] == piece).tolist():
            schedule = schedules[rows[at]]
            inside = sides[(schedules[sides] == schedule) & (schedule >= 0)]
            if len(inside):
                found[at] = inside[0]
    distinct, place = np.unique(found, return_inverse=True)
    codes = np.full(len(items), -1, dtype=np.int32)
    codes[rows] = place
    ids = items.keys("item_id")
    return Coded(codes, [ids[one] for one in distinct.tolist()])


def _plan_criticality(work: Workspace) -> BoolArray:
    """What a plan's own network says of each item, where its file does not; 1 yes, 0 no, -1 unknown."""
    if "plan_is_critical" in work.derived:
        return np.asarray(work.derived.column("plan_is_critical"))
    return np.full(len(work.items), UNKNOWN_FLAG, dtype=np.int8)


def _plan_drivers(work: Workspace) -> Coded:
    if "plan_driver_id" in work.derived:
        return work.derived.codes("plan_driver_id")
    return constant(None, len(work.items))


def _with_plan_drivers(work: Workspace, part: NetworkItems, drivers: Coded) -> Coded:
    """A plan's own answer stands unless what drives a task stands outside the plan."""
    of_plan = _plan_drivers(work)
    own = of_plan.codes[part.rows]
    if not (own >= 0).any():
        return drivers
    schedules = work.items.codes("schedule_id").codes
    place = work.positions([*drivers.words, None])[drivers.codes]
    is_outside = (place >= 0) & (schedules[place] != schedules[part.rows])
    codes = np.where((own >= 0) & ~is_outside, own + len(drivers.words), drivers.codes).astype(np.int32)
    return Coded(codes, [*drivers.words, *of_plan.words]).compact()


def _floats(
    columns: Frame, work: Workspace, store: Store, part: NetworkItems, pieces: Pieces, floats: Floats
) -> None:
    items, of_item, own = part.items, pieces.of_item, plan_floats(work, store)
    own = Ints(own.values[part.rows], own.known[part.rows])
    is_ours = floats.is_known[of_item] & ~items.codes("state").is_one_of(ENDED) & ~own.known
    _put_floats(
        columns,
        Ints(np.where(is_ours, floats.total_wd[of_item], own.values), own.known | is_ours),
        is_ours,
    )
    free = plan_floats(work, store, _FREE)
    free = Ints(free.values[part.rows], free.known[part.rows])
    ours = np.maximum(floats.free_wd[of_item], 0)  # work that is late already has none, not less
    columns.put("free_float_wd", Ints(np.where(is_ours, ours, free.values), free.known | is_ours))
    says_nothing = np.asarray(items.column("is_critical")) == UNKNOWN_FLAG
    is_critical = np.where(is_ours, floats.is_critical[of_item], _plan_criticality(work)[part.rows])
    is_critical = np.where(says_nothing, is_critical, UNKNOWN_FLAG)
    columns.put("is_critical", is_critical.astype(np.int8))


def _put_floats(columns: Frame, total: Ints, is_ours: BoolArray) -> None:
    columns.put("total_float_wd", total)
    codes = np.where(is_ours, 1, np.where(total.known, 0, -1)).astype(np.int32)
    columns.put("float_source", Coded(codes, list(_SOURCES)))


def _in_cycle(
    work: Workspace, store: Store, part: NetworkItems, known: NetworkLinks, network: Network
) -> BoolArray:
    """Where a dependency lies on a circle, of items or of pieces of work; elsewhere it is as it was."""
    columns = work.links.columns
    found = np.zeros(len(columns), dtype=bool)
    found[known.inside] = in_circle(len(part.rows), known.before, known.after)
    found[known.rows[network.in_cycle]] = True
    if work.is_full or len(known.inside) == len(columns):
        return found
    is_outside = np.ones(len(columns), dtype=bool)
    is_outside[known.inside] = False
    outside = np.flatnonzero(is_outside).tolist()
    ids = columns.keys("dependency_id")
    names = ("dependency_id", "in_cycle")
    stored = store.frame(
        "derived_dependency",
        names,
        texts=names[:1],
        among=(names[0], [ids[row] for row in outside]),
        live_only=False,
    )
    was = dict(zip(stored.keys(names[0]), stored.flags(names[1]).tolist(), strict=True))
    found[outside] = [was.get(ids[row], False) for row in outside]
    return found


def _take_over(work: Workspace, store: Store, part: NetworkItems, columns: Frame) -> None:
    """Put what was computed into the items, and what was derived before into all others.

    Of the items of which the network says something else now, everything is written anew.
    """
    if work.is_full:
        _put(work, columns)
        return
    _put(work, _nothing(len(work.items)))
    work.put_back(store, WRITTEN, np.arange(len(work.items)))
    before = Frame(len(part.rows), {name: taken(work.derived.column(name), part.rows) for name in WRITTEN})
    spec = TABLES["derived_item"]
    differs = row_digests(spec, before) != row_digests(spec, columns)
    work.derived.overlay(part.rows, columns)
    work.reach_late(part.rows[differs])


def _put(work: Workspace, columns: Frame) -> None:
    for name in WRITTEN:
        work.derived.put(name, columns.column(name))


def _nothing(count: int) -> Frame:
    """The columns of items as they are where there is no network: nothing waits, nothing is driven."""
    columns = Frame(count)
    zeros, every = np.zeros(count, dtype=np.int64), np.ones(count, dtype=bool)
    for name in ("predecessor_count", "successor_count"):
        columns.put(name, Ints(zeros, every))
    for name in ("driver_id", "network_group"):
        columns.put(name, constant(None, count))
    for name in ("network_start", "network_finish", "network_last", "network_promise"):
        columns.put(name, np.full(count, _NO_DAY))
    columns.put("is_waiting", np.zeros(count, dtype=np.int8))
    columns.put("is_critical", np.full(count, UNKNOWN_FLAG, dtype=np.int8))
    _put_floats(columns, Ints(zeros, ~every), ~every)
    columns.put("free_float_wd", Ints(zeros, ~every))
    return columns


def _keep_dates(work: Workspace, cycles: Sequence[tuple[tuple[ItemId, ...], str]]) -> None:
    derived = work.derived
    work.network = NetworkDates(
        derived.dates("network_start"), derived.dates("network_finish"), derived.flags("is_waiting"), cycles
    )
