"""Looks for the secrets of the test suite in everything that it left behind, in five encodings.

Every secret that a test or a simulator uses carries one of the marks below. Letters, digits and hyphens
stand as they are in addresses and JSON too, so a mark is found raw in both; in base64 it is looked for at
every alignment, which covers Basic. As a script: `python tests/secret_scan.py FOLDER …` prints files, bytes
and hits, and fails where there is a hit, or nothing to look at.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MARKS = ("S3CRET-canary", "ATATT-simulated-", "simulatedPat", "simulatedAccess.")
# Files that tests write as what is read: the secrets themselves, and the states of simulated trackers.
INPUTS = frozenset(
    (
        "token", "secret", "proxy-password", "jira-token", "boards-token",  # secrets by reference
        "text.pem", "ours.crt", "ours.key", "proxy",  # secrets where certificates and settings belong
        "site.json", "boards.json", "state.json",  # the simulated trackers' own state
    )
)  # fmt: skip
ENCODINGS = ("raw", "base64", "basic", "url", "json")


@dataclass
class Scan:
    """What was looked at, and where a secret stands."""

    files: int = 0
    bytes: int = 0
    inputs: int = 0
    hits: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Also where nothing was looked at: an empty search finds nothing."""
        return bool(self.hits) or self.files == 0 or self.bytes == 0

    def __str__(self) -> str:
        lines = [f"secret found ({encoding}): {path}" for path, encoding in self.hits]
        told = f"secret scan: {self.files:,} files, {self.bytes:,} bytes, {len(self.hits)} hits"
        more = (
            f" ({self.inputs} files that tests wrote their secrets into were left out)" if self.inputs else ""
        )
        empty = "; nothing was looked at" if not self.files or not self.bytes else ""
        return "\n".join([*lines, f"{told}{more}{empty}"])


def needles(mark: str) -> Iterator[tuple[str, bytes]]:
    """A mark in every encoding, with the encoding's name."""
    raw = mark.encode()
    yield "raw", raw
    for before in range(3):
        # A letter that mixes the mark with its neighbours is left out at both ends.
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        core = text[before + 1 if before else 0 : (before + len(raw)) * 8 // 6]
        name = "basic" if before else "base64"
        yield name, core.encode()
        if (other := core.replace("+", "-").replace("/", "_")) != core:
            yield name, other.encode()
    for form in ("%{:02X}", "%{:02x}"):
        yield "url", "".join(form.format(one) for one in raw).encode()
    for form in ("\\u{:04x}", "\\u{:04X}"):
        yield "json", "".join(form.format(one) for one in raw).encode()


NEEDLES = tuple(dict.fromkeys(one for mark in MARKS for one in needles(mark)))


def found_in(content: bytes) -> list[str]:
    """The encodings in which a secret stands in some bytes."""
    return sorted({name for name, needle in NEEDLES if needle in content})


def written(path: Path) -> bytes:
    """The bytes of a file without its holes: tests make files of gigabytes that take no room."""
    if path.stat().st_blocks * 512 > path.stat().st_size // 2:
        return path.read_bytes()
    parts: list[bytes] = []
    with path.open("rb") as file:
        end = 0
        while True:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
                end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            except OSError:  # nothing but a hole up to the end
                return b"".join(parts)
            parts.append(os.pread(file.fileno(), end - start, start))


def scan(folders: Iterable[Path]) -> Scan:
    """Look through every file below some folders."""
    result = Scan()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            content = written(path)
            encodings = found_in(content)
            if path.name in INPUTS:
                result.inputs += bool(encodings)
                continue
            result.files += 1
            result.bytes += len(content)
            result.hits += [(path, encoding) for encoding in encodings]
    return result


if __name__ == "__main__":
    done = scan(Path(one) for one in sys.argv[1:])
    print(done)  # noqa: T201
    sys.exit(done.failed)
