"""The store's tests run on a memory database, on a file and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pg_server
import pytest

from store import Store, open_store


@cache
def _shared_database() -> str:
    """A database at head that tests use one after the other: a new one for each would take half a second."""
    name = pg_server.new_database()
    open_store(pg_server.url_of(name)).close()
    return name


def _new_url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "memory":
        yield "sqlite://"
    elif kind == "file":
        yield f"sqlite:///{folder / 'dovetail.db'}"
    else:
        name = pg_server.new_database()
        yield pg_server.url_of(name)
        pg_server.drop_database(name)


@pytest.fixture(params=["memory", "file", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An open store that nothing is in. A test that changes its schema takes `own_store`."""
    if request.param == "postgresql":
        with open_store(pg_server.empty(_shared_database())) as opened:
            yield opened
        return
    for url in _new_url(request.param, tmp_path):
        with open_store(url) as opened:
            yield opened


@pytest.fixture(params=["memory", "file", "postgresql"])
def own_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An open store whose tables no other test will see."""
    for url in _new_url(request.param, tmp_path):
        with open_store(url) as opened:
            yield opened


@pytest.fixture(params=["file", "postgresql"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that does not even hold tables, and that a second store can open."""
    yield from _new_url(request.param, tmp_path)


@pytest.fixture
def postgresql_url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    yield from _new_url("postgresql", tmp_path)
