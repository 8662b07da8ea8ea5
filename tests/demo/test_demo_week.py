"""The simulated week cures most, makes something worse, and stays inside its seven days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from simulators.azure_devops import AzureDevOps
from simulators.clock import Clock
from simulators.jira import JiraCloud
from simulators.portfolio import (
    DemoPortfolio,
    Week,
    apply_week,
    build,
    load_into_boards,
    load_into_jira,
    next_week,
)
from simulators.portfolio.addresses import Addresses
from simulators.portfolio.load_boards import play_on_boards

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def retail() -> DemoPortfolio:
    return build(NOW.date())


@pytest.fixture
def week(retail: DemoPortfolio) -> Week:
    return next_week(retail, NOW)


def test_the_week_is_the_same_each_time(week: Week) -> None:
    again = next_week(build(NOW.date()), NOW)
    assert again.told == week.told
    assert [step.at for step in again.operations] == [step.at for step in week.operations]


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 12, 24), date(2027, 3, 25)], ids=str)
def test_everything_happens_within_the_seven_days(day: date) -> None:
    now = datetime(day.year, day.month, day.day, 23, 0, tzinfo=UTC)
    week = next_week(build(day), now)
    assert len(week.operations) > 50
    assert all(now < step.at < week.ends for step in week.operations)


def test_jira_and_plan_agree_on_the_rehearsal_again(retail: DemoPortfolio, week: Week) -> None:
    issue = retail.featured["WMS twin Cut-over rehearsal"]
    assert issue.due == week.plans["warehouse.xml"].task("Cut-over rehearsal").finish_at.date()


def test_the_move_gets_its_first_baseline(retail: DemoPortfolio) -> None:
    assert all(task.baseline is None for task in retail.plans["dc-move.xml"].tasks)
    assert all(task.baseline is not None for task in next_week(retail, NOW).plans["dc-move.xml"].tasks)


def test_three_items_are_left_alone_and_turn_serious(retail: DemoPortfolio, week: Week) -> None:
    line = next(line for line in week.told if line.startswith("nobody touches"))
    keys = line.removeprefix("nobody touches ").split(":")[0].split(", ")
    assert len(keys) == 3
    for key in keys:
        due = retail.issue(key).due
        assert retail.issue(key).is_open
        assert due is not None
        assert due < NOW.date()


def test_every_twin_that_a_plan_calls_done_is_done_in_jira(retail: DemoPortfolio, week: Week) -> None:
    for plan in week.plans.values():
        for task in plan.tasks:
            if "Text30" in task.texts and task.percent == 100:
                assert not retail.issue(task.texts["Text30"]).is_open, task.name


def test_the_week_happens_in_jira_and_in_the_files(retail: DemoPortfolio, tmp_path: Path) -> None:
    site = JiraCloud(Clock(NOW))
    load_into_jira(retail, site)
    boards = AzureDevOps(Clock(NOW), organisation="shop")
    load_into_boards(retail.boards, boards)
    week = next_week(retail, NOW)
    apply_week(week, site, boards, tmp_path)
    assert site.clock.now() == boards.clock.now() == datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkout.xml", "dc-move.xml", "store-rollout.xml", "warehouse.xml",
    ]  # fmt: skip
    for issue in retail.issues:
        found = site.find_issue(issue.key)
        assert found is not None
        assert site.statuses[found.status_id].name == issue.status
    for item in retail.boards.items:
        assert boards.items[int(item.key)].state["System.State"] == item.status


def test_the_two_links_of_the_week_leave_every_revision_as_it_was(
    retail: DemoPortfolio, tmp_path: Path
) -> None:
    boards = AzureDevOps(Clock(NOW), organisation="shop")
    load_into_boards(retail.boards, boards)
    week = next_week(retail, NOW)
    moving = next(step.issue for step in week.board_operations if step.action == "reparent")
    waiting = next(step.other for step in week.board_operations if step.action == "link")
    assert waiting is not None
    before = {item: boards.items[int(item.key)].rev for item in (moving, waiting)}
    play_on_boards(week.board_operations, boards, Addresses())
    assert {item: boards.items[int(item.key)].rev for item in (moving, waiting)} == before
    parents = [
        relation.target
        for relation in boards.items[int(moving.key)].relations
        if relation.rel == "System.LinkTypes.Hierarchy-Reverse"
    ]
    assert parents == [int(retail.featured["DEV next"].key)]
