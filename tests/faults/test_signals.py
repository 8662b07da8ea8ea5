"""SIGTERM and SIGINT in every verb that works long: 143 and 130 after a checkpoint, and the next run goes on.

The signal is a real one. It comes at chosen boundaries of the run: commits of the store, reads of it and
requests to the tracker, which the run itself counts, and while a file is written. Two verbs are also
interrupted as a process of their own.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml_text
from crossings import Crossings
from shared import ROOT
from sides import TUESDAY, JiraSide

import cli
from store import database

TODAY = TUESDAY.date()
IS_LONG = "DOVETAIL_SOAK" in os.environ
SIGNALS = {signal.SIGTERM: 143, signal.SIGINT: 130}
# What must have run before each verb has something to do.
BEFORE: dict[str, tuple[str, ...]] = {
    "pull": (),
    "derive": ("pull",),
    "check": ("pull", "derive"),
    "plan": ("pull", "derive", "check"),
    "apply": ("pull", "derive", "check", "plan"),
    "sync": (),
    "undo": ("sync",),
}
# These only read. They leave nothing to go on from, and no run is recorded.
READING = ("doctor", "reconcile", "export item", "audit export")
ARGUMENTS = {
    "plan": ("plan", "--out", "plan.json"),
    "apply": ("apply", "plan.json"),
    "undo": ("undo", "last", "--out", "undo.json"),
    "audit export": ("audit", "export", "--out", "trail.jsonl"),
}


class Signalled(Crossings):
    """Sends this process a signal at a boundary."""

    def __init__(self) -> None:
        super().__init__()
        self.at: int | None = None
        self.number = signal.SIGTERM

    def cross(self, name: str) -> None:
        super().cross(name)
        if self.at is not None and len(self.passed) == self.at + 1:
            os.kill(os.getpid(), self.number)

    @contextmanager
    def hooked(self) -> Iterator[Signalled]:
        original = database.Database.read

        @contextmanager
        def read(opened: database.Database, **options: Any) -> Iterator[Any]:
            with original(opened, **options) as connection:
                yield connection
            self.cross("after read")

        with super().hooked(), mock.patch.object(database.Database, "read", read):
            yield self


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JiraSide]:
    monkeypatch.chdir(tmp_path)
    side = JiraSide()
    for due in (TODAY - timedelta(days=40), TODAY - timedelta(days=30), TODAY + timedelta(days=900)):
        side.add(due)
    (tmp_path / "dovetail.yaml").write_text(yaml_text.config(side))
    yield side
    side.close()


def run(verb: str) -> int:
    return cli.main(list(ARGUMENTS.get(verb, tuple(verb.split()))))


def is_whole(side: JiraSide) -> bool:
    """Nothing is half written: a sync completes what is missing, and a second one has nothing to do."""
    assert run("sync") == 0
    texts = {item: side.ours(item) for item in side.tasks()}
    changes = len(side.site.requests)
    assert run("sync") == 0
    writes = [one for one in side.site.requests[changes:] if one[0] in {"PUT", "DELETE"}]
    assert writes == []
    assert {item: side.ours(item) for item in side.tasks()} == texts
    return all(len(one) <= 1 for one in texts.values()) and any(texts.values())


@pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)
@pytest.mark.parametrize("verb", BEFORE)
def test_a_verb_that_is_asked_to_end_leaves_a_checkpoint(
    verb: str, number: signal.Signals, side: JiraSide, capsys: pytest.CaptureFixture[str]
) -> None:
    with Signalled().hooked() as crossings:
        for one in BEFORE[verb]:
            assert run(one) == 0
        for at in range(200) if IS_LONG else (6, 16):
            code = signalled(crossings, verb, at, number)
            if code is None:
                break  # the verb has fewer boundaries than that
            ended_as_asked(code, number, capsys.readouterr().err)
            with sqlite3.connect("dovetail.db") as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                if not IS_LONG:  # at the first and the last boundaries no run is recorded, or it has ended
                    told = connection.execute("SELECT exit_code FROM engine_run ORDER BY rowid DESC")
                    assert told.fetchone() == (code,)
        assert is_whole(side)


def signalled(crossings: Signalled, verb: str, at: int, number: signal.Signals) -> int | None:
    """The exit code of a verb that gets the signal at a boundary; None where it ended before."""
    crossings.begin()
    crossings.at, crossings.number = at, number
    code = run(verb)
    crossings.at = None
    return code if len(crossings.passed) > at else None


def ended_as_asked(code: int, number: signal.Signals, said: str) -> None:
    assert code == SIGNALS[number], said
    word = "Terminated" if number is signal.SIGTERM else "Interrupted"
    assert f"{word}. What was stored stands; the next run goes on from there." in said


@pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)
@pytest.mark.parametrize("verb", READING)
def test_a_verb_that_only_reads_ends_when_it_is_asked_to_and_changes_nothing(
    verb: str, number: signal.Signals, side: JiraSide, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Signalled().hooked() as crossings:
        assert run("sync") == 0
        before = sorted(tmp_path.iterdir())
        tried = 0
        for at in range(200) if IS_LONG else (0, 1, 3):
            code = signalled(crossings, verb, at, number)
            if code is None:
                break
            tried += 1
            ended_as_asked(code, number, capsys.readouterr().err)
            assert sorted(tmp_path.iterdir()) == before
        assert tried >= 1
        assert run(verb) == 0
    assert is_whole(side)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("verb", "name"), [("plan", "plan.json"), ("undo", "undo.json"), ("audit export", "trail.jsonl")]
)
def test_a_file_that_is_being_written_is_left_as_it_was(
    verb: str, name: str, number: signal.Signals, side: JiraSide, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sync") == 0
    before = sorted(Path().iterdir())
    original = os.fsync

    def fsync(handle: int) -> None:
        os.kill(os.getpid(), number)
        original(handle)

    for content in (None, "what stood there"):
        if content is not None:
            Path(name).write_text(content)
            before = sorted(Path().iterdir())
        with mock.patch("os.fsync", fsync):
            code = run(verb)
        ended_as_asked(code, number, capsys.readouterr().err)
        assert sorted(Path().iterdir()) == before
        assert content is None or Path(name).read_text() == content
    assert run(verb) == 0
    assert Path(name).read_text() != "what stood there"
    assert is_whole(side)


@pytest.mark.parametrize(("verb", "number"), [("pull", signal.SIGINT), ("sync", signal.SIGTERM)])
def test_a_process_that_is_asked_to_end_ends_soon(verb: str, number: signal.Signals, side: JiraSide) -> None:
    side.server.configure(latency_seconds=0.2)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", verb],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while len(side.site.requests) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(number)
    asked = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert process.returncode == SIGNALS[number], said
    assert time.monotonic() - asked < 20
    side.server.configure(latency_seconds=0.0)
    assert is_whole(side)
