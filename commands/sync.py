"""`dovetail sync`: the five steps in a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.apply import not_written_rows, say_head, written
from commands.derive import warn_of_baseline
from commands.finding_rows import severities
from commands.group import Verb
from commands.options import (
    fail_on_option,
    format_option,
    full_option,
    source_option,
    today_option,
    vanished_option,
)
from commands.output import Format, Listing, emit, print_line, to_json
from commands.plan import folded, plan_listing, summary
from commands.pull import accepted_sources, say_mutes, say_outcome
from commands.session import Session, clock_of, is_another_day, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from sync.pipeline import SyncResult


@click.command(cls=Verb)
@click.option("--dry-run", is_flag=True, help="Stop after the plan: nothing is written to a tracker.")
@full_option
@source_option
@vanished_option
@fail_on_option
@today_option
@click.option(
    "--for-real",
    is_flag=True,
    help="With --today: write, too. For simulated trackers, where it is that day.",
)
@format_option(formats=("table", "json"))
@session_of
def sync(
    session: Session,
    dry_run: bool,
    full: bool,
    sources: Sequence[str],
    accept_vanished: bool,
    fail_on: str | None,
    today: date | None,
    for_real: bool,
    output_format: Format,
) -> int:
    """Do everything: pull, derive, check, plan and apply in a row.

    This is what a scheduler runs, every 15 minutes or every night. Nothing is written to a source before a
    plan that names it was applied once (or its `write.armed` is true). A second run with nothing new writes
    nothing. With --today of another day it only looks: what would be true that day is not written now.

    \b
      dovetail sync --dry-run
      dovetail sync --quiet --log-format json
      dovetail sync --source shop --fail-on critical
    """
    from sync.audit import kept_head
    from sync.pipeline import sync as run_sync
    from sync.settings import sync_settings

    if for_real and today is None:
        raise UsageError("--for-real goes with --today.", hint="Without --today a sync is always for real.")
    accepted = accepted_sources(sources, accept_vanished=accept_vanished)
    config = session.config()
    settings = sync_settings(config, full=full, accept_vanished=accepted)
    clock = clock_of(config, today)
    is_look_ahead = is_another_day(config, today) and not for_real
    with (
        session.store(config) as store,
        session.connectors(config, clock, only=sources) as (connectors, unopened),
    ):
        result = run_sync(
            store,
            connectors,
            settings,
            clock=clock,
            sources=sources or None,
            unopened=unopened,
            dry_run=dry_run,
            is_look_ahead=is_look_ahead,
            fail_on=fail_on,
            tell=session.talk.tell,
        )
        head = kept_head(store)
    if output_format == "json":
        print_line(to_json(_as_object(result) | {"audit_head": head or None}))
    elif not session.talk.quiet:
        _show(session, result, why="" if dry_run else f"--today {today} is for looking")
    if is_look_ahead and not dry_run:
        session.talk.say(f"It is not {today} today, so nothing was written.")
    _complain(session, result)
    if result.applied is not None:
        say_head(session, result.applied, head)
    return result.exit_code


def _show(session: Session, result: SyncResult, *, why: str) -> None:
    emit(
        Listing(
            rows=[{"step": step, "outcome": text} for step, text in _steps(result) if text],
            columns=[Column(name="step"), Column(name="outcome", wraps=True)],
            empty="",
        )
    )
    if result.plan is not None and result.is_dry_run and (result.plan.writes or result.plan.conflicts):
        from sync.plan_file import table_rows

        print_line()
        emit(plan_listing(folded(table_rows(result.plan)), empty=""))
        session.talk.say(f"{summary(result.plan)} Nothing was written: {why or 'this was a dry run'}.")


def _steps(result: SyncResult) -> list[tuple[str, str]]:
    steps = [("pull", _pulled(one)) for one in result.sources.values()]
    if result.derived is not None:
        steps.append(("derive", plural(result.derived.items, "item")))
    checked = result.checked
    if checked is not None:
        changes = [
            f"{len(ids):,} {word}"
            for ids, word in (
                (checked.opened, "new"),
                (checked.reopened, "reopened"),
                (checked.raised, "raised"),
                (checked.resolved, "resolved"),
            )
            if ids
        ]
        now = severities(checked.open_by_severity, noun="open finding")
        steps.append(("check", f"{now}; {', '.join(changes) or 'nothing new'}"))
    if result.plan is not None:
        steps.append(("plan", _planned(result)))
    if result.applied is not None:
        steps.append(("apply", written(result.applied)))
    return steps


def _pulled(outcome: Any) -> str:
    if outcome.state != "ok":
        return f"{outcome.source}: {outcome.state}"
    parts = [
        f"{count:,} {word}"
        for count, word in ((outcome.new, "new"), (outcome.changed, "changed"), (outcome.gone, "gone"))
        if count
    ]
    return f"{outcome.source}: {', '.join(parts) or 'nothing new'}"


def _planned(result: SyncResult) -> str:
    plan = result.plan
    if plan is None:
        return ""
    parts = [plural(len(plan.writes), "write")] if plan.writes else ["nothing to write"]
    parts += [plural(len(plan.conflicts), "conflict")] if plan.conflicts else []
    return ", ".join(parts)


def _complain(session: Session, result: SyncResult) -> None:
    """What went wrong, step by step; said even with --quiet."""
    talk = session.talk
    for outcome in result.sources.values():
        say_outcome(session, outcome)
    say_mutes(session, result)
    if result.derived is not None:
        warn_of_baseline(session, result.derived)
    if result.checked is not None:
        for problem in result.checked.broken.values():
            talk.error(problem)
    if result.plan is not None:
        for source, reason in result.plan.failed.items():
            if source not in result.sources or result.sources[source].state == "ok":
                talk.error(reason)
        for entry in result.plan.conflicts:
            talk.say(f"{entry.key}: {entry.slot} was left as it is: {entry.reason}.")
    _complain_of_writes(session, result)


def _complain_of_writes(session: Session, result: SyncResult) -> None:
    talk = session.talk
    for stop in result.stops:
        talk.error(stop)
    for wait in result.waits:
        talk.say(f"{wait} They wait.")
    if result.applied is not None:
        for row in not_written_rows(result.applied):
            if row["state"] == "unsent":
                continue  # counted where it is said what stopped them
            is_failure = row["state"] in ("refused", "unknown")
            (talk.error if is_failure else talk.say)(f"{row['key']}: {row['field']}: {row['reason']}")
        for reason in result.applied.failed.values():
            talk.error(reason)


def _as_object(result: SyncResult) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "exit_code": result.exit_code,
        "is_dry_run": result.is_dry_run,
        "unarmed": result.unarmed,
        "held": result.held,
        "stops": result.stops,
        "waits": result.waits,
        "errors": {name: one.error for name, one in result.sources.items() if one.error},
        "counts": result.counts,
    }
