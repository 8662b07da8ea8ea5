"""The limits that stop a run before it deletes or writes too much."""

from __future__ import annotations

import pytest
from sync_world import World

from portfolio.errors import SafetyStop
from sync.limits import Limits, Target, check_vanished, check_writes


@pytest.mark.parametrize(
    ("vanished", "known", "stops"),
    [
        (0, 0, False),
        (3, 4, False),  # a handful never stops
        (2, 2, True),  # unless it is all there is
        (1, 1, False),
        (4, 20, False),  # exactly a fifth
        (5, 20, True),
        (20, 100, False),
        (21, 100, True),
        (10, 0, False),  # the first read: nothing was known
    ],
)
def test_a_source_stops_when_more_than_a_fifth_vanishes(vanished: int, known: int, stops: bool) -> None:
    if stops:
        with pytest.raises(SafetyStop, match="no longer there"):
            check_vanished("shop", vanished, known, limits=Limits())
    else:
        check_vanished("shop", vanished, known, limits=Limits())


def targets(count: int, *, project: str | None = "checkout", source: str = "shop") -> list[Target]:
    return [Target(source, f"{source}/{number}", project) for number in range(count)]


def test_as_many_writes_as_allowed_pass_and_one_more_stops() -> None:
    limits = Limits(max_writes=10)
    check_writes(targets(10), {"shop": 1000}, limits=limits)
    with pytest.raises(SafetyStop, match=r"has 11 writes, more than limits\.max_writes \(10\)"):
        check_writes(targets(11), {"shop": 1000}, limits=limits)


def test_a_limit_per_project_counts_each_project_by_itself() -> None:
    limits = Limits(max_writes_per_project=5)
    both = [*targets(5), *targets(5, project="payments")]
    check_writes(both, {"shop": 1000}, limits=limits)
    with pytest.raises(SafetyStop, match="6 writes in project payments"):
        check_writes([*both, *targets(1, project="payments")], {"shop": 1000}, limits=limits)


def test_a_share_of_the_items_stops_only_past_fifty_of_them() -> None:
    check_writes(targets(50), {"shop": 60}, limits=Limits())
    with pytest.raises(SafetyStop, match="51 of the 60 items of shop"):
        check_writes(targets(51), {"shop": 60}, limits=Limits())


def test_several_writes_to_one_item_are_one_item() -> None:
    many = [Target("shop", "shop/1", None)] * 60
    check_writes(many, {"shop": 60}, limits=Limits())


def test_a_mass_write_stops_before_its_first_request() -> None:
    world = World()
    world.limits = Limits(max_writes=3)
    for number in range(1, 5):
        world.task(f"CHK-{number}", due="2026-11-19")
    result = world.sync()
    assert result.exit_code == 5
    assert result.stops[0].startswith("The plan has 4 writes, more than limits.max_writes (3).")
    assert world.written() == []
    assert list(world.store.rows("write")) == []
    assert world.store.sources()["shop"].armed_at is None
    world.limits = Limits(max_writes=4)
    assert world.sync().exit_code == 0
    assert len(world.written()) == 4
