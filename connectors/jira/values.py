"""Single values of Jira, understood: instants, days, texts of options and users, levels, states, kinds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.jira.settings import StateMap

_STATES = {"new": "todo", "undefined": "todo", "indeterminate": "in_progress", "done": "done"}
_RANKS = {
    "blocker": 1, "highest": 1, "critical": 1, "urgent": 1,
    "high": 2, "major": 2,
    "medium": 3, "normal": 3,
    "low": 4, "minor": 4,
    "lowest": 5, "trivial": 5,
}  # fmt: skip
_KINDS = {
    "initiative": "initiative", "theme": "initiative", "legend": "initiative",
    "epic": "epic", "feature": "feature", "capability": "feature",
    "story": "story", "user story": "story", "task": "task", "sub-task": "task", "subtask": "task",
    "bug": "bug", "defect": "bug", "milestone": "milestone", "gate": "gate", "risk": "risk",
    "issue": "issue", "impediment": "issue", "problem": "issue", "decision": "decision", "change": "change",
    "change request": "change", "status report": "status_report",
}  # fmt: skip
_CONTAINERS = frozenset({"initiative", "epic", "feature"})


def instant(text: str | float) -> datetime:
    """An aware UTC instant.

    The text's offset is the calling account's zone and has no colon. The vendor's example of the bulk
    changelog shows a number instead: of seconds or, where that would be after 2286, of milliseconds.

    Raises:
        ValueError: neither.
    """
    if isinstance(text, str):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("an instant without a zone")
        return moment.astimezone(UTC)
    seconds = text / 1000 if abs(text) >= 10_000_000_000 else text
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("an instant outside the calendar") from error


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since 1970, as JQL takes them without a time zone."""
    return round(moment.timestamp() * 1000)


def day(text: str | None, zone: ZoneInfo | None = None) -> date | None:
    """A calendar date; cleared dates come as null or as an empty text. An instant is a day in `zone`.

    Raises:
        ValueError: something stands there, and it is no date.
    """
    if not text:
        return None
    if len(text) == 10:
        return date.fromisoformat(text)
    moment = instant(text)
    return (moment.astimezone(zone) if zone else moment).date()


def text_of(raw: msgspec.Raw | None) -> str | None:
    """The text people see in a field of any type: options, users, versions, numbers, rich text."""
    if raw is None:
        return None
    content = bytes(raw)
    return None if content in (b"null", b"") else _text(msgspec.json.decode(content))


def texts_of(raw: msgspec.Raw | None) -> list[str]:
    """Like `text_of`, for fields that may hold a list; a text is split at commas and spaces."""
    if raw is None or bytes(raw) in (b"null", b""):
        return []
    value = msgspec.json.decode(bytes(raw))
    if isinstance(value, list):
        return [text for text in map(_text, value) if text]
    return [part for part in re.split(r"[,;\s]+", _text(value) or "") if part]


def number_of(raw: msgspec.Raw | None) -> float | None:
    """The number in a field, also where it is written as text or as an option."""
    try:
        number = float(text_of(raw) or "nan")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def account_of(raw: msgspec.Raw | None) -> str | None:
    """The account id in a user field."""
    if raw is None or bytes(raw) in (b"null", b""):
        return None
    value = msgspec.json.decode(bytes(raw))
    if isinstance(value, list):
        value = value[0] if value else None
    account = value.get("accountId") if isinstance(value, dict) else None
    return account if isinstance(account, str) else None


def rank_of(priority: str | None, ranks: Mapping[str, int]) -> int | None:
    """1 for the highest priority to 5; the configuration's ranks come first."""
    if not priority:
        return None
    return ranks.get(priority) or _RANKS.get(priority.casefold())


class States:
    """The four states from status categories, and from the names that mean an end without completion."""

    def __init__(self, settings: StateMap) -> None:
        self._removed_statuses = _folded(settings.removed_statuses)
        self._removed_resolutions = _folded(settings.removed_resolutions)

    def of(self, category: str, status: str, resolution: str | None = None) -> str:
        """todo, in_progress, done or removed. A resolution counts only where the status is an end."""
        state = _STATES.get(category, "todo")
        if state == "done" and (
            status.casefold() in self._removed_statuses
            or (resolution or "").casefold() in self._removed_resolutions
        ):
            return "removed"
        return state


def kind_of(type_id: str, name: str, level: int | None, kinds: Mapping[str, str]) -> str | None:
    """The kind of work item: configured by id or name, else by the usual name, else by hierarchy level.

    Teams may have a type "Initiative" of their own at the bottom level, so a container's name needs a level.

    Returns:
        None for a bottom-level type nobody has heard of, which is then treated as a task and reported.
    """
    configured = kinds.get(type_id) or kinds.get(name)
    if configured:
        return configured
    usual = _KINDS.get(name.strip().casefold())
    if usual and (usual not in _CONTAINERS or level is None or level > 0):
        return usual
    if level is not None and level >= 1:
        return "epic" if level == 1 else "initiative"
    return "task" if usual or (level is not None and level < 0) else None


def _folded(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _text(value: Any) -> str | None:
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case int() | str():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case list():
            return ", ".join(text for text in map(_text, value) if text) or None
        case {"type": "doc"}:
            return " ".join(_rich(value)).strip() or None
        case dict():
            found = next((value[k] for k in ("value", "name", "displayName", "key") if value.get(k)), None)
            return _text(found)
    return None


def _rich(node: Any) -> list[str]:
    if isinstance(node, dict):
        if node.get("type") == "text" and isinstance(node.get("text"), str):
            return [node["text"]]
        return [text for child in node.get("content") or [] for text in _rich(child)]
    return []
