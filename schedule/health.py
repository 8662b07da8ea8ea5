"""Health as a colour with its reason: from slips, and from findings counted once below each item.

It reads no clock: only a change in a tracker, a finding or a forecast can change a colour, so that passing
time alone never causes a write. Grey is unknown, and unknown is never green (facts/rules.md §2.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GREEN, AMBER, RED, GREY = "green", "amber", "red", "grey"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthThresholds:
    """When a colour turns.

    Attributes:
        amber_slip_wd, red_slip_wd: working days of slip that are still tolerated.
        amber_slip_share, red_slip_share: share of the planned span that is tolerated, where that is more.
        member_share: share of the open items below that must be red (amber) to colour what is above them.
    """

    amber_slip_wd: int = 2
    red_slip_wd: int = 5
    amber_slip_share: float = 0.05
    red_slip_share: float = 0.10
    member_share: float = 0.10


DEFAULT_THRESHOLDS = HealthThresholds()


def own_health(
    slip_wd: int | None,
    span_wd: int | None,
    worst_finding: str | None,
    *,
    is_dated: bool,
    limits: HealthThresholds = DEFAULT_THRESHOLDS,
) -> tuple[str, str]:
    """The colour of an item by itself, and why.

    Args:
        slip_wd: working days from what was promised to what is expected; None is unknown.
        span_wd: planned working days from start to promise; None is unknown.
        worst_finding: severity of its worst open finding.
        is_dated: whether any date says when it should be finished.
        limits: when a colour turns.
    """
    red_limit = max(limits.red_slip_wd, limits.red_slip_share * (span_wd or 0))
    amber_limit = max(limits.amber_slip_wd, limits.amber_slip_share * (span_wd or 0))
    if worst_finding == "critical":
        return RED, "a critical finding is open"
    if slip_wd is not None and slip_wd > red_limit:
        return RED, f"expected {slip_wd} working days after the commitment"
    if worst_finding == "high":
        return AMBER, "a finding of high severity is open"
    if slip_wd is not None and slip_wd > amber_limit:
        return AMBER, f"expected {slip_wd} working days after the commitment"
    if not is_dated:
        return GREY, "no date says when it should be finished"
    return GREEN, "nothing speaks against its date"


def health_with_members(
    own: tuple[str, str],
    members: Sequence[tuple[str, str]],
    *,
    limits: HealthThresholds = DEFAULT_THRESHOLDS,
) -> tuple[str, str]:
    """The colour of something that contains others.

    Args:
        own: its colour by itself.
        members: key and colour of each open item below it, each piece of work once.
        limits: when a colour turns.
    """
    if own[0] == RED or not members:
        return own
    red = [key for key, colour in members if colour == RED]
    amber = [key for key, colour in members if colour == AMBER]
    grey = sum(1 for _, colour in members if colour == GREY)
    count = len(members)
    if red and len(red) >= limits.member_share * count:
        return RED, f"{_of(red, count)} red: {_names(red)}"
    if red:
        return AMBER, f"{_of(red, count)} red: {_names(red)}"
    if own[0] == AMBER:
        return own
    if amber and len(amber) >= limits.member_share * count:
        return AMBER, f"{_of(amber, count)} amber: {_names(amber)}"
    if grey > count / 2:
        return GREY, f"{grey} of {count} open items have no date"
    return GREEN, f"none of {count} open items is red"


def _of(some: Sequence[str], count: int) -> str:
    return f"{len(some)} of {count} open items {'is' if len(some) == 1 else 'are'}"


def _names(keys: Sequence[str]) -> str:
    shown = ", ".join(sorted(keys)[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"
