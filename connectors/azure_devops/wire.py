"""What Azure DevOps sends, as typed structs: only the fields that are used, and no behaviour."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class _Wire(msgspec.Struct, rename="camel", kw_only=True, gc=False):
    """Names as the API writes them; what is not listed is skipped."""


class Listed(msgspec.Struct, Generic[T]):
    """A list in one answer."""

    value: list[T]


class Account(msgspec.Struct, rename="camel", kw_only=True, gc=False, frozen=True):
    """An identity in a field. Of the names only the descriptor is an identity; the others change."""

    descriptor: str | None = None
    display_name: str | None = None
    unique_name: str | None = None
    is_container: bool = False


class Revisions(_Wire):
    """One batch of reporting/workitemrevisions: `values`, and a token that is good for the next run too.

    What a row holds depends on the configuration: `fields.py` makes its type.
    """

    values: list[Any]
    continuation_token: str | None = None
    is_last_batch: bool = False


class Link(_Wire):
    """A link that came or went, from its forward end: parent and child, predecessor and successor."""

    rel: str
    source_id: int
    target_id: int
    changed_date: str
    is_active: bool = True
    changed_by: Account | str | None = None


class Links(_Wire):
    """One batch of reporting/workitemlinks."""

    values: list[Link]
    continuation_token: str | None = None
    is_last_batch: bool = False


class RelationDetails(_Wire):
    """What people wrote on a relation."""

    comment: str | None = None


class Relation(_Wire):
    """A relation of one item, seen from that item."""

    rel: str | None = None
    url: str | None = None
    attributes: RelationDetails | None = None


class Found(_Wire):
    """A row of a query."""

    id: int


class QueryResult(_Wire):
    """What a query found: ids, whatever it asked for."""

    work_items: list[Found]


class Binned(_Wire):
    """An item in the recycle bin; some answers write the id as text."""

    id: int | str


class Project(_Wire):
    """A project that the account can see."""

    id: str
    name: str
    state: str = "wellFormed"


class Template(_Wire):
    """The process of a project."""

    template_name: str = ""
    template_type_id: str = ""


class Capabilities(_Wire):
    """What a project is made with."""

    process_template: Template = msgspec.field(default_factory=Template)


class Team(_Wire):
    """A team of a project."""

    id: str
    name: str


class OwnedValue(_Wire):
    """An area that a team is responsible for."""

    value: str
    include_children: bool = False


class FieldReference(_Wire):
    """A field by its reference name."""

    reference_name: str = ""


class TeamAreas(_Wire):
    """The areas of a team; a collection may divide work among teams by another field."""

    field: FieldReference = msgspec.field(default_factory=FieldReference)
    values: list[OwnedValue] = []


class ProjectDetails(_Wire):
    """A project with its process."""

    id: str
    name: str
    capabilities: Capabilities = msgspec.field(default_factory=Capabilities)
    default_team: Team | None = None


class Process(_Wire):
    """A process; an inherited one names its parent."""

    type_id: str = ""
    name: str = ""
    parent_process_type_id: str | None = None


class State(_Wire):
    """A state of a work item type and the category that says what it means."""

    name: str
    category: str = ""


class ItemType(_Wire):
    """A work item type of a project. Older answers leave the states out."""

    name: str
    reference_name: str = ""
    is_disabled: bool = False
    states: list[State] | None = None


class TypeName(_Wire):
    """A work item type by its name."""

    name: str


class TypeCategory(_Wire):
    """A category of types: a backlog level, or something hidden."""

    reference_name: str
    work_item_types: list[TypeName] = []


class NodeDates(_Wire):
    """The days of an iteration."""

    start_date: str | None = None
    finish_date: str | None = None


class Node(_Wire):
    """An area or an iteration with those below it."""

    id: int
    name: str
    structure_type: str
    identifier: str = ""
    path: str | None = None
    attributes: NodeDates | None = None
    children: list[Node] = []


class FieldInfo(_Wire):
    """A field of the organisation."""

    name: str
    reference_name: str
    type: str = ""
    read_only: bool = False
    is_deleted: bool = False
    is_identity: bool = False
    is_picklist: bool = False
    is_picklist_suggested: bool = False


class TypeField(_Wire):
    """A field of one work item type of a project."""

    name: str
    reference_name: str
    always_required: bool = False
    allowed_values: list[Any] | None = None


class Me(_Wire):
    """The account that a request was made with."""

    id: str = ""
    subject_descriptor: str | None = None
    provider_display_name: str | None = None
    is_active: bool = True


class Connection(_Wire):
    """Who we are."""

    authenticated_user: Me
    instance_id: str = ""


class Subject(_Wire):
    """An account or group in the directory."""

    descriptor: str | None = None
    display_name: str | None = None
    mail_address: str | None = None
    principal_name: str | None = None
    origin: str | None = None
    origin_id: str | None = None
    domain: str | None = None
    subject_kind: str | None = None


class Subjects(_Wire):
    """Directory entries by descriptor; None for one that is not known any more."""

    value: dict[str, Subject | None]


class Membership(_Wire):
    """Whether an account may still sign in."""

    active: bool
