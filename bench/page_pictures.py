"""Pictures of every view of a page, at three widths, light and dark.

`python -m bench.page_pictures PAGE FOLDER` says what the console said, which is nothing, and whether anything
sticks out sideways.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.browser import chromium

VIEWS = (
    "overview",
    "roadmap",
    "slips",
    "risks",
    "people",
    "dependencies",
    "costs",
    "quality",
    "metrics",
    "findings",
    "items",
)
WIDTHS = {"wide": 1440, "tablet": 834, "phone": 390}
THEMES = ("light", "dark")


def pictures(page_file: Path, folder: Path, *, views: tuple[str, ...] = VIEWS) -> list[str]:
    """Write the pictures; returns what is wrong, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    with chromium() as browser:
        for theme in THEMES:
            for size, width in WIDTHS.items():
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
                page = context.new_page()
                page.on("console", lambda one: problems.append(f"console: {one.text}"))
                page.on("pageerror", lambda one: problems.append(f"error: {one}"))
                page.goto(page_file.resolve().as_uri())
                for view in views:
                    page.evaluate("view => { location.hash = view; }", view)
                    page.wait_for_timeout(60)
                    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    if over > 0:
                        problems.append(f"{view} at {width}: {over} pixels too wide")
                    page.screenshot(path=str(folder / f"{view}-{size}-{theme}.png"), full_page=True)
                context.close()
    return problems


if __name__ == "__main__":
    found = pictures(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        views=tuple(sys.argv[3].split(",")) if len(sys.argv) > 3 else VIEWS,
    )
    print("\n".join(found) or "nothing to complain of")
