"""`dovetail check`: run the rules, over the store or over plans saved as XML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.finding_rows import counted, finding_listing, finding_rows
from commands.group import Verb
from commands.options import fail_on_option, format_option, today_option
from commands.output import Format, Listing, emit
from commands.session import Session, clock_of, session_of
from commands.text import plural
from portfolio.findings import severity_rank

if TYPE_CHECKING:
    from sync.check import CheckOutcome


@click.command(cls=Verb)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE.xml]...")
@fail_on_option
@today_option
@format_option()
@session_of
def check(
    session: Session,
    files: Sequence[Path],
    fail_on: str | None,
    today: date | None,
    output_format: Format,
) -> int:
    """Run the rules and show what is wrong.

    With files or folders, the Microsoft Project plans in them (saved as XML) are read into a store in memory
    and checked against their own calendars: no configuration is needed and nothing is kept. Without files,
    what `pull` and `derive` stored is checked, and findings open, change and are resolved.

    \b
      dovetail check plan.xml
      dovetail check plans/ --today 2026-11-24 --fail-on high
      dovetail check --format csv > findings.csv
    """
    if files:
        from commands.check_files import check_files

        return check_files(session, files, fail_on=fail_on, today=today, output_format=output_format)
    return _check_store(session, fail_on, today, output_format)


def _check_store(session: Session, fail_on: str | None, today: date | None, output_format: Format) -> int:
    from sync.derive import set_today
    from sync.pipeline import judge
    from sync.runs import running, worst_exit_code
    from sync.settings import sync_settings

    config = session.config()
    settings = sync_settings(config)
    clock = clock_of(config, today)
    with session.store(config) as store, running(store, "check", clock=clock) as run:
        day = config.day_of(run.now)
        set_today(store, settings.derive, day)
        outcome = judge(store, settings, run, today=day, tell=session.talk.tell)
        run.exit_code = worst_exit_code(codes_of(outcome, fail_on))
        rows = finding_rows(store)
        items = store.counts()["item"]
    broken_rules(session, outcome)
    empty = f"No findings. {plural(items, 'item')} checked by {plural(outcome.rules, 'rule')}."
    show_findings(session, rows, finding_listing(rows, empty=empty, zone=config.zone), output_format)
    return run.exit_code


def broken_rules(session: Session, outcome: CheckOutcome) -> None:
    """Say which rules could not run; the others did."""
    for problem in outcome.broken.values():
        session.talk.error(problem)


def codes_of(outcome: CheckOutcome, fail_on: str | None) -> set[int]:
    """The exit codes that a check asks for."""
    codes = {4} if outcome.broken else set()
    worst = outcome.worst
    if fail_on is not None and worst is not None and severity_rank(worst) >= severity_rank(fail_on):
        codes.add(1)
    return codes


def show_findings(
    session: Session, rows: Sequence[Mapping[str, Any]], listing: Listing, output_format: Format
) -> None:
    """The findings as the result, and how many they are as talk. Nothing on a quiet success."""
    if session.talk.quiet and not rows and output_format == "table":
        return
    emit(listing, output_format)
    if rows:
        session.talk.say(f"{counted(rows)}.")
