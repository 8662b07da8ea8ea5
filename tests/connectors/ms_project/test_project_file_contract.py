"""The connector for Project files passes the suite that every connector must pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import plan_builder as build
import plan_intents
import pytest

from connectors.contract import ConnectorContract, World
from connectors.ms_project import ProjectFileConnector, pull, replacement
from portfolio.records import ItemId


class PlanWorld(World):
    """A planner with one plan per three tasks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plans: dict[str, dict[int, dict[str, object]]] = {}

    def connect(self) -> ProjectFileConnector:
        return build.connector(self.folder)

    def arrange(self, count: int) -> Sequence[ItemId]:
        made: list[ItemId] = []
        for _ in range(count):
            name = next((name for name, tasks in self.plans.items() if len(tasks) < 3), None)
            if name is None:
                name = f"plan{len(self.plans) + 1}.xml"
                self.plans[name] = {}
            uid = max(self.plans[name], default=0) + 1
            self.plans[name][uid] = build.task(uid)
            made.append(f"plans/{name}:{uid}")
            self.save(name)
        return made

    def change(self, item: ItemId) -> None:
        name, uid = self.place(item)
        self.plans[name][uid]["Finish"] = "2026-11-20T17:00:00"
        self.save(name)

    def delete(self, item: ItemId) -> None:
        name, uid = self.place(item)
        del self.plans[name][uid]
        self.save(name)

    def settle(self) -> None:
        """A file's content tells two versions apart, not its age."""

    def connect_broken(self) -> ProjectFileConnector:
        return build.connector(self.folder, path="no/such/folder/*.xml")

    def requests(self) -> int:
        return 0

    def writes(self) -> int:
        return 0

    def place(self, item: ItemId) -> tuple[str, int]:
        name, _, uid = item.removeprefix("plans/").partition(":")
        return name, int(uid)

    def save(self, name: str) -> None:
        tasks = self.plans[name].values()
        (self.folder / name).write_text(build.plan(tasks), encoding="utf-8")


class TestProjectFileConnector(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return PlanWorld(tmp_path)


class TestProjectFileConnectorWithPlansOfManyPages(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        monkeypatch.setattr(pull, "TASKS_PER_PAGE", 2)
        return PlanWorld(tmp_path)


class WritablePlanWorld(PlanWorld):
    """Plans whose custom fields are Dovetail's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
        super().__init__(folder)
        self.settings = {"write": {"comments": True, "fields": plan_intents.FIELDS}, **settings}
        self.count = 0
        replace = replacement.replace

        def counted(path: Path, new: bytes, *, expected: str | None, like: Path | None = None) -> None:
            replace(path, new, expected=expected, like=like)
            self.count += 1

        monkeypatch.setattr(replacement, "replace", counted)

    def connect(self) -> ProjectFileConnector:
        return build.connector(self.folder, **self.settings)

    def writes(self) -> int:
        return self.count

    def save(self, name: str) -> None:
        tasks = self.plans[name].values()
        text = build.plan(tasks, fields=plan_intents.DEFINITIONS)
        (self.folder / name).write_text(text, encoding="utf-8")


class TestProjectFileConnectorThatWrites(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return WritablePlanWorld(tmp_path, monkeypatch)


class TestProjectFileConnectorWhoseMasterIsAnMpp(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return WritablePlanWorld(tmp_path, monkeypatch, master="mpp")
