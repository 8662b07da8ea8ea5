"""Derivation of what orders items: dependencies with the dates of their ends, over all trackers.

A tracker that links to another one knows an address; here it becomes the item that stands there. What no
source delivers stays an address, and the dependency is kept: its other end is unknown, not gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from portfolio.records import ItemId, address_of_end
from schedule.hierarchy import members_of_cycles
from sync.addresses import Addressed, AddressIndex, address_index, is_address
from sync.workspace import PORTFOLIO_CALENDAR, Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_MINUTES_PER_DAY = 480
_DATES = ("predecessor_finish", "predecessor_due", "successor_start")


_NAMES = (
    "dependency_id", "predecessor_id", "successor_id", "repeats", "calendar_id", "lag_wd", *_DATES,
    "overlap_wd", "crosses_source", "crosses_schedule", "crosses_team", "in_cycle",
)  # fmt: skip


class _Link(NamedTuple):
    """A dependency as its tracker shows it."""

    dependency_id: str
    source: str
    predecessor_id: ItemId
    successor_id: ItemId
    type: str
    lag_minutes: int | None


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """What derivation made of the dependencies.

    Attributes:
        changed: the rows that changed.
        ordered: (predecessor, successor) of all whose two ends are known.
        unknown_ends: how many lead to an address that no source delivers.
    """

    changed: int
    ordered: frozenset[tuple[ItemId, ItemId]]
    unknown_ends: int


def linked_addresses(work: Workspace, store: Store, former_keys: Mapping[str, ItemId]) -> AddressIndex:
    """Where all items stand; empty where nothing leads to an address, as in a portfolio of one tracker."""
    items = work.items
    ends = store.read("tracker_dependency", ("predecessor_id", "successor_id"))
    is_needed = (
        any(map(len, items["linked_urls"]))
        or any(is_address(key) for keys in items["twin_keys"] if keys for key in keys)
        or any(address_of_end(end) is not None for some in ends.values() for end in some)
    )
    if not is_needed:
        return AddressIndex()
    rows = store.read("tracker_item", ("item_id", "source", "native_id", "key", "url"))
    names = tuple(rows)
    return address_index(
        (Addressed(**dict(zip(names, row, strict=True))) for row in zip(*rows.values(), strict=True)),
        former_keys,
    )


def derive_dependencies(work: Workspace, store: Store, addresses: AddressIndex) -> LinkCounts:
    """Write the derived side of every dependency that has a known end."""
    rows = store.read("tracker_dependency", _Link._fields)
    edges: list[tuple[int, int]] = []
    kept: list[_Link] = []
    half: list[_Link] = []
    for row in zip(*rows.values(), strict=True):
        link = _Link(*row)
        ends = [_position(work, addresses, end) for end in (link.predecessor_id, link.successor_id)]
        if ends[0] is not None and ends[1] is not None:
            kept.append(link)
            edges.append((ends[0], ends[1]))
        elif (ends[0] is None) != (ends[1] is None) and _leads_elsewhere(link):
            half.append(link)
    on_cycle = members_of_cycles(len(work.position), edges)
    repeats = _repeats(kept, edges)
    columns: Columns = {name: [] for name in _NAMES}
    for link, (before, after) in zip(kept, edges, strict=True):
        _append(columns, work, link, before, after)
        columns["repeats"].append(repeats.get(link.dependency_id))
        columns["in_cycle"].append(before in on_cycle and after in on_cycle)
    for link in half:
        _append_half(columns, work, link)
    calendar_rows = columns["calendar_id"]
    for name in _DATES:
        columns[f"{name}_ord"] = [
            work.calendars[calendar].ordinal(day)
            for calendar, day in zip(calendar_rows, columns[name], strict=True)
        ]
    ids = work.items["item_id"]
    return LinkCounts(
        changed=store.replace("derived_dependency", columns),
        ordered=frozenset((ids[before], ids[after]) for before, after in edges),
        unknown_ends=len(half),
    )


def _position(work: Workspace, addresses: AddressIndex, end: ItemId) -> int | None:
    address = address_of_end(end)
    if address is None:
        return work.position.get(end)
    # Where two sources read one tracker, both their items are the one that is meant.
    return next((work.position[one] for one in addresses.items_at(address) if one in work.position), None)


def _leads_elsewhere(link: _Link) -> bool:
    return any(address_of_end(end) is not None for end in (link.predecessor_id, link.successor_id))


def _repeats(links: Sequence[_Link], edges: Sequence[tuple[int, int]]) -> dict[str, str]:
    """Links that say what another one says already: by address from one end, by address or id from the other.

    A tracker's own links are never hidden, even where two of them say the same.
    """
    first: dict[tuple[int, int], _Link] = {}
    repeats: dict[str, str] = {}
    order = sorted(
        zip(links, edges, strict=True), key=lambda one: (_leads_elsewhere(one[0]), one[0].dependency_id)
    )
    for link, edge in order:
        known = first.setdefault(edge, link)
        if known is not link and _leads_elsewhere(link):
            repeats[link.dependency_id] = known.dependency_id
    return repeats


def _append_half(columns: Columns, work: Workspace, link: _Link) -> None:
    """A dependency on something that no source delivers: what its known end says, the rest unknown."""
    after = work.position.get(link.successor_id)
    start = None if after is None else work.items["start"][after]
    values = {
        "dependency_id": link.dependency_id,
        "calendar_id": PORTFOLIO_CALENDAR if after is None else work.calendar_ids[after],
        "lag_wd": None if link.lag_minutes is None else round(link.lag_minutes / _MINUTES_PER_DAY),
        "successor_start": start,
        "crosses_source": True,
        "crosses_schedule": True,
        "crosses_team": False,
        "in_cycle": False,
    }
    for name in _NAMES:
        columns[name].append(values.get(name))


def _append(columns: Columns, work: Workspace, link: _Link, before: int, after: int) -> None:
    items, derived = work.items, work.derived
    lag = link.lag_minutes
    lag_wd = None if lag is None else round(lag / _MINUTES_PER_DAY)
    finish: date | None = derived["effective_due"][before]
    start: date | None = items["start"][after]
    overlap = work.calendar_of(after).working_days_between(start, finish)
    columns["dependency_id"].append(link.dependency_id)
    # Only what was an address is told again: the tracker's own ids stand with the tracker's own record.
    for name, end, index in (
        ("predecessor_id", link.predecessor_id, before),
        ("successor_id", link.successor_id, after),
    ):
        columns[name].append(None if address_of_end(end) is None else items["item_id"][index])
    columns["calendar_id"].append(work.calendar_ids[after])
    columns["lag_wd"].append(lag_wd)
    columns["predecessor_finish"].append(finish)
    columns["predecessor_due"].append(finish)
    columns["successor_start"].append(start)
    # Both ends are worked days: a successor that starts on the day its predecessor finishes overlaps by 1.
    columns["overlap_wd"].append(
        overlap + 1 + (lag_wd or 0) if overlap is not None and link.type == "FS" else None
    )
    columns["crosses_source"].append(items["source"][before] != items["source"][after])
    columns["crosses_schedule"].append(items["schedule_id"][before] != items["schedule_id"][after])
    teams = items["team"][before], items["team"][after]
    columns["crosses_team"].append(None not in teams and teams[0] != teams[1])
