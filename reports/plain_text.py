"""Text of trackers made fit for files that people open: plain, in one direction, and of a length to be read.

No control character is left, nothing that hides or turns a line around, nothing that XML forbids. Escaping
for a file's own syntax is the business of the library that writes it. What stands here is what none does: a
title of 40,000 characters is not an error, and neither is one that pretends to be another.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

ELLIPSIS = "…"

# Controls, bidirectional marks and overrides, zero-width characters, tags, surrogates and non-characters:
# XML 1.0 forbids some, and the others make a reader see what is not there.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufdd0-\ufdef\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
    "|[\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0010fffe\U0010ffff]"
)
_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ACCENTS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED = re.compile(f"([{_ACCENTS}]{{3}})[{_ACCENTS}]+")
_HOSTS = re.compile(r"[A-Za-z0-9.\-\[\]:]+")
_UNFIT_IN_URL = re.compile(r"[\s\"'<>\\^`{|}\x00-\x20\x7f-\U0010ffff]")


def line(text: object, limit: int = 200) -> str:
    """The text on one line of at most `limit` characters; what was cut ends in an ellipsis. None is empty."""
    return shortened(" ".join(lines(text, limit * 8).split()), limit)


def lines(text: object, limit: int = 4_000) -> str:
    """The text with its line ends, at most `limit` characters; what was cut ends in an ellipsis."""
    if isinstance(text, str) and len(text) <= limit and text.isascii() and text.isprintable():
        return " ".join(text.split())  # most texts; a workbook has millions of cells
    # Cut first: normalising 40,000 characters for the sake of 80 would be a waste of time.
    given = "" if text is None else str(text)[: limit * 4 + 64]
    plain = _UNFIT.sub("", _LINE_ENDS.sub("\n", given))
    plain = _STACKED.sub(r"\1", unicodedata.normalize("NFC", plain))
    plain = "\n".join(_SPACES.sub(" ", one).strip() for one in plain.split("\n")).strip()
    if len(given) < len("" if text is None else str(text)) and len(plain) <= limit:
        return f"{plain[: limit - 1].rstrip()}{ELLIPSIS}"
    return shortened(plain, limit)


def shortened(text: str, limit: int) -> str:
    """The text with at most `limit` characters; a cut one ends in an ellipsis, at a word's end where near."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    word = cut.rfind(" ")
    if word > limit * 0.75:
        cut = cut[:word]
    while cut and unicodedata.combining(text[len(cut)]):  # a letter keeps its accents
        cut = cut[:-1]
    return f"{cut.rstrip(' ,;:.–-')}{ELLIPSIS}"


def web_address(text: object, limit: int = 2_000) -> str | None:
    """The address where it is one that may be followed: http or https, a host, no hidden parts; else None."""
    if not isinstance(text, str) or len(text) > limit or _UNFIT_IN_URL.search(text):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return text if _HOSTS.fullmatch(parts.netloc) else None
