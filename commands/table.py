"""Lays a table out: which columns, how wide, where text wraps. Prints nothing.

A column says how it behaves where space is short: keys keep every character, text wraps, and what is
optional gives way, the last of the options first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from commands.text import clean

_GAP = "  "
_TEXT_MINIMUM = 20  # two texts and a plan's long keys fit 80 columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: the value of a row that it shows.
        title: its heading; by default the name in words.
        shown: makes the text instead, from the row.
        wraps: long text is wrapped; other columns keep every character.
        optional: 0 always stands; the highest number is left out first.
        is_number: right-aligned.
        weight: the share of the space that it gets where it wraps.
        is_verbatim: the title is somebody's name or key and stands as it is.
    """

    name: str
    title: str = ""
    shown: Callable[[Mapping[str, object]], object] | None = None
    wraps: bool = False
    optional: int = 0
    is_number: bool = False
    is_verbatim: bool = False
    weight: int = 1

    @property
    def heading(self) -> str:
        """What stands above it."""
        title = clean(self.title or self.name.replace("_", " "))
        return title if self.is_verbatim else title.upper()

    def text(self, row: Mapping[str, object]) -> str:
        """The cell for people."""
        value = self.shown(row) if self.shown is not None else row.get(self.name)
        if self.is_number and isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        return clean(plain(value))


def plain(value: object) -> str:
    """A value as people read it: nothing where it is unknown, instants to the minute."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case float():
            return f"{value:.10g}"
        case list() | tuple():
            return ", ".join(plain(one) for one in value)
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Laid:
    """A table of which every cell is known."""

    columns: Sequence[Column]
    widths: Sequence[int]
    texts: Sequence[Sequence[str]]

    def cells(self) -> Iterator[list[str]]:
        """The lines, heading first, each as its padded cells with the gaps between them."""
        yield self._line([column.heading for column in self.columns])
        for row in self.texts:
            wrapped = [wrap(text, width) for text, width in zip(row, self.widths, strict=True)]
            for number in range(max(len(lines) for lines in wrapped)):
                yield self._line([lines[number] if number < len(lines) else "" for lines in wrapped])

    def plain(self) -> Iterator[str]:
        """The lines as text."""
        for cells in self.cells():
            yield "".join(cells)

    def _line(self, cells: Sequence[str]) -> list[str]:
        padded: list[str] = []
        for number, (cell, width, column) in enumerate(zip(cells, self.widths, self.columns, strict=True)):
            space = " " * max(width - cells_of(cell), 0)
            padded.append((_GAP if number else "") + (space + cell if column.is_number else cell + space))
        return padded


def layout(columns: Sequence[Column], rows: Sequence[Mapping[str, object]], *, width: int | None) -> Laid:
    """The table in a given width; None leaves every row on one line."""
    texts = {column.name: [column.text(row) for row in rows] for column in columns}
    # A column that says nothing about any row is not worth its space.
    kept = [one for one in columns if one.optional == 0 or any(texts[one.name])]
    natural = {
        one.name: max(cells_of(one.heading), *(cells_of(text) for text in texts[one.name])) for one in kept
    }
    while width is not None and _least(kept, natural) > width and any(one.optional for one in kept):
        worst = max(kept, key=lambda one: one.optional)
        kept = [one for one in kept if one is not worst]
    kept = _foldable(kept, natural, width)
    widths = _widths(kept, natural, width)
    return Laid(kept, widths, list(zip(*(texts[one.name] for one in kept), strict=True)))


def _foldable(columns: list[Column], natural: Mapping[str, int], width: int | None) -> list[Column]:
    """The columns, of which so many wrap that the rest fits: at last a key is folded, never shortened."""
    found = list(columns)
    while width is not None and _least(found, natural) > width and not all(one.wraps for one in found):
        longest = max((one for one in found if not one.wraps), key=lambda one: natural[one.name])
        if natural[longest.name] <= _TEXT_MINIMUM // 2:
            break
        found[found.index(longest)] = replace(longest, wraps=True)
    return found


def _least(columns: Sequence[Column], natural: Mapping[str, int]) -> int:
    return len(_GAP) * (len(columns) - 1) + sum(
        min(natural[one.name], _TEXT_MINIMUM) if one.wraps else natural[one.name] for one in columns
    )


def _widths(columns: Sequence[Column], natural: Mapping[str, int], width: int | None) -> list[int]:
    """Columns that wrap share what the others leave, by what they would like; short ones get it all."""
    if width is None:
        return [natural[one.name] for one in columns]
    wrapping = [one for one in columns if one.wraps]
    fixed = sum(natural[one.name] for one in columns if not one.wraps)
    left = width - len(_GAP) * (len(columns) - 1) - fixed
    given: dict[str, int] = {}
    weights = sum(one.weight for one in wrapping)
    for one in sorted(wrapping, key=lambda one: natural[one.name] / one.weight):
        fair = left * one.weight // weights
        weights -= one.weight
        given[one.name] = min(natural[one.name], max(fair, min(_TEXT_MINIMUM // 2, natural[one.name])))
        left -= given[one.name]
    return [given.get(one.name, natural[one.name]) for one in columns]


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most that many cells; a word that is longer is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if cells_of(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        while cells_of(word) > width:
            head = _head(word, width)
            lines.append(head)
            word = word[len(head) :]  # noqa: PLW2901 - the rest of the same word
        line = word
    return [*lines, line]


def _head(word: str, width: int) -> str:
    """As much of a word as fits, at least one character."""
    taken = 0
    for count, character in enumerate(word):
        taken += cells_of(character)
        if taken > width and count:
            return word[:count]
    return word


def cells_of(text: str) -> int:
    """How many cells of a terminal a text takes: Chinese takes two, an accent none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
