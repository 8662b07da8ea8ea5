"""A simulated Jira, a folder of plans and the real command line, for tests that start, kill and compare."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bench.simulated_jira import SimulatedJira, simulated_jira

ROOT = Path(__file__).resolve().parent.parent.parent
TODAY = date(2026, 11, 24)
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
        output = folder / "output.txt"
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
    """One folder with a configuration, its plans, and the simulated Jira it names."""

    folder: Path
    site: SimulatedJira
    command_line: CommandLine
    outputs: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.site.url

    @property
    def token(self) -> str:
        return self.site.token

    def run(self, *args: str, kill_after: float | None = None) -> int:
        code, output = self.command_line.run(
            self.folder, *args, env={"JIRA_TOKEN": self.token}, kill_after=kill_after
        )
        self.outputs.append(output)
        return code

    def succeed(self, *args: str) -> str:
        code = self.run(*args)
        assert code == 0, f"{' '.join(args)} ended with {code}:\n{self.outputs[-1]}"
        return self.outputs[-1]

    def export(self, view: str) -> list[dict[str, Any]]:
        # Each simulated site has a port of its own.
        lines = self.succeed("export", view).replace(self.url, "http://site").splitlines()
        rows = [json.loads(line) for line in lines if line.startswith("{")]
        return [{key: value for key, value in row.items() if key not in _OWN_OF_A_RUN} for row in rows]

    def control(self, name: str, body: object = None) -> Any:
        """Ask the simulator itself."""
        return self.site.control(name, body)

    def writes(self) -> int:
        """Requests that changed something in the tracker since the last reset."""
        by_template = self.control("requests")["by_template"]
        reading = ("/search/jql", "/bulkfetch", "/list", "/approximate-count")
        return sum(
            count
            for template, count in by_template.items()
            if template.startswith(("PUT ", "DELETE "))
            or (template.startswith("POST ") and not template.endswith(reading))
        )

    def forget_store(self) -> None:
        for path in self.folder.glob("dovetail.db*"):
            path.unlink()


@contextmanager
def a_world(origin: Path, folder: Path, command_line: CommandLine, *, latency_ms: int = 0) -> Iterator[World]:
    """A world that starts from a copy of `origin`: a folder made by `make_origin`."""
    shutil.copytree(origin, folder, dirs_exist_ok=True)
    with simulated_jira("--state", str(folder / "site.json"), "--latency", str(latency_ms)) as site:
        config = folder / "dovetail.yaml"
        config.write_text(config.read_text().replace("http://127.0.0.1:1", site.url))
        yield World(folder, site, command_line)


def make_origin(folder: Path) -> Path:
    """The demo portfolio as files: the site's state, the plans, a configuration without the address."""
    from commands.demo_folder import write_config
    from simulators.clock import Clock
    from simulators.jira import BOT_EMAIL, JiraCloud
    from simulators.portfolio.build import build
    from simulators.portfolio.load import load_into_jira, write_project_files
    from simulators.portfolio.serve import PLANS_FOLDER

    portfolio = build(TODAY, 7)
    # The site's clock stands still, so that two runs leave equal instants behind.
    site = JiraCloud(Clock(_noon()), 7, bot_time_zone="Europe/Zurich")
    load_into_jira(portfolio, site)
    folder.mkdir(parents=True, exist_ok=True)
    write_project_files(portfolio, folder / PLANS_FOLDER)
    write_config(folder, "demo", url="http://127.0.0.1:1", user=BOT_EMAIL)
    (folder / "site.json").write_text(json.dumps(site.dump()))
    return folder


def _noon() -> Any:
    from datetime import UTC, datetime

    return datetime(TODAY.year, TODAY.month, TODAY.day, 11, tzinfo=UTC)
