"""Rules: one compiled query over a rule view, read-only, with a limit on time and on rows."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.errors import StoreUnavailable
from portfolio.views import VIEWS, View
from store.errors import SelectFailed, SelectTimeout, SelectTooLarge
from store.specs import Dialect
from store.values import decode_column

if TYPE_CHECKING:
    from sqlalchemy import Connection, TextClause

    from store.database import Database

_NAME = re.compile(r'["`]?([a-z_0-9]+)["`]?')  # rules quote with backticks for SQLite
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_AMONG = "dt_among"
_STEPS = 20_000  # of SQLite's virtual machine between two looks at the clock: a few milliseconds


class SelectionStore:
    """The part of the store that runs rules."""

    _db: Database

    def select(
        self,
        view: str,
        *,
        columns: Mapping[str, str],
        where: str,
        parameters: Mapping[str, object],
        among: tuple[str, Collection[str]] | None = None,
        row_limit: int = 100_000,
        timeout_seconds: float = 60,
    ) -> list[dict[str, object]]:
        """Rows of `rule_<view>`: each alias of `columns` with the value of its expression.

        The texts are compiled rules (`rules/` builds them from an allow-list); `:name` in them is a
        parameter. Besides the view's columns they may use `<name>_ord`, `calendar_id`, `today_ord` and
        `place`. A value is Python's: date, aware instant, number, text, boolean, list. `among` is a column of
        text and the values of it that count; what is not among them is not looked at.

        Raises:
            SelectTimeout: it took longer than `timeout_seconds`.
            SelectTooLarge: it found more than `row_limit` rows.
            SelectFailed: the database refused the query.
        """
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError, StatementError

        if view not in VIEWS:
            raise SelectFailed(view, "there is no such view.")
        chosen = ", ".join(f'{expression} AS "{alias}"' for alias, expression in columns.items())
        query = f'SELECT {chosen} FROM "rule_{view}" WHERE ({where or "1 = 1"})'  # noqa: S608 an allow-list made it
        if among is not None:
            query += f" AND {_is_among(among[0], self._db.dialect)}"
        bound = {name: _bind(value, self._db.dialect) for name, value in parameters.items()}
        if among is not None:
            ids = sorted(among[1])
            bound[_AMONG] = msgspec.json.encode(ids).decode() if self._db.dialect == "sqlite" else ids
        try:
            with self._db.read(timeout_seconds=timeout_seconds) as connection:
                rows = self._fetch(connection, text(query), bound, row_limit, timeout_seconds)
        except _TimeLimitError as error:
            raise SelectTimeout(
                view,
                f"the query took longer than {timeout_seconds:g} s.",
                hint="Narrow the rule, or raise rules.time_limit_seconds.",
            ) from error
        except (DBAPIError, StatementError, StoreUnavailable) as error:
            if isinstance(error, StoreUnavailable) and not _is_about_the_query(error):
                raise
            raise SelectFailed(view, f"the database refused the query ({_first_line(error)}).") from error
        if len(rows) > row_limit:
            raise SelectTooLarge(
                view,
                f"the query found more than {row_limit:,} rows.",
                hint="Narrow the rule; a finding on everything helps nobody. rules.row_limit is the limit.",
            )
        return _as_dicts(VIEWS[view], columns, rows, self._db.dialect)

    def plan_of(
        self, view: str, *, columns: Mapping[str, str], where: str, parameters: Mapping[str, object]
    ) -> list[str]:
        """The steps in which SQLite would answer `select`, one line each; nothing is read.

        What is done again for each row of an outer query begins with `| `, what is done once before it with a
        space.
        """
        if self._db.dialect != "sqlite":
            return []
        chosen = ", ".join(f'{expression} AS "{alias}"' for alias, expression in columns.items())
        query = f'EXPLAIN QUERY PLAN SELECT {chosen} FROM "rule_{view}" WHERE {where or "1 = 1"}'  # noqa: S608 an allow-list made it
        bound = {name: _bind(value, self._db.dialect) for name, value in parameters.items()}
        with self._db.read() as connection:
            driver: Any = connection.connection.driver_connection
            rows = driver.execute(query, bound).fetchall()
        marks = {0: ""}  # of what stands below a step
        steps: list[str] = []
        for number, parent, _, detail in rows:
            mark = marks[parent]
            steps.append(f"{mark}{detail}")
            is_repeated = mark == "| " or detail.startswith("CORRELATED")
            marks[number] = "| " if is_repeated else " "
        return steps

    def _fetch(
        self,
        connection: Connection,
        query: TextClause,
        parameters: Mapping[str, object],
        row_limit: int,
        timeout_seconds: float,
    ) -> list[Any]:
        from sqlalchemy.exc import DBAPIError

        with _time_limit(connection, self._db.dialect, timeout_seconds) as has_expired:
            try:
                return list(connection.execute(query, dict(parameters)).fetchmany(row_limit + 1))
            except DBAPIError as error:
                if has_expired() or "statement timeout" in str(error.orig):
                    raise _TimeLimitError from error
                raise


class _TimeLimitError(Exception):
    pass


@contextmanager
def _time_limit(connection: Connection, dialect: Dialect, seconds: float) -> Iterator[Any]:
    """Stop SQLite's running query after this time. PostgreSQL does it by itself (`statement_timeout`)."""
    if dialect == "postgresql":
        yield lambda: False
        return
    end = time.monotonic() + seconds
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield lambda: time.monotonic() > end
    finally:
        driver.set_progress_handler(None, 0)


def _is_about_the_query(error: StoreUnavailable) -> bool:
    import sqlite3

    from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

    cause = error.__cause__
    if isinstance(cause, OperationalError):
        # SQLite's one code for what is wrong with the SQL itself; the others are about the file.
        return getattr(cause.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return isinstance(cause, DataError | ProgrammingError)


def _first_line(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error, StoreUnavailable) else error
    text = str(getattr(cause, "orig", None) or cause).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _is_among(column: str, dialect: Dialect) -> str:
    if dialect == "sqlite":
        return f'"{column}" IN (SELECT j.value FROM json_each(:{_AMONG}) AS j)'  # noqa: S608 names are ours
    return f'"{column}" = ANY(:{_AMONG})'


def _bind(value: object, dialect: Dialect) -> object:
    if dialect == "postgresql":
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return value


def _as_dicts(
    view: View, columns: Mapping[str, str], rows: list[Any], dialect: Dialect
) -> list[dict[str, object]]:
    if not rows:
        return []
    decoded: list[Any] = []
    for expression, values in zip(columns.values(), zip(*rows, strict=True), strict=True):
        name = _NAME.fullmatch(expression.strip())
        column = view.column(name[1]) if name else None
        if column is None:
            decoded.append([_plain(value) for value in values])
        else:
            decoded.append(decode_column("text" if column.type == "wall" else column.type, dialect, values))
    return [dict(zip(columns, row, strict=True)) for row in zip(*decoded, strict=True)]


def _plain(value: object) -> object:
    """The value of an expression, the same from both databases."""
    if isinstance(value, str):
        # SQLite has no dates of its own; an expression over date columns gives their text.
        try:
            if _DATE.fullmatch(value):
                return date.fromisoformat(value)
            if _INSTANT.fullmatch(value):
                return datetime.fromisoformat(value)
        except ValueError:
            return value
    elif isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    elif isinstance(value, datetime):
        return value.astimezone(UTC)
    return value
