"""`dovetail explain`: the story of a finding, from the rule to what would end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

from commands.finding_rows import ID_LENGTH, LIVE
from commands.findings import matching, one_finding
from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, emit, portable, print_line, to_json
from commands.paragraphs import print_heading, print_pairs
from commands.session import Session, session_of, utc_now
from commands.table import Column, plain
from commands.text import plural
from portfolio.findings import severity_rank

if TYPE_CHECKING:
    from portfolio.findings import Finding
    from portfolio.story import DriverStep, Story, Term, WayOut
    from rules.explain import Explained
    from store import Store


@click.command(cls=Verb)
@click.argument("name", metavar="ID|KEY")
@format_option(formats=("table", "json"))
@session_of
def explain(session: Session, name: str, output_format: Format) -> int:
    """Show why: the rule, each of its terms with its value, the dates and where they come from.

    Below that: what drives its dates, what became of the finding so far, and what would resolve it. ID is
    the id of a finding, or the beginning of one; KEY is the key of an item, of which every open finding is
    explained.

    \b
      dovetail explain 3fa2b1c4
      dovetail explain CHK-12
    """
    from sync.story import tell

    config = session.config()
    with session.store(config) as store:
        rules = {rule.id: rule for rule in config.rules()}
        now = utc_now()
        told = [
            tell(store, one, rules.get(one.rule), config.overrides.get(one.rule), now=now)
            for one in _findings(store, name)
        ]
    if output_format == "json":
        print_line(to_json([_as_object(one) for one in told]))
        return 0
    for number, one in enumerate(told):
        if number:
            print_line()
            print_line("-" * 40)
            print_line()
        _show(one, config.zone)
    if not told:
        print_line(f"Nothing is open about {name}.")
    return 0


def _findings(store: Store, name: str) -> list[Finding]:
    from sync.reconcile import items_named

    # Azure DevOps numbers its items, and `1234` begins an id as well: what an item is called comes first.
    is_key = next(store.rows("item", where={"key": name}), None) is not None
    if not is_key and matching(store, name):
        return [one_finding(store, name)]
    ids = {row["item_id"] for row in items_named(store, name)}
    found = [
        one
        for one in store.findings(states=LIVE)
        if one.item_id in ids or not ids.isdisjoint(one.comment_items)
    ]
    return sorted(found, key=lambda one: (-severity_rank(one.severity), one.rule))


def _show(story: Story, zone: tzinfo) -> None:
    finding, item = story.finding, story.item
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
                ("read more", finding.docs),
                ("muted", _muted(finding, zone)),
            )
            if value
        ]
    )
    _show_rule(story)
    print_heading("The evidence it rests on")
    print_pairs(
        [(name.replace("_", " "), _known(value)) for name, value in finding.evidence.items()], indent=2
    )
    _show_dates(story)
    _show_drivers(story.drivers)
    if story.changes:
        print_heading("What was changed in the tracker")
        print_pairs(
            [
                (
                    _minute(one.at),
                    f"{one.field}: {one.before or 'none'} -> {one.after or 'none'}{_by(one.by)}",
                )
                for one in story.changes
            ],
            indent=2,
        )
    if story.history:
        print_heading("What became of the finding")
        print_pairs([(_minute(one.at), _happened(one)) for one in story.history], indent=2)
    _show_ways_out(story)
    print_heading("In the trackers")
    links = [(f"{one.role} {one.key}", one.url) for one in story.links]
    lines = [(f"comment on {row['key']}", _written(row)) for row in story.writes]
    print_pairs([*links, *(lines or [("comment", "none was written about it")])], indent=2)


def _show_rule(story: Story) -> None:
    rule = story.rule
    if rule is None:
        print_heading(f"The rule {story.finding.rule} does not exist any more")
        return
    print_heading(f"The rule: {rule.title}")
    parts = [("about", f"every {rule.over}" + (f" where {rule.where}" if rule.where else ""))]
    print_pairs([*parts, ("flags it when", rule.flag)], indent=2)
    if story.problem:
        print_line(f"  {story.problem}")
    elif story.terms is None:
        print_line("  What it is about is not in the store any more, so no values can be shown.")
    else:
        print_line()
        emit(term_listing(story.terms))


def _show_dates(story: Story) -> None:
    item = story.item
    if item is None:
        return
    lines = [
        (one.label, f"{one.value}{f'  ({one.provenance})' if one.provenance else ''}") for one in story.dates
    ]
    if item["slip_wd"] is not None:
        lines.append(("slip", f"{plural(item['slip_wd'], 'working day')} ({item['slip_pair']})"))
    if item["push_count"]:
        times = plural(int(item["push_count"]), "time")
        lines.append(("pushed out", f"{times}, {item['pushed_wd']} working days in all"))
    if lines:
        print_heading("Its dates, and where they come from")
        print_pairs(lines, indent=2)


def _show_drivers(drivers: Sequence[DriverStep]) -> None:
    """What has to be finished first, nearest first."""
    if not drivers:
        return
    print_heading("What drives its dates, step by step")
    lines = []
    for one in drivers:
        finish = f"until {one.finish}" if one.finish else "no date"
        state = f"{one.state or 'unknown'}{', late' if one.is_late else ''}"
        who = one.owner or "nobody"
        lines.append((f"<- {one.source} {one.key}", f"{one.title}; {finish}; {state}; {who}"))
    print_pairs(lines, indent=2)


def _show_ways_out(story: Story) -> None:
    finding = story.finding
    if finding.state == "resolved" or story.terms is None:
        return
    print_heading("What would resolve it")
    if not story.ways_out:
        print_line("  The rule does not hold any more: the next check resolves it.")
        return
    keep = f", for {plural(round(story.keep_days), 'day')}" if story.keep_days else ""
    print_line(f"  Any one of these no longer holding{keep}:")
    print_pairs([(one.condition, _values(one)) for one in story.ways_out], indent=4)


def _values(way: WayOut) -> str:
    return ", ".join(f"{name} = {plain(_known(value))}" for name, value in way.values.items())


def _as_object(story: Story) -> dict[str, Any]:
    """The same for programs."""
    import msgspec

    from sync.story import DATE_COLUMNS

    finding = msgspec.structs.asdict(story.finding)
    item = story.item
    dates = {} if item is None else {name: item[name] for name in DATE_COLUMNS}
    return {
        "finding": portable(finding),
        "rule": None if story.rule is None else msgspec.structs.asdict(story.rule),
        "terms": None if story.terms is None else [_object(one) for one in story.terms],
        "dates": {**dates, "effective_due_source": None if item is None else item["effective_due_source"]},
        "drivers": [_object(one) for one in story.drivers],
        "timeline": [_object(one) for one in story.changes],
        "history": [_object(one) for one in story.history],
        "ways_out": [_object(one) for one in story.ways_out],
        "writes": list(story.writes),
        "links": [_object(one) for one in story.links],
    }


def _object(told: Any) -> dict[str, Any]:
    import msgspec

    return {
        name: value or None if name == "origin" else value
        for name, value in msgspec.structs.asdict(told).items()
    }


def term_listing(terms: Sequence[Term | Explained]) -> Listing:
    """Every term with its value and, where somebody set it, who did."""
    return Listing(
        rows=[
            {"part": one.part, "text": one.text, "value": one.value, "origin": one.origin} for one in terms
        ],
        columns=[
            Column(name="part", title="term"),
            Column(name="text", title="as the rule says it", wraps=True),
            Column(name="value", title="now", wraps=True, shown=lambda row: _known(row["value"])),
            Column(name="origin", title="set by", optional=1),
        ],
        empty="The rule has no terms.",
    )


def _known(value: object) -> object:
    return "unknown" if value is None else value


def _life(finding: Finding) -> str:
    since = "" if finding.opened_at is None else f" since {finding.opened_at:%Y-%m-%d}"
    if finding.state == "resolved" and finding.resolved_at is not None:
        return f"resolved {finding.resolved_at:%Y-%m-%d} ({finding.resolved_because}), open{since}"
    again = f", reopened {finding.reopened_count} times" if finding.reopened_count else ""
    return f"{finding.state}{since}{again}"


def _muted(finding: Finding, zone: tzinfo) -> str:
    if not finding.muted_by:
        return ""
    until = "" if finding.muted_until is None else f" until {finding.muted_until.astimezone(zone):%Y-%m-%d}"
    approved = f", approved by {finding.muted_approver}" if finding.muted_approver else ""
    return f"by {finding.muted_by}{approved}{until}: {finding.muted_reason or 'no reason given'}"


def _happened(one: Any) -> str:
    text = f" {one.text}" if one.text else ""
    return f"{one.what}{text}{_by(one.by)}"


def _by(name: str | None) -> str:
    return f" by {name}" if name else ""


def _written(row: Mapping[str, Any]) -> str:
    at = f" {_minute(row['at'])}" if row["at"] else ""
    place = f", comment {row['remote_id']}" if row["remote_id"] else ""
    reason = f": {row['reason']}" if row["state"] not in ("applied", "unchanged") and row["reason"] else ""
    return f"{row['state']}{at}{place}{reason}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
