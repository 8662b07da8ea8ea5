"""The splices that put our values and our block into a plan, each at the place where Project would write it.

Order of a task's children, as Project 2007 to 2019 writes them: … Notes, HideBar … CommitmentType,
ExtendedAttribute, Baseline, OutlineCode, TimephasedData. The published schema has the second half in another
order, which no real file follows. facts/msproject.md §5.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from connectors.ms_project import living_note
from connectors.ms_project.custom_fields import NAMES, PlanField
from connectors.ms_project.document import Document
from connectors.ms_project.layout import Layout, Node, Row, Value
from connectors.ms_project.raw_text import RawText

_AFTER_VALUES = frozenset({"Baseline", "OutlineCode", "TimephasedData"})
_AFTER_NOTES = _AFTER_VALUES | {
    "HideBar", "Rollup", "BCWS", "BCWP", "PhysicalPercentComplete", "EarnedValueMethod", "PredecessorLink",
    "ActualWorkProtected", "ActualOvertimeWorkProtected", "IsPublished", "StatusManager", "CommitmentStart",
    "CommitmentFinish", "CommitmentType", "ExtendedAttribute",
}  # fmt: skip
_AFTER_DEFINITIONS = ("Calendars", "Tasks", "Resources", "Assignments")


class Splice(msgspec.Struct, frozen=True, order=True):
    """Bytes to put in the place of those from `start` to `end`."""

    start: int
    end: int
    number: int
    new: bytes


class Edits:
    """The changes of one plan, collected and then made at once."""

    def __init__(self, document: Document, layout: Layout) -> None:
        self._document = document
        self._data = document.data
        self._layout = layout
        self._splices: list[Splice] = []

    def result(self) -> bytes:
        """The plan's content with every change made, as UTF-8."""
        parts: list[bytes] = []
        at = 0
        for one in sorted(self._splices):
            if one.start < at:
                raise ValueError("two changes of one place")
            parts += [self._data[at : one.start], one.new]
            at = one.end
        return b"".join([*parts, self._data[at:]])

    # Definitions.

    def define(self, fields: Sequence[PlanField]) -> None:
        """Define custom fields that the plan does not use yet."""
        if not fields:
            return
        section = self._layout.sections.get("ExtendedAttributes")
        if section is None:
            self._new_section(fields)
            return
        outer = self._space_before(section.start)
        content = self._data[section.opened : section.closed]
        if section.is_empty_tag or not content.strip():
            tag = self._tag("ExtendedAttributes")
            self._replace(
                section.start, section.end, self._section(tag, fields, outer, outer + self._unit(outer))
            )
            return
        if self._layout.definitions:
            last = self._layout.definitions[-1].node
            inner, at = self._space_before(last.start), last.end
        else:  # something else stands there, such as a comment
            inner, at = outer + self._unit(outer), section.closed - len(self._space_before(section.closed))
        unit = inner[len(outer) :] if inner.startswith(outer) else b""
        self._replace(at, at, b"".join(inner + self._definition(one, inner, unit) for one in fields))

    def _new_section(self, fields: Sequence[PlanField]) -> None:
        # A plan with a task to write to has at least its section Tasks.
        next_one = next(
            self._layout.sections[name] for name in _AFTER_DEFINITIONS if name in self._layout.sections
        )
        outer = self._space_before(next_one.start)
        made = self._section(self._tag("ExtendedAttributes"), fields, outer, outer + self._unit(outer))
        self._replace(next_one.start, next_one.start, made + outer)

    def _section(self, tag: str, fields: Sequence[PlanField], outer: bytes, inner: bytes) -> bytes:
        unit = inner[len(outer) :]
        made = b"".join(inner + self._definition(one, inner, unit) for one in fields)
        return f"<{tag}>".encode() + made + outer + f"</{tag}>".encode()

    def _definition(self, field: PlanField, space: bytes, unit: bytes) -> bytes:
        title = NAMES[field.field_id]
        told = {"FieldID": field.field_id, "FieldName": title}
        if field.name.casefold() != title.casefold():
            told["Alias"] = field.name
        return self._element("ExtendedAttribute", told, space, unit)

    # Values.

    def set_values(self, row: Row, values: Iterable[tuple[PlanField, str | None]]) -> None:
        """Put values into a task; None takes one out."""
        space, unit = self._spaces(row)
        new: list[bytes] = []
        for field, text in values:
            standing = next((one for one in row.values if one.field_id == field.field_id), None)
            if standing is None:
                if text is not None:
                    told = {"FieldID": field.field_id, "Value": text}
                    new.append(self._element("ExtendedAttribute", told, space, unit))
            elif text is None:
                self._remove(standing.node)
            else:
                self._set(standing, text)
        if not new:
            return
        if row.values:
            at = row.values[-1].node.end
            self._replace(at, at, b"".join(space + one for one in new))
        else:
            self._insert(row, _AFTER_VALUES, new, space)

    def _set(self, value: Value, text: str) -> None:
        node = value.child("Value")
        new = self._document.escaped(text)
        if node is not None and not node.is_empty_tag:
            self._replace(node.opened, node.closed, new)
            return
        tag = self._tag("Value")
        made = f"<{tag}>".encode() + new + f"</{tag}>".encode()
        if node is not None:
            self._replace(node.start, node.end, made)
        else:
            field_id = value.child("FieldID")
            assert field_id is not None  # noqa: S101 - by which it was found
            self._replace(field_id.end, field_id.end, self._space_before(field_id.start) + made)

    # Notes.

    def set_block(self, row: Row, uid: str, block: str | None) -> None:
        """Put our block into a task's notes, or take it out. Every byte of people's text stays."""
        newline = self._document.newline
        node = row.child("Notes")
        if node is None:
            if block is not None:
                text = self._document.escaped(block.replace("\n", newline))
                tag = self._tag("Notes")
                made = f"<{tag}>".encode() + text + f"</{tag}>".encode()
                self._insert(row, _AFTER_NOTES, [made], self._spaces(row)[0])
            return
        notes = RawText(self._data[node.opened : node.closed])
        change = living_note.change(notes.text, uid, block)
        if change.begin == 0 and change.end == len(notes.text) and not change.text:
            self._remove(node)
            return
        new = notes.replaced(change.begin, change.end, change.text.replace("\n", newline), self._document)
        if node.is_empty_tag:
            tag = self._tag("Notes")
            self._replace(node.start, node.end, f"<{tag}>".encode() + new + f"</{tag}>".encode())
        else:
            self._replace(node.opened, node.closed, new)

    # Places.

    def _insert(self, row: Row, before: frozenset[str], new: Sequence[bytes], space: bytes) -> None:
        """Before the first child of these names, else after the last child."""
        next_one = next((node for node in row.children if node.name in before), None)
        if next_one is not None:
            at = next_one.start
            lead = self._space_before(at)
            self._replace(at, at, b"".join(one + lead for one in new))
        else:
            at = row.children[-1].end
            self._replace(at, at, b"".join(space + one for one in new))

    def _remove(self, node: Node) -> None:
        """Take an element out, with the space before it."""
        start = node.start - len(self._space_before(node.start))
        self._replace(start, node.end, b"")

    def _space_before(self, at: int) -> bytes:
        """The white space before a place, up to the tag or text before it."""
        start = at
        while start > 0 and self._data[start - 1 : start] in (b" ", b"\t", b"\r", b"\n"):
            start -= 1
        return self._data[start:at]

    def _spaces(self, row: Row) -> tuple[bytes, bytes]:
        """What stands before a child of the row, and one step of indentation."""
        inner = self._space_before(row.children[-1].start)
        outer = self._space_before(row.node.start)
        return inner, inner[len(outer) :] if inner.startswith(outer) else b""

    def _unit(self, outer: bytes) -> bytes:
        """One step of indentation, from the children of Project, which stand one step in."""
        return outer.rpartition(b"\n")[2] if b"\n" in outer else b""

    def _tag(self, name: str) -> str:
        return f"{self._layout.prefix}{name}"

    def _element(self, name: str, told: dict[str, str], space: bytes, unit: bytes) -> bytes:
        tag = self._tag(name)
        made = b"".join(
            (space + unit if space else b"")
            + f"<{self._tag(child)}>".encode()
            + self._document.escaped(text)
            + f"</{self._tag(child)}>".encode()
            for child, text in told.items()
        )
        return f"<{tag}>".encode() + made + space + f"</{tag}>".encode()

    def _replace(self, start: int, end: int, new: bytes) -> None:
        self._splices.append(Splice(start, end, len(self._splices), new))
