"""Which items are one piece of work, which of them speaks for it, and what contains what.

Confirmed twins form one class. Of its sides a live one goes before a removed one, and a tracker's item before
a plan's task: the plan says what was meant, the tracker what is being done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portfolio.findings import Finding
from portfolio.records import ItemId

if TYPE_CHECKING:
    from schedule.containment import Containment
    from store import Store

CONTAINER_KINDS = ("initiative", "epic", "feature")
COLUMNS = ("item_id", "source", "schedule_id", "parent_id", "state")
Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class WorkClasses:
    """The pieces of work over the items of some columns.

    Attributes:
        position: where each item stands in the columns.
        of_item: the class of each position.
        sides: the positions of each class, the one that speaks for it first.
        plans: the schedules that are plans.
    """

    position: Mapping[ItemId, int]
    of_item: Sequence[int]
    sides: Sequence[Sequence[int]]
    plans: frozenset[str]

    def live(self, columns: Columns) -> list[Sequence[int]]:
        """The sides of each class that are not removed; all of them where the work itself is."""
        states = columns["state"]
        found: list[Sequence[int]] = []
        for sides in self.sides:
            if len(sides) == 1:
                found.append(sides)
            else:
                found.append([one for one in sides if states[one] != "removed"] or sides)
        return found

    def edges(self, columns: Columns, live: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
        """(member, container) pairs of classes. A side that was removed holds its work nowhere any more."""
        parents = columns["parent_id"]
        for one, sides in enumerate(live):
            for side in sides:
                above = self.position.get(parents[side])
                if above is not None:
                    yield one, self.of_item[above]


def join_twins(store: Store, columns: Columns) -> WorkClasses:
    """The classes of these items.

    Two items of one tracker are never one piece of work, whatever they are linked to: where a chain of twins
    would say so, its weakest link counts as none; `map_count` of the view `twin` says that there are several.

    Args:
        store: holds the twins and the kinds of schedules.
        columns: at least `COLUMNS` of all live items.
    """
    schedules = store.read("tracker_schedule", ("schedule_id", "kind"))
    plans = frozenset(one for one, kind in zip(*schedules.values(), strict=True) if kind == "plan")
    position: dict[ItemId, int] = {item: index for index, item in enumerate(columns["item_id"])}
    members: dict[int, list[int]] = {}
    first = list(range(len(position)))
    for a, b in _confirmed(store, position):
        one, other = members.get(first[a], [a]), members.get(first[b], [b])
        if first[a] == first[b] or _share_a_tracker(columns, plans, one, other):
            continue
        head = min(one[0], other[0])
        members[head] = sorted([*one, *other])
        for side in members[head]:
            first[side] = head
    heads = [one for one, head in enumerate(first) if one == head]
    number = {head: index for index, head in enumerate(heads)}
    states, owners = columns["state"], columns["schedule_id"]
    sides = [
        sorted(members[head], key=lambda one: (states[one] == "removed", owners[one] in plans, one))
        if head in members
        else [head]
        for head in heads
    ]
    return WorkClasses(position, [number[head] for head in first], sides, plans)


def _confirmed(store: Store, position: Mapping[ItemId, int]) -> list[tuple[int, int]]:
    """The confirmed pairs, the surest first, else in the order of their ids."""
    twins = store.read("derived_twin", ("confidence", "a_id", "b_id", "is_confirmed"))
    pairs = sorted(
        (-(confidence or 0.0), a_id, b_id)
        for confidence, a_id, b_id, is_confirmed in zip(*twins.values(), strict=True)
        if is_confirmed and a_id in position and b_id in position
    )
    return [(position[a_id], position[b_id]) for _, a_id, b_id in pairs]


def _share_a_tracker(
    columns: Columns, plans: frozenset[str], one: Sequence[int], other: Sequence[int]
) -> bool:
    def trackers(sides: Sequence[int]) -> set[tuple[str, str | None]]:
        # The same work may stand in two plans of one folder.
        owners = columns["schedule_id"]
        return {(columns["source"][side], owners[side] if owners[side] in plans else None) for side in sides}

    return not trackers(one).isdisjoint(trackers(other))


class RulesBelow:
    """Which rules have an open finding on an item, on its twins, or on anything below them.

    The tree is read when it is first asked for.
    """

    def __init__(self, store: Store, findings: Sequence[Finding], states: Sequence[str]) -> None:
        self._store = store
        self._findings = [one for one in findings if one.state in states]
        self._rules: dict[int, set[str]] | None = None
        self._classes: WorkClasses | None = None
        self._containment: Containment | None = None

    def __call__(self, item: ItemId) -> Sequence[str]:
        """The rules, in alphabetical order."""
        if self._rules is None:
            self._rules = self._climb()
        assert self._classes is not None  # noqa: S101 - set by the climb
        assert self._containment is not None  # noqa: S101 - set by the climb
        here = self._classes.position.get(item)
        if here is None:
            return []
        return sorted(self._rules.get(int(self._containment.group[self._classes.of_item[here]]), ()))

    def _climb(self) -> dict[int, set[str]]:
        from schedule.containment import contain

        columns = self._store.read("tracker_item", COLUMNS)
        classes = self._classes = join_twins(self._store, columns)
        edges = classes.edges(columns, classes.live(columns))
        containment = self._containment = contain(len(classes.sides), edges)
        rules: dict[int, set[str]] = {}
        for finding in self._findings:
            for group in containment.around(classes_of(finding, classes)):
                rules.setdefault(group, set()).add(finding.rule)
        return rules


def classes_of(finding: Finding, classes: WorkClasses) -> list[int]:
    """The pieces of work that a finding is about, each once."""
    items = (finding.item_id, *finding.comment_items)
    known = [classes.position[one] for one in items if one is not None and one in classes.position]
    return list(dict.fromkeys(classes.of_item[one] for one in known))
