"""Looking for what is wrong with a database: damage, an unexpected schema, no right to write."""

from __future__ import annotations

from portfolio.errors import StoreError
from store import guards, schema, views
from store.catalogue import TABLES
from store.database import Database

_SHOWN = 5


def problems(database: Database) -> list[str]:
    """What is wrong, one line each; an unreachable database is one of them."""
    found: list[str] = []
    for look in (_schema_problems, _damage, _write_problems):
        try:
            found.extend(look(database))
        except StoreError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def _schema_problems(database: Database) -> list[str]:
    with database.read() as connection:
        revision = schema.revision_of(connection, database.dialect)
        relations = schema.relations(connection, database.dialect)
        unguarded = guards.missing(connection, database.dialect)
    found = []
    if revision != schema.HEAD:
        found.append(f"the schema is {revision or 'missing'}, this Dovetail needs {schema.HEAD}")
    wanted = {
        **dict.fromkeys(TABLES, "table"),
        **{n: "view" for n, _ in views.create_statements(database.dialect)},
    }
    found.extend(f"the {kind} {name} is missing" for name, kind in wanted.items() if name not in relations)
    if "engine_audit" in relations:
        found.extend(f"the guard {name} of the audit trail is missing" for name in unguarded)
    return found


def _damage(database: Database) -> list[str]:
    if database.dialect == "postgresql":
        return []
    with database.read() as connection:
        rows = connection.exec_driver_sql(f"PRAGMA integrity_check({_SHOWN})").scalars().all()
    return [f"damaged: {row}" for row in rows if row != "ok"]


def _write_problems(database: Database) -> list[str]:
    # Writing to our own table and taking it back is the only proof of a right to write.
    with database.write() as connection:
        savepoint = connection.begin_nested()
        connection.exec_driver_sql("INSERT INTO engine_meta (name, value) VALUES ('writable?', 'yes')")
        savepoint.rollback()
    return []
