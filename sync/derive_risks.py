"""Derivation of risks: exposure, and the working-day numbers of their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from store.frames import Coded, Ints
from sync.workspace import PORTFOLIO_CALENDAR, Workspace, ordinals

if TYPE_CHECKING:
    from store import Store

_DATES = ("last_review_at", "response_due", "review_due", "proximity_from", "proximity_to")


def derive_risks(work: Workspace, store: Store) -> int:
    """Write the derived side of the risks of what was reached; returns the rows that changed."""
    risks = store.frame(
        "tracker_risk",
        ("item_id", "probability", "impact", *_DATES),
        texts=("item_id",),
        among=None if work.is_full else ("item_id", work.reach.items),
    )
    rows = work.positions(risks.texts("item_id"))
    words = [*work.calendar_ids.words, PORTFOLIO_CALENDAR]
    codes = np.append(work.calendar_ids.codes, len(words) - 1)[rows].astype(np.int32)
    calendar_ids = Coded(codes, words)
    probability, impact = risks.integers("probability"), risks.integers("impact")
    known = probability.known & impact.known
    risks.put("exposure", Ints(np.where(known, probability.values * impact.values, 0), known))
    for name in _DATES:
        numbers = ordinals(work.calendars, calendar_ids, risks.dates(name), work.zone)
        risks.put(f"{name}_ord", numbers)
    risks.drop("probability", "impact", *_DATES)
    return work.write(store, "derived_risk", risks, keys=work.reach.items)
