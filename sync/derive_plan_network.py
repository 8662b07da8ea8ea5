"""Derivation of what the logic of plans says: the critical path of each, and where its file says otherwise.

Project's own dates and float stand wherever the file has them; ours fill the gaps. What drives a start stands
in no file and is always ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from schedule.check_results import Why
from schedule.hierarchy import IntArray
from schedule.plan_network import PlanDates
from schedule.working_time import UNKNOWN, walls
from store.catalogue import FILLED
from store.frames import UNKNOWN_FLAG, Array, BoolArray, Coded, Column, Ints
from sync.changed import Reach
from sync.plan_networks import (
    TASK_COLUMNS,
    PlanColumns,
    PlanNetwork,
    plan_headers,
    plan_networks,
    read_plans,
    work_patterns,
)
from sync.schedules import plan_ids
from sync.workspace import Columns, PlanComparison, Workspace

if TYPE_CHECKING:
    from store import Store

FLOAT_DIFFERS = "float-differs"
_WALLS = ("early_start_at", "early_finish_at", "late_start_at", "late_finish_at")
_FLOATS = ("total_float_minutes", "free_float_minutes")
# Whether a task is critical, and what drives it, may be known better to the network across trackers.
WRITTEN = (*(name for name in FILLED if name != "is_critical"), "plan_is_critical", "plan_driver_id")
# `key` is what the check `float-differs` calls its members.
_RESTS_ON = frozenset({*TASK_COLUMNS, *FILLED, "key"})

# Of so many rows: which say something, and what.
_MakeColumn: TypeAlias = Callable[[int, IntArray, Array], Column]


def derive_plan_networks(work: Workspace, store: Store) -> int:
    """Put the network columns of plans into `work.derived`, and how our float compares with the files'.

    A column in which no item has a value of ours is left out of a full derivation.
    """
    headers = plan_headers(store)
    if not headers:
        return 0
    schedules = work.items.codes("schedule_id")
    if not schedules.is_one_of(headers).any():
        return 0
    plans = headers.keys() if work.is_full else headers.keys() & work.reach.networks
    columns = read_plans(work, store, plans, FILLED)
    found = _Found(len(columns.rows))
    for network in plan_networks(columns, headers, work_patterns(store) if plans else {}):
        dates = network.dates()
        found.put(network, dates)
        work.comparisons[network.plan] = _compared(columns, network, dates, headers[network.plan].name)
    _fill(work, columns, found)
    if not work.is_full:
        # What of other plans was reached for another reason says here what it did.
        others = schedules.is_one_of(headers.keys() - plans)
        work.put_back(store, WRITTEN, np.flatnonzero(others & work.is_reached))
    return 0


def spread_over_networks(store: Store, reach: Reach) -> None:
    """A task or a link that changed reaches every task of its plan; what is no plan has no network."""
    plans = plan_ids(store)
    touched: set[str] = set()
    for one in reach.marked:
        if one.came_or_went or one.columns & _RESTS_ON:
            touched |= one.values("schedule_id")
    names = ("item_id", "schedule_id")
    ends = store.frame("tracker_item", names, texts=names[:1], among=("item_id", reach.ends))
    touched.update(ends.codes("schedule_id").words)
    reach.networks = touched & plans
    if reach.networks:
        members = store.frame("tracker_item", names, texts=names, among=("schedule_id", reach.networks))
        reach.add(members.keys("item_id"))


def total_floats(work: Workspace) -> Ints:
    """The total float of each item in working minutes: its file's, else the one that was worked out."""
    return floats_said(work, "total_float_minutes")


def floats_said(work: Workspace, name: str) -> Ints:
    """A float of each item in working minutes: its file's, else the one that was worked out."""
    said = work.items.integers(name)
    if name not in work.derived:
        return said
    ours = work.derived.integers(name)
    return Ints(np.where(said.known, said.values, ours.values), said.known | ours.known)


def float_differs(work: Workspace) -> Columns:
    """Rows of the view `schedule_check`: items whose float we compute otherwise, of those whose file has one.

    There is one for each plan whose network was worked out: all in a full derivation, else of those in
    `work.reach.networks`.
    """
    keys = work.items.keys("key")
    found = list(work.comparisons.values())
    return {
        "schedule_id": list(work.comparisons),
        "name": [one.name for one in found],
        "check": [FLOAT_DIFFERS for _ in found],
        "numerator": [len(one.differ) if one.compared else None for one in found],
        "denominator": [one.compared for one in found],
        "share": [len(one.differ) / one.compared if one.compared else None for one in found],
        "members": [[keys[row] for row in one.differ.tolist()] for one in found],
        "is_assessable": [bool(one.compared) for one in found],
        "reason": [None if one.compared else str(Why.NO_FLOAT) for one in found],
    }


class _Found:
    """What was worked out, one element per task of all plans; unknown where nothing was."""

    def __init__(self, count: int) -> None:
        self.numbers = {name: np.full(count, UNKNOWN, dtype=np.int64) for name in (*_WALLS, *_FLOATS)}
        self.is_critical = np.full(count, UNKNOWN_FLAG, dtype=np.int8)
        self.driver = np.full(count, -1, dtype=np.int64)  # the position among these tasks

    def put(self, network: PlanNetwork, dates: PlanDates) -> None:
        here, known = network.stretch, dates.is_known
        for name, values in (
            ("early_start_at", dates.early_start),
            ("early_finish_at", dates.early_finish),
            ("late_start_at", dates.late_start),
            ("late_finish_at", dates.late_finish),
            ("total_float_minutes", dates.total_float),
            ("free_float_minutes", dates.free_float),
        ):
            self.numbers[name][here] = np.where(known, values, UNKNOWN)
        self.is_critical[here] = np.where(known, dates.is_critical, UNKNOWN_FLAG)
        by_link = np.flatnonzero(known & (dates.driving_link >= 0))
        before = network.links.predecessor[dates.driving_link[by_link]]
        self.driver[here.start + by_link] = here.start + before


def _fill(work: Workspace, columns: PlanColumns, found: _Found) -> None:
    """Put what was found into the rows of the tasks whose files do not say it."""
    said, ids = columns.said, work.items.keys("item_id")

    def put(name: str, is_said: BoolArray, values: Array, unknown: int, column: _MakeColumn) -> None:
        known = np.flatnonzero(~is_said & (values != unknown))
        if len(known) or not work.is_full:
            work.derived.put(name, column(len(work.items), columns.rows[known], values[known]))

    for name in _WALLS:
        put(name, said.codes(name).codes >= 0, found.numbers[name], UNKNOWN, _wall_column)
    for name in _FLOATS:
        put(name, said.integers(name).known, found.numbers[name], UNKNOWN, _integer_column)
    is_said = np.asarray(said.column("is_critical")) != UNKNOWN_FLAG
    put("plan_is_critical", is_said, found.is_critical, UNKNOWN_FLAG, _flag_column)
    drivers = np.where(found.driver < 0, -1, columns.rows[found.driver])
    put("plan_driver_id", np.zeros(len(said), dtype=bool), drivers, -1, partial(_id_column, ids))


def _wall_column(count: int, rows: IntArray, moments: IntArray) -> Coded:
    distinct, codes = _codes(count, rows, moments)
    return Coded(codes, walls(distinct))


def _id_column(ids: Sequence[str], count: int, rows: IntArray, items: IntArray) -> Coded:
    distinct, codes = _codes(count, rows, items)
    return Coded(codes, [ids[item] for item in distinct.tolist()])


def _integer_column(count: int, rows: IntArray, numbers: IntArray) -> Ints:
    column = Ints(np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool))
    column.values[rows] = numbers
    column.known[rows] = True
    return column


def _flag_column(count: int, rows: IntArray, flags: IntArray) -> Array:
    column = np.full(count, UNKNOWN_FLAG, dtype=np.int8)
    column[rows] = flags
    return column


def _codes(count: int, rows: IntArray, values: IntArray) -> tuple[IntArray, npt.NDArray[np.int32]]:
    """The values, each once, and the code of each of `count` rows: that of its value at `rows`, else -1."""
    distinct, place = np.unique(values, return_inverse=True)
    codes = np.full(count, -1, dtype=np.int32)
    codes[rows] = place
    return distinct, codes


def _compared(columns: PlanColumns, network: PlanNetwork, dates: PlanDates, name: str) -> PlanComparison:
    own = columns.said.integers("total_float_minutes")
    is_compared = own.known[network.stretch] & dates.is_known
    differs = is_compared & (own.values[network.stretch] != dates.total_float)
    return PlanComparison(
        name=name,
        compared=int(np.count_nonzero(is_compared)),
        differ=columns.rows[network.stretch][differs],
    )
