"""The outbox: every write is recorded before its request goes out and settled by what the tracker answered.

A run that was killed, or an answer that was lost, leaves writes unsettled. They are looked up before anything
is repeated, so a kill at any boundary costs one extra look and no duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from connectors.base import Connector
from portfolio.intents import (
    COMMENT,
    Applied,
    Conflict,
    Gone,
    Receipt,
    Refused,
    Slots,
    Unchanged,
    Unknown,
)
from portfolio.notes import Note
from portfolio.records import ItemId
from store.results import WriteRow
from sync.decide import same, value_of
from sync.plan_file import PlannedWrite

if TYPE_CHECKING:
    from store import Store

NOT_SENT = "not sent"


def write_row(write: PlannedWrite, run_id: str, *, suffix: str = "") -> WriteRow:
    """The planned write as the outbox keeps it, not yet sent.

    Args:
        write: what is planned.
        run_id: the run that sends it; a run writes to each place once.
        suffix: sets apart what is only booked in the same run.
    """
    return WriteRow(
        write_id=f"{run_id}:{write.intent_id}{suffix}",
        run_id=run_id,
        source=write.source,
        item_id=write.item_id,
        key=write.key,
        slot=write.slot,
        field=write.field,
        base=write.base,
        before=write.before,
        after=write.wanted,
        reason=write.reason,
        rules=write.rules,
        remote_id=write.remote_id,
        intent_id=write.intent_id,
        overwrote=write.overwrites,
    )


def settle_earlier(store: Store, connector: Connector, *, now: datetime) -> int:
    """Find out what became of writes whose answer never came, and book it.

    Returns:
        How many were settled.

    Raises:
        SourceError: the tracker could not be looked at; they stay unsettled.
    """
    rows = store.unsettled_writes(connector.source)
    if not rows:
        return 0
    items = sorted({row.item_id for row in rows})
    standing = {slots.item_id: slots for slots in connector.look(items)}
    for row in rows:
        _settle_found(store, row, standing, now)
    return len(rows)


def _settle_found(store: Store, row: WriteRow, standing: Mapping[ItemId, Slots], now: datetime) -> None:
    slots = standing.get(row.item_id)
    if slots is None or not slots.exists:
        store.settle_write(row.write_id, state="gone", reason="the item is not there any more", now=now)
        return
    if same(value_of(slots, row.slot), row.after):
        remote_id = slots.comment.remote_id if row.slot == COMMENT and slots.comment else None
        store.settle_write(
            row.write_id,
            state="applied",
            reason="found there after its answer was lost",
            after=row.after,
            remote_id=remote_id,
            now=now,
        )
        return
    store.settle_write(row.write_id, state=NOT_SENT, reason="not found there after an interruption", now=now)


def settle(store: Store, row: WriteRow, receipt: Receipt, *, now: datetime) -> str:
    """Book what the tracker answered.

    Returns:
        The state that the write has now.
    """
    match receipt:
        case Applied(remote_id=remote_id):
            _book(store, row, "applied", now, remote_id=remote_id)
            return "applied"
        case Unchanged(remote_id=remote_id):
            _book(store, row, "unchanged", now, remote_id=remote_id)
            return "unchanged"
        case Conflict(reason=reason):
            store.settle_write(row.write_id, state="conflict", reason=reason, now=now)
            return "conflict"
        case Gone(reason=reason):
            store.settle_write(row.write_id, state="gone", reason=reason, now=now)
            return "gone"
        case Refused(reason=reason):
            store.settle_write(row.write_id, state="refused", reason=reason, now=now)
            return "refused"
        case Unknown(reason=reason):
            store.settle_write(row.write_id, state="unknown", reason=reason, now=now)
            return "unknown"
        case _:
            assert_never(receipt)


def _book(store: Store, row: WriteRow, state: str, now: datetime, *, remote_id: str | None) -> None:
    # The reason stays that of the plan: the audit trail says why, and whose value was overwritten.
    store.settle_write(
        row.write_id,
        state=state,
        reason=row.reason,
        after=row.after,
        remote_id=remote_id or row.remote_id,
        now=now,
    )


def keep(store: Store, row: WriteRow, *, reason: str, run_id: str, now: datetime) -> None:
    """Book that a person's value, in `before`, was left standing instead of what was wanted, in `after`.

    The base stays what we last wrote: what is wanted next is compared with what was wanted now.
    """
    store.record_writes(run_id, [row], now)
    store.settle_write(row.write_id, state="kept", reason=reason, now=now)


def adopt(store: Store, row: WriteRow, *, run_id: str, now: datetime, notes: Sequence[Note] = ()) -> None:
    """Book a value that stands in the tracker as wanted, though this store never wrote it.

    So it is after a lost database, or when a person wrote what was wanted. From now on it is ours to compare.
    """
    store.record_writes(run_id, [row], now, notes=notes)
    store.settle_write(
        row.write_id,
        state="unchanged",
        reason="it stood there already",
        after=row.after,
        remote_id=row.remote_id,
        now=now,
    )
