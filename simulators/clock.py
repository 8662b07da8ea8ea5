"""A simulated tracker's clock: it stands still unless it is told to move, so that runs repeat exactly."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

DEFAULT_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """An instant that moves only by `advance` and `set`, unless `running` lets real time flow too."""

    def __init__(self, start: datetime = DEFAULT_START, *, running: bool = False) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware instant")
        self._base = start.astimezone(UTC)
        self._advanced = 0.0
        self._running = running
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        with self._lock:
            flowed = time.monotonic() - self._began if self._running else 0.0
            return self._base + timedelta(seconds=flowed)

    def now_ms(self) -> int:
        """The current instant as epoch milliseconds."""
        return to_ms(self.now())

    def advance(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move forward and return the new instant."""
        step = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        with self._lock:
            self._base += step
            self._advanced += step.total_seconds()
        return self.now()

    def set(self, at: datetime) -> datetime:
        """Jump to an instant; going back is allowed and leaves `elapsed` alone."""
        if at.tzinfo is None:
            raise ValueError("a clock is set to an aware instant")
        step = (at.astimezone(UTC) - self.now()).total_seconds()
        with self._lock:
            self._base += timedelta(seconds=step)
            self._advanced += max(step, 0.0)
        return self.now()

    def elapsed(self) -> float:
        """Seconds that have passed for somebody who waits: real ones and advanced ones.

        Rate limits and index lag use this, so a client that really sleeps and a test that only moves the
        clock both see them end.
        """
        with self._lock:
            return time.monotonic() - self._began + self._advanced


def to_ms(at: datetime) -> int:
    """Epoch milliseconds of an aware instant."""
    delta = at - datetime(1970, 1, 1, tzinfo=UTC)
    return delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000


def from_ms(ms: int) -> datetime:
    """The aware UTC instant of epoch milliseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
