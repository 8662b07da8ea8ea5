"""Reads YAML 1.2 into plain values and remembers the line of everything.

Nothing is constructed from tags; a duplicate key, an anchor, a strange tag and a date that does not exist are
problems with their line, not exceptions and not surprises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec

Path: TypeAlias = tuple[str | int, ...]
MAX_BYTES = 1_000_000
MAX_DEPTH = 20

_TAG = "tag:yaml.org,2002:"
_MOST_BRACKETS = 200
_BRACKET = re.compile(r"[\[\]{}]")
_LADDER = re.compile(r"(?:[-?:][ \t]+){100}")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong, and where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Document(msgspec.Struct):
    """A file's content, the line and column of each value by its path, and what is wrong with it."""

    file: str
    content: Any = None
    lines: dict[Path, int] = {}
    columns: dict[Path, int] = {}
    problems: list[Problem] = []

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def add(self, path: Path, text: str) -> None:
        """Note a problem at a path."""
        self.problems.append(Problem(self.file, self.line(path), text))


def read_yaml(text: str, file: str) -> Document:
    """The content of a YAML text; problems are in the answer."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    document = Document(file)
    if len(text) > MAX_BYTES:
        document.add((), f"the file is larger than {MAX_BYTES:,} characters")
        return document
    if _is_deep(text):
        document.add((), "this is not YAML: nested too deeply")
        return document
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        document.content = None if root is None else _value(root, (), document)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = 1 if mark is None else mark.line + 1
        reason = "a second document (---)" if "another document" in str(error.problem) else error.problem
        document.problems.append(Problem(file, line, f"this is not YAML: {reason}"))
    except (YAMLError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        document.problems.append(Problem(file, 1, f"this is not YAML: {reason}"))
    return document


def _is_deep(text: str) -> bool:
    """Brackets or dashes without end. The parser's time grows with their square: 5,000 took it 10 seconds."""
    if _LADDER.search(text):
        return True
    depth = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
        if depth > _MOST_BRACKETS:  # those in quoted texts count too, and are closed there as a rule
            return True
    return False


def _value(node: Any, path: Path, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    document.columns.setdefault(path, node.start_mark.column + 1)
    kind = str(node.tag).removeprefix(_TAG)
    if node.anchor is not None:
        document.add(path, "anchors and aliases (& and *) are not read here; write the value out")
        return None
    if len(path) > MAX_DEPTH:
        document.add(path, f"nested more than {MAX_DEPTH} levels deep")
        return None
    if kind == "seq":
        return [_value(child, (*path, number), document) for number, child in enumerate(node.value)]
    if kind == "map":
        return dict(_pairs(node, path, document))
    return _scalar(kind, node.value, path, document)


def _pairs(node: Any, path: Path, document: Document) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, child in node.value:
        name = str(key.value)
        line = key.start_mark.line + 1
        if not isinstance(key.value, str):
            document.problems.append(Problem(document.file, line, "a key is a word"))
        elif name in seen:
            document.problems.append(Problem(document.file, line, f"`{name}` stands here twice"))
        else:
            seen.add(name)
            document.lines[(*path, name)] = line
            document.columns[(*path, name)] = key.start_mark.column + 1
            yield name, _value(child, (*path, name), document)


def _scalar(kind: str, text: str, path: Path, document: Document) -> Any:
    try:
        match kind:
            case "str":
                return text
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" if _WHOLE.fullmatch(text):
                return int(text)
            case "float" if re.fullmatch(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]{1,2})?", text):
                return float(text)
            case "timestamp" if len(text) == len("2026-11-24"):
                return date.fromisoformat(text)
            case "timestamp":
                instant = datetime.fromisoformat(text)
                if instant.tzinfo is None:
                    document.add(path, f"{text} has no zone; end it with Z for UTC")
                    return None
                return instant
            case _:
                pass
    except ValueError:
        pass
    document.add(
        path,
        f"{text!r} is not read here; put a text in quotes, write numbers in digits and dates as 2026-11-24",
    )
    return None
