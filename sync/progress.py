"""How the engine tells whoever started it what it is doing. It prints nothing itself."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from portfolio.errors import DovetailError
from portfolio.secrets import hide

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


def defect(error: Exception) -> str:
    """A defect of ours in one line: its type and place. Its text could quote an answer, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"a defect in Dovetail ({type(error).__name__}{where}). Please report it with the command you ran."


def failure(source: str, error: DovetailError) -> str:
    """Why a source failed, in one line that names it. A missing secret does not know whose it is."""
    told = hide(str(error))  # it is stored and shown: the last line of defence
    return told if told.startswith(f"{source}: ") else f"{source}: {told}"
