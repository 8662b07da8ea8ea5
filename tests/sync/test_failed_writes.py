"""What a tracker refuses or never answers is kept, shown, asked again or left alone, as people decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sync_world import World

from connectors.memory import LostAnswer
from store import FailedWrite
from sync.failed_writes import DecisionMade, decide_about


def refused_world() -> World:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.refuse("CHK-1", "comment", "no permission")
    assert world.sync().exit_code == 4
    return world


def failed(world: World) -> FailedWrite:
    (one,) = world.store.failed_writes()
    return one


def decide(world: World, state: str, *, days: int | None = None) -> None:
    until = None if days is None else world.clock() + timedelta(days=days)
    decision = DecisionMade(state=state, by="Pia", why="the field goes away", until=until)
    decide_about(world.store, [failed(world)], decision, run_id="r", now=world.clock())


def test_a_refusal_is_kept_with_the_trackers_words_and_how_often() -> None:
    world = refused_world()
    one = failed(world)
    assert (one.key, one.slot, one.state, one.reason, one.failures) == (
        "CHK-1", "comment", "refused", "no permission", 1,
    )  # fmt: skip
    world.clock.advance(hours=25)
    world.sync()
    assert failed(world).failures == 2
    world.shop.heal()
    world.sync(full=True)
    assert world.store.failed_writes() == []


def test_a_retry_asks_in_the_next_run_and_once() -> None:
    world = refused_world()
    decide(world, "retry")
    world.shop.requests.clear()
    assert world.sync().exit_code == 4
    assert failed(world).state == "refused"
    second = world.sync()
    assert second.plan is not None
    assert [one.reason for one in second.plan.skipped] == ["refused before: no permission"]


@pytest.mark.parametrize("full", [False, True])
def test_what_is_ignored_is_not_asked_before_its_day_even_by_a_full_run(full: bool) -> None:
    world = refused_world()
    decide(world, "ignored", days=10)
    world.shop.heal()
    world.clock.advance(days=9, hours=23)
    result = world.sync(full=full)
    assert world.shop.our_comments("CHK-1") == []
    assert result.plan is not None
    assert [one.reason for one in result.plan.skipped] == [
        "ignored until 2026-12-04 by Pia: the field goes away"
    ]
    assert result.exit_code == 0
    world.clock.advance(hours=1)
    world.sync()
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_what_is_ignored_is_not_asked_for_another_value_either() -> None:
    world = refused_world()
    decide(world, "ignored", days=10)
    world.shop.heal()
    world.shop.edit("CHK-1", owner_id=None)
    world.sync()
    assert world.shop.our_comments("CHK-1") == []


def test_a_retry_takes_an_ignore_back() -> None:
    world = refused_world()
    decide(world, "ignored", days=10)
    world.shop.heal()
    decide(world, "retry")
    world.sync()
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_what_is_no_longer_wanted_is_no_longer_an_error_but_an_ignore_stays() -> None:
    world = refused_world()
    world.shop.edit("CHK-1", state="done")
    world.sync()
    assert world.store.failed_writes() == []
    world = refused_world()
    decide(world, "ignored", days=10)
    world.shop.edit("CHK-1", state="done")
    world.sync()
    assert failed(world).state == "ignored"


@pytest.mark.parametrize("was_made", [False, True])
def test_an_unknown_outcome_is_looked_up_before_anything_is_repeated(was_made: bool) -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.fail("write", LostAnswer(), after_effect=was_made)
    assert world.sync().exit_code == 4
    assert (failed(world).state, failed(world).reason) == ("unknown", "the answer was lost")
    decide(world, "retry")
    world.shop.requests.clear()
    world.sync()
    assert world.shop.requests.index("look") < len(world.shop.requests)
    assert world.shop.requests.count("write") == (0 if was_made else 1)
    assert len(world.shop.our_comments("CHK-1")) == 1
    assert len(world.shop.mails) == 1
    assert world.store.failed_writes() == []


def test_a_decision_is_an_entry_of_the_audit_trail() -> None:
    world = refused_world()
    decide(world, "ignored", days=10)
    (entry,) = world.store.audit(event="failed write")
    assert (entry.key, entry.slot, entry.outcome) == ("CHK-1", "comment", "ignored")
    assert entry.details is not None
    assert (entry.details["by"], entry.details["why"], entry.details["reason"]) == (
        "Pia", "the field goes away", "no permission",
    )  # fmt: skip
