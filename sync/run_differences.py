"""What changed between two runs: findings, items, and what was written meanwhile.

Told from what each check recorded (`store/events.py`, kept for 400 days) and from the outbox. What came and
went in between cancels out, as a comparison of the two states would have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portfolio.errors import UsageError
from store.results import RunEvent

if TYPE_CHECKING:
    from datetime import datetime

    from store import Store

# What takes back what, once both have happened to one subject. The first state stands where the last leads.
_OPPOSITES: Mapping[str, str] = {
    "opened": "resolved",
    "reopened": "resolved",
    "resolved": "reopened",
    "new": "gone",
    "gone": "back",
    "back": "gone",
    "late": "no longer late",
    "no longer late": "late",
}
FINDING_CHANGES = ("opened", "reopened", "raised", "resolved")
ITEM_CHANGES = ("new", "back", "late", "no longer late", "gone")


@dataclass(slots=True, kw_only=True)
class Differences:
    """What changed after one run, up to and including another.

    Attributes:
        first, second: the runs.
        events: what became of findings and items, without what was taken back.
        writes: what became of writes of the runs in between, as rows of the view `write`.
    """

    first: str
    second: str
    events: list[RunEvent] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)


def differences(store: Store, first: str, second: str) -> Differences:
    """Compare two runs.

    Raises:
        UsageError: the second is not the later one.
    """
    began = {str(row["run_id"]): row["started_at"] for row in store.rows("run")}
    if _instant(began[second]) <= _instant(began[first]):
        raise UsageError(f"{second} did not begin after {first}.", hint=f"dovetail diff {second} {first}")
    between = [
        run for run, at in began.items() if _instant(began[first]) < _instant(at) <= _instant(began[second])
    ]
    writes = [row for run in between for row in store.rows("write", where={"run_id": run})]
    return Differences(
        first=first,
        second=second,
        events=remaining(store.run_events(first, second)),
        writes=[row for row in writes if row["state"] != "unchanged"],
    )


def remaining(events: Sequence[RunEvent]) -> list[RunEvent]:
    """The events that no later one of the same subject took back, in the order of kinds, then of keys."""
    standing: dict[str, list[RunEvent]] = {}
    for event in events:
        mine = standing.setdefault(event.subject, [])
        undone = next((one for one in mine if _OPPOSITES.get(one.what) == event.what), None)
        if event.what in ("gone", "resolved"):
            # What is over was neither late nor raised any more.
            mine.clear()
        if undone is not None:
            mine[:] = [one for one in mine if one is not undone]
        else:
            mine[:] = [*(one for one in mine if one.what != event.what), event]
    order = {what: place for place, what in enumerate((*FINDING_CHANGES, *ITEM_CHANGES))}
    found = [event for mine in standing.values() for event in mine]
    return sorted(found, key=lambda one: (order.get(one.what, len(order)), one.key or "", one.subject))


def _instant(value: object) -> datetime:
    from datetime import datetime

    if not isinstance(value, datetime):
        raise TypeError("a run without a beginning")
    return value
