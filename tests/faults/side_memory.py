"""The tracker in memory, with its hands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from side import EVERYTHING, FIELDS, TUESDAY, Side, Standing

from connectors.base import Connector
from connectors.memory import ManualClock, MemoryConnector, MemoryTracker
from connectors.memory_tracker import LostAnswer
from portfolio.errors import AuthError, Unavailable


class MemorySide(Side):
    name = "memory"
    prefix: ClassVar[str] = "CHK"
    can = EVERYTHING
    faults = ("down", "lost before", "lost after", "locked out")

    def __init__(self) -> None:
        self.clock = ManualClock(TUESDAY)
        self.tracker = MemoryTracker(self.clock)
        self.tracker.add_person("ana", "Ana Berg", email="ana@shop.example")
        self._epic = self.tracker.add(f"{self.prefix}-1", kind="epic", owner_id="ana")
        self._count = 1

    @property
    def epic(self) -> str:
        return self._epic

    def connector(self) -> Connector:
        return MemoryConnector(self.tracker, self.name, page_size=3)

    def now(self) -> datetime:
        return self.clock()

    def pass_time(self, **duration: float) -> None:
        self.clock.advance(**duration)

    def _key(self, item: str) -> str:
        return self.tracker.items[item].key

    def add(self, due: date, *, is_owned: bool = True) -> str:
        self._count += 1
        owner = "ana" if is_owned else None
        key = f"{self.prefix}-{self._count}"
        return self.tracker.add(key, due=due, owner_id=owner, parent=f"{self.prefix}-1")

    def edit(self, item: str, due: date) -> None:
        self.tracker.edit(self._key(item), by="ana", due=due)

    def finish(self, item: str) -> None:
        self.tracker.edit(self._key(item), by="ana", state="done")

    def delete(self, item: str) -> None:
        self.tracker.delete(self._key(item))

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        # Permissions change no item and stand in no journal.
        self.tracker.items[item].is_hidden = is_hidden

    def move(self, item: str) -> None:
        self._count += 1
        self.tracker.move(self._key(item), f"PAY-{self._count}", by="ana")

    def reparent(self, item: str, parent: str | None) -> None:
        self.tracker.reparent(self._key(item), None if parent is None else self._key(parent))

    def comment(self, item: str, text: str) -> None:
        self.tracker.comment(self._key(item), text)

    def edit_ours(self, item: str, text: str) -> None:
        self.tracker.edit_comment(self._key(item), text)

    def delete_ours(self, item: str) -> None:
        self.tracker.delete_comment(self._key(item))

    def write_into(self, item: str, value: int) -> None:
        self.tracker.set_field(self._key(item), "open_findings", value, by="ana")

    def truth(self) -> dict[str, Standing]:
        return {
            one.native_id: Standing(one.values.get("due"), one.values.get("state") == "done", one.parent)
            for one in self.tracker.visible()
        }

    def ours(self, item: str) -> list[str]:
        return [one.body for one in self.tracker.our_comments(self._key(item))]

    def written(self, item: str) -> dict[str, Any]:
        fields = self.tracker.items[item].fields
        return {slot: fields[slot] for slot in FIELDS if slot in fields}

    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        error: BaseException = LostAnswer()
        if kind == "down":
            error = Unavailable(self.name, "503")
        elif kind == "locked out":
            error = AuthError(self.name, "401")
        what = "write" if on_writes else ("page", "census", "look")[nth % 3]
        self.tracker.fail(what, error, nth=nth, after_effect=kind == "lost after")

    def heal(self) -> None:
        self.tracker.heal()

    def close(self) -> None:
        self.heal()
