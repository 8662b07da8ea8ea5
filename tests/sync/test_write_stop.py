"""The kill switch: in the configuration, for one source, and as a file that is made during a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sync_world import ZONE, World

from connectors.base import Capability
from connectors.memory import MemoryConnector
from portfolio.errors import SafetyStop
from portfolio.intents import Intent, Receipt
from sync.apply import apply
from sync.plan_file import PlannedWrite
from sync.push_groups import push_groups
from sync.safety import Safety


class OneByOne(MemoryConnector):
    """Takes one item a call, and lets something happen after some of them."""

    def __init__(self, *arguments: Any, after: int, then: Callable[[], object]) -> None:
        super().__init__(*arguments)
        self.calls: list[list[str]] = []
        self._after, self._then = after, then

    @property
    def capabilities(self) -> Capability:
        return msgspec.structs.replace(super().capabilities, items_per_push=1)

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        self.calls.append([one.key for one in intents])
        yield from super().push(intents)
        if len(self.calls) == self._after:
            self._then()


def late(world: World, count: int) -> None:
    for number in range(1, count + 1):
        world.task(f"CHK-{number}", due="2026-11-19")


def test_a_file_stops_every_source_before_the_first_request(tmp_path: Path) -> None:
    stop = tmp_path / "dovetail.stop"
    world = World()
    world.safety = Safety(zone=ZONE, stop_file=stop)
    late(world, 2)
    stop.touch()
    result = world.sync()
    assert result.stops == [f"{stop} exists, so nothing is written; delete it to go on: 2 writes not sent."]
    assert (result.exit_code, world.written()) == (5, [])
    assert world.store.sources()["shop"].armed_at is None
    assert list(world.store.rows("write")) == []
    stop.unlink()
    assert world.sync().exit_code == 0
    assert len(world.written()) == 2


def test_with_nothing_to_write_a_stopped_sync_is_fine(tmp_path: Path) -> None:
    world = World()
    world.safety = Safety(zone=ZONE, stop_file=tmp_path / "dovetail.stop")
    (tmp_path / "dovetail.stop").touch()
    assert (world.sync().exit_code, world.sync().stops) == (0, [])


def test_a_run_under_way_stops_between_two_writes_and_the_rest_stays_unsent(tmp_path: Path) -> None:
    stop = tmp_path / "dovetail.stop"
    world = World()
    world.safety = Safety(zone=ZONE, stop_file=stop)
    shop = OneByOne(world.shop, "shop", after=2, then=stop.touch)
    world.connectors["shop"] = shop
    late(world, 5)
    world.task("B-1", on="boards", due="2026-11-19")
    result = world.sync()
    assert result.exit_code == 5
    assert shop.calls == [["CHK-1"], ["CHK-2"]]
    assert result.applied is not None
    assert result.applied.states == {"applied": 2}
    assert [one.key for one in result.applied.unsent] == ["CHK-3", "CHK-4", "CHK-5", "B-1"]
    assert result.stops == [f"{stop} exists, so nothing is written; delete it to go on: 4 writes not sent."]
    # The outbox holds nothing of what was not sent, so there is nothing to look up.
    assert [(one["key"], one["state"]) for one in world.store.rows("write")] == [
        ("CHK-1", "applied"),
        ("CHK-2", "applied"),
    ]
    stop.unlink()
    world.connectors["shop"] = MemoryConnector(world.shop, "shop")
    assert world.sync().exit_code == 0
    assert [len(world.shop.our_comments(f"CHK-{number}")) for number in range(1, 6)] == [1] * 5


def test_write_stop_of_one_source_leaves_the_others() -> None:
    world = World()
    world.safety = Safety(zone=ZONE, stopped={"shop": "write_stop of shop is true"})
    late(world, 1)
    world.task("B-1", on="boards", due="2026-11-19")
    result = world.sync()
    assert (result.exit_code, result.stops) == (5, ["write_stop of shop is true: 1 write not sent."])
    assert (world.shop.writes, len(world.boards.writes)) == ([], 1)


def test_a_plan_file_is_refused_whole_while_the_switch_is_on(tmp_path: Path) -> None:
    stop = tmp_path / "dovetail.stop"
    world = World(armed=False)
    late(world, 1)
    plan = world.sync().plan
    assert plan is not None
    for safety in (
        Safety(zone=ZONE, stop_file=stop),
        Safety(zone=ZONE, stopped={"boards": "write_stop is true"}),
    ):
        stop.touch()
        with pytest.raises(SafetyStop, match=r"Nothing was written"):
            apply(world.store, world.connectors, plan, run_id="r1", clock=world.clock, safety=safety)
        stop.unlink()
    assert world.written() == []
    assert world.store.sources()["shop"].armed_at is None


def test_a_switch_that_cannot_be_looked_for_is_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    broken = Safety(zone=ZONE, stop_file=tmp_path / "file" / "dovetail.stop")  # its folder is a file
    assert broken.why_stopped("shop") == (
        f"{tmp_path}/file/dovetail.stop cannot be looked for (Not a directory), so nothing is written"
    )


def test_a_link_to_nowhere_is_a_stop_file_too(tmp_path: Path) -> None:
    (tmp_path / "dovetail.stop").symlink_to(tmp_path / "nowhere")
    assert Safety(stop_file=tmp_path / "dovetail.stop").why_stopped("shop") is not None


def planned(item: str, slot: str, scope: str | None = None) -> PlannedWrite:
    return PlannedWrite(
        intent_id=f"{item}:{slot}", source="shop", item_id=item, native_id=item, key=item, slot=slot,
        field=slot, scope=scope,
    )  # fmt: skip


def groups(writes: list[PlannedWrite], **able: Any) -> list[list[str]]:
    capability = Capability(
        form="any", reads_history=False, detects_deletes="census", comment="marker", **able
    )
    return [[one.intent_id for one in group] for group in push_groups(writes, capability)]


def test_the_writes_of_an_item_go_together_and_so_many_items_at_once() -> None:
    writes = [
        planned("1", "comment"),
        planned("2", "comment"),
        planned("3", "comment"),
        planned("1", "health"),
    ]
    assert groups(writes, items_per_push=1) == [["1:comment", "1:health"], ["2:comment"], ["3:comment"]]
    assert groups(writes, items_per_push=2) == [["1:comment", "1:health", "2:comment"], ["3:comment"]]
    assert groups(writes) == [["1:comment", "1:health", "2:comment", "3:comment"]]
    assert groups([]) == []


def test_items_that_get_a_comment_go_in_smaller_groups_where_comments_are_slow_and_loud() -> None:
    writes = [
        planned("1", "health"),
        planned("2", "comment"),
        planned("3", "comment"),
        planned("4", "comment"),
        planned("2", "health"),
        planned("5", "health"),
    ]
    assert groups(writes, comments_per_push=2) == [
        ["1:health", "5:health"],
        ["2:comment", "2:health", "3:comment"],
        ["4:comment"],
    ]


def test_a_file_is_written_once_whatever_it_holds() -> None:
    writes = [
        planned("1", "health", "a.xml"),
        planned("2", "health", "b.xml"),
        planned("3", "health", "a.xml"),
    ]
    assert groups(writes, pushes_whole_scopes=True) == [["1:health", "3:health"], ["2:health"]]
