"""The vendor's Azure DevOps 7.1 descriptions as validators, and where the live service is known to differ.

The descriptions (Swagger 2.0, generated from C#) say some things in a way of their own, which `_prepared`
translates: a list is answered in an envelope `{count, value}`, `object` stands for any value, one path has
several entries that differ in the query only, and letters' case varies.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import lru_cache
from typing import Any

from openapi import Deviation, Json, Recorder, Validator, Watched
from shared import shared

_SPECS = "specs/azure_devops/vsts-rest-api-specs/specification/"
_FILES = (
    "wit/7.1/workItemTracking.json",
    "core/7.1/core.json",
    "work/7.1/work.json",
    "graph/7.1/graph.json",
    "processes/7.1/workItemTrackingProcess.json",
    "ims/7.1/identities.json",
)
# Operations of the live service that no description has, with the evidence for each.
UNDESCRIBED = {
    "/_apis/connectionData": "The official clients begin with it: azure-devops-python-api, location client.",
    "/_apis/wit": "OPTIONS lists the resources; recorded in fixtures/jupiterone.",
    "/_apis/wit/$batch": "The page WorkItemBatchUpdate 5.0-7.1; fixtures/synthetic/batch_update_mixed.",
}
DEVIATIONS = (
    Deviation(
        r" request$",
        r"query parameter 'api-version' is required",
        "The Accept header may name it instead: the documentation's page rest-api-versioning; all recordings "
        "of fixtures/cli_extension do so.",
    ),
    Deviation(
        r" (201|204)$",
        r"status (201|204) is not described",
        "The descriptions know 200 only; recorded: 201 for new nodes, 204 for deletions "
        "(test_boards_areas, test_boards_iterations).",
    ),
    Deviation(
        r"",
        r"\.(description|mailAddress|defaultIteration|defaultValue|startDate|finishDate|helpText|referenceName"
        r"|actions|ruleValidationErrors)?: ?None is not of type",
        "Recorded answers have null there (test_devops_group_and_member, test_boards_iterations, "
        "test_boards_areas); the descriptions have no word for null.",
    ),
    Deviation(
        r"^GET /.organization./_apis/identities 200$",
        r"\.descriptor: '.*' is not of type 'object'",
        "Recorded as a text (test_devops_user_command); the description has an object.",
    ),
)


@lru_cache(maxsize=1)
def validators() -> tuple[Validator, ...]:
    """One per description; skips the test where they are absent."""
    return tuple(
        Validator(shared(_SPECS + name), rewrite=_rewritten, deviations=DEVIATIONS, prepare=_prepared)
        for name in _FILES
    )


class AzureDevOpsRecorder(Recorder):
    """Errors are described nowhere: they are held against the envelope that every recorded one has."""

    def __call__(self, exchange: Any) -> None:
        if exchange.template in UNDESCRIBED or exchange.fault is not None:
            return
        if exchange.status < 400 and exchange.status != 302 and "json" in exchange.content_type:
            super().__call__(exchange)
        elif "json" in exchange.content_type and exchange.body:
            self.seen.add((exchange.method, exchange.template, exchange.status))
            self.problems += _error_problems(exchange.method, exchange.path, exchange.body)


def recorder(server: Watched) -> Recorder:
    """Validate all traffic of an Azure DevOps simulator; call `check()` at the end."""
    return AzureDevOpsRecorder(validators()).watch(server)


def _error_problems(method: str, path: str, body: bytes) -> list[str]:
    error = json.loads(body.decode("utf-8-sig"))
    expected = {"$id", "innerException", "message", "typeName", "typeKey", "errorCode", "eventId"}
    problems = [f"{method} {path}: the error lacks {name}" for name in sorted(expected - set(error))]
    if not error.get("typeName", "").partition(",")[0].endswith("." + error.get("typeKey", "?")):
        problems.append(f"{method} {path}: typeKey {error.get('typeKey')} is not the end of typeName")
    return problems


_WITHOUT_PROJECT = ("wit/workitemrelationtypes", "wit/artifactlinktypes", "wit/workitemicons")


def _rewritten(path: str) -> str:
    """A request's path as the descriptions write it: in small letters, with project and team."""
    before, _, rest = path.lower().partition("/_apis/")
    scope = [part for part in before.split("/") if part]
    rest = rest.rstrip("/")
    if rest.startswith("wit/classificationnodes/"):
        group = rest.split("/")[2]
        rest = f"wit/classificationnodes/{group}/path"
    area = rest.partition("/")[0]
    if area == "wit" and not rest.startswith(_WITHOUT_PROJECT) and len(scope) == 1:
        scope.append("project")
    if (rest == "wit/wiql" or rest.startswith("work/teamsettings")) and len(scope) == 2:
        scope.append("team")
    return f"/{'/'.join(scope)}/_apis/{rest}"


def _prepared(data: Json) -> Json:
    data = _anything(deepcopy(data))
    definitions = data.get("definitions", {})
    if "StreamedBatch" in definitions:
        # Declared as strings; the operations' own examples have objects.
        definitions["StreamedBatch"]["properties"]["values"]["items"] = {}
        # Declared as an object; every example and recording is the list of operations that RFC 6902 has.
        definitions["JsonPatchDocument"] = {
            "type": "array",
            "items": {"$ref": "#/definitions/JsonPatchOperation"},
        }
    merged: dict[str, Json] = {}
    for section in ("paths", "x-ms-paths"):
        for template, entry in data.pop(section, {}).items():
            plain = _small(template.partition("?")[0].rstrip("/"))
            for method, operation in entry.items():
                _wrap_lists(plain, operation)
                known = merged.setdefault(plain, {})
                known[method] = _both(known[method], operation) if method in known else operation
    data["paths"] = merged
    return data


def _small(template: str) -> str:
    return re.sub(r"(\{[^}]*\})|([^{}]+)", lambda m: m.group(1) or m.group(2).lower(), template)


def _anything(node: Json) -> Json:
    if isinstance(node, list):
        return [_anything(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "object" and not {"properties", "additionalProperties", "allOf"} & set(node):
        return {}
    return {key: _anything(value) for key, value in node.items()}


def _wrap_lists(template: str, operation: Json) -> None:
    """The envelope of lists. Where an error policy can leave rows out, a row may be null."""
    may_omit = template.endswith("/workitemsbatch") or any(
        parameter.get("name") == "errorPolicy" for parameter in operation["parameters"]
    )
    for answer in operation.get("responses", {}).values():
        schema = answer.get("schema", {})
        if schema.get("type") == "array" and may_omit:
            schema = schema | {"items": {"anyOf": [schema["items"], {"type": "null"}]}}
        # A lookup's answer is a map in the same envelope (recorded: test_devops_group_and_member).
        if schema.get("type") == "array" or template.endswith("/subjectlookup"):
            answer["schema"] = {
                "type": "object",
                "required": ["count", "value"],
                "properties": {"count": {"type": "integer"}, "value": schema},
            }


def _both(one: Json, other: Json) -> Json:
    """Two entries of one path: a parameter is required only where both require it; either answer is right."""
    names = [{p.get("name") for p in entry["parameters"] if p.get("required")} for entry in (one, other)]
    parameters: dict[str, Json] = {}
    for parameter in one["parameters"] + other["parameters"]:
        key = parameter.get("name") or parameter["$ref"]
        found = parameters.setdefault(key, dict(parameter))
        if found.get("in") == "query" and not all(key in required for required in names):
            found.pop("required", None)
    schemas = [entry["responses"]["200"].get("schema") for entry in (one, other)]
    answer = one["responses"]["200"]
    if all(schemas) and schemas[0] != schemas[1]:
        answer = {"description": "", "schema": {"anyOf": schemas}}
    return one | {
        "parameters": list(parameters.values()),
        "responses": one["responses"] | {"200": answer},
    }
