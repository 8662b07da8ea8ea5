"""Fixtures that every room's tests share, and what tests say is kept for the secret scan."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Keep what a test printed, logged or failed with beside its files, where the secret scan looks.

    Only in CI, which scans: `.ci/run`.
    """
    report = yield
    if os.environ.get("DOVETAIL_KEEP_OUTPUT"):
        told = [text for _, text in report.sections] + [report.longreprtext]
        if any(told):
            factory: pytest.TempPathFactory = item.config._tmp_path_factory
            with (factory.getbasetemp() / "said.txt").open(
                "a", encoding="utf-8", errors="backslashreplace"
            ) as file:
                file.write(f"{item.nodeid}\n" + "\n".join(told) + "\n")
    return report
