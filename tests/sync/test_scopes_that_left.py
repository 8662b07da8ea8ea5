"""Scopes that a census does not name: taken out of the configuration, hidden or renamed; looks ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sync_world import World

from connectors.base import Capability
from connectors.memory import MemoryConnector
from portfolio.records import IdPage


class Named(MemoryConnector):
    """A source whose census names some scopes only."""

    names_every_scope = True
    scopes: tuple[str, ...] = ("CHK", "PAY")

    @property
    def capabilities(self) -> Capability:
        return Capability(
            form="in memory",
            reads_history=True,
            detects_deletes="census",
            comment="marker",
            census_names_every_scope=self.names_every_scope,
            list_streams=frozenset({"people", "lists"}),
        )

    def census(self, stream: str) -> Iterator[IdPage]:
        return (page for page in super().census(stream) if page.scope in self.scopes)


def two_projects() -> tuple[World, Named]:
    world = World()
    shop = Named(world.shop, "shop")
    world.connectors["shop"] = shop
    for key in ("CHK-1", "CHK-2", "PAY-1"):
        world.task(key, due="2026-11-19")
    world.sync()
    world.sync()  # its own comments have touched the items; from here on nothing is news
    world.clock.advance(days=1)
    return world, shop


def keys(world: World) -> list[object]:
    return [row["key"] for row in world.store.rows("item")]


def test_what_the_configuration_no_longer_names_is_gone_at_the_next_census() -> None:
    world, shop = two_projects()
    shop.scopes = ("CHK",)
    result = world.sync()
    assert (result.exit_code, result.sources["shop"].gone) == (0, 1)
    assert keys(world) == ["CHK-1", "CHK-2"]
    (tombstone,) = [row for row in world.store.rows("item", deleted=True) if row["is_deleted"]]
    assert (tombstone["key"], tombstone["deleted_because"]) == (
        "PAY-1",
        "its project or plan is no longer read",
    )
    assert world.finding("due-passed", "PAY-1").resolved_because == "out of scope"


def test_what_the_account_no_longer_sees_is_said_and_stays() -> None:
    world, shop = two_projects()
    shop.scopes, shop.names_every_scope = ("CHK",), False
    result = world.sync()
    assert (result.exit_code, result.sources["shop"].gone) == (4, 0)
    assert result.sources["shop"].notes == ["PAY cannot be read, so nothing is concluded about its items"]
    assert keys(world) == ["CHK-1", "CHK-2", "PAY-1"]


def test_where_a_named_scope_cannot_be_read_its_items_may_stand_under_another_name() -> None:
    world, shop = two_projects()
    shop.scopes = ("CHK",)
    world.shop.unreadable_scopes.add("CHK")
    result = world.sync()
    assert (result.exit_code, result.sources["shop"].gone) == (4, 0)
    assert keys(world) == ["CHK-1", "CHK-2", "PAY-1"]


@pytest.mark.parametrize("names_every_scope", [True, False])
def test_an_item_that_another_scope_lists_has_only_moved(names_every_scope: bool) -> None:
    world, shop = two_projects()
    shop.names_every_scope = names_every_scope
    item = next(one for one in world.shop.items.values() if one.key == "PAY-1")
    item.scope = "CHK"  # a project that was renamed moves no item's clock
    shop.scopes = ("CHK",)
    result = world.sync()
    assert (result.exit_code, result.sources["shop"].gone) == (0, 0)
    assert keys(world) == ["CHK-1", "CHK-2", "PAY-1"]


def test_a_configuration_that_loses_too_much_stops_until_a_person_accepts_it() -> None:
    world, shop = two_projects()
    for number in range(3, 9):
        world.task(f"CHK-{number}")
    world.sync()
    world.clock.advance(days=1)
    shop.scopes = ("PAY",)
    assert world.sync().exit_code == 5
    assert len(keys(world)) == 9
    world.accept_vanished = frozenset({"shop"})
    assert world.sync().sources["shop"].gone == 8
    assert keys(world) == ["PAY-1"]


def test_a_changed_mapping_counts_the_scopes_in_the_same_run() -> None:
    world, shop = two_projects()
    shop.scopes = ("CHK",)
    world.clock.advance(days=-1)  # no census is due
    assert world.sync().sources["shop"].gone == 0
    shop._mapping_version = "2"
    assert world.sync().sources["shop"].gone == 1


@pytest.mark.parametrize(
    ("ahead", "requests"),
    [(timedelta(0), {"page": 1}), (timedelta(days=30), {"census": 1, "page": 3})],
)
def test_a_look_ahead_does_not_keep_lists_and_census_from_being_read_today(
    ahead: timedelta, requests: dict[str, int]
) -> None:
    world = World()
    world.task("CHK-1")
    world.sync()
    world.clock.advance(seconds=ahead.total_seconds())
    world.sync()
    world.clock.advance(seconds=-ahead.total_seconds())
    world.shop.requests.clear()
    world.sync()
    assert {name: world.shop.requests.count(name) for name in set(world.shop.requests)} == requests
