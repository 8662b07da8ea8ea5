"""The canary: a few places are written to first, and alone, until they have stood."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sync_world import ZONE, World

from portfolio.errors import UsageError
from sync.apply import apply
from sync.canary import Canary
from sync.safety import Safety


@pytest.mark.parametrize(
    ("places", "source", "key", "scope", "is_covered"),
    [
        (["shop:CHK"], "shop", "CHK-1", "CHK", True),
        (["shop:CHK"], "shop", "CHKX-1", "CHKX", False),
        (["shop:CHK"], "boards", "CHK-1", "CHK", False),
        (["shop:chk-1"], "shop", "CHK-1", "CHK", True),
        (["shop:CHK-1"], "shop", "CHK-12", "CHK", False),  # a key is whole
        (["boards:Retail\\Checkout"], "boards", "12", "Retail\\Checkout\\Web", True),
        (["boards:Retail\\Checkout"], "boards", "12", "Retail\\Checkouts", False),
        (["boards:Retail/Checkout"], "boards", "12", "Retail\\Checkout", True),
        (["boards:12"], "boards", "12", None, True),
        (["plans:office.xml"], "plans", "office#3", "plans/office.xml", True),
        ([], "shop", "CHK-1", "CHK", False),
    ],
)
def test_a_place_is_a_scope_with_what_is_below_it_or_a_key(
    places: list[str], source: str, key: str, scope: str | None, is_covered: bool
) -> None:
    assert Canary(places).covers(source, key, scope) is is_covered


def late(world: World) -> None:
    for key in ("CHK-1", "CHK-2"):
        world.task(key, due="2026-11-19")
    world.task("B-1", on="boards", due="2026-11-19")


def with_canary(stands_for: timedelta | None = timedelta(hours=24)) -> World:
    world = World()
    world.safety = Safety(zone=ZONE, canary=Canary(["shop:CHK-2"], stands_for))
    late(world)
    return world


def written_keys(world: World) -> list[str]:
    return sorted(key for key, _, _ in world.written())


def test_only_the_canary_is_written_to_and_what_waits_is_counted() -> None:
    world = with_canary()
    result = world.sync()
    assert result.plan is not None
    assert [one.key for one in result.plan.writes] == ["CHK-2"]
    assert list(result.plan.notes) == [
        "shop: 1 item waits outside limits.canary until its first write has stood for 24 hours.",
        "boards: 1 item waits outside limits.canary until its first write has stood for 24 hours.",
    ]
    assert (result.exit_code, written_keys(world)) == (0, ["CHK-2"])


def test_after_it_has_stood_everything_is_written_to() -> None:
    world = with_canary()
    world.sync()
    world.clock.advance(hours=23, minutes=59)
    result = world.sync()
    assert result.plan is not None
    assert result.plan.notes[0] == "shop: 1 item waits outside limits.canary until 2026-11-25 09:00 UTC."
    assert written_keys(world) == ["CHK-2"]
    world.clock.advance(minutes=1)
    world.sync()
    assert written_keys(world) == ["B-1", "CHK-1", "CHK-2"]


def test_it_begins_with_its_first_write_not_with_the_first_run() -> None:
    world = with_canary()
    world.safety = Safety(zone=ZONE, canary=Canary(["shop:CHK-9"], timedelta(hours=24)))
    world.sync()
    world.clock.advance(days=3)
    world.sync()
    assert world.written() == []


def test_a_full_run_does_not_begin_it_again() -> None:
    world = with_canary()
    world.sync()
    world.clock.advance(days=1)
    world.sync(full=True)
    assert written_keys(world) == ["B-1", "CHK-1", "CHK-2"]


def test_without_a_time_it_lasts_until_it_is_taken_out() -> None:
    world = with_canary(None)
    world.sync()
    world.clock.advance(days=2)
    result = world.sync()
    assert result.plan is not None
    assert result.plan.notes[0] == (
        "shop: 1 item waits outside limits.canary until limits.canary is taken out of the configuration."
    )
    world.safety = Safety(zone=ZONE)
    world.sync()
    assert written_keys(world) == ["B-1", "CHK-1", "CHK-2"]


def test_another_canary_stands_for_itself() -> None:
    world = with_canary()
    world.sync()
    world.clock.advance(days=2)
    world.safety = Safety(zone=ZONE, canary=Canary(["shop:CHK-1"], timedelta(hours=24)))
    world.sync()
    assert written_keys(world) == ["CHK-1", "CHK-2"]


def test_comments_of_an_earlier_database_are_still_found_after_the_canary() -> None:
    """The first look for them is not over while places are held back."""
    from store import open_store

    world = World()
    late(world)
    world.sync()
    before = world.written()
    world.store = open_store("sqlite://")
    world.safety = Safety(zone=ZONE, canary=Canary(["shop:CHK-2"], timedelta(hours=24)))
    world.sync()
    world.safety = Safety(zone=ZONE)
    world.sync()
    assert world.written() == before


def test_a_plan_made_before_the_canary_is_refused() -> None:
    world = World(armed=False)
    late(world)
    plan = world.sync().plan
    assert plan is not None
    canary = Safety(zone=ZONE, canary=Canary(["shop:CHK-2"]))
    with pytest.raises(UsageError, match=r"writes to CHK-1 in shop, outside limits\.canary"):
        apply(world.store, world.connectors, plan, run_id="r1", clock=world.clock, safety=canary)
    assert world.written() == []


def test_applying_a_part_of_a_plan_arms_nothing_and_the_whole_follows() -> None:
    world = World(armed=False)
    late(world)
    plan = world.sync().plan
    assert plan is not None
    one = apply(
        world.store, world.connectors, plan, run_id="r1", clock=world.clock, only=Canary(["shop:CHK-2"])
    )
    assert (one.states, one.armed, written_keys(world)) == ({"applied": 1}, [], ["CHK-2"])
    assert world.sync().unarmed == ["shop", "boards"]
    whole = apply(world.store, world.connectors, plan, run_id="r2", clock=world.clock)
    assert whole.states == {"applied": 2, "unchanged": 1}
    assert whole.armed == ["shop", "boards"]


def test_a_plan_says_the_scope_that_its_places_are_compared_with() -> None:
    world = World(armed=False)
    late(world)
    plan = world.sync().plan
    assert plan is not None
    found = {one.key: one.scope for one in plan.writes}
    assert found == {
        key: world.trackers[on].item(key).scope
        for key, on in (("CHK-1", "shop"), ("CHK-2", "shop"), ("B-1", "boards"))
    }
    assert msgspec.json.decode(msgspec.json.encode(plan.writes[0]))["scope"] == found["CHK-1"]
