"""A Note as plain text, which is all that notes of a task hold, and what people read of this connector.

Text of trackers is hostile: it is kept on its line, without control characters, and cannot look like the two
lines that mark our block.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from portfolio.intents import COMMENT, FIELD_NAMES
from portfolio.notes import BulletList, Heading, Inline, Link, Note, Paragraph, Quoted, Rule, Table, Text

NEXT_BEST_PLACE = (
    "Without `write` plans are read only. See the tasks' findings in `dovetail findings` and "
    "`dovetail explain`, or in the comment on the same work in another tracker."
)
SLOTS: tuple[str, ...] = (COMMENT, *FIELD_NAMES)

LIMIT = 8_000  # characters; a planner reads notes in a small window
_LONGEST_QUOTE = 300
_CUT = "And more: `dovetail findings`."
_SCHEMES = frozenset({"http", "https", "mailto"})


def refusal(slot: str) -> str:
    """Why nothing is written where the configuration names nothing."""
    what = "comments" if slot == COMMENT else f"the field {slot}"
    key = "write.comments" if slot == COMMENT else f"write.fields.{slot}"
    return f"plans are read only as far as {what} goes: the configuration has no {key}"


def lines_of(note: Note) -> list[str]:
    """The note as lines of plain text, none of them empty."""
    shown: list[str] = []
    left = LIMIT
    for line in (line for block in note.blocks for line in _block(block)):
        if not line.strip():
            continue
        if len(line) >= left:
            return [*shown, _CUT]
        shown.append(line)
        left -= len(line) + 1
    return shown or ["–"]


def clean(text: str) -> str:
    """Text on one line, without characters that XML forbids or that hide or turn round what follows."""
    kept = (" " if char in "\r\n\t\x0b\x0c\x85\u2028\u2029" else char for char in text)
    shown = "".join(
        char
        for char in kept
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co") and ord(char) & 0xFFFE != 0xFFFE
    )
    return re.sub("={3,}", "==", shown)


def _block(block: Heading | Paragraph | BulletList | Table | Rule) -> Iterator[str]:
    match block:
        case Heading(content=content) | Paragraph(content=content):
            yield _inlines(content)
        case BulletList(items=items):
            for item in items:
                yield f"- {_inlines(item)}"
        case Table(header=header, rows=rows):
            yield " | ".join(clean(cell) for cell in header)
            for row in rows:
                yield " | ".join(_inlines([cell]) for cell in row)
        case Rule():
            yield "---"


def _inlines(content: Sequence[Inline]) -> str:
    return "".join(_inline(piece) for piece in content)


def _inline(piece: Inline) -> str:
    match piece:
        case Text(text=text):
            return clean(text)
        case Link(text=text, url=url):
            # Project makes a link of every address it knows; of others the words are enough.
            return f"{clean(text)} ({clean(url)})" if _is_harmless(url) else clean(text)
        case Quoted(text=text):
            shown = clean(text)
            return shown if len(shown) <= _LONGEST_QUOTE else shown[: _LONGEST_QUOTE - 1].rstrip() + "…"


def _is_harmless(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    has_target = bool(parts.netloc) or (parts.scheme == "mailto" and bool(parts.path))
    return parts.scheme in _SCHEMES and has_target and re.search(r"[\s\x00-\x1f<>\"]", url) is None
