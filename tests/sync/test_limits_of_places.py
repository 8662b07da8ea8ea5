"""Limits on single places: writes to one item, edits of one comment in a day, shrinking of one source."""

from __future__ import annotations

from datetime import date

import pytest
from sync_world import World

from portfolio.errors import SafetyStop
from sync.limits import Limits, Target, check_vanished, check_writes


def test_writes_to_one_item_are_counted_together() -> None:
    limits = Limits(max_writes_per_item=2)
    two = [Target("shop", "shop/1", None, "CHK-1")] * 2
    check_writes([*two, Target("shop", "shop/2", None, "CHK-1")], {"shop": 1000}, limits=limits)
    with pytest.raises(
        SafetyStop, match=r"has 3 writes to CHK-1, more than limits\.max_writes_per_item \(2\)"
    ):
        check_writes([*two, two[0]], {"shop": 1000}, limits=limits)


def test_an_item_with_more_writes_than_allowed_stops_the_run_before_its_first_request() -> None:
    world = World(fields={"open_findings": "Open findings", "health": "Health"})
    world.limits = Limits(max_writes_per_item=1)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    result = world.sync()
    assert result.exit_code == 5
    assert result.stops[0].startswith(
        "The plan has 2 writes to CHK-1, more than limits.max_writes_per_item (1)."
    )
    assert world.written() == []


def move_due(world: World, day: int) -> None:
    world.shop.edit("CHK-1", by="ana", due=date(2026, 11, day))


def test_a_comment_that_was_written_often_enough_today_waits_and_then_says_the_latest() -> None:
    world = World()
    world.limits = Limits(max_comment_edits_per_day=2)
    world.task("CHK-1", due="2026-11-19")
    world.task("CHK-2", due="2026-11-19")
    world.sync()
    for day in (18, 17, 16):
        world.clock.advance(hours=1)
        move_due(world, day)
        result = world.sync()
    assert "17 Nov" not in world.comment("CHK-1")
    assert "18 Nov" in world.comment("CHK-1")
    assert result.plan is not None
    assert [(one.key, one.reason) for one in result.plan.skipped] == [
        (
            "CHK-1",
            "the comment was written 2 times in 24 hours and waits (limits.max_comment_edits_per_day: 2)",
        )
    ]
    assert result.exit_code == 0
    world.clock.advance(hours=21)  # a day after the first of the two
    world.sync()
    assert "16 Nov" in world.comment("CHK-1")


def test_fields_are_no_comments() -> None:
    world = World(comments=False, fields={"open_findings": "Open findings"})
    world.limits = Limits(max_comment_edits_per_day=1)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    for number in (2, 3, 4):
        world.task(f"CHK-{number}", due="2026-11-19", parent="CHK-1")
        world.sync()
    assert world.shop.item("CHK-1").fields == {"open_findings": 3}


def test_a_source_of_its_own_share_may_shrink_more_or_less_than_the_others() -> None:
    limits = Limits(max_vanished=0.2, max_vanished_of={"boards": 0.5, "plans": 0.0})
    check_vanished("boards", 50, 100, limits=limits)
    with pytest.raises(SafetyStop, match=r"boards: 51 of 100 known items .* more than 50%"):
        check_vanished("boards", 51, 100, limits=limits)
    with pytest.raises(SafetyStop, match=r"shop: 21 of 100 known items .* more than 20%"):
        check_vanished("shop", 21, 100, limits=limits)
    with pytest.raises(SafetyStop, match=r"plans: 4 of 100 known items .* more than 0%"):
        check_vanished("plans", 4, 100, limits=limits)


def test_the_shrink_guard_of_a_source_holds_on_the_whole_road() -> None:
    world = World()
    world.limits = Limits(max_vanished_of={"boards": 0.5})
    for on, key in (("shop", "CHK"), ("boards", "B")):
        for number in range(10):
            world.task(f"{key}-{number}", on=on, due="2026-12-19")
    world.sync()
    world.clock.advance(days=1)
    for on, key in (("shop", "CHK"), ("boards", "B")):
        for number in range(5):
            world.trackers[on].delete(f"{key}-{number}")
    result = world.sync()
    assert {name: one.state for name, one in result.sources.items()} == {"shop": "stopped", "boards": "ok"}
    assert (result.sources["boards"].gone, result.exit_code) == (5, 5)
