"""Files that commands write for people: never through a link, never half, and a refusal is said in words."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_world import Folder
from test_writing_into_plans import CONFIG

from portfolio.private_files import replacing_private
from sync.plan_file import Plan, write_plan

COMMANDS = [("plan",), ("undo", "last"), ("audit", "export")]


@pytest.fixture
def written(folder: Folder) -> Folder:
    """A plan that one sync has written into."""
    folder.configure(CONFIG)
    folder.add_plan()
    assert folder.run("sync").code == 0
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_that_cannot_be_written_is_a_wrong_word_and_no_defect(
    written: Folder, command: tuple[str, ...]
) -> None:
    answer = written.run(*command, "--out", "no/such/folder/file.json")
    assert answer.code == 2
    assert "no/such/folder/file.json" in answer.err
    assert "cannot be written: No such file or directory." in answer.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_without_a_name_is_a_wrong_word_and_no_defect(
    written: Folder, command: tuple[str, ...]
) -> None:
    answer = written.run(*command, "--out", "")
    assert answer.code == 2
    assert "cannot be written: Is a directory." in answer.err


@pytest.mark.parametrize("day", ["0001-01-01", "1989-12-31", "2061-01-01", "9999-12-31"])
def test_a_day_outside_the_calendar_is_a_wrong_word_and_no_defect(written: Folder, day: str) -> None:
    for command in (("sync", "--dry-run"), ("plan",), ("check",)):
        answer = written.run(*command, "--today", day)
        assert answer.code == 2
        assert f"{day} is outside the calendar, which goes from 1990 to 2060." in answer.err


@pytest.mark.parametrize("day", ["1990-01-01", "2060-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_can_be_looked_at(written: Folder, day: str) -> None:
    assert written.run("sync", "--dry-run", "--today", day).code == 0


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("draft", ["file.json.part", "file.json"])
def test_a_link_in_the_way_is_not_followed(written: Folder, command: tuple[str, ...], draft: str) -> None:
    victim = written.path / "victim"
    victim.write_text("precious")
    (written.path / draft).symlink_to(victim)
    assert written.run(*command, "--out", "file.json").code == 0
    assert victim.read_text() == "precious"
    assert (written.path / "file.json").is_file()
    assert not (written.path / "file.json").is_symlink()


def test_an_export_of_the_trail_is_private_and_one_that_is_there_keeps_its_mode(written: Folder) -> None:
    written.run("audit", "export", "--out", "new.jsonl")
    shared = written.path / "shared.jsonl"
    shared.write_text("old")
    shared.chmod(0o640)
    written.run("audit", "export", "--out", "shared.jsonl")
    assert (mode(written.path / "new.jsonl"), mode(shared)) == (0o600, 0o640)
    assert json.loads(shared.read_text().splitlines()[0])["seq"] == 1


def test_a_file_that_could_not_be_finished_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    path.write_text("what stood there")

    def lines() -> Iterator[bytes]:
        yield b"one\n"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing_private(path) as file:
        file.writelines(lines())
    assert path.read_text() == "what stood there"
    assert [one.name for one in tmp_path.iterdir()] == ["trail.jsonl"]


def test_a_plan_that_names_no_end_of_a_trail_is_a_wrong_word(written: Folder) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    plan = Plan(run_id="r-1", created_at=at, expires_at=at, audit_head="the end: of it")
    write_plan(plan, written.path / "plan.json")
    answer = written.run("audit", "verify", "--plan", "plan.json")
    assert answer.code == 2
    assert "plan.json names no end of an audit trail: 'the end: of it'." in answer.err
