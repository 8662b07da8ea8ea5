"""The budget of each identity in Azure DevOps throughput units (TSTU), and how its end announces itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from simulators.azure_devops.options import Options
from simulators.azure_devops.refusals import BLOCKED, problem
from simulators.clock import Clock
from simulators.http import Response

_NEAR = 0.8  # of the limit: from here on the headers come, which in ordinary answers they do not
_LONGEST_DELAY = 30.0 / 300.0  # of the window: the vendor delays by up to 30 s in a window of 300 s


@dataclass(slots=True)
class Verdict:
    """What happens to a request: refused, or served after a delay and with these headers."""

    refused: Response | None = None
    delay_seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class Budget:
    """Counts the units of every identity in a sliding window; callers hold the site's lock."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._spent: dict[str, deque[tuple[float, float]]] = {}  # identity → (when, units)
        self._sums: dict[str, float] = {}
        self.total = 0.0  # units of all requests that were served: what a perfect client would have spent
        self.delayed = 0
        self.refused = 0

    def used(self, identity: str) -> float:
        """Units in the present window."""
        now = self._clock.elapsed()
        spent = self._spent.setdefault(identity, deque())
        while spent and spent[0][0] <= now - self._options.tstu_window_seconds:
            self._sums[identity] -= spent.popleft()[1]
        return self._sums.get(identity, 0.0) if spent else 0.0

    def admit(self, identity: str, units: float) -> Verdict:
        """Decide on a request before it is served."""
        limit = self._options.tstu_limit
        if limit is None:
            self.total += units
            return Verdict()
        used = self.used(identity)
        if used >= limit * self._options.tstu_block:
            self.refused += 1
            return Verdict(refused=self._refusal(identity, limit))
        self._spent[identity].append((self._clock.elapsed(), units))
        self._sums[identity] = used = used + units
        self.total += units
        if used < limit * _NEAR:
            return Verdict()
        headers = self._headers(identity, limit, used)
        if used <= limit:
            return Verdict(headers=headers)
        self.delayed += 1
        share = min((used - limit) / (limit * (self._options.tstu_block - 1)), 1.0)
        delay = share * _LONGEST_DELAY * self._options.tstu_window_seconds
        headers["X-RateLimit-Delay"] = f"{delay:.3f}"
        headers["Retry-After"] = str(max(ceil(self._until(identity, limit)), 1))
        return Verdict(delay_seconds=delay, headers=headers)

    @property
    def ideal_seconds(self) -> float:
        """The least time in which one identity could have spent what was spent: the bar for a client."""
        limit = self._options.tstu_limit
        if limit is None:
            return 0.0
        return max(self.total - limit, 0.0) / limit * self._options.tstu_window_seconds

    def charge(self, identity: str, units: float) -> None:
        """Book what a request cost beyond its price at the door."""
        self.total += units
        if self._options.tstu_limit is not None and units:
            self._spent.setdefault(identity, deque()).append((self._clock.elapsed(), units))
            self._sums[identity] = self._sums.get(identity, 0.0) + units

    def _headers(self, identity: str, limit: float, used: float) -> dict[str, str]:
        reset = self._clock.now().timestamp() + self._until(identity, 0.0)
        return {
            "X-RateLimit-Resource": "core",
            "X-RateLimit-Limit": f"{limit:g}",
            "X-RateLimit-Remaining": str(max(int(limit - used), 0)),
            "X-RateLimit-Reset": str(ceil(reset)),
        }

    def _until(self, identity: str, goal: float) -> float:
        """Seconds until less than `goal` units are left in the window, or none at all."""
        left, wait = self._sums[identity], 0.0
        now = self._clock.elapsed()
        for at, units in self._spent[identity]:
            if left < goal:
                break
            left -= units
            wait = at + self._options.tstu_window_seconds - now
        return max(wait, 0.0)

    def _refusal(self, identity: str, limit: float) -> Response:
        status = 403 if self._options.throttled == "403" else 429
        response = problem(status, "RequestBlockedException", BLOCKED)
        response.content_type = "application/json"
        response.headers = self._headers(identity, limit, self._sums[identity])
        response.headers["Retry-After"] = str(max(ceil(self._until(identity, limit)), 1))
        if self._options.throttled == "dropped":
            response.status, response.headers = 200, {}
            response.delivery, response.fault = "truncated", "throttled"
        return response
