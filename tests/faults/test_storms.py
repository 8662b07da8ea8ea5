"""Small storms of rate limits: hardly longer than the ideal, no comment made twice. See `bench/storms.py`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.storms import AIM, Storm, boards, jira_burst, jira_per_issue

STORMS: tuple[Callable[[], Storm], ...] = (
    lambda: jira_burst(40),
    lambda: jira_per_issue(110),
    lambda: boards("delays", 90),
    lambda: boards("429", 90),
    lambda: boards("403", 90),
    lambda: boards("dropped", 90),
)


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_is_waited_out_and_no_comment_is_made_twice(storm: Callable[[], Storm]) -> None:
    seen = storm()
    assert seen.doubled in {0, None}
    # The tracker's time flows: a machine that is busy adds some seconds of its own.
    assert seen.seconds <= AIM * seen.ideal_seconds + 15
