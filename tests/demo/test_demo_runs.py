"""The demo from its first line to its last, and the commands of docs/first-steps.md, as people type them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from shared import ROOT

from commands.demo_folder import prepare, write_config
from commands.demo_stage import Stage, StepFailed, trackers_running
from simulators.portfolio.serve import today_in_zurich


def dovetail(
    *words: str, folder: Path, secrets: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DOVETAIL_CONFIG"}
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **(secrets or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


@pytest.mark.slow
def test_the_demo_keeps_the_promises_it_talks_about(tmp_path: Path) -> None:
    done = dovetail("demo", "--folder", "my demo", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    for command in ("doctor", "sync --dry-run", "sync", "reconcile PAY-143", "twins suggest"):
        assert f"\n$ dovetail {command}\n" in told
    assert "1,322 issues in 6 projects" in told
    assert "1,066 work items in 3 projects" in told
    assert "Nothing was written: this was a dry run." in told
    assert "29 items in Jira have a comment by Dovetail, exactly one each. It has sent 29 mails" in told
    assert (
        "12 items in Azure DevOps have a comment by Dovetail, exactly one each. It has sent 12 mails" in told
    )
    assert told.count("counts the children in both trackers; it is the same on both sides:") == 2
    assert told.count("\n    Portfolio health        red         red         red\n") == 2
    assert "shop:CHK-191 and boards:720 are confirmed" in told
    assert "On WMS-50 in Jira stands the same comment, edited in place. It said, in short:" in told
    assert "\n    Resolved\n    • The same work has different dates in two trackers: fixed" in told
    assert "On #722 in Azure DevOps stands the same comment, edited in place. It said, in short:" in told
    assert "\n    Resolved\n    • The due date has passed: the work was closed" in told
    assert "items in Jira have a comment by Dovetail, between" not in told
    assert "The second sync of the day made 0 writes in Jira and 0 in Azure DevOps, by their own" in told
    assert "and left every plan as it was, byte for byte." in told
    assert "dovetail check YOUR.xml" in told
    page = tmp_path / "my demo" / "portfolio.html"
    assert f"in one file that asks nobody: {page}" in told
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in (tmp_path / "my demo" / "plans").iterdir()) == [
        ".dovetail-backups", "checkout.xml", "dc-move.xml", "store-rollout.xml", "warehouse.xml",
    ]  # fmt: skip
    urls = re.findall(r"runs at (http://\S+): ", told)
    assert len(urls) == 2
    assert not any(answers(url) for url in urls)


def answers(url: str) -> bool:
    place = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((str(place.hostname), int(place.port or 0))) == 0


@pytest.mark.slow
def test_the_commands_of_the_first_steps_work_in_their_order(tmp_path: Path) -> None:
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "docs/first-steps.md").read_text(), re.DOTALL)
    commands = [line.split()[1:] for block in blocks for line in block.splitlines()]
    assert len(commands) >= 8
    folder = prepare(tmp_path / "by hand", "simulate")
    with trackers_running(folder, today_in_zurich(), 7) as trackers:
        write_config(folder, "simulate", **trackers.places)
        for words in commands:
            done = dovetail(*words, folder=folder, secrets=trackers.secrets)
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
            assert done.stdout or words[0] == "twins", words  # a decision is no result, so it is only talk
        before = trackers.ask("counts")
        again = dovetail("sync", folder=folder, secrets=trackers.secrets)
        assert again.returncode == 0
        after = trackers.ask("counts")
        for place in ("jira", "boards"):
            assert after[place]["writes"] == before[place]["writes"] > 0


def test_a_step_that_fails_ends_the_demo_with_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="`dovetail nonsense` ended with exit code 2") as failure:
        Stage(tmp_path).run("nonsense")
    assert failure.value.exit_code == 2


def test_an_occupied_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = dovetail("demo", "--folder", ".", folder=tmp_path)
    assert done.returncode == 2
    assert "is not empty" in done.stderr


@pytest.mark.slow
def test_simulate_runs_two_trackers_tells_how_to_reach_them_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "simulate", "--folder", "here"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        told = ""
        while "Ctrl-C ends it." not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        urls = re.findall(r"at (http://[^,;\s]+)", told)
        secrets = dict(re.findall(r"export (\w+)=(\S+)", told))
        assert len(urls) == 2
        assert all(answers(url) for url in urls)
        assert sorted(secrets) == ["ADO_PAT", "JIRA_TOKEN"]
        done = dovetail("pull", "--format", "jsonl", folder=tmp_path / "here", secrets=secrets)
        assert done.returncode == 0, done.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert not any(answers(url) for url in urls)
