"""Where the stream of issues stands: what has been listed, and what of the overlap is already known."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connectors import cursors
from portfolio.records import Cursor, SourceId

VERSION = 1
# Index lag after a write, and issues updated within one request of each other. facts/jira.md §1.8.
OVERLAP_MS = 15 * 60 * 1000


class IssueCursor(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The state of the stream of issues.

    `position` is the `updated` up to which everything has been listed; a search starts `OVERLAP_MS` before
    it, and `done` (issue id → the `updated` that was stored) tells what of that is no news. It only ever
    advances to an instant that the tracker itself has shown, never to a clock of ours.

    While many issues are read, `load_until` is the newest `updated` at the beginning, and everything before
    `position` has been stored. Issues that change meanwhile get a later `updated` than `load_until`, so
    reading on from there afterwards finds them.
    """

    position: int | None = None
    load_until: int | None = None
    done: dict[str, int] = {}
    retry: list[str] = []  # ids that Jira could not show this time
    accounts: list[str] = []  # everybody who owns something: the stream of people asks for these
    # Key → id, which a renamed project keeps; empty where nobody had to ask for it.
    projects: dict[str, str] = {}  # those whose issues are known up to `position`
    missing: dict[str, str] = {}  # those that are configured or were known, and cannot be seen now
    fields: str = ""  # which fields of the site had which meaning

    @classmethod
    def load(cls, source: SourceId, since: Cursor | None) -> IssueCursor:
        """The state in a stored cursor; a fresh one where there is none.

        Raises:
            CursorRejected: it was written by another version.
        """
        return cursors.load(source, since, cls, version=VERSION)

    def save(self) -> Cursor:
        """The cursor to store with a page."""
        return cursors.save(self, version=VERSION)

    @property
    def is_loading(self) -> bool:
        """True between the first and the last page of many."""
        return self.load_until is not None

    @property
    def search_from(self) -> int | None:
        """The `updated` to search from; None for from the beginning."""
        if self.position is None:
            return None
        return self.position if self.is_loading else max(0, self.position - OVERLAP_MS)

    def begin_load(self, newest: int) -> None:
        """Many issues have changed after `position`: read them by id, oldest change first."""
        self.position = None if self.position is None else self.position + 1
        self.load_until = newest
        self.done = {}

    def advance_load(self, stored: Mapping[str, int]) -> None:
        """A page of the load was stored.

        Only an `updated` well before the newest of the beginning is sure to be where the search saw it: what
        changed since is listed in its old place but shows its new instant.
        """
        assert self.load_until is not None  # noqa: S101 - only called while loading
        settled = [at for at in stored.values() if at <= self.load_until - OVERLAP_MS]
        self._move(max(settled, default=None), stored, keep_before_ms=0)

    def end_load(self) -> None:
        """Everything that was there at the beginning has been stored."""
        until, self.load_until = self.load_until, None
        self._move(until, {}, keep_before_ms=OVERLAP_MS)

    def advance(self, listed_until: int | None, stored: Mapping[str, int]) -> None:
        """Everything up to `listed_until` was listed, and what was news of it has been stored."""
        self._move(listed_until, stored, keep_before_ms=OVERLAP_MS)

    def know(self, stored: Mapping[str, int]) -> None:
        """Issues were stored out of turn: what the overlap will list of them is no news."""
        first = self.position - OVERLAP_MS if self.position is not None else 0
        self.done.update((issue, at) for issue, at in stored.items() if at >= first)

    def _move(self, to: int | None, stored: Mapping[str, int], *, keep_before_ms: int) -> None:
        if to is not None:
            self.position = to if self.position is None else max(to, self.position)
        self.done.update(stored)
        if self.position is not None:
            first = self.position - keep_before_ms
            self.done = {issue: at for issue, at in self.done.items() if at >= first}
