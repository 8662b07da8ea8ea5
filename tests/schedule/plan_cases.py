"""Small plans as text: tasks by name, links in words, answers as wall times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schedule.critical_path import critical_path
from schedule.plan_network import Constraint, Driver, LinkType, PlanDates, plan_links, plan_tasks
from schedule.working_time import WorkingTime, WorkPattern, instants, walls

MONDAY = "2026-11-30T08:00"
DAY = 480
STANDARD = WorkingTime([WorkPattern()])


@dataclass(frozen=True)
class Task:
    """One task of a case; everything but its name has a default that says nothing."""

    name: str
    minutes: int = DAY
    below: str | None = None
    constraint: str = "ASAP"
    on: str | None = None
    deadline: str | None = None
    begun: str | None = None
    ended: str | None = None
    left: int | None = None
    manual: tuple[str | None, str | None] | None = None
    is_elapsed: bool = False
    is_milestone: bool = False
    is_active: bool = True
    calendar: int = 0


@dataclass(frozen=True)
class Answer:
    """The dates of a case, asked for by task."""

    names: Sequence[str]
    dates: PlanDates
    links: Sequence[str]

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        at = self.names.index(name)
        dates = self.dates
        columns = {
            "start": dates.start,
            "finish": dates.finish,
            "early_start": dates.early_start,
            "early_finish": dates.early_finish,
            "late_start": dates.late_start,
            "late_finish": dates.late_finish,
        }
        link = int(dates.driving_link[at])
        return {
            **{column: walls(values[at : at + 1])[0] for column, values in columns.items()},
            "total": int(dates.total_float[at]),
            "free": int(dates.free_float[at]),
            "critical": bool(dates.is_critical[at]),
            "known": bool(dates.is_known[at]),
            "driver": Driver(int(dates.driver[at])).name,
            "link": None if link < 0 else self.links[link],
        }

    def span(self, name: str) -> tuple[str | None, str | None]:
        """Start and finish."""
        found = self[name]
        return found["start"], found["finish"]

    def late(self, name: str) -> tuple[str | None, str | None]:
        """Late start and finish."""
        found = self[name]
        return found["late_start"], found["late_finish"]

    def floats(self, name: str) -> tuple[int, int]:
        """Total and free float, in minutes."""
        found = self[name]
        return found["total"], found["free"]


def scheduled(
    tasks: Sequence[Task],
    links: Sequence[str] = (),
    *,
    time: WorkingTime = STANDARD,
    start: str = MONDAY,
    status: str | None = None,
    **options: Any,
) -> Answer:
    """Schedule a case. A link is `A FS B`; with a lag `A FS+480 B`, `A SS+50% B`, `A FS+60e B` (elapsed)."""
    names = [task.name for task in tasks]
    rows, percents, elapsed = [], [], []
    for link in links:
        before, how, after = link.split()
        lag = how[2:]
        percents.append(float(lag[:-1]) if lag.endswith("%") else None)
        elapsed.append(lag.endswith("e"))
        minutes = 0 if not lag or lag.endswith("%") else int(lag.rstrip("e"))
        rows.append((names.index(before), names.index(after), LinkType[how[:2]], minutes))
    table = plan_tasks(
        [task.minutes for task in tasks],
        remaining=[
            task.left if task.left is not None else (0 if task.ended else task.minutes) for task in tasks
        ],
        parent=[-1 if task.below is None else names.index(task.below) for task in tasks],
        calendar=[task.calendar for task in tasks],
        constraint=[Constraint[task.constraint] for task in tasks],
        constraint_at=instants([task.on for task in tasks]),
        deadline_at=instants([task.deadline for task in tasks]),
        actual_start=instants([task.begun for task in tasks]),
        actual_finish=instants([task.ended for task in tasks]),
        start=instants([task.manual and task.manual[0] for task in tasks]),
        finish=instants([task.manual and task.manual[1] for task in tasks]),
        is_manual=[task.manual is not None for task in tasks],
        is_elapsed=[task.is_elapsed for task in tasks],
        is_milestone=[task.is_milestone for task in tasks],
        is_active=[task.is_active for task in tasks],
    )
    if status is not None:
        options["status_at"] = int(instants([status])[0])
    network = plan_links(rows, percent=percents, is_elapsed=elapsed)
    dates = critical_path(table, network, time, project_start=int(instants([start])[0]), **options)
    return Answer(names, dates, links)
