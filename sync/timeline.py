"""What the histories of items say: when each was committed, how its date moved, when it last moved at all.

Entries are arrays, sorted by item and time; `schedule/promises.py` follows the edits of due dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from schedule.calendars import DayArray
from schedule.hierarchy import IntArray
from schedule.promises import Edits
from store.frames import BoolArray, Coded, Frame

_LIST_SEPARATOR = re.compile(r"[,\s]+")
_NEVER = np.iinfo(np.int64).max
_NO_INSTANT = np.datetime64("NaT", "ms")


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of one field, sorted by item and time.

    Attributes:
        row: whose each entry is, as a position of the items.
        at: when it was made.
        before, after: what stood there, and what stands there since.
    """

    row: IntArray
    at: DayArray
    before: Coded
    after: Coded

    @property
    def firsts(self) -> IntArray:
        """The first entry of each item that has one."""
        return np.flatnonzero(np.append(True, self.row[1:] != self.row[:-1])[: len(self.row)])

    @property
    def lasts(self) -> IntArray:
        """The last entry of each item that has one."""
        return np.flatnonzero(np.append(self.row[1:] != self.row[:-1], True)[: len(self.row)])


class Timelines:
    """The histories of a number of items.

    Args:
        changes: `item_id`, `at`, `field`, `before`, `after` of the table of changes, oldest first, or in the
            order in which they were stored.
        rows: for each of them the position of its item, -1 for one that is of no interest.
        count: how many items there are.
    """

    def __init__(self, changes: Frame, rows: IntArray, count: int) -> None:
        self._count = count
        self._changes = changes
        at = changes.instants("at")
        kept = np.flatnonzero(rows >= 0)
        # Stable: of two entries of one instant the one that was stored first comes first.
        self._order = kept[np.lexsort((at[kept], rows[kept]))]
        self._rows = rows
        self.last_activity_at = self._latest(self._order)

    def of(self, field: str) -> Entries:
        """The entries of one field."""
        changes = self._changes
        mine = self._order[changes.codes("field").is_one_of((field,))[self._order]]
        before, after = changes.codes("before"), changes.codes("after")
        return Entries(
            self._rows[mine],
            changes.instants("at")[mine],
            Coded(before.codes[mine], before.words),
            Coded(after.codes[mine], after.words),
        )

    def _latest(self, order: IntArray) -> DayArray:
        found = np.full(self._count, _NO_INSTANT, dtype="datetime64[ms]")
        found[self._rows[order]] = self._changes.instants("at")[order]
        return found


def last_transitions(states: Entries, count: int) -> DayArray:
    """When the state of each item last changed; NaT for never."""
    found = np.full(count, _NO_INSTANT, dtype="datetime64[ms]")
    found[states.row[states.lasts]] = states.at[states.lasts]
    return found


def blocked_since(blocked: Entries, count: int) -> DayArray:
    """When each item was blocked last, if its history ends there.

    NaT where the history knows of no such moment, or ends with the item free to go on. Told twice, by a field
    and by a tag, it is still blocked since the first.
    """
    is_blocked = blocked.after.of([*(bool(word) for word in blocked.after.words), False]).astype(bool)
    found = np.full(count, _NO_INSTANT, dtype="datetime64[ms]")
    for row, at, is_set in zip(blocked.row.tolist(), blocked.at, is_blocked.tolist(), strict=True):
        if not is_set:
            found[row] = _NO_INSTANT
        elif np.isnat(found[row]):
            found[row] = at
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How items stand now, and when they were made: where their histories begin and end."""

    created_at: DayArray
    state: Coded
    release_ids: Coded


def committed_at(
    timelines: Timelines,
    standing: Standing,
    *,
    iteration_starts: Mapping[str, date | None],
    today: date,
) -> DayArray:
    """When each item became committed; NaT for not yet.

    The first of: it left To Do, it stood in an iteration that had started, it got a release
    (facts/rules.md §2.1). What was so from the beginning counts from its creation.

    Args:
        timelines: the histories.
        standing: the items.
        iteration_starts: the first day of each iteration.
        today: an iteration that starts later has not started.
    """
    states, releases = timelines.of("state"), timelines.of("release")
    has_begun = ~standing.state.is_one_of(("todo", "removed")) & (standing.state.codes >= 0)
    first = states.firsts
    began = ~states.before.is_one_of(("todo", "removed")) & (states.before.codes >= 0)
    has_begun[states.row[first]] = began[first]
    has_release = standing.release_ids.of(
        [*(bool(many and many[0]) for many in standing.release_ids.words), False]
    )
    first = releases.firsts
    has_release[releases.row[first]] = _is_said(releases.before)[first]
    created = standing.created_at
    from_the_start = (has_begun | has_release.astype(bool)) & ~np.isnat(created)
    moments = np.where(from_the_start, created.astype(np.int64), _NEVER)
    _earliest(moments, states, states.after.is_one_of(("in_progress", "done")))
    _earliest(moments, releases, _is_said(releases.after))
    iterations = timelines.of("iteration")
    begins = np.array(
        [*(_first_start(word, iteration_starts, today) for word in iterations.after.words), _NEVER]
    )[iterations.after.codes]
    at = np.maximum(iterations.at.astype(np.int64), begins)
    np.minimum.at(moments, iterations.row, np.where(begins == _NEVER, _NEVER, at))
    found = np.where(moments == _NEVER, np.iinfo(np.int64).min, moments)
    return found.view("datetime64[ms]")


def due_edits(due: Entries) -> Edits:
    """The edits of due dates as dates; what cannot be read as one is none."""
    return Edits(due.row, due.at, _as_days(due.before), _as_days(due.after))


def _as_days(texts: Coded) -> DayArray:
    days = np.array([*map(_as_date, texts.words), None], dtype="datetime64[D]")
    return days[texts.codes]


def _is_said(values: Coded) -> BoolArray:
    return np.asarray(values.of([*(bool(word) for word in values.words), False]), dtype=bool)


def _earliest(moments: IntArray, entries: Entries, counts: BoolArray) -> None:
    np.minimum.at(moments, entries.row[counts], entries.at[counts].astype(np.int64))


def _first_start(word: str, starts: Mapping[str, date | None], today: date) -> int:
    """When the first of these iterations started, in milliseconds since 1970; never, where none has."""
    begun = (starts.get(one) for one in _LIST_SEPARATOR.split(word))
    first = min((day for day in begun if day is not None and day <= today), default=None)
    return _NEVER if first is None else int(np.datetime64(first, "ms").astype(np.int64))


def _as_date(value: object) -> date | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
