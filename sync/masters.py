"""Which tracker is right about a field of work that stands in several: its master, as people declare it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portfolio.records import SourceId

if TYPE_CHECKING:
    from sync.placement import TreeNode

# What people can declare a master of. Dates alone are ever written: docs/decisions/0034.
MASTERED = ("due", "start", "state", "owner", "title")


@dataclass(frozen=True, slots=True)
class Masters:
    """The declared master of each field, everywhere and below the nodes of the PMO's tree.

    Attributes:
        everywhere: field → source.
        tree: nodes that may say otherwise for what is below them, field by field.
    """

    everywhere: Mapping[str, SourceId] = field(default_factory=dict)
    tree: Sequence[TreeNode] = ()

    @property
    def is_empty(self) -> bool:
        """True where nobody has declared a master of anything."""
        return not self.everywhere and not any(node.masters for node in self.tree)

    def of(self, slug: str | None) -> Mapping[str, SourceId]:
        """Field → source for the items of a project, by its slug; None is outside of the tree."""
        nodes = {node.slug: node for node in self.tree}
        above: list[TreeNode] = []
        while slug is not None and slug in nodes:
            above.append(nodes[slug])
            slug = nodes[slug].parent
        found = dict(self.everywhere)
        for node in reversed(above):
            found.update(node.masters)
        return found
