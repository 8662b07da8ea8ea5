"""How much later work may finish before it moves what waits for it, or the end: the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.calendars import DayArray
from schedule.day_tables import NEVER, UNKNOWN, Int32Array
from schedule.drivers import Reforecast
from schedule.levels import BoolArray, IntArray
from schedule.network import SF, Run
from schedule.propagation import is_finish_of


@dataclass(frozen=True, slots=True, eq=False)
class Floats:
    """Float of each piece of work in working days of its own calendar.

    Attributes:
        late_finish: the latest finish as a boundary; NEVER where nothing asks for one.
        total_wd: how much later it may finish without moving the end; negative where the end cannot be held.
            Only where `is_known`.
        free_wd: how much later without moving anything that waits for it, or the end where nothing does.
        is_known: whether it is open and both its finish and an end are known.
        is_critical: no float is left.
    """

    late_finish: IntArray
    total_wd: IntArray
    free_wd: IntArray
    is_known: BoolArray
    is_critical: BoolArray


def end_of_groups(result: Reforecast, group: IntArray, promised: DayArray) -> IntArray:
    """For each piece of work the boundary at which its group must be finished, in its own calendar.

    That is the latest finish in the group, or what was promised for it where that is earlier.

    Args:
        result: the forward pass.
        group: the number of the group of each piece of work; -1 for none, and then there is no end.
        promised: the promise to each group; NaT for none.
    """
    return boundaries_of_ends(
        result, group, earlier_of(latest_of(last_days(result), group, len(promised)), promised)
    )


def last_days(result: Reforecast) -> DayArray:
    """The last working day of each piece of open work; NaT where it is unknown, and of what is over."""
    finish = np.where(result.is_open, result.finish, UNKNOWN)
    return result.tables.finish_day(result.dates.calendar, finish)


def latest_of(days: DayArray, group: IntArray, count: int) -> DayArray:
    """The latest of the days in each of so many groups; NaT where there is none. -1 is no group."""
    counts = np.flatnonzero((group >= 0) & ~np.isnat(days))
    # NaT is the lowest number there is.
    latest = np.full(count, np.datetime64("NaT", "D")).view(np.int64)
    np.maximum.at(latest, group[counts], days[counts].astype("datetime64[D]").view(np.int64))
    return latest.view("datetime64[D]")


def earlier_of(last: DayArray, promised: DayArray) -> DayArray:
    """When each group must be finished: with its last work, or as promised where that is earlier."""
    return np.where(np.isnat(promised), last, np.where(np.isnat(last), last, np.minimum(last, promised)))


def boundaries_of_ends(result: Reforecast, group: IntArray, ends: DayArray) -> IntArray:
    """The ends of groups as boundaries of each piece of work's own calendar; NEVER where there is none."""
    tables, calendar = result.tables, result.dates.calendar
    mine = np.append(ends, np.datetime64("NaT", "D"))[group]
    found = tables.boundary_after(calendar, mine)
    return np.where(found > UNKNOWN // 2, found, NEVER)


def floats_of(result: Reforecast, must_finish: IntArray) -> Floats:
    """The floats of a re-forecast.

    Args:
        result: the forward pass.
        must_finish: for each piece of work the boundary at which it must be finished at the latest, whatever
            waits for it; NEVER for none. See `end_of_groups`.
    """
    network, terms = result.network, result.terms
    leaving = _leaving(result)
    latest_start = _backward(result, leaving, must_finish)
    own = network.place[: network.count]
    late_finish = (latest_start + terms.span)[own].astype(np.int64)
    finish = result.finish
    is_known = result.is_open & terms.has_finish & (late_finish < NEVER // 2)
    total_wd = np.where(is_known, late_finish - finish, 0)
    free = _free(result, leaving)[own]
    free_wd = np.where(free < NEVER // 2, free - finish, total_wd)
    return Floats(
        late_finish=np.where(late_finish < NEVER // 2, late_finish, NEVER),
        total_wd=total_wd,
        free_wd=np.where(is_known, free_wd, 0),
        is_known=is_known,
        is_critical=is_known & (total_wd <= 0),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Leaving:
    """The edges in the order of their first ends."""

    after: IntArray
    weight: Int32Array
    crossings: IntArray


def _leaving(result: Reforecast) -> _Leaving:
    network, terms = result.network, result.terms
    total = len(network.owner)
    weight = terms.weight.copy()
    some = network.from_start
    source = network.before[some]
    weight[some] -= terms.span[source]
    # A start that has happened cannot be moved; one of work that ends on its own due date moves no finish.
    rests = result.values[total + source] > result.values[source] + terms.span[source]
    weight[some[rests | (terms.origin[some] >= 2 * total)]] = UNKNOWN
    edges = network.leaving.edges
    crosses = np.zeros(len(edges) if len(terms.carries) else 0, dtype=bool)
    crosses[terms.carries] = True
    crossings = np.flatnonzero(crosses[edges]) if len(crosses) else np.flatnonzero(())
    return _Leaving(network.after[edges], weight[edges], crossings)


def _backward(result: Reforecast, leaving: _Leaving, must_finish: IntArray) -> Int32Array:
    """For each place the latest start; NEVER, or about that, where nothing asks for one."""
    network, terms = result.network, result.terms
    ends = np.where(network.is_gate, NEVER, must_finish[network.owner])
    latest: Int32Array = (ends - terms.span).astype(np.int32)
    starts = network.leaving.starts
    for run in reversed(network.runs):
        stop = run.last_with_successors
        low, high = int(starts[run.first]), int(starts[stop])
        if low == high:
            continue
        if run.is_narrow:
            _walk_back(result, leaving, latest, run)
            continue
        found = latest.take(leaving.after[low:high])
        found -= leaving.weight[low:high]
        edges = (
            leaving.crossings[
                np.searchsorted(leaving.crossings, low) : np.searchsorted(leaving.crossings, high)
            ]
            if len(leaving.crossings)
            else leaving.crossings
        )
        if len(edges):
            found[edges - low] = _carried_back(result, network.leaving.edges[edges], found[edges - low])
        finish = np.minimum.reduceat(found, starts[run.first : stop] - low)
        finish -= terms.span[run.first : stop]
        np.minimum(finish, latest[run.first : stop], out=latest[run.first : stop])
    return latest


def _carried_back(result: Reforecast, edges: IntArray, values: Int32Array) -> IntArray:
    """The same moments in the calendars of the first ends; a start has the span of its work added already."""
    network, terms = result.network, result.terms
    is_finish = is_finish_of(network, edges)
    calendar = terms.calendar
    before, after = network.before[edges], network.after[edges]
    moved = np.where(is_finish == 1, 0, terms.span[before])
    asked = values.astype(np.int64) - moved
    found = result.tables.latest(asked, calendar[before], calendar[after], is_finish)
    return np.where(asked >= NEVER // 2, NEVER, found + moved)


def _walk_back(result: Reforecast, leaving: _Leaving, latest: Int32Array, run: Run) -> None:
    """The places of a narrow run one by one, from the last."""
    starts, after, weight = result.network.leaving.starts.data, leaving.after.data, leaving.weight.data
    values, span = latest.data, result.terms.span.data
    crossing = set(leaving.crossings.tolist()) if len(leaving.crossings) else frozenset()
    for place in range(run.stop - 1, run.first - 1, -1):
        first = values[place]
        for slot in range(starts[place], starts[place + 1]):
            value = values[after[slot]] - weight[slot]
            if slot in crossing:
                edge = result.network.leaving.edges[slot : slot + 1]
                value = int(_carried_back(result, edge, np.array([value], dtype=np.int32))[0])
            first = min(first, value - span[place])
        values[place] = first


def _free(result: Reforecast, leaving: _Leaving) -> IntArray:
    """For each place the latest finish that moves nothing that waits for it, NEVER for nothing."""
    network, terms = result.network, result.terms
    total = len(network.owner)
    stands = result.values[total : 2 * total] - terms.span
    starts, kind = network.leaving.starts, network.kind[network.leaving.edges]
    # A gate holds nothing itself: it may come as late as the first thing behind it that stands.
    stands[network.is_gate] = NEVER
    for place in np.flatnonzero(network.is_gate)[::-1].tolist():
        slots = slice(starts[place], starts[place + 1])
        held = stands[leaving.after[slots]][leaving.weight[slots] > UNKNOWN // 2]
        stands[place] = held.min(initial=NEVER)
    found = stands.take(leaving.after) - leaving.weight
    if len(some := leaving.crossings):
        found[some] = _carried_back(result, network.leaving.edges[some], found[some])
    if len(network.members):
        found[kind > SF] = NEVER
    latest = np.full(total, NEVER, dtype=np.int64)
    leads = np.flatnonzero(np.diff(starts))
    if len(leads):
        latest[leads] = np.minimum.reduceat(found, starts[leads])
    return latest
