"""A canary that is taken back, killed, or passed by: what began it, and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sync_world import ZONE, World
from undo_world import apply_plan, undo_plan

from connectors.memory import MemoryConnector
from portfolio.intents import Intent, Receipt
from sync.apply import apply
from sync.canary import Canary
from sync.plan_file import Plan
from sync.safety import Safety

CANARY = Safety(zone=ZONE, canary=Canary(["shop:CHK-2"], timedelta(hours=24)))


def late(**options: Any) -> World:
    world = World(**options)
    for key in ("CHK-1", "CHK-2"):
        world.task(key, due="2026-11-19")
    world.task("B-1", on="boards", due="2026-11-19")
    return world


def keys(world: World) -> list[str]:
    return sorted({key for key, _, _ in world.written()})


def apply_undo(world: World, made: Plan) -> None:
    outcome = apply(
        world.store, world.connectors, made, run_id="r-undo", clock=world.clock, safety=world.safety
    )
    assert outcome.states == {"applied": len(made.writes)}


def test_taking_an_older_run_back_elsewhere_does_not_begin_it() -> None:
    world = late()
    world.task("CHK-3", due="2026-11-19")
    world.writes = {"shop": world.write}
    first = world.sync()
    world.safety = Safety(zone=ZONE, canary=Canary(["boards:B-1"], timedelta(hours=24)))
    apply_undo(world, undo_plan(world, first.run_id))
    assert world.safety.canary.begun_at(world.store) is None


def test_taking_the_canary_back_keeps_all_other_places_waiting() -> None:
    world = late()
    world.safety = CANARY
    first = world.sync()
    assert keys(world) == ["CHK-2"]
    world.clock.advance(hours=1)
    apply_undo(world, undo_plan(world, first.run_id))
    world.clock.advance(days=2)
    result = world.sync()
    assert list(result.held) == ["shop"]
    assert keys(world) == ["CHK-2"]
    assert world.boards.writes == []


def test_a_canary_that_was_taken_back_begins_with_its_next_write() -> None:
    world = late()
    world.safety = CANARY
    first = world.sync()
    apply_undo(world, undo_plan(world, first.run_id))
    world.clock.advance(days=2)
    plan = world.sync().plan
    assert plan is not None
    apply(world.store, world.connectors, plan, run_id="r-2", clock=world.clock, safety=CANARY)
    world.clock.advance(hours=23, minutes=59)
    world.sync()
    assert keys(world) == ["CHK-2"]
    world.clock.advance(minutes=1)
    world.sync()
    assert keys(world) == ["B-1", "CHK-1", "CHK-2"]


def test_taking_a_run_back_after_the_canary_has_stood_does_not_begin_it_again() -> None:
    world = late()
    world.safety = CANARY
    first = world.sync()
    world.clock.advance(days=1)
    world.sync()
    assert keys(world) == ["B-1", "CHK-1", "CHK-2"]
    apply_undo(world, undo_plan(world, first.run_id))
    assert not world.safety.canary.holds(world.store, world.clock())


def test_a_run_that_is_killed_after_the_first_write_has_begun_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = late()
    world.task("CHK-0", due="2026-11-19")
    canary = Canary(["shop:CHK-2", "shop:CHK-1"], timedelta(hours=24))
    world.safety = Safety(zone=ZONE, canary=canary)
    pushing = MemoryConnector.push

    def killed_in_between(self: MemoryConnector, intents: Sequence[Intent]) -> Iterator[Receipt]:
        yield from pushing(self, intents[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(MemoryConnector, "push", killed_in_between)
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    assert canary.begun_at(world.store) == world.clock()


def test_an_undo_by_file_holds_its_source_as_before(tmp_path: Any) -> None:
    world = late()
    first = world.sync()
    _, outcome = apply_plan(world, undo_plan(world, first.run_id), tmp_path)
    assert sorted(outcome.held) == ["boards", "shop"]
