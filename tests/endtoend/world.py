"""Simulated trackers, a folder of plans and the real command line, for tests that start, kill and compare."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bench.simulated_jira import SimulatedJira, simulated_jira
from simulators.azure_devops import AzureDevOps, Options
from simulators.clock import Clock, from_ms

ROOT = Path(__file__).resolve().parent.parent.parent
TODAY = date(2026, 11, 24)
# What stands in the files of an origin in place of addresses, which are known when the trackers run.
_JIRA, _BOARDS, _IDENTITIES = "http://127.0.0.1:1", "http://127.0.0.1:2/shop", "http://127.0.0.1:3/shop"
_READ_BY_POST = (
    "/search/jql", "/bulkfetch", "/list", "/approximate-count",
    "/wiql", "/workitemsbatch", "/workitemrevisions", "/subjectlookup",
)  # fmt: skip
_ALL_OF_JIRA, _ALL_OF_BOARDS = (
    "[CHK, PAY, APP, LOY, WMS, RPL]",
    "[Shop Devices, Data Platform, ERP Interfaces]",
)
# What a run leaves behind that may differ between two runs with equal outcomes.
_OWN_OF_A_RUN = frozenset(
    ("run_id", "write_id", "at", "opened_at", "last_seen_at", "resolved_at", "last_good_at", "armed_at")
)


class CommandLine:
    """The real `cli.main` in forked children of one warm process."""

    def __init__(self) -> None:
        self._zygote = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        )
        self._answer()

    def close(self) -> None:
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.close()
        self._zygote.wait(timeout=30)
        self._zygote.stdout.close()

    def _answer(self) -> dict[str, Any]:
        assert self._zygote.stdout is not None
        answer: dict[str, Any] = json.loads(self._zygote.stdout.readline())
        return answer

    def run(
        self, folder: Path, *args: str, env: dict[str, str], kill_after: float | None = None
    ) -> tuple[int, str]:
        """Run one command; with `kill_after` it is killed (SIGKILL) after that many seconds."""
        # Beside the folder, one file a command: the secret scan reads them all.
        said = folder.parent / f"{folder.name} said"
        said.mkdir(exist_ok=True)
        output = said / f"{len(list(said.iterdir()))}.txt"
        request = {"args": args, "folder": str(folder), "env": env, "output": str(output)}
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps(request) + "\n")
        self._zygote.stdin.flush()
        pid = self._answer()["pid"]
        if kill_after is not None:
            _wait(kill_after)
            with suppress(ProcessLookupError):  # it had ended already: that moment met no work
                os.kill(pid, signal.SIGKILL)
        code = self._answer()["exit"]
        return code, output.read_text(errors="replace") if output.exists() else ""


def _wait(seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.05))


@dataclass
class World:
    """One folder with a configuration, its plans, and the simulated trackers it names."""

    folder: Path
    site: SimulatedJira
    boards: AzureDevOps
    boards_url: str
    command_line: CommandLine
    outputs: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.site.url

    @property
    def secrets(self) -> dict[str, str]:
        return {"JIRA_TOKEN": self.site.token, "ADO_PAT": self.boards.token}

    def run(self, *args: str, kill_after: float | None = None) -> int:
        code, output = self.command_line.run(self.folder, *args, env=self.secrets, kill_after=kill_after)
        self.outputs.append(output)
        return code

    def succeed(self, *args: str) -> str:
        code = self.run(*args)
        assert code == 0, f"{' '.join(args)} ended with {code}:\n{self.outputs[-1]}"
        return self.outputs[-1]

    def export(self, view: str) -> list[dict[str, Any]]:
        # Each simulated tracker has a port of its own.
        text = self.succeed("export", view).replace(self.url, "http://site")
        lines = text.replace(self.boards_url, "http://boards").splitlines()
        rows = [json.loads(line) for line in lines if line.startswith("{")]
        return [{key: value for key, value in row.items() if key not in _OWN_OF_A_RUN} for row in rows]

    def control(self, name: str, body: object = None) -> Any:
        """Ask the simulated Jira itself."""
        return self.site.control(name, body)

    def reset(self) -> None:
        """Count requests from now on."""
        self.control("reset", {})
        self.boards.requests.clear()

    def writes(self) -> dict[str, int]:
        """Requests that changed something since the last reset, in each tracker."""
        by_template = self.control("requests")["by_template"]
        requests = Counter(f"{method} {template}" for method, template, _ in self.boards.requests)
        return {"shop": _writing(by_template), "boards": _writing(requests)}

    def forget_store(self) -> None:
        for path in self.folder.glob("dovetail.db*"):
            path.unlink()


NO_WRITES = {"shop": 0, "boards": 0}


def _writing(by_template: Mapping[str, int]) -> int:
    return sum(
        count
        for template, count in by_template.items()
        if template.startswith(("PUT ", "PATCH ", "DELETE "))
        or (template.startswith("POST ") and not template.endswith(_READ_BY_POST))
    )


@contextmanager
def a_world(origin: Path, folder: Path, command_line: CommandLine, *, latency_ms: int = 0) -> Iterator[World]:
    """A world that starts from a copy of `origin`: a folder made by `make_origin`."""
    shutil.copytree(origin, folder, dirs_exist_ok=True)
    state = json.loads((folder / "boards.json").read_text())
    boards = AzureDevOps.restore(state, Clock(from_ms(state["clock"])))
    with boards.serve(Options(latency_ms=latency_ms)) as azure:
        _replace(folder / "site.json", {_BOARDS: azure.url})
        arguments = ("--state", str(folder / "site.json"), "--latency", str(latency_ms))
        with simulated_jira(*arguments) as site:
            # The organisation is served before Jira's address is known, so its links get it now.
            text = (folder / "boards.json").read_text().replace(_JIRA, site.url)
            boards.load(json.loads(text))
            addresses = {_JIRA: site.url, _BOARDS: azure.url, _IDENTITIES: azure.identity_url}
            _replace(folder / "dovetail.yaml", addresses)
            yield World(folder, site, boards, azure.url, command_line)


def _replace(path: Path, words: Mapping[str, str]) -> None:
    text = path.read_text()
    for old, new in words.items():
        assert old in text, f"{path} does not say {old}"
        text = text.replace(old, new)
    path.write_text(text)


def make_origin(folder: Path) -> Path:
    """The demo portfolio as files: the trackers' states, the plans, a configuration without addresses."""
    from commands.demo_folder import write_config
    from simulators.jira import BOT_EMAIL, JiraCloud
    from simulators.portfolio import build, load_into_boards, load_into_jira, write_project_files
    from simulators.portfolio.addresses import Addresses
    from simulators.portfolio.serve import PLANS_FOLDER

    portfolio, addresses = build(TODAY, 7), Addresses(_JIRA, _BOARDS)
    # The trackers' clocks stand still, so that two runs leave equal instants behind.
    site = JiraCloud(Clock(_noon()), 7, bot_time_zone="Europe/Zurich")
    load_into_jira(portfolio, site, addresses)
    boards = AzureDevOps(Clock(_noon()), 7, organisation="shop", bot_time_zone="Europe/Zurich")
    load_into_boards(portfolio.boards, boards, addresses)
    folder.mkdir(parents=True, exist_ok=True)
    write_project_files(portfolio, folder / PLANS_FOLDER)
    places = {"jira_url": _JIRA, "jira_user": BOT_EMAIL, "boards_url": _BOARDS, "identity_url": _IDENTITIES}
    write_config(folder, "demo", **places)
    # A third of the portfolio, with work in all three tools, is enough: these tests run it dozens of times.
    _replace(folder / "dovetail.yaml", {_ALL_OF_JIRA: "[PAY, WMS]", _ALL_OF_BOARDS: "[Shop Devices]"})
    (folder / "site.json").write_text(json.dumps(site.dump()))
    (folder / "boards.json").write_text(json.dumps(boards.dump()))
    return folder


def _noon() -> Any:
    from datetime import UTC, datetime

    return datetime(TODAY.year, TODAY.month, TODAY.day, 11, tzinfo=UTC)
