"""Derivation of who still has open work, overall and per schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from store.frames import Coded, Frame
from sync.derive_loads import LOAD_COLUMNS, loads, persons_with_another_load
from sync.pairs import pairs_of
from sync.people import Person
from sync.workspace import ENDED, Columns, Workspace

if TYPE_CHECKING:
    from store import Store


def derive_persons(work: Workspace, store: Store) -> int:
    """Write every person with open work, overall and per schedule; returns the rows that changed."""
    if work.is_full:
        persons = list(work.people.persons)
        items = work.items
    else:
        work.reach.persons |= persons_with_another_load(work, store)
        persons = [one for one in work.people.persons if one.person_id in work.reach.persons]
        accounts = {account for one in persons for _, account in one.accounts}
        names = ("item_id", "source", "owner_id", "state", "schedule_id", *LOAD_COLUMNS)
        items = store.frame("tracker_item", names, texts=("item_id",), among=("owner_id", accounts))
    person_of = _persons_of(work, items, persons)
    is_open = (person_of >= 0) & ~items.codes("state").is_one_of(ENDED)
    in_progress = is_open & items.codes("state").is_one_of(("in_progress",))
    columns: Columns = {
        "person_id": [one.person_id for one in persons],
        "name": [one.name for one in persons],
        "email": [one.email for one in persons],
        "problem": [one.problem for one in persons],
        "accounts": [sorted(f"{source}:{account}" for source, account in one.accounts) for one in persons],
        "open_items": np.bincount(person_of[is_open], minlength=len(persons)).tolist(),
        "in_progress": np.bincount(person_of[in_progress], minlength=len(persons)).tolist(),
        "load_4w": loads(work, store, items, persons, np.where(is_open, person_of, -1)),
    }
    changed = work.write(store, "derived_person", columns, keys=[one.person_id for one in persons])
    return changed + _per_schedule(work, store, persons, person_of, items.codes("schedule_id"), is_open)


def _persons_of(
    work: Workspace, items: Frame, persons: list[Person]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each item its owner's place among these persons; -1 for somebody else, or nobody."""
    accounts = pairs_of(items.codes("source"), items.codes("owner_id"))
    place = {one.person_id: index for index, one in enumerate(persons)}
    found = [work.people.person(source, account) for source, account in accounts.words]
    places = [-1 if one is None else place.get(one.person_id, -1) for one in found]
    return np.array([*places, -1], dtype=np.int64)[accounts.codes]


def _per_schedule(
    work: Workspace,
    store: Store,
    persons: list[Person],
    person_of: np.ndarray[tuple[int], np.dtype[np.int64]],
    schedules: Coded,
    is_open: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> int:
    counted = is_open & (schedules.codes >= 0)
    width = len(schedules.words) + 1
    pairs, counts = np.unique(person_of[counted] * width + schedules.codes[counted], return_counts=True)
    rows = [
        (persons[pair // width], schedules.words[pair % width], count)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)
    ]
    columns: Columns = {
        "person_id": [person.person_id for person, _, _ in rows],
        "schedule_id": [schedule for _, schedule, _ in rows],
        "name": [person.name for person, _, _ in rows],
        "problem": [person.problem for person, _, _ in rows],
        "open_items": [count for _, _, count in rows],
    }
    if work.is_full:
        return store.replace("derived_person_schedule", columns)
    ids = [one.person_id for one in persons]
    names = ("person_id", "schedule_id")
    known = store.frame("derived_person_schedule", names, texts=names, among=("person_id", ids))
    keys = list(zip(*map(known.keys, names), strict=True))
    return store.replace("derived_person_schedule", columns, within=keys)
