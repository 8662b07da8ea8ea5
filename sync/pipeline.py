"""`sync`: pull, derive, check, plan and apply in a row, under one lock and in one run record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from connectors.base import Connector
from portfolio.errors import SafetyStop
from portfolio.findings import severity_rank
from schedule.health import DEFAULT_THRESHOLDS, HealthThresholds
from sync.apply import ApplyOutcome, apply
from sync.audit import actor
from sync.check import CheckOutcome, CheckSettings, check
from sync.derive import DeriveCounts, derive
from sync.mutes import MuteOutcome, MuteSettings, listen
from sync.plan import PlanSettings, plan
from sync.plan_file import Plan
from sync.progress import Progress, Tell, silent
from sync.pull import PullOutcome, PullSettings, pull
from sync.rollup import rollup
from sync.runs import Run, running, worst_exit_code
from sync.safety import Safety

if TYPE_CHECKING:
    from schedule.calendars import WorkCalendar
    from store import Store
    from sync.workspace import DeriveSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """Everything the five steps need. `sync.settings.sync_settings` makes it from the configuration.

    Attributes:
        pull, derive, check, plan: see there.
        calendar: the portfolio's working calendar.
        health: when a colour turns, where the tree says nothing else.
        safety: what holds writing back whatever the plan says.
        mutes: who may mute what in a tracker.
    """

    pull: PullSettings
    derive: DeriveSettings
    check: CheckSettings
    plan: PlanSettings
    calendar: WorkCalendar
    health: HealthThresholds = DEFAULT_THRESHOLDS
    safety: Safety = field(default_factory=Safety)
    mutes: MuteSettings = field(default_factory=MuteSettings)


@dataclass(slots=True, kw_only=True)
class SyncResult:
    """What a run did, as data. `commands/` turns it into words.

    Attributes:
        run_id: the run.
        exit_code: see DESIGN §10.
        sources: how the pull went, by source.
        listened, derived, checked, plan, applied: what each step says of itself; `applied` is None where
            nothing was to be applied.
        unarmed: sources for which sync stops after the plan.
        held: sources for which it does so because somebody undid a run, with the reason.
        stops: the limits and switches that stopped something, in words.
        waits: what writes wait for, such as the end of quiet hours, in words; that is no failure.
        is_dry_run: nothing was to be written, whatever the plan says.
    """

    run_id: str
    exit_code: int = 0
    sources: dict[str, PullOutcome] = field(default_factory=dict)
    listened: MuteOutcome | None = None
    derived: DeriveCounts | None = None
    checked: CheckOutcome | None = None
    plan: Plan | None = None
    applied: ApplyOutcome | None = None
    unarmed: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    stops: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    is_dry_run: bool = False

    @property
    def counts(self) -> dict[str, object]:
        """The run record's counts: numbers only."""
        counts: dict[str, object] = {
            "sources": {
                name: {
                    "state": one.state,
                    "new": one.new,
                    "changed": one.changed,
                    "unchanged": one.unchanged,
                    "gone": one.gone,
                    "skipped": len(one.skipped),
                }
                for name, one in self.sources.items()
            }
        }
        if self.listened is not None and self.listened.muted:
            counts["muted"] = len(self.listened.muted)
        if self.derived is not None:
            counts["items"] = self.derived.items
        if self.checked is not None:
            counts["findings"] = {
                "opened": len(self.checked.opened),
                "reopened": len(self.checked.reopened),
                "raised": len(self.checked.raised),
                "resolved": len(self.checked.resolved),
                "open": dict(self.checked.open_by_severity),
                "broken_rules": len(self.checked.broken),
            }
        if self.plan is not None:
            counts["planned"] = len(self.plan.writes)
            counts["conflicts"] = len(self.plan.conflicts)
        if self.applied is not None:
            counts["writes"] = dict(self.applied.states)
        return counts


def sync(
    store: Store,
    connectors: Sequence[Connector],
    settings: SyncSettings,
    *,
    clock: Callable[[], datetime],
    sources: Sequence[str] | None = None,
    unopened: Mapping[str, str] | None = None,
    dry_run: bool = False,
    is_look_ahead: bool = False,
    fail_on: str | None = None,
    tell: Tell = silent,
) -> SyncResult:
    """The five steps in a row.

    Args:
        store: held under its lock from the first step to the last.
        connectors: every source that could be opened, in the order of the configuration.
        settings: see `SyncSettings`.
        clock: aware UTC; `sync.runs.run_clock` makes one.
        sources: pull and write only these; the others count as they were last read.
        unopened: sources whose connector could not even be made, with the reason. They fail like any other.
        dry_run: stop after the plan.
        is_look_ahead: the clock's day is not the day that it is: stop after the plan, and remember nothing.
        fail_on: exit 1 where a finding of this severity or above is open.
        tell: is told what happens.

    Raises:
        LockHeld: another run is at work.
        StoreError: the store cannot be used.
    """
    dry_run = dry_run or is_look_ahead
    with running(store, "sync", clock=clock) as run:
        result = SyncResult(run_id=run.run_id, is_dry_run=dry_run)
        chosen = [one for one in connectors if sources is None or one.source in sources]
        for one in pull(store, chosen, run_id=run.run_id, now=run.now, settings=settings.pull, tell=tell):
            result.sources[one.source] = one
        _book_unopened(store, result, unopened or {}, sources)
        if not is_look_ahead:
            result.listened = hear(store, chosen, settings, run, tell=tell)
        work_out(store, settings, run, result, is_look_ahead=is_look_ahead, tell=tell)
        by_name = {one.source: one for one in chosen}
        result.plan = plan(store, by_name, settings.plan, run_id=run.run_id, now=run.now, tell=tell)
        if not dry_run:
            _apply(store, by_name, settings, run, result, clock=clock, tell=tell)
        run.exit_code = result.exit_code = exit_code_of(result, fail_on)
        run.counts = result.counts
    return result


def hear(
    store: Store, connectors: Sequence[Connector], settings: SyncSettings, run: Run, *, tell: Tell = silent
) -> MuteOutcome:
    """Take in what people wrote about findings: what comes with the pull, and is asked about after it."""
    return listen(
        store,
        {one.source: one for one in connectors},
        settings.mutes,
        run_id=run.run_id,
        today=run.now.astimezone(settings.plan.zone).date(),
        now=run.now,
        tell=tell,
    )


def work_out(
    store: Store,
    settings: SyncSettings,
    run: Run,
    result: SyncResult,
    *,
    is_look_ahead: bool = False,
    tell: Tell = silent,
) -> None:
    """Derive, check and roll up what is stored: everything between the pull and the plan."""
    today = run.now.astimezone(settings.plan.zone).date()
    result.derived = derive(
        store,
        settings.derive,
        today=today,
        now=run.now,
        full=settings.pull.full,
        is_look_ahead=is_look_ahead,
    )
    tell(Progress(step="derive", done=result.derived.items))
    result.checked = judge(store, settings, run, today=today, tell=tell)


def judge(
    store: Store, settings: SyncSettings, run: Run, *, today: date, tell: Tell = silent
) -> CheckOutcome:
    """Check what is derived and roll it up."""
    again: list[bool] = []

    def roll_up() -> None:
        rollup(
            store,
            settings.derive.tree,
            calendar=settings.calendar,
            limits=settings.health,
            is_again=bool(again),
        )
        again.append(True)

    return check(
        store,
        settings.check,
        run_id=run.run_id,
        today=today,
        now=run.now,
        roll_up=roll_up,
        tell=tell,
    )


def _book_unopened(
    store: Store, result: SyncResult, unopened: Mapping[str, str], sources: Sequence[str] | None
) -> None:
    for source, reason in unopened.items():
        if sources is None or source in sources:
            if source in store.sources():
                store.mark_source(source, error=reason)
            result.sources[source] = PullOutcome(source=source, state="failed", error=reason)


def _apply(
    store: Store,
    connectors: Mapping[str, Connector],
    settings: SyncSettings,
    run: Run,
    result: SyncResult,
    *,
    clock: Callable[[], datetime],
    tell: Tell,
) -> None:
    """Write to the sources that are armed; say which are not."""
    if result.plan is None:
        return
    states = store.sources()
    ready: list[str] = []
    for source in result.plan.sources:
        is_armed = states[source].armed_at is not None or settings.plan.writes[source].armed
        because = states[source].held_because
        if because is not None:
            result.held[source] = because
        else:
            (ready if is_armed else result.unarmed).append(source)
    for source, because in result.held.items():
        tell(
            Progress(
                step="apply",
                note=(
                    f"{source}: {because}, so nothing is written there until you say so: read the plan "
                    "(`dovetail plan --out FILE`) and apply it (`dovetail apply FILE`)."
                ),
            )
        )
    if result.unarmed:
        names = ", ".join(result.unarmed)
        tell(
            Progress(
                step="apply",
                note=(
                    f"{names}: not armed, so nothing is written there. Read the plan (`dovetail plan --out "
                    "FILE`) and apply it once (`dovetail apply FILE`); from then on sync writes by itself."
                ),
            )
        )
    ready = _not_stopped(result, settings.safety, ready, tell)
    if not ready or _is_quiet(result, settings.safety, ready, clock(), tell):
        return
    try:
        result.applied = apply(
            store,
            connectors,
            result.plan,
            run_id=run.run_id,
            clock=clock,
            by=actor(),
            limits=settings.pull.limits,
            sources=ready,
            safety=settings.safety,
            tell=tell,
        )
    except SafetyStop as stop:
        result.stops.append(str(stop))
        tell(Progress(step="apply", note=str(stop)))
        return
    for found, told in ((result.applied.stops, result.stops), (result.applied.waits, result.waits)):
        for reason in found:
            told.append(f"{reason}: {_writes(len(result.applied.unsent))} not sent.")
            tell(Progress(step="apply", note=told[-1]))


def _not_stopped(result: SyncResult, safety: Safety, ready: Sequence[str], tell: Tell) -> list[str]:
    """The sources that the kill switch leaves. It is told where it holds something back."""
    left: list[str] = []
    held: dict[str, int] = {}
    for source in ready:
        reason = safety.why_stopped(source)
        if reason is None:
            left.append(source)
        elif count := _planned_for(result, source):
            held[reason] = held.get(reason, 0) + count
    for reason, count in held.items():
        result.stops.append(f"{reason}: {_writes(count)} not sent.")
        tell(Progress(step="apply", note=result.stops[-1]))
    return left


def _is_quiet(result: SyncResult, safety: Safety, ready: Sequence[str], now: datetime, tell: Tell) -> bool:
    """Whether these are quiet hours. It is told where something waits for their end."""
    until = safety.quiet_until(now)
    if until is None:
        return False
    count = sum(_planned_for(result, source) for source in ready)
    if count:
        result.waits.append(f"{safety.quiet_in_words(until)}: {_writes(count)} not sent.")
        tell(Progress(step="apply", note=result.waits[-1]))
    return True


def _planned_for(result: SyncResult, source: str) -> int:
    return 0 if result.plan is None else sum(one.source == source for one in result.plan.writes)


def _writes(count: int) -> str:
    return f"{count:,} write" if count == 1 else f"{count:,} writes"


def exit_code_of(result: SyncResult, fail_on: str | None = None) -> int:
    """The exit code of a run: the first that applies of DESIGN §10."""
    return worst_exit_code([*_pull_codes(result.sources.values()), *_later_codes(result, fail_on)])


def _pull_codes(outcomes: Iterable[PullOutcome]) -> Iterable[int]:
    for one in outcomes:
        if one.is_defect:
            yield 70
        if one.state == "stopped":
            yield 5
        elif not one.is_complete:
            yield 4


def _later_codes(result: SyncResult, fail_on: str | None) -> Iterable[int]:
    if result.stops:
        yield 5
    if result.listened is not None and result.listened.failed:
        yield 4
    if result.checked is not None:
        if result.checked.broken:
            yield 4
        worst = result.checked.worst
        if fail_on is not None and worst is not None and severity_rank(worst) >= severity_rank(fail_on):
            yield 1
    if result.plan is not None and set(result.plan.failed).difference(
        name for name, one in result.sources.items() if one.state == "stopped"
    ):
        yield 4
    if result.applied is not None:
        if not result.applied.is_complete:
            yield 4
        if result.applied.defects:
            yield 70
