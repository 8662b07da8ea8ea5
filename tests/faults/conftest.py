"""What every test of faults shares: a short calendar, hooks in place, and a count of all that was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from crossings import Crossings
from tried import TRIED


@pytest.fixture(autouse=True)
def short_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule here counts working days, and writing 71 years of them is most of a small run."""
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})


@pytest.fixture
def crossings() -> Iterator[Crossings]:
    with Crossings().hooked() as hooks:
        yield hooks
    TRIED["kill points"] += hooks.kills
    TRIED["page transactions"] += hooks.page_transactions
    TRIED["requests"] += hooks.requests


@pytest.fixture(scope="session")
def tried() -> Counter[str]:
    return TRIED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TRIED:
        told = ", ".join(f"{count:,} {what}" for what, count in sorted(TRIED.items()))
        failed = len(terminalreporter.stats.get("failed", ()))
        terminalreporter.write_line(f"faults: {told}, {failed} violations")
