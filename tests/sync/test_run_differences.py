"""What `diff` says about two runs: findings, items and writes, without what came and went in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sync_world import World

from portfolio.errors import UsageError
from store.results import RunEvent
from sync.run_differences import differences, remaining
from sync.run_names import find_run, runs_that_checked, runs_that_wrote


def told(world: World, first: str, second: str) -> list[tuple[str, str | None]]:
    return [(one.what, one.key) for one in differences(world.store, first, second).events]


def test_the_first_check_sees_everything_for_the_first_time_which_is_no_news() -> None:
    world = World()
    world.task("CHK-1", due="2026-12-19")
    first = world.sync().run_id
    world.clock.advance(hours=1)
    second = world.sync().run_id
    assert told(world, first, second) == []


def test_a_day_with_news() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-24")
    world.task("CHK-2", due="2026-11-19")
    world.task("CHK-3", due="2026-12-19")
    world.task("CHK-4", due="2026-12-19")
    first = world.sync().run_id
    world.clock.advance(days=1)
    world.shop.edit("CHK-2", state="done")
    world.shop.delete("CHK-3")
    world.task("CHK-5", due="2026-12-19")
    second = world.sync(full=True).run_id
    assert told(world, first, second) == [
        ("opened", "CHK-1"),
        ("resolved", "CHK-2"),
        ("new", "CHK-5"),
        ("late", "CHK-1"),
        ("no longer late", "CHK-2"),
        ("gone", "CHK-3"),
    ]
    writes = differences(world.store, first, second).writes
    assert [(row["key"], row["slot"], row["state"]) for row in writes] == [
        ("CHK-1", "comment", "applied"),
        ("CHK-2", "comment", "applied"),
    ]


def test_what_came_and_went_in_between_is_left_out() -> None:
    world = World()
    world.task("CHK-1", due="2026-12-19")
    runs = [world.sync().run_id]
    for state in ({"due": (world.clock() - timedelta(days=9)).date()}, {"state": "done"}):
        world.clock.advance(hours=1)
        world.shop.edit("CHK-1", **state)
        runs.append(world.sync().run_id)
    assert told(world, runs[0], runs[1]) == [("opened", "CHK-1"), ("late", "CHK-1")]
    assert told(world, runs[1], runs[2]) == [("resolved", "CHK-1"), ("no longer late", "CHK-1")]
    assert told(world, runs[0], runs[2]) == []


def test_a_severity_that_rose_and_an_item_that_came_back() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("CHK-2", due="2026-12-29")
    first = world.sync().run_id
    world.shop.delete("CHK-2")
    world.clock.advance(days=30)
    second = world.sync(full=True).run_id
    assert told(world, first, second) == [("raised", "CHK-1"), ("gone", "CHK-2")]


def event(what: str, subject: str = "shop/1") -> RunEvent:
    return RunEvent(run_id="r", what=what, subject=subject)


@pytest.mark.parametrize(
    ("happened", "left"),
    [
        (["opened", "resolved"], []),
        (["opened", "raised", "resolved"], []),
        (["resolved", "reopened"], []),
        (["resolved", "reopened", "raised"], ["raised"]),
        (["raised", "raised"], ["raised"]),
        (["raised", "resolved"], ["resolved"]),
        (["new", "late"], ["new", "late"]),
        (["new", "late", "gone"], []),
        (["late", "no longer late", "late"], ["late"]),
        (["late", "gone"], ["gone"]),
        (["gone", "back"], []),
    ],
)
def test_what_is_left_of_what_happened(happened: list[str], left: list[str]) -> None:
    assert [one.what for one in remaining([event(what) for what in happened])] == left


def test_runs_are_named_by_the_beginning_of_their_id_or_from_the_end() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    first = world.sync().run_id
    world.clock.advance(hours=1)
    second = world.sync().run_id
    checked, wrote = runs_that_checked(world.store), runs_that_wrote(world.store)
    assert (checked, wrote) == ({first, second}, {first})
    assert find_run(world.store, "last", among=checked) == second
    assert find_run(world.store, "last-1", among=checked) == first
    assert find_run(world.store, "last", among=wrote) == first
    assert find_run(world.store, first[:13], among=()) == first
    assert find_run(world.store, second, among=()) == second
    for name in ("", "2025", "last-2", "last--1", "20261124"):
        with pytest.raises(UsageError):
            find_run(world.store, name, among=checked)


def test_the_later_run_stands_second() -> None:
    world = World()
    first = world.sync().run_id
    world.clock.advance(hours=1)
    second = world.sync().run_id
    with pytest.raises(UsageError, match="did not begin after"):
        differences(world.store, second, first)
    with pytest.raises(UsageError):
        differences(world.store, first, first)


def test_events_are_kept_for_400_days() -> None:
    world = World()
    first = world.sync().run_id
    world.clock.advance(hours=1)
    world.task("CHK-1", due="2026-11-19")
    second = world.sync().run_id
    world.clock.advance(days=399)
    world.sync()
    assert told(world, first, second) != []
    world.clock.advance(days=2)
    world.sync()
    assert told(world, first, second) == []
