"""One open database: its connections, its transactions, and how its errors read.

A SQLite file has two pools: one that writes, serialised in this process and begun with BEGIN IMMEDIATE so
that a transaction never has to upgrade its lock half way, and one that can only read. A memory database is
one connection for both, and every use of it is serialised.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock, local
from typing import TYPE_CHECKING, Any

from portfolio.errors import StoreUnavailable
from portfolio.private_files import create_private
from store.errors import translated
from store.specs import Dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

_BUSY_SECONDS = 30.0
_HINT_URL = "Use sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."


class Database:
    """Connections and transactions of one store."""

    def __init__(self, url: str) -> None:
        parsed = _parse(url)
        self.url = parsed.render_as_string(hide_password=True)
        self.dialect: Dialect = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql"
        self.path: Path | None = None
        self.is_memory = False
        self._write_lock = RLock()
        self._joined = _Joined()
        if self.dialect == "sqlite":
            self.is_memory = parsed.database in (None, "", ":memory:")
            if not self.is_memory:
                self.path = Path(str(parsed.database))
                _make_private_file(self.path, self.url)
            self._writer, self._reader = _sqlite_engines(parsed, is_memory=self.is_memory)
        else:
            self._writer = self._reader = _postgresql_engine(parsed)

    def close(self) -> None:
        """Close every connection. Safe to call twice."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end and really rolls back on any error."""
        if self._joined.connection is not None:
            with translated(self.url):
                yield self._joined.connection
            return
        with translated(self.url):
            if self.dialect == "postgresql":
                with self._writer.begin() as connection:
                    yield connection
            else:
                with self._write_lock, self._writer.begin() as connection:
                    yield connection

    @contextmanager
    def read(self, *, timeout_seconds: float | None = None) -> Iterator[Connection]:
        """A transaction that sees one state of the database and cannot change it."""
        if self._joined.connection is not None:
            with translated(self.url):
                yield self._joined.connection
            return
        with translated(self.url):
            if self.dialect == "postgresql":
                with self._reader.connect() as connection, connection.begin():
                    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    if timeout_seconds is not None:
                        connection.exec_driver_sql(
                            f"SET LOCAL statement_timeout = {max(1, round(timeout_seconds * 1000))}"
                        )
                    yield connection
            elif self.is_memory:
                with self._write_lock, self._writer.connect() as connection:
                    driver: Any = connection.connection.driver_connection
                    driver.execute("PRAGMA query_only = ON")
                    try:
                        yield connection
                    finally:
                        connection.rollback()
                        driver.execute("PRAGMA query_only = OFF")
            else:
                with self._reader.connect() as connection:
                    yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Every read and write of this thread until the end is one transaction.

        For many small steps, each of which would cost more to begin and to end than to do. Nobody else can
        write to SQLite meanwhile.
        """
        before = self._joined.connection
        with self.write() as connection:
            self._joined.connection = connection
            try:
                yield
            finally:
                self._joined.connection = before

    def scrub(self) -> None:
        """Leave nothing of what was replaced in the file and its log. PostgreSQL vacuums by itself."""
        if self.dialect == "sqlite":
            with translated(self.url), self._write_lock, self._writer.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("VACUUM")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what a transaction cannot hold (PostgreSQL's locks)."""
        with translated(self.url), self._writer.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")


class _Joined(local):
    """The transaction that this thread has joined its reads and writes into."""

    connection: Connection | None = None


def _parse(url: str) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreUnavailable("`store:` is not a database URL.", hint=_HINT_URL) from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreUnavailable(f"`store:` names {parsed.drivername}, which is not supported.", hint=_HINT_URL)
    if parsed.drivername == "sqlite" and ((parsed.database or "").startswith("file:") or parsed.query):
        raise StoreUnavailable("`store:` takes a plain path to a SQLite file, no options.", hint=_HINT_URL)
    return parsed


def _make_private_file(path: Path, url: str) -> None:
    """Create the file for this account only; SQLite gives its -wal and -shm files the same permissions."""
    if path.is_dir():
        raise StoreUnavailable(f"{url}: this is a folder.", hint="Name a file after `store: sqlite:///`.")
    try:
        os.close(create_private(path))
    except FileExistsError:
        return
    except FileNotFoundError as error:
        raise StoreUnavailable(
            f"{url}: the folder {path.parent} does not exist.", hint="Create it, or change `store:`."
        ) from error
    except OSError as error:
        raise StoreUnavailable(
            f"{url}: the file cannot be created ({error.strerror}).",
            hint="Check that this account may write to the folder.",
        ) from error


def _sqlite_engines(url: URL, *, is_memory: bool) -> tuple[Engine, Engine]:
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool, StaticPool

    arguments: dict[str, Any] = {
        "connect_args": {"check_same_thread": False, "timeout": _BUSY_SECONDS},
        "hide_parameters": True,  # an error's text must not carry the portfolio's data into a log
        "poolclass": StaticPool if is_memory else QueuePool,
    }
    writer = create_engine(url, **arguments)
    event.listen(writer, "connect", _prepare_sqlite)
    event.listen(writer, "begin", _begin if is_memory else _begin_immediate)
    if is_memory:
        return writer, writer
    reader = create_engine(url, **arguments)
    event.listen(reader, "connect", _prepare_sqlite_reader)
    event.listen(reader, "begin", _begin)
    return writer, reader


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions begin late and end early (DDL, SELECT); we begin them ourselves.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL survives a killed process whole; a power cut can cost the last commits, never their
    # order, and replays are harmless.
    connection.execute("PRAGMA synchronous = NORMAL")
    # Pages of a large pull touch the same indexes again and again: 16 MB of log before it is folded in.
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    # 16 MB: a pull of 50,000 issues takes as long with 64, and then its memory grows with the portfolio.
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("PRAGMA temp_store = MEMORY")


def _prepare_sqlite_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _postgresql_engine(url: URL) -> Engine:
    from sqlalchemy import create_engine, event

    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            "PostgreSQL needs its driver.", hint='Install it: pip install "dovetail[postgresql]".'
        ) from error
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        # A scan that joins another one half way would give rows in another order each time.
        cursor.execute("SET synchronize_seqscans = off")
    connection.commit()
