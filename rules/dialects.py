"""The databases that rules run on."""

from __future__ import annotations

from collections.abc import Mapping

from rules.postgresql_writer import PostgreSQLWriter
from rules.sqlite_writer import SQLiteWriter
from rules.values import Dialect, ParamValue
from rules.writer import Writer


def writer(dialect: Dialect, values: Mapping[str, ParamValue]) -> Writer:
    """A fresh writer for one compilation."""
    return SQLiteWriter(values) if dialect == "sqlite" else PostgreSQLWriter(values)
