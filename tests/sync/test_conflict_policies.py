"""Whose value stands where a person changed ours: the policies on the whole road, run after run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from sync_world import World

from connectors.memory import MemoryConnector
from connectors.source_safety import ConflictPolicy
from portfolio.intents import Intent, Receipt, Unknown
from sync.pipeline import SyncResult
from sync.wanted import WriteSettings


def epic(**conflicts: ConflictPolicy) -> World:
    """An epic with one late child, so that Dovetail wrote 1 into its field of open findings."""
    world = World(comments=False, fields={"open_findings": "Open findings"}, conflicts=conflicts)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.sync()
    assert shown(world) == 1
    return world


def shown(world: World) -> Any:
    return world.shop.item("CHK-1").fields.get("open_findings")


def one_more_late(world: World, key: str) -> SyncResult:
    world.clock.advance(hours=1)
    world.task(key, due="2026-11-19", parent="CHK-1")
    return world.sync()


def told(result: SyncResult) -> list[tuple[str, str]]:
    assert result.plan is not None
    return [(one.key, one.reason) for one in result.plan.conflicts]


def test_report_leaves_it_and_says_so_in_every_run() -> None:
    world = epic()
    world.shop.set_field("CHK-1", "open_findings", 7)
    for key in ("CHK-3", "CHK-4"):
        result = one_more_late(world, key)
        assert told(result) == [("CHK-1", "changed by a person since Dovetail wrote it")]
        assert shown(world) == 7


def test_theirs_is_said_nowhere_and_stands_until_something_else_is_wanted() -> None:
    world = epic(open_findings="theirs")
    world.shop.set_field("CHK-1", "open_findings", 7)
    first = one_more_late(world, "CHK-3")
    assert (told(first), shown(world)) == ([], 7)
    rows = [one for one in world.store.rows("write") if one["state"] == "kept"]
    assert [(one["before"], one["after"], one["reason"]) for one in rows] == [
        ("7", "2", "a person's value stands: `theirs`")
    ]
    again = world.sync()
    assert (told(again), shown(world)) == ([], 7)
    assert len([one for one in world.store.rows("write") if one["state"] == "kept"]) == 1
    one_more_late(world, "CHK-4")
    assert shown(world) == 3


def test_theirs_writes_again_even_what_dovetail_wrote_last() -> None:
    world = epic(default="theirs")
    world.shop.set_field("CHK-1", "open_findings", 7)
    one_more_late(world, "CHK-3")
    world.shop.edit("CHK-3", by="ana", due=date(2026, 12, 24))  # one again, as written
    world.clock.advance(hours=1)
    world.sync()
    assert shown(world) == 1


def test_a_value_that_a_person_set_again_after_ours_is_kept_again() -> None:
    world = epic(default="theirs")
    world.shop.set_field("CHK-1", "open_findings", 7)
    one_more_late(world, "CHK-3")
    one_more_late(world, "CHK-4")
    assert shown(world) == 3
    world.clock.advance(hours=1)
    world.shop.set_field("CHK-1", "open_findings", 7)
    one_more_late(world, "CHK-5")
    assert shown(world) == 7


def test_ours_overwrites_and_says_so_in_the_plan_and_in_the_audit_trail() -> None:
    world = epic(default="report", open_findings="ours")
    world.shop.set_field("CHK-1", "open_findings", 7)
    result = one_more_late(world, "CHK-3")
    reason = (
        "rollup of what is below; changed by a person since Dovetail wrote it, overwritten because the "
        "configuration says `ours`"
    )
    assert result.plan is not None
    assert [(one.before, one.wanted, one.reason) for one in result.plan.writes] == [(7, 2, reason)]
    assert shown(world) == 2
    assert {one["reason"] for one in world.store.rows("write") if one["before"] == "7"} == {reason}


def test_a_policy_is_of_its_source_alone() -> None:
    world = epic()
    world.writes = {
        "shop": world.write,
        "boards": WriteSettings(
            fields={"open_findings": "Open findings"}, armed=True, conflicts={"default": "ours"}
        ),
    }
    world.boards.add("B-1", kind="epic", owner_id="ana")
    world.task("B-2", on="boards", due="2026-11-19", parent="B-1")
    world.sync()
    for tracker, key in ((world.shop, "CHK-1"), (world.boards, "B-1")):
        tracker.set_field(key, "open_findings", 7)
    world.task("B-3", on="boards", due="2026-11-19", parent="B-1")
    one_more_late(world, "CHK-3")
    assert (shown(world), world.boards.item("B-1").fields["open_findings"]) == (7, 2)


def commented(**conflicts: ConflictPolicy) -> World:
    world = World(conflicts=conflicts)
    world.task("CHK-1", due="2026-11-19")
    world.sync()
    return world


def move_due(world: World) -> SyncResult:
    """Something that the comment shows changes."""
    world.clock.advance(hours=1)
    world.shop.edit("CHK-1", by="ana", due=date(2026, 11, 18))
    return world.sync()


@pytest.mark.parametrize("conflicts", [{}, {"default": "ours"}, {"default": "theirs"}, {"comment": "theirs"}])
def test_an_edited_and_a_deleted_comment_are_respected_under_every_policy(
    conflicts: dict[str, ConflictPolicy],
) -> None:
    world = commented(**conflicts)
    world.shop.edit_comment("CHK-1", "I know.")
    result = move_due(world)
    assert world.comment("CHK-1") == "I know."
    world.shop.delete_comment("CHK-1")
    again = world.sync(full=True)
    assert world.shop.our_comments("CHK-1") == []
    is_quiet = conflicts == {"comment": "theirs"}
    assert told(result) == ([] if is_quiet else [("CHK-1", "the comment was edited by a person")])
    assert told(again) == ([] if is_quiet else [("CHK-1", "the comment was deleted by a person")])


def test_comment_ours_overwrites_an_edit_and_makes_a_deleted_comment_again() -> None:
    world = commented(comment="ours")
    text = world.comment("CHK-1")
    world.shop.edit_comment("CHK-1", "I know.")
    assert told(move_due(world)) == []
    assert world.comment("CHK-1") == text.replace("19 Nov 2026", "18 Nov 2026")
    world.shop.delete_comment("CHK-1")
    assert told(world.sync(full=True)) == []
    assert len(world.shop.our_comments("CHK-1")) == 1


class Meddled(MemoryConnector):
    """A person edits the comment between the plan and the write."""

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        self.tracker.edit_comment("CHK-1", "I said: I know.")
        yield from super().push(intents)


def test_an_edit_that_the_plan_has_not_seen_is_respected_even_under_ours() -> None:
    world = commented(comment="ours")
    world.shop.edit_comment("CHK-1", "I know.")
    world.connectors["shop"] = Meddled(world.shop, "shop")
    result = move_due(world)
    assert result.applied is not None
    assert result.applied.states == {"conflict": 1}
    assert world.comment("CHK-1") == "I said: I know."


class Late(MemoryConnector):
    """The answer is lost, and the write arrives long after it was looked for."""

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        for intent in intents:
            yield Unknown(intent_id=intent.intent_id, reason="no answer")


@pytest.mark.parametrize("stands", [2, 7])
def test_our_own_write_that_arrives_late_is_no_persons_change(stands: int) -> None:
    world = epic()
    world.connectors["shop"] = Late(world.shop, "shop")
    one_more_late(world, "CHK-3")  # 2 is on its way
    world.connectors["shop"] = MemoryConnector(world.shop, "shop")
    world.sync(dry_run=True)  # looked for, and not found
    assert shown(world) == 1
    world.shop.set_field("CHK-1", "open_findings", stands)
    result = one_more_late(world, "CHK-4")
    if stands == 2:
        assert (told(result), shown(world)) == ([], 3)
    else:
        assert (told(result)[0][0], shown(world)) == ("CHK-1", 7)


def test_our_own_echo_is_no_persons_change() -> None:
    """What we wrote comes back with the next pull: nothing is planned, kept or reported."""
    for policy in ("report", "ours", "theirs"):
        world = epic(default=policy)
        before = world.written()
        for full in (False, True):
            world.clock.advance(hours=1)
            result = world.sync(full=full)
            assert result.plan is not None
            assert (list(result.plan.writes), told(result)) == ([], [])
        assert world.written() == before
        assert [one["state"] for one in world.store.rows("write")] == ["applied"]
