"""`dovetail report ics`: milestones, gates, committees and freezes as a calendar."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.group import Verb
from commands.report_data import day_of_report, portfolio_option, today_option
from commands.report_writing import read_before, write_report
from commands.session import Session, session_of, utc_now
from commands.text import plural

if TYPE_CHECKING:
    from store import Store


@click.command(cls=Verb)
@click.option(
    "--output",
    "--out",
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default=Path("portfolio.ics"),
    show_default=True,
    metavar="FILE",
    help="Where the calendar is written; - is stdout.",
)
@portfolio_option
@today_option
@session_of
def ics(session: Session, output: Path, slug: str | None, today: date | None) -> int:
    """Write a calendar for Outlook, Google or Apple: milestones, gates, committees, freezes.

    Publish the file where calendars can reach it and let people subscribe to its address, and write it again
    after each sync. An entry keeps its id when its name or date changes, so subscribed calendars move it;
    while nothing changes the file stays the same byte for byte. Milestones without a date are not in it and
    are counted. Committees and freezes come from the configuration.

    \b
      dovetail report ics
      dovetail report ics --portfolio store-2-0 -o /srv/www/store.ics
      dovetail report ics -o - | head
    """
    from reports.calendar_entries import agenda_entries, milestone_entries
    from reports.calendar_feed import calendar_feed
    from reports.scope import above, last_run_at, names_by_slug, root_name, within

    config = session.config()
    with session.store(config) as store:
        projects = list(store.rows("project"))
        chosen = within(projects, slug)
        names = names_by_slug(projects)
        items = [row for row in _milestones(store) if slug is None or row["project"] in chosen]
        entries, undated = milestone_entries(items, names=names, twins=list(store.rows("twin")))
        as_of = last_run_at(store) or utc_now()
        day = day_of_report(store, config, today, as_of)
    # What holds for the whole portfolio holds for its parts.
    places = {None, *chosen, *above(projects, slug)}
    entries += agenda_entries(
        [one for one in config.committees if one.project in places],
        [one for one in config.freezes if one.project in places],
        today=day,
        names=names,
    )
    name = root_name(projects, slug)
    feed = calendar_feed(entries, name=name, as_of=as_of, before=read_before(output))
    counts = {"new": feed.added, "changed": feed.changed, "gone": feed.removed}
    changes = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    said = f"{plural(feed.entries, 'entry', 'entries')}; {changes or 'nothing changed'}."
    write_report(session, output, feed.content, said)
    if undated:
        session.talk.say(f"Left out: {plural(undated, 'milestone')} without any date.")
    return 0


def _milestones(store: Store) -> list[dict[str, object]]:
    found = {
        row["item_id"]: row
        for where in ({"is_milestone": True}, {"kind": "gate"})
        for row in store.rows("item", where=where)
    }
    return list(found.values())
