"""The three rate limits that work at once, and the headers that tell them apart (facts/jira.md §1.10)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from math import ceil
from typing import Literal

from simulators.clock import Clock
from simulators.http import Response

PER_ISSUE = ((20, 2.0), (100, 30.0))  # writes, seconds


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """Burst per endpoint and method, hourly points, and writes per issue.

    `bucket_seconds` is how many seconds' worth a bucket holds; the vendor publishes no figure. `overrides`
    gives single templates another rate per second. `retry_after` is the form of the header.
    """

    per_second: Mapping[str, float] = field(
        default_factory=lambda: {"GET": 100.0, "POST": 100.0, "PUT": 50.0, "DELETE": 50.0}
    )
    bucket_seconds: float = 1.0
    overrides: Mapping[str, float] = field(default_factory=dict)
    quota_per_hour: int | None = None
    per_issue: tuple[tuple[int, float], ...] = PER_ISSUE
    retry_after: Literal["seconds", "date", "none"] = "seconds"


class Limiter:
    """Counts requests against a RateLimit; callers hold the site's lock."""

    def __init__(self, limit: RateLimit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}  # → (tokens, when)
        self._writes: dict[int, deque[float]] = {}
        self._spent = 0
        self._hour = -1

    @property
    def spent(self) -> int:
        """Points of the present hour."""
        return self._spent

    def admit(self, method: str, template: str) -> Response | None:
        """None, or the 429 for a request to an endpoint."""
        if refused := self._quota():
            return refused
        rate = self._rate(method, template)
        capacity = max(rate * self._limit.bucket_seconds, 1.0)
        now = self._clock.elapsed()
        tokens, then = self._buckets.get((method, template), (capacity, now))
        tokens = min(capacity, tokens + (now - then) * rate)
        if tokens < 1.0:
            self._buckets[method, template] = (tokens, now)
            return self._refuse("jira-burst-based", (1.0 - tokens) / rate, int(capacity), 0)
        self._buckets[method, template] = (tokens - 1.0, now)
        return None

    def told(self, method: str, template: str) -> dict[str, str]:
        """The headers of an admitted request; below a fifth of the bucket it is near the limit."""
        rate = self._rate(method, template)
        capacity = max(rate * self._limit.bucket_seconds, 1.0)
        left = self._buckets[method, template][0]
        headers = {"X-RateLimit-Limit": str(int(capacity)), "X-RateLimit-Remaining": str(int(left))}
        if left < capacity / 5:
            headers["X-RateLimit-NearLimit"] = "true"
        return headers

    def _rate(self, method: str, template: str) -> float:
        return self._limit.overrides.get(template, self._limit.per_second.get(method, 100.0))

    def charge(self, objects: int) -> None:
        """Book the points of a request: one, and one per object returned."""
        self._spent += 1 + objects

    def admit_write(self, issue_id: int) -> Response | None:
        """None, or the 429 for a further write to one issue."""
        now = self._clock.elapsed()
        writes = self._writes.setdefault(issue_id, deque())
        while writes and writes[0] < now - 60:
            writes.popleft()
        for allowed, seconds in self._limit.per_issue:
            recent = [at for at in writes if at > now - seconds]
            if len(recent) >= allowed:
                return self._refuse("jira-per-issue-on-write", recent[0] + seconds - now, allowed, 0)
        writes.append(now)
        return None

    def _quota(self) -> Response | None:
        if self._limit.quota_per_hour is None:
            return None
        now = self._clock.now()
        hour = int(now.timestamp()) // 3600
        if hour != self._hour:
            self._hour, self._spent = hour, 0
        if self._spent < self._limit.quota_per_hour:
            return None
        wait = 3600 - now.timestamp() % 3600
        return self._refuse("jira-quota-tenant-based", wait, self._limit.quota_per_hour, 0)

    def _refuse(self, reason: str, wait: float, limit: int, remaining: int) -> Response:
        seconds = max(ceil(wait), 1)
        until = self._clock.now() + timedelta(seconds=seconds)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{until:%Y-%m-%dT%H:%MZ}",  # without seconds, as it was seen
            "RateLimit-Reason": reason,
        }
        if self._limit.retry_after == "seconds":
            headers["Retry-After"] = str(seconds)
        elif self._limit.retry_after == "date":
            headers["Retry-After"] = format_datetime(until, usegmt=True)
        body = {"errorMessages": ["Rate limit exceeded. Please try again later."], "errors": {}}
        return Response.json(body, 429, headers)
