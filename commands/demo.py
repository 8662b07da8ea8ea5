"""`dovetail demo`: the whole flow, with the real command line, against simulated trackers on loopback."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.demo_plans import PlansReader
from commands.group import Verb

if TYPE_CHECKING:
    from commands.demo_boards import BoardsReader
    from commands.demo_jira import JiraReader
    from commands.demo_stage import Stage, Trackers
    from simulators.portfolio import DemoPortfolio

    Readers = Mapping[str, JiraReader | BoardsReader]

_ROLLUP = ("Portfolio health", "Slip in working days", "Portfolio progress", "Open findings")
_SEVERITIES = ("Critical: ", "High: ", "Medium: ", "Low: ", "Info: ")  # how a finding begins in a comment
_SUBJECT = "WMS twin Cut-over rehearsal"  # late in Jira, with another date in the plan
_FEATURE = "DEV left behind"  # late in Azure DevOps, below the epic that both trackers have
_ROLLOUT = "store-rollout.xml"
_NAMES = {"shop": "Jira", "boards": "Azure DevOps"}  # of the sources that are written to
_LEFT_PLANS = {True: "left every plan as it was, byte for byte", False: "changed a plan"}
_PLACES = {"shop": "jira", "boards": "boards"}
_MAILS = {
    "shop": "a new comment mails those who watch the item, an edit does not.",
    "boards": "a new comment mails those who follow the item; edits of it and fields are silent.",
}


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
    "--keep", is_flag=True, help="Keep the simulated trackers running at the end, until Enter is pressed."
)
@click.option(
    "--pace", type=click.FloatRange(0, 60), default=0.0, metavar="SECONDS", help="Wait between the parts."
)
def demo(folder: Path, seed: int | None, keep: bool, pace: float) -> int:
    """Show the main job: three trackers, one portfolio, and the answer written back.

    A simulated Jira and a simulated Azure DevOps with a year of history, and four Microsoft Project plans,
    are set up on this machine; the real command line runs against them. Nothing else is touched, and no
    network is needed.
    """
    from commands.demo_boards import BoardsReader
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
            write_config(stage.folder, "demo", **trackers.places)
            stage.secrets = trackers.secrets
            readers: Readers = {
                "shop": JiraReader(trackers.jira_url, trackers.jira_user, trackers.jira_token),
                "boards": BoardsReader(trackers.boards_url, trackers.boards_token),
            }
            play = _Play(stage, trackers, readers, build(today, seed))
            play.first_day()
            day = play.a_week_later()
            _what_next(stage, folder, day, trackers if keep else None)
    except StepFailed as failure:
        click.secho(f"The demo ends here: {failure}.", fg="red", err=True)
        return failure.exit_code
    return 0


class _Play:
    """The parts of the demo in order. Each shows a command, and then what it changed in the trackers."""

    def __init__(self, stage: Stage, trackers: Trackers, readers: Readers, portfolio: DemoPortfolio) -> None:
        self.stage = stage
        self.trackers = trackers
        self.readers = readers
        self.portfolio = portfolio
        self.plans = PlansReader(stage.folder / "plans")
        # What is looked at in each tracker, by the name of its source.
        self.subjects = {"shop": portfolio.featured[_SUBJECT].key, "boards": portfolio.featured[_FEATURE].key}
        self.epics = {
            "shop": portfolio.featured["shared epic in Jira"].key,
            "boards": portfolio.featured["shared epic on boards"].key,
        }
        self.before: dict[str, dict[str, list[str]]] = {}

    def first_day(self) -> None:
        """From nothing to comments and fields in two trackers."""
        stage, boards, plans = self.stage, self.portfolio.boards, self.portfolio.plans
        rows = sum(len(plan.tasks) for plan in plans.values())
        stage.act("One portfolio in three tools")
        stage.say(
            f"A simulated Jira runs at {self.trackers.jira_url}: "
            f"{len(self.portfolio.issues):,} issues in {len(self.portfolio.projects)} projects.\n"
            f"A simulated Azure DevOps runs at {self.trackers.boards_url}: "
            f"{len(boards.items):,} work items in {len(boards.projects)} projects.\n"
            f"{len(plans)} Microsoft Project plans with {rows} rows lie in {stage.folder / 'plans'}.\n"
            "Each has a year of history, and work in one waits for work in another.\n"
            f"The configuration is {stage.folder / 'dovetail.yaml'}; its tokens are in the environment.\n"
            "Everything below is typed in that folder."
        )
        stage.run("doctor", rest="dovetail doctor")
        stage.act("What would be written? Nothing is, yet")
        stage.run("sync", "--dry-run", rest="dovetail plan")
        stage.act("Write it")
        stage.run("sync")
        written = stage.rows("write")
        for source, name in _NAMES.items():
            stage.act(f"What people in {name} see now")
            self._show_comment(source)
            self._count(source, written)
        stage.act("One epic in three tools, with children in two")
        self._show_epic()
        stage.run("reconcile", self.epics["shop"])
        stage.act("Titles that are alike are a suggestion, until somebody confirms it")
        stage.run("twins", "suggest")
        alike = [self.portfolio.featured[part].key for part in ("alike in Jira", "alike on boards")]
        stage.run("twins", "confirm", alike[0], f"boards:{alike[1]}", "--by", "Anneke Solberg")

    def a_week_later(self) -> str:
        """People work for a week; the comments follow, in place. Gives the day it is then."""
        stage = self.stage
        stage.act("A week passes")
        week = self.trackers.ask("week")
        stage.say(f"It is {week['today']} now in the simulated world. Meanwhile:")
        stage.quote([f"• {line}" for line in week["told"]])
        stage.run("sync", "--today", week["today"], "--for-real")
        written = stage.rows("write")
        for source in _NAMES:
            self._show_edited_comment(source)
            self._count(source, written)
        self._show_epic()
        stage.act("Again, with nothing new")
        before, files = self.trackers.ask("counts"), self.plans.digests()
        stage.run("sync", "--today", week["today"], "--for-real")
        after = self.trackers.ask("counts")
        made = {place: after[place]["writes"] - before[place]["writes"] for place in ("jira", "boards")}
        same = self.plans.digests() == files
        stage.say(
            f"\nThe second sync of the day made {made['jira']} writes in Jira and {made['boards']} in "
            f"Azure DevOps, by their own counts,\nand {_LEFT_PLANS[same]}."
        )
        return str(week["today"])

    def _show_comment(self, source: str) -> None:
        subject, reader = self.subjects[source], self.readers[source]
        self.before[source] = reader.comments(subject)
        self.stage.say(f"\n{_shown(subject)}, “{reader.title(subject)}”, has this comment:")
        for text in self.before[source].values():
            self.stage.quote(text)

    def _show_edited_comment(self, source: str) -> None:
        subject, before = self.subjects[source], self.before[source]
        after = self.readers[source].comments(subject)
        same = "the same comment, edited in place" if after.keys() == before.keys() else "other comments"
        self.stage.say(f"\nOn {_shown(subject)} in {_NAMES[source]} stands {same}. It said, in short:")
        self.stage.show([line for text in before.values() for line in text if line.startswith(_SEVERITIES)])
        self.stage.say("It says now:")
        for text in after.values():
            self.stage.quote(text)

    def _show_epic(self) -> None:
        """The epic that both trackers have, with the fields that Dovetail keeps on it in each."""
        keys = self.epics
        ours, theirs = (self.readers[source].fields(keys[source], _ROLLUP) for source in _NAMES)
        title = self.readers["shop"].title(keys["shop"])
        planned = self.plans.fields(_ROLLOUT, title)
        same = "the same on both sides" if ours == theirs else "not the same on both sides"
        self.stage.say(
            f"\nThe epic “{title}” is {keys['shop']} in Jira and {_shown(keys['boards'])} in Azure DevOps;\n"
            f"{_ROLLOUT} has it as one row. What it shows counts the children in both trackers; it is {same}:"
        )
        rows = [("", *map(_shown, keys.values()), _ROLLOUT)]
        rows += [
            (name, *(str(_plain(one.get(name, "-"))) for one in (ours, theirs, planned))) for name in _ROLLUP
        ]
        self.stage.show([f"{name:<24}{jira:<12}{boards:<12}{plan}" for name, jira, boards, plan in rows])

    def _count(self, source: str, written: Sequence[Mapping[str, Any]]) -> None:
        """One comment per item and one mail per new comment, counted in the tracker itself."""
        keys = {
            row["key"]
            for row in written
            if row["source"] == source and row["slot"] == "comment" and row["state"] == "applied"
        }
        counts = [len(self.readers[source].comments(key)) for key in sorted(keys)]
        each = "exactly one" if set(counts) <= {1} else f"between {min(counts)} and {max(counts)}"
        mails = self.trackers.ask("counts")[_PLACES[source]]["mails"]
        self.stage.say(
            f"\n{len(counts)} items in {_NAMES[source]} have a comment by Dovetail, {each} each. "
            f"It has sent {mails} mails so far:\n{_MAILS[source]}"
        )


def _shown(key: str) -> str:
    """A key as people write it: Azure DevOps puts a # before its numbers."""
    return f"#{key}" if key.isdigit() else key


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _what_next(stage: Stage, folder: Path, day: str, kept: Trackers | None) -> None:
    stage.act("What the committee looks at")
    stage.run("report", "html")
    stage.run("report", "pack")
    stage.say(
        f"\nThe portfolio on one page, in one file that asks nobody: {stage.folder / 'portfolio.html'}\n"
        "Open it in a browser. The slides for the committee, with the same figures:\n"
        f"{stage.folder / 'steering-pack.pptx'}, to edit and present, and\n"
        f"{stage.folder / 'steering-pack.pdf'}, to send."
    )
    stage.act("What to try next")
    stage.say("Everything is still there, in the folder of the demo:")
    stage.show(
        [
            *how_to_reach_dovetail(),
            f'cd "{folder}"' if " " in str(folder) else f"cd {folder}",
            "dovetail findings                     what is open, worst first",
            "dovetail explain ID                   why, on which evidence, what to do",
            "dovetail export item --format csv     every item of all tools, in one table",
            "dovetail export dependency            what waits for what, across the tools too",
            "dovetail status                       what ran, and how fresh everything is",
            "dovetail report html --since DATE     the page again, with what changed since that day",
            "dovetail report xlsx                  the same portfolio as a workbook to filter",
            "dovetail report ics                   milestones and gates as a calendar",
        ]
    )
    stage.say(
        f"There it is {day}: give `check` and `plan` that day with --today {day}, "
        "and `sync` --for-real as well."
    )
    stage.say("A plan of your own, without any configuration (in Microsoft Project: File, Save As, XML):")
    stage.show(["dovetail check YOUR.xml", "dovetail report html YOUR.xml -o YOUR.html"])
    if kept is None:
        stage.say("The simulated trackers have ended; `dovetail simulate` starts others to play with.")
        return
    stage.say(f"\nThe simulated trackers keep running, at {kept.jira_url} and {kept.boards_url}.")
    stage.say("In another terminal:")
    exports = [f"export {name}={token}" for name, token in kept.secrets.items()]
    stage.show([*exports, f"dovetail sync --today {day} --for-real"])
    click.pause("Press any key to end it.")


def how_to_reach_dovetail() -> list[str]:
    """A line that makes `dovetail` known to the shell, where it is not: after `make demo` it is in .venv."""
    if shutil.which("dovetail") is not None:
        return []
    script = Path(sys.executable).with_name("dovetail")
    words = [str(script)] if script.exists() else [sys.executable, "-m", "cli"]
    if shlex.join(words) != " ".join(words):  # an alias would fall apart where the path has a space
        return [f'dovetail() {{ {shlex.join(words)} "$@"; }}']
    return [f"alias dovetail='{' '.join(words)}'"]
