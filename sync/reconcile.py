"""The same work side by side in every tracker: what each says, where they differ, and who changed it last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from portfolio.records import ItemId

if TYPE_CHECKING:
    from store import Store

# What is compared, in the order it is shown. A title may differ without anything being wrong.
COMPARED = ("state", "start", "due", "effective_due", "owner", "percent_complete")
SHOWN = ("title", "status", *COMPARED, "commitment", "baseline_finish", "project")
_ENDED = ("done", "removed")


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who changed a field last, and when, where the tracker keeps a history."""

    at: datetime
    by: str | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Side:
    """One tracker's item of a piece of work. `values` holds the columns of `SHOWN`."""

    item_id: ItemId
    source: str
    key: str
    url: str | None
    is_stale: bool
    values: dict[str, Any]
    changes: dict[str, LastChange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One piece of work and its sides.

    Attributes:
        sides: its items, one for each tracker.
        evidence: why they are held to be the same: configuration, field, title.
        missing: the key that a side names and that leads nowhere.
        differs: the columns of `COMPARED` on which the sides do not agree.
        unknown: those that cannot be compared, because a side does not say.
    """

    sides: Sequence[Side]
    evidence: str
    missing: str | None
    differs: Sequence[str]
    unknown: Sequence[str]

    @property
    def agrees(self) -> bool:
        """True where every column that can be compared is equal and no side is missing."""
        return not self.differs and self.missing is None


def compare(store: Store, keys: Sequence[str] = ()) -> list[Comparison]:
    """Compare twins.

    Args:
        store: what was pulled and derived.
        keys: keys, `source:key` names or item ids; none means all twins.

    Returns:
        One comparison for each pair, in the order of their keys.

    Raises:
        UsageError: a key is not known, or what it names has no counterpart.
    """
    twins: list[dict[str, Any]] = list(store.rows("twin"))
    twins.sort(key=lambda twin: (twin["a_key"], twin["b_key"] or ""))
    if not keys:
        return [_compared(store, twin) for twin in twins]
    answer: list[Comparison] = []
    for key in dict.fromkeys(keys):
        wanted = items_called(store, key)
        mine = [twin for twin in twins if {twin["a_id"], twin["b_id"]} & wanted]
        if not mine:
            raise UsageError(
                f"{key} stands in one tracker only: no other item names it.",
                hint="Write its key into the other item's field (twin_key), or list the pair under `twins:`.",
            )
        answer.extend(_compared(store, twin) for twin in mine)
    return answer


def items_called(store: Store, name: str) -> set[ItemId]:
    """The ids of the items that people call so: a key, `source:key`, or an item id.

    Raises:
        UsageError: nobody knows that name.
    """
    found = {str(row["item_id"]) for row in store.rows("item", where={"item_id": name})}
    found |= {str(row["item_id"]) for row in store.rows("item", where={"key": name})}
    source, colon, key = name.partition(":")
    if not found and colon:
        found = {str(row["item_id"]) for row in store.rows("item", where={"source": source, "key": key})}
    if not found:
        raise UsageError(
            f"No item is called {name!r}.",
            hint="Names are keys (CHK-12), source:key (shop:CHK-12) or item ids.",
        )
    return found


def _compared(store: Store, twin: dict[str, Any]) -> Comparison:
    sides = [_side(store, item) for item in (twin["a_id"], twin["b_id"]) if item is not None]
    differs: list[str] = []
    unknown: list[str] = []
    if len(sides) == 2:
        for column in COMPARED:
            same = _agree(column, sides, twin)
            if same is None:
                unknown.append(column)
            elif not same:
                differs.append(column)
    for side in sides:
        for column in differs:
            change = _last_change(store, side, column)
            if change is not None:
                side.changes[column] = change
    return Comparison(sides, str(twin["evidence"]), twin["missing_side"], differs, unknown)


def _side(store: Store, item: ItemId) -> Side:
    row: dict[str, Any] = next(iter(store.rows("item", where={"item_id": item})))
    return Side(
        item,
        str(row["source"]),
        str(row["key"]),
        row["url"],
        bool(row["is_stale"]),
        {column: row[column] for column in SHOWN},
    )


def _agree(column: str, sides: Sequence[Side], twin: dict[str, Any]) -> bool | None:
    """Whether the sides say the same; None where one of them does not say."""
    first, second = (side.values[column] for side in sides)
    if column == "owner":
        # Names are spelled in many ways: only people known by address in both trackers can be compared.
        return None if twin["owner_differs"] is None else not twin["owner_differs"]
    if first is None or second is None:
        return None
    if column == "state":
        return bool(first == second or (first in _ENDED and second in _ENDED))
    if column == "percent_complete":
        return bool(abs(first - second) < 1)
    return bool(first == second)


# Under which canonical name the timeline keeps a column.
_FIELD_OF = {"effective_due": "due"}


def _last_change(store: Store, side: Side, column: str) -> LastChange | None:
    name = _FIELD_OF.get(column, column)
    rows: list[dict[str, Any]] = list(store.rows("change", where={"item_id": side.item_id, "field": name}))
    latest = max(rows, key=lambda row: row["at"], default=None)
    if latest is None:
        return None
    return LastChange(latest["at"], latest["by"], latest["before"], latest["after"])
