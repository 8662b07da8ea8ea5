"""When everything finishes if some work takes longer: one forward pass in working days, for many schedules.

Coarse on purpose: whole networks at once, days instead of minutes, one calendar. It answers how far a delay
travels, not on which minute something ends. Hard constraints hold, as Microsoft Project lets them by default.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedule.check_inputs import BoolArray, FloatArray, IntArray, TextArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The items of many schedules and what orders them; arrays are parallel, NaN is unknown.

    Times count working days: a day with the working-day number n lasts from n - 1 to n.

    Attributes:
        parent: position of the summary around each item, -1 for none.
        is_summary: it spans what is in it and has no duration of its own.
        start: where it stands in the plan.
        duration: its planned length.
        is_started, is_complete: what has begun no longer moves; what is done has its finish.
        actual_finish: of what is done.
        constraint: ASAP, SNET, … or an empty text.
        constraint_start, constraint_finish: the constraint's date as a start and as a finish.
        predecessor, successor, type, lag: the links; a lag is in working days.
    """

    parent: IntArray
    is_summary: BoolArray
    start: FloatArray
    duration: FloatArray
    is_started: BoolArray
    is_complete: BoolArray
    actual_finish: FloatArray
    constraint: TextArray
    constraint_start: FloatArray
    constraint_finish: FloatArray
    predecessor: IntArray
    successor: IntArray
    type: TextArray
    lag: FloatArray


def finishes(network: Network, delay_wd: FloatArray) -> FloatArray:
    """The finish of every item when each takes that many working days longer.

    Returns:
        NaN for what nothing dates, and for everything on or behind a circle of links.
    """
    count = len(network.start)
    tail, head, weight = _edges(network, delay_wd)
    # Each item is two events: its start stands at its position, its finish `count` behind it.
    order = np.argsort(tail, kind="stable")
    tail, head, weight = tail[order], head[order], weight[order]
    bounds = np.searchsorted(tail, np.arange(2 * count + 1))
    waiting = np.bincount(head, minlength=2 * count)
    time = np.full(2 * count, -np.inf)
    is_done = np.zeros(2 * count, dtype=np.bool_)
    front = np.flatnonzero(waiting == 0)
    while len(front):
        is_done[front] = True
        _settle(network, time, front, delay_wd)
        starts, stops = bounds[front], bounds[front + 1]
        edges = _spans(starts, stops)
        np.maximum.at(time, head[edges], time[tail[edges]] + weight[edges])
        np.subtract.at(waiting, head[edges], 1)
        reached = np.unique(head[edges])
        front = reached[waiting[reached] == 0]
    answer = time[count:]
    return np.where(is_done[count:] & np.isfinite(answer), answer, np.nan)


def _edges(network: Network, delay_wd: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Predecessor event, successor event, working days between: links, durations, and what spans what."""
    count = len(network.start)
    at_start = np.isin(network.type, ("FS", "FF"))
    to_finish = np.isin(network.type, ("FF", "SF"))
    work = np.flatnonzero(~network.is_summary)
    inner = np.flatnonzero(network.parent >= 0)
    around = network.parent[inner]
    length = np.nan_to_num(network.duration[work]) + delay_wd[work]
    nothing = np.zeros(len(inner))
    tail = (network.predecessor + at_start * count, work, around, inner + count)
    head = (network.successor + to_finish * count, work + count, inner, around + count)
    weight = (np.nan_to_num(network.lag), length, nothing, nothing)
    return np.concatenate(tail), np.concatenate(head), np.concatenate(weight)


def _settle(network: Network, time: FloatArray, front: IntArray, delay_wd: FloatArray) -> None:
    """Apply what an item itself says about events that nothing waits for any more."""
    count = len(network.start)
    begun = front[front < count]
    ended = front[front >= count] - count
    own = begun[~network.is_summary[begun]]
    planned, kind = network.start[own], network.constraint[own]
    at = network.constraint_start[own]
    driven = time[own]
    # What nothing drives stands where the plan puts it; undated predecessors drive nothing.
    driven = np.where(np.isneginf(driven) & ~np.isnan(planned), planned, driven)
    driven = np.where((kind == "SNET") & ~np.isnan(at), np.fmax(driven, at), driven)
    driven = np.where((kind == "SNLT") & ~np.isnan(at), np.fmin(driven, at), driven)
    driven = np.where((kind == "MSO") & ~np.isnan(at), at, driven)
    time[own] = np.where(network.is_started[own] & ~np.isnan(planned), planned, driven)

    own = ended[~network.is_summary[ended]]
    kind, at = network.constraint[own], network.constraint_finish[own]
    driven = time[own + count]
    driven = np.where((kind == "FNET") & ~np.isnan(at), np.fmax(driven, at), driven)
    driven = np.where((kind == "FNLT") & ~np.isnan(at), np.fmin(driven, at), driven)
    driven = np.where((kind == "MFO") & ~np.isnan(at), at, driven)
    # Work that is under way ends when its own work is done, whatever it was once planned behind.
    begins = network.start[own]
    under_way = begins + np.nan_to_num(network.duration[own]) + delay_wd[own]
    driven = np.where(network.is_started[own] & ~np.isnan(begins), under_way, driven)
    actual = network.actual_finish[own]
    time[own + count] = np.where(network.is_complete[own] & ~np.isnan(actual), actual, driven)


def _spans(starts: IntArray, stops: IntArray) -> IntArray:
    """All numbers from each start up to its stop, one span after the other."""
    lengths = stops - starts
    total = int(lengths.sum())
    if total == 0:
        return np.empty(0, dtype=np.int64)
    offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return np.arange(total, dtype=np.int64) + offsets


def lag_wd(
    lag_minutes: FloatArray,
    lag_percent: FloatArray,
    predecessor_duration_wd: FloatArray,
    minutes_per_day: FloatArray,
) -> FloatArray:
    """Lags in working days; a percentage is one of the predecessor's duration. What is unknown is none."""
    of_duration = np.nan_to_num(lag_percent) / 100.0 * np.nan_to_num(predecessor_duration_wd)
    return np.where(np.isnan(lag_minutes), of_duration, lag_minutes / minutes_per_day)
