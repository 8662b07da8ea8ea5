"""The audit trail as data: one entry per event, each bound to the one before by a hash.

An entry's hash covers everything in it but its details, of which it covers a salted digest. So what a person
said or is called can be blanked later without breaking the chain, and an entry can be checked without it.
Only SHA-256 and JSON with sorted names are used, so an export can be checked without Dovetail.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from portfolio.errors import TrailDamaged

FORMAT = "dovetail-audit-1"
ERASE = "erase"
_HEX = 16  # so many characters of a hash are enough for people to keep


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, before it has its place in the chain.

    Attributes:
        at: when.
        event: `write`, `plan applied`, `armed`, `held`, `muted`, `failed write`, `erase`, …
        run_id: the run that did it.
        outcome: what came of it.
        details: everything that may say something about a person: values, reasons, names.
    """

    at: datetime
    event: str
    run_id: str | None = None
    source: str | None = None
    item_id: str | None = None
    key: str | None = None
    slot: str | None = None
    field: str | None = None
    outcome: str | None = None
    rules: Sequence[str] = ()
    remote_id: str | None = None
    write_id: str | None = None
    details: Mapping[str, Any] | None = None


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An event in its place in the chain.

    Attributes:
        seq: 1 for the first, without gaps.
        details: None once they were erased; so is `salt` then.
        details_digest: of the salt and the details.
        previous: the hash of the entry before; empty for the first.
        hash: over everything but `details` and `salt`.
    """

    seq: int
    at: datetime
    event: str
    run_id: str | None = None
    source: str | None = None
    item_id: str | None = None
    key: str | None = None
    slot: str | None = None
    field: str | None = None
    outcome: str | None = None
    rules: Sequence[str] = ()
    remote_id: str | None = None
    write_id: str | None = None
    details: Mapping[str, Any] | None = None
    salt: str | None = None
    details_digest: str
    previous: str
    hash: str

    @property
    def head(self) -> str:
        """The entry as an anchor, `42:9f8e…`: whoever keeps it can prove later that nothing was cut off."""
        return f"{self.seq}:{self.hash}"


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What came of checking a trail.

    Attributes:
        entries: how many are sound, from the first on.
        head: the anchor of the last sound one; empty where there is none.
        erased: how many have no details any more, with an entry that says so.
        problem: what is wrong at the first broken link; None where nothing is.
        broken_at: the number of the entry where it broke.
    """

    entries: int
    head: str = ""
    erased: int = 0
    problem: str | None = None
    broken_at: int | None = None


def chained(event: AuditEvent, *, after: AuditEntry | None, salt: str | None = None) -> AuditEntry:
    """The event as the entry after another one; the first of a trail where there is none."""
    salt = salt or secrets.token_hex(16)
    details = dict(event.details or {})
    bare = AuditEntry(
        seq=1 if after is None else after.seq + 1,
        at=event.at,
        event=event.event,
        run_id=event.run_id,
        source=event.source,
        item_id=event.item_id,
        key=event.key,
        slot=event.slot,
        field=event.field,
        outcome=event.outcome,
        rules=tuple(event.rules),
        remote_id=event.remote_id,
        write_id=event.write_id,
        details=details,
        salt=salt,
        details_digest=digest_of(details, salt),
        previous="" if after is None else after.hash,
        hash="",
    )
    return msgspec.structs.replace(bare, hash=hash_of(bare))


def digest_of(details: Mapping[str, Any], salt: str) -> str:
    """The salted digest of details: without the salt, which is erased with them, nobody can guess them."""
    return hashlib.sha256(f"{salt}{_canonical(details)}".encode()).hexdigest()


def instant_text(at: datetime) -> str:
    """An instant as the chain and exports write it: UTC, to the millisecond, ending in Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hash_of(entry: AuditEntry) -> str:
    """The hash that belongs to an entry."""
    told = [
        FORMAT, entry.seq, instant_text(entry.at), entry.event, entry.run_id, entry.source, entry.item_id,
        entry.key, entry.slot, entry.field, entry.outcome, list(entry.rules), entry.remote_id,
        entry.write_id, entry.details_digest, entry.previous,
    ]  # fmt: skip
    return hashlib.sha256(_canonical(told).encode()).hexdigest()


def verify(entries: Iterable[AuditEntry], *, anchors: Mapping[str, str] | None = None) -> Verification:
    """Check a trail from its first entry to its last.

    Found are: an entry that was changed, one that is missing in the middle, another order, details that were
    changed or removed without an entry that says so, and an end that was cut off behind an anchor.

    Args:
        entries: all of them, in their order.
        anchors: heads that somebody kept, `42:9f8e…`, the hash whole or its first 16 characters or more;
            each with where it comes from.
    """
    wanted: dict[int, list[tuple[str, str]]] = {}
    for anchor, origin in (anchors or {}).items():
        seq, _, start = anchor.partition(":")
        wanted.setdefault(int(seq), []).append((start, origin))
    last: AuditEntry | None = None
    blank: set[int] = set()
    erased = 0
    try:
        for entry in entries:
            problem = _problem_of(entry, last, wanted.pop(entry.seq, ()))
            if problem is not None:
                return _broken(last, problem, entry.seq)
            if entry.details is None:
                blank.add(entry.seq)
            if entry.event == ERASE:
                told = set((entry.outcome or "").split())
                named = {seq for seq in blank if str(seq) in told}
                erased += len(named)
                blank -= named
            last = entry
    except TrailDamaged as error:
        return _broken(last, "it was changed: it cannot be read", error.seq)
    if blank:
        problem = "its details were removed, and no later entry says that they were erased"
        return _broken(last, problem, min(blank))
    end = 0 if last is None else last.seq
    if wanted:
        number = min(wanted)
        problem = f"the end is missing: {wanted[number][0][1]} saw entry {number}; the trail ends at {end}"
        return _broken(last, problem, number)
    return Verification(entries=end, head="" if last is None else last.head, erased=erased)


def erase_event(seqs: Iterable[int], *, at: datetime, run_id: str | None, by: str) -> AuditEvent:
    """The event that says whose details were erased, by their numbers."""
    named = " ".join(str(seq) for seq in sorted(seqs))
    return AuditEvent(at=at, event=ERASE, run_id=run_id, outcome=named, details={"by": by})


def parse_anchor(text: str) -> str:
    """An anchor as people type it.

    Raises:
        ValueError: it is none.
    """
    seq, _, start = text.strip().partition(":")
    is_hex = all(char in "0123456789abcdef" for char in start)
    if not (seq.isascii() and seq.isdigit() and int(seq) > 0 and is_hex and _HEX <= len(start) <= 64):
        raise ValueError(text)
    return f"{int(seq)}:{start}"


def short(head: str) -> str:
    """An anchor in the length that people keep."""
    seq, _, text = head.partition(":")
    return f"{seq}:{text[:_HEX]}" if head else ""


def _problem_of(entry: AuditEntry, last: AuditEntry | None, anchors: Sequence[tuple[str, str]]) -> str | None:
    expected = 1 if last is None else last.seq + 1
    if entry.seq != expected:
        return f"entry {expected} is missing, or the order was changed: entry {entry.seq} stands in its place"
    if entry.previous != ("" if last is None else last.hash):
        return "it does not follow the entry before it: one was changed, removed or put in"
    try:
        if entry.hash != hash_of(entry):
            return "it was changed: its hash does not fit"
        if entry.details is not None and entry.details_digest != digest_of(entry.details, entry.salt or ""):
            return "its details were changed: their digest does not fit"
    except (TypeError, ValueError, OverflowError):
        # A database may hold what JSON cannot say, and a file an instant that no calendar has.
        return "it was changed: it cannot be read"
    for start, origin in anchors:
        if not entry.hash.startswith(start):
            return f"{origin} saw another entry here: the trail was written anew"
    return None


def _broken(last: AuditEntry | None, problem: str, at: int) -> Verification:
    return Verification(
        entries=0 if last is None else last.seq,
        head="" if last is None else last.head,
        problem=problem,
        broken_at=at,
    )


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
