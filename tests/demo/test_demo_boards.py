"""The Azure DevOps part of the seeded portfolio, and what joins it to Jira and to a plan."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from simulators.azure_devops import AzureDevOps
from simulators.clock import Clock
from simulators.jira import JiraCloud
from simulators.portfolio import DemoPortfolio, Week, build, load_into_boards, load_into_jira, next_week
from simulators.portfolio.days import WorkDays
from simulators.portfolio.model import BLOCKED_BY, SAME_WORK, Issue, Operation

TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
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


@pytest.fixture
def passing() -> tuple[DemoPortfolio, Week]:
    portfolio = build(TUESDAY)
    return portfolio, next_week(portfolio, NOW)


def told(portfolio: DemoPortfolio) -> list[tuple[object, ...]]:
    return [
        (step.at, step.by, step.action, step.issue.key, dict(step.values), step.text)
        for step in portfolio.boards.operations()
    ]


def test_the_same_day_and_seed_give_the_same_work_items(retail: DemoPortfolio) -> None:
    assert told(build(TUESDAY)) == told(retail)
    assert told(build(TUESDAY, seed=8)) != told(retail)


def test_three_trackers_hold_about_two_and_a_half_thousand_items(retail: DemoPortfolio) -> None:
    rows = sum(len(plan.tasks) for plan in retail.plans.values())
    assert (len(retail.issues), len(retail.boards.items), rows) == (1322, 1066, 175)
    per_project = Counter(item.project for item in retail.boards.items)
    assert per_project == {"Shop Devices": 366, "Data Platform": 336, "ERP Interfaces": 364}
    assert {(one.name, one.process) for one in retail.boards.projects} == {
        ("Shop Devices", "Retail Agile"),
        ("Data Platform", "Agile"),
        ("ERP Interfaces", "CMMI"),
    }


def test_only_cmmi_has_requirements_and_risks(retail: DemoPortfolio) -> None:
    kinds: dict[str, set[str]] = {}
    for item in retail.boards.items:
        kinds.setdefault(item.project, set()).add(item.type)
    agile = {"Epic", "Feature", "User Story", "Task", "Bug"}
    assert kinds == {
        "Shop Devices": agile,
        "Data Platform": agile,
        "ERP Interfaces": {"Epic", "Feature", "Requirement", "Task", "Bug", "Risk"},
    }


@pytest.mark.parametrize("day", [TUESDAY, *AWKWARD_DAYS], ids=str)
def test_nothing_happens_before_its_item_and_its_parent_exist_or_after_yesterday(day: date) -> None:
    portfolio, days = build(day), WorkDays(day)
    created: dict[Issue, datetime] = {}
    for step in portfolio.boards.operations():
        if step.action == "create":
            assert step.other is None or step.other in created
            created[step.issue] = step.at
        else:
            assert created[step.issue] < step.at
        assert days.number(step.at.date()) <= -1 or step.at.date() < day


@pytest.mark.parametrize("day", AWKWARD_DAYS, ids=str)
def test_the_same_features_are_late_on_any_day(day: date) -> None:
    days, portfolio = WorkDays(day), build(day)
    due = [one.due for one in portfolio.boards.items if one.is_open and one.due is not None]
    assert sorted(-days.number(one) for one in due if days.number(one) < 0) == [3, 8, 12, 24]


def test_six_requirements_stayed_behind_in_an_iteration_that_has_ended(retail: DemoPortfolio) -> None:
    ended = {one.path for one in retail.boards.iterations if one.finish is not None and one.finish < TUESDAY}
    behind = Counter(
        (item.project, item.type)
        for item in retail.boards.items
        if item.is_open and item.values.get("iteration") in ended
    )
    assert behind == {
        ("Shop Devices", "User Story"): 2,
        ("Data Platform", "User Story"): 3,
        ("ERP Interfaces", "Requirement"): 1,
    }


def test_iterations_follow_one_another_and_one_of_each_project_has_no_dates(retail: DemoPortfolio) -> None:
    undated = [one.path for one in retail.boards.iterations if one.start is None]
    assert undated == [r"Shop Devices\Later", r"Data Platform\Later", r"ERP Interfaces\Later"]
    days = WorkDays(TUESDAY)
    dated = [one for one in retail.boards.iterations if one.start is not None and one.finish is not None]
    for before, after in pairwise(dated):
        if before.project == after.project:
            assert days.number(after.start) == days.number(before.finish) + 1  # type: ignore[arg-type]
    current = [one.path for one in dated if one.start <= TUESDAY <= one.finish]  # type: ignore[operator]
    assert len(current) == 3


def test_open_work_belongs_to_those_who_left_to_a_group_and_to_a_pipeline(retail: DemoPortfolio) -> None:
    unable = {one.email for one in retail.boards.people if one.left or one.kind != "aad"}
    owned = Counter(
        (item.type, item.assignee) for item in retail.boards.items if item.is_open and item.assignee in unable
    )
    assert owned == {
        ("User Story", "caspar.nightingale@retail.example"): 2,
        ("User Story", "field-support@retail.example"): 1,
        ("User Story", "release-pipeline@retail.example"): 1,
        ("Requirement", "paloma.friedrichsen@retail.example"): 2,
        ("Risk", "field-support@retail.example"): 1,
        ("Risk", "paloma.friedrichsen@retail.example"): 1,
    }
    unowned = [one for one in retail.boards.items if one.type == "Risk" and one.is_open and not one.assignee]
    assert len(unowned) == 1


def test_the_same_people_have_accounts_in_both_trackers(retail: DemoPortfolio) -> None:
    in_jira = {one.email: one.left for one in retail.people}
    both = {one.email: one.left for one in retail.boards.people if one.email in in_jira}
    assert len(both) == 9
    assert all(in_jira[email] == left for email, left in both.items())
    assert [email for email, left in both.items() if left] == ["ferdinand.ossola@retail.example"]


def test_one_epic_stands_in_both_trackers_and_in_a_plan_with_one_date(retail: DemoPortfolio) -> None:
    ours, theirs = retail.featured["shared epic in Jira"], retail.featured["shared epic on boards"]
    assert (ours.key, ours.title, theirs.title) == ("PAY-143", "Terminal replacement", "Terminal replacement")
    assert theirs.is_on_boards
    row = retail.plans["store-rollout.xml"].task("Terminal replacement")
    assert ours.due == theirs.due == row.finish_at.date()
    assert row.texts == {"Text30": theirs.key}
    assert (SAME_WORK, theirs) in [(step.text, step.other) for step in ours.history]
    assert sum(one.parent is ours for one in retail.issues) == 38
    assert sum(one.parent is theirs for one in retail.boards.items) == 4


def test_work_waits_for_the_other_tracker_five_times_each_way(retail: DemoPortfolio) -> None:
    def waiting(steps: list[Operation]) -> list[tuple[Issue, Issue]]:
        return [(s.issue, s.other) for s in steps if s.text == BLOCKED_BY and s.other is not None]

    in_jira, on_boards = waiting(list(retail.operations())), waiting(list(retail.boards.operations()))
    assert (len(in_jira), len(on_boards)) == (5, 5)
    assert all(other.is_on_boards and not one.is_on_boards for one, other in in_jira)
    assert all(one.is_on_boards and not other.is_on_boards for one, other in on_boards)
    assert all(one.is_open and other.is_open for one, other in in_jira + on_boards)
    first = retail.featured["waits for boards"]
    assert first.parent is retail.featured["shared epic in Jira"]


def test_two_epics_are_called_alike_and_nothing_links_them(retail: DemoPortfolio) -> None:
    ours, theirs = retail.featured["alike in Jira"], retail.featured["alike on boards"]
    assert (ours.key, ours.title) == ("CHK-191", "Self-checkout in shops")
    assert (theirs.key, theirs.title) == ("720", "Self-checkout in the shops")
    assert not [step for step in (*ours.history, *theirs.history) if step.action == "refer"]


def test_two_titles_of_late_work_hold_markup(retail: DemoPortfolio) -> None:
    beginnings = sorted(one.title[:10] for one in retail.boards.items if "<" in one.title)
    assert beginnings == ["<img src=x", "Error inbo"]


def test_an_organisation_takes_it_and_numbers_it_alike(retail: DemoPortfolio) -> None:
    organisation = AzureDevOps(Clock(NOW), organisation="shop")
    load_into_boards(retail.boards, organisation)
    assert len(organisation.items) == 1066
    for key in ("1", "511", "1066"):
        found = organisation.items[int(key)].state
        assert found["System.Title"] == retail.issue(key).title
        assert found["System.State"] == retail.issue(key).status
    # Midnight in Zurich, told in UTC: 27 January begins on the evening before.
    assert organisation.items[511].state["Microsoft.VSTS.Scheduling.TargetDate"] == "2027-01-26T23:00:00Z"
    with pytest.raises(RuntimeError, match="the organisation is not empty: it has 1066 work items"):
        load_into_boards(retail.boards, organisation)


def test_links_to_the_other_tracker_are_addresses_that_people_paste(retail: DemoPortfolio) -> None:
    organisation, site = AzureDevOps(Clock(NOW), organisation="shop"), JiraCloud(Clock(NOW))
    load_into_boards(retail.boards, organisation)
    load_into_jira(retail, site)
    waiting = organisation.items[int(retail.featured["waits for Jira"].key)]
    links = [(one.url, one.comment) for one in waiting.relations if one.rel == "Hyperlink"]
    assert links == [("https://retail.example/browse/WMS-179", "is blocked by")]
    epic = site.find_issue("PAY-143")
    assert epic is not None
    (link,) = epic.remote_links
    assert link.body["relationship"] == "is the same work as"
    assert link.body["object"] == {
        "url": "https://dev.azure.com/shop/Shop%20Devices/_workitems/edit/511",
        "title": "Terminal replacement",
    }


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 12, 24), date(2027, 3, 25)], ids=str)
def test_the_week_on_boards_stays_within_its_seven_days(day: date) -> None:
    now = datetime(day.year, day.month, day.day, 23, 0, tzinfo=UTC)
    week = next_week(build(day), now)
    assert len(week.board_operations) > 30
    assert all(now < step.at < now + timedelta(days=7) for step in week.board_operations)


def test_two_steps_of_the_week_change_nothing_but_a_link(passing: tuple[DemoPortfolio, Week]) -> None:
    portfolio, week = passing
    links = [step for step in week.board_operations if step.action in {"reparent", "link"}]
    assert sorted(step.action for step in links) == ["link", "reparent"]
    moving = links[0].issue
    assert moving.parent is portfolio.featured["DEV next"]
    waiting = next(step.other for step in links if step.action == "link")
    touched = {step.issue for step in week.board_operations if step not in links}
    assert touched.isdisjoint({moving, waiting, portfolio.featured["DEV next"]})


def test_after_the_week_the_shared_epic_has_two_dates(passing: tuple[DemoPortfolio, Week]) -> None:
    portfolio, _ = passing
    assert portfolio.featured["shared epic in Jira"].due == date(2027, 1, 27)
    assert portfolio.featured["shared epic on boards"].due == date(2027, 2, 4)


def test_features_of_the_rollout_follow_the_plan_of_the_week(passing: tuple[DemoPortfolio, Week]) -> None:
    portfolio, week = passing
    for task in week.plans["store-rollout.xml"].tasks:
        if "Text30" in task.texts:
            twin = portfolio.issue(task.texts["Text30"])
            assert twin.is_open == (task.percent < 100)
            if twin.type == "Feature":
                assert twin.due == task.finish_at.date()
