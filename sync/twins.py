"""The same piece of work in two trackers: what people have said about it, weighed pair by pair.

Evidence and its weight stand in `sync/twin_evidence.py`. A key or number counts only as a whole; a bare
number in a title is no evidence. What speaks for two counterparts in one tracker speaks for neither until
someone decides, and a rejected pair never comes back.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from portfolio.records import ItemId, SourceId
from sync.addresses import AddressIndex, is_address
from sync.twin_classes import twin_classes
from sync.twin_evidence import (
    CONFIGURATION,
    CONFIRMED,
    CONFIRMED_FROM,
    FIELD,
    LINK,
    LOWERED_TO,
    TITLE,
    Claims,
    EvidenceKind,
    confidence,
    in_words,
)

AZURE_KIND = "azure_devops"
KEY_IN_TITLE = re.compile(r"(?<![\w-])[A-Z][A-Z0-9_]+-[1-9][0-9]*(?![\w-])")
# How commits, branches and people mention an Azure DevOps item anywhere else.
AZURE_MENTION = re.compile(r"(?<![\w#-])AB#([1-9][0-9]{0,17})(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TwinSide:
    """What twin detection reads of an item."""

    item_id: ItemId
    source: SourceId
    key: str
    title: str
    twin_keys: Sequence[str] = ()
    linked_urls: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinDecision:
    """What a person decided about a pair, see `sync/twins_file.py`. Item ids decide, keys are for people."""

    keys: tuple[str, str]  # source:key
    ids: tuple[ItemId, ItemId] | None
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinPair:
    """Two items that are one piece of work, or one item whose stated counterpart does not exist.

    `b_id` is None and `missing` names the counterpart where it is not there. `map_count` is how many items of
    one tracker are stated to be this work, in the tracker that has the most.
    """

    twin_id: str
    a_id: ItemId
    b_id: ItemId | None
    evidence: str
    confidence: float
    is_confirmed: bool
    missing: str | None = None
    map_count: int = 0


def find_twins(
    items: Sequence[TwinSide],
    former_keys: Mapping[str, ItemId],
    configured: Iterable[tuple[str, str]],
    *,
    decisions: Iterable[TwinDecision] = (),
    kinds: Mapping[SourceId, str] | None = None,
    addresses: AddressIndex | None = None,
    ordered: AbstractSet[tuple[ItemId, ItemId]] = frozenset(),
) -> list[TwinPair]:
    """All twin pairs, each once, in a stable order.

    Args:
        items: the live items of all sources.
        former_keys: keys that items had before they moved; a reference by an old key still holds.
        configured: pairs of `source:key` or item ids from the configuration.
        decisions: what people confirmed and rejected.
        kinds: the kind of each source; `AB#123` is an item of Azure DevOps only.
        addresses: where items stand, for links.
        ordered: (predecessor, successor) of all dependencies: what waits for an item is not that item.
    """
    search = _Search(items, former_keys, kinds or {}, addresses or AddressIndex())
    search.decide(configured, decisions)
    for one in items:
        search.read(one, ordered)
    return search.pairs()


class _Search:
    """One detection over all items."""

    def __init__(
        self,
        items: Sequence[TwinSide],
        former_keys: Mapping[str, ItemId],
        kinds: Mapping[SourceId, str],
        addresses: AddressIndex,
    ) -> None:
        self._by_id = {one.item_id: one for one in items}
        self._by_key: dict[str, list[TwinSide]] = {}
        self._by_name: dict[str, TwinSide] = {}
        for one in items:
            self._by_key.setdefault(one.key, []).append(one)
            self._by_name[f"{one.source}:{one.key}"] = one
        for key, target in former_keys.items():
            moved = self._by_id.get(target)
            if moved is not None:
                self._by_key.setdefault(key, [moved])
                self._by_name.setdefault(f"{moved.source}:{key}", moved)
        self._azure = {source for source, kind in kinds.items() if kind == AZURE_KIND}
        self._addresses = addresses
        self._claims: dict[tuple[ItemId, ItemId], Claims] = {}
        self._missing: dict[str, TwinPair] = {}
        self._rejected: set[tuple[ItemId, ItemId]] = set()

    def decide(self, configured: Iterable[tuple[str, str]], decisions: Iterable[TwinDecision]) -> None:
        """Take in what people decided, before anything is looked for."""
        for left, right in configured:
            ends = [self._by_name.get(name) or self._by_id.get(name) for name in (left, right)]
            self._decided(CONFIGURATION, ends, (left, right))
        for one in decisions:
            if one.ids is not None:
                ends = [self._by_id.get(item) for item in one.ids]
            else:
                ends = [self._by_name.get(name) for name in one.keys]
            if one.is_confirmed:
                self._decided(CONFIRMED, ends, one.keys)
            elif one.ids is not None:
                self._rejected.add(pair_of(*one.ids))
            elif ends[0] is not None and ends[1] is not None:
                self._rejected.add(pair_of(ends[0].item_id, ends[1].item_id))

    def _decided(self, kind: EvidenceKind, ends: Sequence[TwinSide | None], names: tuple[str, str]) -> None:
        match ends:
            case [TwinSide() as first, TwinSide() as second]:
                self._claim(kind, first, second, choices=1)
            case [TwinSide() as first, None]:
                self._miss(kind, first, names[1])
            case [None, TwinSide() as second]:
                self._miss(kind, second, names[0])

    def read(self, one: TwinSide, ordered: AbstractSet[tuple[ItemId, ItemId]]) -> None:
        """Collect what an item says of others."""
        for text in one.twin_keys:
            named = self._elsewhere(one, self._named(text.strip()))
            if not named:
                self._miss(FIELD, one, text.strip())
            for other in named:
                self._claim(FIELD, one, other, choices=len(named))
        for kind, named in (
            *((TITLE, self._elsewhere(one, some)) for some in self._mentioned(one.title)),
            *((LINK, self._elsewhere(one, self._at(address))) for address in one.linked_urls),
        ):
            for other in named:
                ends = one.item_id, other.item_id
                if ends not in ordered and ends[::-1] not in ordered:
                    self._claim(kind, one, other, choices=len(named))

    def pairs(self) -> list[TwinPair]:
        """The pairs after weighing all that was collected."""
        claims = {pair: one for pair, one in self._claims.items() if pair not in self._rejected}
        self._doubt(claims)
        counts = self._map_counts(claims)
        found = list(self._missing.values())
        for (a_id, b_id), one in claims.items():
            sure = confidence(one.weighed)
            if one.doubt:
                sure = min(sure, LOWERED_TO)
            found.append(
                TwinPair(
                    twin_id=twin_id(a_id, b_id),
                    a_id=a_id,
                    b_id=b_id,
                    evidence=in_words(one.weighed, one.doubt),
                    confidence=sure,
                    is_confirmed=sure >= CONFIRMED_FROM,
                    map_count=counts.get((a_id, b_id), 1),
                )
            )
        return sorted(found, key=lambda pair: (pair.a_id, pair.b_id or "", pair.twin_id))

    def _doubt(self, claims: Mapping[tuple[ItemId, ItemId], Claims]) -> None:
        """Note why a pair is no more than a possibility: its evidence chooses among several items."""
        rivals: dict[tuple[ItemId, SourceId], list[Claims]] = defaultdict(list)
        for (a_id, b_id), one in claims.items():
            rivals[a_id, self._by_id[b_id].source].append(one)
            rivals[b_id, self._by_id[a_id].source].append(one)
        for (_, source), some in rivals.items():
            best = max(one.rank for one in some)
            equals = sum(one.rank == best for one in some)
            for one in some:
                if one.is_decided:
                    continue
                if one.rank < best:
                    one.doubt = f"another in {source} is more likely"
                elif equals > 1:
                    one.doubt = one.doubt or f"one of {equals} in {source}"
        for one in claims.values():
            if one.choices > 1 and not one.is_decided:
                one.doubt = one.doubt or f"one of {one.choices} it may mean"

    def _map_counts(self, claims: Mapping[tuple[ItemId, ItemId], Claims]) -> dict[tuple[ItemId, ItemId], int]:
        """How many items of one tracker are stated to be the same work, through any number of trackers."""
        stated = [pair for pair, one in claims.items() if one.is_stated]
        sources_of: dict[ItemId, Counter[SourceId]] = {}
        for members in twin_classes(stated):
            sources = Counter(self._by_id[one].source for one in members)
            sources_of.update(dict.fromkeys(members, sources))
        return {
            (a_id, b_id): max(sources_of[a_id][self._by_id[one].source] for one in (a_id, b_id))
            for a_id, b_id in stated
        }

    def _named(self, text: str) -> Sequence[TwinSide]:
        """The items that a field's text names, as a whole and never in part."""
        if is_address(text):
            return self._at(text)
        mention = AZURE_MENTION.fullmatch(text)
        if mention is not None:
            return self._in_azure(mention.group(1))
        by_name = self._by_name.get(text)
        if by_name is not None:
            return [by_name]
        return self._by_key.get(text) or self._by_key.get(text.upper()) or ()

    def _mentioned(self, title: str) -> Iterator[Sequence[TwinSide]]:
        if "-" in title:  # the pattern costs a hundred times this test
            for key in dict.fromkeys(KEY_IN_TITLE.findall(title)):
                yield self._by_key.get(key, ())
        if "#" in title:
            for number in dict.fromkeys(AZURE_MENTION.findall(title)):
                yield self._in_azure(number)

    def _in_azure(self, number: str) -> Sequence[TwinSide]:
        return [one for one in self._by_key.get(number, ()) if one.source in self._azure]

    def _at(self, address: str) -> Sequence[TwinSide]:
        return [self._by_id[one] for one in self._addresses.items_at(address) if one in self._by_id]

    def _elsewhere(self, one: TwinSide, others: Sequence[TwinSide]) -> Sequence[TwinSide]:
        return [other for other in others if other.source != one.source]

    def _claim(self, kind: EvidenceKind, by: TwinSide, of: TwinSide, *, choices: int) -> None:
        pair = pair_of(by.item_id, of.item_id)
        if pair[0] != pair[1]:
            self._claims.setdefault(pair, Claims()).add(kind, by.item_id, choices)

    def _miss(self, kind: EvidenceKind, one: TwinSide, name: str) -> None:
        missing_id = twin_id(one.item_id, f"missing:{name}")
        self._missing.setdefault(
            missing_id,
            TwinPair(
                twin_id=missing_id,
                a_id=one.item_id,
                b_id=None,
                evidence=kind.name,
                confidence=kind.one_way,
                is_confirmed=False,
                missing=name,
            ),
        )


def twin_id(a_id: str, b_id: str) -> str:
    """The identity of a pair, whatever speaks for it; `a_id` is the smaller one."""
    return hashlib.sha256(f"{a_id}\x1f{b_id}".encode()).hexdigest()[:16]


def pair_of(left: ItemId, right: ItemId) -> tuple[ItemId, ItemId]:
    """Two items as a pair, the smaller id first."""
    return (left, right) if left <= right else (right, left)
