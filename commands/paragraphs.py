"""Text of some length on stdout: names with values beside them, wrapped to the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from commands.output import print_line, width
from commands.table import cells_of, plain, wrap
from commands.text import clean

_DEFAULT_WIDTH = 100


def print_heading(text: str) -> None:
    """A heading with an empty line before it."""
    print_line()
    print_line(text, style="bold")


def print_pairs(pairs: Sequence[tuple[str, object]], *, indent: int = 0) -> None:
    """Names and values in two columns; a long value goes on below itself."""
    left = max((cells_of(clean(name)) for name, _ in pairs), default=0) + 2 + indent
    room = max((width() or _DEFAULT_WIDTH) - left, 24)
    for name, value in pairs:
        head = f"{' ' * indent}{clean(name)}"
        for line in wrap(clean(plain(value)), room):
            print_line(f"{head}{' ' * (left - cells_of(head))}{line}".rstrip())
            head = ""
