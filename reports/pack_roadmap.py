"""The roadmap: what is delivered when, as promised and as expected, with today, freezes and committees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reports.figures import Report
from reports.pack_chapters import names_of_projects, place_of
from reports.pack_model import (
    HEALTH,
    HEALTH_WORDS,
    INK,
    MUTED,
    PALE,
    RULE,
    Area,
    Line,
    Page,
    Picture,
    Run,
    Shape,
    Slide,
    Text,
)
from reports.pack_parts import nothing, remark
from reports.pack_text import plain, width_of
from reports.pack_words import Wording, colour_of, counted, day, of_all, sentence
from reports.plain_text import line
from reports.reading import Item
from reports.roadmap import Entry

_BEFORE = timedelta(days=45)
_AFTER = timedelta(days=300)
_ROW = 21.0
_NAMES = 270.0  # points for what a line is called
_AXIS = 30.0
_DAYS = {1: 31, 3: 92}


@dataclass(frozen=True, slots=True)
class _Scale:
    area: Area
    first: date
    last: date

    def x(self, at: date) -> float:
        """Where a day stands; what lies outside stands at the edge."""
        share = (at - self.first).days / max(1, (self.last - self.first).days)
        return self.area.x + self.area.w * min(1.0, max(0.0, share))

    def holds(self, at: date) -> bool:
        return self.first <= at <= self.last


def roadmap_slide(report: Report, wording: Wording, page: Page, *, label: str) -> Slide:
    """The next ten months, the nearest first; containers and milestones, each work once."""
    open_entries = [one for one in report.roadmap.entries if one.item.is_open]
    first = max(report.roadmap.first, report.today - _BEFORE).replace(day=1)
    last = min(report.roadmap.last, report.today + _AFTER)
    room = int((page.body.h - _AXIS - 44) / _ROW)
    chosen = _chosen(open_entries, first, last, room)
    frozen = [one for one in open_entries if one.frozen]
    late = sum((one.item.slip_wd or 0) > 0 for one in open_entries)
    title = (
        f"{late} of {counted(len(open_entries), 'item')} on the roadmap will be later than promised"
        if open_entries
        else "The roadmap is empty"
    )
    if not chosen:
        elements = nothing(page.body, "No epic, feature, milestone or gate has a date in the next months.")
        return Slide(
            key=f"roadmap-{report.scope_slug or 'all'}", label=label, title=title, elements=elements, notes=""
        )
    body = page.body
    chart = Area(body.x + _NAMES, body.y + _AXIS, body.w - _NAMES, _ROW * len(chosen))
    scale = _Scale(chart, first, last)
    parts: list[Text | Shape | Line] = [*_axis(scale), *_freezes(report, scale), *_meetings(report, scale)]
    names = names_of_projects(report)
    for number, entry in enumerate(chosen):
        parts += _row(entry, scale, chart.y + number * _ROW, body.x, place_of(entry.item, names))
    parts += _today(report.today, scale, wording.accent)
    told = "; ".join(
        f"{line(one.item.key, 30)} {line(one.item.title, 60)}: promised "
        f"{day(one.item.commitment, 'never')}, expected {day(one.item.finish)}"
        for one in chosen
    )
    said = [of_all(len(chosen), len(open_entries), "items of the roadmap")]
    if frozen:
        said.append(f"{sentence(counted(len(frozen), 'item'))} would end in a freeze.")
    return Slide(
        key=f"roadmap-{report.scope_slug or 'all'}",
        label=label,
        title=title,
        elements=[
            Picture(
                area=body,
                parts=parts,
                alt=f"Roadmap from {day(first)} to {day(last)}. {told}"[:4000],
                name="Roadmap",
            ),
            *_legend(Area(body.x, body.bottom - 34, body.w, 14), wording.accent),
            remark(Area(body.x, body.bottom - 14, body.w, 14), " ".join(filter(None, said))),
        ],
        notes="Bars go from the start to the expected end, the thin part from P50 to P80. The dark stroke "
        "is the promise, the hollow diamond the baseline. A full diamond is a milestone. Dotted lines are "
        "committees, grey bands are freezes. Bars that go on beyond the edge end in it.",
    )


def _chosen(entries: Sequence[Entry], first: date, last: date, room: int) -> list[Entry]:
    """Milestones and gates before containers, the nearest first; then by what is expected when."""
    near = [one for one in entries if one.item.finish is not None and first <= one.item.finish <= last]
    rank = {"milestone": 0, "gate": 0, "initiative": 1, "epic": 1, "feature": 2}
    near.sort(
        key=lambda one: (
            0 if one.item.is_milestone else rank.get(one.item.kind, 3),
            one.item.finish or date.max,
        )
    )
    chosen = near[:room]
    return sorted(chosen, key=lambda one: (one.item.finish or date.max, one.item.key))


def _axis(scale: _Scale) -> list[Text | Shape | Line]:
    found: list[Text | Shape | Line] = []
    months = (scale.last.year - scale.first.year) * 12 + scale.last.month - scale.first.month + 1
    step = 1 if months <= 14 else 3
    at = scale.first.replace(day=1)
    while at <= scale.last:
        x = scale.x(at)
        words = f"{at:%b}" + (f" {at.year}" if at.month == 1 or at == scale.first.replace(day=1) else "")
        found.append(
            Line(
                start=(x, scale.area.y - 4), end=(x, scale.area.bottom), colour=RULE, width=0.5, name="Month"
            )
        )
        if x + width_of(words, 9) <= scale.area.right + 4:
            spot = Area(x + 2, scale.area.y - 17, 60, 13)
            found.append(Text(area=spot, paragraphs=[[Run(words)]], size=9, colour=MUTED, name="Month"))
        month = at.month - 1 + step
        at = date(at.year + month // 12, month % 12 + 1, 1)
    return found


def _freezes(report: Report, scale: _Scale) -> list[Text | Shape | Line]:
    found: list[Text | Shape | Line] = []
    for freeze in report.roadmap.freezes:
        if freeze.last < scale.first or freeze.first > scale.last:
            continue
        left, right = scale.x(freeze.first), max(scale.x(freeze.last), scale.x(freeze.first) + 3)
        found.append(
            Shape(
                area=Area(left, scale.area.y, right - left, scale.area.h),
                fill="#E3E8EE",
                name=f"Freeze {line(freeze.name, 40)}",
            )
        )
        words = plain(freeze.name, 110, 8)
        x = min(left, scale.area.right - width_of(words, 8) - 4)
        spot = Area(x, scale.area.y - 29, width_of(words, 8) + 8, 12)
        found.append(Text(area=spot, paragraphs=[[Run(words, colour=MUTED)]], size=8, name="Freeze"))
    return found


def _meetings(report: Report, scale: _Scale) -> list[Text | Shape | Line]:
    days = {one.day for one in report.roadmap.meetings if scale.holds(one.day)}
    return [
        Line(
            start=(scale.x(at), scale.area.y),
            end=(scale.x(at), scale.area.bottom),
            colour="#8593A1",
            width=0.75,
            dashed=True,
            name=f"Committee {day(at)}",
        )
        for at in sorted(days)
    ]


def _today(today: date, scale: _Scale, accent: str) -> list[Text | Shape | Line]:
    x = scale.x(today)
    words = f"Today, {today.day} {today:%b}"
    width = width_of(words, 9, bold=True) + 12
    return [
        Line(
            start=(x, scale.area.y - 2),
            end=(x, scale.area.bottom + 3),
            colour=accent,
            width=1.75,
            name="Today",
        ),
        Shape(
            area=Area(min(x - 2, scale.area.right - width), scale.area.bottom + 3, width, 14),
            fill=accent,
            text=Run(words, bold=True, colour="#FFFFFF", size=9),
            name="Today",
        ),
    ]


def _row(entry: Entry, scale: _Scale, y: float, left: float, place: str) -> list[Text | Shape | Line]:
    item = entry.item
    middle = y + _ROW / 2
    fill, _ = HEALTH[colour_of(item.health)]
    second = plain(place, 92, 9)
    second_width = width_of(second, 9) + 8
    words = plain(item.title or item.key, _NAMES - 14 - second_width, 10.5)
    parts: list[Text | Shape | Line] = [
        Line(start=(left, y + _ROW), end=(scale.area.right, y + _ROW), colour=PALE, width=0.75, name="Row"),
        Text(
            area=Area(left, y, _NAMES - 10 - second_width, _ROW),
            paragraphs=[[Run(words)]],
            size=10.5,
            anchor="middle",
            name=f"Line {line(item.key, 30)}",
        ),
        Text(
            area=Area(left + _NAMES - 10 - second_width, y, second_width, _ROW),
            paragraphs=[[Run(second)]],
            size=9,
            colour=MUTED,
            anchor="middle",
            align="right",
            name="Project",
        ),
    ]
    finish = item.finish
    if finish is None:
        return parts
    is_point = item.is_milestone or item.kind == "gate"
    if not is_point:
        parts += _bar(item, finish, scale, middle, fill)
    elif item.commitment is not None and item.commitment != finish:
        start, end = sorted((scale.x(item.commitment), scale.x(finish)))
        parts.append(Line(start=(start, middle), end=(end, middle), colour=fill, width=1.5, name="Slip"))
    if (
        item.baseline_finish is not None
        and scale.holds(item.baseline_finish)
        and item.baseline_finish != finish
    ):
        parts.append(_diamond(scale.x(item.baseline_finish), middle, 9, None, "#7B8794", "Baseline"))
    if item.commitment is not None and scale.holds(item.commitment):
        x = scale.x(item.commitment)
        parts.append(Line(start=(x, middle - 8), end=(x, middle + 8), colour=INK, width=2.25, name="Promise"))
    if is_point:
        words = HEALTH_WORDS[colour_of(item.health)]
        parts.append(_diamond(scale.x(finish), middle, 13, fill, INK, f"{line(item.key, 30)}: {words}"))
    return parts


def _bar(item: Item, finish: date, scale: _Scale, middle: float, fill: str) -> list[Text | Shape | Line]:
    start = item.actual_start or item.start or item.baseline_start or finish - timedelta(days=14)
    left, right = scale.x(min(start, finish)), scale.x(finish)
    word = HEALTH_WORDS[colour_of(item.health)]
    parts: list[Text | Shape | Line] = [
        Shape(
            area=Area(left, middle - 5.5, max(3.0, right - left), 11),
            kind="rect",
            fill=fill,
            name=f"{line(item.key, 30)}: {word}",
        )
    ]
    if item.p80 is not None and item.p80 > finish:
        parts.append(
            Shape(area=Area(right, middle - 2, max(2.0, scale.x(item.p80) - right), 4), fill=fill, name="P80")
        )
    return parts


def _diamond(x: float, y: float, size: float, fill: str | None, outline: str, name: str) -> Shape:
    return Shape(
        area=Area(x - size / 2, y - size / 2, size, size),
        kind="diamond",
        fill=fill,
        outline=outline,
        name=name,
    )


def _legend(area: Area, accent: str) -> list[Text | Shape | Line]:
    found: list[Text | Shape | Line] = []
    x = area.x
    middle = area.y + area.h / 2

    def add(width: float, words: str, *parts: Text | Shape | Line) -> None:
        nonlocal x
        found.extend(parts)
        spot = Area(x + width + 4, area.y, width_of(words, 9) + 8, area.h)
        found.append(
            Text(area=spot, paragraphs=[[Run(words)]], size=9, colour=MUTED, anchor="middle", name="Legend")
        )
        x = spot.right + 12

    for colour, word in HEALTH_WORDS.items():
        add(16, word, Shape(area=Area(x, middle - 5, 16, 10), fill=HEALTH[colour][0], name="Legend"))
    add(10, "milestone", _diamond(x + 6, middle, 11, MUTED, INK, "Legend"))
    add(10, "baseline", _diamond(x + 6, middle, 9, None, "#7B8794", "Legend"))
    add(
        6,
        "promise",
        Line(start=(x + 4, middle - 6), end=(x + 4, middle + 6), colour=INK, width=2.25, name="Legend"),
    )
    add(18, "P50 to P80", Shape(area=Area(x, middle - 2, 18, 4), fill=MUTED, name="Legend"))
    add(14, "freeze", Shape(area=Area(x, middle - 6, 14, 12), fill="#E3E8EE", name="Legend"))
    dotted = Line(
        start=(x + 4, middle - 6), end=(x + 4, middle + 6), colour="#8593A1", dashed=True, name="Legend"
    )
    add(6, "committee", dotted)
    add(
        6,
        "today",
        Line(start=(x + 4, middle - 6), end=(x + 4, middle + 6), colour=accent, width=1.75, name="Legend"),
    )
    return found
