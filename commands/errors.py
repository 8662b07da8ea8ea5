"""`dovetail errors`: places that could not be written, and what is to be done about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import click

from commands.group import Group
from commands.options import Day, format_option, source_option
from commands.output import Format, Listing, emit, print_line, to_json
from commands.paragraphs import print_pairs
from commands.session import Session, check_sources, clock_of, session_of
from commands.table import Column
from commands.text import plural
from portfolio.errors import UsageError
from portfolio.views import VIEWS

if TYPE_CHECKING:
    from store import FailedWrite, Store

STATES = ("refused", "unknown", "retry", "ignored")
MAX_IGNORED_DAYS = 180
_ID_LENGTH = 8
_by_option = click.option("--by", metavar="NAME", help="Who says so; the user of this machine if absent.")


@click.group(cls=Group)
def errors() -> None:
    """Show writes that a tracker refused or never answered, and decide about them.

    A refused write is asked again after 24 hours, at once when another value is wanted, and by `sync
    --full`. One without an answer is looked up before anything is repeated; from the third time on it waits
    1, 2, 4 … up to 24 hours between two attempts.

    \b
      dovetail errors list
      dovetail errors retry 3fa2b1c4
      dovetail errors ignore 3fa2b1c4 --reason "the field goes away in March"
    """


@errors.command("list")
@source_option
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated."
)
@format_option()
@session_of
def list_errors(
    session: Session, sources: Sequence[str], states: Sequence[str], output_format: Format
) -> int:
    """List places that could not be written, those that failed last first.

    \b
      dovetail errors list
      dovetail errors list --state refused --format csv
    """
    config = session.config()
    check_sources(config, sources)
    with session.store(config) as store:
        found = [
            one
            for one in store.failed_writes()
            if (not sources or one.source in sources) and (not states or one.state in states)
        ]
    emit(
        Listing(
            rows=[_row(one) | {"decided": _decided(one)} for one in found],
            columns=[
                Column(name="source", optional=2),
                Column(name="key"),
                Column(name="field", shown=lambda row: row["field"] or row["slot"]),
                Column(name="state"),
                Column(name="failures", title="times", is_number=True, optional=3),
                Column(name="last_at", title="last (UTC)", optional=1),
                Column(name="reason", title="why", wraps=True),
                Column(name="decided", wraps=True, optional=4),
                Column(name="intent_id", title="id", shown=lambda row: str(row["intent_id"])[:_ID_LENGTH]),
            ],
            empty="No write has failed.",
            fields=VIEWS["failed_write"].names,
        ),
        output_format,
    )
    return 0


@errors.command("show")
@click.argument("error_id", metavar="ID")
@format_option(formats=("table", "json"))
@session_of
def show(session: Session, error_id: str, output_format: Format) -> int:
    """Show one in full: what was wanted, what the tracker said, and when.

    \b
      dovetail errors show 3fa2b1c4
    """
    from sync.failed_writes import waits_until

    config = session.config()
    with session.store(config) as store:
        one = _one(store, error_id)
    row = _row(one)
    if output_format == "json":
        print_line(to_json(row))
        return 0
    is_comment = row["slot"] == "comment"
    pairs = [
        ("item", f"{row['key']} ({row['source']})"),
        ("place", row["field"] or row["slot"]),
        ("wanted", "our comment" if is_comment else row["after"]),
        ("state", row["state"]),
        ("the tracker said", row["reason"]),
        ("failed", plural(row["failures"], "time")),
        ("first, last", f"{row['first_at']:%Y-%m-%d %H:%M}, {row['last_at']:%Y-%m-%d %H:%M} UTC"),
        ("in run", row["run_id"]),
        ("waits" if waits_until(one) else "decided", _decided(one)),
        ("id", row["intent_id"]),
    ]
    print_pairs([(name, value) for name, value in pairs if value not in (None, "")])
    return 0


@errors.command("retry")
@click.argument("error_ids", metavar="ID...", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Everything that was refused, waits or is ignored.")
@click.option("--reason", default="", metavar="TEXT", help="What has changed; kept in the audit trail.")
@_by_option
@session_of
def retry(session: Session, error_ids: Sequence[str], is_all: bool, reason: str, by: str | None) -> int:
    """Ask the tracker again in the next run, also where a place waits by itself.

    \b
      dovetail errors retry 3fa2b1c4
      dovetail errors retry --all --reason "the permission was granted"
    """
    if is_all == bool(error_ids):
        raise UsageError("Name one or more ids, or --all.", hint="`dovetail errors list` shows the ids.")
    return _decide(session, error_ids, "retry", by=by, reason=reason)


@errors.command("ignore")
@click.argument("error_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why nothing is to be written there.")
@click.option(
    "--until", type=Day(), metavar="DATE", help="When it is asked again; at most 180 days, the default."
)
@_by_option
@session_of
def ignore(
    session: Session, error_ids: Sequence[str], reason: str, until: date | None, by: str | None
) -> int:
    """Leave a place alone until a day, whatever would be written there.

    \b
      dovetail errors ignore 3fa2b1c4 --reason "the field goes away" --until 2027-03-01
    """
    if not reason.strip():
        raise UsageError("--reason is empty.", hint="Say why nothing is to be written there.")
    return _decide(session, error_ids, "ignored", by=by, reason=reason, until=until, has_end=True)


def _decide(
    session: Session,
    error_ids: Sequence[str],
    state: str,
    *,
    by: str | None,
    reason: str,
    until: date | None = None,
    has_end: bool = False,
) -> int:
    from sync.audit import actor
    from sync.failed_writes import DecisionMade, decide_about
    from sync.runs import running

    config = session.config()
    clock = clock_of(config)
    today = config.day_of(clock())
    moment: datetime | None = None
    if has_end:
        until = until or today + timedelta(days=MAX_IGNORED_DAYS)
        if until <= today:
            raise UsageError(f"{until} is not in the future.", hint="Name a later day.")
        if (until - today).days > MAX_IGNORED_DAYS:
            raise UsageError(
                f"A place is ignored for at most {MAX_IGNORED_DAYS} days.", hint="Name an earlier day."
            )
        moment = datetime.combine(until, time(), tzinfo=config.zone)
    with session.store(config) as store:
        chosen = [_one(store, one) for one in error_ids] if error_ids else store.failed_writes()
        with running(store, "errors", clock=clock) as run:
            decision = DecisionMade(state=state, by=by or actor(), why=reason, until=moment)
            decide_about(store, chosen, decision, run_id=run.run_id, now=run.now)
    what = "asked again in the next run" if state == "retry" else f"left alone until {until}"
    session.talk.say(f"{plural(len(chosen), 'place')} will be {what}.")
    return 0


def _one(store: Store, error_id: str) -> FailedWrite:
    found = [one for one in store.failed_writes() if error_id and one.intent_id.startswith(error_id.lower())]
    if not found:
        raise UsageError(f"There is no error `{error_id}`.", hint="`dovetail errors list` shows the ids.")
    if len(found) > 1:
        raise UsageError(f"`{error_id}` is the beginning of {len(found)} ids.", hint="Type more of it.")
    return found[0]


def _row(one: FailedWrite) -> dict[str, Any]:
    return {name: getattr(one, name) for name in VIEWS["failed_write"].names}


def _decided(one: FailedWrite) -> str:
    """What a person decided, or until when the place waits by itself."""
    from sync.failed_writes import waits_until

    if (until := waits_until(one)) is not None:
        return f"waits until {until:%Y-%m-%d %H:%M} UTC"
    if one.state == "ignored" and one.until is not None:
        return f"until {one.until:%Y-%m-%d} by {one.by}: {one.why}"
    if one.state == "retry":
        return f"by {one.by}" + (f": {one.why}" if one.why else "")
    return ""
