"""A small HTTP/1.1 server for simulators: keep-alive, gzip, and the ways in which an answer can go wrong."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

Json: TypeAlias = Any  # what json.loads gives; the handlers check what they use


@dataclass(slots=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default

    def many(self, name: str) -> list[str]:
        """All values of a query parameter, repeated or comma-separated."""
        return [part for value in self.query.get(name, []) for part in value.split(",") if part]


@dataclass(slots=True)
class Response:
    """One answer and how it is to be delivered."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"
    template: str = ""
    packed: bytes | None = None  # the gzip form, where it was kept; `body` may be left empty then
    delivery: Literal["whole", "reset", "truncated", "truncated_gzip", "slow"] = "whole"
    slow_seconds: float = 0.0
    fault: str | None = None

    @classmethod
    def json(cls, value: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A JSON answer."""
        return cls(status=status, body=dumps(value), headers=headers or {})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, for recorders: the answer's body is the uncompressed one that was meant."""

    method: str
    path: str
    template: str
    query: dict[str, list[str]]
    request_body: bytes
    status: int
    body: bytes
    content_type: str
    fault: str | None


class App(Protocol):
    """What a server serves."""

    def respond(self, request: Request) -> Response:
        """Answer one request; called from several threads at once."""
        ...


def dumps(value: Json) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Listener

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Silence: the exchanges are the log."""

    def _serve(self) -> None:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=unquote(split.path),
            query=parse_qs(split.query, keep_blank_values=True),
            headers=self.headers,  # type: ignore[arg-type]  # a Message reads like a case-blind mapping
            body=self.rfile.read(length) if length else b"",
        )
        response = self.server.owner.app.respond(request)
        self.server.owner.record(request, response)
        self._deliver(response)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - base class

    def _deliver(self, response: Response) -> None:
        if response.delivery == "reset":
            self._reset()
            return
        body, headers = response.body, dict(response.headers)
        wants_gzip = "gzip" in (self.headers.get("Accept-Encoding") or "")
        if response.delivery == "truncated_gzip":
            body = gzip.compress(body, 1)
            body = body[: max(len(body) // 2, 1)]
            headers["Content-Encoding"] = "gzip"
        elif wants_gzip and (len(body) > 1000 or response.packed is not None):
            if response.packed is None:
                response.packed = gzip.compress(body, 1)
            body = response.packed
            headers["Content-Encoding"] = "gzip"
        bodiless = response.status in {204, 304}
        self.send_response_only(response.status)
        headers.setdefault("Date", self.date_time_string())
        if body and not bodiless:
            headers.setdefault("Content-Type", response.content_type)
        if not bodiless:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if bodiless or self.command == "HEAD":
            return
        if response.delivery == "truncated":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif response.delivery == "slow":
            self._drip(body, response.slow_seconds)
        else:
            self.wfile.write(body)

    def _drip(self, body: bytes, seconds: float) -> None:
        step = max(len(body) // 20, 1)
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            time.sleep(seconds / 20)

    def _reset(self) -> None:
        # A linger of zero makes close() send RST, which is what a dying load balancer looks like.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        socket.close(self.connection.detach())

    def finish(self) -> None:
        """End the connection; a peer that is gone already is no event."""
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def handle(self) -> None:
        """Serve requests until the peer goes."""
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: Server


Recorder: TypeAlias = Callable[[Exchange], None]


class Server:
    """An app on a loopback port; a context manager."""

    def __init__(self, app: App, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self.app = app
        self.exchanges: list[Recorder] = []
        self._listener = _Listener((host, port), _Handler)
        self._listener.owner = self
        self.host = host
        self.port = int(self._listener.server_address[1])
        self.url = f"http://{host}:{self.port}"
        self._thread: threading.Thread | None = None

    def record(self, request: Request, response: Response) -> None:
        """Tell the recorders; what they raise is theirs to keep, an answer is never lost over it."""
        if not self.exchanges:
            return
        exchange = Exchange(
            method=request.method,
            path=request.path,
            template=response.template,
            query=request.query,
            request_body=request.body,
            status=response.status,
            body=response.body,
            content_type=response.content_type,
            fault=response.fault,
        )
        for recorder in self.exchanges:
            recorder(exchange)

    def start(self) -> Self:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and release the port."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join(timeout=5)
            self._thread = None
        self._listener.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
