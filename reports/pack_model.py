"""A pack before it is a file: slides of a few kinds of elements, in points, for PowerPoint and for PDF.

Whoever makes slides says what stands where and makes sure that it fits (`reports.pack_text`); whoever draws
them decides nothing. So both files show the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Align: TypeAlias = Literal["left", "center", "right"]
Anchor: TypeAlias = Literal["top", "middle", "bottom"]

INK = "#1B2A3A"
MUTED = "#566270"
RULE = "#D3D9E0"
PALE = "#F2F4F7"
WHITE = "#FFFFFF"
# Colours that people tell apart who see no red or no green; each stands with its word.
HEALTH: Mapping[str, tuple[str, str]] = {
    "red": ("#B23A12", WHITE),
    "amber": ("#F2B134", INK),
    "green": ("#0F7A5C", WHITE),
    "grey": ("#C9D1D9", INK),
}
HEALTH_WORDS: Mapping[str, str] = {"red": "Red", "amber": "Amber", "green": "Green", "grey": "Unknown"}


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on the slide, in points from its upper left corner."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.h

    def below(self, height: float) -> Area:
        """What is left of it below so many points."""
        return Area(self.x, self.y + height, self.w, self.h - height)

    def columns(self, *shares: float, gap: float = 18) -> list[Area]:
        """Side by side, in these shares."""
        room = self.w - gap * (len(shares) - 1)
        found, x = [], self.x
        for share in shares:
            width = room * share / sum(shares)
            found.append(Area(x, self.y, width, self.h))
            x += width + gap
        return found

    def rows(self, *shares: float, gap: float = 14) -> list[Area]:
        """One above the other, in these shares."""
        room = self.h - gap * (len(shares) - 1)
        found, y = [], self.y
        for share in shares:
            height = room * share / sum(shares)
            found.append(Area(self.x, y, self.w, height))
            y += height + gap
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text of one look. `link` is a web address."""

    text: str
    bold: bool = False
    colour: str | None = None
    size: float | None = None
    link: str | None = None


Paragraph: TypeAlias = Sequence[Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text in an area, which its maker has made to fit."""

    area: Area
    paragraphs: Sequence[Paragraph]
    size: float = 12
    colour: str = INK
    align: Align = "left"
    anchor: Anchor = "top"
    name: str = "Text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A filled shape, with a word in it where there is room."""

    area: Area
    kind: Literal["rect", "round", "diamond", "circle", "triangle"] = "rect"
    fill: str | None = None
    outline: str | None = None
    text: Run | None = None
    name: str = "Shape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight line."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: str = RULE
    width: float = 0.75
    dashed: bool = False
    name: str = "Line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Shapes, lines and texts that are one picture; `alt` says in words what it shows."""

    area: Area
    parts: Sequence[Text | Shape | Line]
    alt: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table; widths are shares."""

    heading: str
    width: float
    align: Align = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table; a `fill` makes it a sign."""

    paragraphs: Sequence[Paragraph]
    fill: str | None = None
    align: Align | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose rows are all of the same height."""

    area: Area
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    row_height: float
    size: float = 11
    heading_height: float = 22
    alt: str
    name: str = "Table"

    def widths(self) -> list[float]:
        """The widths of the columns in points."""
        whole = sum(one.width for one in self.columns)
        return [self.area.w * one.width / whole for one in self.columns]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lying bars, stacked or one below another. The labels are short."""

    area: Area
    title: str
    categories: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None], str]]
    alt: str
    is_stacked: bool = False
    number_format: str = "#,##0"
    size: float = 10
    name: str = "Chart"


Element: TypeAlias = Text | Shape | Line | Picture | Table | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """One slide.

    Attributes:
        key: what it shows; stable, for tests and wording.
        label: the chapter, in a word or two.
        title: what it says, as a sentence.
        notes: where its figures come from, and what found no room.
        is_cover: the first slide, which a template draws in its own way.
    """

    key: str
    label: str
    title: str
    elements: Sequence[Element]
    notes: str
    is_cover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where things stand on a slide: a template may have another shape and other margins."""

    width: float = 960
    height: float = 540
    label: Area = Area(40, 22, 880, 16)
    title: Area = Area(40, 38, 880, 40)
    body: Area = Area(40, 92, 880, 404)
    footer: Area = Area(40, 510, 880, 16)
    cover_body: Area = Area(40, 286, 880, 206)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """The pack."""

    title: str
    footer: str
    accent: str
    page: Page
    slides: Sequence[Slide] = field(default=())
