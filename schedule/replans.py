"""Re-plans: bulk moves of dates that are one decision, told apart from pushes of single items.

A bulk move is one actor who moves at least ten items by the same amount within ten minutes
(facts/rules.md §2.3). A longer job counts as one event as long as it stays that dense.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LEAST_ITEMS = 10
WINDOW_MS = 10 * 60 * 1000

IntArray = npt.NDArray[np.int64]
_NONE = -1


def replan_events(
    actor: IntArray,
    at_ms: IntArray,
    item: IntArray,
    moved_days: IntArray,
    moved_wd: IntArray,
    *,
    least_items: int = LEAST_ITEMS,
    window_ms: int = WINDOW_MS,
) -> IntArray:
    """The re-plan that each move of a date belongs to.

    Same amount means the same number of calendar days or of working days. A move that would fit two events is
    part of the larger one; one that stays too small without it is none.

    Args:
        actor: who moved it; negative is unknown, and unknown actors are never the same one.
        at_ms: when, in milliseconds.
        item: whose date it was.
        moved_days: by how many calendar days; 0 is no move.
        moved_wd: by how many working days.
        least_items: unlike items that make an event.
        window_ms: the time within which they must lie, both ends included.

    Returns:
        A number for each move, from 0 in the order of the events' beginnings; -1 where it belongs to none.
    """
    events = [
        members
        for moved in (moved_days, moved_wd)
        for members in _dense_runs(actor, at_ms, item, moved, least_items, window_ms)
    ]
    # The larger first; of equal ones the earlier, and calendar days before working days.
    events.sort(key=lambda members: (-len(np.unique(item[members])), int(at_ms[members].min())))
    taken = np.full(len(actor), _NONE, dtype=np.int64)
    kept: list[IntArray] = []
    for members in events:
        free = members[taken[members] == _NONE]
        if len(np.unique(item[free])) >= least_items:
            taken[free] = len(kept)
            kept.append(free)
    answer = np.full(len(actor), _NONE, dtype=np.int64)
    for number, members in enumerate(sorted(kept, key=lambda one: (int(at_ms[one].min()), int(one.min())))):
        answer[members] = number
    return answer


def _dense_runs(
    actor: IntArray, at_ms: IntArray, item: IntArray, moved: IntArray, least_items: int, window_ms: int
) -> list[IntArray]:
    """Positions of the moves of each dense run of one actor and one amount."""
    usable = np.flatnonzero((actor >= 0) & (moved != 0))
    if len(usable) < least_items:
        return []
    order = usable[np.lexsort((at_ms[usable], moved[usable], actor[usable]))]
    is_new = np.flatnonzero(
        (np.diff(actor[order], prepend=_NONE) != 0) | (np.diff(moved[order], prepend=0) != 0)
    )
    runs: list[IntArray] = []
    for group in np.split(order, is_new):
        if len(group) >= least_items:
            runs += _runs_of_group(group, at_ms[group], item[group], least_items, window_ms)
    return runs


def _runs_of_group(
    group: IntArray, at_ms: IntArray, item: IntArray, least_items: int, window_ms: int
) -> list[IntArray]:
    stops = np.searchsorted(at_ms, at_ms + window_ms, side="right")
    counts = stops - np.arange(len(group))
    has_repeats = len(np.unique(item)) < len(item)
    runs: list[tuple[int, int]] = []
    for first in np.flatnonzero(counts >= least_items).tolist():
        stop = int(stops[first])
        if has_repeats and len(np.unique(item[first:stop])) < least_items:
            continue
        if runs and first < runs[-1][1]:
            runs[-1] = (runs[-1][0], stop)  # windows that share a move are one job
        else:
            runs.append((first, stop))
    return [group[first:stop] for first, stop in runs]
