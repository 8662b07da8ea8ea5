"""The result of a command on stdout: a table for people, or JSON, JSON lines or CSV for programs.

The same listing gives all four. A table never shortens a key: where a terminal is narrow, columns that say
least are left out and long text is wrapped.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeAlias

from commands.table import Column, layout
from commands.talk import end_progress
from commands.text import clean

Format: TypeAlias = Literal["table", "json", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv")
Row: TypeAlias = Mapping[str, object]

# JSON escapes C0 by itself. DEL, C1 and what turns a line around are legal there and obeyed by terminals.
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
# What a spreadsheet would take for a formula: OWASP, "CSV injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_STYLES = {
    "critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "FAIL": "bold red",
    "WARN": "yellow", "OK": "green", "failed": "bold red", "stopped": "bold red", "conflict": "yellow",
    "stale": "yellow", "red": "red", "amber": "yellow", "green": "green",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Rows of one kind, and how people see them.

    Attributes:
        rows: as programs get them: every value in its own type.
        columns: as people see them; `Column.name` names the value of a row, or `shown` makes it.
        empty: the sentence that stands where there are no rows.
        fields: the names programs get, in order; by default those of the rows.
    """

    rows: Sequence[Row]
    columns: Sequence[Column]
    empty: str
    fields: Sequence[str] = field(default=())


def emit(listing: Listing, output_format: Format = "table") -> None:
    """Print a listing as the result."""
    end_progress()
    if output_format == "table":
        if listing.rows:
            print_table(listing.columns, listing.rows)
        else:
            print_line(listing.empty)
        return
    names = list(listing.fields) or (list(listing.rows[0]) if listing.rows else [])
    write_rows(({name: row.get(name) for name in names} for row in listing.rows), names, output_format)


def write_rows(rows: Iterable[Row], names: Sequence[str], output_format: Format) -> int:
    """Print rows for programs one by one, so that a million of them need no memory. Returns how many."""
    end_progress()
    match output_format:
        case "jsonl":
            return _print_all(to_json(row) for row in rows)
        case "json":
            return _json_array(rows)
        case _:
            return _csv(rows, names)


def print_line(text: str = "", *, style: str = "") -> None:
    """One line of the result."""
    end_progress()
    if style and is_colourful():
        _console().print(clean(text), style=style, markup=False, highlight=False, soft_wrap=True)
    else:
        print(clean(text))  # noqa: T201 - commands/ is where Dovetail prints


def print_text(text: str) -> None:
    """Several lines of the result, made safe by whoever made them."""
    end_progress()
    print(text, end="" if text.endswith("\n") else "\n")  # noqa: T201


def print_table(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """A table that fits the terminal; aligned plain text where there is none."""
    lines = layout(columns, rows, width=width())
    if not is_colourful():
        print("\n".join(line.rstrip() for line in lines.plain()))  # noqa: T201
        return
    from rich.text import Text

    console = _console()
    for number, cells in enumerate(lines.cells()):
        line = Text(no_wrap=True)
        for cell in cells:
            style = "bold" if number == 0 else _STYLES.get(cell.strip(), "")
            line.append(cell, style=style)
        line.rstrip()
        console.print(line, soft_wrap=True, highlight=False)


def width() -> int | None:
    """How wide a line may be; None where nobody looks and a row is better left on one line."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return max(int(given), 40)
    return max(shutil.get_terminal_size((80, 24)).columns, 40) if sys.stdout.isatty() else None


def is_colourful() -> bool:
    """True on a terminal that has not asked for plain text."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def to_json(value: object) -> str:
    """One value as JSON on one line, in the format of exports."""
    return safe_json(json.dumps(portable(value), ensure_ascii=False, separators=(", ", ": ")))


def safe_json(text: str) -> str:
    """JSON that means the same and holds nothing that a terminal obeys."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def portable(value: object) -> Any:
    """A value as exports write it: dates ISO, instants UTC ending in Z, lists as lists, unknown null."""
    if isinstance(value, datetime):
        utc = value.astimezone(UTC).replace(tzinfo=None)
        return f"{utc.isoformat(timespec='milliseconds')}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): portable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [portable(inner) for inner in value]
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN is no JSON
        return None
    return value


def csv_cell(value: object) -> object:
    """A cell of a CSV file: no formula, no control character; lists are joined with semicolons."""
    value = portable(value)
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case list():
            text = "; ".join(one if isinstance(one, str) else to_json(one) for one in value)
        case dict():
            text = to_json(value)
        case _:
            text = str(value)
    guard = "'" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else ""
    return guard + "\n".join(clean(line) for line in text.split("\n"))


def _json_array(rows: Iterable[Row]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):
        print("[" if count == 1 else ",")  # noqa: T201
        print(f"  {to_json(row)}", end="")  # noqa: T201
    print("\n]" if count else "[]")  # noqa: T201
    return count


def _csv(rows: Iterable[Row], names: Sequence[str]) -> int:
    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="")
        for cells in [names], ([csv_cell(row.get(name)) for name in names] for row in rows):
            for one in cells:
                writer.writerow(one)
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()

    return _print_all(lines()) - 1


def _print_all(lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        print(line)  # noqa: T201
        count += 1
    return count


def _console() -> Any:
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
