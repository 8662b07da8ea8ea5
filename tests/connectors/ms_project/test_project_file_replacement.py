"""The old file or the new one, at every instant; nothing that somebody else saved is overwritten."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from plan_builder import plan, task
from plan_intents import DEFINITIONS, connector, everything, intent, kinds, look

from connectors.ms_project import replacement
from portfolio.intents import Conflict, Refused

OLD = plan([task(1), task(2)], fields=DEFINITIONS)
SAVED = plan([task(1, Name="saved by the planner"), task(2)], fields=DEFINITIONS)


def save(folder: Path, text: str = OLD, name: str = "plan.xml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def push(folder: Path, **settings: object) -> list[object]:
    return list(connector(folder, **settings).push([intent("health", "amber")]))


def others(folder: Path, *known: str) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in known)


# Somebody else writes, too.


def test_trap_a_plan_saved_between_look_and_push_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path)
    back_up = replacement.back_up

    def saved_meanwhile(*args: object, **more: object) -> Path:
        path.write_text(SAVED, encoding="utf-8")  # after our reading, before our replacing
        return back_up(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(replacement, "back_up", saved_meanwhile)
    one = connector(tmp_path)
    intents = everything(look(one, 1, 2))
    found = list(one.push(intents))
    assert len(found) == len(intents)
    assert all(
        isinstance(receipt, Conflict) and "saved at this moment" in receipt.reason for receipt in found
    )
    assert path.read_text(encoding="utf-8") == SAVED
    assert others(tmp_path, "plan.xml", ".dovetail-backups") == []
    monkeypatch.undo()
    assert kinds(connector(tmp_path).push(intents)) == {"Applied"}  # the next run is none the worse
    assert "saved by the planner" in path.read_text(encoding="utf-8")


def test_what_was_saved_before_the_push_stays_and_our_values_join_it(tmp_path: Path) -> None:
    path = save(tmp_path)
    one = connector(tmp_path)
    intents = everything(look(one, 1))
    save(tmp_path, SAVED)
    assert kinds(one.push(intents)) == {"Applied"}
    shown = path.read_text(encoding="utf-8")
    assert "saved by the planner" in shown
    assert "<Value>amber</Value>" in shown


def test_a_plan_saved_right_after_our_write_is_told_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path)
    replace = replacement.replace

    def saved_afterwards(target: Path, new: bytes, *, expected: str | None, like: Path) -> None:
        replace(target, new, expected=expected, like=like)
        path.write_text(SAVED, encoding="utf-8")

    monkeypatch.setattr(replacement, "replace", saved_afterwards)
    (found,) = push(tmp_path)
    assert isinstance(found, Conflict)
    assert path.read_text(encoding="utf-8") == SAVED


def test_a_plan_that_is_written_to_while_it_is_read_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.ms_project.client import PlanFolder

    path = save(tmp_path)
    chunks = PlanFolder._chunks

    def disturbed(self: PlanFolder, *args: object) -> object:
        yield from chunks(self, *args)  # type: ignore[arg-type]
        path.write_text(SAVED, encoding="utf-8")

    monkeypatch.setattr(PlanFolder, "_chunks", disturbed)
    (found,) = push(tmp_path)
    assert isinstance(found, Conflict)
    assert path.read_text(encoding="utf-8") == SAVED


@pytest.mark.parametrize("lock", ["~$plan.xml", "~$an.xml"])
def test_trap_a_plan_that_is_open_in_project_waits(tmp_path: Path, lock: str) -> None:
    path = save(tmp_path)
    (tmp_path / lock).write_bytes(b"Lena")
    assert push(tmp_path) == [
        Conflict(
            intent_id="plans/plan.xml:1:health",
            reason="somebody has the plan open; it is written when it is closed",
        )
    ]
    assert path.read_text(encoding="utf-8") == OLD
    (tmp_path / lock).unlink()
    assert kinds(push(tmp_path)) == {"Applied"}


def test_a_file_that_another_program_locks_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path)

    def locked(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", locked)
    (found,) = push(tmp_path)
    assert found == Conflict(
        intent_id="plans/plan.xml:1:health",
        reason="plan.xml cannot be written (Permission denied); is it open in Project?",
    )
    assert path.read_text(encoding="utf-8") == OLD


# What must not be replaced.


def make_link(path: Path) -> None:
    path.rename(path.with_name("master.txt"))
    path.symlink_to("master.txt")


def make_second_name(path: Path) -> None:
    path.with_name("other.txt").hardlink_to(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_link, "it is a link, which a new file would take the place of; name the file itself in `path`"),
        (make_second_name, "it has a second name (a hard link), which would keep the old content"),
        (lambda path: path.chmod(0o444), "it is read only"),
    ],
)  # fmt: skip
def test_what_must_not_be_replaced_is_refused_and_the_plan_says_so(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path = save(tmp_path)
    make(path)
    one = connector(tmp_path)
    (slots,) = look(one, 1)
    assert slots.unwritable == dict.fromkeys(slots.unwritable, reason)
    assert len(slots.unwritable) == 8
    assert list(one.push([intent("health", "amber")])) == [
        Refused(intent_id="plans/plan.xml:1:health", reason=reason)
    ]
    assert list(one.verify([intent("health", "amber")])) == [
        Refused(intent_id="plans/plan.xml:1:health", reason=reason)
    ]
    assert path.read_text(encoding="utf-8") == OLD
    assert ("FAIL", f"plan.xml: cannot be written to: {reason}") in [
        (line.level, line.message) for line in one.diagnose()
    ]


def test_a_folder_without_leave_is_an_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path)
    access = os.access
    monkeypatch.setattr(os, "access", lambda where, mode: where != tmp_path and access(where, mode))
    assert push(tmp_path) == [
        Refused(intent_id="plans/plan.xml:1:health", reason="no new file can be made in its folder")
    ]
    assert path.read_text(encoding="utf-8") == OLD


# Crashes.

STEPS = ["os.open", "os.fsync", "os.replace", "shutil.copystat"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_error_at_any_step_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, nth: int
) -> None:
    path = save(tmp_path)
    count = 0
    import shutil

    module = {"os": os, "shutil": shutil}[step.partition(".")[0]]
    name = step.partition(".")[2]
    real = getattr(module, name)

    def failing(*args: object, **more: object) -> object:
        nonlocal count
        count += 1
        if count == nth:
            raise OSError(28, "No space left on device")
        return real(*args, **more)

    monkeypatch.setattr(module, name, failing)
    (found,) = push(tmp_path)
    monkeypatch.undo()
    if isinstance(found, Refused):
        assert "No space left on device" in found.reason
        assert path.read_text(encoding="utf-8") == OLD
    else:  # a later step than any of the writing, such as settling the folder
        assert kinds([found]) == {"Applied"}
        assert "<Value>amber</Value>" in path.read_text(encoding="utf-8")
    assert others(tmp_path, "plan.xml", ".dovetail-backups") == []


KILLED = """\
import os, shutil, sys
from pathlib import Path
sys.path[:0] = {path!r}
import plan_intents
step, nth = sys.argv[1], int(sys.argv[2])
module, name = {{"os": os, "shutil": shutil}}[step.split(".")[0]], step.split(".")[1]
real, count = getattr(module, name), 0
def killing(*args, **more):
    global count
    count += 1
    if count == nth and sys.argv[3] == "before":
        os._exit(9)
    result = real(*args, **more)
    if count == nth:
        os._exit(9)
    return result
setattr(module, name, killing)
list(plan_intents.connector(Path(sys.argv[4])).push([plan_intents.intent("health", "amber")]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("step", "nth"), [("os.fsync", 1), ("os.fsync", 3), ("os.replace", 1), ("os.replace", 2)]
)
def test_a_kill_at_any_step_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, step: str, nth: int, when: str
) -> None:
    path = save(tmp_path)
    new = OLD.replace(
        "</Task>",
        "<ExtendedAttribute><FieldID>188744016</FieldID><Value>amber</Value></ExtendedAttribute></Task>",
        1,
    )
    root = Path(__file__).resolve().parents[3]
    program = KILLED.format(path=[str(root), str(root / "tests"), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), step, str(nth), when, str(tmp_path)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 9, done.stderr
    is_new = (step, nth, when) == ("os.replace", 2, "after")  # the first one is the backup's
    assert path.read_text(encoding="utf-8") == (new if is_new else OLD)
    assert kinds(push(tmp_path)) == ({"Unchanged"} if is_new else {"Applied"})
    assert path.read_text(encoding="utf-8") == new
    assert others(tmp_path, "plan.xml", ".dovetail-backups") == []


def test_permissions_are_kept_and_the_time_is_new(tmp_path: Path) -> None:
    path = save(tmp_path)
    path.chmod(0o640)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert kinds(push(tmp_path)) == {"Applied"}
    status = path.stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert status.st_mtime > 1_700_000_000
