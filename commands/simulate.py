"""`dovetail simulate`: only the trackers of the demo, to try commands against."""

from __future__ import annotations

import sys
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.group import Verb
from commands.options import today_option

if TYPE_CHECKING:
    from simulators.portfolio.serve import Trackers


@click.command(cls=Verb)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the simulated Jira; 0: any free one."
)
@click.option("--seed", type=int, default=None, help="Another portfolio than the usual one.")
@today_option
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".simulated",
    show_default=True,
    help="Where plans and configuration are put; emptied first when an earlier run made it.",
)
def simulate(port: int, seed: int | None, today: date | None, folder: Path) -> int:
    """Run the simulated trackers of the demo until interrupted.

    A Jira on loopback, a folder of Microsoft Project plans and a configuration for both. On a terminal, Enter
    lets a week pass in the simulated world.
    """
    from commands.demo_folder import TOKEN_VARIABLE, prepare, write_config
    from simulators.portfolio import DEFAULT_SEED
    from simulators.portfolio.serve import running, today_in_zurich

    day = today if today is not None else today_in_zurich()
    place = prepare(folder, "simulate")
    with running(place, day, seed=DEFAULT_SEED if seed is None else seed, port=port) as trackers:
        write_config(place, "simulate", url=trackers.url, user=trackers.user)
        click.echo(f"The simulated Jira runs at {trackers.url}; the plans are in {trackers.plans}.")
        click.echo("To use them, in another terminal:")
        click.echo(f'    cd "{place}"')
        click.echo(f"    export {TOKEN_VARIABLE}={trackers.token}")
        moved = f" --today {day}" if today is not None else ""
        click.echo(f"    dovetail doctor\n    dovetail sync --dry-run{moved}\n    dovetail sync{moved}")
        click.echo("Ctrl-C ends it.")
        try:
            _wait(trackers)
        except KeyboardInterrupt:
            click.echo("\nThe simulated Jira has ended.")
    return 130


def _wait(trackers: Trackers) -> None:
    """Until interrupted; on a terminal the first Enter lets a week pass."""
    if sys.stdin.isatty():
        click.echo("Enter lets a week pass.")
        sys.stdin.readline()
        week = trackers.pass_week()
        for line in week.told:
            click.echo(f"    - {line}")
        click.echo(f"Now: dovetail sync --today {week.ends.date()}")
    threading.Event().wait()
