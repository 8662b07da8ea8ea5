"""`dovetail pull`: the first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option, full_option, source_option, vanished_option
from commands.output import Format, Listing, emit
from commands.session import Session, clock_of, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from store import Store
    from sync.pipeline import SyncResult
    from sync.pull import PullOutcome

_COUNTS = ("new", "changed", "unchanged", "gone")


@click.command(cls=Verb)
@source_option
@full_option
@vanished_option
@format_option()
@session_of
def pull(
    session: Session, sources: Sequence[str], full: bool, accept_vanished: bool, output_format: Format
) -> int:
    """Read what changed in the trackers into the store.

    A page of changes and the place after it are stored together, so a pull that was interrupted goes on where
    it stopped. A source that fails is marked as stale and harms no other. A source that suddenly shrinks
    stops before anything of it is called deleted.

    \b
      dovetail pull
      dovetail pull --source shop --full
      dovetail pull --source shop --accept-vanished
    """
    from sync.pipeline import SyncResult, exit_code_of, hear
    from sync.pull import pull as run_pull
    from sync.runs import running
    from sync.settings import sync_settings

    accepted = accepted_sources(sources, accept_vanished=accept_vanished)
    config = session.config()
    settings = sync_settings(config, rules=(), full=full, accept_vanished=accepted)
    clock = clock_of(config)
    with (
        session.store(config) as store,
        session.connectors(config, clock, only=sources) as (connectors, unopened),
        running(store, "pull", clock=clock) as run,
    ):
        result = SyncResult(run_id=run.run_id)
        outcomes = run_pull(
            store, connectors, run_id=run.run_id, now=run.now, settings=settings.pull, tell=session.talk.tell
        )
        result.sources = {one.source: one for one in outcomes} | _unopened(store, unopened)
        result.listened = hear(store, connectors, settings, run, tell=session.talk.tell)
        run.exit_code = exit_code_of(result)
        run.counts = result.counts
    show_sources(session, list(result.sources.values()), output_format)
    say_mutes(session, result)
    return run.exit_code


def say_mutes(session: Session, result: SyncResult) -> None:
    """What people muted in comments. What was refused has been told already, line by line."""
    if result.listened is None:
        return
    if result.listened.muted:
        count = plural(len(result.listened.muted), "finding")
        session.talk.say(f"By comments in the trackers, {count} changed: `dovetail findings --state all`.")
    for reason in result.listened.failed.values():
        session.talk.error(f"Comments were not read, so mutes in them wait: {reason}")


def accepted_sources(sources: Sequence[str], *, accept_vanished: bool) -> Sequence[str]:
    """The sources whose shrinking is confirmed.

    Raises:
        UsageError: no source is named: nobody confirms it for all of them at once.
    """
    if accept_vanished and not sources:
        raise UsageError(
            "--accept-vanished needs --source.", hint="Name the source whose items are really gone."
        )
    return sources if accept_vanished else ()


def show_sources(session: Session, outcomes: Sequence[PullOutcome], output_format: Format) -> None:
    """What became of each source: a row for each, and what is wrong with it on stderr."""
    listing = Listing(
        rows=[_row(one) for one in outcomes],
        columns=[
            Column(name="source"),
            Column(name="state"),
            *(Column(name=name, is_number=True, optional=1) for name in _COUNTS),
            Column(name="skipped", is_number=True, shown=lambda row: row["skipped"] or "", optional=2),
        ],
        empty="No source was read.",
    )
    if not (session.talk.quiet and output_format == "table"):
        emit(listing, output_format)
    for one in outcomes:
        say_outcome(session, one)


def say_outcome(session: Session, outcome: PullOutcome) -> None:
    """What is wrong with a source, and what of it could not be understood."""
    if outcome.error:
        session.talk.error(outcome.error)
    for line in outcome.skipped[:5]:
        if line not in outcome.error:
            session.talk.warn(f"{outcome.source}: {line}")
    if len(outcome.skipped) > 5:
        session.talk.warn(f"{outcome.source}: and {len(outcome.skipped) - 5:,} more that were skipped.")


def _row(outcome: PullOutcome) -> Mapping[str, Any]:
    return {
        "source": outcome.source,
        "state": outcome.state,
        "new": outcome.new,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "gone": outcome.gone,
        "skipped": len(outcome.skipped),
        "error": outcome.error or None,
        "notes": outcome.notes,
    }


def _unopened(store: Store, reasons: Mapping[str, str]) -> dict[str, PullOutcome]:
    """Sources whose connector could not even be made fail like any other."""
    from sync.pull import PullOutcome

    known = store.sources()
    for source, reason in reasons.items():
        if source in known:
            store.mark_source(source, error=reason)
    return {name: PullOutcome(source=name, state="failed", error=why) for name, why in reasons.items()}
