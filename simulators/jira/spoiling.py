"""Answers that go wrong: what a scripted fault makes of a request or of its finished answer."""

from __future__ import annotations

import json
from typing import Any

from simulators.faults import Fault
from simulators.http import Request, Response, dumps
from simulators.jira.search import start_token

SIGN_IN = (
    "<!DOCTYPE html><html><head><title>Log in with Atlassian account</title></head>"
    '<body><form action="https://id.atlassian.example/login" method="post"></form></body></html>'
)
MEMBERS = ("issues", "issueChangeLogs", "values", "comments")
WORDS = {
    401: "Client must be authenticated to access this resource.",
    403: "You do not have permission to perform this operation.",
    404: "Issue does not exist or you do not have permission to see it.",
    409: "The issue could not be updated due to a conflicting update.",
    429: "Rate limit exceeded. Please try again later.",
}


def sign_in_page(status: int) -> Response:
    """What a proxy with single sign-on answers instead of the API."""
    return Response(status=status, body=SIGN_IN.encode(), content_type="text/html;charset=UTF-8")


def instead(fault: Fault) -> Response:
    """The answer to a request that has no effect."""
    if fault.kind == "reset_before":
        response = Response(delivery="reset")
    elif fault.kind == "html":
        response = sign_in_page(fault.status if fault.status in {200, 203} else 200)
    elif fault.kind == "redirect":
        response = Response(
            status=302, headers={"Location": fault.location}, body=b"", content_type="text/html"
        )
    else:
        words = WORDS.get(fault.status, "Something went wrong on our side.")
        body = (
            fault.body.encode() if fault.body is not None else dumps({"errorMessages": [words], "errors": {}})
        )
        response = Response(status=fault.status, body=body, content_type=fault.content_type)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = fault.retry_after
        if fault.reason is not None:
            response.headers["RateLimit-Reason"] = fault.reason
    response.fault = fault.kind
    return response


def rewrite(fault: Fault, request: Request, body: bytes) -> bytes:
    """A page of rows as this fault leaves it."""
    try:
        page: Any = json.loads(body)
    except ValueError:
        return body
    if not isinstance(page, dict):
        return body
    rows = next((name for name in MEMBERS if name in page), None)
    match fault.kind:
        case "missing_member":
            page.pop(fault.member, None)
        case "missing_rows" if rows:
            page[rows] = page[rows][:-1]
        case "empty_page" if rows:
            page |= {rows: [], "isLast": False, "nextPageToken": _token(request) or start_token()}
        case "token_loop":
            token = _token(request) or page.get("nextPageToken") or start_token()
            page |= {"nextPageToken": token, "isLast": False}
    return dumps(page)


def _token(request: Request) -> str | None:
    if request.method == "GET":
        return request.one("nextPageToken") or None
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return body.get("nextPageToken") if isinstance(body, dict) else None
