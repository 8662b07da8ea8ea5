"""`dovetail plan`: the fourth step, and plans as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option, today_option
from commands.output import Format, Listing, emit
from commands.session import Session, clock_of, session_of
from commands.table import Column
from commands.text import plural

if TYPE_CHECKING:
    from sync.plan_file import Plan


@click.command(cls=Verb)
@click.option(
    "--output",
    "--out",
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the plan in a file, for `dovetail apply FILE`.",
)
@today_option
@format_option()
@session_of
def plan(session: Session, output: Path | None, today: date | None, output_format: Format) -> int:
    """Show every write that would be made, and make none.

    The trackers are asked what stands in just those places now. A value that a person changed after Dovetail
    wrote it is shown as a conflict and will not be overwritten. A plan in a file can be read, kept and
    applied until it expires; `apply` makes exactly its writes.

    \b
      dovetail plan
      dovetail plan --output plan.json
      dovetail plan --format csv
    """
    from sync.plan import plan as make_plan
    from sync.plan_file import write_plan
    from sync.runs import running, worst_exit_code
    from sync.settings import sync_settings

    config = session.config()
    settings = sync_settings(config, rules=())
    clock = clock_of(config, today)
    with (
        session.store(config) as store,
        session.connectors(config, clock) as (connectors, unopened),
        running(store, "plan", clock=clock) as run,
    ):
        by_name = {one.source: one for one in connectors}
        made = make_plan(
            store, by_name, settings.plan, run_id=run.run_id, now=run.now, tell=session.talk.tell
        )
        for reason in unopened.values():
            session.talk.error(reason)
        run.exit_code = worst_exit_code({4} if made.failed or unopened else ())
        run.counts = {"planned": len(made.writes), "conflicts": len(made.conflicts)}
    writes_anything = any(one.writes_anything for one in settings.plan.writes.values())
    show_plan(session, made, output_format, writes_anything=writes_anything)
    if output is not None:
        write_plan(made, output)
        session.talk.say(f"The plan is in {output}. `dovetail apply {output}` makes its writes.")
    return run.exit_code


def show_plan(
    session: Session,
    plan: Plan,
    output_format: Format,
    *,
    writes_anything: bool = True,
    empty: str = "Nothing to write: everything that should stand in the trackers is there.",
) -> None:
    """A plan as the result; what it left out, and what it costs, as talk."""
    from sync.plan_file import table_rows

    if not writes_anything:
        empty = "Nothing to write: no source has a `write:` block, so Dovetail only reads."
    if plan.writes or plan.conflicts or plan.skipped or output_format != "table" or not session.talk.quiet:
        rows = table_rows(plan)
        emit(plan_listing(folded(rows) if output_format == "table" else rows, empty=empty), output_format)
    for reason in plan.failed.values():
        session.talk.error(reason)
    for note in plan.notes:
        session.talk.say(note)
    if plan.writes:
        session.talk.say(summary(plan))


def folded(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows for people: what is skipped for one and the same reason stands once, with how many items it is.

    A tracker project that lacks a field skips it on each of its items, which would bury everything else.
    """
    alike: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["action"] == "skipped":
            alike.setdefault((row["source"], row["field"], row["reason"]), []).append(row)
    found: list[Mapping[str, Any]] = []
    for row in rows:
        group = alike.get((row["source"], row["field"], row["reason"]), [row])
        if row["action"] != "skipped" or len(group) == 1:
            found.append(row)
        elif row is group[0]:
            found.append({**row, "key": f"{len(group):,} items", "before": None, "after": None})
    return found


def plan_listing(rows: Sequence[Mapping[str, Any]], *, empty: str) -> Listing:
    """Writes, conflicts and what is skipped, as a listing."""
    return Listing(
        rows=rows,
        columns=[
            Column(name="source", optional=2),
            Column(name="key"),
            Column(name="action"),
            Column(name="field", wraps=True),
            Column(name="before", wraps=True, optional=1),
            Column(name="after", wraps=True),
            Column(name="reason", title="why", wraps=True),
            Column(name="rules", optional=3),
        ],
        empty=empty,
        fields=("source", "key", "action", "field", "before", "after", "reason", "rules"),
    )


def summary(plan: Plan) -> str:
    """In words: `12 writes: 8 comments, 4 fields. About 20 requests; 3 mails to watchers.`."""
    comments = sum(one.slot == "comment" for one in plan.writes)
    fields = len(plan.writes) - comments
    parts = [plural(comments, "comment")] * bool(comments) + [plural(fields, "field")] * bool(fields)
    requests = sum(one.requests for one in plan.cost.values())
    mails = sum(one.emails for one in plan.cost.values())
    costs = [f"about {plural(requests, 'request')}"] if requests else []
    costs += [f"{plural(mails, 'mail')} to watchers"] if mails else []
    more = f" {'; '.join(costs).capitalize()}." if costs else ""
    return f"{plural(len(plan.writes), 'write')}: {', '.join(parts)}.{more}"
