"""Several calls at once: all results, in time, and none lost when one of them fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

import pytest

from connectors.parallel import CONNECTIONS, PARALLEL_FROM_SECONDS, completed
from portfolio.errors import Unavailable

LONG, SHORT = PARALLEL_FROM_SECONDS, PARALLEL_FROM_SECONDS / 2


@pytest.mark.parametrize("latency", [None, SHORT, LONG])
def test_every_result_is_given_once(latency: float | None) -> None:
    calls: list[Callable[[], int]] = [lambda n=n: n for n in range(20)]  # type: ignore[misc]
    assert sorted(completed(calls, latency_seconds=latency)) == list(range(20))


@pytest.mark.parametrize("latency", [None, SHORT])
def test_a_short_way_keeps_the_order_and_asks_one_at_a_time(latency: float | None) -> None:
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        return number

    results = completed([lambda n=n: call(n) for n in range(5)], latency_seconds=latency)  # type: ignore[misc]
    assert next(results) == 0
    assert begun == [0]
    assert list(results) == [1, 2, 3, 4]


def test_a_long_way_is_walked_by_four_at_a_time() -> None:
    waiting = Event()
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        if len(begun) == CONNECTIONS:
            waiting.set()
        assert waiting.wait(10)
        return number

    results = completed([lambda n=n: call(n) for n in range(CONNECTIONS)], latency_seconds=LONG)  # type: ignore[misc]
    assert sorted(results) == [0, 1, 2, 3]


def test_what_had_begun_is_told_before_the_error_and_the_rest_does_not_begin() -> None:
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        if number == 0:
            raise Unavailable("shop", "gone")
        time.sleep(0.1)
        return number

    told: list[int] = []
    results = completed([lambda n=n: call(n) for n in range(40)], latency_seconds=LONG)  # type: ignore[misc]
    with pytest.raises(Unavailable):
        told.extend(iter(lambda: next(results), None))
    assert sorted(told) == sorted(set(begun) - {0})
    assert len(begun) < 40


def test_a_reader_that_stops_early_starts_nothing_more() -> None:
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        time.sleep(0.02)
        return number

    results = completed([lambda n=n: call(n) for n in range(40)], latency_seconds=LONG)  # type: ignore[misc]
    next(results)
    results.close()  # type: ignore[attr-defined]
    count = len(begun)
    time.sleep(0.1)
    assert len(begun) == count < 40
