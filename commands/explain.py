"""`dovetail explain`: the reasoning behind a finding, term by term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from commands.finding_rows import ID_LENGTH, LIVE
from commands.findings import matching, one_finding
from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, emit, portable, print_line, to_json
from commands.paragraphs import print_heading, print_pairs
from commands.session import Session, session_of, utc_now
from commands.table import Column
from commands.text import plural
from portfolio.findings import severity_rank

if TYPE_CHECKING:
    from portfolio.findings import Finding
    from rules.explain import Explained
    from rules.rule import Rule
    from store import Store
    from sync.config import Config

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
_TIMELINE = ("due", "start", "state", "owner", "release", "iteration")
_TIMELINE_LENGTH = 8


@click.command(cls=Verb)
@click.argument("name", metavar="ID|KEY")
@format_option(formats=("table", "json"))
@session_of
def explain(session: Session, name: str, output_format: Format) -> int:
    """Show why: the rule, each of its terms with its value, the dates and where they come from.

    ID is the id of a finding, or the beginning of one; KEY is the key of an item, of which every open finding
    is explained.

    \b
      dovetail explain 3fa2b1c4
      dovetail explain CHK-12
    """
    config = session.config()
    with session.store(config) as store:
        rules = {rule.id: rule for rule in config.rules()}
        told = [
            _Explanation(store, config, one, rules.get(one.rule), utc_now()) for one in _findings(store, name)
        ]
        if output_format == "json":
            print_line(to_json([one.as_object() for one in told]))
            return 0
        for number, one in enumerate(told):
            if number:
                print_line()
                print_line("-" * 40)
                print_line()
            one.show()
        if not told:
            print_line(f"Nothing is open about {name}.")
    return 0


def _findings(store: Store, name: str) -> list[Finding]:
    from sync.reconcile import items_named

    if matching(store, name):
        return [one_finding(store, name)]
    ids = {row["item_id"] for row in items_named(store, name)}
    found = [
        one
        for one in store.findings(states=LIVE)
        if one.item_id in ids or not ids.isdisjoint(one.comment_items)
    ]
    return sorted(found, key=lambda one: (-severity_rank(one.severity), one.rule))


class _Explanation:
    """Everything that is known about one finding."""

    def __init__(
        self, store: Store, config: Config, finding: Finding, rule: Rule | None, now: datetime
    ) -> None:
        self._finding = finding
        self._rule = rule
        self._terms: Sequence[Explained] | None = None
        self._problem = ""
        if rule is not None:
            self._reason(store, config, rule, now)
        items = list(store.rows("item", where={"item_id": finding.item_id})) if finding.item_id else []
        self._item: Mapping[str, Any] | None = items[0] if items else None
        self._timeline = _timeline(store, finding)
        self._comments = _comments(store, finding)

    def _reason(self, store: Store, config: Config, rule: Rule, now: datetime) -> None:
        from portfolio.errors import RuleError
        from sync.reasoning import reasoning

        try:
            self._terms = reasoning(store, self._finding, rule, config.overrides.get(rule.id), now=now)
        except RuleError as error:
            self._problem = str(error)

    def show(self) -> None:
        """Print it."""
        finding, item = self._finding, self._item
        title = item["title"] if item is not None else finding.title
        print_line(f"{finding.key or finding.subject}  {title}", style="bold")
        about = [f"{finding.severity}, {_life(finding)}", f"rule {finding.rule}"]
        print_line(f"{', '.join(about)}, id {finding.finding_id[:ID_LENGTH]}")
        print_line()
        print_pairs(
            [
                (name, value)
                for name, value in (
                    ("what", finding.message),
                    ("why", finding.why),
                    ("to do", finding.action),
                    ("link", item["url"] if item is not None else None),
                    ("read more", finding.docs),
                    ("muted", _muted(finding)),
                )
                if value
            ]
        )
        self._show_rule()
        print_heading("The evidence it rests on")
        print_pairs(_evidence(finding), indent=2)
        self._show_dates()
        if self._timeline:
            print_heading("What happened")
            print_pairs([(_minute(row["at"]), _change(row)) for row in self._timeline], indent=2)
        print_heading("In the trackers")
        lines = [(str(row["key"]), _written(row)) for row in self._comments]
        print_pairs(lines or [("comment", "none was written about it")], indent=2)

    def _show_rule(self) -> None:
        rule = self._rule
        if rule is None:
            print_heading(f"The rule {self._finding.rule} does not exist any more")
            return
        print_heading(f"The rule: {rule.title}")
        parts = [("about", f"every {rule.over}" + (f" where {rule.where.text}" if rule.where else ""))]
        print_pairs([*parts, ("flags it when", rule.flag.text)], indent=2)
        if self._problem:
            print_line(f"  {self._problem}")
        elif self._terms is None:
            print_line("  What it is about is not in the store any more, so no values can be shown.")
        else:
            print_line()
            emit(_term_listing(self._terms))

    def _show_dates(self) -> None:
        item = self._item
        if item is None:
            return
        lines = [
            (label, f"{item[name]}{_provenance(item, source)}")
            for label, name, source in _DATES
            if item[name]
        ]
        if item["slip_wd"] is not None:
            lines.append(("slip", f"{plural(item['slip_wd'], 'working day')} ({item['slip_pair']})"))
        if item["push_count"]:
            lines.append(
                (
                    "pushed out",
                    f"{plural(int(item['push_count']), 'time')}, {item['pushed_wd']} working days in all",
                )
            )
        if lines:
            print_heading("Its dates, and where they come from")
            print_pairs(lines, indent=2)

    def as_object(self) -> dict[str, Any]:
        """The same for programs."""
        import msgspec

        finding = msgspec.structs.asdict(self._finding)
        dates = {name: self._item[name] for _, name, _ in _DATES} if self._item is not None else {}
        source = self._item["effective_due_source"] if self._item is not None else None
        rule = self._rule
        return {
            "finding": portable(finding),
            "rule": None
            if rule is None
            else {
                "id": rule.id,
                "title": rule.title,
                "over": rule.over,
                "where": rule.where.text if rule.where else None,
                "flag": rule.flag.text,
                "severity": rule.severity,
            },
            "terms": None
            if self._terms is None
            else [
                {"part": one.part, "text": one.text, "value": one.value, "origin": one.origin or None}
                for one in self._terms
            ],
            "dates": {**dates, "effective_due_source": source},
            "timeline": self._timeline,
            "writes": self._comments,
        }


def _term_listing(terms: Sequence[Explained]) -> Listing:
    return Listing(
        rows=[
            {"part": one.part, "text": one.text, "value": one.value, "origin": one.origin} for one in terms
        ],
        columns=[
            Column(name="part", title="term"),
            Column(name="text", title="as the rule says it", wraps=True),
            Column(name="value", title="now", wraps=True, shown=_value),
            Column(name="origin", title="set by", optional=1),
        ],
        empty="The rule has no terms.",
    )


def _value(row: Mapping[str, object]) -> object:
    return "unknown" if row["value"] is None else row["value"]


def _timeline(store: Store, finding: Finding) -> list[dict[str, Any]]:
    if not finding.item_id:
        return []
    from sync.reconcile import account_names

    names = account_names(store, finding.item_id.partition("/")[0])
    rows = [
        {**row, "by": names.get(str(row["by"]), row["by"])}
        for row in store.rows("change", where={"item_id": finding.item_id, "field": list(_TIMELINE)})
    ]
    return sorted(rows, key=lambda row: row["at"])[-_TIMELINE_LENGTH:]  # type: ignore[arg-type, return-value]


def _comments(store: Store, finding: Finding) -> list[dict[str, Any]]:
    ids = [one for one in dict.fromkeys((finding.item_id, *finding.comment_items)) if one]
    if not ids:
        return []
    latest: dict[object, dict[str, Any]] = {}
    rows = store.rows("write", where={"item_id": ids, "slot": "comment"})
    for row in sorted(rows, key=lambda one: str(one["at"])):
        latest[row["item_id"]] = row
    return list(latest.values())


def _life(finding: Finding) -> str:
    since = "" if finding.opened_at is None else f" since {finding.opened_at:%Y-%m-%d}"
    if finding.state == "resolved" and finding.resolved_at is not None:
        return f"resolved {finding.resolved_at:%Y-%m-%d} ({finding.resolved_because}), open{since}"
    again = f", reopened {finding.reopened_count} times" if finding.reopened_count else ""
    return f"{finding.state}{since}{again}"


def _muted(finding: Finding) -> str:
    if not finding.muted_by:
        return ""
    until = "" if finding.muted_until is None else f" until {finding.muted_until:%Y-%m-%d}"
    approved = f", approved by {finding.muted_approver}" if finding.muted_approver else ""
    return f"by {finding.muted_by}{approved}{until}: {finding.muted_reason or 'no reason given'}"


def _evidence(finding: Finding) -> list[tuple[str, object]]:
    return [
        (name.replace("_", " "), "unknown" if value is None else value)
        for name, value in finding.evidence.items()
    ]


def _provenance(item: Mapping[str, Any], source: str) -> str:
    if not source:
        return ""
    value = item.get(source, source)
    if isinstance(value, datetime):
        return f"  (on {value:%Y-%m-%d})"
    return f"  ({value})" if value else ""


def _change(row: Mapping[str, Any]) -> str:
    by = f" by {row['by']}" if row["by"] else ""
    return f"{row['field']}: {row['before'] or 'none'} -> {row['after'] or 'none'}{by}"


def _written(row: Mapping[str, Any]) -> str:
    at = f" {_minute(row['at'])}" if row["at"] else ""
    place = f", comment {row['remote_id']}" if row["remote_id"] else ""
    reason = f": {row['reason']}" if row["state"] not in ("applied", "unchanged") and row["reason"] else ""
    return f"comment {row['state']}{at}{place}{reason}"


def _minute(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
