"""Faults of the machine and of the database: full disk, locks, two runs at once, a frozen run, a lost server.

Numbers 14 to 17 of the plan. Each says what happened and leaves a sound database; the next run is whole.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from engine import Engine
from shared import ROOT
from sides import TUESDAY, MemorySide

from portfolio.errors import LockHeld, StoreError, StoreUnavailable
from store import Store, database, open_store

TODAY = TUESDAY.date()
LATE = TODAY - timedelta(days=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dovetail.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    side = MemorySide()
    for _ in range(6):
        side.add(LATE)
    engine = Engine(side, open_store(f"sqlite:///{path}"))
    yield engine
    engine.store.close()


def is_sound(path: Path) -> bool:
    with sqlite3.connect(path) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def is_whole(engine: Engine) -> bool:
    """After one more run everything is there, once."""
    assert engine.run().exit_code == 0
    assert engine.stored() == engine.side.truth()
    return all(len(engine.side.ours(item)) == 1 for item in engine.side.tasks())


@pytest.mark.parametrize("room", range(0, 40, 5))
def test_14_a_disk_that_is_full_at_any_point_leaves_a_sound_database(
    engine: Engine, path: Path, room: int
) -> None:
    with engine.store._db.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + room}")
    with suppress(StoreUnavailable):
        assert engine.run().exit_code == 0
    engine.store.close()
    assert is_sound(path)
    engine.store = open_store(f"sqlite:///{path}")
    assert is_whole(engine)


def test_14_a_full_disk_stops_the_run_and_says_so(engine: Engine) -> None:
    with engine.store._db.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    # Rows find room in pages that are half empty, for a while.
    for _ in range(300):
        engine.side.add(LATE)
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        engine.run()


def test_15_a_database_that_another_program_holds_is_said_and_nothing_is_half_done(
    engine: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.store.close()
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    engine.store = open_store(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked by another program"):
        engine.run()
    other.execute("ROLLBACK")
    other.close()
    assert is_sound(path)
    assert is_whole(engine)


def test_15_a_database_that_is_read_only_is_said_and_the_next_run_is_whole(
    engine: Engine, path: Path
) -> None:
    with engine.store._db._writer.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA query_only = ON")  # root may write to any file
    with pytest.raises(StoreUnavailable, match="read-only"):
        engine.run()
    engine.store.close()
    engine.store = open_store(f"sqlite:///{path}")
    assert is_whole(engine)


_HOLDER = """\
import sys, time
from store import open_store
with open_store(sys.argv[1]) as store, store.lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_16_a_run_that_is_frozen_keeps_the_second_out_until_it_is_gone(engine: Engine, path: Path) -> None:
    # The lock is the operating system's: a frozen run holds it, so it cannot come back from the dead and
    # write over another, and a killed one leaves none.
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, f"sqlite:///{path}"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockHeld, match="another run is at work"):
            engine.run()
        holder.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        with pytest.raises(LockHeld, match="another run is at work"):
            engine.run()
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    assert is_whole(engine)


def test_17_a_server_that_drops_every_connection_costs_one_run() -> None:
    sys.path.append(str(Path(__file__).parents[1] / "store"))
    import pg_server

    name = pg_server.new_database()
    side = MemorySide()
    for _ in range(4):
        side.add(LATE)
    with open_store(pg_server.url_of(name)) as store:
        for after in (1, 3, 6):
            _dropped(side, store, name, after)
            side.pass_time(hours=1)
            side.add(LATE)
        engine = Engine(side, store)
        assert is_whole(engine)
        assert not engine.unsettled()
    pg_server.drop_database(name)


def _dropped(side: MemorySide, store: Store, name: str, after: int) -> None:
    """A run in whose nth request the server ends all connections, as a restart or a failover does."""
    import pg_server

    seen = len(side.tracker.requests)
    original = side.tracker.request

    def request(operation: str, effect: object = None) -> None:
        if len(side.tracker.requests) - seen == after - 1:
            pg_server.run_sql(
                "postgres",
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
            )
        original(operation, effect)  # type: ignore[arg-type]

    side.tracker.request = request  # type: ignore[method-assign]
    try:
        Engine(side, store).run()
    except StoreError:
        pass
    finally:
        side.tracker.request = original  # type: ignore[method-assign]
