"""`dovetail audit`: the trail of every write, shown, checked and exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.group import Group
from commands.options import format_option
from commands.output import Format, Listing, emit, print_line, to_json
from commands.session import Session, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError
from portfolio.views import VIEWS

if TYPE_CHECKING:
    from portfolio.audit import AuditEntry, Verification

_SHOWN = 50


@click.group(cls=Group)
def audit() -> None:
    """Show, check and export the trail of every write and of every decision about writing.

    The trail can only be added to, and each entry holds the hash of the one before: what was changed, removed
    or put in is found.

    \b
      dovetail audit show
      dovetail audit verify
      dovetail audit export --output trail.jsonl
    """


@audit.command("show")
@click.option("--run", "run_name", metavar="RUN", help="Only this run: the beginning of its id, or `last`.")
@click.option("--source", metavar="NAME", help="Only this source.")
@click.option("--item", "item", metavar="KEY", help="Only this item: its key or its id.")
@click.option("--event", metavar="EVENT", help="Only this kind of event, such as `write` or `arming`.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Only the last N entries; a table shows {_SHOWN} by default.",
)
@format_option()
@session_of
def show(
    session: Session,
    run_name: str | None,
    source: str | None,
    item: str | None,
    event: str | None,
    last: int | None,
    output_format: Format,
) -> int:
    """Show entries, oldest first: what was written where, over what, by which rules, and what came of it.

    \b
      dovetail audit show --run last
      dovetail audit show --item CHK-12
      dovetail audit show --source shop --format csv
    """
    from sync.run_names import find_run, runs_that_wrote

    config = session.config()
    with session.store(config) as store:
        run_id = None
        if run_name is not None:
            run_id = find_run(store, run_name, among=runs_that_wrote(store))
        shown = last if last is not None or output_format != "table" else _SHOWN
        by_id = item is not None and "/" in item
        entries = list(
            store.audit(
                last=shown,
                run_id=run_id,
                source=source,
                item_id=item if by_id else None,
                key=item if not by_id else None,
                event=event,
            )
        )
    rows = [_row(one) for one in entries]
    emit(
        Listing(
            rows=rows,
            columns=[
                Column(name="seq", title="entry", is_number=True),
                Column(name="at", title="when (UTC)", optional=2),
                Column(name="event"),
                Column(name="source", optional=3),
                Column(name="key"),
                Column(name="field", shown=lambda row: row["field"] or row["slot"] or ""),
                Column(name="before", shown=lambda row: _value(row, "before"), wraps=True, optional=1),
                Column(name="after", shown=lambda row: _value(row, "after"), wraps=True, optional=1),
                Column(name="outcome"),
                Column(name="details", title="why", shown=_why, wraps=True, optional=4),
            ],
            empty="The audit trail has no such entry.",
            fields=VIEWS["audit"].names,
        ),
        output_format,
    )
    if shown is not None and len(rows) == shown and last is None:
        session.talk.say(f"The last {shown} entries. `--last N` or another format shows more.")
    return 0


@audit.command("verify")
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    metavar="N:HASH",
    help="The end of the trail as you kept it, such as 42:9f86d081884c7d65; may be repeated.",
)
@click.option(
    "--plan",
    "plans",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A plan that was made from this store: it holds the end of the trail of its time.",
)
@click.option(
    "--file",
    "export_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Check an export instead of the store; no configuration is needed.",
)
@format_option(formats=("table", "json"))
@session_of
def verify(
    session: Session,
    anchors: Sequence[str],
    plans: Sequence[Path],
    export_file: Path | None,
    output_format: Format,
) -> int:
    """Check the trail from its first entry to its last. Exit 1 names the first broken link.

    Changed, removed, added and reordered entries are found. An end that was cut off is found by whoever has
    seen it: every run record does, a plan file does, and so do you, if you keep the anchor that `sync`,
    `apply` and this command print.

    \b
      dovetail audit verify
      dovetail audit verify --anchor 42:9f86d081884c7d65
      dovetail audit verify --file trail.jsonl
    """
    from sync.audit import check_export, check_trail

    kept = _anchors(anchors, plans)
    if export_file is not None:
        result = check_export(export_file, kept)
    else:
        config = session.config()
        with session.store(config) as store:
            result = check_trail(store, kept)
    if output_format == "json":
        print_line(to_json(_as_object(result)))
    elif result.problem is None:
        print_line(_sound(result))
    if result.problem is not None:
        where = "" if result.broken_at is None else f"Entry {result.broken_at}: "
        sound = plural(result.entries, "sound entry", "sound entries")
        session.talk.error(f"{where}{result.problem}. The trail has {sound} up to there.")
        return 1
    return 0


@audit.command("export")
@click.option(
    "--output",
    "--out",
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to; else stdout.",
)
@session_of
def export(session: Session, output: Path | None) -> int:
    """Print the whole trail, one entry per line, with its hashes: it can be checked without the store.

    docs/undo-and-audit.md says how, also without Dovetail.

    \b
      dovetail audit export --output trail.jsonl
      dovetail audit verify --file trail.jsonl
    """
    from sync.audit import export_lines, kept_head, write_export

    config = session.config()
    with session.store(config) as store:
        if output is None:
            for line in export_lines(store):
                print_line(line)
            return 0
        count = write_export(store, output)
        head = kept_head(store)
    end = f" Its end, to keep: {head}" if head else ""
    session.talk.say(f"{plural(count, 'entry', 'entries')} in {output}.{end}")
    return 0


def _anchors(anchors: Sequence[str], plans: Sequence[Path]) -> dict[str, str]:
    from portfolio.audit import parse_anchor
    from sync.plan_file import read_plan

    found: dict[str, str] = {}
    for text in anchors:
        try:
            found[parse_anchor(text)] = "your anchor"
        except ValueError as error:
            raise UsageError(
                f"{text!r} is no anchor.", hint="It looks like 42:9f86d081884c7d65: a number and a hash."
            ) from error
    for path in plans:
        if head := read_plan(path).audit_head:
            try:
                found[parse_anchor(head)] = f"the plan {path}"
            except ValueError as error:
                raise UsageError(f"{path} names no end of an audit trail: {head[:80]!r}.") from error
    return found


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in VIEWS["audit"].names}


def _value(row: Mapping[str, Any], name: str) -> object:
    details = row["details"] or {}
    value = details.get(name)
    if row["slot"] == "comment":
        return "" if value is None else "our comment"
    return "" if value is None else value


def _why(row: Mapping[str, Any]) -> str:
    details = row["details"]
    if details is None:
        return "erased"
    parts = [str(details[name]) for name in ("why", "reason") if details.get(name)]
    parts += [f"by {details['by']}"] if details.get("by") else []
    parts += [f"undoes {details['undoes']}"] if details.get("undoes") else []
    return "; ".join(parts)


def _sound(result: Verification) -> str:
    from portfolio.audit import short

    if not result.entries:
        return "The audit trail is empty."
    erased = f" The details of {result.erased} were erased, as entries say." if result.erased else ""
    return (
        f"The audit trail is sound: {plural(result.entries, 'entry', 'entries')}.{erased} "
        f"Its end, to keep: {short(result.head)}"
    )


def _as_object(result: Verification) -> dict[str, Any]:
    return {
        "is_sound": result.problem is None,
        "entries": result.entries,
        "head": result.head or None,
        "erased": result.erased,
        "problem": result.problem,
        "broken_at": result.broken_at,
    }
