"""Items that a pull calls gone, held back until the whole source was read and the shrink limit has agreed.

A page and its cursor are stored at once, so a deletion that a page announces is told only once. It is noted
in the store before its page is, and becomes a tombstone when the source has been read to the end. So a source
that shrinks over many pages stops before the first of its items is called deleted, and a run that is killed
between two pages forgets none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from portfolio.records import Cursor, ItemId, Page, WorkItem
from sync.limits import Limits, check_vanished

if TYPE_CHECKING:
    from store import Store

# The stream under which the store keeps the list; no connector has one of this name.
STREAM = "held:vanished"


class Vanished:
    """The held-back items of one source in one run.

    Args:
        store: keeps them until they are tombstones.
        source: its name.
        run_id: the run that books them.
        now: the instant of their tombstones.
        limits: what stops the source; None where a person has confirmed that it shrinks.
    """

    def __init__(
        self, store: Store, source: str, *, run_id: str, now: datetime, limits: Limits | None
    ) -> None:
        self._store, self._source, self._run_id, self._now, self._limits = store, source, run_id, now, limits
        self.known = live_items(store, source)
        self._held: dict[ItemId, str] = {}
        kept = store.cursor(source, STREAM)
        if kept is not None and isinstance(items := kept.value.get("items"), dict):
            self._held = {str(item): str(reason) for item, reason in items.items()}

    def hold(self, page: Page, unlisted: Mapping[ItemId, str]) -> None:
        """Note what a page calls gone, before the page is stored. What it carries is alive after all.

        Of items that nobody knows nothing is noted: a tracker may tell of all that go, also of those of
        projects that are not read, and what comes later lives.

        Args:
            page: the page.
            unlisted: what the complete lists of the page leave out.
        """
        announced = {one.item_id: one.reason for one in page.gone}
        carried = {record.item_id for record in page.records if isinstance(record, WorkItem)}
        known = (self._store.living(announced) if announced else set()) | carried
        held = {**self._held, **{item: why for item, why in announced.items() if item in known}, **unlisted}
        for item in carried.difference(announced):
            held.pop(item, None)
        self._keep(held)

    def bury(self, further: Mapping[ItemId, str] | None = None) -> int:
        """Make tombstones of everything held and of `further`, unless that is too much at once.

        Returns:
            How many items are gone now that were not before.

        Raises:
            SafetyStop: the source shrinks too much; nothing was buried, and what is held stays held.
        """
        everything = {**self._held, **(further or {})}
        if not everything:
            return 0
        if self._limits is not None:
            # Announcements are replayed when a stream is read again; only what is still alive counts.
            live = set(self._store.read("tracker_item", ("item_id",))["item_id"])
            gone = sum(1 for item in everything if item in live)
            check_vanished(self._source, gone, self.known, limits=self._limits)
        buried = self._store.tombstone(self._source, everything, self._now)
        self._keep({})
        return buried

    def _keep(self, held: dict[ItemId, str]) -> None:
        if held == self._held:
            return
        cursor = Cursor(version=1, value={"items": held})
        self._store.save_page(
            self._source, STREAM, Page(cursor=cursor), tombstones={}, run_id=self._run_id, now=self._now
        )
        self._held = held


def live_items(store: Store, source: str) -> int:
    """How many items of this source the store holds that are not tombstones."""
    for row in store.rows("source", where={"source": source}):
        count = row["item_count"]
        return count if isinstance(count, int) else 0
    return 0
