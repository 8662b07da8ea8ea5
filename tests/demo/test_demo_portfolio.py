"""The seeded portfolio: the same for the same seed, the same story on any day, without contradictions."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from simulators.clock import Clock
from simulators.jira import JiraCloud
from simulators.portfolio import DemoPortfolio, build, load_into_jira
from simulators.portfolio.days import WorkDays, easter_sunday

TUESDAY = date(2026, 11, 24)
# A Sunday, Christmas, New Year's Day, Good Friday, a leap day.
AWKWARD_DAYS = (
    date(2026, 11, 22),
    date(2026, 12, 25),
    date(2027, 1, 1),
    date(2027, 3, 26),
    date(2028, 2, 29),
)


@pytest.fixture(scope="module")
def retail() -> DemoPortfolio:
    return build(TUESDAY)


def told(portfolio: DemoPortfolio) -> list[tuple[object, ...]]:
    return [
        (step.at, step.by, step.action, step.issue.key, dict(step.values), step.text)
        for step in portfolio.operations()
    ]


def test_the_same_day_and_seed_give_the_same_portfolio(retail: DemoPortfolio) -> None:
    assert told(build(TUESDAY)) == told(retail)
    assert build(TUESDAY).plans == retail.plans


def test_another_seed_gives_another_portfolio(retail: DemoPortfolio) -> None:
    assert told(build(TUESDAY, seed=8)) != told(retail)


def test_jira_and_the_plans_hold_about_fifteen_hundred_items(retail: DemoPortfolio) -> None:
    rows = {name: len(plan.tasks) for name, plan in retail.plans.items()}
    assert len(retail.issues) == 1322
    assert rows == {"store-rollout.xml": 70, "checkout.xml": 22, "warehouse.xml": 35, "dc-move.xml": 48}
    assert {project.program for project in retail.projects} == {"Store 2.0", "Supply chain renewal"}
    assert Counter(issue.type for issue in retail.issues).keys() == {
        "Initiative", "Epic", "Story", "Task", "Bug", "Risk", "Milestone",
    }  # fmt: skip


def test_most_of_it_is_done_and_one_open_dated_item_in_eight_is_late(retail: DemoPortfolio) -> None:
    done = sum(not issue.is_open for issue in retail.issues)
    dated = [issue for issue in retail.issues if issue.is_open and issue.due is not None]
    late = [issue for issue in dated if issue.due is not None and issue.due < TUESDAY]
    assert 0.58 < done / len(retail.issues) < 0.68
    assert len(late) == 35
    assert 0.10 < len(late) / len(dated) < 0.15


@pytest.mark.parametrize("day", AWKWARD_DAYS, ids=str)
def test_the_story_is_the_same_on_any_day(day: date) -> None:
    days, portfolio = WorkDays(day), build(day)
    dated = [issue.due for issue in portfolio.issues if issue.is_open and issue.due is not None]
    lateness = Counter(-days.number(due) for due in dated if days.number(due) < 0)
    assert lateness.total() == 35
    assert sum(count for late, count in lateness.items() if late > 5) == 15
    assert sum(count for late, count in lateness.items() if late > 20) == 2


def test_nothing_happens_before_its_issue_exists_or_after_yesterday(retail: DemoPortfolio) -> None:
    created = {}
    for step in retail.operations():
        if step.action == "create":
            created[step.issue.key] = step.at
            assert step.issue.parent is None or step.issue.parent.key in created
        else:
            assert created[step.issue.key] < step.at
        if step.action == "link" and step.other is not None:
            assert step.other.key in created
        assert step.at.date() < TUESDAY


def test_the_history_covers_a_year(retail: DemoPortfolio) -> None:
    first = next(retail.operations()).at.date()
    assert timedelta(days=365) <= TUESDAY - first < timedelta(days=400)


def test_everything_happens_on_working_days(retail: DemoPortfolio) -> None:
    days = WorkDays(TUESDAY)
    assert all(days.day(days.number(step.at.date())) == step.at.date() for step in retail.operations())


def test_those_who_left_own_open_work_in_jira_and_in_a_plan(retail: DemoPortfolio) -> None:
    left = {person.account_id: person.name for person in retail.people if person.left}
    owned = Counter(
        left[issue.assignee] for issue in retail.issues if issue.is_open and issue.assignee in left
    )
    assert owned == {"Dorian Kessel": 4, "Silvan Threlfall": 4, "Shirin Halvorsen": 2}
    rollout = retail.plans["store-rollout.xml"]
    gone = next(one.uid for one in rollout.resources if one.name == "Ferdinand Ossola")
    assert [task.name for task in rollout.tasks if task.resource == gone] == [
        "Return of old tills", "Inventory of terminals",
    ]  # fmt: skip


def test_six_risks_have_nobody_who_can_act(retail: DemoPortfolio) -> None:
    left = {person.account_id for person in retail.people if person.left}
    risks = [one for one in retail.issues if one.type == "Risk" and one.is_open]
    assert sum(one.assignee is None for one in risks) == 4
    assert sum(one.assignee in left for one in risks) == 2


def test_plans_name_their_work_in_a_tracker_and_five_dates_disagree(retail: DemoPortfolio) -> None:
    days, gaps, twins = WorkDays(TUESDAY), {}, 0
    for plan in retail.plans.values():
        for task in plan.tasks:
            if "Text30" not in task.texts:
                continue
            twins += 1
            issue = retail.issue(task.texts["Text30"])
            assert issue.title == task.name
            assert issue.is_open == (task.percent < 100)
            assert issue.due is not None
            gap = days.number(task.finish_at.date()) - days.number(issue.due)
            if gap:
                gaps[task.name] = gap
    assert twins == 40
    assert gaps == {
        "Cut-over rehearsal": 14,
        "Archive orders of the old checkout": 12,
        "Train the late shift": 5,
        "Code freeze for peak season": 3,
        "Talmarkt: tills and terminals": 7,
    }


def test_tracker_and_plan_name_the_same_owner_unless_it_is_a_role_or_has_left(retail: DemoPortfolio) -> None:
    people = (*retail.people, *retail.boards.people)
    name_of = {person.account_id: person.name for person in people}
    differing = set()
    for plan in retail.plans.values():
        people = {one.uid: one.name for one in plan.resources if not one.is_generic}
        for task in plan.tasks:
            owner = people.get(task.resource or 0)
            assignee = retail.issue(task.texts["Text30"]).assignee if "Text30" in task.texts else None
            if owner is not None and assignee is not None and name_of[assignee] != owner:
                differing.add(owner)
    assert differing == {"Silvan Threlfall"}


def test_three_titles_hold_markup_and_a_formula(retail: DemoPortfolio) -> None:
    beginnings = sorted(
        one.title[:9] for one in retail.issues if one.title[0] in "<=" or "{panel" in one.title
    )
    assert beginnings == ["<script>a", "=HYPERLIN", "Receipt s"]


def test_a_site_takes_it_and_numbers_it_alike(retail: DemoPortfolio) -> None:
    site = JiraCloud(Clock(WorkDays(TUESDAY).at(0, 9)))
    load_into_jira(retail, site)
    assert len(site.issues) == 1322
    assert site.find_issue("WMS-50") is not None
    for key in ("CHK-100", "WMS-200", "RPL-10"):
        found = site.find_issue(key)
        assert found is not None
        assert found.fields["summary"] == retail.issue(key).title
        assert site.statuses[found.status_id].name == retail.issue(key).status


def test_loading_into_a_site_that_is_not_empty_is_refused(retail: DemoPortfolio) -> None:
    site = JiraCloud(Clock(WorkDays(TUESDAY).at(0, 9)))
    load_into_jira(retail, site)
    with pytest.raises(RuntimeError, match="the site is not empty: it has 1322 issues"):
        load_into_jira(retail, site)


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_is_where_the_church_puts_it(year: int, expected: date) -> None:
    assert easter_sunday(year) == expected


def test_working_days_are_counted_from_today_or_the_day_before() -> None:
    sunday = WorkDays(date(2026, 11, 22))
    assert sunday.day(0) == date(2026, 11, 20)
    assert sunday.day(1) == date(2026, 11, 23)
    boxing_day = WorkDays(date(2026, 12, 28))
    assert boxing_day.day(-1) == date(2026, 12, 24)
    assert boxing_day.number(date(2026, 12, 25)) == -1
