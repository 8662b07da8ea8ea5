"""SQL for PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rules.terms import Kind
from rules.values import Scalar, to_millisecond
from rules.writer import Writer

_POSTGRESQL_TYPES: Mapping[str, str] = {
    "bool": "boolean",
    "int": "bigint",
    "real": "double precision",
    "text": "text",
    "wall": "text",
    "date": "date",
    "instant": "timestamptz",
}


class PostgreSQLWriter(Writer):
    """Native types; every bound value is cast, since the driver leaves a text's type open."""

    double = "double precision"

    def quote(self, name: str) -> str:
        """In double quotes."""
        return f'"{name}"'

    def column(self, name: str, kind: Kind) -> str:
        """Instants to the millisecond, as SQLite stores them."""
        return f"DATE_TRUNC('milliseconds', {self.quote(name)})" if kind == "instant" else self.quote(name)

    def cast(self, placeholder: str, kind: Kind) -> str:
        """A bound value with its type."""
        return f"CAST({placeholder} AS {_POSTGRESQL_TYPES[kind]})"

    def bound(self, value: Scalar) -> object:
        """As the driver takes it."""
        return to_millisecond(value) if isinstance(value, datetime) else value

    def bound_texts(self, values: Sequence[str]) -> object:
        """As an array."""
        return list(values)

    def is_among(self, sql: str, placeholder: str) -> str:
        """PostgreSQL hashes a constant array from nine members on."""
        return f"{sql} = ANY(CAST({placeholder} AS text[]))"

    def collated(self, sql: str) -> str:
        """By bytes, whatever the database's language."""
        return f'{sql} COLLATE "C"'

    def extreme(self, op: str, args: Sequence[str], kind: Kind) -> str:
        """LEAST skips nulls; a rule's does not."""
        choices = [self.collated(arg) if kind in ("text", "wall") else arg for arg in args]
        known = " AND ".join(f"{arg} IS NOT NULL" for arg in args)
        return f"(CASE WHEN {known} THEN {op.upper()}({', '.join(choices)}) END)"

    def utc_day(self, sql: str) -> str:
        """The day in UTC, whatever the session's zone."""
        return f"CAST({sql} AT TIME ZONE 'UTC' AS date)"

    def days(self, first: str, second: str) -> str:
        """A difference of dates is a number of days."""
        return f"({second} - {first})"

    def hours(self, first: str, second: str) -> str:
        """From the difference in milliseconds, as SQLite has it."""
        return (
            f"(CAST(ROUND(EXTRACT(EPOCH FROM ({second} - {first})) * 1000) AS double precision) / 3600000.0)"
        )

    def lower(self, sql: str) -> str:
        """In the C collation only A to Z have a lower case."""
        return f"LOWER({self.collated(sql)})"

    def contains(self, where: str, what: str) -> str:
        """By code points."""
        return f"(STRPOS({where}, {what}) > 0)"

    def has(self, where: str, what: str) -> str:
        """JSONB containment: an array contains its members."""
        return f"({where} @> TO_JSONB({what}))"
