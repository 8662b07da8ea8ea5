"""When items became committed: the first of the moments that `PromiseRules` names (facts/rules.md §2.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

import numpy as np

from schedule.calendars import DayArray
from schedule.commitment import MOMENTS
from schedule.hierarchy import IntArray
from store.frames import BoolArray, Coded
from sync.timeline import Entries, Timelines, ids_named

_NEVER = np.iinfo(np.int64).max
_NAT = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How items stand now, and when they were made: where their histories begin and end.

    `status` and `labels` are there where a moment asks for them.
    """

    created_at: DayArray
    state: Coded
    release_ids: Coded
    status: Coded | None = None
    labels: Coded | None = None


class Moments:
    """When each of the moments of each item was.

    What was so from the beginning counts from its creation; an iteration starts with its first day in the
    zone.

    Args:
        timelines: the histories.
        standing: the items.
        iteration_starts: the first day of each iteration.
        today: an iteration that starts later has not started.
        zone: in which a day begins.
    """

    def __init__(
        self,
        timelines: Timelines,
        standing: Standing,
        *,
        iteration_starts: Mapping[str, date | None],
        today: date,
        zone: tzinfo = UTC,
    ) -> None:
        self._timelines = timelines
        self._standing = standing
        self._starts = iteration_starts
        self._today = today
        self._zone = zone
        self._found: dict[str, IntArray] = {}

    def first_of(self, names: Sequence[str] = MOMENTS) -> DayArray:
        """The first of these moments of each item; NaT where there was none yet."""
        earliest = np.minimum.reduce([self._of(name) for name in names])
        return np.where(earliest == _NEVER, _NAT, earliest).view("datetime64[ms]")

    def _of(self, name: str) -> IntArray:
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, moment: str) -> IntArray:
        standing = self._standing
        kind, _, name = moment.partition(":")
        match kind:
            case "leaves_todo":
                return self._left_todo()
            case "active_iteration":
                return self._in_iteration()
            case "release":
                return self._turned(
                    "release", bool, standing.release_ids, lambda many: bool(many and many[0])
                )
            case "status":
                holds = _is_called(name)
                return self._turned("status", holds, standing.status, holds)
        holds = _has_label(name)
        return self._turned("labels", holds, standing.labels, lambda many: holds("; ".join(many)))

    def _left_todo(self) -> IntArray:
        states, state = self._timelines.of("state"), self._standing.state
        has_begun = ~state.is_one_of(("todo", "removed")) & (state.codes >= 0)
        began = ~states.before.is_one_of(("todo", "removed")) & (states.before.codes >= 0)
        return self._from_first(states, has_begun, began, states.after.is_one_of(("in_progress", "done")))

    def _in_iteration(self) -> IntArray:
        entries = self._timelines.of("iteration")
        moments = np.full(len(self._standing.created_at), _NEVER)
        begins = np.array([*map(self._first_start, entries.after.words), _NEVER])[entries.after.codes]
        at = np.maximum(entries.at.astype(np.int64), begins)
        np.minimum.at(moments, entries.row, np.where(begins == _NEVER, _NEVER, at))
        return moments

    def _first_start(self, text: str) -> int:
        """When the first of these iterations started, in milliseconds since 1970; never, where none has."""
        begun = (self._starts.get(one) for one in ids_named(text))
        first = min((day for day in begun if day is not None and day <= self._today), default=None)
        if first is None:
            return _NEVER
        return round(datetime.combine(first, time(), self._zone).timestamp() * 1000)

    def _turned(
        self,
        field: str,
        holds: Callable[[str], bool],
        now: Coded | None,
        holds_now: Callable[[tuple[str, ...]], bool] | Callable[[str], bool],
    ) -> IntArray:
        """When something held: from the creation where it did at first, after each change that made it."""
        entries = self._timelines.of(field)
        count = len(self._standing.created_at)
        stands = np.zeros(count, dtype=bool) if now is None else _where(now, holds_now)
        return self._from_first(entries, stands, _where(entries.before, holds), _where(entries.after, holds))

    def _from_first(self, entries: Entries, now: BoolArray, before: BoolArray, after: BoolArray) -> IntArray:
        created = self._standing.created_at
        first = entries.firsts
        at_first = now.copy()
        at_first[entries.row[first]] = before[first]
        moments = np.where(at_first & ~np.isnat(created), created.astype(np.int64), _NEVER)
        np.minimum.at(moments, entries.row[after], entries.at[after].astype(np.int64))
        return moments


def _where(column: Coded, holds: Callable[..., bool]) -> BoolArray:
    return np.asarray(column.of([*map(holds, column.words), False]), dtype=bool)


def _is_called(name: str) -> Callable[[str], bool]:
    folded = name.strip().casefold()
    return lambda text: text.strip().casefold() == folded


def _has_label(name: str) -> Callable[[str], bool]:
    folded = name.strip().casefold()
    return lambda text: folded in (one.strip().casefold() for one in text.split(";"))
