"""The Azure DevOps part of the demo portfolio: three projects, about 1,000 work items."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from simulators.portfolio.boards_themes import BOARD_THEMES, DEVICES
from simulators.portfolio.boards_troubles import BoardTroubles
from simulators.portfolio.boards_year import BoardYear
from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import BoardProject, Boards, Issue, Iteration
from simulators.portfolio.network import PlanSpec
from simulators.portfolio.people import Person, on_boards
from simulators.portfolio.plans_store import SHARED_EPIC
from simulators.portfolio.work import Team
from simulators.project_plan import ProjectFile

ROLLOUT_AREA = "Rollout"
_STEPS = ("Check the cabling in {shop}", "Mount the terminals in {shop}", "Install the tills in {shop}")


def build_boards(
    days: WorkDays, seed: int, spec: PlanSpec, plan: ProjectFile
) -> tuple[Boards, dict[str, Issue]]:
    """The projects with a year of history, and the items the demo talks about by their part.

    Args:
        days: the calendar.
        seed: another one gives another history.
        spec: the plan some of whose rows are features in Azure DevOps as well.
        plan: the same with its dates.
    """
    people = on_boards()
    projects: list[BoardProject] = []
    iterations: list[Iteration] = []
    items: list[Issue] = []
    featured: dict[str, Issue] = {}
    for theme in BOARD_THEMES:
        members = [one.email for one in people if _works_on(one, theme.key)]
        year = BoardYear(theme, Team(members[0], members), days, Random(f"{seed} boards {theme.key}"))
        year.live()
        featured |= BoardTroubles(year).happen()
        areas = [epic.area for epic in theme.epics]
        if theme is DEVICES:
            areas.append(ROLLOUT_AREA)
            _rollout(year, spec, plan, people)
        projects.append(
            BoardProject(theme.name, theme.process, theme.program, members[0], list(dict.fromkeys(areas)))
        )
        iterations += year.iterations
        items += year.items
    return Boards(people, projects, iterations, items), featured


def number_items(items: list[Issue]) -> None:
    """An organisation numbers its work items in the order of creation, over all its projects."""
    items.sort(key=lambda one: one.created)
    for number, item in enumerate(items, start=1):
        item.key = str(number)


def _works_on(person: Person, team: str) -> bool:
    return person.team == team and not person.left and person.kind == "aad"


def _rollout(year: BoardYear, spec: PlanSpec, plan: ProjectFile, people: Sequence[Person]) -> None:
    """One feature for each shop of the rollout plan, with the plan's dates, and the steps done there."""
    lead = year.team.lead
    address = {one.name: one.email for one in people}
    area = rf"{year.theme.name}\{ROLLOUT_AREA}"
    epic = year.add("Epic", "Devices in the shops", spec.first + 10, None, lead)
    epic.begin({"assignee": lead, "area": area, "priority": 1, "start": plan.tasks[0].start_at.date()})
    epic.move(year.later(epic, spec.first + 12), lead, year.flow.active)
    for row in spec.rows:
        if row.twin is None or row.name == SHARED_EPIC:
            continue
        task = plan.task(row.name)
        start, finish = year.days.number(task.start_at.date()), year.days.number(task.finish_at.date())
        owner = address[row.who or ""]
        feature = year.add("Feature", row.name, min(start, -1) - 40, epic, lead)
        first, due = year.days.day(start - row.twin), year.days.day(finish - row.twin)
        feature.begin({"assignee": owner, "area": area, "priority": 1, "start": first, "due": due})
        shop = row.name.partition(":")[0]
        _steps(year, feature, shop, (start, finish), task.percent)
        if task.percent:
            feature.move(year.later(feature, start), owner, year.flow.active)
        if task.percent == 100:
            feature.move(year.later(feature, finish), owner, year.flow.done)


def _steps(year: BoardYear, feature: Issue, shop: str, span: tuple[int, int], percent: int) -> None:
    area, owner = feature.values["area"], str(feature.values["assignee"])
    start, finish = span
    done = len(_STEPS) * percent // 100
    for number, text in enumerate(_STEPS):
        created = min(start, -1) - 12
        task = year.add("Task", text.format(shop=shop), created, feature, owner)
        iteration = year.iteration_at(finish)
        values = {"assignee": owner, "area": area, "iteration": iteration, "priority": 1}
        task.begin({**values, "estimate": 8, "remaining": 8})
        if number < done:
            day = min(start + number, finish)
            task.move(year.later(task, day), owner, year.flow.active)
            task.edit(year.later(task, day), owner, remaining=0, completed=8)
            task.move(year.later(task, day), owner, year.flow.done)
