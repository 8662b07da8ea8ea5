"""What Dovetail writes is this account's alone, whatever the umask; what is there keeps its permissions."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.ms_project import replacement
from portfolio.private_files import create_private, make_private_folder, readers, replace_private, writers
from store import open_store
from sync.plan_file import Plan, write_plan

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLAN = Plan(run_id="r-1", created_at=NOON, expires_at=NOON)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=["umask 000", "umask 022", "umask 277"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_plan_file_is_private(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "plan.json")
    assert mode(tmp_path / "plan.json") == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.usefixtures("umask")
def test_the_database_its_log_and_its_lock_are_private(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'd.db'}") as store, store.lock():
        store.start_run("sync", NOON)
        modes = {one.name: mode(one) for one in tmp_path.iterdir()}
    assert modes == {"d.db": 0o600, "d.db-wal": 0o600, "d.db-shm": 0o600, "d.db.lock": 0o600}


@pytest.mark.usefixtures("umask")
def test_folders_for_backups_are_private(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)


@pytest.mark.usefixtures("umask")
def test_a_backup_and_a_table_have_the_permissions_of_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.xml"
    os.close(create_private(plan))
    plan.chmod(0o640)
    copy = replacement.back_up(plan, b"old", folder=tmp_path / "backups", at=NOON, keep=2)
    replacement.replace(tmp_path / "plan.dovetail.csv", b"rows", expected=None, like=plan)
    assert (mode(copy), mode(tmp_path / "backups")) == (0o640, 0o700)
    assert mode(tmp_path / "plan.dovetail.csv") == 0o640


def test_what_is_there_keeps_its_permissions(tmp_path: Path) -> None:
    plan, folder = tmp_path / "plan.json", tmp_path / "shared"
    plan.write_text("old")
    plan.chmod(0o664)
    folder.mkdir(mode=0o755)
    folder.chmod(0o775)
    write_plan(PLAN, plan)
    make_private_folder(folder)
    assert (mode(plan), mode(folder)) == (0o664, 0o775)


def test_a_link_or_a_strangers_file_does_not_say_who_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all, link, theirs = (tmp_path / name for name in ("hosts", "page.html", "theirs.html"))
    open_to_all.write_text("precious")
    open_to_all.chmod(0o644)
    link.symlink_to(open_to_all)
    replace_private(link, b"names of people")
    assert (open_to_all.read_text(), link.is_symlink(), mode(link)) == ("precious", False, 0o600)
    theirs.write_text("")
    theirs.chmod(0o666)
    monkeypatch.setattr(os, "geteuid", lambda: theirs.stat().st_uid + 1)
    replace_private(theirs, b"names of people")
    assert mode(theirs) == 0o600


def test_a_pipe_or_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a file"):
        replace_private(pipe, b"x")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_a_link_that_waits_in_the_place_of_a_draft_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / f".plan.json.{os.getpid()}.part").symlink_to(victim)
    replace_private(tmp_path / "plan.json", b"new")
    assert victim.read_text() == "precious"
    (tmp_path / "waiting").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        create_private(tmp_path / "waiting")


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_private(plan, b"new")
    assert plan.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("bits", "reading", "writing"),
    [
        (0o600, None, None),
        (0o640, "its group", None),
        (0o644, "everybody", None),
        (0o620, None, "its group"),
        (0o602, None, "everybody"),
    ],
)
def test_who_else_may_read_or_change_a_file(
    tmp_path: Path, bits: int, reading: str | None, writing: str | None
) -> None:
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(bits)
    assert (readers(path), writers(path)) == (reading, writing)
    assert readers(tmp_path / "nothing") is None
