"""What all trackers of these tests share: what people do to one, what goes wrong, and what stands there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from connectors.base import Connector, Context
from simulators.faults import Fault

ZONE = ZoneInfo("Europe/Zurich")
TUESDAY = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
FIELDS = {"open_findings": "Open findings", "worst_finding": "Worst finding"}
# Lies and failures of the wire. `missing_rows` is not among them: nobody can tell a page that silently lacks
# a row from one whose item is gone, and only the census finds it again.
WIRE_FAULTS = (
    "down", "too many", "lost before", "lost after", "cut off", "cut off gzip", "sign-in page", "garbled",
    "no member", "locked out", "same page", "same token", "empty page", "elsewhere",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the tracker for one item that the account can see."""

    due: date | None
    is_done: bool
    parent: str | None


class Side(ABC):
    """One tracker. Items are named by their native id."""

    name: ClassVar[str]
    can: ClassVar[frozenset[str]] = frozenset()
    faults: ClassVar[tuple[str, ...]] = WIRE_FAULTS

    @abstractmethod
    def connector(self) -> Connector:
        """A connector of a new process."""

    @abstractmethod
    def now(self) -> datetime: ...

    def today(self) -> date:
        """The day in the portfolio's zone: in the evening it is ahead of UTC's."""
        return self.now().astimezone(ZONE).date()

    @abstractmethod
    def pass_time(self, **duration: float) -> None: ...

    @abstractmethod
    def add(self, due: date, *, is_owned: bool = True) -> str:
        """A person makes a task below the epic."""

    @abstractmethod
    def edit(self, item: str, due: date) -> None: ...

    @abstractmethod
    def finish(self, item: str) -> None: ...

    @abstractmethod
    def delete(self, item: str) -> None: ...

    @abstractmethod
    def truth(self) -> dict[str, Standing]:
        """Every item that the account can see."""

    @abstractmethod
    def ours(self, item: str) -> list[str]:
        """The texts of our living comments on an item."""

    @abstractmethod
    def written(self, item: str) -> dict[str, Any]:
        """What stands in our fields of an item, in the tracker's own words."""

    @abstractmethod
    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        """The nth request from now on goes wrong."""

    @abstractmethod
    def heal(self) -> None: ...

    # What only some trackers know; `can` says which.

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        raise NotImplementedError

    def move(self, item: str) -> None:
        raise NotImplementedError

    def reparent(self, item: str, parent: str | None) -> None:
        raise NotImplementedError

    def comment(self, item: str, text: str) -> None:
        raise NotImplementedError

    def edit_ours(self, item: str, text: str) -> None:
        raise NotImplementedError

    def delete_ours(self, item: str) -> None:
        raise NotImplementedError

    def write_into(self, item: str, value: int) -> None:
        raise NotImplementedError

    def own_findings(self, today: date) -> int:
        """Open findings on the epic itself: it has an owner and no date."""
        del today
        return 0

    def tasks(self) -> list[str]:
        """What may be worked on: everything but the epic."""
        return [item for item in self.truth() if item != self.epic]

    @property
    @abstractmethod
    def epic(self) -> str: ...

    @abstractmethod
    def close(self) -> None: ...


EVERYTHING = frozenset({"hide", "move", "reparent", "comment", "edit_ours", "delete_ours", "write_into"})


_WIRE: dict[str, dict[str, Any]] = {
    "down": {"kind": "status", "status": 503},
    "too many": {"kind": "status", "status": 429, "retry_after": "3"},
    "lost before": {"kind": "reset_before"},
    "lost after": {"kind": "reset_after"},
    "cut off": {"kind": "truncated"},
    "cut off gzip": {"kind": "truncated_gzip"},
    "sign-in page": {"kind": "html", "status": 203},
    "garbled": {"kind": "garbled"},
    "no member": {"kind": "missing_member", "member": "issues"},
    "locked out": {"kind": "status", "status": 401},
    "same page": {"kind": "duplicate_page"},
    "same token": {"kind": "token_loop"},
    "elsewhere": {"kind": "redirect"},
    "slow": {"kind": "slow"},
    "empty page": {"kind": "empty_page"},
}


def wire_fault(kind: str, nth: int | None = None, **further: Any) -> Fault:
    """A fault of the simulators by the name that people would give it."""
    return Fault(**{"times": 1, **_WIRE[kind], **({"nth": nth} if nth else {}), **further})


def context(clock: Callable[[], datetime], sleep: Callable[[float], None]) -> Context:
    return Context(timezone="Europe/Zurich", folder=Path(), clock=clock, sleep=sleep, say=lambda line: None)
