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
@click.option(
    "--boards-port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of the simulated Azure DevOps; 0: any free one.",
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
def simulate(port: int, boards_port: int, seed: int | None, today: date | None, folder: Path) -> int:
    """Run the simulated trackers of the demo until interrupted.

    A Jira and an Azure DevOps on loopback, a folder of Microsoft Project plans and a configuration for all.
    On a terminal, Enter lets a week pass in the simulated world.
    """
    from commands.demo_folder import BOARDS_VARIABLE, JIRA_VARIABLE, prepare, write_config
    from simulators.portfolio import DEFAULT_SEED
    from simulators.portfolio.serve import running, today_in_zurich

    day = today if today is not None else today_in_zurich()
    place = prepare(folder, "simulate")
    number = DEFAULT_SEED if seed is None else seed
    with running(place, day, seed=number, port=port, boards_port=boards_port) as trackers:
        access = trackers.access
        write_config(
            place,
            "simulate",
            jira_url=access.jira_url,
            jira_user=access.jira_user,
            boards_url=access.boards_url,
            identity_url=access.identity_url,
        )
        click.echo(f"The simulated Jira runs at {access.jira_url}, Azure DevOps at {access.boards_url};")
        click.echo(f"the plans are in {trackers.plans}.")
        click.echo("To use them, in another terminal:")
        click.echo(f'    cd "{place}"')
        click.echo(f"    export {JIRA_VARIABLE}={access.jira_token}")
        click.echo(f"    export {BOARDS_VARIABLE}={access.boards_token}")
        moved = f" --today {day}" if today is not None else ""
        real = f"{moved} --for-real" if moved else ""
        click.echo(f"    dovetail doctor\n    dovetail sync --dry-run{moved}\n    dovetail sync{real}")
        click.echo("Ctrl-C ends it.")
        try:
            _wait(trackers)
        except KeyboardInterrupt:
            click.echo("\nThe simulated trackers have ended.")
    return 130


def _wait(trackers: Trackers) -> None:
    """Until interrupted; on a terminal the first Enter lets a week pass."""
    if sys.stdin.isatty():
        click.echo("Enter lets a week pass.")
        sys.stdin.readline()
        week = trackers.pass_week()
        for line in week.told:
            click.echo(f"    - {line}")
        click.echo(f"Now: dovetail sync --today {week.ends.date()} --for-real")
    threading.Event().wait()
