"""How sources are brought up to date: lists, census, mappings, and what appears or vanishes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sync_world import TUESDAY, World

from portfolio.errors import Unavailable
from portfolio.records import IdPage
from sync.progress import Progress
from sync.pull import PullSettings, pull


def test_what_is_gone_for_longer_than_it_is_to_be_kept_is_forgotten_by_a_good_pull() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("CHK-2")
    world.sync()
    world.shop.delete("CHK-1")
    world.clock.advance(days=1)
    world.sync()
    keep = PullSettings(keep_gone=timedelta(days=30))

    def stored() -> list[str]:
        return sorted(world.store.read("tracker_item", ("key",), live_only=False)["key"])

    def pulled() -> None:
        pull(world.store, list(world.connectors.values()), run_id="r-9", now=world.clock(), settings=keep)

    world.clock.advance(days=30)
    pulled()
    assert stored() == ["CHK-1", "CHK-2"]
    world.clock.advance(minutes=1)
    pulled()
    assert stored() == ["CHK-2"]
    world.sync()
    assert (keys(world), stored()) == (["CHK-2"], ["CHK-2"])


def keys(world: World) -> list[object]:
    return [row["key"] for row in world.store.rows("item")]


def requests(world: World) -> dict[str, int]:
    """What one sync asks of the shop."""
    world.shop.requests.clear()
    world.sync()
    return {name: world.shop.requests.count(name) for name in sorted(set(world.shop.requests))}


def test_small_lists_are_read_on_their_own_clock_and_the_census_once_a_day() -> None:
    world = World()
    world.task("CHK-1")
    assert requests(world) == {"page": 3}
    world.clock.advance(minutes=59)
    assert requests(world) == {"page": 1}
    world.clock.advance(minutes=1)
    assert requests(world) == {"page": 3}
    world.clock.advance(hours=23)
    assert requests(world) == {"census": 1, "page": 3}


def test_a_full_run_reads_everything_again() -> None:
    world = World()
    for number in range(1, 5):
        world.task(f"CHK-{number}")
    world.sync()
    world.shop.requests.clear()
    result = world.sync(full=True)
    assert world.shop.requests == ["page", "page", "page", "page", "census"]
    assert (result.sources["shop"].new, result.sources["shop"].changed) == (0, 0)


def test_a_changed_mapping_makes_the_source_read_again_and_says_so() -> None:
    world = World()
    world.task("CHK-1")
    world.sync()
    world.connectors["shop"]._mapping_version = "2"
    result = world.sync()
    assert result.sources["shop"].notes == ["the mapping of fields has changed: everything is read again"]
    assert result.sources["shop"].unchanged == 3


def test_a_deleted_item_becomes_a_tombstone_at_the_next_census_and_its_findings_leave_the_scope() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("CHK-2", due="2026-11-19")
    world.sync()
    world.shop.delete("CHK-1")
    world.sync()
    assert keys(world) == ["CHK-1", "CHK-2"]
    world.clock.advance(days=1)
    result = world.sync()
    assert result.sources["shop"].gone == 1
    assert keys(world) == ["CHK-2"]
    (tombstone,) = [row for row in world.store.rows("item", deleted=True) if row["is_deleted"]]
    assert (tombstone["key"], tombstone["deleted_because"]) == ("CHK-1", "not in the census")
    assert world.finding("due-passed", "CHK-1").resolved_because == "out of scope"


def test_an_item_that_can_be_seen_again_without_a_change_is_found_by_the_census() -> None:
    world = World()
    for number in range(1, 6):
        world.task(f"CHK-{number}")
    world.sync()
    world.shop.hide("CHK-1")
    world.clock.advance(days=1)
    world.sync()
    assert keys(world) == ["CHK-2", "CHK-3", "CHK-4", "CHK-5"]
    item = next(one for one in world.shop.items.values() if one.key == "CHK-1")
    item.is_hidden = False  # a permission is granted: no item changes
    world.clock.advance(days=1)
    result = world.sync()
    assert keys(world) == ["CHK-1", "CHK-2", "CHK-3", "CHK-4", "CHK-5"]
    assert result.sources["shop"].notes == [
        "items: 1 items can be seen that were not known, so it is read from the beginning"
    ]


def test_an_item_that_is_listed_and_never_delivered_makes_everything_be_read_again_once() -> None:
    world = World()
    world.task("CHK-1")
    world.sync()
    connector = world.connectors["shop"]
    census = connector.census

    def with_a_ghost(stream: str) -> Iterator[IdPage]:
        for page in census(stream):
            yield IdPage(scope=page.scope, ids=[*page.ids, "shop/ghost"])

    connector.census = with_a_ghost  # type: ignore[method-assign]
    world.clock.advance(days=1)
    assert world.sync().sources["shop"].notes == [
        "items: 1 items can be seen that were not known, so it is read from the beginning",
        "items: 1 items are listed, but cannot be read",
    ]
    world.clock.advance(days=1)
    assert requests(world) == {"census": 1, "page": 3}


def test_an_item_that_moves_to_another_scope_keeps_its_identity_and_its_finding() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    before = world.finding("due-passed", "CHK-1")
    world.shop.move("CHK-1", "PAY-9")
    world.clock.advance(days=1)
    result = world.sync()
    assert result.sources["shop"].gone == 0
    after = world.finding("due-passed", "PAY-9")
    assert (after.finding_id, after.state, after.opened_at) == (before.finding_id, "open", TUESDAY)
    assert len(world.shop.our_comments("PAY-9")) == 1


def test_a_source_that_was_down_catches_up_and_is_marked_good_again() -> None:
    world = World()
    world.task("CHK-1")
    world.sync()
    world.shop.fail("page", Unavailable("shop", "503 on /items"), is_permanent=True)
    world.clock.advance(hours=1)
    world.sync()
    state = world.store.sources()["shop"]
    assert (state.error, state.last_good_at) == ("shop: 503 on /items", TUESDAY)
    world.shop.heal()
    world.clock.advance(hours=1)
    world.sync()
    state = world.store.sources()["shop"]
    assert (state.error, state.last_good_at) == (None, TUESDAY + timedelta(hours=2))


def test_a_failing_census_deletes_nothing_and_is_made_up_for_next_time() -> None:
    world = World()
    world.task("CHK-1")
    world.task("CHK-2")
    world.sync()
    world.shop.delete("CHK-1")
    world.shop.fail("census", Unavailable("shop", "503 on /ids"))
    world.clock.advance(days=1)
    assert world.sync().exit_code == 4
    assert keys(world) == ["CHK-1", "CHK-2"]
    assert world.sync().exit_code == 0
    assert keys(world) == ["CHK-2"]


@pytest.mark.parametrize("detects", ["events", "complete pages"])
def test_what_a_page_calls_gone_survives_a_failure_later_in_the_same_pull(detects: str) -> None:
    world = World()
    world.connectors["shop"]._detects = detects  # type: ignore[assignment]
    for number in range(1, 8):
        world.task(f"CHK-{number}")
    world.task("PAY-1")
    world.sync()
    world.shop.delete("CHK-1")
    world.shop.journal.append(next(iter(world.shop.items)))
    for number in range(2, 6):
        world.shop.edit(f"CHK-{number}", title=f"Title {number}")
    world.shop.fail("page", Unavailable("shop", "503"), nth=2)
    world.sync()
    assert "CHK-1" in keys(world)
    world.sync()
    assert "CHK-1" not in keys(world)


def test_an_announced_item_that_comes_back_before_the_end_is_alive() -> None:
    world = World()
    world.connectors["shop"]._detects = "events"
    for number in range(1, 5):
        world.task(f"CHK-{number}")
    world.sync()
    item = world.shop.item("CHK-1")
    item.is_deleted = True
    world.shop.journal.extend([item.native_id] * 3)
    world.shop.fail("page", Unavailable("shop", "503"), nth=2)
    world.task("CHK-5")
    world.sync()
    item.is_deleted = False
    world.shop.edit("CHK-1", title="restored")
    result = world.sync()
    assert result.sources["shop"].gone == 0
    assert "CHK-1" in keys(world)


def test_only_the_named_source_is_asked() -> None:
    world = World()
    world.task("CHK-1")
    world.task("RET-1", on="boards")
    result = world.sync(sources=["boards"])
    assert list(result.sources) == ["boards"]
    assert world.shop.requests == []
    assert keys(world) == ["RET-1"]


def test_a_source_that_could_not_even_be_opened_fails_like_any_other() -> None:
    world = World()
    world.task("CHK-1")
    world.sync()
    shop = world.connectors.pop("shop")
    result = world.sync(unopened={"shop": "shop: the token in JIRA_TOKEN is empty."})
    assert result.exit_code == 4
    assert result.sources["shop"].state == "failed"
    assert world.store.sources()["shop"].error == "shop: the token in JIRA_TOKEN is empty."
    world.connectors["shop"] = shop
    assert world.sync().exit_code == 0


def test_somebody_hears_of_every_page() -> None:
    world = World()
    for number in range(1, 5):
        world.task(f"CHK-{number}")
    heard: list[Progress] = []
    pull(
        world.store,
        [world.connectors["shop"]],
        run_id=world.store.start_run("pull", TUESDAY),
        now=TUESDAY,
        settings=PullSettings(),
        tell=heard.append,
    )
    assert [(one.source, one.what, one.done) for one in heard] == [
        ("shop", "people", 1),
        ("shop", "lists", 2),
        ("shop", "items", 5),
        ("shop", "items", 6),
    ]


def test_a_renamed_item_changes_its_row_and_nothing_else() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    world.shop.edit("CHK-1", title="Pay by invoice", due=date(2026, 11, 19))
    result = world.sync()
    assert (result.sources["shop"].new, result.sources["shop"].changed) == (1, 1)
    assert result.plan is not None
    assert list(result.plan.writes) == []
