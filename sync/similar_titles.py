"""Titles that are alike across trackers: suggestions for a person to confirm or reject, never links.

Words are compared by how rare they are and by their letters, so that another order, an ending or a slip of
the pen matters little, and another place or number matters much: "Sprint 12" is not "Sprint 13". Only items
that may be the same are compared, found through the words they share, so that time grows with the number of
items and not with its square. A title that fits two items equally well suggests neither.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from portfolio.records import ItemId, SourceId
from sync.twin_classes import twin_classes
from sync.twin_evidence import SIMILAR
from sync.twins import TwinDecision, TwinPair, pair_of, twin_id

MOST = 200
"""Suggestions at once, the likeliest first: a person goes through them."""
ALIKE_FROM = 0.72
"""Below this, titles of one theme begin to look like titles of one piece of work."""
_CLEARLY_BETTER = 0.05
# One word that more titles of a tracker than this have tells nothing about any of them.
_COMMON_FROM = 20
# Equal letters alone, without rare words in common, are not enough: with 1.0 for the letters this gives 0.72.
_COSINE_FROM = 0.44
# Of every title, so many of its rarest words are looked up in the others.
_RAREST = 3
_TITLE_CHARACTERS = 300

_DIGIT = re.compile(r"[0-9]")
_WORD = re.compile(r"[^\W_]+(?:\.[0-9]+)*")
# Keys are evidence of their own kind and say nothing about the words around them.
_KEY = re.compile(r"\b[A-Z][A-Z0-9_]+-[1-9][0-9]*\b|\b[Aa][Bb]#[0-9]+")
_STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "is",
        "of",
        "on",
        "or",
        "our",
        "the",
        "to",
        "with",
        "und",
        "oder",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "fur",
        "mit",
        "von",
        "vom",
        "im",
        "am",
        "zu",
        "zum",
        "zur",
        "et",
        "ou",
        "le",
        "la",
        "les",
        "un",
        "une",
        "de",
        "du",
        "des",
        "pour",
        "avec",
        "dans",
        "en",
    ]
)
_WORK = frozenset({"story", "task", "bug", "issue", "change"})
_CONTAINER = frozenset({"initiative", "epic", "feature"})
_POINT = frozenset({"milestone", "gate"})


class Titled(NamedTuple):
    """What is compared of an item."""

    item_id: ItemId
    source: SourceId
    key: str
    title: str
    kind: str
    project: str | None  # slug of the PMO's tree
    is_open: bool


@dataclass(frozen=True, slots=True)
class Alike:
    """Two items with titles that are alike; `score` 0 to 1, where 1 is the same words."""

    a_id: ItemId
    b_id: ItemId
    score: float


class _Title(NamedTuple):
    words: frozenset[str]
    numbers: frozenset[str]
    letters: frozenset[str]


def similar_titles(
    items: Sequence[Titled],
    *,
    known: AbstractSet[tuple[ItemId, ItemId]] = frozenset(),
    taken: AbstractSet[tuple[ItemId, SourceId]] = frozenset(),
    most: int = MOST,
) -> list[Alike]:
    """The pairs of items that look like the same work, likeliest first, each item once per other tracker.

    Args:
        items: those that can be the same as another at all; of a pair at least one is open.
        known: pairs that something else speaks for or a person rejected, the smaller id first.
        taken: (item, other source) where the counterpart is known already.
        most: no more than these.
    """
    comparison = _Comparison(items)
    best: dict[tuple[ItemId, SourceId], list[tuple[float, Alike]]] = defaultdict(list)
    for left, right, score in comparison.alike():
        one, other = items[left], items[right]
        a_id, b_id = sorted((one.item_id, other.item_id))
        if (
            (a_id, b_id) in known
            or (one.item_id, other.source) in taken
            or (other.item_id, one.source) in taken
        ):
            continue
        found = Alike(a_id, b_id, score)
        best[one.item_id, other.source].append((score, found))
        best[other.item_id, one.source].append((score, found))
    chosen: Counter[tuple[ItemId, ItemId]] = Counter()
    alike: dict[tuple[ItemId, ItemId], Alike] = {}
    for rivals in best.values():
        rivals.sort(key=lambda one: (-one[0], one[1].a_id, one[1].b_id))
        if len(rivals) > 1 and rivals[0][0] - rivals[1][0] < _CLEARLY_BETTER:
            continue
        found = rivals[0][1]
        chosen[found.a_id, found.b_id] += 1
        alike[found.a_id, found.b_id] = found
    mutual = [one for pair, one in alike.items() if chosen[pair] == 2]
    return sorted(mutual, key=lambda one: (-one.score, one.a_id, one.b_id))[:most]


def suggestions(
    alike: Sequence[Titled],
    pairs: Sequence[TwinPair],
    decisions: Iterable[TwinDecision] = (),
    ordered: AbstractSet[tuple[ItemId, ItemId]] = frozenset(),
) -> list[TwinPair]:
    """Pairs that only their titles speak for, for a person to confirm: never confirmed, never above 0.6.

    Args:
        alike: the items to compare.
        pairs: what `find_twins` found; who has a confirmed counterpart in a tracker needs no other.
        decisions: what people confirmed and rejected.
        ordered: (predecessor, successor) of all dependencies.
    """
    source_of = {one.item_id: one.source for one in alike}
    name_of = {f"{one.source}:{one.key}": one.item_id for one in alike}
    known = {pair_of(*ends) for ends in ordered}
    taken: set[tuple[ItemId, SourceId]] = set()
    for pair in pairs:
        if pair.b_id is not None:
            known.add((pair.a_id, pair.b_id))
    # Through a third tracker, too: who is the issue that the task is, needs no other task.
    for members in twin_classes((one.a_id, one.b_id) for one in pairs if one.is_confirmed and one.b_id):
        sources = {source_of.get(one, "") for one in members}
        taken |= {(one, source) for one in members for source in sources}
    for one in decisions:
        ends = one.ids or tuple(name_of.get(name, "") for name in one.keys)
        known.add(pair_of(ends[0], ends[1]))
    return [
        TwinPair(
            twin_id=twin_id(one.a_id, one.b_id),
            a_id=one.a_id,
            b_id=one.b_id,
            evidence=SIMILAR.name,
            confidence=round(SIMILAR.one_way * one.score, 2),
            is_confirmed=False,
            map_count=1,
        )
        for one in similar_titles(alike, known=known, taken=taken)
    ]


class _Comparison:
    """All titles, taken apart once."""

    def __init__(self, items: Sequence[Titled]) -> None:
        self._items = items
        known: dict[str, _Title] = {}
        self._titles = [
            known.get(one.title) or known.setdefault(one.title, _taken_apart(one.title)) for one in items
        ]
        frequency = Counter(word for title in self._titles for word in title.words)
        count = len(items)
        # Squared, as the cosine takes them.
        self._weight = {word: math.log(1 + count / many) ** 2 for word, many in frequency.items()}
        self._frequency = frequency
        self._norms = [self._norm(title.words) for title in self._titles]

    def _norm(self, words: Iterable[str]) -> float:
        return math.sqrt(sum(map(self._weight.__getitem__, words))) or 1.0

    def alike(self) -> Iterable[tuple[int, int, float]]:
        """(position, position, score) of all pairs that are alike, each once."""
        by_source: dict[SourceId, list[int]] = defaultdict(list)
        for position, item in enumerate(self._items):
            by_source[item.source].append(position)
        index: dict[tuple[str, SourceId], set[int]] = defaultdict(set)
        earlier: list[SourceId] = []
        for source in sorted(by_source):
            rare = {position: self._rarest(position) for position in by_source[source]}
            for position, words in rare.items():
                for one in earlier:
                    for other in _sharing([index[word, one] for word in words if (word, one) in index]):
                        score = self._score(position, other)
                        if score >= ALIKE_FROM:
                            yield other, position, score
            for position, words in rare.items():
                for word in words:
                    index[word, source].add(position)
            earlier.append(source)

    def _rarest(self, position: int) -> list[str]:
        """The words that a counterpart would share: the rarest of those that stand in another title too."""
        words = [word for word in self._titles[position].words if self._frequency[word] > 1]
        return sorted(words, key=lambda word: (self._frequency[word], word))[:_RAREST]

    def _score(self, position: int, other: int) -> float:
        """0 to 1; 0 for what cannot be the same work."""
        one, two = self._titles[position], self._titles[other]
        shared = sum(self._weight[word] for word in one.words & two.words)
        cosine = shared / (self._norms[position] * self._norms[other])
        if cosine < _COSINE_FROM or not self._may_be_same(position, other):
            return 0.0
        letters = 2 * len(one.letters & two.letters) / ((len(one.letters) + len(two.letters)) or 1)
        return round(0.5 * cosine + 0.5 * letters, 3)

    def _may_be_same(self, left: int, right: int) -> bool:
        one, other = self._items[left], self._items[right]
        if not (one.is_open or other.is_open) or self._titles[left].numbers != self._titles[right].numbers:
            return False
        if one.project is not None and other.project is not None:
            return one.project == other.project and _are_compatible(one.kind, other.kind)
        return _group(one.kind) == _group(other.kind)


def _sharing(holders: Sequence[set[int]]) -> set[int]:
    """Those who hold two of a title's rare words; of a title with one, those who hold it."""
    if len(holders) == 1:
        return holders[0] if len(holders[0]) <= _COMMON_FROM else set()
    return set().union(*(one & two for one, two in combinations(holders, 2)))


def _taken_apart(title: str) -> _Title:
    plain = _KEY.sub(" ", title[:_TITLE_CHARACTERS]).casefold()
    if not plain.isascii():
        plain = "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
    found = set(_WORD.findall(plain))
    numbers = frozenset(one for one in found if not one.isalpha() and _DIGIT.search(one))
    words = sorted(found - numbers - _STOP_WORDS)
    padded = f"  {' '.join(words)}  "
    return _Title(
        words=frozenset(one[:-1] if len(one) > 3 and one.endswith("s") else one for one in words),
        numbers=numbers,
        letters=frozenset(map("".join, zip(padded, padded[1:], padded[2:], strict=False))),
    )


def _group(kind: str) -> str:
    if kind in _WORK:
        return "work"
    if kind in _CONTAINER:
        return "container"
    return "point" if kind in _POINT else kind


def _are_compatible(one: str, other: str) -> bool:
    """Within one project, a plan's task may well be an epic or a milestone elsewhere; a risk stays a risk."""
    groups = {_group(one), _group(other)}
    return len(groups) == 1 or groups <= {"work", "container", "point"}
