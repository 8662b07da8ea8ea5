"""What the kinds of columns meant when the first revision was written.

Frozen: add kinds, never change one.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.types import TypeEngine

KINDS: dict[str, TypeEngine[Any]] = {
    "text": Text().with_variant(Text(collation="C"), "postgresql"),
    "int": BigInteger(),
    "real": Double(),
    "bool": Boolean().with_variant(BigInteger(), "sqlite"),
    "date": Text().with_variant(Date(), "postgresql"),
    "instant": Text().with_variant(DateTime(timezone=True), "postgresql"),
    "list": Text().with_variant(JSONB(), "postgresql"),
    "object": Text().with_variant(JSON(), "postgresql"),
    "value": Text().with_variant(JSON(), "postgresql"),
}


def columns(text: str) -> list[Column[object]]:
    """Columns from lines of `kind: name name …`; `kind!` may not be null."""
    found: list[Column[object]] = []
    for line in text.strip().splitlines():
        kind, _, names = line.strip().partition(":")
        found.extend(
            Column(name, KINDS[kind.rstrip("!")], nullable=not kind.endswith("!")) for name in names.split()
        )
    return found


def create_table(name: str, key: str, text: str) -> None:
    """Create a table with these columns; `key` names its primary key's columns."""
    op.create_table(name, *columns(text), PrimaryKeyConstraint(*key.split(), name=f"pk_{name}"))
