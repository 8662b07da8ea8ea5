"""Which side's value counts where the sides of one piece of work disagree; docs/rollups.md says it in words.

Trackers speak before plans, removed sides not at all. Where two trackers disagree, the less finished and the
less healthy counts: a rollup must not look better than the worst that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portfolio.findings import severity_of
from schedule.health import AMBER, GREEN, GREY, RED, Health, Ignorance
from sync.work_classes import CONTAINER_KINDS, WorkClasses

AMOUNTS = ("budget", "actual_cost", "forecast_cost")
COLUMNS = (
    "key", "kind", "state", "schedule_id", "is_summary", "is_leaf", "percent_complete", "points", "start",
    "commitment", "p80", "slip_wd", "slip_pair", "currency", *AMOUNTS,
)  # fmt: skip
_WORSE_FIRST = (RED, AMBER, GREEN, GREY)
_ENDED = ("done", "removed")
OwnHealth = Callable[[int, str | None], Health]


@dataclass(slots=True)
class Known:
    """What is known of each class by itself. All lists are parallel to the classes.

    Attributes:
        state: open, done or removed.
        own: its colour by itself.
        is_container: it is an epic or the like, or a plan's summary task, in any of its trackers.
        percent: how complete it is where nothing is below it; None where no side says.
        slip_wd, slip_pair: of the side that slips most.
        amounts: each of `AMOUNTS` with its currency, from the first side that knows it and has nothing below
            it in its own tracker.
    """

    state: list[str] = field(default_factory=list)
    own: list[Health] = field(default_factory=list)
    is_risk: list[bool] = field(default_factory=list)
    is_container: list[bool] = field(default_factory=list)
    percent: list[float | None] = field(default_factory=list)
    points: list[float | None] = field(default_factory=list)
    start: list[date | None] = field(default_factory=list)
    commitment: list[date | None] = field(default_factory=list)
    p80: list[date | None] = field(default_factory=list)
    slip_wd: list[int | None] = field(default_factory=list)
    slip_pair: list[str | None] = field(default_factory=list)
    amounts: list[tuple[tuple[float | None, str | None], ...]] = field(default_factory=list)


def known_of(
    columns: dict[str, list[Any]],
    classes: WorkClasses,
    live: Sequence[Sequence[int]],
    worst: Sequence[int],
    own_health: OwnHealth,
) -> Known:
    """What is known of each class.

    Args:
        columns: at least `COLUMNS` of all items.
        classes: the pieces of work.
        live: the sides of each that count.
        worst: the highest rank of each item's open findings.
        own_health: the colour of the item at a position whose worst finding has this severity.
    """
    known = Known()
    states, summary = columns["state"], columns["is_summary"]
    kinds, owners = columns["kind"], columns["schedule_id"]
    for all_sides, sides in zip(classes.sides, live, strict=True):
        speaking = _speaking(owners, classes.plans, sides)
        state = _state(states, speaking)
        still_open = [side for side in sides if states[side] not in _ENDED] if state == "open" else []
        known.state.append(state)
        known.own.append(_worst_health(columns["key"], sides, still_open, worst, own_health))
        known.is_risk.append(any(kinds[side] == "risk" for side in sides))
        known.is_container.append(
            any(
                kinds[side] in CONTAINER_KINDS or (summary[side] and owners[side] in classes.plans)
                for side in all_sides
            )
        )
        known.percent.append(_percent(columns, speaking, state))
        known.points.append(next((one for side in sides if (one := columns["points"][side])), None))
        known.start.append(_extreme(columns["start"], sides, min))
        known.commitment.append(_extreme(columns["commitment"], sides, max))
        known.p80.append(_extreme(columns["p80"], still_open, max))
        _slip(known, columns, still_open or sides)
        known.amounts.append(tuple(_amount(columns, name, sides) for name in AMOUNTS))
    return known


def _speaking(owners: Sequence[str | None], plans: frozenset[str], sides: Sequence[int]) -> Sequence[int]:
    """The trackers' items; a plan's task only where there is nothing else."""
    if len(sides) == 1:
        return sides
    return [side for side in sides if owners[side] not in plans] or sides


def _state(states: Sequence[str], speaking: Sequence[int]) -> str:
    """Work is done when every tracker says so."""
    if len(speaking) == 1:
        state = states[speaking[0]]
        return state if state in _ENDED else "open"
    said = {states[side] for side in speaking}
    if said == {"removed"}:
        return "removed"
    return "done" if said == {"done"} else "open"


def _worst_health(
    keys: Sequence[str],
    sides: Sequence[int],
    still_open: Sequence[int],
    worst: Sequence[int],
    own_health: OwnHealth,
) -> Health:
    """The worst colour of any open side; grey only where no side knows more."""
    if not still_open:
        return Health(GREEN, "done")
    if len(sides) == 1:
        return own_health(sides[0], severity_of(worst[sides[0]]))
    found = [own_health(side, severity_of(worst[side])) for side in still_open]
    index = min(range(len(found)), key=lambda one: (_WORSE_FIRST.index(found[one].colour), one))
    health = found[index]
    return Health(health.colour, f"{keys[still_open[index]]}: {health.reason}", health.unknown)


def _percent(columns: dict[str, list[Any]], speaking: Sequence[int], state: str) -> float | None:
    """The least that an open side says, so that one tracker's optimism hides nothing."""
    if state == "done":
        return 100.0
    percent, states = columns["percent_complete"], columns["state"]
    said = [percent[side] for side in speaking if states[side] != "done" and percent[side] is not None]
    return min(said, default=None)


def _slip(known: Known, columns: dict[str, list[Any]], sides: Sequence[int]) -> None:
    slips = columns["slip_wd"]
    most: int | None = sides[0]
    if len(sides) > 1:
        most = max((one for one in sides if slips[one] is not None), key=lambda one: slips[one], default=None)
    known.slip_wd.append(None if most is None else slips[most])
    known.slip_pair.append(None if most is None else columns["slip_pair"][most])


def _amount(
    columns: dict[str, list[Any]], name: str, sides: Sequence[int]
) -> tuple[float | None, str | None]:
    """A summary's amount is the sum of what is below it, which is counted there."""
    amounts = columns[name]
    for side in sides:
        if amounts[side] is not None and columns["is_leaf"][side]:
            return amounts[side], columns["currency"][side]
    return None, None


def _extreme(column: Sequence[date | None], sides: Sequence[int], choose: Any) -> date | None:
    if len(sides) == 1:
        only: date | None = column[sides[0]]
        return only
    found: date | None = choose((day for side in sides if (day := column[side]) is not None), default=None)
    return found


def ignorance(
    columns: dict[str, list[Any]],
    ancestor: Sequence[int],
    stale: frozenset[str],
    unmapped: frozenset[tuple[str, str]],
) -> list[Ignorance | None]:
    """What is missing to call each item green.

    A date that an item has from its iteration or release is promised from the moment the item is committed to
    it; one that it has from its parent, where the parent's is promised.

    Args:
        columns: the items.
        ancestor: for each item the nearest one above it that has a due date of its own, -1 for none.
        stale: sources that could not be read.
        unmapped: (source, status) that the mapping does not know.
    """
    found: list[Ignorance | None] = []
    commitments, committed = columns["commitment"], columns["committed_at"]
    for index, (source, status, due, origin, slip_wd) in enumerate(
        zip(
            columns["source"], columns["status"], columns["effective_due"],
            columns["effective_due_source"], columns["slip_wd"], strict=True,
        )
    ):  # fmt: skip
        above = ancestor[index]
        if source in stale:
            found.append("stale")
        elif (source, status) in unmapped:
            found.append("unmapped")
        elif due is None:
            found.append("undated")
        elif (
            slip_wd is not None
            or (origin in ("iteration", "release") and committed[index] is not None)
            or (origin == "parent" and above >= 0 and commitments[above] is not None)
        ):
            found.append(None)
        else:
            found.append("unpromised")
    return found
