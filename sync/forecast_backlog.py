"""Work without any date: when its team will get to it, by what the team finishes in a week."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.calendars import DayArray
from schedule.distributions import FloatArray
from schedule.forecast import LEVELS
from schedule.hierarchy import IntArray
from schedule.throughput import MINIMUM_ITEMS, WINDOW_WEEKS, simulate, weekly_counts
from store.frames import BoolArray, Coded
from sync.forecast_items import ForecastItems
from sync.schedules import plan_ids
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

_LAST = 1 << 40
_NO_PRIORITY = 5


@dataclass(frozen=True, slots=True)
class Backlog:
    """When undated work will be finished; arrays parallel to `rows`.

    Attributes:
        rows: positions of the items of which something can be said.
        p50, p80: days.
        references: how many finished items of the team speak.
    """

    rows: IntArray
    p50: DayArray
    p80: DayArray
    references: IntArray


def learn_backlogs(work: Workspace, items: ForecastItems, store: Store) -> dict[str, Any]:
    """What each team that finished 20 items in 26 weeks finished in a week, and the places in its queue.

    A team is the item's team, else its schedule. It works through what is started, then what has a date, then
    by priority and order. A team that finished less says nothing, and is left out.
    """
    teams, counts = _teams(work, store), _counts(work, store)
    weekly = _weekly(work, items, teams, counts & items.is_done)
    rows = np.flatnonzero(counts & items.is_open)
    rows = rows[np.isin(teams.codes[rows], list(weekly))]
    queue = rows[_order(work, rows, teams)]
    places = _places(teams.codes[queue].astype(np.int64))
    ids = work.items.keys("item_id")
    learned = {
        code: {"weekly": finished.tolist(), "waiting": 0, "places": {}} for code, finished in weekly.items()
    }
    for code, waiting in zip(*np.unique(teams.codes[queue], return_counts=True), strict=True):
        learned[int(code)]["waiting"] = int(waiting)
    is_undated = np.isnat(items.predicted[queue])
    undated = queue[is_undated]
    for code, row, place in zip(
        teams.codes[undated].tolist(), undated.tolist(), places[is_undated].tolist(), strict=True
    ):
        learned[code]["places"][ids[row]] = place
    return {teams.words[code]: one for code, one in learned.items()}


def backlog(
    work: Workspace,
    items: ForecastItems,
    store: Store,
    read: Callable[[Collection[str]], Mapping[str, Any]],
) -> Backlog:
    """P50 and P80 of open work that has neither a date nor anything below it.

    What came to a backlog since it was learned stands at its end until the next day.

    Args:
        work: the workspace.
        items: what forecasting needs of it.
        store: tells which schedules are plans: there, work without a date is a defect of the plan.
        read: gives what was learned of some teams.
    """
    teams = _teams(work, store)
    waits = items.is_open & np.isnat(items.predicted) & _counts(work, store) & work.is_reached
    rows = np.flatnonzero(waits)
    rows = rows[np.argsort(teams.codes[rows], kind="stable")]
    groups = np.split(rows, np.flatnonzero(np.diff(teams.codes[rows])) + 1) if len(rows) else []
    known = read([teams.at(int(group[0])) for group in groups]) if groups else {}
    ids = work.items.keys("item_id")
    weeks = np.full((len(rows), len(LEVELS)), np.nan)
    references = np.zeros(len(rows), dtype=np.int64)
    start = 0
    for group in groups:
        here = slice(start, start + len(group))
        start += len(group)
        team = teams.at(int(group[0]))
        if team not in known:
            continue
        flow = simulate(np.array(known[team]["weekly"], dtype=np.float64), team=team, as_of=work.today)
        if flow is None:
            continue
        places, behind = known[team]["places"], known[team]["waiting"] + 1
        at = np.array([places.get(ids[row], behind) for row in group.tolist()], dtype=np.int64)
        for level, share in enumerate(LEVELS):
            weeks[here, level] = flow.weeks_until_each(behind, share)[at - 1]
        references[here] = flow.references
    return _finishes(work, rows, weeks, references)


def _finishes(work: Workspace, rows: IntArray, weeks: FloatArray, references: IntArray) -> Backlog:
    # Weeks count from Monday, as the history does: within a week only finished work moves the forecast.
    monday = np.datetime64(work.today - timedelta(days=work.today.weekday()), "D")
    is_known = ~np.isnan(weeks).any(axis=1)
    days = np.ceil(7 * weeks[is_known] - 1e-9).astype(np.int64)
    p50, p80 = (np.maximum(monday + days[:, level], np.datetime64(work.today, "D")) for level in range(2))
    return Backlog(rows[is_known], p50, np.maximum(p50, p80), references[is_known])


def _teams(work: Workspace, store: Store) -> Coded:
    """Whose backlog each item is in: its team's, else its schedule's."""
    team, schedule = work.derived.codes("team"), work.items.codes("schedule_id")
    words = [*team.words, *schedule.words, ""]
    own = np.where(schedule.codes >= 0, schedule.codes + len(team.words), len(words) - 1)
    return Coded(np.where(team.codes >= 0, team.codes, own).astype(np.int32), words).compact()


def _counts(work: Workspace, store: Store) -> BoolArray:
    """What is in a backlog, or was: leaves that are in no plan and not removed."""
    in_plan = work.items.codes("schedule_id").is_one_of(plan_ids(store))
    removed = work.items.codes("state").is_one_of(("removed",))
    return work.derived.flags("is_leaf") & ~in_plan & ~removed


def _weekly(work: Workspace, items: ForecastItems, teams: Coded, is_done: BoolArray) -> dict[int, FloatArray]:
    """Items finished in each of the last 26 complete weeks, by team, where it was enough to say anything."""
    rows = np.flatnonzero(is_done)
    rows = rows[np.argsort(teams.codes[rows], kind="stable")]
    found: dict[int, FloatArray] = {}
    for group in np.split(rows, np.flatnonzero(np.diff(teams.codes[rows])) + 1) if len(rows) else ():
        weekly = weekly_counts(items.finish[group], work.today)[-WINDOW_WEEKS:]
        if weekly.sum() >= MINIMUM_ITEMS:
            found[int(teams.codes[group[0]])] = weekly
    return found


def _order(work: Workspace, rows: IntArray, teams: Coded) -> IntArray:
    """The order in which each team works through these items, team by team."""
    items = work.items
    waits = ~items.codes("state").is_one_of(("in_progress",))[rows]
    due = work.derived.dates("effective_due")[rows]
    day = np.where(np.isnat(due), _LAST, due.astype(np.int64))
    rank, sort = items.integers("priority_rank"), items.integers("sort")
    priority = np.where(rank.known & (rank.values != 0), rank.values, _NO_PRIORITY)[rows]
    place = np.where(sort.known, sort.values, _LAST)[rows]
    return np.lexsort((place, priority, day, waits, teams.codes[rows]))


def _places(codes: IntArray) -> IntArray:
    """1, 2, 3 … within each run of equal codes."""
    starts = np.append(0, np.flatnonzero(np.diff(codes)) + 1)
    first = np.zeros(len(codes), dtype=np.int64)
    if len(codes):
        first[starts] = starts
    found: IntArray = np.arange(len(codes)) - np.maximum.accumulate(first) + 1
    return found
