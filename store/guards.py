"""What the database itself refuses: to change or delete an entry of the audit trail.

The one change it lets through takes an entry's details away, whole, with their salt: so a person can be
erased. Whoever owns the database can remove the guard; the chain of hashes then tells what was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.catalogue import AUDIT_TABLE
from store.specs import Dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection

REFUSAL = "the audit trail is append-only"
_TABLE = AUDIT_TABLE.name
_KEPT = tuple(name for name in AUDIT_TABLE.names if name not in ("details", "salt"))


def create_statements(dialect: Dialect) -> tuple[str, ...]:
    """The triggers, as they stand in a database at head."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL


def missing(connection: Connection, dialect: Dialect) -> list[str]:
    """The guards that somebody took away or switched off."""
    if dialect == "sqlite":
        sql = f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{_TABLE}'"  # noqa: S608 names are ours
    else:
        sql = (
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"  # noqa: S608 names are ours
            f" WHERE relname = '{_TABLE}' AND relnamespace = current_schema()::regnamespace"
            " AND NOT tgisinternal AND tgenabled <> 'D'"
        )
    found = set(connection.exec_driver_sql(sql).scalars())
    names = _SQLITE_NAMES if dialect == "sqlite" else _POSTGRESQL_NAMES
    return [name for name in names if name not in found]


_SQLITE_NAMES = ("engine_audit_keeps_rows", "engine_audit_keeps_values", "engine_audit_keeps_order")
_SQLITE = (
    (
        f"CREATE TRIGGER engine_audit_keeps_rows BEFORE DELETE ON {_TABLE}"
        f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    ),
    f"CREATE TRIGGER engine_audit_keeps_values BEFORE UPDATE ON {_TABLE}"
    " WHEN NOT (NEW.details IS NULL AND NEW.salt IS NULL AND "
    + " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in _KEPT)
    + f") BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    # INSERT OR REPLACE deletes without asking the first trigger.
    (
        f"CREATE TRIGGER engine_audit_keeps_order BEFORE INSERT ON {_TABLE}"  # noqa: S608 names are ours
        f" WHEN EXISTS (SELECT 1 FROM {_TABLE} WHERE seq >= NEW.seq)"
        f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    ),
)
_POSTGRESQL_NAMES = ("engine_audit_keeps_rows", "engine_audit_keeps_table")
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION engine_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF TG_OP = 'UPDATE' THEN IF NEW.details IS NULL AND NEW.salt IS NULL AND ROW("
    + ", ".join(f'NEW."{name}"' for name in _KEPT)
    + ") IS NOT DISTINCT FROM ROW("
    + ", ".join(f'OLD."{name}"' for name in _KEPT)
    + f") THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION '{REFUSAL}'; END $$",
    (
        f"CREATE TRIGGER engine_audit_keeps_rows BEFORE UPDATE OR DELETE ON {_TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION engine_audit_guard()"
    ),
    (
        f"CREATE TRIGGER engine_audit_keeps_table BEFORE TRUNCATE ON {_TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION engine_audit_guard()"
    ),
)
