"""Dates that items without one of their own take from their iteration or release, over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from schedule.calendars import DayArray
from schedule.hierarchy import IntArray
from schedule.promises import Edits
from store.frames import BoolArray, Coded, Frame, as_instants, values_of
from sync.containers import Containers, Membership
from sync.timeline import Entries, Timelines, last_named

WHOSE = ("own", "iteration", "release")
"""Whose a date is, in the order of `Edits.source`."""


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Dates and their edits, those that a container brought among them.

    Attributes:
        due: the date of each item now.
        edits: of all of them.
        is_inherited: which edits a container made.
        order: where each edit stood before these were added at the end.
    """

    due: DayArray
    edits: Edits
    is_inherited: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    order: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def inherited(
    own: Inheritance,
    containers: Containers,
    items: Frame,
    timelines: Timelines,
    is_without: BoolArray,
    promises_inherited: BoolArray,
) -> Inheritance:
    """Add what items took from their containers.

    Each of these items is looked at by itself: those that may promise such a date, and those that were in a
    container whose date moved.

    Args:
        own: what they have of their own.
        containers: iterations and releases.
        items: all of them.
        timelines: their histories.
        is_without: which have no date of their own and never had one, and are committed.
        promises_inherited: for which of them a date of a container can be promised.
    """
    total = len(own.edits.row)
    alone = Inheritance(own.due, own.edits, np.zeros(total, dtype=bool), np.arange(total))
    if not containers.moves and not promises_inherited.any():
        return alone
    iterations, releases = timelines.of("iteration"), timelines.of("release")
    inside = _was_in(iterations, items.codes("iteration_id"), lambda _: True)
    inside |= _was_in(releases, items.codes("release_id"), lambda _: True)
    moved = _was_in(iterations, items.codes("iteration_id"), containers.moved("iteration").__contains__)
    moved |= _was_in(releases, items.codes("release_id"), containers.moved("release").__contains__)
    rows = np.flatnonzero(is_without & (moved | (inside & promises_inherited))).tolist()
    if not rows:
        return alone
    created = values_of(items.instants("created_at")[rows])
    due, told = own.due.copy(), []
    for row, born in zip(rows, created, strict=True):
        due[row], changes = containers.inherited(
            Membership(
                created_at=born,
                iterations=iterations.of_item(row),
                releases=releases.of_item(row),
                iteration=items.codes("iteration_id").at(row),
                release=items.codes("release_id").at(row),
            )
        )
        told += [(row, one) for one in changes]
    edits = own.edits
    changes = [one for _, one in told]
    whose = np.append(edits.row, np.array([one for one, _ in told], dtype=np.int64))
    order = np.argsort(whose, kind="stable")
    source = [0 if one.source is None else WHOSE.index(one.source) for one in changes]
    added = Edits(
        whose[order],
        np.append(edits.at, as_instants([one.at for one in changes]))[order],
        np.append(edits.before, np.array([one.before for one in changes], dtype="datetime64[D]"))[order],
        np.append(edits.after, np.array([one.after for one in changes], dtype="datetime64[D]"))[order],
        np.append(edits.source, np.array(source, dtype=np.int64))[order],
    )
    is_inherited = np.append(np.zeros(len(edits.row), dtype=bool), [one.is_inherited for one in changes])
    return Inheritance(due, added, is_inherited.astype(bool)[order], order)


def _was_in(entries: Entries, now: Coded, wanted: Callable[[str], bool]) -> BoolArray:
    """Which items are or were in a container of these."""
    found = np.array([*map(wanted, now.words), False], dtype=bool)[now.codes]
    for texts in (entries.before, entries.after):
        named = (last_named(text) for text in texts.words)
        holds = np.array([*(one is not None and wanted(one) for one in named), False], dtype=bool)
        found[entries.row[holds[texts.codes]]] = True
    return found
