"""The chapters on slips with their causes, and on risks with their owners."""

from __future__ import annotations

from collections.abc import Mapping

from reports.figures import Report
from reports.pack_model import (
    HEALTH,
    INK,
    MUTED,
    PALE,
    WHITE,
    Area,
    Cell,
    Chart,
    Column,
    Element,
    Line,
    Page,
    Paragraph,
    Picture,
    Run,
    Shape,
    Slide,
    Text,
)
from reports.pack_parts import Content, key_run, nothing, remark, rows_that_fit, table
from reports.pack_words import (
    UNKNOWN,
    Wording,
    counted,
    day,
    health_cell,
    of_all,
    sentence,
    signed,
)
from reports.plain_text import line
from reports.reading import Item
from reports.risks import HIGH, RiskRow


def names_of_projects(report: Report) -> Mapping[str, str]:
    """What projects are called, by slug."""
    return {node.slug: line(node.name, 80) for node in report.nodes}


def place_of(item: Item, names: Mapping[str, str]) -> str:
    """The name of the project that an item belongs to."""
    slug = item.project or item.program or item.portfolio or item.schedule_id or ""
    return names.get(slug, line(slug, 60))


def owner_paragraph(item: Item) -> Paragraph:
    """Who owns it, and what is wrong with that; nobody is said in words."""
    if item.owner_problem is None:
        return [Run(line(item.owner, 60) or UNKNOWN)]
    ink = HEALTH["red"][0]
    if not item.owner or item.owner_problem == "no owner":
        return [Run(sentence(line(item.owner_problem, 40)), bold=True, colour=ink)]
    return [Run(f"{line(item.owner, 60)}: "), Run(line(item.owner_problem, 40), bold=True, colour=ink)]


def titled(item: Item, second: str = "") -> Cell:
    """The key and title of an item, and a second line in grey."""
    first: Paragraph = [key_run(item.key, item.url), Run(f" {line(item.title, 200)}")]
    return Cell(paragraphs=[first, [Run(line(second, 200), colour=MUTED)]] if second else [first])


def promised(item: Item) -> str:
    """What a slip is counted from: the promise, else the baseline, which is said."""
    if item.commitment is None and item.baseline_finish is not None:
        return f"{day(item.baseline_finish)} (baseline)"
    return day(item.commitment, "never")


def slip_slide(report: Report, wording: Wording, page: Page) -> Slide:
    """What is late, why, and how the slips are spread."""
    slips = report.slips
    rows_all = slips.rows
    late = report.summary.slipping
    title = (
        f"{sentence(counted(late, 'piece'))} of open work will be later than promised"
        if rows_all
        else "Nothing is known to be late"
    )
    names = names_of_projects(report)
    table_area, side = page.body.columns(7, 3, gap=22)
    table_area = Area(table_area.x, table_area.y, table_area.w, table_area.h - 20)
    columns = (
        Column(heading="What, and why", width=46),
        Column(heading="Project", width=18),
        Column(heading="Promised", width=13, align="right"),
        Column(heading="Expected", width=13, align="right"),
        Column(heading="Slip (wd)", width=10, align="right"),
    )
    room = rows_that_fit(table_area, lines=2)
    rows: list[list[Content]] = [
        [
            titled(one.item, sentence(one.cause)),
            place_of(one.item, names),
            promised(one.item),
            day(one.item.finish),
            [Run(signed(one.worst_wd), bold=True)],
        ]
        for one in rows_all[:room]
    ]
    elements: list[Element] = (
        [
            table(
                table_area,
                columns,
                rows,
                lines=2,
                alt="What is late, the worst first, with its cause and its dates.",
            )
        ]
        if rows
        else nothing(table_area, "No open work is late, or will be, as far as dates and promises are known.")
    )
    shown = of_all(len(rows), len(rows_all), "that are late or were moved again and again")
    if shown:
        elements.append(remark(Area(table_area.x, table_area.bottom + 4, table_area.w, 16), shown))
    bins = list(slips.histogram)
    elements.append(
        Chart(
            area=Area(side.x, side.y, side.w, side.h - 44),
            title="Open work by slip, in working days",
            categories=[label for label, _ in bins],
            series=[("Open work", [count for _, count in bins], wording.accent)],
            alt="Open work by slip: " + ", ".join(f"{label}: {count}" for label, count in bins) + ".",
            name="Open work by slip",
        )
    )
    unknown = f"Of {counted(slips.unknown, 'piece')} of open work nobody knows: no promise, or no date."
    elements.append(remark(Area(side.x, side.bottom - 36, side.w, 32), unknown, lines=2))
    return Slide(
        key="slips",
        label=wording.label("slips"),
        title=title,
        elements=elements,
        notes="Slip: working days (wd) from the promise, else the baseline, to the forecast, else the date "
        "in the tracker; for what has passed its date, the days since then if they are more. The cause is "
        "the first open item that drives its start, where the network of dependencies tells.",
    )


def risk_slide(report: Report, wording: Wording, page: Page) -> Slide:
    """The risks with the highest exposure, who answers for them, and the matrix."""
    risks = report.risks
    high = sum((one.exposure or 0) >= HIGH for one in risks.rows)
    unowned = sum(one.is_unowned for one in risks.rows)
    title = (
        f"{high} of {counted(len(risks.rows), 'open risk')} {'is' if high == 1 else 'are'} high; "
        f"{unowned or 'none'} without an owner who can act"
        if risks.rows
        else "No open risk is recorded"
    )
    side, table_area = page.body.columns(3, 7, gap=22)
    table_area = Area(table_area.x, table_area.y, table_area.w, table_area.h - 20)
    names = names_of_projects(report)
    columns = (
        Column(heading="Exposure", width=11, align="center"),
        Column(heading="Risk and response", width=50),
        Column(heading="Project", width=18),
        Column(heading="Owner", width=21),
    )
    rows: list[list[Content]] = [
        [
            exposure_cell(one),
            titled(one.item, _response(one)),
            place_of(one.item, names),
            owner_paragraph(one.item),
        ]
        for one in risks.rows[: rows_that_fit(table_area, lines=2)]
    ]
    elements: list[Element] = []
    if rows:
        elements.append(
            risk_matrix(Area(side.x, side.y, side.w, min(side.h - 60, side.w + 24)), risks.matrix)
        )
        elements.append(
            table(
                table_area,
                columns,
                rows,
                lines=2,
                alt="Open risks, the highest exposure first, with response and owner.",
            )
        )
        new = sum(one.is_new for one in risks.rows)
        stale = sum(one.review == "stale" for one in risks.rows)
        said = [
            f"{new} new and {risks.closed} closed since {line(report.since_what, 60)}",
            f"{stale} not reviewed in time",
            *([f"{risks.unscored} without a score"] if risks.unscored else []),
        ]
        words = sentence(f"{'; '.join(said)}.")
        elements.append(remark(Area(side.x, side.bottom - 34, side.w, 34), words, lines=2))
        if shown := of_all(len(rows), len(risks.rows), "risks"):
            elements.append(remark(Area(table_area.x, table_area.bottom + 4, table_area.w, 16), shown))
    else:
        elements += nothing(
            page.body, "No tracker has an open risk. That says nothing about whether there are any."
        )
    return Slide(
        key="risks",
        label=wording.label("risks"),
        title=title,
        elements=elements,
        notes=f"Exposure: probability times impact, both 1 to 5; {HIGH} and more is high. An owner who "
        "cannot act is nobody, a group, a placeholder, an account that is disabled, or somebody who has "
        "left.",
    )


def exposure_cell(risk: RiskRow) -> Cell:
    """A sign with the exposure; without a score it is unknown."""
    if risk.exposure is None:
        return health_cell(None)
    colour = "red" if risk.exposure >= 15 else "amber" if risk.exposure >= 8 else "grey"
    fill, ink = HEALTH[colour]
    return Cell(paragraphs=[[Run(str(risk.exposure), bold=True, colour=ink)]], fill=fill, align="center")


def _response(risk: RiskRow) -> str:
    if risk.lacks_response:
        return "No response, and nothing under way against it"
    said = line(risk.response, 160) or "no response is recorded"
    return sentence(f"{said}; due {day(risk.response_due)}" if risk.response_due else said)


def risk_matrix(area: Area, matrix: Mapping[tuple[int, int], int]) -> Picture:
    """How many open risks stand where: probability upwards, impact to the right."""
    edge = min((area.w - 22) / 5, (area.h - 40) / 5)
    left, top = area.x + 22, area.y + 20
    parts: list[Text | Shape | Line] = [
        Text(
            area=Area(area.x, area.y, area.w, 16),
            paragraphs=[[Run("Probability (up) and impact (right)")]],
            size=10,
            colour=MUTED,
        )
    ]
    for probability in range(5, 0, -1):
        y = top + (5 - probability) * edge
        parts.append(_axis(Area(area.x, y, 18, edge), str(probability)))
        for impact in range(1, 6):
            exposure = probability * impact
            fill = "#F3D9CF" if exposure >= 15 else "#FBEBC8" if exposure >= 8 else PALE
            count = matrix.get((probability, impact), 0)
            text = Run(str(count), bold=True, colour=INK, size=14) if count else None
            spot = Area(left + (impact - 1) * edge, y, edge, edge)
            parts.append(
                Shape(area=spot, fill=fill, outline=WHITE, text=text, name=f"{probability} x {impact}")
            )
    parts += [_axis(Area(left + (n - 1) * edge, top + 5 * edge + 2, edge, 16), str(n)) for n in range(1, 6)]
    told = ", ".join(
        f"{count} at probability {p} and impact {i}" for (p, i), count in sorted(matrix.items(), reverse=True)
    )
    return Picture(
        area=Area(area.x, area.y, 22 + 5 * edge, 40 + 5 * edge),
        parts=parts,
        alt=f"Open risks by probability and impact: {told or 'none'}.",
        name="Risk matrix",
    )


def _axis(area: Area, text: str) -> Text:
    return Text(
        area=area,
        paragraphs=[[Run(text)]],
        size=10,
        colour=MUTED,
        align="center",
        anchor="middle",
        name="Axis",
    )
