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
from typing import Protocol, TypeAlias, TypeVar

import msgspec
import requests
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
from connectors.transfer import NotSent, Silent, Timeouts, Transfer
from portfolio.errors import BadAnswer, RateLimited, SourceError, Unavailable

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

Params: TypeAlias = Mapping[str, str | int | Sequence[str]]

_REPEATABLE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_TRANSIENT = frozenset({408, 425, 500, 502, 503, 504})
_FIRST_BACKOFF_SECONDS = 2.0
_REACH = "Check url, the network and the proxy settings."
_LATER = "The next run continues where this one stopped."


class Decoder(Protocol[T_co]):
    """What `msgspec.json.Decoder` offers."""

    def decode(self, buf: bytes, /) -> T_co:
        """The typed value of a body."""
        ...


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
    refused, and says whether there can be another. `route` holds the source's certificates and proxies.
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
        self.clock_skew_seconds: float | None = None  # theirs minus ours, from the latest Date header
        self.rate_limit: dict[str, str] = {}  # the latest X-RateLimit-… headers, by what follows
        self._session = session
        self._wire = Transfer(
            source,
            session,
            timeouts or Timeouts(),
            route=route or Route(),
            max_bytes=max_bytes,
            monotonic=monotonic,
        )
        self._clock = clock
        self._sleep = sleep
        self.limiter = limiter or Limiter(clock=clock, sleep=sleep)
        self._renew = renew
        self._timeouts = timeouts or Timeouts()
        self._attempts = attempts
        self._jitter = jitter
        self._lock = threading.Lock()

    @property
    def latency_seconds(self) -> float | None:
        """To the first byte of the latest answer."""
        return self._wire.latency_seconds

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
        try:
            answer = self._wire.exchange(sending.prepared, sending.path, sending.accept)
        except NotSent as error:
            raise _Again(Unavailable(self.source, str(error), hint=_REACH)) from error
        except Silent as error:
            raise self._silent(str(error), sending) from error
        theirs = server_time(answer.headers)
        if theirs is not None:
            self.clock_skew_seconds = (theirs - self._clock()).total_seconds()
        self._note_budget(answer.headers)
        return answer

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
