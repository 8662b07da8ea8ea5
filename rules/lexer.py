"""Cuts an expression into words, numbers, texts, parameters and operators, and refuses everything else.

Only what is listed here reaches the parser, and not even that as written: `grammar.py` numbers the tokens, so
no character of a rule file is ever read as SQL by anything but this file.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

MAX_LENGTH = 2000
MAX_TOKENS = 250
# The parser recurses about twenty frames per bracket; Python stops at a thousand.
MAX_DEPTH = 16

KEYWORDS = frozenset(
    [
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "IS",
        "NULL",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "TRUE",
        "FALSE",
    ]
)

TokenKind: TypeAlias = Literal["keyword", "word", "number", "text", "parameter", "operator"]


class ExpressionError(ValueError):
    """An expression that is not accepted: the reason, and the character it is about (0 is the first)."""

    def __init__(self, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position

    def describe(self, text: str) -> str:
        """The reason with its place: `… at character 7 («due_dat > 3»)`."""
        excerpt = " ".join(text[self.position : self.position + 24].split())
        place = f" («{excerpt}»)" if excerpt else " (the end)"
        return f"{self.reason}, at character {self.position + 1}{place}"


class Token(msgspec.Struct, frozen=True):
    """One piece of an expression and where it starts. `text` is upper case for keywords, lower for words."""

    kind: TokenKind
    text: str
    start: int


_SPACE = re.compile(r"[ \t\r\n]+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?(?![0-9A-Za-z_.])")
_TEXT = re.compile(r"'(?:[^'\x00-\x1f\x7f]|'')*'")
_PARAMETER = re.compile(r":[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r"<>|<=|>=|[=<>+\-*/(),]")

# Read before the operators, so that two allowed characters cannot form one that is not.
_REFUSED: tuple[tuple[str, str], ...] = (
    ("--", "a comment is not read here; YAML comments (#) are"),
    ("/*", "a comment is not read here; YAML comments (#) are"),
    ("*/", "a comment is not read here; YAML comments (#) are"),
    ("||", "texts are not joined in a rule; `||` is not read"),
    ("::", "a cast is not read: columns have their types"),
    ("!=", "write `<>` for «not equal»"),
    ("==", "write `=` for «equal»"),
    ("**", "the operator `**` is not read"),
    ("<<", "the operator `<<` is not read"),
    (">>", "the operator `>>` is not read"),
    ("=>", "the operator `=>` is not read"),
    ("->", "the operator `->` is not read"),
    ('"', "a quoted name is not read; write the column's name without quotes"),
    ("`", "a quoted name is not read; write the column's name without quotes"),
    ("[", "brackets are not read; write the column's name without them"),
    (";", "a second statement is not read"),
    (".", "a qualified name is not read; write the column's name alone, and 0.5 with its zero"),
    ("%", "the operator `%` is not read"),
    ("'", "this text has no closing quote, or a control character in it"),
    (":", "a parameter is a colon and its name, such as :grace_wd"),
    ("\\", "a backslash is not read; a quote inside a text is written twice"),
)


def tokens(text: str) -> list[Token]:
    """The pieces of an expression in order.

    Raises:
        ExpressionError: a character, operator or length that rules do not have.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters", MAX_LENGTH)
    found: list[Token] = []
    position, depth, open_cases = 0, 0, 0
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
            continue
        token, position = _token(text, position, in_case=open_cases > 0)
        if token.kind == "keyword":
            open_cases += {"CASE": 1, "END": -1}.get(token.text, 0)
        depth += {"(": 1, ")": -1, "CASE": 1, "END": -1}.get(token.text, 0) if token.kind != "text" else 0
        if depth > MAX_DEPTH:
            raise ExpressionError(f"more than {MAX_DEPTH} brackets deep", token.start)
        _check_chain(found, token)
        found.append(token)
        if len(found) > MAX_TOKENS:
            raise ExpressionError(f"an expression has at most {MAX_TOKENS} words and signs", token.start)
    if not found:
        raise ExpressionError("the expression is empty")
    return found


def _token(text: str, position: int, *, in_case: bool) -> tuple[Token, int]:
    if match := _WORD.match(text, position):
        word = match[0]
        # `end` is also a column (of iterations): inside CASE it closes the CASE, elsewhere it is the column.
        if word.upper() in KEYWORDS and (word.upper() != "END" or in_case):
            return Token("keyword", word.upper(), position), match.end()
        return Token("word", word.lower(), position), match.end()
    if match := _NUMBER.match(text, position):
        return Token("number", match[0], position), match.end()
    if match := _TEXT.match(text, position):
        return Token("text", match[0][1:-1].replace("''", "'"), position), match.end()
    if match := _PARAMETER.match(text, position):
        return Token("parameter", match[0][1:].lower(), position), match.end()
    for sign, reason in _REFUSED:
        if text.startswith(sign, position):
            raise ExpressionError(reason, position)
    if match := _OPERATOR.match(text, position):
        return Token("operator", match[0], position), match.end()
    if text[position].isdigit() and text[position].isascii():
        raise ExpressionError("a number has up to 15 digits, and 9 after the point", position)
    raise ExpressionError(f"the character {text[position]!a} is not read", position)


def _check_chain(before: list[Token], token: Token) -> None:
    """Refuse what the parser is lenient about, and NOT and minus that pile up without brackets."""
    last = before[-1] if before else Token("operator", "(", 0)
    if last.kind not in ("keyword", "operator"):
        return
    if token.kind == "operator" and token.text == "-" and last.text == "-":
        raise ExpressionError("two minus signs in a row", token.start)
    if token.kind == "operator" and token.text == "+" and last.text not in (")", "END"):
        raise ExpressionError("a plus sign stands between two numbers", token.start)
    if token.kind == "operator" and token.text == ")" and last.text == ",":
        raise ExpressionError("a value is missing after the comma", token.start)
    is_prefix = token.kind == "keyword" and token.text == "NOT"
    if is_prefix and last.text not in ("(", ",", "AND", "OR", "WHEN", "THEN", "ELSE", "CASE", "IS", ")"):
        raise ExpressionError("put NOT and what it negates in brackets here", token.start)
