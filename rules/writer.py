"""Writes checked trees as SQL: what both dialects share.

Where SQLite and PostgreSQL disagree, this is what rules mean:
- unknown in, unknown out: `least` and `greatest` are null when any value is (PostgreSQL alone skips nulls);
- `+ - * /` are exact (double precision); a division by zero is unknown;
- texts compare by code point; `lower` changes A to Z only;
- instants count to the millisecond, and `days` takes an instant by its UTC day;
- every text and fraction is a bound parameter, so nothing a rule's author wrote stands in the SQL.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeAlias

from rules.lexer import ExpressionError
from rules.terms import Kind, Term
from rules.values import ParamValue, Scalar, kind_of, members

# `least` in PostgreSQL repeats its arguments, so nesting grows the text; this bounds it.
MAX_SQL = 20_000
# Names of bound values that no parameter of a rule may have.
LITERAL_PREFIX = "lit_"
LIST_PREFIX = "list_"
# The hidden column of rule views that says where in the PMO's tree a row stands.
PLACE = "place"

# What a parameter is in some places of the tree.
Elsewhere: TypeAlias = tuple[tuple[str, ...], ParamValue]


class Writer(ABC):
    """Writes terms of one compilation; `parameters` collects what they bind."""

    def __init__(
        self, values: Mapping[str, ParamValue], elsewhere: Mapping[str, Sequence[Elsewhere]] | None = None
    ) -> None:
        self._values = values
        self._elsewhere = elsewhere or {}
        self._literals: dict[tuple[str, object], str] = {}
        self._places: dict[tuple[str, ...], str] = {}
        self.parameters: dict[str, object] = {}

    def write(self, term: Term) -> str:
        """The SQL of a term, in brackets where it needs them.

        Raises:
            ExpressionError: the SQL would be too long.
        """
        return _bounded(_FORMS[term.op](self, term))

    def all(self, terms: Sequence[Term]) -> list[str]:
        """The SQL of each term."""
        return [self.write(term) for term in terms]

    def choices(self, term: Term) -> list[str]:
        """The choices of a coalesce, least or greatest; whole numbers become real ones beside real ones."""
        return [self.doubled(arg) if term.kind == "real" else self.write(arg) for arg in term.args]

    def call(self, term: Term) -> str:
        """The functions that each database spells in its own way."""
        args = [self._day(arg) for arg in term.args] if term.op == "days" else self.all(term.args)
        spell: Mapping[str, Callable[..., str]] = {
            "days": self.days,
            "hours": self.hours,
            "lower": self.lower,
            "contains": self.contains,
            "has": self.has,
        }
        return spell[term.op](*args)

    def between(self, term: Term) -> str:
        """BETWEEN, both ends included."""
        subject, low, high = term.args
        return f"({self.ordered(subject)} BETWEEN {self.write(low)} AND {self.write(high)})"

    def case(self, term: Term) -> str:
        """CASE WHEN; branches of mixed numbers become real ones."""
        pairs = [(term.args[i], term.args[i + 1]) for i in range(0, len(term.args) - 1, 2)]
        result = self.doubled if term.kind == "real" else self.write
        parts = [f"WHEN {self.write(when)} THEN {result(then)}" for when, then in pairs]
        if len(term.args) % 2:
            parts.append(f"ELSE {result(term.args[-1])}")
        return f"(CASE {' '.join(parts)} END)"

    def doubled(self, term: Term) -> str:
        """A number in double precision: integers divide and overflow differently in each database."""
        sql = self.write(term)
        return sql if term.op in ("+", "-", "*", "/", "minus") else f"CAST({sql} AS {self.double})"

    def parameter(self, name: str, kind: Kind) -> str:
        """A bound parameter; :today and :now come with the run."""
        if name in self._values:
            self._bind(name, members(self._values[name])[0], kind)
        others: list[tuple[tuple[str, ...], str]] = []
        for number, (places, value) in enumerate(self._elsewhere.get(name, ()), 1):
            other = f"{LITERAL_PREFIX}{name}_at_{number}"
            self._bind(other, members(value)[0], kind)
            others.append((places, self.cast(f":{other}", kind)))
        return self.chosen(self.cast(f":{name}", kind), others)

    def in_list(self, term: Term) -> str:
        """IN over the members of a list parameter, each bound by itself."""
        subject = self.write(term.args[0])
        base = self._one_of(subject, f"{LIST_PREFIX}{term.name}", self._values[term.name])
        others = [
            (places, self._one_of(subject, f"{LIST_PREFIX}{term.name}_at_{number}", value))
            for number, (places, value) in enumerate(self._elsewhere.get(term.name, ()), 1)
        ]
        return self.chosen(base, others)

    def _one_of(self, subject: str, prefix: str, value: ParamValue) -> str:
        names = []
        for number, member in enumerate(members(value), 1):
            name = f"{prefix}_{number}"
            self._bind(name, member, kind_of(member))
            names.append(self.cast(f":{name}", kind_of(member)))
        return f"({subject} IN ({', '.join(names)}))"

    def chosen(self, base: str, others: Sequence[tuple[tuple[str, ...], str]]) -> str:
        """One SQL text here and others in some places of the PMO's tree: one query serves all of them."""
        if not others:
            return base
        whens = " ".join(f"WHEN {self._is_at(places)} THEN {sql}" for places, sql in others)
        return f"(CASE {whens} ELSE {base} END)"

    def _is_at(self, places: tuple[str, ...]) -> str:
        # One bound list for each set of places, so the text stays short with a thousand projects, and a
        # database looks a row's place up in it instead of comparing one by one.
        name = self._places.setdefault(places, f"{LITERAL_PREFIX}at_{len(self._places) + 1}")
        self.parameters[name] = self.bound_texts(places)
        return self.is_among(self.quote(PLACE), f":{name}")

    def literal(self, term: Term) -> str:
        """A whole number as it stands, anything else bound."""
        if isinstance(term.value, int):
            return str(term.value)
        name = self._literals.setdefault(
            (term.kind, term.value), f"{LITERAL_PREFIX}{len(self._literals) + 1}"
        )
        self.parameters[name] = term.value
        return self.cast(f":{name}", term.kind)

    def ordinal(self, term: Term) -> str:
        """The working-day number of a date or instant."""
        return _bounded(self._ordinal_of(term))

    def _ordinal_of(self, term: Term) -> str:
        if term.op == "column":
            return self.quote(f"{term.name}_ord")
        if term.op == "param":
            return self.quote("today_ord")
        if term.op == "measure":
            return self.ordinal(term.args[0])
        ordinals = [self.ordinal(arg) for arg in term.args]
        if term.op in ("least", "greatest"):
            return self.extreme(term.op, ordinals, "int")
        # Not COALESCE over the numbers: a known date outside the calendar must not fall through to the next.
        *choices, last = zip(term.args, ordinals, strict=True)
        whens = " ".join(f"WHEN {self.write(arg)} IS NOT NULL THEN {ordinal}" for arg, ordinal in choices)
        return f"(CASE {whens} ELSE {last[1]} END)"

    def _bind(self, name: str, value: Scalar, kind: Kind) -> None:
        # Numbers are bound as fractions, so that an override of 5 by 7.5 needs no other text.
        self.parameters[name] = self.bound(float(value) if kind == "real" else value)  # type: ignore[arg-type]

    def _day(self, term: Term) -> str:
        sql = self.write(term)
        return self.utc_day(sql) if term.kind == "instant" else sql

    def ordered(self, term: Term) -> str:
        """A value for < and BETWEEN: texts by code point."""
        return self.collated(self.write(term)) if term.kind in ("text", "wall") else self.write(term)

    # What differs between the databases:

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
    def bound_texts(self, values: Sequence[str]) -> object:
        """Texts as one value that the driver takes."""

    @abstractmethod
    def is_among(self, sql: str, placeholder: str) -> str:
        """True where a text is one of `bound_texts`; null is not."""

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


def _bounded(sql: str) -> str:
    if len(sql) > MAX_SQL:
        raise ExpressionError("this expression becomes too large; split it into simpler conditions")
    return sql


def _joined_by(sign: str) -> Callable[[Writer, Term], str]:
    return lambda out, term: f"({sign.join(out.all(term.args))})"


def _compared(sign: str) -> Callable[[Writer, Term], str]:
    return lambda out, term: f"({out.ordered(term.args[0])} {sign} {out.write(term.args[1])})"


def _computed(sign: str) -> Callable[[Writer, Term], str]:
    return lambda out, term: f"({out.doubled(term.args[0])} {sign} {out.doubled(term.args[1])})"


_FORMS: Mapping[str, Callable[[Writer, Term], str]] = {
    "measure": lambda out, term: out.write(term.args[0]),
    "column": lambda out, term: out.column(term.name, term.kind),
    "param": lambda out, term: out.parameter(term.name, term.kind),
    "text": lambda out, term: out.literal(term),
    "number": lambda out, term: out.literal(term),
    "bool": lambda _, term: "TRUE" if term.value else "FALSE",
    "and": _joined_by(" AND "),
    "or": _joined_by(" OR "),
    "not": lambda out, term: f"(NOT {out.write(term.args[0])})",
    "is null": lambda out, term: f"({out.write(term.args[0])} IS NULL)",
    "=": _joined_by(" = "),
    "<>": _joined_by(" <> "),
    **{sign: _compared(sign) for sign in ("<", "<=", ">", ">=")},
    "between": lambda out, term: out.between(term),
    "in": lambda out, term: f"({out.write(term.args[0])} IN ({', '.join(out.all(term.args[1:]))}))",
    "params": lambda out, term: out.in_list(term),
    "case": lambda out, term: out.case(term),
    **{sign: _computed(sign) for sign in ("+", "-", "*")},
    "/": lambda out, term: f"({out.doubled(term.args[0])} / NULLIF({out.doubled(term.args[1])}, 0))",
    "minus": lambda out, term: f"(- {out.doubled(term.args[0])})",
    "coalesce": lambda out, term: f"COALESCE({', '.join(out.choices(term))})",
    "least": lambda out, term: out.extreme(term.op, out.choices(term), term.kind),
    "greatest": lambda out, term: out.extreme(term.op, out.choices(term), term.kind),
    "abs": lambda out, term: f"ABS({out.write(term.args[0])})",
    "wd": lambda out, term: f"({out.ordinal(term.args[1])} - {out.ordinal(term.args[0])})",
    **dict.fromkeys(("days", "hours", "lower", "contains", "has"), lambda out, term: out.call(term)),
}
