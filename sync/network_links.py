"""The dependencies as the network sees them: between pieces of work, in working days, each once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.network import FF, FS, LINK_KINDS, Links
from schedule.propagation import DONE, REMOVED
from schedule.work_dates import GivenDates
from store.frames import Array, BoolArray, Coded, IntArray
from sync.network_pieces import Pieces
from sync.network_work import MINUTES_PER_DAY, NetworkItems
from sync.workspace import Workspace, difference, ordinals


@dataclass(frozen=True, slots=True)
class NetworkLinks:
    """Dependencies between pieces of work.

    Attributes:
        links: those that can bind something, each once.
        rows: for each of them its row among the dependencies of the workspace.
        inside: all rows whose two ends are among the items of the network.
        before, after: the items at the ends of those.
        predecessors, successors: how many others each piece of work waits for, and how many wait for it.
    """

    links: Links
    rows: IntArray
    inside: IntArray
    before: IntArray
    after: IntArray
    predecessors: IntArray
    successors: IntArray


def network_links(
    work: Workspace, part: NetworkItems, pieces: Pieces, given: GivenDates, lender: IntArray
) -> NetworkLinks:
    """The dependencies between these pieces of work, and how many each has on either side.

    Args:
        work: holds the dependencies.
        part: the items of the network.
        pieces: what they are.
        given: what is known of each piece.
        lender: the number of the iteration or release that each is due with; -1 for none.
    """
    found, count, state = work.links, len(given.state), given.state
    inside = np.flatnonzero(found.is_whole)
    first, last = part.places(found.before[inside]), part.places(found.after[inside])
    if not part.is_full:
        is_inside = (first >= 0) & (last >= 0)
        inside, first, last = inside[is_inside], first[is_inside], last[is_inside]
    before, after = pieces.of_item[first], pieces.of_item[last]
    counts = np.flatnonzero((before != after) & (state[before] != REMOVED) & (state[after] != REMOVED))
    pairs = before[counts] * count + after[counts]
    order = np.argsort(pairs, kind="stable")
    is_new = np.diff(pairs[order], prepend=-1) != 0
    distinct = pairs[order][is_new]
    is_told_again = np.zeros(len(counts), dtype=bool)
    again = np.flatnonzero(~is_new)
    is_told_again[order[again]] = is_told_again[order[again - 1]] = True
    kind, lag = _kinds_and_lags(work, inside, given, before)
    binds = state[after[counts]] != DONE
    kept = _each_once(before, after, kind, lag, counts[binds], is_told_again[binds])
    before, after, kind, lag = before[kept], after[kept], kind[kept], lag[kept]
    # Two that are due with the same iteration or release may follow one another within it.
    is_shared = (kind == FS) & (lag == 0) & (lender[before] >= 0) & (lender[before] == lender[after])
    links = Links(before, after, np.where(is_shared, FF, kind), lag)
    _share_days(work, part, links, inside[kept], first[kept], last[kept])
    return NetworkLinks(
        links=links,
        rows=inside[kept],
        inside=inside,
        before=first,
        after=last,
        predecessors=np.bincount(distinct % max(count, 1), minlength=count),
        successors=np.bincount(distinct // max(count, 1), minlength=count),
    )


def _each_once(
    before: IntArray, after: IntArray, kind: IntArray, lag: IntArray, rows: IntArray, is_told_again: BoolArray
) -> IntArray:
    """These rows without those that say again what another one says: both sides of twins may tell it."""
    if not is_told_again.any():
        return rows
    again = rows[is_told_again]
    keys = np.stack((before[again], after[again], kind[again], lag[again]))
    first = again[np.unique(keys, axis=1, return_index=True)[1]]
    return np.sort(np.concatenate((rows[~is_told_again], first)))


def _kinds_and_lags(
    work: Workspace, rows: IntArray, given: GivenDates, before: IntArray
) -> tuple[IntArray, IntArray]:
    links = work.links.rows
    types, minutes, percents = (
        links.codes("type"),
        links.integers("lag_minutes"),
        links.numbers("lag_percent"),
    )
    kind = types.of([*(LINK_KINDS[one] for one in types.words), FS])[rows].astype(np.int64)
    lag = np.rint(np.where(minutes.known, minutes.values, 0)[rows] / MINUTES_PER_DAY).astype(np.int64)
    for row in np.flatnonzero(~np.isnan(percents[rows])).tolist():
        lag[row] = _share_of(given, int(before[row]), float(percents[rows[row]]))
    return kind, lag


def _share_of(given: GivenDates, one: int, percent: float) -> int:
    """A lag that is a share of the predecessor's duration; 0 where that is unknown."""
    calendar = given.calendars[int(given.calendar[one])]
    between = calendar.working_days_between(given.start[one].item(), given.finish[one].item())
    return 0 if between is None else round((between + 1) * percent / 100.0)


def _share_days(
    work: Workspace, part: NetworkItems, links: Links, rows: IntArray, before: IntArray, after: IntArray
) -> None:
    """Let tasks of a plan follow one another as its own hours say where whole days would say otherwise.

    A task that ends at noon and one that starts after lunch share a day, and a lag of half a day is none.
    """
    items = part.items
    finishes, starts = items.codes("finish_at"), items.codes("start_at")
    if not finishes.words or not starts.words:
        return
    finish_at, start_at = _moments(finishes)[before], _moments(starts)[after]
    schedule = items.codes("schedule_id").codes
    is_timed = ~np.isnat(finish_at) & ~np.isnat(start_at) & (links.kind == FS)
    some = np.flatnonzero(is_timed & (schedule[before] == schedule[after]) & (finish_at <= start_at))
    calendar_ids = Coded(part.calendar_ids.codes[after[some]], part.calendar_ids.words)
    days = items.dates("due")[before[some]], items.dates("start")[after[some]]
    first, last = (ordinals(work.calendars, calendar_ids, one, work.zone) for one in days)
    between = difference(last, first)
    minutes = work.links.rows.integers("lag_minutes")
    asked = np.where(minutes.known, minutes.values, 0)[rows[some]] / MINUTES_PER_DAY
    shared = between.values - 1
    fits = between.known & (asked - 1 <= shared) & (shared < links.lag_wd[some])
    links.lag_wd[some[fits]] = shared[fits]


def _moments(walls: Coded) -> Array:
    """Wall times as numbers that can be compared."""
    return walls.of(np.array([*walls.words, "NaT"], dtype="datetime64[s]"))
