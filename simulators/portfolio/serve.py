"""The trackers of the demo portfolio, running: Jira and Azure DevOps on loopback, and a folder of plans.

As a program (`python -m simulators.portfolio`) it takes one command per line on standard input and answers
each with one line of JSON; it ends when its input ends, so it never outlives whoever started it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from simulators.azure_devops import AzureDevOps
from simulators.clock import Clock
from simulators.jira import BOT_EMAIL, JiraCloud, Options
from simulators.portfolio.addresses import Addresses
from simulators.portfolio.build import DEFAULT_SEED, build
from simulators.portfolio.load import apply_week, load_into_jira, write_project_files
from simulators.portfolio.load_boards import BOARDS_BOT, ORGANISATION, load_into_boards
from simulators.portfolio.model import DemoPortfolio, Week
from simulators.portfolio.week import next_week

ZONE = ZoneInfo("Europe/Zurich")
PLANS_FOLDER = "plans"
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Some lists are too long for an address, so they are asked for with POST.
_ONLY_READ = (
    "/search/jql", "/bulkfetch", "/list", "/approximate-count",
    "/wiql", "/workitemsbatch", "/workitemrevisions", "/subjectlookup",
)  # fmt: skip


def today_in_zurich() -> date:
    """The day it is in the portfolio's zone."""
    return datetime.now(ZONE).date()


@dataclass(frozen=True, slots=True)
class Access:
    """How the trackers are reached: addresses, and the accounts that Dovetail works with."""

    jira_url: str
    jira_user: str
    jira_token: str
    boards_url: str
    identity_url: str
    boards_token: str

    def as_message(self) -> dict[str, object]:
        """All of it, for whoever started the trackers."""
        return dict(asdict(self))


@dataclass(slots=True)
class Trackers:
    """The running trackers and the folder that the plans are saved in."""

    site: JiraCloud
    boards: AzureDevOps
    portfolio: DemoPortfolio
    plans: Path
    access: Access
    weeks: list[Week] = field(default_factory=list)

    @property
    def jira_writes(self) -> int:
        """How many requests so far have written something in Jira."""
        return _writes(self.site.requests)

    @property
    def boards_writes(self) -> int:
        """How many requests so far have written something in Azure DevOps."""
        return _writes(self.boards.requests)

    def pass_week(self) -> Week:
        """Let the next seven days happen.

        Raises:
            RuntimeError: it has happened: the portfolio knows one week ahead.
        """
        if self.weeks:
            raise RuntimeError("the portfolio's one week has passed already")
        week = next_week(self.portfolio, self.site.clock.now())
        apply_week(week, self.site, self.boards, self.plans, self._addresses)
        self.weeks.append(week)
        return week

    @property
    def _addresses(self) -> Addresses:
        return Addresses(self.access.jira_url, self.access.boards_url)


@contextmanager
def running(
    folder: Path, today: date, *, seed: int = DEFAULT_SEED, port: int = 0, boards_port: int = 0
) -> Iterator[Trackers]:
    """Build the portfolio, save its plans below `folder` and serve its trackers until the end of the block.

    Their clocks run; they stand at the present hour of `today`.
    """
    portfolio = build(today, seed)
    now = datetime.now(UTC) + timedelta(days=(today - today_in_zurich()).days)
    site = JiraCloud(Clock(now, running=True), seed, bot_time_zone="Europe/Zurich")
    boards = AzureDevOps(
        Clock(now, running=True),
        seed,
        organisation=ORGANISATION,
        bot_email=BOARDS_BOT,
        bot_time_zone="Europe/Zurich",
    )
    with (
        site.serve(Options(emails=True), port=port) as jira,
        boards.serve(port=boards_port) as azure,
    ):
        access = Access(jira.url, BOT_EMAIL, site.token, azure.url, azure.identity_url, boards.token)
        # Links from one tracker to the other need the addresses, so both are filled when these are known.
        addresses = Addresses(access.jira_url, access.boards_url)
        load_into_jira(portfolio, site, addresses)
        load_into_boards(portfolio.boards, boards, addresses)
        write_project_files(portfolio, folder / PLANS_FOLDER)
        yield Trackers(site, boards, portfolio, folder / PLANS_FOLDER, access)


def answer_commands(trackers: Trackers, commands: IO[str], answers: IO[str]) -> None:
    """Do what each line says until there are no more.

    `week` lets the week pass; `counts` tells for each tracker how many mails were sent and how many requests
    wrote something.
    """
    for line in commands:
        match line.strip():
            case "week":
                week = trackers.pass_week()
                today = trackers.portfolio.today + timedelta(days=7)
                reply: dict[str, object] = {"told": list(week.told), "today": today.isoformat()}
            case "counts":
                reply = {
                    "jira": {"mails": len(trackers.site.mails), "writes": trackers.jira_writes},
                    "boards": {"mails": len(trackers.boards.mails), "writes": trackers.boards_writes},
                }
            case other:
                reply = {"error": f"unknown command {other!r}"}
        _say(answers, reply)


def _writes(requests: Sequence[tuple[str, str, int]]) -> int:
    return sum(
        status < 300 and method in _WRITING and not (method == "POST" and template.endswith(_ONLY_READ))
        for method, template, status in requests
    )


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
            _say(sys.stdout, trackers.access.as_message())
            answer_commands(trackers, sys.stdin, sys.stdout)
    except KeyboardInterrupt:
        sys.exit(130)
