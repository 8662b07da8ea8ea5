"""An in-process tracker: items with a timeline, people who edit and delete, and faults on request.

It stands behind the reference connector (`connectors/memory.py`) and speaks no protocol. Tests hold its
clock still, let people change things, and script what goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from portfolio.intents import Value
from portfolio.notes import Note, plain_text

DEFAULT_START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DOVETAIL = "dovetail-bot"


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = DEFAULT_START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The instant at which the clock stands, aware UTC."""
        return self.now

    def advance(self, **duration: float) -> datetime:
        """Move on by a `timedelta(**duration)` and say where the clock stands then."""
        self.now += timedelta(**duration)
        return self.now


class LostAnswer(Exception):
    """The request may have had its effect, but nobody knows: the connection broke while waiting."""


@dataclass(slots=True)
class MemoryComment:
    """A comment. `digest` is our hidden marker; a comment of a person has none."""

    comment_id: str
    author: str
    body: str
    digest: str | None = None
    is_edited: bool = False


@dataclass(slots=True)
class MemoryItem:
    """A work item as this tracker keeps it. `values` are fields of `portfolio.records.WorkItem`."""

    native_id: str
    key: str
    scope: str
    values: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    revision: int = 1
    parent: str | None = None
    fields: dict[str, Value] = field(default_factory=dict)
    comments: list[MemoryComment] = field(default_factory=list)
    is_deleted: bool = False
    is_hidden: bool = False
    risk: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One change of one field of one item."""

    event_id: str
    native_id: str
    at: datetime
    by: str
    field: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class _Fault:
    operation: str
    countdown: int
    error: BaseException
    after_effect: bool
    is_permanent: bool


class MemoryTracker:
    """State and behaviour of the tracker. Everything a person does goes through its methods.

    Attributes:
        requests: the operations asked for, in order: `page`, `census`, `look`, `write`.
        writes: every effect of a connector's write as (key, slot, what stands there now).
        mails: every mail to watchers as (key, reason).
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock or ManualClock()
        self.items: dict[str, MemoryItem] = {}
        self.timeline: list[TimelineEntry] = []
        self.dependencies: dict[str, tuple[str, str, str, int | None]] = {}
        self.people: dict[str, dict[str, Any]] = {}
        self.iterations: dict[str, dict[str, Any]] = {}
        self.releases: dict[str, dict[str, Any]] = {}
        self.journal: list[str] = []  # native ids in the order of their changes: what a delta reads
        self.requests: list[str] = []
        self.writes: list[tuple[str, str, Value]] = []
        self.mails: list[tuple[str, str]] = []
        self.unreadable_scopes: set[str] = set()
        self.journal_epoch = 1
        self._faults: list[_Fault] = []
        self._refusals: dict[tuple[str, str], str] = {}
        self._unwritable: dict[tuple[str, str], str] = {}
        self._counter = 0

    # What people do -----------------------------------------------------------------------------------

    def add_person(
        self,
        account_id: str,
        name: str,
        *,
        email: str | None = None,
        kind: str = "person",
        active: bool = True,
    ) -> str:
        """A new account; gives its id back."""
        self.people[account_id] = {"name": name, "email": email, "kind": kind, "is_active": active}
        return account_id

    def add_iteration(self, iteration_id: str, name: str, **values: Any) -> str:
        """A new iteration with fields of `portfolio.records.Iteration`."""
        self.iterations[iteration_id] = {"name": name, **values}
        return iteration_id

    def add_release(self, release_id: str, name: str, **values: Any) -> str:
        """A new release with fields of `portfolio.records.Release`."""
        self.releases[release_id] = {"name": name, **values}
        return release_id

    def add(
        self,
        key: str,
        *,
        parent: str | None = None,
        risk: dict[str, Any] | None = None,
        at: datetime | None = None,
        **values: Any,
    ) -> str:
        """A new item with fields of `portfolio.records.WorkItem`; the scope is the key up to its dash."""
        self._counter += 1
        native_id = str(1000 + self._counter)
        moment = at or self.clock()
        scope = str(values.pop("scope", key.rpartition("-")[0] or key))
        values.setdefault("title", key)
        self.items[native_id] = MemoryItem(
            native_id, key, scope, values, moment, moment, parent=self._native(parent), risk=risk
        )
        self.journal.append(native_id)
        return native_id

    def edit(self, key: str, *, by: str = "someone", at: datetime | None = None, **values: Any) -> None:
        """A person changes fields of an item; each change stands in the timeline."""
        item = self.item(key)
        moment = at or self.clock()
        for name, after in values.items():
            before = item.values.get(name)
            if before == after:
                continue
            item.values[name] = after
            self._remember(item, moment, by, {"owner_id": "owner"}.get(name, name), before, after)
        self._touch(item, moment)

    def move(self, key: str, new_key: str, *, by: str = "someone") -> None:
        """A person moves an item to another scope: its key changes, its immutable id does not."""
        item = self.item(key)
        self._remember(item, self.clock(), by, "key", key, new_key)
        item.key, item.scope = new_key, new_key.rpartition("-")[0] or new_key
        self._touch(item, self.clock())

    def reparent(self, key: str, parent: str | None) -> None:
        """A person moves an item below another one. Like most trackers, only the item itself has changed."""
        item = self.item(key)
        item.parent = self._native(parent)
        self._touch(item, self.clock())

    def set_field(self, key: str, slot: str, value: Value, *, by: str = "someone") -> None:
        """A person writes into one of Dovetail's fields."""
        item = self.item(key)
        self._remember(item, self.clock(), by, slot, item.fields.get(slot), value)
        item.fields[slot] = value
        self._touch(item, self.clock())

    def comment(self, key: str, body: str, *, by: str = "someone") -> None:
        """A person writes a comment of their own."""
        self.item(key).comments.append(MemoryComment(self._new_id("comment"), by, body))

    def edit_comment(self, key: str, body: str) -> None:
        """A person edits the comment that Dovetail wrote."""
        comment = self.our_comments(key)[0]
        comment.body, comment.is_edited = body, True

    def delete_comment(self, key: str) -> None:
        """A person deletes the comment that Dovetail wrote."""
        item = self.item(key)
        item.comments = [one for one in item.comments if one.digest is None]

    def link(self, predecessor: str, successor: str, *, link_type: str = "FS", lag: int | None = None) -> str:
        """A new dependency between two items, with its lag in working minutes."""
        link_id = self._new_id("link")
        before, after = self.item(predecessor), self.item(successor)
        self.dependencies[link_id] = (before.native_id, after.native_id, link_type, lag)
        self._touch(before, self.clock())
        self._touch(after, self.clock())
        return link_id

    def unlink(self, link_id: str) -> None:
        """Remove a dependency. Like most trackers, this one has no event for it: both ends change."""
        before, after, _, _ = self.dependencies.pop(link_id)
        for native_id in (before, after):
            self._touch(self.items[native_id], self.clock())

    def delete(self, *keys: str) -> None:
        """Items are deleted for good; nothing announces it but their absence."""
        for key in keys:
            self.item(key).is_deleted = True

    def hide(self, *keys: str) -> None:
        """Our account loses the permission to see these items; the tracker just answers with fewer."""
        for key in keys:
            self.item(key).is_hidden = True

    def show(self, *keys: str) -> None:
        """Our account sees these items again."""
        for key in keys:
            item = next(one for one in self.items.values() if one.key == key)
            item.is_hidden = False
            self.journal.append(item.native_id)

    def forget_journal(self) -> None:
        """The tracker no longer accepts the cursors that it gave out so far."""
        self.journal_epoch += 1

    # What goes wrong ----------------------------------------------------------------------------------

    def fail(
        self,
        operation: str,
        error: BaseException,
        *,
        nth: int = 1,
        after_effect: bool = False,
        is_permanent: bool = False,
    ) -> None:
        """The nth request of this kind from now on raises `error`; afterwards all do, if permanent.

        Args:
            operation: `page`, `census`, `look` or `write`.
            error: what the request raises; `LostAnswer` for an answer that never came.
            nth: 1 is the next one.
            after_effect: the write happens, and only then the error is raised.
            is_permanent: the fault stays.
        """
        self._faults.append(_Fault(operation, nth, error, after_effect, is_permanent))

    def heal(self) -> None:
        """All faults, refusals and unreadable scopes are over."""
        self._faults.clear()
        self._refusals.clear()
        self._unwritable.clear()
        self.unreadable_scopes.clear()

    def refuse(self, key: str, slot: str, reason: str) -> None:
        """The tracker refuses writes to this place, in these words."""
        self._refusals[key, slot] = reason

    def make_unwritable(self, key: str, slot: str, reason: str) -> None:
        """The field is not on the item's screen: a look already says so."""
        self._unwritable[key, slot] = reason

    # What the connector asks --------------------------------------------------------------------------

    def request(self, operation: str, effect: Callable[[], None] | None = None) -> None:
        """Count one request, let a scripted fault happen, and make the effect."""
        self.requests.append(operation)
        for fault in list(self._faults):
            if fault.operation != operation:
                continue
            fault.countdown -= 1
            if fault.countdown > 0:
                continue
            if not fault.is_permanent:
                self._faults.remove(fault)
            if fault.after_effect and effect is not None:
                effect()
            raise fault.error
        if effect is not None:
            effect()

    def visible(self) -> Iterator[MemoryItem]:
        """The items that our account can see, in the order of their creation."""
        return (item for item in self.items.values() if not item.is_deleted and not item.is_hidden)

    def scopes(self) -> list[str]:
        """All scopes that ever held an item."""
        return sorted({item.scope for item in self.items.values()})

    def refusal(self, key: str, slot: str) -> str | None:
        """Why a write to this place is refused, or None."""
        return self._refusals.get((key, slot)) or self._unwritable.get((key, slot))

    def unwritable(self, key: str) -> dict[str, str]:
        """The slots of this item that a look finds closed, with the reason."""
        return {slot: reason for (item, slot), reason in self._unwritable.items() if item == key}

    def write_field(self, item: MemoryItem, slot: str, value: Value) -> None:
        """Our own account writes one of our fields."""
        item.fields[slot] = value
        self.writes.append((item.key, slot, value))
        self._touch(item, self.clock())

    def write_comment(self, item: MemoryItem, note: Note, digest: str) -> MemoryComment:
        """Our own account writes its comment, or edits it where it stands already. A new one sends a mail."""
        ours = self.our_comments(item.key)
        if ours:
            ours[0].body, ours[0].digest, ours[0].is_edited = plain_text(note), digest, False
            comment = ours[0]
        else:
            comment = MemoryComment(self._new_id("comment"), DOVETAIL, plain_text(note), digest)
            item.comments.append(comment)
            self.mails.append((item.key, "new comment"))
        self.writes.append((item.key, "comment", digest))
        self._touch(item, self.clock())
        return comment

    def remove_comment(self, item: MemoryItem) -> None:
        """Our own account deletes its comment."""
        item.comments = [one for one in item.comments if one.digest is None]
        self.writes.append((item.key, "comment", None))
        self._touch(item, self.clock())

    # What tests look at -------------------------------------------------------------------------------

    def item(self, key: str) -> MemoryItem:
        """The item of that key, hidden or not."""
        return next(item for item in self.items.values() if item.key == key and not item.is_deleted)

    def our_comments(self, key: str) -> list[MemoryComment]:
        """The comments of this item that carry our marker."""
        return [comment for comment in self.item(key).comments if comment.digest is not None]

    def _native(self, key: str | None) -> str | None:
        return None if key is None else self.item(key).native_id

    def _new_id(self, what: str) -> str:
        self._counter += 1
        return f"{what}-{self._counter}"

    def _touch(self, item: MemoryItem, at: datetime) -> None:
        item.revision += 1
        item.updated_at = max(item.updated_at, at)
        self.journal.append(item.native_id)

    def _remember(self, item: MemoryItem, at: datetime, by: str, name: str, *values: object) -> None:
        before, after = values
        entry = TimelineEntry(
            self._new_id("event"), item.native_id, at, by, name, _as_text(before), _as_text(after)
        )
        self.timeline.append(entry)


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
