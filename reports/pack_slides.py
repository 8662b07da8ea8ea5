"""The pack: decisions first, then health, slips, risks, milestones, costs, the roadmap, each programme.

Every figure is one of `reports.figures`, the same as on the page. What finds no room is counted and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.figures import Report
from reports.pack_about import about_slide
from reports.pack_chapters import risk_slide, slip_slide
from reports.pack_costs import cost_slides
from reports.pack_decisions import decision_slides
from reports.pack_health import health_slides
from reports.pack_milestones import milestone_slide
from reports.pack_model import MUTED, Area, Deck, Element, Page, Run, Slide, Text
from reports.pack_parts import health_bar, remark, tile
from reports.pack_programs import program_slide
from reports.pack_roadmap import roadmap_slide
from reports.pack_words import Wording, counted, long_day, sentence
from reports.plain_text import line

_GLANCE = 172.0  # points that the figures at a glance need


def deck(report: Report, parts: Sequence[Report], wording: Wording, page: Page) -> Deck:
    """The slides.

    Args:
        report: the figures of the whole.
        parts: the figures of each programme, which get a chapter of their own.
        wording: what things are called.
        page: where things stand on a slide.
    """
    title = line(wording.title or report.title, 120)
    slides: list[Slide] = [
        *_opening(report, title, wording, page),
        *decision_slides(report, wording, page),
        *health_slides(report, wording, page),
        slip_slide(report, wording, page),
        risk_slide(report, wording, page),
        milestone_slide(report, wording, page),
        *cost_slides(report, wording, page),
        roadmap_slide(report, wording, page, label=wording.label("roadmap")),
    ]
    for part in parts:
        slides.append(program_slide(part, wording, page))
        slides.append(roadmap_slide(part, wording, page, label=line(part.title, 60)))
    told = {part.scope_slug for part in parts}
    untold = [
        node.name
        for node in report.nodes
        if parts and node.level == "program" and node.slug not in {*told, report.scope_slug}
    ]
    slides.append(about_slide(report, wording, page, untold))
    parts_of_footer = (line(wording.footer, 80), title, f"as of {long_day(report.today)}")
    footer = line(" · ".join(filter(None, parts_of_footer)), 160)
    return Deck(title=title, footer=footer, accent=wording.accent, page=page, slides=slides)


def committee_of(report: Report, wording: Wording) -> str:
    """Who the pack is for, and when they meet, as far as that is known."""
    meeting = report.summary.next_meeting
    if wording.committee:
        return f"{line(wording.committee, 80)} · as of {long_day(report.today)}"
    if meeting is None:
        return f"Steering pack, as of {long_day(report.today)}"
    return f"{line(meeting.committee, 60)}, {long_day(meeting.day)} · as of {long_day(report.today)}"


def _opening(report: Report, title: str, wording: Wording, page: Page) -> Iterator[Slide]:
    """The cover with the figures at a glance, which stand on a slide of their own where it has no room."""
    has_room = page.cover_body.h >= _GLANCE
    glance = _at_a_glance(report, wording, page.cover_body if has_room else page.body)
    notes = (
        f"As of {long_day(report.today)}. Every figure comes from the views of Dovetail and is the same as "
        "on the portfolio page of that day. Unknown is counted as unknown, never as green."
    )
    yield Slide(
        key="cover",
        label=committee_of(report, wording),
        title=title,
        elements=glance if has_room else (),
        notes=notes,
        is_cover=True,
    )
    if not has_room:
        label = wording.label("glance")
        yield Slide(key="glance", label=label, title=f"{title} at a glance", elements=glance, notes=notes)


def _at_a_glance(report: Report, wording: Wording, body: Area) -> list[Element]:
    """How many projects have which colour, and the five figures that a committee asks for first."""
    summary = report.summary
    label = Area(body.x, body.y, body.w, 16)
    strip = Area(body.x, body.y + 20, body.w, 34)
    tiles = Area(body.x, strip.bottom + 20, body.w, 84)
    words = f"{sentence(counted(sum(summary.projects.values()), 'project'))} by health"
    elements: list[Element] = [
        Text(area=label, paragraphs=[[Run(words, bold=True)]], size=11, colour=MUTED, name="Label"),
        *health_bar(strip, list(summary.projects.items())),
    ]
    urgent = sum(one.severity == "critical" for one in report.decisions)
    figures = (
        (len(report.decisions), f"decisions asked for, {urgent or 'none'} of them critical", urgent > 0),
        (
            summary.slipping,
            f"of {summary.open_items:,} open pieces of work will be later than promised",
            False,
        ),
        (
            summary.overdue,
            f"of {summary.open_items:,} open pieces of work have passed their date",
            summary.overdue > 0,
        ),
        (summary.high_risks, f"of {summary.open_risks:,} open risks are high (exposure 12 and more)", False),
        (summary.unowned, "promised or at risk, and nobody who can act owns it", False),
    )
    for area, (value, text, is_red) in zip(tiles.columns(*[1] * len(figures), gap=14), figures, strict=True):
        elements += tile(area, f"{value:,}", text, wording.accent, tone="red" if is_red else None)
    said = [f"Changes are told since {line(report.since_what, 80)}."]
    if summary.worst_slip is not None:
        worst = summary.worst_slip
        said.insert(0, f"The largest slip: {line(worst.key, 40)}, {worst.slip_wd} working days.")
    if report.derived is not None:
        said.insert(0, f"Health, slips and findings are those of {long_day(report.derived)}.")
    if report.stale_sources:
        said.insert(0, f"Not up to date: {', '.join(line(one, 30) for one in report.stale_sources)}.")
    elements.append(remark(Area(tiles.x, tiles.bottom + 12, tiles.w, 16), " ".join(said), size=11))
    return elements
