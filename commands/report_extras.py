"""What the page tells beside the figures: the reasoning behind findings, timelines, what to know first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from portfolio.errors import RuleError
from reports.page_data import Extras
from reports.page_items import Event, RuleTerms

if TYPE_CHECKING:
    from reports.figures import Report
    from store import Store
    from sync.config import Config

_TOLD = ("due", "owner", "state", "start", "release", "iteration")
_EVENTS = 6  # of one item: the last ones
_MOST_ITEMS = 3_000
_OLD = timedelta(days=1)


def extras_of(store: Store, config: Config, report: Report) -> Extras:
    """Gather them."""
    return Extras(
        rules=_rules(store, config, report),
        events=_events(store, config, report),
        notes=_notes(config, report),
        version=_version(),
    )


def _rules(store: Store, config: Config, report: Report) -> dict[str, RuleTerms]:
    """Each rule that has a live finding, with one query for all of them."""
    from sync.reasoning import reasonings

    live = [one for one in report.findings if one.is_live]
    wanted = {one.rule for one in live}
    ids = {one.finding_id for one in live}
    stored = [one for one in store.findings(states=("open", "acknowledged")) if one.finding_id in ids]
    found: dict[str, RuleTerms] = {}
    for rule in config.rules():
        if rule.id not in wanted:
            continue
        override = config.overrides.get(rule.id)
        try:
            told = reasonings(
                store, [one for one in stored if one.rule == rule.id], rule, override, now=report.made_at
            )
        except RuleError:
            told = None  # `check` has said so; the page shows the rule without values
        found[rule.id] = RuleTerms(
            over=rule.over,
            where=rule.where.text if rule.where else None,
            flag=rule.flag.text,
            terms=() if told is None else [(one.part, one.text, one.value, one.origin) for one in told.terms],
            values={} if told is None else told.values,
        )
    return found


def _events(store: Store, config: Config, report: Report) -> dict[str, Sequence[Event]]:
    """The last entries of the timelines of items that have a grave finding or whose date was moved."""
    from reports.columns import day_number
    from sync.reconcile import account_names

    grave = {one.item_id for one in report.findings if one.is_live and one.severity in ("critical", "high")}
    ids = [one.item_id for one in report.open_items if one.item_id in grave or (one.push_count or 0) > 0]
    if not ids:
        return {}
    names: dict[str, Mapping[str, str]] = {
        source: account_names(store, source) for source in {one.source for one in report.open_items}
    }
    told: dict[str, list[tuple[object, Event]]] = {}
    for start in range(0, min(len(ids), _MOST_ITEMS), 500):
        for row in store.rows("change", where={"item_id": ids[start : start + 500], "field": list(_TOLD)}):
            by = None if row["by"] is None else str(row["by"])
            moment = row["at"]
            event = Event(
                day=day_number(config.day_of(moment)) or 0,  # type: ignore[arg-type]
                field=str(row["field"]),
                before=None if row["before"] is None else str(row["before"]),
                after=None if row["after"] is None else str(row["after"]),
                by=None if by is None else names.get(str(row["source"]), {}).get(by, by),
            )
            told.setdefault(str(row["item_id"]), []).append((moment, event))
    return {
        item: [event for _, event in sorted(some, key=lambda one: str(one[0]))[-_EVENTS:]]
        for item, some in told.items()
    }


def _notes(config: Config, report: Report) -> list[str]:
    """What the reader must know before anything else."""
    notes = []
    for source in report.quality.sources:
        last = source.last_good_at
        since = "never" if last is None else f"{last.astimezone(config.zone):%d %B %Y, %H:%M}".lstrip("0")
        if source.is_stale:
            notes.append(
                f"{source.source} could not be read. What is shown of it may be old; last read: {since}."
            )
    if not report.open_items and not report.done_items:
        notes.append("Nothing is stored yet: run `dovetail sync` first, then make this page again.")
    elif not report.is_derived:
        notes.append(
            "Nothing of what is stored was worked out yet, so no figure says anything: run `dovetail sync`, "
            "or `dovetail derive` and `dovetail check`, then make this page again."
        )
    if report.derived is not None:
        notes.append(
            f"What has passed its date is told for {_in_words(report.today)}. Health, forecasts, slips and "
            f"findings are those that were worked out for {_in_words(report.derived)}."
        )
    age = report.made_at.astimezone(config.zone).date() - report.today
    if age > _OLD and report.derived is None:
        notes.append(f"The figures hold for {_in_words(report.today)}: nothing was worked out since.")
    return notes


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _version() -> str:
    try:
        return version("dovetail")
    except PackageNotFoundError:
        return ""
