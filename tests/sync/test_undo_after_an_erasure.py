"""An erased person does not come back with an undo, and no pseudonym is written into a tracker."""

from __future__ import annotations

from sync_world import World
from undo_world import an_epic, apply_plan, undo_plan

from sync.audit import check_trail
from sync.erase import erase, find_person


def test_a_value_from_which_a_person_was_erased_is_left_and_the_rest_is_taken_back() -> None:
    world = World(fields={"health": "Portfolio health", "worst_finding": "Worst"})
    an_epic(world)
    world.shop.set_field("CHK-1", "worst_finding", "Ask Ines Kaya")
    world.shop.add_person("ines", "Ines Kaya", email="ines@shop.example")
    run = world.sync().run_id
    stands = world.shop.item("CHK-1").fields["worst_finding"]
    person, _, _ = find_person(world.store, "ines@shop.example", {})
    found = erase(world.store, person, None, now=world.clock(), by="Pia", dry_run=False)
    assert {"engine_audit", "engine_write"} <= {one.place for one in found}
    made = undo_plan(world, run)
    assert [(one.slot, one.reason) for one in made.skipped] == [
        ("worst_finding", "a person was erased from what stood there before")
    ]
    assert sorted(one.slot for one in made.writes) == ["comment", "health"]
    apply_plan(world, made)
    assert world.shop.item("CHK-1").fields["worst_finding"] == stands
    assert check_trail(world.store, {}).problem is None
