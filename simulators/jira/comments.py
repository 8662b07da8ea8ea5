"""Comments: every new one is mailed to the watchers, an edit only unless `notifyUsers=false`."""

from __future__ import annotations

from simulators.http import Response
from simulators.jira import adf
from simulators.jira.call import Call, Refusal
from simulators.jira.model import Comment, Issue, Json
from simulators.jira.writing import drop_property, property_of, store_property

LIST_LIMIT = 1000


def list_comments(call: Call) -> Response:
    """`GET issue/{key}/comment`: pages of at most 100."""
    issue = call.issue()
    order = call.request.one("orderBy", "created")
    if order not in {"created", "+created", "-created"}:
        raise Refusal(400, "orderBy must be 'created'.")
    rows = sorted(issue.comments, key=lambda c: (c.created, c.id), reverse=order.startswith("-"))
    page = call.page(rows, default=100, ceiling=100, member="comments")
    renderer, expand = call.renderer(), set(call.request.many("expand"))
    return Response.json(
        {
            "startAt": page["startAt"],
            "maxResults": page["maxResults"],
            "total": page["total"],
            "comments": [renderer.comment(issue, comment, expand) for comment in page["comments"]],
        }
    )


def list_by_ids(call: Call) -> Response:
    """`POST comment/list`: comments that cannot be seen are silently missing."""
    ids = call.body().get("ids") or []
    if not isinstance(ids, list) or not 1 <= len(ids) <= LIST_LIMIT:
        raise Refusal(400, f"The number of comment ids must be between 1 and {LIST_LIMIT}.")
    wanted = {int(number) for number in ids}
    renderer, expand = call.renderer(), set(call.request.many("expand"))
    rows = [
        renderer.comment(issue, comment, expand)
        for issue in call.site.issues.values()
        if issue.comments and call.site.readable(issue, call.caller)
        for comment in issue.comments
        if comment.id in wanted
    ]
    page = {"self": f"{call.base}{call.request.path}", "maxResults": LIST_LIMIT, "startAt": 0}
    return Response.json({**page, "total": len(rows), "isLast": True, "values": rows})


def get_comment(call: Call) -> Response:
    """`GET issue/{key}/comment/{id}`."""
    issue = call.issue()
    shown = call.renderer().comment(issue, _comment(call, issue), set(call.request.many("expand")))
    return Response.json(shown)


def add_comment(call: Call) -> Response:
    """`POST issue/{key}/comment`: there is no way to keep it from being mailed."""
    issue = call.issue(write=True)
    if not call.may("ADD_COMMENTS"):
        raise Refusal(400, errors={"comment": "You do not have the permission to comment on this issue."})
    body = call.body()
    content = _content(call, body)
    comment = call.site.comment_on(
        issue,
        content,
        call.me().account_id,
        properties=_properties(body),
        visibility=body.get("visibility"),
    )
    call.site.mail_about(issue, "comment created", content)
    return Response.json(call.renderer().comment(issue, comment, set(call.request.many("expand"))), 201)


def edit_comment(call: Call) -> Response:
    """`PUT issue/{key}/comment/{id}`."""
    issue = call.issue(write=True)
    comment = _comment(call, issue)
    _may_touch(call, comment, "EDIT", "edit")
    body = call.body()
    content = _content(call, body)
    properties = _properties(body)
    site = call.site
    site.remember(issue)
    comment.body = content
    comment.update_author = call.me().account_id
    comment.updated = max(site.clock.now_ms(), comment.updated + 1)
    comment.properties |= properties
    if "visibility" in body:
        comment.visibility = body["visibility"]
    site.touch(issue, None)
    if call.flag("notifyUsers", True):
        site.mail_about(issue, "comment edited", content)
    return Response.json(call.renderer().comment(issue, comment, set(call.request.many("expand"))))


def delete_comment(call: Call) -> Response:
    """`DELETE issue/{key}/comment/{id}`."""
    issue = call.issue(write=True)
    comment = _comment(call, issue)
    _may_touch(call, comment, "DELETE", "delete")
    call.site.remember(issue)
    issue.comments.remove(comment)
    call.site.touch(issue, None)
    return Response(status=204)


def _comment(call: Call, issue: Issue) -> Comment:
    number = call.params["id"]
    for comment in issue.comments:
        if str(comment.id) == number:
            return comment
    raise Refusal(404, f"Can not find a comment for the id: {number}.")


def _may_touch(call: Call, comment: Comment, verb: str, word: str) -> None:
    whose = "OWN" if call.caller and comment.author == call.caller.account_id else "ALL"
    if not call.may(f"{verb}_{whose}_COMMENTS"):
        raise Refusal(400, f"You do not have permission to {word} comment with id: '{comment.id}'.")


def _content(call: Call, body: dict[str, Json]) -> Json:
    content = body.get("body")
    if call.version == 2:
        if not isinstance(content, str) or not content.strip():
            raise Refusal(400, errors={"comment": "Comment body can not be empty!"})
        if len(content) > adf.TEXT_LIMIT:
            raise Refusal(400, errors={"comment": adf.TOO_LONG})
        return content
    if problem := adf.problem(content):
        if problem == "INVALID_INPUT":
            raise Refusal(400, problem)
        raise Refusal(
            400, errors={"comment": "Comment body is not valid!" if "long" not in problem else problem}
        )
    if not adf.text_of(content).strip():
        raise Refusal(400, errors={"comment": "Comment body can not be empty!"})
    return content


def _properties(body: dict[str, Json]) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    for entry in body.get("properties") or []:
        if not isinstance(entry, dict) or "key" not in entry:
            raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        store_property(kept, str(entry["key"]), entry.get("value"))
    return kept


# comment properties


def _owned(call: Call, *, write: bool = False) -> tuple[Issue, Comment]:
    try:
        issue, comment = call.site.find_comment(int(call.params["commentId"]))
    except (KeyError, ValueError):
        raise Refusal(404, f"Can not find a comment for the id: {call.params['commentId']}.") from None
    if not call.site.readable(issue, call.caller):
        raise Refusal(404, f"Can not find a comment for the id: {comment.id}.")
    if write:
        call.me()
        _may_touch(call, comment, "EDIT", "edit")
    return issue, comment


def list_properties(call: Call) -> Response:
    """`GET comment/{id}/properties`."""
    _, comment = _owned(call)
    base = f"{call.base}{call.request.path}"
    return Response.json({"keys": [{"self": f"{base}/{key}", "key": key} for key in comment.properties]})


def get_property(call: Call) -> Response:
    """`GET comment/{id}/properties/{propertyKey}`."""
    return property_of(_owned(call)[1].properties, call.params["propertyKey"])


def put_property(call: Call) -> Response:
    """`PUT comment/{id}/properties/{propertyKey}`: silent, and `updated` stays where it is."""
    issue, comment = _owned(call, write=True)
    status = store_property(comment.properties, call.params["propertyKey"], call.value())
    issue.revision += 1
    call.site.revision += 1
    return Response(status=status)


def delete_property(call: Call) -> Response:
    """`DELETE comment/{id}/properties/{propertyKey}`."""
    issue, comment = _owned(call, write=True)
    drop_property(comment.properties, call.params["propertyKey"])
    issue.revision += 1
    call.site.revision += 1
    return Response(status=204)
