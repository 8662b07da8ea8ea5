"""Rules that installed Python packages bring: entry points of the group `dovetail.rules`.

    [project.entry-points."dovetail.rules"]
    acme = "acme_rules"

names a package whose folder holds rule files (`*.yaml`). Rules are data: the files are read, and no code of
the package is run.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import msgspec

GROUP = "dovetail.rules"


class RulePackage(msgspec.Struct, frozen=True):
    """One entry point: its name, the distribution it belongs to, its rule files, or why there are none."""

    name: str
    distribution: str
    files: tuple[Path, ...] = ()
    problem: str = ""

    @property
    def shown(self) -> str:
        """`acme (acme-rules 1.2)`, for people."""
        return f"{self.name} ({self.distribution})" if self.distribution else self.name


def installed_packages(found: Iterable[EntryPoint] | None = None) -> list[RulePackage]:
    """The rule packages of this Python, in the order of their names; a broken one says what is wrong."""
    points = entry_points(group=GROUP) if found is None else found
    return [_package(point) for point in sorted(points, key=lambda point: (point.name, point.value))]


def _package(point: EntryPoint) -> RulePackage:
    distribution = f"{point.dist.name} {point.dist.version}" if point.dist else ""
    if "." in point.module or point.attr:
        reason = f"`{point.value}` is not the name of a package; rules are files in a package's own folder"
        return RulePackage(point.name, distribution, problem=reason)
    try:
        spec = find_spec(point.module)
    except (ImportError, ValueError) as error:
        return RulePackage(point.name, distribution, problem=f"`{point.module}` cannot be found: {error}")
    if spec is None or not spec.submodule_search_locations:
        reason = f"there is no package `{point.module}`; install it again, or take it away"
        return RulePackage(point.name, distribution, problem=reason)
    folders = [Path(place) for place in spec.submodule_search_locations]
    files = tuple(file for folder in folders for file in sorted(folder.glob("*.y*ml")))
    problem = "" if files else f"the folder of `{point.module}` has no rule file (*.yaml)"
    return RulePackage(point.name, distribution, files, problem)
