"""`dovetail plan`: the fourth step, and plans as people see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option, today_option
from commands.output import FORMATS, Listing, emit, print_line, print_text, safe_json
from commands.session import Session, clock_of, session_of
from commands.table import Column
from commands.text import plural

if TYPE_CHECKING:
    from store import Store
    from sync.limits import Limits
    from sync.plan_file import Plan
    from sync.verify import VerifyOutcome

# What a tracker would take, or was not asked about: counted, not listed.
_QUIET_ANSWERS = ("accepted", "not asked")


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
@click.option(
    "--verify",
    "is_verified",
    is_flag=True,
    help="Ask the trackers which writes they would refuse. Nothing is written; exit 4 where one would be.",
)
@today_option
@format_option(formats=(*FORMATS, "markdown"))
@session_of
def plan(
    session: Session, output: Path | None, is_verified: bool, today: date | None, output_format: str
) -> int:
    """Show every write that would be made, and make none.

    The trackers are asked what stands in just those places now. A value that a person changed after Dovetail
    wrote it is shown as a conflict and will not be overwritten, unless write.conflicts says so. A plan in a
    file can be read, kept and applied until it expires; `apply` makes exactly its writes. `--format json` is
    that file, with schema and hash; `--format markdown` is a text for a change ticket.

    \b
      dovetail plan
      dovetail plan --output plan.json
      dovetail plan --verify
      dovetail plan --format markdown
    """
    from sync.plan import plan as make_plan
    from sync.plan_file import write_plan
    from sync.runs import running, worst_exit_code
    from sync.settings import sync_settings
    from sync.verify import verify

    config = session.config()
    settings = sync_settings(config, rules=())
    clock = clock_of(config, today)
    checked: VerifyOutcome | None = None
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
        if is_verified:
            checked = verify(by_name, made, tell=session.talk.tell)
            run.exit_code = worst_exit_code({run.exit_code, 0 if checked.is_accepted else 4})
        run.counts = {"planned": len(made.writes), "conflicts": len(made.conflicts)}
        too_much = _too_much(store, made, settings.plan.limits)
    writes_anything = any(one.writes_anything for one in settings.plan.writes.values())
    names = {node.slug: node.name for node in config.tree}
    if checked is not None and output_format in ("json", "jsonl", "csv"):
        show_verified(session, checked, output_format)
        say_plan(session, made)
    else:
        show_plan(session, made, output_format, names, writes_anything=writes_anything)
        if checked is not None:
            show_verified(session, checked, output_format)
    if too_much:
        session.talk.warn(f"`apply` would stop: {too_much}")
    if output is not None:
        write_plan(made, output)
        session.talk.say(f"The plan is in {output}. `dovetail apply {output}` makes its writes.")
    return run.exit_code


def _too_much(store: Store, plan: Plan, limits: Limits) -> str:
    """The limit that `apply` would stop at; empty where there is none."""
    from portfolio.errors import SafetyStop
    from sync.apply_checks import check_limits

    try:
        check_limits(store, plan.writes, plan.sources, limits)
    except SafetyStop as stop:
        return stop.message
    return ""


def show_plan(
    session: Session,
    plan: Plan,
    output_format: str,
    names: Mapping[str, str],
    *,
    writes_anything: bool = True,
    empty: str = "Nothing to write: everything that should stand in the trackers is there.",
) -> None:
    """A plan as the result; what it left out, and what it costs, as talk.

    Args:
        session: where the talk goes.
        plan: what is planned.
        output_format: one of the formats, or `markdown`.
        names: names of projects and programmes, by slug.
        writes_anything: whether a source has a `write:` block.
        empty: what to say where nothing is planned.
    """
    from commands.plan_markdown import plan_markdown
    from sync.plan_file import plan_text, table_rows

    if not writes_anything:
        empty = "Nothing to write: no source has a `write:` block, so Dovetail only reads."
    rows = table_rows(plan)
    match output_format:
        case "json":
            print_text(safe_json(plan_text(plan)))
        case "markdown":
            print_text(plan_markdown(plan, names, folded(rows)))
        case "jsonl":
            emit(plan_listing(rows, empty=empty), "jsonl")
        case "csv":
            emit(plan_listing(rows, empty=empty), "csv")
        case _:
            if rows or not session.talk.quiet:
                emit(plan_listing(folded(rows), empty=empty))
    say_plan(session, plan)


def say_plan(session: Session, plan: Plan) -> None:
    """What a plan left out, and what it costs."""
    for reason in plan.failed.values():
        session.talk.error(reason)
    for note in plan.notes:
        session.talk.say(note)
    if plan.writes:
        session.talk.say(summary(plan))


def show_verified(session: Session, outcome: VerifyOutcome, output_format: str) -> None:
    """What the trackers say of a plan: the writes that are not simply accepted, and how each was asked."""
    from commands.plan_markdown import verified_markdown

    rows = [
        {
            "source": one.write.source,
            "key": one.write.key,
            "field": one.write.field,
            "answer": one.answer,
            "reason": one.reason or None,
        }
        for one in outcome.writes
    ]
    listing = Listing(
        rows=[row for row in rows if output_format != "table" or row["answer"] not in _QUIET_ANSWERS],
        columns=[
            Column(name="source", optional=1),
            Column(name="key"),
            Column(name="answer"),
            Column(name="field"),
            Column(name="reason", title="why", wraps=True),
        ],
        empty="No write would be refused, as far as the trackers say.",
        fields=("source", "key", "field", "answer", "reason"),
    )
    match output_format:
        case "json" | "jsonl" | "csv":
            emit(listing, output_format)
        case "markdown":
            print_text(verified_markdown(rows, outcome.methods))
        case _:
            print_line()
            emit(listing)
    for source, how in outcome.methods.items():
        answers = Counter(one.answer for one in outcome.writes if one.write.source == source)
        told = ", ".join(f"{count:,} {answer}" for answer, count in sorted(answers.items()))
        session.talk.say(f"{source}: {how}: {told}. Nothing was written.")
    for reason in outcome.failed.values():
        session.talk.error(reason)


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
            many = {"key": f"{len(group):,} items", "before": None, "after": None}
            found.append({**row, **many, "program": None, "project": None})
    return found


def plan_listing(rows: Sequence[Mapping[str, Any]], *, empty: str) -> Listing:
    """Writes, conflicts and what is skipped, as a listing."""
    return Listing(
        rows=rows,
        columns=[
            Column(name="source", optional=2),
            Column(name="project", optional=4),
            Column(name="key"),
            Column(name="action"),
            Column(name="field", wraps=True),
            Column(name="before", wraps=True, optional=1),
            Column(name="after", wraps=True),
            Column(name="reason", title="why", wraps=True),
            Column(name="rules", optional=3),
        ],
        empty=empty,
        fields=(
            "source",
            "program",
            "project",
            "key",
            "action",
            "field",
            "before",
            "after",
            "reason",
            "rules",
        ),
    )


def summary(plan: Plan) -> str:
    """In words: `12 writes: 8 comments, 4 fields. About 20 requests; 3 mails to watchers.`."""
    comments = sum(one.slot == "comment" for one in plan.writes)
    fields = len(plan.writes) - comments
    parts = [plural(comments, "comment")] * bool(comments) + [plural(fields, "field")] * bool(fields)
    requests = sum(one.requests for one in plan.cost.values())
    mails = sum(one.emails for one in plan.cost.values())
    costs = [f"about {plural(requests, 'request')}"] if requests else []
    costs += [
        f"{one.budget:,} of the rate limit of {source} ({one.budget_unit})"
        for source, one in plan.cost.items()
        if one.budget and one.budget_unit not in ("", "requests")
    ]
    costs += [f"{plural(mails, 'mail')} to watchers"] if mails else []
    more = f" {'; '.join(costs).capitalize()}." if costs else ""
    return f"{plural(len(plan.writes), 'write')}: {', '.join(parts)}.{more}"
