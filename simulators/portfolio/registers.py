"""Risk registers, milestones, and the work that stands in Jira and in a plan at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import DOING, DONE, IN_PLAN, Issue
from simulators.portfolio.network import Row
from simulators.portfolio.work import ProjectYear, later
from simulators.project_plan import Task

_MILESTONES = (-118, -34, 26, 84)

# Probability and impact of each risk of a project in turn; 0 means closed long ago.
_SCORES = ((3, 4), (2, 3), (4, 4), (0, 0), (2, 5), (3, 2))
# Who does not own a risk any more, or never did: risk number → name, or "" for nobody.
_UNOWNED: dict[str, Mapping[int, str]] = {
    "CHK": {0: "", 4: "Dorian Kessel"},
    "PAY": {1: ""},
    "LOY": {2: ""},
    "WMS": {5: "Silvan Threlfall"},
    "RPL": {0: ""},
}


class Registers:
    """Adds risks, milestones and twins to one project's year."""

    def __init__(self, year: ProjectYear, accounts: Mapping[str, str]) -> None:
        """Prepare.

        Args:
            year: the project's issues so far; new ones are added to it.
            accounts: the account of each person, by name.
        """
        self.year = year
        self.days: WorkDays = year.days
        self.random: Random = year.random
        self.accounts = accounts

    def risks(self) -> list[Issue]:
        """One issue for each risk: scored, reviewed now and then, most of them owned."""
        found = []
        lead, members = self.year.team.lead, self.year.team.members
        unowned = _UNOWNED.get(self.year.theme.key, {})
        for number, title in enumerate(self.year.theme.risks):
            probability, impact = _SCORES[number]
            owner = self.accounts.get(unowned.get(number, "")) or self.random.choice(members)
            issue = self._issue("Risk", title, self.random.randrange(-170, -60))
            values: dict[str, object] = {
                "priority": "High" if probability * impact >= 12 else "Medium",
                "Probability": probability or 2,
                "Impact": impact or 3,
                "Review date": self.days.day(self.random.randrange(4, 22)),
                "duedate": self.days.day(self.random.randrange(20, 80)),
            }
            if number not in unowned:
                values["assignee"] = owner
            issue.begin(values)
            issue.move(later(issue, -50, self.days, self.random), lead, DOING)
            if unowned.get(number):
                issue.edit(later(issue, -45, self.days, self.random), lead, assignee=owner)
            if probability == 0:
                issue.move(later(issue, -25, self.days, self.random), lead, DONE)
            else:
                words = "Reviewed in the monthly round, unchanged."
                issue.comment(
                    later(issue, -self.random.randrange(5, 19), self.days, self.random), lead, words
                )
            found.append(issue)
        return found

    def milestones(self, planned: Mapping[str, Task], rows: Mapping[str, Row]) -> list[Issue]:
        """The project's milestones; where a plan has the same one, with the plan's date."""
        lead = self.year.team.lead
        found = []
        for number, title in enumerate(self.year.theme.milestones):
            due = _MILESTONES[number] + self.random.randrange(-4, 5)
            if title in planned:
                due = self._jira_due(planned[title], rows[title])
            issue = self._issue("Milestone", title, self.random.randrange(-200, -180))
            promised = due - self.random.choice((0, 0, 4, 6)) if title not in planned else due
            issue.begin({"assignee": lead, "duedate": self.days.day(promised), "priority": "High"})
            issue.move(later(issue, min(promised - 20, -30), self.days, self.random), lead, DOING)
            if promised != due:
                at = later(issue, min(promised - 6, -15), self.days, self.random)
                issue.edit(at, lead, duedate=self.days.day(due))
            if due < 0 and (title not in planned or planned[title].percent == 100):
                issue.move(later(issue, due, self.days, self.random), lead, DONE)
            found.append(issue)
        return found

    def twins(self, planned: Mapping[str, Task], rows: Mapping[str, Row]) -> list[Issue]:
        """A task in Jira for each row of the plan that is also kept there."""
        found = []
        for title, row in rows.items():
            if row.twin is None or title in self.year.theme.milestones:
                continue
            task = planned[title]
            begun, due = self.days.number(task.start_at.date()), self._jira_due(task, row)
            created = min(begun, -1) - self.random.randrange(12, 20)
            issue = self._issue("Task", title, created)
            values: dict[str, object] = {
                "duedate": self.days.day(due),
                "priority": "High",
                "labels": [IN_PLAN],
            }
            owner = self._owner_of(row)
            if task.percent or due < 10:
                values["assignee"] = owner
            issue.begin(values)
            if task.percent:
                issue.move(later(issue, min(begun, -2), self.days, self.random), owner, DOING)
            if task.percent == 100:
                issue.move(later(issue, due, self.days, self.random), owner, DONE)
            found.append(issue)
        return found

    def _owner_of(self, row: Row) -> str:
        """Whoever has it in the plan; a colleague where that is a role or somebody who has left."""
        members, account = self.year.team.members, self.accounts.get(row.who or "")
        return account if account is not None and account in members else self.random.choice(members)

    def _jira_due(self, task: Task, row: Row) -> int:
        return self.days.number(task.finish_at.date()) - (row.twin or 0)

    def _issue(self, kind: str, title: str, created: int) -> Issue:
        issue = Issue(
            self.year.theme.key, kind, title, self.days.moment(created, self.random), self.year.team.lead
        )
        self.year.issues.append(issue)
        return issue
