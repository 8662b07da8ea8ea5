"""One run at a time per store, and no lock survives the run that held it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from portfolio.errors import LockHeld
from store import open_store

_HOLD = """
import sys, time
from store import open_store
with open_store(sys.argv[1]).lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_refused_until_the_first_has_finished(lasting_url: str) -> None:
    with open_store(lasting_url) as first, open_store(lasting_url) as second:
        with first.lock():
            with pytest.raises(LockHeld, match="another run is at work"), second.lock():
                pass
            first.check()  # the holder goes on working
        with second.lock():
            pass


def test_a_killed_run_leaves_no_lock(lasting_url: str) -> None:
    open_store(lasting_url).close()
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, lasting_url], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with open_store(lasting_url) as store:
            with pytest.raises(LockHeld), store.lock():
                pass
            os.kill(holder.pid, signal.SIGKILL)
            holder.wait()
            _until_free(store_url=lasting_url)
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()


def _until_free(store_url: str) -> None:
    """PostgreSQL notices a dead client a moment later than the operating system does."""
    import time

    for _ in range(100):
        try:
            with open_store(store_url) as store, store.lock():
                return
        except LockHeld:
            time.sleep(0.05)
    pytest.fail("the lock was never freed")


def test_a_failed_run_frees_its_lock(lasting_url: str) -> None:
    with open_store(lasting_url) as store:
        with pytest.raises(ZeroDivisionError), store.lock():
            raise ZeroDivisionError
        with store.lock():
            pass


def test_a_memory_store_needs_no_lock() -> None:
    with open_store("sqlite://") as store, store.lock(), store.lock():
        pass


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'd.db'}") as store, store.lock():
        assert (tmp_path / "d.db.lock").stat().st_mode & 0o777 == 0o600
