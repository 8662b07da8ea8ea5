"""Atlassian Document Format: what version 3 accepts, and how version 2 shows it as text."""

from __future__ import annotations

from typing import Any

BLOCKS = frozenset(
    {
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "listItem",
        "blockquote",
        "codeBlock",
        "panel",
        "rule",
    }
    | {"table", "tableRow", "tableHeader", "tableCell", "mediaGroup", "mediaSingle", "media", "expand"}
    | {"nestedExpand", "taskList", "taskItem", "decisionList", "decisionItem", "blockCard", "embedCard"}
    | {"extension", "bodiedExtension", "layoutSection", "layoutColumn"}
)
INLINES = frozenset(
    {
        "text",
        "mention",
        "emoji",
        "hardBreak",
        "inlineCard",
        "date",
        "status",
        "inlineExtension",
        "mediaInline",
    }
    | {"placeholder"}
)
MARKS = frozenset(
    {
        "strong",
        "em",
        "code",
        "link",
        "strike",
        "subsup",
        "textColor",
        "underline",
        "backgroundColor",
        "border",
    }
    | {"alignment", "indentation", "annotation", "breakout"}
)
TEXT_LIMIT = 32_767  # characters of a comment or a multi-line field

TOO_LONG = f"The entered text is too long. It exceeds the allowed limit of {TEXT_LIMIT:,} characters."


def problem(document: object) -> str | None:
    """Why the tracker would refuse a document, or None.

    Checks what clients get wrong: the envelope, unknown nodes and marks, empty text nodes (the schema
    asks for at least one character), and the overall length.
    """
    if not isinstance(document, dict) or document.get("type") != "doc" or document.get("version") != 1:
        return "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
    if not isinstance(document.get("content"), list):
        return "INVALID_INPUT"
    if not all(_valid(node) for node in document["content"]):
        return "INVALID_INPUT"
    if len(text_of(document)) > TEXT_LIMIT:
        return TOO_LONG
    return None


def _valid(node: object) -> bool:
    if not isinstance(node, dict):
        return False
    kind = node.get("type")
    if kind not in BLOCKS and kind not in INLINES:
        return False
    if kind == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return False
    if kind == "mention" and not (node.get("attrs") or {}).get("id"):
        return False
    marks = node.get("marks", [])
    if not isinstance(marks, list) or any(
        not isinstance(m, dict) or m.get("type") not in MARKS for m in marks
    ):
        return False
    content = node.get("content", [])
    return isinstance(content, list) and all(_valid(child) for child in content)


def mentions(body: object) -> list[str]:
    """The account ids that a body mentions, in order."""
    if not isinstance(body, dict):
        return []
    found = [str(body["attrs"]["id"])] if body.get("type") == "mention" else []
    for child in body.get("content", []):
        found += mentions(child)
    return found


def from_text(text: str) -> dict[str, Any]:
    """A document with one paragraph per line."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}]} if line else {"type": "paragraph"}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def text_of(body: object) -> str:
    """A body as plain text, blocks on lines of their own."""
    if body is None:
        return ""
    if isinstance(body, str):
        return body
    lines: list[str] = []
    _collect(body, lines)
    return "\n".join(lines)


def _collect(node: Any, lines: list[str]) -> None:
    children = node.get("content", [])
    if children and all(child.get("type") in INLINES for child in children):
        lines.append("".join(_inline(child) for child in children))
        return
    for child in children:
        _collect(child, lines)


def _inline(node: dict[str, Any]) -> str:
    attributes = node.get("attrs") or {}
    match node["type"]:
        case "text":
            return str(node["text"])
        case "hardBreak":
            return "\n"
        case "mention":
            return f"[~accountid:{attributes.get('id')}]"
        case _:
            return str(attributes.get("text") or attributes.get("url") or attributes.get("shortName") or "")
