"""The new content of one file for all its intents, proven before it may take the place of the old one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from connectors.ms_project import living_note, sidecar
from connectors.ms_project.edits import Edits
from connectors.ms_project.remote import OpenPlan, Remote
from connectors.ms_project.render import lines_of
from connectors.ms_project.wire import PlanRows
from portfolio.errors import FileUnreadable
from portfolio.intents import COMMENT, Intent, Value


class WouldHarm(Exception):
    """The new content would not read like the old one; the text says so."""


class Rewrite(msgspec.Struct, frozen=True):
    """New content for one file, and the digest of the content it may take the place of.

    `proven` is the plan as the new content shows it.
    """

    path: Path
    new: bytes
    expected: str | None
    proven: OpenPlan | None = None


def rewritten(remote: Remote, plan: OpenPlan, due: Sequence[Intent]) -> Rewrite:
    """The file that holds every wanted value, and nothing else that is new.

    Raises:
        WouldHarm: it would differ in something else. That would be a defect of ours, or a file that two
            readers understand differently.
    """
    return _spliced(remote, plan, due) if plan.sidecar is None else _table(plan, plan.sidecar, due)


def stands(plan: OpenPlan, intent: Intent) -> bool:
    """Whether the plan shows what the intent wants."""
    uid = uid_of(intent)
    if plan.why_gone(uid) is not None:
        return False
    if intent.slot != COMMENT:
        return same(plan.value(uid, intent.slot), plan.fields[intent.slot].settled(intent.wanted))
    comment = plan.comment(uid)
    if intent.note is None or intent.wanted is None:
        return comment is None
    return comment is not None and comment.digest == intent.wanted and not comment.is_edited


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same to people."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) < 1e-6
    return (one if one != "" else None) == (other if other != "" else None)


def uid_of(intent: Intent) -> str:
    """The UID of the task that an intent is about."""
    return intent.item_id.rpartition(":")[2]


def _spliced(remote: Remote, plan: OpenPlan, due: Sequence[Intent]) -> Rewrite:
    edits = Edits(plan.document, plan.layout)
    texts = {
        intent.intent_id: plan.fields[intent.slot].write(intent.wanted)
        for intent in due
        if intent.slot != COMMENT
    }
    needed = dict.fromkeys(intent.slot for intent in due if texts.get(intent.intent_id) is not None)
    edits.define([plan.fields[slot] for slot in needed if plan.fields[slot].is_new])
    for uid, group in _by_uid(due).items():
        row = plan.layout.rows[uid]
        for intent in group:
            if intent.slot == COMMENT:
                edits.set_block(row, uid, _block(uid, intent))
        values = [(plan.fields[one.slot], texts[one.intent_id]) for one in group if one.slot != COMMENT]
        edits.set_values(row, values)
    raw = plan.document.encoded(edits.result())
    return Rewrite(plan.file.path, raw, plan.loaded.sha256, _proven(remote, plan, raw, due))


def _proven(remote: Remote, plan: OpenPlan, raw: bytes, due: Sequence[Intent]) -> OpenPlan:
    """The plan as the new content shows it: our fields and our block as wanted, everything else as before."""
    harm = WouldHarm(f"{plan.file.scope} would not read the same afterwards, so it is left as it is")
    try:
        after = remote.reread(plan, raw)
    except FileUnreadable as error:
        raise harm from error
    ours = {field.field_id for field in plan.fields.values() if field.problem is None}
    made = {field.field_id for field in plan.fields.values() if field.is_new}
    if _without(plan.loaded.rows, ours, made) != _without(after.loaded.rows, ours, made):
        raise harm
    for uid in _by_uid(due):
        before, now = plan.notes(uid), after.notes(uid)
        if living_note.without_ours(before, uid) != living_note.without_ours(now, uid):
            raise harm
    if not all(stands(after, intent) for intent in due):
        raise harm
    return after


def _table(plan: OpenPlan, standing: sidecar.Sidecar, due: Sequence[Intent]) -> Rewrite:
    rows = {uid: dict(row) for uid, row in standing.rows.items()}
    for uid, group in _by_uid(due).items():
        cells: dict[str, str | None] = {}
        for intent in group:
            if intent.slot != COMMENT:
                field = plan.fields[intent.slot]
                cells[field.name] = field.write(intent.wanted)
                continue
            cells |= {sidecar.NOTE: None, sidecar.REFERENCE: None}
            if intent.note is not None and intent.wanted is not None:
                lines = sidecar.one_line(lines_of(intent.note))
                cells[sidecar.NOTE] = sidecar.note_cell(lines)
                cells[sidecar.REFERENCE] = living_note.reference(uid, str(intent.wanted), lines)
        rows[uid] = sidecar.row_of(rows.get(uid, {}), cells)
    columns = [field.name for field in plan.fields.values()]
    return Rewrite(standing.path, sidecar.table(rows, plan.names, columns), standing.sha256)


def _block(uid: str, intent: Intent) -> str | None:
    if intent.note is None or intent.wanted is None:
        return None
    return living_note.block_text(uid, str(intent.wanted), lines_of(intent.note))


def _by_uid(intents: Sequence[Intent]) -> Mapping[str, list[Intent]]:
    groups: dict[str, list[Intent]] = {}
    for intent in intents:
        groups.setdefault(uid_of(intent), []).append(intent)
    return groups


def _without(rows: PlanRows, ours: set[str], made: set[str]) -> PlanRows:
    """The rows without the values of our fields, and without the definitions that we make."""
    return PlanRows(
        header=rows.header,
        tasks=[
            msgspec.structs.replace(
                task, values=tuple(value for value in task.values if value.field_id not in ours)
            )
            for task in rows.tasks
        ],
        resources=rows.resources,
        assignments=rows.assignments,
        calendars=rows.calendars,
        fields=[field for field in rows.fields if field.field_id not in made],
        lookup=rows.lookup,
    )
