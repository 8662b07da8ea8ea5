"""What goes wrong in the demo portfolio, put in on purpose and counted.

The rates are those of a portfolio in fair shape: most work is on time, roughly one open dated item in ten is
overdue, a handful of dates were pushed until the promise was lost, a few people left without handing over.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import DOING, DONE, Issue
from simulators.portfolio.themes import HOSTILE_TITLES
from simulators.portfolio.work import ProjectYear, later

# How many working days overdue: first those nobody has begun, then those at work and moving, then those at
# work and silent. Up to 5 is worth a mention, more is serious, above 20 is critical.
_OVERDUE: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {
    "CHK": ((1, 3, 8), (2, 4, 12), (9,)),
    "PAY": ((2, 5), (3, 7), (16, 25)),
    "APP": ((1, 4), (2, 5, 10), (8,)),
    "LOY": ((3, 11), (1, 4), ()),
    "WMS": ((2,), (3, 5, 9), (14,)),
    "RPL": ((4, 31), (1, 2), (7,)),
}
# Promises moved so often that they are lost: working days of each move.
_PUSHES: dict[str, tuple[tuple[int, ...], ...]] = {
    "CHK": ((7, 8), (10, 9, 8)),
    "PAY": ((12,), (15, 10)),
    "APP": ((14,),),
    "LOY": ((6, 7), (11, 13)),
    "WMS": ((13,),),
    "RPL": ((8, 8, 8),),
}
# Open work of people who have left: (how many, by name). The last one's is in a plan; Jira knows the account.
LEAVERS: dict[str, tuple[tuple[int, str], ...]] = {
    "CHK": ((3, "Dorian Kessel"), (0, "Ferdinand Ossola")),
    "APP": ((2, "Shirin Halvorsen"),),
    "WMS": ((3, "Silvan Threlfall"),),
}
_IMPOSSIBLE = ("APP", "RPL")  # one item each whose target start lies after its due date


class Troubles:
    """Puts the troubles of one project into its year."""

    def __init__(self, year: ProjectYear, accounts: Mapping[str, str]) -> None:
        """Prepare.

        Args:
            year: the project's issues, all in order so far.
            accounts: the account of each person, by name.
        """
        self.year = year
        self.days: WorkDays = year.days
        self.random: Random = year.random
        self.accounts = accounts
        self.featured: dict[str, Issue] = {}
        leaves = [one for one in year.issues if one.type in {"Story", "Task", "Bug"} and one.is_open]
        self._waiting = [one for one in leaves if one.status != DOING and "Sprint" not in one.values]
        self._begun = [one for one in leaves if one.status == DOING]
        self.random.shuffle(self._waiting)
        self.random.shuffle(self._begun)

    def happen(self) -> dict[str, Issue]:
        """Everything that goes wrong here; the issues the demo talks about, by their part."""
        key = self.year.theme.key
        waiting, moving, silent = _OVERDUE[key]
        overdue = [self._overdue(self._take_waiting(-by - 10), by) for by in waiting]
        overdue += [self._overdue(self._take_begun(), by, touched=2) for by in moving]
        overdue += [self._overdue(self._take_begun(), by, touched=by) for by in silent]
        for moves in _PUSHES[key]:
            self._pushed(moves)
        for count, name in LEAVERS.get(key, ()):
            self._left_behind(count, name)
        if key in _IMPOSSIBLE:
            self._impossible()
        if key in HOSTILE_TITLES:
            self._retitle(max(overdue, key=self._lateness), HOSTILE_TITLES[key])
        for number, issue in enumerate(overdue):
            self.featured[f"{key} overdue {number}"] = issue
        return self.featured

    def _lateness(self, issue: Issue) -> int:
        return -self.days.number(issue.due) if issue.due else 0

    def _take_waiting(self, created: int = 0) -> Issue:
        """Work nobody has begun, of an epic that is older than the working day `created`."""
        for issue in reversed(self._waiting):
            if issue.parent is None or self.days.number(issue.parent.created.date()) < created - 1:
                self._waiting.remove(issue)
                return issue
        raise LookupError(f"{self.year.theme.key} has no waiting work that old")

    def _take_begun(self) -> Issue:
        """Work in progress; where too little is, waiting work is begun."""
        if self._begun:
            return self._begun.pop()
        issue = self._take_waiting(-30)
        owner = self.random.choice(self.year.team.members)
        issue.edit(later(issue, -9, self.days, self.random), owner, assignee=owner)
        issue.move(later(issue, -9, self.days, self.random), owner, DOING)
        return issue

    def _overdue(self, issue: Issue, by: int, touched: int | None = None) -> Issue:
        """Give it a due date in the past, set in good time, and rebuild what happened around it."""
        owner = issue.assignee or self.random.choice(self.year.team.members)
        created = -by - self.random.randrange(8, 20)
        values = {name: value for name, value in issue.values.items() if name not in {"Sprint", "assignee"}}
        values["duedate"] = self.days.day(-by)
        self._rewrite(issue, created, values)
        if touched is None:
            return issue
        begun = min(-by - self.random.randrange(2, 6), -touched - 2)
        issue.edit(later(issue, begun, self.days, self.random), owner, assignee=owner)
        issue.move(later(issue, begun, self.days, self.random), owner, DOING)
        if touched <= 3:
            words = "Nearly there, one review is missing."
            issue.comment(later(issue, -touched, self.days, self.random), owner, words)
            issue.edit(later(issue, -touched, self.days, self.random), owner, priority="High")
        return issue

    def _pushed(self, moves: tuple[int, ...]) -> None:
        """A date promised when work began, and moved on each time it came near."""
        begun = -7 * len(moves) - 4  # a week between two moves: sooner would count as a correction
        issue = self._take_waiting(begun - 3)
        lead = self.year.team.lead
        promised = self.random.randrange(8, 17) - sum(moves)
        values = {name: value for name, value in issue.values.items() if name != "Sprint"}
        values["duedate"] = self.days.day(promised)
        values.setdefault("assignee", self.random.choice(self.year.team.members))
        self._rewrite(issue, begun - 3, values)
        issue.move(later(issue, begun, self.days, self.random), str(values["assignee"]), DOING)
        due = promised
        for number, step in enumerate(moves):
            due += step
            at = later(issue, begun + 7 * (number + 1), self.days, self.random)
            issue.edit(at, lead, duedate=self.days.day(due))
        issue.comment(
            later(issue, -2, self.days, self.random), lead, "Moved again, see the minutes of Tuesday."
        )
        self.featured[f"{self.year.theme.key} pushed"] = issue

    def _left_behind(self, count: int, name: str) -> None:
        """Open work of somebody whose account was deactivated; what they finished stays theirs too."""
        gone = self.accounts[name]
        lead = self.year.team.lead
        for number in range(count):
            issue = self._take_begun() if number == 0 else self._take_waiting()
            issue.edit(later(issue, -8, self.days, self.random), lead, assignee=gone)
        finished = [one for one in self.year.issues if one.status == DONE and one.type == "Story"]
        for issue in self.random.sample(finished, 12):
            for number, step in enumerate(issue.history):
                if step.action == "edit" and "assignee" in step.values:
                    swapped = {**step.values, "assignee": gone}
                    issue.history[number] = type(step)(step.at, gone, "edit", issue, swapped)
                    issue.values["assignee"] = gone

    def _impossible(self) -> None:
        """Somebody typed the wrong month: the work starts after it is due."""
        issue = self._take_waiting()
        self._rewrite(issue, -20, {"priority": "Medium", "duedate": self.days.day(12)})
        at = later(issue, -15, self.days, self.random)
        issue.edit(at, issue.reporter, **{"Target start": self.days.day(32)})

    def _retitle(self, issue: Issue, title: str) -> None:
        issue.title = title
        first = issue.history[0]
        issue.history[0] = type(first)(
            first.at, first.by, "create", issue, {**first.values, "summary": title}
        )

    def _rewrite(self, issue: Issue, created: int, values: dict[str, object]) -> None:
        """Start the issue's history anew, on another day but never before its epic."""
        parent = issue.parent
        if parent is not None:
            created = max(created, self.days.number(parent.created.date()) + 1)
        issue.created = self.days.moment(created, self.random)
        issue.status = "To Do"
        issue.values.clear()
        issue.history.clear()
        issue.begin(values)
