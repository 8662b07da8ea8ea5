"""The figures of every report: the day they hold for, what they are compared with, and the store's answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from commands.options import Day, today_option

if TYPE_CHECKING:
    from reports.figures import Report
    from reports.reading import Scope
    from store import RunEvent, Store
    from sync.config import Config

USUAL_DAYS = 14  # what changes are told of where no committee meets

__all__ = ["day_of_report", "portfolio_option", "report_of", "since_option", "today_option"]

since_option = click.option(
    "--since",
    type=Day(),
    metavar="DATE",
    help="Tell what changed since the end of that day; else since the last committee, else for two weeks.",
)
portfolio_option = click.option(
    "--portfolio",
    "slug",
    metavar="SLUG",
    help="Only this portfolio, programme or project; `dovetail export project` lists them.",
)


def report_of(
    store: Store,
    config: Config,
    *,
    now: datetime,
    today: date | None = None,
    since: date | None = None,
    slug: str | None = None,
) -> Report:
    """Gather every figure.

    Args:
        store: an open store.
        config: the configuration, or the default one of a run without.
        now: the instant at which the report is made.
        today: the day that the figures hold for; None is the day for which the store was last derived.
        since: what changed after the end of this day is told; None is the last committee's.
        slug: only this part of the tree.

    Raises:
        UsageError: the tree has no such slug, or `since` does not lie before the day of the report.
    """
    from reports.figures import gather

    scope = scope_of(store, config, now=now, today=today, since=since, slug=slug)
    events, compared_with = _events(store, config, scope.since)
    return gather(store, scope, events=events, compared_with=compared_with)


def scope_of(
    store: Store,
    config: Config,
    *,
    now: datetime,
    today: date | None = None,
    since: date | None = None,
    slug: str | None = None,
) -> Scope:
    """What a report is about; see `report_of`."""
    from portfolio.errors import UsageError
    from reports.reading import Scope
    from sync.reasoning import derived_day
    from sync.settings import portfolio_calendar

    derived = derived_day(store)
    day = today or derived or config.day_of(now)
    if since is not None and since > day:
        raise UsageError(
            f"--since {since} lies after the day of the report, {day}.", hint="Give an earlier day."
        )
    start, what = (
        (since, f"{since.day} {since:%B %Y}")
        if since is not None
        else _last_meeting(store, config, day, slug)
    )
    return Scope(
        today=day,
        # The clock of a store that stands at a later day, as that of the demo does, is that day's.
        now=max(now, _last_run(store) or now),
        since=start,
        since_what=what,
        zone=config.zone,
        working_days=portfolio_calendar(config).working_days_between,
        slug=slug,
        committees=config.committees,
        freezes=config.freezes,
        derived=derived if derived != day else None,
        is_derived=derived is not None,
    )


def day_of_report(store: Store, config: Config, today: date | None, as_of: datetime) -> date:
    """The day that a report speaks of: as asked for, else that for which the store was last derived."""
    from sync.reasoning import derived_day

    return today or derived_day(store) or config.day_of(as_of)


def _last_meeting(store: Store, config: Config, day: date, slug: str | None) -> tuple[date, str]:
    """The last meeting before a day of a committee that decides about what is shown."""
    from portfolio.agenda import meetings
    from reports.scope import deciding

    mine = deciding(config.committees, list(store.rows("project")), slug)
    before = meetings(mine, day - timedelta(days=370), day - timedelta(days=1))
    if before:
        last = before[-1]
        return last.day, f"{last.committee}, {last.day.day} {last.day:%B %Y}"
    start = day - timedelta(days=USUAL_DAYS)
    return start, f"{start.day} {start:%B %Y}"


def _events(store: Store, config: Config, since: date) -> tuple[list[RunEvent], datetime | None]:
    """What changed after the last check by the end of a day; if there was none, after the first."""
    from sync.run_differences import remaining

    runs = sorted(
        (row["started_at"], str(row["run_id"]))
        for row in store.rows("run")
        if row["verb"] in ("sync", "check") and isinstance(row["started_at"], datetime)
    )
    if len(runs) < 2:
        return [], None
    before = [run for run in runs if config.day_of(run[0]) <= since] or runs[:1]
    began, first = before[-1]
    return remaining(store.run_events(first, runs[-1][1])), began


def _last_run(store: Store) -> datetime | None:
    found = [row["started_at"] for row in store.rows("run")]
    return max((one for one in found if isinstance(one, datetime)), default=None)
