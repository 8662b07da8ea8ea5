"""A small portfolio whose figures can be worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from portfolio.agenda import Committee, Freeze
from portfolio.records import Change, Dependency, Identity, Page, Risk, Schedule, WorkItem
from store import Store, open_store
from sync.config import Config, StoreConfig
from sync.pipeline import SyncResult, work_out
from sync.placement import TreeNode
from sync.runs import running
from sync.settings import sync_settings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday
TODAY = NOW.date()
TREE = (
    TreeNode("all", "portfolio", None, "Retail", "ana@shop.example"),
    TreeNode("one", "project", "all", "Checkout", "ana@shop.example", ["shop:ONE"]),
    TreeNode("two", "project", "all", "Payments", "ana@shop.example", ["shop:TWO"]),
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def small_config(**values: Any) -> Config:
    return Config(
        path=None,
        folder=Path.cwd(),
        store=StoreConfig("sqlite://", Path.cwd()),
        tree=TREE,
        committees=(Committee(name="Steering", dates=(day("2026-11-19"), day("2026-12-03"))),),
        freezes=(Freeze(name="Year end", first=day("2026-12-18"), last=day("2027-01-04")),),
        **values,
    )


def task(key: str, **values: Any) -> WorkItem:
    """An item of the tracker `shop`; its project is the letters of its key."""
    scope, _, number = key.partition("-")
    given: dict[str, Any] = {
        "item_id": f"shop/{key}",
        "source": "shop",
        "native_id": key,
        "key": key,
        "scope": scope,
        "title": f"Title of {key}",
        "schedule_id": f"shop/{scope}",
        "owner_id": "ana",
        "state": "in_progress",
        "sort": int(number),
        "created_at": NOW - timedelta(days=60),
        "updated_at": NOW - timedelta(days=1),
    }
    return WorkItem(**{**given, **{name: _value(value) for name, value in values.items()}})


def _value(value: Any) -> Any:
    return day(value) if isinstance(value, str) and len(value) == 10 and value[4] == "-" else value


def person(account: str, name: str, *, is_active: bool = True) -> Identity:
    return Identity(
        source="shop", account_id=account, name=name, kind="person", is_active=is_active,
        email=f"{account}@shop.example",
    )  # fmt: skip


def begun(key: str, at: datetime) -> Change:
    """It left To Do: its date is a promise from then on."""
    return Change(
        source="shop", event_id=f"b{key}", item_id=f"shop/{key}", at=at, by="ana", field="state",
        before="todo", after="in_progress",
    )  # fmt: skip


def moved(key: str, at: datetime, before: str, after: str) -> Change:
    return Change(
        source="shop", event_id=f"m{key}{at:%d}", item_id=f"shop/{key}", at=at, by="ana", field="due",
        before=before, after=after,
    )  # fmt: skip


def small_records() -> list[Any]:
    month_ago = NOW - timedelta(days=30)
    schedules = [
        Schedule(schedule_id=f"shop/{one}", source="shop", scope=one, name=one, kind="project")
        for one in ("ONE", "TWO")
    ]
    return [
        *schedules,
        person("ana", "Ana Berg"),
        person("leo", "Leo Left", is_active=False),
        # Late by two working days: Friday the 20th, then Monday and Tuesday.
        task("ONE-1", due="2026-11-20"), begun("ONE-1", month_ago),
        # Promised for 10 December, pushed to the 24th three days ago.
        task("ONE-2", kind="epic", due="2026-12-24"), begun("ONE-2", month_ago),
        moved("ONE-2", NOW - timedelta(days=3), "2026-12-10", "2026-12-24"),
        # No date at all: unknown, which is not fine.
        task("ONE-3", state="todo"),
        # Owned by somebody who left.
        task("ONE-4", due="2026-12-18", owner_id="leo"), begun("ONE-4", month_ago),
        # Finished on the day that was promised, and two working days after it.
        task("TWO-1", state="done", due="2026-11-12", actual_finish="2026-11-12"), begun("TWO-1", month_ago),
        task("TWO-2", state="done", due="2026-11-12", actual_finish="2026-11-16"), begun("TWO-2", month_ago),
        # Money: forecast above the budget.
        task("TWO-3", due="2026-12-30", budget=1000.0, actual_cost=400.0, forecast_cost=1250.0,
             currency="CHF"),
        # A milestone in the freeze, waiting for something that ends after it begins.
        task("TWO-4", kind="milestone", is_milestone=True, start="2026-12-21", due="2026-12-21"),
        begun("TWO-4", month_ago),
        Dependency(dependency_id="d1", source="shop", predecessor_id="shop/ONE-2", successor_id="shop/TWO-4"),
        # Risks: scored and unowned; without a score.
        task("TWO-5", kind="risk", owner_id=None, created_at=NOW - timedelta(days=2)),
        Risk(item_id="shop/TWO-5", source="shop", probability=4, impact=4, review_due=day("2026-11-10")),
        task("TWO-6", kind="risk"), Risk(item_id="shop/TWO-6", source="shop"),
        task("TWO-7", kind="decision", due="2026-12-01", title="Which supplier?"),
    ]  # fmt: skip


def stored(config: Config, records: list[Any], *, now: datetime = NOW) -> Store:
    """A store that holds these records, derived and checked."""
    store = open_store("sqlite://")
    store.declare_source("shop", kind="memory", form="Memory", mapping_version="1")
    store.save_page("shop", "all", Page(records=records), run_id="seed", now=now)
    store.mark_source("shop", good_at=now)
    work_out_once(store, config, now)
    return store


def work_out_once(store: Store, config: Config, now: datetime) -> None:
    with running(store, "check", clock=lambda: now) as run:
        work_out(store, sync_settings(config), run, SyncResult(run_id=run.run_id))
