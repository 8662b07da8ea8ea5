"""Several requests at once, where the way to the tracker is long enough to make it worth it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Generic, TypeVar

from portfolio.errors import SourceError

T = TypeVar("T")

# With an answer in less than this, a second connection costs more than it saves; four are enough.
PARALLEL_FROM_SECONDS = 0.03
CONNECTIONS = 4


def completed(calls: Sequence[Callable[[], T]], *, latency_seconds: float | None) -> Iterator[T]:
    """The results of all calls, in any order: one by one on a short way, four at a time on a long one.

    What had begun when a call failed is waited for, and its results are given before the error is raised: a
    write that was made is told.

    Raises:
        SourceError: the first that a call raised.
    """
    if len(calls) < 2 or (latency_seconds or 0.0) < PARALLEL_FROM_SECONDS:
        yield from (call() for call in calls)
        return
    problem: SourceError | None = None
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        running = [pool.submit(call) for call in calls]
        try:
            for one in as_completed(running):
                if one.cancelled():
                    continue
                try:
                    result = one.result()
                except SourceError as error:
                    problem = problem or error
                    for other in running:
                        other.cancel()
                    continue
                yield result
        finally:
            for other in running:
                other.cancel()
    if problem is not None:
        raise problem


class Ahead(Generic[T]):
    """One call that is made while its caller does something else, such as asking for the next page.

    Nobody waits for it who does not ask for its result: no caller that stops, and no end of the process.
    """

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._values: list[T] = []
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> T:
        """What the call gave, or raises what it raised."""
        self._thread.join()
        if self._problem is not None:
            raise self._problem
        return self._values[0]

    def _run(self) -> None:
        try:
            self._values.append(self._call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            self._problem = error
