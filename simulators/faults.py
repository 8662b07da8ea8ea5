"""Scripted and random misbehaviour of simulated trackers, the same for all and repeatable by seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "status",  # answer `status` with the tracker's (or `body`'s) text, no effect
    "reset_before",  # close the connection before anything happened
    "reset_after",  # do it, then close the connection: the lost answer of a POST
    "truncated",  # the right Content-Length, half of the body
    "truncated_gzip",  # a gzip body that ends early, with a Content-Length that agrees with it
    "html",  # a sign-in page with `status` (200 or 203) where JSON is due
    "missing_member",  # valid JSON without the member `member`
    "garbled",  # a body that is no JSON, declared as JSON
    "missing_rows",  # a page that silently lacks its last row
    "empty_page",  # no rows, but not the last page
    "duplicate_page",  # the page that was answered before, once more
    "token_loop",  # the token that came with the request is handed out again
    "slow",  # the right body, `seconds` long in coming
    "redirect",  # 302 to `location`, another origin
]
BEFORE_EFFECT: frozenset[str] = frozenset({"status", "reset_before", "html", "redirect"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to misbehave, and on which requests.

    `method` and `path` are shell patterns over the method and the path template
    (`/rest/api/*/search/jql`); `nth` counts the requests that match them from 1; `probability` draws
    from the seeded generator instead; `times` ends it. With neither, every matching request is hit.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    nth: int | Sequence[int] | None = None
    probability: float | None = None
    times: int | None = None
    status: int = 503
    retry_after: str | None = None  # sent as it stands: "3", "0", "-1", an HTTP date
    reason: str | None = None  # RateLimit-Reason of a 429
    body: str | None = None
    content_type: str = "application/json"
    member: str = "issues"
    seconds: float = 1.0
    location: str = "https://elsewhere.example/rest/api/3/myself"

    def matches(self, method: str, template: str) -> bool:
        """Does this fault concern that request at all?"""
        return fnmatchcase(method, self.method) and fnmatchcase(template, self.path)


FaultScript: TypeAlias = Callable[[str, str, int], Fault | None]  # (method, template, n-th request of it)


class FaultPlan:
    """Decides, request by request, which fault strikes. Deterministic for one seed and order of requests."""

    def __init__(self, faults: Sequence[Fault] | FaultScript = (), seed: int = 1) -> None:
        self._script = faults if callable(faults) else None
        self._faults: list[Fault] = [] if callable(faults) else list(faults)
        self._random = random.Random(seed)
        self._seen: dict[int, int] = {}
        self._struck: dict[int, int] = {}
        self._requests: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """One more fault from now on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """No more faults: the tracker recovers."""
        with self._lock:
            self._faults.clear()
            self._seen.clear()
            self._struck.clear()
            self._script = None

    @property
    def is_active(self) -> bool:
        """Can anything go wrong at all?"""
        return bool(self._faults) or self._script is not None

    def pick(self, method: str, template: str) -> Fault | None:
        """The fault for this request, or none; counts the request."""
        with self._lock:
            count = self._requests.get((method, template), 0) + 1
            self._requests[method, template] = count
            if self._script is not None:
                return self._script(method, template, count)
            chosen = None
            for index, fault in enumerate(self._faults):
                if not fault.matches(method, template):
                    continue
                seen = self._seen[index] = self._seen.get(index, 0) + 1
                if chosen is None and self._strikes(index, fault, seen):
                    self._struck[index] = self._struck.get(index, 0) + 1
                    chosen = fault
            return chosen

    def _strikes(self, index: int, fault: Fault, seen: int) -> bool:
        if fault.times is not None and self._struck.get(index, 0) >= fault.times:
            return False
        if fault.nth is not None:
            return seen == fault.nth if isinstance(fault.nth, int) else seen in fault.nth
        if fault.probability is not None:
            return self._random.random() < fault.probability
        return True
