"""The Store: everything the other rooms may ask of the database, gathered from its parts."""

from __future__ import annotations

from types import TracebackType

from store.audit import AuditStore
from store.baselines import BaselineStore
from store.columns import ColumnStore
from store.database import Database
from store.dirty import DirtyStore
from store.erasure import ErasureStore
from store.events import EventStore
from store.failed_writes import FailedWriteStore
from store.findings import FindingStore
from store.forecasts import ForecastStore
from store.lock import LockStore
from store.pages import PageStore
from store.retention import RetentionStore
from store.rows import RowStore
from store.selection import SelectionStore
from store.snapshots import SnapshotStore
from store.sources import SourceStore
from store.specs import Dialect
from store.unchecked import UncheckedStore
from store.writes import WriteStore


class Store(
    PageStore,
    ColumnStore,
    DirtyStore,
    SelectionStore,
    FindingStore,
    ForecastStore,
    WriteStore,
    FailedWriteStore,
    ErasureStore,
    AuditStore,
    EventStore,
    SnapshotStore,
    SourceStore,
    BaselineStore,
    RowStore,
    LockStore,
    RetentionStore,
    UncheckedStore,
):
    """One open store. Threads may share it; use it as a context manager or close it.

    Attributes:
        url: where it is, without a password.
        dialect: `sqlite` or `postgresql`.
    """

    url: str
    dialect: Dialect

    def __init__(self, database: Database) -> None:
        self._db = database
        self.url = database.url
        self.dialect = database.dialect

    def close(self) -> None:
        """Close every connection. Safe to call twice."""
        self._db.close()

    def check(self) -> list[str]:
        """What is wrong with the database, one line each; nothing when it is sound, current and writable."""
        from store.health import problems

        return problems(self._db)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_store(url: str, *, migrate: bool = False) -> Store:
    """Open a store; a new, empty database is created at the newest schema.

    Args:
        url: `sqlite://` (memory), `sqlite:///PATH` or `postgresql+psycopg://…`.
        migrate: bring an older schema up to date instead of refusing it.

    Raises:
        SchemaTooOld: an older schema, and `migrate` is false.
        SchemaTooNew: the store was written by a newer Dovetail.
        StoreUnavailable: it cannot be opened; the hint says what to do.
    """
    from store.schema import prepare

    database = Database(url)
    try:
        prepare(database, migrate=migrate)
    except BaseException:
        database.close()
        raise
    return Store(database)
