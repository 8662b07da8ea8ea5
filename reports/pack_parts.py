"""Parts that slides are made of: tables that fit, tiles, bars, and what is said where there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from reports.pack_model import (
    HEALTH,
    HEALTH_WORDS,
    INK,
    MUTED,
    PALE,
    Area,
    Cell,
    Column,
    Element,
    Paragraph,
    Run,
    Shape,
    Table,
    Text,
)
from reports.pack_text import fitted, plain, size_for, text_height, width_of
from reports.plain_text import line, web_address

PADDING = 5.0  # at the left and right of a cell
T = TypeVar("T")
Content: TypeAlias = str | Paragraph | Cell


def key_run(key: str, url: str | None, *, bold: bool = True) -> Run:
    """The key of an item, which leads to its tracker where there is an address."""
    return Run(line(key, 40), bold=bold, link=web_address(url))


def table(
    area: Area,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Content]],
    *,
    alt: str,
    lines: int = 1,
    size: float = 11,
    heading_height: float = 22,
) -> Table:
    """A table in which every text is cut to the lines that its row has.

    Args:
        area: where it stands; what does not fit below one another is not shown, see `rows_that_fit`.
        columns: headings and widths.
        rows: texts, paragraphs or ready cells.
        alt: what it shows, in words.
        lines: how many lines a row has.
        size: of the letters.
        heading_height: of the row with the headings.
    """
    height = row_height(lines, size)
    widths = Table(area=area, columns=columns, rows=(), row_height=height, alt="").widths()

    def cell(content: Content, width: float) -> Cell:
        if isinstance(content, Cell):
            paragraphs: Sequence[Paragraph] = content.paragraphs
            fill, align = content.fill, content.align
        else:
            paragraph = [Run(line(content, 400))] if isinstance(content, str) else content
            paragraphs, fill, align = [paragraph], None, None
        each = max(1, lines // max(1, len(paragraphs)))
        fitting = [fitted(one, width - 2 * PADDING, size, each) for one in paragraphs]
        return Cell(paragraphs=fitting, fill=fill, align=align)

    shown = rows[: rows_that_fit(area, lines=lines, size=size, heading_height=heading_height)]
    return Table(
        area=area,
        columns=[
            Column(
                heading=plain(one.heading, width - 2 * PADDING, 10, bold=True),
                width=one.width,
                align=one.align,
            )
            for one, width in zip(columns, widths, strict=True)
        ],
        rows=[[cell(one, width) for one, width in zip(row, widths, strict=True)] for row in shown],
        row_height=height,
        size=size,
        heading_height=heading_height,
        alt=alt,
    )


def row_height(lines: int, size: float) -> float:
    """How high a row of so many lines is."""
    return text_height(lines, size) + 9


def rows_that_fit(area: Area, *, lines: int = 1, size: float = 11, heading_height: float = 22) -> int:
    """How many rows of a table fit into the area."""
    return max(0, int((area.h - heading_height) / row_height(lines, size)))


def heading(area: Area, text: str, accent: str, *, size: float = 13) -> Text:
    """The heading of a part of a slide."""
    words = plain(text, area.w, size, bold=True)
    spot = Area(area.x, area.y, area.w, text_height(1, size) + 2)
    return Text(area=spot, paragraphs=[[Run(words, bold=True, colour=accent)]], size=size, name="Heading")


def remark(area: Area, text: str, *, size: float = 10.5, lines: int = 1) -> Text:
    """A line in grey: how many are shown, what is not known."""
    return Text(
        area=area,
        paragraphs=[[Run(plain(text, area.w, size, lines=lines))]],
        size=size,
        colour=MUTED,
        name="Remark",
    )


def nothing(area: Area, text: str) -> list[Element]:
    """What is said where there is nothing to show."""
    spot = Area(area.x, area.y, area.w, min(area.h, 46))
    words = plain(text, spot.w - 32, 13)
    inner = Area(spot.x + 16, spot.y, spot.w - 32, spot.h)
    return [
        Shape(area=spot, kind="rect", fill=PALE, name="Nothing to show"),
        Text(area=inner, paragraphs=[[Run(words)]], size=13, colour=MUTED, anchor="middle"),
    ]


def tile(area: Area, value: str, label: str, accent: str, *, tone: str | None = None) -> list[Element]:
    """A figure and what it counts. A `tone` is a colour of health, for figures that say how things stand."""
    edge = HEALTH[tone][0] if tone else accent
    inner = Area(area.x + 14, area.y + 8, area.w - 22, area.h - 14)
    size = size_for(value, inner.w, 40, (28, 24, 20, 16))
    words = plain(label, inner.w, 11, lines=2)
    return [
        Shape(area=area, fill=PALE, name="Tile"),
        Shape(area=Area(area.x, area.y, 4, area.h), fill=edge, name="Edge"),
        Text(
            area=inner,
            paragraphs=[[Run(value, bold=True, colour=INK, size=size)], [Run(words, colour=MUTED)]],
            size=11,
            name=f"Figure: {label}",
        ),
    ]


def health_bar(area: Area, counts: Sequence[tuple[str, int]]) -> list[Element]:
    """Counts by colour as one bar, each piece with its number and word where there is room."""
    whole = sum(count for _, count in counts)
    if not whole:
        return nothing(area, "Nothing is known.")
    found: list[Element] = []
    x = area.x
    for colour, count in counts:
        if not count:
            continue
        width = area.w * count / whole
        fill, ink = HEALTH[colour]
        words = f"{count} {HEALTH_WORDS[colour].lower()}"
        text = words if width_of(words, 11, bold=True) < width - 10 else str(count)
        found.append(
            Shape(
                area=Area(x, area.y, width, area.h),
                fill=fill,
                text=Run(text, bold=True, colour=ink, size=11),
                name=words,
            )
        )
        x += width
    return found


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """The rows of one slide of several, numbered from 1."""

    rows: Sequence[T]
    number: int
    of: int
    first: int

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.first + len(self.rows) - 1

    @property
    def is_last(self) -> bool:
        """Whether no slide comes after it."""
        return self.number == self.of

    @property
    def counted(self) -> str:
        """`` (2 of 3)``, or nothing where there is one slide."""
        return f" ({self.number} of {self.of})" if self.of > 1 else ""


def pages(rows: Sequence[T], room: int, most: int) -> list[Part[T]]:
    """The rows on as many slides as they need, at most so many; one without rows where there are none."""
    room = max(1, room)
    count = min(most, max(1, -(-len(rows) // room)))
    return [
        Part(rows=rows[at * room : (at + 1) * room], number=at + 1, of=count, first=at * room + 1)
        for at in range(count)
    ]
