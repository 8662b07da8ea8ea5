"""`dovetail findings ack|snooze|suppress|reopen`: a person says that a finding is known."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from commands.findings import findings, one_finding
from commands.options import Day
from commands.session import Session, clock_of, session_of
from portfolio.errors import UsageError
from portfolio.findings import Finding

if TYPE_CHECKING:
    from sync.config import Config

MAX_SUPPRESSED_DAYS = 180
_by_option = click.option("--by", metavar="NAME", help="Who says so; the user of this machine if absent.")


@findings.command("ack")
@click.argument("finding_id", metavar="ID")
@click.option("--until", type=Day(), metavar="DATE", help="The day on which it counts as unseen again.")
@_by_option
@session_of
def acknowledge(session: Session, finding_id: str, until: date | None, by: str | None) -> int:
    """Acknowledge a finding: it stays open, and its comment says who has seen it.

    \b
      dovetail findings ack 3fa2b1c4
      dovetail findings ack 3fa2b1c4 --until 2026-12-15
    """
    return _change(session, finding_id, "acknowledged", until=until, by=by)


@findings.command("snooze")
@click.argument("finding_id", metavar="ID")
@click.option("--until", type=Day(), required=True, metavar="DATE", help="The day it comes back.")
@click.option("--reason", default="", metavar="TEXT", help="Why; shown with the finding.")
@_by_option
@session_of
def snooze(session: Session, finding_id: str, until: date, reason: str, by: str | None) -> int:
    """Let a finding sleep until a day. It wakes earlier when its severity rises.

    \b
      dovetail findings snooze 3fa2b1c4 --until 2026-12-15 --reason "supplier is late"
    """
    return _change(session, finding_id, "snoozed", until=until, reason=reason, by=by)


@findings.command("suppress")
@click.argument("finding_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is accepted; shown with the finding.")
@click.option(
    "--until", type=Day(), metavar="DATE", help="When the waiver ends; at most 180 days, the default."
)
@click.option(
    "--approved-by",
    metavar="NAME",
    help="Who approved it. A critical finding needs somebody else than --by, and of mute.approvers if set.",
)
@_by_option
@session_of
def suppress(
    session: Session,
    finding_id: str,
    until: date | None,
    reason: str,
    approved_by: str | None,
    by: str | None,
) -> int:
    """Accept a finding for a time, with a reason. It is not shown as open until the waiver ends.

    A critical finding needs a second person, --approved-by. A waiver without one ends when its finding
    becomes critical.

    \b
      dovetail findings suppress 3fa2b1c4 --reason "agreed with the sponsor on 20 Nov"
      dovetail findings suppress 3fa2b1c4 --reason "the board knows" --approved-by cfo@shop.example
    """
    return _change(
        session, finding_id, "suppressed", until=until, reason=reason, by=by, approved_by=approved_by
    )


@findings.command("reopen")
@click.argument("finding_id", metavar="ID")
@_by_option
@session_of
def reopen(session: Session, finding_id: str, by: str | None) -> int:
    """Take an acknowledgement, a snooze or a waiver back.

    \b
      dovetail findings reopen 3fa2b1c4
    """
    return _change(session, finding_id, "open", by=by)


def _change(
    session: Session,
    finding_id: str,
    state: str,
    *,
    until: date | None = None,
    reason: str = "",
    by: str | None = None,
    approved_by: str | None = None,
) -> int:
    from sync.audit import actor, finding_muted
    from sync.runs import running

    config = session.config()
    clock = clock_of(config)
    today = config.day_of(clock())
    by, approved_by, reason = (by or "").strip(), (approved_by or "").strip() or None, reason.strip()
    if state == "suppressed":
        if not reason:
            raise UsageError("A waiver needs a reason.", hint="--reason TEXT; it is shown with the finding.")
        until = until or today + timedelta(days=MAX_SUPPRESSED_DAYS)
        if (until - today).days > MAX_SUPPRESSED_DAYS:
            raise UsageError(
                f"A waiver lasts at most {MAX_SUPPRESSED_DAYS} days.", hint="Name an earlier day."
            )
    if until is not None and until <= today:
        raise UsageError(f"{until} is not in the future.", hint="Name a later day.")
    with session.store(config) as store, running(store, "findings", clock=clock) as run:
        finding = one_finding(store, finding_id)
        if finding.state in ("resolved", "pending"):
            raise UsageError(f"{finding.finding_id} is {finding.state}: there is nothing to mute.")
        is_muting = state != "open"
        who = by or actor()
        if state == "suppressed":
            _check_approver(config, finding, who, approved_by)
        moment = None if until is None else datetime.combine(until, time(), tzinfo=config.zone)
        changed: Finding = msgspec.structs.replace(
            finding,
            state=state,
            muted_until=moment,
            muted_by=who if is_muting else None,
            muted_reason=reason or None if is_muting else None,
            muted_approver=approved_by if is_muting else None,
        )
        event = finding_muted(changed, run_id=run.run_id, by=who, at=run.now)
        store.save_findings([changed], run.run_id, events=[event])
    session.talk.say(
        f"{finding.finding_id} is {state}. The next `dovetail sync` tells the comments that show it."
    )
    return 0


def _check_approver(config: Config, finding: Finding, by: str, approved_by: str | None) -> None:
    """A critical finding is muted by two people, of whom the second may have to be one of a list.

    Raises:
        UsageError: nobody approves it, or somebody who may not.
    """
    if finding.severity != "critical" and approved_by is None:
        return
    if approved_by is None or approved_by.casefold() == by.casefold():
        raise UsageError(
            f"{finding.finding_id} is critical: somebody else than {by or 'you'} has to approve its waiver.",
            hint="--approved-by NAME; or snooze it, which needs nobody.",
        )
    approvers = config.mutes.approvers
    if approvers and approved_by.casefold() not in approvers:
        raise UsageError(
            f"{approved_by} is not among those who may approve it.",
            hint=f"mute.approvers: {', '.join(sorted(approvers))}.",
        )
