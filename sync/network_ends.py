"""When the work of a project ends, or of a schedule outside of all projects: what float counts to.

After a change not all of a group is loaded. The rest of it ends when the group did, unless what is loaded
ended last then and ends earlier now: only then, or where the end itself moves, all of it has to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from schedule.calendars import DayArray
from schedule.drivers import Reforecast
from schedule.network_float import earlier_of, last_days, latest_of
from schedule.propagation import REMOVED
from store.frames import Coded, IntArray
from sync.changed import ReachesFurther
from sync.network_pieces import Pieces
from sync.network_work import NetworkItems
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_TABLE, _KEY, _DAYS = "derived_network_end", "network_group", ("last", "promise")
_NO_DAY = np.datetime64("NaT", "D")
_Days: TypeAlias = "tuple[date | None, date | None]"
_NONE: _Days = (None, None)


@dataclass(frozen=True, slots=True)
class Groups:
    """What ends together.

    Attributes:
        names: the names of the groups.
        of_piece: for each piece of work its group, -1 for none.
        last: when the work ends that is still open.
        promise: the day that was promised for it, else the planned one.
    """

    names: Sequence[str]
    of_piece: IntArray
    last: DayArray
    promise: DayArray


def groups_of(part: NetworkItems, pieces: Pieces, result: Reforecast) -> Groups:
    """The groups of these pieces of work, and what each adds to the end of its group.

    The promised end of a group is the latest of the commitments in it and, of what nobody has committed to,
    of the planned dates.
    """
    first = pieces.first
    projects, schedules = part.derived.codes("project"), part.items.codes("schedule_id")
    names = [*(f"project:{one}" for one in projects.words), *(f"schedule:{one}" for one in schedules.words)]
    project, schedule = (one.codes[first].astype(np.int64) for one in (projects, schedules))
    code = np.where(project >= 0, project, np.where(schedule >= 0, len(projects.words) + schedule, -1))
    used = np.unique(code[code >= 0])
    group = np.where(code >= 0, np.searchsorted(used, code), -1)
    dates = result.dates
    planned = result.tables.finish_day(dates.calendar, dates.finish)
    commitment = part.derived.dates("commitment")[first]
    promise = np.where(np.isnat(commitment), planned, commitment)
    promise[(group < 0) | (dates.state == REMOVED)] = _NO_DAY
    return Groups(
        names=[names[one] for one in used.tolist()],
        of_piece=group,
        last=np.where(group < 0, _NO_DAY, last_days(result)),
        promise=promise,
    )


def group_columns(groups: Groups, part: NetworkItems, pieces: Pieces) -> dict[str, Coded | DayArray]:
    """What is remembered of each item that speaks for its piece of work: its group, and what it adds."""
    count = len(part.rows)
    codes = np.full(count, -1, dtype=np.int32)
    codes[pieces.first] = groups.of_piece
    last, promise = np.full(count, _NO_DAY), np.full(count, _NO_DAY)
    last[pieces.first], promise[pieces.first] = groups.last, groups.promise
    return {
        "network_group": Coded(codes, list(groups.names)),
        "network_last": last,
        "network_promise": promise,
    }


def ends_of_groups(work: Workspace, store: Store, groups: Groups) -> tuple[DayArray, int]:
    """When each group must be finished, and how many stored ends changed.

    Raises:
        ReachesFurther: an end has moved, or may have, and not all of the group is loaded.
    """
    count = len(groups.names)
    last = latest_of(groups.last, groups.of_piece, count)
    promise = latest_of(groups.promise, groups.of_piece, count)
    ends = dict(zip(groups.names, zip(last.tolist(), promise.tolist(), strict=True), strict=True))
    if work.is_full:
        return earlier_of(last, promise), store.replace(_TABLE, _rows(ends))
    were = _added_before(work, store)
    ended = _ends_before(store, {*ends, *were})
    moved: set[str] = set()
    for name in {*ends, *were} - work.reach.groups:
        days = zip(ends.get(name, _NONE), were.get(name, _NONE), ended.get(name, _NONE), strict=True)
        found = [_with_the_rest(*some) for some in days]
        ends[name] = (found[0][0], found[1][0])
        if not (found[0][1] and found[1][1]) or _end(ends[name]) != _end(ended.get(name, _NONE)):
            moved.add(name)
    for name in work.reach.groups:
        ends.setdefault(name, _NONE)  # all of it is loaded, so nothing is left of it
    if moved:
        raise ReachesFurther(moved)
    if any(ends[name] != ended.get(name, _NONE) for name in ends):
        # The rows of items and those of ends fit together only when both are written.
        store.begin_derive()
    changed = work.write(store, _TABLE, _rows(ends), keys=ends.keys())
    found_ends = [_end(ends[name]) for name in groups.names]
    return np.array(found_ends, dtype="datetime64[D]"), changed


def _with_the_rest(mine: date | None, was: date | None, ended: date | None) -> tuple[date | None, bool]:
    """The latest day of a group of which some is loaded, and whether that is sure.

    Args:
        mine: the latest day of what is loaded.
        was: what that was in the last derivation.
        ended: the latest day of the whole group in the last derivation.
    """
    if ended is None:
        return mine, True
    if was is None or was < ended:
        return (ended if mine is None else max(mine, ended)), True
    return mine, mine is not None and mine >= ended


def _end(days: _Days) -> date | None:
    last, promise = days
    return last if last is None or promise is None else min(last, promise)


def _added_before(work: Workspace, store: Store) -> dict[str, _Days]:
    """What the loaded part of the network added to each group in the last derivation; it may be gone."""
    rows = store.frame(
        "derived_item",
        (_KEY, "network_last", "network_promise"),
        among=("item_id", work.reach.network),
        live_only=False,
    )
    names = rows.codes(_KEY)
    latest = [
        latest_of(rows.dates(name), names.codes.astype(np.int64), len(names.words)).tolist()
        for name in ("network_last", "network_promise")
    ]
    return dict(zip(names.words, zip(*latest, strict=True), strict=True))


def _ends_before(store: Store, names: Collection[str]) -> dict[str, _Days]:
    rows = store.frame(_TABLE, (_KEY, *_DAYS), texts=(_KEY,), among=(_KEY, names))
    return {name: (last, promise) for name, last, promise in zip(*map(rows.values, rows.names), strict=True)}


def _rows(ends: Mapping[str, _Days]) -> Columns:
    """One row for each group of which any day is known."""
    names = sorted(name for name, days in ends.items() if days != _NONE)
    return {
        _KEY: names,
        "last": [ends[name][0] for name in names],
        "promise": [ends[name][1] for name in names],
    }
