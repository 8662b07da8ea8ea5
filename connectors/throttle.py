"""How long a tracker asks us to wait, and who has to wait: one `Limiter` per source, for all its threads."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

Reach: TypeAlias = Literal["source", "endpoint", "target", "quota"]

# Longer than any tracker means it: a broken clock or a broken proxy wrote it.
LONGEST_WAIT_SECONDS = 24 * 3600.0
_EVERYBODY = "*"


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """The wait an answer asks for, from `Retry-After` (seconds or HTTP date), else from `X-RateLimit-Reset`.

    A date is compared with the answer's own `Date`, so that a skewed clock on our side does no harm.

    Returns:
        None when nothing usable is said; 0 for zero, negative and past values; never more than a day.
    """
    said = _server_now(headers, now)
    value = (headers.get("Retry-After") or "").strip()
    seconds = _seconds(value)
    if seconds is None and value:
        moment = _http_date(value)
        seconds = (moment - said).total_seconds() if moment else None
    if seconds is None:
        # Seen without seconds in 2026: 2026-03-26T16:00Z (facts/jira.md §1.10); Azure DevOps counts seconds
        # since 1970 (facts/azure_devops.md §7.1).
        reset = headers.get("X-RateLimit-Reset") or ""
        epoch = _seconds(reset)
        moment = _epoch(epoch) if epoch is not None else _iso(reset)
        seconds = (moment - said).total_seconds() if moment else None
    if seconds is None:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def reach_of(headers: Mapping[str, str]) -> Reach:
    """Whom a 429 concerns, read from `RateLimit-Reason`; the whole source where no reason is given."""
    reason = (headers.get("RateLimit-Reason") or headers.get("X-RateLimit-Reason") or "").lower()
    if "quota" in reason or "cost" in reason:
        return "quota"
    if "per-issue" in reason:
        return "target"
    if "burst" in reason or "concurrent" in reason:
        return "endpoint"
    return "source"


class Limiter:
    """Who may not send before when. Shared by every thread and worker of one source."""

    def __init__(self, *, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def block(self, seconds: float, *, reach: Reach, endpoint: str, target: str | None) -> None:
        """Nobody within `reach` sends for `seconds`; a longer block that stands already stays."""
        key = {"endpoint": endpoint, "target": f"target {target}" if target else endpoint}.get(
            reach, _EVERYBODY
        )
        until = self._clock().timestamp() + seconds
        with self._lock:
            self._until[key] = max(until, self._until.get(key, 0.0))

    def remaining(self, *, endpoint: str, target: str | None) -> float:
        """Seconds until a request to this endpoint and target may be sent; 0 when it may go now."""
        keys = (_EVERYBODY, endpoint, f"target {target}")
        with self._lock:
            until = max((self._until.get(key, 0.0) for key in keys), default=0.0)
        return max(0.0, until - self._clock().timestamp())

    def hold(self, *, endpoint: str, target: str | None) -> None:
        """Sleep until the request may be sent."""
        seconds = self.remaining(endpoint=endpoint, target=target)
        if seconds > 0:
            self._sleep(seconds)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The answer's `Date` header as an aware UTC instant."""
    return _http_date(headers.get("Date") or "")


def _server_now(headers: Mapping[str, str], now: datetime) -> datetime:
    return server_time(headers) or now


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return None if math.isnan(seconds) else seconds


def _epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _iso(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
