"""`dovetail export`: a view, with exactly its columns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import click

from commands.group import Verb
from commands.options import Day, format_option
from commands.output import Format, Listing, emit, write_rows
from commands.session import Session, session_of, utc_now
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError
from portfolio.views import VIEWS, View

if TYPE_CHECKING:
    from store import Store
    from sync.config import Config


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
@format_option(default="jsonl")
@session_of
def export(session: Session, view: str, deleted: bool, day: date | None, output_format: Format) -> int:
    """Print a view of the portfolio, one row per line, for other programs and for your own analysis.

    The columns are always the same and in the same order; docs/views.md describes them. Unknown is null,
    dates are YYYY-MM-DD, instants end in Z (UTC), wall times of a plan have no zone.

    With --as-of every value is what it was or unknown, never today's; docs/promises-and-baselines.md says
    which columns are recorded. Possible for item, change, container_change, replan, baseline_event and audit.

    The views: item, project, risk, dependency, schedule, schedule_check, milestone, iteration, release,
    team, calibration, person, person_schedule, twin, source, unmapped, baseline, baseline_event,
    container_change, replan, change, finding, write, run, audit, failed_write.

    \b
      dovetail export item > items.jsonl
      dovetail export finding --format csv
      dovetail export item --deleted
      dovetail export item --as-of 2026-11-20 > as-it-was.jsonl
    """
    found = _view(view)
    if deleted and found.name != "item":
        raise UsageError("--deleted is for the view `item` only.")
    if deleted and day is not None:
        raise UsageError(
            "--deleted and --as-of do not go together: what was deleted since is there as of then."
        )
    config = session.config()
    with session.store(config) as store, _rows(session, config, store, found, deleted, day) as rows:
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
