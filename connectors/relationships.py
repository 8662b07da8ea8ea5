"""What a link to another tracker says about order: a remote link of Jira, a hyperlink of Azure DevOps.

Such a link carries one phrase, spoken by the item that holds it ("is blocked by"), and an address. The item
at that address is another source's, so it stays an address until derivation finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from portfolio.records import Dependency, ItemId, SourceId, linked_end

WAITS_ON = ("is blocked by", "depends on", "is dependent on")
"""The phrases of an item that waits, unless the configuration names others."""

# What the other end says of the same link. A link to another tracker shows one end only.
_OPPOSITES: Mapping[str, str] = {
    "blocks": "is blocked by",
    "is depended on by": "depends on",
    "has dependent": "is dependent on",
}

Side: TypeAlias = Literal["predecessor", "successor"]


def side_of(phrase: str | None, waits_on: Iterable[str]) -> Side | None:
    """Which end the item that says this phrase is; None where the phrase says nothing about order.

    The whole phrase counts, whatever its letters and spaces: "was blocked by a storm" is no order.
    """
    said = " ".join((phrase or "").split()).casefold().rstrip(":.")
    waits = {" ".join(one.split()).casefold() for one in waits_on}
    if said in waits:
        return "successor"
    return "predecessor" if _OPPOSITES.get(said) in waits else None


def linked_dependency(
    source: SourceId,
    item: ItemId,
    link_id: str | int,
    address: str,
    phrase: str | None,
    waits_on: Iterable[str] = WAITS_ON,
) -> Dependency | None:
    """The dependency that a link to another tracker makes; None where its phrase says nothing about order.

    Args:
        source: the source that shows the link.
        item: the item that holds it.
        link_id: the link's own id, unique on the item.
        address: where it leads; becomes the other end, see `portfolio.records.linked_end`.
        phrase: what the item says of the other: the relationship of a remote link, a hyperlink's comment.
        waits_on: the phrases of an item that waits.
    """
    side = side_of(phrase, waits_on)
    if side is None or not address.strip():
        return None
    other = linked_end(address)
    return Dependency(
        dependency_id=f"{item}/remote-{link_id}",
        source=source,
        predecessor_id=item if side == "predecessor" else other,
        successor_id=item if side == "successor" else other,
    )
