"""Where a run can die: every commit of the store and every send to a tracker, counted as the run meets them.

The hooks sit in the product's own code, so a boundary that is added later is found without a list of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from connectors import transfer
from connectors.memory_tracker import MemoryTracker
from connectors.ms_project import replacement
from store import database, pages


class KilledError(BaseException):
    """The process is gone: nothing may catch it, and nothing of it works any more."""


class Crossings:
    """Counts boundaries, and dies at the chosen one.

    Attributes:
        passed: every boundary, in order: `before commit`, `after commit`, `before send …`, `after send …`.
        page_transactions: pages stored together with their cursors.
    """

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.page_transactions = 0
        self.requests = 0
        self.kills = 0
        self._die_at: int | None = None
        self._is_dead = False
        self._lock = threading.Lock()

    def begin(self, die_at: int | None = None) -> None:
        """A new process, which dies at that boundary."""
        self.passed.clear()
        self._die_at, self._is_dead = die_at, False

    def cross(self, name: str) -> None:
        with self._lock:
            if self._is_dead:
                raise KilledError(name)
            if self._die_at == len(self.passed):
                self._is_dead = True
                self.kills += 1
                raise KilledError(name)
            self.passed.append(name)

    @contextmanager
    def hooked(self) -> Iterator[Crossings]:
        """Put the hooks in place."""
        with ExitStack() as stack:
            for owner, name, hook in (
                (database.Database, "write", self._write),
                (transfer.Transfer, "exchange", self._exchange),
                (MemoryTracker, "request", self._request),
                (pages.PageStore, "save_page", self._save_page),
            ):
                stack.enter_context(mock.patch.object(owner, name, hook(getattr(owner, name))))
            stack.enter_context(mock.patch.object(replacement, "os", _Os(self)))
            yield self

    def _write(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def write(database: Any) -> Iterator[Any]:
            with original(database) as connection:
                yield connection
                self.cross("before commit")
            self.cross("after commit")

        return write

    def _exchange(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def exchange(wire: Any, prepared: Any, path: str, accept: Any) -> Any:
            self.requests += 1
            self.cross(f"before send {prepared.method}")
            answer = original(wire, prepared, path, accept)
            self.cross(f"after send {prepared.method}")
            return answer

        return exchange

    def _request(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def request(tracker: Any, operation: str, effect: Any = None) -> None:
            self.requests += 1
            self.cross(f"before send {operation}")
            original(tracker, operation, effect)
            self.cross(f"after send {operation}")

        return request

    def _save_page(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def save_page(store: Any, *args: Any, **options: Any) -> Any:
            counts = original(store, *args, **options)
            self.page_transactions += 1
            return counts

        return save_page


class _Os:
    """`os` for the module that replaces plans, whose steps are sends too."""

    def __init__(self, crossings: Crossings) -> None:
        self._crossings = crossings

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def replace(self, source: Any, target: Any) -> None:
        self._crossings.requests += 1
        self._crossings.cross("before send rename")
        os.replace(source, target)  # noqa: PTH105 - as the product does it
        self._crossings.cross("after send rename")

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            self._crossings.cross("before send file")
        return os.open(path, flags, mode)
