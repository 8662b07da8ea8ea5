"""The portfolio of docs/delivery.md: a team, its sprints, somebody with too much work, an epic that grew."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from portfolio.records import AnyRecord, Change, Identity, Iteration, Page, Schedule, WorkItem
from store import Store
from sync.derive import DeriveCounts, derive
from sync.workspace import DeriveSettings

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIRST_WEEK, SLOW_WEEKS, FIRST_SPRINT = date(2026, 4, 27), date(2026, 10, 26), date(2026, 8, 31)
SETTINGS = DeriveSettings(timezone="Europe/Zurich")


def at(day: date, hour: int = 8) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def item(name: str, **values: Any) -> WorkItem:
    given = {"kind": "story", "scope": "WEB", "schedule_id": "shop/WEB", "team": "Web", **values}
    return WorkItem(item_id=f"shop/{name}", source="shop", native_id=name, key=name, **given)


def change(name: str, field: str, day: date, before: str | None, after: str | None, hour: int = 8) -> Change:
    return Change(
        source="shop", event_id=f"{name} {field} {day} {hour}", item_id=f"shop/{name}", at=at(day, hour),
        by="ana", field=field, before=before, after=after,
    )  # fmt: skip


def begun(name: str, day: date, done: date | None = None, **values: Any) -> list[AnyRecord]:
    """A story that was written three weeks before, begun on a day, and perhaps done on another."""
    written = at(day - timedelta(days=21))
    story = item(name, state="done" if done else "in_progress", created_at=written, **values)
    entries = [change(name, "state", day, "todo", "in_progress")]
    if done:
        entries.append(change(name, "state", done, "in_progress", "done", hour=15))
    return [story, *entries]


def sprint_of(day: date) -> str | None:
    return f"shop/s{(day - FIRST_SPRINT).days // 14 + 1}" if day >= FIRST_SPRINT else None


def delivered() -> list[AnyRecord]:
    """What Web finished, week by week."""
    records: list[AnyRecord] = []
    for week in range(30):
        monday = FIRST_WEEK + timedelta(days=7 * week)
        pace = (2,) if monday >= SLOW_WEEKS else (2, 4)
        for days in pace:
            name = f"W{week}-{days}"
            records += begun(name, monday, monday + timedelta(days=days), iteration_id=sprint_of(monday))
    return records


def world() -> list[AnyRecord]:
    records: list[AnyRecord] = [
        Schedule(schedule_id="shop/WEB", source="shop", scope="WEB", name="Web shop", kind="project"),
        Schedule(schedule_id="shop/PAY", source="shop", scope="PAY", name="Payment", kind="project"),
        Identity(source="shop", account_id="ana", name="Ana Berg", kind="person", is_active=True),
    ]
    for number in range(1, 8):
        start = FIRST_SPRINT + timedelta(days=14 * (number - 1))
        records.append(
            Iteration(
                iteration_id=f"shop/s{number}", source="shop", name=f"Sprint {number}",
                state="closed" if number < 7 else "active", start=start, end=start + timedelta(days=11),
            )
        )  # fmt: skip
    records += delivered()
    for number in (1, 2):
        records += begun(f"Slow {number}", date(2026, 6, 1))
    for number in range(4):
        name = f"Carried {number}"
        _, *entries = begun(name, date(2026, 11, 18), iteration_id="shop/s7")
        records += [
            item(name, state="in_progress", created_at=at(SLOW_WEEKS, 6), iteration_id="shop/s7"),
            *entries,
        ]
        records.append(change(name, "iteration", date(2026, 11, 9), "shop/s5", "shop/s6"))
        records.append(change(name, "iteration", TODAY, "shop/s6", "shop/s7"))
    records += [
        item(f"New {number}", created_at=at(date(2026, 11, 20)), iteration_id="shop/s7")
        for number in range(5)
    ]
    pay = {"scope": "PAY", "schedule_id": "shop/PAY", "team": None, "created_at": at(date(2026, 9, 1))}
    records += [
        item("Ana 1", owner_id="ana", remaining_hours=160.0, due=date(2026, 12, 11), **pay),
        item(
            "Ana 2", owner_id="ana", estimate_hours=80.0, start=date(2026, 12, 7), due=date(2027, 1, 1), **pay
        ),
        item("Checkout", **{**pay, "kind": "epic", "state": "in_progress", "due": date(2026, 12, 18)}),
        change("Checkout", "state", date(2026, 9, 1), "todo", "in_progress"),
    ]
    for number in range(8):
        day = date(2026, 9, 1) if number < 6 else date(2026, 10, 20)
        records.append(
            item(f"Story {number}", **{**pay, "parent_id": "shop/Checkout", "created_at": at(day)})
        )
    return records


def fill(store: Store, *records: AnyRecord) -> None:
    store.save_page("shop", "all", Page(records=records), run_id="run", now=NOW)


def begin(store: Store, records: list[AnyRecord]) -> None:
    store.declare_source("shop", "jira", "jira", "1")
    store.mark_source("shop", good_at=NOW)
    fill(store, *records)


def derived(store: Store, *, full: bool = False, days: int = 0) -> DeriveCounts:
    now = NOW + timedelta(days=days)
    return derive(store, SETTINGS, today=now.date(), now=now, full=full)


def rows(store: Store, view: str, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in store.rows(view)}
