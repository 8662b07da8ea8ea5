"""Options that several commands share, with the same name, meaning and help everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import click

from commands.output import FORMATS
from portfolio.findings import SEVERITIES

_YEARS = range(1990, 2061)  # of schedule/calendars, which is not loaded for a usage error
F = TypeVar("F", bound=Callable[..., Any])


class Day(click.ParamType[Any]):
    """A date as 2026-11-24."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-11-24.", param, ctx)


class CalendarDay(Day):
    """A date on which the portfolio can be looked at."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error."""
        day = super().convert(value, param, ctx)
        if day.year not in _YEARS:
            self.fail(f"{day} is outside the calendar, which goes from 1990 to 2060.", param, ctx)
        return day


def format_option(default: str = "table", formats: Sequence[str] = FORMATS) -> Callable[[F], F]:
    """How the result is printed."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(list(formats)),
        default=default,
        show_default=True,
        help="A table for people; the others for programs.",
    )


today_option = click.option(
    "--today", type=CalendarDay(), metavar="DATE", help="Work as if it were that day, such as 2026-11-24."
)
source_option = click.option(
    "--source", "sources", multiple=True, metavar="NAME", help="Only this source; may be repeated."
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(list(SEVERITIES)),
    help="Exit 1 when a finding of this severity or above is open.",
)
vanished_option = click.option(
    "--accept-vanished",
    is_flag=True,
    help="What vanished from the sources named by --source is really gone: go past limits.max_vanished.",
)
full_option = click.option(
    "--full", is_flag=True, help="Read everything again, lists and the complete list of ids included."
)
