"""`plan --verify`: asks each tracker whether it would take the writes, where it can tell without writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from portfolio.errors import ConfigError, SourceError, StoreError
from portfolio.intents import COMMENT, Applied, Conflict, Gone, Receipt, Refused, Unchanged, Unknown
from sync.plan_file import Plan, PlannedWrite
from sync.progress import Progress, Tell, defect, failure, silent

if TYPE_CHECKING:
    from connectors.base import Connector

Answer: TypeAlias = Literal["accepted", "refused", "conflict", "gone", "unknown", "not asked"]
_METHODS: Mapping[str, str] = {
    "tracker": "was asked to validate without writing",
    "description": "cannot validate without writing; what it says of its fields and permissions was compared",
    "none": "cannot tell without writing",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """What the tracker says of one write."""

    write: PlannedWrite
    answer: Answer
    reason: str = ""


@dataclass(slots=True)
class VerifyOutcome:
    """What all of them say.

    Attributes:
        writes: every write of the plan, in its order.
        methods: how each source was asked, in words.
        failed: sources that could not be asked.
    """

    writes: list[Verified] = field(default_factory=list)
    methods: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """True where no write would be refused, as far as anybody can say."""
        return not self.failed and not any(one.answer in ("refused", "unknown") for one in self.writes)


def verify(connectors: Mapping[str, Connector], plan: Plan, *, tell: Tell = silent) -> VerifyOutcome:
    """Ask about every write of a plan. Nothing is written anywhere.

    Args:
        connectors: the sources by name.
        plan: as `plan` made it.
        tell: is told about every source.
    """
    outcome = VerifyOutcome()
    for source in dict.fromkeys(write.source for write in plan.writes):
        writes = [write for write in plan.writes if write.source == source]
        connector = connectors[source]
        receipts: dict[str, Receipt] = {}
        able = connector.capabilities
        outcome.methods[source] = f"{able.form} {_METHODS[able.validates_writes]}"
        try:
            if able.validates_writes != "none":
                receipts = {one.intent_id: one for one in connector.verify([one.intent() for one in writes])}
        except (SourceError, ConfigError) as error:
            outcome.failed[source] = failure(source, error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect in one connector must not stop the other sources
            outcome.failed[source] = f"{source}: {defect(error)}"
        outcome.writes += _answers(writes, receipts)
        tell(Progress(step="plan", source=source, what="verify", done=len(outcome.writes)))
    return outcome


def _answers(writes: Sequence[PlannedWrite], receipts: Mapping[str, Receipt]) -> list[Verified]:
    return [_verified(write, receipts.get(write.intent_id)) for write in writes]


def _verified(write: PlannedWrite, receipt: Receipt | None) -> Verified:
    match receipt:
        case None:
            what = "comments" if write.slot == COMMENT else "it"
            return Verified(write, "not asked", f"the tracker says nothing of {what} before it is written")
        case Unchanged() | Applied():
            return Verified(write, "accepted")
        case Refused(reason=reason):
            return Verified(write, "refused", reason)
        case Conflict(reason=reason):
            return Verified(write, "conflict", reason)
        case Gone(reason=reason):
            return Verified(write, "gone", reason)
        case Unknown(reason=reason):
            return Verified(write, "unknown", reason)
        case _:
            assert_never(receipt)
