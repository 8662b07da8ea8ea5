"""What the store answers with, besides records and findings: small frozen types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from portfolio.intents import Value
from portfolio.records import ItemId, SourceId


class PageCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What one page did: records that were new, changed or as before, and items that became tombstones."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    def __add__(self, other: PageCounts) -> PageCounts:
        return PageCounts(
            new=self.new + other.new,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            gone=self.gone + other.gone,
        )


class Vanishing(msgspec.Struct, frozen=True, kw_only=True):
    """Live stored items that a complete list does not name, and how many live items its scopes hold."""

    ids: Mapping[ItemId, str]
    known: int


class Dirty(msgspec.Struct, kw_only=True):
    """What has changed since the last derivation.

    Attributes:
        basis: on what the last derivation that came to its end was made; None where none did.
        items: item → the values that its columns had then, of those that have changed; None where it was not
            there. Further names say what of it changed elsewhere: `changes`, `former_keys`, `risk`,
            `baseline`.
        dependencies: dependency → the ends it had; None where it was not there.
        lists: tables that have changed, or `everything`.
        marks: the number of each mark, by what it marks.
    """

    basis: str | None = None
    items: dict[ItemId, dict[str, Any] | None] = {}
    dependencies: dict[str, dict[str, Any] | None] = {}
    lists: set[str] = set()
    marks: dict[tuple[str, str], int] = {}


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """How one source stands.

    When it was last read in full, what is wrong, and whether it may be written to: it is armed, and not held
    back for a reason that only an applied plan lifts.
    """

    source: SourceId
    kind: str
    form: str
    last_good_at: datetime | None = None
    error: str | None = None
    armed_at: datetime | None = None
    mapping_version: str | None = None
    held_because: str | None = None


class SlotBase(msgspec.Struct, frozen=True, kw_only=True):
    """What Dovetail last wrote into one slot of one item: the base of the three-way comparison."""

    value: Value = None
    remote_id: str | None = None
    at: datetime | None = None


class WriteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One write of the outbox and audit trail. Column names are those of the view `write`.

    `base` is what Dovetail last wrote there, `before` what stood there, `after` what was wanted. The states
    are `sending` (recorded before the request), then what the tracker answered: `applied`, `unchanged`,
    `conflict`, `gone`, `refused`, `unknown`; or `kept`: a person's value, in `before`, was left standing
    instead of `after`. `overwrote` is the digest of the text that a person had made of our comment, where
    the configuration lets that be overwritten: no undo brings it back.
    """

    write_id: str
    run_id: str
    source: SourceId
    item_id: ItemId
    key: str
    slot: str
    field: str | None = None
    base: Value = None
    before: Value = None
    after: Value = None
    state: str = "sending"
    reason: str = ""
    rules: Sequence[str] = ()
    remote_id: str | None = None
    at: datetime | None = None
    intent_id: str | None = None
    overwrote: str | None = None


class FailedWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A place that could not be written, until it is. Column names are those of the view `failed_write`.

    `state` is `refused` (the tracker said no, `reason`), `unknown` (no answer came), `retry` (a person wants
    it asked again) or `ignored` (a person wants it left alone until `until`, `why`). `failures` counts how
    often it failed since it last succeeded; `after` is what was wanted then.
    """

    item_id: ItemId
    slot: str
    intent_id: str
    source: SourceId
    key: str
    field: str | None = None
    after: Value = None
    state: str = "refused"
    reason: str = ""
    failures: int = 1
    first_at: datetime
    last_at: datetime
    run_id: str
    until: datetime | None = None
    by: str | None = None
    why: str | None = None


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was otherwise after a run than before it: what `diff` shows.

    `what` is `opened`, `reopened`, `raised`, `resolved` of a finding, or `new`, `gone`, `back`, `late`,
    `no longer late` of an item. `subject` is the id of the finding or the item.
    """

    run_id: str
    what: str
    subject: str
    item_id: ItemId | None = None
    key: str | None = None
    rule: str | None = None
    severity: str | None = None
    title: str | None = None


class ContainerChange(msgspec.Struct, frozen=True, kw_only=True):
    """A date of a release, an iteration or a plan that is another than before.

    No tracker tells the history of these, so Dovetail remembers what it saw: `at` is the instant of the run
    that saw the new value (`is_observed`), and `by` is unknown. `is_first` marks the value that stood when
    the container was seen for the first time, which is no change.
    """

    source: SourceId
    event_id: str
    kind: str  # release, iteration, schedule
    container_id: str
    at: datetime
    by: str | None = None
    field: str  # date of a release; start and end of an iteration; baseline_at of a plan
    before: str | None = None
    after: str | None = None
    is_observed: bool = True
    is_first: bool = False


class BaselineEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A baseline was taken, replayed or imported, once or again: why, and where its dates are kept.

    `kept_as` is the name under which the view `baseline` has its rows: `name` itself for the newest version,
    `name@1` and so on for earlier ones.
    """

    name: str
    version: int
    kept_as: str
    at: datetime
    as_of: date | None = None
    by: str | None = None
    reason: str | None = None
    origin: str = "taken"
    imported_from: str | None = None
    item_count: int = 0
    schedules: Sequence[str] = ()
