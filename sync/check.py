"""The third step: runs every enabled rule once over the whole portfolio and moves the findings along.

A rule that cannot run is reported and its findings stay as they are; the others run. Rules over what is
rolled up (projects, schedules) run after the rollup: they judge this run's sums, not those of the last one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from portfolio.errors import RuleError
from portfolio.findings import Finding, Verdict, severity_rank
from portfolio.records import Cursor, ItemId, Page
from rules.compiler import CompiledRule, compile_rule
from rules.results import inhibited, verdicts
from rules.rule import Override, Rule
from store.results import RunEvent
from sync.check_scope import Basis, Scope, concerned, rule_text, said_before, scope_of, standing
from sync.lifecycle import RuleLife, Situation, reconcile
from sync.progress import Progress, Tell, silent
from sync.waivers import LabelWaiver, Waivers

if TYPE_CHECKING:
    from store import Store


# Where the store keeps what each rule said last, in the place of a stream that no source has: a finding that
# vanishes because a threshold was raised was not fixed.
_RULES_KEPT = ("", "rules")

_ROLLED_UP = ("project", "schedule")
"""The views whose columns the rollup fills, after it has counted the findings about the work below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """How to check.

    Attributes:
        rules: the whole catalogue.
        broken: what is wrong with rules that could not be read, by id, or by file where that is not known.
        knows_all_rules: False where some rules could not be read and nobody knows which.
        overrides: what the configuration changes about rules, by id.
        working_days: working days between two dates, in the portfolio's calendar.
        forecast_step_wd: a forecast that moved by less than this has not moved.
        waivers: which labels on items mute which rules.
        row_limit: a rule with more findings than this is broken, not right.
        timeout_seconds: for one rule.
    """

    rules: Sequence[Rule]
    broken: Mapping[str, str] = field(default_factory=dict)
    knows_all_rules: bool = True
    overrides: Mapping[str, Override] = field(default_factory=dict)
    working_days: Callable[[date, date], int | None] = field(default=lambda first, then: (then - first).days)
    forecast_step_wd: int = 5
    waivers: Sequence[LabelWaiver] = ()
    row_limit: int = 100_000
    timeout_seconds: float = 60


@dataclass(slots=True, kw_only=True)
class CheckOutcome:
    """How it went.

    Attributes:
        rules: how many rules ran.
        broken: what is wrong with those that could not, by rule.
        frozen: the sources whose findings stayed as they are.
        opened, reopened, raised, resolved: ids of findings that did this in this run.
        changed: rows written.
        is_partial: only what had changed since the last check was looked at.
        open_by_severity: what is open or acknowledged now.
    """

    rules: int = 0
    broken: dict[str, str] = field(default_factory=dict)
    frozen: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    changed: int = 0
    is_partial: bool = False
    open_by_severity: dict[str, int] = field(default_factory=dict)

    def count(self, events: Sequence[RunEvent]) -> None:
        """Take in what became of findings."""
        for one in events:
            getattr(self, one.what).append(one.subject)

    @property
    def worst(self) -> str | None:
        """The highest severity that is open now."""
        return max(self.open_by_severity, key=severity_rank, default=None)


def check(
    store: Store,
    settings: CheckSettings,
    *,
    run_id: str,
    today: date,
    now: datetime,
    roll_up: Callable[[], object],
    tell: Tell = silent,
) -> CheckOutcome:
    """Run the rules, store the findings that are not as they were, and roll them up.

    Args:
        store: what was pulled and derived.
        settings: see `CheckSettings`.
        run_id: the run that changes are booked on.
        today: what rules know as `:today`.
        now: what rules know as `:now`; findings open and are resolved at this instant.
        roll_up: carries findings and dates up to every container.
        tell: is told about every rule.
    """
    outcome = CheckOutcome(broken=dict(settings.broken))
    enabled = [rule for rule in settings.rules if _override(settings, rule).is_enabled_anywhere]
    states = store.sources()
    outcome.frozen = sorted(name for name, state in states.items() if state.error is not None)
    compiled = _compiled(store, settings, enabled, outcome)
    for name, problem in outcome.broken.items():
        tell(Progress(step="check", what=name, note=problem))
    basis = _basis(compiled, settings, outcome, today, now)
    scope = scope_of(store, compiled, basis)
    outcome.is_partial = scope.is_partial
    before = _rules_before(store)
    texts = {one.rule.id: _fingerprint(one) for one in compiled}
    waiver = Waivers.of(store, settings.waivers, today)
    of_sums = {rule.id for rule in settings.rules if rule.over in _ROLLED_UP}
    stored: list[Finding] = []
    said: list[Verdict] = []
    for is_of_sums in (False, True):
        here: list[Verdict] = []
        for one in compiled:
            if (one.rule.id in of_sums) == is_of_sums:
                here += _ask(store, one, settings, outcome, scope, today=today, now=now, tell=tell)
        if not is_of_sums:  # all that is stored of rules over sums is among it: they are asked whole
            stored = concerned(store, scope, compiled, here, outcome.broken, now)
        said += here
        broken = frozenset(outcome.broken) | _unknown(settings, stored)
        situation = Situation(
            now=now,
            rules={rule.id: RuleLife(rule.hold_for, rule.keep_for) for rule in enabled},
            broken=broken,
            changed=frozenset(rule for rule, text in texts.items() if before.get(rule, text) != text),
            frozen=frozenset(outcome.frozen),
            armed=frozenset(name for name, state in states.items() if state.armed_at is not None),
            silent=frozenset(inhibited([*said, *standing(stored, broken)], enabled)),
            ended=_Ends(store, scope),
            working_days=settings.working_days,
            forecast_step_wd=settings.forecast_step_wd,
            waiver=waiver,
        )
        mine = [one for one in stored if (one.rule in of_sums) == is_of_sums]
        moved = reconcile(mine, [*here, *said_before(scope, mine, situation)], situation)
        events = _events(mine, moved, run_id)
        outcome.changed += store.save_findings(moved, run_id, told=events)
        outcome.count(events)
        if not is_of_sums:
            among = scope.items if scope.is_partial else None
            store.record_run_events(run_id, today=today, now=now, among=among)
            # What the rollup changes from here on is for the next check to look at.
            rules = {name: text for name, text in basis.rules.items() if name not in outcome.broken}
            store.end_check(msgspec.json.encode(msgspec.structs.replace(basis, rules=rules)).decode())
        if moved or not is_of_sums:
            roll_up()
    if (now_kept := {**before, **texts}) != before:
        page = Page(cursor=Cursor(version=1, value=now_kept))
        store.save_page(*_RULES_KEPT, page, tombstones={}, run_id=run_id, now=now)
    outcome.open_by_severity = store.open_counts()
    return outcome


def _ask(
    store: Store,
    compiled: CompiledRule,
    settings: CheckSettings,
    outcome: CheckOutcome,
    scope: Scope,
    *,
    today: date,
    now: datetime,
    tell: Tell,
) -> list[Verdict]:
    """What one rule says of the rows that are looked at. One that cannot run is booked as broken."""
    said: list[Verdict] = []
    rule = compiled.rule.id
    try:
        said = run_rule(store, compiled, settings, today, now, scope.among(compiled))
        outcome.rules += 1
    except RuleError as error:
        outcome.broken[rule] = str(error)
        tell(Progress(step="check", what=rule, note=str(error)))
    tell(Progress(step="check", what=rule, done=outcome.rules))
    return said


def _unknown(settings: CheckSettings, stored: Sequence[Finding]) -> frozenset[str]:
    """Rules of findings that may stand in a file that could not be read: their findings stay as they are."""
    if settings.knows_all_rules:
        return frozenset()
    known = {rule.id for rule in settings.rules}
    return frozenset(finding.rule for finding in stored if finding.rule not in known)


def _compiled(
    store: Store, settings: CheckSettings, enabled: Sequence[Rule], outcome: CheckOutcome
) -> list[CompiledRule]:
    """The rules as queries; one that cannot be compiled is booked as broken."""
    found: list[CompiledRule] = []
    for rule in enabled:
        try:
            found.append(compile_rule(rule, store.dialect, _override(settings, rule)))
        except RuleError as error:
            outcome.broken[rule.id] = str(error)
    return found


def _basis(
    compiled: Sequence[CompiledRule],
    settings: CheckSettings,
    outcome: CheckOutcome,
    today: date,
    now: datetime,
) -> Basis:
    others = [
        outcome.frozen,
        sorted(outcome.broken),
        [repr(one) for one in settings.waivers],
        settings.forecast_step_wd,
        settings.row_limit,
    ]
    return Basis(
        day=f"{today} {now.date()}",  # `last_seen_at` is kept to the day of UTC
        at=now,
        rules={one.rule.id: rule_text(one) for one in compiled},
        others=hashlib.sha256(repr(others).encode()).hexdigest()[:16],
    )


def _events(stored: Sequence[Finding], moved: Sequence[Finding], run_id: str) -> list[RunEvent]:
    """What became of findings, for `diff`."""
    before = {finding.finding_id: finding for finding in stored}
    return [
        RunEvent(
            run_id=run_id,
            what=what,
            subject=finding.finding_id,
            item_id=finding.item_id,
            key=finding.key,
            rule=finding.rule,
            severity=finding.severity,
            title=finding.title,
        )
        for finding in moved
        if (what := _became(before.get(finding.finding_id), finding)) is not None
    ]


def _override(settings: CheckSettings, rule: Rule) -> Override:
    return settings.overrides.get(rule.id) or Override()


def _fingerprint(compiled: CompiledRule) -> str:
    """What a rule says: equal for as long as predicate, parameters, filter and severities are."""
    said = [compiled.where, sorted(compiled.columns.items()), sorted(compiled.parameters.items())]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _rules_before(store: Store) -> dict[str, object]:
    cursor = store.cursor(*_RULES_KEPT)
    return {} if cursor is None else cursor.value


def run_rule(
    store: Store,
    compiled: CompiledRule,
    settings: CheckSettings,
    today: date,
    now: datetime,
    among: tuple[str, frozenset[str]] | None = None,
) -> list[Verdict]:
    """What one rule says, within the limits of the settings; `among` names the rows it is asked of.

    Raises:
        RuleError: it took too long, found too much, or could not be run.
    """
    if among is not None and not among[1]:
        return []
    try:
        rows = store.select(
            compiled.view,
            columns=compiled.columns,
            where=compiled.where,
            parameters=compiled.bind(today, now),
            among=among,
            row_limit=settings.row_limit,
            timeout_seconds=settings.timeout_seconds,
        )
    except RuleError as error:
        # The store runs the text without knowing whose it is.
        message = error.message.removeprefix(f"rule over {compiled.view}: ")
        raise RuleError(compiled.rule.id, message, hint=error.hint) from error
    return verdicts(compiled, rows)


class _Ends:
    """Why items are no longer worked on. Reads the store only where something is to be resolved.

    In a full check much may be, so it is read once; in a partial one an item at a time.
    """

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._is_partial = scope.is_partial
        self._ends: dict[ItemId, str | None] | None = None

    def __call__(self, item: ItemId) -> str | None:
        if self._ends is None:
            self._ends = {} if self._is_partial else self._read(None)
        if self._is_partial and item not in self._ends:
            self._ends[item] = self._read([item]).get(item)
        return self._ends.get(item)

    def _read(self, items: Sequence[ItemId] | None) -> dict[ItemId, str | None]:
        names = ("item_id", "state", "deleted_at")
        if items is None:
            rows = self._store.read("tracker_item", names, live_only=False)
        else:
            found = self._store.frame("tracker_item", names, among=("item_id", items), live_only=False)
            rows = {name: found.values(name) for name in names}
        ends: dict[ItemId, str | None] = {}
        for item_id, state, deleted_at in zip(*rows.values(), strict=True):
            if deleted_at is not None:
                ends[item_id] = "out of scope"
            elif state in ("done", "removed"):
                ends[item_id] = "closed"
        return ends


def _became(old: Finding | None, new: Finding) -> str | None:
    was_live = old is not None and old.state not in ("pending", "resolved")
    is_live = new.state not in ("pending", "resolved")
    if is_live and not was_live:
        return "reopened" if new.reopened_count else "opened"
    if is_live and old is not None and severity_rank(new.severity) > severity_rank(old.severity):
        return "raised"
    return "resolved" if was_live and new.state == "resolved" else None
