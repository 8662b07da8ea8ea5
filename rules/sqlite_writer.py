"""SQL for SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime

from rules.terms import Kind
from rules.values import Scalar, instant_text
from rules.writer import Writer


class SQLiteWriter(Writer):
    """Dates and instants are texts, booleans 0 and 1, lists JSON texts."""

    double = "REAL"

    def quote(self, name: str) -> str:
        """In backticks: SQLite reads an unknown name in double quotes as a text, silently."""
        return f"`{name}`"

    def column(self, name: str, kind: Kind) -> str:
        """The column as it stands."""
        return self.quote(name)

    def cast(self, placeholder: str, kind: Kind) -> str:
        """A bound value carries its own type."""
        return placeholder

    def bound(self, value: Scalar) -> object:
        """Dates and instants as the store writes them."""
        if isinstance(value, datetime):
            return instant_text(value)
        return value.isoformat() if isinstance(value, date) else value

    def bound_texts(self, values: Sequence[str]) -> object:
        """As a JSON text."""
        return json.dumps(list(values))

    def is_among(self, sql: str, placeholder: str) -> str:
        """The list is read once for the whole query."""
        return f"{sql} IN (SELECT value FROM JSON_EACH({placeholder}))"  # noqa: S608 - our own names

    def collated(self, sql: str) -> str:
        """SQLite's default order is that of the bytes, unless a column says otherwise."""
        return f"{sql} COLLATE BINARY"

    def extreme(self, op: str, args: Sequence[str], kind: Kind) -> str:
        """SQLite's own functions are null when any value is."""
        return f"{'MIN' if op == 'least' else 'MAX'}({', '.join(args)})"

    def utc_day(self, sql: str) -> str:
        """The first ten characters."""
        return f"SUBSTR({sql}, 1, 10)"

    def days(self, first: str, second: str) -> str:
        """Julian days of midnight are exact halves."""
        return f"CAST(JULIANDAY({second}) - JULIANDAY({first}) AS INTEGER)"

    def hours(self, first: str, second: str) -> str:
        """Rounded to the millisecond, so that 24 hours are exactly 24."""
        # julianday() is a double near 2.5 million: its last digit is 0.04 ms.
        return f"(ROUND((JULIANDAY({second}) - JULIANDAY({first})) * 86400000.0) / 3600000.0)"

    def lower(self, sql: str) -> str:
        """Of A to Z only; SQLite knows no others."""
        return f"LOWER({sql})"

    def contains(self, where: str, what: str) -> str:
        """By code points."""
        return f"(INSTR({where}, {what}) > 0)"

    def has(self, where: str, what: str) -> str:
        """Through json_each, null for a null list."""
        members = f"SELECT 1 FROM JSON_EACH({where}) AS m WHERE m.type = 'text' AND m.value = {what}"  # noqa: S608
        member = f"EXISTS ({members})"
        return f"(CASE WHEN {where} IS NOT NULL AND {what} IS NOT NULL THEN {member} END)"
