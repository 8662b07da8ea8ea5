"""What an organisation consists of. Plain data; the rules that change it live beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
UserKind: TypeAlias = Literal["aad", "msa", "svc", "group"]
Category: TypeAlias = Literal["Proposed", "InProgress", "Resolved", "Completed", "Removed"]
Tree: TypeAlias = Literal["area", "iteration"]
TextFormat: TypeAlias = Literal["html", "markdown"]

NEVER = "9999-01-01T00:00:00Z"  # the RevisedDate of a newest revision
HYPERLINK, ATTACHMENT, ARTIFACT = "Hyperlink", "AttachedFile", "ArtifactLink"  # resource links
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=20_000)
def _day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).date().isoformat()


def iso(ms: int) -> str:
    """An instant as answers show it: UTC, the fraction without trailing zeros (`2024-03-14T15:20:53.2Z`)."""
    seconds, thousandths = divmod(ms, 1000)
    days, rest = divmod(seconds, 86_400)
    fraction = f".{thousandths:03d}".rstrip("0") if thousandths else ""
    return f"{_day(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{fraction}Z"


@dataclass(slots=True)
class User:
    """An account, a service identity or a group. `id` is its storage key, `origin_id` Entra's object id."""

    descriptor: str
    name: str
    email: str
    kind: UserKind
    id: str
    origin_id: str
    domain: str
    active: bool = True
    listed: bool = True  # False once it left the organisation


@dataclass(slots=True)
class State:
    """A state of a work item type."""

    name: str
    category: Category
    color: str


@dataclass(slots=True)
class FieldDef:
    """A field of the organisation."""

    reference_name: str
    name: str
    type: str
    read_only: bool = False
    is_identity: bool = False
    picklist: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FieldUse:
    """How one type uses a field."""

    reference_name: str
    required: bool = False
    read_only: bool = False
    allowed: list[str] = field(default_factory=list)
    default: Json = None


@dataclass(slots=True)
class WorkType:
    """A work item type of one process."""

    name: str
    reference_name: str
    color: str
    icon: str
    category: str
    states: list[State]
    fields: dict[str, FieldUse]

    def state(self, name: str) -> State | None:
        """A state by its name."""
        return next((state for state in self.states if state.name == name), None)


@dataclass(slots=True)
class Process:
    """A process: one of the four system processes, or inherited from one."""

    id: str
    name: str
    description: str
    types: dict[str, WorkType]
    parent_id: str | None = None
    is_default: bool = False


@dataclass(slots=True)
class Project:
    """A project and its trees."""

    id: str
    name: str
    process_id: str
    area_root: int
    iteration_root: int
    updated: int
    revision: int = 10
    description: str = ""
    state: str = "wellFormed"
    visibility: str = "private"


@dataclass(slots=True)
class Node:
    """An area or an iteration; a root has no parent and bears its project's name."""

    id: int
    identifier: str
    name: str
    tree: Tree
    project_id: str
    parent: int | None = None
    children: list[int] = field(default_factory=list)
    start: str | None = None  # iterations only: YYYY-MM-DD
    finish: str | None = None


@dataclass(slots=True)
class Team:
    """A team of a project: its members, areas and iterations."""

    id: str
    name: str
    project_id: str
    description: str = ""
    members: list[str] = field(default_factory=list)
    areas: dict[int, bool] = field(default_factory=dict)  # area id → with all below it
    default_area: int | None = None
    iterations: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Revision:
    """One revision: what changed in it. None stands for an emptied field."""

    at: int
    by: str
    watermark: int
    changes: dict[str, Json]


@dataclass(slots=True)
class Relation:
    """A relation as one end shows it; `target` is a work item id, or None where `url` leads elsewhere."""

    rel: str
    target: int | None
    url: str
    at: int
    comment: str = ""
    id: int = 0  # resource links have one


@dataclass(slots=True)
class RelationEvent:
    """A relation that came or went, for the updates of the item."""

    at: int
    by: str
    added: bool
    relation: Relation


@dataclass(slots=True)
class LinkEvent:
    """A row of the reporting links: the base name, from the forward end to the other."""

    rel: str
    source: int
    target: int
    at: int
    by: str
    active: bool


@dataclass(slots=True)
class CommentVersion:
    """One version of a comment."""

    text: str
    rendered: str
    by: str
    at: int
    deleted: bool = False


@dataclass(slots=True)
class Comment:
    """A comment with all its versions, the newest last."""

    id: int
    item_id: int
    format: TextFormat
    versions: list[CommentVersion]

    @property
    def text(self) -> str:
        """The present text, as the sanitiser left it."""
        return self.versions[-1].text

    @property
    def deleted(self) -> bool:
        """Is it soft-deleted?"""
        return self.versions[-1].deleted


@dataclass(slots=True)
class Item:
    """A work item. `state` holds the present values in kept form: node ids, project GUID, descriptors."""

    id: int
    revisions: list[Revision] = field(default_factory=list)
    state: dict[str, Json] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    events: list[RelationEvent] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)  # long text field → html | markdown
    hidden: bool = False
    deleted_by: str | None = None
    checkpoints: dict[int, dict[str, Json]] = field(default_factory=dict)

    @property
    def rev(self) -> int:
        """The number of the newest revision."""
        return len(self.revisions)

    @property
    def deleted(self) -> bool:
        """Is it in the recycle bin?"""
        return bool(self.state.get("System.IsDeleted"))

    def state_at(self, rev: int) -> dict[str, Json]:
        """The values as of a revision, counted from 1."""
        if rev == len(self.revisions):
            return self.state
        start = rev - rev % STRIDE
        while start and start not in self.checkpoints:
            start -= STRIDE
        found = dict(self.checkpoints[start]) if start else {}
        for revision in self.revisions[start:rev]:
            found.update(revision.changes)
        if None in found.values():
            return {name: value for name, value in found.items() if value is not None}
        return found

    def rev_at(self, at: int) -> int:
        """The revision in force at an instant; 0 before the first."""
        low, high = 0, len(self.revisions)
        while low < high:
            middle = (low + high) // 2
            if self.revisions[middle].at <= at:
                low = middle + 1
            else:
                high = middle
        return low


STRIDE = 50  # a full state is kept every so many revisions, so that long histories stay cheap to read


def culture_date(ms: int) -> str:
    """An instant as the recycle bin shows it: `1/10/2025 12:13:35 PM`, UTC without saying so."""
    at = _EPOCH + timedelta(milliseconds=ms)
    return f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"
