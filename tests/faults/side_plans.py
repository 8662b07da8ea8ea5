"""A folder with one plan that a planner edits, behind the real connector."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree
from side import FIELDS, TUESDAY, Side, Standing

from connectors.base import Connector, Context
from connectors.memory import ManualClock
from connectors.ms_project import ProjectFileConnector, ProjectFileSettings

_NAMESPACE = "http://schemas.microsoft.com/project"
_NUMBER_20, _TEXT_30 = "188743996", "188744016"


class PlansSide(Side):
    """A folder with one plan that a planner edits in Project; what is not whole cannot be read."""

    name = "plans"
    can = frozenset({"delete_ours", "write_into", "comment"})
    faults = ("half a file", "not a plan", "open in Project", "read only")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "retail.xml"
        self.clock = ManualClock(TUESDAY)
        self._uid = 1
        self._whole: bytes | None = None
        self._save(_plan())

    @property
    def epic(self) -> str:
        return "retail.xml:1"

    def connector(self) -> Connector:
        settings = ProjectFileSettings.model_validate(
            {
                "name": self.name,
                "path": "*.xml",
                "write": {
                    "comments": True,
                    "fields": FIELDS,
                    "define": {"Open findings": "Number20", "Worst finding": "Text30"},
                },
            }
        )
        context = Context(
            timezone="Europe/Zurich",
            folder=self.folder,
            clock=self.clock,
            sleep=lambda seconds: None,
            say=lambda line: None,
        )
        return ProjectFileConnector(settings, context)

    def now(self) -> datetime:
        return self.clock()

    def pass_time(self, **duration: float) -> None:
        self.clock.advance(**duration)

    def own_findings(self, today: date) -> int:
        return 1  # the summary task has no resource, and its date is far away

    # Files are edited as Project would: read, change, written whole.

    def _load(self) -> Any:
        return etree.fromstring(self._whole if self._whole is not None else self.path.read_bytes())

    def _save(self, root: Any) -> None:
        data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        if self._whole is not None:
            self._whole = data
            return
        self.path.write_bytes(data)

    def _task(self, root: Any, item: str) -> Any:
        uid = item.rpartition(":")[2]
        return next(one for one in _all(root, "Task") if _text(one, "UID") == uid)

    def add(self, due: date, *, is_owned: bool = True) -> str:
        root = self._load()
        self._uid += 1
        tasks = next(iter(_all(root, "Tasks")))
        tasks.append(_task_element(self._uid, due, level=2))
        if is_owned:
            section = next(iter(_all(root, "Assignments")))
            row = {"UID": self._uid, "TaskUID": self._uid, "ResourceUID": 1, "Units": 1}
            section.append(_element("Assignment", row))
        self._save(root)
        return f"retail.xml:{self._uid}"

    def edit(self, item: str, due: date) -> None:
        root = self._load()
        task = self._task(root, item)
        _set(task, "Start", f"{due}T08:00:00")
        _set(task, "Finish", f"{due}T17:00:00")
        self._save(root)

    def finish(self, item: str) -> None:
        root = self._load()
        _set(self._task(root, item), "PercentComplete", "100")
        self._save(root)

    def delete(self, item: str) -> None:
        root = self._load()
        task = self._task(root, item)
        task.getparent().remove(task)
        self._save(root)

    def comment(self, item: str, text: str) -> None:
        root = self._load()
        task = self._task(root, item)
        _set(task, "Notes", "\n".join(filter(None, (text, _text(task, "Notes")))))
        self._save(root)

    def delete_ours(self, item: str) -> None:
        root = self._load()
        task = self._task(root, item)
        before, _, rest = (_text(task, "Notes") or "").partition("=== Dovetail")
        _set(task, "Notes", before + rest.rpartition("] ===")[2])
        self._save(root)

    def write_into(self, item: str, value: int) -> None:
        root = self._load()
        for one in _all(self._task(root, item), "ExtendedAttribute"):
            if _text(one, "FieldID") == _NUMBER_20:
                _set(one, "Value", str(value))
        self._save(root)

    def truth(self) -> dict[str, Standing]:
        found: dict[str, Standing] = {}
        for one in _all(self._load(), "Task"):
            uid = _text(one, "UID")
            is_epic = uid == "1"
            finish = None if is_epic else date.fromisoformat((_text(one, "Finish") or "")[:10])
            found[f"retail.xml:{uid}"] = Standing(
                finish, _text(one, "PercentComplete") == "100", None if is_epic else self.epic
            )
        return found

    def ours(self, item: str) -> list[str]:
        notes = _text(self._task(self._load(), item), "Notes") or ""
        return ["=== Dovetail" + part for part in notes.split("=== Dovetail keeps")[1:]]

    def written(self, item: str) -> dict[str, Any]:
        ids = {_NUMBER_20: "open_findings", _TEXT_30: "worst_finding"}
        found = {}
        for one in _all(self._task(self._load(), item), "ExtendedAttribute"):
            if (slot := ids.get(_text(one, "FieldID") or "")) is not None:
                found[slot] = _text(one, "Value")
        return found

    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        self.heal()
        if kind == "open in Project":
            self._beside.write_bytes(b"ana")
        elif kind == "read only":
            self.path.chmod(0o400)
        else:
            whole = self.path.read_bytes()
            self._whole = whole
            self.path.write_bytes(whole[: len(whole) // 2] if kind == "half a file" else b"<html>no</html>")

    @property
    def _beside(self) -> Path:
        return self.path.with_name("~$retail.xml")

    def heal(self) -> None:
        self._beside.unlink(missing_ok=True)
        self.path.chmod(0o600)
        if self._whole is not None:
            self.path.write_bytes(self._whole)
            self._whole = None

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _all(root: Any, name: str) -> list[Any]:
    return list(root.iter(f"{{{_NAMESPACE}}}{name}"))


def _child(element: Any, name: str) -> Any:
    return element.find(f"{{{_NAMESPACE}}}{name}")


def _text(element: Any, name: str) -> str | None:
    found = _child(element, name)
    return None if found is None else found.text


def _set(element: Any, name: str, text: str) -> None:
    found = _child(element, name)
    if found is None:
        found = etree.SubElement(element, f"{{{_NAMESPACE}}}{name}")
    found.text = text


def _element(name: str, children: dict[str, Any]) -> Any:
    made = etree.Element(f"{{{_NAMESPACE}}}{name}")
    for key, value in children.items():
        _set(made, key, str(value))
    return made


def _task_element(uid: int, due: date | None, *, level: int, is_summary: bool = False) -> Any:
    day = due or TUESDAY.date()
    return _element(
        "Task",
        {
            "UID": uid,
            "ID": uid,
            "Name": f"Task {uid}",
            "IsNull": 0,
            "OutlineLevel": level,
            "Priority": 500,
            "Start": f"{day}T08:00:00",
            "Finish": f"{day}T17:00:00",
            "Duration": "PT8H0M0S",
            "DurationFormat": 7,
            "Summary": int(is_summary),
            "Milestone": 0,
            "PercentComplete": 0,
        },
    )


def _plan() -> Any:
    root = etree.Element(f"{{{_NAMESPACE}}}Project", nsmap={None: _NAMESPACE})
    for name, value in (("MinutesPerDay", "480"), ("MinutesPerWeek", "2400")):
        _set(root, name, value)
    for section in ("ExtendedAttributes", "Tasks", "Resources", "Assignments"):
        etree.SubElement(root, f"{{{_NAMESPACE}}}{section}")
    _child(root, "Tasks").append(
        _task_element(1, TUESDAY.date() + timedelta(days=60), level=1, is_summary=True)
    )
    person = {"UID": 1, "ID": 1, "Type": 1, "Name": "Ana Berg", "EmailAddress": "ana@shop.example"}
    _child(root, "Resources").append(_element("Resource", person))
    return root
