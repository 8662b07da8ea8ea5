"""Hostile expressions without end, and a judge of what is let through that shares nothing with the gate.

The gate is `rules.grammar` and the writers. The judge asks SQLite itself (its authorizer, a connection that
can only read, tables that must not change) and a parse of the finished SQL.
"""

# ruff: noqa: E501 - a corpus reads best in few lines, and its strange letters are meant

from __future__ import annotations

import hashlib
import json
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from test_rule_injection import FAMILIES

from portfolio.views import VIEWS
from rules.checking import rule_scope
from rules.dialects import writer
from rules.grammar import condition
from rules.lexer import ExpressionError
from rules.loading import load_catalogue
from rules.values import Dialect

VIEW = VIEWS["item"]
PARAMETERS: Mapping[str, Any] = {"limit": 5, "names": ["a", "b"], "word": "x", "share": 0.5, "is_on": True}
SCOPE = rule_scope(VIEW, PARAMETERS, {})
COLUMNS = {column.name for column in VIEW.columns}
ORDINALS = {f"{column.name}_ord" for column in VIEW.columns if column.has_ordinal} | {"today_ord"}

# What a compiled condition may call, and what its tree may be made of, in each database.
_SQLITE_CALLS = {
    "coalesce", "abs", "min", "max", "lower", "instr", "julianday", "substr", "round", "nullif", "json_each",
}  # fmt: skip
_NODES = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.Column, exp.Identifier, exp.Placeholder, exp.Literal, exp.Boolean,
    exp.Null, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In, exp.Is, exp.Case, exp.If,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Coalesce, exp.Abs, exp.Least, exp.Greatest, exp.Min, exp.Max,
    exp.Lower, exp.Nullif, exp.Round, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Collate, exp.Substring,
    exp.AtTimeZone, exp.Extract, exp.Var, exp.TimestampTrunc, exp.StrPosition, exp.Exists, exp.Anonymous, exp.Tuple,
    exp.JSONBContains, exp.JSONBExists, exp.Func, exp.Select, exp.From, exp.Where, exp.Table, exp.TableAlias,
)  # fmt: skip
_TEXTS = {"text", "milliseconds", "UTC", "C"}

HOSTILE = [
    "select", "union", "from", "tracker_item", "sqlite_master", "pg_sleep(9)", "load_extension('x')", ";", "--", "/*",
    "*/", "||", "::", "'", "''", '"', "`", "[", "]", "\\", "\x00", "\u200b", "\uff1b", "\u037e", "ﾠ", "＇", "ʼ",
    "is＿done", "ＯＲ", "ｏr", "İ", "ı", "ſ", "K", "0x1F", "1e9", "99999999999999999999", "1.", ".5", "$1", ":1", "?",
    "@x", "#", "%", "&", "|", "~", "^", "{", "}", "cast(1 as text)", "(select 1)", "exists(select 1)", "like 'x'",
    "glob", "match", "regexp", "collate nocase", "current_user", "rowid", "ctid", "pragma", "attach", "null", "default",
    "all", "any", "over ()", "filter (where 1)", "within group", "array[1]", "row(1)", "interval '1 day'", "date '1'",
    "true", "false", "not", "and", "or", "in", "between", "is", "case", "when", "then", "else", "end", "\n", "\t", "\r",
    "lit_1", ":lit_1", ":list_names_1", "place", "today_ord", ":today", ":now", ":names", ":limit", ":word", "x0", "f0(",
    "x1", "f1(1)", "verdict_severity",
]  # fmt: skip
_GOOD = [
    part.text
    for rule in load_catalogue(with_tests=False)
    if rule.over == "item"
    for part in (rule.where, rule.flag, *rule.measures.values())
    if part is not None
]


def corpus(chance: random.Random) -> Iterator[str]:
    """Expressions without end: some well formed, most of them not."""
    kinds = (_tree_text, _mutated, _spliced, _soup, _nested, _huge)
    while True:
        yield chance.choice(kinds)(chance)


def _tree_text(chance: random.Random) -> str:
    return _boolean(chance, 4)


def _boolean(chance: random.Random, depth: int) -> str:
    """A condition that is nearly always well formed, so that the judge has something to judge."""
    if depth == 0 or chance.random() < 0.15:
        return chance.choice(
            ["is_done", "is_leaf", "due IS NULL", "title IS NOT NULL", "TRUE", ":is_on", "is_critical"]
        )
    left, right = _boolean(chance, depth - 1), _boolean(chance, depth - 1)
    number, date = _number(chance, depth - 1), _date(chance)
    forms = [
        f"({left} AND {right})", f"({left} OR {right})", f"NOT ({left})",
        f"{number} {chance.choice(['<', '<=', '>', '>=', '=', '<>'])} {_number(chance, depth - 1)}",
        f"{date} {chance.choice(['<', '>=', '='])} {_date(chance)}", f"{number} BETWEEN 1 AND :limit",
        f"CASE WHEN {left} THEN {right} ELSE is_done END", f"contains(title, {_quoted(chance)})",
        f"contains(labels, {_quoted(chance)})", "kind IN (:names)", f"lower(title) = {_quoted(chance)}",
        f"title IN ({_quoted(chance)}, {_quoted(chance)})", f"title < {_quoted(chance)}",
    ]  # fmt: skip
    return chance.choice(forms)


def _number(chance: random.Random, depth: int) -> str:
    simple = ["depth", "points", "push_count", "1", "0", "2.5", ":limit", ":share", "999999999999999"]
    if depth <= 0 or chance.random() < 0.4:
        return chance.choice(simple)
    inner, other = _number(chance, depth - 1), _number(chance, depth - 1)
    return chance.choice(
        [
            f"({inner} {chance.choice('+-*/')} {other})", f"abs({inner})", f"least({inner}, {other})",
            f"greatest({inner}, {other})", f"coalesce({inner}, {other})", f"wd({_date(chance)}, :today)",
            f"days({_date(chance)}, :now)", "hours(created_at, :now)", f"(- {inner})",
        ]
    )  # fmt: skip


def _date(chance: random.Random) -> str:
    return chance.choice(
        ["due", "start", "effective_due", ":today", "coalesce(due, start)", "least(due, p80)"]
    )


def _quoted(chance: random.Random) -> str:
    inner = chance.choice([*HOSTILE, *FAMILIES[:200], "a", ""]).replace("\x00", "").replace("'", "''")
    return "'" + re.sub(r"[\x00-\x1f\x7f]", " ", inner) + "'"


def _mutated(chance: random.Random) -> str:
    text = list(chance.choice([*_GOOD, *FAMILIES, _boolean(chance, 2)]))
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        action = chance.random()
        if action < 0.5:
            text[at:at] = list(chance.choice(["", " "]) + chance.choice(HOSTILE) + chance.choice(["", " "]))
        elif action < 0.7:
            del text[at : at + chance.randint(1, 3)]
        elif action < 0.85 and text:
            text[at % len(text)] = chr(chance.choice([chance.randint(0, 127), chance.randint(128, 0xFFFF)]))
        else:
            text[at:at] = text[: chance.randint(0, len(text))]
    return "".join(text)[:2500]


def _spliced(chance: random.Random) -> str:
    one, other = chance.choice([*_GOOD, *FAMILIES]), chance.choice([*FAMILIES, *HOSTILE])
    glue = chance.choice([" AND ", " OR ", " ", "", ", ", " = ", " IN (", "; ", "' ", "\n", ") OR ("])
    cut = chance.randint(0, len(one))
    return one[:cut] + glue + other + chance.choice(["", one[cut:]])


def _soup(chance: random.Random) -> str:
    words = [*COLUMNS, *HOSTILE, "wd", "days", "coalesce", "(", ")", ",", "=", "<", "+", "-", "1", "'x'"]
    return chance.choice([" ", "", "\n"]).join(chance.choice(words) for _ in range(chance.randint(1, 14)))


def _nested(chance: random.Random) -> str:
    depth = chance.choice([3, 15, 16, 17, 60, 400])
    head, tail = chance.choice(
        [
            ("(", ")"),
            ("NOT (", ")"),
            ("abs(", ")"),
            ("CASE WHEN ", " THEN TRUE END"),
            ("lower(", ")"),
            ("- (", ")"),
        ]
    )
    return (head * depth + chance.choice(["is_done", "depth", "title", "1"]) + tail * depth)[
        :2500
    ] + chance.choice(["", " = 1"])


def _huge(chance: random.Random) -> str:
    big = chance.choice(
        ["9" * 400, "x" * 1990, "'" + "y" * 1985 + "'", "(" * 1999, "1 + " * 600 + "1", "a, " * 700]
    )
    return chance.choice(["depth > ", "title = ", "", "depth IN ("]) + big


class Judge:
    """Runs what the gate let through on a database with something to lose.

    Args:
        folder: where its database stands.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sentinels.db"
        names = [*sorted(COLUMNS), *sorted(ORDINALS), "place"]
        with sqlite3.connect(self._path) as made:
            made.execute(f"CREATE TABLE rule_item ({', '.join(f'`{name}`' for name in names)})")
            made.execute("CREATE TABLE secret (word)")
            made.execute("CREATE TABLE touched (what)")
            for verb in ("INSERT", "UPDATE", "DELETE"):
                made.execute(
                    f"CREATE TRIGGER on_{verb} AFTER {verb} ON secret BEGIN INSERT INTO touched VALUES ('{verb}'); END"
                )
            made.execute("INSERT INTO secret VALUES ('do not read this')")
            made.execute(
                "INSERT INTO rule_item (item_id, title, labels, depth, points, is_done, is_leaf, due, due_ord, today_ord)"
                " VALUES ('a', 'x', '[\"a\"]', 2, 2.5, 0, 1, '2026-11-20', 9624, 9626)"
            )
            made.execute("INSERT INTO rule_item (item_id) VALUES ('b')")
        made.close()
        self._digest = self.digest()
        self._denied: list[str] = []
        self._connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        # json_each is declared at its first use, which looks like a change of the schema.
        self._connection.execute("SELECT 1 FROM json_each('[]')")
        self._connection.set_authorizer(self._authorize)

    def digest(self) -> str:
        """Of every byte of the database."""
        return hashlib.sha256(self._path.read_bytes()).hexdigest()

    def close(self) -> None:
        """Nothing was changed, from the first expression to the last."""
        self._connection.close()
        assert self.digest() == self._digest

    def _authorize(self, action: int, one: str | None, other: str | None, *_: str | None) -> int:
        allowed = (
            action == sqlite3.SQLITE_SELECT
            or (action == sqlite3.SQLITE_READ and one in ("rule_item", "json_each", "m", ""))
            or (action == sqlite3.SQLITE_FUNCTION and str(other).casefold() in _SQLITE_CALLS)
        )
        if not allowed:
            self._denied.append(f"{action} {one} {other}")
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    def problems(self, text: str) -> list[str] | None:
        """What is wrong with an expression that the gate let through; None where the gate refused it."""
        try:
            term = condition(text, SCOPE).term
        except ExpressionError:
            return None
        found: list[str] = []
        for dialect in ("sqlite", "postgresql"):
            out = writer(dialect, PARAMETERS)  # type: ignore[arg-type]
            try:
                sql = out.write(term)
            except ExpressionError:
                continue
            found += parse_problems(sql, dialect, out.parameters)  # type: ignore[arg-type]
            if dialect == "sqlite":
                found += self._run_problems(sql, out.parameters)
        return found

    def _run_problems(self, sql: str, parameters: Mapping[str, object]) -> list[str]:
        self._denied.clear()
        bound = {**parameters, "today": "2026-11-24", "now": "2026-11-24T12:00:00.000Z"}
        try:
            rows = self._connection.execute(f"SELECT {sql} FROM rule_item", bound).fetchall()
        except sqlite3.Error as error:
            return [f"SQLite refuses it: {error}", *self._denied]
        return [
            f"not a yes/no value: {row[0]!r}" for row in rows if row[0] not in (0, 1, None)
        ] + self._denied


def parse_problems(sql: str, dialect: Dialect, parameters: Mapping[str, object]) -> list[str]:
    """What does not belong into a condition, as another reader of SQL sees it."""
    read = "sqlite" if dialect == "sqlite" else "postgres"
    statements = sqlglot.parse(f"SELECT 1 FROM rule_item WHERE {sql}", read=read)
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        return [f"{len(statements)} statements"]
    found: list[str] = []
    tree = statements[0].args["where"].this
    for node in tree.walk():
        if not isinstance(node, _NODES):
            found.append(f"a node {type(node).__name__}")
        if isinstance(node, exp.Column) and node.table not in ("", "m"):
            found.append(f"a column of {node.table}")
        if isinstance(node, exp.Column) and node.table == "" and node.name not in COLUMNS | ORDINALS | {"e"}:
            found.append(f"a column {node.name}")
        if isinstance(node, exp.Placeholder) and node.name not in {*parameters, "today", "now"}:
            found.append(f"a value {node.name} that nothing binds")
        if isinstance(node, exp.Literal) and node.is_string and node.name not in _TEXTS:
            found.append(f"a text {node.name!r} that is not bound")
        if isinstance(node, exp.Table) and node.name.casefold() not in ("", "json_each"):
            found.append(f"a table {node.name}")
    return found


def run(judge: Judge, texts: Iterator[str]) -> Counter[str]:
    """Judge expressions; a complaint about what was let through is an assertion that fails."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts["tried"] += 1
        found = judge.problems(text)
        if found is None:
            counts["refused"] += 1
            continue
        counts["accepted"] += 1
        assert not found, json.dumps([text, found])
    return counts
