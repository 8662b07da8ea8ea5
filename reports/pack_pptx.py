"""Draws a pack as a PowerPoint file: real titles, tables and charts, in words for whoever cannot see."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.enum.dml import MSO_LINE_DASH_STYLE
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE, PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Pt

from reports.pack_bars import ink_on
from reports.pack_look import COVER_TITLE, Look
from reports.pack_model import (
    INK,
    MUTED,
    RULE,
    WHITE,
    Align,
    Anchor,
    Area,
    Cell,
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
from reports.pack_scale import scaled_slide
from reports.pack_text import LEADING, plain, size_for

_ALIGN: dict[Align, Any] = {"left": PP_ALIGN.LEFT, "center": PP_ALIGN.CENTER, "right": PP_ALIGN.RIGHT}
_ANCHOR: dict[Anchor, Any] = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}
_SHAPES = {
    "rect": MSO_SHAPE.RECTANGLE,
    "round": MSO_SHAPE.ROUNDED_RECTANGLE,
    "diamond": MSO_SHAPE.DIAMOND,
    "circle": MSO_SHAPE.OVAL,
    "triangle": MSO_SHAPE.ISOSCELES_TRIANGLE,
}
_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE)
_TITLE_SIZES = (24, 22, 20, 18, 16)
_COVER_SIZES = (40, 36, 32, 28, 24)
_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # PowerPoint's table style without lines and colours
# What XlsxWriter, in which python-pptx keeps the numbers of a chart, would take for more than text.
_LIVE_LABEL = re.compile(r"[={]|\w+:", re.ASCII)


def pptx_file(deck: Deck, look: Look, made_at: datetime) -> bytes:
    """The pack as a .pptx file."""
    show = look.presentation
    for slide in deck.slides:
        _add_slide(show, look, deck, slide)
    properties = show.core_properties
    properties.title = deck.title
    properties.author = properties.last_modified_by = "Dovetail"
    properties.subject = deck.footer
    properties.created = properties.modified = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties.revision = 1
    file = io.BytesIO()
    show.save(file)
    return file.getvalue()


def _add_slide(show: Any, look: Look, deck: Deck, slide: Slide) -> None:
    layout = look.cover if slide.is_cover else look.plain
    made = show.slides.add_slide(layout)
    for place in list(made.placeholders):
        kind = place.placeholder_format.type
        if kind in _TITLES:
            _write_title(place, slide, look)
        elif kind == PP_PLACEHOLDER.SUBTITLE and slide.is_cover:
            place.text_frame.text = plain(slide.label, look.page.body.w, 18)
            if not look.is_built_in:
                place.text_frame.paragraphs[0].runs[0].font.size = Pt(18 * look.letters)
        else:
            place._element.getparent().remove(place._element)  # noqa: SLF001 - an empty place would show its prompt
    for element in _elements(look, deck, slide):
        _draw(made.shapes, element)
    if not slide.is_cover:
        _furniture(made, layout, show, deck.footer)
    made.notes_slide.notes_text_frame.text = slide.notes


def _write_title(place: Any, slide: Slide, look: Look) -> None:
    area, sizes = look.page.title, _COVER_SIZES if slide.is_cover else _TITLE_SIZES
    if slide.is_cover and look.is_built_in:
        area = COVER_TITLE
    size = size_for(slide.title, area.w, area.h, sizes)
    rows = max(1, int(area.h / (size * LEADING)))
    place.text_frame.text = plain(slide.title, area.w, size, lines=rows, bold=True)
    place.text_frame.paragraphs[0].runs[0].font.size = Pt(size * look.letters)


def _elements(look: Look, deck: Deck, slide: Slide) -> Sequence[Element]:
    """What stands on the slide beside its title, in the measures of the template."""
    page = look.page
    label = Run(plain(slide.label, page.label.w, 11, bold=True).upper(), bold=True, colour=deck.accent)
    chapter = Text(area=page.label, paragraphs=[[label]], size=11, name="Chapter")
    elements = [*slide.elements] if slide.is_cover else [chapter, *slide.elements]
    if look.is_dark and elements:
        whole = page.cover_body if slide.is_cover else page.body
        top = whole.y if slide.is_cover else page.label.y
        panel = Area(whole.x - 12, top - 8, whole.w + 24, whole.bottom - top + 14)
        elements.insert(0, Shape(area=panel, fill=WHITE, name="Panel"))
    return scaled_slide(replace(slide, elements=elements), look.scale, look.letters).elements


def _furniture(made: Any, layout: Any, show: Any, footer: str) -> None:
    """The footer and the number of the slide where the layout has places for them."""
    for place in layout.placeholders:
        kind = place.placeholder_format.type
        if kind not in (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER):
            continue
        element = copy.deepcopy(place._element)  # noqa: SLF001 - python-pptx does not make these places
        made.shapes._spTree.append(element)  # noqa: SLF001
        _inherit_style(element, kind, show.slide_master)
        element.nvSpPr.cNvPr.set("id", str(made.shapes._next_shape_id))  # noqa: SLF001
        if kind == PP_PLACEHOLDER.FOOTER:
            for shape in made.placeholders:
                if shape._element is element:  # noqa: SLF001
                    shape.text_frame.text = footer


def _inherit_style(element: Any, kind: Any, master: Any) -> None:
    """Some programs do not look for the letters of a footer in the master; so they stand on the slide."""
    style = element.find(f"{qn('p:txBody')}/{qn('a:lstStyle')}")
    if style is None or len(style):
        return
    for one in master.placeholders:
        if one.placeholder_format.type == kind:
            found = one._element.find(f"{qn('p:txBody')}/{qn('a:lstStyle')}")  # noqa: SLF001
            for child in () if found is None else found:
                style.append(copy.deepcopy(child))


def _draw(shapes: Any, element: Element) -> None:
    match element:
        case Picture():
            # Grouped at the end: a group measures itself anew with everything that is added to it.
            group = shapes.add_group_shape([_part(shapes, one) for one in element.parts])
            _describe(group._element.nvGrpSpPr.cNvPr, element.name, element.alt)  # noqa: SLF001
        case Table():
            _table(shapes, element)
        case Chart():
            _chart(shapes, element)
        case _:
            _part(shapes, element)


def _part(shapes: Any, part: Text | Shape | Line) -> Any:
    match part:
        case Text():
            return _text(shapes, part)
        case Shape():
            return _shape(shapes, part)
        case Line():
            return _line(shapes, part)


def _describe(properties: Any, name: str, alt: str) -> None:
    properties.set("name", name)
    properties.set("descr", alt)


def _box(area: Area) -> tuple[Any, Any, Any, Any]:
    return Pt(area.x), Pt(area.y), Pt(area.w), Pt(area.h)


def _text(shapes: Any, text: Text) -> Any:
    shape = shapes.add_textbox(*_box(text.area))
    shape.name = text.name
    _fill_frame(shape.text_frame, text.paragraphs, text.size, text.colour, text.align, text.anchor, margin=0)
    return shape


def _fill_frame(
    frame: Any,
    paragraphs: Sequence[Paragraph],
    size: float,
    colour: str,
    align: Align,
    anchor: Anchor,
    *,
    margin: float,
) -> None:
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = Pt(margin)
    frame.margin_top = frame.margin_bottom = Pt(0)
    frame.vertical_anchor = _ANCHOR[anchor]
    for number, paragraph in enumerate(paragraphs):
        made = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        _write(made, paragraph, size, colour, align)


def _write(made: Any, paragraph: Paragraph, size: float, colour: str, align: Align) -> None:
    made.alignment = _ALIGN[align]
    for run in paragraph:
        written = made.add_run()
        written.text = run.text
        written.font.size = Pt(run.size or size)
        written.font.bold = run.bold
        if run.link:
            written.hyperlink.address = run.link
        else:
            written.font.color.rgb = _rgb(run.colour or colour)


def _rgb(colour: str) -> Any:
    return RGBColor.from_string(colour.removeprefix("#"))


def _shape(shapes: Any, shape: Shape) -> Any:
    made = shapes.add_shape(_SHAPES[shape.kind], *_box(shape.area))
    made.name = shape.name
    _without_style(made)
    if shape.fill is None:
        made.fill.background()
    else:
        made.fill.solid()
        made.fill.fore_color.rgb = _rgb(shape.fill)
    if shape.outline is None:
        made.line.fill.background()
    else:
        made.line.color.rgb = _rgb(shape.outline)
        made.line.width = Pt(1)
    if shape.text is not None:
        _fill_frame(made.text_frame, [[shape.text]], shape.text.size or 11, INK, "center", "middle", margin=0)
        made.text_frame.word_wrap = False
    return made


def _without_style(made: Any) -> None:
    """Shadows and outlines of the theme would be drawn over what is set here."""
    style = made._element.find(qn("p:style"))  # noqa: SLF001 - python-pptx has no public way
    if style is not None:
        made._element.remove(style)  # noqa: SLF001


def _line(shapes: Any, line: Line) -> Any:
    ends = (Pt(line.start[0]), Pt(line.start[1]), Pt(line.end[0]), Pt(line.end[1]))
    made = shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
    made.name = line.name
    _without_style(made)
    made.line.color.rgb = _rgb(line.colour)
    made.line.width = Pt(line.width)
    if line.dashed:
        made.line.dash_style = MSO_LINE_DASH_STYLE.ROUND_DOT
    return made


def _table(shapes: Any, table: Table) -> None:
    height = table.heading_height + table.row_height * len(table.rows)
    area = Area(table.area.x, table.area.y, table.area.w, height)
    frame = shapes.add_table(len(table.rows) + 1, len(table.columns), *_box(area))
    _describe(frame._element.nvGraphicFramePr.cNvPr, table.name, table.alt)  # noqa: SLF001
    made = frame.table
    made.first_row, made.horz_banding = True, False
    made._tbl.tblPr.find(qn("a:tableStyleId")).text = _NO_STYLE  # noqa: SLF001 - python-pptx has no public way
    for column, width in zip(made.columns, table.widths(), strict=True):
        column.width = Pt(width)
    made.rows[0].height = Pt(table.heading_height)
    for position, spec in enumerate(table.columns):
        cell = made.cell(0, position)
        _cell(cell, [[Run(spec.heading, bold=True, colour=MUTED)]], table.size * 0.91, spec.align)
        _edge(cell, MUTED, 1.0)
    for number, row in enumerate(table.rows, 1):
        made.rows[number].height = Pt(table.row_height)
        for position, (spec, content) in enumerate(zip(table.columns, row, strict=True)):
            cell = made.cell(number, position)
            _cell(cell, content.paragraphs, table.size, content.align or spec.align)
            _edge(cell, RULE, 0.75)
            _fill(cell, content)


def _cell(cell: Any, paragraphs: Sequence[Paragraph], size: float, align: Align) -> None:
    frame = cell.text_frame
    cell.margin_left = cell.margin_right = Pt(5)
    cell.margin_top = cell.margin_bottom = Pt(2)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    frame.word_wrap = True
    for number, paragraph in enumerate(paragraphs):
        made = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        _write(made, paragraph, size, INK, align)
        if not paragraph:  # an empty cell would be as high as the letters of the master
            made.font.size = Pt(size)


def _fill(cell: Any, content: Cell) -> None:
    if content.fill is None:
        cell.fill.background()
    else:
        cell.fill.solid()
        cell.fill.fore_color.rgb = _rgb(content.fill)


def _edge(cell: Any, colour: str, width: float) -> None:
    """A line below a cell, and a white one above it, so that signs do not touch."""
    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - python-pptx has no public way
    for tag, ink, points in (("a:lnT", WHITE, 1.0), ("a:lnB", colour, width)):
        line = etree.SubElement(properties, qn(tag))
        line.set("w", str(int(points * 12700)))
        fill = etree.SubElement(line, qn("a:solidFill"))
        etree.SubElement(fill, qn("a:srgbClr")).set("val", ink.removeprefix("#"))


def _chart(shapes: Any, chart: Chart) -> None:
    data = CategoryChartData(number_format=chart.number_format)
    data.categories = [chart_label(one) for one in chart.categories]
    for name, values, _ in chart.series:
        data.add_series(chart_label(name), values)
    kind = XL_CHART_TYPE.BAR_STACKED if chart.is_stacked else XL_CHART_TYPE.BAR_CLUSTERED
    frame = shapes.add_chart(kind, *_box(chart.area), data)
    _describe(frame._element.nvGraphicFramePr.cNvPr, chart.name, chart.alt)  # noqa: SLF001
    made = frame.chart
    made.font.size = Pt(chart.size)
    made.font.color.rgb = _rgb(INK)
    made.has_title = True
    made.chart_title.text_frame.text = chart.title
    title = made.chart_title.text_frame.paragraphs[0].runs[0].font
    title.size, title.bold = Pt(chart.size * 1.1), True
    made.has_legend = len(chart.series) > 1
    if made.has_legend:
        made.legend.position = XL_LEGEND_POSITION.BOTTOM
        made.legend.include_in_layout = False
        made.legend.font.size = Pt(chart.size)
    made.category_axis.reverse_order = True  # the first one on top
    made.category_axis.format.line.color.rgb = _rgb(RULE)
    made.category_axis.has_major_gridlines = False
    made.category_axis.tick_labels.font.size = Pt(chart.size)
    made.value_axis.visible = False
    made.value_axis.has_major_gridlines = False
    made.value_axis.minimum_scale = 0
    plot = made.plots[0]
    plot.gap_width = 45
    plot.overlap = 100 if chart.is_stacked else -5
    for series, (_, _, colour) in zip(plot.series, chart.series, strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = _rgb(colour)
        series.invert_if_negative = False
        labels = series.data_labels
        labels.show_value = True
        labels.number_format = f"{chart.number_format};;;"  # nothing where there is nothing
        labels.number_format_is_linked = False
        labels.font.size = Pt(chart.size * 0.9)
        labels.font.bold = chart.is_stacked
        labels.font.color.rgb = _rgb(ink_on(colour) if chart.is_stacked else INK)
        labels.position = XL_LABEL_POSITION.CENTER if chart.is_stacked else XL_LABEL_POSITION.OUTSIDE_END


def chart_label(text: str) -> str:
    """A label for the sheet in which PowerPoint keeps the numbers of a chart: never a formula or a link."""
    return f" {text}" if _LIVE_LABEL.match(text) else text
