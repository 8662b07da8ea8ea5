"""What is known of the values of columns, so that a comparison that can never be true is noticed."""

from __future__ import annotations

from collections.abc import Mapping

from portfolio.findings import SEVERITIES
from portfolio.records import KINDS, OWNER_KINDS, STATES

# Columns that nothing fills yet: a rule over them is silent for ever and looks like a clean portfolio.
# A test notices when a part begins to fill one.
UNFILLED: Mapping[str, frozenset[str]] = {
    "risk": frozenset({"open_mitigations", "late_mitigations", "threatened_late"}),
    "schedule": frozenset({"last_status_at"}),
}

_HEALTH = ("green", "amber", "red", "grey")
WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("item", "state"): STATES,
    ("item", "kind"): KINDS,
    ("item", "owner_kind"): OWNER_KINDS,
    ("item", "effective_due_source"): ("own", "iteration", "release", "parent", "schedule"),
    ("item", "constraint_type"): ("ASAP", "ALAP", "SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO"),
    ("item", "health"): _HEALTH,
    ("item", "worst_finding"): SEVERITIES,
    ("project", "level"): ("portfolio", "program", "project"),
    ("project", "health"): _HEALTH,
    ("project", "worst_finding"): SEVERITIES,
    ("dependency", "type"): ("FS", "SS", "FF", "SF"),
    ("dependency", "successor_state"): STATES,
    ("schedule", "health"): _HEALTH,
    ("schedule", "kind"): ("plan", "project"),
    ("iteration", "state"): ("future", "active", "closed"),
}  # fmt: skip

_RANGES: Mapping[str, tuple[float, float]] = {
    "percent_complete": (0, 100),
    "probability": (1, 5),
    "impact": (1, 5),
    "exposure": (1, 25),
    "priority_rank": (1, 5),
    "confidence": (0, 1),
    "hit_rate": (0, 1),
    "cei": (0, 1),
    "p50_coverage": (0, 1),
    "p80_coverage": (0, 1),
}
_ENDS_OF_COUNTS = ("_count", "_hours", "_minutes", "_items", "_risks", "_findings")
# Float is negative where a plan is behind.
_SIGNED = ("total_float_minutes", "free_float_minutes", "lag_minutes")


def words_of(view: str, column: str) -> tuple[str, ...]:
    """The only texts that a column of ours can have; empty where anything may stand."""
    return WORDS.get(("item" if view == "risk" else view, column), ())


def range_of(column: str) -> tuple[float, float]:
    """The least and the greatest value that a number can have."""
    if column in _RANGES:
        return _RANGES[column]
    if column.endswith(_ENDS_OF_COUNTS) and column not in _SIGNED:
        return 0, float("inf")
    return float("-inf"), float("inf")
