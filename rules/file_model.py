"""The shape of a rule file, as pydantic checks it and as the published JSON Schema describes it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from portfolio.views import VIEWS

RuleId: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
SeverityName: TypeAlias = Literal["info", "low", "medium", "high", "critical"]
Duration: TypeAlias = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}[mhd]$")]
Sentence: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]
ExpressionText: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
ScalarValue: TypeAlias = bool | int | float | date | AwareDatetime | str
ParamValue: TypeAlias = ScalarValue | Annotated[list[ScalarValue], Field(min_length=1, max_length=100)]

# Findings, writes and runs are Dovetail's own: a rule over them would chase its own tail. The timeline and
# the baselines are millions of rows whose meaning derive already puts into columns of the items.
RULE_VIEWS: tuple[str, ...] = tuple(
    name
    for name in VIEWS
    if name not in ("finding", "write", "failed_write", "run", "change", "baseline", "audit")
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


class StepText(_Strict):
    """One step of severity_by; the first that holds wins."""

    condition: ExpressionText = Field(alias="if")
    then: SeverityName


class TestText(_Strict):
    """Rows of the view, and the findings they must give."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    today: date | AwareDatetime | None = Field(
        None, description="The day of the run (Tuesday 24 November 2026 when absent), or the instant."
    )
    given: Annotated[list[dict[Name, Any]], Field(min_length=1)]
    expect: list[dict[Name, Any]] = Field(description="The findings, by their columns; [] for none.")


class RuleText(_Strict):
    """One rule."""

    id: RuleId
    title: Annotated[str, Field(min_length=1, max_length=120)]
    why: Sentence
    over: Literal[RULE_VIEWS]  # type: ignore[valid-type]
    where: ExpressionText | None = Field(None, description="Which rows the rule is about at all.")
    measure: dict[Name, ExpressionText] = Field(
        default_factory=dict, description="Named values for flag, severity_by and message."
    )
    flag: ExpressionText = Field(description="True for a row that is a finding.")
    severity: SeverityName
    severity_by: list[StepText] = Field(default_factory=list)
    params: dict[Name, ParamValue] = Field(
        default_factory=dict, description="Defaults; the type of each is the parameter's type."
    )
    for_: Duration | None = Field(
        None, alias="for", description="How long it must hold before it is open: 30m, 6h, 2d."
    )
    keep: Duration | None = Field(None, description="How long it must be gone before it is resolved.")
    inhibit_by: list[RuleId] = Field(
        default_factory=list, description="Rules whose finding on the same item makes this one silent."
    )
    fingerprint: Annotated[list[Name], Field(min_length=1)]
    evidence: Annotated[list[Name], Field(min_length=1)]
    message: Sentence
    action: Sentence
    docs: Annotated[str, Field(max_length=300, pattern=r"^(https?://|docs/)")] | None = None
    comment_on: list[Name] | None = Field(
        None, description="Id columns whose items get the comment; [] for none."
    )
    status: Literal["experimental", "stable"] = "stable"
    tests: list[TestText] = Field(default_factory=list)


class RuleFile(RootModel[list[RuleText]]):
    """A rule file: a list of rules."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a rule file."""
    schema = RuleFile.model_json_schema(by_alias=True)
    tighten(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://dovetail.example/rule-schema.json",
        **schema,
        "title": "Dovetail rule file",
    }


_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_FORMATS = {"date": f"^{_DAY}$", "date-time": f"^{_DAY}[T ][0-9:.]+(Z|[+-][0-9:]+)$"}


def tighten(schema: Any) -> None:
    """Refuse what the loader refuses and pydantic's schema lets pass.

    Those are names that do not fit their pattern, and texts that are no date: `format` binds nobody.
    """
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema.setdefault("additionalProperties", False)
        if schema.get("format") in _FORMATS:
            schema.setdefault("pattern", _FORMATS[schema["format"]])
        for part in schema.values():
            tighten(part)
    elif isinstance(schema, list):
        for part in schema:
            tighten(part)
