"""The words of the pack: what the configuration may say otherwise, and how dates and numbers are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reports.pack_model import HEALTH, HEALTH_WORDS, Cell, Run
from reports.plain_text import line

ACCENT = "#1F4E79"
LABELS: Mapping[str, str] = {
    "glance": "At a glance",
    "decisions": "Decisions",
    "health": "Health",
    "slips": "Slips",
    "risks": "Risks",
    "milestones": "Milestones",
    "costs": "Costs",
    "roadmap": "Roadmap",
    "about": "About these figures",
}
UNKNOWN = "unknown"
SEVERITY_COLOURS = {"critical": "red", "high": "amber"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What an organisation calls things, and its colour.

    Attributes:
        title: of the pack; None is the name of the portfolio.
        committee: who it is for; None is the committee that meets next.
        footer: stands on every slide.
        accent: the colour of headings and lines, as #RRGGBB.
        labels: what chapters are called, by their key.
    """

    title: str | None = None
    committee: str | None = None
    footer: str | None = None
    accent: str = ACCENT
    labels: Mapping[str, str] = field(default_factory=dict)

    def label(self, key: str) -> str:
        """What a chapter is called."""
        return line(self.labels.get(key, LABELS[key]), 60)


def day(value: date | None, otherwise: str = UNKNOWN) -> str:
    """`6 Dec 2026`."""
    return otherwise if value is None else f"{value.day} {value:%b %Y}"


def long_day(value: date) -> str:
    """`6 December 2026`."""
    return f"{value.day} {value:%B %Y}"


def signed(value: int | None) -> str:
    """`+27`, `0`, `-3`, `unknown`."""
    return UNKNOWN if value is None else f"{value:+d}" if value else "0"


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 risk`, `2 risks`, `no risks`."""
    noun = one if count == 1 else many or f"{one}s"
    return f"{count:,} {noun}" if count else f"no {noun}"


def money(value: float | None) -> str:
    """`1,240,000`, without cents; the currency stands beside it."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def sentence(text: str) -> str:
    """With a capital letter at its beginning."""
    return f"{text[:1].upper()}{text[1:]}"


def of_all(shown: int, count: int, what: str) -> str:
    """`8 of 83 slips are shown`, or nothing where all of them are."""
    return f"{shown:,} of {count:,} {what} are shown." if shown < count else ""


def colour_of(health: str | None) -> str:
    """A key of `HEALTH`; what is not known is grey."""
    return health if health is not None and health in HEALTH else "grey"


def health_cell(health: str | None) -> Cell:
    """A sign with its word; what is not known is never green."""
    key = colour_of(health)
    fill, ink = HEALTH[key]
    return Cell(paragraphs=[[Run(HEALTH_WORDS[key], bold=True, colour=ink)]], fill=fill, align="center")


def severity_cell(severity: str) -> Cell:
    """A sign with the word of a severity."""
    fill, ink = HEALTH[SEVERITY_COLOURS.get(severity, "grey")]
    return Cell(paragraphs=[[Run(sentence(severity), bold=True, colour=ink)]], fill=fill, align="center")
