"""What rules would say of the stored data, and what they say of one row: looking only, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from portfolio.errors import RuleError, UsageError
from portfolio.findings import Finding, Verdict, severity_rank
from rules.checking import SEVERITY_ALIAS
from rules.compiler import compile_rule
from rules.explain import Explained
from rules.results import inhibited
from rules.rule import Override, Rule
from rules.spelling import nearest
from sync.check import CheckSettings, run_rule
from sync.check_scope import standing
from sync.lifecycle import sources_of
from sync.progress import Progress, Tell, silent
from sync.reasoning import derived_day, is_subject, terms_of

if TYPE_CHECKING:
    from store import Store

Change = Literal["appears", "vanishes", "severity"]
_NOT_DERIVED = "Nothing was derived yet, so there is nothing that rules could look at."
_SHOWN_ROWS = 5


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that would not be as it is: `before` and `after` are severities."""

    change: Change
    rule: str
    key: str | None
    project: str | None
    before: str | None
    after: str | None
    message: str
    finding_id: str


@dataclass(slots=True)
class Trial:
    """What would change, what could not be tried, and the sources whose findings stay as they are."""

    differences: list[Difference] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    frozen: list[str] = field(default_factory=list)
    rules: int = 0


def today_of(store: Store) -> date:
    """The day for which the store was derived.

    Raises:
        UsageError: nothing was derived yet.
    """
    day = derived_day(store)
    if day is None:
        raise UsageError(_NOT_DERIVED, hint="`dovetail pull` and `dovetail derive` come first.")
    return day


def try_rules(
    store: Store,
    settings: CheckSettings,
    *,
    now: datetime,
    only: frozenset[str] | None = None,
    tell: Tell = silent,
) -> Trial:
    """What the next check would open, resolve and raise, with these rules on the data as it is stored.

    Args:
        store: what was derived, and the findings of the last check.
        settings: the changed rules and overrides.
        now: what rules know as `:now`; `:today` is the day that the store was derived for.
        only: the rules that are compared, with those that they silence; None is all of them.
        tell: is told about every rule.
    """
    today = today_of(store)
    trial = Trial(broken=dict(settings.broken))
    trial.frozen = sorted(name for name, state in store.sources().items() if state.error is not None)
    enabled = [
        rule for rule in settings.rules if settings.overrides.get(rule.id, Override()).is_enabled_anywhere
    ]
    if only is not None:
        # Where a finding goes, another speaks that it had silenced.
        only |= {rule.id for rule in enabled if not only.isdisjoint(rule.inhibit_by)}
    said: list[Verdict] = []
    for rule in _needed(enabled, only):
        try:
            compiled = compile_rule(rule, store.dialect, settings.overrides.get(rule.id))
            said += run_rule(store, compiled, settings, today, now)
            trial.rules += 1
        except RuleError as error:
            trial.broken[rule.id] = str(error)
        tell(Progress(step="check", what=rule.id, done=trial.rules))
    stored = store.findings()
    unread = (
        set()
        if settings.knows_all_rules
        else {one.rule for one in stored} - {rule.id for rule in settings.rules}
    )
    quiet = inhibited([*said, *standing(stored, unread | trial.broken.keys())], enabled)
    after = {one.finding_id: one for one in said if one.finding_id not in quiet and _counts(one, trial, only)}
    before = {
        one.finding_id: one
        for one in stored
        if one.state != "resolved" and one.rule not in unread and _counts(one, trial, only)
    }
    trial.differences = _differences(before, after)
    return trial


def _needed(rules: Sequence[Rule], only: frozenset[str] | None) -> list[Rule]:
    """The rules that are compared, and those that silence them."""
    if only is None:
        return list(rules)
    silencing = {other for rule in rules if rule.id in only for other in rule.inhibit_by}
    return [rule for rule in rules if rule.id in only | silencing]


def _counts(one: Finding | Verdict, trial: Trial, only: frozenset[str] | None) -> bool:
    if one.rule in trial.broken or (only is not None and one.rule not in only):
        return False
    # What rests on a source that failed stays as it is, in a check too.
    return one.subject == "source" or sources_of(one).isdisjoint(trial.frozen)


def _differences(before: Mapping[str, Finding], after: Mapping[str, Verdict]) -> list[Difference]:
    found: list[Difference] = []
    for finding_id in {**after, **before}:
        old, new = before.get(finding_id), after.get(finding_id)
        change: Change = "appears" if old is None else "vanishes" if new is None else "severity"
        one = new or old
        if one is None or (old is not None and new is not None and old.severity == new.severity):
            continue
        found.append(
            Difference(
                change=change,
                rule=one.rule,
                key=one.key,
                project=one.project,
                before=None if old is None else old.severity,
                after=None if new is None else new.severity,
                message=one.message,
                finding_id=finding_id,
            )
        )
    order = ("appears", "vanishes", "severity")
    return sorted(
        found,
        key=lambda one: (
            one.rule,
            order.index(one.change),
            -severity_rank(one.after or one.before or "info"),
            one.key or "",
            one.finding_id,
        ),
    )


class RowExplained(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of one row of its view, and why. `severity` is None where it is no finding."""

    subject: Mapping[str, object]
    severity: str | None
    is_enabled: bool
    terms: Sequence[Explained]


def explain_rows(
    store: Store, rule: Rule, override: Override | None, name: str, *, now: datetime
) -> list[RowExplained]:
    """What a rule says of the rows of its view that a person means by a name, flagged ones first.

    Args:
        store: what was derived.
        rule: the rule.
        override: what the configuration changes about it.
        name: the key or id of an item, or the id or name of whatever the rule is about.
        now: what rules know as `:now`.

    Raises:
        UsageError: no row has that name, or nothing was derived yet.
        RuleError: the rule cannot be run.
    """
    today = today_of(store)
    compiled = compile_rule(
        rule, store.dialect, msgspec.structs.replace(override or Override(), enabled=True)
    )
    found: list[RowExplained] = []
    for subject in _subjects(store, rule, name):
        where, parameters = is_subject(store, subject)
        bound = {**compiled.bind(today, now), **parameters}
        flagged = store.select(
            compiled.view, columns=compiled.columns, where=f"({where}) AND {compiled.where}", parameters=bound
        )
        terms = terms_of(store, rule, override, subject, today=today, now=now) or ()
        switched = [one.value for one in terms if (one.part, one.text) == ("setting", "enabled")]
        found.append(
            RowExplained(
                subject=subject,
                severity=str(flagged[0][SEVERITY_ALIAS]) if flagged else None,
                is_enabled=bool(switched[0]) if switched else True,
                terms=terms,
            )
        )
    # Of many rows, such as the checks of a schedule, those that the rule is about at all come first.
    found.sort(key=lambda one: (one.severity is None, _misses(one)))
    return found[:_SHOWN_ROWS]


def _misses(row: RowExplained) -> int:
    return sum(1 for one in row.terms if one.part == "where" and one.value is not True)


def _subjects(store: Store, rule: Rule, name: str) -> list[dict[str, object]]:
    view = rule.view
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for column, values in _wanted(store, rule, name):
        for row in store.rows(view.name, where={column: values}):
            subject = {one: row[one] for one in view.key}
            found[tuple(subject.values())] = subject
    if not found:
        raise UsageError(
            f"No row of {view.name} is called {name}{_nearest(store, rule, name)}",
            hint=f"{rule.id} is about rows of {view.name}; `dovetail export {view.name}` lists them.",
        )
    return list(found.values())


def _wanted(store: Store, rule: Rule, name: str) -> list[tuple[str, list[str]]]:
    """The columns of the view in which the name is looked for, and what is looked for there."""
    columns = [one.name for one in rule.view.columns if one.type == "text"]
    of_items = [
        one for one in columns if one in ("item_id", "a_id", "b_id", "predecessor_id", "successor_id")
    ]
    named = [one for one in columns if one in (*rule.view.key, "name", "key") or one.endswith("_key")]
    wanted = [(column, [name]) for column in named]
    if of_items:
        from sync.reconcile import items_named

        try:
            ids = [str(row["item_id"]) for row in items_named(store, name)]
        except UsageError:
            ids = []
        wanted += [(column, ids) for column in of_items if ids]
    return wanted


def _nearest(store: Store, rule: Rule, name: str) -> str:
    columns = [one for one in ("key", "name", *rule.view.key) if rule.view.column(one)]
    known = {str(row[columns[0]]) for row in store.rows(rule.view.name)}
    return nearest(name, sorted(known)) or "."
