"""The configuration of a `kind: project_file` source: which files, how large, what their fields mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema, field_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
# One or several: the validators below make a list of one.
Texts = Annotated[tuple[Text, ...], WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, _TEXTS]})]

DEFAULT_TWIN_KEYS = ("Jira Key", "Tracker Key", "Issue Key")


class NoAuth(BaseModel):
    """Files need no credential; the key is accepted so that every source may carry one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["none"] = "none"


class ProjectFileFields(BaseModel):
    """Which custom fields of a plan mean what, by alias (`Jira Key`) or by Project's own name (`Text5`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    twin_key: Texts = DEFAULT_TWIN_KEYS
    team: Texts = ()

    @field_validator("twin_key", "team", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class ProjectFileSettings(BaseModel):
    """One entry of `sources:` with `kind: project_file`.

    There is no `write`: plans are read only, so naming it is a configuration error.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    kind: Literal["project_file"] = "project_file"
    path: Texts = Field(min_length=1)  # a file or a pattern (plans/**/*.xml), or a list of them
    auth: NoAuth = NoAuth()
    fields: ProjectFileFields = ProjectFileFields()
    max_file_mb: Annotated[float, Field(gt=0, le=2048)] = 100

    @field_validator("path", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value
