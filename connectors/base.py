"""The contract between the engine and every tracker: the Connector protocol, and its capabilities as data.

Every connector passes the suite in `connectors/contract.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from portfolio.intents import Cost, FieldName, Intent, Receipt, Slots
from portfolio.records import Cursor, IdPage, ItemId, Page, SourceId
from portfolio.remarks import Remark

Level: TypeAlias = Literal["OK", "WARN", "FAIL"]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `doctor`: what was checked, how it stands, and what to do."""

    level: Level
    check: str  # auth, clock, fields, screens, projects, …
    message: str
    hint: str = ""


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """What one form of a tracker can do, as data that the engine asks instead of testing kinds."""

    form: str  # Jira Cloud, MSPDI file, …
    reads_history: bool
    detects_deletes: Literal["events", "census", "complete pages"]
    comment: Literal["marker", "reference line", "none"]
    fields: frozenset[FieldName] = frozenset()  # rollup fields this source is configured and able to hold
    compare_and_set: Literal["none", "read before write", "revision", "etag"] = "read before write"
    # What `Connector.verify` rests on: the tracker's own validation without writing; its description of
    # screens, types and permissions; or nothing.
    validates_writes: Literal["tracker", "description", "none"] = "none"
    # How many items one call of `push` takes, at most: between two calls a run can be stopped.
    items_per_push: int = 200
    # The same of items that get a comment, where each is a request of its own and mails people.
    comments_per_push: int = 200
    pushes_whole_scopes: bool = False  # everything of a scope, such as a file, is one write: it goes together
    new_comment_mails_watchers: bool = False
    edits_are_silent: bool = True
    next_best_place: str = ""  # where to look instead, when there is no place for comments or fields
    # A scope that a whole census does not name is not read any more. Not so where what the account may see
    # decides which scopes there are: one that is not named may only be hidden.
    census_names_every_scope: bool = False
    list_streams: frozenset[str] = (
        frozenset()
    )  # streams that are small lists, read on the clock `lists_every`


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector is given besides its settings: the world, so that tests can hold it still."""

    timezone: str  # IANA name of the portfolio's zone
    folder: Path  # relative paths in the configuration start here
    clock: Callable[[], datetime]  # aware UTC
    sleep: Callable[[float], None]
    say: Callable[[str], None]  # progress for people, one line; never the result, never a secret


@runtime_checkable
class TellsRemarks(Protocol):
    """A connector that can also tell what people wrote in comments: a way to mute findings in the tracker."""

    def remarks(self, items: Sequence[ItemId]) -> Iterator[Remark]:
        """The comments of these items that are not our own account's, the newest of them at least.

        Raises:
            SourceError: they cannot be read.
        """
        ...


@runtime_checkable
class Connector(Protocol):
    """One configured tracker.

    Pull is at least once: the engine stores a page and its cursor in one transaction and only then asks for
    the next. Push answers one receipt per intent; the same intent twice is one effect. Errors are those of
    `portfolio.errors`; `diagnose` never raises.
    """

    kind: ClassVar[str]
    streams: ClassVar[tuple[str, ...]]

    @property
    def source(self) -> SourceId:
        """The name of the source in the configuration."""
        ...

    @property
    def capabilities(self) -> Capability:
        """What this form of the tracker can do."""
        ...

    @property
    def mapping_version(self) -> str:
        """Changes whenever configuration changes what records look like: the streams are then read again."""
        ...

    def diagnose(self) -> Iterator[Diagnosis]:
        """The lines of `doctor` for this source. Never raises."""
        ...

    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        """Pages of changes after the cursor, each with the cursor after it.

        Raises:
            CursorRejected: the cursor is unusable; the engine starts that stream over.
            SourceError: the source stops; pages already yielded stand.
        """
        ...

    def census(self, stream: str) -> Iterator[IdPage]:
        """The complete list of ids, scope by scope. A stream without a census yields nothing."""
        ...

    def look(self, targets: Sequence[ItemId]) -> Iterator[Slots]:
        """What stands now in our slots of these items: our fields, and our comment by its marker."""
        ...

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Write, verify, and answer one receipt per intent, in any order."""
        ...

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Would the tracker accept it? Nothing is written. Yields nothing where a tracker cannot tell."""
        ...

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """What the push would cost, without sending anything."""
        ...

    def close(self) -> None:
        """Release connections. Safe to call twice."""
        ...
