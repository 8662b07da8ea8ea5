"""The chapter on health: open work by colour as a picture, then each part of the tree with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.figures import Report
from reports.health import Node, projects
from reports.pack_model import HEALTH, HEALTH_WORDS, Area, Chart, Column, Element, Page, Run, Slide
from reports.pack_parts import Content, nothing, pages, remark, row_height, rows_that_fit, table
from reports.pack_text import plain
from reports.pack_words import UNKNOWN, Wording, counted, health_cell, of_all, sentence, signed
from reports.plain_text import line

MOST_PAGES = 3  # of the tree; what comes after them is counted
_INDENT = "\u00a0" * 4  # spaces that are no place for a line's end
_TREE = ("project", "schedule")


def health_slides(report: Report, wording: Wording, page: Page) -> Iterator[Slide]:
    """A picture, then the tree with reasons."""
    yield _picture(report, wording, page)
    yield from _reasons(report, wording, page)


def _picture(report: Report, wording: Wording, page: Page) -> Slide:
    counts = report.summary.projects
    units = projects(report.nodes)
    words = [f"{counts[colour]} {HEALTH_WORDS[colour].lower()}" for colour in HEALTH if counts.get(colour)]
    changed = report.changes
    since = f"Since {line(report.since_what, 80)}: "
    since += (
        f"{len(changed.opened)} findings opened, {len(changed.resolved)} resolved; "
        f"{len(changed.became_late)} items became late, {len(changed.no_longer_late)} no longer are."
        if changed.is_known
        else "there is nothing to compare with."
    )
    body = Area(page.body.x, page.body.y, page.body.w, page.body.h - 20)
    return Slide(
        key="health",
        label=wording.label("health"),
        title=f"{sentence(counted(len(units), 'project'))}: {', '.join(words)}"
        if units
        else "No project is known",
        elements=[*_chart(units, body), remark(Area(body.x, body.bottom + 4, body.w, 16), since)],
        notes="Work that has no promise or no date is unknown, which is not green. Work in two trackers "
        f"counts once for its project. {since}",
    )


def _chart(units: Sequence[Node], body: Area) -> Sequence[Element]:
    most = max(1, int((body.h - 70) / 24))
    if len(units) > most:  # the parts with the most work
        largest = sorted(units, key=lambda one: -one.open_items)[:most]
        shown = [one for one in units if one in largest]
    else:
        shown = list(units)
    if not any(one.open_items for one in shown):
        return nothing(body, "No project has open work.")
    alt = "; ".join(
        f"{line(one.name, 60)}: "
        + ", ".join(f"{one.by_health.get(colour, 0)} {HEALTH_WORDS[colour].lower()}" for colour in HEALTH)
        for one in shown
    )
    rest = f"; {of_all(len(shown), len(units), 'projects')[:-1]}" if len(shown) < len(units) else ""
    return [
        Chart(
            area=Area(body.x, body.y, body.w, min(body.h, 70 + 34 * len(shown))),
            title=f"Open pieces of work by health{rest}",
            categories=[plain(one.name, 150, 10) for one in shown],
            series=[
                (HEALTH_WORDS[colour], [one.by_health.get(colour, 0) for one in shown], HEALTH[colour][0])
                for colour in HEALTH
            ],
            is_stacked=True,
            alt=alt,
            name="Open work by health",
        )
    ]


def _reasons(report: Report, wording: Wording, page: Page) -> Iterator[Slide]:
    nodes = report.nodes
    declared = any(one.health_declared for one in nodes)
    body = Area(page.body.x, page.body.y, page.body.w, page.body.h - 20)
    lines = 2 if len(nodes) * row_height(2, 11) + 22 <= body.h else 1
    columns = [
        Column(heading="", width=24),
        Column(heading="Health", width=9, align="center"),
        *([Column(heading="Declared", width=9, align="center")] if declared else []),
        Column(heading="Because", width=43 if declared else 50),
        Column(heading="Slip (wd)", width=9, align="right"),
        Column(heading="Complete", width=9, align="right"),
    ]
    better = sum(one.gap == "better" for one in nodes)
    title = "Why each has its colour"
    if better:
        verb = "is" if better == 1 else "are"
        title = f"{sentence(counted(better, 'part'))} {verb} declared better than the figures say"
    for part in pages(nodes, rows_that_fit(body, lines=lines), MOST_PAGES):
        rows = [_row(one, is_declared=declared) for one in part.rows]
        elements: list[Element] = []
        if rows:
            alt = "The tree of the portfolio with the health of each part and its reason."
            elements.append(table(body, columns, rows, alt=alt, lines=lines))
        else:
            elements += nothing(body, "Nothing was read yet.")
        said = [of_all(part.last, len(nodes), "rows") if part.is_last else ""]
        if not declared:
            said.append("No tracker says how people themselves declare the health.")
        elements.append(remark(Area(body.x, body.bottom + 4, body.w, 16), " ".join(filter(None, said))))
        yield Slide(
            key=f"health-reasons-{part.number}",
            label=wording.label("health"),
            title=f"{title}{part.counted}",
            elements=elements,
            notes="Health is computed from slips against promises, open findings and the health of the work "
            "below. Declared is what people say in their tracker. wd: working days; positive is later than "
            "promised.",
        )


def _row(node: Node, *, is_declared: bool) -> list[Content]:
    name = Run(f"{_INDENT * min(node.depth, 4)}{line(node.name, 80)}", bold=node.level not in _TREE)
    complete = UNKNOWN if node.percent_complete is None else f"{node.percent_complete:.0f}%"
    declared: list[Content] = []
    if is_declared:
        declared = [health_cell(node.health_declared) if node.health_declared else "not declared"]
    reason = sentence(line(node.reason, 300))
    return [[name], health_cell(node.health), *declared, reason, signed(node.slip_wd), complete]
