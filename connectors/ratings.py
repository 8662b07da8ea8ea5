"""What people write where a level or a colour is meant: numbers, the usual words, or both ("4 - High")."""

from __future__ import annotations

import re

_LEVELS = {
    "very low": 1, "rare": 1, "lowest": 1, "negligible": 1, "insignificant": 1,
    "low": 2, "unlikely": 2, "minor": 2,
    "medium": 3, "moderate": 3, "possible": 3, "normal": 3,
    "high": 4, "likely": 4, "major": 4, "significant": 4,
    "very high": 5, "almost certain": 5, "certain": 5, "highest": 5, "critical": 5, "severe": 5,
    "extreme": 5, "catastrophic": 5,
}  # fmt: skip
_HEALTH = {
    "green": "green", "on track": "green", "good": "green",
    "amber": "amber", "yellow": "amber", "at risk": "amber", "orange": "amber",
    "red": "red", "off track": "red", "critical": "red",
    "grey": "grey", "gray": "grey", "on hold": "grey",
}  # fmt: skip
_LEADING_LEVEL = re.compile(r"\s*([1-5])(?:\.0+)?(?![\d.])")


def level_of(text: str | None) -> int | None:
    """A level from 1 to 5 in a number, in words, or in "4 - High"; None for anything else."""
    if not text:
        return None
    match = _LEADING_LEVEL.match(text)
    return int(match.group(1)) if match else _LEVELS.get(text.strip().casefold())


def health_of(text: str | None) -> str | None:
    """Green, amber, red or grey, from the usual words."""
    return _HEALTH.get((text or "").strip().casefold())
