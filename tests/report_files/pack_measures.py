"""Measures slides: what does not fit, what stands outside, what a file holds that could do something."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reports.pack_model import Area, Deck, Element, Line, Page, Picture, Shape, Slide, Table, Text
from reports.pack_parts import PADDING
from reports.pack_text import LEADING, width_of, wrapped

_ROUNDING = 0.5
LIVE = re.compile(
    r"vbaProject|oleObject|activeX|externalLink|customXml/.*script|hyperlink.*javascript", re.IGNORECASE
)


def misfits(deck: Deck) -> list[str]:
    """What is larger than its place, in words."""
    return [f"{slide.key}: {one}" for slide in deck.slides for one in _of_slide(slide, deck.page)]


def _of_slide(slide: Slide, page: Page) -> Iterator[str]:
    for element in slide.elements:
        yield from _of_element(element, page)


def _of_element(element: Element, page: Page) -> Iterator[str]:
    if isinstance(element, Picture):
        for part in element.parts:
            yield from _of_element(part, page)
    elif isinstance(element, Line):
        for x, y in (element.start, element.end):
            if not (-1 <= x <= page.width + 1 and -1 <= y <= page.height + 1):
                yield f"{element.name} outside: {x:.0f}, {y:.0f}"
    else:
        yield from _outside(element.area, element.name, page)
        if isinstance(element, Text):
            yield from _text(element)
        elif isinstance(element, Table):
            yield from _table(element)
        elif isinstance(element, Shape) and element.text is not None:
            run = element.text
            if width_of(run.text, run.size or 11, bold=run.bold) > element.area.w + _ROUNDING:
                yield f"{element.name} holds {run.text!r}"


def _outside(area: Area, name: str, page: Page) -> Iterator[str]:
    if area.x < -1 or area.y < -1 or area.right > page.width + 1 or area.bottom > page.height + 1:
        yield f"{name} outside: {area}"


def _text(text: Text) -> Iterator[str]:
    height = 0.0
    for paragraph in text.paragraphs:
        size = max((run.size or text.size for run in paragraph), default=text.size)
        height += len(wrapped(paragraph, text.area.w, text.size)) * size * LEADING
    if height > text.area.h + text.size * (LEADING - 1) + _ROUNDING:
        yield f"{text.name} is {height:.0f} high in {text.area.h:.0f}: {text.paragraphs}"


def _table(table: Table) -> Iterator[str]:
    height = table.heading_height + len(table.rows) * table.row_height
    if height > table.area.h + _ROUNDING:
        yield f"{table.name} is {height:.0f} high in {table.area.h:.0f}"
    for row in table.rows:
        for cell, width in zip(row, table.widths(), strict=True):
            lines = sum(len(wrapped(one, width - 2 * PADDING, table.size)) for one in cell.paragraphs)
            if lines * table.size * LEADING > table.row_height + _ROUNDING:
                yield f"{lines} lines in a row of {table.row_height:.0f}: {cell.paragraphs}"


def words_of(presentation: Any) -> list[str]:
    """What each slide says, title first."""
    return [" ".join(_words(slide.shapes)) for slide in presentation.slides]


def _words(shapes: Any) -> Iterator[str]:
    for shape in shapes:
        if shape.shape_type is not None and shape.shape_type == 6:
            yield from _words(shape.shapes)
        elif shape.has_text_frame:
            yield shape.text_frame.text
        elif getattr(shape, "has_table", False):
            yield from (cell.text for row in shape.table.rows for cell in row.cells)


def targets(path: Path) -> set[str]:
    """Every address outside of the file that something in it leads to."""
    found: set[str] = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".rels"):
                text = archive.read(name).decode()
                for relation in re.findall(r"<Relationship [^>]*>", text):
                    if 'TargetMode="External"' in relation:
                        found.add(re.search(r'Target="([^"]*)"', relation)[1])  # type: ignore[index]
    return found
