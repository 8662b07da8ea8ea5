"""`dovetail export`: a view, with exactly its columns."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from commands.group import Verb
from commands.options import Day
from commands.output import FORMATS, Format, Listing, emit, write_rows
from commands.session import Session, session_of, utc_now
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError
from portfolio.private_files import replacing_private
from portfolio.views import VIEWS, View

if TYPE_CHECKING:
    from store import Store
    from sync.config import Config

_FILES = ("jsonl", "json", "csv", "parquet")


@click.command(cls=Verb)
@click.argument("view", metavar="VIEW")
@click.option("--deleted", is_flag=True, help="With items that are gone from their tracker; `item` only.")
@click.option(
    "--as-of",
    "day",
    type=Day(),
    metavar="DATE",
    help="As it stood at the end of that day, from the timelines.",
)
@click.option(
    "--output",
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a file, whole or not at all, instead of stdout. Its ending says the format.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice([*FORMATS, "parquet"]),
    help="How rows are written; jsonl if neither this nor the ending of FILE says. A table is for people.",
)
@session_of
def export(
    session: Session,
    view: str,
    deleted: bool,
    day: date | None,
    output: Path | None,
    output_format: str | None,
) -> int:
    """Print a view of the portfolio, one row per line, for other programs and for your own analysis.

    The columns are always the same and in the same order; docs/views.md describes them. Unknown is null,
    dates are YYYY-MM-DD, instants end in Z (UTC), wall times of a plan have no zone.

    With --as-of every value is what it was or unknown, never today's; docs/promises-and-baselines.md says
    which columns are recorded. Possible for item, change, container_change, replan, baseline_event and audit.

    Parquet keeps the types, for Power BI, pandas or DuckDB; it needs a file, and `pip install
    "dovetail[parquet]"` once. docs/bi.md has queries for Power BI and Grafana.

    The views: item, project, risk, dependency, schedule, schedule_check, milestone, iteration, release,
    team, calibration, person, person_schedule, twin, source, unmapped, baseline, baseline_event,
    container_change, replan, change, finding, write, run, audit, failed_write.

    \b
      dovetail export item > items.jsonl
      dovetail export finding --format csv
      dovetail export item --deleted
      dovetail export item --as-of 2026-11-20 > as-it-was.jsonl
      dovetail export item -o items.parquet
    """
    found = _view(view)
    if deleted and found.name != "item":
        raise UsageError("--deleted is for the view `item` only.")
    if deleted and day is not None:
        raise UsageError(
            "--deleted and --as-of do not go together: what was deleted since is there as of then."
        )
    form = _form(output, output_format)
    config = session.config()
    with session.store(config) as store, _rows(session, config, store, found, deleted, day) as rows:
        if output is not None:
            count = _write(output, found, rows, form)
            session.talk.say(f"{output}: {plural(count, 'row')} of {found.name}.")
            return 0
        if form != "table":
            write_rows(rows, found.names, cast("Format", form))
            return 0
        listing = Listing(
            rows=list(rows), columns=_columns(found), empty=f"The view {found.name} has no rows."
        )
    emit(listing)
    if listing.rows:
        session.talk.say(
            f"{plural(len(listing.rows), 'row')}. A table shows the columns that fit; jsonl and csv have all "
            f"{len(found.columns)}."
        )
    return 0


@contextmanager
def _rows(
    session: Session, config: Config, store: Store, view: View, deleted: bool, day: date | None
) -> Iterator[Iterator[dict[str, object]]]:
    """The rows of the view, now or at the end of a day."""
    if day is None:
        yield store.rows(view.name, deleted=deleted)
        return
    from sync.as_of import as_of, check_view
    from sync.settings import sync_settings

    check_view(view.name)
    settings = sync_settings(config, rules=()).derive
    with as_of(store, settings, day, today=config.day_of(utc_now())) as past:
        if past.untold:
            session.talk.say(
                f"{', '.join(past.untold)}: how it stood then is not known, because it keeps no timeline."
            )
        if past.born_unknown:
            session.talk.say(
                f"Left out: {plural(past.born_unknown, 'item')} of which nobody knows since when they exist."
            )
        yield past.rows(view.name)


def _form(output: Path | None, given: str | None) -> str:
    """The format: as given, else as the file is called, else JSON lines."""
    ending = "" if output is None else output.suffix.removeprefix(".").lower()
    form = given or (ending if ending in _FILES else "jsonl")
    if form == "parquet" and output is None:
        raise UsageError("Parquet is no text for stdout.", hint="Name a file: `-o items.parquet`.")
    if form == "table" and output is not None:
        raise UsageError("A table is for people.", hint=f"A file can be {', '.join(_FILES)}.")
    return form


def _write(path: Path, view: View, rows: Iterator[dict[str, object]], form: str) -> int:
    """Write the rows to a file, all of them or nothing."""
    try:
        with replacing_private(path) as file:
            if form == "parquet":
                from reports.parquet_file import write_parquet

                return write_parquet(view, rows, file)
            text = io.TextIOWrapper(file, encoding="utf-8", newline="\n", write_through=True)
            with redirect_stdout(text):
                count = write_rows(rows, view.names, cast("Format", form))
            text.detach()
            return count
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _view(name: str) -> View:
    from rules.spelling import nearest

    if name not in VIEWS:
        raise UsageError(
            f"There is no view `{name}`{nearest(name, VIEWS) or '.'}", hint=f"There are: {', '.join(VIEWS)}."
        )
    return VIEWS[name]


# What people look for first; the other columns follow in the order of the view, as far as there is room.
_FIRST = ("key", "title", "name", "state", "due", "owner", "severity", "message", "error")


def _columns(view: View) -> list[Column]:
    identity = [name for name in view.key if name != "item_id" or view.column("key") is None]
    first = [*identity, *(name for name in _FIRST if view.column(name) and name not in identity)]
    names = dict.fromkeys([*first, *view.names])
    types = {column.name: column.type for column in view.columns}
    return [
        Column(
            name=name,
            wraps=types[name] in ("list", "object") or name in ("title", "message", "why", "action", "error"),
            optional=0 if name in identity else position,
            is_number=types[name] in ("int", "real"),
        )
        for position, name in enumerate(names, 1)
    ]
