"""The ordinary year of a Jira project: epics that begin and end, stories that move, dates that hold mostly.

Nothing here is in trouble: every open date lies ahead and everybody who owns something is still there. What
goes wrong is put in afterwards, on purpose and counted, by `troubles.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import DOING, DONE, REVIEW, Issue, Sprint, Version
from simulators.portfolio.themes import TASKS, Epic, Theme


@dataclass(frozen=True, slots=True)
class _Window:
    """When an epic is worked on, in working days from today; the share of its items that is done."""

    first: int
    last: int
    done: float
    items: int

    def shifted(self, by: int) -> _Window:
        """Projects do not march in step. What is still open keeps its end, which lies ahead."""
        first = self.first + by if self.first + by < -3 else self.first
        return replace(self, first=first, last=self.last + by if self.done == 1.0 else self.last)


_WINDOWS = (
    _Window(-240, -150, 1.0, 29),
    _Window(-190, -92, 1.0, 31),
    _Window(-135, -38, 1.0, 33),
    _Window(-80, 14, 0.72, 38),
    _Window(-42, 44, 0.30, 38),
    _Window(-8, 96, 0.03, 31),
)
_SPRINT_LENGTH = 10
_SPRINT_PROJECTS = ("CHK", "PAY", "APP", "LOY")
_RELEASES = (-148, -90, -36, 20, 50)


@dataclass(slots=True)
class Team:
    """Who works on a project: the lead first, nobody who has left."""

    lead: str
    members: Sequence[str]


def sprints_of(project: str, days: WorkDays) -> list[Sprint]:
    """A year of two-week sprints, oldest first; the active one began three working days ago."""
    if project not in _SPRINT_PROJECTS:
        return []
    found = []
    for number, back in enumerate(range(24, -3, -1), start=1):
        start = -3 - _SPRINT_LENGTH * back
        state = "closed" if back > 0 else "active" if back == 0 else "future"
        first, last = days.at(start, 8), days.at(start + _SPRINT_LENGTH - 1, 15)
        found.append(Sprint(project, f"{project} Sprint {number}", state, first, last))  # type: ignore[arg-type]
    return found


def versions_of(theme: Theme, days: WorkDays) -> list[Version]:
    """Five releases: three out, one soon, one later."""
    found = []
    for number, release in enumerate(_RELEASES):
        start = _RELEASES[number - 1] if number else -250
        name = f"{theme.name} 4.{number}"
        found.append(Version(theme.key, name, days.day(start), days.day(release), released=release < 0))
    return found


class ProjectYear:
    """Makes the issues of one project."""

    def __init__(self, theme: Theme, team: Team, days: WorkDays, random: Random) -> None:
        self.theme = theme
        self.team = team
        self.days = days
        self.random = random
        self.sprints = sprints_of(theme.key, days)
        self.versions = versions_of(theme, days)
        self.issues: list[Issue] = []
        self.epics: list[Issue] = []

    def live(self) -> list[Issue]:
        """The whole year, oldest first within each epic."""
        initiative = self._issue("Initiative", self.theme.initiative, -258, None, self.team.lead)
        initiative.begin(
            {"assignee": self.team.lead, "Target start": self.days.day(-250), "duedate": self.days.day(140)}
        )
        initiative.move(self._moment(-249), self.team.lead, DOING)
        shift = self.random.randrange(-6, 3)
        for epic, window in zip(self.theme.epics, _WINDOWS, strict=True):
            self._epic(epic, initiative, window.shifted(shift))
        return self.issues

    def _epic(self, epic: Epic, initiative: Issue, window: _Window) -> None:
        random, lead = self.random, self.team.lead
        first, last = window.first, window.last
        created = max(first - random.randrange(8, 14), -256)
        issue = self._issue("Epic", epic.title, created, initiative, lead)
        pushed = random.random() < 0.6 and first < -12
        promised = last - random.randrange(4, 9) if pushed else last
        issue.begin(
            {
                "assignee": random.choice(self.team.members[:3]),
                "Target start": self.days.day(first),
                "duedate": self.days.day(promised),
                "priority": random.choice(("High", "Medium", "Medium")),
            }
        )
        if first < -1:
            issue.move(self._moment(first), lead, DOING)
        if pushed:
            at = promised - 8 if window.done == 1.0 else -12
            issue.edit(self._moment(at), lead, duedate=self.days.day(last))
        number = len(self.epics)
        version = self.versions[number] if number < len(self.versions) else None
        self.epics.append(issue)
        self._items(epic, issue, window, version)
        if window.done == 1.0:
            issue.move(self._moment(min(last + random.randrange(0, 3), -2)), lead, DONE)

    def _items(self, epic: Epic, parent: Issue, window: _Window, version: Version | None) -> None:
        first, last, count = window.first, window.last, window.items
        titles = self._titles(epic, count)
        done = round(count * window.done)
        begun = done + (self.random.randrange(4, 6) if 0.1 < window.done < 1.0 else 0)
        for position, (kind, title) in enumerate(titles):
            # Work is refined in portions: what comes first is written down first.
            refined = first - 6 + (position * max(min(last, -1) - first - 12, 0)) // (2 * count)
            created = min(max(refined, self.days.number(parent.created.date()) + 1), -2)
            issue = self._issue(kind, title, created, parent, self.random.choice(self.team.members))
            if position < done:
                end = self._end_of(position, done, first, min(last, -2), created)
                self._done_item(issue, created, end, version)
            elif position < begun:
                self._begun_item(issue, created, last, version)
            else:
                self._waiting_item(issue, position - begun, last, version)

    def _end_of(self, position: int, done: int, first: int, last: int, created: int) -> int:
        even = first + 4 + (position * (last - first - 4)) // done
        return max(min(even + self.random.randrange(-2, 4), last), created + 2, first + 2)

    def _done_item(self, issue: Issue, created: int, end: int, version: Version | None) -> None:
        random = self.random
        begun = max(end - random.choice((1, 2, 2, 3, 4, 5, 7, 10)), created)
        owner = random.choice(self.team.members)
        values = self._first_values(issue, version)
        if random.random() < 0.25:
            values["duedate"] = self.days.day(end + random.randrange(-1, 6))
        issue.begin(values)
        self._enter_sprint(issue, end)
        issue.edit(self._later(issue, begun), owner, assignee=owner)
        issue.move(self._later(issue, begun), owner, DOING)
        if random.random() < 0.45:
            issue.move(self._later(issue, end), owner, REVIEW)
        if random.random() < 0.05:
            issue.comment(self._later(issue, end), owner, random.choice(_REMARKS))
        issue.move(self._later(issue, end), owner, DONE)

    def _begun_item(self, issue: Issue, created: int, last: int, version: Version | None) -> None:
        random = self.random
        owner = random.choice(self.team.members)
        values = self._first_values(issue, version)
        due = min(random.randrange(4, 13), last)
        pushed = random.random() < 0.25
        if random.random() < 0.7:
            values["duedate"] = self.days.day(due - random.randrange(3, 7) if pushed else due)
        issue.begin(values)
        begun = max(-random.choice((1, 2, 2, 3, 4, 5, 6, 8)), created)
        self._enter_sprint(issue, 0)
        issue.edit(self._later(issue, begun), owner, assignee=owner)
        issue.move(self._later(issue, begun), owner, DOING)
        if pushed and "duedate" in values:
            issue.edit(self._later(issue, -1), owner, duedate=self.days.day(due))

    def _waiting_item(self, issue: Issue, position: int, last: int, version: Version | None) -> None:
        random = self.random
        values = self._first_values(issue, version)
        if random.random() < 0.55:
            values["assignee"] = random.choice(self.team.members)
        if random.random() < 0.45:
            values["duedate"] = self.days.day(random.randrange(8, max(last, 9) + 1))
        issue.begin(values)
        if position < 3 and last < 60:
            self._enter_sprint(issue, 1 if position == 0 else 9)

    def _first_values(self, issue: Issue, version: Version | None) -> dict[str, object]:
        random = self.random
        values: dict[str, object] = {
            "priority": random.choice(("Highest", "High", "Medium", "Medium", "Medium", "Low")),
        }
        if issue.type == "Story":
            values["Story point estimate"] = random.choice((1, 2, 3, 3, 5, 5, 8))
        if version is not None and random.random() < 0.5:
            values["fixVersions"] = [version.name]
        if random.random() < 0.15:
            values["labels"] = [random.choice(("pilot", "legal", "peak-season", "tech-debt", "shops"))]
        return values

    def _enter_sprint(self, issue: Issue, day: int) -> None:
        """Plan the issue into the sprint of a day, on the morning it starts or when the issue appears."""
        if not self.sprints:
            return
        moment = self.days.at(day, 12)
        sprint = next(one for one in self.sprints if moment <= one.end)
        planned = self.days.number(sprint.start.date())
        at = self._later(issue, min(planned, -1))
        issue.edit(at, self.team.lead, Sprint=[sprint.name])

    def _titles(self, epic: Epic, count: int) -> list[tuple[str, str]]:
        """Types and titles: mostly stories, some tasks, bugs towards the end."""
        random = self.random
        pairs = {
            "Story": [(thing, pattern) for thing in epic.things for pattern in self.theme.stories],
            "Task": [(thing, pattern) for thing in epic.things for pattern in TASKS],
            "Bug": [(thing, pattern) for thing in epic.things for pattern in self.theme.bugs],
        }
        for options in pairs.values():
            random.shuffle(options)
        titles = []
        for position in range(count):
            bug = 0.04 if position < count // 2 else 0.3
            kind = random.choices(("Story", "Task", "Bug"), (0.64, 0.24, bug))[0]
            thing, pattern = pairs[kind].pop()
            titles.append((kind, pattern.format(x=thing, X=thing[0].upper() + thing[1:])))
        return titles

    def _issue(self, kind: str, title: str, created: int, parent: Issue | None, by: str) -> Issue:
        issue = Issue(self.theme.key, kind, title, self._moment(created), by, parent)
        self.issues.append(issue)
        return issue

    def _moment(self, number: int) -> datetime:
        return self.days.moment(number, self.random)

    def _later(self, issue: Issue, number: int) -> datetime:
        return later(issue, number, self.days, self.random)


def later(issue: Issue, number: int, days: WorkDays, random: Random) -> datetime:
    """Some instant of a working day, but after everything that has happened to the issue so far."""
    last = issue.history[-1].at
    wanted = days.moment(number, random)
    return wanted if wanted > last else last + timedelta(minutes=random.randrange(2, 9))


_REMARKS = (
    "Tried it with the shop team this morning, they are happy with it.",
    "Waiting for test data from the shops.",
    "Had to be split, the second half is a story of its own now.",
    "Reviewed together with operations.",
    "Takes longer than we thought: the old interface is not documented.",
)
