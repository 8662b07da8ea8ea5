"""The chapter on milestones: what comes next, as promised and as expected."""

from __future__ import annotations

from datetime import timedelta

from reports.figures import Report
from reports.pack_chapters import names_of_projects, place_of, titled
from reports.pack_model import Area, Column, Element, Page, Run, Slide
from reports.pack_parts import Content, nothing, remark, rows_that_fit, table
from reports.pack_words import Wording, counted, day, health_cell, of_all, sentence, signed
from reports.reading import Item

_SOON = timedelta(days=60)


def milestone_slide(report: Report, wording: Wording, page: Page) -> Slide:
    """The milestones that come next, with what was promised and what is expected."""
    items = open_milestones(report)
    late = sum((one.slip_wd or 0) > 0 for one in items)
    passed = sum(one.is_overdue for one in items)
    soon = sum(one.finish is not None and one.finish <= report.today + _SOON for one in items)
    title = (
        f"{sentence(counted(soon, 'milestone'))} in the next 60 days; {late} of {len(items)} later than "
        "promised"
        if items
        else "No open milestone is known"
    )
    body = Area(page.body.x, page.body.y, page.body.w, page.body.h - 20)
    # A column in which nothing is known only takes room from the others.
    has_p80 = any(one.p80 is not None for one in items)
    columns = [
        Column(heading="Milestone", width=40),
        Column(heading="Project", width=21),
        Column(heading="Baseline", width=11, align="right"),
        Column(heading="Promised", width=11, align="right"),
        Column(heading="Expected", width=11, align="right"),
        *([Column(heading="P80", width=11, align="right")] if has_p80 else []),
        Column(heading="Slip (wd)", width=8, align="right"),
        Column(heading="Health", width=9, align="center"),
    ]
    names = names_of_projects(report)
    rows: list[list[Content]] = [
        [
            titled(one),
            place_of(one, names),
            day(one.baseline_finish, "none"),
            day(one.commitment, "never"),
            [Run(day(one.finish), bold=True)],
            *([day(one.p80)] if has_p80 else []),
            signed(one.slip_wd),
            health_cell(one.health),
        ]
        for one in items[: rows_that_fit(body)]
    ]
    elements: list[Element] = (
        [table(body, columns, rows, alt="Open milestones by the day on which they are expected.")]
        if rows
        else nothing(body, "No tracker has an open milestone or gate with a date.")
    )
    said = [of_all(len(rows), len(items), "open milestones")]
    if rows and not has_p80:
        said.append("No P80 is known.")
    if passed:
        said.append(
            f"{sentence(counted(passed, 'milestone'))} passed the date and {'is' if passed == 1 else 'are'} "
            "open."
        )
    elements.append(remark(Area(body.x, body.bottom + 4, body.w, 16), " ".join(filter(None, said))))
    return Slide(
        key="milestones",
        label=wording.label("milestones"),
        title=title,
        elements=elements,
        notes="A milestone that stands in two trackers is shown once. Expected: the forecast P50, else the "
        "date in the tracker. P80: the day by which it is done in four of five cases.",
    )


def open_milestones(report: Report) -> list[Item]:
    """Open milestones and gates, each once, by the day on which they are expected."""
    return [
        entry.item
        for entry in report.roadmap.entries
        if entry.item.is_open and (entry.item.is_milestone or entry.item.kind == "gate")
    ]
