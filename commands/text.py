"""Text that comes from elsewhere, made fit to be shown: no terminal control, no secret.

A tracker's text may carry escape sequences that move the cursor, rename the window or turn the line around.
They are shown as what they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from portfolio.secrets import hide

# C0, DEL, C1, and what changes the direction of writing or hides: none of it may reach a terminal.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|(^|_)PAT$", re.IGNORECASE)
_SECRETS = (
    (re.compile(r"(?i)\b(authorization['\"]?\s*[:=]\s*['\"]?\w+\s+)[^\s'\",]+"), r"\1***"),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9+/=_.~-]{8,}"), r"\1***"),
    (  # a form or a query: token=…
        re.compile(
            r"(?i)\b((?:access_|refresh_|client_|api_?)?(?:token|secret|password|key)=)[^\s'\",;&}{]{4,}"
        ),
        r"\1***",
    ),
    (  # JSON: "token": "…"
        re.compile(
            r"(?i)(['\"](?:access_|refresh_|client_|api_?)?(?:token|secret|password)['\"]\s*:\s*['\"])[^'\"]+"
        ),
        r"\1***",
    ),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@"), r"\1:***@"),
)
_SHORTEST_SECRET = 6


def clean(text: str) -> str:
    """The text on one line, with every control character made visible instead of obeyed."""
    return _CONTROL.sub(lambda found: _shown(found[0]), text)


def clean_lines(text: str) -> str:
    """Like `clean`, line by line."""
    return "\n".join(clean(line) for line in text.splitlines())


def _shown(character: str) -> str:
    if character in "\n\r\t\u2028\u2029":
        return " "
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # ␀ to ␟: the pictures of the control characters
    return "␡" if code == 0x7F else "\ufffd"


def redact(text: str, *, environment: Mapping[str, str] | None = None) -> str:
    """The text without any secret that was read, and without what looks like one or is named like one.

    The last line of defence: no message of ours should hold a secret in the first place.
    """
    for name, value in (os.environ if environment is None else environment).items():
        if len(value) >= _SHORTEST_SECRET and _SECRET_NAME.search(name) and value in text:
            text = text.replace(value, "***")
    text = hide(text)
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 finding`, `2 findings`, `1,200 findings`."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"
