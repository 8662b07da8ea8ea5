"""What a Jira site holds. Plain data of JSON types only, so that a whole site can be dumped and restored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

BOT_EMAIL = "bot@demo.example"
Json: TypeAlias = Any  # a field value or document, as it came over the wire


@dataclass(slots=True)
class User:
    """An account. `removed` is a deleted one: its id stays in histories, its name does not."""

    account_id: str
    name: str
    email: str | None = None
    active: bool = True
    kind: str = "atlassian"
    time_zone: str = "Etc/UTC"
    removed: bool = False


@dataclass(slots=True)
class Project:
    """A project; `key` may change, `id` never does."""

    id: int
    key: str
    name: str
    lead: str | None
    state: str = "live"  # live | archived | deleted
    next_number: int = 1
    public: bool = False  # anonymous callers see it
    denied: bool = False  # the calling account may not browse it
    type_key: str = "software"
    style: str = "classic"


@dataclass(slots=True)
class Version:
    """A release of a project; dates are `YYYY-MM-DD`."""

    id: int
    project_id: int
    name: str
    start: str | None = None
    release: str | None = None
    released: bool = False
    archived: bool = False
    description: str = ""


@dataclass(slots=True)
class Board:
    """An agile board of one project."""

    id: int
    project_id: int
    name: str
    kind: str = "scrum"


@dataclass(slots=True)
class Sprint:
    """A sprint; instants are epoch milliseconds."""

    id: int
    board_id: int
    name: str
    state: str = "future"
    start: int | None = None
    end: int | None = None
    complete: int | None = None
    created: int | None = None
    goal: str = ""


@dataclass(slots=True, eq=False)
class FieldDef:
    """A system or custom field as `GET /field` shows it."""

    id: str
    name: str
    type: str
    items: str | None = None
    custom: str | None = None  # the type key of a custom field
    clauses: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)  # option id → value
    navigable: bool = True
    orderable: bool = True
    searchable: bool = True
    on_screen: bool = True
    project_id: int | None = None  # the scope of a team-managed project's field


@dataclass(slots=True)
class Status:
    """A workflow status; `category` is new, indeterminate or done."""

    id: str
    name: str
    category: str


@dataclass(slots=True)
class IssueType:
    """An issue type with its level: -1 sub-task, 0 base, 1 epic, 2 and more above."""

    id: str
    name: str
    level: int
    project_id: int | None = None


@dataclass(slots=True)
class Named:
    """A priority or a resolution."""

    id: str
    name: str


@dataclass(slots=True)
class LinkType:
    """`outward` is read from source to destination: "blocks"."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(slots=True)
class Link:
    """An issue link: source `outward` destination."""

    id: int
    type_id: str
    source: int
    destination: int


@dataclass(slots=True)
class History:
    """One entry of an issue's timeline; the items are in wire form."""

    id: int
    author: str
    created: int
    items: list[dict[str, Any]]


@dataclass(slots=True)
class Comment:
    """A comment; `body` is an ADF document or the plain string that version 2 stored."""

    id: int
    author: str
    body: Json
    created: int
    updated: int
    update_author: str
    properties: dict[str, Json] = field(default_factory=dict)
    visibility: dict[str, str] | None = None


@dataclass(slots=True)
class RemoteLink:
    """A link from an issue to a page elsewhere."""

    id: int
    body: dict[str, Json]


@dataclass(slots=True)
class Issue:
    """An issue. `fields` holds canonical values: ids of people, versions, sprints, options; dates as text."""

    id: int
    project_id: int
    number: int
    type_id: str
    status_id: str
    fields: dict[str, Json]
    creator: str
    created: int
    updated: int
    status_changed: int
    histories: list[History] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    properties: dict[str, Json] = field(default_factory=dict)
    watchers: list[str] = field(default_factory=list)
    hidden: bool = False  # a security level the calling account is not on
    archived: bool = False
    revision: int = 0

    def copy(self) -> Issue:
        """A snapshot that later edits do not touch."""
        return Issue(
            id=self.id,
            project_id=self.project_id,
            number=self.number,
            type_id=self.type_id,
            status_id=self.status_id,
            fields=dict(self.fields),
            creator=self.creator,
            created=self.created,
            updated=self.updated,
            status_changed=self.status_changed,
            histories=list(self.histories),
            comments=list(self.comments),
            remote_links=list(self.remote_links),
            properties=dict(self.properties),
            watchers=list(self.watchers),
            hidden=self.hidden,
            archived=self.archived,
            revision=self.revision,
        )
