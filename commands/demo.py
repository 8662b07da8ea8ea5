"""`dovetail demo`: the whole flow, with the real command line, against simulated trackers on loopback."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.group import Verb

if TYPE_CHECKING:
    from commands.demo_jira import JiraReader
    from commands.demo_stage import Stage, Trackers
    from simulators.portfolio import DemoPortfolio

_ROLLUP = ("Portfolio health", "Slip in working days", "Portfolio progress", "Open findings")
_SEVERITIES = ("Critical: ", "High: ", "Medium: ", "Low: ", "Info: ")  # how a finding begins in a comment
_SUBJECT = "WMS twin Cut-over rehearsal"  # late in Jira, with another date in the plan


@click.command(cls=Verb)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".demo",
    show_default=True,
    help="Where configuration, plans and store are put; emptied first when an earlier demo made it.",
)
@click.option("--seed", type=int, default=None, help="Another portfolio than the usual one.")
@click.option(
    "--keep", is_flag=True, help="Keep the simulated Jira running at the end, until Enter is pressed."
)
@click.option(
    "--pace", type=click.FloatRange(0, 60), default=0.0, metavar="SECONDS", help="Wait between the parts."
)
def demo(folder: Path, seed: int | None, keep: bool, pace: float) -> int:
    """Show the main job: two trackers, one portfolio, and the answer written back.

    A simulated Jira with a year of history and four Microsoft Project plans are set up on this machine; the
    real command line runs against them. Nothing else is touched, and no network is needed.
    """
    from commands.demo_folder import prepare, write_config
    from commands.demo_jira import JiraReader
    from commands.demo_stage import Stage, StepFailed, trackers_running
    from simulators.portfolio import DEFAULT_SEED, build
    from simulators.portfolio.serve import today_in_zurich

    seed = DEFAULT_SEED if seed is None else seed
    today = today_in_zurich()
    stage = Stage(prepare(folder, "demo"), pace)
    try:
        with trackers_running(stage.folder, today, seed) as trackers:
            write_config(stage.folder, "demo", url=trackers.url, user=trackers.user)
            stage.token = trackers.token
            jira = JiraReader(trackers.url, trackers.user, trackers.token)
            play = _Play(stage, trackers, jira, build(today, seed))
            play.first_day()
            day = play.a_week_later()
            _what_next(stage, folder, day, trackers if keep else None)
    except StepFailed as failure:
        click.secho(f"The demo ends here: {failure}.", fg="red", err=True)
        return failure.exit_code
    return 0


class _Play:
    """The parts of the demo in order. Each shows a command, and then what it changed in Jira."""

    def __init__(self, stage: Stage, trackers: Trackers, jira: JiraReader, portfolio: DemoPortfolio) -> None:
        self.stage = stage
        self.trackers = trackers
        self.jira = jira
        self.portfolio = portfolio
        self.subject = portfolio.featured[_SUBJECT].key
        self.before: dict[str, list[str]] = {}

    def first_day(self) -> None:
        """From nothing to comments and fields in Jira."""
        stage, plans = self.stage, self.portfolio.plans
        rows = sum(len(plan.tasks) for plan in plans.values())
        stage.act("A portfolio in two tools")
        stage.say(
            f"A simulated Jira with a year of history runs at {self.trackers.url}: "
            f"{len(self.portfolio.issues)} issues in {len(self.portfolio.projects)} projects.\n"
            f"{len(plans)} Microsoft Project plans with {rows} rows lie in {stage.folder / 'plans'}.\n"
            f"The configuration is {stage.folder / 'dovetail.yaml'}; its token is in the environment, as "
            "$JIRA_TOKEN.\nEverything below is typed in that folder."
        )
        stage.run("doctor")
        stage.act("What would be written? Nothing is, yet")
        stage.run("sync", "--dry-run", rest="dovetail plan")
        stage.act("Write it")
        stage.run("sync")
        stage.act("What people in Jira see now")
        self._show_comment()
        self._show_fields()
        self._count()
        stage.act("The same work in Jira and in a plan, side by side")
        stage.run("reconcile", self.subject)

    def a_week_later(self) -> str:
        """People work for a week; the comments follow, in place. Gives the day it is then."""
        stage = self.stage
        stage.act("A week passes")
        week = self.trackers.ask("week")
        stage.say(f"It is {week['today']} now in the simulated world. Meanwhile:")
        stage.show([f"- {line}" for line in week["told"]])
        stage.run("sync", "--today", week["today"])
        self._show_edited_comment()
        self._count()
        stage.act("Again, with nothing new")
        writes = self.trackers.ask("counts")["writes"]
        stage.run("sync", "--today", week["today"])
        made = self.trackers.ask("counts")["writes"] - writes
        stage.say(f"\nThe second sync of the day made {made} writes in Jira, by Jira's own count.")
        return str(week["today"])

    def _show_comment(self) -> None:
        self.before = self.jira.comments(self.subject)
        self.stage.say(f"\n{self.subject}, “{self.jira.title(self.subject)}”, has this comment:")
        for text in self.before.values():
            self.stage.quote(text)

    def _show_edited_comment(self) -> None:
        after = self.jira.comments(self.subject)
        same = "the same comment, edited in place" if after.keys() == self.before.keys() else "other comments"
        self.stage.say(f"\nOn {self.subject} stands {same}. It said, in short:")
        self.stage.show(
            [line for text in self.before.values() for line in text if line.startswith(_SEVERITIES)]
        )
        self.stage.say("It says now:")
        for text in after.values():
            self.stage.quote(text)

    def _show_fields(self) -> None:
        """The epic that needs attention most, with the fields that Dovetail keeps on it."""
        open_epics = [
            one for one in self.stage.rows("item") if one["kind"] == "epic" and one["state"] != "done"
        ]
        worst = max(open_epics, key=lambda one: (one["health"] == "red", one["open_findings"], one["key"]))
        self.stage.say(f"\nThe epic {worst['key']}, “{worst['title']}”, shows:")
        fields = self.jira.fields(worst["key"], _ROLLUP)
        self.stage.show([f"{name}: {_plain(value)}" for name, value in fields.items()])

    def _count(self) -> None:
        """One comment per item and one mail per new comment, counted in Jira itself."""
        written = self.stage.rows("write")
        keys = {row["key"] for row in written if row["slot"] == "comment" and row["state"] == "applied"}
        counts = [len(self.jira.comments(key)) for key in sorted(keys)]
        each = "exactly one" if set(counts) <= {1} else f"between {min(counts)} and {max(counts)}"
        mails = self.trackers.ask("counts")["mails"]
        self.stage.say(
            f"\n{len(counts)} items have a comment by Dovetail, {each} each. "
            f"Jira has sent {mails} mails so far:\n"
            "a new comment mails those who watch the item, an edit does not."
        )


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _what_next(stage: Stage, folder: Path, day: str, kept: Trackers | None) -> None:
    stage.act("What to try next")
    stage.say("Everything is still there, in the folder of the demo:")
    stage.show(
        [
            *_how_to_reach_dovetail(),
            f'cd "{folder}"' if " " in str(folder) else f"cd {folder}",
            "dovetail findings                     what is open, worst first",
            "dovetail explain ID                   why, on which evidence, what to do",
            "dovetail export item --format csv     every item of both tools, in one table",
            "dovetail status                       what ran, and how fresh everything is",
        ]
    )
    stage.say(f"There it is {day}: give `check`, `plan` and `sync` that day with --today {day}.")
    stage.say("A plan of your own, without any configuration (in Microsoft Project: File, Save As, XML):")
    stage.show(["dovetail check YOUR.xml"])
    if kept is None:
        stage.say("The simulated Jira has ended with the demo; `dovetail simulate` starts one to play with.")
        return
    stage.say(f"\nThe simulated Jira keeps running at {kept.url}. In another terminal:")
    stage.show([f"export JIRA_TOKEN={kept.token}", f"dovetail sync --today {day}"])
    click.pause("Press any key to end it.")


def _how_to_reach_dovetail() -> list[str]:
    """A line that makes `dovetail` known to the shell, where it is not: after `make demo` it is in .venv."""
    if shutil.which("dovetail") is not None:
        return []
    script = Path(sys.executable).with_name("dovetail")
    return (
        [f"alias dovetail='{script}'"] if script.exists() else [f"alias dovetail='{sys.executable} -m cli'"]
    )
