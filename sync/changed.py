"""What has changed, and the reach of it: what a derivation has to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from portfolio.records import ItemId

if TYPE_CHECKING:
    from sync.workspace import DeriveSettings

LARGEST = 20_000
"""More items than this are not followed one by one: a full derivation is about as quick."""
DEEPEST = 200
"""So many levels are followed downwards, or along dependencies."""


class ReachesEverything(Exception):
    """A change reaches too much, or nobody knows what."""


class ReachesFurther(Exception):
    """What a step found reaches further than was followed before it.

    Attributes:
        groups: groups of the network of which everything has to be derived anew, see `Reach.groups`.
    """

    def __init__(self, groups: Collection[str]) -> None:
        super().__init__(", ".join(sorted(groups)))
        self.groups = frozenset(groups)


@dataclass(slots=True)
class Reach:
    """What a derivation has to do.

    Attributes:
        is_everything: all of it; the rest is empty then.
        items: items whose derived rows are made anew. They may be gone.
        around: further items that have to be there to be read.
        links: dependencies whose derived rows are made anew. They may be gone.
        ends: the ends that dependencies which came, went or changed have, and had.
        moved: items that came, went, or have another key or schedule: what links to them shows it.
        schedules: schedules whose derived rows are made anew; all their items are loaded, and the other ends
            of their dependencies.
        schedule_links: the dependencies of the items of these schedules; they have to be there to be read.
        persons: people whose open work is counted anew.
        plan_finishes: the last due date of the plans of these items.
        networks: plans whose network is worked out anew; their items are all among `items`.
        marked: the items that changed, as they were and as they are.
        network: the items whose network is computed anew: whatever is connected with what changed. All are
            loaded, and all their dependencies are among `links`. Those of which the network says something
            else than it did are derived anew: `derive_network` adds them to `items`.
        groups: groups of the network whose end has moved: all their items are in `network`.
        changed: columns of items in which anything changed; `deleted_at` where any came or went.
        actors: (source, account) whose bulk moves of dates are looked for again.
        settings: of the derivation that this is for.
    """

    is_everything: bool = False
    items: set[ItemId] = field(default_factory=set)
    around: set[ItemId] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    ends: set[ItemId] = field(default_factory=set)
    moved: set[ItemId] = field(default_factory=set)
    schedules: set[str] = field(default_factory=set)
    schedule_links: set[str] = field(default_factory=set)
    owners: set[tuple[str, str]] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    plan_finishes: dict[str, np.datetime64] = field(default_factory=dict)
    networks: set[str] = field(default_factory=set)
    marked: Sequence[Changed] = ()
    network: set[ItemId] = field(default_factory=set)
    groups: frozenset[str] = frozenset()
    changed: set[str] = field(default_factory=set)
    actors: set[tuple[str, str]] = field(default_factory=set)
    settings: DeriveSettings | None = None

    def add(self, items: Iterable[ItemId]) -> None:
        """These items are derived anew, too.

        Raises:
            ReachesEverything: they are too many.
        """
        self.items.update(items)
        if len(self.items) > LARGEST:
            raise ReachesEverything


def everything() -> Reach:
    """The reach of a full derivation."""
    return Reach(is_everything=True)


@dataclass(frozen=True, slots=True)
class Changed:
    """An item that was marked: what it was in the last derivation, and what it is now.

    `before` and `now` are None where it was not there, or is not.
    """

    item_id: ItemId
    before: dict[str, Any] | None
    now: dict[str, Any] | None
    columns: frozenset[str]

    @property
    def came_or_went(self) -> bool:
        """Whether it was there only then, or is there only now."""
        return (self.before is None) != (self.now is None)

    def values(self, column: str) -> set[Any]:
        """What the column said then and says now, where it said anything."""
        return {one[column] for one in (self.before, self.now) if one is not None and one[column] is not None}


def as_day(value: Any) -> np.datetime64 | None:
    """A date as it is stored or read, to be compared."""
    return None if value is None else np.datetime64(value, "D")
