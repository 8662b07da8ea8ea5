"""One HTTP session per source: timeouts, retries, rate limits, origin guard, and no belief in odd answers.

Every connector sends through `Http`. Nothing here knows a tracker; what a body means is its decoder's
business. A request that may have had an effect is never repeated: its lost answer is `OutcomeUnknown`, and
the push layer looks before it does anything else.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec
import requests
import urllib3.exceptions
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from connectors.answers import (
    Answer,
    OutcomeUnknown,
    check_identity,
    check_type,
    is_stopped,
    is_throttled,
    origin_of,
    refusal_of,
)
from connectors.network import Route
from connectors.throttle import Limiter, reach_of, retry_after_seconds, server_time
from portfolio.errors import BadAnswer, RateLimited, SourceError, Unavailable
from portfolio.secrets import sent_in, without

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

Params: TypeAlias = Mapping[str, str | int | Sequence[str]]

_REPEATABLE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_TRANSIENT = frozenset({408, 425, 500, 502, 503, 504})
_FIRST_BACKOFF_SECONDS = 2.0
_REACH = "Check url, the network and the proxy settings."
_LATER = "The next run continues where this one stopped."
_BOM = b"\xef\xbb\xbf"  # some Microsoft services begin an error with one (facts/azure_devops.md §8)


class Decoder(Protocol[T_co]):
    """What `msgspec.json.Decoder` offers."""

    def decode(self, buf: bytes, /) -> T_co:
        """The typed value of a body."""
        ...


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: to connect, between two bytes, for one whole answer, and to wait for a rate limit at most.

    Some trackers slow a client down by not answering: then everybody waits `silence_seconds` after an answer
    that never came or broke off. `unsaid_seconds` is the wait after a rate limit that names none.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    total_seconds: float = 300.0
    patience_seconds: float = 120.0
    silence_seconds: float = 0.0
    unsaid_seconds: float | None = None


class _Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One request on its way: what is sent, and how its answers are judged."""

    prepared: requests.PreparedRequest
    path: str
    endpoint: str
    target: str | None
    accept: Sequence[int]
    may_repeat: bool


class _Again(Exception):
    """A signal between two methods, never seen outside: this attempt failed and another is harmless."""

    def __init__(self, error: SourceError, wait_seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds = wait_seconds


class Http:
    """Requests to one source, through a session that somebody else has authenticated.

    `base_url` is where paths start; a path never names a host, so a credential goes to `base_url` only.
    `requests` counts what was sent, by method and path template. `renew` forgets an access token that was
    refused, and says whether there can be another. `route` holds the certificates and proxies of the source.
    """

    def __init__(
        self,
        source: str,
        session: requests.Session,
        *,
        base_url: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        limiter: Limiter | None = None,
        timeouts: Timeouts | None = None,
        renew: Callable[[], bool] | None = None,
        route: Route | None = None,
        attempts: int = 4,
        max_bytes: int = 128 * 1024 * 1024,
        jitter: Callable[[float, float], float] = random.uniform,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self.base_url = base_url.rstrip("/")
        self.origin = origin_of(self.base_url)
        self.requests: Counter[str] = Counter()
        self.latency_seconds: float | None = None  # to the first byte of the latest answer
        self.clock_skew_seconds: float | None = None  # theirs minus ours, from the latest Date header
        self.rate_limit: dict[str, str] = {}  # the latest X-RateLimit-… headers, by what follows
        self._session = session
        self._clock = clock
        self._sleep = sleep
        self.limiter = limiter or Limiter(clock=clock, sleep=sleep)
        self._renew = renew
        self._route = route or Route()
        self._route.equip(session)
        self._timeouts = timeouts or Timeouts()
        self._attempts = attempts
        self._max_bytes = max_bytes
        self._jitter = jitter
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        path: str,
        *,
        decoder: Decoder[T],
        template: str | None = None,
        params: Params | None = None,
        json: object = None,
        content_type: str = "application/json",
        repeatable: bool | None = None,
        target: str | None = None,
        accept: Sequence[int] = (200,),
    ) -> T:
        """Send a request and decode its answer, which counts only if its shape is what the decoder expects.

        `template` is the path with its parameters left as names: counts and rate limits go by it.
        `repeatable` says whether sending twice is harmless, by default what HTTP says of the method; a search
        that is a POST says True. `target` is the item written to, for limits per item. `accept` are the
        statuses that mean success.

        Raises:
            SourceError: AuthError, AccessDenied, RateLimited, Unavailable, BadAnswer, Refusal, TargetMissing;
                OutcomeUnknown where an unrepeatable request may have had its effect.
        """
        return self.fetch(
            method,
            path,
            decoder=decoder,
            template=template,
            params=params,
            json=json,
            content_type=content_type,
            repeatable=repeatable,
            target=target,
            accept=accept,
        )[0]

    def fetch(
        self,
        method: str,
        path: str,
        *,
        decoder: Decoder[T],
        template: str | None = None,
        params: Params | None = None,
        json: object = None,
        content_type: str = "application/json",
        repeatable: bool | None = None,
        target: str | None = None,
        accept: Sequence[int] = (200,),
    ) -> tuple[T, Mapping[str, str]]:
        """Like `call`, with the answer's headers, where some APIs say how their lists go on."""
        sending = self._prepare(
            method, path, template, params, (json, content_type), repeatable, target=target, accept=accept
        )
        return self._run(sending, lambda answer: (self._decode(answer, decoder, sending), answer.headers))

    def send(
        self,
        method: str,
        path: str,
        *,
        template: str | None = None,
        params: Params | None = None,
        json: object = None,
        content_type: str = "application/json",
        repeatable: bool | None = None,
        target: str | None = None,
        accept: Sequence[int] = (200, 201, 204),
    ) -> Answer:
        """Like `call`, for answers whose body may be empty: status and content type are checked, no shape."""
        sending = self._prepare(
            method, path, template, params, (json, content_type), repeatable, target=target, accept=accept
        )
        return self._run(sending, lambda answer: answer)

    def close(self) -> None:
        """Release the session's connections. Safe to call twice."""
        self._session.close()

    def _prepare(
        self,
        method: str,
        path: str,
        template: str | None,
        params: Params | None,
        content: tuple[object, str],
        repeatable: bool | None,
        *,
        target: str | None,
        accept: Sequence[int],
    ) -> _Sending:
        # A path that came out of an answer could name another host ("//evil/", "https://evil/"): the
        # credential would follow it. facts/performance.md §E measured three clients that do this.
        if not path.startswith("/") or path.startswith("//") or "\\" in path:
            raise BadAnswer(self.source, "refuses to follow an address that is not a path of this source.")
        json, content_type = content
        body = None if json is None else msgspec.json.encode(json)
        # The tracker libraries' sessions set a content type for every request; a GET has none.
        headers = {"Accept": "application/json", "Content-Type": content_type if body else None}
        request = requests.Request(method, self.base_url + path, params=params, data=body, headers=headers)
        prepared = self._session.prepare_request(request)
        if origin_of(prepared.url or "") != self.origin:
            raise BadAnswer(self.source, "refuses to send its credential to another origin.")
        return _Sending(
            prepared=prepared,
            path=path,
            endpoint=f"{method} {template or path}",
            target=target,
            accept=accept,
            may_repeat=method in _REPEATABLE_METHODS if repeatable is None else repeatable,
        )

    # One request with its repetitions.

    def _run(self, sending: _Sending, then: Callable[[Answer], T]) -> T:
        retrying = Retrying(
            stop=stop_after_attempt(self._attempts if sending.may_repeat else 1),
            wait=self._wait_seconds,
            retry=retry_if_exception_type(_Again),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(lambda: then(self._once(sending)))
        except _Again as again:
            raise again.error from again.__cause__

    def _wait_seconds(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Again) and error.wait_seconds is not None:
            return error.wait_seconds
        return self._backoff(state.attempt_number)

    def _backoff(self, attempt: int) -> float:
        return _FIRST_BACKOFF_SECONDS * float(2 ** (attempt - 1)) * self._jitter(0.7, 1.3)

    def _once(self, sending: _Sending) -> Answer:
        held = self.limiter.remaining(endpoint=sending.endpoint, target=sending.target)
        if held > self._timeouts.patience_seconds:
            message = f"{sending.path} waits for its rate limit."
            raise RateLimited(self.source, message, retry_after_seconds=held)
        self.limiter.hold(endpoint=sending.endpoint, target=sending.target)
        with self._lock:
            self.requests[sending.endpoint] += 1
        answer = self._transfer(sending)
        if answer.status == 401 and self._renew is not None and self._renew():
            # The token ended before its time. A request that was not let in had no effect.
            sending.prepared.prepare_auth(self._session.auth)
            answer = self._transfer(sending)
        self._check(answer, sending)
        return answer

    # The transfer: every byte, or an error.

    def _transfer(self, sending: _Sending) -> Answer:
        started = self._monotonic()
        sent = f"{sending.prepared.method} {sending.path}"
        try:
            response = self._open(sending.prepared)
        except requests.exceptions.SSLError as error:
            message = f"{sent}: the TLS certificate was not accepted."
            hint = "Name your organisation's CA file under tls: {ca: FILE}; verification is never off."
            raise Unavailable(self.source, message, hint=hint) from error
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise _Again(Unavailable(self.source, f"{sent}: no connection in time.", hint=_REACH)) from error
        except requests.exceptions.ConnectionError as error:
            if _never_connected(error):
                message = f"{sent}: the server cannot be reached."
                raise _Again(Unavailable(self.source, message, hint=_REACH)) from error
            raise self._silent(f"{sent}: the connection broke before the answer.", sending) from error
        except requests.exceptions.RequestException as error:
            raise self._silent(f"{sent}: no answer ({type(error).__name__}).", sending) from error
        self.latency_seconds = self._monotonic() - started
        try:
            with response:
                body = self._read(response, started, sent)
        except (urllib3.exceptions.HTTPError, requests.exceptions.RequestException, OSError) as error:
            if response.status_code in sending.accept:
                message = f"{sent}: the answer broke off ({type(error).__name__})."
                raise self._silent(message, sending) from error
            body = b""  # the status of a refusal says enough
        theirs = server_time(response.headers)
        if theirs is not None:
            self.clock_skew_seconds = (theirs - self._clock()).total_seconds()
        answer = self._without_credential(response, body.removeprefix(_BOM), sending.prepared)
        self._note_budget(answer.headers)
        return answer

    @staticmethod
    def _without_credential(
        response: requests.Response, body: bytes, prepared: requests.PreparedRequest
    ) -> Answer:
        """The answer, from which our own credential is taken out where the other side repeats it.

        What a tracker says ends in errors, receipts and the store (facts/performance.md §E).
        """
        header = prepared.headers.get("Authorization")
        secrets = sent_in(header if isinstance(header, str) else None)
        headers = response.headers
        for name, value in list(headers.items()):
            clean = without(value.encode(errors="replace"), secrets)
            if clean != value.encode(errors="replace"):
                headers[name] = clean.decode()
        return Answer(status=response.status_code, headers=headers, body=without(body, secrets))

    def _open(self, prepared: requests.PreparedRequest) -> requests.Response:
        settings = self._session.merge_environment_settings(prepared.url or "", {}, True, None, None)
        # send(), not request(): the tracker libraries' sessions override request() with retries of their
        # own, which repeat POSTs and put bodies into errors (facts/jira.md §3).
        return self._session.send(
            prepared,
            allow_redirects=False,
            timeout=(self._timeouts.connect_seconds, self._timeouts.read_seconds),
            stream=True,
            proxies=dict(self._route.proxies_for(prepared.url or "", settings["proxies"])),
            verify=settings["verify"],
            cert=settings["cert"],
        )

    def _read(self, response: requests.Response, started: float, sent: str) -> bytes:
        chunks: list[bytes] = []
        size = 0
        # read1 returns what one read of the socket gave, so that the deadline is looked at even when a server
        # drips one byte at a time, each within the read timeout.
        while chunk := response.raw.read1(1 << 18, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_bytes:
                raise BadAnswer(self.source, f"{sent}: the answer is larger than {self._max_bytes} bytes.")
            if self._monotonic() - started > self._timeouts.total_seconds:
                raise requests.exceptions.ReadTimeout
        return b"".join(chunks)

    def _note_budget(self, headers: Mapping[str, str]) -> None:
        said = {
            name[12:].lower(): text[:60]
            for name, text in headers.items()
            if name.lower().startswith("x-ratelimit-")
        }
        if said:
            self.rate_limit = said

    def _silent(self, message: str, sending: _Sending) -> Exception:
        if self._timeouts.silence_seconds:
            self.limiter.block(
                self._timeouts.silence_seconds,
                reach="source",
                endpoint=sending.endpoint,
                target=sending.target,
            )
        return self._lost(message, sending)

    def _lost(self, message: str, sending: _Sending) -> Exception:
        if sending.may_repeat:
            return _Again(Unavailable(self.source, message, hint=_LATER))
        return OutcomeUnknown(self.source, message, hint="The next run looks before it repeats anything.")

    # The verdict on an answer.

    def _check(self, answer: Answer, sending: _Sending) -> None:
        check_identity(self.source, answer, sending.path)
        if answer.status in sending.accept:
            check_type(self.source, answer, sending.path)
            self._pace(answer, sending)
        elif is_throttled(answer):
            raise self._limited(answer, sending)
        elif is_stopped(answer):
            message = f"{answer.on(sending.path)}: the site is stopped."
            hint = "Its administrator has to start it again; nothing is concluded about its items."
            raise Unavailable(self.source, message, hint=hint)
        elif answer.status in _TRANSIENT:
            raise self._failed(answer, sending)
        else:
            raise refusal_of(self.source, answer, sending.path)

    def _pace(self, answer: Answer, sending: _Sending) -> None:
        """Good answers may ask for a pause too: their body counts, and the next request waits."""
        if "Retry-After" not in answer.headers:
            return
        wait = retry_after_seconds(answer.headers, self._clock())
        if wait:
            self.limiter.block(wait, reach="source", endpoint=sending.endpoint, target=sending.target)

    def _failed(self, answer: Answer, sending: _Sending) -> Exception:
        message = f"{answer.on(sending.path)}: the server failed."
        if not sending.may_repeat:
            return self._lost(message, sending)
        wait = retry_after_seconds(answer.headers, self._clock())
        error = Unavailable(self.source, message, hint=_LATER, retry_after_seconds=wait)
        if wait and wait > self._timeouts.patience_seconds:
            return error
        return _Again(error, wait or None)

    def _limited(self, answer: Answer, sending: _Sending) -> Exception:
        reach = reach_of(answer.headers)
        asked = retry_after_seconds(answer.headers, self._clock()) or self._timeouts.unsaid_seconds
        wait = asked or self._backoff(1)
        self.limiter.block(wait, reach=reach, endpoint=sending.endpoint, target=sending.target)
        reason = answer.headers.get("RateLimit-Reason", "no reason given")[:60]
        error = RateLimited(
            self.source,
            f"{answer.on(sending.path)}: rate limited ({reason}).",
            hint="The run stops here and continues from its checkpoint.",
            retry_after_seconds=wait,
        )
        # A quota comes back at the top of the hour: sleeping that long in a run helps nobody.
        if reach == "quota" or wait > self._timeouts.patience_seconds or not sending.may_repeat:
            return error
        # Where a wait was asked for, the limiter holds the next attempt for exactly that long.
        return _Again(error, 0.0 if asked else None)

    def _decode(self, answer: Answer, decoder: Decoder[T], sending: _Sending) -> T:
        where = answer.on(sending.path)
        try:
            return decoder.decode(answer.body)
        except msgspec.ValidationError as error:
            # msgspec names the expected type and the place, never the value.
            message = f"{where}: the answer lacks what its API promises ({str(error)[:160]})."
            raise BadAnswer(self.source, message) from error
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            message = f"{where}: the answer is not complete JSON."
            if not sending.may_repeat:
                raise OutcomeUnknown(self.source, message) from error
            raise _Again(BadAnswer(self.source, message)) from error


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """True where not one byte can have reached the server."""
    cause: Any = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), urllib3.exceptions.NewConnectionError)
