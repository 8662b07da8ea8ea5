"""How long things stood as they stood: entries of a history as spells, each with a value, a begin, an end.

Everything is an array over many histories at once. Instants are milliseconds since 1970, values are codes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ALWAYS = np.iinfo(np.int64).min
"""Since always: nobody knows when it began."""
NEVER = np.iinfo(np.int64).max
"""Until never: it still stands."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Stretches of time, by history and then by time; neighbours in a history have unlike values.

    Attributes:
        row: whose history it is.
        value: what stood there; -1 is nothing, or nobody knows what.
        since, until: the instants, `ALWAYS` and `NEVER` where there is none.
    """

    row: IntArray
    value: IntArray
    since: IntArray
    until: IntArray

    def take(self, which: npt.NDArray[np.int64] | BoolArray) -> Spells:
        """Some of them."""
        return Spells(self.row[which], self.value[which], self.since[which], self.until[which])

    def standing_at(self, instant: int) -> BoolArray:
        """Which of them lasted at an instant."""
        found: BoolArray = (self.since <= instant) & (self.until > instant)
        return found


def spells(
    row: IntArray, at: IntArray, before: IntArray, after: IntArray, *, born: IntArray, now: IntArray
) -> Spells:
    """The spells of every history.

    What stands now is what counts last: where the entries end with something else, they are not complete.

    Args:
        row: whose each entry is; sorted by it, and then by time.
        at: when it was made.
        before: the value until then.
        after: the value since.
        born: when each history begins; `ALWAYS` for unknown.
        now: the value that each one has today; a history without entries had it from the beginning.
    """
    count = len(born)
    is_first = np.append(True, row[1:] != row[:-1])[: len(row)]
    is_last = np.append(row[1:] != row[:-1], True)[: len(row)]
    at_first = now.astype(np.int64)
    at_first[row[is_first]] = before[is_first]
    rows = np.concatenate((np.arange(count), row))
    values = np.concatenate((at_first, np.where(is_last, now[row], after)))
    since = np.concatenate((born, at))
    # Stable: the beginning of a history comes before its entries.
    order = np.argsort(rows, kind="stable")
    rows, values, since = rows[order], values[order], since[order]
    is_new = np.append(True, (rows[1:] != rows[:-1]) | (values[1:] != values[:-1]))[: len(rows)]
    rows, values, since = rows[is_new], values[is_new], since[is_new]
    goes_on = np.append(rows[1:] == rows[:-1], False)[: len(rows)]
    until = np.where(goes_on, np.append(since[1:], NEVER)[: len(rows)], NEVER)
    return Spells(rows, values, since, until)


def last_work_spells(found: Spells, work: int, done: int) -> IntArray:
    """Of each history that ends with `done`, straight after `work`: the place of that last work."""
    ends = np.append(found.row[1:] != found.row[:-1], True)[: len(found.row)]
    straight = np.append(False, (found.value[:-1] == work) & ~ends[:-1])[: len(found.row)]
    return np.flatnonzero(ends & (found.value == done) & straight) - 1


def inside(row: IntArray, before: IntArray, after: IntArray, first: IntArray) -> IntArray:
    """Where each entry about coming and going leaves its history: where it says, or nowhere.

    Some trackers tell a move as one entry, others what came and what went one at a time: what went only
    counts where the history was in that very place.

    Args:
        row: whose each entry is; sorted by it, and then by time.
        before: the place until then; -1 is none.
        after: the place since.
        first: for each entry, where its history was before its first one.
    """
    count = len(row)
    place = np.arange(count)
    starts = np.maximum.accumulate(np.where(np.append(True, row[1:] != row[:-1])[:count], place, 0))
    # The last arrival up to each entry, if there was one in this history.
    arrival = np.maximum.accumulate(np.where(after >= 0, place, -1))
    has_arrived = arrival >= starts
    standing = np.where(has_arrived, after[np.where(has_arrived, arrival, 0)], first)
    leaves = (after < 0) & (before == standing)
    left = np.cumsum(leaves)
    begun = np.where(has_arrived, arrival, starts)
    # An arrival is no leaving; the first entry of a history may be one.
    base = left[begun] - np.where(has_arrived, 0, leaves[begun].astype(np.int64))
    return np.where(left - base > 0, -1, standing)
