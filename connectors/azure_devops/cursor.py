"""Where the streams stand: the tracker's continuation tokens, and what of them is known already."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from connectors import cursors
from connectors.azure_devops.wire import Link
from portfolio.records import Cursor, SourceId

VERSION = 1


class ItemsCursor(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The stream of items. A token is a place among all revisions of the organisation, and never ends."""

    token: str | None = None
    is_loaded: bool = False  # how everything stood has been read once; from then on every revision counts
    owners: list[str] = []  # everybody who owns something: the stream of people asks for these
    known: list[str] = []  # further accounts that were told of
    projects: dict[str, str] = {}  # id → name, because the configuration may know them by an earlier name
    unseen: list[str] = []  # projects that could not be seen while the token moved past what happened in them
    returns: int = 0  # how often one of them came back, so that everything was read again
    fields: str = ""  # which fields had which meaning


class HistoryCursor(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The one reading of all revisions from the beginning; afterwards the stream of items brings new ones."""

    token: str | None = None
    is_done: bool = False
    fields: str = ""
    returns: int = 0  # of the items, when it was begun


class LinksCursor(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The stream of links."""

    token: str | None = None
    returns: int = 0  # of the items, when it was begun
    half: list[Link] = []  # the last moves that were told: the batch may have ended in the middle of one


C = TypeVar("C", ItemsCursor, HistoryCursor, LinksCursor)


def load(source: SourceId, since: Cursor | None, kind: type[C]) -> C:
    """The state in a stored cursor; a fresh one where there is none.

    Raises:
        CursorRejected: it was written by another version.
    """
    return cursors.load(source, since, kind, version=VERSION)


def save(state: ItemsCursor | HistoryCursor | LinksCursor) -> Cursor:
    """The cursor to store with a page."""
    return cursors.save(state, version=VERSION)
