"""WIQL's grammar, as much of it as clients use: text in, a tree out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<field>\[[^\]]+\])
    | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<macro>@\w+)
    | (?P<sign><>|!=|<=|>=|=|<|>|\(|\)|,|\+|-|\.)
    | (?P<word>[A-Za-z_][\w.]*)
    )""",
    re.VERBOSE,
)
_LONG = (
    ("not", "in", "group"),
    ("in", "group"),
    ("not", "contains", "words"),
    ("contains", "words"),
    ("not", "contains"),
    ("not", "under"),
    ("not", "in"),
    ("was", "ever"),
    ("not", "ever"),
    ("is", "not", "empty"),
    ("is", "empty"),
    ("contains",),
    ("under",),
    ("in",),
    ("ever",),
)
MODES = frozenset({"mustcontain", "maycontain", "doesnotcontain", "recursive"})


class WiqlError(ValueError):
    """The text is no query."""


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: text, number, macro (with an offset in days) or another field."""

    kind: str  # text | number | macro | field
    text: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """A field, an operator in lower case, and what it is compared with."""

    prefix: str  # "" | source | target: which end of a link
    field: str
    operator: str
    values: tuple[Value, ...]
    text: str  # as written, for error messages


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by `and` or `or`, or one turned around by `not`."""

    word: str
    parts: tuple[Node, ...]


Node: TypeAlias = "Condition | Group"


@dataclass(slots=True)
class Query:
    """A parsed query."""

    columns: list[str]
    links: bool
    where: Node | None = None
    order: list[tuple[str, bool]] = field(default_factory=list)  # (field, descending)
    as_of: Value | None = None
    mode: str = ""


def parse(text: str) -> Query:
    """Read a query.

    Raises:
        WiqlError: it is none.
    """
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []  # (kind, text, end)
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                raise WiqlError(f"Unexpected character at {place}: {text[place : place + 20]!r}.")
            place = match.end()
            self._tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0), place))
        self._next = 0

    def query(self) -> Query:
        self._word("select")
        columns = [self._field()]
        while self._sign(","):
            columns.append(self._field())
        self._word("from")
        source = self._take("word").lower()
        if source not in {"workitems", "workitemlinks"}:
            raise WiqlError(f"Unknown source {source}.")
        found = Query(columns, source == "workitemlinks")
        if self._is("where"):
            found.where = self._any()
        while self._next < len(self._tokens):
            if self._is("order"):
                self._word("by")
                found.order.append(self._sorted())
                while self._sign(","):
                    found.order.append(self._sorted())
            elif self._is("asof"):
                found.as_of = self._value()
            elif self._is("mode"):
                self._needs("(")
                found.mode = self._take("word").lower()
                self._needs(")")
                if found.mode not in MODES:
                    raise WiqlError(f"Unknown mode {found.mode}.")
            else:
                raise WiqlError(f"Expecting end of string. The error is caused by «{self._rest()}».")
        if found.mode == "recursive" and (found.as_of or found.order):
            raise WiqlError("ASOF and ORDER BY cannot be used with MODE (Recursive).")
        return found

    def _any(self) -> Node:
        parts = [self._every()]
        while self._is("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Group("or", tuple(parts))

    def _every(self) -> Node:
        parts = [self._one()]
        while self._is("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Group("and", tuple(parts))

    def _one(self) -> Node:
        if self._is("not"):
            return Group("not", (self._one(),))
        if self._sign("("):
            inside = self._any()
            self._needs(")")
            return inside
        begin = self._end(self._next - 1)
        prefix, name = self._prefixed()
        operator = self._operator()
        values: list[Value] = []
        if operator in {"in", "not in"}:
            self._needs("(")
            values.append(self._value())
            while self._sign(","):
                values.append(self._value())
            self._needs(")")
        elif operator not in {"is empty", "is not empty"}:
            values.append(self._value())
        text = self._text[begin : self._end(self._next - 1)].strip()
        return Condition(prefix, name, operator, tuple(values), text)

    def _prefixed(self) -> tuple[str, str]:
        name = self._field()
        if name.lower() in {"source", "target"}:
            self._needs(".")  # [Source].[System.Id]
            return name.lower(), self._field()
        return "", name

    def _operator(self) -> str:
        kind, text, _ = self._peek()
        if kind == "sign" and text in {"=", "<>", "!=", "<", ">", "<=", ">="}:
            self._next += 1
            return "<>" if text == "!=" else text
        for words in _LONG:
            ahead = [
                t.lower() for k, t, _ in self._tokens[self._next : self._next + len(words)] if k == "word"
            ]
            if ahead == list(words):
                self._next += len(words)
                return " ".join(words)
        raise WiqlError(f"Expecting a comparison operator. The error is caused by «{self._rest()}».")

    def _value(self) -> Value:
        kind, text, _ = self._peek()
        self._next += 1
        match kind:
            case "text":
                quote = text[0]
                return Value("text", text[1:-1].replace(quote * 2, quote))
            case "number":
                return Value("number", text)
            case "field":
                return Value("field", text[1:-1])
            case "macro":
                return Value("macro", text.lower(), self._offset())
            case "word" if text.lower() in {"true", "false"}:
                return Value("text", text.lower())
        raise WiqlError(f"Expecting a value. The error is caused by «{text}».")

    def _offset(self) -> int:
        kind, text, _ = self._peek()
        if kind == "number" and text.startswith("-"):  # @today-7
            self._next += 1
            return int(text)
        if kind == "sign" and text in "+-":
            self._next += 1
            return int(f"{text}{self._take('number')}")
        return 0

    def _sorted(self) -> tuple[str, bool]:
        name = self._field()
        descending = self._is("desc")
        if not descending:
            self._is("asc")
        return name, descending

    def _field(self) -> str:
        kind, text, _ = self._peek()
        if kind not in {"field", "word"}:
            raise WiqlError(f"Expecting field name or expression. The error is caused by «{text}».")
        self._next += 1
        return text[1:-1] if kind == "field" else text

    def _peek(self) -> tuple[str, str, int]:
        if self._next >= len(self._tokens):
            return ("end", "", len(self._text))
        return self._tokens[self._next]

    def _is(self, word: str) -> bool:
        kind, text, _ = self._peek()
        found = kind == "word" and text.lower() == word
        self._next += found
        return found

    def _word(self, word: str) -> None:
        if not self._is(word):
            raise WiqlError(f"Expecting {word.upper()}. The error is caused by «{self._rest()}».")

    def _sign(self, sign: str) -> bool:
        kind, text, _ = self._peek()
        found = kind == "sign" and text == sign
        self._next += found
        return found

    def _needs(self, sign: str) -> None:
        if not self._sign(sign):
            raise WiqlError(f"Expecting {sign}. The error is caused by «{self._rest()}».")

    def _take(self, kind: str) -> str:
        found, text, _ = self._peek()
        if found != kind:
            raise WiqlError(f"Expecting a {kind}. The error is caused by «{self._rest()}».")
        self._next += 1
        return text

    def _end(self, index: int) -> int:
        return self._tokens[index][2] if index >= 0 else 0

    def _rest(self) -> str:
        return self._text[self._end(self._next - 1) :].strip()[:60]
