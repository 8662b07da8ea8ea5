"""Message templates: `{column}`, `{column:date}`, `{column:wd}`, `{column:pct}` and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from rules.terms import Kind

FORMATS = ("", "date", "wd", "pct")
UNKNOWN = "unknown"
_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z]*))?\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MAX_VALUE = 200
_MAX_MEMBERS = 10


def fields(template: str) -> list[tuple[str, str]]:
    """The (name, format) pairs of a template.

    Raises:
        ValueError: a brace that is not a field, or a format that does not exist.
    """
    rest = _FIELD.sub("", template)
    if "{" in rest or "}" in rest:
        raise ValueError("a brace that is not a field: {column}, {column:date}, {column:wd}, {column:pct}")
    found = [(match[1], match[2] or "") for match in _FIELD.finditer(template)]
    for match in _FIELD.finditer(template):
        if (match[2] or "") not in FORMATS or match[0].endswith(":}"):
            raise ValueError(f"{match[0]}: the formats are date, wd and pct")
    return found


def format_problem(name: str, form: str, kind: Kind) -> str | None:
    """Why a format does not fit a kind, or None."""
    wanted: Mapping[str, tuple[Kind, ...]] = {
        "date": ("date", "instant", "wall"),
        "wd": ("int", "real"),
        "pct": ("int", "real"),
    }
    if form and kind not in wanted[form]:
        needs = {"date": "a date", "wd": "a number of working days", "pct": "a number"}[form]
        return f"{{{name}:{form}}} needs {needs}; `{name}` is {kind}"
    return None


def render(template: str, row: Mapping[str, Any]) -> str:
    """A template with a row's values, as one line of plain text."""
    return _FIELD.sub(lambda match: _shown(match[1], match[2] or "", row[match[1]]), template)


def plain(value: Any) -> str:
    """A value in plain words: null is `unknown`, a list its members, an instant in UTC to the minute."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list | tuple):
        shown = ", ".join(plain(member) for member in value[:_MAX_MEMBERS])
        return shown + (f" and {len(value) - _MAX_MEMBERS} more" if len(value) > _MAX_MEMBERS else "")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"


def _shown(name: str, form: str, value: Any) -> str:
    if value is None or not form:
        return plain(value)
    if form == "date":
        return _day(value)
    if form == "wd":
        return f"{_number(value)} working day{'' if abs(value) == 1 else 's'}"
    # The unit is part of a name: `percent_complete` is 0 to 100, a share or a rate is 0 to 1.
    is_percent = name.startswith("percent_") or name.endswith(("_percent", "_pct"))
    return f"{_number(round(value if is_percent else value * 100, 1))}%"


def _day(value: Any) -> str:
    day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0 makes -0.0 a plain 0
