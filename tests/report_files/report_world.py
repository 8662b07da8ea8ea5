"""A portfolio with texts that nobody wants, derived and checked once for all tests of reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from report_rows import HOSTILE as TEXTS

from portfolio.records import AnyRecord, Dependency, Identity, Page, Risk, WorkItem
from store import Store, open_store
from sync.config import load_config
from sync.pipeline import SyncResult, work_out
from sync.runs import running
from sync.settings import sync_settings

Run = Callable[..., tuple[int, str, str]]
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
HOSTILE = [text for text in TEXTS if "\ud800" not in text]  # no database takes half a character
CONFIG = """\
version: 1
timezone: Europe/Zurich
sources:
  - name: shop
    kind: jira
    url: http://127.0.0.1:9
    auth: {method: api_token, user: bot@shop.example, token: {env: JIRA_TOKEN}}
portfolio:
  name: Retail & Co
  programs:
    - name: Store 2.0
      lead: tia@shop.example
      projects:
        - {name: Checkout, lead: lea@shop.example, scopes: ["shop:CHK"]}
        - {name: '=1+1 <b>Payments</b>', lead: max@shop.example, scopes: ["shop:PAY"]}
    - name: Supply chain
      projects:
        - {name: Warehouse, scopes: ["shop:WMS"]}
committees:
  - {name: Steering committee, first: 2026-11-05, every_weeks: 4}
freezes:
  - {name: Year-end freeze, days: 2026-12-18..2027-01-04}
"""
_SCOPES = ("CHK", "PAY", "WMS")


def item(number: int, **values: Any) -> WorkItem:
    given: dict[str, Any] = {
        "item_id": f"shop/{number}", "source": "shop", "native_id": str(number),
        "key": f"{_SCOPES[number % 3]}-{number}", "scope": _SCOPES[number % 3], "kind": "story",
        "title": f"Piece of work {number}", "url": f"https://shop.example/browse/{number}",
        "owner_id": f"a{number % 4}", "created_at": NOW - timedelta(days=60),
    }  # fmt: skip
    return WorkItem(**{**given, **values})


def records() -> list[AnyRecord]:
    """Ordinary work, and as much of every kind that says what nobody should."""
    made: list[AnyRecord] = [
        Identity(
            source="shop",
            account_id=f"a{n}",
            name=name,
            email=f"a{n}@shop.example",
            kind="person",
            is_active=n != 3,
        )
        for n, name in enumerate(("Ana Berg", HOSTILE[0], HOSTILE[-3], "Left Already"))
    ]
    numbers = iter(range(1, 10_000))
    for kind, text in zip(cycle(("milestone", "risk", "story", "gate", "epic")), HOSTILE * 3):
        number = next(numbers)
        made.append(
            item(
                number, kind=kind, title=text, status=text[:60], is_milestone=kind == "milestone",
                due=TODAY + timedelta(days=7 * (number % 20) - 20), start=TODAY - timedelta(days=30),
                baseline_start=TODAY - timedelta(days=40),
                baseline_finish=TODAY + timedelta(days=7 * (number % 15) - 30),
                state="in_progress", labels=[text[:50]], url=text[:500],
            )
        )  # fmt: skip
        if kind == "risk":
            made.append(
                Risk(
                    item_id=f"shop/{number}",
                    source="shop",
                    probability=number % 5 + 1,
                    impact=4,
                    response=text,
                )
            )
    for _ in range(40):
        number = next(numbers)
        made.append(
            item(
                number, state="done" if number % 4 == 0 else "todo", due=TODAY + timedelta(days=number % 30),
                actual_finish=TODAY - timedelta(days=1) if number % 4 == 0 else None, estimate_hours=8.5,
                kind="milestone" if number % 5 == 0 else "task", is_milestone=number % 5 == 0,
                budget=1000.0 * number, actual_cost=900.0 * number, forecast_cost=1100.0 * number,
                currency="CHF" if number % 3 else "EUR",
            )
        )  # fmt: skip
    made += [
        Dependency(
            dependency_id=f"d{n}", source="shop", predecessor_id=f"shop/{n}", successor_id=f"shop/{n + 1}"
        )
        for n in range(1, 30)
    ]
    return made


def build(folder: Path) -> Path:
    """Write configuration and store into the folder. Returns the folder."""
    (folder / "dovetail.yaml").write_text(CONFIG, encoding="utf-8")
    with open_store(f"sqlite:///{folder / 'dovetail.db'}") as store:
        fill(store, folder)
    return folder


def fill(store: Store, folder: Path) -> None:
    """Put the portfolio into a store, derived and checked with the configuration of the folder."""
    settings = sync_settings(load_config(folder / "dovetail.yaml"))
    with running(store, "sync", clock=lambda: NOW) as run:
        store.declare_source("shop", "jira", "Jira Cloud", "1")
        page = Page(records=records())
        store.save_page("shop", "all", page, tombstones={}, run_id=run.run_id, now=NOW)
        work_out(store, settings, run, SyncResult(run_id=run.run_id))
