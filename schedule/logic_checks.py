"""Checks of a schedule's network: links, their types and lags, constraints and float (DCMA 1 to 7).

Source: DCMA-EA PAM 200.1 §4 as read in facts/rules.md §1.1; definitions of dangling activities as Oracle
documents them.
"""

from __future__ import annotations

import numpy as np

from schedule.check_inputs import BoolArray, CheckInputs, IntArray
from schedule.check_results import Check, Why, share_check


def logic_checks(inputs: CheckInputs) -> list[Check]:
    """The checks of the network, in the order in which they are shown."""
    return [*_ends(inputs), *_links(inputs), _hard_constraints(inputs), *_floats(inputs)]


def _ends(inputs: CheckInputs) -> list[Check]:
    items, links = inputs.items, inputs.links
    incomplete = inputs.who.incomplete
    has_predecessor = _any(items.count, links.successor)
    has_successor = _any(items.count, links.predecessor)
    drives_start = _any(items.count, links.successor[np.isin(links.type, ("FS", "SS"))])
    follows_finish = _any(items.count, links.predecessor[np.isin(links.type, ("FS", "FF"))])
    is_loose_start = has_predecessor & ~drives_start
    is_loose_finish = has_successor & ~follows_finish
    # A plan without one link is no puzzle: every task of it lacks both. What can be computed from links only
    # says nothing there.
    few = [(~inputs.schedules.is_plan & ~inputs.who.has_logic, Why.FEW_LINKS)]
    none = _without_logic(inputs)
    return [
        share_check(inputs, "logic", incomplete, ~(has_predecessor & has_successor), blocked=few),
        share_check(inputs, "dangling", incomplete, is_loose_start | is_loose_finish, blocked=none),
        share_check(inputs, "dangling-start", incomplete, is_loose_start, blocked=none),
        share_check(inputs, "dangling-finish", incomplete, is_loose_finish, blocked=none),
    ]


def _links(inputs: CheckInputs) -> list[Check]:
    """Counted over links. Of `link-types` the numerator is what is right, its members what is not."""
    population, sign, kind = inputs.who.links, inputs.links.lag_sign, inputs.links.type
    blocked = [(~inputs.schedules.is_plan, Why.NO_LAGS)]
    is_usual = kind == "FS"
    return [
        share_check(inputs, "leads", population, sign < 0, blocked=blocked, of_links=True),
        share_check(inputs, "lags", population, sign > 0, blocked=blocked, of_links=True),
        share_check(
            inputs, "link-types", population, is_usual, members=~is_usual, blocked=blocked, of_links=True
        ),
        share_check(inputs, "start-to-finish", population, kind == "SF", blocked=blocked, of_links=True),
    ]


def _hard_constraints(inputs: CheckInputs) -> Check:
    constraint = inputs.items.constraint
    return share_check(
        inputs,
        "hard-constraints",
        inputs.who.incomplete,
        np.isin(constraint, inputs.thresholds.hard_constraints),
        known=constraint != "",
        blocked=[(~inputs.schedules.is_plan, Why.NO_CONSTRAINTS)],
    )


def _floats(inputs: CheckInputs) -> list[Check]:
    total = inputs.items.total_float_wd
    known = ~np.isnan(total)
    blocked = _without_logic(inputs)
    incomplete = inputs.who.incomplete
    is_high = total > inputs.thresholds.high_float_wd
    return [
        share_check(inputs, "high-float", incomplete, is_high, known=known, blocked=blocked),
        share_check(inputs, "negative-float", incomplete, total < 0, known=known, blocked=blocked),
    ]


def _without_logic(inputs: CheckInputs) -> list[tuple[BoolArray, Why]]:
    has_logic, is_plan = inputs.who.has_logic, inputs.schedules.is_plan
    return [(~has_logic & is_plan, Why.NO_LOGIC), (~has_logic & ~is_plan, Why.FEW_LINKS)]


def _any(count: int, positions: IntArray) -> BoolArray:
    found = np.zeros(count, dtype=np.bool_)
    found[positions] = True
    return found
