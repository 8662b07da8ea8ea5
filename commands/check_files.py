"""`dovetail check FILE.xml …`: plans read into a store in memory and checked against their own calendars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from commands.check import broken_rules, codes_of, show_findings
from commands.finding_rows import finding_listing, finding_rows
from commands.output import Format
from commands.plan_files import checked_plans
from commands.session import Session
from commands.text import plural


def check_files(
    session: Session, paths: Sequence[Path], *, fail_on: str | None, today: date | None, output_format: Format
) -> int:
    """Check plans without a configuration.

    Returns:
        4 where a file could not be used; the others are checked all the same.
    """
    from sync.runs import worst_exit_code

    with checked_plans(session, paths, today=today) as plans:
        # That a file cannot be read is said on stderr, once; the rule about stale sources would say it again.
        rows = [row for row in finding_rows(plans.store) if row["subject"] != "source"]
        tasks = plans.store.counts()["item"]
    codes = plans.complain(session)
    checked = plans.result.checked
    if checked is not None:
        broken_rules(session, checked)
        worst = {str(row["severity"]) for row in rows}
        checked.open_by_severity = dict.fromkeys(worst, 1)
        codes |= codes_of(checked, fail_on)
    rules = plural(checked.rules if checked else 0, "rule")
    summary = f"{plural(plans.read, 'file')}, {plural(tasks, 'task')} checked by {rules}."
    listing = finding_listing(
        rows,
        empty=f"No findings. {summary}" if plans.read else "Nothing could be checked.",
        is_stored=False,
    )
    show_findings(session, rows, listing, output_format)
    if rows:
        session.talk.say(summary)
    return worst_exit_code(codes)
