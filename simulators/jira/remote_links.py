"""Links from an issue to pages elsewhere.

A new link and a removed one are a history without a fieldId, whose text is a sentence: `This issue links to
"Page (Wiki)"`, with the link's id beside it. So recorded answers of public sites show it. They show none for
a link that was changed, so there is none here.
"""

from __future__ import annotations

from datetime import datetime

from simulators.http import Response
from simulators.jira.call import Call, Refusal
from simulators.jira.editing import Editing
from simulators.jira.model import Issue, Json, RemoteLink
from simulators.jira.values import item

_UNNAMED = "Web Link"  # how a link is called that no application made
_UNSAID = "links to"  # the relationship of a link that states none


def add_remote(
    site: Editing, issue: Issue, body: dict[str, Json], by: str, at: datetime | None
) -> RemoteLink:
    """Link an issue to a page elsewhere."""
    site.remember(issue)
    link = RemoteLink(site.next_id("remote", 10_000), body)
    # In a new list: snapshots of the issue share the old one.
    issue.remote_links = [*issue.remote_links, link]
    site.touch(issue, at)
    told = item("RemoteIssueLink", None, (None, None), (str(link.id), _sentence(link)))
    site.history(issue, [told], by, at)
    return link


def drop_remote(site: Editing, issue: Issue, link: RemoteLink, by: str, at: datetime | None) -> None:
    """Remove a link to a page elsewhere."""
    site.remember(issue)
    issue.remote_links = [one for one in issue.remote_links if one is not link]
    site.touch(issue, at)
    told = item("RemoteIssueLink", None, (str(link.id), _sentence(link)), (None, None))
    site.history(issue, [told], by, at)


def list_remote(call: Call) -> Response:
    """`GET issue/{key}/remotelink`: all, or the one of a globalId."""
    issue = call.issue()
    wanted = call.request.one("globalId")
    if not wanted:
        return Response.json([_shown(call, issue, link) for link in issue.remote_links])
    return Response.json(_shown(call, issue, _of_global_id(issue, wanted)))


def put_remote(call: Call) -> Response:
    """`POST issue/{key}/remotelink`: with a globalId it updates, and what is absent becomes null."""
    issue = call.issue(write=True)
    body = _body(call)
    known = next(
        (
            one
            for one in issue.remote_links
            if body["globalId"] and one.body.get("globalId") == body["globalId"]
        ),
        None,
    )
    if known is None:
        link = add_remote(call.site, issue, body, call.me().account_id, None)
        return Response.json({"id": link.id, "self": _self(call, issue, link)}, 201)
    _replace(call, issue, known, body)
    return Response.json({"id": known.id, "self": _self(call, issue, known)}, 200)


def delete_remote(call: Call) -> Response:
    """`DELETE issue/{key}/remotelink?globalId=`."""
    issue = call.issue(write=True)
    wanted = call.request.one("globalId")
    if not wanted:
        raise Refusal(400, "The global ID is required.")
    drop_remote(call.site, issue, _of_global_id(issue, wanted), call.me().account_id, None)
    return Response(status=204)


def get_one(call: Call) -> Response:
    """`GET issue/{key}/remotelink/{linkId}`."""
    issue = call.issue()
    return Response.json(_shown(call, issue, _of_id(call, issue)))


def put_one(call: Call) -> Response:
    """`PUT issue/{key}/remotelink/{linkId}`: what is absent becomes null."""
    issue = call.issue(write=True)
    _replace(call, issue, _of_id(call, issue), _body(call))
    return Response(status=204)


def delete_one(call: Call) -> Response:
    """`DELETE issue/{key}/remotelink/{linkId}`."""
    issue = call.issue(write=True)
    drop_remote(call.site, issue, _of_id(call, issue), call.me().account_id, None)
    return Response(status=204)


def _body(call: Call) -> dict[str, Json]:
    body = call.body()
    target = body.get("object") or {}
    errors = {name: f"'{name}' is required." for name in ("title", "url") if not target.get(name)}
    if errors:
        raise Refusal(400, errors=errors)
    return {
        "globalId": body.get("globalId"),
        "application": body.get("application") or {},
        "relationship": body.get("relationship"),
        "object": target,
    }


def _replace(call: Call, issue: Issue, link: RemoteLink, body: dict[str, Json]) -> None:
    changed = RemoteLink(link.id, body)
    issue.remote_links = [changed if one is link else one for one in issue.remote_links]
    call.site.revision += 1


def _of_global_id(issue: Issue, wanted: str) -> RemoteLink:
    for link in issue.remote_links:
        if link.body.get("globalId") == wanted:
            return link
    raise Refusal(404, f"The remote issue link with global ID '{wanted}' does not exist.")


def _of_id(call: Call, issue: Issue) -> RemoteLink:
    wanted = call.params["linkId"]
    for link in issue.remote_links:
        if str(link.id) == wanted:
            return link
    raise Refusal(404, f"The remote issue link with id '{wanted}' does not exist.")


def _sentence(link: RemoteLink) -> str:
    target, application = link.body["object"], link.body.get("application") or {}
    said = link.body.get("relationship") or _UNSAID
    return f'This issue {said} "{target["title"]} ({application.get("name") or _UNNAMED})"'


def _self(call: Call, issue: Issue, link: RemoteLink) -> str:
    return f"{call.base}/rest/api/{call.version}/issue/{call.site.key_of(issue)}/remotelink/{link.id}"


def _shown(call: Call, issue: Issue, link: RemoteLink) -> dict[str, Json]:
    body = {name: value for name, value in link.body.items() if value is not None}
    return {"id": link.id, "self": _self(call, issue, link), **body}
