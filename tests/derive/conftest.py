"""Fixtures of the tests of derivation and rollup."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def short_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of 26,000 working days has no part in these tests and is most of a small run's time."""
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})
