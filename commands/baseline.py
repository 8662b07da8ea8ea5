"""`dovetail baseline`: take, list, show and import baselines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from commands.group import Group
from commands.options import Day, format_option, source_option
from commands.output import Format, Listing, emit
from commands.session import Session, check_sources, clock_of, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from store import BaselineEvent, Store
    from sync.config import Config

_by_option = click.option("--by", metavar="NAME", help="Who does it; the user of this machine if absent.")
_reason_option = click.option("--reason", metavar="TEXT", help="Why; kept with the baseline.")
_again_option = click.option(
    "--rebaseline",
    "again",
    is_flag=True,
    help="Take a baseline of that name again, with --reason; the earlier one is kept as NAME@1, NAME@2 …",
)


@click.group(cls=Group)
def baseline() -> None:
    """Keep the dates that were agreed, to measure against.

    A baseline has a name and never changes. What counts as `baseline_finish` in views, rules and reports is
    the baseline that each plan brings itself, or the one that `baseline: NAME` in the configuration names.

    \b
      dovetail baseline take "Q1 plan" --reason "approved by the committee"
      dovetail baseline take "Before the freeze" --as-of 2026-11-20
      dovetail baseline list
      dovetail baseline show "Q1 plan"
    """


@baseline.command("take")
@click.argument("name", metavar="NAME")
@click.option(
    "--as-of", "day", type=Day(), metavar="DATE", help="As the portfolio stood at the end of that day."
)
@_again_option
@_reason_option
@_by_option
@session_of
def take(
    session: Session, name: str, day: date | None, again: bool, reason: str | None, by: str | None
) -> int:
    """Keep the start and finish of every item under a name.

    The finish is the effective due date. With --as-of it is replayed from the timelines; items whose trackers
    keep no timeline, such as plans in files, have no dates then.

    \b
      dovetail baseline take "Q1 plan"
      dovetail baseline take "Q1 plan" --rebaseline --reason "scope change 14 approved"
      dovetail baseline take "Before the freeze" --as-of 2026-11-20
    """
    from sync.audit import actor
    from sync.baselines import take as take_baseline
    from sync.runs import running
    from sync.settings import sync_settings

    _check_reason(again, reason)
    config = session.config()
    clock = clock_of(config)
    settings = sync_settings(config, rules=()).derive
    with session.store(config) as store, running(store, "baseline", clock=clock) as run:
        _warn_of_stale(session, store)
        event = take_baseline(
            store,
            settings,
            name,
            run_id=run.run_id,
            now=run.now,
            today=config.day_of(run.now),
            by=by or actor(),
            reason=reason,
            day=day,
            again=again,
        )
        run.counts = {"items": event.item_count}
    _say(session, config, event)
    return 0


@baseline.command("import")
@click.argument("name", metavar="NAME")
@click.option(
    "--number",
    type=click.IntRange(0, 10),
    default=0,
    show_default=True,
    help="Which baseline of Microsoft Project: 0 is `Baseline`, 3 is `Baseline 3`.",
)
@source_option
@_again_option
@_reason_option
@_by_option
@session_of
def import_(
    session: Session,
    name: str,
    number: int,
    sources: Sequence[str],
    again: bool,
    reason: str | None,
    by: str | None,
) -> int:
    """Keep a baseline that plans bring with them under a name of your own.

    A baseline in a plan is what the plan says today: whoever saves it again changes it. An imported copy does
    not change. To let another of Project's own baselines count without a copy, write `baseline: Baseline 3`
    in the configuration.

    \b
      dovetail baseline import "Contract" --number 1
      dovetail baseline import "Contract" --number 1 --source plans
    """
    from sync.audit import actor
    from sync.baselines import import_baseline
    from sync.runs import running

    _check_reason(again, reason)
    config = session.config()
    check_sources(config, sources)
    clock = clock_of(config)
    with session.store(config) as store, running(store, "baseline", clock=clock) as run:
        event = import_baseline(
            store,
            name,
            delivered=f"Baseline {number}" if number else "Baseline",
            sources=sources,
            run_id=run.run_id,
            now=run.now,
            by=by or actor(),
            reason=reason,
            again=again,
        )
        run.counts = {"items": event.item_count}
    _say(session, config, event)
    return 0


@baseline.command("list")
@format_option()
@session_of
def list_(session: Session, output_format: Format) -> int:
    """List the baselines: those that were taken here, and those that plans bring.

    \b
      dovetail baseline list
      dovetail baseline list --format json
    """
    config = session.config()
    with session.store(config) as store:
        rows = _listed(store, config)
    emit(
        Listing(
            rows=rows,
            columns=[
                Column(name="name"),
                Column(name="counts", shown=lambda row: "yes" if row["counts"] else "", optional=1),
                Column(name="origin", optional=2),
                Column(name="at", optional=3),
                Column(name="as_of", optional=5),
                Column(name="item_count", title="items", is_number=True, optional=1),
                Column(name="by", optional=4),
                Column(name="reason", wraps=True, optional=4),
            ],
            empty='There are no baselines. `dovetail baseline take "NAME"` takes one.',
        ),
        output_format,
    )
    return 0


@baseline.command("show")
@click.argument("name", metavar="NAME")
@format_option()
@session_of
def show(session: Session, name: str, output_format: Format) -> int:
    """Show the dates of a baseline beside those of today.

    \b
      dovetail baseline show "Q1 plan"
      dovetail baseline show "Q1 plan@1" --format csv
    """
    from rules.spelling import nearest

    config = session.config()
    with session.store(config) as store:
        names = store.baseline_names()
        if name not in names:
            raise UsageError(
                f"There is no baseline {name}{nearest(name, names) or '.'}",
                hint="`dovetail baseline list` lists them.",
            )
        now = {row["item_id"]: row for row in store.rows("item")}
        rows = [
            {
                **row,
                "title": now[row["item_id"]]["title"] if row["item_id"] in now else None,
                "finish_now": now[row["item_id"]]["effective_due"] if row["item_id"] in now else None,
            }
            for row in store.rows("baseline", where={"name": name})
        ]
    emit(
        Listing(
            rows=rows,
            columns=[
                Column(name="key"),
                Column(name="title", wraps=True, optional=2),
                Column(name="start", optional=3),
                Column(name="finish"),
                Column(name="finish_now", title="finish now", optional=1),
            ],
            empty=f"All items of {name} are gone.",
        ),
        output_format,
    )
    return 0


def _listed(store: Store, config: Config) -> list[dict[str, object]]:
    events = store.baseline_events()
    ours = {event.kept_as for event in events}
    rows: list[dict[str, object]] = [
        {
            "name": event.kept_as,
            "counts": event.kept_as == config.baseline,
            "origin": event.origin,
            "at": event.at,
            "as_of": event.as_of,
            "item_count": event.item_count,
            "by": event.by,
            "reason": event.reason,
        }
        for event in events
    ]
    counted = config.baseline or "Baseline"
    rows += [
        {
            "name": name,
            "counts": name == counted,
            "origin": "imported",
            "at": None,
            "as_of": None,
            "item_count": count,
            "by": None,
            "reason": None,
        }
        for name, count in store.baseline_names().items()
        if name not in ours
    ]
    return rows


def _check_reason(again: bool, reason: str | None) -> None:
    if again and not (reason and reason.strip()):
        raise UsageError("--rebaseline needs --reason TEXT.", hint="Who reads it later will ask why.")


def _warn_of_stale(session: Session, store: Store) -> None:
    stale = [str(row["source"]) for row in store.rows("source") if row["is_stale"]]
    if stale:
        session.talk.warn(
            f"{', '.join(stale)} could not be read last time; the baseline has what was known before."
        )


def _say(session: Session, config: Config, event: BaselineEvent) -> None:
    as_of = f" as they stood on {event.as_of}" if event.as_of else ""
    earlier = f" The one before it is {event.name}@{event.version - 1}." if event.version > 1 else ""
    session.talk.say(
        f"Baseline {event.name}: the dates of {plural(event.item_count, 'item')}{as_of}.{earlier}"
    )
    if config.baseline == event.name:
        session.talk.say("It counts: `dovetail derive`, or the next `sync`, takes it in.")
    else:
        session.talk.say(f'It counts once the configuration says `baseline: "{event.name}"`.')
