"""Health as a colour with its reason: from slips, and from findings counted once below each item.

It reads no clock: only a change in a tracker, a finding or a forecast can change a colour, so that passing
time alone never causes a write. Grey is unknown, and unknown is never green (facts/rules.md §2.5). What an
item says of itself and what comes from below it are told apart: only the latter says "below it".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

GREEN, AMBER, RED, GREY = "green", "amber", "red", "grey"
Ignorance: TypeAlias = Literal["stale", "unmapped", "undated", "unpromised"]
IGNORANCE: tuple[Ignorance, ...] = get_args(Ignorance)

_BECAUSE = {
    "stale": "its tracker could not be read",
    "unmapped": "its status is not mapped to a state",
    "undated": "no date says when it should be finished",
    "unpromised": "no commitment or baseline says when it was promised",
}
_OF_MEMBERS = {
    "stale": "in a tracker that could not be read",
    "unmapped": "with a status that is not mapped",
    "undated": "without a date",
    "unpromised": "without a commitment or baseline",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthThresholds:
    """When a colour turns.

    Attributes:
        amber_slip_wd, red_slip_wd: working days of slip that are still tolerated.
        amber_slip_share, red_slip_share: share of the planned span that is tolerated, where that is more.
        member_share: share of the open items below that must be red (amber) to colour what is above them.
        return_wd: how far below its limit a slip must fall, in working days, before the colour goes again.
        return_share: the same for the share of items below.
    """

    amber_slip_wd: int = 2
    red_slip_wd: int = 5
    amber_slip_share: float = 0.05
    red_slip_share: float = 0.10
    member_share: float = 0.10
    return_wd: int = 1
    return_share: float = 0.02


DEFAULT_THRESHOLDS = HealthThresholds()


@dataclass(frozen=True, slots=True)
class Health:
    """A colour and why; `unknown` says what is missing where it is grey."""

    colour: str
    reason: str
    unknown: Ignorance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The open items below something, each piece of work once.

    Attributes:
        count: how many there are.
        red, amber: how many of them are.
        red_keys, amber_keys: the first three of each, in order.
        unknown: how many are grey, by what is missing.
    """

    count: int = 0
    red: int = 0
    amber: int = 0
    red_keys: Sequence[str] = ()
    amber_keys: Sequence[str] = ()
    unknown: Sequence[int] = (0,) * len(IGNORANCE)

    @property
    def grey(self) -> int:
        """How many are grey."""
        return sum(self.unknown)


def own_health(
    slip_wd: int | None,
    span_wd: int | None,
    worst_finding: str | None,
    *,
    unknown: Ignorance | None,
    late_slip_wd: int | None = None,
    before: str | None = None,
    limits: HealthThresholds = DEFAULT_THRESHOLDS,
    promise: str = "the commitment",
) -> Health:
    """The colour of an item by itself, and why.

    What is known to be bad stays bad where other things are unknown; what only looks fine turns grey. A
    colour that a slip caused is left only when the slip is `return_wd` below its limit, so that a date that
    swings around a limit does not turn the light on and off.

    Args:
        slip_wd: working days from what was promised to what is expected (P50, else the current date); None is
            unknown.
        span_wd: planned working days from start to promise; None is unknown.
        worst_finding: severity of its worst open finding.
        unknown: what is missing to call it green.
        late_slip_wd: working days from what was promised to the P80 forecast; None where there is none.
        before: the colour it had by itself at the last look.
        limits: when a colour turns.
        promise: what was promised, in the words of the reason.
    """
    red_limit = max(limits.red_slip_wd, limits.red_slip_share * (span_wd or 0))
    amber_limit = max(limits.amber_slip_wd, limits.amber_slip_share * (span_wd or 0))
    if before == RED:
        red_limit = max(red_limit - limits.return_wd, 0)
    if before in (RED, AMBER):
        amber_limit = max(amber_limit - limits.return_wd, 0)
    if worst_finding == "critical":
        return Health(RED, "a critical finding is open")
    if slip_wd is not None and slip_wd > red_limit:
        return Health(RED, f"expected {slip_wd} working days after {promise}")
    if worst_finding == "high":
        return Health(AMBER, "a finding of high severity is open")
    if slip_wd is not None and slip_wd > amber_limit:
        return Health(AMBER, f"expected {slip_wd} working days after {promise}")
    if late_slip_wd is not None and late_slip_wd > amber_limit:
        return Health(AMBER, f"its 80 % forecast is {late_slip_wd} working days after {promise}")
    if unknown is not None:
        return Health(GREY, _BECAUSE[unknown], unknown)
    return Health(GREEN, "nothing speaks against its date")


def health_with_members(
    own: Health, members: Members, *, before: str | None = None, limits: HealthThresholds = DEFAULT_THRESHOLDS
) -> Health:
    """The colour of something that contains others.

    Args:
        own: its colour by itself.
        members: what is open below it.
        before: the colour it showed at the last look; it is left only when the share of its cause is
            `return_share` below the limit.
        limits: when a colour turns.
    """
    count, grey = members.count, members.grey
    if own.colour == RED or not count:
        return own
    red_share = limits.member_share - (limits.return_share if before == RED else 0)
    amber_share = limits.member_share - (limits.return_share if before in (RED, AMBER) else 0)
    if members.red:
        colour = RED if members.red >= red_share * count else AMBER
        return Health(colour, f"{_of(members.red, count)} red: {_names(members.red, members.red_keys)}")
    if own.colour == AMBER:
        return own
    if members.amber and members.amber >= amber_share * count:
        return Health(
            AMBER, f"{_of(members.amber, count)} amber: {_names(members.amber, members.amber_keys)}"
        )
    if grey > count / 2:
        worst = max(range(len(IGNORANCE)), key=lambda one: members.unknown[one])
        return Health(GREY, f"{_of(grey, count)} unknown: {_missing(members)}", IGNORANCE[worst])
    doubt = f"; {grey} unknown: {_missing(members)}" if grey else ""
    return Health(GREEN, f"none of {_open(count)} below it is red{doubt}")


def _of(some: int, count: int) -> str:
    return f"{some} of {_open(count)} below it {'is' if some == 1 else 'are'}"


def _open(count: int) -> str:
    return f"{count} open item{'' if count == 1 else 's'}"


def _names(count: int, keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if count <= 3 else f"{shown} and {count - 3} more"


def _missing(members: Members) -> str:
    return ", ".join(
        f"{count} {_OF_MEMBERS[what]}"
        for what, count in zip(IGNORANCE, members.unknown, strict=True)
        if count
    )
