"""Derivation of what orders items: dependencies with the dates of their ends, over all trackers.

A tracker that links to another one knows an address; here it becomes the item that stands there. What no
source delivers stays an address, and the dependency is kept: its other end is unknown, not gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from portfolio.records import ItemId, address_of_end
from schedule.hierarchy import IntArray
from store.frames import BoolArray, Coded, Column, Frame, Ints, coded, constant
from sync.addresses import Addressed, AddressIndex, address_index, is_address
from sync.workspace import PORTFOLIO_CALENDAR, Workspace, ordinals

if TYPE_CHECKING:
    from store import Store

_MINUTES_PER_DAY = 480
_DATES = ("predecessor_due", "successor_start")
_ENDS = ("predecessor_id", "successor_id")
_NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Links:
    """The dependencies that have a known end.

    Attributes:
        rows: what their trackers say: `source`, `type`, `lag_minutes`, `lag_percent`.
        before, after: the positions of their ends, -1 where no source delivers it.
        is_address: for each end whether its tracker knows it by an address.
        columns: the derived side of each, which the steps after it complete and `write_links` writes.
        repeats: where another one says the same already; None until that is worked out.
    """

    rows: Frame
    before: IntArray
    after: IntArray
    is_address: Mapping[str, BoolArray]
    columns: Frame
    repeats: BoolArray | None = None

    @property
    def is_whole(self) -> BoolArray:
        """Where both ends are known."""
        return (self.before >= 0) & (self.after >= 0)

    @property
    def leads_elsewhere(self) -> BoolArray:
        """Where an end is known by its address."""
        first, second = (self.is_address[end] for end in _ENDS)
        return first | second


def linked_addresses(work: Workspace, store: Store, former_keys: Mapping[str, ItemId]) -> AddressIndex:
    """Where all items stand; empty where nothing leads to an address, as in a portfolio of one tracker.

    Only in a full derivation; in any other no address leads elsewhere than it did.
    """
    items = work.items
    is_needed = (
        any(map(len, items.codes("linked_urls").words))
        or any(is_address(key) for keys in items.codes("twin_keys").words for key in keys)
        or store.has_linked_ends()
    )
    if not is_needed:
        return AddressIndex()
    names = ("item_id", "source", "native_id", "key", "url")
    rows = store.frame("tracker_item", names, texts=("item_id", "native_id", "key", "url"))
    columns = [rows.texts(name) for name in names]
    return address_index(
        (Addressed(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)), former_keys
    )


def derive_links(work: Workspace, store: Store) -> int:
    """Put the derived side of every dependency that has a known end into `work.links`; returns 0."""
    links = _links(work, store, work.reach.links)
    whole, count = links.is_whole, len(work.items)
    if work.is_full:
        work.unknown_ends = int(np.count_nonzero(~whole))
    columns = links.columns
    columns.put("dependency_id", links.rows.column("dependency_id"))
    _ends(work, columns, links)
    after_or_none = np.where(links.after >= 0, links.after, count)
    words = [*work.calendar_ids.words, PORTFOLIO_CALENDAR]
    codes = np.append(work.calendar_ids.codes, len(words) - 1)[after_or_none].astype(np.int32)
    calendar_ids = Coded(codes, words).compact()
    columns.put("calendar_id", calendar_ids)
    _dates(work, columns, links, calendar_ids)
    for name, column in (("source", "crosses_source"), ("schedule_id", "crosses_schedule")):
        code = work.items.codes(name).codes
        columns.put(column, ~whole | (code[links.before] != code[links.after]))
    team = work.derived.codes("team").codes
    first, second = team[links.before], team[links.after]
    columns.put("crosses_team", whole & (first >= 0) & (second >= 0) & (first != second))
    repeats = _repeats(links, count)
    columns.put("repeats", repeats)
    work.links = replace(links, repeats=repeats.codes >= 0)
    links.rows.drop("dependency_id")  # by the million, texts are most of what a frame holds
    return 0


def write_links(work: Workspace, store: Store) -> int:
    """Write the dependencies with the finish that their predecessors are forecast for.

    That is P80, else the due date: whoever waits wants to know when it will be there. Returns the rows that
    changed.
    """
    links = work.links
    columns, due = links.columns, links.columns.dates("predecessor_due")
    p80 = np.append(work.derived.dates("p80"), _NO_DAY)[links.before]
    finish = np.where(links.is_whole & ~np.isnat(p80), p80, due)
    last = ordinals(work.calendars, columns.codes("calendar_id"), finish, work.zone)
    columns.put("predecessor_finish", finish)
    columns.put("predecessor_finish_ord", last)
    first, lag = columns.integers("successor_start_ord"), columns.integers("lag_wd")
    known = first.known & last.known & links.is_whole & links.rows.codes("type").is_one_of(("FS",))
    # Both ends are worked days: a successor that starts on the day its predecessor finishes overlaps by 1.
    overlap = last.values - first.values + 1 + lag.values
    columns.put("overlap_wd", Ints(np.where(known, overlap, 0), known))
    return work.write(store, "derived_dependency", columns, keys=work.reach.links)


def links_of_schedules(work: Workspace, store: Store) -> Links:
    """The dependencies of all items of the schedules that were reached. Needs the derived dependencies."""
    if work.is_full:
        return work.links
    links = _links(work, store, work.reach.schedule_links)
    names = ("dependency_id", "repeats")
    known = store.frame("derived_dependency", names, texts=names, among=(names[0], work.reach.schedule_links))
    repeating = {one for one, other in zip(*map(known.texts, names), strict=True) if other is not None}
    ids = links.rows.keys("dependency_id")
    is_one = np.fromiter((one in repeating for one in ids), dtype=bool, count=len(ids))
    return replace(links, repeats=is_one)


def _links(work: Workspace, store: Store, among: Collection[str]) -> Links:
    """These dependencies, or all in a full derivation, by their ids; those without a known end left out."""
    rows = store.frame(
        "tracker_dependency",
        ("dependency_id", "source", "type", "lag_minutes", "lag_percent", *_ENDS),
        texts=("dependency_id",),
        places=dict.fromkeys(_ENDS, work.position),
        among=None if work.is_full else ("dependency_id", among),
        live_only=False,  # what is gone has no position
    )
    ends = {end: rows.places(end) for end in _ENDS}
    is_address = {end: np.zeros(len(rows), dtype=bool) for end in _ENDS}
    unplaced = np.flatnonzero((ends[_ENDS[0]] < 0) | (ends[_ENDS[1]] < 0)).tolist()
    if unplaced:
        _look_up(work, store, {rows.keys("dependency_id")[row]: row for row in unplaced}, ends, is_address)
    known = [ends[end] >= 0 for end in _ENDS]
    kept = (known[0] & known[1]) | ((known[0] ^ known[1]) & (is_address[_ENDS[0]] | is_address[_ENDS[1]]))
    rows.drop(*_ENDS)
    if kept.all():
        return Links(rows, ends[_ENDS[0]], ends[_ENDS[1]], is_address, Frame(len(rows)))
    rows = rows.take(kept)
    return Links(
        rows,
        ends[_ENDS[0]][kept],
        ends[_ENDS[1]][kept],
        {end: flags[kept] for end, flags in is_address.items()},
        Frame(len(rows)),
    )


def _look_up(
    work: Workspace,
    store: Store,
    row_of: Mapping[str, int],
    ends: Mapping[str, IntArray],
    is_address: Mapping[str, BoolArray],
) -> None:
    """Find what stands at the addresses of these dependencies; where an end is gone, nothing."""
    names = ("dependency_id", *_ENDS)
    texts = store.frame("tracker_dependency", names, texts=names, among=(names[0], row_of))
    resolver = _Resolver(work, store, list(row_of))
    for name, *pair in zip(*map(texts.keys, names), strict=True):
        for end, text in zip(_ENDS, pair, strict=True):
            address = address_of_end(text)
            if address is not None:
                is_address[end][row_of[name]] = True
                ends[end][row_of[name]] = resolver.position(name, end, address)


class _Resolver:
    """Which item stands at an address: looked up, or as it was found in the last full derivation."""

    def __init__(self, work: Workspace, store: Store, ids: Sequence[str]) -> None:
        self._work = work
        self._known: dict[tuple[str, str], str | None] = {}
        if work.is_full or not ids:
            return
        names = ("dependency_id", *_ENDS)
        stored = store.frame("derived_dependency", names, texts=names, among=("dependency_id", ids))
        for name, *ends in zip(*map(stored.texts, names), strict=True):
            self._known.update({(str(name), end): item for end, item in zip(_ENDS, ends, strict=True)})

    def position(self, dependency_id: str, end: str, address: str) -> int:
        """The position of the item at the address at one end of a dependency; -1 for none."""
        place = self._work.position
        if not self._work.is_full:
            return place.get(self._known.get((dependency_id, end)) or "", -1)
        # Where two sources read one tracker, both their items are the one that is meant.
        return next((place[one] for one in self._work.addresses.items_at(address) if one in place), -1)


def _ends(work: Workspace, columns: Frame, links: Links) -> None:
    """Only what was an address is told again: the tracker's own ids stand with the tracker's own record."""
    ids = work.items.keys("item_id")
    for name, places in zip(_ENDS, (links.before, links.after), strict=True):
        told = links.is_address[name] & links.is_whole
        column: Column = constant(None, len(places))
        if told.any():
            column = coded(
                ids[place] if is_told else None
                for place, is_told in zip(places.tolist(), told.tolist(), strict=True)
            )
        columns.put(name, column)


def _dates(work: Workspace, columns: Frame, links: Links, calendar_ids: Coded) -> None:
    calendars, zone, whole = work.calendars, work.zone, links.is_whole
    lag = links.rows.integers("lag_minutes")
    lag_wd = Ints(np.where(lag.known, np.rint(lag.values / _MINUTES_PER_DAY), 0).astype(np.int64), lag.known)
    columns.put("lag_wd", lag_wd)
    due = np.where(whole, np.append(work.derived.dates("effective_due"), _NO_DAY)[links.before], _NO_DAY)
    start = np.append(work.items.dates("start"), _NO_DAY)[links.after]
    for name, days in zip(_DATES, (due, start), strict=True):
        columns.put(name, days)
        columns.put(f"{name}_ord", ordinals(calendars, calendar_ids, days, zone))


def _repeats(links: Links, count: int) -> Coded:
    """Links that say what another one says already: by address from one end, by address or id from the other.

    A tracker's own links are never hidden, even where two of them say the same.
    """
    elsewhere = links.leads_elsewhere & links.is_whole
    if not elsewhere.any():
        return constant(None, len(links.rows))
    edges = links.before * (count + 1) + links.after
    rows = np.flatnonzero(np.isin(edges, edges[elsewhere]) & links.is_whole)
    ids = links.rows.keys("dependency_id")
    first: dict[int, int] = {}
    repeats: list[str | None] = [None] * len(links.rows)
    for row in sorted(rows.tolist(), key=lambda one: (bool(elsewhere[one]), ids[one])):
        known = first.setdefault(int(edges[row]), row)
        if known != row and elsewhere[row]:
            repeats[row] = ids[known]
    return coded(repeats)
