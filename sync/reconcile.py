"""The same piece of work side by side in every tracker that has it, and where the sides differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from portfolio.records import ItemId
from sync.twin_evidence import LOWERED_TO, SIMILAR

if TYPE_CHECKING:
    from store import Store

Row = Mapping[str, Any]

# What people compare, in the order in which they do. Status texts and types are each tracker's own words, so
# they are shown and never count as a difference.
COMPARED = (
    "title", "state", "owner", "start", "due", "effective_due", "commitment", "baseline_finish", "p80",
    "actual_finish", "percent_complete",
)  # fmt: skip
SHOWN = ("title", "type", "status", *COMPARED[1:], "url")


# What of a history helps to see how two sides came to differ.
_TOLD = ("title", "state", "status", "owner", "start", "due", "percent_complete", "scope", "parent")


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One piece of work.

    Attributes:
        items: rows of the view `item`, at least one per tracker that has it, the one asked for first.
        pairs: rows of the view `twin` that hold them together.
        unconfirmed: ids of the items that something speaks for and nobody has confirmed.
        possible: rows of the view `twin` about other items that may be the same work: their titles are alike,
            or what speaks for them speaks for others as well.
    """

    items: Sequence[Row]
    pairs: Sequence[Row]
    unconfirmed: frozenset[ItemId] = frozenset()
    possible: Sequence[Row] = ()

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

    def timeline(self, store: Store) -> list[Row]:
        """Who changed what and when on each side, oldest first: rows of the view `change`, people by name.

        Empty where the sides agree: then nobody asks how it came to that.
        """
        if not self.differences:
            return []
        told: list[Row] = []
        for item in self.items:
            names = account_names(store, item["source"])
            changes = store.rows("change", where={"item_id": item["item_id"], "field": list(_TOLD)})
            for change in changes:
                row = {**change, "by": names.get(str(change["by"]), change["by"])}
                if change["field"] == "owner":
                    row |= {side: names.get(str(change[side]), change[side]) for side in ("before", "after")}
                told.append(row)
        return sorted(told, key=lambda row: (row["at"], row["item_id"], row["event_id"]))

    def last_changes(self, store: Store) -> dict[tuple[ItemId, str], Row]:
        """Who changed last what differs, by item and column, where the tracker keeps a history."""
        fields = [name for name in self.differences if name in _TOLD]
        return {
            (str(change["item_id"]), str(change["field"])): change
            for change in self.timeline(store)
            if change["field"] in fields
        }

    def without_history(self, store: Store) -> list[str]:
        """The sources among the sides that tell no history at all, as files do."""
        sources = dict.fromkeys(str(item["source"]) for item in self.items)
        return [
            source for source in sources if next(store.rows("change", where={"source": source}), None) is None
        ]

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
    pairs = _Pairs(store.rows("twin"))
    groups: list[SideBySide] = []
    seen: set[ItemId] = set()
    for start in starts:
        if start["item_id"] in seen:
            continue
        sure, shown = pairs.around(start["item_id"])
        seen.update(sure)
        others = list(store.rows("item", where={"item_id": shown[1:]})) if len(shown) > 1 else []
        items = [start, *sorted(others, key=lambda item: (item["source"], item["key"]))]
        held = pairs.among(shown)
        groups.append(
            SideBySide(
                items=items,
                pairs=held,
                unconfirmed=frozenset(shown) - sure,
                possible=[pair for pair in pairs.touching(sure) if pair not in held],
            )
        )
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
    """The twins that differ, then those whose counterpart is missing, then what nobody has confirmed.

    What is no more than possible is left out: there is nothing to compare before someone has confirmed it.
    """
    found = [
        row
        for row in store.rows("twin")
        if not is_merely_possible(row)
        and (row["due_gap_wd"] or row["state_differs"] or row["owner_differs"] or row["missing_side"])
    ]
    return sorted(found, key=_certainty)


def _certainty(pair: Row) -> tuple[bool, bool, str, str]:
    is_doubtful = not (pair["is_confirmed"] or pair["missing_side"])
    return is_doubtful, bool(pair["missing_side"]), pair["a_id"], pair["twin_id"]


def is_merely_possible(pair: Row) -> bool:
    """Whether a pair rests on titles that are alike, or on evidence that speaks for others as well."""
    return (
        not pair["is_confirmed"]
        and pair["b_id"] is not None
        and (pair["evidence"] == SIMILAR.name or pair["confidence"] <= LOWERED_TO)
    )


class _Pairs:
    """The pairs of a portfolio, by item."""

    def __init__(self, pairs: Iterable[Row]) -> None:
        self._of: dict[ItemId, list[Row]] = {}
        for pair in pairs:
            for end in (pair["a_id"], pair["b_id"]):
                if end is not None:
                    self._of.setdefault(end, []).append(pair)

    def around(self, start: ItemId) -> tuple[frozenset[ItemId], list[ItemId]]:
        """What is confirmed to be the same work, and, the start first, that and what is likely to be."""
        sure = [start]
        for one in sure:  # grows while it is read
            sure += [other for pair, other in self._others(one) if pair["is_confirmed"] and other not in sure]
        likely = [
            other
            for one in sure
            for pair, other in self._others(one)
            if other not in sure and not is_merely_possible(pair)
        ]
        return frozenset(sure), list(dict.fromkeys([*sure, *likely]))

    def _others(self, one: ItemId) -> Iterator[tuple[Row, ItemId]]:
        for pair in self._of.get(one, ()):
            other = pair["b_id"] if pair["a_id"] == one else pair["a_id"]
            if other is not None:
                yield pair, other

    def among(self, items: Collection[ItemId]) -> list[Row]:
        """The pairs between these items, and those of them that lack their counterpart."""
        return [
            pair for pair in self.touching(items)
            if pair["a_id"] in items and (pair["b_id"] is None or pair["b_id"] in items)
            and not is_merely_possible(pair)
        ]  # fmt: skip

    def touching(self, items: Iterable[ItemId]) -> list[Row]:
        """The pairs of these items, each once."""
        return list({pair["twin_id"]: pair for one in items for pair in self._of.get(one, ())}.values())


def _folded(name: str, value: Any) -> Any:
    if name == "title":
        return " ".join(str(value).split()).casefold()
    return round(value) if isinstance(value, float) else value


def _keys(store: Store) -> list[str]:
    return [str(one) for one in store.read("tracker_item", ("key",))["key"]]


def _nearest(key: str, known: Sequence[str]) -> str:
    from rules.spelling import nearest

    return nearest(key, known) or "."
