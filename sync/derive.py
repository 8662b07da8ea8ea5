"""The derive step: reads what connectors delivered as columns, computes, and writes the derived columns back.

Nothing here asks a tracker. Rows that come out as they were are not written again, and a small change costs
what it reaches: pages mark what they store (`store/dirty.py`), `sync/reach.py` tells how far that spreads,
and only that is read, derived and written. The result is that of a full derivation, byte for byte.

How a part plugs in: it is a file `sync/derive_<what>.py` with one function `(work, store) -> rows changed`,
and a `Step` in `sync/derive_steps.py`. Steps run in that order; each may read what trackers delivered and
what the steps before it have written, and says so in `reads` and `writes`.

- A step that derives columns of items puts them into `work.derived` for *all* loaded rows and returns 0; the
  last step, `write_items`, writes them. In rows that are loaded only to be read (`~work.is_reached`) the
  values of the last derivation are put in place right after the step, from its `writes`: what a later step
  reads is right in every loaded row, and an expensive step may leave those rows alone.
- A step that derives a table writes it with `work.write(store, table, rows, keys=…)`: all of it in a full
  derivation, else only the rows under the keys that were reached (`work.reach`).
- Where `work.is_full` is false, it gives the very rows that it would give in a full derivation. Where a
  change spreads further than `sync/reach.py` follows it (down a network, over a plan), the step has a
  `spread`, which adds to the reach before anything is loaded, or raises `ReachesEverything`. A step that
  sees only from what it computed which loaded rows it changed calls `work.reach_late`; one that sees that
  it must look further raises `ReachesFurther` or `ReachesEverything`, and the derivation begins again.
- Lists (accounts, calendars, iterations, releases, schedules), the configuration and the day need not be
  followed: any change of those makes the next derivation full. So does `REVISION`, for a step's own code, and
  so does a source that can be read again: what it says today is kept.
- Nothing else may be read here: no findings, no clock, no random seed that is not made from those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from schedule.calendars import WorkCalendar, workday_table
from sync.changed import Reach, ReachesEverything, ReachesFurther, everything
from sync.derive_calendars import calendars_of
from sync.derive_links import linked_addresses
from sync.derive_milestones import current_sources
from sync.derive_steps import STEPS, Step
from sync.loading import load, stored_identities
from sync.reach import reach_of
from sync.workspace import BaselineFacts, DeriveSettings, Workspace

if TYPE_CHECKING:
    from store import Dirty, Store

__all__ = ["REVISION", "STEPS", "DeriveCounts", "Step", "derive", "set_today", "stored_identities"]

_SMALL_ITEMS = 10_000

REVISION = 10
"""Raised by whoever changes what a step derives: what an older Dovetail derived is derived again."""


@dataclass(frozen=True, slots=True)
class DeriveCounts:
    """How much there was, how many rows changed, and how many dependencies lead out of the portfolio.

    `reached` is how many items were derived anew: all of them in a full derivation. `missing_baseline` is the
    configured one where nothing is stored under its name. `cycles` are the circles of work that waits for
    itself, as far as this derivation looked: the keys around each, and the two ends of the dependency that
    was left out to compute the rest.
    """

    items: int
    changed: int
    unknown_ends: int = 0
    reached: int = 0
    missing_baseline: str | None = None
    cycles: tuple[tuple[tuple[str, ...], tuple[str, str]], ...] = ()


class _Basis(msgspec.Struct, kw_only=True):
    """On what a derivation was made: as long as this is the same, only what is marked has to be done."""

    digest: str
    unknown_ends: int
    covered: dict[str, datetime | None] = {}
    missing_baseline: str | None = None
    current: list[str] = []
    """The sources that were read by the day: what the others said could not be kept."""


def derive(
    store: Store,
    settings: DeriveSettings,
    *,
    today: date,
    now: datetime,
    full: bool = False,
    is_look_ahead: bool = False,
) -> DeriveCounts:
    """Compute every derived column of the portfolio as of `today` and store what changed.

    Args:
        store: holds what was pulled; receives what is derived.
        settings: calendar, tree, aliases and twins of the configuration.
        today: the day of the run in the portfolio's zone.
        now: the instant of the run, aware.
        full: derive everything anew, whatever has changed.
        is_look_ahead: `today` is not the day that it is: no forecast of it is remembered.
    """
    if not store.was_begun():
        # From here on pages mark what they store, also those that other processes store while this one runs.
        store.begin_derive()
    # A small portfolio costs less to derive than to begin and end a transaction for every step.
    is_small = store.count("tracker_item") <= _SMALL_ITEMS
    with store.one_transaction() if is_small else nullcontext():
        return _derive(store, settings, today=today, now=now, full=full, is_look_ahead=is_look_ahead)


def _derive(
    store: Store, settings: DeriveSettings, *, today: date, now: datetime, full: bool, is_look_ahead: bool
) -> DeriveCounts:
    dirty = store.dirty()
    digest = _digest(store, settings, today, now)
    last = None if dirty.basis is None else msgspec.json.decode(dirty.basis, type=_Basis)
    reach = everything()
    current = current_sources(store, today, ZoneInfo(settings.timezone))
    is_known = last is not None and last.digest == digest and current <= set(last.current)
    if last is not None and is_known and not full and not is_look_ahead:
        if not dirty.marks:
            return DeriveCounts(
                store.count("derived_item"), 0, last.unknown_ends, missing_baseline=last.missing_baseline
            )
        reach = _reach(store, dirty, settings)
    changed = 0
    while True:
        if reach.is_everything:
            store.begin_derive()
        work = load(store, settings, reach, today=today, now=now)
        work.basis, work.is_look_ahead = digest, is_look_ahead
        if last is not None:
            work.unknown_ends = last.unknown_ends
            work.baselines = BaselineFacts(last.covered, missing=last.missing_baseline)
        try:
            for step_changed in _run(work, store):
                changed += step_changed
            break
        except ReachesEverything:
            reach = everything()
        except ReachesFurther as further:
            reach = _reach(store, dirty, settings, reach.groups | further.groups)
    basis = _Basis(
        digest=digest,
        unknown_ends=work.unknown_ends,
        covered=work.baselines.taken_at,
        missing_baseline=work.baselines.missing,
        current=sorted(current),
    )
    # Nothing may rest on a day that has not come.
    store.end_derive("" if is_look_ahead else msgspec.json.encode(basis).decode(), dirty)
    return DeriveCounts(
        items=len(work.items) if work.is_full else store.count("derived_item"),
        changed=changed,
        unknown_ends=work.unknown_ends,
        reached=int(np.count_nonzero(work.is_reached)),
        missing_baseline=work.baselines.missing,
        cycles=tuple(_named(work)),
    )


def _named(work: Workspace) -> Iterator[tuple[tuple[str, ...], tuple[str, str]]]:
    """The circles of the network by the keys that people see."""
    if work.network is None or not work.network.cycles:
        return
    keys, links = work.items.keys("key"), work.links
    row_of = {one: row for row, one in enumerate(links.columns.keys("dependency_id"))}
    for members, cut in work.network.cycles:
        ends = (links.before[row_of[cut]], links.after[row_of[cut]])
        yield tuple(keys[work.position[one]] for one in members), (keys[ends[0]], keys[ends[1]])


def _reach(
    store: Store, dirty: Dirty, settings: DeriveSettings, groups: frozenset[str] = frozenset()
) -> Reach:
    try:
        spreads = [step.spread for step in STEPS if step.spread is not None]
        return reach_of(store, dirty, settings, spreads, groups)
    except ReachesEverything:
        return everything()


def _run(work: Workspace, store: Store) -> Iterator[int]:
    """The steps one after the other, and how many rows each changed."""
    if work.is_full:
        _write_today(store, work.calendars, work.today)
        yield store.replace("derived_workday", workday_table(work.portfolio_calendar))
        work.addresses = linked_addresses(work, store, work.former_keys)
    for step in STEPS:
        yield step.run(work, store)
        _settle(work, store, step)


def _settle(work: Workspace, store: Store, step: Step) -> None:
    """What a step has put into rows that were not reached gives way to what was derived of them before."""
    names = [one.removeprefix("derived_item.") for one in step.writes if one.startswith("derived_item.")]
    if names:
        work.put_back(store, names, np.flatnonzero(~work.is_reached))


def _digest(store: Store, settings: DeriveSettings, today: date, now: datetime) -> str:
    """Whatever else than the portfolio's own rows has a part in the result."""
    # What was learned of finished work before a source was ever read to its end says too little.
    sources = sorted(
        (name, state.kind, state.last_good_at is not None) for name, state in store.sources().items()
    )
    days = [today, now.astimezone(UTC).date(), now.astimezone(ZoneInfo(settings.timezone)).date()]
    told = (REVISION, settings, days, sources)
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def set_today(store: Store, settings: DeriveSettings, today: date) -> None:
    """Tell the store the working-day number of today in each calendar, for rules that compare with it."""
    calendars, _ = calendars_of(store, settings)
    _write_today(store, calendars, today)


def _write_today(store: Store, calendars: Mapping[str, WorkCalendar], today: date) -> None:
    names = sorted(calendars)
    store.replace(
        "derived_today",
        {
            "calendar_id": names,
            "day": [today] * len(names),
            "ord": [calendars[name].ordinal(today) for name in names],
        },
    )
