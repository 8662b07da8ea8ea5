"""Copies of what stood there, and files that are never written at all."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import plan_builder as build
import plan_intents
import pytest
from msgspec.structs import replace
from plan_builder import plan, task
from plan_intents import DEFINITIONS, connector, intent, kinds

from connectors.ms_project import ProjectFileConnector, ProjectFileSettings, replacement
from portfolio.intents import Receipt, Refused

OLD = plan([task(1), task(2)], fields=DEFINITIONS)
SAVED = plan([task(1, Name="saved by the planner"), task(2)], fields=DEFINITIONS)


def save(folder: Path, text: str = OLD, name: str = "plan.xml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def push(folder: Path, **settings: object) -> list[Receipt]:
    return list(connector(folder, **settings).push([intent("health", "amber")]))


def others(folder: Path, *known: str) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in known)


def backups(folder: Path) -> list[Path]:
    return sorted((folder / ".dovetail-backups").iterdir())


def later(folder: Path, seconds: int, **write: object) -> ProjectFileConnector:
    told = {"comments": True, "fields": plan_intents.FIELDS, **write}
    settings = ProjectFileSettings.model_validate({"name": "plans", "path": "*.xml", "write": told})
    at = datetime(2026, 11, 24, 12, 0, seconds, tzinfo=UTC)
    base = build.context(folder)
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
    told = {"fields": plan_intents.FIELDS, "backups": {"folder": "kept"}}
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
