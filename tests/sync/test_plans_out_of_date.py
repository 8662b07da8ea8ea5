"""A plan that no longer fits: another site, another configuration, another day, or a place written since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sync_world import World

from portfolio.errors import UsageError
from store import open_store
from sync.apply import CLOCK_TOLERANCE, ApplyOutcome, apply
from sync.plan_file import Plan
from sync.wanted import WriteSettings

SITE = "https://shop.example"


def made(**write: Any) -> tuple[World, Plan]:
    """A plan for the shop, not applied yet: one comment and one field."""
    world = World(fields={"health": "Portfolio health"}, armed=False, place=SITE, **write)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    result = world.sync()
    assert result.plan is not None
    assert [(one.key, one.slot) for one in result.plan.writes] == [("CHK-2", "comment"), ("CHK-1", "health")]
    return world, result.plan


def applied(world: World, plan: Plan, allowed: Mapping[str, WriteSettings] | None = None) -> ApplyOutcome:
    return apply(world.store, world.connectors, plan, run_id="r1", clock=world.clock, allowed=allowed)


def allowing(world: World, **changes: Any) -> dict[str, WriteSettings]:
    """What the configuration says now of the shop; of the boards it says what it said."""
    now = {"comments": True, "fields": {"health": "Portfolio health"}, "place": SITE, **changes}
    return {"shop": WriteSettings(**now), "boards": world.write}


def test_a_plan_says_to_which_addresses_it_belongs() -> None:
    _, plan = made()
    assert plan.places == {"shop": SITE, "boards": SITE}


def test_a_plan_is_applied_where_the_configuration_still_stands_behind_it() -> None:
    world, plan = made()
    assert applied(world, plan, allowing(world, forecast_step_wd=9)).states == {"applied": 2}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"place": "https://shop-test.example"},
            "made for shop at https://shop.example; now shop is at https://shop-test.example",
        ),
        ({"comments": False}, r"writes comment \(comment\) in shop, which the configuration no longer"),
        ({"fields": {}}, r"writes Portfolio health \(health\) in shop, which the configuration no longer"),
        ({"fields": {"health": "Their field"}}, r"writes Portfolio health \(health\) in shop"),
        (
            {"comments": False, "fields": {}},
            "about shop, where the configuration no longer lets Dovetail write",
        ),
    ],
)
def test_a_plan_that_the_configuration_no_longer_stands_behind_is_refused_whole(
    changes: dict[str, Any], message: str
) -> None:
    world, plan = made()
    with pytest.raises(UsageError, match=message):
        applied(world, plan, allowing(world, **changes))
    assert world.written() == []
    assert world.store.sources()["shop"].armed_at is None


def test_a_source_that_the_configuration_lost_its_say_about_is_refused_too() -> None:
    world, plan = made()
    with pytest.raises(
        UsageError, match=r"made for shop at https://shop\.example; now shop is at an unknown address"
    ):
        applied(world, plan, {})
    assert world.written() == []


def test_a_plan_without_addresses_fits_no_site() -> None:
    world, plan = made()
    bare = msgspec.structs.replace(plan, places={}).sealed()
    with pytest.raises(UsageError, match="made for shop at an unknown address"):
        applied(world, bare, allowing(world))


@pytest.mark.parametrize(("early", "states"), [(timedelta(0), {"applied": 2}), (timedelta(seconds=1), None)])
def test_a_plan_for_a_day_that_has_not_come_is_for_looking(
    early: timedelta, states: dict[str, int] | None
) -> None:
    world, plan = made()
    # Within the tolerance, it is the other machine's clock.
    world.clock.now = plan.created_at - CLOCK_TOLERANCE - early
    if states is not None:
        assert applied(world, plan).states == states
        return
    with pytest.raises(UsageError, match="made for 2026-11-24, a day that has not come"):
        applied(world, plan)
    assert world.written() == []


def test_what_a_person_took_back_after_a_plan_was_applied_is_not_written_by_it_again() -> None:
    world, plan = made()
    applied(world, plan)
    world.shop.set_field("CHK-1", "health", None)  # as it stood when the plan was made
    world.shop.delete_comment("CHK-2")
    again = applied(world, plan)
    assert again.states == {"unchanged": 2}
    assert world.shop.item("CHK-1").fields.get("health") is None
    assert world.shop.our_comments("CHK-2") == []
    # And from the next look on, it is the person's.
    result = world.sync(full=True)
    assert result.plan is not None
    assert sorted((one.key, one.reason) for one in result.plan.conflicts) == [
        ("CHK-1", "cleared by a person since Dovetail wrote it"),
        ("CHK-2", "the comment was deleted by a person"),
    ]


def test_an_older_plan_does_not_undo_what_a_newer_one_wrote() -> None:
    world, plan = made()
    world.task("CHK-3", due="2026-10-01", parent="CHK-1")  # red
    world.write = replace(world.write, armed=True)
    world.sync()
    assert world.shop.item("CHK-1").fields["health"] == "red"
    world.shop.set_field("CHK-1", "health", None)
    outcome = applied(world, plan)
    assert outcome.states == {"unchanged": 1, "conflict": 1}
    assert [(one.key, one.reason) for one in outcome.conflicts] == [
        ("CHK-1", "Dovetail has written there since the plan was made")
    ]
    assert world.shop.item("CHK-1").fields.get("health") is None


def test_a_plan_that_builds_on_a_write_unknown_to_this_database_changes_nothing() -> None:
    world, plan = made()
    applied(world, plan)
    world.shop.edit("CHK-2", due=None)
    result = world.sync(dry_run=True)
    assert result.plan is not None
    assert [one.key for one in result.plan.writes] == ["CHK-2", "CHK-1"]
    before = world.written()
    world.store = open_store("sqlite://")
    outcome = applied(world, result.plan)
    assert [(one.key, one.reason) for one in outcome.conflicts] == [
        ("CHK-2", "this database knows nothing of the write that the plan builds on"),
        ("CHK-1", "this database knows nothing of the write that the plan builds on"),
    ]
    assert world.written() == before
