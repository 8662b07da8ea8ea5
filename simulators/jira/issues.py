"""Reading issues and their histories: one, many, page by page."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

from simulators.http import Response, dumps
from simulators.jira.call import STALE_PAGE, Call, Refusal
from simulators.jira.model import History, Issue, Json
from simulators.jira.rendered import history_bytes, issue_bytes

BULK_LIMIT = 100
BULK_LIMIT_SHAPED = 1000
CHANGELOG_ISSUES = 1000
COSTLY = frozenset(
    {"changelog", "editmeta", "operations", "renderedFields", "transitions", "versionedRepresentations"}
)
MULTI_VALUED = frozenset({"comment", "worklog", "attachment"})


def get_issue(call: Call) -> Response:
    """`GET issue/{key}`: all fields by default, the newest histories when asked for."""
    issue = call.issue()
    request = call.request
    renderer = call.renderer()
    fields = tuple(request.many("fields")) or ("*all",)
    expand = set(request.many("expand"))
    shown = renderer.issue(issue, fields, expand, request.many("properties"))
    if "editmeta" in expand:
        shown["editmeta"] = {"fields": renderer.edit_fields(issue)}
    if "transitions" in expand:
        shown["transitions"] = renderer.transitions()
    return Response.json(shown)


def bulk_fetch(call: Call) -> Response:
    """`POST issue/bulkfetch`: what cannot be seen is in no list of the answer."""
    body = call.body()
    wanted = body.get("issueIdsOrKeys") or []
    fields = tuple(body.get("fields") or ("*navigable",))
    expand = body.get("expand") or []
    if not isinstance(expand, list) or not isinstance(wanted, list):
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    limit = _bulk_limit(call, body)
    if not wanted:
        raise Refusal(400, "No issue IDs or keys were provided.")
    if len(wanted) > limit:
        raise Refusal(400, f"The number of issues requested exceeds the limit of {limit}.")
    found = _readable(call, wanted)
    renderer = call.renderer()
    rows = [
        issue_bytes(call, renderer, issue, fields, frozenset(expand), tuple(body.get("properties") or ()))
        for issue in found
    ]
    if call.limiter is not None:
        call.limiter.charge(len(rows))
    errors = [
        {"id": str(text), "errorMessage": "The issue ID or key is not valid."}
        for text in wanted
        if not str(text).replace("-", "").replace("_", "").isalnum()
    ]
    return Response(body=b'{"issues":[' + b",".join(rows) + b'],"issueErrors":' + dumps(errors) + b"}")


def _bulk_limit(call: Call, body: dict[str, Json]) -> int:
    fields = body.get("fields") or []
    shaped = (
        0 < len(fields) <= 100
        and not any(str(f).startswith(("*", "-")) or f in MULTI_VALUED for f in fields)
        and not COSTLY.intersection(body.get("expand") or [])
    )
    return BULK_LIMIT_SHAPED if call.options.bulk_thousand and shaped else BULK_LIMIT


def _readable(call: Call, wanted: list[Json]) -> list[Issue]:
    found = {}
    for text in wanted:
        issue = call.site.find_issue(str(text))
        if issue is not None and call.site.readable(issue, call.caller):
            found[issue.id] = issue
    return [found[number] for number in sorted(found)]


def changelog(call: Call) -> Response:
    """`GET issue/{key}/changelog`: oldest first, at most 100 a page."""
    issue = call.issue()
    page = call.page(issue.histories, default=100, ceiling=100)
    renderer = call.renderer()
    page["values"] = [renderer.history(entry, embedded=False) for entry in page["values"]]
    return Response.json(page)


def bulk_changelog(call: Call) -> Response:
    """`POST changelog/bulkfetch`: entries by date and issue, so that one issue may be split over pages."""
    body = call.body()
    wanted = body.get("issueIdsOrKeys") or []
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= CHANGELOG_ISSUES:
        raise Refusal(400, f"issueIdsOrKeys must have between 1 and {CHANGELOG_ISSUES} entries.")
    filters = body.get("fieldIds") or []
    if len(filters) > 10:
        raise Refusal(400, "fieldIds must have at most 10 entries.")
    size = body.get("maxResults", 1000)
    if not isinstance(size, int) or not 1 <= size <= 10_000:
        raise Refusal(400, "maxResults must be between 1 and 10000.")
    start = _changelog_start(body, wanted, filters)
    size = call.options.capped(size, 10_000)
    entries = _entries(call, wanted, frozenset(filters))
    page = entries[start : start + size]
    tail: dict[str, Json] = {}
    if start + len(page) < len(entries):
        tail["nextPageToken"] = _changelog_token(wanted, filters, start + len(page))
    if call.limiter is not None:
        call.limiter.charge(len({issue for issue, _ in page}))
    return Response(body=_encode_changelog(call, page) + (b"," + dumps(tail)[1:] if tail else b"}"))


def _entries(call: Call, wanted: list[Json], filters: frozenset[str]) -> list[tuple[int, History]]:
    kept = ("changelog", tuple(map(str, wanted)), filters, call.caller and call.caller.account_id)
    if call.site.found.get(kept, (None,))[0] == call.site.revision:
        entries: list[tuple[int, History]] = call.site.found[kept][1]
        return entries
    found = [
        (entry.created, issue.id, entry.id, entry)
        for issue in _readable(call, wanted)
        for entry in issue.histories
        # A filter is by field id, so entries without one (links, parents, moves) never pass it.
        if not filters or any(item.get("fieldId") in filters for item in entry.items)
    ]
    found.sort(key=lambda row: row[:3])
    entries = [(issue_id, entry) for _, issue_id, _, entry in found]
    if len(call.site.found) > 50:
        call.site.found.clear()
    call.site.found[kept] = (call.site.revision, entries)
    return entries


def _encode_changelog(call: Call, page: list[tuple[int, History]]) -> bytes:
    renderer = call.renderer()
    grouped: dict[int, list[bytes]] = {}
    for issue_id, entry in page:
        grouped.setdefault(issue_id, []).append(history_bytes(call, renderer, entry))
    logs = [
        b'{"issueId":"%d","changeHistories":[' % issue_id + b",".join(rows) + b"]}"
        for issue_id, rows in grouped.items()
    ]
    return b'{"issueChangeLogs":[' + b",".join(logs) + b"]"


def _changelog_token(wanted: list[Json], filters: list[Json], start: int) -> str:
    return base64.urlsafe_b64encode(dumps({"query": _digest(wanted, filters), "start": start})).decode()


def _digest(wanted: list[Json], filters: list[Json]) -> str:
    return sha256(dumps([wanted, filters])).hexdigest()[:16]


def _changelog_start(body: dict[str, Json], wanted: list[Json], filters: list[Json]) -> int:
    token = body.get("nextPageToken")
    if not token:
        return 0
    try:
        cursor = json.loads(base64.urlsafe_b64decode(token.encode()))
        if cursor["query"] == _digest(wanted, filters):
            return int(cursor["start"])
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # a token is opaque: whatever is wrong with it, the answer is the same
    raise Refusal(400, STALE_PAGE)
