"""The service's HTML sanitiser, which runs on markdown too (facts/azure_devops.md §5.3, measured live)."""

from __future__ import annotations

import re
from html import escape, unescape

ALLOWED = frozenset(
    {
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "del",
        "ins",
    }
)
_ATTRIBUTES = frozenset(
    {"href", "style", "data-vss-mention", "src", "alt", "title", "colspan", "rowspan", "class"}
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DROPPED = re.compile(r"<(script|style|iframe|object)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_NAME = re.compile(r"/?\s*([a-zA-Z][a-zA-Z0-9]*)")
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:][\w:.-]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")


def sanitize(text: str) -> str:
    """What is left of a text: HTML comments and unknown tags are gone, an unclosed `<` cuts the rest off."""
    text = _DROPPED.sub("", _COMMENT.sub("", text))
    out: list[str] = []
    place = 0
    while (start := text.find("<", place)) >= 0:
        out.append(text[place:start])
        end = text.find(">", start)
        if end < 0:
            return "".join(out)
        out.append(_tag(text[start + 1 : end]))
        place = end + 1
    out.append(text[place:])
    return "".join(out)


def _tag(inner: str) -> str:
    named = _NAME.match(inner)
    if named is None or named.group(1).lower() not in ALLOWED:
        return ""
    name = named.group(1).lower()
    if inner.startswith("/"):
        return f"</{name}>"
    kept = []
    for attribute, quoted in _ATTRIBUTE.findall(inner[named.end() :]):
        value = unescape(quoted.strip("\"'"))
        if attribute.lower() in _ATTRIBUTES and not value.strip().lower().startswith("javascript:"):
            kept.append(f'{attribute.lower()}="{escape(value)}"')
    return f"<{' '.join([name, *kept])}>"
