"""The tree of an expression after its types are checked. Dialects turn it into SQL; nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["bool", "int", "real", "text", "date", "instant", "wall", "list", "object"]

NUMBERS: frozenset[str] = frozenset({"int", "real"})
# Kinds with an order: `<`, BETWEEN, least, greatest.
ORDERED: frozenset[str] = frozenset({"int", "real", "text", "date", "instant", "wall"})
KIND_WORDS: dict[str, str] = {
    "bool": "a yes/no value",
    "int": "a number",
    "real": "a number",
    "text": "a text",
    "date": "a date",
    "instant": "an instant",
    "wall": "a plan's wall time",
    "list": "a list",
    "object": "an object",
}


class Term(msgspec.Struct, frozen=True):
    """One operation with the kind of its result.

    `op` is `column`, `param`, `params` (a list parameter), `measure`, `text`, `number`, `bool`, an operator
    in lower case or a function's name. `name` is set for columns, parameters and measures, `value` for
    literals. `case` has the arguments when, then, when, then, …, else.
    """

    op: str
    kind: Kind
    args: tuple[Term, ...] = ()
    name: str = ""
    value: str | int | float | bool | None = None

    @property
    def depth(self) -> int:
        """Levels of the tree, measures included."""
        deepest, level = 0, [self]
        while level:
            deepest += 1
            level = [arg for term in level for arg in term.args]
        return deepest

    def walk(self) -> Iterator[Term]:
        """This term and all below it, measures opened."""
        yield self
        for arg in self.args:
            yield from arg.walk()


class Condition(msgspec.Struct, frozen=True):
    """An expression as its author wrote it, and its tree."""

    text: str
    term: Term

    def names(self, op: str) -> list[str]:
        """The columns, params or measures it uses, each once, in order of appearance."""
        return list(dict.fromkeys(term.name for term in self.term.walk() if term.op == op))


def same_kind(left: str, right: str) -> bool:
    """True where two values may be compared: a number with a number, otherwise like with like."""
    return left == right or (left in NUMBERS and right in NUMBERS)
