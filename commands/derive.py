"""`dovetail derive`: the second step."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from commands.group import Verb
from commands.options import format_option, today_option
from commands.output import Format, Listing, emit
from commands.session import Session, clock_of, is_another_day, session_of
from commands.table import Column

if TYPE_CHECKING:
    from sync.derive import DeriveCounts


_SHOWN_CYCLES, _SHOWN_KEYS = 10, 20


def warn_of_baseline(session: Session, counts: DeriveCounts) -> None:
    """Say that the configured baseline is not there, where it is not."""
    if counts.missing_baseline is not None:
        session.talk.warn(
            f"There is no baseline {counts.missing_baseline}, which the configuration names, so those that "
            "plans bring count. `dovetail baseline list` lists what there is."
        )


def warn_of_cycles(session: Session, counts: DeriveCounts) -> None:
    """Name the circles of work that waits for itself: the way around each, and where it was cut."""
    for members, (predecessor, successor) in counts.cycles[:_SHOWN_CYCLES]:
        shown = [*members[:_SHOWN_KEYS], *(["…"] if len(members) > _SHOWN_KEYS else []), members[0]]
        session.talk.warn(
            f"Work that waits for itself: {' → '.join(shown)}. The dates of the rest are worked out without "
            f"{predecessor} → {successor}; take out the link that does not hold."
        )
    if len(counts.cycles) > _SHOWN_CYCLES:
        session.talk.warn(
            f"{len(counts.cycles) - _SHOWN_CYCLES:,} more circles of work that waits for itself: "
            "`dovetail export dependency` shows their links with `in_cycle`."
        )


@click.command(cls=Verb)
@click.option("--full", is_flag=True, help="Derive everything anew, not only what changed.")
@today_option
@format_option()
@session_of
def derive(session: Session, full: bool, today: date | None, output_format: Format) -> int:
    """Work out what follows from what was pulled.

    Effective due dates, promises and how often they were pushed, owners who cannot act, the same work in two
    trackers, schedule checks: everything that the rules look at. No tracker is asked. Only what a change
    reaches is worked out again; the first time on a day, and after a change of the configuration, everything.

    \b
      dovetail derive
      dovetail derive --today 2026-11-24
      dovetail derive --full
    """
    from sync.derive import derive as run_derive
    from sync.runs import running
    from sync.settings import sync_settings

    config = session.config()
    settings = sync_settings(config, rules=())
    clock = clock_of(config, today)
    with session.store(config) as store, running(store, "derive", clock=clock) as run:
        counts = run_derive(
            store,
            settings.derive,
            today=config.day_of(run.now),
            now=run.now,
            full=full,
            is_look_ahead=is_another_day(config, today),
        )
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
    warn_of_baseline(session, counts)
    warn_of_cycles(session, counts)
    if not (session.talk.quiet and output_format == "table"):
        emit(listing, output_format)
    return 0
