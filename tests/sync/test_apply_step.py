"""What happens to a write that the tracker does not simply make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sync_world import World

from connectors.base import Capability
from connectors.memory import MemoryConnector
from portfolio.intents import Intent, Receipt
from sync.apply import apply
from sync.failed_writes import DecisionMade, decide_about
from sync.runs import running


def test_a_refused_write_is_reported_once_and_not_sent_again_until_somebody_asks() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.refuse("CHK-1", "comment", "You do not have the permission to comment on this issue.")
    first = world.sync()
    assert first.exit_code == 4
    assert first.applied is not None
    assert [(one.key, one.reason) for one in first.applied.refused] == [
        ("CHK-1", "You do not have the permission to comment on this issue.")
    ]
    second = world.sync()
    assert second.exit_code == 0
    assert second.plan is not None
    assert list(second.plan.writes) == []
    assert [one.reason for one in second.plan.skipped] == [
        "refused before: You do not have the permission to comment on this issue."
    ]
    world.shop.heal()
    failed = world.store.failed_writes("shop")
    decision = DecisionMade(state="retry", by="Pia")
    decide_about(world.store, failed, decision, run_id="r", now=world.clock())
    world.sync()
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_a_refused_write_is_tried_again_when_something_else_is_wanted() -> None:
    world = World(fields={"open_findings": "Open findings"}, comments=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.shop.refuse("CHK-1", "open_findings", "must be a number")
    world.sync()
    world.shop.heal()
    world.sync()
    assert world.shop.item("CHK-1").fields == {}
    world.task("CHK-3", due="2026-11-19", parent="CHK-1")
    world.sync()
    assert world.shop.item("CHK-1").fields == {"open_findings": 2}


def test_a_field_that_is_not_on_the_screen_is_named_in_the_plan_and_harms_nothing() -> None:
    world = World(fields={"open_findings": "Open findings"}, comments=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.shop.make_unwritable("CHK-1", "open_findings", "Open findings is not on the edit screen.")
    result = world.sync()
    assert result.exit_code == 0
    assert result.plan is not None
    assert [(one.key, one.reason) for one in result.plan.skipped] == [
        ("CHK-1", "Open findings is not on the edit screen.")
    ]


def test_an_item_that_was_deleted_after_the_plan_was_made_is_no_failure() -> None:
    world = World(armed=False)
    world.task("CHK-1", due="2026-11-19")
    result = world.sync()
    assert result.plan is not None
    world.shop.delete("CHK-1")
    with running(world.store, "apply", clock=world.clock) as run:
        outcome = apply(world.store, world.connectors, result.plan, run_id=run.run_id, clock=world.clock)
    assert ([one.key for one in outcome.gone], outcome.is_complete) == (["CHK-1"], True)


class Silent(MemoryConnector):
    """Answers some writes and forgets the rest."""

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        yield from super().push(intents[:1])


def test_a_write_without_a_receipt_is_looked_up_next_time() -> None:
    world = World()
    world.connectors["shop"] = Silent(world.shop, "shop")
    world.task("CHK-1", due="2026-11-19")
    world.task("CHK-2", due="2026-11-19")
    result = world.sync()
    assert result.exit_code == 4
    assert result.applied is not None
    assert result.applied.states == {"applied": 1, "unknown": 1}
    world.connectors["shop"] = MemoryConnector(world.shop, "shop")
    assert world.sync().exit_code == 0
    assert [len(world.shop.our_comments(key)) for key in ("CHK-1", "CHK-2")] == [1, 1]


class Forgetful(MemoryConnector):
    """A form of a tracker that has no place for anything."""

    @property
    def capabilities(self) -> Capability:
        return Capability(
            form="basic plan",
            reads_history=False,
            detects_deletes="census",
            comment="none",
            next_best_place="the notes of the task",
        )


def test_a_form_without_a_place_for_comments_or_fields_is_said_and_not_asked() -> None:
    world = World(fields={"health": "Health"})
    world.connectors["shop"] = Forgetful(world.shop, "shop")
    world.task("CHK-1", due="2026-11-19")
    result = world.sync()
    assert result.exit_code == 0
    assert result.plan is not None
    assert list(result.plan.notes) == [
        "shop: basic plan has no place for comments, health. Next best: the notes of the task."
    ]
    assert "look" not in world.shop.requests


def test_a_defect_while_writing_stops_that_source_only_and_leaves_its_writes_in_doubt() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.task("RET-1", on="boards", due="2026-11-19")
    world.shop.fail("write", KeyError("token=s3cret"), after_effect=True)
    result = world.sync()
    assert result.exit_code == 70
    assert result.applied is not None
    assert result.applied.states == {"unknown": 1, "applied": 1}
    assert "s3cret" not in str(result.applied)
    assert world.sync().exit_code == 0
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_the_audit_trail_says_of_every_write_where_what_and_why() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    result = world.sync()
    (row,) = world.store.rows("write")
    assert (row["run_id"], row["source"], row["key"], row["slot"], row["field"], row["state"]) == (
        result.run_id,
        "shop",
        "CHK-1",
        "comment",
        "comment",
        "applied",
    )
    assert (row["base"], row["before"], row["rules"]) == (None, None, ["due-passed"])
    assert row["remote_id"] == world.shop.our_comments("CHK-1")[0].comment_id


@pytest.mark.parametrize(
    ("waited", "asked"), [(timedelta(hours=23, minutes=59), 0), (timedelta(hours=24), 1)]
)
def test_a_refusal_stands_for_a_day_because_nobody_announces_a_permission(
    waited: timedelta, asked: int
) -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.refuse("CHK-1", "comment", "no permission")
    world.sync()
    world.shop.heal()
    world.clock.advance(seconds=waited.total_seconds())
    world.sync()
    assert len(world.shop.our_comments("CHK-1")) == asked


def test_a_full_run_asks_again_at_once() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    world.shop.refuse("CHK-1", "comment", "no permission")
    world.sync()
    world.shop.heal()
    world.sync()
    assert world.shop.our_comments("CHK-1") == []
    world.sync(full=True)
    assert len(world.shop.our_comments("CHK-1")) == 1


def test_a_refusal_that_was_booked_in_a_look_ahead_is_asked_again_today() -> None:
    world = World(fields={"open_findings": "Open findings"}, comments=False)
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.shop.refuse("CHK-1", "open_findings", "no permission")
    world.clock.advance(days=30)
    world.sync()
    world.shop.heal()
    world.clock.advance(days=-30)
    world.sync()
    assert world.shop.item("CHK-1").fields == {"open_findings": 1}
