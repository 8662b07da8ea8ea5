"""What speaks for two items being one piece of work, and how much: the one table that code and docs share.

`docs/twins.md` shows this table; a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portfolio.records import ItemId

CONFIRMED_FROM = 0.9
"""A pair counts as the same work from here on; below it is shown, and counted by nothing."""
AGREEING = 0.9
"""Two kinds of evidence that people wrote for other reasons, about one pair."""
LOWERED_TO = 0.5
"""Evidence that speaks for more than one counterpart in one tracker, or against stronger evidence."""


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """One kind of evidence.

    Attributes:
        name: the word in the view `twin`.
        one_way: confidence where one item says it of the other.
        both_ways: confidence where each says it of the other.
        about: what it is, for people.
        is_decision: a person decided it: it is never lowered.
        is_stated: made to say "the same work", so that two of them contradict each other.
    """

    name: str
    one_way: float
    both_ways: float
    about: str
    is_decision: bool = False
    is_stated: bool = False


CONFIRMED = EvidenceKind(
    "confirmed", 1.0, 1.0, "someone confirmed the pair (`twins.yaml`)", is_decision=True, is_stated=True
)
CONFIGURATION = EvidenceKind(
    "configuration",
    1.0,
    1.0,
    "the pair stands under `twins:` in the configuration",
    is_decision=True,
    is_stated=True,
)
FIELD = EvidenceKind(
    "field",
    0.95,
    1.0,
    "a field that exists for it (`fields.twin`) holds the other's key, `source:key` or address",
    is_stated=True,
)
TITLE = EvidenceKind(
    "title", 0.8, 0.9, "the title names the other's key: `CHK-12`, or `AB#123` for Azure DevOps"
)
LINK = EvidenceKind(
    "link", 0.7, 0.9, "a remote link or hyperlink leads to the other and says nothing about order"
)
SIMILAR = EvidenceKind("similar title", 0.6, 0.6, "the titles are alike: a suggestion, 0.6 at most")

EVIDENCE: Mapping[str, EvidenceKind] = {
    kind.name: kind for kind in (CONFIRMED, CONFIGURATION, FIELD, TITLE, LINK, SIMILAR)
}


def confidence(kinds: Iterable[tuple[EvidenceKind, bool]]) -> float:
    """How sure all evidence for one pair makes it, 0 to 1.

    The strongest kind counts; two kinds that agree are as good as one that speaks both ways.

    Args:
        kinds: each kind that speaks for the pair, and whether both items say it.
    """
    found = list(kinds)
    best = max(kind.both_ways if is_mutual else kind.one_way for kind, is_mutual in found)
    return max(best, AGREEING) if len(found) > 1 else best


def in_words(kinds: Iterable[tuple[EvidenceKind, bool]], doubt: str | None) -> str:
    """The evidence as the view `twin` shows it: `link both ways, title`, `field (one of 2 in plans)`."""
    order = list(EVIDENCE.values())
    shown = ", ".join(
        f"{kind.name} both ways" if is_mutual else kind.name
        for kind, is_mutual in sorted(kinds, key=lambda one: order.index(one[0]))
    )
    return f"{shown} ({doubt})" if doubt else shown


@dataclass(slots=True)
class Claims:
    """All that speaks for one pair: the kinds of evidence, each with the items that say it.

    Attributes:
        choices: among how many items the clearest of it chooses; 1 is clear.
        doubt: why the pair is no more than a possibility; None where it is not in doubt.
    """

    said_by: dict[str, set[ItemId]] = field(default_factory=lambda: defaultdict(set))
    kinds: dict[str, EvidenceKind] = field(default_factory=dict)
    choices: int = 0
    doubt: str | None = None

    def add(self, kind: EvidenceKind, by: ItemId, choices: int) -> None:
        """Take in that an item says it, of so many items that it may mean."""
        self.said_by[kind.name].add(by)
        self.kinds[kind.name] = kind
        self.choices = min(self.choices or choices, choices)

    @property
    def weighed(self) -> list[tuple[EvidenceKind, bool]]:
        """Each kind, and whether both items say it."""
        return [(kind, len(self.said_by[name]) > 1) for name, kind in self.kinds.items()]

    @property
    def is_decided(self) -> bool:
        """True where a person decided it."""
        return any(kind.is_decision for kind in self.kinds.values())

    @property
    def is_stated(self) -> bool:
        """True where something says "the same work" and nothing else."""
        return any(kind.is_stated for kind in self.kinds.values())

    @property
    def rank(self) -> tuple[bool, float]:
        """What is compared with the evidence for other counterparts."""
        return self.is_decided, confidence(self.weighed)
