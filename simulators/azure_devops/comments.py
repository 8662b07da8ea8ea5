"""The comments of a work item, an API that exists as a preview only."""

from __future__ import annotations

from urllib.parse import urlencode

from simulators.azure_devops import discussion
from simulators.azure_devops.call import Call
from simulators.azure_devops.model import Comment, Item, Json, TextFormat, iso
from simulators.azure_devops.refusals import MAY_NOT_SAVE, Refusal, bad_request, refuse
from simulators.http import Response

_LONGEST = 1_000_000
FORMATS: dict[str, TextFormat] = {"html": "html", "markdown": "markdown"}


def listed(call: Call) -> Response:
    """GET comments: newest first, deleted ones only where asked for, by a token or by `ids`."""
    item, request = _item(call), call.request
    deleted = call.flag("includeDeleted")
    rows = [comment for comment in item.comments if deleted or not comment.deleted]
    if text := request.one("ids"):
        wanted = {int(part) for part in text.split(",") if part.isdigit()}
        rows = [comment for comment in rows if comment.id in wanted]
    if request.one("order").lower() != "asc":
        rows.reverse()
    total = len(rows)
    token = request.one("continuationToken")
    if token:
        rows = rows[_place(rows, token) :]
    size = max(call.number("$top", call.options.comment_page), 1)
    page, rest = rows[:size], rows[size:]
    call.rows = len(page)
    body: dict[str, Json] = {
        "totalCount": total,
        "count": len(page),
        "comments": [_shown(call, item, comment) for comment in page],
    }
    if rest:
        body["continuationToken"] = f"next-{rest[0].id}"
        query = {k: v[0] for k, v in request.query.items()} | {"continuationToken": body["continuationToken"]}
        body["nextPage"] = f"{_url(call, item)}?{urlencode(query, safe='$')}"
    return Response.json(body | {"url": _url(call, item)})


def read(call: Call) -> Response:
    """GET comments/{id}."""
    item = _item(call)
    return Response.json(_shown(call, item, _found(call, item, deleted=call.flag("includeDeleted"))))


def add(call: Call) -> Response:
    """POST comments: the text is sanitised, as HTML or as markdown."""
    item, text = _item(call), _text(call)
    _may(call, None)
    with call.site.writing():
        now, by = call.site.when(None), call.caller.descriptor
        comment = discussion.add(call.site, item, text, _format(call) or "html", by, now)
    concerned = {item.state.get("System.AssignedTo"), item.state.get("System.CreatedBy")} - {None, by}
    if concerned:  # there is no way to suppress it
        call.site.mails.append((str(item.id), "comment"))
    return Response.json(_shown(call, item, comment))


def edit(call: Call) -> Response:
    """PATCH comments/{id}: a further version."""
    item, text = _item(call), _text(call)
    comment = _found(call, item)
    _may(call, comment)
    with call.site.writing():
        now = call.site.when(None)
        discussion.edit(call.site, item, comment, text, _format(call), call.caller.descriptor, now)
    return Response.json(_shown(call, item, comment))


def delete(call: Call) -> Response:
    """DELETE comments/{id}: soft."""
    item = _item(call)
    comment = _found(call, item)
    _may(call, comment)
    with call.site.writing():
        discussion.delete(call.site, item, comment, call.caller.descriptor, call.site.when(None))
    return Response(status=204)


def versions(call: Call) -> Response:
    """GET comments/{id}/versions: newest first."""
    item = _item(call)
    comment, renderer = _found(call, item, deleted=True), call.renderer()
    first = comment.versions[0]
    rows = [
        {
            "id": comment.id,
            "version": number,
            "text": version.text,
            "renderedText": version.rendered,
            "createdBy": renderer.identity(first.by),
            "createdDate": iso(first.at),
            "modifiedBy": renderer.identity(version.by),
            "modifiedDate": iso(version.at),
            "isDeleted": version.deleted,
            "url": f"{_url(call, item)}/{comment.id}/versions/{number}",
        }
        for number, version in enumerate(comment.versions, start=1)
    ]
    return call.collection(rows[::-1])


def _item(call: Call) -> Item:
    return call.item(call.params["workItemId"])


def _found(call: Call, item: Item, *, deleted: bool = False) -> Comment:
    text = call.params["commentId"]
    for comment in item.comments:
        if str(comment.id) == text and (deleted or not comment.deleted):
            return comment
    raise _missing(text)


def _missing(text: str) -> Refusal:
    return refuse(404, "WorkItemCommentNotFoundException", f"VS403697: The comment {text} does not exist.")


def _text(call: Call) -> str:
    text = call.object().get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("Value cannot be null.\r\nParameter name: text")
    if len(text) > _LONGEST:
        raise bad_request(f"The comment exceeds {_LONGEST} characters.")
    return text


def _format(call: Call) -> TextFormat | None:
    text = call.request.one("format").lower()
    if text not in FORMATS and text:
        raise bad_request(f"The value '{text}' is not valid for CommentFormat.")
    return FORMATS.get(text)


def _may(call: Call, comment: Comment | None) -> None:
    if not call.options.may_write:
        raise refuse(403, "WorkItemUnauthorizedAccessException", MAY_NOT_SAVE)
    if comment is None or call.options.may_edit_others_comments:
        return
    if comment.versions[0].by != call.caller.descriptor:
        words = "VS403699: Only the author of a comment may change it."
        raise refuse(403, "WorkItemCommentUpdateException", words)


def _place(rows: list[Comment], token: str) -> int:
    for index, comment in enumerate(rows):
        if token == f"next-{comment.id}":
            return index
    raise bad_request(f"The continuation token '{token}' is not valid.", "InvalidContinuationTokenException")


def _shown(call: Call, item: Item, comment: Comment) -> dict[str, Json]:
    expand = call.request.one("$expand").lower()
    return call.renderer().comment(
        item, comment, rendered=expand in {"renderedtext", "renderedtextonly", "all"}
    )


def _url(call: Call, item: Item) -> str:
    return f"{call.base}/{item.state['System.TeamProject']}/_apis/wit/workItems/{item.id}/comments"
