"""Derivation of actual finishes: when an item finished, who says so, and when it had once before."""

from __future__ import annotations

import numpy as np

from schedule.calendars import days_of_instants
from store.frames import BoolArray, Coded, Ints
from sync.timeline import Entries, finished_at, reopened
from sync.workspace import ENDED, Workspace

_SOURCES = ("tracker", "history")
_NO_DAY = np.datetime64("NaT", "D")


def derive_finishes(work: Workspace, states: Entries, has_history: BoolArray) -> None:
    """A reopened item has not finished; when it did before is kept beside it."""
    items, derived, count = work.items, work.derived, len(work.items)
    state = items.codes("state")
    said = np.where(state.is_one_of(ENDED), items.dates("actual_finish"), _NO_DAY)
    history = days_of_instants(finished_at(states, count), work.zone)
    history = np.where(state.is_one_of(("done",)), history, _NO_DAY)
    finish = np.where(np.isnat(said), history, said)
    derived.put("actual_finish", finish)
    codes = np.where(np.isnat(finish), -1, np.where(np.isnat(said), 1, 0)).astype(np.int32)
    derived.put("actual_finish_source", Coded(codes, list(_SOURCES)).compact())
    times, earlier = reopened(states, count)
    derived.put("reopened_count", Ints(np.where(has_history, times, 0), has_history))
    derived.put("earlier_finish", days_of_instants(earlier, work.zone))
