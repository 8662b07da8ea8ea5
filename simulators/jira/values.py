"""Field values: what a caller may send, how it is kept, and which history entries a change of it leaves."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from simulators.clock import to_ms
from simulators.jira import adf
from simulators.jira.catalogue import CUSTOM, EPIC_LINK_TYPE, SPRINT_TYPE
from simulators.jira.model import FieldDef, Json
from simulators.jira.state import State

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
RICH = frozenset({"description", "environment"})


class FieldError(Exception):
    """The tracker refuses the value of one field; the text is what it answers."""


def is_rich(field: FieldDef) -> bool:
    """Does version 3 want a document here?"""
    return field.id in RICH or field.custom == CUSTOM + "textarea"


def coerce(
    state: State, field: FieldDef, value: Json, project_id: int, *, version: int = 3, lenient: bool = False
) -> Json:
    """The canonical form of a value, or FieldError.

    `lenient` also takes what is handy in Python: keys, names, account ids, dates, plain text.
    """
    if value is None or (value == "" and field.type in {"date", "datetime", "option", "user"}):
        return [] if field.type == "array" else None
    if field.id == "parent":
        return _parent(state, value)
    if field.custom == SPRINT_TYPE:
        return _sprints(state, value)
    if field.type == "array":
        if not isinstance(value, (list, tuple)):
            if not lenient:
                raise FieldError("Operation value must be an array")
            value = [value]
        return [_one(state, field, field.items or "string", entry, project_id, lenient) for entry in value]
    if is_rich(field):
        return _rich(value, version, lenient)
    return _one(state, field, field.type, value, project_id, lenient)


def _one(state: State, field: FieldDef, kind: str, value: Json, project_id: int, lenient: bool) -> Json:
    match kind:
        case "date":
            return _date(value, lenient)
        case "datetime":
            return _instant(value)
        case "number":
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise FieldError("Operation value must be a number")
            return value
        case "user":
            return _user(state, value, lenient)
        case "priority":
            return _named(state.priorities, value, field.name, lenient)
        case "issuetype":
            return _named(state.types, value, field.name, lenient)
        case "option":
            return _option(field, value, lenient)
        case "version":
            return _version(state, value, field.name, project_id, lenient)
        case "team":
            return value.get("id") if isinstance(value, dict) else str(value)
        case "component":
            return value.get("name") if isinstance(value, dict) else str(value)
        case _:
            return _text(field, value)


def _text(field: FieldDef, value: Json) -> str:
    if not isinstance(value, str):
        raise FieldError("Operation value must be a string")
    if field.id == "labels" and " " in value:
        raise FieldError(f"The label '{value}' contains spaces which is invalid.")
    if field.id == "summary" and not value.strip():
        raise FieldError("You must specify a summary of the issue.")
    if len(value) > 255:
        raise FieldError("The entered text is too long. It exceeds the allowed limit of 255 characters.")
    return value


def _rich(value: Json, version: int, lenient: bool) -> Json:
    if isinstance(value, str) and (lenient or version == 2):
        return value
    if problem := adf.problem(value):
        raise FieldError(problem)
    return value


def _date(value: Json, lenient: bool) -> str:
    if lenient and isinstance(value, date):
        return value.isoformat()[:10]
    if not isinstance(value, str):
        raise FieldError("Operation value must be a string")
    try:
        if _DAY.match(value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise FieldError(f"Error parsing date string: {value}")


def _instant(value: Json) -> int:
    if isinstance(value, datetime):
        return to_ms(value)
    try:
        return to_ms(datetime.fromisoformat(str(value)))
    except (ValueError, TypeError):
        raise FieldError(f"Error parsing date string: {value}") from None


def _user(state: State, value: Json, lenient: bool) -> str:
    if isinstance(value, dict):
        value = value.get("accountId") or value.get("id")
        if value is None:
            raise FieldError("expected 'accountId' property to be present")
    elif not lenient:
        raise FieldError("data was not an object")
    user = state.users.get(str(value)) or (state.find_user(str(value)) if lenient else None)
    if user is None:
        raise FieldError(f"User '{value}' does not exist.")
    return user.account_id


def _named(entries: dict[str, Any], value: Json, name: str, lenient: bool) -> str:
    wanted = value if isinstance(value, dict) else {"name": str(value), "id": str(value)} if lenient else {}
    for entry in entries.values():
        if (
            entry.id == str(wanted.get("id"))
            or entry.name.casefold() == str(wanted.get("name", "")).casefold()
        ):
            return str(entry.id)
    raise FieldError(f"Specify a valid 'id' or 'name' for {name}")


def _option(field: FieldDef, value: Json, lenient: bool) -> str:
    wanted = value if isinstance(value, dict) else {"value": value, "id": value} if lenient else {}
    for number, text in field.options.items():
        if number == str(wanted.get("id")) or text == wanted.get("value"):
            return number
    raise FieldError(f"Specify a valid 'id' or 'name' for {field.name}")


def _version(state: State, value: Json, name: str, project_id: int, lenient: bool) -> int:
    wanted = value if isinstance(value, dict) else {"name": str(value), "id": str(value)} if lenient else {}
    for version in state.versions.values():
        if version.project_id == project_id and (
            str(version.id) == str(wanted.get("id")) or version.name == wanted.get("name")
        ):
            return version.id
    raise FieldError(f"Version name '{wanted.get('name', value)}' is not valid")


def _parent(state: State, value: Json) -> int | None:
    if isinstance(value, dict):
        if value.get("none"):
            return None
        value = value.get("id") or value.get("key")
    issue = state.find_issue(value) if isinstance(value, (str, int)) else None
    if issue is None:
        raise FieldError("Could not find issue by id or key.")
    return issue.id


def _sprints(state: State, value: Json) -> list[int]:
    entries = value if isinstance(value, (list, tuple)) else [value]
    found = []
    for entry in entries:
        wanted = entry.get("id") if isinstance(entry, dict) else entry
        sprint = state.find_sprint(wanted) if isinstance(wanted, (int, str)) else None
        if sprint is None:
            raise FieldError("Number value expected as the Sprint id.")
        found.append(sprint.id)
    return found


# history entries


def items(state: State, field: FieldDef, before: Json, after: Json) -> list[dict[str, Json]]:
    """The change items of one field, as they stand in the vendor's histories."""
    if field.id in {"fixVersions", "versions"}:
        return _version_items(state, field, before or [], after or [])
    if field.id == "parent":
        # The modern parent leaves an item without fieldId beside no Epic Link item (facts/jira.md §1.2).
        return [item("IssueParentAssociation", None, _issue_pair(state, before), _issue_pair(state, after))]
    return [item(_label(field), field, _pair(state, field, before), _pair(state, field, after))]


def item(
    name: str, field: FieldDef | None, before: tuple[Json, Json], after: tuple[Json, Json]
) -> dict[str, Json]:
    """One change item; without a field there is no fieldId."""
    entry: dict[str, Json] = {"field": name, "fieldtype": "custom" if field and field.custom else "jira"}
    if field is not None:
        entry["fieldId"] = field.id
    entry |= {"from": before[0], "fromString": before[1], "to": after[0], "toString": after[1]}
    return entry


def _label(field: FieldDef) -> str:
    return field.name if field.custom else field.id


def _issue_pair(state: State, issue_id: int | None) -> tuple[Json, Json]:
    issue = state.issues.get(issue_id) if issue_id else None
    return (str(issue.id), state.key_of(issue)) if issue else (None, None)


def _version_items(
    state: State, field: FieldDef, before: list[int], after: list[int]
) -> list[dict[str, Json]]:
    label = "Fix Version" if field.id == "fixVersions" else "Version"
    gone = [v for v in before if v not in after]
    come = [v for v in after if v not in before]
    return [item(label, field, (str(v), state.versions[v].name), (None, None)) for v in gone] + [
        item(label, field, (None, None), (str(v), state.versions[v].name)) for v in come
    ]


def _pair(state: State, field: FieldDef, value: Json) -> tuple[Json, Json]:
    """(from, fromString) of a value, each kind with its own habits."""
    if field.id == "duedate":
        return (value, f"{value} 00:00:00.0") if value else (None, None)
    if field.type == "date":
        # An empty picker is "" and a filled one has a text in the site's locale: never read the text.
        return (value, date.fromisoformat(value).strftime("%d/%b/%y").lstrip("0")) if value else ("", "")
    if field.id == "labels":
        return "", " ".join(value or [])
    if field.custom == SPRINT_TYPE:
        return ", ".join(map(str, value or [])), ", ".join(state.sprints[s].name for s in value or [])
    if field.custom == EPIC_LINK_TYPE:
        return _issue_pair(state, value)
    if value is None or value == []:
        return None, None
    return _named_pair(state, field, value) or (None, _words(field, value))


def _named_pair(state: State, field: FieldDef, value: Json) -> tuple[Json, Json] | None:
    match field.type:
        case "user":
            user = state.users.get(value)
            return value, user.name if user and not user.removed else "Former user"
        case "priority":
            return value, state.priorities[value].name
        case "issuetype":
            return value, state.types[value].name
        case "resolution":
            return value, state.resolutions[value].name
        case "option":
            return value, field.options[value]
        case "array" if field.items == "option":
            return f"[{', '.join(value)}]", ",".join(field.options[v] for v in value)
    return None


def _words(field: FieldDef, value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if field.type == "number":
        return f"{value:g}"
    return adf.text_of(value) if is_rich(field) else str(value)
