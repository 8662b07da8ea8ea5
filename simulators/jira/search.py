"""Searches: `search/jql`, `approximate-count`, and the removed `search`."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from simulators.http import Response, dumps
from simulators.jira.call import STALE_PAGE, Call, Refusal
from simulators.jira.jql import JqlError, parse
from simulators.jira.matching import Matcher
from simulators.jira.model import Issue, Json
from simulators.jira.render import Renderer, schema
from simulators.jira.rendered import issue_bytes

IDS_CEILING = 5000
FIELDS_CEILING = 100  # measured on a live site 2026-10-02: 5000 asked for with one more field gave 100
TOKEN_LIFE_MS = 7 * 86_400_000
REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
    "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


@dataclass(slots=True)
class _Asked:
    jql: str
    token: str | None
    size: int
    fields: list[str]
    expand: set[str]
    properties: list[str]
    reconcile: frozenset[int]


@dataclass(slots=True)
class _Found:
    issues: list[Issue]
    keys: list[tuple[Any, ...]]
    at: int | None  # the instant it holds for; None when the query names none


def removed(call: Call) -> Response:
    """The old search answers 410 since 2025."""
    raise Refusal(410, REMOVED)


def search_get(call: Call) -> Response:
    """`GET search/jql`."""
    request = call.request
    return _search(
        call,
        _Asked(
            jql=request.one("jql"),
            token=request.one("nextPageToken") or None,
            size=call.number("maxResults", 50),
            fields=request.many("fields"),
            expand=set(request.many("expand")),
            properties=request.many("properties"),
            reconcile=_ids(request.many("reconcileIssues")),
        ),
    )


def search_post(call: Call) -> Response:
    """`POST search/jql`; `expand` is a comma-separated text here, unlike everywhere else in a body."""
    body = call.body()
    expand = body.get("expand") or ""
    if not isinstance(expand, str):
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    size = body.get("maxResults", 50)
    if not isinstance(size, int):
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    return _search(
        call,
        _Asked(
            jql=body.get("jql") or "",
            token=body.get("nextPageToken"),
            size=size,
            fields=[part for name in body.get("fields") or [] for part in str(name).split(",")],
            expand=set(expand.split(",")) - {""},
            properties=body.get("properties") or [],
            reconcile=_ids(body.get("reconcileIssues") or []),
        ),
    )


def count(call: Call) -> Response:
    """`POST search/approximate-count`."""
    return Response.json({"count": len(_matches(call, call.body().get("jql") or "", frozenset())[0])})


def start_token() -> str:
    """A token that leads to the first page: what an empty page in the middle hands out."""
    return _pack({"start": True})


def _ids(values: list[Any]) -> frozenset[int]:
    try:
        ids = frozenset(int(value) for value in values)
    except (TypeError, ValueError):
        raise Refusal(400, "reconcileIssues must be a list of issue ids.") from None
    if len(ids) > 50:
        raise Refusal(400, "The number of issues to reconcile exceeds the limit of 50.")
    return ids


def _search(call: Call, asked: _Asked) -> Response:
    if len(asked.properties) > 5:
        raise Refusal(400, "The number of issue properties exceeds the limit of 5.")
    issues, keys = _matches(call, asked.jql, asked.reconcile)
    digest = sha256(asked.jql.encode()).hexdigest()[:16]
    start = _position(call, asked, digest, keys)
    ids_only = set(asked.fields) <= {"id", "key"}
    size = call.options.capped(max(asked.size, 1), IDS_CEILING if ids_only else FIELDS_CEILING)
    page = issues[start : start + size]
    is_last = start + len(page) >= len(issues)
    token = None if is_last else _next_token(call, digest, keys, start + len(page))
    if call.limiter is not None:
        call.limiter.charge(len(page))
    return Response(body=_encode(call, asked, page, is_last, token))


def _encode(call: Call, asked: _Asked, page: list[Issue], is_last: bool, token: str | None) -> bytes:
    renderer = call.renderer()
    if set(asked.fields) <= {"id"} and not asked.expand and not asked.properties:
        rows = [b'{"id":"%d"}' % issue.id for issue in page]  # the default is the id alone, not even a key
    else:
        expand = frozenset(asked.expand - {"names", "schema"})
        rows = [
            issue_bytes(call, renderer, issue, tuple(asked.fields), expand, tuple(asked.properties))
            for issue in page
        ]
    tail: dict[str, Json] = {"isLast": is_last}
    if token is not None:
        tail["nextPageToken"] = token
    tail |= _page_maps(renderer, asked)
    return b'{"issues":[' + b",".join(rows) + b"]," + dumps(tail)[1:]


def _page_maps(renderer: Renderer, asked: _Asked) -> dict[str, Json]:
    chosen = renderer.chosen(asked.fields)
    maps: dict[str, Json] = {}
    if "names" in asked.expand:
        maps["names"] = {field.id: field.name for field in chosen}
    if "schema" in asked.expand:
        maps["schema"] = {field.id: schema(field) for field in chosen}
    return maps


def _matches(call: Call, jql: str, reconcile: frozenset[int]) -> tuple[list[Issue], list[tuple[Any, ...]]]:
    """The issues that the index holds for a query, in order, with their sort keys."""
    site = call.site
    behind = site.index_is_behind()
    now = site.clock.now_ms()
    zone = call.caller.time_zone if call.caller else "Etc/UTC"
    who = call.caller.account_id if call.caller else None
    kept = (jql, who, zone, site.revision)
    if not behind and kept in site.found:
        known: _Found = site.found[kept]
        if known.at in {None, now}:
            return known.issues, known.keys
    try:
        query = parse(jql)
        matcher = Matcher(site, zone=zone, caller=who, now_ms=now)
        holds, key = matcher.predicate(query), matcher.sort_key(query)
    except JqlError as error:
        raise Refusal(400, str(error)) from error
    found = []
    for issue in site.issues.values():
        seen = issue if issue.id in reconcile or not behind else site.indexed(issue)
        if seen is not None and site.searchable(seen, call.caller) and holds(seen):
            found.append(seen)
    found += [g for g in site.ghosts() if site.searchable(g, call.caller) and holds(g)]
    found.sort(key=key)
    keys = [key(issue) for issue in found]
    if not behind:
        if len(site.found) > 8:
            site.found.clear()
        site.found[kept] = _Found(found, keys, now if matcher.is_relative else None)
    return found, keys


def _position(call: Call, asked: _Asked, digest: str, keys: list[tuple[Any, ...]]) -> int:
    if not asked.token:
        return 0
    try:
        cursor = json.loads(base64.urlsafe_b64decode(asked.token.encode()))
        if cursor.get("start"):
            return 0
        if cursor["query"] == digest and call.site.clock.now_ms() - cursor["at"] <= TOKEN_LIFE_MS:
            return int(cursor["offset"]) if "offset" in cursor else bisect_right(keys, tuple(cursor["after"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # a token is opaque: whatever is wrong with it, the answer is the same
    raise Refusal(400, STALE_PAGE)


def _next_token(call: Call, digest: str, keys: list[tuple[Any, ...]], upto: int) -> str:
    cursor: dict[str, Json] = {"query": digest, "at": call.site.clock.now_ms()}
    if call.options.paging == "offset":
        cursor["offset"] = upto
    else:
        cursor["after"] = list(keys[upto - 1])
    return _pack(cursor)


def _pack(cursor: dict[str, Json]) -> str:
    return base64.urlsafe_b64encode(dumps(cursor)).decode()
