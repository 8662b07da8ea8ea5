"""`dovetail export`: a view, with exactly its columns."""

from __future__ import annotations

import click

from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, emit, write_rows
from commands.session import Session, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError
from portfolio.views import VIEWS, View


@click.command(cls=Verb)
@click.argument("view", metavar="VIEW")
@click.option("--deleted", is_flag=True, help="With items that are gone from their tracker; `item` only.")
@format_option(default="jsonl")
@session_of
def export(session: Session, view: str, deleted: bool, output_format: Format) -> int:
    """Print a view of the portfolio, one row per line, for other programs and for your own analysis.

    The columns are always the same and in the same order; docs/views.md describes them. Unknown is null,
    dates are YYYY-MM-DD, instants end in Z (UTC), wall times of a plan have no zone.

    The views: item, project, risk, dependency, schedule, schedule_check, milestone, iteration, release,
    team, calibration, person, person_schedule, twin, source, unmapped, baseline, change, finding, write,
    run, audit, failed_write.

    \b
      dovetail export item > items.jsonl
      dovetail export finding --format csv
      dovetail export item --deleted
    """
    found = _view(view)
    if deleted and found.name != "item":
        raise UsageError("--deleted is for the view `item` only.")
    config = session.config()
    with session.store(config) as store:
        rows = store.rows(found.name, deleted=deleted)
        if output_format != "table":
            write_rows(rows, found.names, output_format)
            return 0
        listing = Listing(
            rows=list(rows), columns=_columns(found), empty=f"The view {found.name} has no rows."
        )
    emit(listing, output_format)
    if listing.rows:
        session.talk.say(
            f"{plural(len(listing.rows), 'row')}. A table shows the columns that fit; jsonl and csv have all "
            f"{len(found.columns)}."
        )
    return 0


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
