"""Derivation of twins: the pairs that evidence holds together, titles that are alike, and how they differ."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from portfolio.records import ItemId
from sync.addresses import AddressIndex
from sync.similar_titles import Titled, suggestions
from sync.twins import TwinSide, find_twins
from sync.workspace import PORTFOLIO_CALENDAR, Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_ENDED = ("done", "removed")


def derive_twins(
    work: Workspace,
    store: Store,
    former_keys: Mapping[str, ItemId],
    addresses: AddressIndex,
    ordered: AbstractSet[tuple[ItemId, ItemId]],
) -> int:
    """Find the twins and write how their sides differ; returns the rows that changed.

    Args:
        work: the items and settings.
        store: receives the pairs.
        former_keys: keys that items had before they moved.
        addresses: where items stand, for links.
        ordered: (predecessor, successor) of all dependencies.
    """
    items = work.items
    sides = [
        TwinSide(item, source, key, title, keys or (), addresses_of or ())
        for item, source, key, title, keys, addresses_of in zip(
            *(items[name] for name in ("item_id", "source", "key", "title", "twin_keys", "linked_urls")),
            strict=True,
        )
    ]
    sources = store.read("engine_source", ("source", "kind"))
    pairs = find_twins(
        sides,
        former_keys,
        work.settings.twins,
        decisions=work.settings.twin_decisions,
        kinds=dict(zip(*sources.values(), strict=True)),
        addresses=addresses,
        ordered=ordered,
    )
    pairs += suggestions(_titles(work), pairs, work.settings.twin_decisions, ordered)
    columns: Columns = {
        name: []
        for name in (
            "twin_id", "a_id", "b_id", "a_key", "b_key", "evidence", "confidence", "is_confirmed",
            "due_gap_wd", "state_differs", "owner_differs", "missing_side", "map_count",
        )
    }  # fmt: skip
    for pair in pairs:
        first = work.position[pair.a_id]
        second = None if pair.b_id is None else work.position[pair.b_id]
        columns["twin_id"].append(pair.twin_id)
        columns["a_id"].append(pair.a_id)
        columns["b_id"].append(pair.b_id)
        columns["a_key"].append(items["key"][first])
        columns["b_key"].append(None if second is None else items["key"][second])
        columns["evidence"].append(pair.evidence)
        columns["confidence"].append(pair.confidence)
        columns["is_confirmed"].append(pair.is_confirmed)
        columns["missing_side"].append(pair.missing)
        columns["map_count"].append(pair.map_count)
        _append_differences(columns, work, first, second)
    return store.replace("derived_twin", columns)


def _titles(work: Workspace) -> list[Titled]:
    """What is compared by title; nothing in a portfolio of one tracker."""
    items = work.items
    if len(set(items["source"])) < 2:
        return []
    names = ("item_id", "source", "key", "title", "kind")
    return [
        Titled(item, source, key, title, kind, project, state not in _ENDED)
        for item, source, key, title, kind, project, state in zip(
            *(items[name] for name in names), work.derived["project"], items["state"], strict=True
        )
        if state != "removed"
    ]


def _append_differences(columns: Columns, work: Workspace, first: int, second: int | None) -> None:
    if second is None:
        columns["due_gap_wd"].append(None)
        columns["state_differs"].append(None)
        columns["owner_differs"].append(None)
        return
    items, due = work.items, work.derived["effective_due"]
    calendar = work.calendars[PORTFOLIO_CALENDAR]
    columns["due_gap_wd"].append(calendar.working_days_between(due[first], due[second]))
    columns["state_differs"].append((items["state"][first] in _ENDED) != (items["state"][second] in _ENDED))
    people = [work.people.person(items["source"][one], items["owner_id"][one]) for one in (first, second)]
    # Only people known by address in both trackers can be said to differ; anything else is unknown.
    known = [person for person in people if person is not None and person.email]
    columns["owner_differs"].append(known[0] is not known[1] if len(known) == 2 else None)
