"""Our block in the notes of a task: made, found again by its reference line, and told from what people write.

    what the planner wrote
                                                            (an empty line)
    === Dovetail keeps the text between these lines up to date; please do not edit it ===
    Portfolio check
    ...
    === [Dovetail 7 3f0c9b1e5d2a4c68 a81f0e77c3b2d9f4] ===

The reference line names the task by its UID, because a copied task takes its notes along; the digest of what
was written; and a hash of what the block says, by which an edit of a person is known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import msgspec

from portfolio.intents import RemoteComment

FIRST_LINE = "=== Dovetail keeps the text between these lines up to date; please do not edit it ==="
REMOTE_ID = "notes"  # a task has one field of notes, so the block needs no id of its own

# A program may write a line end as `&#13;` and a line feed, and then the text keeps both.
_FIRST = re.compile(r"^=== Dovetail [^\n\[]*===[ \t\r]*$", re.MULTILINE)
_REFERENCE = re.compile(
    r"^=== \[Dovetail (?P<uid>[A-Za-z0-9_-]{1,64}) (?P<digest>[0-9a-f]{1,64}) (?P<said>[0-9a-f]{16})\] ==="
    r"[ \t\r]*$",
    re.MULTILINE,
)
_SEPARATOR = "\n\n"


class Block(msgspec.Struct, frozen=True):
    """One block of ours in a text: where it stands and what it says."""

    begin: int
    end: int
    digest: str
    body: str
    is_edited: bool


def block_text(uid: str, digest: str, lines: Sequence[str]) -> str:
    """The block for a task."""
    return "\n".join([FIRST_LINE, *lines, reference(uid, digest, lines)])


def reference(uid: str, digest: str, lines: Sequence[str]) -> str:
    """The line by which a block is found again."""
    return f"=== [Dovetail {uid} {digest} {said_hash(chr(10).join(lines))}] ==="


def said_hash(body: str) -> str:
    """A hash of what a text says: Project may change its line ends and its spaces, not its words."""
    lines = (" ".join(line.split()) for line in body.splitlines())
    return hashlib.sha256("\n".join(line for line in lines if line).encode()).hexdigest()[:16]


def blocks(text: str, uid: str) -> list[Block]:
    """Our blocks for this task, in their order. A block copied from another task is a person's text."""
    found: list[Block] = []
    after = 0
    for match in _REFERENCE.finditer(text):
        first = max(_FIRST.finditer(text, after, match.start()), key=lambda one: one.start(), default=None)
        after = match.end()
        if match["uid"] != uid:
            continue
        begin = match.start() if first is None else first.start()
        body = "" if first is None else text[first.end() : match.start()].strip("\r\n")
        is_edited = first is None or said_hash(body) != match["said"]
        found.append(Block(begin, match.end(), match["digest"], body, is_edited))
    return found


def comment_in(text: str, uid: str) -> RemoteComment | None:
    """Our comment as it stands in the notes."""
    found = blocks(text, uid)
    if not found:
        return None
    return RemoteComment(
        remote_id=REMOTE_ID,
        digest=found[0].digest,
        is_edited=found[0].is_edited,
        body=found[0].body,
        duplicates=tuple(f"{REMOTE_ID} {number}" for number in range(2, len(found) + 1)),
    )


class Change(msgspec.Struct, frozen=True):
    """A stretch of the notes to replace: from `begin` to `end` by `text`."""

    begin: int
    end: int
    text: str


def change(notes: str, uid: str, block: str | None) -> Change:
    """What to do with the notes of a task so that they hold this block, or none."""
    standing = next(iter(blocks(notes, uid)), None)
    if standing is None:
        separator = _SEPARATOR if notes else ""
        return Change(len(notes), len(notes), "" if block is None else separator + block)
    if block is not None:
        return Change(standing.begin, standing.end, block)
    begin = standing.begin
    if notes[:begin].endswith(_SEPARATOR):
        begin -= len(_SEPARATOR)
    return Change(begin, standing.end, "")


def without_ours(notes: str, uid: str) -> str:
    """What people wrote."""
    for block in reversed(blocks(notes, uid)):
        begin = block.begin - len(_SEPARATOR) if notes[: block.begin].endswith(_SEPARATOR) else block.begin
        notes = notes[:begin] + notes[block.end :]
    return notes
