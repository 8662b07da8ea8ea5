"""What holds for every network, and a second scheduler that knows nothing of the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plan_cases import STANDARD

from schedule.critical_path import critical_path
from schedule.plan_network import Constraint, LinkType, PlanDates, plan_links, plan_tasks
from schedule.working_time import UNKNOWN, instants

START = int(instants(["2026-11-30T08:00"])[0])
BASE = int(STANDARD.minutes_at(np.zeros(1, dtype=np.int64), np.array([START]))[0])
DURATIONS = st.sampled_from([0, 60, 240, 480, 720, 960, 2400])
LAGS = st.sampled_from([0, 0, 0, 240, 480, 960, -240, -480])
Link = tuple[int, int, LinkType, int]


@dataclass(frozen=True)
class Network:
    durations: list[int]
    links: list[Link]


@st.composite
def networks(draw: st.DrawFn, *, any_direction: bool = False, forward_only: bool = False) -> Network:
    count = draw(st.integers(1, 9))
    durations = draw(st.lists(DURATIONS, min_size=count, max_size=count))
    types = st.sampled_from([LinkType.FS, LinkType.SS] if forward_only else list(LinkType))
    links: dict[tuple[int, int], Link] = {}
    for _ in range(draw(st.integers(0, 14))):
        one, other = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
        if not any_direction:
            one, other = min(one, other), max(one, other)
        if one != other or any_direction:
            links.setdefault((one, other), (one, other, draw(types), draw(LAGS)))
    order = draw(st.permutations(range(count)))
    return Network(
        [durations[order.index(at)] for at in range(count)],
        [(order[one], order[other], kind, lag) for one, other, kind, lag in links.values()],
    )


def dates_of(network: Network, **columns: object) -> PlanDates:
    return critical_path(
        plan_tasks(network.durations, **columns), plan_links(network.links), STANDARD, project_start=START
    )


def minutes(column: np.ndarray) -> list[int]:
    return (STANDARD.minutes_at(np.zeros(len(column), dtype=np.int64), column) - BASE).tolist()


def by_hand(network: Network) -> tuple[list[int], list[int], list[int]]:
    """(early starts, late starts, free floats) in working minutes: every bound again until nothing moves."""
    durations, links = network.durations, network.links
    early = [0] * len(durations)
    for _ in durations:
        for task, duration in enumerate(durations):
            bounds = []
            for before, after, kind, lag in links:
                if after != task:
                    continue
                finish = early[before] + durations[before]
                bounds.append(
                    {
                        "FS": finish + lag,
                        "SS": early[before] + lag,
                        "FF": max(finish + lag - duration, 0),
                        "SF": early[before] + lag - duration,
                    }[kind.name]
                )
            early[task] = max(bounds, default=0)
    end = max(start + duration for start, duration in zip(early, durations, strict=True))
    late = [end - duration for duration in durations]
    for _ in durations:
        for task, duration in enumerate(durations):
            bounds = [end - duration]
            for before, after, kind, lag in links:
                if before == task:
                    finish = late[after] + durations[after]
                    bounds.append(
                        {
                            "FS": late[after] - lag - duration,
                            "SS": late[after] - lag,
                            "FF": finish - lag - duration,
                            "SF": finish - lag,
                        }[kind.name]
                    )
            late[task] = min(bounds)
    free = []
    for task, duration in enumerate(durations):
        gaps = [
            (early[after] if kind.name[1] == "S" else early[after] + durations[after])
            - (early[task] if kind.name[0] == "S" else early[task] + duration)
            - lag
            for before, after, kind, lag in links
            if before == task
        ]
        free.append(max(min(gaps, default=late[task] - early[task]), 0))
    return early, late, free


@given(networks())
@settings(deadline=None)
def test_a_second_scheduler_agrees(network: Network) -> None:
    dates = dates_of(network)
    early, late, free = by_hand(network)
    assert minutes(dates.early_start) == early
    assert minutes(dates.late_start) == late
    assert dates.free_float.tolist() == free
    assert dates.total_float.tolist() == [one - other for one, other in zip(late, early, strict=True)]


@given(networks())
@settings(deadline=None)
def test_without_constraints_there_is_no_negative_float_and_always_a_critical_task(network: Network) -> None:
    dates = dates_of(network)
    # A milestone at the first morning may be late at the evening before: the same working minute.
    assert all(
        one <= other for one, other in zip(minutes(dates.early_start), minutes(dates.late_start), strict=True)
    )
    assert (dates.total_float >= 0).all()
    if all(kind == LinkType.FS and lag >= 0 for _, _, kind, lag in network.links):
        # A lead, or a link between starts, leaves room before the successor beyond the end of the plan.
        assert (dates.free_float <= dates.total_float).all()
    assert dates.is_critical.any()
    assert (dates.start == dates.early_start).all()


@given(networks(), st.integers(0, 8), st.integers(1, 20))
@settings(deadline=None)
def test_a_later_start_pushes_and_never_pulls(network: Network, number: int, days: int) -> None:
    task = number % len(network.durations)
    before = dates_of(network)
    later = int(before.early_start[task]) + days * 1440
    constraint = np.full(len(network.durations), int(Constraint.ASAP))
    at = np.full(len(network.durations), UNKNOWN)
    constraint[task], at[task] = Constraint.SNET, later
    after = dates_of(network, constraint=constraint, constraint_at=at)
    assert (after.early_start >= before.early_start).all()
    assert after.early_start[task] >= later
    assert after.finish_of_plan >= before.finish_of_plan


@given(networks(forward_only=True), st.integers(0, 8))
@settings(deadline=None)
def test_a_longer_task_pushes_and_never_pulls(network: Network, number: int) -> None:
    task = number % len(network.durations)
    longer = [minutes + 480 * (index == task) for index, minutes in enumerate(network.durations)]
    before, after = dates_of(network), dates_of(Network(longer, network.links))
    assert (after.early_start >= before.early_start).all()
    # By its total float a task may grow without moving the end of the plan.
    if before.total_float[task] >= 480:
        assert minutes(np.array([after.finish_of_plan])) == minutes(np.array([before.finish_of_plan]))


@given(networks())
@settings(deadline=None, max_examples=40)
def test_the_driver_of_a_start_is_the_link_without_which_it_could_be_earlier(network: Network) -> None:
    dates = dates_of(network)
    for task, link in enumerate(dates.driving_link.tolist()):
        if link < 0:
            assert dates.early_start[task] == dates.start[task]
            continue
        assert network.links[link][1] == task
        rest = [one for at, one in enumerate(network.links) if one[1] != task or at == link]
        assert (
            minutes(dates_of(Network(network.durations, rest)).early_start)[task]
            == minutes(dates.start)[task]
        )


@given(networks(any_direction=True))
@settings(deadline=None)
def test_circles_are_cut_and_the_rest_is_as_if_their_links_were_not_there(network: Network) -> None:
    dates = dates_of(network)
    members = {task for circle in dates.circles for task in circle}
    for link in dates.cut_links:
        assert network.links[link][0] in members
        assert network.links[link][1] in members
    assert bool(dates.cut_links) == bool(dates.circles)
    left = [one for at, one in enumerate(network.links) if at not in dates.cut_links]
    again = dates_of(Network(network.durations, left))
    assert again.circles == []
    assert (again.early_start == dates.early_start).all()
    assert (again.late_finish == dates.late_finish).all()
    assert (again.free_float == dates.free_float).all()


@given(networks(), st.data())
@settings(deadline=None)
def test_the_order_of_the_tasks_changes_nothing(network: Network, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(network.durations))))
    assume(order != sorted(order))
    durations = [0] * len(order)
    for old, new in enumerate(order):
        durations[new] = network.durations[old]
    links = [(order[one], order[other], kind, lag) for one, other, kind, lag in network.links]
    dates, again = dates_of(network), dates_of(Network(durations, links))
    assert (again.early_start[order] == dates.early_start).all()
    assert (again.total_float[order] == dates.total_float).all()
