"""When a colour turns, place by place of the PMO's tree: what a project does not say, its programme says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from schedule.health import DEFAULT_THRESHOLDS, HealthThresholds
from sync.placement import TreeNode


class HealthLimits:
    """The thresholds of each node of the PMO's tree."""

    def __init__(self, tree: Iterable[TreeNode], base: HealthThresholds = DEFAULT_THRESHOLDS) -> None:
        """Resolve what each node says against what stands above it.

        Args:
            tree: the PMO's own tree, in any order.
            base: what holds where no node says anything.
        """
        self.base = base
        self._nodes = {node.slug: node for node in tree}
        self._found: dict[str, HealthThresholds] = {}

    def of(self, slug: str | None) -> HealthThresholds:
        """The thresholds at a node; the portfolio-wide ones for a place that is not in the tree."""
        node = self._nodes.get(slug) if slug is not None else None
        if node is None:
            return self.base
        if node.slug not in self._found:
            above = self.of(node.parent)
            self._found[node.slug] = replace(above, **node.health) if node.health else above
        return self._found[node.slug]

    def at(self, project: str | None, program: str | None, portfolio: str | None) -> HealthThresholds:
        """The thresholds of an item that stands there."""
        return self.of(project or program or portfolio)
