"""The portfolio as it stood at the end of a day: replayed into a store in memory, and derived there.

Every column of an item is what it was or unknown, never what it is today. Names of people, iterations and
releases, and the PMO's own tree, are those of today: they only say which one is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.registry import KINDS
from portfolio.errors import UsageError
from portfolio.records import (
    AnyRecord,
    Calendar,
    Change,
    Identity,
    Iteration,
    Page,
    Release,
    Schedule,
    WorkItem,
)
from portfolio.views import VIEWS
from sync.reasoning import derived_day
from sync.replay import Replayed, replay
from sync.workspace import DeriveSettings

if TYPE_CHECKING:
    from store import Store

REPLAYED_VIEWS = ("item", "change", "container_change", "replan", "baseline_event", "audit")
_APPENDED = ("baseline_event", "audit")  # rows that are never changed, so those of then are those before then
_ITEM_FIELDS = tuple(one.name for one in msgspec.structs.fields(WorkItem))
_KEPT = ("deleted_at", "deleted_because")
_DATES_WRITTEN = ("due", "start")
# What derivation makes of what is replayed. Everything else that is derived was not recorded.
_DERIVED = frozenset(
    (
        "portfolio", "program", "project", "parent_key", "depth", "is_done", "is_removed", "is_leaf",
        "is_committed", "owner", "owner_email", "effective_due", "effective_due_source", "iteration_end",
        "release_date", "parent_due", "iteration", "release", "releases", "commitment", "commitment_source",
        "first_commitment", "committed_at", "push_count", "push_count_90d", "pull_count", "pushed_wd",
        "replan_count", "inherited_push_count", "actual_finish", "actual_finish_source", "reopened_count",
        "earlier_finish", "slip_wd", "slip_pair", "open_children", "last_activity_at", "last_transition_at",
        "state_since", "blocked_since", "age_wd",
    )
)  # fmt: skip
# Of an item whose source tells nothing: where it belongs, and since when it is there.
_PLACE = frozenset(("portfolio", "program", "project", "age_wd"))
# Of an item whose source was not read since: what a look at that day alone does not tell.
_NOT_RECORDED = (
    "p50", "p80", "p80_last_week", "forecast_method", "forecast_references", "predecessor_count",
    "successor_count", "driver_id",
)  # fmt: skip
_BASELINE = ("baseline_name", "baseline_start", "baseline_finish", "baseline_start_at", "baseline_finish_at")
_INHERITED = ("effective_due", "effective_due_source", "slip_wd", "slip_pair")
_NEED: Mapping[str, tuple[str, ...]] = {
    "iteration_id": ("iteration", "iteration_end"),
    "release_id": ("release", "release_date"),
}


@dataclass(slots=True)
class Past:
    """The portfolio as it stood.

    Attributes:
        day: the day at whose end it is looked at.
        at: the instant after it.
        born_unknown: items that are left out because nobody knows when they were made.
        untold: sources whose past is not known, because they keep no timeline and were read since.
    """

    day: date
    at: datetime
    born_unknown: int = 0
    untold: list[str] = field(default_factory=list)
    _store: Store | None = None
    _now: Store | None = None
    _unknown: Mapping[str, Collection[str]] = field(default_factory=dict)

    def rows(self, view: str) -> Iterator[dict[str, object]]:
        """The rows of a view as they were.

        Raises:
            UsageError: nothing is recorded from which the view could be replayed.
        """
        check_view(view)
        assert self._now is not None  # noqa: S101 - set by as_of
        if self._store is None:
            yield from self._now.rows(view)
        elif view in _APPENDED:
            yield from _appended(self._now, view, self.at)
        else:
            for row in self._store.rows(view):
                if view == "item" and str(row["slip_pair"]).endswith("forecast"):
                    row["slip_wd"] = row["slip_pair"] = None  # what was forecast on that day is not known
                for name in self._unknown.get(str(row["item_id"]), ()) if view == "item" else ():
                    column = VIEWS["item"].column(name)
                    row[name] = False if column is not None and column.never_null else None
                yield row


@contextmanager
def as_of(store: Store, settings: DeriveSettings, day: date, *, today: date) -> Iterator[Past]:
    """The portfolio at the end of a day in the portfolio's zone.

    Where no source was read since, and nothing was derived since, that is what is stored, with everything
    that was derived from it.

    Args:
        store: holds what was pulled.
        settings: how derivation counts.
        day: the day.
        today: the day it is.

    Raises:
        UsageError: the day has not come yet.
    """
    if day > today:
        raise UsageError(f"{day} has not come yet.", hint="Name a day that is over, or today.")
    at = end_of_day(day, ZoneInfo(settings.timezone))
    sources = {str(row["source"]): row for row in store.rows("source")}
    before = {name for name, row in sources.items() if row["last_good_at"] is None or _instant(row) < at}
    past = Past(day, at, _now=store)
    worked_out = derived_day(store)
    if before == set(sources) and (worked_out is None or worked_out <= day):
        yield past
        return
    from store import open_store

    told = {
        name: KINDS[str(row["kind"])].told if str(row["kind"]) in KINDS else frozenset()
        for name, row in sources.items()
    }
    items = store.read("tracker_item", (*_ITEM_FIELDS, *_KEPT), live_only=False)
    names = tuple(one.name for one in msgspec.structs.fields(Change))
    changes = store.read("tracker_change", names, live_only=False)
    everything = _with_our_own(store, changes)
    found = replay(items, everything, at=at, told=told, read_before=before)
    past.born_unknown = found.born_unknown
    past.untold = sorted(name for name in sources if name not in before and not told[name])
    with open_store("sqlite://") as copy:
        _fill(copy, store, sources, found, changes, at)
        _derive(copy, settings, day, at)
        past._store = copy  # noqa: SLF001 - our own
        past._unknown = _unknown(  # noqa: SLF001 - our own
            found, told, before, has_baseline=settings.baseline is not None
        )
        yield past


def _with_our_own(store: Store, changes: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The timelines with the dates that Dovetail wrote itself, which connectors leave out of them."""
    found = {name: list(changes[name]) for name in ("item_id", "at", "field", "before", "after")}
    for row in store.rows("write", where={"slot": list(_DATES_WRITTEN), "state": "applied"}):
        for name, values in found.items():
            values.append(row["slot" if name == "field" else name])
    return found


def check_view(view: str) -> None:
    """Refuse a view that nothing records.

    Raises:
        UsageError: names those that can be replayed.
    """
    if view not in REPLAYED_VIEWS:
        raise UsageError(
            f"The view {view} cannot be shown as of an earlier day: nothing records how it was.",
            hint=f"These can: {', '.join(REPLAYED_VIEWS)}.",
        )


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day after begins, whatever the clocks did in between."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _instant(row: Mapping[str, object]) -> datetime:
    moment = row["last_good_at"]
    assert isinstance(moment, datetime)  # noqa: S101 - the view says so
    return moment


def _derive(copy: Store, settings: DeriveSettings, day: date, at: datetime) -> None:
    from sync.derive import derive

    # The last instant of the day: at the next one it is tomorrow.
    derive(copy, replace(settings, baseline=None), today=day, now=at - timedelta(milliseconds=1))


def _fill(
    copy: Store,
    store: Store,
    sources: Mapping[str, Mapping[str, object]],
    found: Replayed,
    changes: Mapping[str, list[Any]],
    at: datetime,
) -> None:
    """Put everything that derivation reads into the copy, as it was known then."""
    run = copy.start_run("as of", at)
    for source, row in sources.items():
        copy.declare_source(source, str(row["kind"]), str(row["form"]), "1")
    _fill_containers(copy, store, run, at)
    kept = set(found.columns["item_id"])
    fields = found.columns
    records: dict[str, list[AnyRecord]] = {source: [] for source in sources}
    for index, source in enumerate(fields["source"]):
        given = {name: fields[name][index] for name in _ITEM_FIELDS if fields[name][index] is not None}
        records.setdefault(source, []).append(WorkItem(**given))
    for record, table in (
        (Schedule, "tracker_schedule"),
        (Calendar, "tracker_calendar"),
        (Identity, "tracker_identity"),
    ):
        for one in _records(store, record, table):
            source = str(getattr(one, "source"))  # noqa: B009 - every record has one
            if isinstance(one, Schedule):
                one = msgspec.structs.replace(one, baseline_at=None, team_areas=())  # noqa: PLW2901 - as of then
            records.setdefault(source, []).append(one)
    for values in zip(*changes.values(), strict=True):
        change = Change(**dict(zip(changes, values, strict=True)))
        if change.at < at and change.item_id in kept:
            records.setdefault(change.source, []).append(change)
    for source, mine in records.items():
        copy.save_page(source, "all", Page(records=mine), run_id=run, now=at)


def _fill_containers(copy: Store, store: Store, run: str, at: datetime) -> None:
    """Let the copy see the dates of iterations and releases at the instants at which the store saw them."""
    current: dict[tuple[str, str], Any] = {}
    for kind, record, table, key in (
        ("release", Release, "tracker_release", "release_id"),
        ("iteration", Iteration, "tracker_iteration", "iteration_id"),
    ):
        for one in _records(store, record, table):
            current[kind, str(getattr(one, key))] = one
    names = ("at", "kind", "container_id", "field", "after")
    seen = sorted(
        zip(*store.read("engine_container_change", names).values(), strict=True), key=lambda row: row[0]
    )
    state: dict[tuple[str, str], dict[str, date | None]] = {}
    batches: dict[tuple[datetime, str], dict[tuple[str, str], AnyRecord]] = {}
    for moment, kind, container, name, after in seen:
        known = current.get((kind, container))
        if known is None or moment >= at:
            continue
        dates = state.setdefault((kind, container), {})
        dates[name] = None if after is None else date.fromisoformat(after)
        batches.setdefault((moment, known.source), {})[kind, container] = _container(known, dates)
    for (moment, source), records in batches.items():
        copy.save_page(source, "containers", Page(records=list(records.values())), run_id=run, now=moment)


def _container(one: Release | Iteration, dates: Mapping[str, date | None]) -> AnyRecord:
    if isinstance(one, Release):
        return Release(
            release_id=one.release_id,
            source=one.source,
            name=one.name,
            scope=one.scope,
            date=dates.get("date"),
        )
    return Iteration(
        iteration_id=one.iteration_id,
        source=one.source,
        name=one.name,
        scope=one.scope,
        start=dates.get("start"),
        end=dates.get("end"),
    )


def _records(store: Store, record: type[AnyRecord], table: str) -> Iterator[AnyRecord]:
    names = tuple(one.name for one in msgspec.structs.fields(record))
    for values in zip(*store.read(table, names).values(), strict=True):
        yield record(**dict(zip(names, values, strict=True)))


def _unknown(
    found: Replayed,
    told: Mapping[str, Collection[str]],
    before: Collection[str],
    *,
    has_baseline: bool,
) -> dict[str, list[str]]:
    """The columns of the view that are not known, for each item."""
    columns = VIEWS["item"].names
    answer: dict[str, list[str]] = {}
    for index, (item, source) in enumerate(
        zip(found.columns["item_id"], found.columns["source"], strict=True)
    ):
        if source in before:
            lost = set(_NOT_RECORDED) | (set(_BASELINE) if has_baseline else set())
            answer[item] = sorted(lost)
            continue
        derived = _DERIVED if told.get(source) else _PLACE
        lost = {
            name
            for name in columns
            if not (found.known[name][index] if name in found.known else name in derived)
            and not (name in derived and name in _DERIVED and told.get(source))
        }
        for name, shown in _NEED.items():
            if not found.known[name][index]:
                lost.update(shown)
                if found.columns["due"][index] is None:
                    lost.update(_INHERITED)
        answer[item] = sorted(lost - {"is_deleted", "deleted_because"})
    return answer


def _appended(store: Store, view: str, at: datetime) -> Iterator[dict[str, object]]:
    rows = [row for row in store.rows(view) if isinstance(row["at"], datetime) and row["at"] < at]
    newest = {row["name"]: row for row in rows} if view == "baseline_event" else {}
    for row in rows:
        if newest:
            row["is_current"] = newest[row["name"]] is row
            row["kept_as"] = row["name"] if row["is_current"] else row["kept_as"]
        yield row
