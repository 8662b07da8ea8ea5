"""A server on loopback that answers what a test tells it to, byte by byte where that matters."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connectors.http import Http
from connectors.throttle import Limiter
from connectors.transfer import Timeouts

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Answerer = Callable[[str, str, int], bytes | None]  # method, path, n-th request → the bytes; None closes


@dataclass
class Loopback:
    """What the server saw: request lines, headers, and the address to reach it."""

    url: str
    seen: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Time:
    """A clock that moves only when somebody sleeps."""

    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def answer(
    body: bytes | str = b"{}",
    status: int = 200,
    content_type: str = "application/json",
    **headers: str,
) -> bytes:
    """A complete HTTP answer."""
    content = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(content)}",
        "Connection: close",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@contextmanager
def serving(answerer: Answerer) -> Iterator[Loopback]:
    """Serve one connection after the other; an answer is written to the socket as it is."""
    listener = socket.create_server(("127.0.0.1", 0))
    loopback = Loopback(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                _serve(connection, answerer, loopback)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _serve(connection: socket.socket, answerer: Answerer, loopback: Loopback) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return
        data += chunk
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    method, path, _ = lines[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    while len(rest) < int(headers.get("content-length", 0)):
        rest += connection.recv(65536)
    loopback.seen.append((method, path))
    loopback.headers.append(headers)
    reply = answerer(method, path, len(loopback.seen))
    if reply is not None:
        try:
            connection.sendall(reply)
        except OSError:
            return


def http_to(url: str, time: Time, limiter: Limiter | None = None, **options: Any) -> Http:
    """An Http on a session with a credential, whose jitter is always 1."""
    session = requests.Session()
    session.auth = ("bot@demo.example", "S3CRET-canary")
    session.trust_env = False
    options.setdefault("timeouts", Timeouts(connect_seconds=2, read_seconds=2, total_seconds=5))
    return Http(
        "shop",
        session,
        base_url=url,
        clock=time.clock,
        sleep=time.sleep,
        limiter=limiter,
        jitter=lambda low, high: 1.0,
        **options,
    )
