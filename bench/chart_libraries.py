"""What a charting library would cost the page: `python -m bench.chart_libraries FOLDER`, with FOLDER/node_modules.

Needs `npm install echarts @observablehq/plot d3 chart.js vis-timeline` in that folder. Each draws the same 250
bars over time under the page's own policy. Printed: its bytes, how long loading and drawing takes (median of
five), what the policy refused, and how much markup it made. Ours are the page's own marks for as many rows.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.browser import chromium
from bench.measure import table
from reports.page import policy

BARS = 250
_DATA = f"""const bars = Array.from({{length: {BARS}}}, (_, k) => ({{name: "Item " + k, from: Date.UTC(2026, k % 12, 1 + k % 27),
  until: Date.UTC(2026, k % 12 + 1, 9 + k % 17)}}));
const box = document.getElementById("box");"""
CASES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "by hand": (
        (),
        """const NS = "http://www.w3.org/2000/svg", svg = document.createElementNS(NS, "svg");
svg.setAttribute("viewBox", "0 0 1200 7500");
const low = Date.UTC(2026, 0, 1), x = day => (day - low) / 86400000 * 3;
bars.forEach((bar, k) => { const one = document.createElementNS(NS, "rect"), text = document.createElementNS(NS, "text");
  for (const [name, value] of Object.entries({ x: x(bar.from), width: x(bar.until) - x(bar.from), y: k * 30, height: 12 }))
    one.setAttribute(name, value);
  text.setAttribute("y", k * 30 + 10); text.textContent = bar.name; svg.append(one, text); });
box.append(svg);""",
    ),
    "Observable Plot": (
        ("d3/dist/d3.min.js", "@observablehq/plot/dist/plot.umd.min.js"),
        """box.append(Plot.plot({ width: 1200, height: 7500, marks: [Plot.barX(bars, { y: "name", x1: "from", x2: "until" })] }));""",
    ),
    "ECharts (svg)": (
        ("echarts/dist/echarts.min.js",),
        """box.style.width = "1200px"; box.style.height = "7500px";
const chart = echarts.init(box, null, { renderer: "svg" });
chart.setOption({ animation: false, xAxis: { type: "time" }, yAxis: { type: "category", data: bars.map(b => b.name) },
  series: [{ type: "custom", renderItem: (p, api) => { const a = api.coord([api.value(0), api.value(2)]), b = api.coord([api.value(1), api.value(2)]);
    return { type: "rect", shape: { x: a[0], y: a[1] - 6, width: b[0] - a[0], height: 12 } }; }, data: bars.map((b, k) => [b.from, b.until, k]) }] });""",
    ),
    "Chart.js": (
        ("chart.js/dist/chart.umd.js",),
        """const canvas = document.createElement("canvas"); box.style.width = "1200px"; box.style.height = "7500px"; box.append(canvas);
new Chart(canvas, { type: "bar", options: { animation: false, indexAxis: "y", maintainAspectRatio: false },
  data: { labels: bars.map(b => b.name), datasets: [{ label: "x", data: bars.map(b => [b.from, b.until]) }] } });""",
    ),
    "vis-timeline": (
        ("vis-timeline/standalone/umd/vis-timeline-graph2d.min.js",),
        """new vis.Timeline(box, new vis.DataSet(bars.map((b, k) => ({ id: k, content: b.name, start: b.from, end: b.until, group: k }))),
  new vis.DataSet(bars.map((b, k) => ({ id: k, content: b.name }))), {});""",
    ),
}
_OPENINGS = 5


def main(arguments: list[str]) -> None:
    """Measure and print."""
    modules = Path(arguments[0]) / "node_modules"
    rows = []
    with tempfile.TemporaryDirectory(prefix="dt-charts-") as folder, chromium() as browser:
        for name, (files, code) in CASES.items():
            library = "\n".join((modules / one).read_text(encoding="utf-8") for one in files)
            script = f"(() => {{ {_DATA}\n const began = performance.now(); try {{ {code} }} catch (error) {{ document.title = String(error).slice(0, 60); }} document.documentElement.dataset.ms = performance.now() - began; }})();"
            whole = library.replace("</script", "<\\/script") + "\n" + script
            path = Path(folder) / f"{len(rows)}.html"
            path.write_text(
                f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
                f'content="{policy("", whole)}"><title></title><div id="box"></div><script>{whole}</script>',
                encoding="utf-8",
            )
            rows.append((name, f"{len(library.encode()) / 1000:,.0f}", *_measured(browser, path)))
    table(
        ("drawn by", "library kB", "load and draw ms", "draw ms", "markup kB", "refused", "failed with"), rows
    )


def _measured(browser: Any, path: Path) -> tuple[object, ...]:
    whole, drawing, refused, made, failed = [], [], 0, 0.0, ""
    for _ in range(_OPENINGS):
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda one, said=said: said.append(one.text))
        page.goto(path.as_uri())
        page.wait_for_timeout(150)
        whole.append(
            float(page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
        )
        drawing.append(float(page.evaluate("Number(document.documentElement.dataset.ms)")))
        made = float(page.evaluate("document.getElementById('box').innerHTML.length / 1000"))
        failed = str(page.evaluate("document.title"))
        refused = len(said)
        page.close()
    return (
        f"{statistics.median(whole):.0f}", f"{statistics.median(drawing):.1f}", f"{made:,.0f}", refused, failed or "-",
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
