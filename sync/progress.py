"""How the engine tells whoever started it what it is doing. It prints nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Step: TypeAlias = Literal["pull", "derive", "check", "plan", "apply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One sign of life.

    Attributes:
        step: which of the five steps.
        source: the source it is about; None for all of them.
        what: the stream, or what is being done, in words.
        done: how many records, rules or writes so far.
        note: a sentence that people should see even where no progress is shown; empty for a mere tick.
    """

    step: Step
    source: str | None = None
    what: str = ""
    done: int = 0
    note: str = ""


Tell: TypeAlias = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Tell nobody."""
