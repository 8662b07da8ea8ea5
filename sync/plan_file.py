"""The plan as data: what `apply` would write, what it would not and why, and the file that holds both.

The file is JSON with a schema, an expiry and a hash over everything else in it. Whoever changes a plan by
hand makes a different plan, so a file whose hash does not fit is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from portfolio.errors import UsageError
from portfolio.intents import COMMENT, Cost, Intent, Value
from portfolio.notes import Note
from portfolio.private_files import replace_private
from portfolio.records import ItemId, SourceId

SCHEMA = "dovetail-plan"
MAX_BYTES = 256 * 1024 * 1024  # some 300,000 writes
SCHEMA_ID = "https://dovetail.example/plan-schema.json"
# 4 since a plan says whether it arms its sources.
VERSION = 4


class PlannedWrite(msgspec.Struct, frozen=True, kw_only=True):
    """One write that `apply` would make.

    Attributes:
        program, project: where the item stands in the PMO's tree, by slug.
        scope: the tracker's own: a Jira project, an area, a plan's file.
        slot: `comment`, the name of a rollup field, or `start` or `due`.
        field: what the tracker calls the field.
        base: what Dovetail last wrote there; None when it never did.
        before: what stood there when the plan was made. For a comment: the digest in its marker.
        wanted: what should stand there. For a comment: the digest of `note`.
        rules: the rules that ask for it.
        reason: the same in words.
        overwrites: the digest of the text that a person made of our comment, where that may be overwritten.
    """

    intent_id: str
    source: SourceId
    item_id: ItemId
    native_id: str
    key: str
    program: str | None = None
    project: str | None = None
    scope: str | None = None
    slot: str
    field: str
    base: Value = None
    before: Value = None
    wanted: Value = None
    note: Note | None = None
    remote_id: str | None = None
    rules: Sequence[str] = ()
    reason: str = ""
    overwrites: str | None = None

    def intent(self) -> Intent:
        """The same as the connector takes it."""
        return Intent(
            intent_id=self.intent_id,
            source=self.source,
            item_id=self.item_id,
            native_id=self.native_id,
            key=self.key,
            slot=self.slot,
            before=self.before,
            wanted=self.wanted,
            note=self.note,
            remote_id=self.remote_id,
            rules=self.rules,
            reason=self.reason,
            overwrites=self.overwrites,
        )


class NotWritten(msgspec.Struct, frozen=True, kw_only=True):
    """A place that is left alone: a person's change, a tracker's refusal, an item that is gone."""

    source: SourceId
    item_id: ItemId
    key: str
    program: str | None = None
    project: str | None = None
    slot: str
    base: Value = None
    now: Value = None
    wanted: Value = None
    reason: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `apply` would write, and no more.

    docs/plan-schema.json is its JSON Schema.

    Attributes:
        sources: every source the plan is about, whether or not it has a write: applying it arms them.
        conflicts: values that a person changed; they are reported, not overwritten.
        skipped: what cannot be written, with the tracker's reason.
        failed: sources that could not be looked at; the plan has no writes for them.
        cost: what the writes would cost, by source.
        places: the address of each source, so that a plan is not applied to another site of the same name.
        undoes: the run whose writes it takes back; empty for a plan of what is wanted. Only a plan that
            undoes may empty a place.
        arms: whether applying it arms its sources (an undo holds them instead). A plan of `reconcile --fix`
            does neither: that dates are brought into line says nothing about comments.
        audit_head: where the audit trail ended when it was made.
        hash: over everything else.
    """

    schema: str = SCHEMA
    version: int = VERSION
    run_id: str
    created_at: datetime
    expires_at: datetime
    sources: Sequence[SourceId] = ()
    writes: Sequence[PlannedWrite] = ()
    conflicts: Sequence[NotWritten] = ()
    skipped: Sequence[NotWritten] = ()
    notes: Sequence[str] = ()
    failed: Mapping[SourceId, str] = {}
    cost: Mapping[SourceId, Cost] = {}
    places: Mapping[SourceId, str] = {}
    undoes: str = ""
    arms: bool = True
    audit_head: str = ""
    hash: str = ""

    def sealed(self) -> Plan:
        """The plan with its hash."""
        return msgspec.structs.replace(self, hash=self.digest())

    def digest(self) -> str:
        """The hash that belongs to the content."""
        bare = msgspec.structs.replace(self, hash="")
        return hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()


def intent_id(item: ItemId, slot: str) -> str:
    """The same for the same place, in every run and every store."""
    return hashlib.sha256(f"{item}\x1f{slot}".encode()).hexdigest()[:16]


def write_plan(plan: Plan, path: Path) -> None:
    """Write the plan to a file, all of it or nothing. A new file is for this account only.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        replace_private(path, plan_text(plan).encode())
    except OSError as error:
        raise UsageError(f"{path}: the plan cannot be written: {error.strerror}.") from error


def plan_text(plan: Plan) -> str:
    """The plan as the text of its file."""
    return msgspec.json.format(msgspec.json.encode(plan.sealed()), indent=2).decode() + "\n"


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a plan's file. docs/plan-schema.json is this; a test compares."""
    schema = _ordered(msgspec.json.schema(Plan))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}


def _ordered(schema: Any) -> Any:
    """The same schema, alike in every process: alternatives come out of a set."""
    if isinstance(schema, dict):
        found = {key: _ordered(value) for key, value in sorted(schema.items())}
        if "anyOf" in found:
            found["anyOf"] = sorted(found["anyOf"], key=msgspec.json.encode)
        return found
    return [_ordered(one) for one in schema] if isinstance(schema, (list, tuple)) else schema


def read_plan(path: Path) -> Plan:
    """Read a plan that `write_plan` wrote.

    Raises:
        UsageError: it is not a plan, of another version, or was changed.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes: that is no plan of Dovetail.")
        plan = msgspec.json.decode(path.read_bytes(), type=Plan)
    except OSError as error:
        raise UsageError(f"{path}: the plan cannot be read: {error.strerror}.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not a plan of Dovetail.", hint="`dovetail plan` makes one.") from error
    check_plan(plan, name=str(path))
    return plan


def check_plan(plan: Plan, *, name: str = "The plan") -> None:
    """Refuse a plan that is not what `dovetail plan` wrote.

    Raises:
        UsageError: its schema, version or hash does not fit.
    """
    if plan.schema != SCHEMA or plan.version != VERSION:
        raise UsageError(
            f"{name} has the schema {plan.schema} {plan.version}; this is {SCHEMA} {VERSION}.",
            hint="Make it again with `dovetail plan`.",
        )
    if plan.created_at.tzinfo is None or plan.expires_at.tzinfo is None:
        raise UsageError(f"{name} has times without a zone.", hint="Make it again with `dovetail plan`.")
    if plan.hash != plan.digest():
        raise UsageError(
            f"{name} was changed after it was made: its hash does not fit.",
            hint="Make it again with `dovetail plan`; rules and limits are changed in the configuration.",
        )


def table_rows(plan: Plan) -> list[dict[str, object]]:
    """The plan as rows for people and for `--format`, by source, programme and project.

    In each the writes, then what is left alone. What belongs to no project comes last.
    """
    rows: list[dict[str, object]] = [
        {
            "source": one.source,
            "program": one.program,
            "project": one.project,
            "key": one.key,
            "action": _action(one),
            "field": one.field,
            "before": _shown(one.slot, one.before),
            "after": _shown(one.slot, one.wanted),
            "reason": one.reason,
            "rules": list(one.rules),
        }
        for one in plan.writes
    ]
    for action, entries in (("conflict", plan.conflicts), ("skipped", plan.skipped)):
        rows += [
            {
                "source": one.source,
                "program": one.program,
                "project": one.project,
                "key": one.key,
                "action": action,
                "field": one.slot,
                "before": _shown(one.slot, one.now),
                "after": _shown(one.slot, one.wanted),
                "reason": one.reason,
                "rules": [],
            }
            for one in entries
        ]
    order = {source: index for index, source in enumerate(plan.sources)}

    def group(row: dict[str, object]) -> tuple[int, bool, str, bool, str]:
        program, project = row["program"], row["project"]
        source = order.get(str(row["source"]), len(order))
        return source, program is None, str(program), project is None, str(project)

    rows.sort(key=group)
    return rows


def _action(write: PlannedWrite) -> str:
    if write.slot == COMMENT:
        if write.wanted is None:
            return "delete"
        return "edit" if write.before is not None else "comment"
    return "clear" if write.wanted is None else "set"


def _shown(slot: str, value: Value) -> Value:
    """A comment's digest says nothing to people: whether there is one does."""
    if slot == COMMENT:
        return None if value is None else "our comment"
    return value
