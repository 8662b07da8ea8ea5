"""The two reporting cursors: revisions by watermark, and link changes.

Tokens are watermarks, given back also on the last and on an empty page; `nextLink` is always there, so a loop
on it never ends (facts/azure_devops.md §2.1). Scoped calls go by the *present* project and type of an item:
what was moved or retyped is lost to them.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from simulators.azure_devops.call import Call
from simulators.azure_devops.model import Item, Json, LinkEvent, iso
from simulators.azure_devops.refusals import bad_request
from simulators.azure_devops.render import Wish
from simulators.http import Response

_LINK_PAGE = 1000


def revisions_get(call: Call) -> Response:
    """GET reporting/workitemrevisions."""
    request = call.request
    wish = Wish(
        names=frozenset(request.many("fields")) or None,
        identity_ref=call.flag("includeIdentityRef"),
        long_text=request.one("$expand").lower() == "fields",
        deleted=call.flag("includeDeleted"),
        tag_refs=call.flag("includeTagRef"),
    )
    size = call.number("$maxPageSize", call.options.reporting_page)
    if size < 1:
        raise bad_request(f"The value '{size}' is not valid for $maxPageSize.")
    return _revisions(
        call,
        wish,
        types=frozenset(request.many("types")),
        latest=call.flag("includeLatestOnly"),
        discussion=call.flag("includeDiscussionChangesOnly"),
        size=min(size, call.options.reporting_page_cap),
    )


def revisions_post(call: Call) -> Response:
    """POST reporting/workitemrevisions: the filter is the body, `$maxPageSize` does not exist."""
    body = call.object()
    fields, types = body.get("fields") or [], body.get("types") or []
    if not isinstance(fields, list) or not isinstance(types, list):
        raise bad_request("fields and types are arrays.")
    wish = Wish(
        names=frozenset(fields) or None,
        identity_ref=bool(body.get("includeIdentityRef")),
        long_text=call.request.one("$expand").lower() == "fields",
        deleted=bool(body.get("includeDeleted")),
        tag_refs=bool(body.get("includeTagRef")),
    )
    latest = bool(body.get("includeLatestOnly"))
    size = call.options.reporting_page
    return _revisions(call, wish, types=frozenset(types), latest=latest, discussion=False, size=size)


def _revisions(
    call: Call, wish: Wish, *, types: frozenset[str], latest: bool, discussion: bool, size: int
) -> Response:
    token = call.request.one("continuationToken")
    since = _since(call, token)
    project = call.optional_project()
    items, log = call.site.items, call.site.log
    place, last = _watermark(token, len(log)), token or "0;0;0;Discussion"
    renderer = call.renderer()
    values: list[Json] = []
    while place < len(log) and len(values) < size:
        number, rev = log[place]
        place += 1
        item = items.get(number)
        if item is None or (latest and rev != len(item.revisions)) or item.hidden:
            continue
        state = item.state
        if (project is not None and state["System.TeamProject"] != project.id) or (
            types and state["System.WorkItemType"] not in types
        ):
            continue
        if (not wish.deleted and item.deleted) or _denied(call, item):
            continue
        revision = item.revisions[rev - 1]
        if (since is not None and revision.at < since) or (
            discussion and not _is_discussion(revision.changes)
        ):
            continue
        fields = renderer.fields(item, rev, wish)
        values.append({"id": number, "rev": rev, "fields": fields, "multilineFieldsFormat": {}})
        last = f"{place};{number};{rev};Discussion"
    call.rows = len(values)
    return _page(call, values, last, is_last=place >= len(log))


def links(call: Call) -> Response:
    """GET reporting/workitemlinks. A link that goes is a further row with `isActive` false."""
    request = call.request
    token = request.one("continuationToken")
    since = _since(call, token)
    project = call.optional_project()
    rels = {name.removesuffix("-Forward").removesuffix("-Reverse") for name in request.many("linkTypes")}
    types = set(request.many("types"))
    log = call.site.link_log
    place = _watermark(token, len(log))
    values: list[Json] = []
    while place < len(log) and len(values) < _LINK_PAGE:
        event = log[place]
        place += 1
        if (rels and event.rel not in rels) or (since is not None and event.at < since):
            continue
        if _concerns(call, event, project.id if project else None, types):
            values.append(
                {
                    "rel": event.rel,
                    "sourceId": event.source,
                    "targetId": event.target,
                    "changedDate": iso(event.at),
                    "isActive": event.active,
                }
            )
    call.rows = len(values)
    return _page(call, values, str(place), is_last=place >= len(log))


def _concerns(call: Call, event: LinkEvent, project_id: str | None, types: set[str]) -> bool:
    ends = [item for item in map(call.site.items.get, (event.source, event.target)) if item is not None]
    if project_id is not None and not any(e.state["System.TeamProject"] == project_id for e in ends):
        return False
    return not types or any(end.state["System.WorkItemType"] in types for end in ends)


def _since(call: Call, token: str) -> int | None:
    text = call.request.one("startDateTime")
    if not text:
        return None
    if token:
        raise bad_request("startDateTime cannot be used in conjunction with continuationToken.")
    return call.instant(text, "startDateTime")


def _watermark(token: str, most: int) -> int:
    """How many rows of the log a client has seen."""
    if not token:
        return 0
    head = token.partition(";")[0]
    if not head.isdigit() or int(head) > most:
        raise bad_request(
            f"The continuation token '{token}' is not valid.", "InvalidContinuationTokenException"
        )
    return int(head)


def _page(call: Call, values: list[Json], token: str, *, is_last: bool) -> Response:
    query = {k: v for k, v in call.request.query.items() if k not in {"continuationToken", "startDateTime"}}
    query["continuationToken"] = [token]
    query.setdefault("api-version", [call.version])
    link = f"{call.base}{_project_part(call)}{call.template}?{urlencode(query, doseq=True, safe=';$')}"
    page = {"values": values, "nextLink": link, "continuationToken": token, "isLastBatch": is_last}
    return Response(body=msgspec.json.encode(page))


def _project_part(call: Call) -> str:
    project = call.optional_project()
    return f"/{project.id}" if project else ""


def _denied(call: Call, item: Item) -> bool:
    return bool(call.options.denied_projects) and not (item.deleted or call.may_read(item))


def _is_discussion(changes: dict[str, Json]) -> bool:
    return set(changes) <= {"System.History", "System.CommentCount"}
