"""`plan --verify`: what the trackers would refuse, asked without writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import pytest
from sync_world import World

from connectors.base import Capability
from connectors.memory import MemoryConnector
from portfolio.errors import Unavailable
from portfolio.intents import Intent, Receipt
from sync.plan_file import Plan
from sync.verify import VerifyOutcome, verify


def planned() -> tuple[World, Plan]:
    world = World(armed=False, fields={"open_findings": "Open findings"})
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.task("B-1", on="boards", due="2026-11-19")
    plan = world.sync().plan
    assert plan is not None
    return world, plan


def answers(outcome: VerifyOutcome) -> list[tuple[str, str, str, str]]:
    return [(one.write.key, one.write.slot, one.answer, one.reason) for one in outcome.writes]


def test_each_write_gets_the_trackers_answer_and_none_is_made() -> None:
    world, plan = planned()
    world.shop.refuse("CHK-1", "open_findings", "TF401320: Open findings must be between 0 and 5.")
    world.boards.delete("B-1")
    outcome = verify(world.connectors, plan)
    assert answers(outcome) == [
        ("CHK-2", "comment", "accepted", ""),
        ("CHK-1", "open_findings", "refused", "TF401320: Open findings must be between 0 and 5."),
        ("B-1", "comment", "gone", "not found"),
    ]
    assert outcome.methods["shop"] == "in memory was asked to validate without writing"
    assert (outcome.is_accepted, outcome.failed) == (False, {})
    assert world.written() == []
    assert list(world.store.rows("write")) == []


class Mute(MemoryConnector):
    """A tracker that cannot validate without writing."""

    @property
    def capabilities(self) -> Capability:
        return msgspec.structs.replace(super().capabilities, validates_writes="none", form="A plain table")

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        raise AssertionError("it was asked all the same")


def test_a_tracker_that_cannot_tell_is_not_asked_and_that_is_said() -> None:
    world, plan = planned()
    world.connectors["boards"] = Mute(world.boards, "boards")
    outcome = verify(world.connectors, plan)
    assert answers(outcome)[-1] == (
        "B-1", "comment", "not asked", "the tracker says nothing of comments before it is written",
    )  # fmt: skip
    assert outcome.methods["boards"] == "A plain table cannot tell without writing"
    assert outcome.is_accepted


class Down(MemoryConnector):
    """A tracker that cannot be reached."""

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        raise Unavailable("boards", "no answer")
        yield  # type: ignore[unreachable]


class Broken(MemoryConnector):
    """A defect of ours."""

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        raise KeyError("s3cret")
        yield  # type: ignore[unreachable]


@pytest.mark.parametrize(("kind", "said"), [(Down, "boards: no answer"), (Broken, "boards: ")])
def test_a_tracker_that_fails_harms_no_other(kind: type[MemoryConnector], said: str) -> None:
    world, plan = planned()
    world.connectors["boards"] = kind(world.boards, "boards")
    outcome = verify(world.connectors, plan)
    assert [one[2] for one in answers(outcome)] == ["accepted", "accepted", "not asked"]
    assert outcome.failed["boards"].startswith(said)
    assert "s3cret" not in outcome.failed["boards"]
    assert not outcome.is_accepted
