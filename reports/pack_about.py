"""The last slide: how fresh the figures are, what is not known, and what the words mean."""

from __future__ import annotations

from collections.abc import Sequence

from reports.figures import Report
from reports.pack_model import MUTED, Area, Column, Element, Page, Run, Slide, Text
from reports.pack_parts import Content, heading, nothing, rows_that_fit, table
from reports.pack_text import fitted, text_height, wrapped
from reports.pack_words import UNKNOWN, Wording, counted
from reports.plain_text import line
from reports.quality import SourceRow

_TERMS = (
    (
        "Slip: working days (wd) from the promise, else the baseline, to the forecast, else the date in the "
        "tracker."
    ),
    "P50, P80: the days by which it is done in one of two, and in four of five cases.",
    "Health is computed; declared health is what people say. Unknown never counts as green.",
    "High: an exposure (probability times impact) of 12 and more.",
    "On the roadmap and among the milestones, work that stands in two trackers is shown once.",
)


def about_slide(report: Report, wording: Wording, page: Page, untold: Sequence[str] = ()) -> Slide:
    """Trackers, gaps, programmes that have no slides of their own, and terms."""
    sources = report.quality.sources
    upper = Area(
        page.body.x, page.body.y, page.body.w, min(page.body.h * 0.45, 32 + 23 * max(1, len(sources)))
    )
    columns = (
        Column(heading="Tracker", width=18),
        Column(heading="Kind", width=26),
        Column(heading="Last read", width=20),
        Column(heading="Items", width=10, align="right"),
        Column(heading="", width=2),
        Column(heading="State", width=34),
    )
    rows = [_source(one) for one in sorted(sources, key=lambda one: not one.is_stale)]
    elements: list[Element] = []
    if rows:
        shown = rows[: rows_that_fit(upper)]
        alt = "The trackers, and how fresh what was read from them is."
        elements.append(table(upper, columns, shown, alt=alt))
    else:
        elements += nothing(upper, "No tracker was read yet.")
    lower = page.body.below(upper.h + 18)
    left, right = lower.columns(1, 1, gap=28)
    elements += _list(left, "What is not known", [*_untold(untold), *_unknown(report)], wording)
    elements += _list(right, "What the words mean", _TERMS, wording)
    return Slide(
        key="about",
        label=wording.label("about"),
        title="How fresh the figures are, and what they mean",
        elements=elements,
        notes="The same figures stand on the portfolio page (dovetail report html) and, row by row, in the "
        "workbook (dovetail report xlsx).",
    )


def _source(one: SourceRow) -> list[Content]:
    state = "up to date"
    if one.is_stale:
        state = f"Not up to date: {line(one.error, 80) or 'its last reading failed'}"
    elif one.is_old:
        state = "Older than a day"
    return [
        line(one.source, 40),
        line(one.form, 60),
        "never" if one.last_good_at is None else f"{one.last_good_at:%Y-%m-%d %H:%M} UTC",
        UNKNOWN if one.item_count is None else f"{one.item_count:,}",
        "",
        [Run(state, bold=one.is_stale or one.is_old)],
    ]


def _untold(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    told = ", ".join(line(one, 40) for one in names[:4])
    return [f"{counted(len(names), 'programme')} without slides here: {told}{'…' if len(names) > 4 else ''}."]


def _unknown(report: Report) -> list[str]:
    facts = [
        (
            f"Neither early nor late: {counted(report.slips.unknown, 'piece')} of open work without a "
            "promise or a date."
        ),
        *(
            f"{len(one.missing):,} of {one.of:,}: {line(one.name, 80)}."
            for one in report.quality.gaps
            if one.missing
        ),
    ]
    if report.risks.unscored:
        facts.append(f"{counted(report.risks.unscored, 'risk')} without probability or impact.")
    if not report.costs.rows:
        facts.append("Costs: no tracker gives budgets or costs.")
    elif report.costs.unknown:
        facts.append(f"Costs of {counted(len(report.costs.unknown), 'project')}.")
    return facts


def _list(area: Area, words: str, texts: Sequence[str], wording: Wording) -> list[Element]:
    """Sentences one below the other, as many as there is room for."""
    found: list[Element] = [heading(area, words, wording.accent)]
    y, size = area.y + 24, 11
    for text in texts:
        run = Run(text)
        lines = min(2, len(wrapped([run], area.w, size)))
        height = text_height(lines, size)
        if y + height > area.bottom:
            break
        paragraph = fitted([run], area.w, size, lines)
        spot = Area(area.x, y, area.w, height)
        found.append(Text(area=spot, paragraphs=[paragraph], size=size, colour=MUTED, name="Sentence"))
        y += height + 7
    return found
