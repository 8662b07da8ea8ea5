"""Checks of dates, durations, resources and baselines (DCMA 8 to 11), with what stands for them in trackers.

A tracker has no baseline, so its first commitment is read as one; it is live, so its status date is the day
of the run. Where its check asks something else than a plan's, both are written side by side here.
Source: facts/rules.md §1.1 and §1.3.
"""

from __future__ import annotations

import numpy as np

from schedule.check_inputs import BoolArray, CheckInputs, DayArray
from schedule.check_results import Check, Why, share_check


def date_checks(inputs: CheckInputs) -> list[Check]:
    """The checks of dates and what belongs to them, in the order in which they are shown."""
    return [
        _high_duration(inputs),
        *_invalid_dates(inputs),
        _resources(inputs),
        _missed(inputs),
        _no_baseline(inputs),
        _zombies(inputs),
    ]


def _high_duration(inputs: CheckInputs) -> Check:
    """A plan's tasks by duration, epics and features by planned span, stories by iteration and age."""
    items, limits = inputs.items, inputs.thresholds
    duration, start = items.duration_wd, items.start
    if limits.duration_basis == "baseline":
        # A task without baseline is not short: its current duration is what is known of it.
        duration = np.where(np.isnan(items.baseline_duration_wd), duration, items.baseline_duration_wd)
        start = np.where(np.isnat(items.baseline_start), start, items.baseline_start)
    is_long = duration > limits.high_duration_wd
    known = ~np.isnan(duration)
    is_story = ~inputs.of_plan & ~items.is_container
    # Comparisons with NaN are false: a story without dates may still be older than its like.
    spans_more = items.duration_wd > items.iteration_wd
    is_older = items.age_wd > items.usual_age_wd
    story_known = ~np.isnan(items.duration_wd + items.iteration_wd) | ~np.isnan(
        items.age_wd + items.usual_age_wd
    )
    # A container or story without dates is a matter of other rules; here only what has a span is asked.
    population = inputs.who.incomplete & (inputs.of_plan | np.where(is_story, story_known, known))
    if limits.detail_window_days is not None:
        last = inputs.status_date + np.timedelta64(limits.detail_window_days, "D")
        population &= ~inputs.of_plan | (start <= last)
    return share_check(
        inputs,
        "high-duration",
        population,
        np.where(is_story, spans_more | is_older, is_long),
        known=np.where(is_story, story_known, known),
    )


def _invalid_dates(inputs: CheckInputs) -> list[Check]:
    """9a: dates of work to come that lie in the past; 9b: actual dates that lie in the future.

    An open item of a tracker that is past its due date is overdue, which other rules say; it is not invalid.
    """
    items, today = inputs.items, inputs.status_date
    incomplete, detail = inputs.who.incomplete, inputs.who.detail
    is_late_start = np.isnat(items.actual_start) & (items.start < today)
    is_past = is_late_start | (inputs.of_plan & (items.finish < today))
    is_future = (items.actual_start > today) | (items.actual_finish > today)
    has_date = ~(np.isnat(items.start) & np.isnat(items.finish) & np.isnat(items.actual_start))
    blocked = [(np.isnat(inputs.schedules.status_date), Why.NO_STATUS_DATE)]
    # Most items of a tracker have no dates to be invalid; an undated task of a plan is unknown.
    asked = inputs.of_plan | has_date | ~np.isnat(items.actual_finish)
    invalid = (incomplete & is_past) | is_future
    return [
        share_check(
            inputs, "invalid-forecast-dates", incomplete & asked, is_past, known=has_date, blocked=blocked
        ),
        share_check(inputs, "invalid-actual-dates", detail & asked, is_future, blocked=blocked),
        share_check(
            inputs,
            "invalid-dates",
            detail & asked,
            invalid,
            known=has_date | ~np.isnat(items.actual_finish),
            blocked=blocked,
        ),
    ]


def _resources(inputs: CheckInputs) -> Check:
    """Nobody and nothing is assigned: to tasks of a day and more, to what needs an owner in a tracker."""
    items = inputs.items
    count = inputs.schedules.count
    is_long_enough = items.duration_wd >= inputs.thresholds.resource_minimum_wd
    is_loaded = (
        np.bincount(items.schedule[inputs.who.detail & (items.has_resource == 1)], minlength=count) > 0
    )
    return share_check(
        inputs,
        "resources",
        inputs.who.incomplete & (inputs.of_plan | items.needs_owner),
        (items.has_resource == 0) & (is_long_enough | ~inputs.of_plan),
        known=(items.has_resource >= 0) & (~np.isnan(items.duration_wd) | ~inputs.of_plan),
        # The DCMA sets no limit for a plan that is not resource-loaded.
        blocked=[(inputs.schedules.is_plan & ~is_loaded, Why.NO_RESOURCES)],
    )


def _missed(inputs: CheckInputs) -> Check:
    """What was due and finished later than approved, or will. The check is cumulative: done work counts."""
    items = inputs.items
    end: DayArray = np.where(np.isnat(items.actual_finish), items.finish, items.actual_finish)
    # The due date of an open item in a tracker says nothing once it has passed: the commitment was missed.
    is_overdue = ~inputs.of_plan & ~items.is_complete & (items.baseline_finish < inputs.status_date)
    return share_check(
        inputs,
        "missed-tasks",
        inputs.who.due,
        (end > items.baseline_finish) | is_overdue,
        known=~np.isnat(end) | is_overdue,
        blocked=without_baseline(inputs),
    )


def _no_baseline(inputs: CheckInputs) -> Check:
    """Detail tasks of a plan without a baseline finish, milestones and completed ones included.

    A tracker's project is no plan: it has no baselines of its own, so the check does not apply to it.
    """
    items = inputs.items
    return share_check(
        inputs, "no-baseline", items.is_detail & inputs.of_plan, np.isnat(items.baseline_finish)
    )


def _zombies(inputs: CheckInputs) -> Check:
    """Open, without any date, and nothing happened to it for long."""
    items = inputs.items
    population: BoolArray = items.is_detail & ~items.is_complete
    is_zombie = items.is_undated & (items.quiet_wd > inputs.thresholds.quiet_wd)
    return share_check(
        inputs, "zombies", population, is_zombie, known=~np.isnan(items.quiet_wd) | ~items.is_undated
    )


def without_baseline(inputs: CheckInputs) -> list[tuple[BoolArray, Why]]:
    """The reasons against everything that compares with a baseline at a status date."""
    items, schedules = inputs.items, inputs.schedules
    dated = inputs.who.detail & ~np.isnat(items.baseline_finish)
    none = np.bincount(items.schedule[dated], minlength=schedules.count) == 0
    return [
        (np.isnat(schedules.status_date), Why.NO_STATUS_DATE),
        (none & schedules.is_plan, Why.NO_BASELINE),
        (none & ~schedules.is_plan, Why.NO_COMMITMENT),
    ]
