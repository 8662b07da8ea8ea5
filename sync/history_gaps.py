"""Gaps of timelines: items of which the history does not tell how they came to be what they are.

A timeline of a field is a chain: what stands before each change is what the one before it left, and the last
left what stands there now. Where that does not hold, changes are missing, and whatever is counted from them
(pushes, commitments, the time that something took) is less than it was.

What only looks like a gap is none. Of changes of one instant nobody knows the order. A state follows from the
tracker's status by a mapping that people change, and whether something is done or removed from a resolution
that comes later; so a state has a gap only where the status has one, too. A day may be the next one in
another zone. A person may have several accounts. Dates that Dovetail wrote are no part of the timeline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from connectors.registry import KINDS
from schedule.hierarchy import IntArray
from store.frames import BoolArray, Coded, CodeIndex, coded, values_of
from sync.timeline import Entries, Timelines, as_date
from sync.workspace import ENDED, Workspace

if TYPE_CHECKING:
    from store import Store

Same: TypeAlias = Callable[[Any, Any], bool]

_NEEDED = frozenset(("state", "status", "due", "owner_id"))


def history_gaps(work: Workspace, timelines: Timelines, store: Store) -> Coded:
    """For each item the field that its timeline does not explain: `due`, `state` or `owner`; else unknown.

    Only of sources that tell every change, and that have been read to their end: until then the items of a
    source may have come before their timelines.
    """
    telling = [
        name
        for name, source in store.sources().items()
        if source.last_good_at is not None and source.kind in KINDS and KINDS[source.kind].told >= _NEEDED
    ]
    sources = work.items.codes("source")
    asked = sources.is_one_of(telling) & work.is_reached
    asked_of_due = asked & ~sources.is_one_of(work.settings.dates_written_to)
    found = np.full(len(asked), -1, dtype=np.int32)
    fields = ("due", "state", "owner")
    # From the last to the first, so that the first one stands.
    found[_owners(work, timelines.of("owner"), asked)] = 2
    found[_states(work, timelines, asked)] = 1
    found[_dates(work, timelines.of("due"), asked_of_due)] = 0
    return Coded(found, list(fields)).compact()


def _dates(work: Workspace, entries: Entries, asked: BoolArray) -> list[int]:
    days = [None if day is None else day.isoformat() for day in values_of(work.items.dates("due"))]
    now = coded(days)
    return [row for row in _suspects(entries, now, asked) if _is_broken(entries, row, now.at(row), _same_day)]


def _states(work: Workspace, timelines: Timelines, asked: BoolArray) -> list[int]:
    states, statuses = timelines.of("state"), timelines.of("status")
    state, status = work.items.codes("state"), work.items.codes("status")
    also = set(_suspects(statuses, status, asked))
    return [
        row
        for row in _suspects(states, state, asked)
        if row in also
        and _is_broken(states, row, state.at(row), _same_state)
        and _is_broken(statuses, row, status.at(row), _same_if_known)
    ]


def _owners(work: Workspace, entries: Entries, asked: BoolArray) -> list[int]:
    owners, sources = work.items.codes("owner_id"), work.items.codes("source")

    def are_same(source: str) -> Same:
        def person(account: str | None) -> str | None:
            known = work.people.person(source, account)
            return account if known is None else known.person_id

        return lambda one, other: person(one) == person(other)

    return [
        row
        for row in _suspects(entries, owners, asked)
        if _is_broken(entries, row, owners.at(row), are_same(sources.at(row)))
    ]


def _suspects(entries: Entries, now: Coded, asked: BoolArray) -> list[int]:
    """The items whose chain does not hold letter by letter: a few, which are looked at one by one."""
    index = CodeIndex()
    before, after, here = (_in(index, one) for one in (entries.before, entries.after, now))
    is_next = np.append(False, entries.row[1:] == entries.row[:-1])[: len(entries.row)]
    left = np.append(-1, after[:-1])[: len(after)]
    lasts = entries.lasts
    ends = lasts[after[lasts] != here[entries.row[lasts]]]
    rows = np.unique(np.append(entries.row[is_next & (before != left)], entries.row[ends]))
    return [row for row in rows.tolist() if asked[row]]


def _in(index: CodeIndex, column: Coded) -> IntArray:
    """The rows of a column by the codes of an index that several columns share. An empty text is none."""
    return np.array([*(index[word or None] for word in column.words), -1], dtype=np.int64)[column.codes]


def _is_broken(entries: Entries, row: int, now: str | None, same: Same) -> bool:
    """Whether the chain of one item does not hold.

    Changes of one instant are taken together: any of them may have been the first, and any the last.
    """
    moments: list[tuple[Sequence[str | None], Sequence[str | None]]] = []
    for _, some in groupby(entries.of_item(row), key=lambda entry: entry[0]):
        together = list(some)
        moments.append(
            ([before or None for _, before, _ in together], [after or None for *_, after in together])
        )
    moments.append(([now], []))
    return any(
        not any(same(left, found) for left in lefts for found in founds)
        for (_, lefts), (founds, _) in pairwise(moments)
    )


def _same_day(one: str | None, other: str | None) -> bool:
    """A moment near midnight is another day in another zone; what is no date is not known."""
    if one is None or other is None:
        return one is other
    day, another = as_date(one), as_date(other)
    return day is None or another is None or abs((day - another).days) <= 1


def _same_state(one: str | None, other: str | None) -> bool:
    return _same_if_known(one, other) or (one in ENDED and other in ENDED)


def _same_if_known(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other
