"""Fits slides that were made for one page onto another: measures and letters, each by its own factor."""

from __future__ import annotations

from dataclasses import replace

from reports.pack_model import (
    Area,
    Cell,
    Chart,
    Element,
    Line,
    Page,
    Paragraph,
    Picture,
    Shape,
    Slide,
    Table,
    Text,
)


def scaled_slide(slide: Slide, by: float, letters: float) -> Slide:
    """The slide with all measures times `by`, and all letters times `letters`."""
    return replace(slide, elements=[_element(one, by, letters) for one in slide.elements])


def scaled_page(page: Page, by: float) -> Page:
    """The page with all measures times `by`."""
    return Page(
        width=page.width * by,
        height=page.height * by,
        label=_area(page.label, by),
        title=_area(page.title, by),
        body=_area(page.body, by),
        footer=_area(page.footer, by),
        cover_body=_area(page.cover_body, by),
    )


def _element(element: Element, by: float, letters: float) -> Element:
    match element:
        case Picture():
            parts = [_part(one, by, letters) for one in element.parts]
            return replace(element, area=_area(element.area, by), parts=parts)
        case Table():
            return replace(
                element,
                area=_area(element.area, by),
                rows=[[_cell(one, letters) for one in row] for row in element.rows],
                row_height=element.row_height * by,
                heading_height=element.heading_height * by,
                size=element.size * letters,
            )
        case Chart():
            return replace(element, area=_area(element.area, by), size=element.size * letters)
        case _:
            return _part(element, by, letters)


def _part(part: Text | Shape | Line, by: float, letters: float) -> Text | Shape | Line:
    match part:
        case Text():
            paragraphs = [_paragraph(one, letters) for one in part.paragraphs]
            return replace(part, area=_area(part.area, by), paragraphs=paragraphs, size=part.size * letters)
        case Shape():
            text = None if part.text is None else _paragraph([part.text], letters)[0]
            return replace(part, area=_area(part.area, by), text=text)
        case Line():
            start, end = ((x * by, y * by) for x, y in (part.start, part.end))
            return replace(part, start=start, end=end)


def _cell(cell: Cell, letters: float) -> Cell:
    return replace(cell, paragraphs=[_paragraph(one, letters) for one in cell.paragraphs])


def _paragraph(paragraph: Paragraph, letters: float) -> Paragraph:
    return [one if one.size is None else replace(one, size=one.size * letters) for one in paragraph]


def _area(area: Area, by: float) -> Area:
    return Area(area.x * by, area.y * by, area.w * by, area.h * by)
