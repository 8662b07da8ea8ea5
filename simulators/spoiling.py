"""What becomes of an answer on a bad day, the same for all simulated trackers.

How a page of rows is spoiled is each tracker's own, since each names its rows and its tokens in its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from simulators.faults import Fault
from simulators.http import Request, Response

Rewrite: TypeAlias = Callable[[Fault, Request, bytes], bytes]


def spoil(
    fault: Fault, request: Request, response: Response, previous: bytes | None, rewrite: Rewrite
) -> Response:
    """What becomes of the answer to a request that had its effect.

    Args:
        fault: what goes wrong.
        request: what was asked.
        response: the right answer.
        previous: the body that was answered before, if any.
        rewrite: spoils a page of rows in the tracker's own words.
    """
    spoiled = Response(
        status=response.status,
        body=response.body,
        headers=dict(response.headers),
        content_type=response.content_type,
        fault=fault.kind,
    )
    match fault.kind:
        case "reset_after":
            spoiled.delivery = "reset"
        case "truncated":
            spoiled.delivery = "truncated"
        case "truncated_gzip":
            spoiled.delivery = "truncated_gzip"
        case "slow":
            spoiled.delivery, spoiled.slow_seconds = "slow", fault.seconds
        case "garbled":
            spoiled.body = response.body[: max(len(response.body) // 2, 1)]
        case "duplicate_page":
            spoiled.body = previous if previous is not None else response.body
        case _:
            spoiled.body = rewrite(fault, request, response.body)
    return spoiled
