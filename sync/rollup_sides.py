"""Which side's value counts where the sides of one piece of work disagree; docs/rollups.md says it in words.

Trackers speak before plans, removed sides not at all. Where two trackers disagree, the less finished and the
less healthy counts: a rollup must not look better than the worst that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portfolio.findings import severity_of
from schedule.health import AMBER, GREEN, GREY, RED, Health, Ignorance
from sync.work_classes import CONTAINER_KINDS, WorkClasses

AMOUNTS = ("budget", "actual_cost", "forecast_cost")
COLUMNS = (
    "key", "kind", "state", "schedule_id", "is_summary", "is_leaf", "percent_complete", "points", "start",
    "commitment", "p50", "p80", "slip_wd", "slip_pair", "health_declared", "currency", *AMOUNTS,
)  # fmt: skip
_WORSE_FIRST = (RED, AMBER, GREEN, GREY)
_ENDED = ("done", "removed")
_DONE = Health(GREEN, "done")
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
        declared: the worst colour that people say it has, on any open side.
        amounts: each of `AMOUNTS` with its currency, from the first side that knows it and has nothing below
            it in its own tracker.
    """

    state: list[str]
    own: list[Health]
    is_risk: list[bool]
    is_container: list[bool]
    percent: list[float | None]
    points: list[float | None]
    start: list[date | None]
    commitment: list[date | None]
    p50: list[date | None]
    p80: list[date | None]
    declared: list[str | None]
    slip_wd: list[int | None]
    slip_pair: list[str | None]
    amounts: list[tuple[tuple[float | None, str | None], ...]]


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
    known = _of_first_sides(columns, classes, live, worst, own_health)
    states, owners = columns["state"], columns["schedule_id"]
    for one, all_sides in enumerate(classes.sides):
        if len(all_sides) == 1:
            continue
        sides = live[one]
        speaking = _speaking(owners, classes.plans, sides)
        state = known.state[one] = _state(states, speaking)
        still_open = [side for side in sides if states[side] not in _ENDED] if state == "open" else []
        known.own[one] = _worst_health(columns["key"], sides, still_open, worst, own_health)
        known.is_risk[one] = any(columns["kind"][side] == "risk" for side in sides)
        known.is_container[one] = any(_is_container(columns, classes.plans, side) for side in all_sides)
        known.percent[one] = _percent(columns, speaking, state)
        known.points[one] = next((points for side in sides if (points := columns["points"][side])), None)
        known.start[one] = _extreme(columns["start"], sides, min)
        known.commitment[one] = _extreme(columns["commitment"], sides, max)
        known.p50[one] = _extreme(columns["p50"], still_open, max)
        known.p80[one] = _extreme(columns["p80"], still_open, max)
        said = [columns["health_declared"][side] for side in still_open]
        known.declared[one] = next((colour for colour in _WORSE_FIRST if colour in said), None)
        slips = columns["slip_wd"]
        slipping = [side for side in still_open or sides if slips[side] is not None]
        most = max(slipping, key=lambda side: slips[side], default=None)
        known.slip_wd[one] = None if most is None else slips[most]
        known.slip_pair[one] = None if most is None else columns["slip_pair"][most]
        known.amounts[one] = tuple(_amount(columns, name, sides) for name in AMOUNTS)
    return known


def _of_first_sides(
    columns: dict[str, list[Any]],
    classes: WorkClasses,
    live: Sequence[Sequence[int]],
    worst: Sequence[int],
    own_health: OwnHealth,
) -> Known:
    """What the first side of each class says: all there is to say of work without twins."""
    first = [sides[0] for sides in live]

    def column(name: str) -> list[Any]:
        values = columns[name]
        return [values[side] for side in first]

    states = [state if state in _ENDED else "open" for state in column("state")]

    def _of_open(values: list[Any]) -> list[Any]:
        return [value if state == "open" else None for state, value in zip(states, values, strict=True)]

    amounts = [columns[name] for name in AMOUNTS]
    nothing = ((None, None),) * len(AMOUNTS)
    return Known(
        state=states,
        own=[
            own_health(side, severity_of(worst[side])) if state == "open" else _DONE
            for side, state in zip(first, states, strict=True)
        ],
        is_risk=[kind == "risk" for kind in column("kind")],
        is_container=[_is_container(columns, classes.plans, side) for side in first],
        percent=[
            100.0 if state == "done" else percent
            for state, percent in zip(states, column("percent_complete"), strict=True)
        ],
        points=[points or None for points in column("points")],
        start=column("start"),
        commitment=column("commitment"),
        p50=_of_open(column("p50")),
        p80=_of_open(column("p80")),
        declared=_of_open([said if said in _WORSE_FIRST else None for said in column("health_declared")]),
        slip_wd=column("slip_wd"),
        slip_pair=column("slip_pair"),
        amounts=[
            nothing
            if all(some[side] is None for some in amounts)
            else tuple(_amount(columns, name, (side,)) for name in AMOUNTS)
            for side in first
        ],
    )


def _is_container(columns: dict[str, list[Any]], plans: frozenset[str], side: int) -> bool:
    return columns["kind"][side] in CONTAINER_KINDS or bool(
        columns["is_summary"][side] and columns["schedule_id"][side] in plans
    )


def _speaking(owners: Sequence[str | None], plans: frozenset[str], sides: Sequence[int]) -> Sequence[int]:
    """The trackers' items; a plan's task only where there is nothing else."""
    return [side for side in sides if owners[side] not in plans] or sides


def _state(states: Sequence[str], speaking: Sequence[int]) -> str:
    """Work is done when every tracker says so."""
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
        return _DONE
    found = [own_health(side, severity_of(worst[side])) for side in still_open]
    index = min(range(len(found)), key=lambda one: (_WORSE_FIRST.index(found[one].colour), one))
    health = found[index]
    if len(sides) == 1:
        return health
    return Health(health.colour, f"{keys[still_open[index]]}: {health.reason}", health.unknown)


def _percent(columns: dict[str, list[Any]], speaking: Sequence[int], state: str) -> float | None:
    """The least that an open side says, so that one tracker's optimism hides nothing."""
    if state == "done":
        return 100.0
    percent, states = columns["percent_complete"], columns["state"]
    said = [percent[side] for side in speaking if states[side] != "done" and percent[side] is not None]
    return min(said, default=None)


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
        unmapped: (source, status) that the mapping does not know; Azure DevOps says `type: status`, because
            there each type has states of its own.
    """
    found: list[Ignorance | None] = []
    commitments, committed, types = columns["commitment"], columns["committed_at"], columns["type"]
    for index, (source, status, due, origin, slip_wd) in enumerate(
        zip(
            columns["source"], columns["status"], columns["effective_due"],
            columns["effective_due_source"], columns["slip_wd"], strict=True,
        )
    ):  # fmt: skip
        above = ancestor[index]
        if source in stale:
            found.append("stale")
        elif unmapped and not unmapped.isdisjoint(((source, status), (source, f"{types[index]}: {status}"))):
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
