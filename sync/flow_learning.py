"""What the histories of a portfolio teach about its flow: usual times, and the paces of teams.

Like what finished work teaches forecasts, and what became of iterations, it is learned once on each day, in
the first derivation of everything, and kept until the next: no item is late because somebody else finished
another an hour ago.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.distributions import FloatArray
from schedule.flow import (
    HISTORY_WEEKS,
    RECENT_WEEKS,
    WIP_WEEKS,
    finished_by_week,
    low_throughput,
    recent_throughput,
    times,
    usual_days,
    usual_wip,
    working_weeks,
)
from schedule.hierarchy import IntArray
from schedule.reference_classes import Path
from schedule.spells import NEVER, Spells, last_work_spells
from store.frames import Coded, values_of
from sync.flow_items import CYCLE_DAYS, DONE, WORK, FlowItems, midnight, state_spells
from sync.forecast_learning import class_name
from sync.pairs import pairs_of
from sync.workspace import Workspace, ordinals

if TYPE_CHECKING:
    from store import Store

CYCLES, TEAMS = "cycle times", "teams"
TEAM_NUMBERS = ("throughput_4w", "p10_26w", "wip_median_8w")
_DAY_MS = 86_400_000


def learn_flow(work: Workspace, store: Store, items: FlowItems) -> dict[str, dict[str, Any]]:
    """How long work is under way, by kind and team, and how much each team finishes and has under way.

    Args:
        work: all items, with their histories.
        store: not read; the same for all that learn.
        items: see `flow_items`.
    """
    found = state_spells(work, items)
    return {CYCLES: _cycles(work, items, found), TEAMS: _teams(work, items, found)}


def _cycles(work: Workspace, items: FlowItems, found: Spells) -> dict[str, Any]:
    """Of each kind, and of each kind and team, the working days that 85 of 100 items were under way at most.

    It is what was finished in the last 26 weeks, from the last time that it was begun; what was begun in them
    and is still under way counts as "at least so long".
    """
    oldest = midnight(work.today, work.zone) - CYCLE_DAYS * _DAY_MS
    ended = last_work_spells(found, WORK, DONE)
    ended = ended[found.until[ended] >= oldest]
    going = np.flatnonzero((found.value == WORK) & (found.until == NEVER) & (found.since >= oldest))
    cases = np.concatenate((ended, going))
    cases = cases[items.has_flow[found.row[cases]]]
    is_open = found.until[cases] == NEVER
    rows = found.row[cases]
    codes = Coded(work.calendar_ids.codes[rows], work.calendar_ids.words)
    ends = np.where(is_open, midnight(work.today, work.zone), found.until[cases])
    begun, over = (
        ordinals(work.calendars, codes, instants.view("datetime64[ms]"), work.zone)
        for instants in (found.since[cases], ends)
    )
    is_known = begun.known & over.known
    took, is_open = (over.values - begun.values)[is_known], is_open[is_known]
    classes = classes_of(work, items, rows[is_known])
    kinds = classes.mapped(lambda one: one[0] or "")
    # Of each class of kind and team the kind.
    parent = np.full(len(classes.words), -1, dtype=np.int64)
    parent[classes.codes] = kinds.codes
    of_kinds = times(took, is_open, kinds.codes.astype(np.int64), len(kinds.words))
    of_classes = times(took, is_open, classes.codes.astype(np.int64), len(classes.words))
    by_kind = usual_days(of_kinds, of_kinds, np.full(len(kinds.words), -1)).tolist()
    by_class = usual_days(of_classes, of_kinds, parent).tolist()
    found_days: dict[Path, int] = {(kind,): days for kind, days in zip(kinds.words, by_kind, strict=True)}
    found_days |= {path_of(one): days for one, days in zip(classes.words, by_class, strict=True)}
    return {class_name(path): {"p85": days} for path, days in found_days.items() if days >= 0}


def path_of(one: tuple[str | None, str | None]) -> tuple[str, str]:
    """A class of kind and team as a path from coarse to fine."""
    return one[0] or "", one[1] or ""


def classes_of(work: Workspace, items: FlowItems, rows: IntArray) -> Coded:
    """The kind and the team of some items: what takes alike."""
    kind, team = work.items.codes("kind"), items.team
    return pairs_of(Coded(kind.codes[rows], kind.words), Coded(team.codes[rows], team.words))


def _teams(work: Workspace, items: FlowItems, found: Spells) -> dict[str, Any]:
    """What each team finished in the last weeks, and how much it usually has under way."""
    count = len(items.team.words)
    mondays = working_weeks(work.portfolio_calendar, work.today, RECENT_WEEKS + HISTORY_WEEKS)
    finish = work.derived.dates("actual_finish")
    of_team = items.is_counted & (items.team.codes >= 0)
    rows = np.flatnonzero(of_team & (items.state == DONE) & ~np.isnat(finish))
    team, finish = items.team.codes[rows].astype(np.int64), finish[rows]
    weekly = finished_by_week(team, finish, count, mondays)
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, team, finish.astype(np.int64))
    weekly[(mondays + np.timedelta64(7, "D")).astype(np.int64)[None, :] <= first[:, None]] = np.nan
    under_way = found.take((found.value == WORK) & of_team[found.row])
    ends = [
        midnight((monday + np.timedelta64(7, "D")).astype(object), work.zone)
        for monday in mondays[-WIP_WEEKS:]
    ]
    wip = usual_wip(
        items.team.codes[under_way.row].astype(np.int64),
        under_way.since,
        under_way.until,
        count,
        np.array(ends, dtype=np.int64),
    )
    numbers = (recent_throughput(weekly), low_throughput(weekly), wip)
    return _by_word(items.team.words, dict(zip(TEAM_NUMBERS, numbers, strict=True)))


def _by_word(words: list[Any], numbers: dict[str, FloatArray]) -> dict[str, Any]:
    """One entry for each word of which anything is known."""
    columns = [values_of(one) for one in numbers.values()]
    return {
        word: dict(zip(numbers, row, strict=True))
        for word, *row in zip(words, *columns, strict=True)
        if any(value is not None for value in row)
    }
