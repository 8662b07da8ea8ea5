"""Comments of work items. A new, edited or deleted one makes a revision of its item."""

from __future__ import annotations

from simulators.azure_devops.changes import revise
from simulators.azure_devops.model import Comment, CommentVersion, Item, TextFormat
from simulators.azure_devops.sanitizer import sanitize
from simulators.azure_devops.state import State


def find(item: Item, comment_id: int) -> Comment:
    """A comment of an item, deleted or not, or KeyError."""
    for comment in item.comments:
        if comment.id == comment_id:
            return comment
    raise KeyError(f"item {item.id} has no comment {comment_id}")


def add(state: State, item: Item, text: str, form: TextFormat, by: str, at: int) -> Comment:
    """A new comment; the sanitiser runs on both forms."""
    kept = sanitize(text)
    version = CommentVersion(kept, rendered(kept, form), by, at)
    comment = Comment(state.next_id("comment"), item.id, form, [version])
    item.comments.append(comment)
    count = sum(not one.deleted for one in item.comments)
    revise(state, item, {"System.CommentCount": count, "System.History": version.rendered}, by, at)
    return comment


def edit(
    state: State,
    item: Item,
    comment: Comment,
    text: str,
    form: TextFormat | None,
    by: str,
    at: int,
) -> None:
    """A further version of a comment."""
    comment.format = form or comment.format
    kept = sanitize(text)
    comment.versions.append(CommentVersion(kept, rendered(kept, comment.format), by, at))
    revise(state, item, {"System.History": comment.versions[-1].rendered}, by, at)


def delete(state: State, item: Item, comment: Comment, by: str, at: int) -> None:
    """Soft: the comment stays, marked as deleted, and counts no more."""
    last = comment.versions[-1]
    comment.versions.append(CommentVersion(last.text, last.rendered, by, at, deleted=True))
    count = sum(not one.deleted for one in item.comments)
    revise(state, item, {"System.CommentCount": count}, by, at)


def rendered(text: str, form: str) -> str:
    """The text as HTML: markdown's paragraphs only, which is all that anything here looks at."""
    if form == "html":
        return text
    return "".join(f"<p>{part}</p>" for part in text.split("\n\n") if part.strip())
