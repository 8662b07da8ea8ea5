"""Four trackers with one set of hands: what people do to them, what goes wrong, and what really stands there.

Behind three of them stands a real connector over a real socket or real files; the fourth is in memory.
"""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from lxml import etree

from connectors.azure_devops import AzureDevOpsConnector, AzureDevOpsSettings
from connectors.base import Connector, Context
from connectors.jira import JiraConnector, JiraSettings
from connectors.memory import ManualClock, MemoryConnector, MemoryTracker
from connectors.memory_tracker import LostAnswer
from connectors.ms_project import ProjectFileConnector, ProjectFileSettings
from portfolio.errors import AuthError, Unavailable
from simulators.azure_devops import AzureDevOps
from simulators.azure_devops import Options as BoardsOptions
from simulators.clock import Clock
from simulators.faults import Fault
from simulators.jira import JiraCloud
from simulators.jira import Options as JiraOptions

TUESDAY = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
FIELDS = {"open_findings": "Open findings", "worst_finding": "Worst finding"}
# Lies and failures of the wire. `missing_rows` is not among them: nobody can tell a page that silently lacks
# a row from one whose item is gone, and only the census finds it again.
WIRE_FAULTS = (
    "down", "too many", "lost before", "lost after", "cut off", "cut off gzip", "sign-in page", "garbled",
    "no member", "locked out", "same page", "same token", "empty page", "elsewhere",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the tracker for one item that the account can see."""

    due: date | None
    is_done: bool
    parent: str | None


class Side(ABC):
    """One tracker. Items are named by their native id."""

    name: ClassVar[str]
    can: ClassVar[frozenset[str]] = frozenset()
    faults: ClassVar[tuple[str, ...]] = WIRE_FAULTS

    @abstractmethod
    def connector(self) -> Connector:
        """A connector of a new process."""

    @abstractmethod
    def now(self) -> datetime: ...

    @abstractmethod
    def pass_time(self, **duration: float) -> None: ...

    @abstractmethod
    def add(self, due: date, *, is_owned: bool = True) -> str:
        """A person makes a task below the epic."""

    @abstractmethod
    def edit(self, item: str, due: date) -> None: ...

    @abstractmethod
    def finish(self, item: str) -> None: ...

    @abstractmethod
    def delete(self, item: str) -> None: ...

    @abstractmethod
    def truth(self) -> dict[str, Standing]:
        """Every item that the account can see."""

    @abstractmethod
    def ours(self, item: str) -> list[str]:
        """The texts of our living comments on an item."""

    @abstractmethod
    def written(self, item: str) -> dict[str, Any]:
        """What stands in our fields of an item, in the tracker's own words."""

    @abstractmethod
    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        """The nth request from now on goes wrong."""

    @abstractmethod
    def heal(self) -> None: ...

    # What only some trackers know; `can` says which.

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        raise NotImplementedError

    def move(self, item: str) -> None:
        raise NotImplementedError

    def reparent(self, item: str, parent: str | None) -> None:
        raise NotImplementedError

    def comment(self, item: str, text: str) -> None:
        raise NotImplementedError

    def edit_ours(self, item: str, text: str) -> None:
        raise NotImplementedError

    def delete_ours(self, item: str) -> None:
        raise NotImplementedError

    def write_into(self, item: str, value: int) -> None:
        raise NotImplementedError

    def own_findings(self, today: date) -> int:
        """Open findings on the epic itself: it has an owner and no date."""
        del today
        return 0

    def tasks(self) -> list[str]:
        """What may be worked on: everything but the epic."""
        return [item for item in self.truth() if item != self.epic]

    @property
    @abstractmethod
    def epic(self) -> str: ...

    @abstractmethod
    def close(self) -> None: ...


EVERYTHING = frozenset({"hide", "move", "reparent", "comment", "edit_ours", "delete_ours", "write_into"})


class MemorySide(Side):
    name = "memory"
    can = EVERYTHING
    faults = ("down", "lost before", "lost after", "locked out")

    def __init__(self) -> None:
        self.clock = ManualClock(TUESDAY)
        self.tracker = MemoryTracker(self.clock)
        self.tracker.add_person("ana", "Ana Berg", email="ana@shop.example")
        self._epic = self.tracker.add("CHK-1", kind="epic", owner_id="ana")
        self._count = 1

    @property
    def epic(self) -> str:
        return self._epic

    def connector(self) -> Connector:
        return MemoryConnector(self.tracker, self.name, page_size=3)

    def now(self) -> datetime:
        return self.clock()

    def pass_time(self, **duration: float) -> None:
        self.clock.advance(**duration)

    def _key(self, item: str) -> str:
        return self.tracker.items[item].key

    def add(self, due: date, *, is_owned: bool = True) -> str:
        self._count += 1
        owner = "ana" if is_owned else None
        return self.tracker.add(f"CHK-{self._count}", due=due, owner_id=owner, parent="CHK-1")

    def edit(self, item: str, due: date) -> None:
        self.tracker.edit(self._key(item), by="ana", due=due)

    def finish(self, item: str) -> None:
        self.tracker.edit(self._key(item), by="ana", state="done")

    def delete(self, item: str) -> None:
        self.tracker.delete(self._key(item))

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        # Permissions change no item and stand in no journal.
        self.tracker.items[item].is_hidden = is_hidden

    def move(self, item: str) -> None:
        self._count += 1
        self.tracker.move(self._key(item), f"PAY-{self._count}", by="ana")

    def reparent(self, item: str, parent: str | None) -> None:
        self.tracker.reparent(self._key(item), None if parent is None else self._key(parent))

    def comment(self, item: str, text: str) -> None:
        self.tracker.comment(self._key(item), text)

    def edit_ours(self, item: str, text: str) -> None:
        self.tracker.edit_comment(self._key(item), text)

    def delete_ours(self, item: str) -> None:
        self.tracker.delete_comment(self._key(item))

    def write_into(self, item: str, value: int) -> None:
        self.tracker.set_field(self._key(item), "open_findings", value, by="ana")

    def truth(self) -> dict[str, Standing]:
        return {
            one.native_id: Standing(one.values.get("due"), one.values.get("state") == "done", one.parent)
            for one in self.tracker.visible()
        }

    def ours(self, item: str) -> list[str]:
        return [one.body for one in self.tracker.our_comments(self._key(item))]

    def written(self, item: str) -> dict[str, Any]:
        fields = self.tracker.items[item].fields
        return {slot: fields[slot] for slot in FIELDS if slot in fields}

    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        error: BaseException = LostAnswer()
        if kind == "down":
            error = Unavailable(self.name, "503")
        elif kind == "locked out":
            error = AuthError(self.name, "401")
        what = "write" if on_writes else ("page", "census", "look")[nth % 3]
        self.tracker.fail(what, error, nth=nth, after_effect=kind == "lost after")

    def heal(self) -> None:
        self.tracker.heal()

    def close(self) -> None:
        self.heal()


_WIRE: dict[str, dict[str, Any]] = {
    "down": {"kind": "status", "status": 503},
    "too many": {"kind": "status", "status": 429, "retry_after": "3"},
    "lost before": {"kind": "reset_before"},
    "lost after": {"kind": "reset_after"},
    "cut off": {"kind": "truncated"},
    "cut off gzip": {"kind": "truncated_gzip"},
    "sign-in page": {"kind": "html", "status": 203},
    "garbled": {"kind": "garbled"},
    "no member": {"kind": "missing_member", "member": "issues"},
    "locked out": {"kind": "status", "status": 401},
    "same page": {"kind": "duplicate_page"},
    "same token": {"kind": "token_loop"},
    "elsewhere": {"kind": "redirect"},
    "slow": {"kind": "slow"},
    "empty page": {"kind": "empty_page"},
}


def wire_fault(kind: str, nth: int | None = None, **further: Any) -> Fault:
    """A fault of the simulators by the name that people would give it."""
    return Fault(**{"times": 1, **_WIRE[kind], **({"nth": nth} if nth else {}), **further})


class JiraSide(Side):
    name = "jira"
    can = EVERYTHING
    _VARIABLE = "DOVETAIL_FAULTS_JIRA_TOKEN"

    def __init__(self, **options: Any) -> None:
        self.site = JiraCloud(Clock(TUESDAY))
        self.site.add_user("ana", "Ana Berg", "ana@shop.example")
        for key in ("CHK", "PAY"):
            self.site.add_project(key, key.title(), "ana")
        self.site.add_field("Open findings", "float")
        self.site.add_field("Worst finding", "textfield")
        self.slept = 0.0
        self.skew = timedelta()  # our clock minus theirs
        self._epic = self._id(
            self.site.create_issue("CHK", "Epic", {"summary": "Checkout", "assignee": "ana"}, by="ana")
        )
        self.server = self.site.serve(JiraOptions(**options))
        self.server.__enter__()
        self.opened: list[Connector] = []
        os.environ[self._VARIABLE] = self.server.token

    @property
    def epic(self) -> str:
        return self._epic

    def _id(self, key: str) -> str:
        return str(self.site.issue_at(key).id)

    def connector(self, **changes: Any) -> Connector:
        entry: dict[str, Any] = {
            "name": self.name,
            "kind": "jira",
            "url": self.server.url,
            "auth": {"method": "api_token", "user": self.server.user, "token": {"env": self._VARIABLE}},
            "projects": ["CHK", "PAY"],
            "items_per_page": 3,
            "write": {"comments": True, "fields": FIELDS},
        }
        settings = JiraSettings.model_validate(entry | changes)
        one = JiraConnector(settings, _context(self.now, self._sleep))
        self.opened.append(one)
        return one

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.site.clock.advance(seconds=seconds)

    def now(self) -> datetime:
        return self.site.clock.now() + self.skew

    def pass_time(self, **duration: float) -> None:
        self.site.clock.advance(**duration)

    def add(self, due: date, *, is_owned: bool = True) -> str:
        self.pass_time(seconds=1)
        fields = {"summary": "work", "duedate": due.isoformat(), "parent": self._key(self.epic)}
        fields |= {"assignee": "ana"} if is_owned else {}
        return self._id(self.site.create_issue("CHK", "Task", fields, by="ana"))

    def _key(self, item: str) -> str:
        return self.site.key_of(self.site.issues[int(item)])

    def edit(self, item: str, due: date) -> None:
        self.pass_time(seconds=1)
        self.site.edit_issue(item, {"duedate": due.isoformat()}, by="ana")

    def finish(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.transition(item, "Done", by="ana")

    def delete(self, item: str) -> None:
        self.site.delete_issue(item)

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        self.site.hide_issue(item, is_hidden)

    def move(self, item: str) -> None:
        self.pass_time(seconds=1)
        here = self._key(item).partition("-")[0]
        self.site.move_issue(item, "PAY" if here == "CHK" else "CHK", by="ana")

    def reparent(self, item: str, parent: str | None) -> None:
        self.pass_time(seconds=1)
        self.site.edit_issue(item, {"parent": None if parent is None else self._key(parent)}, by="ana")

    def comment(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.add_comment(item, text, by="ana")

    def _our_comments(self, item: str) -> list[Any]:
        issue = self.site.issues[int(item)]
        return [one for one in issue.comments if one.author == self.site.bot]

    def edit_ours(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.edit_comment(self._our_comments(item)[0].id, text, by="ana")

    def delete_ours(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.delete_comment(self._our_comments(item)[0].id)

    def write_into(self, item: str, value: int) -> None:
        self.pass_time(seconds=1)
        self.site.edit_issue(item, {"Open findings": value}, by="ana")

    def truth(self) -> dict[str, Standing]:
        found = {}
        for one in self.site.issues.values():
            if one.hidden:
                continue
            parent = one.fields.get("parent")
            due = one.fields.get("duedate")
            is_done = self.site.statuses[one.status_id].category == "done"
            seen = None if parent is None else str(parent)
            found[str(one.id)] = Standing(date.fromisoformat(due) if due else None, is_done, seen)
        return found

    def ours(self, item: str) -> list[str]:
        return [self.site.text_of_comment(one.id) for one in self._our_comments(item)]

    def written(self, item: str) -> dict[str, Any]:
        fields = self.site.issues[int(item)].fields
        ids = {slot: found.id for slot, name in FIELDS.items() if (found := self.site.find_field(name))}
        return {slot: fields[one] for slot, one in ids.items() if one in fields}

    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        where = {"path": "*/comment*" if nth % 2 else "*/issue/*"} if on_writes else {}
        self.server.faults.add(wire_fault(kind, nth, **where))

    def heal(self) -> None:
        self.server.faults.clear()

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.server.__exit__(None, None, None)


class BoardsSide(Side):
    name = "boards"
    can = EVERYTHING
    _VARIABLE = "DOVETAIL_FAULTS_ADO_PAT"
    _ANA = "ana@shop.example"
    _DUE = "Microsoft.VSTS.Scheduling.TargetDate"
    _PARENT = "System.LinkTypes.Hierarchy-Reverse"

    def __init__(self, **options: Any) -> None:
        self.site = AzureDevOps(Clock(TUESDAY))
        self.site.add_user("Ana Berg", self._ANA)
        self.site.add_process("Shop Agile", parent="Agile")
        for ref, name, kind in (
            ("Custom.OpenFindings", "Open findings", "integer"),
            ("Custom.Worst", "Worst finding", "string"),
        ):
            self.site.add_field(ref, name, kind, process="Shop Agile", types=("Epic", "Feature"))
        self.site.add_project("Retail", process="Shop Agile")
        self.site.add_area("Retail", r"Retail\Checkout")
        self._epic = str(
            self.site.create_item(
                "Retail",
                "Epic",
                {"System.Title": "Checkout", "System.AssignedTo": self._ANA, "System.State": "Active"},
                by=self._ANA,
            )
        )
        self.slept = 0.0
        self.skew = timedelta()  # our clock minus theirs
        self.server = self.site.serve(BoardsOptions(**options))
        self.server.__enter__()
        self.opened: list[Connector] = []
        os.environ[self._VARIABLE] = self.site.token

    @property
    def epic(self) -> str:
        return self._epic

    def connector(self, **changes: Any) -> Connector:
        entry: dict[str, Any] = {
            "name": self.name,
            "kind": "azure_devops",
            "url": self.server.url,
            "identity_url": self.server.identity_url,
            "auth": {"method": "pat", "token": {"env": self._VARIABLE}},
            "projects": ["Retail"],
            "items_per_page": 3,
            "write": {"comments": True, "fields": FIELDS},
        }
        settings = AzureDevOpsSettings.model_validate(entry | changes)
        one = AzureDevOpsConnector(settings, _context(self.now, self._sleep))
        self.opened.append(one)
        return one

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.site.clock.advance(seconds=seconds)

    def now(self) -> datetime:
        return self.site.clock.now() + self.skew

    def pass_time(self, **duration: float) -> None:
        self.site.clock.advance(**duration)

    def add(self, due: date, *, is_owned: bool = True) -> str:
        self.pass_time(seconds=1)
        fields = {"System.Title": "work", self._DUE: due.isoformat(), "System.State": "Active"}
        fields |= {"System.AssignedTo": self._ANA} if is_owned else {}
        made = self.site.create_item("Retail", "Feature", fields, by=self._ANA)
        self.site.link(made, self._PARENT, int(self.epic), self._ANA)
        return str(made)

    def edit(self, item: str, due: date) -> None:
        self._change(item, {self._DUE: due.isoformat()})

    def _change(self, item: str, fields: dict[str, Any]) -> None:
        self.pass_time(seconds=1)
        self.site.edit_item(int(item), fields, self._ANA)

    def finish(self, item: str) -> None:
        self._change(item, {"System.State": "Closed"})

    def delete(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.delete_item(int(item), self._ANA)

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        self.site.hide_item(int(item), is_hidden)

    def move(self, item: str) -> None:
        here = self.site.path_of(self.site.items[int(item)].state["System.AreaId"])
        self._change(item, {"System.AreaPath": "Retail" if "\\" in here else r"Retail\Checkout"})

    def reparent(self, item: str, parent: str | None) -> None:
        self.pass_time(seconds=1)
        old = self._parent_of(int(item))
        if old is not None:
            self.site.unlink(int(item), self._PARENT, old, self._ANA)
        if parent is not None:
            self.site.link(int(item), self._PARENT, int(parent), self._ANA)

    def _parent_of(self, item: int) -> int | None:
        relations = self.site.items[item].relations
        return next((one.target for one in relations if one.rel == self._PARENT), None)

    def comment(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.add_comment(int(item), text, self._ANA)

    def _our_comments(self, item: str) -> list[Any]:
        comments = self.site.items[int(item)].comments
        return [one for one in comments if one.versions[0].by == self.site.bot and not one.deleted]

    def edit_ours(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.edit_comment(int(item), self._our_comments(item)[0].id, text, self._ANA)

    def delete_ours(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.delete_comment(int(item), self._our_comments(item)[0].id, self._ANA)

    def write_into(self, item: str, value: int) -> None:
        self._change(item, {"Custom.OpenFindings": value})

    def truth(self) -> dict[str, Standing]:
        found = {}
        for one in self.site.items.values():
            if one.hidden or one.state.get("System.IsDeleted"):
                continue
            due = one.state.get(self._DUE)
            parent = self._parent_of(one.id)
            found[str(one.id)] = Standing(
                date.fromisoformat(str(due)[:10]) if due else None,
                one.state["System.State"] == "Closed",
                None if parent is None else str(parent),
            )
        return found

    def ours(self, item: str) -> list[str]:
        return [one.text for one in self._our_comments(item)]

    def written(self, item: str) -> dict[str, Any]:
        refs = {"open_findings": "Custom.OpenFindings", "worst_finding": "Custom.Worst"}
        state = self.site.items[int(item)].state
        return {slot: state[ref] for slot, ref in refs.items() if ref in state}

    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        where = {"path": "*/comments*" if nth % 2 else "*batch"} if on_writes else {}
        member = {"member": "values" if nth % 2 else "value"} if kind == "no member" else {}
        self.server.add_fault(wire_fault(kind, nth, **where, **member))

    def heal(self) -> None:
        self.server.faults.clear()

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.server.__exit__(None, None, None)


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


def _context(clock: Callable[[], datetime], sleep: Callable[[float], None]) -> Context:
    return Context(timezone="Europe/Zurich", folder=Path(), clock=clock, sleep=sleep, say=lambda line: None)


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


def open_side(name: str, folder: Path, **options: Any) -> Side:
    """A fresh tracker with one epic."""
    match name:
        case "memory":
            return MemorySide()
        case "jira":
            return JiraSide(**options)
        case "boards":
            return BoardsSide(**options)
        case _:
            return PlansSide(folder)


SIDES = ("memory", "jira", "boards", "plans")
