"""The demo portfolio "Retail": two programmes, eleven projects, about 2,500 items and a year of history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from simulators.portfolio.across import join
from simulators.portfolio.boards import build_boards, number_items
from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import DemoPortfolio, Issue, JiraProject
from simulators.portfolio.network import PlanSpec, schedule
from simulators.portfolio.people import Person, everybody
from simulators.portfolio.plans import PLANS, STORE_ROLLOUT
from simulators.portfolio.registers import Registers
from simulators.portfolio.themes import Theme
from simulators.portfolio.themes_store import STORE
from simulators.portfolio.themes_supply import SUPPLY
from simulators.portfolio.troubles import Troubles
from simulators.portfolio.work import ProjectYear, Team
from simulators.project_plan import ProjectFile, Resource

DEFAULT_SEED = 7
KEY_FIELD = "Text30"  # the plan's custom field that holds the key of the same work in a tracker
_CROSS_LINKS = 14


def build(today: date, seed: int = DEFAULT_SEED) -> DemoPortfolio:
    """The portfolio as it stands on a day. The same day and seed give the same portfolio."""
    days = WorkDays(today)
    people = everybody()
    by_name = {person.name: person for person in people}
    accounts = {person.name: person.account_id for person in people}
    plans = {spec.file: plan_file(spec, days, by_name) for spec in PLANS}
    projects, sprints, versions = [], [], []
    issues: list[Issue] = []
    featured: dict[str, Issue] = {}

    for theme in (*STORE, *SUPPLY):
        members = [one for one in people if one.team == theme.key and not one.left]
        team = Team(members[0].account_id, [one.account_id for one in members])
        year = ProjectYear(theme, team, days, Random(f"{seed} {theme.key}"))
        year.live()
        featured.update(Troubles(year, accounts).happen())
        _add_registers(theme, year, plans, accounts=accounts, featured=featured)
        _link_within(year)
        projects.append(JiraProject(theme.key, theme.name, theme.program, team.lead))
        sprints += year.sprints
        versions += year.versions
        issues += year.issues
    _link_across(issues, days, Random(f"{seed} links"))
    boards, on_boards = build_boards(days, seed, STORE_ROLLOUT, plans[STORE_ROLLOUT.file])
    _give_keys(issues)
    number_items(boards.items)
    featured |= on_boards | join(issues, boards.items, Random(f"{seed} across"))
    for spec in PLANS:
        write_keys(spec, plans[spec.file], [*issues, *boards.items])
    return DemoPortfolio(today, seed, people, projects, sprints, versions, issues, plans, boards, featured)


def plan_file(spec: PlanSpec, days: WorkDays, by_name: Mapping[str, Person], status: int = -1) -> ProjectFile:
    """A plan as its manager saved it on the evening of a working day, by default yesterday's."""
    names = dict.fromkeys(row.who for row in spec.rows if row.who is not None)
    resources = []
    for uid, name in enumerate(names, start=1):
        person = by_name.get(name)
        email = person.email if person is not None else ""
        resources.append(Resource(uid, name, email, is_generic=person is None))
    uid_of = {one.name: one.uid for one in resources}
    tasks = schedule(spec.rows, days, spec.first, status, uid_of, baseline=spec.has_baseline)
    first = min(task.start_at for task in tasks).date() - timedelta(days=30)
    last = max(task.finish_at for task in tasks).date() + timedelta(days=90)
    return ProjectFile(
        name=spec.file,
        title=spec.title,
        manager=spec.manager,
        saved_at=datetime.combine(days.day(status), time(17, 20)),
        status_date=datetime.combine(days.day(status), time(17)),
        created_at=datetime.combine(days.day(spec.first - 15), time(9)),
        tasks=tasks,
        resources=resources,
        holidays={day: name for day, name in days.holidays.items() if first <= day <= last},
        aliases={KEY_FIELD: spec.key_heading} if spec.twin_project is not None else {},
    )


def _add_registers(
    theme: Theme,
    year: ProjectYear,
    plans: Mapping[str, ProjectFile],
    *,
    accounts: Mapping[str, str],
    featured: dict[str, Issue],
) -> None:
    registers = Registers(year, accounts)
    spec = next((one for one in PLANS if one.twin_project == theme.key), None)
    rows = {row.name: row for row in spec.rows if row.twin is not None} if spec is not None else {}
    planned = (
        {task.name: task for task in plans[spec.file].tasks if task.name in rows} if spec is not None else {}
    )
    for issue in registers.risks():
        if issue.is_open and issue.assignee is None:
            featured.setdefault(f"{theme.key} risk", issue)
    for issue in (*registers.milestones(planned, rows), *registers.twins(planned, rows)):
        if issue.title in rows and rows[issue.title].twin:
            featured[f"{theme.key} twin {issue.title}"] = issue


def _link_within(year: ProjectYear) -> None:
    """Inside an epic some things wait for others, in the order they were written down."""
    for epic in year.epics:
        below = [one for one in year.issues if one.parent is epic and one.type in {"Story", "Task"}]
        for number in range(2):
            if len(below) < 6 * (number + 1):
                break
            first, second = below[6 * number], below[6 * number + 4]
            _link(first, second, year.days, year.random)


def _link_across(issues: list[Issue], days: WorkDays, random: Random) -> None:
    """Projects wait for one another: a handful of links between open work of different projects."""
    waiting = [
        one for one in issues if one.type in {"Story", "Task"} and one.is_open and one.parent is not None
    ]
    for _ in range(_CROSS_LINKS):
        first = random.choice(waiting)
        second = random.choice([one for one in waiting if one.project != first.project])
        if not any(step.other is second for step in first.history):
            _link(first, second, days, random)


def _link(first: Issue, second: Issue, days: WorkDays, random: Random) -> None:
    """The blocker is entered when the later of the two exists; links are no part of an issue's own pace."""
    both = max(first.created, second.created)
    at = both + timedelta(minutes=random.randrange(5, 50))
    first.block(at, first.reporter, second)


def _give_keys(issues: list[Issue]) -> None:
    """Trackers number issues in the order of creation."""
    issues.sort(key=lambda one: (one.created, one.project))
    numbers: dict[str, int] = {}
    for issue in issues:
        numbers[issue.project] = numbers.get(issue.project, 0) + 1
        issue.key = f"{issue.project}-{numbers[issue.project]}"


def write_keys(spec: PlanSpec, plan: ProjectFile, issues: Sequence[Issue]) -> None:
    """Put the keys of the same work in a tracker into the plan's custom field."""
    twins = {row.name for row in spec.rows if row.twin is not None}
    keys = {
        one.title: one.key
        for one in issues
        if one.project == spec.twin_project and (one.parent is None or one.type == "Feature")
    }
    for task in plan.tasks:
        if task.name in twins:
            task.texts[KEY_FIELD] = keys[task.name]
