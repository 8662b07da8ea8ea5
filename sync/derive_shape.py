"""Derivation of where an item stands: in the PMO's tree, below its parent, above its children."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from store.frames import Coded, Ints
from sync.workspace import ENDED, Workspace

if TYPE_CHECKING:
    from store import Store


def derive_shape(work: Workspace, _store: Store) -> int:
    """Portfolio, program and project; parent, depth, leaves and open children."""
    _places(work)
    items, derived, hierarchy = work.items, work.derived, work.hierarchy
    count, parent = len(items), hierarchy.parent
    derived.put("calendar_id", work.calendar_ids)
    inner = parent >= 0
    above, place = np.unique(parent[inner], return_inverse=True)
    codes = np.full(count, -1, dtype=np.int32)
    codes[inner] = place
    keys = items.texts("key")
    derived.put("parent_key", Coded(codes, [keys[one] for one in above.tolist()]).compact())
    derived.put("depth", Ints(hierarchy.depth, np.ones(count, dtype=bool)))
    has_children = hierarchy.has_children
    derived.put("is_leaf", ~has_children)
    derived.put("is_summary", has_children | items.flags("is_summary"))
    is_open = ~items.codes("state").is_one_of(ENDED)
    open_children = np.bincount(parent[inner], weights=is_open[inner], minlength=count).astype(np.int64)
    derived.put("open_children", Ints(open_children, np.ones(count, dtype=bool)))
    return 0


def _places(work: Workspace) -> None:
    sources, scopes = work.items.codes("source"), work.items.codes("scope")
    pairs = sources.codes.astype(np.int64) * len(scopes.words) + scopes.codes
    found, place = np.unique(pairs, return_inverse=True)
    places = [
        work.placement.place(sources.words[pair // len(scopes.words)], scopes.words[pair % len(scopes.words)])
        for pair in found.tolist()
    ]
    for name in ("portfolio", "program", "project"):
        column = Coded(place.astype(np.int32), [getattr(one, name) for one in places])
        work.derived.put(name, column.compact())
