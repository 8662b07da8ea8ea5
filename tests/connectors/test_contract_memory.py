"""The reference connector passes the suite that every connector must pass, however deletions become known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest

from connectors.contract import ConnectorContract, World
from connectors.memory import ManualClock, MemoryConnector, MemoryTracker
from portfolio.records import ItemId


class MemoryWorld(World):
    def __init__(self, detects_deletes: Literal["events", "census", "complete pages"]) -> None:
        self.clock = ManualClock()
        self.tracker = MemoryTracker(self.clock)
        self.detects = detects_deletes
        self.made = 0

    def connect(self) -> MemoryConnector:
        return MemoryConnector(self.tracker, detects_deletes=self.detects, page_size=3)

    def arrange(self, count: int) -> Sequence[ItemId]:
        self.made += count
        numbers = range(self.made - count + 1, self.made + 1)
        return [f"memory/{self.tracker.add(f'MEM-{number}')}" for number in numbers]

    def change(self, item: ItemId) -> None:
        self.tracker.edit(self._key(item), title="changed by a person")

    def delete(self, item: ItemId) -> None:
        self.tracker.delete(self._key(item))

    def settle(self) -> None:
        self.clock.advance(minutes=5)

    def requests(self) -> int:
        return len(self.tracker.requests)

    def writes(self) -> int:
        return len(self.tracker.writes)

    def _key(self, item: ItemId) -> str:
        return self.tracker.items[item.removeprefix("memory/")].key


class TestMemoryConnector(ConnectorContract):
    @pytest.fixture(params=["census", "events", "complete pages"])
    def world(self, request: pytest.FixtureRequest) -> World:
        return MemoryWorld(request.param)
