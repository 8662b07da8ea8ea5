"""How a PowerPoint pack looks: the built-in look, or a template with the organisation's own master.

A template gives its slide size, margins, fonts and colours. Of its layouts the pack uses the one for titles
and the one with a title alone; what stands on its own slides is left out.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE, PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Pt

from portfolio.errors import UsageError
from reports.pack_model import INK, MUTED, Area, Page
from reports.pack_scale import scaled_page

FONT = "Arial"
COVER_TITLE = Area(40, 92, 880, 96)  # of the built-in look
_DRAWING = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}
# Fonts whose letters are not wider than Arial's, and some whose letters are much wider.
_NARROW = (
    "arial",
    "helvetica",
    "liberation sans",
    "aptos",
    "segoe",
    "roboto",
    "franklin",
)
_WIDE = ("verdana", "dejavu", "montserrat", "poppins", "century gothic", "tahoma", "lucida")
_MOST_BYTES = 100_000_000
_TEMPLATE_TYPE = b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"
_FILE_TYPE = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE)
_FURNITURE = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER)


@dataclass(frozen=True, slots=True)
class Look:
    """An empty presentation and where things stand in it.

    Attributes:
        page: for whoever makes the slides; in it the body is as wide as in the built-in look.
        scale: of the measures, from that page to the real one.
        letters: of the letters; smaller than `scale` where the template's font is wide.
        is_dark: the slides have a dark background.
    """

    presentation: Any
    page: Page
    cover: Any
    plain: Any
    is_built_in: bool
    scale: float = 1.0
    letters: float = 1.0
    is_dark: bool = False


def built_in_look(accent: str) -> Look:
    """The look without a template: white, one colour, Arial."""
    show = Presentation()
    page = Page()
    show.slide_width, show.slide_height = Pt(page.width), Pt(page.height)
    _set_theme(show, accent)
    cover, plain = show.slide_layouts[0], show.slide_layouts[5]
    for layout in list(show.slide_layouts):
        if layout not in (cover, plain):
            show.slide_layouts.remove(layout)
    band = Area(0, 0, page.width, 248)
    _decorate(cover, band, accent)
    _decorate(plain, Area(0, 0, 8, page.height), accent)
    for owner in (show.slide_master, cover, plain):
        for one in list(owner.placeholders):
            kind = one.placeholder_format.type
            if kind in _TITLES:
                _place(one, COVER_TITLE if owner is cover else page.title)
                _style(one, 40 if owner is cover else 24, "#FFFFFF" if owner is cover else INK, bold=True)
                one.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
            elif kind == PP_PLACEHOLDER.SUBTITLE:
                _place(one, Area(40, 190, 880, 30))
                _style(one, 18, "#FFFFFF")
            elif kind == PP_PLACEHOLDER.FOOTER:
                _place(one, Area(page.footer.x, page.footer.y, page.footer.w - 80, page.footer.h))
                _style(one, 9, MUTED)
            elif kind == PP_PLACEHOLDER.SLIDE_NUMBER:
                _place(one, Area(page.footer.right - 70, page.footer.y, 70, page.footer.h))
                _style(one, 9, MUTED, align=PP_ALIGN.RIGHT)
            elif kind == PP_PLACEHOLDER.DATE:
                one._element.getparent().remove(one._element)  # noqa: SLF001 - python-pptx has no public way
            elif kind == PP_PLACEHOLDER.BODY:
                _place(one, page.body)
    return Look(show, page, cover, plain, True)


def template_look(content: bytes, name: str) -> Look:
    """The look of a template: a .pptx or .potx of the organisation's own.

    Raises:
        UsageError: it is no presentation, or has no layout with a title.
    """
    try:
        show = Presentation(io.BytesIO(_as_presentation(content)))
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise UsageError(
            f"{name} is not a PowerPoint file that can be read.",
            hint="Save your template as .pptx or .potx; one with a password cannot be opened.",
        ) from error
    _remove_slides(show)
    layouts = list(show.slide_layouts)
    plain = _layout(layouts, "titleOnly", others=0)
    if plain is None:
        raise UsageError(
            f"{name} has no layout with a title.",
            hint="Add the layout `Title Only` to its master and save it again.",
        )
    cover = _layout(layouts, "title", others=1) or plain
    page = _page_of(show, plain, cover)
    scale = page.body.w / Page().body.w
    width = _font_width(show)
    return Look(
        show, scaled_page(page, 1 / scale), cover, plain, False, scale, scale / width, _is_dark(show, plain)
    )


def area_of(shape: Any) -> Area:
    """Where a shape or placeholder stands, in points."""
    return Area(
        *(float(Pt(0) + (getattr(shape, name) or 0)) / 12700 for name in ("left", "top", "width", "height"))
    )


def _as_presentation(content: bytes) -> bytes:
    """A template (.potx) is a presentation that calls itself otherwise."""
    if len(content) > _MOST_BYTES:
        raise ValueError("too large")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(one.file_size for one in archive.infolist()) > 10 * _MOST_BYTES:
            raise ValueError("too large")
        types = archive.read("[Content_Types].xml")
        if _TEMPLATE_TYPE not in types:
            return content
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as changed:
            for one in archive.infolist():
                same = archive.read(one.filename)
                is_list = one.filename == "[Content_Types].xml"
                changed.writestr(one, types.replace(_TEMPLATE_TYPE, _FILE_TYPE) if is_list else same)
        return made.getvalue()


def _remove_slides(show: Any) -> None:
    ids = show.slides._sldIdLst  # noqa: SLF001 - python-pptx has no public way
    for one in list(ids):
        show.part.drop_rel(one.get(qn("r:id")))
        ids.remove(one)


def _layout(layouts: Sequence[Any], kind: str, *, others: int) -> Any:
    """The layout of that kind; else the one with a title and the fewest other places."""
    for one in layouts:
        if one._element.get("type") == kind:  # noqa: SLF001 - python-pptx has no public way
            return one
    if others:
        return None
    titled = [
        one for one in layouts if any(place.placeholder_format.type in _TITLES for place in one.placeholders)
    ]
    return min(titled, key=lambda one: len(list(one.placeholders)), default=None)


def _page_of(show: Any, plain: Any, cover: Any) -> Page:
    """Margins from the title, the lower end from the footers."""
    width, height = float(show.slide_width) / 12700, float(show.slide_height) / 12700
    title = next(area_of(one) for one in plain.placeholders if one.placeholder_format.type in _TITLES)
    furniture = [area_of(one) for one in plain.placeholders if one.placeholder_format.type in _FURNITURE]
    low = [one.y for one in furniture if one.y > height * 0.6]
    end = min([*low, height * 0.95]) - 6
    left = min(max(title.x, width * 0.03), width * 0.2)
    right = max(min(title.right, width * 0.97), width * 0.8)
    top = min(title.bottom, height * 0.35)
    label = Area(left, top + 2, right - left, 14)
    cover_end = max(
        (area_of(one).bottom for one in cover.placeholders if one.placeholder_format.type not in _FURNITURE),
        default=0,
    )
    cover_top = max(cover_end + 12, height * 0.5)
    return Page(
        width=width,
        height=height,
        label=label,
        title=Area(title.x, title.y, title.w, title.h),
        body=Area(left, top + 22, right - left, end - top - 22),
        footer=Area(left, end + 6, right - left, 14),
        cover_body=Area(left, cover_top, right - left, end - cover_top),
    )


def _theme(show: Any) -> Any:
    part = next(
        rel.target_part for rel in show.slide_master.part.rels.values() if rel.reltype.endswith("/theme")
    )
    return part, etree.fromstring(part.blob)


def _font_width(show: Any) -> float:
    """How wide the template's letters are, in those of Arial."""
    font = _theme(show)[1].find(".//a:minorFont/a:latin", _DRAWING)
    name = "" if font is None else str(font.get("typeface")).casefold()
    if any(one in name for one in ("calibri", "carlito")):
        return 0.93
    if any(one in name for one in _NARROW):
        return 1.0
    return 1.18 if any(one in name for one in _WIDE) else 1.08


def _is_dark(show: Any, layout: Any) -> bool:
    """Whether the background of slides is dark, as far as it is one colour."""
    master = show.slide_master._element  # noqa: SLF001 - python-pptx has no public way
    mapped = master.find(qn("p:clrMap"))
    for owner in (layout._element, master):  # noqa: SLF001
        back = owner.find(f"{qn('p:cSld')}/{qn('p:bg')}")
        if back is None:
            continue
        fixed = back.find(f".//{qn('a:srgbClr')}")
        if fixed is not None:
            return _is_dark_colour(fixed.get("val"))
        named = back.find(f".//{qn('a:schemeClr')}")
        if named is not None:
            name = named.get("val")
            slot = _theme(show)[1].find(f".//a:clrScheme/a:{mapped.get(name, name)}", _DRAWING)
            colour = None if slot is None or not len(slot) else slot[0].get("lastClr") or slot[0].get("val")
            return _is_dark_colour(colour or "")
    return False


def _is_dark_colour(value: str) -> bool:
    try:
        red, green, blue = bytes.fromhex(value)
    except ValueError:
        return False
    return 0.299 * red + 0.587 * green + 0.114 * blue < 110


def _set_theme(show: Any, accent: str) -> None:
    part, theme = _theme(show)
    for font in theme.iterfind(".//a:fontScheme//a:latin", _DRAWING):
        font.set("typeface", FONT)
    colours = {"dk2": INK, "accent1": accent, "hlink": "#0B5CAD", "folHlink": "#0B5CAD"}
    for name, value in colours.items():
        for slot in theme.iterfind(f".//a:clrScheme/a:{name}", _DRAWING):
            for old in list(slot):
                slot.remove(old)
            etree.SubElement(slot, qn("a:srgbClr")).set("val", value.removeprefix("#"))
    part._blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)  # noqa: SLF001


def _decorate(layout: Any, area: Area, colour: str) -> None:
    """A coloured area behind everything else of a layout."""
    from pptx.shapes.shapetree import SlideShapes  # noqa: PLC0415 - only here

    tree = layout.shapes._spTree  # noqa: SLF001 - python-pptx adds shapes to slides only
    shape = SlideShapes(tree, layout).add_shape(
        MSO_SHAPE.RECTANGLE, Pt(area.x), Pt(area.y), Pt(area.w), Pt(area.h)
    )
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor.from_string(colour.removeprefix("#"))
    shape.line.fill.background()
    shape.shadow.inherit = False
    shape.name = "Colour"
    tree.remove(shape._element)  # noqa: SLF001
    tree.insert(2, shape._element)  # noqa: SLF001 - behind the placeholders


def _place(shape: Any, area: Area) -> None:
    shape.left, shape.top, shape.width, shape.height = Pt(area.x), Pt(area.y), Pt(area.w), Pt(area.h)


def _style(shape: Any, size: float, colour: str, *, bold: bool = False, align: Any = PP_ALIGN.LEFT) -> None:
    """How text of a placeholder of a layout looks on the slides that have it."""
    body = shape.text_frame._txBody  # noqa: SLF001 - the list style of a layout has no public way
    frame = body.find(qn("a:bodyPr"))
    for name in ("lIns", "rIns", "tIns", "bIns"):
        frame.set(name, "0")
    for child in list(frame):
        frame.remove(child)
    style = body.find(qn("a:lstStyle"))
    for child in list(style):
        style.remove(child)
    level = etree.SubElement(style, qn("a:lvl1pPr"))
    level.set("algn", {PP_ALIGN.LEFT: "l", PP_ALIGN.RIGHT: "r"}[align])
    level.set("marL", "0")
    level.set("indent", "0")
    etree.SubElement(level, qn("a:buNone"))
    run = etree.SubElement(level, qn("a:defRPr"))
    run.set("sz", str(int(size * 100)))
    run.set("b", "1" if bold else "0")
    fill = etree.SubElement(run, qn("a:solidFill"))
    etree.SubElement(fill, qn("a:srgbClr")).set("val", colour.removeprefix("#"))
