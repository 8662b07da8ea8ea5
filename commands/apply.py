"""`dovetail apply`: the last step, and what became of writes as people see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, emit
from commands.session import Session, clock_of, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from sync.apply import ApplyOutcome
    from sync.canary import Canary
    from sync.plan_file import NotWritten, Plan


@click.command(cls=Verb)
@click.argument("plan_file", metavar="PLAN", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--canary",
    "canary",
    multiple=True,
    metavar="PLACE",
    help="Only the writes to this place, source:scope or source:key; may be repeated. Arms nothing.",
)
@click.option("--now", "in_quiet_hours", is_flag=True, help="Write although these are quiet hours.")
@format_option()
@session_of
def apply(
    session: Session, plan_file: Path, canary: Sequence[str], in_quiet_hours: bool, output_format: Format
) -> int:
    """Make the writes of a plan, and no others.

    A place that changed since the plan was made is left alone and reported. Every write is checked and
    recorded. The sources that the plan names are armed: from then on `sync` writes to them by itself.

    \b
      dovetail plan --output plan.json
      dovetail apply plan.json --canary shop:CHK-12
      dovetail apply plan.json
    """
    from sync.apply import apply as run_apply
    from sync.audit import actor, kept_head
    from sync.plan_file import read_plan
    from sync.runs import running, worst_exit_code
    from sync.settings import sync_settings

    plan = read_plan(plan_file)
    config = session.config()
    known = [one.name for one in config.sources]
    strange = [one for one in plan.sources if one not in known]
    if strange:
        raise UsageError(
            f"The plan names {', '.join(strange)}, which the configuration does not.",
            hint=f"Configured: {', '.join(known)}.",
        )
    settings = sync_settings(config, rules=(), ignores_quiet_hours=in_quiet_hours)
    clock = clock_of(config)
    with (
        session.store(config) as store,
        session.connectors(config, clock, only=plan.sources) as (connectors, unopened),
        running(store, "apply", clock=clock) as run,
    ):
        by_name = {one.source: one for one in connectors} if plan.sources else {}
        outcome = run_apply(
            store,
            by_name,
            plan,
            run_id=run.run_id,
            clock=clock,
            by=actor(),
            allowed=settings.plan.writes,
            limits=settings.pull.limits,
            sources=[one for one in plan.sources if one in by_name],
            safety=settings.safety,
            only=_places(plan, canary),
            tell=session.talk.tell,
        )
        outcome.failed.update({name: why for name, why in unopened.items() if name in plan.sources})
        run.exit_code = worst_exit_code(apply_codes(outcome))
        run.counts = {"writes": dict(outcome.states)}
        head = kept_head(store)
    show_outcome(session, outcome, output_format)
    say_head(session, outcome, head)
    return run.exit_code


def apply_codes(outcome: ApplyOutcome) -> set[int]:
    """The exit codes that an outcome asks for."""
    codes = ({70} if outcome.defects else set()) | (set() if outcome.is_complete else {4})
    return codes | ({5} if outcome.stops else set())


def _places(plan: Plan, canary: Sequence[str]) -> Canary | None:
    """The places that were named; None where none was.

    Raises:
        UsageError: the plan has no write for one of them.
    """
    from sync.canary import Canary

    if not canary:
        return None
    for place in canary:
        one = Canary((place,))
        if not any(one.covers(write.source, write.key, write.scope) for write in plan.writes):
            raise UsageError(
                f"The plan has no write for `{place}`.",
                hint="A place is source:scope or source:key, such as shop:CHK or shop:CHK-12.",
            )
    return Canary(tuple(canary))


def show_outcome(session: Session, outcome: ApplyOutcome, output_format: Format) -> None:
    """How many writes were made, and each that was not, with the reason."""
    rows = not_written_rows(outcome)
    listing = Listing(
        rows=rows,
        columns=[
            Column(name="source", optional=1),
            Column(name="key"),
            Column(name="state"),
            Column(name="field"),
            Column(name="now", wraps=True, optional=2),
            Column(name="wanted", wraps=True, optional=3),
            Column(name="reason", title="why", wraps=True),
        ],
        empty=f"{written(outcome)}.",
        fields=("source", "key", "state", "field", "now", "wanted", "reason"),
    )
    if rows or output_format != "table" or not session.talk.quiet:
        emit(listing, output_format)
    if rows:
        session.talk.say(f"{written(outcome)}.")
    for reason in outcome.failed.values():
        session.talk.error(reason)
    if outcome.held:
        session.talk.say(
            f"Held: {', '.join(outcome.held)}. `dovetail sync` writes nothing there until you apply a plan "
            "that is no undo."
        )
    unsent = f"{plural(len(outcome.unsent), 'write')} not sent"
    for reason in outcome.stops:
        session.talk.error(f"{reason}: {unsent}.")
    for reason in outcome.waits:
        session.talk.warn(f"{reason}: {unsent}.")
    if outcome.armed:
        session.talk.say(f"Armed: {', '.join(outcome.armed)}. From now on `dovetail sync` writes there.")


def say_head(session: Session, outcome: ApplyOutcome, head: str) -> None:
    """The end of the audit trail, which people keep to prove later that nothing was cut off."""
    if head and outcome.states:
        session.talk.say(f"Audit trail: {head}")


def written(outcome: ApplyOutcome) -> str:
    """`12 writes made, 3 stood there already`."""
    there = outcome.states.get("unchanged", 0)
    return f"{plural(outcome.applied, 'write')} made" + (f", {there:,} stood there already" if there else "")


def not_written_rows(outcome: ApplyOutcome) -> Sequence[Mapping[str, Any]]:
    """The writes of a plan that were not made."""
    parts: Mapping[str, Sequence[NotWritten]] = {
        "conflict": outcome.conflicts,
        "gone": outcome.gone,
        "refused": outcome.refused,
        "unknown": outcome.unknown,
        "unsent": outcome.unsent,
    }
    return [
        {
            "source": one.source,
            "key": one.key,
            "state": state,
            "field": one.slot,
            "now": one.now if one.slot != "comment" else None,
            "wanted": one.wanted if one.slot != "comment" else None,
            "reason": one.reason,
        }
        for state, entries in parts.items()
        for one in entries
    ]
