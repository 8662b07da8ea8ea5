"""A Note as a document in Atlassian's format, and what such a document says.

Only text nodes are made, never markup, so whatever a tracker's text contains is shown and not interpreted.
Nobody is ever mentioned, because a mention is a mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from connectors.hostile_text import clean, is_harmless, shortened
from portfolio.notes import BulletList, Heading, Inline, Link, Note, Paragraph, Quoted, Rule, Table, Text

Node: TypeAlias = dict[str, Any]

# Jira refuses a comment of more than 32,767 characters. The document as a whole is kept below that, because
# it is not documented whether its structure counts.
LIMIT = 32_767
_MORE = "More is known than fits here; see the portfolio report."


def document(note: Note) -> Node:
    """The note as an ADF document that Jira accepts, shortened from its end where it is too long."""
    content = [node for block in note.blocks for node in _block(block)]
    if _size(content) > LIMIT:
        content.append(_paragraph([Text(_MORE)]))
        while _size(content) > LIMIT and len(content) > 1:
            _shorten(content)
    return {"type": "doc", "version": 1, "content": content or [_paragraph([Text("–")])]}


def text_of(body: Any) -> str:
    """What a document says, for people and for comparison: its text, one line per block."""
    lines: list[str] = []
    _collect(body, lines)
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def text_hash(body: Any) -> str:
    """A hash of what a document says. The server adds ids and attributes to nodes; it keeps the text."""
    return hashlib.sha256(text_of(body).encode()).hexdigest()[:16]


def decode_body(raw: msgspec.Raw) -> Any:
    """A body from the wire."""
    return msgspec.json.decode(bytes(raw))


def _block(block: Heading | Paragraph | BulletList | Table | Rule) -> list[Node]:
    match block:
        case Heading(content=content, level=level):
            inline = _inlines(content)
            return (
                [{"type": "heading", "attrs": {"level": min(max(level, 1), 6)}, "content": inline}]
                if inline
                else []
            )
        case Paragraph(content=content):
            return [_paragraph(content)]
        case BulletList(items=items):
            rows = [{"type": "listItem", "content": [_paragraph(item)]} for item in items]
            return [{"type": "bulletList", "content": rows}] if rows else []
        case Table(header=header, rows=rows_of_cells):
            head = [
                {"type": "tableHeader", "attrs": {}, "content": [_paragraph([Text(cell)])]} for cell in header
            ]
            body = [
                [{"type": "tableCell", "attrs": {}, "content": [_paragraph([cell])]} for cell in row]
                for row in rows_of_cells
            ]
            rows = [{"type": "tableRow", "content": cells} for cells in (head, *body) if cells]
            return [{"type": "table", "content": rows}] if rows else []
        case Rule():
            return [{"type": "rule"}]


def _paragraph(content: Sequence[Inline]) -> Node:
    return {"type": "paragraph", "content": _inlines(content)}


def _inlines(content: Sequence[Inline]) -> list[Node]:
    return [node for piece in content if (node := _inline(piece)) is not None]


def _inline(piece: Inline) -> Node | None:
    marks: list[Node] = []
    match piece:
        case Text(text=text, bold=bold):
            shown = clean(text)
            if bold:
                marks = [{"type": "strong"}]
        case Link(text=text, url=url):
            shown = clean(text) or clean(url)
            if is_harmless(url):
                marks = [{"type": "link", "attrs": {"href": url}}]
            elif shown != url:
                shown = f"{shown} ({clean(url)})"
        case Quoted(text=text):
            shown = shortened(clean(text))
    if not shown:
        return None  # an empty text node makes the whole document invalid
    return {"type": "text", "text": shown} | ({"marks": marks} if marks else {})


def _size(content: list[Node]) -> int:
    return len(msgspec.json.encode(content).decode()) + 64


def _shorten(content: list[Node]) -> None:
    """Take something off the last block before the closing line."""
    last = content[-2]
    rows = last.get("content", [])
    if last["type"] in ("table", "bulletList") and len(rows) > 2:
        del rows[-max(1, len(rows) // 8) :]
    else:
        del content[-2]


def _collect(node: Any, lines: list[str]) -> None:
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    attrs: dict[str, Any] = node.get("attrs") or {}
    if kind == "text":
        lines[-1:] = [(lines[-1] if lines else "") + str(node.get("text", ""))]
    elif kind in ("mention", "emoji", "status", "inlineCard", "date"):
        shown = next(
            (attrs[key] for key in ("text", "shortName", "url", "timestamp") if attrs.get(key)), kind
        )
        lines[-1:] = [(lines[-1] if lines else "") + str(shown)]
    elif kind == "hardBreak":
        lines[-1:] = [(lines[-1] if lines else "") + " "]
    else:
        if kind in ("paragraph", "heading", "codeBlock", "rule", "media"):
            lines.append("")
        for child in node.get("content") or []:
            _collect(child, lines)
