"""Which evidence a person is shown, and when a value that moves with the clock counts as moved.

Passing time alone must not rewrite a comment: ages are left out, and a forecast keeps the date that was shown
until it has moved by a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from portfolio.views import VIEWS

# Columns whose value changes on its own as days pass. People read dates, not ages.
AGES = frozenset(
    {
        "age_wd", "slip_wd", "slip_pair", "overlap_wd", "push_count_90d", "p85_cycle_wd", "rebaselines_12m",
        "health_gap_runs", "load_4w", "throughput_4w", "p10_26w", "wip_median_8w", "p85_team", "say_do_3",
        "forecast_references", "last_good_at", "slope", "snapshots", "sign_changes",
    }
)  # fmt: skip
# Dates that a forecast moves a little every day.
FORECASTS = frozenset({"p50", "p80", "p80_last_week", "predecessor_finish", "projected_finish"})


def plain_evidence(evidence: Mapping[str, object]) -> dict[str, object]:
    """Evidence as the store keeps it: dates and instants as text, so that it is equal when read back."""
    return {name: _plain(value) for name, value in evidence.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def is_shown(view: str, name: str) -> bool:
    """Whether a comment shows this evidence: columns of the view that stand still, never measures."""
    known = VIEWS.get(view)
    return known is not None and known.column(name) is not None and name not in AGES


def settled_evidence(
    old: Mapping[str, object],
    new: Mapping[str, object],
    *,
    view: str,
    is_new_severity: bool,
    working_days: Callable[[date, date], int | None],
    step_wd: int,
) -> Mapping[str, object]:
    """The old evidence while only the clock has moved it, else the new.

    Args:
        old: what earlier runs kept.
        new: what this run measured, plain.
        view: the view it was measured on.
        is_new_severity: the finding is written anew anyway.
        working_days: working days between two dates.
        step_wd: how far a forecast moves before it counts as moved.
    """
    if is_new_severity or old.keys() != new.keys():
        return new
    for name, value in new.items():
        if old[name] == value or not is_shown(view, name):
            continue
        if name not in FORECASTS or _has_moved(old[name], value, working_days, step_wd):
            return new
    return old


def _has_moved(
    old: object, new: object, working_days: Callable[[date, date], int | None], step_wd: int
) -> bool:
    if not isinstance(old, str) or not isinstance(new, str):
        return True
    distance = working_days(date.fromisoformat(old), date.fromisoformat(new))
    return distance is None or abs(distance) >= step_wd
