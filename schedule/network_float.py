"""How much later work may finish before it moves what waits for it, or the end: the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.day_tables import NEVER, UNKNOWN, Int32Array
from schedule.drivers import Reforecast
from schedule.levels import BoolArray, IntArray
from schedule.network import SF, SS, Run
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


def end_of_groups(
    result: Reforecast, group: IntArray, promised: np.ndarray[tuple[int], np.dtype[np.datetime64]]
) -> IntArray:
    """For each piece of work the boundary at which its group must be finished, in its own calendar.

    That is the latest finish in the group, or what was promised for it where that is earlier.

    Args:
        result: the forward pass.
        group: the number of the group of each piece of work; -1 for none, and then there is no end.
        promised: the promise to each group; NaT for none.
    """
    finish, tables, calendar = result.finish, result.tables, result.dates.calendar
    days = tables.finish_day(calendar, finish)
    counts = (group >= 0) & ~np.isnat(days) & result.is_open
    none = np.datetime64("1970-01-01", "D")
    last = np.full(len(promised), none)
    np.maximum.at(last, group[counts], days[counts])
    last = np.where(np.isnat(promised), last, np.minimum(last, promised))
    ends = np.where(group >= 0, last[group], none) if len(last) else np.full(len(group), none)
    found = tables.boundary_after(calendar, ends)
    return np.where(found > UNKNOWN // 2, found, NEVER)


def floats_of(result: Reforecast, must_finish: IntArray) -> Floats:
    """The floats of a re-forecast.

    Args:
        result: the forward pass.
        must_finish: for each piece of work the boundary at which it must be finished at the latest, whatever
            waits for it; NEVER for none. See `end_of_groups`.
    """
    network, terms = result.network, result.terms
    latest_start = backward(result, must_finish)
    own = network.place[: network.count]
    late_finish = (latest_start + terms.span)[own].astype(np.int64)
    finish = result.finish
    is_known = result.is_open & terms.has_finish & (late_finish < NEVER // 2)
    total_wd = np.where(is_known, late_finish - finish, 0)
    free = _free(result)[own]
    free_wd = np.where(free < NEVER // 2, free, total_wd)
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
    edges = network.leaving.edges
    is_start = (network.kind == SS) | (network.kind == SF)
    moved = np.where(is_start, terms.span[network.before], 0)
    weight = np.where(terms.weight <= UNKNOWN // 2, UNKNOWN, terms.weight - moved)
    # What left a start that has happened cannot be moved any more.
    weight[terms.origin >= 2 * len(network.owner)] = UNKNOWN
    crosses = np.zeros(len(edges), dtype=bool)
    crosses[terms.carries] = True
    return _Leaving(network.after[edges], weight[edges].astype(np.int32), np.flatnonzero(crosses[edges]))


def backward(result: Reforecast, must_finish: IntArray) -> Int32Array:
    """The backward pass: for each place the latest start, NEVER or about that where nothing asks for one."""
    network, terms = result.network, result.terms
    ends = np.where(network.is_gate, NEVER, must_finish[network.owner])
    latest = (ends - terms.span).astype(np.int32)
    leaving, starts = _leaving(result), network.leaving.starts
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


def _free(result: Reforecast) -> IntArray:
    """For each place how much later it may finish without moving what waits for it, NEVER for nothing."""
    network, terms = result.network, result.terms
    total = len(network.owner)
    start, finish = result.values[:total], result.values[total : 2 * total]
    stands = np.where(network.is_gate, NEVER, finish - terms.span)
    passes = np.flatnonzero(network.is_gate[network.before])
    inner = passes[~network.is_gate[network.after[passes]]]
    leads_on = terms.weight[inner] > UNKNOWN // 2
    inner = inner[leads_on]
    np.minimum.at(stands, network.before[inner], stands[network.after[inner]])
    for edge in passes[network.is_gate[network.after[passes]]][::-1].tolist():
        before, after = network.before[edge], network.after[edge]
        stands[before] = min(stands[before], stands[after])
    links = np.flatnonzero((network.link >= 0) & (terms.weight > UNKNOWN // 2))
    links = links[terms.origin[links] < 2 * total]
    before, after = network.before[links], network.after[links]
    asked = stands[after].astype(np.int64) - terms.weight[links]
    is_finish = is_finish_of(network, links)
    calendar = terms.calendar
    crosses = np.flatnonzero(calendar[before] != calendar[after])
    asked[crosses] = result.tables.latest(
        asked[crosses], calendar[before[crosses]], calendar[after[crosses]], is_finish[crosses]
    )
    room = np.where(is_finish == 1, asked - finish[before], asked - start[before])
    free = np.full(total, NEVER, dtype=np.int64)
    np.minimum.at(free, before, room)
    return free
