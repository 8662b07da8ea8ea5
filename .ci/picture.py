"""Renders the picture of the README from a page: python .ci/picture.py PAGE PICTURE.

The committed one is docs/portfolio.png, made of .demo/portfolio.html after `make demo`. CI renders it anew,
and fails where the page says something on the console or stays empty.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.browser import chromium

WIDTH, HEIGHT = 1360, 1010


def main(page_file: Path, picture: Path) -> int:
    """Render it. Returns the exit code."""
    said: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.on("console", lambda one: said.append(one.text))
        page.on("pageerror", lambda one: said.append(str(one)))
        page.goto(page_file.resolve().as_uri())
        page.wait_for_selector("main .decision")
        page.screenshot(path=str(picture))
    for line in said:
        sys.stderr.write(f"the page says: {line}\n")
    sys.stdout.write(f"{picture}: {picture.stat().st_size:,} bytes\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
