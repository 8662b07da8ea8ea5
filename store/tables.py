"""The SQLAlchemy tables, made from the specifications. Needed to create a database and to compare one."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.types import TypeEngine

from store.catalogue import TABLES
from store.specs import Kind, TableSpec

# Text sorts and compares by code point in both databases, whatever the server's locale.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")

TYPES: dict[Kind, TypeEngine[Any]] = {
    "text": TEXT,
    "int": BigInteger(),
    "real": Double(),
    "bool": Boolean().with_variant(BigInteger(), "sqlite"),
    "date": Text().with_variant(Date(), "postgresql"),
    "instant": Text().with_variant(DateTime(timezone=True), "postgresql"),
    "list": Text().with_variant(JSONB(), "postgresql"),
    # JSON keeps the order of its names, JSONB does not: evidence is shown in the order its rule gives.
    "object": Text().with_variant(JSON(), "postgresql"),
    "value": Text().with_variant(JSON(), "postgresql"),
}


@cache
def metadata() -> MetaData:
    """All tables and their indexes."""
    found = MetaData()
    for spec in TABLES.values():
        _table(found, spec)
    return found


def index_name(table: str, columns: tuple[str, ...]) -> str:
    """The name of an index over these columns."""
    return f"ix_{table}_{'_'.join(columns)}"


def _table(found: MetaData, spec: TableSpec) -> Table:
    table = Table(
        spec.name,
        found,
        *(Column(column.name, TYPES[column.kind], nullable=column.nullable) for column in spec.columns),
        PrimaryKeyConstraint(*spec.key, name=f"pk_{spec.name}"),
    )
    for columns in spec.indexes:
        Index(index_name(spec.name, columns), *(table.c[name] for name in columns))
    for name, (columns, condition) in spec.partial_indexes.items():
        Index(
            name,
            *(table.c[column] for column in columns),
            sqlite_where=text(condition),
            postgresql_where=text(condition),
        )
    return table
