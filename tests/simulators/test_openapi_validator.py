"""The validator itself: what it lets through and what it reports, on a description written for it."""

from __future__ import annotations

import json

import pytest
from openapi import Deviation, Validator

OPENAPI = {
    "openapi": "3.0.1",
    "paths": {
        "/thing/{id}": {
            "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}],
            "get": {
                "parameters": [
                    {"in": "query", "name": "size", "schema": {"type": "integer"}},
                    {"in": "query", "name": "deep", "schema": {"type": "boolean"}},
                    {"in": "query", "name": "order", "schema": {"type": "string", "enum": ["up", "down"]}},
                ],
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
                    }
                },
            },
            "put": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                },
                "responses": {
                    "204": {"description": "done", "content": {"application/json": {"schema": {}}}}
                },
            },
        },
        "/thing/all": {"get": {"responses": {"200": {"description": "fixed"}}}},
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "born": {"type": "string", "format": "date"},
                    "seen": {"type": "string", "format": "date-time"},
                    "kind": {"type": "string", "nullable": True, "enum": ["a", "b"]},
                    "parent": {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Thing"}]},
                    "age": {"type": "integer", "format": "int32", "minimum": 0, "exclusiveMinimum": True},
                },
            }
        }
    },
}
SWAGGER = {
    "swagger": "2.0",
    "basePath": "/api",
    "parameters": {"v": {"in": "query", "name": "api-version", "required": True, "type": "string"}},
    "paths": {
        "/{organization}/_apis/$items/{id}": {
            "patch": {
                "parameters": [
                    {"$ref": "#/parameters/v"},
                    {"in": "body", "name": "body", "schema": {"type": "array", "items": {"type": "object"}}},
                ],
                "responses": {"200": {"schema": {"$ref": "#/definitions/Item"}}},
            }
        }
    },
    "definitions": {"Item": {"type": "object", "properties": {"id": {"type": "integer"}}}},
}


@pytest.fixture
def validator(tmp_path):
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(OPENAPI))
    return Validator(path)


def test_a_sound_request_and_answer_have_no_problems(validator):
    assert validator.request("GET", "/thing/1", "size=5&deep=true&order=up") == []
    body = {
        "name": "x",
        "born": "2026-03-02",
        "seen": "2026-03-02T12:00:00.000-0800",
        "kind": None,
        "parent": None,
        "age": 1,
    }
    assert validator.response("GET", "/thing/1", 200, json.dumps(body).encode()) == []
    assert validator.request("PUT", "/thing/1", {}, {"name": "x"}) == []
    assert validator.response("PUT", "/thing/1", 204, b"") == []


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("size=five", "query size='five': not an integer"),
        ("deep=yes", "query deep='yes': not a boolean"),
        ("order=left", "query order='left': not one of ['up', 'down']"),
        ("colour=red", "query parameter 'colour' is not described"),
    ],
)
def test_a_parameter_that_is_not_described_so_is_reported(validator, query, problem):
    assert validator.request("GET", "/thing/1", query) == [f"GET /thing/{{id}} request: {problem}"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "$: 'name' is a required property"),
        ({"name": 1}, "$.name: 1 is not of type 'string'"),
        ({"name": "x", "more": 1}, "$: Additional properties are not allowed ('more' was unexpected)"),
        ({"name": "x", "born": "2026-13-02"}, "$.born: '2026-13-02' is not a 'date'"),
        ({"name": "x", "seen": "yesterday"}, "$.seen: 'yesterday' is not a 'date-time'"),
        ({"name": "x", "kind": "c"}, "$.kind: 'c' is not one of ['a', 'b', None]"),
        ({"name": "x", "age": 2147483648}, "$.age: 2147483648 is not a 'int32'"),
        ({"name": "x", "age": 0}, "$.age: 0 is less than or equal to the minimum of 0"),
    ],
)
def test_a_body_unlike_its_schema_is_reported_with_its_place(validator, body, problem):
    assert validator.response("GET", "/thing/1", 200, body) == [f"GET /thing/{{id}} 200: {problem}"]


def test_a_missing_body_an_unknown_status_and_an_unknown_path_are_reported(validator):
    assert validator.request("PUT", "/thing/1") == ["PUT /thing/{id} request: no body, or no JSON"]
    assert validator.request("GET", "/thing/1", "", {}) == [
        "GET /thing/{id} request: a body where none is described"
    ]
    assert validator.response("GET", "/thing/1", 200, b"<html>") == ["GET /thing/{id} 200: no JSON body"]
    assert validator.response("GET", "/thing/1", 418) == ["GET /thing/{id} 418: status 418 is not described"]
    assert validator.response("GET", "/other", 200) == ["GET /other: not in the description"]


def test_a_fixed_path_goes_before_one_with_variables(validator):
    assert validator.operation("GET", "/thing/all").template == "/thing/all"


def test_a_deviation_covers_its_own_problem_only_and_is_counted(tmp_path):
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(OPENAPI))
    known = Deviation(r"^GET /thing", r"\$\.name: 1 is not", "seen live")
    validator = Validator(path, deviations=[known])
    assert validator.response("GET", "/thing/1", 200, {"name": 1}) == []
    assert validator.used == {known}
    assert len(validator.response("GET", "/thing/1", 200, {"name": 2})) == 1


def test_swagger_2_with_shared_parameters_and_body_parameters(tmp_path):
    path = tmp_path / "swagger.json"
    path.write_text(json.dumps(SWAGGER), encoding="utf-8-sig")
    validator = Validator(path)
    url = "/api/shop/_apis/$items/7"
    assert validator.request("PATCH", url, "api-version=7.2", [{}]) == []
    where = "PATCH /api/{organization}/_apis/$items/{id}"
    assert validator.request("PATCH", url, "", {}) == [
        f"{where} request: query parameter 'api-version' is required",
        f"{where} request: $: {{}} is not of type 'array'",
    ]
    assert validator.response("PATCH", url, 200, {"id": "x"}) == [
        f"{where} 200: $.id: 'x' is not of type 'integer'"
    ]
