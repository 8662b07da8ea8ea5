"""Derivation of twins: the pairs that evidence holds together, titles that are alike, and how they differ.

Which items are twins depends on all of them (a key may be mentioned anywhere, a word be rare or common), so
they are searched in a full derivation, and whatever a pair may rest on makes the next one full
(`sync/reach.py`). Else only the differences of the pairs that were reached are derived anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.records import ItemId
from store.frames import values_of
from sync.similar_titles import Titled, suggestions
from sync.twin_sides import sides_that_matter
from sync.twins import find_twins
from sync.workspace import ENDED, PORTFOLIO_CALENDAR, Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_PAIR = (
    "twin_id", "a_id", "b_id", "a_key", "b_key", "evidence", "confidence", "is_confirmed", "missing_side",
    "map_count",
)  # fmt: skip


def derive_twins(work: Workspace, store: Store) -> int:
    """Find the twins and write how their sides differ; returns the rows that changed."""
    columns = _searched(work, store) if work.is_full else _stored(work, store)
    _append_differences(work, columns)
    return work.write(store, "derived_twin", columns, keys=columns["twin_id"])


def _stored(work: Workspace, store: Store) -> Columns:
    """The pairs of which a side was reached, as they were found."""
    found: dict[str, Sequence[Any]] = {}
    for side in ("a_id", "b_id"):
        rows = store.frame("derived_twin", _PAIR, texts=_PAIR[:5], among=(side, work.reach.items))
        found.update((row[0], row) for row in zip(*map(rows.values, _PAIR), strict=True))
    return {name: [found[one][place] for one in sorted(found)] for place, name in enumerate(_PAIR)}


def _searched(work: Workspace, store: Store) -> Columns:
    settings, ordered = work.settings, frozenset(_ordered_across(work))
    _put_titles(work, store)
    sources = store.read("engine_source", ("source", "kind"))
    pairs = find_twins(
        sides_that_matter(
            work.items, work.former_keys, settings.twins, settings.twin_decisions, work.addresses
        ),
        work.former_keys,
        settings.twins,
        decisions=settings.twin_decisions,
        kinds=dict(zip(*sources.values(), strict=True)),
        addresses=work.addresses,
        ordered=ordered,
    )
    pairs += suggestions(_titles(work), pairs, settings.twin_decisions, ordered)
    columns: Columns = {name: [] for name in _PAIR}
    keys = work.items.keys("key")
    for pair in pairs:
        values = (
            pair.twin_id, pair.a_id, pair.b_id, keys[work.position[pair.a_id]],
            None if pair.b_id is None else keys[work.position[pair.b_id]], pair.evidence, pair.confidence,
            pair.is_confirmed, pair.missing, pair.map_count,
        )  # fmt: skip
        for name, value in zip(_PAIR, values, strict=True):
            columns[name].append(value)
    return columns


def _put_titles(work: Workspace, store: Store) -> None:
    """Titles speak only of other trackers: in a portfolio of one they are not read."""
    titles: list[str | None] = [""] * len(work.items)
    if len(set(work.items.codes("source").words)) > 1:
        names = ("item_id", "title")
        rows = store.frame("tracker_item", names, texts=names)
        for place, title in zip(
            work.positions(rows.texts("item_id")).tolist(), rows.texts("title"), strict=True
        ):
            if place >= 0:
                titles[place] = title
    work.items.put("title", titles)


def _ordered_across(work: Workspace) -> Iterator[tuple[ItemId, ItemId]]:
    """(predecessor, successor) of the dependencies between trackers, which speak against a pair of twins."""
    ids, source = work.items.keys("item_id"), work.items.codes("source").codes
    links = work.links
    across = links.is_whole & (source[links.before] != source[links.after])
    for before, after in zip(links.before[across].tolist(), links.after[across].tolist(), strict=True):
        yield ids[before], ids[after]


def _titles(work: Workspace) -> list[Titled]:
    """What is compared by title; nothing in a portfolio of one tracker."""
    items = work.items
    if len(set(items.codes("source").words)) < 2:
        return []
    names = ("item_id", "source", "key", "title", "kind")
    return [
        Titled(item, source, key, title, kind, project, state not in ENDED)
        for item, source, key, title, kind, project, state in zip(
            *(items.values(name) for name in names),
            work.derived.values("project"),
            items.values("state"),
            strict=True,
        )
        if state != "removed"
    ]


def _append_differences(work: Workspace, columns: Columns) -> None:
    """How the sides of each pair differ; nothing of one whose counterpart is not there."""
    sides = [work.positions(columns[name]) for name in ("a_id", "b_id")]
    first, second = (rows.tolist() for rows in sides)
    due = [
        values_of(np.append(work.derived.dates("effective_due"), np.datetime64("NaT"))[rows])
        for rows in sides
    ]
    ended = np.append(work.items.codes("state").is_one_of(ENDED), False)
    sources, owners = work.items.codes("source"), work.items.codes("owner_id")
    calendar = work.calendars[PORTFOLIO_CALENDAR]
    gaps: list[int | None] = []
    states: list[bool | None] = []
    people: list[bool | None] = []
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        if other < 0:
            gaps.append(None)
            states.append(None)
            people.append(None)
            continue
        gaps.append(calendar.working_days_between(due[0][place], due[1][place]))
        states.append(bool(ended[one] != ended[other]))
        owned_by = [work.people.person(sources.at(row), owners.at(row)) for row in (one, other)]
        # Only people known by address in both trackers can be said to differ; anything else is unknown.
        known = [person for person in owned_by if person is not None and person.email]
        people.append(known[0] is not known[1] if len(known) == 2 else None)
    columns.update(due_gap_wd=gaps, state_differs=states, owner_differs=people)
