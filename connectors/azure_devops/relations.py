"""What an item's relations say: its parent, who waits for whom, and where else it points.

The type of a relation decides, never its name, which is in the language of the organisation. Both ends
carry a link, so a dependency has one identity from both.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from connectors.azure_devops.values import item_number
from connectors.azure_devops.wire import Relation
from connectors.relationships import linked_dependency
from portfolio.records import Dependency, ItemId, SourceId, item_id, linked_end

HIERARCHY = "System.LinkTypes.Hierarchy"
DEPENDENCY = "System.LinkTypes.Dependency"
_PARENT = f"{HIERARCHY}-Reverse"
_PREDECESSOR, _SUCCESSOR = f"{DEPENDENCY}-Reverse", f"{DEPENDENCY}-Forward"
# "Consumes From" waits for another organisation, "Produces For" is waited for by one.
_REMOTE = "System.LinkTypes.Remote."
_REMOTE_PREDECESSOR, _REMOTE_SUCCESSOR = f"{_REMOTE}Dependency-Reverse", f"{_REMOTE}Dependency-Forward"
_HYPERLINK = "Hyperlink"
# Longer than browsers take; nobody's item is there.
_LONGEST_ADDRESS = 2000


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """The relations of one item that the portfolio knows."""

    parent: int | None = None
    predecessors: tuple[int, ...] = ()
    successors: tuple[int, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    linked_urls: tuple[str, ...] = ()


def related(source: SourceId, number: int, relations: Iterable[Relation]) -> Related:
    """The relations of item `number`. What names no item, or no address, is left out."""
    parent: int | None = None
    predecessors: dict[int, None] = {}
    successors: dict[int, None] = {}
    remote: dict[str, Dependency] = {}
    urls: dict[str, None] = {}
    for one in relations:
        if one.rel is None or not one.url or len(one.url) > _LONGEST_ADDRESS:
            continue
        other = item_number(one.url)
        if one.rel == _HYPERLINK or one.rel.startswith(_REMOTE):
            if one.rel == _REMOTE_PREDECESSOR:
                found = _remote(source, number, one.url, waits=True)
                remote[found.dependency_id] = found
            elif one.rel == _REMOTE_SUCCESSOR:
                found = _remote(source, number, one.url, waits=False)
                remote[found.dependency_id] = found
            else:
                # A hyperlink says in its comment who waits, where it says so at all.
                phrase = one.attributes.comment if one.attributes else None
                linked = linked_dependency(source, item_id(source, number), one.url, one.url, phrase)
                if linked is not None:
                    remote[linked.dependency_id] = linked
            urls[one.url] = None
        elif other is None or other == number:
            continue
        elif one.rel == _PARENT:
            parent = other
        elif one.rel == _PREDECESSOR:
            predecessors[other] = None
        elif one.rel == _SUCCESSOR:
            successors[other] = None
    inside = [dependency(source, one, number) for one in predecessors]
    inside += [dependency(source, number, one) for one in successors]
    return Related(
        parent=parent,
        predecessors=tuple(predecessors),
        successors=tuple(successors),
        dependencies=(*inside, *remote.values()),
        linked_urls=tuple(urls),
    )


def dependency(source: SourceId, predecessor: int, successor: int) -> Dependency:
    """One dependency inside the organisation, with the same identity from both ends."""
    return Dependency(
        dependency_id=f"{source}/link-{predecessor}-{successor}",
        source=source,
        predecessor_id=item_id(source, predecessor),
        successor_id=item_id(source, successor),
    )


def _remote(source: SourceId, number: int, url: str, *, waits: bool) -> Dependency:
    here: ItemId = item_id(source, number)
    there = linked_end(url)
    return Dependency(
        dependency_id=f"{source}/link-{there}-{number}" if waits else f"{source}/link-{number}-{there}",
        source=source,
        predecessor_id=there if waits else here,
        successor_id=here if waits else there,
    )
