"""The writing endpoints of Azure DevOps, one function each: fields, alone and in batches, and comments.

`bypassRules` is never sent: it lets values in that the process forbids (facts/azure_devops.md §5.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from connectors.answers import OutcomeUnknown
from connectors.azure_devops import wire_writing as wire
from connectors.azure_devops.client import VERSION
from connectors.azure_devops.render import Format
from connectors.http import Http
from portfolio.errors import BadAnswer

# The vendor's own tools send batches at this version: facts/azure_devops.md §5.2.
BATCH_VERSION = "5.0"
_COMMENTS = 200
# The resource of work item comments in what OPTIONS lists; two others are called comments too.
_COMMENT_RESOURCE = "608aac0a-32e1-4493-a863-b9cf4566d257"
_ITEM = "/_apis/wit/workitems/{id}"
_COMMENTS_PATH = "/{project}/_apis/wit/workItems/{id}/comments"
_COMMENT_PATH = "/{project}/_apis/wit/workItems/{id}/comments/{id}"

_ITEM_NOW = msgspec.json.Decoder(wire.ItemNow)
_COMMENT = msgspec.json.Decoder(wire.Comment)
_PAGE = msgspec.json.Decoder(wire.CommentPage)
_RESOURCES = msgspec.json.Decoder(wire.Resources)
_BATCH = msgspec.json.Decoder(wire.Batch)

Operations = Sequence[Mapping[str, Any]]


class CommentApi(msgspec.Struct, frozen=True):
    """The version of the comments that this server offers, and whether it knows formats."""

    version: str = "7.1-preview.4"
    has_formats: bool = True


class FieldEdit(msgspec.Struct, frozen=True):
    """The JSON Patch of one item: the revision it was computed for, then fields. `silent` mails nobody."""

    item: str
    operations: Operations
    silent: bool


def comment_api(http: Http) -> CommentApi:
    """The newest preview of the comments: 7.1-preview.4 in the cloud, 7.0-preview.3 on Server 2022.

    There is no released version, and asking for a plain one is refused.
    """
    found = http.call("OPTIONS", "/_apis/wit", decoder=_RESOURCES, params={}, repeatable=True)
    for one in found.value:
        if one.id == _COMMENT_RESOURCE and one.max_version:
            newest = min(one.max_version, VERSION)
            return CommentApi(f"{newest}-preview.{one.resource_version}", one.resource_version >= 4)
    return CommentApi()


# Fields.


def edit_item(http: Http, edit: FieldEdit, *, dry: bool = False) -> wire.ItemNow:
    """Set fields of an item, if its revision is still the one the edit was computed for.

    Raises:
        OutcomeUnknown: the answer was lost; the edit may have been made.
        Refusal: among others 412 and 409 for a newer revision, and rules by field.
    """
    return http.call(
        "PATCH",
        f"/_apis/wit/workitems/{edit.item}",
        template=_ITEM,
        decoder=_ITEM_NOW,
        params=_flags(edit, dry=dry),
        json=list(edit.operations),
        content_type="application/json-patch+json",
        repeatable=dry,
        target=edit.item,
    )


def edit_items(http: Http, edits: Sequence[FieldEdit], *, dry: bool = False) -> list[wire.Entry]:
    """Set fields of many items in one request; each entry has its own outcome, in the order of the edits.

    The answer as a whole is 200 even where every entry failed, so it says nothing.

    Raises:
        OutcomeUnknown: the answer was lost, or is not one entry per edit.
    """
    entries = [
        {
            "method": "PATCH",
            "uri": f"/_apis/wit/workitems/{edit.item}?{urlencode(_flags(edit, dry=dry))}",
            "headers": {"Content-Type": "application/json-patch+json"},
            "body": list(edit.operations),
        }
        for edit in edits
    ]
    answer = http.call(
        "PATCH",
        "/_apis/wit/$batch",
        decoder=_BATCH,
        params={"api-version": BATCH_VERSION},
        json=entries,
        repeatable=dry,
    )
    if len(answer.value) != len(edits):
        message = f"a batch of {len(edits)} edits was answered with {len(answer.value)} outcomes."
        raise OutcomeUnknown(http.source, message)
    return answer.value


def decode_item(raw: bytes) -> wire.ItemNow:
    """The item inside a batch's entry.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _ITEM_NOW.decode(raw)


def _flags(edit: FieldEdit, *, dry: bool) -> dict[str, str]:
    flags = {"api-version": VERSION}
    if edit.silent:
        flags["suppressNotifications"] = "true"
    if dry:
        flags["validateOnly"] = "true"
    return flags


# Comments.


def comments_of(http: Http, api: CommentApi, project: str, item: str) -> list[wire.Comment]:
    """All comments of an item, oldest first, without deleted ones.

    Raises:
        BadAnswer: the list leads nowhere; a part of it would hide a comment, which would be written again.
    """
    found: list[wire.Comment] = []
    token: str | None = None
    followed: set[str] = set()
    while True:
        params = {"$top": str(_COMMENTS), "order": "asc", "api-version": api.version}
        if token:
            params["continuationToken"] = token
        page = http.call(
            "GET",
            _comments(project, item),
            template=_COMMENTS_PATH,
            decoder=_PAGE,
            params=params,
            target=item,
        )
        found += [one for one in page.comments if not one.is_deleted]
        token = page.continuation_token
        if not token:
            return found
        if token in followed:
            raise BadAnswer(http.source, f"the list of comments of {item} leads back to where it was.")
        followed.add(token)


def comment(http: Http, api: CommentApi, project: str, item: str, number: str) -> wire.Comment:
    """One comment.

    Raises:
        TargetMissing: there is none, or it was deleted.
    """
    return http.call(
        "GET",
        f"{_comments(project, item)}/{number}",
        template=_COMMENT_PATH,
        decoder=_COMMENT,
        params={"api-version": api.version},
        target=item,
    )


def add_comment(
    http: Http, api: CommentApi, project: str, item: str, text: str, form: Format
) -> wire.Comment:
    """Create a comment. Sent once, never again.

    Raises:
        OutcomeUnknown: the answer was lost; the comment may exist.
    """
    return http.call(
        "POST",
        _comments(project, item),
        template=_COMMENTS_PATH,
        decoder=_COMMENT,
        params=_format(api, form),
        json={"text": text},
        target=item,
        accept=(200, 201),
    )


def edit_comment(
    http: Http, api: CommentApi, project: str, item: str, number: str, text: str, form: Format
) -> wire.Comment:
    """Replace the text of a comment.

    Raises:
        OutcomeUnknown: the answer was lost; the edit may have been made.
    """
    return http.call(
        "PATCH",
        f"{_comments(project, item)}/{number}",
        template=_COMMENT_PATH,
        decoder=_COMMENT,
        params=_format(api, form),
        json={"text": text},
        target=item,
        repeatable=False,
    )


def delete_comment(http: Http, api: CommentApi, project: str, item: str, number: str) -> None:
    """Delete a comment. Sent once: while a repetition waits, a person may edit it.

    Raises:
        OutcomeUnknown: the answer was lost; it may be gone.
    """
    http.send(
        "DELETE",
        f"{_comments(project, item)}/{number}",
        template=_COMMENT_PATH,
        params={"api-version": api.version},
        repeatable=False,
        target=item,
    )


def _comments(project: str, item: str) -> str:
    return f"/{quote(project, safe='')}/_apis/wit/workItems/{item}/comments"


def _format(api: CommentApi, form: Format) -> dict[str, str]:
    return {"api-version": api.version} | ({"format": form} if api.has_formats else {})
