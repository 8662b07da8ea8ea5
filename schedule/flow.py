"""How work flows through a team: finished per week, under way at once, done of what an iteration took on.

Weeks are Monday to Sunday, and only whole ones count. A week in which less than half as much is worked as
in an ordinary one (the end of the year) says nothing about a team and is left out. docs/delivery.md has the
words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from schedule.calendars import DayArray, WorkCalendar
from schedule.distributions import BoolArray, FloatArray, IntArray
from schedule.reference_classes import MINIMUM_REFERENCES, PSEUDO_OBSERVATIONS
from schedule.throughput import MINIMUM_ITEMS, WINDOW_WEEKS

RECENT_WEEKS = 4
HISTORY_WEEKS = WINDOW_WEEKS
LEAST_HISTORY_WEEKS = 13
LOW_SHARE = 0.1
WIP_WEEKS = 8

PAST_ITERATIONS = 13
LEAST_ITERATIONS = 5
SAY_DO_ITERATIONS = 3
HIGH_SHARE = 0.85
_LONGEST_RATIO = 1.5

_DAY = np.timedelta64(1, "D")


USUAL_SHARE = 0.85
LONGEST_DAYS = 520
"""What takes two years or more is too long for anything to be said of it."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long the cases of some classes took, a row for each class.

    Attributes:
        weight: how many cases took so many days, a column for each number of days up to `LONGEST_DAYS`; those
            that have not ended are spread over what took at least as long (Kaplan-Meier).
        total: how many cases there are, those among them of which only that they take longer is known.
        ended: how many of them have ended.
    """

    weight: FloatArray
    total: FloatArray
    ended: IntArray


def times(days: IntArray, is_open: BoolArray, group: IntArray, groups: int) -> Times:
    """Count the cases of each class.

    Args:
        days: working days that each took, or has taken so far.
        is_open: which have not ended; leaving them out would make everything look faster than it is.
        group: the class of each.
        groups: how many classes there are.
    """
    width = LONGEST_DAYS + 1
    place = group * width + np.clip(days, 0, LONGEST_DAYS)
    ended, still = (
        np.bincount(place[which], minlength=groups * width).reshape(groups, width).astype(np.float64)
        for which in (~is_open, is_open)
    )
    total = (ended + still).sum(axis=1)
    # What ended comes before what is still open on the same day.
    at_risk = total[:, None] - np.cumsum(ended + still, axis=1) + ended + still
    survival = np.cumprod(1.0 - ended / np.maximum(at_risk, 1.0), axis=1)
    before = np.concatenate((np.ones((groups, 1)), survival[:, :-1]), axis=1)
    return Times((before - survival) * total[:, None], total, ended.sum(axis=1).astype(np.int64))


def usual_days(own: Times, above: Times, parent: IntArray) -> IntArray:
    """The working days that 85 of 100 cases of each class take at most.

    A class borrows from the one above it as if it had 30 more cases.

    Args:
        own: the classes.
        above: the coarser ones, which borrow nothing: give the same, and no weight, for them.
        parent: for each class the coarser one; -1 for none.

    Returns:
        -1 where neither a class nor the one above it has 20 cases that ended, or where too many have not.
    """
    lends = (parent >= 0) & (above.total[parent] > 0)
    share = np.where(lends, PSEUDO_OBSERVATIONS / np.maximum(above.total[parent], 1.0), 0.0)
    weight = own.weight + above.weight[parent] * share[:, None]
    total = own.total + above.total[parent] * share
    ended = np.where(parent >= 0, np.maximum(own.ended, above.ended[parent]), own.ended)
    # The next case stays below it with at least that probability: that makes it a little longer.
    reached = np.cumsum(weight, axis=1) >= (USUAL_SHARE * (total + 1) - 1e-9)[:, None]
    days = np.argmax(reached, axis=1)
    known = reached.any(axis=1) & (days < LONGEST_DAYS) & (ended >= MINIMUM_REFERENCES)
    found: IntArray = np.where(known, days, -1)
    return found


def working_weeks(calendar: WorkCalendar, as_of: date, count: int) -> DayArray:
    """The Mondays of the last whole weeks in which work was done as usual, the oldest first.

    Args:
        calendar: in which days are worked.
        as_of: its week is not whole yet.
        count: how many; fewer where the calendar begins.
    """
    monday = np.datetime64(as_of - timedelta(days=as_of.weekday()), "D")
    mondays = monday - 7 * np.arange(1, 2 * count + 53)[::-1]
    before, is_known = calendar.known_ordinals(mondays - _DAY)
    after, also = calendar.known_ordinals(mondays + 6 * _DAY)
    worked = after - before
    usual = np.median(worked[is_known & also]) if (is_known & also).any() else 0
    return mondays[is_known & also & (2 * worked >= usual) & (worked > 0)][-count:]


def finished_by_week(group: IntArray, finish: DayArray, groups: int, mondays: DayArray) -> FloatArray:
    """How many items each group finished in each of these weeks: a row per group, a column per week.

    Args:
        group: whose each item is.
        finish: the day on which it was finished, never NaT.
        groups: how many there are.
        mondays: of the weeks, sorted.
    """
    weeks = len(mondays)
    if not weeks:
        return np.zeros((groups, 0))
    week = np.searchsorted(mondays, finish, side="right") - 1
    counts = (week >= 0) & (finish < mondays[np.maximum(week, 0)] + 7 * _DAY)
    found = np.bincount(group[counts] * weeks + week[counts], minlength=groups * weeks)
    return found.reshape(groups, weeks).astype(np.float64)


def recent_throughput(weekly: FloatArray) -> FloatArray:
    """Items finished in the last four weeks, by group; NaN where there are fewer weeks.

    Args:
        weekly: see `finished_by_week`; NaN before a group's first finished item.
    """
    if weekly.shape[1] < RECENT_WEEKS:
        return np.full(len(weekly), np.nan)
    found: FloatArray = weekly[:, -RECENT_WEEKS:].sum(axis=1)
    return found


def low_throughput(weekly: FloatArray) -> FloatArray:
    """What nine of ten four-week periods before the last four weeks reached, by group.

    Returns:
        NaN where less than 13 weeks of history are known, or fewer than 20 items were finished in them.
    """
    earlier = weekly[:, -(RECENT_WEEKS + HISTORY_WEEKS) : -RECENT_WEEKS]
    found = np.full(len(weekly), np.nan)
    for row, weeks in enumerate(earlier):
        known = weeks[~np.isnan(weeks)]
        if len(known) < LEAST_HISTORY_WEEKS or known.sum() < MINIMUM_ITEMS:
            continue
        sums = np.convolve(known, np.ones(RECENT_WEEKS), mode="valid")
        found[row] = np.quantile(sums, LOW_SHARE, method="lower")
    return found


def usual_wip(
    group: IntArray, since: IntArray, until: IntArray, groups: int, instants: IntArray
) -> FloatArray:
    """How many items each group usually has under way at once: the median of what it had at these instants.

    Args:
        group: whose each stretch of work is.
        since: when it began to be under way, in milliseconds since 1970.
        until: when it ended to be.
        groups: how many there are.
        instants: the ends of the last weeks, sorted.

    Returns:
        NaN where there are fewer than eight instants, and where a group's first work began after the first.
    """
    found = np.full(groups, np.nan)
    if len(instants) < WIP_WEEKS or not len(group):
        return found
    counts = np.stack(
        [
            np.bincount(group[(since <= instant) & (until > instant)], minlength=groups)
            for instant in instants.tolist()
        ]
    )
    first = np.full(groups, np.iinfo(np.int64).max)
    np.minimum.at(first, group, since)
    is_known = first <= instants[0]
    found[is_known] = np.median(counts[:, is_known], axis=0)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterations:
    """Iterations and what became of them; arrays parallel to each other.

    Attributes:
        team: whose each is, as a code; -1 where that cannot be told.
        start, end: the first and the last day; NaT where unknown.
        is_over: whether it has ended.
        committed: how many items it took on.
        kept: how many of these were done in it.
        done: how many items were done in it, those that came later among them.
    """

    team: IntArray
    start: DayArray
    end: DayArray
    is_over: BoolArray
    committed: FloatArray
    kept: FloatArray
    done: FloatArray


def paces(all_of: Iterations) -> tuple[FloatArray, FloatArray]:
    """What the team of each iteration had done in those before it.

    Compared are iterations of the same team that had ended when this one began, took something on, and are at
    most half as long again, or shorter by as much.

    Returns:
        The items that 85 of 100 of the last 13 did not exceed, NaN where fewer than 5 are known; and of what
        the last three took on, the share that was done in them, NaN where there were fewer.
    """
    count = len(all_of.team)
    high, share = np.full(count, np.nan), np.full(count, np.nan)
    is_dated = ~np.isnat(all_of.start) & ~np.isnat(all_of.end) & (all_of.team >= 0)
    length = np.where(is_dated, (all_of.end - all_of.start).astype(np.int64) + 1, 0)
    speaks = is_dated & all_of.is_over & (all_of.committed > 0) & (length > 0)
    order = np.lexsort((np.arange(count), all_of.end, all_of.team))
    known = order[speaks[order]]
    firsts = np.searchsorted(all_of.team[known], np.arange(all_of.team.max(initial=-1) + 2), side="left")
    for one in np.flatnonzero(is_dated).tolist():
        team = int(all_of.team[one])
        past = known[firsts[team] : firsts[team + 1]]
        past = past[: np.searchsorted(all_of.end[past], all_of.start[one], side="left")]
        alike = (length[past] <= _LONGEST_RATIO * length[one]) & (
            length[one] <= _LONGEST_RATIO * length[past]
        )
        past = past[alike]
        if len(past) >= LEAST_ITERATIONS:
            high[one] = np.quantile(all_of.done[past[-PAST_ITERATIONS:]], HIGH_SHARE, method="higher")
        if len(past) >= SAY_DO_ITERATIONS:
            last = past[-SAY_DO_ITERATIONS:]
            share[one] = round(float(all_of.kept[last].sum() / all_of.committed[last].sum()), 4)
    return high, share
