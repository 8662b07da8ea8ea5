"""Writes what was derived of items, and the working-day numbers of their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from portfolio.views import VIEWS
from store.frames import Frame
from sync.workspace import Workspace, ordinals

if TYPE_CHECKING:
    from store import Store

_ORDINALS = tuple(column for column in VIEWS["item"].columns if column.has_ordinal)
# Derived only where another baseline than the plan's own counts; the items hold what counts.
_OF_ITEMS = ("baseline_start", "baseline_finish")


def write_items(work: Workspace, store: Store) -> int:
    """Write the derived columns of the items that were reached; returns the rows that changed."""
    rows = np.flatnonzero(work.is_reached)
    derived = work.derived.take(rows)
    changed = work.write(store, "derived_item", derived, keys=work.reach.items)
    numbers = Frame(len(rows), {"item_id": derived.column("item_id")})
    calendar_ids = derived.codes("calendar_id")
    for column in _ORDINALS:
        source = derived if column.name in derived and column.name not in _OF_ITEMS else work.items
        if column.name not in source:
            continue
        days = source.dates(column.name)
        if source is work.items:
            days = days[rows]
        numbers.put(f"{column.name}_ord", ordinals(work.calendars, calendar_ids, days, work.zone))
    return changed + work.write(store, "derived_item_ordinal", numbers, keys=work.reach.items)
