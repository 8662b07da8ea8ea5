"""The store's tests run on a memory database, on a file and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pg_server
import pytest

from store import Store, open_store


@cache
def _template() -> str:
    """A database at head, which tests copy: quicker than making every table again."""
    name = pg_server.new_database()
    open_store(pg_server.url_of(name)).close()
    return name


def _urls(kind: str, folder: Path, *, empty: bool) -> Iterator[str]:
    if kind == "memory":
        yield "sqlite://"
    elif kind == "file":
        yield f"sqlite:///{folder / 'dovetail.db'}"
    else:
        name = pg_server.new_database() if empty else pg_server.new_database(_template())
        yield pg_server.url_of(name)
        pg_server.drop_database(name)


@pytest.fixture(params=["memory", "file", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that nothing is in."""
    yield from _urls(request.param, tmp_path, empty=False)


@pytest.fixture(params=["file", "postgresql"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that does not even hold tables, and that a second store can open."""
    yield from _urls(request.param, tmp_path, empty=True)


@pytest.fixture
def postgresql_url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    yield from _urls("postgresql", tmp_path, empty=True)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store that nothing is in."""
    with open_store(url) as opened:
        yield opened
