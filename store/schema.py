"""Creating, recognising and migrating a database.

A new database is made at head in one transaction, without Alembic; an existing one is only compared with
HEAD. `dovetail db upgrade` (`open_store(…, migrate=True)`) runs the migrations in `store/migrations`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from portfolio.errors import SchemaTooNew, SchemaTooOld, StoreUnavailable
from store import guards, views
from store.catalogue import TABLES
from store.database import Database
from store.specs import Dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0018"  # the newest revision in store/migrations/versions; a test compares
MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"
_CREATION_LOCK = 0x646F7665  # any number; the same in every process that creates


def prepare(database: Database, *, migrate: bool) -> None:
    """Make the database usable: create it when it is empty, migrate it when asked, else insist on HEAD.

    Raises:
        SchemaTooOld: an older schema, and `migrate` is false.
        SchemaTooNew: a schema of a newer Dovetail.
        StoreUnavailable: the database holds something else.
    """
    with database.read() as connection:
        revision = revision_of(connection, database.dialect)
        is_current = revision == HEAD and _views_digest(connection) == views.digest(database.dialect)
    if is_current:
        return
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_CREATION_LOCK,))
        # Another process may have been quicker since the look without a lock.
        revision = revision_of(connection, database.dialect)
        if revision is None:
            _refuse_foreign(connection, database)
            create(connection, database.dialect)
        elif revision == HEAD:
            make_views(connection, database.dialect)
        elif not revision.isdigit() or int(revision) > int(HEAD):
            raise SchemaTooNew(
                f"{database.url}: the store was written by a newer Dovetail"
                f" (schema {revision}, this one knows {HEAD}).",
                hint="Install that version, or name another store.",
            )
        elif not migrate:
            raise SchemaTooOld(
                f"{database.url}: the store was written by an older Dovetail"
                f" (schema {revision}, now {HEAD}).",
                hint="Make a copy, then run `dovetail db upgrade`.",
            )
        else:
            upgrade(connection, database.dialect)


def revision_of(connection: Connection, dialect: Dialect) -> str | None:
    """The revision a database stands at; None where no Dovetail has been."""
    if _VERSION_TABLE not in relations(connection, dialect):
        return None
    row = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION_TABLE}").first()  # noqa: S608
    return None if row is None else str(row[0])


def create(connection: Connection, dialect: Dialect) -> None:
    """Make every table, index and view in an empty database and stamp it with HEAD."""
    for statement in (*_create_statements(dialect), *guards.create_statements(dialect)):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(
        f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL,"
        f" CONSTRAINT {_VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO {_VERSION_TABLE} VALUES ('{HEAD}')")  # noqa: S608 our own text
    make_views(connection, dialect)


def upgrade(connection: Connection, dialect: Dialect, revision: str = "head") -> None:
    """Run the migrations on an open connection, inside its transaction, and make the views anew."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    drop_views(connection, dialect)  # a table cannot change under a view that reads it
    command.upgrade(config, revision)
    make_views(connection, dialect)


def make_views(connection: Connection, dialect: Dialect) -> None:
    """Make every view anew and remember which, and what they were made from."""
    drop_views(connection, dialect)
    names: list[str] = []
    for name, statement in views.create_statements(dialect):
        connection.exec_driver_sql(statement)
        names.append(name)
    connection.exec_driver_sql("DELETE FROM engine_meta WHERE name IN ('views', 'view_names')")
    connection.exec_driver_sql(
        "INSERT INTO engine_meta (name, value) VALUES"  # noqa: S608 our own texts
        f" ('views', '{views.digest(dialect)}'), ('view_names', '{' '.join(names)}')"
    )


def drop_views(connection: Connection, dialect: Dialect) -> None:
    """Remove our views, those that an older or newer version made included; other people's stay."""
    found = relations(connection, dialect)
    ours = _view_names(dialect)
    if "engine_meta" in found:
        row = connection.exec_driver_sql("SELECT value FROM engine_meta WHERE name = 'view_names'").first()
        ours.update(str(row[0]).split() if row is not None else ())
    for name in sorted(ours):
        if found.get(name) == "view":
            # A view that people built on ours stops this; with CASCADE it would vanish without a word.
            connection.exec_driver_sql(f'DROP VIEW "{name}"')


def _refuse_foreign(connection: Connection, database: Database) -> None:
    found = set(relations(connection, database.dialect))
    # A PostgreSQL database may be shared (the task queue lives there); a SQLite file is ours or it is not.
    clash = found if database.dialect == "sqlite" else found & (TABLES.keys() | _view_names(database.dialect))
    if clash:
        raise StoreUnavailable(
            f"{database.url}: the database holds tables that are not Dovetail's ({sorted(clash)[0]}).",
            hint="Name another file, database or schema after `store:`.",
        )


def _view_names(dialect: Dialect) -> set[str]:
    return {name for name, _ in views.create_statements(dialect)}


def _views_digest(connection: Connection) -> str | None:
    row = connection.exec_driver_sql("SELECT value FROM engine_meta WHERE name = 'views'").first()
    return None if row is None else row[0]


def relations(connection: Connection, dialect: Dialect) -> dict[str, str]:
    """The tables and views of the schema: name → `table` or `view`."""
    if dialect == "sqlite":
        sql = (
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
        )
    else:
        sql = (
            "SELECT relname, CASE relkind WHEN 'v' THEN 'view' ELSE 'table' END FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v')"
        )
    return {str(row[0]): str(row[1]) for row in connection.exec_driver_sql(sql)}


@cache
def _create_statements(dialect: Dialect) -> tuple[str, ...]:
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable

    from store.tables import metadata

    compiler = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy 2.1 leaves it untyped
    found: list[str] = []
    for table in metadata().tables.values():
        found.append(str(CreateTable(table).compile(dialect=compiler)))
        found.extend(
            str(CreateIndex(index).compile(dialect=compiler))
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        )
    return tuple(found)
