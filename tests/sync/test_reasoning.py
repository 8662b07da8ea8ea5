"""The reasoning behind a finding: each term of its rule with the value that the store holds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sync_world import World

from rules.rule import Override
from sync.check import check
from sync.placement import TreeNode
from sync.reasoning import derived_day, reasoning, reasonings


@pytest.fixture
def world() -> World:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    return world


def terms(world: World, finding: Any, override: Override | None = None) -> dict[tuple[str, str], Any] | None:
    (rule,) = [one for one in world.rules if one.id == finding.rule]
    found = reasoning(world.store, finding, rule, override, now=world.clock())
    return None if found is None else {(one.part, one.text): one.value for one in found}


def test_every_term_of_the_rule_has_its_value(world: World) -> None:
    said = terms(world, world.finding("due-passed", "CHK-1"))
    assert said is not None
    assert said["measure", "days_late: wd(effective_due, :today)"] == 3  # Friday, Monday, Tuesday
    assert said["flag", "days_late > 0"] is True
    assert said["where", "NOT is_done"] is True
    assert said["column", "effective_due"] == date(2026, 11, 19)
    assert derived_day(world.store) == date(2026, 11, 24)


def test_what_no_longer_holds_is_explained_as_it_stands_now(world: World) -> None:
    world.shop.edit("CHK-1", due=date(2026, 12, 15))
    world.sync()
    said = terms(world, world.finding("due-passed", "CHK-1"))
    assert said is not None
    assert said["flag", "days_late > 0"] is False


def test_a_subject_that_is_no_item_is_found_by_running_its_rule_again(world: World) -> None:
    world.store.mark_source("shop", error="the site does not answer")
    day = date(2026, 11, 24)
    check(world.store, world.settings().check, run_id="r", today=day, now=world.clock(), roll_up=list)
    (finding,) = [one for one in world.store.findings() if one.rule == "source-stale"]
    said = terms(world, finding)
    assert said is not None
    assert said["flag", "is_stale"] is True
    assert said["column", "source"] == "shop"


def test_all_findings_of_a_rule_are_explained_by_one_query(world: World) -> None:
    world.task("CHK-2", due="2026-11-20")
    world.sync()
    ones = [world.finding("due-passed", key) for key in ("CHK-1", "CHK-2")]
    (rule,) = [one for one in world.rules if one.id == "due-passed"]
    told = reasonings(world.store, ones[1:], rule, None, now=world.clock())
    assert told is not None
    texts = [one.text for one in told.terms if one.part != "parameter"]
    assert (
        dict(zip(texts, told.values[ones[1].finding_id], strict=True))["days_late: wd(effective_due, :today)"]
        == 2
    )
    assert ones[0].finding_id not in told.values


def test_of_many_findings_those_where_the_rule_is_another_are_left_to_themselves(world: World) -> None:
    world.tree = (TreeNode("web", "project", None, "Web", None, ["shop:CHK"]),)
    world.sync()
    one = world.finding("due-passed", "CHK-1")
    (rule,) = [one for one in world.rules if one.id == "due-passed"]
    for place, is_told in (("web", False), ("app", True)):
        override = Override(places={place: Override(severity="low")})
        told = reasonings(world.store, [one], rule, override, now=world.clock())
        assert told is not None
        assert (one.finding_id in told.values) is is_told


def test_a_subject_that_is_gone_has_no_values(world: World) -> None:
    finding = world.finding("due-passed", "CHK-1")
    world.store.tombstone("shop", {finding.item_id: "deleted"}, world.clock())
    assert terms(world, finding) is None


def test_nothing_is_explained_before_anything_was_derived(world: World) -> None:
    empty = World()
    (rule,) = [one for one in world.rules if one.id == "due-passed"]
    finding = world.finding("due-passed", "CHK-1")
    assert reasoning(empty.store, finding, rule, None, now=world.clock()) is None
