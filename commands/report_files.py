"""`dovetail report html FILE.xml …`: a page of plans, without a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from commands.plan_files import checked_plans
from commands.report_data import report_of
from commands.report_html import write_page
from commands.session import Session


def report_files(
    session: Session, paths: Sequence[Path], *, out: Path, since: date | None, today: date | None
) -> int:
    """Write the page of plans.

    Returns:
        4 where a file could not be used; the page shows the others. Where none could, no page is written.
    """
    from sync.runs import worst_exit_code

    with checked_plans(session, paths, today=today) as plans:
        codes = plans.complain(session)
        if plans.read:
            report = report_of(plans.store, plans.config, now=plans.now, today=today, since=since)
            write_page(session, plans.store, plans.config, report, out)
        else:
            session.talk.error(f"No plan could be read, so {out} was not written.")
    return worst_exit_code(codes)
