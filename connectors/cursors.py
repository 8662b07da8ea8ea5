"""Cursors as the engine stores them: versioned JSON, made of a stream's state and read back into it.

A state is a struct with `omit_defaults`, so that what is not known yet takes no place in the store.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from portfolio.errors import CursorRejected
from portfolio.records import Cursor, SourceId

S = TypeVar("S", bound=msgspec.Struct)


def load(source: SourceId, since: Cursor | None, state: type[S], *, version: int) -> S:
    """The state in a stored cursor; a fresh one where there is none.

    Raises:
        CursorRejected: another version wrote it, or it is broken: the stream starts over.
    """
    if since is None:
        return state()
    if since.version != version:
        raise CursorRejected(source, f"the cursor has version {since.version} instead of {version}.")
    try:
        return msgspec.convert(since.value, state)
    except msgspec.ValidationError as error:
        raise CursorRejected(source, "the cursor cannot be read.") from error


def save(state: msgspec.Struct, *, version: int) -> Cursor:
    """The cursor to store with a page."""
    return Cursor(version=version, value=msgspec.to_builtins(state))
