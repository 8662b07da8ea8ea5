"""The old file or the new one, at every instant; nothing that somebody else saved is overwritten."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import plan_builder as build
import pytest
import writing
from plan_builder import plan, task
from writing import DEFINITIONS, connector, everything, intent, kinds, look

from connectors.ms_project import ProjectFileConnector, replacement
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

    def saved_afterwards(target: Path, new: bytes, *, expected: str | None) -> None:
        replace(target, new, expected=expected)
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
import writing
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
list(writing.connector(Path(sys.argv[4])).push([writing.intent("health", "amber")]))
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


# Backups.


def backups(folder: Path) -> list[Path]:
    return sorted((folder / ".dovetail-backups").iterdir())


def later(folder: Path, seconds: int, **write: object) -> ProjectFileConnector:
    from connectors.ms_project import ProjectFileSettings

    told = {"comments": True, "fields": writing.FIELDS, **write}
    settings = ProjectFileSettings.model_validate({"name": "plans", "path": "*.xml", "write": told})
    at = datetime(2026, 11, 24, 12, 0, seconds, tzinfo=UTC)
    base = build.context(folder)
    from msgspec.structs import replace

    return ProjectFileConnector(settings, replace(base, clock=lambda: at))


def test_the_plan_is_kept_as_it_stood_before_the_first_write_of_a_run(tmp_path: Path) -> None:
    path = save(tmp_path)
    path.chmod(0o640)
    one = later(tmp_path, 7)
    list(one.push([intent("health", "amber")]))
    list(one.push([intent("health", "red", before="amber")]))
    (copy,) = backups(tmp_path)
    assert copy.name == f"plan.xml.20261124T120007Z-{replacement.sha256(OLD.encode())[:8]}.bak"
    assert copy.read_text(encoding="utf-8") == OLD
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640
    assert others(tmp_path, "plan.xml") == [".dovetail-backups"]


def test_what_was_saved_during_a_run_is_kept_too(tmp_path: Path) -> None:
    save(tmp_path)
    one = later(tmp_path, 7)
    list(one.push([intent("health", "amber")]))
    save(tmp_path, SAVED)
    list(one.push([intent("health", "amber")]))
    assert sorted(copy.read_text(encoding="utf-8") for copy in backups(tmp_path)) == sorted([OLD, SAVED])


def test_only_the_newest_copies_of_each_plan_are_kept(tmp_path: Path) -> None:
    save(tmp_path)
    save(tmp_path, name="plan.xml.2.xml")
    values = ["amber", "red", "green", "grey"]
    before = None
    for second, value in enumerate(values):
        one = later(tmp_path, second, backups={"keep": 2})
        assert kinds(one.push([intent("health", value, before=before)])) == {"Applied"}
        before = value
    list(later(tmp_path, 9, backups={"keep": 2}).push([intent("health", "red", name="plan.xml.2.xml")]))
    names = [copy.name.rpartition("-")[0] for copy in backups(tmp_path)]
    assert names == [
        "plan.xml.2.xml.20261124T120009Z",
        "plan.xml.20261124T120002Z",
        "plan.xml.20261124T120003Z",
    ]


def test_copies_can_be_kept_elsewhere_and_are_no_plans(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    path = save(tmp_path / "deep")
    told = {"fields": writing.FIELDS, "backups": {"folder": "kept"}}
    one = connector(tmp_path, told, path="**/*.*")
    assert kinds(one.push([intent("health", "amber", name="deep/plan.xml")])) == {"Applied"}
    assert [copy.parent.name for copy in (tmp_path / "kept").rglob("*.bak")] == ["deep"]
    assert not (path.parent / ".dovetail-backups").exists()
    assert [page.scope for page in one.census("plans")] == ["deep/plan.xml"]


def test_without_a_backup_nothing_is_written(tmp_path: Path) -> None:
    path = save(tmp_path)
    (tmp_path / ".dovetail-backups").write_text("in the way")
    (found,) = push(tmp_path)
    assert isinstance(found, Refused)
    assert found.reason == "plan.xml cannot be written (File exists); the old file stands"
    assert path.read_text(encoding="utf-8") == OLD


# Hostile files.


@pytest.mark.parametrize(
    "text",
    [
        OLD.replace("<Project", '<!DOCTYPE Project [<!ENTITY lol "lol">]>\n<Project'),
        OLD[:-40],
        OLD.replace("Task 1", "&lol;"),
        OLD.replace("http://schemas.microsoft.com/project", "http://demo.example/"),
        "",
        "\x00\x01",
        OLD.replace("UTF-8", "UTF-7"),
    ],
    ids=["document type", "cut off", "entity", "another namespace", "empty", "binary", "encoding"],
)
def test_trap_a_hostile_or_broken_file_is_never_written(tmp_path: Path, text: str) -> None:
    path = save(tmp_path, text)
    (found,) = push(tmp_path)
    assert isinstance(found, Refused)
    assert found.reason
    assert path.read_text(encoding="utf-8") == text
    assert others(tmp_path, "plan.xml") == []


def test_a_file_above_the_limit_is_never_written(tmp_path: Path) -> None:
    path = save(tmp_path, OLD + " " * 20_000)
    (found,) = push(tmp_path, max_file_mb=0.02)
    assert isinstance(found, Refused)
    assert "more than the limit" in found.reason
    assert path.stat().st_size == len(OLD) + 20_000


def test_bytes_that_are_not_the_declared_encoding_are_never_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.xml"
    raw = OLD.replace("UTF-8", "windows-1252").replace("Task 1", "Task \x81").encode("latin-1")
    path.write_bytes(raw)
    (found,) = push(tmp_path)
    assert isinstance(found, Refused)
    assert path.read_bytes() == raw


@pytest.mark.parametrize(
    "fake",
    [
        "<![CDATA[<Task><UID>1</UID></Task>]]>",
        "<!-- <Task><UID>1</UID></Task> -->",
        '<x xmlns="http://demo.example"><Task><UID>1</UID></Task></x>',
    ],
)
def test_what_only_looks_like_a_task_is_not_written_to(tmp_path: Path, fake: str) -> None:
    text = OLD.replace("<Tasks>", f"<Views>{fake}</Views><Tasks>").replace(
        "<Name>Task 1", f"<Name>{fake}Task 1"
    )
    path = save(tmp_path, text)
    assert kinds(push(tmp_path)) == {"Applied"}
    value = "<ExtendedAttribute><FieldID>188744016</FieldID><Value>amber</Value></ExtendedAttribute>"
    head, _, tail = text.partition("<PercentComplete>0</PercentComplete></Task>")
    assert (
        path.read_text(encoding="utf-8") == f"{head}<PercentComplete>0</PercentComplete>{value}</Task>{tail}"
    )


def test_a_task_of_another_namespace_is_no_task(tmp_path: Path) -> None:
    text = OLD.replace("<Task><UID>1</UID>", '<Task xmlns="http://demo.example"><UID>1</UID>')
    path = save(tmp_path, text)
    assert kinds(push(tmp_path)) == {"Gone"}
    assert path.read_text(encoding="utf-8") == text
