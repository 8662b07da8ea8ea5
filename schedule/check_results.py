"""What one check says about many schedules at once, and the counting behind all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from schedule.check_inputs import BoolArray, CheckInputs, FloatArray, IntArray


class Why(StrEnum):
    """Why a check says nothing about a schedule. Nothing of it is read as passed."""

    NOTHING = "nothing to check"
    NO_LOGIC = "no links between its tasks"
    FEW_LINKS = "too few of its items are linked"
    NO_LAGS = "its links carry neither lag nor type"
    NO_CONSTRAINTS = "it knows no constraints"
    NO_STATUS_DATE = "no status date"
    NO_BASELINE = "no baseline"
    NO_COMMITMENT = "nothing is committed to a date"
    NO_RESOURCES = "nobody is assigned to anything"
    UNKNOWN = "what it asks is unknown for too many items"
    NO_SNAPSHOT = "no snapshot from the beginning of the period"
    NO_CRITICAL = "no critical task left"
    NO_END = "the end of the plan is not ahead of its status date"
    NOT_STARTED = "not started yet"
    NO_FLOAT = "its file holds no float to compare with"
    NO_NETWORK = "its links run in a circle, or its dates are unknown"


Blocked = Iterable[tuple[BoolArray, Why]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of all schedules. Numbers of a schedule with a reason mean nothing.

    Attributes:
        name: as in the view `schedule_check`.
        numerator, denominator: what is counted, per schedule.
        share: their quotient, NaN where it is unknown.
        members: positions of what to look at, one schedule after the other.
        bounds: `members[bounds[s]:bounds[s + 1]]` belong to schedule s.
        reasons: why a schedule is not assessable; None: it is.
        of_links: members are links, not items.
    """

    name: str
    numerator: IntArray
    denominator: IntArray
    share: FloatArray
    members: IntArray
    bounds: IntArray
    reasons: list[Why | None]
    of_links: bool = False

    def members_of(self, schedule: int) -> IntArray:
        """The positions of one schedule's members, ascending."""
        return self.members[self.bounds[schedule] : self.bounds[schedule + 1]]

    def is_assessable(self, schedule: int) -> bool:
        """Whether the check says anything about a schedule."""
        return self.reasons[schedule] is None


def share_check(
    inputs: CheckInputs,
    name: str,
    population: BoolArray,
    hit: BoolArray,
    *,
    known: BoolArray | None = None,
    members: BoolArray | None = None,
    blocked: Blocked = (),
    of_links: bool = False,
) -> Check:
    """A share per schedule: those of a population for which something holds.

    Args:
        inputs: gives the schedules.
        name: of the check.
        population: the items, or links, that are asked.
        hit: those that count in the numerator.
        known: those that can answer; the others are left out, so that they neither pass nor fail. Where too
            few can, the check says nothing.
        members: those to look at; the numerator's where it is None.
        blocked: further reasons, per schedule, the first of which counts.
        of_links: the arrays are about links, which belong to the schedule of their successor.
    """
    count = inputs.schedules.count
    schedule = inputs.items.schedule
    if of_links:
        schedule = schedule[inputs.links.successor]
    asked = np.bincount(schedule[population], minlength=count)
    able = population if known is None else population & known
    denominator = asked if known is None else np.bincount(schedule[able], minlength=count)
    counted = able & hit
    numerator = np.bincount(schedule[counted], minlength=count)
    chosen, bounds = by_schedule(
        np.flatnonzero(counted if members is None else able & members), schedule, count
    )
    reasons = first_reason(
        count,
        (
            *blocked,
            (asked == 0, Why.NOTHING),
            (denominator < np.maximum(inputs.thresholds.known_share * asked, 1), Why.UNKNOWN),
        ),
    )
    return Check(
        name,
        numerator,
        denominator,
        quotient(numerator, denominator, reasons),
        chosen,
        bounds,
        reasons,
        of_links,
    )


def by_schedule(positions: IntArray, schedule: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Positions one schedule after the other, ascending in each, and where each schedule begins and ends."""
    of = schedule[positions]
    # A plan's rows mostly stand together already: then there is nothing to sort.
    if len(of) and np.any(of[1:] < of[:-1]):
        positions = positions[np.argsort(of, kind="stable")]
    bounds = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(of, minlength=count), out=bounds[1:])
    return positions, bounds


def first_reason(count: int, blocked: Blocked) -> list[Why | None]:
    """For each schedule the first reason that holds; None where none does."""
    reasons: list[Why | None] = [None] * count
    for mask, why in blocked:
        for position in np.flatnonzero(mask).tolist():
            reasons[position] = reasons[position] or why
    return reasons


def quotient(
    numerator: IntArray | FloatArray, denominator: IntArray | FloatArray, reasons: list[Why | None]
) -> FloatArray:
    """Numerator by denominator; NaN where there is a reason against it."""
    fine = np.array([reason is None for reason in reasons], dtype=np.bool_) & (denominator != 0)
    answer = np.full(len(reasons), np.nan)
    np.divide(numerator, denominator, out=answer, where=fine)
    return answer
