"""Rollup fields over trackers: both sides say the same, and what moved away leaves no old number behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sync_world import World

FIELDS = {
    "health": "Health",
    "percent_complete": "Progress",
    "open_risks": "Risks",
    "open_findings": "Findings",
    "worst_finding": "Worst",
    "slip_wd": "Slip",
}


@pytest.fixture
def world() -> World:
    """Epic A in both trackers, with a child in each; epic B in Jira alone; all below one initiative."""
    world = World(comments=False, fields=FIELDS)
    world.shop.add("CHK-9", kind="initiative", owner_id="ana")
    world.shop.add("CHK-1", kind="epic", owner_id="ana", parent="CHK-9")
    world.shop.add("CHK-2", kind="epic", owner_id="ana", parent="CHK-9")
    world.boards.add("BRD-1", kind="epic", owner_id="ana")
    world.twins = [("shop:CHK-1", "boards:BRD-1")]
    # 20 November is past: one finding of high severity for each that is still open.
    world.task("CHK-3", due="2026-11-20", parent="CHK-1")
    world.task("BRD-3", on="boards", due="2026-12-18", parent="BRD-1", state="done")
    world.task("CHK-4", due="2026-12-18", parent="CHK-2", state="done")
    return world


def fields(world: World, key: str) -> dict[str, Any]:
    tracker = world.boards if key.startswith("BRD") else world.shop
    return {name: tracker.item(key).fields.get(name) for name in ("percent_complete", "open_findings")}


def again(world: World) -> int:
    """Another run; how many writes it made."""
    before = len(world.written())
    assert world.sync().exit_code == 0
    return len(world.written()) - before


def settle(world: World) -> None:
    """The next run after this one has nothing to write."""
    assert again(world) == 0


def test_both_sides_show_the_same_rollup_in_their_own_fields(world: World) -> None:
    world.sync()
    shown = dict(world.shop.item("CHK-1").fields)
    assert shown == {
        "health": "amber",
        "percent_complete": 50,
        "open_risks": 0,
        "open_findings": 1,
        "worst_finding": "high",
    }
    assert world.boards.item("BRD-1").fields == shown
    settle(world)


def test_the_plan_names_the_rules_of_findings_below_either_side(world: World) -> None:
    plan = world.sync(dry_run=True).plan
    assert plan is not None
    rules = {(one.key, one.slot): list(one.rules) for one in plan.writes}
    assert rules["BRD-1", "health"] == rules["CHK-1", "health"] == rules["CHK-9", "health"] == ["due-passed"]
    assert rules["CHK-2", "health"] == []


def move(world: World) -> None:
    world.shop.reparent("CHK-3", "CHK-2")


def move_to_no_parent(world: World) -> None:
    world.shop.reparent("CHK-3", None)


def delete(world: World) -> None:
    world.shop.delete("CHK-3")


def hide(world: World) -> None:
    world.shop.hide("CHK-3")


def remove(world: World) -> None:
    world.shop.edit("CHK-3", state="removed")


@pytest.mark.parametrize(
    ("change", "second", "initiative"),
    [
        # CHK-9 holds CHK-3 wherever it hangs below it; BRD-3 and CHK-4 are done.
        (move, {"percent_complete": 50, "open_findings": 1}, {"percent_complete": 67, "open_findings": 1}),
        (
            move_to_no_parent,
            {"percent_complete": 100, "open_findings": 0},
            {"percent_complete": 100, "open_findings": 0},
        ),
        (
            delete,
            {"percent_complete": 100, "open_findings": 0},
            {"percent_complete": 100, "open_findings": 0},
        ),
        (hide, {"percent_complete": 100, "open_findings": 0}, {"percent_complete": 100, "open_findings": 0}),
        (
            remove,
            {"percent_complete": 100, "open_findings": 0},
            {"percent_complete": 100, "open_findings": 0},
        ),
    ],
)
def test_what_leaves_a_container_leaves_no_number_behind_in_it_its_twin_or_above(
    world: World,
    change: Callable[[World], None],
    second: dict[str, int],
    initiative: dict[str, int],
) -> None:
    world.sync()
    assert fields(world, "CHK-1") == fields(world, "BRD-1") == {"percent_complete": 50, "open_findings": 1}
    assert fields(world, "CHK-2") == {"percent_complete": 100, "open_findings": 0}
    assert fields(world, "CHK-9") == {"percent_complete": 67, "open_findings": 1}
    change(world)
    world.clock.advance(days=1)  # the census that sees deletions is due again
    world.sync()
    assert fields(world, "CHK-1") == fields(world, "BRD-1") == {"percent_complete": 100, "open_findings": 0}
    assert world.shop.item("CHK-1").fields["worst_finding"] == "none"
    assert world.boards.item("BRD-1").fields["worst_finding"] == "none"
    assert world.boards.item("BRD-1").fields["health"] == "green"
    assert fields(world, "CHK-2") == second
    assert fields(world, "CHK-9") == initiative
    settle(world)


def test_the_run_that_sees_a_move_plans_exactly_what_it_changes(world: World) -> None:
    world.sync()
    world.shop.reparent("CHK-3", "CHK-2")
    plan = world.sync(dry_run=True).plan
    assert plan is not None
    moved = {(one.key, one.slot, one.before, one.wanted) for one in plan.writes}
    assert moved == {
        ("CHK-1", "health", "amber", "green"),
        ("CHK-1", "percent_complete", 50, 100),
        ("CHK-1", "open_findings", 1, 0),
        ("CHK-1", "worst_finding", "high", "none"),
        ("BRD-1", "health", "amber", "green"),
        ("BRD-1", "percent_complete", 50, 100),
        ("BRD-1", "open_findings", 1, 0),
        ("BRD-1", "worst_finding", "high", "none"),
        ("CHK-2", "health", "green", "amber"),
        ("CHK-2", "percent_complete", 100, 50),
        ("CHK-2", "open_findings", 0, 1),
        ("CHK-2", "worst_finding", None, "high"),
    }


def test_work_that_moves_between_the_trackers_of_one_epic_changes_nothing_in_its_rollup(world: World) -> None:
    world.sync()
    world.shop.delete("CHK-3")
    world.task("BRD-4", on="boards", due="2026-11-20", parent="BRD-1")
    world.clock.advance(days=1)
    world.sync()
    assert fields(world, "CHK-1") == fields(world, "BRD-1") == {"percent_complete": 50, "open_findings": 1}


def test_work_that_moves_into_another_trackers_container_counts_there_and_no_longer_here(
    world: World,
) -> None:
    world.boards.add("BRD-2", kind="feature", owner_id="ana")
    world.twins.append(("shop:CHK-2", "boards:BRD-2"))
    world.sync()
    assert fields(world, "CHK-2") == fields(world, "BRD-2") == {"percent_complete": 100, "open_findings": 0}
    world.boards.reparent("BRD-3", "BRD-2")  # from A's side in Azure DevOps to B's side there
    world.sync()
    assert fields(world, "CHK-1") == fields(world, "BRD-1") == {"percent_complete": 0, "open_findings": 1}
    assert fields(world, "CHK-2") == fields(world, "BRD-2") == {"percent_complete": 100, "open_findings": 0}
    world.boards.reparent("BRD-2", "BRD-1")  # and B as a whole below A, which only one of its trackers says
    world.sync()
    assert fields(world, "CHK-1") == fields(world, "BRD-1") == {"percent_complete": 67, "open_findings": 1}
    assert fields(world, "CHK-9") == {"percent_complete": 67, "open_findings": 1}
    settle(world)


def test_a_twin_that_is_confirmed_or_rejected_changes_both_sides_in_the_next_run(world: World) -> None:
    twins, world.twins = world.twins, []
    world.sync()
    assert fields(world, "CHK-1") == {"percent_complete": 0, "open_findings": 1}
    assert fields(world, "BRD-1") == {"percent_complete": 100, "open_findings": 0}
    world.twins = twins
    world.sync()
    assert fields(world, "CHK-1") == fields(world, "BRD-1") == {"percent_complete": 50, "open_findings": 1}
    world.twins = []
    world.sync()
    assert fields(world, "CHK-1") == {"percent_complete": 0, "open_findings": 1}
    assert fields(world, "BRD-1") == {"percent_complete": 100, "open_findings": 0}
    settle(world)


def test_an_epic_that_loses_its_last_child_is_as_complete_as_its_own_state_says(world: World) -> None:
    world.task("CHK-5", due="2026-12-18", parent="CHK-2")
    world.sync()
    assert fields(world, "CHK-2")["percent_complete"] == 50
    world.shop.reparent("CHK-4", "CHK-1")
    world.shop.reparent("CHK-5", "CHK-1")
    world.sync()
    assert fields(world, "CHK-2")["percent_complete"] == 0
    world.shop.edit("CHK-2", state="done")
    world.sync()
    assert fields(world, "CHK-2")["percent_complete"] == 100
    settle(world)


def test_a_source_that_fails_turns_the_other_trackers_epic_grey_and_is_not_written_itself(
    world: World,
) -> None:
    for number in (5, 6, 7):
        world.task(f"BRD-{number}", on="boards", due="2026-12-18", parent="BRD-1", state="in_progress")
    world.shop.edit("CHK-3", due=None)
    world.sync()
    assert world.shop.item("CHK-1").fields["health"] == "green"
    before = len(world.boards.writes)
    world.boards.fail("page", ConnectionError("no route"), is_permanent=True)
    world.sync()
    assert world.shop.item("CHK-1").fields["health"] == "grey"
    (epic,) = world.store.rows("item", where={"key": "CHK-1"})
    assert epic["health_reason"].endswith("boards could not be read")
    assert len(world.boards.writes) == before
    world.boards.heal()
    world.sync()
    assert world.shop.item("CHK-1").fields["health"] == "green"
