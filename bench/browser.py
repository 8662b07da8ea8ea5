"""A real Chromium for pages: the Debian package, driven through playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
]


def chromium_path() -> Path | None:
    """Where Chromium is; None where there is none. $CHROMIUM names another one."""
    named = os.environ.get("CHROMIUM")
    found = named or next(
        (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
    )
    return None if found is None else Path(found)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser."""
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    if path is None:
        raise RuntimeError("There is no Chromium: apt-get install chromium, or name one in $CHROMIUM.")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(path), args=FLAGS, headless=True)
        try:
            yield browser
        finally:
            browser.close()
