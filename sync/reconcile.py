"""The same piece of work side by side in every tracker that has it, and where the sides differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from portfolio.records import ItemId

if TYPE_CHECKING:
    from store import Store

Row = Mapping[str, Any]

# What people compare, in the order in which they do. Status texts and types are each tracker's own words, so
# they are shown and never count as a difference.
COMPARED = (
    "title", "state", "owner", "start", "due", "effective_due", "commitment", "baseline_finish", "p80",
    "actual_finish", "percent_complete",
)  # fmt: skip
_WITH_HISTORY = ("state", "owner", "start", "due")
SHOWN = ("title", "type", "status", *COMPARED[1:], "url")


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One piece of work.

    Attributes:
        items: rows of the view `item`, one per tracker, the one that was asked for first.
        pairs: rows of the view `twin` that hold them together.
    """

    items: Sequence[Row]
    pairs: Sequence[Row]

    def lines(self) -> list[tuple[str, list[Any], bool]]:
        """(column, the value on each side, whether they differ) for everything that any side knows."""
        found: list[tuple[str, list[Any], bool]] = []
        for name in SHOWN:
            values = [item[name] for item in self.items]
            if any(value is not None for value in values):
                found.append((name, values, name in COMPARED and self._differs(name, values)))
        return found

    def _differs(self, name: str, values: Sequence[Any]) -> bool:
        # Derivation has compared these two: one person has a name in each tracker, and done and removed are
        # both an end.
        if name in ("state", "owner"):
            return any(pair[f"{name}_differs"] for pair in self.pairs)
        return differs(name, values)

    def last_changes(self, store: Store) -> dict[tuple[ItemId, str], Row]:
        """Who changed last what differs, by item and column, where the tracker keeps a history."""
        found: dict[tuple[ItemId, str], Row] = {}
        fields = [name for name in self.differences if name in _WITH_HISTORY]
        for item in self.items if fields else ():
            names = account_names(store, item["source"])
            changes = store.rows("change", where={"item_id": item["item_id"], "field": fields})
            for change in sorted(changes, key=_when):
                by = names.get(str(change["by"]), change["by"])
                found[item["item_id"], str(change["field"])] = {**change, "by": by}
        return found

    @property
    def differences(self) -> list[str]:
        """The columns in which the sides differ."""
        return [name for name, _, is_different in self.lines() if is_different]


def account_names(store: Store, source: str) -> dict[str, str]:
    """The names of a source's accounts: a timeline knows people by their account only."""
    rows = store.read("tracker_identity", ("source", "account_id", "name"))
    return {account: name for owner, account, name in zip(*rows.values(), strict=True) if owner == source}


def differs(name: str, values: Iterable[Any]) -> bool:
    """True where two known values are not the same. Unknown is not a difference: it is said as unknown."""
    known = {_folded(name, value) for value in values if value is not None}
    return len(known) > 1


def side_by_side(store: Store, key: str) -> list[SideBySide]:
    """What a key names, with its counterparts; more than one where trackers share the key.

    Args:
        store: what was derived.
        key: `CHK-12`, `source:CHK-12` or an item id.

    Raises:
        UsageError: nothing has that key.
    """
    starts = items_named(store, key)
    pairs = list(store.rows("twin"))
    groups: list[SideBySide] = []
    seen: set[ItemId] = set()
    for start in starts:
        if start["item_id"] in seen:
            continue
        ids, held = _connected(start["item_id"], pairs)
        seen.update(ids)
        others = list(store.rows("item", where={"item_id": [one for one in ids if one != start["item_id"]]}))
        groups.append(SideBySide([start, *others], held))
    return groups


def items_named(store: Store, key: str) -> list[Row]:
    """The items that a person means by a key.

    Raises:
        UsageError: nothing has that key.
    """
    found: list[Row] = list(store.rows("item", where={"key": key}))
    source, colon, rest = key.partition(":")
    if not found and colon:
        found = list(store.rows("item", where={"source": source, "key": rest}))
    if not found:
        found = list(store.rows("item", where={"item_id": key}))
    if not found:
        folded = [one for one in _keys(store) if one.casefold() == key.casefold()]
        found = list(store.rows("item", where={"key": folded})) if folded else []
    if not found:
        raise UsageError(
            f"There is no item {key}{_nearest(key, _keys(store))}",
            hint="Keys are as the tracker shows them; `dovetail export item` lists all.",
        )
    return found


def unequal_pairs(store: Store) -> list[Row]:
    """The twins that differ, and those whose counterpart is missing."""
    return [
        row
        for row in store.rows("twin")
        if row["due_gap_wd"] or row["state_differs"] or row["owner_differs"] or row["missing_side"]
    ]


def _connected(start: ItemId, pairs: Sequence[Row]) -> tuple[list[ItemId], list[Row]]:
    ids: list[ItemId] = [start]
    held: list[Row] = []
    for one in ids:  # grows while it is read
        for pair in pairs:
            if one not in (pair["a_id"], pair["b_id"]) or pair in held:
                continue
            held.append(pair)
            ids += [other for other in (pair["a_id"], pair["b_id"]) if other and other not in ids]
    return ids, held


def _when(change: Row) -> Any:
    return change["at"]


def _folded(name: str, value: Any) -> Any:
    if name == "title":
        return " ".join(str(value).split()).casefold()
    return round(value) if isinstance(value, float) else value


def _keys(store: Store) -> list[str]:
    return [str(one) for one in store.read("tracker_item", ("key",))["key"]]


def _nearest(key: str, known: Sequence[str]) -> str:
    from rules.spelling import nearest

    return nearest(key, known) or "."
