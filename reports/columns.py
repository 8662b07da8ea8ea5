"""Rows as columns of plain values, small enough for a page: repeated texts once, days as numbers.

What trackers said is cut here to what a person reads; nothing is escaped, because it never becomes markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, TypeAlias

from reports.plain_text import line, web_address

__all__ = [
    "TEXT_LENGTH", "TITLE_LENGTH", "Plain", "Texts", "columns", "cut", "day_number", "flags", "instant_day",
    "unique", "value_text", "web_address",
]  # fmt: skip

Plain: TypeAlias = "int | float | str | bool | list[Any] | dict[str, Any] | None"

TITLE_LENGTH = 240
TEXT_LENGTH = 600
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date | None) -> int | None:
    """Days since 1970-01-01; None stays None."""
    return None if day is None else day.toordinal() - _EPOCH


def instant_day(moment: datetime | None, zone: tzinfo) -> int | None:
    """The day of an instant in a zone, as a number."""
    return None if moment is None else day_number(moment.astimezone(zone).date())


def cut(text: str | None, length: int = TEXT_LENGTH) -> str | None:
    """A text that a person reads: at most so long, on one line, nothing in it that hides or turns it."""
    if text is None:
        return None
    # Far more than is kept is never looked at: a title may have 40,000 characters.
    begin = text[: length * 4]
    plain = line(begin, length)
    return f"{plain[: length - 1]}…" if len(begin) < len(text) and not plain.endswith("…") else plain


def value_text(value: object) -> Plain:
    """A value of a rule or of evidence, for people: plain, cut, lists as lists."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [value_text(one) for one in value[:30]]
    if isinstance(value, Mapping):
        return {str(key): value_text(one) for key, one in list(value.items())[:30]}
    return cut(str(value))


class Texts:
    """Texts that are written once and named by their place."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str | None) -> int | None:
        """Where a text stands; None stays None."""
        return None if text is None else self._places.setdefault(text, len(self._places))

    @property
    def all(self) -> list[str]:
        """The texts in their places."""
        return list(self._places)


def columns(rows: Sequence[Any], **values: Callable[[Any], Plain]) -> dict[str, list[Plain]]:
    """One list per name, parallel to the rows."""
    return {name: [of(row) for row in rows] for name, of in values.items()}


def flags(*values: bool) -> int:
    """Booleans as one number, the first as 1, the second as 2, and so on."""
    return sum(1 << place for place, value in enumerate(values) if value)


def unique(ids: Iterable[str]) -> list[str]:
    """Each id once, in order."""
    return list(dict.fromkeys(ids))
