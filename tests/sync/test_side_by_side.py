"""The same work side by side: where the trackers disagree, and who changed what last."""

from __future__ import annotations

from datetime import date

import pytest
from sync_world import World

from portfolio.errors import UsageError
from sync.reconcile import SideBySide, side_by_side, unequal_pairs


@pytest.fixture
def world() -> World:
    world = World()
    world.task("CHK-1", due="2026-12-01", title="Payment page")
    world.task("W-7", on="boards", due="2026-12-01", title="Payment page of CHK-1")
    world.task("CHK-2", due="2026-12-01")
    return world


def together(world: World, key: str) -> SideBySide:
    (found,) = side_by_side(world.store, key)
    return found


def test_work_that_says_the_same_in_both_trackers_differs_in_its_title_alone(world: World) -> None:
    world.sync()
    found = together(world, "CHK-1")
    assert [item["key"] for item in found.items] == ["CHK-1", "W-7"]
    assert found.differences == ["title"]
    assert unequal_pairs(world.store) == []


def test_a_date_that_differs_is_named_with_who_changed_it_last(world: World) -> None:
    world.sync()
    world.clock.advance(hours=1)
    world.shop.edit("CHK-1", by="ana", due=date(2026, 12, 8))
    world.sync()
    found = together(world, "W-7")
    assert [item["key"] for item in found.items] == ["W-7", "CHK-1"]
    assert {"due", "effective_due"} <= set(found.differences)
    lines = {name: values for name, values, _ in found.lines()}
    assert lines["due"] == [date(2026, 12, 1), date(2026, 12, 8)]
    change = found.last_changes(world.store)[found.items[1]["item_id"], "due"]
    assert (change["before"], change["after"], change["by"]) == ("2026-12-01", "2026-12-08", "Ana Berg")
    assert change["at"] == world.clock()
    (pair,) = unequal_pairs(world.store)
    assert abs(pair["due_gap_wd"]) == 5
    due = {pair["a_key"]: pair["a_due"], pair["b_key"]: pair["b_due"]}
    assert due == {"W-7": date(2026, 12, 1), "CHK-1": date(2026, 12, 8)}


def test_done_and_open_differ_but_done_and_removed_are_both_an_end(world: World) -> None:
    world.shop.edit("CHK-1", state="done")
    world.sync()
    assert "state" in together(world, "CHK-1").differences
    world.boards.edit("W-7", state="removed")
    world.sync()
    assert "state" not in together(world, "CHK-1").differences


def test_what_a_side_does_not_say_is_shown_as_unknown_and_no_difference(world: World) -> None:
    world.shop.edit("CHK-1", due=None)
    world.sync()
    found = together(world, "CHK-1")
    assert ("due", [None, date(2026, 12, 1)], False) in found.lines()


@pytest.mark.parametrize("name", ["CHK-1", "chk-1", "shop:CHK-1", "W-7"])
def test_work_is_found_by_any_of_its_names(world: World, name: str) -> None:
    world.sync()
    assert {item["key"] for item in together(world, name).items} == {"CHK-1", "W-7"}


def test_an_item_without_a_counterpart_stands_alone_and_an_unknown_name_is_said(world: World) -> None:
    world.sync()
    assert [item["key"] for item in together(world, "CHK-2").items] == ["CHK-2"]
    with pytest.raises(UsageError, match="There is no item CHK-99"):
        side_by_side(world.store, "CHK-99")
