"""The story of a finding: what drives it, what became of it, what would end it, where to go."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from sync_world import World

from commands.explain import _findings
from portfolio.story import Story
from sync.audit import finding_muted
from sync.story import tell


def story(world: World, key: str, rule: str = "due-passed") -> Story:
    (found,) = [one for one in world.rules if one.id == rule]
    return tell(world.store, world.finding(rule, key), found, None, now=world.clock())


@pytest.fixture
def world() -> World:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("CHK-2", due="2026-11-18")
    world.task("7", on="boards", due="2026-11-17")
    world.shop.link("CHK-2", "CHK-1")
    world.twins = [("shop:CHK-1", "boards:7")]
    world.sync()
    return world


def test_the_path_of_what_drives_an_item_is_told_with_who_and_when(world: World) -> None:
    told = story(world, "CHK-1")
    (step,) = told.drivers
    assert (step.source, step.key, step.state, step.due, step.is_late, step.owner) == (
        "shop", "CHK-2", "todo", date(2026, 11, 18), True, "Ana Berg",
    )  # fmt: skip
    assert story(world, "CHK-2").drivers == []


def test_each_condition_that_holds_is_a_way_out_with_its_values(world: World) -> None:
    told = story(world, "CHK-1")
    assert [(one.condition, dict(one.values)) for one in told.ways_out] == [
        ("NOT is_done", {"is_done": False}),
        ("NOT is_removed", {"is_removed": False}),
        ("effective_due IS NOT NULL", {"effective_due": date(2026, 11, 19)}),
        ("days_late > 0", {"days_late": 3}),
    ]
    assert [(one.name, one.provenance) for one in told.dates][:2] == [
        ("due", "in the tracker"), ("effective_due", "own"),
    ]  # fmt: skip
    world.shop.edit("CHK-1", due=date(2026, 12, 15))
    world.clock.advance(hours=1)
    world.sync()
    told = story(world, "CHK-1")
    assert (told.finding.state, told.ways_out) == ("resolved", [])


def test_what_checks_saw_and_what_people_decided_is_one_history(world: World) -> None:
    finding = world.finding("due-passed", "CHK-1")
    muted = msgspec.structs.replace(finding, state="suppressed", muted_by="Bo", muted_reason="agreed")
    event = finding_muted(muted, run_id="r", by="Bo", at=world.clock() + timedelta(minutes=1))
    world.store.save_findings([muted], "r", events=[event])
    world.clock.advance(days=30)
    world.sync()
    world.shop.edit("CHK-1", due=date(2027, 1, 15))
    world.clock.advance(hours=1)
    world.sync()
    assert [(one.what, one.by, one.text) for one in story(world, "CHK-1").history] == [
        ("opened", "", ""),
        ("suppressed", "Bo", "agreed"),
        ("raised", "", "as critical"),
        ("resolved", "", "fixed"),
    ]


def test_links_lead_to_the_item_its_counterpart_and_what_drives_it(world: World) -> None:
    told = story(world, "CHK-1")
    known = {row["key"]: row["url"] for row in world.store.rows("item")}
    assert [(one.role, one.key, one.url) for one in told.links] == [
        (role, key, known[key])
        for role, key in (("item", "CHK-1"), ("counterpart", "7"), ("driver", "CHK-2"))
        if known[key]
    ]
    assert [(row["key"], row["state"]) for row in told.writes] == [("CHK-1", "applied")]


def test_a_rule_that_is_gone_and_an_item_that_is_gone_are_said(world: World) -> None:
    finding = world.finding("due-passed", "CHK-1")
    told = tell(world.store, finding, None, None, now=world.clock())
    assert (told.rule, told.terms, told.ways_out) == (None, None, [])
    gone = msgspec.structs.replace(finding, item_id="shop/999", comment_items=())
    (rule,) = [one for one in world.rules if one.id == "due-passed"]
    told = tell(world.store, gone, rule, None, now=world.clock())
    assert (told.item, told.terms, told.dates, told.drivers, told.links) == (None, None, [], [], [])


def test_a_finding_that_is_held_back_was_not_opened(world: World) -> None:
    world.shop.edit("CHK-2", is_blocked=True)
    world.clock.advance(minutes=5)
    world.sync()
    assert [one.what for one in story(world, "CHK-2", "stays-blocked").history] == ["pending"]


def test_what_an_item_is_called_comes_before_the_beginning_of_an_id() -> None:
    """Azure DevOps numbers its items, and a number begins ids of findings, too."""
    world = World()
    world.task("T-1", due="2026-11-19")
    world.sync()
    (other,) = world.store.findings()
    world.task(other.finding_id[:4], on="boards", due="2026-11-19")
    world.sync()
    assert [one.key for one in _findings(world.store, other.finding_id[:4])] == [other.finding_id[:4]]
    assert _findings(world.store, other.finding_id[:6]) == [world.finding("due-passed", "T-1")]
