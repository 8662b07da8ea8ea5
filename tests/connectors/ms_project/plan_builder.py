"""Small plans as text, written the way Project writes them, with whatever a test needs to be different."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from connectors.base import Context
from connectors.ms_project import ProjectFileConnector, ProjectFileSettings
from connectors.ms_project.client import PlanFolder
from connectors.ms_project.mapping import Plan, map_plan
from portfolio.records import Page, WorkItem

NAMESPACE = "http://schemas.microsoft.com/project"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def element(name: str, content: str | Mapping[str, object]) -> str:
    """One element: text, or children by name; a list is the same child several times."""
    return f"<{name}>{_content(content)}</{name}>"


def _content(content: object) -> str:
    if isinstance(content, Mapping):
        return "".join(_children(content))
    return escape(str(content))


def _children(content: Mapping[str, object]) -> Iterator[str]:
    for name, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            yield element(name, one if isinstance(one, Mapping) else str(one))


def task(uid: int, **fields: object) -> dict[str, object]:
    """A task that Project would have written; fields by their element names."""
    return {
        "UID": uid,
        "ID": uid,
        "Name": f"Task {uid}",
        "IsNull": 0,
        "OutlineLevel": 1,
        "Priority": 500,
        "Start": "2026-11-02T08:00:00",
        "Finish": "2026-11-06T17:00:00",
        "Duration": "PT40H0M0S",
        "DurationFormat": 7,
        "Summary": 0,
        "Milestone": 0,
        "PercentComplete": 0,
        **fields,
    }


def plan(
    tasks: Iterable[Mapping[str, object]] = (),
    *,
    resources: Iterable[Mapping[str, object]] = (),
    assignments: Iterable[Mapping[str, object]] = (),
    calendars: Iterable[Mapping[str, object]] = (),
    fields: Iterable[Mapping[str, object]] = (),
    namespace: str = NAMESPACE,
    before: str = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
    **header: object,
) -> str:
    """The text of one plan."""
    told = {"MinutesPerDay": 480, "MinutesPerWeek": 2400, **header}
    sections = {
        "ExtendedAttributes": ("ExtendedAttribute", fields),
        "Calendars": ("Calendar", calendars),
        "Tasks": ("Task", tasks),
        "Resources": ("Resource", resources),
        "Assignments": ("Assignment", assignments),
    }
    body = "".join(_children(told)) + "".join(
        element(section, {name: list(rows)}) for section, (name, rows) in sections.items()
    )
    attribute = f' xmlns="{namespace}"' if namespace else ""
    return f"{before}<Project{attribute}>{body}</Project>"


def context(folder: Path, timezone: str = "Europe/Zurich") -> Context:
    return Context(
        timezone=timezone, folder=folder, clock=lambda: NOON, sleep=lambda _: None, say=lambda _: None
    )


def connector(folder: Path, **settings: object) -> ProjectFileConnector:
    told = {"name": "plans", "path": "*.xml", **settings}
    return ProjectFileConnector(ProjectFileSettings.model_validate(told), context(folder))


def read(path: Path, **settings: object) -> Plan:
    """The records of one file, read alone."""
    told = ProjectFileSettings.model_validate({"name": "plans", "path": str(path), **settings})
    folder = PlanFolder(told, path.parent)
    one = context(path.parent)
    return map_plan(
        folder.read(folder.find().files[0]).rows,
        source="plans",
        scope=path.name,
        fields=told.fields,
        zone=ZoneInfo(one.timezone),
    )


def loaded(folder: Path, text: str, name: str = "plan.xml", **settings: object) -> Plan:
    """The records of a plan given as text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read(path, **settings)


def pages(one: ProjectFileConnector, since: object = None) -> tuple[list[Page], Exception | None]:
    """Every page, and the error the stream ended with."""
    found: list[Page] = []
    try:
        for page in one.pull("plans", since):
            found.append(page)  # noqa: PERF402 - the pages before an error count
    except Exception as error:  # noqa: BLE001
        return found, error
    return found, None


def items(found: Plan) -> dict[int, WorkItem]:
    """The items by UID."""
    return {int(item.native_id.rpartition(":")[2]): item for item in found.items}


def one(folder: Path, **fields: object) -> WorkItem:
    """The item of a plan with a single task."""
    return loaded(folder, plan([task(1, **fields)])).items[0]
