"""Iterations and releases over time: when they started, how their dates were seen to move, who was inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

from schedule.commitment import DateChange, inherited_dates
from sync.timeline import last_named

if TYPE_CHECKING:
    from store import Store

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_DATED = {("iteration", "end"), ("release", "date")}

Entry: TypeAlias = tuple[datetime, str | None, str | None]
"""When, what stood there before, and what since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """In which containers an item was: the entries of its history, oldest first, and where it is now."""

    created_at: datetime | None
    iterations: Sequence[Entry]
    releases: Sequence[Entry]
    iteration: str | None
    release: str | None


@dataclass(frozen=True, slots=True)
class Containers:
    """What the store knows of iterations and releases.

    Attributes:
        starts: the first day of each iteration.
        dates: the end of each iteration and the date of each release, by `iteration:ID` and `release:ID`.
        moves: how these dates were seen to move, oldest first, by the same names.
    """

    starts: Mapping[str, date | None]
    dates: Mapping[str, date | None]
    moves: Mapping[str, Sequence[DateChange]]

    def moved(self, kind: str) -> set[str]:
        """The ids of the containers of one kind whose date was seen to move."""
        return {name.removeprefix(f"{kind}:") for name in self.moves if name.startswith(f"{kind}:")}

    def inherited(self, inside: Membership) -> tuple[date | None, list[DateChange]]:
        """The date that an item without one of its own takes from its containers, and how that changed."""
        born = inside.created_at or _BEGINNING
        memberships = [
            *_memberships("iteration", inside.iterations, born, inside.iteration),
            *_memberships("release", inside.releases, born, inside.release),
        ]
        return inherited_dates(memberships, self.moves, self.dates)


def read_containers(store: Store) -> Containers:
    """The iterations and releases of the store."""
    iterations = store.read("tracker_iteration", ("iteration_id", "start", "end"))
    releases = store.read("tracker_release", ("release_id", "date"))
    dates: dict[str, date | None] = {
        **{f"iteration:{one}": day for one, day in _pairs(iterations["iteration_id"], iterations["end"])},
        **{f"release:{one}": day for one, day in _pairs(releases["release_id"], releases["date"])},
    }
    seen = store.read(
        "engine_container_change", ("at", "kind", "container_id", "field", "before", "after", "is_first")
    )
    moves: dict[str, list[DateChange]] = {}
    rows = zip(*seen.values(), strict=True)
    for at, kind, container, field, before, after, is_first in sorted(rows, key=lambda row: row[0]):
        if (kind, field) in _DATED and not is_first:
            change = DateChange(at, _day(before), _day(after), is_inherited=True)
            moves.setdefault(f"{kind}:{container}", []).append(change)
    starts = dict(_pairs(iterations["iteration_id"], iterations["start"]))
    return Containers(starts, dates, moves)


def _memberships(
    kind: str,
    entries: Sequence[tuple[datetime, str | None, str | None]],
    born: datetime,
    now: str | None,
) -> list[tuple[datetime, str, str | None]]:
    """Since when the item was in which container of one kind."""
    inside = last_named(entries[0][1]) if entries else now
    found = [(born, inside)]
    for at, before, after in entries:
        # Some trackers tell the whole list, others what came and what went, one at a time.
        if after or last_named(before) == inside:
            inside = last_named(after)
            found.append((at, inside))
    # Of several the tracker's mapping chose the one that counts today.
    found[-1] = (found[-1][0], now)
    return [(at, kind, None if one is None else f"{kind}:{one}") for at, one in found]


def _pairs(keys: Sequence[str], values: Sequence[date | None]) -> zip[tuple[str, date | None]]:
    return zip(keys, values, strict=True)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
