"""What a Microsoft Project plan says, before it is written: rows, links, people, dates as wall times.

Dates are working days from 08:00 to 17:00, durations and lags whole working days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A predecessor of a task; the lag is working days."""

    predecessor: int
    type: str = "FS"
    lag_days: int = 0


@dataclass(frozen=True, slots=True)
class Resource:
    """Somebody who works on the plan."""

    uid: int
    name: str
    email: str = ""
    is_generic: bool = False


@dataclass(slots=True)
class Task:
    """A row of the plan. A milestone has no days, a summary the span of its children.

    `start_at` and `finish_at` are wall times; of the rest, None is "not there".
    """

    uid: int
    name: str
    level: int
    days: int
    start_at: datetime
    finish_at: datetime
    is_summary: bool = False
    percent: int = 0
    actual_start: datetime | None = None
    actual_finish: datetime | None = None
    late_start: datetime | None = None
    late_finish: datetime | None = None
    slack_days: int = 0
    free_slack_days: int = 0
    baseline: tuple[datetime, datetime, int] | None = None  # start, finish, days
    links: Sequence[Link] = ()
    constraint: tuple[str, datetime] | None = None
    deadline: datetime | None = None
    resource: int | None = None
    texts: dict[str, str] = field(default_factory=dict)  # custom field name → value
    notes: str = ""
    kept: list[str] = field(default_factory=list)  # custom field values that others wrote, as XML

    @property
    def is_milestone(self) -> bool:
        """A point in time."""
        return self.days == 0 and not self.is_summary


@dataclass(slots=True)
class ProjectFile:
    """A plan as Microsoft Project would save it."""

    name: str
    title: str
    manager: str
    saved_at: datetime
    status_date: datetime
    created_at: datetime
    tasks: list[Task]
    resources: Sequence[Resource]
    holidays: Mapping[date, str]
    aliases: Mapping[str, str] = field(default_factory=dict)  # custom field name → heading people gave it
    company: str = "Retail"
    kept: list[str] = field(default_factory=list)  # definitions of custom fields that others made, as XML

    def task(self, name: str) -> Task:
        """The first task of this name."""
        return next(task for task in self.tasks if task.name == name)
