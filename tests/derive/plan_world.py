"""A plan and a project of a tracker in a store, written as records and derived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from portfolio.records import AnyRecord, Change, Dependency, Page, Schedule, WorkItem
from store import Store, open_store
from sync.derive import DeriveCounts, derive
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday
TODAY = NOW.date()
STATUS_DATE = date(2026, 11, 20)
CREATED = datetime(2026, 9, 1, 8, tzinfo=UTC)


@contextmanager
def a_store() -> Iterator[Store]:
    with open_store("sqlite://") as store:
        for source, kind in (("shop", "jira"), ("plans", "project_file")):
            store.declare_source(source, kind, kind, "1")
            store.mark_source(source, good_at=NOW)
        yield store


def issue(key: str, **values: Any) -> WorkItem:
    given = {
        "scope": "CHK", "schedule_id": "shop/CHK", "created_at": CREATED, "kind": "story", "is_detail": True,
        **values,
    }  # fmt: skip
    return WorkItem(item_id=f"shop/{key}", source="shop", native_id=key, key=key, **given)


def task(number: int, **values: Any) -> WorkItem:
    given = {"scope": "plan.xml", "schedule_id": "plans/plan.xml", "is_detail": True, **values}
    return WorkItem(
        item_id=f"plans/{number}", source="plans", native_id=str(number), key=f"plan#{number}", **given
    )


def link(before: int, after: int, kind: str = "FS", **values: Any) -> Dependency:
    return Dependency(
        dependency_id=f"plans:{before}->{after}", source="plans", predecessor_id=f"plans/{before}",
        successor_id=f"plans/{after}", type=kind, **values,
    )  # fmt: skip


def waits(before: str, after: str) -> Dependency:
    return Dependency(
        dependency_id=f"shop:{before}->{after}", source="shop", predecessor_id=f"shop/{before}",
        successor_id=f"shop/{after}",
    )  # fmt: skip


def moved(key: str, before: date | None, after: date | None, at: datetime) -> Change:
    return Change(
        source="shop", event_id=f"{key}-{at.isoformat()}", item_id=f"shop/{key}", at=at, by="ana",
        field="due", before=before and before.isoformat(), after=after and after.isoformat(),
    )  # fmt: skip


def save(store: Store, *records: AnyRecord, status_date: date | None = STATUS_DATE) -> None:
    base: list[AnyRecord] = [
        Schedule(schedule_id="shop/CHK", source="shop", scope="CHK", name="Checkout", kind="project"),
        Schedule(
            schedule_id="plans/plan.xml", source="plans", scope="plan.xml", name="Plan", kind="plan",
            status_date=status_date,
        ),
    ]  # fmt: skip
    by_source: dict[str, list[AnyRecord]] = {"shop": [], "plans": []}
    for record in [*base, *records]:
        by_source[getattr(record, "source", "shop")].append(record)
    run = store.start_run("pull", NOW)
    for source, mine in by_source.items():
        store.save_page(source, "all", Page(records=mine), run_id=run, now=NOW)


def derive_on(
    store: Store, day: date = TODAY, *, is_read: bool = True, full: bool = False, **settings: Any
) -> DeriveCounts:
    """One run on a day, on which the sources were read, too."""
    now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    for source in ("shop", "plans"):
        if is_read:
            store.mark_source(source, good_at=now)
    return derive(store, DeriveSettings(timezone="Europe/Zurich", **settings), today=day, now=now, full=full)


def checks(store: Store, schedule: str = "plans/plan.xml") -> dict[str, dict[str, Any]]:
    """The checks of a schedule by name."""
    rows = store.rows("schedule_check", where={"schedule_id": schedule})
    return {str(row["check"]): row for row in rows}


def counted(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a check counted and showed, or why it did not."""
    assert row["is_assessable"] == (row["reason"] is None)
    if not row["is_assessable"]:
        assert (row["numerator"], row["share"], row["members"]) == (None, None, [])
        return (row["reason"],)
    return row["numerator"], row["denominator"], row["members"]


def only(store: Store, view: str, **where: Any) -> dict[str, Any]:
    (row,) = list(store.rows(view, where=where))
    return row
