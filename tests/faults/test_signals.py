"""SIGTERM and SIGINT in every verb that works long: 143 and 130 after a checkpoint, and the next run goes on.

The signal is a real one. It comes at chosen boundaries of the run: commits of the store and requests to the
tracker, which the run itself counts. Two verbs are also interrupted as a process of their own.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml_text
from crossings import Crossings
from shared import ROOT
from sides import TUESDAY, JiraSide

import cli

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
}
ARGUMENTS = {"plan": ("plan", "--out", "plan.json"), "apply": ("apply", "plan.json")}


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
    return cli.main(list(ARGUMENTS.get(verb, (verb,))))


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
        assert isinstance(crossings, Signalled)
        for one in BEFORE[verb]:
            assert run(one) == 0
        for at in range(120) if IS_LONG else (4, 9):
            crossings.begin()
            crossings.at, crossings.number = at, number
            code = run(verb)
            crossings.at = None
            if len(crossings.passed) <= at:
                break  # the verb has fewer boundaries than that
            said = capsys.readouterr().err
            assert code == SIGNALS[number], said
            word = "Terminated" if number is signal.SIGTERM else "Interrupted"
            assert f"{word}. What was stored stands; the next run goes on from there." in said
            with sqlite3.connect("dovetail.db") as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                if not IS_LONG:  # at the first and the last boundaries no run is recorded, or it has ended
                    told = connection.execute("SELECT exit_code FROM engine_run ORDER BY rowid DESC")
                    assert told.fetchone() == (code,)
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
