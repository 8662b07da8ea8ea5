"""The reference connector: a tracker in memory behind the same protocol as every other.

It is the shortest complete example of a connector, and the one the engine's own tests run against.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from connectors.base import Capability, Diagnosis
from connectors.memory_mapping import lists_of, people_of, records_of
from connectors.memory_tracker import (
    DOVETAIL,
    LostAnswer,
    ManualClock,
    MemoryComment,
    MemoryItem,
    MemoryTracker,
)
from connectors.targets import digest_of, is_theirs
from portfolio.errors import CursorRejected, Rejected, SourceError, Unavailable
from portfolio.intents import (
    COMMENT,
    FIELD_NAMES,
    Applied,
    Conflict,
    Cost,
    FieldName,
    Gone,
    Intent,
    Receipt,
    Refused,
    RemoteComment,
    Slots,
    Unchanged,
    Unknown,
)
from portfolio.records import (
    AnyRecord,
    Cursor,
    IdPage,
    ItemId,
    OwnedBy,
    Page,
    SourceId,
    item_id,
)
from portfolio.records import Gone as GoneItem

__all__ = ["ManualClock", "MemoryComment", "MemoryConnector", "MemoryItem", "MemoryTracker"]

_CURSOR_VERSION = 1
Detects = Literal["events", "census", "complete pages"]


class MemoryConnector:
    """One source over a `MemoryTracker`.

    Args:
        tracker: the tracker it talks to.
        source: the name of the source.
        fields: the rollup fields this source is configured to hold.
        detects_deletes: how deletions become known; `complete pages` makes every pull a full one.
        page_size: items per page.
        mapping_version: see `Connector.mapping_version`.
    """

    kind: ClassVar[str] = "memory"
    streams: ClassVar[tuple[str, ...]] = ("people", "lists", "items")

    def __init__(
        self,
        tracker: MemoryTracker,
        source: SourceId = "memory",
        *,
        fields: Sequence[FieldName] = FIELD_NAMES,
        detects_deletes: Detects = "census",
        page_size: int = 50,
        mapping_version: str = "1",
    ) -> None:
        self.tracker = tracker
        self._source = source
        self._fields = frozenset(fields)
        self._detects: Detects = detects_deletes
        self._page_size = page_size
        self._mapping_version = mapping_version
        self.is_closed = False

    @property
    def source(self) -> SourceId:
        """The name of the source."""
        return self._source

    @property
    def capabilities(self) -> Capability:
        """Everything: history, deletions, a marked comment and all rollup fields."""
        return Capability(
            form="in memory",
            reads_history=True,
            detects_deletes=self._detects,
            comment="marker",
            fields=self._fields,
            compare_and_set="read before write",
            validates_writes="tracker",
            new_comment_mails_watchers=True,
            list_streams=frozenset({"people", "lists"}),
        )

    @property
    def mapping_version(self) -> str:
        """What the test gave it."""
        return self._mapping_version

    def diagnose(self) -> Iterator[Diagnosis]:
        """One line: a tracker in memory is always there."""
        yield Diagnosis(level="OK", check="auth", message=f"{len(self.tracker.items)} items in memory")

    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        """The changed items after the cursor, or the whole of a small list."""
        if stream == "people":
            yield self._small_list(people_of(self.tracker, self._source))
        elif stream == "lists":
            yield self._small_list(lists_of(self.tracker, self._source))
        elif self._detects == "complete pages":
            yield from self._complete_pages()
        else:
            yield from self._changed_items(since)

    def census(self, stream: str) -> Iterator[IdPage]:
        """The ids of all visible items, scope by scope."""
        if stream != "items" or self._detects == "complete pages":
            return
        self._request("census")
        for scope in self.tracker.scopes():
            if scope in self.tracker.unreadable_scopes:
                yield IdPage(scope=scope, ids=(), is_readable=False)
            else:
                yield IdPage(scope=scope, ids=[self._id(one) for one in self._in_scope(scope)])

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands in our slots of these items, in the order asked for."""
        for start in range(0, len(targets), self._page_size):
            self._request("look")
            for target in targets[start : start + self._page_size]:
                item = self._find(target)
                if item is None:
                    yield Slots(item_id=target, exists=False, gone_because="not found")
                    continue
                yield Slots(
                    item_id=target,
                    fields={slot: item.fields.get(slot) for slot in sorted(self._fields)},
                    unwritable=self.tracker.unwritable(item.key),
                    comment=self._comment_of(item),
                    revision=str(item.revision),
                )

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Compare, then write, one intent after the other."""
        for intent in intents:
            yield self._push_one(intent)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """What push would answer to a write that the tracker refuses or cannot find."""
        for intent in intents:
            item = self._find(intent.item_id)
            if item is None:
                yield Gone(intent_id=intent.intent_id, reason="not found")
            elif (reason := self.tracker.refusal(item.key, intent.slot)) is not None:
                yield Refused(intent_id=intent.intent_id, reason=reason)
            else:
                yield Unchanged(intent_id=intent.intent_id)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """One request per intent; a new comment is one mail."""
        created = sum(1 for one in intents if one.slot == COMMENT and one.before is None)
        return Cost(requests=len(intents), emails=created)

    def close(self) -> None:
        """Nothing is open."""
        self.is_closed = True

    def _request(self, operation: str) -> None:
        try:
            self.tracker.request(operation)
        except LostAnswer as error:
            raise Unavailable(self._source, f"no answer to {operation}") from error

    def _small_list(self, records: Sequence[AnyRecord]) -> Page:
        self._request("page")
        return Page(records=records)

    def _changed_items(self, since: Cursor | None) -> Iterator[Page]:
        start = self._position(since)
        journal = self.tracker.journal
        while True:
            self._request("page")
            stop = min(start + self._page_size, len(journal))
            ids = list(dict.fromkeys(journal[start:stop]))
            items = [self.tracker.items[one] for one in ids]
            gone = [one for one in items if one.is_deleted] if self._detects == "events" else []
            cursor = Cursor(
                version=_CURSOR_VERSION, value={"epoch": self.tracker.journal_epoch, "position": stop}
            )
            yield self._page(
                [one for one in items if not one.is_deleted and not one.is_hidden], cursor=cursor, gone=gone
            )
            start = stop
            if stop >= len(journal):
                return

    def _complete_pages(self) -> Iterator[Page]:
        for scope in self.tracker.scopes():
            self._request("page")
            if scope in self.tracker.unreadable_scopes:
                yield Page(complete=[IdPage(scope=scope, ids=(), is_readable=False)])
                continue
            items = list(self._in_scope(scope))
            complete = [
                IdPage(scope=scope, ids=[self._id(one) for one in items], reason="no longer in the file")
            ]
            yield self._page(items, complete=complete)

    def _page(
        self,
        items: Sequence[MemoryItem],
        *,
        cursor: Cursor | None = None,
        gone: Sequence[MemoryItem] = (),
        complete: Sequence[IdPage] = (),
    ) -> Page:
        records = records_of(self.tracker, self._source, items)
        ids = [self._id(item) for item in items]
        return Page(
            records=records,
            cursor=cursor,
            gone=[GoneItem(item_id=self._id(item), reason="deleted") for item in gone],
            complete=complete,
            replaces=[OwnedBy(record="Dependency", item_ids=ids)] if ids else (),
        )

    def _push_one(self, intent: Intent) -> Receipt:
        item = self._find(intent.item_id)
        if item is None:
            return Gone(intent_id=intent.intent_id, reason="not found")
        if (reason := self.tracker.refusal(item.key, intent.slot)) is not None:
            return Refused(intent_id=intent.intent_id, reason=reason)
        try:
            if intent.slot == COMMENT:
                return self._push_comment(item, intent)
            return self._push_field(item, intent)
        except (LostAnswer, Unavailable):
            # The tracker may have done it. Only a look can tell: never a second try.
            return Unknown(intent_id=intent.intent_id, reason="the answer was lost")
        except Rejected as error:
            return Refused(intent_id=intent.intent_id, reason=error.message)

    def _push_comment(self, item: MemoryItem, intent: Intent) -> Receipt:
        if intent.note is None and intent.wanted is not None:
            raise SourceError(self._source, f"intent {intent.intent_id} has no note")
        digest = None if intent.note is None else intent.note.digest()
        standing = self._comment_of(item)
        if standing is None and digest is None:
            return Unchanged(intent_id=intent.intent_id)
        if standing is not None and standing.digest == digest and not standing.is_edited:
            return Unchanged(intent_id=intent.intent_id, remote_id=standing.remote_id)
        if is_theirs(intent, standing):
            return Conflict(intent_id=intent.intent_id, now=digest_of(standing), reason="edited by a person")
        now = None if standing is None else standing.digest
        if now != intent.before:
            return Conflict(intent_id=intent.intent_id, now=now)
        if intent.note is None or digest is None:
            self.tracker.request("write", lambda: self.tracker.remove_comment(item))
            remote_id = None if standing is None else standing.remote_id
        else:
            note, wanted = intent.note, digest
            self.tracker.request("write", lambda: _discard(self.tracker.write_comment(item, note, wanted)))
            remote_id = self.tracker.our_comments(item.key)[0].comment_id
        return Applied(
            intent_id=intent.intent_id,
            remote_id=remote_id,
            at=self.tracker.clock(),
            revision=str(item.revision),
        )

    def _push_field(self, item: MemoryItem, intent: Intent) -> Receipt:
        now = item.fields.get(intent.slot)
        if now == intent.wanted:
            return Unchanged(intent_id=intent.intent_id)
        if now != intent.before:
            return Conflict(intent_id=intent.intent_id, now=now)
        self.tracker.request("write", lambda: self.tracker.write_field(item, intent.slot, intent.wanted))
        return Applied(intent_id=intent.intent_id, at=self.tracker.clock(), revision=str(item.revision))

    def _comment_of(self, item: MemoryItem) -> RemoteComment | None:
        ours = [one for one in item.comments if one.digest is not None and one.author == DOVETAIL]
        if not ours:
            return None
        return RemoteComment(
            remote_id=ours[0].comment_id,
            digest=ours[0].digest,
            is_edited=ours[0].is_edited,
            body=ours[0].body,
            duplicates=[one.comment_id for one in ours[1:]],
        )

    def _position(self, since: Cursor | None) -> int:
        if since is None:
            return 0
        epoch, position = since.value.get("epoch"), since.value.get("position")
        if since.version != _CURSOR_VERSION or epoch != self.tracker.journal_epoch:
            raise CursorRejected(self._source, "the cursor is too old", hint="The stream is read again.")
        if not isinstance(position, int):
            raise CursorRejected(self._source, "the cursor has no position")
        return position

    def _in_scope(self, scope: str) -> Iterator[MemoryItem]:
        return (item for item in self.tracker.visible() if item.scope == scope)

    def _id(self, item: MemoryItem) -> ItemId:
        return item_id(self._source, item.native_id)

    def _find(self, target: ItemId) -> MemoryItem | None:
        native = target.removeprefix(f"{self._source}/")
        item = self.tracker.items.get(native)
        return None if item is None or item.is_deleted or item.is_hidden else item


def _discard(_: object) -> None:
    """Give a function that answers something the type of one that does not."""
