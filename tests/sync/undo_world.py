"""Taking a run back in a small world: what is shared by the tests of `undo`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sync_world import World

from sync.apply import ApplyOutcome, apply
from sync.plan import plan
from sync.plan_file import Plan, read_plan, write_plan
from sync.runs import running
from sync.undo import undo

FIELDS = {"health": "Portfolio health", "open_findings": "Open findings"}

sys.path.append(str(Path(__file__).parents[1] / "store"))


def an_epic(world: World) -> None:
    """An epic with a late task: a comment on the task, fields on the epic."""
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")


def standing(world: World) -> dict[str, Any]:
    """Our fields and our comments, as people see them."""
    return {
        item.key: (
            {slot: value for slot, value in item.fields.items() if value is not None},
            [(one.author, one.body) for one in item.comments],
        )
        for tracker in world.trackers.values()
        for item in tracker.items.values()
    }


def undo_plan(world: World, run: str) -> Plan:
    """The plan that takes a run back."""
    with running(world.store, "undo", clock=world.clock) as now:
        return undo(
            world.store, world.connectors, world.settings().plan, run, run_id=now.run_id, now=world.clock()
        )


def apply_plan(world: World, made: Plan, folder: Path | None = None) -> tuple[str, ApplyOutcome]:
    """Apply a plan as `dovetail apply` does, by way of a file where there is a folder."""
    if folder is not None:
        write_plan(made, folder / "plan.json")
        made = read_plan(folder / "plan.json")
    with running(world.store, "apply", clock=world.clock) as run:
        outcome = apply(
            world.store,
            world.connectors,
            made,
            run_id=run.run_id,
            clock=world.clock,
            by="Pia",
            allowed=world.settings().plan.writes,
            limits=world.limits,
        )
    return run.run_id, outcome


def ordinary_plan(world: World) -> Plan:
    """The plan of what is wanted."""
    with running(world.store, "plan", clock=world.clock) as run:
        return plan(
            world.store, world.connectors, world.settings().plan, run_id=run.run_id, now=world.clock()
        )
