"""The folder of plans: which files there are, whether one may be believed, and its rows.

The only place that opens a file. A file that cannot be used raises FileUnreadable with one clear line.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec
from lxml import etree

from connectors.ms_project.reader import NotAPlan, PlanReader
from connectors.ms_project.settings import ProjectFileSettings
from connectors.ms_project.wire import PlanRows
from portfolio.errors import FileUnreadable

CHUNK_BYTES = 256 * 1024
_PROLOG_BYTES = 64 * 1024

# What else is found under a name that ends in .xml, by its first bytes.
_MAGIC: Sequence[tuple[bytes, str, str]] = (
    (
        b"\xd0\xcf\x11\xe0",
        "is a binary file of Microsoft Project (.mpp), perhaps with a password",
        "Save it from Project as XML (File, Save As, XML format).",
    ),
    (b"\x1f\x8b", "is compressed with gzip", "Unpack it first."),
    (b"PK\x03\x04", "is a ZIP archive", "Unpack it first."),
    (b"%PDF", "is a PDF document", "Save the plan from Project as XML."),
)
_ENCODING = re.compile(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']{1,40})["']""")
# What Project and its rivals write. Others (UTF-7 above all) can hide markup from the checks made here.
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(le|be)?|(us-)?ascii|iso-8859-[0-9]{1,2}|(windows-|cp)125[0-9]|koi8-r|gbk|gb2312|gb18030"
    r"|big5|shift_jis|euc-(jp|kr)",
    re.IGNORECASE,
)
# What Dovetail itself puts beside a plan: its copies and its tables.
_OWN_FILES = re.compile(r"\.[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}\.bak$|\.dovetail\.csv$")
_SKIPPABLE = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"<([^\s/>!?]{1,80})")


class PlanFile(msgspec.Struct, frozen=True):
    """A file that the configuration names. `scope` identifies it for good: its path below the pattern."""

    scope: str
    path: Path


class Problem(msgspec.Struct, frozen=True):
    """A place that the configuration names and that cannot be used, found before any file was opened."""

    scope: str
    text: str


class Found(msgspec.Struct, frozen=True):
    """What a look at the folders gave. Unless it is complete, nothing may be concluded from an absence."""

    files: Sequence[PlanFile]
    problems: Sequence[Problem]
    is_complete: bool


class ReadPlan(msgspec.Struct, frozen=True):
    """The rows of one file, with the digest of exactly the bytes they were read from."""

    rows: PlanRows
    sha256: str
    signature: str


class LoadedPlan(msgspec.Struct, frozen=True):
    """The bytes of one file, and the rows that were read from exactly them."""

    raw: bytes
    rows: PlanRows
    sha256: str


class FileBusy(FileUnreadable):
    """Somebody writes to the file at this moment."""


class PlanFolder:
    """The files of one source.

    Args:
        settings: which files, and how large they may be.
        folder: where relative paths start.
    """

    def __init__(self, settings: ProjectFileSettings, folder: Path) -> None:
        self._source = settings.name
        self._patterns = settings.path
        self._folder = folder
        self._max_bytes = int(settings.max_file_mb * 1_000_000)
        self._max_mb = settings.max_file_mb

    def find(self) -> Found:
        """The files there are now, in a fixed order. Nothing is opened."""
        files: dict[str, PlanFile] = {}
        problems: list[Problem] = []
        is_complete = True
        for pattern in self._patterns:
            base, rest = self._split(pattern)
            if not base.is_dir():
                problems.append(Problem(pattern, "its folder does not exist or cannot be reached"))
                is_complete = False
                continue
            for path in self._matches(base, rest):
                scope = unicodedata.normalize("NFC", path.relative_to(base).as_posix())
                known = files.setdefault(scope, PlanFile(scope, path))
                if known.path != path and not _is_same(known.path, path):
                    # Two files under one identity would mix their tasks: unique ids restart in every plan.
                    problems.append(
                        Problem(
                            str(
                                path.relative_to(self._folder) if path.is_relative_to(self._folder) else path
                            ),
                            f"has the same name as a plan of another path of this source ({scope}); "
                            "give it another name, or make it a source of its own",
                        )
                    )
        return Found([files[scope] for scope in sorted(files)], problems, is_complete)

    def signature(self, file: PlanFile) -> str | None:
        """Size and times of the file as one text, or None where it cannot be seen. Nothing is opened."""
        try:
            return _signature(file.path.stat())
        except OSError:
            return None

    def digest(self, file: PlanFile) -> str:
        """The SHA-256 of the file's content.

        Raises:
            FileUnreadable: it cannot be read, or is larger than the limit.
        """
        with self._open(file) as handle:
            digest = hashlib.sha256()
            for chunk in self._chunks(file, handle):
                digest.update(chunk)
        return digest.hexdigest()

    def read(self, file: PlanFile) -> ReadPlan:
        """The rows of a whole, unbroken plan; nothing at all of any other.

        Raises:
            FileUnreadable: missing, locked, too large, cut off, hostile, or not a plan.
        """
        with self._open(file) as handle:
            before = os.fstat(handle.fileno())
            head = handle.read(_PROLOG_BYTES)
            self._check_prolog(file, head)
            handle.seek(0)
            digest = hashlib.sha256()
            rows = self._parse(file, self._digested(file, handle, digest))
            after = self._unchanged(file, handle, before)
        return ReadPlan(rows, digest.hexdigest(), after)

    def load(self, file: PlanFile) -> LoadedPlan:
        """The bytes of a whole, unbroken plan and their rows: what may be written to.

        Raises:
            FileBusy: it was written to while it was read.
            FileUnreadable: as in `read`.
        """
        with self._open(file) as handle:
            before = os.fstat(handle.fileno())
            raw = b"".join(self._chunks(file, handle))
            self._unchanged(file, handle, before)
        return LoadedPlan(raw, self.understood(file, raw), hashlib.sha256(raw).hexdigest())

    def understood(self, file: PlanFile, raw: bytes) -> PlanRows:
        """The rows in these bytes, whether or not they stand in the file.

        Raises:
            FileUnreadable: cut off, hostile, or not a plan.
        """
        self._check_prolog(file, raw[:_PROLOG_BYTES])
        return self._parse(file, (raw[at : at + CHUNK_BYTES] for at in range(0, len(raw), CHUNK_BYTES)))

    def _unchanged(self, file: PlanFile, handle: BinaryIO, before: os.stat_result) -> str:
        after = _signature(os.fstat(handle.fileno()))
        if _signature(before) != after:
            raise FileBusy(
                self._source,
                f"{file.scope}: was written to while it was read.",
                hint="It is read again next time.",
            )
        return after

    def _digested(self, file: PlanFile, handle: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
        for chunk in self._chunks(file, handle):
            digest.update(chunk)
            yield chunk

    def _parse(self, file: PlanFile, chunks: Iterable[bytes]) -> PlanRows:
        reader = PlanReader()
        try:
            for chunk in chunks:
                reader.feed(chunk)
            return reader.close()
        except etree.XMLSyntaxError as error:
            line, column = error.position
            raise self._unreadable(
                file,
                f"is cut off or is not well-formed XML (line {line}, column {column})",
                "Save it from Project again.",
            ) from error
        except NotAPlan as error:
            raise self._unreadable(file, str(error), "Save the plan from Project as XML.") from error

    def _open(self, file: PlanFile) -> BinaryIO:
        try:
            status = file.path.stat()
            if stat.S_ISDIR(status.st_mode):
                raise self._unreadable(file, "is a folder", f"Name its files: {file.scope}/*.xml.")
            if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
                raise self._unreadable(file, "is not a regular file", "Name a file saved by Project as XML.")
            if status.st_size > self._max_bytes:
                raise self._too_large(file, status.st_size)
            return file.path.open("rb")
        except FileNotFoundError as error:
            raise self._unreadable(file, "does not exist", "Check `path`.") from error
        except OSError as error:
            raise self._unreadable(
                file,
                f"cannot be opened ({error.strerror or 'no reason given'})",
                "Check its permissions, and whether someone has it open.",
            ) from error

    def _chunks(self, file: PlanFile, handle: BinaryIO) -> Iterator[bytes]:
        total = 0
        try:
            while chunk := handle.read(CHUNK_BYTES):
                total += len(chunk)
                if total > self._max_bytes:
                    raise self._too_large(file, total)
                yield chunk
        except OSError as error:
            raise self._unreadable(
                file, f"cannot be read ({error.strerror or 'no reason given'})", "Check the disk or share."
            ) from error

    def _check_prolog(self, file: PlanFile, head: bytes) -> None:
        """Refuse what is no XML, hides its markup, or declares a document type, before the parser sees it."""
        if not head.strip(b"\0 \t\r\n"):
            raise self._unreadable(file, "is empty", "Save it from Project again.")
        for magic, what, hint in _MAGIC:
            if head.startswith(magic):
                raise self._unreadable(file, what, hint)
        text = _decode(head)
        if text is None:
            raise self._unreadable(
                file, "is not XML (it holds binary data)", "Save the plan from Project as XML."
            )
        declared = _ENCODING.match(text)
        if declared and not _ENCODINGS.fullmatch(declared[1]):
            raise self._unreadable(
                file, "declares an encoding that is not accepted", "Save it from Project again, as UTF-8."
            )
        position = 0
        while skipped := _SKIPPABLE.match(text, position):
            position = skipped.end()
        if text.startswith("<!DOCTYPE", position):
            raise self._unreadable(
                file,
                "has a document type (DOCTYPE), which no plan has and which is refused",
                "Save it from Project again.",
            )
        root = _ROOT.match(text, position)
        if root is None:
            raise self._unreadable(file, "is not XML", "Save the plan from Project as XML.")
        if root[1].rpartition(":")[2] != "Project":
            raise self._unreadable(
                file, "is XML, but not a Microsoft Project plan", "Save the plan from Project as XML."
            )

    def _matches(self, base: Path, rest: str) -> Iterator[Path]:
        if not glob.has_magic(rest):
            yield base / rest
            return
        for name in sorted(glob.glob(rest, root_dir=base, recursive=True)):  # noqa: PTH207 - root_dir
            # ~$plan.xml is the lock that Office leaves beside an open file.
            if not Path(name).name.startswith("~$") and not _OWN_FILES.search(name):
                yield base / name

    def _split(self, pattern: str) -> tuple[Path, str]:
        """The fixed folder a pattern starts in, and the rest of it."""
        path = self._folder / Path(pattern).expanduser()
        parts = path.parts
        fixed = next((at for at, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
        return Path(*parts[:fixed]), str(Path(*parts[fixed:]))

    def _too_large(self, file: PlanFile, size: int) -> FileUnreadable:
        return self._unreadable(
            file,
            f"is {size / 1e6:.0f} MB, more than the limit of {self._max_mb:g} MB",
            "Raise max_file_mb if the file is what it should be.",
        )

    def _unreadable(self, file: PlanFile, what: str, hint: str) -> FileUnreadable:
        return FileUnreadable(self._source, f"{file.scope}: {what}.", hint=hint)


def _signature(status: os.stat_result) -> str:
    # The change time cannot be set by hand, so a file swapped with its old date and size kept is still seen.
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _decode(head: bytes) -> str | None:
    """The first characters, well enough to see the prolog; None for what is no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace").removeprefix("\ufeff")
    if head[:4] in (b"<\0?\0", b"<\0P\0"):
        return head[: len(head) // 2 * 2].decode("utf-16-le", "replace")
    if head[:4] in (b"\0<\0?", b"\0<\0P"):
        return head[: len(head) // 2 * 2].decode("utf-16-be", "replace")
    if b"\0" in head:
        return None
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
