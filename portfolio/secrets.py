"""The secrets that this process has read, for the last line of defence: no text of ours may carry one out.

They are kept in memory only, and only so that they can be recognised. No message should hold a secret in the
first place.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_SHORTEST = 6  # a shorter one would take ordinary words out of ordinary sentences
_lock = threading.Lock()
_forms: set[str] = set()


def remember(secret: str) -> None:
    """Recognise a secret from now on, in every form in which it could be shown."""
    lines = [one.strip() for one in secret.splitlines() if not one.startswith("-----")]
    found = {form for one in {secret.strip(), *lines} if len(one) >= _SHORTEST for form in forms_of(one)}
    with _lock:
        _forms.update(found)


def hide(text: str) -> str:
    """The text without any secret that was read."""
    with _lock:
        known = sorted((one for one in _forms if one in text), key=len, reverse=True)
    for one in known:
        text = text.replace(one, HIDDEN)
    return text


def forms_of(secret: str) -> Iterator[str]:
    """A secret as it is, in an address, in JSON, and in base64, where Basic has it behind a name."""
    raw = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    for text in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield text
        yield text.replace("/", "\\/")
    yield from _in_base64(raw)


def _in_base64(raw: bytes) -> Iterator[str]:
    """What base64 shows of the secret alone, and behind any number of other bytes, as in `user:secret`."""
    alone = base64.b64encode(raw).decode()
    yield alone
    yield alone.replace("+", "-").replace("/", "_")
    for before in range(3):
        # Letters at both ends that mix it with its neighbours are left out.
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        whole = (before + len(raw)) * 8 // 6
        core = encoded[before + 1 if before else 0 : whole]
        if len(core) >= _SHORTEST:
            yield core
            yield core.replace("+", "-").replace("/", "_")


def without(body: bytes, secrets: Iterable[bytes]) -> bytes:
    """Bytes of an answer without the secrets of the request, should the other side repeat them."""
    for one in secrets:
        if one in body:
            body = body.replace(one, HIDDEN.encode())
    return body


def sent_in(authorization: str | None) -> tuple[bytes, ...]:
    """What must not come back from a request with this header: its value, and the password in it."""
    kind, _, value = (authorization or "").partition(" ")
    if not value:
        return ()
    found = {value}
    if kind == "Basic":
        with suppress(ValueError):
            found.add(base64.b64decode(value, validate=True).decode().partition(":")[2])
    forms = {form for one in found if len(one) >= _SHORTEST for form in forms_of(one)}
    return tuple(sorted((one.encode() for one in forms), key=len, reverse=True))
