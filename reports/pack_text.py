"""Makes text fit: how wide it is, where it wraps, and where it ends in an ellipsis.

Widths are those of Liberation Sans, which are Arial's: what fits here fits in PowerPoint, LibreOffice and
PDF. A little is kept free, because every program wraps a little differently.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

from reports.pack_model import Paragraph, Run
from reports.plain_text import ELLIPSIS, line

FONTS = Path(__file__).parent / "fonts"
REGULAR = FONTS / "LiberationSans-Regular.ttf"
BOLD = FONTS / "LiberationSans-Bold.ttf"
LEADING = 1.2  # of a line, in sizes of its letters
_KEPT_FREE = 0.95
_UNKNOWN_WIDTH = 0.7  # of a letter that the font has not, in sizes


@lru_cache(maxsize=2)
def _widths(bold: bool) -> Mapping[int, float]:
    with TTFont(BOLD if bold else REGULAR, lazy=True) as font:
        units = font["head"].unitsPerEm
        metrics = font["hmtx"]
        return {code: metrics[name][0] / units for code, name in font.getBestCmap().items()}


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line of text is, in points."""
    widths = _widths(bold)
    total = 0.0
    for char in text:
        width = widths.get(ord(char))
        if width is None:
            if unicodedata.combining(char):
                continue
            width = 1.0 if unicodedata.east_asian_width(char) in "WF" else _UNKNOWN_WIDTH
        total += width
    return total * size


def text_height(lines: int, size: float) -> float:
    """How high so many lines are, in points."""
    return lines * size * LEADING


@dataclass(frozen=True, slots=True)
class _Word:
    run: Run
    text: str
    width: float
    has_space: bool  # before it


def wrapped(paragraph: Paragraph, width: float, size: float, lines: int | None = None) -> list[list[Run]]:
    """The paragraph in lines of at most this width; at most `lines` of them, the last with an ellipsis."""
    room = width * _KEPT_FREE
    found: list[list[_Word]] = [[]]
    used = 0.0
    for word in _words(paragraph, size, room):
        step = word.width + (_space(word.run, size) if word.has_space and found[-1] else 0)
        if found[-1] and used + step > room and word.has_space:
            found.append([])
            used, step = 0.0, word.width
        elif found[-1] and used + step > room:
            found.append([])  # in the middle of a word that is wider than the line
            used, step = 0.0, word.width
        found[-1].append(word)
        used += step
        if lines is not None and len(found) > lines:
            break
    if lines is not None and len(found) > lines:
        # The beginning of the word that does not fit fills the line.
        last = [*found[lines - 1], *found[lines]]
        return [_joined(one) for one in found[: lines - 1]] + [_cut(last, room, size)]
    return [_joined(one) for one in found]


def fitted(paragraph: Paragraph, width: float, size: float, lines: int = 1) -> Paragraph:
    """The paragraph cut to so many lines of this width, to be wrapped by whoever draws it."""
    found: list[Run] = []
    for number, row in enumerate(wrapped(paragraph, width, size, lines)):
        for position, run in enumerate(row):
            joint = " " if number and not position and found else ""
            previous = found[-1] if found else None
            if previous is not None and replace(previous, text="") == replace(run, text=""):
                found[-1] = replace(previous, text=f"{previous.text}{joint}{run.text}")
            else:
                found.append(replace(run, text=f"{joint}{run.text}"))
    return found


def plain(text: object, width: float, size: float, *, lines: int = 1, bold: bool = False) -> str:
    """Text of one look, cut to so many lines of this width."""
    room = int(width / size * 6) * lines + 8  # more letters than could ever fit
    cut = fitted([Run(line(text, max(room, 8)), bold=bold)], width, size, lines)
    return "".join(run.text for run in cut)


def size_for(text: str, width: float, height: float, sizes: Sequence[float], *, bold: bool = True) -> float:
    """The largest of these sizes at which the text fits; the smallest where none does."""
    for size in sizes:
        rows = int(height / (size * LEADING))
        if rows and len(wrapped([Run(text, bold=bold)], width, size)) <= rows:
            return size
    return sizes[-1]


def _space(run: Run, size: float) -> float:
    return width_of(" ", run.size or size, bold=run.bold)


def _words(paragraph: Paragraph, size: float, room: float) -> list[_Word]:
    """The words in order; one that is wider than a line is cut into pieces that are not."""
    found: list[_Word] = []
    has_space = False
    for run in paragraph:
        for position, text in enumerate(run.text.split(" ")):
            has_space = has_space or position > 0
            if not text:
                continue
            for piece in _pieces(text, run, size, room):
                found.append(_Word(run, piece, width_of(piece, run.size or size, bold=run.bold), has_space))
                has_space = False
    return found


def _pieces(text: str, run: Run, size: float, room: float) -> list[str]:
    if width_of(text, run.size or size, bold=run.bold) <= room:
        return [text]
    found, piece, used = [], "", 0.0
    for char in text:
        width = width_of(char, run.size or size, bold=run.bold)
        if piece and used + width > room:
            found.append(piece)
            piece, used = "", 0.0
        piece += char
        used += width
    return [*found, piece]


def _joined(words: Sequence[_Word]) -> list[Run]:
    found: list[Run] = []
    for word in words:
        text = f" {word.text}" if word.has_space and found else word.text
        if found and replace(found[-1], text="") == replace(word.run, text=""):
            found[-1] = replace(found[-1], text=found[-1].text + text)
        else:
            found.append(replace(word.run, text=text))
    return found


def _cut(words: Sequence[_Word], room: float, size: float) -> list[Run]:
    """The line with an ellipsis at its end, for which letters make room."""
    line_ = _joined(words)
    while line_:
        last = line_[-1]
        before = sum(width_of(one.text, one.size or size, bold=one.bold) for one in line_[:-1])
        text = last.text.rstrip(" ,;:.–-")
        if text.strip() and before + width_of(text + ELLIPSIS, last.size or size, bold=last.bold) <= room:
            return [*line_[:-1], replace(last, text=f"{text}{ELLIPSIS}")]
        if text.strip():
            line_[-1] = replace(last, text=text[:-1])
        else:
            line_.pop()
    return [replace(words[0].run, text=ELLIPSIS)]
