"""The files that reports are written to: whole or not at all, for this account only, or stdout for `-`."""

from __future__ import annotations

import sys
from pathlib import Path

from commands.session import Session
from portfolio.errors import UsageError
from portfolio.private_files import replace_private

STDOUT = Path("-")


def write_report(session: Session, path: Path, content: bytes, said: str) -> None:
    """Write a report, and say where it is and what is in it.

    Raises:
        UsageError: the file cannot be written.
    """
    if path == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        replace_private(path, content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"{path} cannot be written: {reason}.", hint="Name another file with --output."
        ) from error
    session.talk.say(f"{path}: {said}")


def read_before(path: Path, limit: int = 50_000_000) -> bytes | None:
    """What stands in the file now; None where there is nothing to read."""
    try:
        if path == STDOUT or not path.is_file() or path.stat().st_size > limit:
            return None  # reading a pipe would wait for ever
        return path.read_bytes()
    except OSError:
        return None
