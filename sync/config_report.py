"""`report:` in `dovetail.yaml`: what an organisation calls things in its steering pack, and how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sync.config_values import Words

Chapter = Literal[
    "glance", "decisions", "health", "slips", "risks", "milestones", "costs", "roadmap", "about"
]


class ReportText(BaseModel):
    """Wording and branding of the steering pack."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: Words | None = Field(default=None, description="Of the pack; the portfolio's name if absent.")
    committee: Words | None = Field(
        default=None, description="Who it is for; the committee that meets next if absent."
    )
    footer: Words | None = Field(default=None, description="Stands on every slide, such as Confidential.")
    accent: Annotated[str, Field(pattern="^#[0-9A-Fa-f]{6}$")] | None = Field(
        default=None, description="The colour of headings and lines: '#1F4E79'."
    )
    template: Words | None = Field(
        default=None, description="A .pptx or .potx whose master the slides get; beside this file."
    )
    headings: dict[Chapter, Words] = Field(default={}, description="What chapters are called.")
    fonts: list[Words] = Field(
        default=[], description="Fonts (.ttf, .otf) for characters that the PDF's own font has not."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConfig:
    """The same, with paths that can be opened."""

    title: str | None = None
    committee: str | None = None
    footer: str | None = None
    accent: str | None = None
    template: Path | None = None
    headings: Mapping[str, str] = field(default_factory=dict)
    fonts: Sequence[Path] = ()


def report_config(text: ReportText, folder: Path) -> ReportConfig:
    """What the configuration says, with paths that start at its folder."""
    return ReportConfig(
        title=text.title,
        committee=text.committee,
        footer=text.footer,
        accent=text.accent,
        template=None if text.template is None else folder / Path(text.template).expanduser(),
        headings={str(key): words for key, words in text.headings.items()},
        fonts=tuple(folder / Path(one).expanduser() for one in text.fonts),
    )
