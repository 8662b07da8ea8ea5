"""A programme on one slide: projects, milestones, what is to be decided, what is late, what may happen."""

from __future__ import annotations

from collections.abc import Sequence

from reports.figures import Report
from reports.pack_chapters import (
    exposure_cell,
    names_of_projects,
    owner_paragraph,
    place_of,
    titled,
)
from reports.pack_milestones import open_milestones
from reports.pack_model import HEALTH_WORDS, Area, Column, Element, Page, Run, Slide
from reports.pack_parts import Content, heading, nothing, remark, rows_that_fit, table
from reports.pack_words import (
    UNKNOWN,
    Wording,
    colour_of,
    counted,
    day,
    health_cell,
    of_all,
    sentence,
    severity_cell,
    signed,
)
from reports.plain_text import line

_SIZE = 10.5


def program_slide(report: Report, wording: Wording, page: Page) -> Slide:
    """The figures of one programme alone."""
    top = report.nodes[0] if report.nodes else None
    name = line(report.title, 80)
    health = colour_of(None if top is None else top.health)
    title = f"{name} is {HEALTH_WORDS[health].lower()}"
    if top is not None:
        title += f": {line(top.reason, 200)}"
    left, right = page.body.columns(1, 1, gap=28)
    above, below = left.rows(1, 1, gap=14)
    first, second, third = right.rows(1, 1, 1, gap=10)
    elements: list[Element] = [
        *_projects(report, above, wording),
        *_milestones(report, below, wording),
        *_decisions(report, first, wording),
        *_slips(report, second, wording),
        *_risks(report, third, wording),
    ]
    summary = report.summary
    return Slide(
        key=f"program-{report.scope_slug}",
        label=name,
        title=title,
        elements=elements,
        notes=f"The figures of this programme alone, as on its own page. {name}: "
        f"{counted(summary.open_risks, 'open risk')}, {counted(summary.overdue, 'item')} past the date, "
        f"{counted(summary.unowned, 'item')} without an owner who can act.",
    )


def _part(
    area: Area,
    words: str,
    wording: Wording,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Content]],
    *,
    what: str,
    empty: str,
) -> list[Element]:
    """A heading, a small table, and how many rows it does not show."""
    inner = Area(area.x, area.y + 19, area.w, area.h - 33)
    found: list[Element] = [heading(area, words, wording.accent, size=12)]
    if not rows:
        return [*found, *nothing(inner, empty)]
    shown = rows[: rows_that_fit(inner, size=_SIZE, heading_height=20)]
    found.append(table(inner, columns, shown, alt=words, size=_SIZE, heading_height=20))
    if said := of_all(len(shown), len(rows), what):
        found.append(remark(Area(area.x, area.bottom - 13, area.w, 13), said, size=9))
    return found


def _projects(report: Report, area: Area, wording: Wording) -> list[Element]:
    columns = (
        Column(heading="Project", width=46),
        Column(heading="Health", width=18, align="center"),
        Column(heading="Slip (wd)", width=18, align="right"),
        Column(heading="Complete", width=18, align="right"),
    )
    rows: list[list[Content]] = [
        [
            line(one.name, 80),
            health_cell(one.health),
            signed(one.slip_wd),
            UNKNOWN if one.percent_complete is None else f"{one.percent_complete:.0f}%",
        ]
        for one in report.nodes
        if one.slug != report.scope_slug
    ]
    return _part(area, "Projects", wording, columns, rows, what="projects", empty="It has no projects.")


def _milestones(report: Report, area: Area, wording: Wording) -> list[Element]:
    columns = (
        Column(heading="What comes next", width=46),
        Column(heading="Project", width=22),
        Column(heading="Expected", width=18, align="right"),
        Column(heading="Health", width=16, align="center"),
    )
    names = names_of_projects(report)
    rows: list[list[Content]] = [
        [titled(one), place_of(one, names), day(one.finish), health_cell(one.health)]
        for one in open_milestones(report)
    ]
    words = wording.label("milestones")
    return _part(area, words, wording, columns, rows, what="milestones", empty="No open milestone is known.")


def _decisions(report: Report, area: Area, wording: Wording) -> list[Element]:
    columns = (
        Column(heading="What is asked", width=54),
        Column(heading="Where", width=28),
        Column(heading="Severity", width=18, align="center"),
    )
    rows: list[list[Content]] = [
        [line(one.question, 120), line(one.project_name, 60), severity_cell(one.severity)]
        for one in report.decisions
    ]
    words = wording.label("decisions")
    return _part(area, words, wording, columns, rows, what="decisions", empty="Nothing has to be decided.")


def _slips(report: Report, area: Area, wording: Wording) -> list[Element]:
    columns = (
        Column(heading="What is late", width=50),
        Column(heading="Cause", width=35),
        Column(heading="Slip (wd)", width=15, align="right"),
    )
    rows: list[list[Content]] = [
        [titled(one.item), sentence(line(one.cause, 120)), [Run(signed(one.worst_wd), bold=True)]]
        for one in report.slips.rows
    ]
    words = wording.label("slips")
    return _part(area, words, wording, columns, rows, what="slips", empty="Nothing is known to be late.")


def _risks(report: Report, area: Area, wording: Wording) -> list[Element]:
    columns = (
        Column(heading="What may happen", width=50),
        Column(heading="Owner", width=35),
        Column(heading="Exposure", width=15, align="center"),
    )
    rows: list[list[Content]] = [
        [titled(one.item), owner_paragraph(one.item), exposure_cell(one)] for one in report.risks.rows
    ]
    words = wording.label("risks")
    return _part(area, words, wording, columns, rows, what="risks", empty="No open risk is recorded.")
