"""Draws a pack as PDF: the same slides, with fonts that come with Dovetail, outline and links."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fontTools.ttLib import TTLibError
from fpdf import FPDF

from portfolio.errors import UsageError
from reports.pack_bars import bars
from reports.pack_model import (
    INK,
    MUTED,
    RULE,
    WHITE,
    Area,
    Chart,
    Deck,
    Element,
    Line,
    Paragraph,
    Picture,
    Run,
    Shape,
    Slide,
    Table,
    Text,
)
from reports.pack_parts import PADDING
from reports.pack_text import BOLD, LEADING, REGULAR, plain, size_for, width_of, wrapped

_FAMILY = "pack"
_ASCENT = 0.905  # of Liberation Sans, in sizes
_DESCENT = 0.212
_NEUTRAL = ("WS", "ON", "CS", "ES", "ET", "NSM")


@dataclass(slots=True)
class PdfPack:
    """A pack as PDF, and the characters that none of the fonts has."""

    content: bytes
    missing: Sequence[str] = field(default=())


def pdf_file(deck: Deck, made_at: datetime, fonts: Iterable[Path] = ()) -> PdfPack:
    """The pack as a .pdf file.

    Args:
        deck: the slides, on the page of the built-in look.
        made_at: stands in the document, so that the same pack gives the same file.
        fonts: further fonts, asked in their order for characters that the first one has not.

    Raises:
        UsageError: a font cannot be read.
    """
    return _Drawing(deck, made_at, list(fonts)).done()


class _Drawing:
    def __init__(self, deck: Deck, made_at: datetime, fonts: list[Path]) -> None:
        self.deck = deck
        self.pdf = FPDF(unit="pt", format=(deck.page.width, deck.page.height))
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        self.pdf.c_margin = 0
        self.pdf.add_font(_FAMILY, "", REGULAR)
        self.pdf.add_font(_FAMILY, "B", BOLD)
        self._families = [_FAMILY]
        for number, path in enumerate(fonts):
            try:
                self.pdf.add_font(f"more{number}", "", path)
            except (OSError, TTLibError, KeyError) as error:
                raise UsageError(
                    f"{path} is not a font that can be used.", hint="report.fonts takes .ttf and .otf files."
                ) from error
            self._families.append(f"more{number}")
        self._cover = {name: set(self.pdf.fonts[name].cmap) for name in self._families}  # type: ignore[union-attr]
        self.missing: set[str] = set()
        self.pdf.set_title(deck.title)
        self.pdf.set_author("Dovetail")
        self.pdf.set_subject(deck.footer)
        self.pdf.set_lang("en")
        self.pdf.set_creation_date(made_at.astimezone(UTC))

    def done(self) -> PdfPack:
        for number, slide in enumerate(self.deck.slides, 1):
            self._slide(slide, number)
        return PdfPack(bytes(self.pdf.output()), sorted(self.missing))

    def _slide(self, slide: Slide, number: int) -> None:
        page = self.deck.page
        self.pdf.add_page()
        self.pdf.start_section(slide.title, strict=False)
        if slide.is_cover:
            self._rect(Area(0, 0, page.width, 248), self.deck.accent)
            title = Area(page.title.x, 92, page.title.w, 96)
            self._title(slide.title, title, (40, 36, 32, 28, 24), WHITE)
            words = plain(slide.label, page.title.w, 18)
            spot = Area(page.title.x, 190, page.title.w, 30)
            self._text(Text(area=spot, paragraphs=[[Run(words)]], size=18, colour=WHITE))
        else:
            self._rect(Area(0, 0, 8, page.height), self.deck.accent)
            label = plain(slide.label, page.label.w, 11, bold=True).upper()
            chapter = [Run(label, bold=True, colour=self.deck.accent)]
            self._text(Text(area=page.label, paragraphs=[chapter], size=11))
            self._title(slide.title, page.title, (24, 22, 20, 18, 16), INK)
        for element in slide.elements:
            self._draw(element)
        if not slide.is_cover:
            self._text(Text(area=page.footer, paragraphs=[[Run(self.deck.footer)]], size=9, colour=MUTED))
            self._text(
                Text(area=page.footer, paragraphs=[[Run(str(number))]], size=9, colour=MUTED, align="right")
            )

    def _title(self, words: str, area: Area, sizes: Sequence[float], colour: str) -> None:
        size = size_for(words, area.w, area.h, sizes)
        rows = max(1, int(area.h / (size * LEADING)))
        run = Run(plain(words, area.w, size, lines=rows, bold=True), bold=True)
        self._text(Text(area=area, paragraphs=[[run]], size=size, colour=colour, anchor="middle"))

    def _draw(self, element: Element) -> None:
        match element:
            case Text():
                self._text(element)
            case Shape():
                self._shape(element)
            case Line():
                self._line(element)
            case Picture():
                for part in element.parts:
                    self._draw(part)
            case Table():
                self._table(element)
            case Chart():
                self._chart(element)

    def _text(self, text: Text) -> None:
        rows: list[tuple[list[Run], float]] = []
        for paragraph in text.paragraphs:
            size = max((run.size or text.size for run in paragraph), default=text.size)
            rows += [(row, size) for row in wrapped(paragraph, text.area.w / 0.95, text.size)]
        height = sum(size * LEADING for _, size in rows)
        y = text.area.y
        if text.anchor != "top":
            y += (text.area.h - height) / (2 if text.anchor == "middle" else 1)
        for row, size in rows:
            self._row(row, Area(text.area.x, y, text.area.w, size * LEADING), text)
            y += size * LEADING

    def _row(self, row: Sequence[Run], area: Area, text: Text) -> None:
        width = sum(width_of(run.text, run.size or text.size, bold=run.bold) for run in row)
        x = area.x
        if text.align != "left":
            x += (area.w - width) / (2 if text.align == "center" else 1)
        largest = max((run.size or text.size for run in row), default=text.size)
        baseline = area.y + (area.h + (_ASCENT - _DESCENT) * largest) / 2
        for run in row:
            size = run.size or text.size
            step = width_of(run.text, size, bold=run.bold)
            colour = "#0B5CAD" if run.link else run.colour or text.colour
            self._write(run.text, x, baseline, size, bold=run.bold, colour=colour)
            if run.link:
                self.pdf.link(x, area.y, step, area.h, run.link)
            x += step

    def _write(self, text: str, x: float, baseline: float, size: float, *, bold: bool, colour: str) -> None:
        self.pdf.set_text_color(*_rgb(colour))
        for family, piece in self._pieces(text):
            self.pdf.set_font(family, "B" if bold and family == _FAMILY else "", size)
            if family == _FAMILY and not any(_runs_leftward(char) for char in piece):
                self.pdf.text(x, baseline, piece)
                x += self.pdf.get_string_width(piece)
                continue
            # Scripts whose letters join, stack or run to the left are set by HarfBuzz.
            self.pdf.set_text_shaping(use_shaping_engine=True)
            width = self.pdf.get_string_width(piece)
            self.pdf.set_xy(x, baseline - 0.9 * size)  # where a cell of this height puts its baseline
            self.pdf.cell(width, size * LEADING, piece)
            self.pdf.set_text_shaping(use_shaping_engine=False)
            x += width

    def _pieces(self, text: str) -> list[tuple[str, str]]:
        """The text by the font that has its characters; what none has is a box, and is remembered."""
        found: list[tuple[str, str]] = []
        for char in text:
            family = next((one for one in self._families if ord(char) in self._cover[one]), None)
            if (
                found
                and unicodedata.bidirectional(char) in _NEUTRAL
                and ord(char) in self._cover[found[-1][0]]
            ):
                family = found[-1][0]  # a space does not end a sentence that runs to the left
            if family is None:
                if not unicodedata.category(char).startswith(("M", "C")):
                    self.missing.add(char)
                    family, char = _FAMILY, "□"  # noqa: PLW2901 - what stands for it
                else:
                    continue
            if found and found[-1][0] == family:
                found[-1] = (family, found[-1][1] + char)
            else:
                found.append((family, char))
        return found

    def _rect(self, area: Area, fill: str | None, outline: str | None = None) -> None:
        style = ("F" if fill else "") + ("D" if outline else "")
        if not style:
            return
        if fill:
            self.pdf.set_fill_color(*_rgb(fill))
        if outline:
            self.pdf.set_draw_color(*_rgb(outline))
            self.pdf.set_line_width(1)
        self.pdf.rect(area.x, area.y, area.w, area.h, style=style)

    def _shape(self, shape: Shape) -> None:
        area = shape.area
        if shape.kind == "rect":
            self._rect(area, shape.fill, shape.outline)
        else:
            self.pdf.set_line_width(1)
            if shape.fill:
                self.pdf.set_fill_color(*_rgb(shape.fill))
            if shape.outline:
                self.pdf.set_draw_color(*_rgb(shape.outline))
            style = ("F" if shape.fill else "") + ("D" if shape.outline else "") or "D"
            middle, center = area.y + area.h / 2, area.x + area.w / 2
            self.pdf.polygon(
                [(center, area.y), (area.right, middle), (center, area.bottom), (area.x, middle)], style=style
            )
        if shape.text is not None:
            spot = Text(
                area=area,
                paragraphs=[[shape.text]],
                size=shape.text.size or 11,
                align="center",
                anchor="middle",
            )
            self._text(spot)

    def _line(self, line: Line) -> None:
        self.pdf.set_draw_color(*_rgb(line.colour))
        self.pdf.set_line_width(line.width)
        if line.dashed:
            self.pdf.set_dash_pattern(dash=1.5, gap=2)
        self.pdf.line(*line.start, *line.end)
        self.pdf.set_dash_pattern()

    def _table(self, table: Table) -> None:
        widths = table.widths()
        x = table.area.x
        for column, width in zip(table.columns, widths, strict=True):
            inner = Area(x + PADDING, table.area.y, width - 2 * PADDING, table.heading_height)
            heading: Paragraph = [Run(column.heading, bold=True, colour=MUTED)]
            self._text(Text(area=inner, paragraphs=[heading], size=10, align=column.align, anchor="middle"))
            x += width
        y = table.area.y + table.heading_height
        self._line(Line(start=(table.area.x, y), end=(table.area.right, y), colour=MUTED, width=1))
        for row in table.rows:
            x = table.area.x
            for column, cell, width in zip(table.columns, row, widths, strict=True):
                if cell.fill:
                    self._rect(Area(x, y + 0.8, width, table.row_height - 1.6), cell.fill)
                inner = Area(x + PADDING, y, width - 2 * PADDING, table.row_height)
                text = Text(
                    area=inner,
                    paragraphs=cell.paragraphs,
                    size=table.size,
                    align=cell.align or column.align,
                    anchor="middle",
                )
                self._text(text)
                x += width
            y += table.row_height
            self._line(Line(start=(table.area.x, y), end=(table.area.right, y), colour=RULE, width=0.75))

    def _chart(self, chart: Chart) -> None:
        for part in bars(chart):
            self._draw(part)


def _runs_leftward(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL")


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
