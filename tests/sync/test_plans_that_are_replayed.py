"""A plan file is used up by what is written after it was made, even where everything looks as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sync_world import World
from undo_world import FIELDS, an_epic, apply_plan, ordinary_plan, standing, undo_plan

from portfolio.errors import UsageError
from sync.apply import apply
from sync.canary import Canary


def armed_by_plan(**options: Any) -> World:
    world = World(fields=FIELDS, armed=False, **options)
    an_epic(world)
    world.sync()
    return world


def test_a_plan_that_is_older_than_an_undo_writes_nothing_and_lifts_no_hold(tmp_path: Path) -> None:
    world = armed_by_plan()
    before = standing(world)
    made = ordinary_plan(world)
    world.clock.advance(minutes=1)
    run, outcome = apply_plan(world, made)
    assert outcome.applied == 3
    apply_plan(world, undo_plan(world, run))
    with pytest.raises(UsageError, match=f"made before shop was held: run {run} was undone"):
        apply_plan(world, made, tmp_path)
    assert standing(world) == before
    assert world.store.sources()["shop"].held_because == f"run {run} was undone"
    # One that was made afterwards was read after it.
    world.clock.advance(minutes=1)
    assert apply_plan(world, ordinary_plan(world), tmp_path)[1].applied == 3


def test_a_value_that_came_and_went_is_not_written_by_an_older_plan_again() -> None:
    world = armed_by_plan()
    made = ordinary_plan(world)
    world.clock.advance(minutes=1)
    run, _ = apply_plan(world, made)
    apply_plan(world, undo_plan(world, run))
    before = standing(world)
    # As `sync` applies what it has planned a moment ago: nothing is asked of the plan itself.
    again = apply(world.store, world.connectors, made, run_id="r-9", clock=world.clock)
    assert again.states == {"conflict": 3}
    assert {one.reason for one in again.conflicts} == {"Dovetail has written there since the plan was made"}
    assert standing(world) == before


def test_an_undo_that_is_applied_twice_is_used_up_by_the_first_time() -> None:
    world = armed_by_plan()
    world.clock.advance(minutes=1)
    run, _ = apply_plan(world, ordinary_plan(world))
    back = undo_plan(world, run)
    world.clock.advance(minutes=1)
    apply_plan(world, back)
    before = standing(world)
    _, again = apply_plan(world, back)
    assert again.states == {"unchanged": 3}
    assert standing(world) == before


def test_a_plan_of_which_a_part_was_applied_writes_the_rest() -> None:
    world = armed_by_plan()
    made = ordinary_plan(world)
    world.clock.advance(minutes=1)
    first = apply(
        world.store, world.connectors, made, run_id="r-1", clock=world.clock, only=Canary(["shop:CHK-1"])
    )
    assert first.states == {"applied": 2}
    _, whole = apply_plan(world, made)
    assert whole.states == {"unchanged": 2, "applied": 1}
