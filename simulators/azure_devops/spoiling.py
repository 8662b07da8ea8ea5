"""Answers that go wrong: what a scripted fault makes of a request or of its finished answer."""

from __future__ import annotations

import json
from typing import Any

from simulators.azure_devops.refusals import BLOCKED, MAY_NOT_SAVE, envelope, sign_in
from simulators.faults import Fault
from simulators.http import Request, Response, dumps

_ROWS = ("values", "value", "comments", "workItems")
_WORDS = {
    401: (
        "UnauthorizedRequestException",
        "TF400813: The user '' is not authorized to access this resource.",
    ),
    403: ("WorkItemUnauthorizedAccessException", MAY_NOT_SAVE),
    404: (
        "WorkItemUnauthorizedAccessException",
        "TF401232: Work item does not exist, or you do not have permissions to read it.",
    ),
    409: (
        "WorkItemRevisionMismatchException",
        (
            "TF26071: This work item has been changed by someone else since you opened it. You will need to "
            "refresh it and discard your changes."
        ),
    ),
    412: (
        "TestPatchOperationFailedException",
        "VS403351: Test Operation for path /rev failed, value 2 was not equal to test value 1.",
    ),
    429: ("RequestBlockedException", BLOCKED),
}


def instead(fault: Fault) -> Response:
    """The answer to a request that has no effect."""
    if fault.kind == "reset_before":
        response = Response(delivery="reset")
    elif fault.kind == "html":
        response = sign_in(fault.status if fault.status in {200, 203} else 203)
    elif fault.kind == "redirect":
        response = Response(status=302, headers={"Location": fault.location}, content_type="text/html")
    else:
        default = ("VssServiceException", "TF400898: An Internal Error Occurred.")
        key, words = _WORDS.get(fault.status, default)
        body = fault.body.encode() if fault.body is not None else dumps(envelope(key, words))
        response = Response(status=fault.status, body=body, content_type=fault.content_type)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = fault.retry_after
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
    rows = next((name for name in _ROWS if isinstance(page.get(name), list)), None)
    token = request.one("continuationToken") or page.get("continuationToken") or "0;0;0;Discussion"
    match fault.kind:
        case "missing_member":
            page.pop(fault.member, None)
        case "missing_rows" if rows:
            page[rows] = page[rows][:-1]
        case "empty_page" if rows:
            page |= {rows: [], "isLastBatch": False, "continuationToken": token}
        case "token_loop":
            page |= {"continuationToken": token, "isLastBatch": False}
    return dumps(page)
