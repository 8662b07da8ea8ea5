"""Derivation of slips: how far each item is from what was promised, as far as anybody can tell today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from store.frames import Coded
from sync.derive_forecast import FORECASTS
from sync.workspace import Workspace, difference, ordinals

if TYPE_CHECKING:
    from store import Store

_PAIRS = ("commitment to current", "baseline to current", "commitment to forecast", "baseline to forecast")


def derive_slips(work: Workspace, _store: Store) -> int:
    """From promise, else baseline, to forecast P50, else actual finish, else effective date."""
    items, derived, zone = work.items, work.derived, work.zone
    commitment, finished = derived.dates("commitment"), derived.dates("actual_finish")
    has_commitment = ~np.isnat(commitment)
    start = np.where(has_commitment, commitment, items.dates("baseline_finish"))
    current = np.where(np.isnat(finished), derived.dates("effective_due"), finished)
    is_forecast = derived.codes("forecast_method").is_one_of(FORECASTS)
    stop = np.where(is_forecast, derived.dates("p50"), current)
    is_pair = ~np.isnat(start) & ~np.isnat(stop)
    codes = np.where(is_pair, 2 * is_forecast + ~has_commitment, -1).astype(np.int32)
    derived.put("slip_pair", Coded(codes, list(_PAIRS)).compact())
    first, last = (ordinals(work.calendars, work.calendar_ids, days, zone) for days in (start, stop))
    derived.put("slip_wd", difference(last, first))
    return 0
