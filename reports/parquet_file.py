"""A view as a Parquet file: every column with its type, in groups of rows, so that no view is too large."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import IO, Any

from portfolio.errors import UsageError
from portfolio.views import ColumnType, View

GROUP_ROWS = 10_000


def write_parquet(view: View, rows: Iterable[Mapping[str, object]], file: IO[bytes]) -> int:
    """Write the rows. Returns how many.

    Types: text, int64, double, bool, date32, timestamp (milliseconds, UTC), list of text; walls are text
    without a zone, objects are JSON. Unknown is null; columns that are never null say so.

    Raises:
        UsageError: pyarrow is not installed.
    """
    arrow = _arrow()
    import pyarrow.parquet  # noqa: PLC0415 - heavy, and optional

    schema = arrow.schema(
        [
            arrow.field(column.name, _type(arrow, column.type), nullable=not column.never_null)
            for column in view.columns
        ]
    ).with_metadata({"dovetail.view": view.name, "dovetail.key": ",".join(view.key)})
    count = 0
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(rows):
            columns = {
                column.name: [_value(row.get(column.name), column.type) for row in group]
                for column in view.columns
            }
            writer.write_table(arrow.table(columns, schema=schema))
            count += len(group)
    return count


def _arrow() -> Any:
    try:
        import pyarrow  # noqa: PLC0415 - heavy, and optional
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed.",
            hint="Install it beside Dovetail: `pip install 'dovetail[parquet]'`, or `pipx inject dovetail "
            "pyarrow`. CSV and JSON lines need nothing.",
        ) from error
    return pyarrow


def _groups(rows: Iterable[Mapping[str, object]]) -> Iterator[Sequence[Mapping[str, object]]]:
    remaining = iter(rows)
    while group := list(islice(remaining, GROUP_ROWS)):
        yield group


def _type(arrow: Any, kind: ColumnType) -> Any:
    return {
        "int": arrow.int64(),
        "real": arrow.float64(),
        "bool": arrow.bool_(),
        "date": arrow.date32(),
        "instant": arrow.timestamp("ms", tz="UTC"),
        "list": arrow.list_(arrow.string()),
    }.get(kind, arrow.string())


def _value(value: object, kind: ColumnType) -> object:
    if value is None:
        return None
    match kind:
        case "list":
            return [one if isinstance(one, str) else _json(one) for one in value]  # type: ignore[attr-defined]
        case "object":
            return _json(value)
        case "instant":
            assert isinstance(value, datetime)  # noqa: S101 - what the store promises
            return value.astimezone(UTC)
        case "text" | "wall":
            return str(value)
        case _:
            return value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_portable)


def _portable(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    return value.isoformat() if isinstance(value, date) else str(value)
