"""Taking baselines: of the portfolio as it stands, as it stood, or of one that plans bring with them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from portfolio.records import Baseline
from store.results import BaselineEvent
from sync.as_of import as_of
from sync.workspace import DeriveSettings

if TYPE_CHECKING:
    from store import Store

# `Baseline`, `Baseline 1` are Project's own; `name@1` is an earlier version of ours.
_NAME = re.compile(r"[^\s@](?:[^@\x00-\x1f]{0,98}[^\s@])?")
_OF_PROJECT = re.compile(r"baseline( ?\d+)?", re.IGNORECASE)


def check_name(name: str) -> None:
    """Refuse names that a baseline of ours cannot have.

    Raises:
        UsageError: says which names it can.
    """
    if _OF_PROJECT.fullmatch(name):
        raise UsageError(
            f"`{name}` is the name of a baseline that Microsoft Project brings.", hint="Choose another name."
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name[:60]}` cannot be the name of a baseline.",
            hint="100 characters at most, without @, and with no space at either end.",
        )


def take(
    store: Store,
    settings: DeriveSettings,
    name: str,
    *,
    run_id: str,
    now: datetime,
    today: date,
    by: str,
    reason: str | None = None,
    day: date | None = None,
    again: bool = False,
) -> BaselineEvent:
    """Take a baseline: the dates of every item that is not removed, as derivation has them.

    Args:
        store: holds the portfolio; receives the baseline.
        settings: how derivation counts, for a day that is over.
        name: of the baseline.
        run_id: kept with its rows.
        now: the instant of the run.
        today: its day.
        by: who takes it.
        reason: why.
        day: as the portfolio stood at the end of that day; None is as it stands.
        again: a baseline of that name is taken again.

    Raises:
        UsageError: see `Store.keep_baseline`; or no item has a date.
    """
    check_name(name)
    if day is None:
        rows, taken_at, origin = store.rows("item"), now, "taken"
        return _keep(store, name, rows, taken_at, origin, None, run_id, now, by, reason, again=again)
    with as_of(store, settings, day, today=today) as past:
        taken_at = min(past.at, now)
        return _keep(
            store, name, past.rows("item"), taken_at, "replayed", day, run_id, now, by, reason, again=again
        )


def import_baseline(
    store: Store,
    name: str,
    *,
    delivered: str,
    sources: Collection[str],
    run_id: str,
    now: datetime,
    by: str,
    reason: str | None = None,
    again: bool = False,
) -> BaselineEvent:
    """Keep a baseline that plans bring with them under a name of ours, where the next save cannot change it.

    Args:
        store: holds both.
        name: of ours.
        delivered: what the plans call it, such as `Baseline 3`.
        sources: of these alone; none is all.
        run_id: kept with its rows.
        now: the instant of the run.
        by: who imports it.
        reason: why.
        again: a baseline of that name is imported again.

    Raises:
        UsageError: see `Store.keep_baseline`; or no plan brings a baseline of that name.
    """
    check_name(name)
    items = {str(row["item_id"]): row for row in store.rows("item")}
    rows: list[Baseline] = []
    for row in store.rows("baseline", where={"name": delivered, "origin": "imported"}):
        item = items.get(str(row["item_id"]))
        if item is not None and (not sources or item["source"] in sources):
            found: dict[str, Any] = {**row, "source": item["source"], "taken_at": row["taken_at"] or now}
            del found["key"]
            rows.append(Baseline(**found))
    if not rows:
        names = [one for one in store.baseline_names() if _OF_PROJECT.fullmatch(one)]
        raise UsageError(
            f"No plan that was read brings a {delivered}.",
            hint=f"They bring: {', '.join(names)}." if names else "None was read that brings any.",
        )
    event = BaselineEvent(
        name=name,
        version=0,
        kept_as=name,
        at=now,
        by=by,
        reason=reason,
        origin="frozen",
        imported_from=delivered,
        schedules=_schedules(items[row.item_id] for row in rows),
    )
    kept = [Baseline(**{**_fields(row), "origin": "frozen"}) for row in rows]
    return store.keep_baseline(event, kept, run_id=run_id, again=again)


def _keep(
    store: Store,
    name: str,
    items: Iterable[Mapping[str, Any]],
    taken_at: datetime,
    origin: str,
    day: date | None,
    run_id: str,
    now: datetime,
    by: str,
    reason: str | None,
    *,
    again: bool,
) -> BaselineEvent:
    dated = [
        item
        for item in items
        if not item["is_removed"] and (item["start"] is not None or item["effective_due"] is not None)
    ]
    if not dated:
        raise UsageError(
            "No item has a date that could be kept.", hint="Run `dovetail pull` and `dovetail derive` first."
        )
    rows = [
        Baseline(
            name=name,
            item_id=item["item_id"],
            source=item["source"],
            start=item["start"],
            finish=item["effective_due"],
            start_at=item["start_at"],
            # A plan's own minutes belong to its own date only.
            finish_at=item["finish_at"] if item["effective_due_source"] == "own" else None,
            work_hours=item["estimate_hours"],
            cost=item["forecast_cost"] if item["forecast_cost"] is not None else item["budget"],
            taken_at=taken_at,
            origin=origin,
        )
        for item in dated
    ]
    event = BaselineEvent(
        name=name,
        version=0,
        kept_as=name,
        at=now,
        as_of=day,
        by=by,
        reason=reason,
        origin=origin,
        schedules=_schedules(dated),
    )
    return store.keep_baseline(event, rows, run_id=run_id, again=again)


def _schedules(items: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({item["schedule_id"] for item in items if item["schedule_id"] is not None})


def _fields(row: Baseline) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
