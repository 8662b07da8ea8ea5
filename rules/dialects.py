"""The databases that rules run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rules.postgresql_writer import PostgreSQLWriter
from rules.sqlite_writer import SQLiteWriter
from rules.values import Dialect, ParamValue
from rules.writer import Elsewhere, Writer


def writer(
    dialect: Dialect,
    values: Mapping[str, ParamValue],
    elsewhere: Mapping[str, Sequence[Elsewhere]] | None = None,
) -> Writer:
    """A fresh writer for one compilation: the parameters' values, and what they are in some places."""
    kind = SQLiteWriter if dialect == "sqlite" else PostgreSQLWriter
    return kind(values, elsewhere)
