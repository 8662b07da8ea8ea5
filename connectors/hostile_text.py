"""Tracker text on its way into a tracker: what every renderer does to it before it escapes it its own way."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_LONGEST_QUOTE = 200
_SCHEMES = frozenset({"http", "https", "mailto"})
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co"})
_NO_ADDRESS = re.compile(r"[\s\x00-\x1f<>\"]")


def clean(text: str) -> str:
    """Text without line breaks and without characters that hide or turn round what follows them."""
    kept = (" " if char in "\r\n\t" else char for char in text)
    return "".join(char for char in kept if unicodedata.category(char) not in _HIDDEN)


def shortened(text: str) -> str:
    """A quoted text, cut with an ellipsis where it is long."""
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1].rstrip() + "…"


def is_harmless(url: str) -> bool:
    """True for an http, https or mailto address that can stand in a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    has_target = bool(parts.netloc) or (parts.scheme == "mailto" and bool(parts.path))
    return parts.scheme in _SCHEMES and has_target and _NO_ADDRESS.search(url) is None
