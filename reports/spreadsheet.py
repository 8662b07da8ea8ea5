"""A workbook of sheets that people filter: real dates and numbers, colours with their words, frozen headings.

Whatever a tracker says is text here. A cell is written with the type of its column, so that nothing is ever
taken for a formula; text that begins like one also carries Excel's own mark for it, which holds when somebody
edits the cell. Rows are written as they come, so a large portfolio needs no memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import IO, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import xlsxwriter

from reports.plain_text import lines, web_address

Kind: TypeAlias = Literal[
    "text", "link", "number", "hours", "percent", "money", "date", "moment", "flag", "list"
]
Colour: TypeAlias = Literal["health", "severity", "problem", "slip", "exposure", "overdue"]

MOST_ROWS = 1_048_575  # of a sheet, below its heading
MOST_LINKS = 60_000  # Excel takes 65,530 on a sheet
LONGEST_TEXT = 8_000  # Excel takes 32,767 UTF-16 units in a cell
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FORMATS: Mapping[Kind, str] = {
    "number": "#,##0",
    "hours": "#,##0.0",
    "percent": '0"%"',
    "money": "#,##0.00",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
_WIDTHS: Mapping[Kind, int] = {
    "text": 18, "link": 16, "number": 10, "hours": 10, "percent": 10, "money": 14, "date": 12, "moment": 17,
    "flag": 9, "list": 24,
}  # fmt: skip
# Dark on light, from colours that people tell apart who see no red or no green. The word is always there.
PALETTE = {
    "red": ("#F7CDBF", "#7A2100"),
    "amber": ("#FCE7AE", "#5A4100"),
    "green": ("#CDEBE1", "#00503A"),
    "grey": ("#E4E7EB", "#3C4653"),
}
HEALTH_WORDS = {"red": "Red", "amber": "Amber", "green": "Green"}
UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column: its heading, the value's name in a row, how it is written and coloured."""

    heading: str
    name: str
    kind: Kind = "text"
    colour: Colour | None = None
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows as they come, and what it says where there are none.

    Attributes:
        frozen: how many columns stay where they are when the others are moved.
    """

    name: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Mapping[str, Any]]
    empty: str
    frozen: int = 2


@dataclass(slots=True)
class Written:
    """What became of the sheets: rows by sheet, rows that found no place, texts that were cut."""

    rows: dict[str, int]
    left_out: dict[str, int]
    shortened: int = 0


class Workbook:
    """A workbook that is being written; `close` ends it.

    Args:
        file: where it is written.
        title: of the document.
        made_at: stands in the document, so that the same rows give the same file.
        zone: in which moments are shown; a workbook knows no zones.
        today: what is overdue was due before it.
    """

    def __init__(
        self, file: IO[bytes], *, title: str, made_at: datetime, zone: ZoneInfo, today: date
    ) -> None:
        self._book: Any = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd",
            },
        )
        self._book.set_properties({
            "title": lines(title, 200), "company": "", "author": "Dovetail",
            "created": made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
        })  # fmt: skip
        self._title = lines(title, 100).replace("\n", " ")
        self._zone = zone
        self._today = today
        base = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        words = {**base, "indent": 1}  # text never touches the number beside it
        self.formats: dict[str, Any] = {
            kind: self._book.add_format(
                {**base, **({"num_format": _FORMATS[kind]} if kind in _FORMATS else {})}
            )
            for kind in _WIDTHS
        }
        self.formats |= {
            "guarded": self._book.add_format({**words, "quote_prefix": True}),
            "link": self._book.add_format({**words, "font_color": "#0B5CAD", "underline": 1}),
            "heading": self._book.add_format(
                {**words, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3A5F", "text_wrap": True}
            ),
            "title": self._book.add_format({**words, "bold": True, "font_size": 18, "font_color": "#1F3A5F"}),
            "said": self._book.add_format({**words, "font_color": "#3C4653"}),
            **{
                colour: self._book.add_format(
                    {**base, "bg_color": back, "font_color": front, "bold": True, "align": "center"}
                )
                for colour, (back, front) in PALETTE.items()
            },
            "strong": self._book.add_format({**words, "bold": True}),
        }  # fmt: skip
        self._colours = {
            name: self._book.add_format({"bg_color": back, "font_color": front, "bold": name == "red"})
            for name, (back, front) in PALETTE.items()
        }
        self.written = Written({}, {})

    def add_cover(self, name: str) -> Callable[[Iterable[Sequence[tuple[str, object]]]], None]:
        """A sheet of free rows, written when the others are. Returns what writes it.

        Each cell is a format's name and a value; `to:SHEET` leads to a sheet.
        """
        sheet = self._sheet(name)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 6, 15)

        def write(rows: Iterable[Sequence[tuple[str, object]]]) -> None:
            for number, cells in enumerate(rows):
                if cells and cells[0][0] == "title":
                    sheet.set_row(number, 28)
                for position, (style, value) in enumerate(cells):
                    if style.startswith("to:"):
                        target = f"internal:'{style[3:]}'!A1"
                        sheet.write_url(number, position, target, self.formats["link"], str(value))
                    else:
                        self._write(sheet, number, position, style, value)

        return write

    def add(self, spec: Sheet) -> None:
        """A sheet of rows with a heading that stays, filters and colours."""
        sheet = self._sheet(spec.name)
        for position, column in enumerate(spec.columns):
            sheet.set_column(position, position, column.width or _WIDTHS[column.kind])
        sheet.set_row(0, 30)
        for position, column in enumerate(spec.columns):
            sheet.write_string(0, position, column.heading, self.formats["heading"])
        rows = iter(spec.rows)
        count = self._add_rows(sheet, spec, islice(rows, MOST_ROWS))
        self.written.rows[spec.name] = count
        left_out = sum(1 for _ in rows)
        if left_out:
            self.written.left_out[spec.name] = left_out
        if not count:
            sheet.write_string(1, 0, spec.empty, self.formats["said"])
        sheet.freeze_panes(1, spec.frozen)
        sheet.autofilter(0, 0, max(count, 1), len(spec.columns) - 1)
        sheet.repeat_rows(0)
        if count:
            for position, column in enumerate(spec.columns):
                self._colour(sheet, spec, position, column, count)

    def close(self) -> Written:
        """Write the end of the workbook. Returns what became of the sheets."""
        self._book.close()
        return self.written

    def _sheet(self, name: str) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        title = self._title.replace("&", "&&")  # a lone & would be an instruction
        sheet.set_footer(f"&L{title[:80]}&C{name}&R&P / &N")
        sheet.hide_gridlines(2)
        return sheet

    def _add_rows(self, sheet: Any, spec: Sheet, rows: Iterator[Mapping[str, Any]]) -> int:
        number = links = 0
        for number, row in enumerate(rows, 1):
            for position, column in enumerate(spec.columns):
                value = row.get(column.name)
                if column.kind == "link":
                    url = web_address(row.get("url")) if links < MOST_LINKS else None
                    if url is not None and value:
                        links += 1
                        text = self._text(value, 255)
                        sheet.write_url(number, position, url, self.formats["link"], text)
                        continue
                if column.colour == "health":
                    value = HEALTH_WORDS.get(str(value), UNKNOWN)
                self._write(sheet, number, position, column.kind, value)
        return number

    def _write(self, sheet: Any, row: int, position: int, kind: str, value: object) -> None:
        style = self.formats[kind]
        match value:
            case None:
                return
            case bool():
                sheet.write_string(row, position, "yes" if value else "no", style)
            case int() | float():
                if math.isfinite(value) and abs(value) < 1e300:
                    sheet.write_number(row, position, value, style)
            case datetime():
                local = value.astimezone(self._zone).replace(tzinfo=None)
                self._write_day(sheet, row, position, local, style)
            case date():
                self._write_day(sheet, row, position, value, style)
            case list() | tuple():
                self._write_text(sheet, row, position, "; ".join(str(one) for one in value), style)
            case _:
                self._write_text(sheet, row, position, value, style)

    def _write_day(self, sheet: Any, row: int, position: int, day: date, style: Any) -> None:
        if day.year < 1900:  # Excel's calendar begins there
            sheet.write_string(row, position, day.isoformat(), style)
        else:
            sheet.write_datetime(row, position, day, style)

    def _write_text(self, sheet: Any, row: int, position: int, value: object, style: Any) -> None:
        text = self._text(value, LONGEST_TEXT)
        if text:
            guarded = text.lstrip().startswith(_FORMULA)
            sheet.write_string(row, position, text, self.formats["guarded"] if guarded else style)

    def _text(self, value: object, limit: int) -> str:
        text = lines(value, limit)
        self.written.shortened += len(str(value)) > limit
        return text

    def _colour(self, sheet: Any, spec: Sheet, position: int, column: SheetColumn, count: int) -> None:
        """Colour by what the cell says, so that it follows when somebody changes it."""

        def add(colour: str, **rule: object) -> None:
            sheet.conditional_format(1, position, count, position, {**rule, "format": self._colours[colour]})

        match column.colour:
            case "health":
                for colour, word in (*HEALTH_WORDS.items(), ("grey", UNKNOWN)):
                    add(colour, type="cell", criteria="==", value=f'"{word}"')
            case "severity":
                for word, colour in {"critical": "red", "high": "red", "medium": "amber"}.items():
                    add(colour, type="cell", criteria="==", value=f'"{word}"')
            case "problem":
                add("amber", type="no_blanks")
            case "slip" | "exposure":
                red, amber = (6, 3) if column.colour == "slip" else (15, 8)
                add("red", type="cell", criteria=">=", value=red)
                add("amber", type="cell", criteria="between", minimum=amber, maximum=red - 1)
            case "overdue":
                done = next(at for at, one in enumerate(spec.columns) if one.name == "state")
                here, there = (xlsxwriter.utility.xl_col_to_name(one) for one in (position, done))
                serial = (self._today - date(1899, 12, 30)).days
                rule = f'=AND(ISNUMBER({here}2),{here}2<{serial},${there}2<>"done",${there}2<>"removed")'
                add("red", type="formula", criteria=rule)
            case None:
                pass
