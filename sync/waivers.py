"""Waivers that the configuration gives: what a label on an item means for the findings about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from portfolio.findings import Verdict
from portfolio.records import ItemId

if TYPE_CHECKING:
    from store import Store

BY_LABEL = "label "  # how `muted_by` begins


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWaiver:
    """A label that mutes, because the configuration says so, why, and until when.

    Attributes:
        rules: the rules that are silent about such an item; empty is all.
        until: the first day on which the label means nothing any more.
        approver: who answers for critical findings; without one those are not muted.
    """

    label: str
    reason: str
    until: date
    rules: frozenset[str] = frozenset()
    approver: str | None = None


class Waivers:
    """The waiver of a verdict, by the labels of the items that it is about."""

    def __init__(self, waivers: Iterable[LabelWaiver], labels: Mapping[ItemId, Sequence[str]]) -> None:
        """Keep those that hold.

        Args:
            waivers: in the order of the configuration; the first that fits counts.
            labels: of the items that have some.
        """
        self._waivers = tuple(waivers)
        self._labels = labels

    @classmethod
    def of(cls, store: Store, waivers: Sequence[LabelWaiver], today: date) -> Waivers:
        """The waivers of a day. Labels are read only where a waiver asks for them."""
        holding = [one for one in waivers if today < one.until]
        if not holding:
            return cls((), {})
        wanted = {one.label.casefold() for one in holding}
        rows = store.read("tracker_item", ("item_id", "labels"))
        return cls(
            holding,
            {
                item: folded
                for item, labels in zip(*rows.values(), strict=True)
                if (folded := [one.casefold() for one in labels or ()]) and not wanted.isdisjoint(folded)
            },
        )

    def __call__(self, verdict: Verdict) -> LabelWaiver | None:
        """The waiver that covers a verdict; None where there is none. An item must be what it is about."""
        if verdict.item_id is None or verdict.item_id not in self._labels:
            return None
        labels = self._labels[verdict.item_id]
        for one in self._waivers:
            covers = not one.rules or verdict.rule in one.rules
            may = verdict.severity != "critical" or one.approver is not None
            if covers and may and one.label.casefold() in labels:
                return one
        return None
