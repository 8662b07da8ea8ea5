"""A finding: a rule's verdict on a subject, with a life cycle. Its identity holds no measured value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

SEVERITIES = ("info", "low", "medium", "high", "critical")
FINDING_STATES = ("pending", "open", "acknowledged", "snoozed", "suppressed", "resolved")
LIVE_STATES = ("pending", "open", "acknowledged", "snoozed", "suppressed")
RESOLUTIONS = ("fixed", "closed", "out of scope", "rule changed")


def severity_rank(severity: str) -> int:
    """0 for info up to 4 for critical."""
    return SEVERITIES.index(severity)


def severity_of(rank: int) -> str | None:
    """The severity of a rank; None for a rank below all."""
    return SEVERITIES[rank] if rank >= 0 else None


def finding_id(rule: str, subject: Sequence[str | int]) -> str:
    """The fingerprint: a hash of the rule and its subject's ids, never of a message, date or severity."""
    raw = "\x1f".join([rule, *(str(part) for part in subject)])
    return hashlib.sha256(raw.encode()).hexdigest()[:16]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says of one subject in this run, before it meets what earlier runs said."""

    finding_id: str
    rule: str
    rule_group: str
    subject: str  # the view it is over: item, risk, dependency, …
    severity: str
    title: str
    why: str
    action: str
    message: str
    docs: str | None = None
    source: str | None = None
    item_id: str | None = None
    key: str | None = None
    project: str | None = None
    evidence: Mapping[str, object] = {}
    comment_items: Sequence[str] = ()
    sources: Sequence[str] = ()  # every source the verdict rests on: one of them failing freezes the finding
    subject_id: str | None = None  # the one column that identifies the row; None where it takes several


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its history. Column names are those of the view `finding`."""

    finding_id: str
    rule: str
    rule_group: str
    subject: str
    item_id: str | None
    key: str | None
    project: str | None
    severity: str
    state: str
    opened_at: datetime | None
    last_seen_at: datetime
    resolved_at: datetime | None
    resolved_because: str | None
    reopened_count: int
    message: str
    title: str
    why: str
    action: str
    docs: str | None
    evidence: Mapping[str, object]
    comment_items: Sequence[str]
    is_legacy: bool
    muted_until: datetime | None
    muted_by: str | None
    muted_reason: str | None
    sources: Sequence[str] = ()
    muted_approver: str | None = None  # who approved that it is muted although it is critical
    subject_id: str | None = None  # of the row that it is about, where one column identifies it
