"""The fourth step: wanted minus what is there, after a look at just those targets.

Three values decide each write: *base* (what we last wrote), *now* (what stands there) and *wanted*. A value
that a person changed after our last write is reported, not overwritten. The plan is complete: `apply` makes
its writes and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.base import Connector, TellsRemarks
from portfolio.errors import BadAnswer, ConfigError, SourceError, StoreError
from portfolio.findings import Finding
from portfolio.intents import COMMENT, FIELD_NAMES, Cost, Slots, Value
from portfolio.records import ItemId
from sync.decide import Decision, Kept, decide, same
from sync.earlier_writes import commented_enough, left_to_people, sent_and_lost
from sync.failed_writes import Stopped
from sync.limits import Limits
from sync.outbox import adopt, keep, settle_earlier, write_row
from sync.places import WritePlace, write_places
from sync.plan_file import NotWritten, Plan, PlannedWrite, intent_id
from sync.progress import Progress, Tell, defect, failure, silent
from sync.safety import Safety
from sync.wanted import LIVE, Wanted, WriteSettings, findings_by_item, wanted_comments, wanted_fields
from sync.work_classes import RulesBelow

if TYPE_CHECKING:
    from connectors.source_safety import ConflictPolicy
    from store import Store
    from store.results import SlotBase

# The stream name under which the store remembers that it looked for the comments of an earlier store.
FIRST_LOOK = "look:comments"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """How to plan.

    Attributes:
        writes: what may be written, by source; a source that is absent is never written to.
        zone: the portfolio's zone.
        working_days: working days between two dates, in the portfolio's calendar.
        expires_after: how long the plan may be applied.
        look_everywhere: look also at places where nothing is to be written, to find what people changed.
        limits: of these, how often one comment may be written in a day.
        safety: of these, the canary.
        listens: whether people mute in comments.
    """

    writes: Mapping[str, WriteSettings]
    zone: ZoneInfo
    working_days: Callable[[date, date], int | None] = field(default=lambda first, then: (then - first).days)
    expires_after: timedelta = timedelta(hours=24)
    look_everywhere: bool = False
    limits: Limits = field(default_factory=Limits)
    safety: Safety = field(default_factory=Safety)
    listens: bool = False


def plan(
    store: Store,
    connectors: Mapping[str, Connector],
    settings: PlanSettings,
    *,
    run_id: str,
    now: datetime,
    tell: Tell = silent,
) -> Plan:
    """Everything that should be written and is not there yet.

    A source that failed, in this run or when it is looked at, gets no writes and stands in `failed`.

    Args:
        store: findings, rollups, and what was written before.
        connectors: the sources by name.
        settings: see `PlanSettings`.
        run_id: the run that makes the plan.
        now: when it is made.
        tell: is told about every source.
    """
    findings = store.findings()
    states = store.sources()
    writing = [name for name, one in settings.writes.items() if one.writes_anything and name in connectors]
    draft = Draft(store, settings, run_id, now, findings_by_item(findings), RulesBelow(store, findings, LIVE))
    for source in writing:
        state = states.get(source)
        if state is None or state.error is not None:
            draft.failed[source] = f"{source}: it could not be read, so nothing is written to it"
            continue
        draft.look_at(connectors[source], settings.writes[source])
        tell(Progress(step="plan", source=source, done=len(draft.writes)))
    return Plan(
        run_id=run_id,
        created_at=now,
        expires_at=now + settings.expires_after,
        sources=[source for source in writing if source not in draft.failed],
        writes=draft.writes,
        conflicts=draft.conflicts,
        skipped=draft.skipped,
        notes=draft.notes,
        failed=draft.failed,
        cost=draft.cost,
        places={source: settings.writes[source].place for source in writing},
        audit_head=store.audit_head(),
    ).sealed()


@dataclass
class Draft:
    """The plan as it grows, source by source."""

    store: Store
    settings: PlanSettings
    run_id: str
    now: datetime
    by_item: Mapping[ItemId, Sequence[Finding]]
    rules_below: Callable[[ItemId], Sequence[str]]
    writes: list[PlannedWrite] = field(default_factory=list)
    conflicts: list[NotWritten] = field(default_factory=list)
    skipped: list[NotWritten] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)

    def look_at(self, connector: Connector, writes: WriteSettings) -> None:
        """Add one source, or book it as failed."""
        try:
            settle_earlier(self.store, connector, now=self.now)
            self._source(connector, writes)
        except (SourceError, ConfigError) as error:
            self.failed[connector.source] = failure(connector.source, error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect in one connector must not stop the other sources
            self.failed[connector.source] = f"{connector.source}: {defect(error)}"

    def _source(self, connector: Connector, writes: WriteSettings) -> None:
        source = connector.source
        bases = self.store.slots(source)
        wanted, is_first_look = self.wanted(connector, writes, bases)
        kept = left_to_people(self.store, source, bases)
        due = [one for one in wanted if self.settings.look_everywhere or not _stands(one, bases, kept)]
        places = write_places(self.store, (one.item_id for one in due))
        due = [one for one in due if one.item_id in places]
        due, is_held = self._within_canary(source, due, places)
        stopped = Stopped(
            self.store, source, now=self.now, look_everywhere=self.settings.look_everywhere, wanted=wanted
        )
        echoes = sent_and_lost(self.store, source, bases)
        most = self.settings.limits.max_comment_edits_per_day
        waiting = commented_enough(self.store, source, most, now=self.now)
        targets = list(dict.fromkeys(one.item_id for one in due))
        standing = {slots.item_id: slots for slots in connector.look(targets)} if targets else {}
        planned: list[PlannedWrite] = []
        for one in due:
            slots = standing.get(one.item_id)
            if slots is None:
                raise BadAnswer(
                    source, f"{places[one.item_id].key} was asked for, but nothing was said of it"
                )
            base = bases.get((one.item_id, one.slot))
            decision = self.decided(
                one,
                base,
                slots,
                policy=writes.policy_of(one.slot),
                kept=kept.get((one.item_id, one.slot)),
                echoes=echoes.get((one.item_id, one.slot), ()),
            )
            place = places[one.item_id]
            self._note_duplicates(place, slots)
            match decision.verdict:
                case "write" if (reason := stopped.why(one)) is not None:
                    self.skipped.append(_not_written(place, one, base, decision.now, reason))
                case "write" if one.slot == COMMENT and one.item_id in waiting:
                    self.skipped.append(_not_written(place, one, base, decision.now, waiting[one.item_id]))
                case "write":
                    planned.append(_planned(place, one, base, decision, self._field(writes, one.slot)))
                case "conflict":
                    self.conflicts.append(_not_written(place, one, base, decision.now, decision.reason))
                case "skip":
                    self.skipped.append(_not_written(place, one, base, decision.now, decision.reason))
                case "adopt":
                    self._adopt(place, one, base, decision, self._field(writes, one.slot))
                case "keep":
                    self._keep(place, one, base, decision, self._field(writes, one.slot))
        self.writes += planned
        self.cost[source] = connector.cost([one.intent() for one in planned])
        if is_first_look and not is_held:
            self.store.mark_stream_read(source, FIRST_LOOK, self.now)

    def decided(
        self,
        one: Wanted,
        base: SlotBase | None,
        slots: Slots,
        *,
        policy: ConflictPolicy,
        kept: Kept | None,
        echoes: Collection[Value],
    ) -> Decision:
        """What to do with one place, from what stands there now."""
        return decide(one, base, slots, policy=policy, kept=kept, echoes=echoes)

    def wanted(
        self, connector: Connector, writes: WriteSettings, bases: Mapping[tuple[ItemId, str], SlotBase]
    ) -> tuple[list[Wanted], bool]:
        """What should stand in a source, and whether its comments are looked for for the first time."""
        source, able = connector.source, connector.capabilities
        wanted: list[Wanted] = []
        is_first_look = False
        if writes.comments and able.comment != "none":
            is_first_look = self.store.stream_read_at(source, FIRST_LOOK) is None
            wanted += wanted_comments(
                source,
                self.by_item,
                bases,
                writes,
                zone=self.settings.zone,
                is_first_look=is_first_look,
                may_reply=self.settings.listens and isinstance(connector, TellsRemarks),
            )
        slots = [slot for slot in FIELD_NAMES if slot in writes.fields and slot in able.fields]
        if slots:
            wanted += wanted_fields(
                self.store,
                source,
                bases,
                writes,
                slots=slots,
                working_days=self.settings.working_days,
                rules_below=self.rules_below,
            )
        missing = [slot for slot in writes.fields if slot not in able.fields]
        if writes.comments and able.comment == "none":
            missing.insert(0, "comments")
        if missing:
            place = f" Next best: {able.next_best_place}." if able.next_best_place else ""
            self.notes.append(f"{source}: {able.form} has no place for {', '.join(missing)}.{place}")
        return wanted, is_first_look

    def _within_canary(
        self, source: str, due: Sequence[Wanted], places: Mapping[ItemId, WritePlace]
    ) -> tuple[list[Wanted], bool]:
        """What may be looked at and written to while a canary lasts, and whether something is held back."""
        canary = self.settings.safety.canary
        if not canary.holds(self.store, self.now):
            return list(due), False
        inside = [
            one for one in due if canary.covers(source, places[one.item_id].key, places[one.item_id].scope)
        ]
        held = len({one.item_id for one in due}.difference(one.item_id for one in inside))
        if held:
            until = canary.in_words(self.store)
            items = "item waits" if held == 1 else "items wait"
            self.notes.append(f"{source}: {held:,} {items} outside limits.canary {until}.")
        return inside, held > 0

    def _field(self, writes: WriteSettings, slot: str) -> str:
        return "comment" if slot == COMMENT else writes.fields[slot]

    def _note_duplicates(self, place: WritePlace, slots: Slots) -> None:
        if slots.comment is not None and slots.comment.duplicates:
            sentence = (
                f"{place.key}: further comments carry our marker: {', '.join(slots.comment.duplicates)}."
            )
            if sentence not in self.notes:
                self.notes.append(sentence)

    def _adopt(
        self, place: WritePlace, one: Wanted, base: SlotBase | None, decision: Decision, name: str
    ) -> None:
        write = _planned(place, one, base, decision, name)
        notes = [] if one.note is None else [one.note]
        row = write_row(write, self.run_id, suffix=":found")
        adopt(self.store, row, run_id=self.run_id, now=self.now, notes=notes)

    def _keep(
        self, place: WritePlace, one: Wanted, base: SlotBase | None, decision: Decision, name: str
    ) -> None:
        write = _planned(place, one, base, decision, name)
        keep(
            self.store,
            write_row(write, self.run_id, suffix=":kept"),
            reason=decision.reason,
            run_id=self.run_id,
            now=self.now,
        )


def _stands(
    wanted: Wanted,
    bases: Mapping[tuple[ItemId, str], SlotBase],
    kept: Mapping[tuple[ItemId, str], Kept],
) -> bool:
    """Whether what is wanted is what was written last, and was not left to a person since."""
    base = bases.get((wanted.item_id, wanted.slot))
    left = kept.get((wanted.item_id, wanted.slot))
    return base is not None and same(base.value, wanted.value) and left is None


def _planned(
    place: WritePlace, wanted: Wanted, base: SlotBase | None, decision: Decision, name: str
) -> PlannedWrite:
    return PlannedWrite(
        intent_id=intent_id(place.item_id, wanted.slot),
        source=place.source,
        item_id=place.item_id,
        native_id=place.native_id,
        key=place.key,
        program=place.program,
        project=place.project,
        scope=place.scope,
        slot=wanted.slot,
        field=name,
        base=None if base is None else base.value,
        before=decision.now,
        wanted=wanted.value,
        note=wanted.note,
        remote_id=decision.remote_id,
        rules=wanted.rules,
        reason="; ".join(filter(None, (wanted.reason, decision.reason))),
        overwrites=decision.overwrites,
    )


def _not_written(
    place: WritePlace, wanted: Wanted, base: SlotBase | None, now: Value, reason: str
) -> NotWritten:
    return NotWritten(
        source=place.source,
        item_id=place.item_id,
        key=place.key,
        program=place.program,
        project=place.project,
        slot=wanted.slot,
        base=None if base is None else base.value,
        now=now,
        wanted=wanted.value,
        reason=reason,
    )
