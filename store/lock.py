"""One run at a time per store.

Both locks are the operating system's or the server's: a killed run leaves none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from portfolio.errors import LockHeld, StoreUnavailable

if TYPE_CHECKING:
    from store.database import Database

_HINT = "Wait until it has finished (`dovetail status` shows it), then run again."


class LockStore:
    """The part of the store that keeps two runs apart."""

    _db: Database

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store's lock. A memory store needs none.

        Raises:
            LockHeld: another run holds it.
        """
        if self._db.is_memory:
            yield
        elif self._db.path is not None:
            with _file_lock(self._db):
                yield
        else:
            with _advisory_lock(self._db):
                yield


@contextmanager
def _file_lock(database: Database) -> Iterator[None]:
    from filelock import FileLock, Timeout

    path = f"{database.path}.lock"
    lock = FileLock(path, mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockHeld(f"{database.url}: another run is at work on this store.", hint=_HINT) from error
    except OSError as error:
        raise StoreUnavailable(
            f"{path}: the lock file cannot be opened ({error.strerror}).",
            hint="Check that this account may write to the folder.",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(database: Database) -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError

    # The name holds the schema: two stores in two schemas of one database do not block each other.
    key = "hashtextextended('dovetail run ' || current_schema(), 0)"
    with database.session() as connection:
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({key})").scalar_one():
            raise LockHeld(f"{database.url}: another run is at work on this store.", hint=_HINT)
        try:
            yield
        finally:
            # A connection that died took its lock with it; that must not hide how the run itself ended.
            with suppress(DBAPIError):
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({key})")
