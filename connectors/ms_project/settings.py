"""The configuration of a `kind: project_file` source: which files, what fields mean, what may be written."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from connectors.ms_project.custom_fields import can_hold, kind_of
from connectors.settings import Settings, Text, Texts, WriteSettings, written_fields
from connectors.source_safety import SourceSafety
from portfolio.intents import DATE_NAMES, FieldName

DEFAULT_TWIN_KEYS = ("Jira Key", "Tracker Key", "Issue Key")
# Project's further custom fields. None of them can hold a rollup value.
_OTHER_FIELDS = re.compile(r"(Flag|Cost|Duration|Start|Finish|Outline ?Code)[0-9]{1,2}", re.IGNORECASE)


class NoAuth(Settings):
    """Files need no credential; the key is accepted so that every source may carry one."""

    method: Literal["none"] = "none"


class ProjectFileFields(Settings):
    """Which custom fields of a plan mean what, by alias (`Jira Key`) or by Project's own name (`Text5`)."""

    twin_key: Texts = DEFAULT_TWIN_KEYS
    team: Texts = ()


class Backups(Settings):
    """Copies of a plan as it stood before Dovetail wrote to it."""

    keep: int = Field(default=5, ge=1, le=1000, description="how many copies of each plan are kept")
    folder: Text | None = Field(
        default=None, description="where they are kept; by default `.dovetail-backups` beside the plan"
    )


class WriteMap(WriteSettings):
    """What Dovetail may write into plans. Without this block nothing is ever written."""

    comments: bool = Field(default=False, description="one block of text in the notes of a task")
    fields: dict[FieldName, Text] = Field(
        default={}, description="rollup field → custom field, by alias or by Project's name, such as Text28"
    )
    define: dict[Text, Text] = Field(
        default={},
        description="custom field named under `fields` → a free field of Project (Text1-30, Number1-20, "
        "Date1-10) that becomes it in plans without such a field",
    )
    values: dict[FieldName, dict[str, Text]] = Field(
        default={}, description="words to write instead of ours, such as health: {green: On track}"
    )
    backups: Backups = Backups()

    @field_validator("fields")
    @classmethod
    def _one_field_each(cls, value: dict[FieldName, str]) -> dict[FieldName, str]:
        known: dict[str, str] = {}
        for slot, name in value.items():
            if slot in DATE_NAMES:
                raise ValueError(
                    f"{slot} is worked out by Project itself: a plan can be the master of it only"
                )
            if (other := known.setdefault(name.casefold(), slot)) != slot:
                raise ValueError(f"{other} and {slot} cannot both stand in {name}")
            if _OTHER_FIELDS.fullmatch(name):
                raise ValueError(f"{slot}: only Text, Number and Date fields are written, not {name}")
            if (kind := kind_of(name)) is not None and not can_hold(kind, slot):
                raise ValueError(f"{slot}: {name} is a {kind} field, which cannot hold it")
        return value

    @model_validator(mode="after")
    def _only_what_is_written(self) -> WriteMap:
        slots = {name.casefold(): slot for slot, name in self.fields.items()}
        targets: dict[str, str] = {}
        for name, target in self.define.items():
            slot = slots.get(name.casefold())
            if slot is None:
                raise ValueError(f"define names {name}, which `fields` does not")
            kind = kind_of(target)
            if kind is None:
                raise ValueError(f"define: {name}: {target} is none of Text1-30, Number1-20, Date1-10")
            if kind_of(name) is not None and name.casefold() != target.casefold():
                raise ValueError(f"define: {name} is a field of Project itself and cannot become {target}")
            if not can_hold(kind, slot):
                raise ValueError(f"define: {target} is a {kind} field, which cannot hold {slot}")
            if (other := targets.setdefault(target.casefold(), name)) != name:
                raise ValueError(f"define: {other} and {name} cannot both become {target}")
        return self


class ProjectFileSettings(SourceSafety, Settings):
    """One entry of `sources:` with `kind: project_file`. Without `write` its plans are read only."""

    name: Text  # a file that is checked without a configuration is a source by its own name
    kind: Literal["project_file"] = "project_file"
    path: Texts = Field(min_length=1)  # a file or a pattern (plans/**/*.xml), or a list of them
    auth: NoAuth = NoAuth()
    fields: ProjectFileFields = ProjectFileFields()
    max_file_mb: Annotated[float, Field(gt=0, le=2048)] = 100
    master: Literal["auto", "xml", "mpp"] = Field(
        default="auto",
        description="what planners edit: the XML file itself, or an .mpp of which it is an export and which "
        "cannot be written; auto: an .mpp where one of the same name stands beside the file",
    )
    write: WriteMap | None = None

    @model_validator(mode="after")
    def _never_what_people_fill_in(self) -> ProjectFileSettings:
        read = {name.casefold() for name in (*self.fields.twin_key, *self.fields.team)}
        for slot, name in self.write_fields.items():
            if name.casefold() in read:
                raise ValueError(
                    f"write.fields.{slot}: {name} is read as a key or a team, and stays people's"
                )
        return self

    @property
    def write_fields(self) -> dict[FieldName, str]:
        """Our field → the plan's custom field; empty when nothing may be written."""
        return written_fields(self.write)

    @property
    def place(self) -> str:
        """What a plan of writes was made for: another path is another place."""
        return ", ".join(self.path)
