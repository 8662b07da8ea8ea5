"""Whose work an item is, by the scopes that teams are responsible for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from portfolio.records import TeamArea


class Teams:
    """The teams of one project and their scopes.

    Args:
        areas: `TeamArea`s as the store gives them: lists of their values.
    """

    def __init__(self, areas: Iterable[Sequence[Any]]) -> None:
        every = [msgspec.convert(area, TeamArea) for area in areas]
        # The team that every project begins with is responsible for its root, and that is often all anybody
        # ever set: it counts only where no other does.
        self._ranks = [[one for one in every if one.is_default is which] for which in (False, True)]
        self._known: dict[str, str | None] = {}

    def of(self, scope: str) -> str | None:
        """The team with the most specific scope that this one is in; None where there is none, or several."""
        if scope not in self._known:
            self._known[scope] = self._find(scope)
        return self._known[scope]

    def _find(self, scope: str) -> str | None:
        for areas in self._ranks:
            responsible = [one for one in areas if is_in(scope, one)]
            closest = max((len(one.scope) for one in responsible), default=None)
            teams = {one.team for one in responsible if len(one.scope) == closest}
            if teams:
                return teams.pop() if len(teams) == 1 else None
        return None


def is_in(scope: str, area: TeamArea) -> bool:
    """Whether an area is, or contains, a scope. Trackers take `Retail` and `retail` for the same."""
    inner, outer = scope.casefold(), area.scope.casefold()
    return inner == outer or (area.covers_below and inner.startswith(f"{outer}\\"))
