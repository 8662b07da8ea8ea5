"""The pieces of work over the items of a network: confirmed twins are one, everything else is its own.

Twins are few, so only they are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from store.frames import BoolArray, Frame, IntArray
from sync.work_classes import COLUMNS, join_twins

if TYPE_CHECKING:
    from store import Store


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of work, in the order of the first item of each.

    Attributes:
        of_item: for each item its piece.
        first: for each piece the item that speaks for it: a live one before a removed one, a tracker's before
            a plan's.
        joined: the items of each piece that has several, the one that speaks first.
        live: the same without those that were removed, unless all of them were.
    """

    of_item: IntArray
    first: IntArray
    joined: Mapping[int, IntArray]
    live: Mapping[int, IntArray]

    def is_live(self) -> BoolArray:
        """For each item whether its piece listens to it: to a removed one only where that is all there is."""
        found = np.ones(len(self.of_item), dtype=bool)
        for piece, sides in self.joined.items():
            found[sides] = False
            found[self.live[piece]] = True
        return found


def pieces_of(store: Store, items: Frame) -> Pieces:
    """The pieces of work that these items are.

    Args:
        store: holds the twins.
        items: all items that are connected with any of them.
    """
    lead = np.arange(len(items), dtype=np.int64)
    sides_of_lead: dict[int, IntArray] = {}
    rows = _twins(store, items)
    if len(rows):
        some = items.take(rows)
        columns = {name: some.values(name) for name in COLUMNS}
        for sides in join_twins(store, columns).sides:
            if len(sides) > 1:
                found = rows[np.array(sides)]
                lead[found] = found.min()
                sides_of_lead[int(found.min())] = found
    is_lead = lead == np.arange(len(lead))
    number = np.cumsum(is_lead) - 1
    first = np.flatnonzero(is_lead)
    joined = {int(number[one]): sides for one, sides in sides_of_lead.items()}
    is_removed = items.codes("state").is_one_of(("removed",))
    live: dict[int, IntArray] = {}
    for piece, rows_of_piece in joined.items():
        first[piece] = rows_of_piece[0]
        kept = rows_of_piece[~is_removed[rows_of_piece]]
        live[piece] = kept if len(kept) else rows_of_piece
    return Pieces(number[lead], first, joined, live)


def _twins(store: Store, items: Frame) -> IntArray:
    """The items that stand in a confirmed pair, in their order."""
    names = ("a_id", "b_id", "is_confirmed")
    pairs = store.frame("derived_twin", names, texts=names[:2])
    if not len(pairs):
        return np.empty(0, dtype=np.int64)
    confirmed = pairs.take(pairs.flags("is_confirmed"))
    wanted = {*confirmed.texts("a_id"), *confirmed.texts("b_id")}
    ids = items.keys("item_id")
    return np.array([row for row, item in enumerate(ids) if item in wanted], dtype=np.int64)
