"""The words by which people mute a finding in a comment: `dovetail: mute RULE until DATE because REASON`.

Pure, and made for text that anybody may have written: only whole lines count, nothing of them is ever run,
and whatever is not understood is said instead of guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

Verb: TypeAlias = Literal["mute", "snooze", "unmute"]
ALL = "all"
MAX_REASON = 300
MAX_TEXT = 100_000
_MAX_LINES = 10
_MAX_LINE = 2000
# Four spaces begin a block of code in Markdown, and code is not heard.
_BEGIN = re.compile(r"[ \u00a0]{0,3}dovetail\s{0,3}:\s{0,3}(.*)", re.IGNORECASE)
_WORDS = re.compile(
    r"(?P<verb>mute|snooze|unmute)\s+(?P<what>[a-z0-9-]{2,60})"
    r"(?:\s+until\s+(?P<until>[0-9]{4}-[0-9]{2}-[0-9]{2}))?"
    r"(?:\s+because\s+(?P<reason>\S.*))?",
    re.IGNORECASE,
)
_HOW = "write `dovetail: mute RULE until 2026-12-24 because REASON`"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, in one line of a comment.

    Attributes:
        what: a rule, `all`, or the beginning of a finding's id.
        until: the day it comes back; None where nothing is said.
    """

    verb: Verb
    what: str
    until: date | None = None
    reason: str = ""


def requests_in(text: str) -> list[Request | str]:
    """The requests in a comment, in their order; a text instead of one that cannot be understood."""
    found: list[Request | str] = []
    for line in text[:MAX_TEXT].splitlines():
        begun = _BEGIN.fullmatch(line.rstrip())
        if begun is None:
            continue
        if len(found) == _MAX_LINES:
            found.append(f"of one comment {_MAX_LINES} lines are heard; write the others in another one")
            break
        said = begun.group(1)
        is_long = len(said) > _MAX_LINE
        found.append(f"a line of more than {_MAX_LINE} letters is not heard" if is_long else _request(said))
    if "dovetail" in text[MAX_TEXT:].casefold():
        found.append(f"what stands behind its first {MAX_TEXT:,} letters is not heard")
    return found


def _request(said: str) -> Request | str:
    words = _WORDS.fullmatch(said.strip())
    if words is None:
        return f"it is not understood; {_HOW}"
    verb: Verb = words["verb"].casefold()  # type: ignore[assignment]
    until: date | None = None
    if words["until"] is not None:
        try:
            until = date.fromisoformat(words["until"])
        except ValueError:
            return f"{words['until']} is no date"
    if verb == "snooze" and until is None:
        return "a snooze needs `until DATE`"
    reason = plain(words["reason"] or "")
    if verb == "mute" and not reason:
        return f"no reason is given; {_HOW}"
    return Request(verb, words["what"].casefold(), until, reason)


def plain(text: str) -> str:
    """One line without control and format characters, at most `MAX_REASON` long."""
    kept = "".join(one if unicodedata.category(one)[0] != "C" else " " for one in text)
    return " ".join(kept.split())[:MAX_REASON]
