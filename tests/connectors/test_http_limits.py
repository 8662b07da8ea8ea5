"""Rate limits: as long as the tracker asks, for those it concerns, and never for hours."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest
from loopback import NOON, Time, answer, http_to, serving

from connectors.throttle import Limiter, reach_of, retry_after_seconds
from connectors.transfer import Timeouts
from portfolio.errors import RateLimited, Unavailable

DECODER = msgspec.json.Decoder(dict[str, int])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "1000000000"}, 86_400.0),
        ({"Retry-After": "inf"}, 86_400.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 02 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT"}, 0.0),
        # A date is relative to the server's clock, which is an hour ahead of ours here.
        (
            {"Retry-After": "Mon, 02 Mar 2026 13:00:30 GMT", "Date": "Mon, 02 Mar 2026 13:00:00 GMT"},
            30.0,
        ),
        ({"X-RateLimit-Reset": "2026-03-02T12:01Z"}, 60.0),
        ({"X-RateLimit-Reset": "2026-03-02T12:01:05Z"}, 65.0),
        ({"X-RateLimit-Reset": "later"}, None),
        # Azure DevOps counts seconds since 1970: this is 12:01:30 of that day.
        ({"X-RateLimit-Reset": "1772452890"}, 90.0),
        ({}, None),
    ],
)
def test_the_wait_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOON) == seconds


@pytest.mark.parametrize(
    ("reason", "reach"),
    [
        ("jira-quota-global-based", "quota"),
        ("jira-quota-tenant-based", "quota"),
        ("jira-burst-based", "endpoint"),
        ("jira-per-issue-on-write", "target"),
        ("", "source"),
    ],
)
def test_the_reason_says_whom_it_concerns(reason: str, reach: str) -> None:
    assert reach_of({"RateLimit-Reason": reason}) == reach


def test_the_next_attempt_waits_exactly_as_long_as_asked() -> None:
    time = Time()
    with serving(lambda _m, _p, n: answer("", 429, Retry_After="7") if n == 1 else answer("{}")) as server:
        http_to(server.url, time).call("GET", "/x", decoder=DECODER)
    assert sum(time.slept) == 7.0


def test_without_a_wait_it_backs_off_longer_each_time() -> None:
    time = Time()
    with serving(lambda _m, _p, n: answer("", 429) if n < 4 else answer("{}")) as server:
        http_to(server.url, time).call("GET", "/x", decoder=DECODER)
    assert time.slept == [2.0, 4.0, 8.0]


def test_a_429_page_in_html_is_a_rate_limit_and_no_sign_in() -> None:
    time = Time()
    busy = answer("<html>busy</html>", 429, "text/html", Retry_After="3")
    with serving(lambda _m, _p, n: busy if n == 1 else answer("{}")) as server:
        http_to(server.url, time).call("GET", "/x", decoder=DECODER)
    assert sum(time.slept) == 3.0


def test_a_quota_stops_the_source_at_once() -> None:
    time = Time()
    reply = answer("", 429, Retry_After="1847", RateLimit_Reason="jira-quota-tenant-based")
    with serving(lambda *_: reply) as server:
        http = http_to(server.url, time)
        with pytest.raises(RateLimited) as caught:
            http.call("GET", "/x", decoder=DECODER)
        # Another endpoint of the source does not even ask.
        with pytest.raises(RateLimited):
            http.call("GET", "/y", decoder=DECODER)
    assert caught.value.retry_after_seconds == 1847.0
    assert len(server.seen) == 1
    assert time.slept == []


def test_a_burst_slows_that_endpoint_only() -> None:
    time = Time()

    def reply(_method: str, path: str, n: int) -> bytes:
        if path == "/x" and n == 1:
            return answer("", 429, Retry_After="30", RateLimit_Reason="jira-burst-based")
        return answer("{}")

    limiter = Limiter(clock=time.clock, sleep=time.sleep)
    with serving(reply) as server:
        http = http_to(server.url, time, limiter, attempts=1)
        with pytest.raises(RateLimited):
            http.call("GET", "/x", decoder=DECODER)
        http.call("GET", "/y", decoder=DECODER)
        assert time.slept == []
        http.call("GET", "/x", decoder=DECODER)
        assert time.slept == [30.0]


def test_a_limit_per_issue_slows_that_issue_only() -> None:
    time = Time()
    limiter = Limiter(clock=time.clock, sleep=time.sleep)
    limiter.block(20.0, reach="target", endpoint="PUT /issue/{id}", target="10001")
    assert limiter.remaining(endpoint="PUT /issue/{id}", target="10001") == 20.0
    assert limiter.remaining(endpoint="PUT /issue/{id}", target="10002") == 0.0
    assert limiter.remaining(endpoint="POST /comment", target="10001") == 20.0


def test_a_limit_is_shared_by_everybody_who_uses_the_source() -> None:
    time = Time()
    limiter = Limiter(clock=time.clock, sleep=time.sleep)
    with serving(lambda _m, _p, n: answer("", 429, Retry_After="9") if n == 1 else answer("{}")) as server:
        first, second = (http_to(server.url, time, limiter, attempts=1) for _ in range(2))
        with pytest.raises(RateLimited):
            first.call("GET", "/x", decoder=DECODER)
        second.call("GET", "/y", decoder=DECODER)
    assert time.slept == [9.0]


def test_a_longer_block_is_not_shortened_by_a_later_one() -> None:
    moment = datetime(2026, 3, 2, tzinfo=NOON.tzinfo)
    limiter = Limiter(clock=lambda: moment, sleep=lambda _: None)
    limiter.block(60.0, reach="source", endpoint="GET /x", target=None)
    limiter.block(5.0, reach="source", endpoint="GET /x", target=None)
    assert limiter.remaining(endpoint="GET /x", target=None) == 60.0


def test_an_absurd_wait_ends_the_run_instead_of_sleeping() -> None:
    time = Time()
    reply = answer("", 503, Retry_After="1000000000")
    with serving(lambda *_: reply) as server, pytest.raises(Unavailable, match="server failed"):
        http_to(server.url, time).call("GET", "/x", decoder=DECODER)
    assert time.slept == []


def test_a_good_answer_may_ask_everybody_for_a_pause() -> None:
    time = Time()
    with serving(lambda _m, _p, n: answer("{}", 200, Retry_After="12") if n == 1 else answer("{}")) as server:
        http = http_to(server.url, time)
        assert http.call("GET", "/x", decoder=DECODER) == {}
        assert time.slept == []
        http.call("GET", "/y", decoder=DECODER)
    assert time.slept == [12.0]


def test_what_is_left_of_a_budget_is_remembered() -> None:
    reply = answer("{}", 200, X_RateLimit_Remaining="3", X_RateLimit_Limit="200")
    with serving(lambda *_: reply) as server:
        http = http_to(server.url, Time())
        http.call("GET", "/x", decoder=DECODER)
    assert http.rate_limit == {"remaining": "3", "limit": "200"}


@pytest.mark.parametrize(("seconds", "slept"), [(30.0, 30.0), (0.0, 2.0)])
def test_silence_is_throttling_where_the_tracker_throttles_by_silence(seconds: float, slept: float) -> None:
    time = Time()
    timeouts = Timeouts(connect_seconds=2, read_seconds=2, total_seconds=5, silence_seconds=seconds)
    with serving(lambda _m, _p, n: answer("{}")[:-1] if n == 1 else answer("{}")) as server:
        http_to(server.url, time, timeouts=timeouts).call("GET", "/x", decoder=DECODER)
    assert sum(time.slept) == pytest.approx(slept)


def test_a_limit_without_a_time_waits_as_long_as_the_tracker_is_known_to_mean() -> None:
    time = Time()
    timeouts = Timeouts(patience_seconds=300, unsaid_seconds=300)
    body = '{"message": "TF400733: The request has been canceled."}'
    with serving(lambda _m, _p, n: answer(body, 403) if n == 1 else answer("{}")) as server:
        http_to(server.url, time, timeouts=timeouts).call("GET", "/x", decoder=DECODER)
    assert sum(time.slept) == 300.0
