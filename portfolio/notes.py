"""A small neutral document. `sync/` composes comments as a Note; each connector renders and escapes it.

Text is plain text, always: whatever markup a tracker's text contains is shown, never interpreted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import msgspec


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A run of plain text."""

    text: str
    bold: bool = False


class Link(msgspec.Struct, frozen=True, tag="link"):
    """A link with its text. Renderers let only http, https and mailto through, and show the rest as text."""

    text: str
    url: str


class Quoted(msgspec.Struct, frozen=True, tag="quoted"):
    """Text that came from a tracker: hostile until escaped; shortened by the renderer where it is long."""

    text: str


Inline: TypeAlias = Text | Link | Quoted


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """A heading, level 1 to 6."""

    content: Sequence[Inline]
    level: int = 3


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """One paragraph."""

    content: Sequence[Inline]


class BulletList(msgspec.Struct, frozen=True, tag="list"):
    """Bullets, one line of inline content each."""

    items: Sequence[Sequence[Inline]]


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table with a header row; every row has as many cells as the header."""

    header: Sequence[str]
    rows: Sequence[Sequence[Inline]]


class Rule(msgspec.Struct, frozen=True, tag="rule"):
    """A horizontal line."""


Block: TypeAlias = Heading | Paragraph | BulletList | Table | Rule


class Note(msgspec.Struct, frozen=True):
    """A document of blocks."""

    blocks: Sequence[Block]

    def digest(self) -> str:
        """A short hash of the content: equal notes have equal digests everywhere."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


def plain_text(note: Note) -> str:
    """The note as plain text, one block per line group: for terminals, logs and trackers without markup."""
    lines: list[str] = []
    for block in note.blocks:
        match block:
            case Heading(content=content) | Paragraph(content=content):
                lines.append(_inline(content))
            case BulletList(items=items):
                lines.extend(f"- {_inline(item)}" for item in items)
            case Table(header=header, rows=rows):
                lines.append(" | ".join(header))
                lines.extend(" | ".join(_inline([cell]) for cell in row) for row in rows)
            case Rule():
                lines.append("---")
    return "\n".join(lines)


def _inline(content: Sequence[Inline]) -> str:
    parts: list[str] = []
    for piece in content:
        match piece:
            case Link(text=text, url=url):
                parts.append(f"{text} ({url})")
            case Text(text=text) | Quoted(text=text):
                parts.append(text)
    return "".join(parts)
