"""What Dovetail wants to stand in a tracker, what stands there now, and what the tracker answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from portfolio.notes import Note
from portfolio.records import ItemId, SourceId

FieldName = Literal[
    "health",
    "forecast_finish",
    "slip_wd",
    "percent_complete",
    "open_risks",
    "open_findings",
    "worst_finding",
    "start",
    "due",
]
# The rollups: what Dovetail works out itself.
FIELD_NAMES: tuple[FieldName, ...] = (
    "health",
    "forecast_finish",
    "slip_wd",
    "percent_complete",
    "open_risks",
    "open_findings",
    "worst_finding",
)
# People's own dates. Only `reconcile --fix` makes plans that write them: docs/decisions/0034.
DATE_NAMES: tuple[FieldName, ...] = ("start", "due")
COMMENT: Literal["comment"] = "comment"

# A field value in canonical form: text or number; a date is its ISO text. None is "nothing stands there".
Value: TypeAlias = str | int | float | None


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """One desired write: the item's one comment, or one of Dovetail's own fields.

    `slot` is `comment` or the name of a rollup field. `before` is what was seen there when the plan was made
    (for a comment: the digest in our marker, None when there is none); a connector compares it again
    immediately before it writes and answers Conflict when it differs.
    """

    intent_id: str  # stable for (item, slot): the same intent twice is one effect
    source: SourceId
    item_id: ItemId
    native_id: str
    key: str
    slot: str
    before: Value = None
    wanted: Value = None  # for a comment: the digest of `note`
    note: Note | None = None
    remote_id: str | None = None  # the comment's id from the last receipt
    # The digest of the text that a person made of our comment and that may be overwritten, because the
    # configuration says `comment: ours`. Any other text of a person is a conflict.
    overwrites: str | None = None
    rules: Sequence[str] = ()
    reason: str = ""


class RemoteComment(msgspec.Struct, frozen=True, kw_only=True):
    """Our comment as it stands in the tracker, found by its marker and written by our own account."""

    remote_id: str
    digest: str | None  # the digest of the Note that was written, from the marker
    is_edited: bool = False  # its body is no longer what we wrote: a person edited it
    body: str | None = None  # its text, for people to read
    duplicates: Sequence[
        str
    ] = ()  # ids of further comments that carry our marker for this item; never by our design


class Slots(msgspec.Struct, frozen=True, kw_only=True):
    """What stands now in the places Dovetail may write to, for one item."""

    item_id: ItemId
    exists: bool = True
    gone_because: str | None = None
    fields: Mapping[str, Value] = {}
    unwritable: Mapping[str, str] = {}  # slot → the tracker's reason (not on the screen, no permission, …)
    comment: RemoteComment | None = None
    revision: str | None = None


class Applied(msgspec.Struct, frozen=True, kw_only=True, tag="applied"):
    """The tracker holds the wanted value, verified from its answer or read back."""

    intent_id: str
    remote_id: str | None = None
    at: datetime | None = None
    revision: str | None = None


class Unchanged(msgspec.Struct, frozen=True, kw_only=True, tag="unchanged"):
    """It stood there already; nothing was written."""

    intent_id: str
    remote_id: str | None = None


class Conflict(msgspec.Struct, frozen=True, kw_only=True, tag="conflict"):
    """Someone changed the target since the plan was made; nothing was written."""

    intent_id: str
    now: Value = None
    reason: str = "changed since the plan was made"


class Gone(msgspec.Struct, frozen=True, kw_only=True, tag="gone"):
    """The target does not exist any more."""

    intent_id: str
    reason: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The tracker will not do it, in its own words; trying again without a change is pointless."""

    intent_id: str
    reason: str


class Unknown(msgspec.Struct, frozen=True, kw_only=True, tag="unknown"):
    """The outcome is not known: the answer was lost. Look before anything is repeated."""

    intent_id: str
    reason: str


Receipt: TypeAlias = Applied | Unchanged | Conflict | Gone | Refused | Unknown


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a push would cost: requests, and units of the tracker's rate-limit budget where it has one."""

    requests: int
    budget: int = 0
    budget_unit: str = ""
    emails: int = 0  # notifications to watchers that the tracker cannot be asked to suppress


def text_digest(text: str | None) -> str:
    """Short and the same for the same text, to tell whether a person has edited it since."""
    return hashlib.sha256((text or "").encode("utf-8", "surrogatepass")).hexdigest()[:16]
