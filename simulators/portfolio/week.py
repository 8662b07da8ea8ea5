"""What the week after the demo's first day brings: most troubles are cured, one grows, a few are new.

A week is decided once and then played: to the site by its builder, to the plans by saving their files again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from simulators.portfolio.boards_week import BoardWeek
from simulators.portfolio.build import plan_file, write_keys
from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import DOING, DONE, IN_PLAN, TODO, DemoPortfolio, Issue, Operation, Week
from simulators.portfolio.network import PlanSpec
from simulators.portfolio.people import Person
from simulators.portfolio.plans_store import CHECKOUT, STORE_ROLLOUT
from simulators.portfolio.plans_supply import DC_MOVE, WAREHOUSE
from simulators.portfolio.troubles import LEAVERS
from simulators.project_plan import ProjectFile

_FURTHER_PUSH = 8  # working days by which a lost promise moves once more
_MORE_DELAY = 4  # working days that one shop's power and network takes longer
_LEFT_ALONE = 3  # items a few days late that nobody touches: they turn serious in this week
_REHEARSAL = "Cut-over rehearsal"
_SLOW_SHOP = "Rosengasse: power and network"


class NextWeek:
    """Decides one week of a portfolio. Use `next_week`."""

    def __init__(self, portfolio: DemoPortfolio, now: datetime) -> None:
        self.portfolio = portfolio
        self.now = now
        self.ends = now + timedelta(days=7)
        self.days = WorkDays(portfolio.today)
        self.last = self.days.number(portfolio.today + timedelta(days=7)) - 1
        self.random = Random(f"{portfolio.seed} next week")
        self.by_name: dict[str, Person] = {person.name: person for person in portfolio.people}
        self.leads = {project.key: project.lead for project in portfolio.projects}
        self.operations: list[Operation] = []
        self.told: list[str] = []
        self.plans: dict[str, ProjectFile] = {}

    def decide(self) -> Week:
        """The week."""
        self._save_plans()
        self._agree_on_the_rehearsal()
        self._push_once_more()
        self._own_the_risk()
        self._hand_over()
        self._finish()
        self._begin()
        self.operations.sort(key=lambda step: step.at)
        on_boards, told = BoardWeek(self.portfolio, self.last, self.plans).decide()
        return Week(self.now, self.ends, self.operations, on_boards, self.plans, [*self.told, *told])

    def _at(self) -> datetime:
        """Some instant of the week's working days, after now and before its end."""
        return self.days.moment(self.random.randrange(1, max(self.last, 1) + 1), self.random)

    def _save_plans(self) -> None:
        slower = tuple(
            replace(row, delay=row.delay + _MORE_DELAY)
            if row.name == _SLOW_SHOP
            else replace(row, percent=None)
            for row in STORE_ROLLOUT.rows
        )
        closed = tuple(replace(row, percent=None) for row in WAREHOUSE.rows)
        self._save(replace(STORE_ROLLOUT, rows=slower))
        self._save(replace(WAREHOUSE, rows=closed))
        self._save(CHECKOUT)
        self._save(replace(DC_MOVE, has_baseline=True))
        self.told.append(f"store-rollout.xml is saved again: {_SLOW_SHOP} takes {_MORE_DELAY} days more")
        self.told.append("dc-move.xml is saved with its first baseline")

    def _save(self, spec: PlanSpec) -> None:
        plan = plan_file(spec, self.days, self.by_name, self.last)
        write_keys(spec, plan, [*self.portfolio.issues, *self.portfolio.boards.items])
        self.plans[spec.file] = plan

    def _agree_on_the_rehearsal(self) -> None:
        issue = self._featured(f"WMS twin {_REHEARSAL}")
        finish = self.plans[WAREHOUSE.file].task(_REHEARSAL).finish_at.date()
        lead = self.leads["WMS"]
        self.operations.append(issue.edit(self._at(), lead, duedate=finish))
        self.told.append(f"{issue.key} “{issue.title}” gets the date that the plan has: {finish}")

    def _push_once_more(self) -> None:
        issue = self._featured("PAY pushed")
        if issue.due is None:
            raise LookupError("a pushed issue has a date")
        due = self.days.day(self.days.number(issue.due) + _FURTHER_PUSH)
        self.operations.append(issue.edit(self._at(), self.leads["PAY"], duedate=due))
        self.told.append(f"{issue.key} is moved once more, to {due}")

    def _own_the_risk(self) -> None:
        issue = self._featured("RPL risk")
        owner = self.leads["RPL"]
        self.operations.append(issue.edit(self._at(), owner, assignee=owner))
        self.told.append(f"{issue.key}, a risk nobody owned, gets an owner")

    def _hand_over(self) -> None:
        """What one of those who left still owned goes to a colleague."""
        name = LEAVERS["CHK"][0][1]
        gone = self.by_name[name].account_id
        heir = next(one for one in self.portfolio.people if one.team == "CHK" and one.name.startswith("Noor"))
        left = [one for one in self.portfolio.issues if one.is_open and one.assignee == gone]
        for issue in left:
            self.operations.append(issue.edit(self._at(), self.leads["CHK"], assignee=heir.account_id))
        self.told.append(f"{heir.name} takes over the {len(left)} open items that {name} left behind")

    def _finish(self) -> None:
        """Most of what is late or falls due is finished, and so is the ordinary work of a week."""
        untouched = self._featured(f"WMS twin {_REHEARSAL}")
        late, due, ordinary = [], [], []
        for issue in self.portfolio.issues:
            if not issue.is_open or issue.type not in {"Story", "Task", "Bug"} or issue is untouched:
                continue
            number = self.days.number(issue.due) if issue.due is not None else None
            if number is not None and number < 0:
                late.append(issue)
            elif number is not None and number <= self.last + 1:
                due.append(issue)
            elif issue.status == DOING and number is None:
                ordinary.append(issue)
        late.sort(key=lambda one: (self._lateness(one), one.key))
        slightly = [one for one in late if self._lateness(one) <= 5 and not self._in_plan(one)]
        slightly.reverse()
        alone = slightly[:_LEFT_ALONE]
        cured = [one for one in slightly if one not in alone]
        serious = [one for one in late if one not in slightly]
        cured += [one for one in serious if self._in_plan(one)] + serious[1::3]
        cured = list(dict.fromkeys(cured))
        done = cured + due + self.random.sample(ordinary, len(ordinary) // 2)
        for issue in done:
            self._complete(issue)
        self.told.append(f"{len(done)} pieces of work are finished; {len(cured)} of them were late")
        keys = ", ".join(one.key for one in alone)
        self.told.append(f"nobody touches {keys}: a few days late before, seriously late now")

    def _complete(self, issue: Issue) -> None:
        owner = issue.assignee or self.leads[issue.project]
        at = self._at()
        if issue.status == TODO:
            self.operations.append(issue.edit(at, owner, assignee=owner))
            self.operations.append(issue.move(at + timedelta(minutes=1), owner, DOING))
        self.operations.append(issue.move(at + timedelta(minutes=2), owner, DONE))

    def _begin(self) -> None:
        """Sprints go on: what is planned and owned is begun."""
        waiting = [
            one
            for one in self.portfolio.issues
            if one.status == TODO and "Sprint" in one.values and one.assignee is not None
        ]
        for issue in waiting[::2]:
            self.operations.append(issue.move(self._at(), issue.assignee or issue.reporter, DOING))

    def _featured(self, part: str) -> Issue:
        return self.portfolio.featured[part]

    def _lateness(self, issue: Issue) -> int:
        return -self.days.number(issue.due) if issue.due is not None else 0

    @staticmethod
    def _in_plan(issue: Issue) -> bool:
        labels = issue.values.get("labels")
        return isinstance(labels, list) and IN_PLAN in labels


def next_week(portfolio: DemoPortfolio, now: datetime) -> Week:
    """What happens in the seven days from an instant of the portfolio's day.

    The portfolio itself moves on with it: afterwards its issues and plans are those of the week's end.

    Args:
        portfolio: as it was built.
        now: an aware instant of its day; the week ends seven days later.
    """
    week = NextWeek(portfolio, now).decide()
    portfolio.plans.update(week.plans)
    return week
