"""The chapter on costs: a slide for each currency, because amounts in two of them cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.costs import CostRow
from reports.figures import Report
from reports.pack_model import HEALTH, Area, Chart, Column, Element, Page, Run, Slide
from reports.pack_parts import Content, remark, rows_that_fit, table
from reports.pack_text import plain
from reports.pack_words import Wording, counted, money, of_all
from reports.plain_text import line


def cost_slides(report: Report, wording: Wording, page: Page) -> Iterator[Slide]:
    """The money, a slide for each currency: what is in two currencies cannot be compared."""
    # Amounts without a currency are shown by themselves: nobody knows whether they can be compared.
    for currency in (*report.costs.currencies, None):
        rows = [one for one in report.costs.rows if one.node.currency == currency]
        if rows:
            yield _cost_slide(report, rows, currency, wording, page)


def _cost_slide(
    report: Report, rows_all: Sequence[CostRow], currency: str | None, wording: Wording, page: Page
) -> Slide:
    over = [one for one in rows_all if (one.variance or 0) > 0 and one.node.level in ("project", "schedule")]
    units = [one for one in rows_all if one.node.level in ("project", "schedule")]
    unit = "a currency that no tracker tells" if currency is None else line(currency, 12)
    title = f"{len(over)} of {counted(len(units), 'project')} will cost more than planned ({unit})"
    chart_area, table_area = page.body.columns(4, 6, gap=22)
    table_area = Area(table_area.x, table_area.y, table_area.w, table_area.h - 20)
    columns = (
        Column(heading=f"All amounts in {unit}", width=32),
        Column(heading="Budget", width=17, align="right"),
        Column(heading="Actual", width=17, align="right"),
        Column(heading="Forecast", width=17, align="right"),
        Column(heading="Over budget", width=17, align="right"),
    )
    red = HEALTH["red"][0]
    rows: list[list[Content]] = [
        [
            [Run(line(one.node.name, 80), bold=one.node.level not in ("project", "schedule"))],
            money(one.node.budget),
            money(one.node.actual_cost),
            money(one.node.forecast_cost),
            [
                Run(
                    money(one.variance),
                    bold=(one.variance or 0) > 0,
                    colour=red if (one.variance or 0) > 0 else None,
                )
            ],
        ]
        for one in rows_all[: rows_that_fit(table_area)]
    ]
    shown = sorted(units, key=lambda one: -(one.variance or 0))[:8]
    elements: list[Element] = [
        Chart(
            area=Area(chart_area.x, chart_area.y, chart_area.w, min(chart_area.h, 70 + 84 * len(shown))),
            title=f"Budget, actual and forecast in {unit}",
            categories=[plain(one.node.name, 110, 10) for one in shown],
            series=[
                ("Budget", [one.node.budget for one in shown], "#9AA5B1"),
                ("Actual", [one.node.actual_cost for one in shown], wording.accent),
                ("Forecast", [one.node.forecast_cost for one in shown], "#E08A1E"),
            ],
            number_format="#,##0",
            alt="; ".join(
                f"{line(one.node.name, 60)}: budget {money(one.node.budget)}, actual "
                f"{money(one.node.actual_cost)}, forecast {money(one.node.forecast_cost)}"
                for one in shown
            ),
            name=f"Costs in {unit}",
        ),
        table(table_area, columns, rows, alt=f"Budget, actual, forecast and what is over budget, in {unit}."),
    ]
    said = [of_all(len(rows), len(rows_all), "rows")]
    if report.costs.unknown:
        said.append(f"Of {counted(len(report.costs.unknown), 'project')} no tracker gives amounts.")
    elements.append(
        remark(Area(table_area.x, table_area.bottom + 4, table_area.w, 16), " ".join(filter(None, said)))
    )
    return Slide(
        key=f"costs-{currency and unit}",
        label=wording.label("costs"),
        title=title,
        elements=elements,
        notes="Amounts are those of the trackers. They are never added up over currencies, and what no "
        "tracker gives is unknown, not zero. Over budget: forecast minus budget.",
    )
