"""The same work side by side: where the trackers disagree, and who changed what last."""

from __future__ import annotations

from datetime import date

import pytest
from sync_world import World

from portfolio.errors import UsageError
from sync.reconcile import compare


@pytest.fixture
def world() -> World:
    world = World()
    world.task("CHK-1", due="2026-12-01")
    world.task("W-7", on="boards", due="2026-12-01", title="Payment page of CHK-1")
    world.task("CHK-2", due="2026-12-01")
    return world


def test_twins_that_say_the_same_agree(world: World) -> None:
    world.sync()
    (pair,) = compare(world.store)
    assert [side.key for side in pair.sides] == ["W-7", "CHK-1"]
    assert pair.evidence == "title"
    assert pair.agrees
    assert list(pair.differs) == []


def test_a_date_that_differs_is_named_with_who_changed_it_last(world: World) -> None:
    world.sync()
    world.clock.advance(hours=1)
    world.shop.edit("CHK-1", by="Ana Berg", due=date(2026, 12, 8))
    world.sync()
    (pair,) = compare(world.store, ["CHK-1"])
    assert list(pair.differs) == ["due", "effective_due"]
    assert not pair.agrees
    boards, shop = pair.sides
    assert (boards.values["due"], shop.values["due"]) == (date(2026, 12, 1), date(2026, 12, 8))
    change = shop.changes["due"]
    assert (change.before, change.after, change.at) == ("2026-12-01", "2026-12-08", world.clock())


def test_done_in_one_tracker_and_open_in_the_other_differs_but_done_and_removed_do_not(world: World) -> None:
    world.shop.edit("CHK-1", state="done")
    world.sync()
    assert "state" in compare(world.store)[0].differs
    world.boards.edit("W-7", state="removed")
    world.sync()
    assert "state" not in compare(world.store)[0].differs


def test_what_a_side_does_not_say_is_unknown_and_no_difference(world: World) -> None:
    world.shop.edit("CHK-1", due=None)
    world.sync()
    (pair,) = compare(world.store)
    assert "due" in pair.unknown
    assert "due" not in pair.differs


@pytest.mark.parametrize("name", ["CHK-1", "shop:CHK-1", "W-7"])
def test_a_pair_is_found_by_either_of_its_names(world: World, name: str) -> None:
    world.sync()
    assert len(compare(world.store, [name])) == 1


def test_a_name_that_nobody_knows_and_an_item_without_a_twin_are_said(world: World) -> None:
    world.sync()
    with pytest.raises(UsageError, match="No item is called 'CHK-99'"):
        compare(world.store, ["CHK-99"])
    with pytest.raises(UsageError, match="CHK-2 stands in one tracker only"):
        compare(world.store, ["CHK-2"])
