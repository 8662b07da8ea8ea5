"""The same week on PostgreSQL as on SQLite."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sync_world import TUESDAY, World

import sync.derive as derive_module
from portfolio.records import Page, WorkItem
from store import open_store
from sync.derive import derive
from sync.workspace import DeriveSettings

FIELDS = {"health": "Portfolio health", "open_findings": "Open findings", "percent_complete": "Done"}


def week(world: World) -> list[Any]:
    """What each day writes, and what is known at its end."""
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    world.task("CHK-2", due="2026-11-19", parent="CHK-1")
    world.task("CHK-3", due="2026-11-26", parent="CHK-1", owner_id=None)
    world.task("RET-1", on="boards", due="2026-10-30")
    seen: list[Any] = []
    for half_day in range(14):
        if half_day == 4:
            world.shop.edit("CHK-2", by="ana", state="done")
        if half_day == 9:
            world.boards.edit("RET-1", by="ana", is_blocked=True)
        before = len(world.written())
        result = world.sync()
        assert result.checked is not None
        assert result.checked.is_partial == (half_day % 2 == 1)
        seen.append((result.exit_code, world.written()[before:]))
        world.clock.advance(hours=12)
    seen.append([(one.rule, one.key, one.state, one.opened_at) for one in world.store.findings()])
    return seen


def test_a_week_on_postgresql_is_the_week_on_sqlite() -> None:
    sys.path.append(str(Path(__file__).parents[1] / "store"))
    import pg_server

    name = pg_server.new_database()
    with open_store(pg_server.url_of(name)) as store:
        assert week(World(store, fields=FIELDS)) == week(World(fields=FIELDS))
    pg_server.drop_database(name)


def test_what_another_process_stores_during_the_first_derivation_is_derived_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sys.path.append(str(Path(__file__).parents[1] / "store"))
    import pg_server

    def save(due: date) -> None:
        record = WorkItem(item_id="shop/1", source="shop", native_id="1", key="CHK-1", scope="CHK", due=due)
        elsewhere.save_page("shop", "all", Page(records=[record]), run_id="r", now=TUESDAY)

    def interrupted(*arguments: Any) -> Any:
        yield from steps(*arguments)
        save(date(2026, 12, 8))

    steps = derive_module._run
    name = pg_server.new_database()
    with open_store(pg_server.url_of(name)) as store, open_store(pg_server.url_of(name)) as elsewhere:
        store.declare_source("shop", "jira", "jira", "1")
        save(date(2026, 12, 1))
        with monkeypatch.context() as patched:
            patched.setattr(derive_module, "_run", interrupted)
            derive(store, DeriveSettings(), today=TUESDAY.date(), now=TUESDAY)
        derive(store, DeriveSettings(), today=TUESDAY.date(), now=TUESDAY)
        assert [row["effective_due"] for row in store.rows("item")] == [date(2026, 12, 8)]
    pg_server.drop_database(name)
