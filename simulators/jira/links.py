"""Issue links and links to pages elsewhere."""

from __future__ import annotations

from simulators.http import Response
from simulators.jira.call import UNSEEN, Call, Refusal
from simulators.jira.model import Issue, Json, Link, LinkType, RemoteLink


def link_types(call: Call) -> Response:
    """`GET issueLinkType`."""
    rest = f"{call.base}/rest/api/{call.version}"
    shown = [
        {
            "id": t.id,
            "name": t.name,
            "inward": t.inward,
            "outward": t.outward,
            "self": f"{rest}/issueLinkType/{t.id}",
        }
        for t in call.site.link_types.values()
    ]
    return Response.json({"issueLinkTypes": shown})


def add_link(call: Call) -> Response:
    """`POST issueLink`: 201 without an id; once more the same says created too, and comments again.

    The inward end is the source: inward A, outward B, "Blocks" means that A blocks B.
    """
    body = call.body()
    kind = _kind(call, body.get("type") or {})
    source, destination = (_end(call, body.get(end) or {}) for end in ("inwardIssue", "outwardIssue"))
    author = call.me().account_id
    call.site.add_link(kind, source, destination, author, None)
    comment = (body.get("comment") or {}).get("body")
    if comment is not None:
        call.site.comment_on(source, comment, author)
        call.site.mail_about(source, "comment created", comment)
    return Response(status=201)


def _kind(call: Call, wanted: dict[str, Json]) -> LinkType:
    for kind in call.site.link_types.values():
        if kind.id == str(wanted.get("id")) or kind.name == wanted.get("name"):
            return kind
    raise Refusal(404, f"No issue link type with name '{wanted.get('name')}' found.")


def _end(call: Call, wanted: dict[str, Json]) -> Issue:
    issue = call.site.find_issue(str(wanted.get("id") or wanted.get("key") or ""))
    if issue is None or not call.site.readable(issue, call.caller):
        raise Refusal(404, UNSEEN)
    return issue


def _link(call: Call) -> Link:
    number = call.params["linkId"]
    link = call.site.links.get(int(number)) if number.isdigit() else None
    if link is None:
        raise Refusal(404, f"No issue link with id '{number}' exists.")
    return link


def get_link(call: Call) -> Response:
    """`GET issueLink/{id}`: here both ends are shown."""
    return Response.json(call.renderer().link(_link(call)))


def delete_link(call: Call) -> Response:
    """`DELETE issueLink/{id}`."""
    call.site.drop_link(_link(call), call.me().account_id, None)
    return Response(status=204)


# remote links


def list_remote(call: Call) -> Response:
    """`GET issue/{key}/remotelink`: all, or the one of a globalId."""
    issue = call.issue()
    wanted = call.request.one("globalId")
    if not wanted:
        return Response.json([_shown(call, issue, link) for link in issue.remote_links])
    for link in issue.remote_links:
        if link.body.get("globalId") == wanted:
            return Response.json(_shown(call, issue, link))
    raise Refusal(404, f"The remote issue link with global ID '{wanted}' does not exist.")


def put_remote(call: Call) -> Response:
    """`POST issue/{key}/remotelink`: with a globalId it updates, and what is absent becomes null."""
    issue = call.issue(write=True)
    body = call.body()
    target = body.get("object") or {}
    errors = {name: f"'{name}' is required." for name in ("title", "url") if not target.get(name)}
    if errors:
        raise Refusal(400, errors=errors)
    link = next(
        (
            one
            for one in issue.remote_links
            if body.get("globalId") and one.body.get("globalId") == body["globalId"]
        ),
        None,
    )
    status = 200 if link is not None else 201
    if link is None:
        link = RemoteLink(call.site.next_id("remote", 10_000), {})
        issue.remote_links.append(link)
    link.body = {
        "globalId": body.get("globalId"),
        "application": body.get("application") or {},
        "relationship": body.get("relationship"),
        "object": target,
    }
    call.site.revision += 1
    return Response.json({"id": link.id, "self": _self(call, issue, link)}, status)


def delete_remote(call: Call) -> Response:
    """`DELETE issue/{key}/remotelink?globalId=`."""
    issue = call.issue(write=True)
    wanted = call.request.one("globalId")
    if not wanted:
        raise Refusal(400, "The global ID is required.")
    kept = [link for link in issue.remote_links if link.body.get("globalId") != wanted]
    if len(kept) == len(issue.remote_links):
        raise Refusal(404, f"The remote issue link with global ID '{wanted}' does not exist.")
    issue.remote_links = kept
    call.site.revision += 1
    return Response(status=204)


def _self(call: Call, issue: Issue, link: RemoteLink) -> str:
    return f"{call.base}/rest/api/{call.version}/issue/{call.site.key_of(issue)}/remotelink/{link.id}"


def _shown(call: Call, issue: Issue, link: RemoteLink) -> dict[str, Json]:
    body = {name: value for name, value in link.body.items() if value is not None}
    return {"id": link.id, "self": _self(call, issue, link), **body}
