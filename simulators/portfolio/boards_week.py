"""What the week after the demo's first day brings in Azure DevOps. Use `week.next_week`.

Two steps change nothing but a link: one requirement moves below another feature, one waits for another from
now on. No revision is made by either, so a tool that reads only what has a new revision never sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from simulators.portfolio.boards_themes import BOARD_THEMES
from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import BLOCKED_BY, Boards, DemoPortfolio, Issue, Operation
from simulators.portfolio.plans import STORE_ROLLOUT
from simulators.project_plan import ProjectFile

_EPIC_MOVES = 6  # working days by which the shared epic's date moves, on the one side only
_FURTHER_PUSH = 7


class BoardWeek:
    """Decides one week of the Azure DevOps part."""

    def __init__(self, portfolio: DemoPortfolio, last: int, plans: Mapping[str, ProjectFile]) -> None:
        """Prepare.

        Args:
            portfolio: as it was built.
            last: the number of the week's last working day.
            plans: as they are saved in this week.
        """
        self.boards: Boards = portfolio.boards
        self.featured = portfolio.featured
        self.days = WorkDays(portfolio.today)
        self.last = last
        self.plans = plans
        self.random = Random(f"{portfolio.seed} next week on boards")
        self.flows = {theme.name: theme.flow for theme in BOARD_THEMES}
        self.leads = {project.name: project.lead for project in self.boards.projects}
        self.operations: list[Operation] = []
        self.told: list[str] = []
        self._alone: list[Issue] = []  # items that nobody edits in this week

    def decide(self) -> tuple[list[Operation], list[str]]:
        """What people do, and how it is told."""
        self._only_links()
        self._finish_what_was_late()
        self._move_dates()
        self._own_the_risk()
        self._follow_the_plan()
        self._go_on()
        self.operations.sort(key=lambda step: step.at)
        return self.operations, self.told

    def _only_links(self) -> None:
        old_home, new_home = self.featured["DEV pushed"], self.featured["DEV next"]
        stories = [
            one
            for one in self.boards.items
            if one.project == new_home.project and one.type == "User Story" and one.is_open
        ]
        elsewhere = [
            one for one in stories if one.parent is not new_home and one not in self.featured.values()
        ]
        moving = min(elsewhere, key=lambda one: (one.parent is not old_home, not self._is_new(one)))
        waiting = next(one for one in stories if one.parent is new_home)
        self._alone += [
            moving,
            waiting,
            *(one for one in self.boards.items if one.parent in {moving, waiting}),
        ]
        lead = self.leads[moving.project]
        self.operations.append(moving.reparent(self._at(), lead, new_home))
        self.operations.append(moving.block(self._at(), lead, waiting))
        self.told.append(
            f"#{moving.key} “{moving.title}” moves below #{new_home.key}, and "
            f"#{waiting.key} waits for it from now on; neither is edited"
        )

    def _finish_what_was_late(self) -> None:
        late = [self.featured[part] for part in ("DEV left behind", "DEV overdue", "ERP left behind")]
        for item in late:
            below = [one for one in self.boards.items if one.parent is item and one.is_open]
            for one in (*below, item):
                if one not in self._alone:
                    self._close(one)
        keys = ", ".join(f"#{item.key}" for item in late)
        self.told.append(f"late until now and closed in Azure DevOps: {keys}")

    def _move_dates(self) -> None:
        epic = self.featured["shared epic on boards"]
        self._push(epic, _EPIC_MOVES)
        self.told.append(f"the epic #{epic.key} “{epic.title}” is moved to {epic.due}; Jira keeps its date")
        pushed = self.featured["ERP pushed"]
        self._push(pushed, _FURTHER_PUSH)
        self.told.append(f"#{pushed.key} “{pushed.title}” is moved once more, to {pushed.due}")

    def _push(self, item: Issue, by: int) -> None:
        if item.due is None:
            raise LookupError("a date that moves is there")
        due = self.days.day(self.days.number(item.due) + by)
        self.operations.append(item.edit(self._at(), self.leads[item.project], due=due))

    def _own_the_risk(self) -> None:
        risk = self.featured["ERP risk"]
        owner = self.leads[risk.project]
        self.operations.append(risk.edit(self._at(), owner, assignee=owner))
        self.told.append(f"#{risk.key}, a risk nobody owned, gets an owner")

    def _follow_the_plan(self) -> None:
        """Features that the rollout plan has too get its dates and its progress."""
        plan = self.plans[STORE_ROLLOUT.file]
        names = {row.name for row in STORE_ROLLOUT.rows if row.twin is not None}
        for item in self.boards.items:
            if item.type != "Feature" or item.title not in names or not item.is_open:
                continue
            task = plan.task(item.title)
            if task.percent == 100:
                for one in [*(below for below in self.boards.items if below.parent is item), item]:
                    self._close(one)
            elif item.due != task.finish_at.date():
                self.operations.append(
                    item.edit(self._at(), self.leads[item.project], due=task.finish_at.date())
                )

    def _go_on(self) -> None:
        """The ordinary work of a week: what was begun is finished, what is next is begun."""
        kinds = {"User Story", "Requirement", "Bug"}
        waits = {step.issue for one in self.boards.items for step in one.history if step.text == BLOCKED_BY}
        closed = 0
        for item in self.boards.items:
            if item.type not in kinds or not item.is_open or item in self._alone or item in waits:
                continue
            flow = self.flows[item.project]
            if item.status == flow.active and self.random.random() < 0.5:
                for below in self.boards.items:
                    if below.parent is item and below.is_open:
                        self._close(below)
                self._close(item)
                closed += 1
            elif item.status == flow.new and item.assignee is not None and self.random.random() < 0.15:
                self.operations.append(item.move(self._at(), item.assignee, flow.active))
        self.told.append(f"{closed} more requirements and bugs are closed in Azure DevOps")

    def _is_new(self, item: Issue) -> bool:
        return item.status == self.flows[item.project].new

    def _close(self, item: Issue) -> None:
        if not item.is_open:
            return
        flow = self.flows[item.project]
        owner = item.assignee or self.leads[item.project]
        if owner not in {one.email for one in self.boards.people if not one.left and one.kind == "aad"}:
            owner = self.leads[item.project]
        at = self._at()
        if item.status == flow.new:
            self.operations.append(item.edit(at, owner, assignee=owner))
            self.operations.append(item.move(at + timedelta(minutes=1), owner, flow.active))
        if item.type == "Task" and "remaining" in item.values:
            hours = item.values["estimate"]
            self.operations.append(item.edit(at + timedelta(minutes=2), owner, remaining=0, completed=hours))
        self.operations.append(item.move(at + timedelta(minutes=3), owner, flow.done))

    def _at(self) -> datetime:
        """Some instant of the week's working days."""
        return self.days.moment(self.random.randrange(1, max(self.last, 1) + 1), self.random)
