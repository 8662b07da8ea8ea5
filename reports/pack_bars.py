"""A bar chart as shapes and texts, for files that know no charts."""

from __future__ import annotations

from collections.abc import Iterator

from reports.pack_model import INK, MUTED, RULE, WHITE, Align, Area, Chart, Line, Run, Shape, Text
from reports.pack_text import plain, width_of

_TITLE = 24.0
_LEGEND = 22.0
_GAP = 0.3  # of the height of a category


def bars(chart: Chart) -> Iterator[Shape | Text | Line]:
    """Title, bars with their values, and a legend where there are several series."""
    area = chart.area
    words = plain(chart.title, area.w, 11, bold=True)
    yield _text(Area(area.x, area.y, area.w, 16), words, size=11, bold=True, align="center")
    legend = _LEGEND if len(chart.series) > 1 else 0
    labels = min(area.w * 0.35, max((width_of(one, 10) for one in chart.categories), default=0) + 10)
    values = 0.0 if chart.is_stacked else 44.0
    plot = Area(area.x + labels, area.y + _TITLE, area.w - labels - values, area.h - _TITLE - legend)
    yield Line(start=(plot.x, plot.y), end=(plot.x, plot.bottom), colour=RULE)
    step = plot.h / max(1, len(chart.categories))
    most = _most(chart)
    for number, category in enumerate(chart.categories):
        row = Area(area.x, plot.y + number * step, labels - 6, step)
        yield _text(row, plain(category, row.w / 0.95, 10), size=10, align="right")
        band = Area(plot.x, row.y + step * _GAP / 2, plot.w, step * (1 - _GAP))
        yield from (
            _stacked(chart, number, band, most) if chart.is_stacked else _single(chart, number, band, most)
        )
    if legend:
        yield from _legend(chart, Area(area.x, area.bottom - 16, area.w, 14))


def ink_on(colour: str) -> str:
    """Dark letters on a light colour, light ones on a dark one."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else WHITE


def _most(chart: Chart) -> float:
    sums = (sum(values[n] or 0 for _, values, _ in chart.series) for n in range(len(chart.categories)))
    each = (value or 0 for _, values, _ in chart.series for value in values)
    return max(sums if chart.is_stacked else each, default=0) or 1


def _stacked(chart: Chart, number: int, band: Area, most: float) -> Iterator[Shape]:
    x = band.x
    for name, values, colour in chart.series:
        value = values[number] or 0
        width = band.w * value / most
        words = f"{value:,.0f}"
        text = (
            Run(words, bold=True, colour=ink_on(colour), size=9) if width > width_of(words, 9) + 2 else None
        )
        if value:
            yield Shape(area=Area(x, band.y, width, band.h), fill=colour, text=text, name=name)
        x += width


def _single(chart: Chart, number: int, band: Area, most: float) -> Iterator[Shape | Text]:
    height = band.h / len(chart.series)
    for at, (name, values, colour) in enumerate(chart.series):
        value = values[number]
        if not value:
            continue
        width = max(0.0, band.w * value / most)
        y = band.y + at * height
        yield Shape(area=Area(band.x, y, width, height * 0.92), fill=colour, name=name)
        yield _text(Area(band.x + width + 4, y, 80, height), f"{value:,.0f}", size=9)


def _legend(chart: Chart, area: Area) -> Iterator[Shape | Text]:
    widths = [width_of(name, 10) + 30 for name, _, _ in chart.series]
    x = area.x + max(0.0, (area.w - sum(widths)) / 2)
    for (name, _, colour), width in zip(chart.series, widths, strict=True):
        yield Shape(area=Area(x, area.y + 3, 8, 8), fill=colour, name=name)
        yield _text(Area(x + 12, area.y, width, area.h), name, size=10, colour=MUTED)
        x += width


def _text(
    area: Area, words: str, *, size: float, bold: bool = False, align: Align = "left", colour: str = INK
) -> Text:
    return Text(
        area=area,
        paragraphs=[[Run(words, bold=bold)]],
        size=size,
        colour=colour,
        align=align,
        anchor="middle",
    )
