"""The scan for secrets finds what is planted, in every encoding, and cannot pass by looking at nothing."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import secret_scan
from shared import ROOT

SECRET = 'S3CRET-canary+/="x'
PLANTED = {
    "raw": SECRET,
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 in the middle": base64.b64encode(f"ab{SECRET}cd".encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "basic": "Basic " + base64.b64encode(f"bot@shop.example:{SECRET}".encode()).decode(),
    "basic of a token": "Basic " + base64.b64encode(f":{SECRET}".encode()).decode(),
    "url": "?token=" + quote(SECRET, safe=""),
    "url of every letter": "".join(f"%{one:02X}" for one in SECRET.encode()),
    "json": json.dumps({"text": SECRET}),
    "json of every letter": "".join(f"\\u{ord(one):04x}" for one in SECRET),
}


@pytest.fixture(autouse=True)
def _leave_nothing(tmp_path: Path) -> Iterator[None]:
    """The scan of the whole suite would find what is planted here."""
    yield
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("how", PLANTED)
def test_a_planted_secret_is_found(how: str, tmp_path: Path) -> None:
    (tmp_path / "run.log").write_text(f"before {PLANTED[how]} after")
    found = secret_scan.scan([tmp_path])
    assert {path.name for path, _ in found.hits} == {"run.log"}
    assert found.failed


def test_a_secret_in_a_database_is_found_in_its_log_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "d.db") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (?)", (SECRET,))
        connection.commit()
        found = secret_scan.scan([tmp_path])
    connection.close()
    assert "d.db-wal" in {path.name for path, _ in found.hits}


@pytest.mark.parametrize("mark", secret_scan.MARKS)
def test_every_mark_is_found_behind_any_number_of_other_letters(mark: str) -> None:
    for before in range(7):
        assert secret_scan.found_in(base64.b64encode(("x" * before + mark + "123").encode()))


def test_every_secret_of_the_simulators_carries_a_mark() -> None:
    from simulators.azure_devops import AzureDevOps
    from simulators.clock import Clock
    from simulators.jira import JiraCloud

    boards = AzureDevOps(Clock(), 3)
    for secret in (JiraCloud(Clock(), 3).token, boards.token, boards.access_token):
        assert secret_scan.found_in(secret.encode()) == ["raw"]


def test_a_scan_of_nothing_fails(tmp_path: Path) -> None:
    assert secret_scan.scan([tmp_path]).failed
    assert "nothing was looked at" in str(secret_scan.scan([tmp_path / "nowhere"]))
    (tmp_path / "empty").touch()
    assert secret_scan.scan([tmp_path]).failed
    (tmp_path / "clean").write_text("Basic ***")
    assert str(secret_scan.scan([tmp_path])) == "secret scan: 2 files, 9 bytes, 0 hits"


def test_what_tests_wrote_themselves_is_left_out_by_name_only(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "token.txt").write_text("x")
    found = secret_scan.scan([tmp_path])
    assert (found.files, found.inputs, found.hits) == (1, 1, [])


def test_as_a_script_it_says_what_it_did_and_ends_with_1_on_a_hit(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tests" / "secret_scan.py"), str(tmp_path)]
    (tmp_path / "a").write_text("clean")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "secret scan: 1 files, 5 bytes, 0 hits\n")
    (tmp_path / "b").write_text(SECRET)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "secret found (raw)" in done.stdout
