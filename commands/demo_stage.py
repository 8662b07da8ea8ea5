"""The stage of the demo: runs the real command line as a person would, before simulated trackers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from commands.demo_folder import BOARDS_VARIABLE, JIRA_VARIABLE

_HEAD, _TAIL = 16, 8  # lines that are kept of an output that is too long to be read


class StepFailed(Exception):
    """A command of the demo ended with another exit code than it should."""

    def __init__(self, command: str, exit_code: int) -> None:
        super().__init__(f"`{command}` ended with exit code {exit_code}")
        self.exit_code = exit_code


@dataclass(slots=True)
class Trackers:
    """The simulated trackers, in a process of their own that ends when its input is closed."""

    process: subprocess.Popen[str]
    jira_url: str
    jira_user: str
    jira_token: str
    boards_url: str
    identity_url: str
    boards_token: str

    @property
    def places(self) -> dict[str, str]:
        """Where they are, as the configuration says it."""
        names = ("jira_url", "jira_user", "boards_url", "identity_url")
        return {name: getattr(self, name) for name in names}

    @property
    def secrets(self) -> dict[str, str]:
        """The variables that the configuration refers to, with the tokens."""
        return {JIRA_VARIABLE: self.jira_token, BOARDS_VARIABLE: self.boards_token}

    def ask(self, command: str) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the simulated trackers were started without pipes")
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return _answer(self.process)


@contextmanager
def trackers_running(folder: Path, today: date, seed: int) -> Iterator[Trackers]:
    """Start the simulated trackers; they are gone at the end of the block, however it ends."""
    command = [sys.executable, "-m", "simulators.portfolio", "--folder", str(folder)]
    command += ["--today", today.isoformat(), "--seed", str(seed)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
        encoding="utf-8",
    ) as process:
        try:
            yield Trackers(process, **_answer(process))
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise RuntimeError("the simulated trackers ended early; what they said stands above")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _environment() -> dict[str, str]:
    """The environment of our own processes: they find this installation, wherever they run."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


@dataclass(slots=True)
class Stage:
    """Prints what is done and does it, in the folder of the demo."""

    folder: Path
    pace: float = 0.0
    secrets: Mapping[str, str] = field(default_factory=dict)
    number: int = field(default=0, init=False)

    def act(self, title: str) -> None:
        """A new part of the story."""
        if self.number:
            time.sleep(self.pace)
        self.number += 1
        click.echo("")
        click.secho(f"{self.number}. {title}", bold=True)

    def say(self, text: str) -> None:
        """A sentence of the narrator."""
        click.echo(text)

    def show(self, lines: Sequence[str]) -> None:
        """Something that was read, indented."""
        for line in lines:
            click.echo(f"    {line}".rstrip())

    def quote(self, lines: Sequence[str]) -> None:
        """A text of sentences, indented and folded."""
        for line in lines:
            hang = "  " if line.startswith("•") else ""
            self.show(wrap(line, 100, subsequent_indent=hang, break_on_hyphens=False) or [""])

    def run(self, *words: str, rest: str = "", expect: Sequence[int] = (0,)) -> str:
        """Type a command of the real command line, show it and what it prints.

        Args:
            words: the arguments after `dovetail`.
            rest: how the lines left out of a long output can be seen; "" shows every line.
            expect: exit codes that are no failure.

        Raises:
            StepFailed: it ended with another code.
        """
        command = " ".join(["dovetail", *(f'"{word}"' if " " in word else word for word in words)])
        click.echo("")
        click.secho(f"$ {command}", fg="cyan")
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "cli", *words],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        seen: list[str] = []
        with process:
            for line in process.stdout or ():
                seen.append(line.rstrip("\n"))
                if not rest:
                    self.show(seen[-1:])
        if rest:
            self.show(shortened(seen, rest))
        if process.returncode not in expect:
            raise StepFailed(command, process.returncode)
        return "\n".join(seen)

    def rows(self, view: str) -> list[dict[str, Any]]:
        """The rows of a view, by `dovetail export`, without showing them."""
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "cli", "export", view, "--format", "jsonl"],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            click.echo(done.stderr, err=True)
            raise StepFailed(f"dovetail export {view}", done.returncode)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _environment(self) -> dict[str, str]:
        environment = {**_environment(), **self.secrets, "COLUMNS": "118"}
        # A configuration that the user has elsewhere must not get between the demo and its own.
        environment.pop("DOVETAIL_CONFIG", None)
        return environment


def shortened(lines: Sequence[str], rest: str) -> list[str]:
    """A long output with its middle left out, saying how much and how to see it."""
    if len(lines) <= _HEAD + _TAIL + 2:
        return list(lines)
    left_out = len(lines) - _HEAD - _TAIL
    return [*lines[:_HEAD], f"… {left_out} more lines; to see them: {rest}", *lines[-_TAIL:]]
