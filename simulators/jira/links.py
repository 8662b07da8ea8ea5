"""Links between the issues of the site."""

from __future__ import annotations

from simulators.http import Response
from simulators.jira.call import UNSEEN, Call, Refusal
from simulators.jira.model import Issue, Json, Link, LinkType


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
