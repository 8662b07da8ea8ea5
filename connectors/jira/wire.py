"""What Jira answers, typed: only the fields the model needs, so that decoding skips the rest.

Custom fields have other ids on every site, so the struct of an issue's `fields` is made for the site from the
ids that were resolved (`fields_struct`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Category(msgspec.Struct, gc=False):
    """A status category; its key is the one projection that is stable across projects."""

    key: str = "undefined"


class Status(msgspec.Struct, gc=False):
    """A status with its category."""

    id: str
    name: str
    statusCategory: Category = msgspec.field(default_factory=Category)  # noqa: N815


class Named(msgspec.Struct, gc=False):
    """Anything of which only id and name matter."""

    id: str = ""
    name: str = ""


class IssueType(msgspec.Struct, gc=False):
    """An issue type; the level says where it stands in the hierarchy (-1 sub-task, 0 base, 1 epic, 2+)."""

    id: str
    name: str = ""
    subtask: bool = False
    hierarchyLevel: int | None = None  # noqa: N815


class Project(msgspec.Struct, gc=False):
    """The project of an issue."""

    id: str
    key: str
    projectTypeKey: str = ""  # noqa: N815


class User(msgspec.Struct, gc=False):
    """An account. Deleted ones have blanks or a placeholder's name."""

    accountId: str = ""  # noqa: N815
    displayName: str = ""  # noqa: N815
    emailAddress: str | None = None  # noqa: N815
    active: bool | None = None
    accountType: str = ""  # noqa: N815


class Ref(msgspec.Struct, gc=False):
    """Another issue."""

    id: str = ""
    key: str = ""


class LinkType(msgspec.Struct, gc=False):
    """A link type with the phrase of each end."""

    id: str = ""
    name: str = ""
    inward: str | None = ""
    outward: str | None = ""


class Link(msgspec.Struct, gc=False):
    """A link seen from one end: exactly one of the two issues is there (facts/jira.md §1.5)."""

    id: str = ""
    type: LinkType = msgspec.field(default_factory=LinkType)
    inwardIssue: Ref | None = None  # noqa: N815
    outwardIssue: Ref | None = None  # noqa: N815


class RemoteObject(msgspec.Struct, gc=False):
    """The page elsewhere that a link leads to."""

    url: str | None = None
    title: str | None = None


class RemoteLink(msgspec.Struct, gc=False):
    """A link from an issue to a page elsewhere; what the issue says of it is `relationship`."""

    id: int
    relationship: str | None = None
    object: RemoteObject | None = None


class Version(msgspec.Struct, gc=False):
    """A version, in an issue or in a project's list."""

    id: str
    name: str = ""
    released: bool = False
    archived: bool = False
    startDate: str | None = None  # noqa: N815
    releaseDate: str | None = None  # noqa: N815


class Sprint(msgspec.Struct, gc=False):
    """A sprint, in the sprint field or from the agile API."""

    id: int
    name: str = ""
    state: str = ""
    startDate: str | None = None  # noqa: N815
    endDate: str | None = None  # noqa: N815
    completeDate: str | None = None  # noqa: N815


class Issue(msgspec.Struct, gc=False):
    """An issue whose fields are decoded one issue at a time, so that one odd record harms no other."""

    id: str
    key: str = ""
    fields: msgspec.Raw = msgspec.Raw(b"{}")


class IssueError(msgspec.Struct):
    """An issue that could not be read this time."""

    id: str = ""


class Issues(msgspec.Struct):
    """The answer of issue/bulkfetch."""

    issues: list[Issue]
    issueErrors: list[IssueError] = []  # noqa: N815


class FoundFields(msgspec.Struct, gc=False):
    """The one field a search asks for."""

    updated: str | None = None


class Found(msgspec.Struct, gc=False):
    """A row of a search."""

    id: str
    fields: FoundFields | None = None


class SearchPage(msgspec.Struct):
    """The answer of search/jql. There is no total."""

    issues: list[Found]
    nextPageToken: str | None = None  # noqa: N815
    isLast: bool | None = None  # noqa: N815


class Item(msgspec.Struct, gc=False):
    """One changed field of a history. `fromString`/`toString` are for people and in their locale."""

    field: str = ""
    fieldId: str | None = None  # noqa: N815
    before: str | None = msgspec.field(default=None, name="from")
    before_text: str | None = msgspec.field(default=None, name="fromString")
    after: str | None = msgspec.field(default=None, name="to")
    after_text: str | None = msgspec.field(default=None, name="toString")


class History(msgspec.Struct, gc=False):
    """One save of an issue. `created` is text in the caller's zone; a number in the vendor's example."""

    id: str
    created: str | int | float
    author: User | None = None
    items: list[Item] = []


class IssueHistories(msgspec.Struct):
    """The histories of one issue; one issue may be split over pages."""

    issueId: str  # noqa: N815
    changeHistories: list[History] = []  # noqa: N815


class ChangelogPage(msgspec.Struct):
    """The answer of changelog/bulkfetch."""

    issueChangeLogs: list[IssueHistories]  # noqa: N815
    nextPageToken: str | None = None  # noqa: N815


class Property(msgspec.Struct):
    """An entity property; its value is anybody's."""

    key: str = ""
    value: msgspec.Raw = msgspec.Raw(b"null")


class Comment(msgspec.Struct):
    """A comment, with its properties where they were asked for."""

    id: str
    author: User | None = None
    updateAuthor: User | None = None  # noqa: N815
    body: msgspec.Raw = msgspec.Raw(b"null")
    properties: list[Property] = []
    self: str = ""


class CommentList(msgspec.Struct):
    """The answer of comment/list."""

    values: list[Comment]


class CommentBrief(msgspec.Struct):
    """A comment embedded in an issue: who wrote it is enough to know whether it could be ours."""

    id: str
    author: User | None = None


class CommentPage(msgspec.Struct):
    """A page of an issue's comments, or the part of them that is embedded in an issue."""

    comments: list[CommentBrief]
    total: int = 0


class RemarkComment(msgspec.Struct):
    """A comment with what it says, and who said so last and when."""

    id: str
    author: User | None = None
    updateAuthor: User | None = None  # noqa: N815
    created: str = ""
    updated: str = ""
    body: msgspec.Raw = msgspec.Raw(b"null")


class RemarkPage(msgspec.Struct):
    """A page of an issue's comments with what they say, or the newest of them embedded in an issue."""

    comments: list[RemarkComment]
    total: int = 0


def fields_struct(custom: Mapping[str, tuple[str, Any]]) -> type[msgspec.Struct]:
    """The struct of an issue's `fields` on one site.

    Args:
        custom: what we call it → (field id on this site, type).
    """
    # A field of Jira's own that is asked for under another name, such as a due date that we may write, is
    # there under that name alone.
    taken = {field_id for field_id, _ in custom.values()}
    base: list[tuple[str, Any, Any]] = [
        (name, type_ | None, msgspec.field(default=None, name=wire_name))
        for name, wire_name, type_ in _SYSTEM
        if wire_name not in taken
    ]
    # Raw in a union with None takes nothing but null, so an absent one is the raw text null.
    extra = [
        (name, type_, msgspec.field(default=msgspec.Raw(b"null"), name=field_id))
        if type_ is msgspec.Raw
        else (name, type_ | None, msgspec.field(default=None, name=field_id))
        for name, (field_id, type_) in custom.items()
    ]
    absent = {name: None for name, wire_name, _ in _SYSTEM if wire_name in taken and name not in custom}
    return msgspec.defstruct("IssueFields", base + extra, namespace=absent, kw_only=True, gc=False)


# Our name, the wire's name, type.
_SYSTEM: tuple[tuple[str, str, Any], ...] = (
    ("summary", "summary", str),
    ("issuetype", "issuetype", IssueType),
    ("status", "status", Status),
    ("priority", "priority", Named),
    ("project", "project", Project),
    ("assignee", "assignee", User),
    ("parent", "parent", Ref),
    ("created", "created", str),
    ("updated", "updated", str),
    ("duedate", "duedate", str),
    ("resolution", "resolution", Named),
    ("resolutiondate", "resolutiondate", str),
    ("fix_versions", "fixVersions", list[Version]),
    ("labels", "labels", list[str]),
    ("components", "components", list[Named]),
    ("issuelinks", "issuelinks", list[Link]),
    ("original_estimate", "timeoriginalestimate", float),
    ("time_spent", "timespent", float),
    ("time_estimate", "timeestimate", float),
)
SYSTEM_FIELDS: tuple[str, ...] = tuple(wire_name for _, wire_name, _ in _SYSTEM)
