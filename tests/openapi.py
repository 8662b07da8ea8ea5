"""Requests and answers against a vendor's API description: OpenAPI 3.0 or Swagger 2.0.

`Validator(path)` gives `request(…)` and `response(…)`, each a list of problems in words (empty is fine);
`Recorder` watches a running simulator and validates all its traffic. What the vendor's live service does
otherwise than its description is listed as `Deviation`s, each with its evidence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json: TypeAlias = Any
_METHODS = ("get", "put", "post", "delete", "patch")
_ROOT = "urn:description"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$")

formats = FormatChecker(formats=())


@formats.checks("date-time")
def _is_instant(value: object) -> bool:
    # RFC 3339, and the offset without a colon that Jira really sends.
    return not isinstance(value, str) or _INSTANT.match(value) is not None


@formats.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@formats.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


@formats.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@dataclass(frozen=True)
class Deviation:
    """A difference between the description and the live service that is no defect of ours.

    `where` and `problem` are regular expressions over `METHOD template status` (or `… request`) and over
    the problem's words; `evidence` says who saw it.
    """

    where: str
    problem: str
    evidence: str

    def covers(self, where: str, problem: str) -> bool:
        return re.search(self.where, where) is not None and re.search(self.problem, problem) is not None


@dataclass(frozen=True)
class Operation:
    """One method of one path of the description."""

    template: str
    method: str
    data: Mapping[str, Json]
    pointer: str
    parameters: Sequence[Mapping[str, Json]]


class Validator:
    """Checks traffic against one description. Schemas are compiled once.

    Args:
        path: the description's file.
        rewrite: what the description's paths lack or have otherwise: a function of the request path.
        deviations: known differences of the live service.
        prepare: makes a description usable that says some things in a dialect of its own.
    """

    def __init__(
        self,
        path: Path,
        *,
        rewrite: Callable[[str], str] = lambda path: path,
        deviations: Sequence[Deviation] = (),
        prepare: Callable[[Json], Json] = lambda data: data,
    ) -> None:
        self._data = prepare(_load(path))
        self._rewrite = rewrite
        self._deviations = tuple(deviations)
        self.used: set[Deviation] = set()  # the deviations that some traffic needed
        resource = Resource.from_contents(self._data, default_specification=DRAFT202012)
        self._registry = Registry().with_resource(_ROOT, resource)
        self._compiled: dict[str, Draft202012Validator] = {}
        self._operations = list(self._read_operations())

    def operation(self, method: str, path: str) -> Operation | None:
        """The described operation for a method and a concrete path; fixed segments win over variables."""
        path = self._rewrite(path)
        found = [
            (template.count("{"), operation)
            for pattern, template, operation in self._operations
            if operation.method == method.upper() and pattern.fullmatch(path)
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def describes(self, path: str) -> bool:
        """Does the description know the path, with whatever method?"""
        path = self._rewrite(path)
        return any(pattern.fullmatch(path) for pattern, _, _ in self._operations)

    def request(
        self, method: str, path: str, query: Mapping[str, Sequence[str]] | str = "", body: bytes | Json = None
    ) -> list[str]:
        """What is wrong with a request: unknown or malformed parameters, a body unlike its schema."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"{method} {path}: not in the description"]
        values = parse_qs(query, keep_blank_values=True) if isinstance(query, str) else query
        problems = list(_query_problems(operation, values))
        schema = _request_schema(operation)
        content = _decode(body)
        if schema is None:
            if content is not None:
                problems.append("a body where none is described")
        elif content is None:
            if operation.data.get("requestBody", {}).get("required"):
                problems.append("no body, or no JSON")
        else:
            problems += self._check(schema, content)
        return self._explain(f"{operation.method} {operation.template} request", problems)

    def response(self, method: str, path: str, status: int, body: bytes | Json = None) -> list[str]:
        """What is wrong with an answer: an undescribed status, a body unlike its schema."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"{method} {path}: not in the description"]
        answers = operation.data["responses"]
        code = str(status) if str(status) in answers else "default"
        where = f"{operation.method} {operation.template} {status}"
        if code not in answers:
            return self._explain(where, [f"status {status} is not described"])
        schema = _response_schema(operation, code)
        content = _decode(body)
        if schema is None or (content is None and self._anything(schema)):
            return []
        if content is None:
            return self._explain(where, ["no JSON body"])
        return self._explain(where, self._check(schema, content))

    def _anything(self, pointer: str) -> bool:
        """Is the schema empty? Vendors write it where the answer has no body, too."""
        return self._registry.resolver().lookup(f"{_ROOT}#{pointer}").contents == {}

    def _check(self, pointer: str, content: Json) -> list[str]:
        if pointer not in self._compiled:
            schema = {"$ref": f"{_ROOT}#{pointer}"}
            self._compiled[pointer] = Draft202012Validator(
                schema, registry=self._registry, format_checker=formats
            )
        return [f"{e.json_path}: {e.message[:300]}" for e in self._compiled[pointer].iter_errors(content)]

    def _explain(self, where: str, problems: Iterable[str]) -> list[str]:
        left = []
        for problem in problems:
            known = next((d for d in self._deviations if d.covers(where, problem)), None)
            if known is None:
                left.append(f"{where}: {problem}")
            else:
                self.used.add(known)
        return left

    def _read_operations(self) -> Iterable[tuple[re.Pattern[str], str, Operation]]:
        base = str(self._data.get("basePath") or "").rstrip("/")
        for section in ("paths", "x-ms-paths"):
            for template, item in self._data.get(section, {}).items():
                plain = base + template.partition("?")[0]
                pattern = re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(plain)))
                for method in _METHODS:
                    if method not in item:
                        continue
                    data = item[method]
                    pointer = f"/{section}/{_escaped(template)}/{method}"
                    parameters = [
                        self._resolved(p) for p in [*item.get("parameters", []), *data.get("parameters", [])]
                    ]
                    yield pattern, plain, Operation(plain, method.upper(), data, pointer, parameters)

    def _resolved(self, parameter: Mapping[str, Json]) -> Mapping[str, Json]:
        if "$ref" not in parameter:
            return parameter
        found: Json = self._data
        for part in parameter["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return found  # type: ignore[no-any-return]


@lru_cache(maxsize=8)
def _load(path: Path) -> Json:
    return _as_json_schema(json.loads(path.read_text(encoding="utf-8-sig")))


def _as_json_schema(node: Json) -> Json:
    """OpenAPI's dialect as JSON Schema: `nullable`, boolean exclusive bounds, siblings of `$ref`."""
    if isinstance(node, list):
        return [_as_json_schema(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    found = {key: _as_json_schema(value) for key, value in node.items() if key not in {"example", "examples"}}
    if isinstance(found.get("$ref"), str):
        return {"$ref": found["$ref"]}
    if found.pop("nullable", None) is True or found.pop("x-nullable", None) is True:
        if isinstance(found.get("type"), str):
            found["type"] = [found["type"], "null"]
            if isinstance(found.get("enum"), list):
                found["enum"] = [*found["enum"], None]
        else:
            found = {"anyOf": [found, {"type": "null"}]}
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(bound) is True and limit in found:
            found[bound] = found.pop(limit)
        elif isinstance(found.get(bound), bool):
            del found[bound]
    return found


def _escaped(text: str) -> str:
    escaped = text.replace("~", "~0").replace("/", "~1")
    return escaped.replace("%", "%25").replace("{", "%7B").replace("}", "%7D").replace("$", "%24")


def _decode(body: bytes | Json) -> Json:
    if not isinstance(body, bytes):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return None


def _request_schema(operation: Operation) -> str | None:
    for index, parameter in enumerate(operation.data.get("parameters", [])):
        if parameter.get("in") == "body":
            return f"{operation.pointer}/parameters/{index}/schema"
    content = operation.data.get("requestBody", {}).get("content", {})
    return _content_pointer(f"{operation.pointer}/requestBody/content", content)


def _response_schema(operation: Operation, code: str) -> str | None:
    answer = operation.data["responses"][code]
    if "schema" in answer:
        return f"{operation.pointer}/responses/{code}/schema"
    return _content_pointer(f"{operation.pointer}/responses/{code}/content", answer.get("content", {}))


def _content_pointer(pointer: str, content: Mapping[str, Json]) -> str | None:
    for kind, entry in content.items():
        if "json" in kind and "schema" in entry:
            return f"{pointer}/{_escaped(kind)}/schema"
    return None


def _query_problems(operation: Operation, query: Mapping[str, Sequence[str]]) -> Iterable[str]:
    known = {p["name"].lower(): p for p in operation.parameters if p["in"] == "query"}
    for name, values in query.items():
        parameter = known.get(name.lower())
        if parameter is None:
            yield f"query parameter {name!r} is not described"
            continue
        schema = parameter.get("schema", parameter)
        for value in values:
            yield from (f"query {name}={value!r}: {words}" for words in _scalar_problems(schema, value))
    for name, parameter in known.items():
        if parameter.get("required") and name not in {given.lower() for given in query}:
            yield f"query parameter {name!r} is required"


def _scalar_problems(schema: Mapping[str, Json], value: str) -> Iterable[str]:
    kind = schema.get("type")
    if kind == "array":
        for part in value.split(","):
            yield from _scalar_problems(schema.get("items", {}), part)
    elif kind == "integer" and not re.fullmatch(r"-?\d+", value):
        yield "not an integer"
    elif kind == "boolean" and value.lower() not in {"true", "false"}:
        yield "not a boolean"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"not one of {schema['enum']}"


class Watched(Protocol):
    """A running simulator: `exchanges` is a list of callbacks."""

    exchanges: list[Any]


@dataclass
class Recorder:
    """Validates all traffic of a simulator; `check()` at the end of a test raises with every problem found.

    Exchanges that a fault spoiled are checked as requests only: their answers are wrong by design.
    """

    validators: Sequence[Validator]
    ignore: Sequence[str] = ("/__simulator__/",)
    problems: list[str] = field(default_factory=list)
    seen: set[tuple[str, str, int]] = field(default_factory=set)

    def watch(self, server: Watched) -> Recorder:
        server.exchanges.append(self)
        return self

    def __call__(self, exchange: Any) -> None:
        if any(exchange.path.startswith(prefix) for prefix in self.ignore):
            return
        validator = next((v for v in self.validators if v.describes(exchange.path)), None)
        self.seen.add((exchange.method, exchange.template, exchange.status))
        if validator is None:
            self.problems.append(f"{exchange.method} {exchange.path}: in no description")
            return
        # A request that the service refuses with 400 or 405 may well be against the description.
        if exchange.status not in {400, 405}:
            self.problems += validator.request(
                exchange.method, exchange.path, exchange.query, exchange.request_body
            )
        if exchange.fault is None:
            self.problems += validator.response(
                exchange.method, exchange.path, exchange.status, exchange.body
            )

    def check(self) -> None:
        assert not self.problems, "\n".join(dict.fromkeys(self.problems))
