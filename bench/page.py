"""The portfolio page at 500 and 5,000 items: its size, and how long until it can be used.

"Usable" is the first frame after the script has drawn the first view in a real Chromium, from the moment the
file was opened: the median of five openings, each in a window of its own. Then how long each view takes, the
slowest of them, and a search. Writing the page is measured as well, without the time for deriving.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.browser import chromium
from bench.measure import table
from bench.page_pictures import VIEWS
from bench.seeded_portfolio import SECOND, config_of, fill
from commands.report_data import report_of
from commands.report_extras import extras_of
from reports.page import build_page
from store import open_store

SIZES = (500, 5_000)
_OPENINGS = 5
_USABLE = """() => new Promise(done => {
  const of = document.documentElement.dataset;
  const look = () => of.ready ? done(Number(of.ready)) : requestAnimationFrame(look);
  look();
})"""
_VIEW = """name => new Promise(done => {
  const from = performance.now();
  location.hash = name;
  addEventListener("hashchange", () => requestAnimationFrame(() => requestAnimationFrame(
    () => done(performance.now() - from))), { once: true });
})"""


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    sizes = [int(one) for one in arguments or ()] or list(SIZES)
    rows = []
    with tempfile.TemporaryDirectory(prefix="dt-page-") as folder, chromium() as browser:
        for items in sizes:
            path = Path(folder) / f"{items}.html"
            seconds = written(path, items)
            rows.append(
                (f"{items:,}", f"{path.stat().st_size / 1e6:.2f}", f"{seconds:.1f}", *_times(browser, path))
            )
    table(
        ("items", "file MB", "written in s", "usable ms", "slowest view ms", "which", "search ms", "heap MB"),
        rows,
    )


def written(path: Path, items: int, *, hostile: bool = False) -> float:
    """Write the page of a portfolio of this size. Returns the seconds that took, without deriving."""
    config = config_of(path.parent)
    with open_store("sqlite://") as store:
        fill(store, config, items, hostile=hostile)
        began = time.perf_counter()
        report = report_of(store, config, now=SECOND)
        path.write_bytes(build_page(report, extras_of(store, config, report), config.zone))
        return time.perf_counter() - began


def _times(browser: Any, path: Path) -> tuple[object, ...]:
    usable: list[float] = []
    for _ in range(_OPENINGS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(path.as_uri())
        usable.append(float(page.evaluate(_USABLE)))
        if len(usable) < _OPENINGS:
            context.close()
    views = {name: float(page.evaluate(_VIEW, name)) for name in (*VIEWS[1:], VIEWS[0])}
    page.evaluate(_VIEW, "items")
    search = float(page.evaluate(_VIEW, "items?q=terminal"))
    heap = float(page.evaluate("performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0"))
    context.close()
    slowest = max(views, key=lambda name: views[name])
    return (
        f"{statistics.median(usable):.0f}",
        f"{views[slowest]:.0f}",
        slowest,
        f"{search:.0f}",
        f"{heap:.0f}",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
