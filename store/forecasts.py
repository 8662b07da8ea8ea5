"""Forecasts as they were shown: at most one row per item and day, and only where something had changed.

A row stands until the next one of its item. How good forecasts were is worked out anew from these rows and
the actual dates, so nothing else has to be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from store import bulk
from store.catalogue import FORECAST_TABLE
from store.values import decode_column

if TYPE_CHECKING:
    from store.database import Database

_NAMES = FORECAST_TABLE.names
_COLUMNS = bulk.quoted_list(_NAMES, "f.")
# The last row of each item before a day.
_STANDING = f"""
SELECT {_COLUMNS} FROM engine_forecast AS f
JOIN (
    SELECT item_id, max(as_of) AS as_of FROM engine_forecast WHERE as_of < {{mark}} GROUP BY item_id
) AS last ON last.item_id = f.item_id AND last.as_of = f.as_of
ORDER BY f.item_id
"""  # noqa: S608 names are ours
# Of each item, class and method the first row before a day: what follows it is the same forecast, moved on.
_FIRST = f"""
SELECT {_COLUMNS} FROM engine_forecast AS f
JOIN (
    SELECT item_id, class, forecast_method, min(as_of) AS as_of FROM engine_forecast
    WHERE as_of < {{mark}} GROUP BY item_id, class, forecast_method
) AS first ON first.item_id = f.item_id AND first.as_of = f.as_of
ORDER BY f.item_id, f.as_of
"""  # noqa: S608 names are ours
_FORGOTTEN = """
DELETE FROM engine_forecast WHERE as_of < {mark}
AND EXISTS (
    SELECT 1 FROM engine_forecast AS other WHERE other.item_id = engine_forecast.item_id
    AND other.class = engine_forecast.class AND other.as_of < engine_forecast.as_of
    AND coalesce(other.forecast_method, '') = coalesce(engine_forecast.forecast_method, '')
)
AND EXISTS (
    SELECT 1 FROM engine_forecast AS other
    WHERE other.item_id = engine_forecast.item_id AND other.as_of > engine_forecast.as_of
    AND other.as_of < {mark}
)
"""


class ForecastStore:
    """The part of the store that remembers forecasts."""

    _db: Database

    def standing_forecasts(self, before: date) -> dict[str, list[Any]]:
        """The last forecast of each item that was made before a day, as columns."""
        return self._forecasts(_STANDING, before)

    def first_forecasts(self, before: date) -> dict[str, list[Any]]:
        """The first forecast of each item, class and method that was made before a day, as columns."""
        return self._forecasts(_FIRST, before)

    def save_forecasts(self, day: date, columns: Mapping[str, Sequence[Any]]) -> int:
        """Make the forecasts of one day these; other days stay. Returns how many rows differ from before.

        Args:
            day: the day on which they were made.
            columns: `item_id` and the other columns of the table, `as_of` aside.

        Raises:
            BadValueError: a value that cannot be stored.
        """
        count = len(columns["item_id"])
        rows = bulk.encode_rows(FORECAST_TABLE, {**columns, "as_of": [day] * count}, count)
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        with self._db.write() as connection:
            known = connection.exec_driver_sql(
                f"SELECT item_id FROM engine_forecast WHERE as_of = {mark}",  # noqa: S608 names are ours
                (day.isoformat(),),
            ).scalars()
            kept = set(columns["item_id"])
            over = [(item, day.isoformat()) for item in known if item not in kept]
            removed = bulk.delete_keys(connection, dialect, FORECAST_TABLE, over)
            written = bulk.overwrite_different(connection, dialect, FORECAST_TABLE, rows, _NAMES)
        return removed + written

    def forget_forecasts(self, before: date) -> int:
        """Thin out what is older than a day; returns how many rows went.

        Of each item stay the first forecast of each class and method, which is scored and learned from, and
        the last one before that day, which may still stand.
        """
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        with self._db.write() as connection:
            return connection.exec_driver_sql(
                _FORGOTTEN.format(mark=mark), (before.isoformat(), before.isoformat())
            ).rowcount

    def _forecasts(self, sql: str, before: date) -> dict[str, list[Any]]:
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(sql.format(mark=mark), (before.isoformat(),)).fetchall()
        values = list(zip(*rows, strict=True)) or [()] * len(_NAMES)
        return {
            column.name: list(decode_column(column.kind, dialect, some))
            for column, some in zip(FORECAST_TABLE.columns, values, strict=True)
        }
