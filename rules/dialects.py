"""Writes checked trees as SQL, equal in meaning on SQLite and PostgreSQL.

Where the two disagree, this is what rules mean (docs/rules/language.md says it to users):
- unknown in, unknown out: `least` and `greatest` are null when any value is null (PostgreSQL alone would skip it);
- `+ - * /` are exact (double precision); a division by zero is unknown;
- texts compare by code point; `lower` changes A to Z only;
- instants count to the millisecond, and `days` takes an instant by its UTC day;
- every text and fraction is a bound parameter, so nothing a rule's author wrote stands in the SQL.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import ClassVar, Literal, TypeAlias

from rules.lexer import ExpressionError
from rules.terms import Kind, Term

Dialect: TypeAlias = Literal["sqlite", "postgresql"]
Scalar: TypeAlias = str | int | float | bool | date | datetime

# `least` in PostgreSQL repeats its arguments, so nesting grows the text; this bounds it.
MAX_SQL = 20_000
LITERAL_PREFIX = "lit_"


class Writer(ABC):
    """Writes terms of one compilation; `parameters` collects what they bind."""

    _OPERATORS: ClassVar[Mapping[str, str]] = {"and": " AND ", "or": " OR "}

    def __init__(self, values: Mapping[str, Scalar | Sequence[Scalar]]) -> None:
        self._values = values
        self._literals: dict[tuple[str, object], str] = {}
        self.parameters: dict[str, object] = {}

    def write(self, term: Term) -> str:
        """The SQL of a term, in brackets where it needs them.

        Raises:
            ExpressionError: the SQL would be too long.
        """
        sql = self._write(term)
        if len(sql) > MAX_SQL:
            raise ExpressionError("this expression becomes too large; split it into simpler conditions")
        return sql

    def _write(self, term: Term) -> str:
        match term.op:
            case "measure":
                return self.write(term.args[0])
            case "column":
                return self.column(term.name, term.kind)
            case "param":
                return self._parameter(term.name, term.kind)
            case "text" | "number":
                return self._literal(term)
            case "bool":
                return "TRUE" if term.value else "FALSE"
            case "and" | "or":
                return f"({self._OPERATORS[term.op].join(self._all(term.args))})"
            case "not":
                return f"(NOT {self.write(term.args[0])})"
            case "is null":
                return f"({self.write(term.args[0])} IS NULL)"
            case "=" | "<>":
                return f"({self.write(term.args[0])} {term.op} {self.write(term.args[1])})"
            case "<" | "<=" | ">" | ">=":
                return f"({self._ordered(term.args[0])} {term.op} {self.write(term.args[1])})"
            case "between":
                subject, low, high = term.args
                return f"({self._ordered(subject)} BETWEEN {self.write(low)} AND {self.write(high)})"
            case "in":
                return f"({self.write(term.args[0])} IN ({', '.join(self._all(term.args[1:]))}))"
            case "params":
                return self._in_list(term)
            case "case":
                return self._case(term)
            case _:
                return self._computed(term)

    def _computed(self, term: Term) -> str:
        args = term.args
        match term.op:
            case "+" | "-" | "*":
                return f"({self._double(args[0])} {term.op} {self._double(args[1])})"
            case "/":
                return f"({self._double(args[0])} / NULLIF({self._double(args[1])}, 0))"
            case "minus":
                return f"(- {self._double(args[0])})"
            case "coalesce":
                return f"COALESCE({', '.join(self._joined(term))})"
            case "least" | "greatest":
                return self.extreme(term.op, self._joined(term), term.kind)
            case "abs":
                return f"ABS({self.write(args[0])})"
            case "wd":
                return f"({self._ordinal(args[1])} - {self._ordinal(args[0])})"
            case "days":
                return self.days(*(self._day(arg) for arg in args))
            case "hours":
                return self.hours(*self._all(args))
            case "lower":
                return self.lower(self.write(args[0]))
            case "contains":
                return self.contains(*self._all(args))
            case _:
                return self.has(*self._all(args))

    # -- pieces ---------------------------------------------------------------------------------------------

    def _all(self, terms: Sequence[Term]) -> list[str]:
        return [self.write(term) for term in terms]

    def _joined(self, term: Term) -> list[str]:
        """The choices of a coalesce, least or greatest; whole numbers become real ones beside real ones."""
        return [self._double(arg) if term.kind == "real" else self.write(arg) for arg in term.args]

    def _case(self, term: Term) -> str:
        pairs = [(term.args[i], term.args[i + 1]) for i in range(0, len(term.args) - 1, 2)]
        result = self._double if term.kind == "real" else self.write
        parts = [f"WHEN {self.write(when)} THEN {result(then)}" for when, then in pairs]
        if len(term.args) % 2:
            parts.append(f"ELSE {result(term.args[-1])}")
        return f"(CASE {' '.join(parts)} END)"

    def _double(self, term: Term) -> str:
        """A number in double precision: a column may be an integer, and integers divide and overflow differently."""
        sql = self.write(term)
        return sql if term.op in ("+", "-", "*", "/", "minus") else f"CAST({sql} AS {self.double})"

    def _parameter(self, name: str, kind: Kind) -> str:
        value = self._values.get(name)  # :today and :now come with the run
        if value is not None:
            self.parameters[name] = self.bound(_typed(value, kind))
        return self.cast(f":{name}", kind)

    def _in_list(self, term: Term) -> str:
        values = self._values[term.name]
        assert isinstance(values, list | tuple)  # noqa: S101 - Rule and Override check it
        names = []
        for number, value in enumerate(values, 1):
            kind = kind_of(value)
            name = f"{term.name}_{number}"
            self.parameters[name] = self.bound(_typed(value, kind))
            names.append(self.cast(f":{name}", kind))
        return f"({self.write(term.args[0])} IN ({', '.join(names)}))"

    def _literal(self, term: Term) -> str:
        if isinstance(term.value, int):
            return str(term.value)
        name = self._literals.setdefault(
            (term.kind, term.value), f"{LITERAL_PREFIX}{len(self._literals) + 1}"
        )
        self.parameters[name] = term.value
        return self.cast(f":{name}", term.kind)

    def _ordinal(self, term: Term) -> str:
        """The working-day number of a date or instant."""
        if term.op == "column":
            return self.quote(f"{term.name}_ord")
        if term.op == "param":
            return self.quote("today_ord")
        if term.op == "measure":
            return self._ordinal(term.args[0])
        ordinals = [self._ordinal(arg) for arg in term.args]
        if term.op in ("least", "greatest"):
            return self.extreme(term.op, ordinals, "int")
        # Not COALESCE over the numbers: a known date outside the calendar must not fall through to the next one.
        *choices, last = zip(term.args, ordinals, strict=True)
        whens = " ".join(f"WHEN {self.write(arg)} IS NOT NULL THEN {ordinal}" for arg, ordinal in choices)
        return f"(CASE {whens} ELSE {last[1]} END)"

    def _day(self, term: Term) -> str:
        sql = self.write(term)
        return self.utc_day(sql) if term.kind == "instant" else sql

    def _ordered(self, term: Term) -> str:
        return self.collated(self.write(term)) if term.kind in ("text", "wall") else self.write(term)

    # -- what differs ---------------------------------------------------------------------------------------

    double: ClassVar[str]

    @abstractmethod
    def quote(self, name: str) -> str:
        """A column's name, quoted."""

    @abstractmethod
    def column(self, name: str, kind: Kind) -> str:
        """A column in an expression."""

    @abstractmethod
    def cast(self, placeholder: str, kind: Kind) -> str:
        """A bound value with its type."""

    @abstractmethod
    def bound(self, value: Scalar) -> object:
        """A value as the driver takes it."""

    @abstractmethod
    def collated(self, sql: str) -> str:
        """A text that compares by code point."""

    @abstractmethod
    def extreme(self, op: str, args: Sequence[str], kind: Kind) -> str:
        """The least or greatest; null when any is null."""

    @abstractmethod
    def utc_day(self, sql: str) -> str:
        """The UTC day of an instant."""

    @abstractmethod
    def days(self, first: str, second: str) -> str:
        """Whole days from the first date to the second."""

    @abstractmethod
    def hours(self, first: str, second: str) -> str:
        """Hours from the first instant to the second, to the millisecond."""

    @abstractmethod
    def lower(self, sql: str) -> str:
        """A to Z in lower case."""

    @abstractmethod
    def contains(self, where: str, what: str) -> str:
        """True where a text contains another."""

    @abstractmethod
    def has(self, where: str, what: str) -> str:
        """True where a list has a text as a member."""


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
        """SQLite's own lower() knows A to Z only."""
        return f"LOWER({sql})"

    def contains(self, where: str, what: str) -> str:
        """By code points."""
        return f"(INSTR({where}, {what}) > 0)"

    def has(self, where: str, what: str) -> str:
        """Through json_each, null for a null list."""
        member = f"EXISTS (SELECT 1 FROM JSON_EACH({where}) AS m WHERE m.type = 'text' AND m.value = {what})"
        return f"(CASE WHEN {where} IS NOT NULL AND {what} IS NOT NULL THEN {member} END)"


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


def writer(dialect: Dialect, values: Mapping[str, Scalar | Sequence[Scalar]]) -> Writer:
    """A fresh writer for one compilation."""
    return SQLiteWriter(values) if dialect == "sqlite" else PostgreSQLWriter(values)


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


def _typed(value: Scalar | Sequence[Scalar], kind: Kind) -> Scalar:
    assert isinstance(value, str | int | float | date)  # noqa: S101 - Rule and Override check it
    return float(value) if kind == "real" and isinstance(value, int | float) else value
