"""`dovetail derive`: the second step."""

from __future__ import annotations

from datetime import date

import click

from commands.group import Verb
from commands.options import format_option, today_option
from commands.output import Format, Listing, emit
from commands.session import Session, clock_of, session_of
from commands.table import Column


@click.command(cls=Verb)
@today_option
@format_option()
@session_of
def derive(session: Session, today: date | None, output_format: Format) -> int:
    """Work out what follows from what was pulled.

    Effective due dates, promises and how often they were pushed, owners who cannot act, the same work in two
    trackers, schedule checks: everything that the rules look at. No tracker is asked.

    \b
      dovetail derive
      dovetail derive --today 2026-11-24
    """
    from sync.derive import derive as run_derive
    from sync.runs import running
    from sync.settings import sync_settings

    config = session.config()
    settings = sync_settings(config, rules=())
    clock = clock_of(config, today)
    with session.store(config) as store, running(store, "derive", clock=clock) as run:
        counts = run_derive(store, settings.derive, today=config.day_of(run.now), now=run.now)
        run.counts = {"items": counts.items, "changed": counts.changed}
    listing = Listing(
        rows=[{"items": counts.items, "changed": counts.changed}],
        columns=[Column(name="items", is_number=True), Column(name="changed", is_number=True)],
        empty="",
    )
    if counts.unknown_ends:
        session.talk.say(
            f"Dependencies on an address that no source delivers: {counts.unknown_ends:,}. "
            "`dovetail export dependency` shows them with `url:`."
        )
    if not (session.talk.quiet and output_format == "table"):
        emit(listing, output_format)
    return 0
