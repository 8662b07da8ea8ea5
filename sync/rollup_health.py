"""The colour of each container, from what is known of it by itself and from what is open below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from schedule.health import (
    AMBER,
    GREEN,
    GREY,
    IGNORANCE,
    RED,
    Health,
    Members,
    health_with_members,
)
from sync.rollup_work import Work

Columns = Mapping[str, npt.NDArray[Any]]
_SHOWN_KEYS = 3
_NOTHING = Health(GREY, "there is no work in it", "undated")


def healths(
    work: Work,
    own_columns: Columns,
    sums: Columns,
    highest: Columns,
    leaves: Columns,
) -> list[Health]:
    """The colour of each class, and of each node of the PMO's tree behind them.

    Args:
        work: the classes and nodes.
        own_columns: what is known of each by itself.
        sums: what is summed up at or below each.
        highest: what is carried up as the worst or the latest.
        leaves: what has work below it, and what is counted.
    """
    names = {colour: _first_keys(work, own_columns, leaves, colour) for colour in (RED, AMBER)}
    has_members = leaves["has_members"].tolist()
    counts = {
        name: sums[name].astype(np.int64).tolist() for name in ("open", "done", "red", "amber", *IGNORANCE)
    }
    unread = [(highest[f"unread {name}"] > 0).tolist() for name in work.stale]
    found: list[Health] = []
    for one, group in enumerate(work.containment.group.tolist()):
        is_node = one >= len(work.live)
        state = "open" if is_node else work.known.state[one]
        own = _NOTHING if is_node else work.known.own[one]
        if state != "open":
            # Closed above open work: its own dates have ended, what is below it has not.
            is_closed_early = state == "done" and has_members[one] and counts["open"][one] > 0
            found.append(_with_members(work, own, one, group, counts, names) if is_closed_early else own)
            continue
        if has_members[one]:
            own = _with_members(work, own, one, group, counts, names)
        missed = [name for name, is_below in zip(work.stale, unread, strict=True) if is_below[one]]
        if missed and (has_members[one] or own.unknown != "stale"):
            own = _in_doubt(own, missed, is_known=not has_members[one] or counts["open"][one] > 0)
        found.append(own)
    return found


def _in_doubt(own: Health, missed: Sequence[str], *, is_known: bool) -> Health:
    """What could not be read may hold open work: where none is known, its absence is no good news."""
    reason = f"{own.reason}; {', '.join(missed)} could not be read"
    if own.colour == GREEN and not is_known:
        return Health(GREY, reason, "stale")
    return Health(own.colour, reason, own.unknown)


def _with_members(
    work: Work,
    own: Health,
    one: int,
    group: int,
    counts: Mapping[str, Sequence[int]],
    names: Mapping[str, Mapping[int, Sequence[str]]],
) -> Health:
    if not counts["open"][one]:
        is_judged = own.colour != GREY or own.unknown in ("stale", "unmapped")
        return own if is_judged or not counts["done"][one] else Health(GREEN, "everything below it is done")
    members = Members(
        count=counts["open"][one],
        red=counts["red"][one],
        amber=counts["amber"][one],
        red_keys=names[RED].get(group, ()),
        amber_keys=names[AMBER].get(group, ()),
        unknown=[counts[what][one] for what in IGNORANCE],
    )
    return health_with_members(own, members, before=work.shown_before[one], limits=work.limits[one])


def _first_keys(work: Work, own: Columns, leaves: Columns, colour: str) -> dict[int, list[str]]:
    """The first three keys of that colour at or below each group, in order."""
    flags = leaves["is_leaf"] & own["is_open"] & (own["colour"] == colour)
    positions = np.flatnonzero(flags).tolist()
    keys = {one: str(work.columns["key"][work.live[one][0]]) for one in positions}
    ordered = sorted(positions, key=lambda one: (keys[one], one))
    lowest = work.containment.lowest_up({one: rank for rank, one in enumerate(ordered)}, _SHOWN_KEYS)
    return {group: [keys[ordered[rank]] for rank in ranks] for group, ranks in lowest.items()}
