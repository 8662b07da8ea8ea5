"""Writes what was derived of items, and the working-day numbers of their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from portfolio.views import VIEWS
from store.frames import Frame, taken
from sync.derive_baselines import COUNTING, only_where
from sync.workspace import Workspace, ordinals

if TYPE_CHECKING:
    from store import Store

_ORDINALS = tuple(column for column in VIEWS["item"].columns if column.has_ordinal)


def write_items(work: Workspace, store: Store) -> int:
    """Write the derived columns of the items that were reached; returns the rows that changed."""
    rows = np.flatnonzero(work.is_reached)
    derived = work.derived.take(rows)
    if "baseline_counts" in derived:
        # The items hold the baseline that counts; their own one is no derived value.
        counts = derived.flags("baseline_counts")
        for name in COUNTING:
            derived.put(name, only_where(taken(work.items.column(name), rows), counts))
    changed = work.write(store, "derived_item", derived, keys=work.reach.items)
    numbers = Frame(len(rows), {"item_id": derived.column("item_id")})
    calendar_ids = derived.codes("calendar_id")
    for column in _ORDINALS:
        source = derived if column.name in derived and column.name not in COUNTING else work.items
        if column.name not in source:
            continue
        days = source.dates(column.name)
        if source is work.items:
            days = days[rows]
        numbers.put(f"{column.name}_ord", ordinals(work.calendars, calendar_ids, days, work.zone))
    return changed + work.write(store, "derived_item_ordinal", numbers, keys=work.reach.items)
