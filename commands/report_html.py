"""`dovetail report html`: the portfolio page, from the store or from plans saved as XML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.group import Verb
from commands.report_data import portfolio_option, report_of, since_option, today_option
from commands.report_writing import write_report
from commands.session import Session, session_of, utc_now
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from reports.figures import Report
    from store import Store
    from sync.config import Config

DEFAULT_NAME = "portfolio.html"


@click.command(cls=Verb)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE.xml]...")
@click.option(
    "--output",
    "--out",
    "-o",
    "out",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default=DEFAULT_NAME,
    show_default=True,
    metavar="FILE",
    help="The file to write; what stood there is replaced as a whole. - is stdout.",
)
@since_option
@portfolio_option
@today_option
@session_of
def html(
    session: Session,
    files: Sequence[Path],
    out: Path,
    since: date | None,
    slug: str | None,
    today: date | None,
) -> int:
    """Write the portfolio as a page: one file that works offline, mailed, or on a share.

    It shows overview, roadmap, slips, risks, people, dependencies, costs, data quality and metrics, and
    the reasoning behind every finding. It makes no request, so it can be opened anywhere; whoever has the
    file can read what is in it.

    With files or folders, the Microsoft Project plans in them (saved as XML) are read into a store in memory:
    no configuration is needed and nothing else is kept.

    \b
      dovetail report html
      dovetail report html --since 2026-11-26 -o committee.html
      dovetail report html --portfolio store-2-0 -o store.html
      dovetail report html plan.xml -o plan.html
    """
    if files:
        from commands.report_files import report_files

        if slug is not None:
            raise UsageError("--portfolio is for the tree of a configuration; plans alone have none.")
        return report_files(session, files, out=out, since=since, today=today)
    config = session.config()
    with session.store(config) as store:
        report = report_of(store, config, now=utc_now(), today=today, since=since, slug=slug)
        write_page(session, store, config, report, out)
    return 0


def write_page(session: Session, store: Store, config: Config, report: Report, out: Path) -> None:
    """Write the page of a report, and say where it is."""
    from commands.report_extras import extras_of
    from reports.page import build_page

    content = build_page(report, extras_of(store, config, report), config.zone)
    size = f"{len(content) / 1_000_000:.1f} MB" if len(content) >= 100_000 else f"{len(content) // 1_000} kB"
    said = (
        f"{plural(len(report.open_items), 'open item')}, {plural(len(report.decisions), 'decision')} needed, "
        f"{size}. Open it in a browser."
    )
    write_report(session, out, content, said)
