"""`dovetail report`: what people look at, made from the store. One module per kind of report."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import click

from commands.group import Group

# A report → where it is. Its module is imported when it is used.
REPORTS: Mapping[str, str] = {
    "html": "commands.report_html:html",
    "pack": "commands.report_pack:pack",
    "xlsx": "commands.report_xlsx:xlsx",
    "ics": "commands.report_ics:ics",
}


class Reports(Group):
    """The reports, each loaded when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every report, in the order of the help."""
        del ctx
        return list(REPORTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a report."""
        del ctx
        if cmd_name not in REPORTS:
            return None
        module, _, attribute = REPORTS[cmd_name].partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The reports with what each is for."""
        rows = [(name, _about(self.get_command(ctx, name))) for name in REPORTS]
        with formatter.section("Reports"):
            formatter.write_dl(rows)


def _about(command: Any) -> str:
    return "" if command is None else str(command.get_short_help_str(limit=90))


@click.group(cls=Reports)
def report() -> None:
    """Make what people look at: the portfolio as a page, and what is made from the same figures.

    Reports read what the last run stored and ask no tracker. All of them show the same figures.

    \b
      dovetail report html
      dovetail report html --since 2026-11-26 -o committee.html
    """
