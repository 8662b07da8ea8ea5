"""Values for a plan whose master is an .mpp, which nothing but Project can write: a table beside the file.

`checkout.dovetail.csv` has one row per task, by its Unique ID, in a form that Project's import wizard reads
(merge into the active project, key Unique_ID). A planner imports it; no record is ever read from it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from connectors.ms_project import living_note
from connectors.ms_project.custom_fields import PlanField, can_hold, kind_of
from connectors.ms_project.render import clean
from connectors.ms_project.replacement import sha256
from connectors.ms_project.settings import ProjectFileSettings
from portfolio.intents import RemoteComment

UID, NAME, NOTE, REFERENCE = "Unique_ID", "Name", "Dovetail_Note", "Dovetail_Reference"
_BETWEEN = " / "
# A spreadsheet would run a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MAX_BYTES = 64 * 1024 * 1024


class SidecarUnreadable(Exception):
    """The table cannot be understood; the text says why."""


class Sidecar(msgspec.Struct, frozen=True):
    """The table as it stands: a row per UID. `sha256` is None where there is no such file."""

    path: Path
    rows: Mapping[str, Mapping[str, str]]
    sha256: str | None

    def comment(self, uid: str) -> RemoteComment | None:
        """Our comment in the row of a task."""
        row = self.rows.get(uid, {})
        lines = _unguarded(row.get(NOTE, "")).split(_BETWEEN)
        text = "\n".join([living_note.FIRST_LINE, *lines, _unguarded(row.get(REFERENCE, ""))])
        found = living_note.blocks(text, uid)
        if not found:
            return None
        one = found[0]
        return RemoteComment(remote_id="sidecar", digest=one.digest, is_edited=one.is_edited, body=one.body)

    def value(self, uid: str, field: PlanField) -> str | None:
        """The text in the cell of a field."""
        return _unguarded(self.rows.get(uid, {}).get(field.name, "")) or None


def path_beside(plan: Path) -> Path:
    """Where the table of a plan stands."""
    return plan.with_name(f"{plan.stem}.dovetail.csv")


def master_of(plan: Path, settings: ProjectFileSettings) -> str | None:
    """The .mpp that planners edit, by its name; None where the XML file is itself what they edit."""
    if settings.master == "xml":
        return None
    try:
        beside = next((one for one in plan.parent.iterdir() if _is_master(one, plan)), None)
    except OSError:
        beside = None
    if beside is not None:
        return beside.name
    return f"{plan.stem}.mpp" if settings.master == "mpp" else None


def fields(settings: ProjectFileSettings) -> dict[str, PlanField]:
    """Our fields as columns: every column is text to us, whatever field of Project it is imported into."""
    labels = settings.write.values if settings.write else {}
    found: dict[str, PlanField] = {}
    for slot, name in settings.write_fields.items():
        kind = kind_of(name)
        problem = f"{name} cannot hold it" if kind is not None and not can_hold(kind, slot) else None
        found[slot] = PlanField(slot=slot, name=name, labels=labels.get(slot, {}), problem=problem)
    return found


def read(path: Path) -> Sidecar:
    """The table beside a plan.

    Raises:
        SidecarUnreadable: it is no table of ours.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SidecarUnreadable(f"{path.name} is too large")
        raw = path.read_bytes()
    except FileNotFoundError:
        return Sidecar(path, {}, None)
    except OSError as error:
        raise SidecarUnreadable(f"{path.name} cannot be read ({error.strerror})") from error
    try:
        table = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True, restval="")
        if UID not in (table.fieldnames or ()):
            raise SidecarUnreadable(f"{path.name} has no column {UID}")
        rows = {row[UID]: {key: value for key, value in row.items() if key} for row in table}
    except (UnicodeDecodeError, csv.Error) as error:
        raise SidecarUnreadable(f"{path.name} is not a table of Dovetail's") from error
    return Sidecar(path, rows, sha256(raw))


def row_of(standing: Mapping[str, str], cells: Mapping[str, str | None]) -> dict[str, str]:
    """A row with new texts in some of its cells."""
    return {**standing, **{name: _guarded(text or "") for name, text in cells.items()}}


def one_line(lines: Sequence[str]) -> list[str]:
    """The lines of a comment in a form that can be told apart again in one cell."""
    return [line.replace(_BETWEEN, "/") for line in lines]


def note_cell(lines: Sequence[str]) -> str:
    """The text of a comment in one cell: the import wizard reads a table line by line."""
    return _BETWEEN.join(lines)


def table(rows: Mapping[str, Mapping[str, str]], names: Mapping[str, str], columns: Sequence[str]) -> bytes:
    """The whole table, in the order of the plan's rows.

    Args:
        rows: by UID; those of tasks that the plan no longer has are left out.
        names: the plan's tasks, by UID, with their names.
        columns: the names of the fields.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [UID, NAME, *columns, NOTE, REFERENCE], extrasaction="ignore", restval="")
    writer.writeheader()
    for uid, name in names.items():
        row = rows.get(uid)
        if row is not None and any(row.get(one) for one in (*columns, REFERENCE)):
            writer.writerow({**row, UID: uid, NAME: _guarded(clean(name))})
    return text.getvalue().encode("utf-8-sig")


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def _is_master(one: Path, plan: Path) -> bool:
    return one.suffix.casefold() == ".mpp" and one.stem.casefold() == plan.stem.casefold()
