"""What a tracker refuses or never answers is kept, shown, asked again or left alone, as people decide."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sync_world import World

from connectors.memory import LostAnswer
from store import FailedWrite
from sync.failed_writes import DecisionMade, decide_about, waits_until


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


def silent_world(times: int) -> World:
    """A late task whose comment went out so often and never got an answer, an hour apart or more."""
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.fail("write", LostAnswer(), is_permanent=True)
    for number in range(times):
        world.clock.advance(hours=2 if number else 0)
        assert world.sync().exit_code == 4
    assert failed(world).failures == times
    return world


def sent(world: World) -> int:
    """Another run; how many writes went out in it, and whether it looked before."""
    world.shop.requests.clear()
    world.sync()
    if "write" in world.shop.requests:
        assert world.shop.requests.index("look") < world.shop.requests.index("write")
    return world.shop.requests.count("write")


def test_a_place_without_an_answer_is_tried_twice_more_at_once_and_then_waits_an_hour() -> None:
    world = silent_world(2)
    assert sent(world) == 1
    assert failed(world).failures == 3
    assert sent(world) == 0
    world.clock.advance(minutes=59, seconds=59)
    assert sent(world) == 0
    world.clock.advance(seconds=1)
    assert sent(world) == 1


@pytest.mark.parametrize(("times", "hours"), [(3, 1), (4, 2), (5, 4), (6, 8), (7, 16), (8, 24), (9, 24)])
def test_the_wait_doubles_up_to_a_day(times: int, hours: int) -> None:
    world = silent_world(1)
    one = FailedWrite(**{name: getattr(failed(world), name) for name in FailedWrite.__struct_fields__})
    until = waits_until(msgspec.structs.replace(one, failures=times))
    assert until is not None
    assert until - one.last_at == timedelta(hours=hours)
    assert waits_until(msgspec.structs.replace(one, failures=2)) is None
    assert waits_until(msgspec.structs.replace(one, failures=times, state="refused")) is None


def test_a_place_that_waits_is_said_and_is_no_failure_of_the_run() -> None:
    world = silent_world(3)
    result = world.sync()
    assert result.exit_code == 0
    assert result.plan is not None
    assert [(one.key, one.reason) for one in result.plan.skipped] == [
        ("CHK-1", "no answer, 3 times; it waits until 2026-11-24 14:00 UTC")
    ]


def test_a_place_that_waits_is_not_written_for_another_value_either_but_by_a_full_run() -> None:
    world = silent_world(3)
    world.shop.edit("CHK-1", owner_id=None)
    assert sent(world) == 0
    world.shop.heal()
    world.sync(full=True)
    assert len(world.shop.our_comments("CHK-1")) == 1
    assert world.store.failed_writes() == []


def test_a_retry_releases_a_place_that_waits_once() -> None:
    world = silent_world(3)
    decide(world, "retry")
    assert sent(world) == 1
    assert (failed(world).state, failed(world).failures) == ("unknown", 4)
    assert sent(world) == 0


def test_what_was_written_after_all_is_found_while_its_place_waits() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    for _ in range(2):
        world.shop.fail("write", LostAnswer())
        world.sync()
    world.shop.fail("write", LostAnswer(), after_effect=True)
    world.sync()
    assert failed(world).failures == 3
    assert sent(world) == 0
    assert len(world.shop.our_comments("CHK-1")) == 1
    assert len(world.shop.mails) == 1
    assert world.store.failed_writes() == []


def test_the_other_places_of_the_source_do_not_wait() -> None:
    world = silent_world(3)
    world.shop.heal()
    world.task("CHK-2", due="2026-11-19")
    world.sync()
    assert [len(world.shop.our_comments(key)) for key in ("CHK-1", "CHK-2")] == [0, 1]


def test_a_clock_that_was_set_back_makes_no_place_wait_longer() -> None:
    world = silent_world(3)
    world.shop.heal()
    world.clock.advance(days=-3)
    world.sync()
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_a_decision_is_an_entry_of_the_audit_trail() -> None:
    world = refused_world()
    decide(world, "ignored", days=10)
    (entry,) = world.store.audit(event="failed write")
    assert (entry.key, entry.slot, entry.outcome) == ("CHK-1", "comment", "ignored")
    assert entry.details is not None
    assert (entry.details["by"], entry.details["why"], entry.details["reason"]) == (
        "Pia", "the field goes away", "no permission",
    )  # fmt: skip
