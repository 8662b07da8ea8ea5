"""The ordinary year of a project in Azure DevOps: epics, features, requirements, tasks, iterations.

As in `work.py` nothing here is in trouble: open features end ahead, open requirements stand in iterations
that have not ended. `boards_troubles.py` puts in what goes wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from simulators.portfolio.boards_themes import BoardEpic, BoardTheme
from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import Issue, Iteration
from simulators.portfolio.themes import Epic
from simulators.portfolio.work import Team, later

# First and last working day of each epic of a project.
_WINDOWS = ((-235, -130), (-150, -45), (-70, 30), (-20, 80))
_PER_FEATURE = 10
_CURRENT = -4  # the working day on which the current iteration began
_NEXT_YEAR = 75  # no iteration is planned that ends later than this working day
_LATER = "Later"


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int

    @property
    def done(self) -> float:
        """The share that is done by yesterday."""
        return min(max((-1 - self.first) / (self.last - self.first), 0.0), 1.0)


def iterations_of(theme: BoardTheme, days: WorkDays) -> list[Iteration]:
    """Iterations without a gap, oldest first, the current one a few days old; and one that has no dates."""
    back = 245 // theme.sprint_days + 1
    found = []
    start = _CURRENT - back * theme.sprint_days
    number = 1
    while start + theme.sprint_days - 1 <= _NEXT_YEAR:
        first, last = days.day(start), days.day(start + theme.sprint_days - 1)
        found.append(Iteration(theme.name, rf"{theme.name}\Sprint {number}", first, last))
        start += theme.sprint_days
        number += 1
    return [*found, Iteration(theme.name, rf"{theme.name}\{_LATER}")]


class BoardYear:
    """Makes the work items of one project. People are named by their addresses."""

    def __init__(self, theme: BoardTheme, team: Team, days: WorkDays, random: Random) -> None:
        self.theme = theme
        self.flow = theme.flow
        self.team = team
        self.days = days
        self.random = random
        self.iterations = iterations_of(theme, days)
        self.items: list[Issue] = []
        self.epics: list[Issue] = []
        self.features: list[Issue] = []

    def live(self) -> list[Issue]:
        """The whole year, oldest first within each epic."""
        for epic, (first, last) in zip(self.theme.epics, _WINDOWS, strict=True):
            self._epic(epic, _Span(first, last))
        return self.items

    def below(self, parent: Issue) -> list[Issue]:
        """The children of an item."""
        return [one for one in self.items if one.parent is parent]

    def iteration_at(self, day: int) -> str:
        """The path of the iteration that a working day falls into; far ahead it is the one without dates."""
        moment = self.days.day(day)
        for one in self.iterations:
            if one.start is not None and one.finish is not None and one.start <= moment <= one.finish:
                return one.path
        return self.iterations[-1].path

    def add(self, kind: str, title: str, created: int, parent: Issue | None, by: str) -> Issue:
        """A new item, created some time on a working day; `begin` has yet to be said."""
        at = self.moment(created)
        item = Issue(self.theme.name, kind, title, at, by, parent, status=self.flow.new)
        self.items.append(item)
        return item

    def moment(self, number: int) -> datetime:
        """Some instant of a working day."""
        return self.days.moment(number, self.random)

    def later(self, item: Issue, number: int) -> datetime:
        """Some instant of a working day, after everything that happened to the item so far."""
        return later(item, number, self.days, self.random)

    def _epic(self, epic: BoardEpic, span: _Span) -> None:
        lead = self.team.lead
        item = self.add("Epic", epic.title, span.first - 14, None, lead)
        area = rf"{self.theme.name}\{epic.area}"
        values = {"assignee": self.random.choice(self.team.members[:3]), "area": area, "priority": 2}
        item.begin({**values, "start": self.days.day(span.first), "due": self.days.day(span.last)})
        item.move(self.later(item, span.first), lead, self.flow.active)
        self.epics.append(item)
        # Features overlap: each takes two fifths of the epic and begins a fifth after the one before.
        step = (span.last - span.first) // 5
        for number, feature in enumerate(epic.features):
            first = span.first + number * step
            self._feature(feature, item, area, _Span(first, first + 2 * step))
        if span.done == 1.0:
            item.move(self.later(item, span.last), lead, self.flow.done)

    def _feature(self, feature: Epic, parent: Issue, area: str, span: _Span) -> None:
        random, lead = self.random, self.team.lead
        created = min(max(span.first - 10, self.days.number(parent.created.date()) + 1), -4)
        item = self.add("Feature", feature.title, created, parent, lead)
        pushed = span.first < -15 and random.random() < 0.5
        promised = span.last - random.randrange(3, 8) if pushed else span.last
        item.begin(
            {
                "assignee": random.choice(self.team.members),
                "area": area,
                "priority": random.choice((1, 2, 2, 3)),
                "start": self.days.day(span.first),
                "due": self.days.day(promised),
                **(
                    {"tags": [random.choice(("pilot", "peak-season", "audit"))]}
                    if random.random() < 0.2
                    else {}
                ),
            }
        )
        self.features.append(item)
        if span.first < -1:
            item.move(self.later(item, span.first), lead, self.flow.active)
        if pushed:
            item.edit(self.later(item, min(promised - 6, -8)), lead, due=self.days.day(span.last))
        self._requirements(feature, item, area, span)
        if span.done == 1.0:
            item.move(self.later(item, span.last), lead, self.flow.done)

    def _requirements(self, feature: Epic, parent: Issue, area: str, span: _Span) -> None:
        done = round(_PER_FEATURE * span.done)
        begun = done + 2 if 0.0 < span.done < 1.0 else done
        born = self.days.number(parent.created.date())
        for position, (kind, thing, title) in enumerate(self._titles(feature)):
            even = span.first + 3 + position * (span.last - span.first - 3) // _PER_FEATURE
            created = min(max(even - self.random.randrange(20, 34), born + 1), -3)
            item = self.add(kind, title, created, parent, self.random.choice(self.team.members))
            values: dict[str, object] = {"area": area, "priority": self.random.choice((1, 2, 2, 3))}
            if kind == "Bug":
                values["severity"] = self.random.choice(("2 - High", "3 - Medium", "3 - Medium", "4 - Low"))
            else:
                values["points"] = self.random.choice((1, 2, 3, 3, 5, 8))
            if position < done:
                end = max(min(even, -2), created + 2)
                self._done(item, values, end)
                self._tasks(item, thing, created, end)
            elif position < begun:
                self._begun(item, values, created)
                self._tasks(item, thing, created, None)
            else:
                self._waiting(item, values, max(even, 0))
                self._tasks(item, thing, created, None)

    def _done(self, item: Issue, values: dict[str, object], end: int) -> None:
        random, owner = self.random, self.random.choice(self.team.members)
        item.begin({**values, "iteration": self.iteration_at(end)})
        begun = max(end - random.choice((1, 2, 3, 4, 6)), self.days.number(item.created.date()))
        item.edit(self.later(item, begun), owner, assignee=owner)
        item.move(self.later(item, begun), owner, self.flow.active)
        if random.random() < 0.5:
            item.move(self.later(item, end), owner, self.flow.review)
        if random.random() < 0.05:
            item.comment(self.later(item, end), owner, random.choice(_REMARKS))
        item.move(self.later(item, end), owner, self.flow.done)

    def _begun(self, item: Issue, values: dict[str, object], created: int) -> None:
        random, owner = self.random, self.random.choice(self.team.members)
        item.begin({**values, "iteration": self.iteration_at(0)})
        begun = max(-random.choice((1, 2, 3, 4)), created)
        item.edit(self.later(item, begun), owner, assignee=owner)
        item.move(self.later(item, begun), owner, self.flow.active)

    def _waiting(self, item: Issue, values: dict[str, object], planned: int) -> None:
        if self.random.random() < 0.5:
            values["assignee"] = self.random.choice(self.team.members)
        item.begin({**values, "iteration": self.iteration_at(planned)})

    def _tasks(self, parent: Issue, thing: str, created: int, end: int | None) -> None:
        """The steps of a requirement, with their hours; done with it, or as far as it has come."""
        random = self.random
        patterns = random.sample(self.theme.tasks, random.choice((0, 1, 1, 1, 2)))
        for number, pattern in enumerate(patterns):
            owner = parent.assignee or random.choice(self.team.members)
            item = self.add("Task", pattern.format(x=thing), created, parent, owner)
            item.created = max(item.created, parent.created + timedelta(minutes=3 + number))
            hours = random.choice((2, 4, 6, 8, 12, 16))
            item.begin(
                {
                    "assignee": owner,
                    "area": parent.values["area"],
                    "iteration": parent.values["iteration"],
                    "priority": 2,
                    "estimate": hours,
                    "remaining": hours,
                }
            )
            if end is not None:
                item.move(self.later(item, end - 1), owner, self.flow.active)
                item.edit(
                    self.later(item, end), owner, remaining=0, completed=hours + random.randrange(-1, 3)
                )
                item.move(self.later(item, end), owner, self.flow.done)
            elif number == 0 and parent.status == self.flow.active:
                item.move(self.later(item, -2), owner, self.flow.active)
                item.edit(self.later(item, -1), owner, remaining=hours // 2, completed=hours - hours // 2)

    def _titles(self, feature: Epic) -> list[tuple[str, str, str]]:
        """Type, thing and title: mostly requirements, a bug or two at the end."""
        random = self.random
        stories = [(thing, pattern) for thing in feature.things for pattern in self.theme.stories]
        bugs = [(thing, pattern) for thing in feature.things for pattern in self.theme.bugs]
        random.shuffle(stories)
        random.shuffle(bugs)
        found = []
        for position in range(_PER_FEATURE):
            is_bug = position > _PER_FEATURE // 2 and random.random() < 0.35
            thing, pattern = (bugs if is_bug else stories).pop()
            title = pattern.format(x=thing, X=thing[0].upper() + thing[1:])
            found.append(("Bug" if is_bug else self.flow.requirement, thing, title))
        return found


_REMARKS = (
    "Tried on a device in the test shop, looks good.",
    "Waiting for a window with the shops.",
    "Split; the rest is an item of its own now.",
    "The supplier confirmed the fix for the next version.",
)
