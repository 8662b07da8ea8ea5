"""The last step: makes the writes of a plan and no others, and books what the tracker answered.

Limits and the plan itself are checked before the first request. One source's failure leaves the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from connectors.base import Connector
from portfolio.errors import ConfigError, DovetailError, SourceError, StoreError, UsageError
from portfolio.intents import Conflict, Receipt, Unchanged, Unknown, Value
from sync.apply_checks import check_allowed, check_emptied, check_held, check_limits, check_safety
from sync.audit import plan_applied
from sync.canary import Canary
from sync.decide import same
from sync.limits import Limits
from sync.outbox import settle, settle_earlier, write_row
from sync.plan_file import NotWritten, Plan, PlannedWrite, check_plan
from sync.progress import Progress, Tell, defect, failure, silent
from sync.push_groups import push_groups
from sync.safety import Safety
from sync.wanted import WriteSettings

if TYPE_CHECKING:
    from store import Store
    from store.results import WriteRow


# Two machines' clocks may differ by this much: plans are made on one and applied on another.
CLOCK_TOLERANCE = timedelta(minutes=15)
_NO_VALUE = float("nan")  # the same as none, itself included


@dataclass(slots=True, kw_only=True)
class ApplyOutcome:
    """How it went.

    Attributes:
        states: how many writes ended in each state: applied, unchanged, conflict, gone, refused, unknown.
        conflicts: places that changed since the plan was made; nothing was written there.
        gone: items that do not exist any more.
        refused: what the tracker refused, in its own words.
        unknown: writes whose answer never came; the next run looks before it repeats anything.
        unsent: writes that were never sent, because something stopped the run between two writes.
        stops: what stopped it, in words: the kill switch. Quiet hours are in `waits`.
        waits: until when the unsent writes wait, where quiet hours began meanwhile.
        failed: sources that stopped.
        defects: those of them that stopped because of a defect of ours.
        armed: sources that this plan armed, or that were held back and are no longer.
        held: sources to which nothing more is written, because this plan took writes back.
    """

    states: dict[str, int] = field(default_factory=dict)
    conflicts: list[NotWritten] = field(default_factory=list)
    gone: list[NotWritten] = field(default_factory=list)
    refused: list[NotWritten] = field(default_factory=list)
    unknown: list[NotWritten] = field(default_factory=list)
    unsent: list[NotWritten] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    defects: set[str] = field(default_factory=set)
    armed: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    @property
    def applied(self) -> int:
        """How many writes were made."""
        return self.states.get("applied", 0)

    @property
    def is_complete(self) -> bool:
        """True where no write failed. A conflict is not a failure, and what is gone needs no write."""
        return not (self.failed or self.refused or self.unknown)


def apply(
    store: Store,
    connectors: Mapping[str, Connector],
    plan: Plan,
    *,
    run_id: str,
    clock: Callable[[], datetime],
    by: str = "",
    allowed: Mapping[str, WriteSettings] | None = None,
    limits: Limits | None = None,
    sources: Sequence[str] | None = None,
    safety: Safety | None = None,
    only: Canary | None = None,
    tell: Tell = silent,
) -> ApplyOutcome:
    """Make the writes of a plan.

    Every source that the plan names is armed, even where the plan has no write for it, unless the plan says
    that it arms none (`arms`); with `only`, none is.
    A plan that undoes a run holds its sources back instead: else the next run would write the same again
    (docs/decisions/0019).

    Args:
        store: the outbox.
        connectors: the sources by name.
        plan: as `plan` made it or `read_plan` read it.
        run_id: the run that writes.
        clock: aware UTC; every receipt is booked with its own instant.
        by: who applies it, for the audit trail.
        allowed: what the configuration lets Dovetail write now; None where it was asked a moment ago.
        limits: see `sync.limits`.
        sources: only these of the plan's sources.
        safety: what holds writing back; looked at before the first request and before every group of them.
        only: make only the writes to these places; the plan can be applied whole afterwards.
        tell: is told about every write.

    Raises:
        UsageError: the plan was changed, has expired, was made for a later day, names a source that is not
            configured, is no longer what the configuration stands behind, or is older than an undo.
        SafetyStop: a limit would be exceeded, the kill switch is on, or these are quiet hours; nothing was
            written.
    """
    holding = safety or Safety()
    check_plan(plan)
    now = clock()
    if now >= plan.expires_at:
        raise UsageError(
            f"The plan expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC.",
            hint="Make it again with `dovetail plan`.",
        )
    if plan.created_at > now + CLOCK_TOLERANCE:
        raise UsageError(
            f"The plan was made for {plan.created_at:%Y-%m-%d}, a day that has not come.",
            hint="A plan made with --today is for looking. Make it again without.",
        )
    chosen = [source for source in plan.sources if sources is None or source in sources]
    unknown = sorted(set(chosen).difference(connectors))
    if unknown:
        raise UsageError(f"The plan names {', '.join(unknown)}, which the configuration does not.")
    writes = [write for write in plan.writes if write.source in chosen]
    check_emptied(plan, writes)
    if allowed is not None:
        check_allowed(plan, chosen, writes, allowed)
        check_held(store, plan, chosen)
    # An undo may reach items that a canary named since has left out: it only takes back.
    check_safety(store, chosen, [] if plan.undoes else writes, holding, now)
    if only is not None:
        writes = [one for one in writes if only.covers(one.source, one.key, one.scope)]
    check_limits(store, writes, chosen, limits or Limits())
    outcome = ApplyOutcome()
    if writes:
        store.record_events([plan_applied(plan, len(writes), run_id=run_id, by=by, at=now)])
    for source in chosen:
        _arm(store, connectors[source], plan, outcome, arms=only is None, run_id=run_id, by=by, now=now)
    for source in chosen:
        mine = [write for write in writes if write.source == source]
        _SourceApply(
            store=store,
            connector=connectors[source],
            run_id=run_id,
            clock=clock,
            tell=tell,
            outcome=outcome,
            safety=holding,
            made_at=plan.created_at,
            undoes=bool(plan.undoes),
        ).run(mine)
    return outcome


def _arm(
    store: Store,
    connector: Connector,
    plan: Plan,
    outcome: ApplyOutcome,
    *,
    arms: bool,
    run_id: str,
    by: str,
    now: datetime,
) -> None:
    """Arm a source, or hold it back where the plan takes writes back, or neither where it is about dates."""
    source = connector.source
    known = store.sources().get(source)
    if known is None:
        store.declare_source(source, connector.kind, connector.capabilities.form, connector.mapping_version)
    if not plan.arms:
        return
    if plan.undoes:
        store.hold(source, f"run {plan.undoes} was undone", now, run_id=run_id, by=by)
        outcome.held.append(source)
    elif arms and (known is None or known.armed_at is None or known.held_because is not None):
        store.arm(source, now, run_id=run_id, by=by)
        outcome.armed.append(source)


@dataclass(slots=True, kw_only=True)
class _SourceApply:
    """The writes of one source."""

    store: Store
    connector: Connector
    run_id: str
    clock: Callable[[], datetime]
    tell: Tell
    outcome: ApplyOutcome
    safety: Safety
    made_at: datetime
    undoes: bool

    def run(self, writes: Sequence[PlannedWrite]) -> None:
        source = self.connector.source
        try:
            settle_earlier(self.store, self.connector, now=self.clock())
        except (SourceError, ConfigError) as error:
            self.outcome.failed[source] = failure(source, error)
            return
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect in one connector must not stop the other sources
            self.outcome.failed[source] = f"{source}: {defect(error)}"
            self.outcome.defects.add(source)
            return
        if not writes:
            return
        open_writes = {write.intent_id: write for write in writes}
        overtaken = {
            receipt.intent_id: (open_writes.pop(receipt.intent_id), receipt)
            for receipt in self._overtaken(writes)
        }
        rows = self._recorded([write for write, _ in overtaken.values()])
        for write, receipt in overtaken.values():
            self._book(write, rows[write.intent_id], receipt)
        groups = push_groups(list(open_writes.values()), self.connector.capabilities)
        for number, group in enumerate(groups):
            if self._is_stopped():
                self._leave(chain.from_iterable(groups[number:]))
                return
            # Recorded before its first request: a kill leaves a trace that the next run looks up.
            if not self._push({write.intent_id: write for write in group}, self._recorded(group)):
                self._leave(chain.from_iterable(groups[number + 1 :]))
                return

    def _recorded(self, writes: Sequence[PlannedWrite]) -> dict[str, WriteRow]:
        rows = {write.intent_id: write_row(write, self.run_id) for write in writes}
        notes = [write.note for write in writes if write.note is not None]
        self.store.record_writes(self.run_id, list(rows.values()), self.clock(), notes=notes)
        return rows

    def _is_stopped(self) -> bool:
        """Whether something holds writing back now that did not when the run began."""
        reason = self.safety.why_stopped(self.connector.source)
        found = self.outcome.stops
        if reason is None and (until := self.safety.quiet_until(self.clock())) is not None:
            reason, found = self.safety.quiet_in_words(until), self.outcome.waits
        if reason is not None and reason not in found:
            found.append(reason)
        return reason is not None

    def _leave(self, writes: Iterable[PlannedWrite]) -> None:
        self.outcome.unsent += [_not_written(write, "not sent") for write in writes]

    def _push(self, open_writes: dict[str, PlannedWrite], rows: Mapping[str, WriteRow]) -> bool:
        """Send them, and book what became of each. False where the source stopped."""
        source = self.connector.source
        problem: DovetailError | None = None
        try:
            for receipt in self.connector.push([write.intent() for write in open_writes.values()]):
                write = open_writes.pop(receipt.intent_id, None)
                if write is not None:
                    self._book(write, rows[write.intent_id], receipt)
        except (SourceError, ConfigError) as error:
            problem = error
            self.outcome.failed[source] = failure(source, error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect in one connector must not stop the other sources
            problem = SourceError(source, defect(error))
            self.outcome.failed[source] = str(problem)
            self.outcome.defects.add(source)
        reason = "the tracker gave no receipt" if problem is None else "the source stopped before its answer"
        for write in open_writes.values():
            receipt = Unknown(intent_id=write.intent_id, reason=reason)
            self._book(write, rows[write.intent_id], receipt)
        return problem is None

    def _overtaken(self, writes: Sequence[PlannedWrite]) -> Iterator[Receipt]:
        """Places where Dovetail's last write is not the one that the plan builds on: it is used up there.

        What a person did after that write may look like the plan's "before" again, and stays.
        """
        source = self.connector.source
        bases = self.store.slots(source)
        since = {
            (item, slot)
            for slot in {write.slot for write in writes}
            for item in self.store.writes_since(source, slot, self.made_at)
        }
        for write in writes:
            place = (write.item_id, write.slot)
            base = bases.get(place)
            stands = None if base is None else base.value
            # A value that came and went again, as after an undo, is none to build on either.
            written = _NO_VALUE if place in since else stands
            if same(written, write.base):
                continue
            is_known = base is not None or place in since
            if is_known and same(stands, write.wanted):
                yield Unchanged(intent_id=write.intent_id, remote_id=base.remote_id if base else None)
            elif is_known:
                reason = "Dovetail has written there since the plan was made"
                yield Conflict(intent_id=write.intent_id, reason=reason)
            else:
                reason = "this database knows nothing of the write that the plan builds on"
                yield Conflict(intent_id=write.intent_id, reason=reason)

    def _book(self, write: PlannedWrite, row: WriteRow, receipt: Receipt) -> None:
        state = settle(self.store, row, receipt, now=self.clock())
        if state == "applied":
            # At once, because a run that is killed has written all the same.
            self._note_canary(write)
        states = self.outcome.states
        states[state] = states.get(state, 0) + 1
        places = {
            "conflict": self.outcome.conflicts,
            "gone": self.outcome.gone,
            "refused": self.outcome.refused,
            "unknown": self.outcome.unknown,
        }
        if state in places:
            reason = getattr(receipt, "reason", "") or state
            places[state].append(_not_written(write, reason, now=getattr(receipt, "now", None)))
        self.tell(
            Progress(
                step="apply", source=write.source, what=f"{write.key} {write.slot}", done=sum(states.values())
            )
        )

    def _note_canary(self, write: PlannedWrite) -> None:
        """A write to one of the canary's places begins it; one that was taken back has not stood."""
        canary = self.safety.canary
        if not canary.covers(write.source, write.key, write.scope):
            return
        if not canary.holds(self.store, self.clock()):
            return
        if self.undoes:
            canary.begin_anew(self.store)
        else:
            canary.note(self.store, self.clock())


def _not_written(write: PlannedWrite, reason: str, *, now: Value = None) -> NotWritten:
    return NotWritten(
        source=write.source,
        item_id=write.item_id,
        key=write.key,
        program=write.program,
        project=write.project,
        slot=write.slot,
        base=write.base,
        now=now,
        wanted=write.wanted,
        reason=reason,
    )
