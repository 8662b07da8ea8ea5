"""The same week on PostgreSQL as on SQLite."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sync_world import World

from store import open_store

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
