"""Forecasts as they were shown: at most one row per item and day, and only where something had changed.

A row stands until the next one of its item. How good forecasts were is worked out anew from these rows and
the actual dates, so nothing else has to be kept. What was learned of finished work is kept for a day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

from store import bulk
from store.catalogue import FORECAST_TABLE, META_TABLE, REFERENCE_TABLE
from store.values import decode_column, to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from store.frames import Frame
    from store.specs import Kind

References: TypeAlias = "Mapping[str, Mapping[str, Any]]"

_NAMES = FORECAST_TABLE.names
# The last row of each item before a day.
_STANDING = """
JOIN (
    SELECT item_id, max(as_of) AS as_of FROM engine_forecast WHERE as_of < {mark}{among} GROUP BY item_id
) AS last ON last.item_id = t.item_id AND last.as_of = t.as_of
ORDER BY t.item_id
"""
# Of each item, class and method the first row before a day: what follows it is the same forecast, moved on.
_FIRST = """
JOIN (
    SELECT item_id, class, forecast_method, min(as_of) AS as_of FROM engine_forecast
    WHERE as_of < {mark}{among} GROUP BY item_id, class, forecast_method
) AS first ON first.item_id = t.item_id AND first.as_of = t.as_of
ORDER BY t.item_id, t.as_of
"""
# The last row of each stretch of one class and one date, of items that are done, and when the next one began.
_ENDS = """
SELECT {columns} FROM (
    SELECT told.item_id, told.as_of, told.warned_since, told.moved_wd,
        lead(told.as_of) OVER later AS until,
        told.class = lead(told.class) OVER later
        AND coalesce(
            told.due = lead(told.due) OVER later, told.due IS NULL AND lead(told.due) OVER later IS NULL
        ) AS goes_on
    FROM engine_forecast AS told JOIN tracker_item AS item ON item.item_id = told.item_id
    WHERE item.state = 'done' AND item.deleted_at IS NULL AND told.as_of < {mark}
    WINDOW later AS (PARTITION BY told.item_id ORDER BY told.as_of)
) AS t
WHERE goes_on IS NOT TRUE
"""
_END_KINDS: Mapping[str, Kind] = {
    **{name: FORECAST_TABLE.kinds[name] for name in ("item_id", "as_of", "warned_since", "moved_wd")},
    "until": "date",
}
_NEIGHBOUR = """
AND EXISTS (
    SELECT 1 FROM engine_forecast AS other WHERE other.item_id = engine_forecast.item_id
    AND other.as_of = (
        SELECT {nearest}(beside.as_of) FROM engine_forecast AS beside
        WHERE beside.item_id = engine_forecast.item_id AND beside.as_of {side} engine_forecast.as_of
    )
    AND other.as_of < {{mark}} AND other.class = engine_forecast.class
    AND coalesce(other.due = engine_forecast.due, other.due IS NULL AND engine_forecast.due IS NULL)
)
"""
_FORGOTTEN = f"""
DELETE FROM engine_forecast WHERE as_of < {{mark}}
AND EXISTS (
    SELECT 1 FROM engine_forecast AS other WHERE other.item_id = engine_forecast.item_id
    AND other.class = engine_forecast.class AND other.as_of < engine_forecast.as_of
    AND coalesce(other.forecast_method, '') = coalesce(engine_forecast.forecast_method, '')
)
{_NEIGHBOUR.format(nearest="max", side="<")}
{_NEIGHBOUR.format(nearest="min", side=">")}
"""  # noqa: S608 text of ours
_META = "references"


class ForecastStore:
    """The part of the store that remembers forecasts."""

    _db: Database

    def standing_forecasts(
        self, before: date, *, places: Mapping[str, int], among: Collection[str] | None = None
    ) -> Frame:
        """The last forecast of each item that was made before a day.

        Args:
            before: that day.
            places: the position of each item; the column `item_id` has -1 for one that has none.
            among: only of these items; None is all.
        """
        return self._forecasts(_STANDING, before, places, among)

    def first_forecasts(self, before: date, *, places: Mapping[str, int]) -> Frame:
        """The first forecast of each item, class and method that was made before a day; see above."""
        return self._forecasts(_FIRST, before, places, None)

    def forecast_ends(self, before: date, *, places: Mapping[str, int]) -> Frame:
        """Where each stretch of forecasts of one class for one date ended, of items that are done.

        Args:
            before: only of forecasts that were made before this day.
            places: the position of each item; the column `item_id` has -1 for one that has none.

        Returns:
            `item_id`, `as_of`, `warned_since` and `moved_wd` of the last forecast of each, and `until`: the
            day on which the item got one of another class or for another date, unknown where it never did.
            In no order.
        """
        from store.frame_reading import read_frame, select_list

        dialect, names = self._db.dialect, tuple(_END_KINDS)
        sql = _ENDS.format(
            columns=select_list(names, _END_KINDS, dialect), mark="?" if dialect == "sqlite" else "%s"
        )
        with self._db.read() as connection:
            return read_frame(
                connection,
                sql,
                names,
                _END_KINDS,
                places={"item_id": places},
                parameters=(before.isoformat(),),
            )

    def save_forecasts(
        self, day: date, columns: Mapping[str, Sequence[Any]], *, within: Collection[str] | None = None
    ) -> int:
        """Make the forecasts of one day these; other days stay. Returns how many rows differ from before.

        Args:
            day: the day on which they were made.
            columns: `item_id` and the other columns of the table, `as_of` aside.
            within: the items that they are about, those without a row among them; None is all.

        Raises:
            BadValueError: a value that cannot be stored.
        """
        count = len(columns["item_id"])
        rows = bulk.encode_rows(FORECAST_TABLE, {**columns, "as_of": [day] * count}, count)
        dialect = self._db.dialect
        told, parameters = _among(dialect, within)
        mark = "?" if dialect == "sqlite" else "%s"
        with self._db.write() as connection:
            known = connection.exec_driver_sql(
                f"SELECT item_id FROM engine_forecast WHERE as_of = {mark}{told}",  # noqa: S608 names are ours
                (day.isoformat(), *parameters),
            ).scalars()
            kept = set(columns["item_id"])
            over = [(item, day.isoformat()) for item in known if item not in kept]
            removed = bulk.delete_keys(connection, dialect, FORECAST_TABLE, over)
            written = bulk.overwrite_different(connection, dialect, FORECAST_TABLE, rows, _NAMES)
        return removed + written

    def forget_forecasts(self, before: date) -> int:
        """Thin out what is older than a day; returns how many rows went.

        Of each item stay the first forecast of each class and method, which is scored and learned from, and
        the first and the last of each stretch of one class for one date: `warned_since` and `moved_wd` of
        these tell what lay between them. The last one before that day is one of them, and may still stand.
        """
        mark = "?" if self._db.dialect == "sqlite" else "%s"
        sql = _FORGOTTEN.format(mark=mark)
        with self._db.write() as connection:
            return connection.exec_driver_sql(sql, (before.isoformat(),) * 3).rowcount

    def reference_basis(self) -> str | None:
        """On what the stored references were learned; None where there are none."""
        with self._db.read() as connection:
            found: str | None = connection.exec_driver_sql(
                f"SELECT \"value\" FROM {META_TABLE.name} WHERE name = '{_META}'"  # noqa: S608 names are ours
            ).scalar()
        return found

    def references(self, family: str, classes: Collection[str] | None = None) -> dict[str, Any]:
        """What was learned of a family of classes, by class; of some of them, or of all."""
        dialect = self._db.dialect
        mark = "?" if dialect == "sqlite" else "%s"
        told, parameters = _among(dialect, classes, "class")
        with self._db.read() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT class, detail FROM engine_reference WHERE family = {mark}{told} ORDER BY class",  # noqa: S608
                (family, *parameters),
            ).fetchall()
        details = decode_column("object", dialect, [row[1] for row in rows])
        return dict(zip((row[0] for row in rows), details, strict=True))

    def save_references(self, basis: str, learned: Mapping[str, References]) -> None:
        """Keep what was learned of finished work in place of what was kept before: by family and class."""
        dialect = self._db.dialect
        rows = [
            (family, name, to_json(detail))
            for family, classes in learned.items()
            for name, detail in classes.items()
        ]
        with self._db.write() as connection:
            forget_references(connection)
            bulk.upsert(connection, dialect, REFERENCE_TABLE, rows, REFERENCE_TABLE.names)
            bulk.upsert(connection, dialect, META_TABLE, [(_META, basis)], META_TABLE.names)

    def _forecasts(
        self, joined: str, before: date, places: Mapping[str, int], among: Collection[str] | None
    ) -> Frame:
        from store.frame_reading import read_frame, select_list

        dialect, kinds = self._db.dialect, FORECAST_TABLE.kinds
        told, parameters = _among(dialect, among)
        mark = "?" if dialect == "sqlite" else "%s"
        columns = select_list(_NAMES, kinds, dialect)
        sql = f"SELECT {columns} FROM engine_forecast AS t{joined.format(mark=mark, among=told)}"  # noqa: S608
        with self._db.read() as connection:
            return read_frame(
                connection,
                sql,
                _NAMES,
                kinds,
                places={"item_id": places},
                parameters=(before.isoformat(), *parameters),
            )


def forget_references(connection: Connection) -> None:
    """Forget what was learned of finished work: the next derivation learns it anew."""
    connection.exec_driver_sql(f"DELETE FROM {REFERENCE_TABLE.name}")  # noqa: S608 names are ours
    connection.exec_driver_sql(f"DELETE FROM {META_TABLE.name} WHERE name = '{_META}'")  # noqa: S608


def _among(
    dialect: Any, values: Collection[str] | None, column: str = "item_id"
) -> tuple[str, tuple[Any, ...]]:
    """The condition that a column has one of these values, and its parameters; nothing for None."""
    if values is None:
        return "", ()
    condition, parameter = bulk.one_of(dialect, column, values)
    return f" AND {condition}", (parameter,)
