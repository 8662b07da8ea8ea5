"""The story of a finding: rule, terms with values, dates with provenance."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sync_world import World

from portfolio.errors import Unavailable, UsageError
from sync.explain import Story, explain


def story(world: World, name: str) -> list[Story]:
    return explain(
        world.store, world.rules, world.overrides, name, today=date(2026, 11, 24), now=datetime.now(UTC)
    )


@pytest.fixture
def world() -> World:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("CHK-2", due="2026-12-19")
    world.sync()
    return world


def test_every_term_of_the_rule_has_its_value(world: World) -> None:
    (told,) = story(world, "CHK-1")
    assert told.rule is not None
    assert told.rule.id == "due-passed"
    assert told.holds is True
    said = {(one.part, one.text): one.value for one in told.terms}
    assert said["measure", "days_late: wd(effective_due, :today)"] == 3  # Friday, Monday, Tuesday
    assert said["where", "NOT is_done"] is True
    assert said["column", "effective_due"] == date(2026, 11, 19)


def test_its_dates_come_with_their_provenance_and_its_comment_with_its_id(world: World) -> None:
    (told,) = story(world, "CHK-1")
    dates = {fact.name: (fact.day, fact.provenance) for fact in told.dates}
    assert dates["effective_due"] == (date(2026, 11, 19), "own")
    (comment,) = world.shop.our_comments("CHK-1")
    assert told.comment_ids == {"CHK-1": comment.comment_id}


def test_a_finding_is_found_by_the_beginning_of_its_id(world: World) -> None:
    whole = world.finding("due-passed", "CHK-1").finding_id
    assert [one.finding.finding_id for one in story(world, whole[:8])] == [whole]


def test_what_was_cured_is_told_as_no_longer_holding(world: World) -> None:
    world.shop.edit("CHK-1", due=date(2026, 12, 1))
    world.sync()
    (told,) = story(world, "CHK-1")
    assert told.finding.state == "resolved"
    assert told.holds is False


def test_a_finding_that_is_not_about_an_item_is_explained_too(world: World) -> None:
    world.shop.fail("page", Unavailable("shop", "it does not answer."))
    world.sync()
    (finding,) = [one for one in world.store.findings() if one.rule == "source-stale"]
    (told,) = story(world, finding.finding_id)
    assert told.item is None
    assert told.holds is True


def test_an_item_without_findings_and_a_name_nobody_knows_are_said(world: World) -> None:
    with pytest.raises(UsageError, match="CHK-2 has no findings"):
        story(world, "CHK-2")
    with pytest.raises(UsageError, match="No item is called"):
        story(world, "nothing-like-it")
