"""What is wrong with a configuration, in plain words and at its place. No value of a secret gets in here."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel

from rules.spelling import nearest
from rules.yaml_text import Document

Path: TypeAlias = tuple[str | int, ...]

SECRET_KEYS = frozenset(
    {
        "token",
        "password",
        "secret",
        "client_secret",
        "pat",
        "api_key",
        "api_token",
        "private_key",
        "passphrase",
    }
)
_REFERENCES = "{env: NAME}, {file: PATH}, {command: PROGRAM} or {keyring: NAME}"
SECRET_HINT = f"a secret is never written here; use {_REFERENCES}"
_METHOD = re.compile(r"[a-z_]{1,24}")
_QUOTED = re.compile(r"'([^']*)'")
_WORDS: Mapping[str, str] = {
    "string_type": "a text belongs here; put it in quotes",
    "int_type": "a whole number belongs here",
    "int_from_float": "a whole number belongs here",
    "float_type": "a number belongs here",
    "bool_type": "true or false belongs here",
    "list_type": "a list belongs here",
    "tuple_type": "a list belongs here",
    "dict_type": "keys and values belong here",
    "model_type": "keys and values belong here",
    "model_attributes_type": "keys and values belong here",
    "date_type": "a date such as 2026-12-24 belongs here",
    "date_from_datetime_parsing": "a date such as 2026-12-24 belongs here",
    "date_from_datetime_inexact": "a date without a time belongs here",
    "string_too_short": "it is empty",
    "union_tag_not_found": "`{tag}` is missing",
}


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong, and where."""

    line: int
    column: int
    place: str
    text: str
    file: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, " if self.file else ""
        place = f"{self.place}: " if self.place else ""
        return f"{where}line {self.line}, column {self.column}: {place}{self.text}"


class Problems:
    """The problems of one file, one per place: a union of types gives an error for each of its types."""

    def __init__(self, document: Document, *, file: str = "") -> None:
        self._document = document
        self._file = file
        self._found: dict[Path, Problem] = {}
        self.others: list[str] = []  # of files that this one includes

    def add(self, path: Path, text: str) -> None:
        """Note a problem, unless something is known to be wrong with this very place."""
        path = tuple(path)
        if path not in self._found:
            line, column = self._position(path)
            self._found[path] = Problem(line, column, dotted(path), text, self._file)

    def line_of(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it."""
        return self._position(path)[0]

    def is_unread(self, path: Path) -> bool:
        """True where something stands that the reader of the file could not make a value of."""
        return any(one.line == self.line_of(path) for one in self._document.problems)

    def add_secret(self, path: Path) -> None:
        """Note a secret that is written down; nothing else is said about what stands there."""
        for known in [one for one in self._found if one[: len(path)] == path]:
            del self._found[known]
        self.add(path, SECRET_HINT)

    def add_errors(self, model: type[BaseModel], errors: Iterable[Mapping[str, Any]], at: Path = ()) -> None:
        """Note what pydantic found below a path."""
        data = _value_at(self._document.content, at)
        for error in errors:
            path = _data_path(error, data)
            if not any(self._is_noted(at + path[:length]) for length in range(len(path) + 1)):
                self.add(at + path, _text(error, path, model, at))

    def lines(self) -> list[str]:
        """Everything, in the order of the file."""
        secret = [path for path, problem in self._found.items() if problem.text == SECRET_HINT]
        # What the reader of the file says of a strange scalar quotes it.
        known = {
            line for one, line in self._document.lines.items() if any(one[: len(at)] == at for at in secret)
        }
        read = [
            Problem(one.line, 1, "", one.text, self._file)
            for one in self._document.problems
            if one.line not in known
        ]
        ordered = sorted([*read, *self._found.values()])
        return [*dict.fromkeys(str(problem) for problem in ordered), *self.others]

    def _is_noted(self, path: Path) -> bool:
        return path in self._found and self._found[path].text == SECRET_HINT

    def _position(self, path: Path) -> tuple[int, int]:
        while path and path not in self._document.lines:
            path = path[:-1]
        return self._document.lines.get(path, 1), self._document.columns.get(path, 1)


def dotted(path: Iterable[str | int]) -> str:
    """`sources[0].write.comments`: counted from zero, as JSON Path and jq do."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown


def _value_at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _data_path(error: Mapping[str, Any], data: Any) -> Path:
    """The error's place in the file: pydantic also names the members of unions on the way."""
    path: list[str | int] = []
    location = error["loc"]
    for number, part in enumerate(location):
        is_last = number == len(location) - 1
        if _leads_on(data, part):
            data = data[part]
        elif not (is_last and error["type"] == "missing"):
            continue
        path.append(part)
    if error["type"] == "union_tag_invalid":
        path.append(str(error["ctx"]["discriminator"]).strip("'"))
    return tuple(path)


def _leads_on(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _text(error: Mapping[str, Any], path: Path, model: type[BaseModel], at: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    last = str(path[-1]) if path else ""
    match kind:
        case "extra_forbidden":
            return f"unknown key{nearest(last, known_keys(model, error['loc']))}"
        case "missing":
            return "it is missing"
        case "literal_error" | "union_tag_invalid":
            expected = str(context.get("expected") or context.get("expected_tags"))
            options = _QUOTED.findall(expected) or [expected]
            found = error["input"]
            if kind == "union_tag_invalid":
                found = context.get("tag")
            return not_one_of(found, options, is_secret=_may_be_secret(at + path, found))
        case "string_pattern_mismatch":
            return f"it does not have the form {context['pattern']}"
        case "string_too_long":
            return f"it is longer than {context['max_length']} characters"
        case "too_short" | "too_long":
            return _too_many(kind, context)
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            (limit,) = context.values()
            word = {"greater_than": "more than", "less_than": "less than", "less_than_equal": "at most"}
            return f"{word.get(kind, 'at least')} {limit:g} belongs here"
        case "value_error":
            return str(error["msg"]).removeprefix("Value error, ")
        case "union_tag_not_found":
            return f"`{str(context['discriminator']).strip(chr(39))}` is missing"
    if kind in _WORDS:
        return _WORDS[kind]
    message = str(error["msg"])
    wanted = message.removeprefix("Input should be ")
    return message if wanted == message else f"{wanted} belongs here"


def _too_many(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "too_short" and context["min_length"] == 1:
        return "it is empty"
    wanted = context.get("min_length") or context.get("max_length")
    return f"{wanted} values belong here, not {context['actual_length']}"


def not_one_of(found: object, options: Sequence[str], *, is_secret: bool = False) -> str:
    """What is accepted instead, the nearest first."""
    shown = "this" if is_secret else f"`{str(found)[:60]}`"
    near = "" if is_secret else nearest(str(found)[:60], options)
    only = options[0] if len(options) == 1 else f"one of {', '.join(options)}"
    return f"{shown} is not {only}{near}"


def _may_be_secret(path: Path, found: object) -> bool:
    """Whatever stands under `auth` and is no mere word such as the methods are."""
    return "auth" in path and (path[-1] != "method" or _METHOD.fullmatch(str(found)) is None)


def known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that a model accepts beside the last one of a location that pydantic reports."""
    here: list[Any] = [model]
    for part in location[:-1]:
        inner = [found for one in here for found in _step(one, part)]
        # A part that leads nowhere names a member of a union: its tag, or its class.
        here = inner or [one for one in here if _is_member(one, part)] or here
    return sorted(
        {
            field.alias or name
            for one in here
            if isinstance(one, type) and issubclass(one, BaseModel)
            for name, field in one.model_fields.items()
        }
    )


def _step(annotation: Any, part: str | int) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        found = [field for name, field in fields.items() if part in (field.alias, name)]
        return [one for field in found for one in _members(field.annotation)]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (list, tuple) and isinstance(part, int):
        return _members(arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(part, str):
        return _members(arguments[1])
    return []


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [one for member in get_args(annotation) for one in _members(member)]
    return [annotation]


def _is_member(annotation: Any, part: str | int) -> bool:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return False
    tags = [value for field in annotation.model_fields.values() for value in get_args(field.annotation)]
    return annotation.__name__ == part or part in tags
