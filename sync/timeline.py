"""What the histories of items say: when each was committed, how its date moved, when it last moved at all.

Entries are arrays, sorted by item and time; `schedule/promises.py` follows the edits of due dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from schedule.calendars import DayArray
from schedule.hierarchy import IntArray
from schedule.promises import Edits
from store.frames import Coded, Frame, constant, values_of

_LIST_SEPARATOR = re.compile(r"[,\s]+")
OWN = 0  # an item's own date, in `Edits.source`
_NO_INSTANT = np.datetime64("NaT", "ms")


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of one field, sorted by item and time.

    Attributes:
        row: whose each entry is, as a position of the items.
        at: when it was made.
        before, after: what stood there, and what stands there since.
        by: the account that made it.
    """

    row: IntArray
    at: DayArray
    before: Coded
    after: Coded
    by: Coded

    def of_item(self, row: int) -> list[tuple[Any, str | None, str | None]]:
        """The entries of one item, oldest first: when, before, after."""
        first, stop = np.searchsorted(self.row, (row, row + 1)).tolist()
        at = values_of(self.at[first:stop])
        return [(at[one - first], self.before.at(one), self.after.at(one)) for one in range(first, stop)]

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
        changes: `at`, `field`, `before`, `after` and perhaps `by` of the table of changes, oldest first, or
            in the order in which they were stored.
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
        by = changes.codes("by") if "by" in changes else constant(None, len(changes))
        return Entries(
            self._rows[mine],
            changes.instants("at")[mine],
            *(Coded(one.codes[mine], one.words) for one in (before, after, by)),
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


def finished_at(states: Entries, count: int) -> DayArray:
    """When each item became done, if its history ends with that; else NaT."""
    is_done = states.after.is_one_of(("done",))
    # The last entry that made it done counts where no entry after it says something else.
    last = np.full((2, count), -1, dtype=np.int64)
    places = np.arange(len(states.row))
    for kind, these in enumerate((is_done & ~states.before.is_one_of(("done",)), ~is_done)):
        last[kind, states.row[these]] = places[these]
    found = np.full(count, _NO_INSTANT, dtype="datetime64[ms]")
    ended = np.flatnonzero(last[0] > last[1])
    found[ended] = states.at[last[0, ended]]
    return found


def reopened(states: Entries, count: int) -> tuple[IntArray, DayArray]:
    """How often each item was finished and later taken up again, and when it had finished then."""
    told = np.flatnonzero(states.after.is_one_of(("done", "todo", "in_progress")))
    row, at, is_done = states.row[told], states.at[told], states.after.is_one_of(("done",))[told]
    goes_on = np.append(False, row[1:] == row[:-1])[: len(row)]
    was_done = goes_on & np.append(False, is_done[:-1])[: len(row)]
    # Where the run of being done began that an entry is part of.
    begun = np.maximum.accumulate(np.where(is_done & ~was_done, np.arange(len(row)), -1))
    again = np.flatnonzero(~is_done & was_done)
    earlier = np.full(count, _NO_INSTANT, dtype="datetime64[ms]")
    earlier[row[again]] = at[begun[again]]
    return np.bincount(row[again], minlength=count), earlier


def due_edits(due: Entries) -> Edits:
    """The edits of due dates as dates; what cannot be read as one is none."""
    own = np.full(len(due.row), OWN)
    return Edits(due.row, due.at, _as_days(due.before), _as_days(due.after), own)


def _as_days(texts: Coded) -> DayArray:
    days = np.array([*map(as_date, texts.words), None], dtype="datetime64[D]")
    return days[texts.codes]


def last_named(text: str | None) -> str | None:
    """The last id of a list of ids; None of an empty one."""
    names = ids_named(text)
    return names[-1] if names else None


def ids_named(text: str | None) -> list[str]:
    """The ids of a list of ids."""
    return [one for one in _LIST_SEPARATOR.split(text or "") if one]


def as_date(value: object) -> date | None:
    """A day as a timeline writes it; None for what is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
