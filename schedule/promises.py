"""`schedule.commitment.promise_of` for many items at once: the same story, told on arrays.

The edits of all items are followed side by side, the first of each, then the second of each: as many rounds
as the most edited date has edits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schedule.calendars import DayArray
from schedule.hierarchy import IntArray

_NO_DAY = np.datetime64("NaT", "D")
_NO_INSTANT = np.datetime64("NaT", "ms")
_DAY_MS = 86_400_000
_NOBODYS = -1


@dataclass(frozen=True, slots=True)
class Edits:
    """Edits of due dates, sorted by item and time.

    Attributes:
        row: whose each edit is.
        at: when it was made, `datetime64[ms]`.
        before, after: the date that stood there, and the one that stands there since; NaT for none.
        source: whose date it is, as a number of the caller's.
    """

    row: IntArray
    at: DayArray
    before: DayArray
    after: DayArray
    source: IntArray

    @property
    def firsts(self) -> IntArray:
        """The first edit of each item that has one."""
        return np.flatnonzero(np.append(True, self.row[1:] != self.row[:-1])[: len(self.row)])


@dataclass(frozen=True, slots=True)
class Moves:
    """Every move of a promised date, after settling.

    Attributes:
        row: whose.
        edit: the position of the edit that made it; corrections of it are no moves of their own.
        before, after: the dates.
    """

    row: IntArray
    edit: IntArray
    before: DayArray
    after: DayArray


@dataclass(frozen=True, slots=True)
class Promises:
    """What was first promised of each item.

    Attributes:
        first: the date; NaT where there is none.
        source: whose date that was; -1 where there is none, or where no edit set it.
        began: since when it is promised; the commitment where there is none.
        moves: every move of a promised date.
    """

    first: DayArray
    source: IntArray
    began: DayArray
    moves: Moves


def follow_promises(
    due: DayArray, edits: Edits, committed_at: DayArray, *, settle_days: IntArray
) -> Promises:
    """What was first promised, since when, and every move of it; see `promise_of`.

    Args:
        due: the date that each item has now.
        edits: of all of them.
        committed_at: when each became committed; NaT for not yet.
        settle_days: calendar days in which an edit corrects the one before it, for each item.
    """
    count = len(due)
    is_committed = ~np.isnat(committed_at)
    promised = np.where(is_committed, due, _NO_DAY)
    firsts = edits.firsts
    promised[edits.row[firsts]] = np.where(is_committed[edits.row[firsts]], edits.before[firsts], _NO_DAY)
    is_early = edits.at <= committed_at[edits.row]  # never for NaT
    # Of several edits before the commitment the last counts: numpy assigns in order.
    promised[edits.row[is_early]] = edits.after[is_early]
    source = np.full(count, _NOBODYS)
    source[edits.row[is_early]] = edits.source[is_early]
    story = _Story(edits, promised, source, np.where(np.isnat(promised), _NO_INSTANT, committed_at))
    later = np.flatnonzero((edits.at > committed_at[edits.row]) & ~np.isnat(edits.after))
    for some in _rounds(edits.row[later]):
        here = later[some]
        story.edit(here, settle_days[edits.row[here]] * _DAY_MS)
    story.end(np.arange(count, dtype=np.int64))
    began = np.where(np.isnat(story.first_at), committed_at, story.first_at)
    return Promises(story.first, story.first_source, began, story.moves())


class _Story:
    """The settled values of each promise: the one before the last, the last, and the first."""

    def __init__(self, edits: Edits, promised: DayArray, source: IntArray, at: DayArray) -> None:
        self._edits = edits
        self.last, self.last_at = promised.copy(), at.copy()
        self.before = np.full(len(promised), _NO_DAY)
        self.first = np.full(len(promised), _NO_DAY)
        self.first_at = at.copy()
        self.last_source, self.first_source = source, np.full(len(promised), _NOBODYS)
        self.last_edit = np.full(len(promised), _NOBODYS)
        self._moves: list[Moves] = []

    def edit(self, some: IntArray, settle_ms: IntArray) -> None:
        """These edits, one of each item at most."""
        rows, at, after = self._edits.row[some], self._edits.at[some], self._edits.after[some]
        source = self._edits.source[some]
        has_one = ~np.isnat(self.last[rows])
        elapsed = (at - self.last_at[rows]).astype(np.int64)
        corrects = has_one & (elapsed <= settle_ms)
        self.last[rows[corrects]] = after[corrects]
        self.last_source[rows[corrects]] = source[corrects]
        sets = ~corrects & (~has_one | (after != self.last[rows]))
        setting = rows[sets]
        self.end(setting)
        is_first = np.isnat(self.first_at[setting])
        self.first_at[setting[is_first]] = at[sets][is_first]
        self.before[setting] = self.last[setting]
        self.last[setting], self.last_at[setting] = after[sets], at[sets]
        self.last_source[setting], self.last_edit[setting] = source[sets], some[sets]

    def end(self, rows: IntArray) -> None:
        """No edit will correct the last value of these any more."""
        known = rows[~np.isnat(self.last[rows])]
        is_first = known[np.isnat(self.before[known])]
        self.first[is_first] = self.last[is_first]
        self.first_source[is_first] = self.last_source[is_first]
        moved = known[~np.isnat(self.before[known]) & (self.before[known] != self.last[known])]
        if len(moved):
            self._moves.append(Moves(moved, self.last_edit[moved], self.before[moved], self.last[moved]))

    def moves(self) -> Moves:
        """All that were found."""
        nothing = Moves(*(np.empty(0, np.int64),) * 2, *(np.empty(0, "datetime64[D]"),) * 2)
        some = [nothing, *self._moves]
        return Moves(
            np.concatenate([one.row for one in some]),
            np.concatenate([one.edit for one in some]),
            np.concatenate([one.before for one in some]),
            np.concatenate([one.after for one in some]),
        )


def _rounds(rows: IntArray) -> list[npt.NDArray[np.int64]]:
    """Positions of sorted rows: the first of each, then the second of each, and so on."""
    if not len(rows):
        return []
    starts = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
    number = np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
    order = np.argsort(number, kind="stable")
    return np.split(order, np.cumsum(np.bincount(number))[:-1])
