"""The same piece of work in two trackers, found by an explicit key and never by a similar title.

Evidence, strongest first: the pair stands in the configuration; a field that exists for the purpose holds the
other item's key; the title mentions a key that exists in another source.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from portfolio.records import ItemId, SourceId

_CONFIDENCE = {"configuration": 1.0, "field": 1.0, "title": 0.8}
_KEY_IN_TITLE = re.compile(r"(?<![\w-])[A-Z][A-Z0-9_]+-[1-9][0-9]*(?![\w-])")


@dataclass(frozen=True, slots=True)
class TwinSide:
    """What twin detection reads of an item."""

    item_id: ItemId
    source: SourceId
    key: str
    title: str
    twin_keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class TwinPair:
    """Two items that are one piece of work, or one item whose stated counterpart does not exist.

    `b_id` is None and `missing` names the key where the counterpart is missing.
    """

    twin_id: str
    a_id: ItemId
    b_id: ItemId | None
    evidence: str
    missing: str | None = None

    @property
    def confidence(self) -> float:
        """0 to 1, by the kind of evidence."""
        return _CONFIDENCE[self.evidence]


def find_twins(
    items: Sequence[TwinSide],
    former_keys: Mapping[str, ItemId],
    configured: Iterable[tuple[str, str]],
) -> list[TwinPair]:
    """All twin pairs, each once, in a stable order.

    Args:
        items: the live items of all sources.
        former_keys: keys that items had before they moved; a reference by an old key still holds.
        configured: pairs of `source:key` or item ids from the configuration.
    """
    by_key: dict[str, list[TwinSide]] = {}
    by_name: dict[str, TwinSide] = {}
    by_id = {one.item_id: one for one in items}
    for one in items:
        by_key.setdefault(one.key, []).append(one)
        by_name[f"{one.source}:{one.key}"] = one
    for key, target in former_keys.items():
        if target in by_id and key not in by_key:
            by_key[key] = [by_id[target]]
    pairs: dict[str, TwinPair] = {}
    for left, right in configured:
        first, second = (by_name.get(name) or by_id.get(name) for name in (left, right))
        if first is not None and second is not None:
            _add(pairs, first.item_id, second.item_id, "configuration")
    for one in items:
        for key in one.twin_keys:
            _pair_by_field(pairs, one, key, by_key)
    for one in items:
        for key in _keys_in(one.title):
            for other in by_key.get(key, ()):
                if other.source != one.source:
                    _add(pairs, one.item_id, other.item_id, "title")
    return sorted(pairs.values(), key=lambda pair: (pair.a_id, pair.b_id or ""))


def _pair_by_field(
    pairs: dict[str, TwinPair], one: TwinSide, key: str, by_key: Mapping[str, Sequence[TwinSide]]
) -> None:
    others = [other for other in by_key.get(key.strip(), ()) if other.source != one.source]
    if not others:
        twin_id = _twin_id(one.item_id, f"missing:{key}")
        pairs.setdefault(twin_id, TwinPair(twin_id, one.item_id, None, "field", key.strip()))
    for other in others:
        _add(pairs, one.item_id, other.item_id, "field")


def _add(pairs: dict[str, TwinPair], left: ItemId, right: ItemId, evidence: str) -> None:
    a_id, b_id = sorted((left, right))
    if a_id != b_id:
        twin_id = _twin_id(a_id, b_id)
        pairs.setdefault(twin_id, TwinPair(twin_id, a_id, b_id, evidence))


def _twin_id(a_id: str, b_id: str) -> str:
    return hashlib.sha256(f"{a_id}\x1f{b_id}".encode()).hexdigest()[:16]


def _keys_in(title: str) -> Iterator[str]:
    if "-" in title:  # the pattern costs a hundred times this test
        yield from dict.fromkeys(_KEY_IN_TITLE.findall(title))


def mapping_counts(
    pairs: Sequence[TwinPair], source_of: Mapping[ItemId, SourceId]
) -> Counter[tuple[ItemId, str]]:
    """How many counterparts each item has in each other source; more than one is a duplicate mapping."""
    counts: Counter[tuple[ItemId, str]] = Counter()
    for pair in pairs:
        if pair.b_id is not None:
            counts[pair.a_id, source_of[pair.b_id]] += 1
            counts[pair.b_id, source_of[pair.a_id]] += 1
    return counts
