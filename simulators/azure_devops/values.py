"""From what people and clients write to what is kept: dates, numbers, tags, identities, node ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from simulators.azure_devops.model import FieldDef, Json, Project, Tree, iso
from simulators.azure_devops.sanitizer import sanitize
from simulators.azure_devops.state import State
from simulators.clock import to_ms

LONG_TEXT = frozenset({"html", "history"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


class BadValue(ValueError):
    """A value that the field cannot have; `status` is the vendor's flag for it."""

    def __init__(self, status: str, words: str) -> None:
        super().__init__(words)
        self.status = status


def canonical(state: State, project: Project, given: Mapping[str, Json]) -> dict[str, Json]:
    """Values as they are kept, by reference name; paths become node ids, people descriptors.

    Raises:
        KeyError: no such field.
        BadValue: a value that its field cannot have.
    """
    found: dict[str, Json] = {}
    for name, value in given.items():
        field = state.field_defs[name]
        if name in {"System.AreaPath", "System.IterationPath"}:
            tree: Tree = "area" if name == "System.AreaPath" else "iteration"
            node = state.find_node(project, tree, str(value))
            if node is None:
                raise BadValue("invalidTreeName", f"Invalid tree name given for field '{name}'.")
            found["System.AreaId" if tree == "area" else "System.IterationId"] = node.id
        else:
            found[name] = value_of(state, field, value)
    return found


def value_of(state: State, field: FieldDef, value: Json) -> Json:
    """One value in its kept form; nothing and the empty text are None."""
    if value is None or value == "":
        return None
    if field.reference_name == "System.Tags":
        return tags(str(value)) or None
    if field.is_identity:
        return _identity(state, field, value)
    try:
        match field.type:
            case "integer" | "picklistInteger":
                return int(value)
            case "double" | "picklistDouble":
                return float(value)
            case "boolean":
                return value if isinstance(value, bool) else str(value).lower() == "true"
            case "dateTime":
                return instant(value)
            case "html" | "history":
                return sanitize(str(value)) or None
    except (TypeError, ValueError):
        words = f"The field '{field.name}' contains the value '{value}' that is not a valid {field.type}."
        raise BadValue("invalidType", words) from None
    return str(value)


def instant(value: date | str) -> str:
    """A dateTime as answers show it; a bare day is midnight UTC."""
    if isinstance(value, datetime):
        return iso(to_ms(value if value.tzinfo else value.replace(tzinfo=UTC)))
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    if _DAY.match(value):
        return f"{date.fromisoformat(value).isoformat()}T00:00:00Z"
    at = datetime.fromisoformat(value)
    return iso(to_ms(at if at.tzinfo else at.replace(tzinfo=UTC)))


def tags(text: str) -> str:
    """Tags as they are kept: each once, in any case, in alphabetical order, joined by `; `."""
    found: dict[str, str] = {}
    for part in text.replace(",", ";").split(";"):
        if part.strip():
            found.setdefault(part.strip().casefold(), part.strip())
    return "; ".join(found[key] for key in sorted(found))


def _identity(state: State, field: FieldDef, value: Json) -> str:
    text = value
    if isinstance(value, dict):
        text = (
            value.get("descriptor") or value.get("id") or value.get("uniqueName") or value.get("displayName")
        )
    user = state.find_user(str(text))
    if user is None or not user.listed:
        words = f"The identity value '{text}' for field '{field.name}' is an unknown identity."
        raise BadValue("invalidIdentityField", words)
    return user.descriptor
