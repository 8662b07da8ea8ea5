"""What the writing endpoints say: items as they stand, comments, batches, and which versions are offered."""

from __future__ import annotations

from typing import Any

import msgspec


class _Wire(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """Names as the API writes them; what is not listed is skipped."""


class ItemNow(_Wire, frozen=True):
    """A work item as it stands, with the fields that were asked for."""

    id: int
    rev: int
    fields: dict[str, Any] = {}


class ItemsNow(_Wire, frozen=True):
    """Work items; one that is missing or hidden is left out or null."""

    value: list[ItemNow | None]


class Author(_Wire, frozen=True):
    """Who wrote something."""

    id: str | None = None
    descriptor: str | None = None
    display_name: str | None = None
    unique_name: str | None = None


class Comment(_Wire, frozen=True):
    """A comment. Without a `format`, from older servers, it is HTML."""

    id: int
    text: str | None = None  # some answers have none for a deleted comment
    created_by: Author | None = None
    modified_by: Author | None = None
    created_date: str | None = None
    modified_date: str | None = None
    format: str | None = None
    is_deleted: bool = False


class CommentPage(_Wire, frozen=True):
    """A page of comments."""

    comments: list[Comment]
    continuation_token: str | None = None


class Entry(_Wire, frozen=True):
    """One answer inside a batch; its body is JSON in a text."""

    code: int
    headers: dict[str, str] | None = None
    body: Any = None

    @property
    def raw(self) -> bytes:
        """The body as bytes, whichever way it was nested."""
        return self.body.encode() if isinstance(self.body, str) else msgspec.json.encode(self.body)


class Batch(_Wire, frozen=True):
    """The answers of a batch, in the order of its requests."""

    value: list[Entry]


class Resource(_Wire, frozen=True):
    """One resource of the API, as OPTIONS lists it, with the newest version that is offered."""

    id: str = ""
    resource_version: int = 0
    max_version: str | None = None


class Resources(_Wire, frozen=True):
    """What OPTIONS lists."""

    value: list[Resource]
