"""Four trackers with one set of hands.

Behind three of them stands a real connector over a real socket or real files; the fourth is in memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from side import FIELDS, TUESDAY, Side, Standing, wire_fault
from side_boards import BoardsSide
from side_jira import JiraSide
from side_memory import MemorySide
from side_plans import PlansSide

__all__ = [
    "FIELDS",
    "SIDES",
    "TUESDAY",
    "BoardsSide",
    "JiraSide",
    "MemorySide",
    "PlansSide",
    "Side",
    "Standing",
    "open_side",
    "wire_fault",
]


def open_side(name: str, folder: Path, **options: Any) -> Side:
    """A fresh tracker with one epic."""
    match name:
        case "memory":
            return MemorySide()
        case "jira":
            return JiraSide(**options)
        case "boards":
            return BoardsSide(**options)
        case _:
            return PlansSide(folder)


SIDES = ("memory", "jira", "boards", "plans")
