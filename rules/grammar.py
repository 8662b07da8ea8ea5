"""Turns an expression into a checked tree: sqlglot finds the structure, an allow-list decides what may stand.

sqlglot never sees a name or a literal of the rule: each goes in as `x7` (a value) or `f7(` (a function), 7
being the token's number. What comes out is looked up again in the token list, so each refusal knows its
place, and a node that is not listed here cannot reach a database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rules import builders
from rules.lexer import ExpressionError, Token, tokens
from rules.spelling import nearest
from rules.terms import Condition, Kind, Term

MAX_TERM_DEPTH = 64
MAX_TERMS = 2000  # a measure counts where it is used, so measures of measures cannot explode

FUNCTIONS: tuple[str, ...] = (
    "coalesce",
    "abs",
    "least",
    "greatest",
    "lower",
    "contains",
    "wd",
    "days",
    "hours",
)

_QUERY = "a sub-query is not read: a rule is one condition over one view"
_PATTERN = "patterns are not read; use contains(column, 'text')"
_REASONS: Mapping[str, str] = {
    **dict.fromkeys(("select", "exists", "with", "any", "all", "some"), _QUERY),
    **dict.fromkeys(("union", "except", "intersect", "values", "from", "where", "join", "table"), _QUERY),
    **dict.fromkeys(("like", "ilike", "glob", "regexp", "rlike", "similar", "match"), _PATTERN),
    **dict.fromkeys(("cast", "convert", "try_cast"), "a cast is not read: columns have their types"),
    **dict.fromkeys(("over", "window", "partition", "filter", "within"), "a window is not read"),
    **dict.fromkeys(("collate",), "a collation is not read: texts compare by their characters"),
    **dict.fromkeys(
        ("date", "timestamp", "interval"), "a date comes from a column, a parameter, :today or :now"
    ),
    **dict.fromkeys(
        ("count", "sum", "avg", "min", "max"), "an aggregate is not read; for two values, least and greatest"
    ),
    "distinct": "DISTINCT is not read; write <> and IS NULL",
    "symmetric": "write the lower value of BETWEEN first",
    "asymmetric": "BETWEEN takes the lower and the higher value, nothing else",
    "escape": _PATTERN,
    "unknown": "write IS NULL",
}


class Scope(msgspec.Struct, frozen=True):
    """What an expression may name: columns of its view, parameters by kind, measures declared before it."""

    view: str
    columns: Mapping[str, Kind]
    parameters: Mapping[str, Kind]
    lists: Mapping[str, Kind] = {}
    measures: Mapping[str, Term] = {}


def condition(text: str, scope: Scope) -> Condition:
    """An expression that yields yes, no or unknown.

    Raises:
        ExpressionError: it is not accepted, or its result is not a yes/no value.
    """
    term = value(text, scope)
    if term.kind != "bool":
        raise ExpressionError(f"this is {builders.words(term)}; a condition is yes or no")
    return Condition(text, term)


def measure(text: str, scope: Scope) -> Condition:
    """An expression that yields a value of any kind."""
    return Condition(text, value(text, scope))


def value(text: str, scope: Scope) -> Term:
    """The checked tree of an expression.

    Raises:
        ExpressionError: with the reason and the place.
    """
    found = tokens(text)
    _refuse_words(found, scope)
    term = _Reader(found, scope).read(_parse(found, len(text)))
    if sum(1 for _ in term.walk()) > MAX_TERMS:
        raise ExpressionError(f"more than {MAX_TERMS} operations, those of its measures included")
    if term.depth > MAX_TERM_DEPTH:
        raise ExpressionError(f"more than {MAX_TERM_DEPTH} operations inside one another")
    return term


def conjuncts(text: str) -> list[str]:
    """The parts of an expression between its outermost ANDs, as written; all of it where OR is outermost."""
    cuts: list[int] = []
    depth, betweens = 0, 0
    for token in tokens(text):
        if token.kind not in ("keyword", "operator"):
            continue
        depth += {"(": 1, ")": -1, "CASE": 1, "END": -1}.get(token.text, 0)
        if depth or token.text not in ("OR", "AND", "BETWEEN"):
            continue
        if token.text == "OR":
            return [text.strip()]
        if token.text == "BETWEEN":
            betweens += 1
        elif betweens:
            betweens -= 1
        else:
            cuts.append(token.start)
    starts = [0, *(cut + len("AND") for cut in cuts)]
    return [text[start:end].strip() for start, end in zip(starts, [*cuts, len(text)], strict=True)]


def _refuse_words(found: list[Token], scope: Scope) -> None:
    """Name what people most often try from SQL, before the parser stumbles over it somewhere else."""
    for token in found:
        known = token.text in scope.columns or token.text in scope.measures
        if token.kind == "word" and not known and token.text in _REASONS:
            raise ExpressionError(_REASONS[token.text], token.start)


def _parse(found: list[Token], length: int) -> Any:
    from sqlglot import parse_one
    from sqlglot.errors import ParseError

    pieces: list[str] = []
    for number, token in enumerate(found):
        if token.kind in ("keyword", "operator"):
            pieces.append(token.text)
        elif token.kind == "word" and found[number + 1 : number + 2] and found[number + 1].text == "(":
            pieces.append(f"f{number}")
        else:
            pieces.append(f"x{number}")
    starts, offset = [], 0
    for piece in pieces:
        starts.append(offset)
        offset += len(piece) + 1
    try:
        return parse_one(" ".join(pieces))
    except ParseError as error:
        # `col` is the last character of the piece that did not fit.
        column = int(error.errors[0].get("col") or 0) if error.errors else 0
        number = max((n for n, start in enumerate(starts) if start < column), default=0)
        place = found[number].start if column <= offset else length
        raise ExpressionError("this is not a complete expression", place) from None


class _Reader:
    """Walks the parsed nodes; every node type that is not in the table is refused."""

    def __init__(self, found: list[Token], scope: Scope) -> None:
        from sqlglot import exp

        self._tokens = found
        self._scope = scope
        self._exp = exp
        self._column = exp.Column
        binary = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
        arithmetic = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
        self._table: dict[type, tuple[frozenset[str], Callable[[Any], Term]]] = {
            exp.Column: (frozenset({"this"}), self._name),
            exp.Anonymous: (frozenset({"this", "expressions"}), self._function),
            exp.Paren: (frozenset({"this"}), lambda node: self.read(node.this)),
            exp.Boolean: (frozenset({"this"}), lambda node: Term("bool", "bool", value=bool(node.this))),
            exp.And: (frozenset({"this", "expression"}), lambda node: self._logic("and", exp.And, node)),
            exp.Or: (frozenset({"this", "expression"}), lambda node: self._logic("or", exp.Or, node)),
            exp.Not: (
                frozenset({"this"}),
                lambda node: self._check(node, builders.negation, self.read(node.this)),
            ),
            exp.Neg: (
                frozenset({"this"}),
                lambda node: self._check(node, builders.minus, self.read(node.this)),
            ),
            exp.Is: (frozenset({"this", "expression"}), self._is),
            exp.Between: (frozenset({"this", "low", "high"}), self._between),
            exp.In: (frozenset({"this", "expressions"}), self._in),
            exp.Case: (frozenset({"this", "ifs", "default"}), self._case),
            **{
                kind: (frozenset({"this", "expression"}), self._two(sign, builders.comparison))
                for kind, sign in binary.items()
            },
            **{
                kind: (frozenset({"this", "expression"}), self._two(sign, builders.arithmetic))
                for kind, sign in arithmetic.items()
            },
        }

    def read(self, node: Any) -> Term:
        """The term of a node.

        Raises:
            ExpressionError: the node, or an option of it, is not listed.
        """
        entry = self._table.get(type(node))
        if entry is None:
            raise ExpressionError(self._reason(node), self._place(node))
        allowed, handler = entry
        # div's `typed` and `safe` say how a dialect divides; both dialects get an exact division here.
        extras = (
            {key for key, arg in node.args.items() if arg not in (None, False, [])}
            - allowed
            - {"typed", "safe"}
        )
        if extras:
            raise ExpressionError(self._reason(node), self._place(node))
        return handler(node)

    def _reason(self, node: Any) -> str:
        if isinstance(node, self._exp.Null):
            return "NULL stands only in IS NULL and IS NOT NULL"
        if isinstance(node, self._exp.Alias):
            return "two values stand side by side with no operator between them"
        return f"{type(node).__name__} is not part of the rule language"

    def _place(self, node: Any) -> int:
        names = [node.this] if isinstance(node, self._exp.Anonymous) else []
        names += [found.this for found in node.find_all(self._exp.Identifier)]
        numbers = [int(name[1:]) for name in names if str(name)[1:].isdigit()]
        return self._tokens[min(numbers)].start if numbers else 0

    def _check(self, node: Any, build: Callable[..., Term], *args: Any) -> Term:
        try:
            return build(*args)
        except builders.KindError as error:
            raise ExpressionError(str(error), self._place(node)) from None

    def _two(self, sign: str, build: Callable[..., Term]) -> Callable[[Any], Term]:
        return lambda node: self._check(node, build, sign, self.read(node.this), self.read(node.expression))

    def _logic(self, op: str, kind: Any, node: Any) -> Term:
        # `a AND b AND c` is one flat list, so that a long rule is not a deep one.
        pending: list[Any] = [node]
        parts: list[Any] = []
        while pending:
            current = pending.pop()
            if isinstance(current, kind):
                pending += [current.args["expression"], current.args["this"]]
            else:
                parts.append(current)
        return self._check(node, builders.logic, op, [self.read(part) for part in parts])

    def _is(self, node: Any) -> Term:
        if not isinstance(node.expression, self._exp.Null):
            raise ExpressionError(
                "IS is followed by NULL or NOT NULL; for a yes/no column write its name", self._place(node)
            )
        return Term("is null", "bool", (self.read(node.this),))

    def _between(self, node: Any) -> Term:
        parts = [self.read(part) for part in (node.this, node.args["low"], node.args["high"])]
        return self._check(node, builders.between, *parts)

    def _in(self, node: Any) -> Term:
        members = node.expressions
        if not members:
            raise ExpressionError("IN is followed by values in brackets", self._place(node))
        subject = self.read(node.this)
        if len(members) == 1 and (name := self._list_parameter(members[0])):
            return self._check(node, builders.in_list, subject, name, self._scope.lists[name])
        return self._check(node, builders.membership, subject, [self.read(member) for member in members])

    def _list_parameter(self, node: Any) -> str | None:
        if type(node) is not self._column:
            return None
        token = self._token(node.this.this)
        return token.text if token.kind == "parameter" and token.text in self._scope.lists else None

    def _case(self, node: Any) -> Term:
        subject = self.read(node.this) if node.this is not None else None
        branches: list[Term] = []
        for branch in node.args["ifs"]:
            when = self.read(branch.this)
            if subject is not None:
                when = self._check(branch, builders.comparison, "=", subject, when)
            branches += [when, self.read(branch.args["true"])]
        default = node.args.get("default")
        return self._check(node, builders.case, branches, None if default is None else self.read(default))

    def _function(self, node: Any) -> Term:
        token = self._token(node.this)
        if token.kind != "word" or not node.this.startswith("f"):
            raise ExpressionError("a function is a word followed by a bracket", token.start)
        if token.text not in FUNCTIONS:
            near = nearest(token.text, FUNCTIONS)
            raise ExpressionError(f"there is no function `{token.text}`{near}", token.start)
        return self._check(node, builders.call, token.text, [self.read(arg) for arg in node.expressions])

    def _name(self, node: Any) -> Term:
        token, scope = self._token(node.this.this), self._scope
        if token.kind == "number":
            whole = "." not in token.text
            return Term(
                "number", "int" if whole else "real", value=int(token.text) if whole else float(token.text)
            )
        if token.kind == "text":
            return Term("text", "text", value=token.text)
        if token.kind == "parameter":
            return self._parameter(token)
        if token.text in scope.measures:
            inner = scope.measures[token.text]
            return Term("measure", inner.kind, (inner,), name=token.text)
        if token.text in scope.columns:
            return Term("column", scope.columns[token.text], name=token.text)
        near = nearest(token.text, (*scope.columns, *scope.measures))
        raise ExpressionError(f"the view {scope.view} has no column `{token.text}`{near}", token.start)

    def _parameter(self, token: Token) -> Term:
        scope = self._scope
        if token.text in scope.parameters:
            return Term("param", scope.parameters[token.text], name=token.text)
        if token.text in scope.lists:
            raise ExpressionError(
                f":{token.text} is a list; it stands alone in IN (:{token.text})", token.start
            )
        known = [f":{name}" for name in (*scope.parameters, *scope.lists)]
        raise ExpressionError(
            f"there is no parameter `:{token.text}`{nearest(':' + token.text, known)}", token.start
        )

    def _token(self, name: str) -> Token:
        if name[1:].isdigit():
            return self._tokens[int(name[1:])]
        # The parser takes a keyword for a name where nothing else fits: `IS`, `IN (1)`.
        place = next((token.start for token in self._tokens if token.text == name.upper()), 0)
        raise ExpressionError(f"{name.upper()} does not stand here", place)
