"""What goes wrong inside a database, in words a person can act on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from portfolio.errors import RuleError, StoreUnavailable


class SelectError(RuleError):
    """The database could not answer a rule's query. That rule is skipped and reported."""

    def __init__(self, view: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"over {view}", message, hint=hint)
        self.view = view


class SelectTimeout(SelectError):
    """A rule's query took longer than its time limit."""


class SelectTooLarge(SelectError):
    """A rule's query found more rows than its limit."""


class SelectFailed(SelectError):
    """The database refused a rule's query."""


# Parts of the databases' own messages, in lower case → what happened, what to do.
_REASONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("disk is full", "no space left", "disk full", "could not extend file"),
        "the disk is full",
        "Free some space and run again; what was committed is intact.",
    ),
    (
        ("database is locked", "database table is locked", "lock timeout", "deadlock detected"),
        "the database is locked by another program",
        "Close the other program, or run again when it has finished.",
    ),
    (
        ("readonly database", "read-only transaction", "cannot execute insert in a read-only"),
        "the database is read-only",
        "Give this account write permission on the file and its folder, or connect to the primary server.",
    ),
    (
        ("file is not a database", "file is encrypted"),
        "the file is not a SQLite database",
        "Check the path after `store:`; the file was left as it is.",
    ),
    (
        ("malformed", "corrupt"),
        "the database is damaged",
        "Restore it from a backup, or delete it and run `dovetail sync --full`.",
    ),
    (
        ("disk i/o error",),
        "the disk reports an error",
        "Look at the disk; network file systems cannot hold a SQLite database.",
    ),
    (
        ("unable to open database",),
        "the file cannot be opened",
        "Check that the folder exists and that this account may write to it.",
    ),
    (
        ("password authentication failed", "no password supplied", "authentication failed"),
        "the server does not accept the user or the password",
        "Check the user in `store:` and its password (PGPASSWORD, PGPASSFILE or the URL).",
    ),
    (
        ("permission denied", "must be owner"),
        "the database user lacks a permission",
        "Grant CREATE and USAGE on the schema, and all rights on Dovetail's tables.",
    ),
    (
        ("does not exist",),
        "something that should be there is missing",
        "Check the database name in `store:`; `dovetail db check` tells more.",
    ),
    (
        (
            "connection refused", "could not connect", "connection failed", "connection is bad",
            "server closed the connection", "could not translate host", "name or service not known",
            "failed to resolve", "terminating connection", "the connection is closed", "connection timeout",
            "shutting down", "starting up",
        ),
        "the server cannot be reached",
        "Check that it runs and that host and port in `store:` are right, then run again.",
    ),
)  # fmt: skip


def unavailable(where: str, error: BaseException) -> StoreUnavailable:
    """The error to raise for one of the database driver's: what happened, to what, what to do."""
    cause = getattr(error, "orig", None) or error
    text = str(cause).strip()
    folded = text.lower()
    for parts, what, hint in _REASONS:
        if any(part in folded for part in parts):
            return StoreUnavailable(f"{where}: {what}.", hint=hint)
    # The first line alone: further lines of a driver's message quote the values it was given.
    first = text.splitlines()[0] if text else type(cause).__name__
    return StoreUnavailable(f"{where}: {first}.", hint="`dovetail db check` looks for the reason.")


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn the driver's errors into `StoreUnavailable`."""
    import sqlite3

    from sqlalchemy.exc import DBAPIError

    errors: tuple[type[BaseException], ...] = (DBAPIError, sqlite3.Error)
    psycopg = sys.modules.get("psycopg")  # loaded where PostgreSQL is used; COPY speaks to it directly
    if psycopg is not None:
        errors = (*errors, psycopg.Error)
    try:
        yield
    except errors as error:
        raise unavailable(where, error) from error
