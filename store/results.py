"""What the store answers with, besides records and findings: small frozen types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

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


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """How one source stands.

    When it was last read in full, what is wrong, and whether it may be written to.
    """

    source: SourceId
    kind: str
    form: str
    last_good_at: datetime | None = None
    error: str | None = None
    armed_at: datetime | None = None
    mapping_version: str | None = None


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
    instead of `after`.
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
