"""What Jira answers about a site, typed: fields, projects, boards, people, permissions, screens."""

from __future__ import annotations

import msgspec

from connectors.jira.wire import Sprint, User, Version


class Board(msgspec.Struct):
    """A board."""

    id: int
    type: str = ""


class BoardPage(msgspec.Struct):
    """A page of boards."""

    values: list[Board]
    isLast: bool | None = None  # noqa: N815
    total: int | None = None


class FieldInfo(msgspec.Struct):
    """A field of the site."""

    id: str
    name: str = ""
    custom: bool = False
    schema: FieldSchema | None = None
    scope: FieldScope | None = None

    @property
    def type_key(self) -> str:
        """The type key of a custom field, else empty."""
        return (self.schema.custom if self.schema else None) or ""

    @property
    def type(self) -> str:
        """The kind of value: date, number, option, string, and so on."""
        return self.schema.type if self.schema else ""

    @property
    def is_scoped(self) -> bool:
        """True where the field belongs to one team-managed project."""
        return self.scope is not None and self.scope.type == "PROJECT"


class FieldSchema(msgspec.Struct):
    """The type of a field; `custom` is its type key, the same on every site."""

    type: str = ""
    items: str | None = None
    custom: str | None = None


class FieldScope(msgspec.Struct):
    """PROJECT for a field of one team-managed project."""

    type: str = ""


class ListedProject(msgspec.Struct):
    """A project of project/search."""

    id: str
    key: str
    name: str = ""
    projectTypeKey: str = ""  # noqa: N815
    lead: User | None = None
    archived: bool = False
    deleted: bool = False


class ProjectPage(msgspec.Struct):
    """A page of project/search."""

    values: list[ListedProject]
    isLast: bool | None = None  # noqa: N815
    total: int | None = None


class SprintPage(msgspec.Struct):
    """A page of a board's sprints."""

    values: list[Sprint]
    isLast: bool | None = None  # noqa: N815
    total: int | None = None


class UserPage(msgspec.Struct):
    """A page of user/bulk."""

    values: list[User]


class VersionPage(msgspec.Struct):
    """A page of a project's versions."""

    values: list[Version]
    isLast: bool | None = None  # noqa: N815
    total: int | None = None


class Count(msgspec.Struct):
    """The answer of approximate-count."""

    count: int


class EditField(msgspec.Struct):
    """A field on the edit screen."""

    name: str = ""
    operations: list[str] = []
    allowedValues: list[msgspec.Raw] | None = None  # noqa: N815


class EditMeta(msgspec.Struct):
    """The answer of editmeta: the fields on the edit screen."""

    fields: dict[str, EditField]


class Option(msgspec.Struct):
    """A value a select field allows; it has a value, other lists have names."""

    id: str = ""
    value: str | None = None
    name: str | None = None


class Permission(msgspec.Struct):
    """One permission of mypermissions."""

    havePermission: bool = False  # noqa: N815


class Permissions(msgspec.Struct):
    """The answer of mypermissions."""

    permissions: dict[str, Permission]


class Myself(msgspec.Struct):
    """The calling account."""

    accountId: str  # noqa: N815
    displayName: str = ""  # noqa: N815
    timeZone: str = ""  # noqa: N815
    active: bool = True
