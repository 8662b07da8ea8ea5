"""Short ways to make records and to put them into a store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from portfolio.records import AnyRecord, Change, Cursor, Dependency, Page, WorkItem
from store import PageCounts, Store

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def item(number: int, **fields: Any) -> WorkItem:
    """The item CHK-<number> of the source shop."""
    given: dict[str, Any] = {
        "item_id": f"shop/{number}",
        "source": "shop",
        "native_id": str(number),
        "key": f"CHK-{number}",
        "scope": "CHK",
        **fields,
    }
    return WorkItem(**given)


def change(number: int, event: str, **fields: Any) -> Change:
    """One entry of the timeline of CHK-<number>."""
    given: dict[str, Any] = {
        "source": "shop",
        "event_id": event,
        "item_id": f"shop/{number}",
        "at": NOW,
        "by": "ann",
        "field": "due",
        "before": None,
        "after": "2026-12-01",
        **fields,
    }
    return Change(**given)


def link(name: str, before: int, after: int, **fields: Any) -> Dependency:
    """CHK-<before> precedes CHK-<after>."""
    given: dict[str, Any] = {
        "dependency_id": name,
        "source": "shop",
        "predecessor_id": f"shop/{before}",
        "successor_id": f"shop/{after}",
        **fields,
    }
    return Dependency(**given)


def save(store: Store, *records: AnyRecord, run: str = "r1", **page: Any) -> PageCounts:
    """Save a page of the source shop, stream items; `tombstones` and the page's other parts by name."""
    tombstones = page.pop("tombstones", {})
    page.setdefault("cursor", Cursor(version=1, value={}))
    return store.save_page(
        "shop", "items", Page(records=records, **page), tombstones=tombstones, run_id=run, now=NOW
    )


def keys(store: Store, view: str = "item", column: str = "key") -> list[object]:
    """One column of a view."""
    return [row[column] for row in store.rows(view)]
