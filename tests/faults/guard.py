"""One guard: what it does, where it stands, and the check that fails without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from switching_off import Cut


@dataclass(frozen=True, slots=True)
class Guard:
    """A line of `docs/guards.md`; the first of its cuts says where it stands."""

    title: str
    check: Callable[[Path], None]
    cuts: tuple[Cut, ...]

    @property
    def name(self) -> str:
        return self.check.__name__


def guard(title: str, check: Callable[[Path], None], *cuts: tuple[str, str, str]) -> Guard:
    return Guard(title, check, tuple(Cut(*one) for one in cuts))
