"""The first chapter: what the committee is asked to decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reports.decisions import Decision
from reports.figures import Report
from reports.pack_model import MUTED, Area, Cell, Column, Element, Page, Run, Slide
from reports.pack_parts import Content, nothing, pages, remark, rows_that_fit, table
from reports.pack_words import UNKNOWN, Wording, counted, of_all, sentence, severity_cell, signed
from reports.plain_text import line

MOST_PAGES = 3  # what comes after them is counted
_COLUMNS = (
    Column(heading="", width=4, align="right"),
    Column(heading="Decision", width=52),
    Column(heading="Where", width=17),
    Column(heading="Who answers", width=17),
    Column(heading="Slip (wd)", width=8, align="right"),
    Column(heading="Severity", width=10, align="center"),
)


def decision_slides(report: Report, wording: Wording, page: Page) -> Iterator[Slide]:
    """The questions, the most pressing first; at most three slides of them."""
    asked = report.decisions
    body = Area(page.body.x, page.body.y, page.body.w, page.body.h - 20)
    is_known = report.is_derived and bool(report.open_items or report.done_items)
    unknown = "nothing was worked out yet" if report.open_items else "no tracker was read"
    title = _title(asked) if is_known else f"Nothing is known: {unknown}"
    for part in pages(asked, rows_that_fit(body, lines=2), MOST_PAGES):
        rows = [_row(number, one, names_of(report)) for number, one in enumerate(part.rows, part.first)]
        elements: list[Element] = []
        if rows:
            alt = f"Decisions {part.first} to {part.last} of {len(asked)}, the most pressing first."
            elements.append(table(body, _COLUMNS, rows, alt=alt, lines=2))
        else:
            no_question = "No finding of high severity asks for a decision of the committee."
            elements += nothing(body, no_question if is_known else "Without any work there are no findings.")
        if part.is_last and (said := of_all(part.last, len(asked), "decisions")):
            elements.append(remark(Area(body.x, body.bottom + 4, body.w, 16), said))
        yield Slide(
            key=f"decisions-{part.number}",
            label=wording.label("decisions"),
            title=f"{title}{part.counted}",
            elements=elements,
            notes="\n".join(
                [
                    (
                        "A decision groups the open findings of high or critical severity of one kind in "
                        "one project. What is acknowledged or muted is not asked again."
                    ),
                    *(
                        f"{one.question} ({line(one.project_name, 60)}): {line(one.action, 200)}"
                        for one in part.rows
                    ),
                ]
            ),
        )


def names_of(report: Report) -> Mapping[str, str]:
    """What people are called, by their address."""
    return {one.person_id: line(one.name, 60) for one in report.people.rows}


def _title(asked: Sequence[Decision]) -> str:
    if not asked:
        return "Nothing has to be decided"
    urgent = sum(one.severity == "critical" for one in asked)
    verb = "is" if len(asked) == 1 else "are"
    return f"{sentence(counted(len(asked), 'decision'))} {verb} asked for" + (
        f", {urgent} of them critical" if urgent else ""
    )


def _row(number: int, decision: Decision, names: Mapping[str, str]) -> list[Content]:
    about = "; ".join(f"{line(item.key, 40)} {line(item.title, 60)}" for item in decision.items[:3])
    question = Cell(
        paragraphs=[
            [Run(line(decision.question, 200), bold=True)],
            [Run(line(about or decision.action, 300), colour=MUTED)],
        ]
    )
    return [
        str(number),
        question,
        line(decision.project_name, 80),
        names.get(decision.lead or "", line(decision.lead, 60) or UNKNOWN),
        signed(decision.slip_wd) if (decision.slip_wd or 0) > 0 else "",
        severity_cell(decision.severity),
    ]
