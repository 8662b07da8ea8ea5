"""Gathers the story of a finding from the store: data only, for the command `explain` and for pages.

Nothing is asked of a tracker; what the store does not know is absent, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from portfolio.errors import RuleError
from portfolio.findings import Finding
from portfolio.records import ItemId
from portfolio.story import (
    ChangeTold,
    DateTold,
    DriverStep,
    Happening,
    LinkTold,
    RuleText,
    Story,
    Term,
    WayOut,
)
from sync.reasoning import derived_day, reasoning
from sync.reconcile import account_names

if TYPE_CHECKING:
    from rules.rule import Override, Rule
    from store import Store

Row = Mapping[str, Any]
# Label, column, and the column or the words that say where it comes from.
_DATES = (
    ("start", "start", ""),
    ("due", "due", "in the tracker"),
    ("effective due", "effective_due", "effective_due_source"),
    ("end of its iteration", "iteration_end", "iteration"),
    ("its release", "release_date", "release"),
    ("due of its parent", "parent_due", "parent_key"),
    ("promised", "commitment", "committed_at"),
    ("first promised", "first_commitment", ""),
    ("baseline finish", "baseline_finish", "baseline_name"),
    ("forecast, 50 %", "p50", "forecast_method"),
    ("forecast, 80 %", "p80", "forecast_method"),
    ("deadline", "deadline", ""),
    ("actual start", "actual_start", ""),
    ("actual finish", "actual_finish", ""),
)
DATE_COLUMNS = tuple(name for _, name, _ in _DATES)
_CHANGES = ("due", "start", "state", "owner", "release", "iteration")
_MOST_CHANGES = 8
_MOST_DRIVERS = 25
_NAME = re.compile(r":?[a-z_][a-z0-9_]*")
_HOLDS = ("where", "flag", "filter")


def tell(
    store: Store, finding: Finding, rule: Rule | None, override: Override | None, *, now: datetime
) -> Story:
    """Everything that the store knows about a finding.

    Args:
        store: what was pulled, derived, checked and written.
        finding: one of its findings.
        rule: the rule that made it; None where it does not exist any more.
        override: what the configuration changes about that rule.
        now: what the rule knows as `:now`.
    """
    item = _item(store, finding.item_id)
    terms, problem = _terms(store, finding, rule, override, now)
    drivers = _drivers(store, item)
    changes = _changes(store, finding.item_id)
    return Story(
        finding=finding,
        item=item,
        rule=None if rule is None else _rule_text(rule),
        terms=terms,
        problem=problem,
        dates=[] if item is None else _dates(item),
        drivers=drivers,
        ways_out=[] if terms is None or finding.state == "resolved" else _ways_out(terms),
        keep_days=0 if rule is None else rule.keep_for / timedelta(days=1),
        history=_history(store, finding),
        changes=changes,
        writes=_writes(store, finding),
        links=_links(store, finding, item, drivers),
    )


def _item(store: Store, item: ItemId | None) -> Row | None:
    return None if item is None else next(iter(store.rows("item", where={"item_id": item})), None)


def _rule_text(rule: Rule) -> RuleText:
    return RuleText(
        id=rule.id,
        title=rule.title,
        why=rule.why,
        over=rule.over,
        where=rule.where.text if rule.where else "",
        flag=rule.flag.text,
        severity=rule.severity,
        status=rule.status,
    )


def _terms(
    store: Store, finding: Finding, rule: Rule | None, override: Override | None, now: datetime
) -> tuple[list[Term] | None, str]:
    if rule is None:
        return None, ""
    try:
        found = reasoning(store, finding, rule, override, now=now)
    except RuleError as error:
        return None, str(error)
    if found is None:
        return None, ""
    return [Term(part=one.part, text=one.text, value=one.value, origin=one.origin) for one in found], ""


def _dates(item: Row) -> list[DateTold]:
    return [
        DateTold(name=name, label=label, value=item[name], provenance=_provenance(item, source))
        for label, name, source in _DATES
        if item[name]
    ]


def _provenance(item: Row, source: str) -> str:
    if not source:
        return ""
    value = item.get(source, source)
    if isinstance(value, datetime):
        return f"on {value:%Y-%m-%d}"
    return str(value) if value else ""


def _drivers(store: Store, item: Row | None) -> list[DriverStep]:
    """The path of what drives what, from the item on. A circle, which a rule tells of, ends it."""
    today = derived_day(store)
    found: list[DriverStep] = []
    seen = {None} if item is None else {str(item["item_id"])}
    following = None if item is None else item["driver_id"]
    while following is not None and following not in seen and len(found) < _MOST_DRIVERS:
        seen.add(following)
        row = _item(store, following)
        if row is None:
            break
        is_open = row["state"] not in ("done", "removed")
        found.append(
            DriverStep(
                item_id=following,
                source=str(row["source"]),
                key=str(row["key"]),
                title=str(row["title"] or ""),
                url=row["url"],
                state=row["state"],
                owner=row["owner"],
                start=row["start"],
                due=row["effective_due"],
                finish=row["p50"] or row["effective_due"],
                is_late=is_open and today is not None and _is_before(row["effective_due"], today),
            )
        )
        following = row["driver_id"]
    return found


def _is_before(day: date | None, today: date) -> bool:
    return day is not None and day < today


def _ways_out(terms: Sequence[Term]) -> list[WayOut]:
    """Every condition that holds: a rule asks for all of them, so the end of one is enough.

    Empty where one of them does not hold any more: then the next check resolves the finding.
    """
    values = {
        one.text.partition(":")[0] if one.part == "measure" else one.text: one.value
        for one in terms
        if one.part in ("measure", "column", "parameter")
    }
    asked = [one for one in terms if one.part in _HOLDS]
    if not all(one.value for one in asked):
        return []
    return [
        WayOut(
            condition=one.text,
            values={name.lstrip(":"): values[name] for name in _NAME.findall(one.text) if name in values},
        )
        for one in asked
    ]


def _history(store: Store, finding: Finding) -> list[Happening]:
    """What became of the finding, oldest first: what checks saw, and what people decided."""
    found = [
        Happening(at=at, what=event.what, text=f"as {event.severity}" if event.what == "raised" else "")
        for at, event in store.events_of(finding.finding_id)
    ]
    if finding.opened_at is not None and not any(one.what in ("opened", "reopened") for one in found):
        found.append(
            Happening(at=finding.opened_at, what="pending" if finding.state == "pending" else "opened")
        )
    if finding.state == "resolved" and finding.resolved_at is not None:
        found = [one for one in found if one.what != "resolved" or one.at < finding.resolved_at]
        because = str(finding.resolved_because or "")
        found.append(Happening(at=finding.resolved_at, what="resolved", text=because))
    for entry in store.audit(event="muting", item_id=finding.item_id):
        told = entry.details or {}
        if told.get("finding") == finding.finding_id:
            until = f"until {str(told['until'])[:10]}" if told.get("until") else ""
            text = ": ".join(filter(None, (until, str(told.get("reason") or ""))))
            found.append(
                Happening(at=entry.at, what=entry.outcome or "", by=str(told.get("by") or ""), text=text)
            )
    return sorted(found, key=lambda one: (one.at, one.what))


def _changes(store: Store, item: ItemId | None) -> list[ChangeTold]:
    if item is None:
        return []
    names = account_names(store, item.partition("/")[0])
    rows: list[Row] = list(store.rows("change", where={"item_id": item, "field": list(_CHANGES)}))
    latest = sorted(rows, key=lambda row: row["at"])[-_MOST_CHANGES:]
    return [
        ChangeTold(
            at=row["at"],
            by=names.get(str(row["by"]), row["by"]),
            field=row["field"],
            before=_person(row["before"], row["field"], names),
            after=_person(row["after"], row["field"], names),
        )
        for row in latest
    ]


def _person(value: str | None, field: str, names: Mapping[str, str]) -> str | None:
    return names.get(str(value), value) if field == "owner" else value


def _writes(store: Store, finding: Finding) -> list[Row]:
    ids = _concerned(finding)
    if not ids:
        return []
    latest: dict[object, Row] = {}
    rows = store.rows("write", where={"item_id": ids, "slot": "comment"})
    for row in sorted(rows, key=lambda one: str(one["at"])):
        latest[row["item_id"]] = row
    return list(latest.values())


def _concerned(finding: Finding) -> list[ItemId]:
    return [one for one in dict.fromkeys((finding.item_id, *finding.comment_items)) if one]


def _links(store: Store, finding: Finding, item: Row | None, drivers: Iterable[DriverStep]) -> list[LinkTold]:
    """Where in the trackers something can be done: the item, its counterparts, what drives it."""
    found: list[LinkTold] = []
    if item is not None:
        found.append(_link("item", item))
    others = [one for one in finding.comment_items if one != finding.item_id]
    rows: dict[str, Row] = {}
    if others:
        rows = {str(row["item_id"]): row for row in store.rows("item", where={"item_id": others})}
    found += [_link("item", rows[one]) for one in others if one in rows]
    for side, other in (("a_id", "b_id"), ("b_id", "a_id")) if finding.item_id else ():
        for pair in store.rows("twin", where={side: finding.item_id, "is_confirmed": True}):
            row = _item(store, str(pair[other])) if pair[other] else None
            if row is not None:
                found.append(_link("counterpart", row))
    found += [LinkTold(role="driver", source=one.source, key=one.key, url=one.url or "") for one in drivers]
    return list({(one.source, one.key): one for one in reversed(found) if one.url}.values())[::-1]


def _link(role: str, row: Row) -> LinkTold:
    return LinkTold(role=role, source=str(row["source"]), key=str(row["key"]), url=str(row["url"] or ""))
