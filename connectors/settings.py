"""What the `sources:` entries of all kinds share: their strictness, and what may be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from connectors.answers import origin_of
from connectors.source_safety import Conflicts
from portfolio.errors import ConfigError
from portfolio.intents import FieldName
from portfolio.records import KINDS


class Settings(BaseModel):
    """A part of an entry: unknown keys are refused."""

    # A value that was put in the wrong place may be a secret: no message repeats it.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WriteSettings(Settings):
    """What Dovetail may write, whatever the tracker. Without this block nothing is ever written."""

    comments: bool = False
    fields: dict[FieldName, str] = {}
    values: dict[FieldName, dict[str, str]] = {}
    armed: bool = Field(default=False, description="write from the first sync on, without a plan file")
    backlog: Literal["comment", "skip"] = Field(
        default="skip", description="whether findings from before the source was armed are commented"
    )
    comment_severity: Literal["info", "low", "medium", "high", "critical"] = "high"
    conflicts: Conflicts = {}

    @model_validator(mode="after")
    def _words_that_can_be_read_back(self) -> WriteSettings:
        if lost := sorted(set(self.values) - set(self.fields)):
            raise ValueError(f"values names fields that are not written: {', '.join(lost)}")
        places: dict[str, str] = {}
        for slot, name in self.fields.items():
            if (other := places.setdefault(name.strip().casefold(), slot)) != slot:
                raise ValueError(f"fields: {other} and {slot} cannot both stand in {name}")
        for slot, labels in self.values.items():
            if len({label.casefold() for label in labels.values()}) < len(labels):
                raise ValueError(f"values: {slot} has one word for two values")
        return self


def written_fields(write: WriteSettings | None) -> dict[FieldName, str]:
    """Our field → the tracker's field; empty where nothing may be written."""
    return dict(write.fields) if write else {}


def _reachable(value: str) -> str:
    try:
        origin_of(value)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return value.rstrip("/")


def _known_kinds(value: Mapping[str, str]) -> Mapping[str, str]:
    for name, kind in value.items():
        if kind not in KINDS:
            raise ValueError(f"{name}: there is no kind {kind!r}; kinds are {', '.join(KINDS)}")
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Texts = Annotated[
    tuple[Text, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, _TEXTS]}),
]
"""One text or several."""
SourceName = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Address = Annotated[str, AfterValidator(_reachable)]
"""A web address that a credential may be sent to, without a slash at its end."""
KindMap = Annotated[dict[str, str], AfterValidator(_known_kinds)]
"""The tracker's types → kinds of work items."""
