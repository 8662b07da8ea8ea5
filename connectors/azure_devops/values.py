"""Single values of Azure DevOps, understood: instants, days, accounts, tags, levels, states, kinds."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from connectors.azure_devops.settings import StateMap
from connectors.azure_devops.wire import Account
from connectors.ratings import level_of

_CATEGORIES = {"Proposed": "todo", "InProgress": "in_progress", "Completed": "done", "Removed": "removed"}
_KINDS = {
    "portfolio epic": "initiative", "initiative": "initiative", "theme": "initiative",
    "epic": "epic", "feature": "feature", "capability": "feature",
    "user story": "story", "product backlog item": "story", "requirement": "story", "story": "story",
    "task": "task", "bug": "bug", "defect": "bug", "milestone": "milestone", "gate": "gate", "risk": "risk",
    "issue": "issue", "impediment": "issue", "problem": "issue", "decision": "decision",
    "change": "change", "change request": "change", "status report": "status_report", "review": "task",
    "test case": "task", "test plan": "task", "test suite": "task", "shared steps": "task",
    "shared parameter": "task", "feedback request": "task", "feedback response": "task",
    "code review request": "task", "code review response": "task",
}  # fmt: skip
_SEVERITY = re.compile(r"\s*([1-4])\s*-\s*\w")
_NAME_AND_MAIL = re.compile(r"\s*(.*?)\s*<([^<>]+)>\s*")
_TAG = re.compile(r"<[^>]*>")
_ITEM_ADDRESS = re.compile(
    r"https?://[^?#\s]+/_apis/wit/workitems/([1-9][0-9]{0,9})/?(?:[?#].*)?", re.IGNORECASE
)
_MIDNIGHT = "T00:00:00Z"


def instant(text: str) -> datetime:
    """An aware UTC instant.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def instant_of(value: Any) -> datetime | None:
    """The same where nothing is promised: None for what is no instant."""
    try:
        return instant(value)
    except (ValueError, TypeError, OverflowError):
        return None


def day(text: Any, zones: Sequence[ZoneInfo]) -> date | None:
    """The calendar date that somebody meant by a date field, which holds an instant.

    A date without a time is kept as midnight, of UTC where a program wrote it and else of its author's zone:
    "15 Dec" may read 2026-12-14T23:00Z (facts/azure_devops.md §3.1). So an instant that is midnight in one of
    the zones is the date there, the portfolio's zone (the first) before UTC before the others; any other
    instant is the day in the portfolio's zone.

    Raises:
        ValueError: something stands there, and it is no date.
    """
    if not text:
        return None
    if not isinstance(text, str):
        raise ValueError("no date, but something else")  # noqa: TRY004 - what stands there is the tracker's
    if len(text) == 10 or text.endswith(_MIDNIGHT):  # which is no other date's midnight in any zone
        return date.fromisoformat(text[:10])
    try:
        moment = instant(text)
        for zone in (zones[0], UTC, *zones[1:]):
            local = moment.astimezone(zone)
            if local.time() == time.min:
                return local.date()
        return moment.astimezone(zones[0]).date()
    except OverflowError as error:
        raise ValueError("a date outside the calendar") from error


def account_of(value: Account | str | None) -> str | None:
    """The account id in an identity field: its descriptor; of a text form, the mail address or the text."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        found = _NAME_AND_MAIL.fullmatch(value)
        return found.group(2).casefold() if found else value.strip()
    return value.descriptor or (value.unique_name or value.display_name or "").strip() or None


def account(value: Any) -> Account | str | None:
    """An identity in a configured field, whose type nothing promises."""
    if isinstance(value, dict):
        return Account(
            descriptor=_str(value.get("descriptor")),
            display_name=_str(value.get("displayName")),
            unique_name=_str(value.get("uniqueName")),
        )
    return value if isinstance(value, str) else None


def name_and_mail(value: Account | str) -> tuple[str, str | None]:
    """What people are called and their mail address, of `Name <mail>` or an identity."""
    if isinstance(value, Account):
        mail = value.unique_name if "@" in (value.unique_name or "") else None
        return (value.display_name or value.unique_name or value.descriptor or "").strip(), mail
    found = _NAME_AND_MAIL.fullmatch(value)
    if not found:
        return value.strip(), None
    mail = found.group(2) if "@" in found.group(2) else None
    return found.group(1) or found.group(2), mail


def tags_of(text: str | None) -> list[str]:
    """The tags in `one; two`."""
    return [tag for tag in (part.strip() for part in text.split(";")) if tag] if text else []


def text_of(value: Any) -> str | None:
    """The text people see in a field of any type; of rich text, its words."""
    if isinstance(value, str):  # nearly all that comes
        plain = html.unescape(_TAG.sub(" ", value)) if "<" in value and ">" in value else value
        return " ".join(plain.split()) or None
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case int():
            return str(value)
        case dict():
            return _str(value.get("displayName")) or _str(value.get("name"))
    return None


def number_of(value: Any) -> float | None:
    """The number in a field, also where it is written as text."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def truth_of(value: Any) -> bool:
    """Yes, true, 1: how a picklist, a Boolean field and a text say that something holds."""
    if isinstance(value, bool):
        return value
    return (text_of(value) or "").casefold() in ("yes", "true", "1", "y")


def likelihood_of(text: str | None) -> int | None:
    """A probability as a level from 1 to 5. CMMI's field holds a percentage, 1 to 99 (facts §3)."""
    if not text:
        return None
    number = number_of(text.strip().removesuffix("%"))
    if number is None or (number <= 5 and number == int(number) and "%" not in text):
        return level_of(text)
    if not 0 < number <= 100:
        return None
    return 1 if number < 20 else 2 if number < 40 else 3 if number < 60 else 4 if number < 80 else 5


def severity_level(text: str | None) -> int | None:
    """The impact that a severity says: "1 - Critical" is the greatest, 5; "4 - Low" is 2."""
    match = _SEVERITY.match(text or "")
    return 6 - int(match.group(1)) if match else None


def rank_of(priority: str | None, ranks: Mapping[str, int]) -> int | None:
    """1 for the highest priority to 5; the configuration's ranks come first. Azure DevOps counts 1 to 4."""
    if not priority:
        return None
    configured = ranks.get(priority)
    if configured:
        return configured
    return int(priority) if priority in ("1", "2", "3", "4", "5") else None


def state_of(category: str, reason: str | None, settings: StateMap) -> str | None:
    """todo, in_progress, done or removed; None for a category nobody has heard of.

    A reason counts only where the state is an end: work that was cut is closed, not completed.
    """
    state = settings.resolved if category == "Resolved" else _CATEGORIES.get(category)
    if state == "done" and (reason or "").casefold() in {one.casefold() for one in settings.removed_reasons}:
        return "removed"
    return state


def kind_of(type_: str, kinds: Mapping[str, str]) -> str | None:
    """The kind of work item: configured by the type's name, else by the usual name; None for another."""
    return kinds.get(type_) or _KINDS.get(type_.strip().casefold())


def item_number(url: str | None) -> int | None:
    """The id in the API's address of a work item; None where it is no such address."""
    found = _ITEM_ADDRESS.fullmatch(url or "")
    return int(found.group(1)) if found else None


def any_of(values: Iterable[str], wanted: frozenset[str]) -> bool:
    """Whether one of the values is wanted, whatever its case; `wanted` is folded already."""
    return any(value.casefold() in wanted for value in values)


def folded(names: Iterable[str]) -> frozenset[str]:
    """Names without their case."""
    return frozenset(name.casefold() for name in names)


def _str(value: Any) -> str | None:
    return value if isinstance(value, str) else None
