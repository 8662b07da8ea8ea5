"""The short visible line that makes a comment ours: Azure DevOps keeps no hidden data with a comment.

It names the item it was written for, the digest of the note, and a hash of the words above it. So a comment
is found again after the store is lost, a copy on another item is not taken for ours, and an edit by a person
is told from what the sanitiser did to our markup. Only a whole line counts, never a part of one, and the last
one: ours stands below everything that is quoted.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from connectors.azure_devops.render import Format, paragraph, said_hash, text_of

# Characters to leave free for the line in a body, whatever the format.
ROOM = 160

_LINE = re.compile(r"Dovetail reference dt-([1-9]\d{0,9})-([0-9a-f]{16})-([0-9a-f]{16})")


class Reference(msgspec.Struct, frozen=True):
    """The item a comment was written for, the note's digest, and what the comment said."""

    item: str
    digest: str
    said: str

    @property
    def line(self) -> str:
        """As people see it."""
        return f"Dovetail reference dt-{self.item}-{self.digest}-{self.said}"


class Read(msgspec.Struct, frozen=True):
    """A comment taken apart: its words without the reference, and the reference where there is one."""

    said: str
    reference: Reference | None

    @property
    def is_as_written(self) -> bool:
        """Whether the words are those the reference was made for."""
        return self.reference is not None and self.reference.said == words_hash(
            self.reference.item, self.reference.digest, self.said
        )


def words_hash(item: str, digest: str, said: str) -> str:
    """A hash of what is said for one item and digest: a reference that was moved or altered does not fit."""
    return hashlib.sha256(f"{item}\n{digest}\n{said_hash(said)}".encode()).hexdigest()[:16]


def signed(body: str, form: Format, *, item: str, digest: str, said: str | None = None) -> str:
    """A body with its reference line. `said` is how the tracker tells the body where it differs from ours."""
    words = text_of(body, form) if said is None else said
    reference = Reference(item, digest, words_hash(item, digest, words))
    return body + paragraph(reference.line, form)


def read(text: str, form: Format) -> Read:
    """Take a comment apart; its last reference line counts."""
    lines = text_of(text, form).split("\n")
    for number in range(len(lines) - 1, -1, -1):
        found = _LINE.fullmatch(lines[number])
        if found:
            rest = lines[:number] + lines[number + 1 :]
            return Read("\n".join(rest), Reference(*found.groups()))
    return Read("\n".join(lines), None)
