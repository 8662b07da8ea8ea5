"""The reasoning behind a finding: its rule, each term with its value, its dates with their provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from portfolio.findings import Finding, finding_id
from rules import CompiledTerms, Explained, Override, Rule, compile_terms, explain_terms
from sync.reconcile import items_called

if TYPE_CHECKING:
    from store import Store

MIN_PREFIX = 4
# The dates of an item, each with what says where it comes from.
_DATES: Sequence[tuple[str, str]] = (
    ("effective_due", "effective_due_source"),
    ("commitment", "committed_at"),
    ("baseline_finish", "baseline_name"),
    ("start", ""),
    ("due", ""),
    ("iteration_end", "iteration"),
    ("release_date", "release"),
    ("parent_due", "parent_key"),
    ("actual_finish", ""),
)


@dataclass(frozen=True, slots=True)
class DatedFact:
    """One date of the item and where it comes from; an empty provenance means the tracker's own field."""

    name: str
    day: date
    provenance: str


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that explains one finding.

    Attributes:
        finding: the finding as stored.
        rule: its rule; None where the rule is no longer part of the catalogue.
        terms: conditions, measures, columns and parameters with their values as of this run; empty where its
            subject is gone.
        holds: whether the rule still flags the subject; None where that cannot be told.
        item: the item it is about, as the view shows it; None for other subjects.
        dates: the item's known dates.
        comment_ids: the remote ids of Dovetail's comments that show it, by item key.
    """

    finding: Finding
    rule: Rule | None
    terms: Sequence[Explained]
    holds: bool | None
    item: Mapping[str, Any] | None
    dates: Sequence[DatedFact]
    comment_ids: Mapping[str, str]


def explain(
    store: Store,
    rules: Sequence[Rule],
    overrides: Mapping[str, Override],
    name: str,
    *,
    today: date,
    now: datetime,
) -> list[Story]:
    """The stories of the findings that a name stands for, gravest and newest first.

    Args:
        store: findings and views.
        rules: the whole catalogue.
        overrides: what the configuration changes about rules.
        name: the beginning of a finding's id, an item's key, `source:key`, or an item id.
        today: the day that `:today` stands for.
        now: the instant that `:now` stands for.

    Raises:
        UsageError: nothing is called so, or the item has no findings.
    """
    by_id = {rule.id: rule for rule in rules}
    return [
        _story(store, by_id.get(one.rule), overrides.get(one.rule), one, today=today, now=now)
        for one in find_findings(store, name)
    ]


def find_findings(store: Store, name: str) -> list[Finding]:
    """The findings that a name stands for, live ones first.

    Raises:
        UsageError: as for `explain`.
    """
    findings = store.findings()
    if len(name) >= MIN_PREFIX:
        by_prefix = [one for one in findings if one.finding_id.startswith(name.lower())]
        if len(by_prefix) == 1:
            return by_prefix
    ids = items_called(store, name)
    mine = [one for one in findings if one.item_id in ids or ids.intersection(one.comment_items)]
    if not mine:
        raise UsageError(f"{name} has no findings.", hint="`dovetail findings list` shows those there are.")
    return sorted(mine, key=lambda one: (one.state == "resolved", one.rule))


def _story(
    store: Store,
    rule: Rule | None,
    override: Override | None,
    finding: Finding,
    *,
    today: date,
    now: datetime,
) -> Story:
    item = None
    if finding.item_id is not None:
        item = next(iter(store.rows("item", where={"item_id": finding.item_id})), None)
    terms: Sequence[Explained] = ()
    if rule is not None:
        compiled = compile_terms(rule, store.dialect, override)
        row = _row_of(store, compiled, finding, today, now)
        terms = explain_terms(compiled, row) if row is not None else ()
    return Story(
        finding=finding,
        rule=rule,
        terms=terms,
        holds=_holds(terms),
        item=item,
        dates=_dates(item) if item is not None else (),
        comment_ids=_comments(store, finding),
    )


def _row_of(
    store: Store, compiled: CompiledTerms, finding: Finding, today: date, now: datetime
) -> Mapping[str, object] | None:
    """The finding's row of its rule's view. A finding keeps its item's id only; others are recomputed."""
    parameters = compiled.bind(today, now)
    where = ""
    if tuple(compiled.rule.fingerprint) == ("item_id",) and finding.item_id is not None:
        where, parameters["explained_item"] = "item_id = :explained_item", finding.item_id
    rows = store.select(compiled.view, columns=compiled.columns, where=where, parameters=parameters)
    for row in rows:
        ids = [row[name] for name in compiled.rule.fingerprint]
        if finding_id(compiled.rule.id, [str(one) for one in ids]) == finding.finding_id:
            return row
    return None


def _holds(terms: Sequence[Explained]) -> bool | None:
    conditions = [one.value for one in terms if one.part in ("where", "flag", "filter")]
    return all(value is True for value in conditions) if conditions else None


def _dates(item: Mapping[str, Any]) -> list[DatedFact]:
    facts = []
    for name, source in _DATES:
        if item[name] is not None:
            provenance = item[source] if source else None
            if isinstance(provenance, datetime):
                provenance = f"committed on {provenance.date().isoformat()}"
            facts.append(DatedFact(name, item[name], str(provenance or "")))
    return facts


def _comments(store: Store, finding: Finding) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in finding.comment_items:
        row = next(iter(store.rows("item", where={"item_id": item})), None)
        if row is None:
            continue
        base = store.slots(str(row["source"])).get((item, "comment"))
        if base is not None and base.remote_id is not None:
            found[str(row["key"])] = base.remote_id
    return found
