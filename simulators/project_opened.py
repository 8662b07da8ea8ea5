"""What a planner finds in a plan that somebody else wrote into, and keeps by saving it again.

Microsoft Project knows every custom field and note of the file it opened and writes them back; a plan that is
made anew has to be given them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from simulators.project_plan import ProjectFile

_NAMESPACE = "{http://schemas.microsoft.com/project}"


def keep_what_is_there(plan: ProjectFile, path: Path) -> None:
    """Give the plan the custom fields and notes of the file that it will replace, if there is one.

    What the plan itself has stays: its own custom fields, and its rows, which are known by their `UID`.
    """
    if not path.exists():
        return
    project = ET.parse(path).getroot()  # nosec B314 # noqa: S314 - the simulator's own file
    own = {_text(one, "FieldID") for one in _definitions(project) if _text(one, "FieldName") in plan.aliases}
    plan.kept = [_copied(one) for one in _definitions(project) if _text(one, "FieldID") not in own]
    before = {_text(one, "UID"): one for one in project.iter(f"{_NAMESPACE}Task")}
    for task in plan.tasks:
        found = before.get(str(task.uid))
        if found is None:
            continue
        values = found.findall(f"{_NAMESPACE}ExtendedAttribute")
        task.kept = [_copied(one) for one in values if _text(one, "FieldID") not in own]
        task.notes = _text(found, "Notes") or task.notes


def _definitions(project: ET.Element) -> Iterator[ET.Element]:
    yield from project.iterfind(f"{_NAMESPACE}ExtendedAttributes/{_NAMESPACE}ExtendedAttribute")


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{_NAMESPACE}{name}") or ""


def _copied(element: ET.Element) -> str:
    """The element as text, without the prefix that a parser would give it."""
    name = element.tag.removeprefix(_NAMESPACE)
    inner = "".join(_copied(child) for child in element) or escape(element.text or "")
    return f"<{name}>{inner}</{name}>"
