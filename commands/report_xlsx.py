"""`dovetail report xlsx`: the portfolio as a workbook to filter and sort."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import SpooledTemporaryFile

import click

from commands.group import Verb
from commands.report_data import day_of_report, portfolio_option, scope_of, today_option
from commands.report_writing import write_report
from commands.session import Session, session_of, utc_now
from commands.text import plural

_IN_MEMORY = 64_000_000


@click.command(cls=Verb)
@click.option(
    "--output",
    "--out",
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("portfolio.xlsx"),
    show_default=True,
    metavar="FILE",
    help="Where the workbook is written.",
)
@portfolio_option
@today_option
@session_of
def xlsx(session: Session, output: Path, slug: str | None, today: date | None) -> int:
    """Write a workbook: projects, milestones, risks, findings, dependencies, people, costs, items.

    Every sheet has filters and a heading that stays. Dates and numbers are real ones, unknown is an empty
    cell, and colours say what the cell says. Text of a tracker is text, whatever it looks like; only keys are
    links, and only to web addresses. Money is never added up over currencies.

    \b
      dovetail report xlsx
      dovetail report xlsx --portfolio checkout -o checkout.xlsx
    """
    from reports.reading import Views
    from reports.scope import last_run_at, root_name, within
    from reports.spreadsheet import Workbook
    from reports.spreadsheet_cover import cover
    from reports.spreadsheet_sheets import sheets
    from sync.reasoning import derived_day

    config = session.config()
    with session.store(config) as store, SpooledTemporaryFile(_IN_MEMORY) as draft:
        projects = list(store.rows("project"))
        slugs = within(projects, slug)
        title = root_name(projects, slug)
        as_of = last_run_at(store) or utc_now()
        day = day_of_report(store, config, today, as_of)
        book = Workbook(draft, title=title, made_at=as_of, zone=config.zone, today=day)
        write_cover = book.add_cover("Overview")
        places = None
        if slug is not None:  # a finding on a dependency or on twins belongs to the project of its item
            views = Views(store, scope_of(store, config, now=as_of, today=today, slug=slug))
            places = {one.finding_id: views.place_of(one) for one in views.findings}
        for sheet in sheets(store, slugs, places):
            book.add(sheet)
        write_cover(
            cover(
                title,
                today=day,
                zone=config.timezone,
                projects=[row for row in projects if row["slug"] in slugs],
                sources=list(store.rows("source")),
                written=book.written,
                derived=derived_day(store),
            )
        )
        written = book.close()
        draft.seek(0)
        rows = sum(written.rows.values())
        said = f"{plural(len(written.rows) + 1, 'sheet')}, {plural(rows, 'row')}."
        write_report(session, output, draft.read(), said)
    for name, count in written.left_out.items():
        session.talk.warn(f"{name}: {plural(count, 'row')} found no room; a sheet holds 1,048,575.")
    return 0
