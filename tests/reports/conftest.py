"""Portfolios, pages and a browser, each made once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reports_world import NOW, small_config, small_records, stored

from bench.browser import chromium, chromium_path
from bench.seeded_portfolio import SECOND, config_of, fill
from commands.report_data import report_of
from commands.report_extras import extras_of
from reports.figures import Report
from reports.page import build_page
from store import Store, open_store
from sync.config import Config


@pytest.fixture(scope="module")
def small() -> Iterator[tuple[Store, Config]]:
    config = small_config()
    with stored(config, small_records()) as store:
        yield store, config


@pytest.fixture(scope="module")
def report(small: tuple[Store, Config]) -> Report:
    return report_of(*small, now=NOW)


@pytest.fixture(scope="session")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 150 items in whose names, titles and addresses somebody has put what they could."""
    folder = tmp_path_factory.mktemp("page")
    config = config_of(folder)
    with open_store("sqlite://") as store:
        fill(store, config, 150, hostile=True)
        found = report_of(store, config, now=SECOND)
        content = build_page(found, extras_of(store, config, found), config.zone)
    path = folder / "hostile.html"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if chromium_path() is None:
        if os.environ.get("DOVETAIL_REQUIRE_CHROMIUM"):
            pytest.fail("There is no Chromium, and DOVETAIL_REQUIRE_CHROMIUM asks for one.")
        pytest.skip("There is no Chromium here: apt-get install chromium.")
    with chromium() as running_browser:
        yield running_browser
