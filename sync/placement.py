"""Where an item stands in the PMO's own tree: which project a tracker's scope feeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from schedule.calendars import WorkPattern
from schedule.commitment import PromiseRules

LEVELS = ("portfolio", "program", "project")


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One row of the PMO's tree, as the configuration declares it.

    `people` are those who are on a project; None where nobody says.
    `scopes` are `source:scope` names; only projects have them. `health` holds the thresholds of
    `schedule.health.HealthThresholds` that differ from those above the node. `calendar` and `promises`
    are what it says itself, complete; None is as above it. `masters` is field → source, as far as it says
    so itself: see `sync.masters`.
    """

    slug: str
    level: str
    parent: str | None
    name: str
    lead: str | None = None
    scopes: Sequence[str] = ()
    people: Sequence[str] | None = None
    health: Mapping[str, Any] = field(default_factory=dict)
    calendar: WorkPattern | None = None
    promises: PromiseRules | None = None
    masters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """The slugs above an item; None where the tree does not reach."""

    portfolio: str | None = None
    program: str | None = None
    project: str | None = None

    @property
    def lowest(self) -> str | None:
        """The slug of the lowest node; None where the tree does not reach."""
        return self.project or self.program or self.portfolio


class Placement:
    """Finds the place of a scope. The longest declared scope that contains it wins."""

    def __init__(self, nodes: Iterable[TreeNode]) -> None:
        self.nodes: Mapping[str, TreeNode] = {node.slug: node for node in nodes}
        self._declared: dict[tuple[str, str], str] = {}
        for node in self.nodes.values():
            for scope in node.scopes:
                source, _, name = scope.partition(":")
                self._declared[source, name.replace("\\", "/").casefold()] = node.slug
        self._found: dict[tuple[str, str], Place] = {}

    def place(self, source: str, scope: str) -> Place:
        """The place of a tracker's scope; an undeclared one belongs to the portfolio alone."""
        key = (source, scope)
        if key not in self._found:
            self._found[key] = self._look_up(source, scope)
        return self._found[key]

    def promises_of(self, slug: str | None) -> PromiseRules | None:
        """The rules of promises of the nearest node that has some; None where none has."""
        node = self._nearest(slug, lambda one: one.promises is not None)
        return None if node is None else node.promises

    def calendar_node(self, slug: str | None) -> str | None:
        """The slug of the nearest node that has a calendar of its own; None where none has."""
        node = self._nearest(slug, lambda one: one.calendar is not None)
        return None if node is None else node.slug

    def _nearest(self, slug: str | None, has: Callable[[TreeNode], bool]) -> TreeNode | None:
        while slug is not None:
            node = self.nodes[slug]
            if has(node):
                return node
            slug = node.parent
        return None

    def _look_up(self, source: str, scope: str) -> Place:
        path = scope.replace("\\", "/").casefold()
        # A file may be declared by its name alone; an area by any above it, but never by its name alone: that
        # may be another project's.
        by_name = [] if "\\" in scope else [PurePosixPath(path).name]
        candidates = [path, *by_name, *(str(above) for above in PurePosixPath(path).parents)]
        for candidate in candidates:
            slug = self._declared.get((source, candidate))
            if slug is not None:
                return self._above(slug)
        roots = [node.slug for node in self.nodes.values() if node.level == "portfolio"]
        return Place(portfolio=roots[0] if len(roots) == 1 else None)

    def _above(self, slug: str) -> Place:
        found: dict[str, str] = {}
        here: str | None = slug
        while here is not None:
            node = self.nodes[here]
            found[node.level] = node.slug
            here = node.parent
        return Place(found.get("portfolio"), found.get("program"), found.get("project"))
