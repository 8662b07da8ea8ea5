"""Entries of the audit trail, and checking the trail.

Every write enters the trail when its outcome is booked, in the same transaction (`store/writes.py`). Here is
what else goes in: plans that were applied, and what people decided about writing.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from portfolio.audit import AuditEntry, AuditEvent, Verification, instant_text, short, verify
from portfolio.errors import UsageError
from portfolio.findings import Finding
from portfolio.private_files import replacing_private

if TYPE_CHECKING:
    from store import Store
    from sync.plan_file import Plan


def actor() -> str:
    """The account of this machine that runs Dovetail; empty where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry
        return ""


def plan_applied(plan: Plan, writes: int, *, run_id: str, by: str, at: datetime) -> AuditEvent:
    """The event of a plan that is applied, before its first write."""
    told: dict[str, object] = {"by": by, "plan": plan.hash, "made_by": plan.run_id, "writes": writes}
    if plan.undoes:
        told["undoes"] = plan.undoes
    return AuditEvent(
        at=at, event="plan applied", run_id=run_id, outcome="undo" if plan.undoes else "writes", details=told
    )


def finding_muted(finding: Finding, *, run_id: str, by: str, at: datetime) -> AuditEvent:
    """The event of a person who acknowledged, snoozed, suppressed or reopened a finding."""
    until = None if finding.muted_until is None else finding.muted_until.isoformat()
    return AuditEvent(
        at=at,
        event="muting",
        run_id=run_id,
        item_id=finding.item_id,
        key=finding.key,
        outcome=finding.state,
        rules=[finding.rule],
        details={"by": by, "reason": finding.muted_reason, "until": until, "finding": finding.finding_id},
    )


def vanished_accepted(source: str, *, run_id: str, by: str, at: datetime) -> AuditEvent:
    """The event of a person who let a source shrink past its limit."""
    return AuditEvent(
        at=at, event="limit lifted", run_id=run_id, source=source, outcome="max_vanished", details={"by": by}
    )


def check_trail(store: Store, anchors: Mapping[str, str]) -> Verification:
    """Check the store's trail against the heads that its runs saw, and against those that people kept."""
    result = verify(store.audit(), anchors=store.audit_anchors() | dict(anchors))
    missing = store.missing_audit_guards()
    if missing and result.problem is None:
        problem = f"the database no longer guards it: {', '.join(missing)} was removed or switched off"
        return msgspec.structs.replace(result, problem=problem)
    return result


def check_export(path: Path, anchors: Mapping[str, str]) -> Verification:
    """Check an exported trail; no store is needed.

    Raises:
        UsageError: the file cannot be read as one.
    """
    return verify(read_export(path), anchors=anchors)


def read_export(path: Path) -> Iterable[AuditEntry]:
    """The entries of an export, line by line.

    Raises:
        UsageError: the file cannot be read as an exported trail.
    """
    decode = msgspec.json.Decoder(AuditEntry).decode
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    raise UsageError(f"{path}, line {number}, is no entry of an audit trail.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def kept_head(store: Store) -> str:
    """The anchor to show people, so that they can keep it; empty where the trail is empty."""
    return short(store.audit_head())


def export_lines(store: Store) -> Iterator[str]:
    """The whole trail, one entry per line, ASCII only, so that nothing in it is obeyed by a terminal."""
    for entry in store.audit():
        yield json.dumps(msgspec.to_builtins(entry) | {"at": instant_text(entry.at)})


def write_export(store: Store, path: Path) -> int:
    """Write the whole trail to a file, all of it or nothing. A new file is for this account only.

    Returns:
        How many entries it has.

    Raises:
        UsageError: the file cannot be written.
    """
    count = 0
    try:
        with replacing_private(path) as file:
            for line in export_lines(store):
                file.write(f"{line}\n".encode("ascii"))
                count += 1
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return count
