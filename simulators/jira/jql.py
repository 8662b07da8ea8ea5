"""JQL as text to a tree: the subset a connector needs, with the tracker's own words for what it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

ORDER_LIMIT = 7


class JqlError(Exception):
    """The tracker refuses the query; the text is what it answers."""


@dataclass(frozen=True, slots=True)
class Value:
    """A literal (`function` False), or a function call with its arguments."""

    text: str
    function: bool = False
    arguments: tuple[str, ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """`field operator values`; operators are upper case, `IS`/`IS NOT` have no values."""

    field: str
    operator: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


Node: TypeAlias = Clause | All | Some | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `where` is None when it restricts nothing."""

    where: Node | None
    order: tuple[tuple[str, bool], ...] = field(default=())  # (field, descending)


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<operator>!=|>=|<=|!~|=|>|<|~|\(|\)|,)
    | (?P<word>cf\[\d+\]|[^\s"'=!<>~(),]+)
    )""",
    re.VERBOSE,
)
_RELATIONAL = {"=", "!=", ">", ">=", "<", "<=", "~", "!~"}
_RESERVED = {"AND", "OR", "NOT", "IN", "IS", "ORDER", "BY", "EMPTY", "NULL"}


def parse(text: str) -> Query:
    """The tree of a query.

    Raises:
        JqlError: with the words that the tracker answers.
    """
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[tuple[str, str, int]]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise JqlError(f"Error in the JQL Query: Unable to parse at character {position + 1}.")
        kind = str(match.lastgroup)
        word = match.group(kind)
        if kind == "string":
            word = re.sub(r"\\(.)", r"\1", word[1:-1])
        tokens.append((kind, word, match.start(kind)))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str, int]]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        where = None if self._done() or self._word("ORDER") else self._or()
        order: list[tuple[str, bool]] = []
        if self._take("ORDER"):
            self._expect("BY")
            order.append(self._sort())
            while self._symbol(","):
                order.append(self._sort())
        if not self._done():
            raise self._error()
        if len(order) > ORDER_LIMIT:
            raise JqlError(f"JQL can be ordered by at most {ORDER_LIMIT} fields.")
        return Query(where, tuple(order))

    def _or(self) -> Node:
        parts = [self._and()]
        while self._take("OR"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._take("AND"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _not(self) -> Node:
        if self._take("NOT"):
            return Not(self._not())
        if self._symbol("("):
            inner = self._or()
            if not self._symbol(")"):
                raise self._error()
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        name = self._name()
        if self._take("IS"):
            negated = self._take("NOT")
            if not (self._take("EMPTY") or self._take("NULL")):
                raise self._error()
            return Clause(name, "IS NOT" if negated else "IS")
        if self._take("NOT"):
            self._expect("IN")
            return Clause(name, "NOT IN", self._list())
        if self._take("IN"):
            return Clause(name, "IN", self._list())
        kind, word, _ = self._peek()
        if kind != "operator" or word not in _RELATIONAL:
            raise self._error()
        self._at += 1
        value = self._value()
        if value.text.upper() in {"EMPTY", "NULL"} and not value.quoted and not value.function:
            if word not in {"=", "!="}:
                raise JqlError(f"The operator '{word}' does not support the EMPTY value.")
            return Clause(name, "IS" if word == "=" else "IS NOT")
        return Clause(name, word, (value,))

    def _list(self) -> tuple[Value, ...]:
        if not self._symbol("("):
            return (self._value(),)  # a function that gives a list: sprint in openSprints()
        values = [self._value()]
        while self._symbol(","):
            values.append(self._value())
        if not self._symbol(")"):
            raise self._error()
        return tuple(values)

    def _value(self) -> Value:
        kind, word, _ = self._peek()
        if kind not in {"string", "word"}:
            raise self._error()
        self._at += 1
        if kind == "string":
            return Value(word, quoted=True)
        if self._symbol("("):
            arguments = []
            while not self._symbol(")"):
                arguments.append(self._value().text)
                self._symbol(",")
            return Value(word, function=True, arguments=tuple(arguments))
        if word.upper() in _RESERVED - {"EMPTY", "NULL"}:
            self._at -= 1
            raise self._error()
        return Value(word)

    def _name(self) -> str:
        kind, word, _ = self._peek()
        if kind not in {"string", "word"} or (kind == "word" and word.upper() in _RESERVED):
            raise self._error()
        self._at += 1
        return word

    def _sort(self) -> tuple[str, bool]:
        name = self._name()
        if self._take("DESC"):
            return name, True
        self._take("ASC")
        return name, False

    def _done(self) -> bool:
        return self._at >= len(self._tokens)

    def _peek(self) -> tuple[str, str, int]:
        if self._done():
            raise self._error()
        return self._tokens[self._at]

    def _word(self, word: str) -> bool:
        return (
            not self._done()
            and self._tokens[self._at][0] == "word"
            and self._tokens[self._at][1].upper() == word
        )

    def _take(self, word: str) -> bool:
        if self._word(word):
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._error()

    def _symbol(self, symbol: str) -> bool:
        if not self._done() and self._tokens[self._at][:2] == ("operator", symbol):
            self._at += 1
            return True
        return False

    def _error(self) -> JqlError:
        if self._done():
            return JqlError("Error in the JQL Query: The query ended before it was complete.")
        _, word, position = self._tokens[self._at]
        return JqlError(
            f"Error in the JQL Query: Expecting operator or operand but got '{word}'. "
            f"(line 1, character {position + 1})"
        )
