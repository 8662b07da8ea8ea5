"""The trackers of the demo portfolio, running: a simulated Jira on loopback and a folder of plans.

As a program (`python -m simulators.portfolio`) it takes one command per line on standard input and answers
each with one line of JSON; it ends when its input ends, so it never outlives whoever started it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from simulators.clock import Clock
from simulators.jira import BOT_EMAIL, JiraCloud, Options
from simulators.portfolio.build import DEFAULT_SEED, build
from simulators.portfolio.load import apply_week, load_into_jira, write_project_files
from simulators.portfolio.model import DemoPortfolio, Week
from simulators.portfolio.week import next_week

ZONE = ZoneInfo("Europe/Zurich")
PLANS_FOLDER = "plans"


def today_in_zurich() -> date:
    """The day it is in the portfolio's zone."""
    return datetime.now(ZONE).date()


@dataclass(slots=True)
class Trackers:
    """A running simulated Jira and the folder that the plans are saved in."""

    site: JiraCloud
    portfolio: DemoPortfolio
    plans: Path
    url: str
    token: str
    user: str = BOT_EMAIL
    weeks: list[Week] = field(default_factory=list)

    @property
    def writes(self) -> int:
        """How many requests so far have written something."""
        return sum(
            status < 300 and (method in {"PUT", "DELETE"} or (method == "POST" and not _only_reads(template)))
            for method, template, status in self.site.requests
        )

    def pass_week(self) -> Week:
        """Let the next seven days happen.

        Raises:
            RuntimeError: it has happened: the portfolio knows one week ahead.
        """
        if self.weeks:
            raise RuntimeError("the portfolio's one week has passed already")
        week = next_week(self.portfolio, self.site.clock.now())
        apply_week(week, self.site, self.plans)
        self.weeks.append(week)
        return week


@contextmanager
def running(folder: Path, today: date, *, seed: int = DEFAULT_SEED, port: int = 0) -> Iterator[Trackers]:
    """Build the portfolio, save its plans below `folder` and serve its Jira until the end of the block.

    The site's clock runs; it stands at the present hour of `today`.
    """
    portfolio = build(today, seed)
    now = datetime.now(UTC)
    clock = Clock(now + timedelta(days=(today - today_in_zurich()).days), running=True)
    site = JiraCloud(clock, seed, bot_time_zone="Europe/Zurich")
    load_into_jira(portfolio, site)
    write_project_files(portfolio, folder / PLANS_FOLDER)
    with site.serve(Options(emails=True), port=port) as server:
        yield Trackers(site, portfolio, folder / PLANS_FOLDER, server.url, site.token)


def answer_commands(trackers: Trackers, commands: IO[str], answers: IO[str]) -> None:
    """Do what each line says until there are no more.

    `week` lets the week pass; `counts` tells how many mails were sent and how many requests wrote something.
    """
    for line in commands:
        match line.strip():
            case "week":
                week = trackers.pass_week()
                today = trackers.portfolio.today + timedelta(days=7)
                reply: dict[str, object] = {"told": list(week.told), "today": today.isoformat()}
            case "counts":
                reply = {"mails": len(trackers.site.mails), "writes": trackers.writes}
            case other:
                reply = {"error": f"unknown command {other!r}"}
        _say(answers, reply)


def _only_reads(template: str) -> bool:
    """Some lists are too long for an address, so they are asked for with POST."""
    return template.endswith(("/search/jql", "/bulkfetch", "/list", "/approximate-count"))


def _say(answers: IO[str], reply: dict[str, object]) -> None:
    answers.write(json.dumps(reply) + "\n")
    answers.flush()


def main() -> None:
    """Run the trackers for another program, which reads and writes lines."""
    parser = argparse.ArgumentParser(prog="python -m simulators.portfolio", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the plans are saved")
    parser.add_argument("--today", type=date.fromisoformat, default=today_in_zurich())
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    given = parser.parse_args()
    try:
        with running(given.folder, given.today, seed=given.seed, port=given.port) as trackers:
            _say(sys.stdout, {"url": trackers.url, "user": trackers.user, "token": trackers.token})
            answer_commands(trackers, sys.stdin, sys.stdout)
    except KeyboardInterrupt:
        sys.exit(130)
