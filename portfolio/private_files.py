"""Files that hold what the trackers told us: for this account only from the first byte, whatever the umask.

A file that is there already keeps its permissions: whoever runs Dovetail may want to share it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_EXCLUSIVE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def create_private(path: Path) -> int:
    """Make a new file and give its handle. A link that stands in its place is not followed.

    Raises:
        FileExistsError: something of this name is there.
        OSError: the folder, the disk or a permission.
    """
    handle = os.open(path, _EXCLUSIVE, PRIVATE_FILE)
    with suppress(OSError, AttributeError):  # a file system without permissions has nothing to take away
        os.fchmod(handle, PRIVATE_FILE)  # a umask may have taken away what this account itself needs
    return handle


@contextmanager
def replacing_private(path: Path) -> Iterator[BinaryIO]:
    """A file to write a new content into, which takes the place of `path` when the block ends well.

    All of it or nothing: whatever ends the block early, an error or a signal, leaves what stood there and no
    draft. A new file is private; one of this account that is there keeps its mode. A link is replaced, not
    followed, and says nothing about who may read.

    Raises:
        OSError: the folder, the disk or a permission; what stood there stands.
    """
    if not path.name:  # an empty path is the folder itself
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    mode = _mode_to_keep(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)  # of a run that was killed
    try:
        with os.fdopen(create_private(draft), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            draft.chmod(mode)
        os.replace(draft, path)  # noqa: PTH105 - one step, on every system
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _mode_to_keep(path: Path) -> int | None:
    """The mode of a file that is this account's own; None where there is none to keep.

    Somebody else's file or a link in a shared folder does not get to say who may read what trackers told.

    Raises:
        OSError: what is there is no file: a folder, a device, a pipe. Replacing it would harm the machine.
    """
    try:
        there = path.stat()
        itself = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(there.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe, not a file", str(path))
    is_own = not hasattr(os, "geteuid") or itself.st_uid == os.geteuid()
    return stat.S_IMODE(there.st_mode) if is_own and stat.S_ISREG(itself.st_mode) else None


def replace_private(path: Path, content: bytes) -> None:
    """Give a file this content, all of it or nothing. A new one is private; one that is there keeps its mode.

    Raises:
        OSError: the folder, the disk or a permission; what stood there stands.
    """
    with replacing_private(path) as file:
        file.write(content)


def make_private_folder(path: Path) -> None:
    """Make a folder for this account only, and those above it that are missing; one that is there stays."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for one in missing:
        with suppress(OSError):
            one.chmod(PRIVATE_FOLDER)


def readers(path: Path) -> str | None:
    """Who else may read a file: `its group`, `everybody`; None where nobody may, or it is not there."""
    return _others(path, stat.S_IRGRP, stat.S_IROTH)


def writers(path: Path) -> str | None:
    """Who else may change a file; None where nobody may, or it is not there."""
    return _others(path, stat.S_IWGRP, stat.S_IWOTH)


def _others(path: Path, group: int, everybody: int) -> str | None:
    if os.name != "posix":
        return None  # permissions there are lists, which these bits do not show
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if mode & everybody:
        return "everybody"
    return "its group" if mode & group else None
