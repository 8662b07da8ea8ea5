"""One session per source, over a real socket: what is believed, what is repeated, what is never sent."""

from __future__ import annotations

import gzip
import itertools

import msgspec
import pytest
import requests
from loopback import Time, answer, http_to, serving

from connectors.answers import OutcomeUnknown, Refusal, is_loopback, origin_of
from connectors.http import Http
from connectors.transfer import Timeouts
from portfolio.errors import (
    AccessDenied,
    AuthError,
    BadAnswer,
    ConfigError,
    RateLimited,
    SourceError,
    TargetMissing,
    Unavailable,
    Unsupported,
)


class Page(msgspec.Struct):
    issues: list[int]


DECODER = msgspec.json.Decoder(Page)
PAGE = '{"issues": [1, 2]}'


@pytest.fixture
def time() -> Time:
    return Time()


def read(http: Http, **options: object) -> Page:
    return http.call("GET", "/rest/x", decoder=DECODER, **options)  # type: ignore[arg-type]


def test_an_answer_is_decoded_to_its_type_and_counted_by_template(time: Time) -> None:
    with serving(lambda *_: answer(PAGE)) as server:
        http = http_to(server.url, time)
        page = http.call("GET", "/rest/x/7", template="/rest/x/{id}", decoder=DECODER)
    assert page.issues == [1, 2]
    assert dict(http.requests) == {"GET /rest/x/{id}": 1}
    assert server.headers[0]["authorization"].startswith("Basic ")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_is_repeated_after_a_server_error(time: Time, status: int) -> None:
    with serving(lambda _m, _p, n: answer("", status) if n < 3 else answer(PAGE)) as server:
        assert read(http_to(server.url, time)).issues == [1, 2]
    assert len(server.seen) == 3
    assert time.slept == [2.0, 4.0]


def test_repetitions_end(time: Time) -> None:
    with serving(lambda *_: answer("", 503)) as server, pytest.raises(Unavailable):
        read(http_to(server.url, time))
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "lost",
    [None, answer("", 503), answer("", 500), answer(PAGE)[:-4]],
    ids=["connection closed", "503", "500", "answer cut off"],
)
def test_a_post_with_an_effect_is_never_repeated(time: Time, lost: bytes | None) -> None:
    with serving(lambda *_: lost) as server, pytest.raises(OutcomeUnknown):
        http_to(server.url, time).call("POST", "/rest/comment", decoder=DECODER, json={})
    assert server.seen == [("POST", "/rest/comment")]
    assert time.slept == []


def test_a_search_that_is_a_post_is_repeated(time: Time) -> None:
    with serving(lambda _m, _p, n: None if n == 1 else answer(PAGE)) as server:
        http = http_to(server.url, time)
        assert http.call("POST", "/rest/search", decoder=DECODER, json={}, repeatable=True).issues == [1, 2]
    assert len(server.seen) == 2


def test_a_post_that_never_left_is_known_to_have_had_no_effect(time: Time) -> None:
    with pytest.raises(Unavailable) as caught:
        http_to("http://127.0.0.1:9", time).call("POST", "/rest/comment", decoder=DECODER, json={})
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer("<html>Log in</html>", 200, "text/html"), AuthError),
        (answer("<html>Log in</html>", 203, "text/html"), AuthError),
        (answer(PAGE, 203), AuthError),
        (answer("{}", 401), AuthError),
        (answer(PAGE, 200, X_Seraph_LoginReason="AUTHENTICATED_FAILED"), AuthError),
        (answer("", 403), AccessDenied),
        (answer("", 404), TargetMissing),
        (answer("", 410), Unsupported),
        (answer("", 302, Location="https://evil.example/login"), BadAnswer),
        (answer("", 302, Location="https://spsprodweu1.vssps.visualstudio.com/_signin?realm=x"), AuthError),
        (answer("", 302, Location="https://login.microsoftonline.com/common/oauth2/authorize"), AuthError),
        (answer(PAGE, 200, "text/plain"), BadAnswer),
        (answer('{"errorMessages": ["no"]}', 200), BadAnswer),
        (answer("[]", 200), BadAnswer),
        (answer('{"issues": ["x"]}', 200), BadAnswer),
        (answer('{"issues": [NaN]}', 200), BadAnswer),
        (answer('{"issues": ' + "[" * 5000 + "]" * 5000 + "}", 200), BadAnswer),
        (answer('{"x": ' + "[" * 100_000 + "]" * 100_000 + ', "issues": []}', 200), BadAnswer),
        (answer("", 200), BadAnswer),
    ],
)
def test_no_byte_is_believed_before_status_type_and_shape_are(
    time: Time, reply: bytes, error: type[SourceError]
) -> None:
    with serving(lambda *_: reply) as server, pytest.raises(error):
        read(http_to(server.url, time))


def test_a_sign_in_page_starts_no_storm_of_repetitions(time: Time) -> None:
    with serving(lambda *_: answer("<html>", 200, "text/html")) as server, pytest.raises(AuthError):
        read(http_to(server.url, time))
    assert len(server.seen) == 1


def test_a_cut_off_body_is_read_again(time: Time) -> None:
    cut = answer(PAGE)[:-5]
    with serving(lambda _m, _p, n: cut if n == 1 else answer(PAGE)) as server:
        assert read(http_to(server.url, time)).issues == [1, 2]


def test_json_that_ends_early_in_a_complete_answer_is_never_believed(time: Time) -> None:
    with serving(lambda *_: answer(PAGE[:-3])) as server, pytest.raises(BadAnswer):
        read(http_to(server.url, time))


def test_a_gzip_body_is_unpacked_and_a_cut_one_refused(time: Time) -> None:
    packed = gzip.compress(PAGE.encode())
    whole, cut = (answer(body, Content_Encoding="gzip") for body in (packed, packed[:-12]))
    with serving(lambda *_: whole) as server:
        assert read(http_to(server.url, time)).issues == [1, 2]
    with serving(lambda *_: cut) as server, pytest.raises(SourceError):
        read(http_to(server.url, time))


def test_an_answer_larger_than_the_limit_is_refused(time: Time) -> None:
    with serving(lambda *_: answer(PAGE + " " * 5000)) as server, pytest.raises(BadAnswer):
        read(http_to(server.url, time, max_bytes=1000))


def test_a_server_that_drips_is_cut_off_at_the_deadline() -> None:
    # Each byte comes within the read timeout; the deadline is for the whole answer.
    ticks = itertools.count()
    time = Time()
    with serving(lambda *_: answer(PAGE)) as server:
        http = http_to(server.url, time, attempts=1, monotonic=lambda: float(next(ticks) * 1000))
        with pytest.raises(Unavailable):
            read(http)


def test_a_silent_server_is_given_up_after_the_read_timeout(time: Time) -> None:
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    timeouts = Timeouts(connect_seconds=1, read_seconds=0.05, total_seconds=1)
    with listener, pytest.raises(Unavailable):
        read(http_to(url, time, attempts=1, timeouts=timeouts))


def test_a_redirect_is_not_followed_and_the_credential_stays(time: Time) -> None:
    with serving(lambda *_: answer(PAGE)) as other:
        moved = answer("", 302, Location=other.url + "/rest/x")
        with serving(lambda *_: moved) as server, pytest.raises(BadAnswer, match="redirected to 127"):
            read(http_to(server.url, time))
    assert other.seen == []


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "rest/x", "/\\evil.example"])
def test_a_path_never_names_another_host(time: Time, path: str) -> None:
    with serving(lambda *_: answer(PAGE)) as server, pytest.raises(BadAnswer):
        http_to(server.url, time).call("GET", path, decoder=DECODER)
    assert server.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "http://jira.example",
        "ftp://jira.example",
        "jira.example",
        "https://me:pw@jira.example",
        "https://a:b:c",
    ],
)
def test_an_address_without_tls_or_with_a_credential_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        origin_of(url)


def test_only_loopback_may_go_without_tls() -> None:
    assert origin_of("http://127.0.0.1:8080/x") == "http://127.0.0.1:8080"
    assert origin_of("https://Shop.Atlassian.net/") == "https://shop.atlassian.net:443"
    assert is_loopback("::1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("localhost.evil.example")


def test_no_secret_and_no_body_reach_an_error(time: Time) -> None:
    body = '{"errorMessages": ["token S3CRET-body"], "errors": {"f": "off screen"}}'
    with (
        serving(lambda *_: answer(body, 400, X_Request_Id="r-77")) as server,
        pytest.raises(Refusal) as caught,
    ):
        read(http_to(server.url, time), params={"q": "private"})
    assert str(caught.value) == "shop: 400 on /rest/x (request r-77): refused."
    # The tracker's own words are kept apart, for the receipt of a write.
    assert caught.value.fields == {"f": "off screen"}
    assert "S3CRET" not in repr(caught.value)


def test_the_library_s_own_retries_are_not_used(time: Time) -> None:
    class Eager(requests.Session):
        def request(self, *args: object, **kwargs: object) -> requests.Response:  # type: ignore[override]
            raise AssertionError("request() would repeat POSTs")

    with serving(lambda *_: answer(PAGE)) as server:
        session = Eager()
        session.trust_env = False
        http = Http("shop", session, base_url=server.url, clock=time.clock, sleep=time.sleep)
        assert read(http).issues == [1, 2]


def test_the_clock_of_the_site_is_compared_with_ours(time: Time) -> None:
    with serving(lambda *_: answer(PAGE, Date="Mon, 02 Mar 2026 12:05:00 GMT")) as server:
        http = http_to(server.url, time)
        read(http)
    assert http.clock_skew_seconds == 300.0


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_rate_limited_post_is_not_repeated_by_the_session(time: Time) -> None:
    with serving(lambda *_: answer("", 429, Retry_After="1")) as server, pytest.raises(RateLimited):
        http_to(server.url, time).call("POST", "/rest/comment", decoder=DECODER, json={})
    assert len(server.seen) == 1


def test_a_byte_order_mark_before_json_is_skipped(time: Time) -> None:
    with serving(lambda *_: answer(b"\xef\xbb\xbf" + PAGE.encode())) as server:
        assert http_to(server.url, time).call("GET", "/rest/x", decoder=DECODER).issues == [1, 2]


def test_a_stopped_site_is_not_asked_again(time: Time) -> None:
    body = b"\xef\xbb\xbf" + b'{"message": "TF24668: The following team project collection is stopped"}'
    with serving(lambda *_: answer(body, 503)) as server:
        with pytest.raises(Unavailable, match="stopped"):
            http_to(server.url, time).call("GET", "/rest/x", decoder=DECODER)
        assert len(server.seen) == 1
    assert time.slept == []


def test_a_broken_rule_is_told_by_field_with_its_code(time: Time) -> None:
    rule = {"fieldReferenceName": "System.State", "errorMessage": "The field 'State' is not supported"}
    body = {
        "message": "TF401320: Rule Error",
        "typeKey": "RuleValidationException",
        "customProperties": {"RuleValidationErrors": [rule]},
    }
    reply = answer(msgspec.json.encode(body), 400)
    with serving(lambda *_: reply) as server, pytest.raises(Refusal) as caught:
        http_to(server.url, time).call("GET", "/rest/x", decoder=DECODER)
    assert caught.value.code == "RuleValidationException"
    assert caught.value.fields == {"System.State": "The field 'State' is not supported"}
