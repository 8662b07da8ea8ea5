"""The first step: brings every source up to date, page by page, and notices what has vanished.

A page and the cursor after it are one transaction of the store. A source that fails is marked and harms no
other; a source that suddenly shrinks stops before anything of it is called deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from connectors.base import Connector
from portfolio.errors import ConfigError, CursorRejected, FileUnreadable, SafetyStop, SourceError, StoreError
from portfolio.records import Cursor, IdPage, ItemId, Page
from sync.audit import actor, vanished_accepted
from sync.limits import Limits
from sync.progress import Progress, Tell, defect, failure, silent
from sync.vanished import Vanished

if TYPE_CHECKING:
    from store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSettings:
    """How to pull.

    Attributes:
        full: read everything again, lists and census included.
        lists_every: how often small lists that no delta covers are read.
        census_every: how often the complete list of ids is compared.
        limits: see `sync.limits`.
        accept_vanished: the sources whose shrinking a person has confirmed for this run.
        keep_gone: items that have been gone for longer are forgotten; None keeps them.
    """

    full: bool = False
    lists_every: timedelta = timedelta(hours=1)
    census_every: timedelta = timedelta(hours=24)
    limits: Limits = field(default_factory=Limits)
    accept_vanished: frozenset[str] = frozenset()
    keep_gone: timedelta | None = None


@dataclass(slots=True, kw_only=True)
class PullOutcome:
    """How it went for one source.

    Attributes:
        source: its name.
        state: `ok`; `failed` (its items are stale now); `stopped` by a limit.
        error: what happened and what to do, without secrets; empty where it is ok.
        is_defect: the failure is a defect of ours, not the tracker's.
        pages, new, changed, unchanged, gone: what was stored.
        notes: sentences that people should read: streams that started over, scopes that could not be read.
        skipped: one line for each record or file that could not be understood.
        unreadable: scopes about which nothing may be concluded.
    """

    source: str
    state: Literal["ok", "failed", "stopped"] = "ok"
    error: str = ""
    is_defect: bool = False
    pages: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """True where everything that should have been read was read."""
        return self.state == "ok" and not self.skipped and not self.unreadable


def pull(
    store: Store,
    connectors: Iterable[Connector],
    *,
    run_id: str,
    now: datetime,
    settings: PullSettings | None = None,
    tell: Tell = silent,
) -> list[PullOutcome]:
    """Bring every source up to date, one after the other.

    Args:
        store: where pages go.
        connectors: the sources, in the order of the configuration.
        run_id: the run that changes are booked on.
        now: the instant of the run; also what `last_good_at` will say.
        settings: see `PullSettings`.
        tell: is told about every page.

    Raises:
        StoreError: the store cannot be used; nothing else stops the other sources.
    """
    how = settings or PullSettings()
    lifted = [
        vanished_accepted(source, run_id=run_id, by=actor(), at=now) for source in sorted(how.accept_vanished)
    ]
    if lifted:
        store.record_events(lifted)
    return [pull_source(store, one, run_id=run_id, now=now, settings=how, tell=tell) for one in connectors]


def pull_source(
    store: Store, connector: Connector, *, run_id: str, now: datetime, settings: PullSettings, tell: Tell
) -> PullOutcome:
    """Bring one source up to date, mark it good or failed, and say how it went."""
    outcome = PullOutcome(source=connector.source)
    try:
        limits = None if connector.source in settings.accept_vanished else settings.limits
        vanished = Vanished(store, connector.source, run_id=run_id, now=now, limits=limits)
        _SourcePull(store, connector, run_id, now, settings, tell, outcome, vanished).run()
    except SafetyStop as stop:
        outcome.state, outcome.error = "stopped", str(stop)
    except (SourceError, ConfigError) as error:
        outcome.state, outcome.error = "failed", failure(connector.source, error)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect in one connector must not stop the other sources
        outcome.state, outcome.is_defect = "failed", True
        outcome.error = f"{connector.source}: {defect(error)}"
    if outcome.state == "ok":
        store.mark_source(connector.source, good_at=now)
        if settings.keep_gone is not None:
            store.forget_gone(connector.source, now - settings.keep_gone)
    else:
        # A source that failed before it could say what it is has nothing in the store that could go stale.
        if connector.source in store.sources():
            store.mark_source(connector.source, error=outcome.error)
        tell(Progress(step="pull", source=connector.source, note=outcome.error))
    return outcome


@dataclass(slots=True)
class _SourcePull:
    """The pull of one source in one run."""

    store: Store
    connector: Connector
    run_id: str
    now: datetime
    settings: PullSettings
    tell: Tell
    outcome: PullOutcome
    vanished: Vanished
    delivered: int = 0

    def run(self) -> None:
        store, connector = self.store, self.connector
        is_remapped = store.declare_source(
            connector.source, connector.kind, connector.capabilities.form, connector.mapping_version
        )
        if is_remapped:
            self._note("the mapping of fields has changed: everything is read again")
        elif self.settings.full:
            store.forget_cursors(connector.source)
        for stream in connector.streams:
            if self._is_list_due(stream, is_remapped=is_remapped):
                self._stream(stream)
        self.outcome.gone += self.vanished.bury()
        for stream in connector.streams:
            if self.settings.full or self._is_due(f"census:{stream}", self.settings.census_every):
                self._census(stream)
        self.outcome.gone += self.vanished.bury()

    def _is_list_due(self, stream: str, *, is_remapped: bool) -> bool:
        if is_remapped or self.settings.full or stream not in self.connector.capabilities.list_streams:
            return True
        return self._is_due(stream, self.settings.lists_every)

    def _is_due(self, stream: str, every: timedelta) -> bool:
        read_at = self.store.stream_read_at(self.connector.source, stream)
        # Read "later than now" was a look ahead with --today, or a clock that has been set right since.
        return read_at is None or read_at > self.now or self.now - read_at >= every

    def _stream(self, stream: str) -> None:
        source = self.connector.source
        since = self.store.cursor(source, stream)
        try:
            self._pages(stream, since)
        except CursorRejected as error:
            if since is None:
                raise
            self._note(
                f"{stream}: the tracker no longer accepts the cursor, so it is read from the beginning"
            )
            self.store.forget_cursors(source, stream)
            try:
                self._pages(stream, None)
            except CursorRejected as again:
                raise SourceError(
                    source, f"{stream}: even a fresh start is refused", hint=again.hint
                ) from error
        except FileUnreadable as error:
            # One broken plan harms no other: the rest is as fresh as ever, and the run still says so and ends
            # with 4. What the broken one said before stays as it was.
            if not error.is_partial:
                raise
            if not self.outcome.skipped:
                self.outcome.skipped.append(str(error))
        self.store.mark_stream_read(source, stream, self.now)

    def _pages(self, stream: str, since: Cursor | None) -> None:
        for page in self.connector.pull(stream, since):
            self.vanished.hold(page, self._unlisted(page.complete))
            counts = self.store.save_page(
                self.connector.source,
                stream,
                msgspec.structs.replace(page, gone=()),
                tombstones={},
                run_id=self.run_id,
                now=self.now,
            )
            self.outcome.pages += 1
            self.outcome.new += counts.new
            self.outcome.changed += counts.changed
            self.outcome.unchanged += counts.unchanged
            self.outcome.skipped.extend(page.skipped)
            self.delivered += len(page.records)
            self._tick(stream)

    def _unlisted(self, lists: Sequence[IdPage]) -> Mapping[ItemId, str]:
        """What complete lists leave out."""
        self._report_unreadable(lists)
        return self.store.vanishing(self.connector.source, lists).ids if lists else {}

    def _census(self, stream: str) -> None:
        source = self.connector.source
        if self.vanished.known == 0:
            # Everything was read a moment ago; there is nothing that could have vanished.
            self.store.mark_stream_read(source, f"census:{stream}", self.now)
            return
        pages: list[IdPage] = []
        for page in self.connector.census(stream):
            pages.append(page)
            self._tick(f"census of {stream}")
        if pages:
            pages += self._unnamed(pages)
        self._report_unreadable(pages)
        # All at once: an item that moved between two scopes meanwhile is in the one, if not in the other.
        self.outcome.gone += self.vanished.bury(self.store.vanishing(source, pages).ids)
        self._read_what_appeared(stream, {item for page in pages for item in page.ids})
        self.store.mark_stream_read(source, f"census:{stream}", self.now)

    def _unnamed(self, pages: Sequence[IdPage]) -> list[IdPage]:
        """Scopes whose items are stored and that the census does not name at all.

        Where the configuration names the scopes, they were taken out of it. Where the account's sight does,
        it may have lost a permission, and nothing may be concluded; nor where a scope that is named could not
        be read, since an item may have moved into that one, or the scope may have got another name.
        """
        named = {page.scope for page in pages}
        wide = [page for page in pages if page.covers_below]
        # An item that another scope lists has moved, or its scope has another name now.
        listed = {item for page in pages for item in page.ids}
        items = self.store.read("tracker_item", ("source", "scope", "item_id"))
        unnamed = {
            scope
            for name, scope, item in zip(*items.values(), strict=True)
            if name == self.connector.source and scope not in named and item not in listed
        }
        unnamed = {scope for scope in unnamed if not any(page.covers(scope) for page in wide)}
        is_known = self.connector.capabilities.census_names_every_scope and all(
            page.is_readable for page in pages
        )
        return [
            IdPage(scope=scope, ids=(), reason="its project or plan is no longer read", is_readable=is_known)
            for scope in sorted(unnamed)
        ]

    def _read_what_appeared(self, stream: str, listed: set[ItemId]) -> None:
        """Read items that can be seen again, or for the first time, without having changed.

        A permission that is granted changes no item, so no delta ever names it. What is listed and is not
        delivered even then is remembered, or every census would read everything again for nothing.
        """
        source, name = self.connector.source, f"census:{stream}"
        kept = self.store.cursor(source, name)
        told = kept.value.get("unread") if kept is not None else None
        unread = {str(item) for item in told} if isinstance(told, list) else set()
        if self._unknown(listed) <= unread:
            return
        self._stream(stream)  # those made since the delta was read, which is most often all of them
        missing = len(self._unknown(listed) - unread)
        if missing:
            self._note(
                f"{stream}: {missing} items can be seen that were not known, so it is read from the beginning"
            )
            # Their timeline and their links may have streams of their own, which have passed them too.
            lists = self.connector.capabilities.list_streams
            for one in self.connector.streams:
                if one not in lists:
                    self.store.forget_cursors(self.connector.source, one)
            for one in self.connector.streams:
                if one not in lists:
                    self._stream(one)
            if left := self._unknown(listed):
                self._note(f"{stream}: {len(left)} items are listed, but cannot be read")
                cursor = Cursor(version=1, value={"unread": sorted(left)})
                page = Page(cursor=cursor)
                self.store.save_page(source, name, page, tombstones={}, run_id=self.run_id, now=self.now)

    def _unknown(self, listed: set[ItemId]) -> set[ItemId]:
        return (
            listed.difference(self.store.read("tracker_item", ("item_id",))["item_id"]) if listed else set()
        )

    def _report_unreadable(self, lists: Sequence[IdPage]) -> None:
        for one in lists:
            if not one.is_readable and one.scope not in self.outcome.unreadable:
                self.outcome.unreadable.append(one.scope)
                self._note(f"{one.scope} cannot be read, so nothing is concluded about its items")

    def _tick(self, what: str) -> None:
        self.tell(Progress(step="pull", source=self.connector.source, what=what, done=self.delivered))

    def _note(self, sentence: str) -> None:
        self.outcome.notes.append(sentence)
        self.tell(
            Progress(step="pull", source=self.connector.source, note=f"{self.connector.source}: {sentence}.")
        )
