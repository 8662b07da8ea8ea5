"""The inverse of a run: a plan that puts back what stood in the trackers before it.

It is made from what the run's writes found there, after a look at just those places, and applied by `apply`
like any other plan, with the same preconditions. What people or later runs changed since is a conflict and
stays. Revisions, histories, ids, times and mails cannot be taken back: docs/undo-and-audit.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from connectors.base import Connector
from portfolio.errors import BadAnswer, ConfigError, SourceError, StoreError
from portfolio.intents import COMMENT, DATE_NAMES, Cost, Slots, Value
from portfolio.notes import Note
from sync.decide import same, value_of
from sync.erase import is_pseudonymous
from sync.outbox import settle_earlier
from sync.places import WritePlace, write_places
from sync.plan import PlanSettings
from sync.plan_file import NotWritten, Plan, PlannedWrite, intent_id
from sync.progress import Progress, Tell, defect, failure, silent
from sync.wanted import WriteSettings

if TYPE_CHECKING:
    from store import SlotBase, Store, WriteRow

REMAINS = (
    "What no undo takes back: revisions and histories, ids and times, and mails that were sent. "
    "docs/undo-and-audit.md has the list for each tracker."
)


def undo(
    store: Store,
    connectors: Mapping[str, Connector],
    settings: PlanSettings,
    undone: str,
    *,
    run_id: str,
    now: datetime,
    sources: Sequence[str] | None = None,
    tell: Tell = silent,
) -> Plan:
    """The plan that takes the writes of a run back.

    Args:
        store: knows what the run wrote, and over what.
        connectors: the sources by name.
        settings: what the configuration lets Dovetail write, and how long the plan may be applied.
        undone: the run whose writes are taken back.
        run_id: the run that makes the plan.
        now: when it is made.
        sources: only these.
        tell: is told about every source.
    """
    wrote = store.writes_of(undone)
    chosen = sorted({row.source for row in wrote if sources is None or row.source in sources})
    draft = _Draft(store, settings, undone, now)
    for source in chosen:
        connector = connectors.get(source)
        if connector is None:
            draft.failed[source] = f"{source}: it is not configured any more, or could not be opened"
        else:
            draft.take_back(connector)
        tell(Progress(step="plan", source=source, done=len(draft.writes)))
    planned = list(dict.fromkeys(write.source for write in draft.writes))
    return Plan(
        run_id=run_id,
        created_at=now,
        expires_at=now + settings.expires_after,
        sources=planned,
        writes=draft.writes,
        conflicts=draft.conflicts,
        skipped=draft.skipped,
        notes=[*draft.notes, REMAINS] if draft.writes else draft.notes,
        failed=draft.failed,
        cost=draft.cost,
        places={source: settings.writes[source].place for source in planned},
        undoes=undone,
        # The next run writes no dates by itself, so nothing has to hold it back from writing these again.
        arms=any(write.slot not in DATE_NAMES for write in draft.writes),
        audit_head=store.audit_head(),
    ).sealed()


@dataclass(slots=True)
class _Draft:
    """The plan as it grows, source by source."""

    store: Store
    settings: PlanSettings
    undone: str
    now: datetime
    writes: list[PlannedWrite] = field(default_factory=list)
    conflicts: list[NotWritten] = field(default_factory=list)
    skipped: list[NotWritten] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)

    def take_back(self, connector: Connector) -> None:
        """Add one source, or book it as failed."""
        source = connector.source
        try:
            # A write whose answer was lost may have been made all the same.
            settle_earlier(self.store, connector, now=self.now)
            rows = [row for row in self.store.writes_of(self.undone) if row.source == source]
            applied = [row for row in rows if row.state == "applied"]
            self._source(connector, sorted(applied, key=lambda row: (row.key, row.item_id, row.slot)))
        except (SourceError, ConfigError) as error:
            self.failed[source] = failure(source, error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect in one connector must not stop the other sources
            self.failed[source] = f"{source}: {defect(error)}"

    def _source(self, connector: Connector, rows: Sequence[WriteRow]) -> None:
        if not rows:
            return
        source = connector.source
        bases = self.store.slots(source)
        allowed = self.settings.writes.get(source, WriteSettings())
        places = write_places(self.store, (row.item_id for row in rows))
        standing = {slots.item_id: slots for slots in connector.look(sorted({row.item_id for row in rows}))}
        planned: list[PlannedWrite] = []
        for row in rows:
            slots = standing.get(row.item_id)
            if slots is None:
                raise BadAnswer(source, f"{row.key} was asked for, but nothing was said of it")
            one = self._place(row, bases.get((row.item_id, row.slot)), slots, allowed)
            if one is not None:
                planned.append(_placed(one, places.get(row.item_id)))
        self.writes += planned
        self.cost[source] = connector.cost([one.intent() for one in planned])

    def _place(
        self, row: WriteRow, base: SlotBase | None, slots: Slots, allowed: WriteSettings
    ) -> PlannedWrite | None:
        """The write that puts one place back; None where it is left alone, and why is booked."""
        now = value_of(slots, row.slot)
        written = None if base is None else base.value
        if not slots.exists:
            self._leave(
                self.skipped, row, written, now, slots.gone_because or "the item is not there any more"
            )
            return None
        if (reason := _changed(row, written, slots)) is not None:
            self._leave(self.conflicts, row, written, now, reason)
            return None
        if same(now, row.before):
            return None
        name = allowed.field_of(row.slot)
        if name is None or name != (row.field or name):
            reason = "the configuration no longer lets Dovetail write there"
            self._leave(self.skipped, row, written, now, reason)
            return None
        if (problem := slots.unwritable.get(row.slot)) is not None:
            self._leave(self.skipped, row, written, now, problem)
            return None
        if row.overwrote is not None:
            reason = "the text that a person had made of the comment was overwritten and is not kept"
            self._leave(self.skipped, row, written, now, reason)
            return None
        if is_pseudonymous(row.before):
            reason = "a person was erased from what stood there before"
            self._leave(self.skipped, row, written, now, reason)
            return None
        note: Note | None = None
        if row.slot == COMMENT and row.before is not None:
            note = self.store.note(str(row.before))
            if note is None:
                reason = "the text that stood there before is not kept in this database"
                self._leave(self.skipped, row, written, now, reason)
                return None
        if row.slot == COMMENT and slots.comment is None:
            self.notes.append(f"{row.key}: the comment will be a new one, with another id and its own time.")
        return PlannedWrite(
            intent_id=intent_id(row.item_id, row.slot),
            source=row.source,
            item_id=row.item_id,
            native_id=row.item_id.partition("/")[2],
            key=row.key,
            slot=row.slot,
            field=name,
            base=written,
            before=now,
            wanted=row.before,
            note=note,
            remote_id=slots.comment.remote_id if row.slot == COMMENT and slots.comment else None,
            rules=row.rules,
            reason=f"undo of run {self.undone}",
        )

    def _leave(self, where: list[NotWritten], row: WriteRow, base: Value, now: Value, reason: str) -> None:
        where.append(
            NotWritten(
                source=row.source,
                item_id=row.item_id,
                key=row.key,
                slot=row.slot,
                base=base,
                now=now,
                wanted=row.before,
                reason=reason,
            )
        )


def _changed(row: WriteRow, written: Value, slots: Slots) -> str | None:
    """Who changed the place since the run wrote there; None where it stands as the run left it."""
    now = value_of(slots, row.slot)
    is_ours_since = not same(written, row.after)
    if row.slot == COMMENT:
        if slots.comment is None and row.after is not None and row.before is not None:
            return "the comment was deleted by a person since"
        if slots.comment is not None and slots.comment.is_edited:
            return "the comment was edited by a person since"
    if same(now, row.after) and not is_ours_since:
        return None
    if same(now, row.before):
        return None
    return "Dovetail has written there since" if is_ours_since else "changed by a person since"


def _placed(write: PlannedWrite, place: WritePlace | None) -> PlannedWrite:
    """The write with its place in the PMO's tree, which limits count by. A tombstone has none."""
    if place is None:
        return write
    return msgspec.structs.replace(write, program=place.program, project=place.project, scope=place.scope)
