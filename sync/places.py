"""Where writes go: items as people know them, with their place in the PMO's tree and in their tracker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portfolio.records import ItemId

if TYPE_CHECKING:
    from store import Store

_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePlace:
    """An item as people know it.

    Attributes:
        program, project: slugs of the PMO's tree.
        scope: the tracker's own: a Jira project, an area, a plan's file.
    """

    item_id: ItemId
    source: str
    key: str
    program: str | None
    project: str | None
    scope: str | None

    @property
    def native_id(self) -> str:
        """The tracker's id."""
        return self.item_id.partition("/")[2]


def write_places(store: Store, items: Iterable[ItemId]) -> dict[ItemId, WritePlace]:
    """The items to write to. A tombstone has no place."""
    wanted = list(dict.fromkeys(items))
    if not wanted:
        return {}
    told = store.read("tracker_item", ("item_id", "scope"))
    scopes = dict(zip(told["item_id"], told["scope"], strict=True))
    places: dict[ItemId, WritePlace] = {}
    for start in range(0, len(wanted), _ROWS_AT_ONCE):
        for row in store.rows("item", where={"item_id": wanted[start : start + _ROWS_AT_ONCE]}):
            item = str(row["item_id"])
            places[item] = WritePlace(
                item_id=item,
                source=str(row["source"]),
                key=str(row["key"]),
                program=_text(row["program"]),
                project=_text(row["project"]),
                scope=_text(scopes.get(item)),
            )
    return places


def _text(value: object) -> str | None:
    return None if value is None else str(value)
