"""One request and its complete answer over a session, or what is known of how it was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import requests
import urllib3.exceptions

from connectors.answers import Answer
from connectors.network import Route
from portfolio.errors import BadAnswer, Unavailable
from portfolio.secrets import sent_in, without

_BOM = b"\xef\xbb\xbf"  # some Microsoft services begin an error with one (facts/azure_devops.md §8)


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


class NotSent(Exception):
    """Not one byte can have reached the server: sending again is harmless, whatever it was."""


class Silent(Exception):
    """It was sent, and no complete answer came: it may have had its effect."""


class Transfer:
    """Sends requests of one source and reads every byte of their answers.

    `latency_seconds` is the time to the first byte of the latest answer.
    """

    def __init__(
        self,
        source: str,
        session: requests.Session,
        timeouts: Timeouts,
        *,
        route: Route,
        max_bytes: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.latency_seconds: float | None = None
        self._source = source
        self._session = session
        self._timeouts = timeouts
        self._route = route
        route.equip(session)
        self._max_bytes = max_bytes
        self._monotonic = monotonic

    def exchange(self, prepared: requests.PreparedRequest, path: str, accept: Sequence[int]) -> Answer:
        """Send it once. The body of an answer whose status is not in `accept` may be cut off.

        Raises:
            NotSent: it never left.
            Silent: it left, and no complete answer came.
            Unavailable: the certificate was not accepted.
            BadAnswer: the answer is too large.
        """
        started = self._monotonic()
        sent = f"{prepared.method} {path}"
        try:
            response = self._open(prepared)
        except requests.exceptions.SSLError as error:
            message = f"{sent}: the TLS certificate was not accepted."
            hint = "Name your organisation's CA file under tls: {ca: FILE}; verification is never off."
            raise Unavailable(self._source, message, hint=hint) from error
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise NotSent(f"{sent}: no connection in time.") from error
        except requests.exceptions.ConnectionError as error:
            if _never_connected(error):
                raise NotSent(f"{sent}: the server cannot be reached.") from error
            raise Silent(f"{sent}: the connection broke before the answer.") from error
        except requests.exceptions.RequestException as error:
            raise Silent(f"{sent}: no answer ({type(error).__name__}).") from error
        self.latency_seconds = self._monotonic() - started
        try:
            with response:
                body = self._read(response, started, sent)
        except (urllib3.exceptions.HTTPError, requests.exceptions.RequestException, OSError) as error:
            if response.status_code in accept:
                raise Silent(f"{sent}: the answer broke off ({type(error).__name__}).") from error
            body = b""  # the status of a refusal says enough
        return _without_credential(response, body.removeprefix(_BOM), prepared)

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
                raise BadAnswer(self._source, f"{sent}: the answer is larger than {self._max_bytes} bytes.")
            if self._monotonic() - started > self._timeouts.total_seconds:
                raise requests.exceptions.ReadTimeout
        return b"".join(chunks)


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
        sent = value.encode(errors="replace")
        clean = without(sent, secrets)
        if clean != sent:
            headers[name] = clean.decode()
    return Answer(status=response.status_code, headers=headers, body=without(body, secrets))


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """True where not one byte can have reached the server."""
    cause: Any = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), urllib3.exceptions.NewConnectionError)
