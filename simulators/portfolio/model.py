"""What the demo portfolio consists of, in words of no tracker: issues with their history, plans, people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from simulators.portfolio.people import Person
from simulators.project_plan import ProjectFile

IN_PLAN = "in-plan"  # label of issues that a Microsoft Project plan holds as well
TODO, DOING, REVIEW, DONE = "To Do", "In Progress", "In Review", "Done"
CLOSED = "Closed"  # how Azure DevOps calls it
SAME_WORK, BLOCKED_BY = "is the same work as", "is blocked by"  # what people call a link to another tracker

Action = Literal["create", "edit", "move", "link", "comment", "refer", "reparent"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing one person did to one issue.

    `values` holds field values for `create` and `edit`; `text` the new status, the words of a comment, or
    what a link to an item of another tracker is called; `other` what is blocked, referred to, or the new
    parent.
    """

    at: datetime
    by: str
    action: Action
    issue: Issue
    values: Mapping[str, object] = field(default_factory=dict)
    text: str = ""
    other: Issue | None = None


@dataclass(slots=True, eq=False)
class Issue:
    """An issue or work item: how it stands now, and every step that led there.

    `key` is known once the portfolio is complete, because trackers number issues in the order of creation.
    Jira's fields have Jira's names; those of Azure DevOps are translated when they are loaded.
    """

    project: str
    type: str
    title: str
    created: datetime
    reporter: str
    parent: Issue | None = None
    key: str = ""
    status: str = TODO
    values: dict[str, object] = field(default_factory=dict)
    history: list[Operation] = field(default_factory=list)

    @property
    def due(self) -> date | None:
        """The due date as it stands now."""
        due = self.values.get("duedate", self.values.get("due"))
        return due if isinstance(due, date) else None

    @property
    def assignee(self) -> str | None:
        """The account that owns it now."""
        owner = self.values.get("assignee")
        return owner if isinstance(owner, str) else None

    @property
    def is_on_boards(self) -> bool:
        """True for a work item of Azure DevOps, whose key is a number."""
        return self.key.isdigit()

    @property
    def is_open(self) -> bool:
        """True until it is done."""
        return self.status not in {DONE, CLOSED}

    def begin(self, values: Mapping[str, object]) -> Issue:
        """Record the creation with these field values."""
        self.values.update(values)
        given = {"summary": self.title, **values}
        self.history.append(Operation(self.created, self.reporter, "create", self, given, other=self.parent))
        return self

    def edit(self, at: datetime, by: str, **values: object) -> Operation:
        """Change fields."""
        self.values.update(values)
        return self._add(Operation(at, by, "edit", self, values))

    def move(self, at: datetime, by: str, status: str) -> Operation:
        """Change the status."""
        self.status = status
        return self._add(Operation(at, by, "move", self, text=status))

    def comment(self, at: datetime, by: str, text: str) -> Operation:
        """Say something."""
        return self._add(Operation(at, by, "comment", self, text=text))

    def block(self, at: datetime, by: str, other: Issue) -> Operation:
        """Link: this one blocks the other."""
        return self._add(Operation(at, by, "link", self, other=other))

    def refer(self, at: datetime, by: str, text: str, other: Issue) -> Operation:
        """Point to an item of another tracker, and say what it is to this one."""
        return self._add(Operation(at, by, "refer", self, text=text, other=other))

    def reparent(self, at: datetime, by: str, parent: Issue) -> Operation:
        """Move it below another item; nothing else of it changes."""
        self.parent = parent
        return self._add(Operation(at, by, "reparent", self, other=parent))

    def _add(self, operation: Operation) -> Operation:
        self.history.append(operation)
        return operation


@dataclass(frozen=True, slots=True)
class Sprint:
    """Two weeks of a team."""

    project: str
    name: str
    state: Literal["closed", "active", "future"]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A release of a project."""

    project: str
    name: str
    start: date
    release: date
    released: bool


@dataclass(frozen=True, slots=True)
class JiraProject:
    """A Jira project and who leads it."""

    key: str
    name: str
    program: str
    lead: str


@dataclass(frozen=True, slots=True)
class Iteration:
    """An iteration of a project in Azure DevOps; without dates it is a place to put things off."""

    project: str
    path: str
    start: date | None = None
    finish: date | None = None


@dataclass(frozen=True, slots=True)
class BoardProject:
    """A project in Azure DevOps: its process, its areas, who leads it."""

    name: str
    process: str
    program: str
    lead: str
    areas: Sequence[str]


@dataclass(slots=True)
class Boards:
    """The Azure DevOps part of the portfolio."""

    people: Sequence[Person]
    projects: Sequence[BoardProject]
    iterations: Sequence[Iteration]
    items: list[Issue]

    def operations(self) -> Iterator[Operation]:
        """What everybody did, in the order of time."""
        yield from in_order_of_time(self.items)


@dataclass(slots=True)
class DemoPortfolio:
    """Everything, as it stands on `today`; `plans` by file name.

    `people`, `projects`, `sprints`, `versions` and `issues` are Jira's.
    """

    today: date
    seed: int
    people: Sequence[Person]
    projects: Sequence[JiraProject]
    sprints: Sequence[Sprint]
    versions: Sequence[Version]
    issues: list[Issue]
    plans: dict[str, ProjectFile]
    boards: Boards
    featured: dict[str, Issue]  # issues that the demo talks about, by the part they play

    def operations(self) -> Iterator[Operation]:
        """What everybody did in Jira, in the order of time."""
        yield from in_order_of_time(self.issues)

    def issue(self, key: str) -> Issue:
        """The issue with this key, or the work item with this number."""
        return next(one for one in (*self.issues, *self.boards.items) if one.key == key)


def in_order_of_time(issues: Sequence[Issue]) -> list[Operation]:
    """Every step of all of them, the earliest first."""
    return sorted((step for issue in issues for step in issue.history), key=lambda step: step.at)


@dataclass(frozen=True, slots=True)
class Week:
    """What happens in one simulated week: said in words, done to issues and work items, saved in plans."""

    starts: datetime
    ends: datetime
    operations: Sequence[Operation]
    board_operations: Sequence[Operation]
    plans: Mapping[str, ProjectFile]
    told: Sequence[str]
