"""A new file in the place of an old one: whole or not at all, and only over the bytes that were looked at.

The new bytes go into a file of their own in the same folder and reach the disk before they take the name of
the old file, in one step. A crash at any point leaves the old plan or the new one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from portfolio.private_files import create_private, make_private_folder

BACKUP_FOLDER = ".dovetail-backups"


class Changed(Exception):
    """The file is not the one that was looked at any more; it was left as it is."""


def obstacle(path: Path) -> str | None:
    """Why a file must not be replaced, as long as nobody changes that; None where nothing is against it."""
    try:
        status = path.lstat()
    except OSError as error:
        return f"it cannot be seen ({error.strerror or 'no reason given'})"
    if stat.S_ISLNK(status.st_mode):
        return "it is a link, which a new file would take the place of; name the file itself in `path`"
    if status.st_nlink > 1:
        return "it has a second name (a hard link), which would keep the old content"
    if not status.st_mode & 0o222 or not os.access(path, os.W_OK):
        return "it is read only"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return "no new file can be made in its folder"
    return None


def is_open(path: Path) -> bool:
    """Whether Office says that somebody has the file open: it leaves `~$plan.xml` beside it."""
    return any(path.with_name(f"~${name}").exists() for name in (path.name, path.name[2:]) if name)


def sha256(data: bytes) -> str:
    """The digest by which the content of a file is compared."""
    return hashlib.sha256(data).hexdigest()


def replace(path: Path, new: bytes, *, expected: str | None, like: Path | None = None) -> None:
    """Give a file new content.

    Args:
        path: the file.
        new: its new content.
        expected: the digest of the content that it must have now; None: there must be no such file.
        like: the file whose permissions a new one gets; without it, it is this account's alone.

    Raises:
        Changed: it has another content by now.
        OSError: the disk, the share or a permission; the old content stands.
    """
    temporary = path.with_name(f".{path.name}.dovetail.tmp")
    temporary.unlink(missing_ok=True)  # of a run that was killed
    try:
        _write(temporary, new, like=path if expected is not None else like)
        _require(path, expected)
        os.replace(temporary, path)  # noqa: PTH105 - one step, on every system
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _settle_folder(path.parent)


def back_up(path: Path, content: bytes, *, folder: Path, at: datetime, keep: int) -> Path:
    """Keep a copy of what is about to be replaced, and the newest `keep` copies of this file.

    Raises:
        OSError: no copy could be made.
    """
    make_private_folder(folder)
    copy = folder / f"{path.name}.{at:%Y%m%dT%H%M%SZ}-{sha256(content)[:8]}.bak"
    if not copy.exists():
        temporary = copy.with_name(f".{copy.name}.tmp")
        temporary.unlink(missing_ok=True)
        _write(temporary, content, like=path)
        os.replace(temporary, copy)  # noqa: PTH105 - one step, on every system
        _settle_folder(folder)
    ours = re.compile(re.escape(path.name) + r"\.[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}\.bak")
    copies = sorted(one for one in folder.iterdir() if ours.fullmatch(one.name) and one != copy)
    for old in copies[: max(0, len(copies) - keep + 1)]:
        with suppress(OSError):
            old.unlink()
    return copy


def _write(path: Path, content: bytes, *, like: Path | None) -> None:
    with os.fdopen(create_private(path), "wb") as handle:
        if like is not None:
            status = like.stat()
            with suppress(OSError, AttributeError):  # only an administrator may give a file away
                os.chown(path, status.st_uid, status.st_gid)
            shutil.copystat(like, path)
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    os.utime(path)


def _require(path: Path, expected: str | None) -> None:
    if digest(path) != expected:
        raise Changed


def digest(path: Path) -> str | None:
    """The digest of a file's content; None where there is no such file."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _settle_folder(folder: Path) -> None:
    """Make the new name last through a loss of power, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
