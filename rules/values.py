"""The values that parameters may have, and their form in each database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal, TypeAlias

from rules.terms import Kind

Dialect: TypeAlias = Literal["sqlite", "postgresql"]
Scalar: TypeAlias = str | int | float | bool | date | datetime
# Lists and not any sequence: a text is a sequence too.
ParamValue: TypeAlias = Scalar | list[Scalar] | tuple[Scalar, ...]


def members(value: ParamValue) -> list[Scalar]:
    """The values of a list parameter; of a single one, itself."""
    return list(value) if isinstance(value, list | tuple) else [value]


def kind_of(value: Scalar) -> Kind:
    """The kind of a parameter, from its value. Numbers are all real: an override may have a fraction."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "real"
    if isinstance(value, datetime):
        return "instant"
    return "date" if isinstance(value, date) else "text"


def instant_text(value: datetime) -> str:
    """An instant as the store writes it: `2026-11-24T12:00:00.000Z`."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def to_millisecond(value: datetime) -> datetime:
    """An instant in UTC, cut to the millisecond."""
    utc = value.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
