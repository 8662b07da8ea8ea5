"""What the demo reads back from its plans: custom fields of a task, as its planner sees them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from xml.etree import ElementTree as ET

_NAMESPACE = {"p": "http://schemas.microsoft.com/project"}


class PlansReader:
    """Reads the plan files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fields(self, name: str, task: str) -> dict[str, str]:
        """The custom fields of the first task of this name in a plan, by the headings people gave them."""
        plan = ET.parse(self._folder / name).getroot()  # nosec B314 # noqa: S314 - the demo's own file
        headings = {
            one.findtext("p:FieldID", "", _NAMESPACE): one.findtext("p:Alias", "", _NAMESPACE)
            for one in plan.iterfind("p:ExtendedAttributes/p:ExtendedAttribute", _NAMESPACE)
        }
        row = next(
            one
            for one in plan.iterfind("p:Tasks/p:Task", _NAMESPACE)
            if one.findtext("p:Name", "", _NAMESPACE) == task
        )
        return {
            headings[one.findtext("p:FieldID", "", _NAMESPACE)]: one.findtext("p:Value", "", _NAMESPACE)
            for one in row.iterfind("p:ExtendedAttribute", _NAMESPACE)
        }

    def digests(self) -> dict[str, str]:
        """A digest of each plan file by its name; equal ones are equal byte for byte."""
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self._folder.glob("*.xml"))
        }
