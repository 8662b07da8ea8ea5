"""Addresses of databases: the file's folder, the password that is kept elsewhere, and what may be shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

_SQLITE = "sqlite:///"


def absolute(url: str, folder: Path) -> str:
    """The URL with a relative SQLite path started at the configuration's folder."""
    path = sqlite_file(url, folder)
    return url if path is None else f"{_SQLITE}{path}"


def sqlite_file(url: str, folder: Path) -> Path | None:
    """The file of a SQLite URL; None for any other."""
    path = url.removeprefix(_SQLITE)
    if not url.startswith(_SQLITE) or path in ("", ":memory:"):
        return None
    return (folder / Path(path).expanduser()).absolute()


def with_password(url: str, password: str) -> str:
    """The URL with the password after the user."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password, safe='')}{at or '@'}{host}"))
