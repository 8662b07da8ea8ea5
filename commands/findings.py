"""`dovetail findings`: what is open, and one finding in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from commands.finding_rows import LIVE, counted, finding_listing, finding_rows
from commands.group import Group
from commands.options import format_option, source_option
from commands.output import Format, emit, print_line, to_json
from commands.paragraphs import print_pairs
from commands.session import Session, check_sources, session_of
from portfolio.errors import UsageError
from portfolio.findings import FINDING_STATES, SEVERITIES, severity_rank
from portfolio.views import VIEWS

if TYPE_CHECKING:
    from portfolio.findings import Finding
    from store import Store


class _ListByDefault(Group):
    """The group `findings`: without the name of a command it is `list`, options included."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` first where no command is named. Completion shows the commands all the same."""
        is_unnamed = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        if is_unnamed and not ctx.resilient_parsing:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListByDefault)
def findings() -> None:
    """Show what is open, worst first.

    `dovetail findings` alone is `findings list` and takes its options. `dovetail explain ID` shows the
    reasoning behind one.

    \b
      dovetail findings
      dovetail findings --severity high --project checkout
      dovetail findings show 3fa2b1c4
    """


@findings.command("list")
@click.option(
    "--severity", type=click.Choice(list(SEVERITIES)), help="Only findings of this severity or above."
)
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Only this rule's; may be repeated.")
@click.option(
    "--project", "projects", multiple=True, metavar="SLUG", help="Only this project's; may be repeated."
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([*FINDING_STATES, "all"]),
    help="Only findings in this state, by default open and acknowledged; may be repeated.",
)
@source_option
@format_option()
@session_of
def list_findings(
    session: Session,
    severity: str | None = None,
    rules: Sequence[str] = (),
    projects: Sequence[str] = (),
    states: Sequence[str] = (),
    sources: Sequence[str] = (),
    output_format: Format = "table",
) -> int:
    """List findings, worst first.

    \b
      dovetail findings list --severity high
      dovetail findings list --rule due-date-passed --source shop --format csv
      dovetail findings list --state resolved
    """
    config = session.config()
    check_sources(config, sources)
    wanted = FINDING_STATES if "all" in states else (states or LIVE)
    with session.store(config) as store:
        rows = finding_rows(store, states=wanted)
        of_sources = _of_sources(store, sources) if sources else None
        items = store.counts()["item"]
    every = len(rows)
    rows = [
        row
        for row in rows
        if (severity is None or severity_rank(row["severity"]) >= severity_rank(severity))
        and (not rules or row["rule"] in rules)
        and (not projects or row["project"] in projects)
        and (of_sources is None or row["finding_id"] in of_sources)
    ]
    _check_rules(rules, config.rules() if rules else ())
    emit(finding_listing(rows, empty=_nothing(every, items), zone=config.zone), output_format)
    if rows:
        more = f" {every - len(rows):,} more are hidden by filters." if every > len(rows) else ""
        session.talk.say(f"{counted(rows)}.{more}")
    return 0


@findings.command("show")
@click.argument("finding_id", metavar="ID")
@format_option(formats=("table", "json"))
@session_of
def show_finding(session: Session, finding_id: str, output_format: Format) -> int:
    """Show everything that is known of one finding. The beginning of its id is enough.

    \b
      dovetail findings show 3fa2b1c4
    """
    config = session.config()
    with session.store(config) as store:
        finding = one_finding(store, finding_id)
        row = next(iter(store.rows("finding", where={"finding_id": finding.finding_id})))
    if output_format == "json":
        print_line(to_json(row))
    else:
        print_pairs([(name, _shown(row[name])) for name in VIEWS["finding"].names if row[name] is not None])
    return 0


def one_finding(store: Store, prefix: str) -> Finding:
    """The finding whose id begins like this.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = matching(store, prefix)
    if not found:
        raise UsageError(
            f"There is no finding {prefix}.", hint="`dovetail findings list --state all` lists all."
        )
    if len(found) > 1:
        ids = ", ".join(one.finding_id for one in found[:5])
        raise UsageError(
            f"{prefix} is the beginning of {len(found)} findings: {ids}.", hint="Type more of it."
        )
    return found[0]


def matching(store: Store, prefix: str) -> list[Finding]:
    """The findings whose id begins like this."""
    folded = prefix.casefold()
    return [one for one in store.findings() if one.finding_id.startswith(folded)] if folded else []


def _of_sources(store: Store, sources: Sequence[str]) -> set[str]:
    from sync.lifecycle import sources_of

    return {one.finding_id for one in store.findings() if not sources_of(one).isdisjoint(sources)}


def _check_rules(names: Sequence[str], rules: Sequence[Any]) -> None:
    from rules.spelling import nearest

    known = [rule.id for rule in rules]
    for name in names:
        if name not in known:
            raise UsageError(f"There is no rule `{name}`{nearest(name, known) or '.'}")


def _nothing(every: int, items: int) -> str:
    if every:
        return f"No findings match; there are {every:,} without the filters."
    if items:
        return f"No findings. {items:,} items are in the store; `dovetail status` shows how fresh they are."
    return "No findings, and no items either: run `dovetail sync --dry-run` first."


def _shown(value: Any) -> object:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {inner}" for name, inner in value.items() if inner is not None)
    return value
