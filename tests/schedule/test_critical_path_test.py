"""The critical path test and the working-day pass under it: chains whose finishes are counted by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from check_world import STATUS_DATE, world

from schedule.critical_path_test import critical_path_test, first_critical
from schedule.schedule_indices import completion_of
from schedule.working_day_pass import Network, finishes, lag_wd

FIRST = STATUS_DATE + timedelta(days=3)


def network(tasks: Sequence[dict[str, Any]], links: Sequence[tuple[Any, ...]] = ()) -> Network:
    """Tasks of one day at time 0 with whatever a test says otherwise; links are (from, to, type, lag)."""
    full = [(*link, *("FS", 0.0)[len(link) - 2 :]) for link in links]
    columns = list(zip(*full, strict=True)) or [()] * 4

    def floats(name: str, usual: float) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([task.get(name, usual) for task in tasks], dtype=np.float64)

    def flags(name: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([task.get(name, False) for task in tasks], dtype=np.bool_)

    return Network(
        parent=np.array([task.get("parent", -1) for task in tasks], dtype=np.int64),
        is_summary=flags("is_summary"),
        start=floats("start", 0.0),
        duration=floats("duration", 1.0),
        is_started=flags("is_started"),
        is_complete=flags("is_complete"),
        actual_finish=floats("actual_finish", np.nan),
        constraint=np.array([task.get("constraint", "ASAP") for task in tasks], dtype="U4"),
        constraint_start=floats("constraint_start", np.nan),
        constraint_finish=floats("constraint_finish", np.nan),
        predecessor=np.array(columns[0], dtype=np.int64),
        successor=np.array(columns[1], dtype=np.int64),
        type=np.array(columns[2], dtype="U2"),
        lag=np.array(columns[3], dtype=np.float64),
    )


def ends(tasks: Sequence[dict[str, Any]], links: Sequence[tuple[Any, ...]] = ()) -> list[float | None]:
    found = finishes(network(tasks, links), np.zeros(len(tasks))).tolist()
    return [None if math.isnan(one) else one for one in found]


@pytest.mark.parametrize(
    ("kind", "lag", "finish"),
    [
        ("FS", 0.0, 5.0),  # 3 days, then 2
        ("FS", 2.0, 7.0),
        ("FS", -1.0, 4.0),
        ("SS", 0.0, 2.0),
        ("SS", 4.0, 6.0),
        ("FF", 0.0, 3.0),  # its own 2 days would end at 2
        ("SF", 4.0, 4.0),
    ],
)
def test_each_type_of_link_pushes_what_it_is_about(kind: str, lag: float, finish: float) -> None:
    assert ends([{"duration": 3.0}, {"duration": 2.0}], [(0, 1, kind, lag)]) == [3.0, finish]


def test_of_several_predecessors_the_latest_decides_and_undated_ones_do_not_count() -> None:
    tasks = [{"duration": 2.0}, {"duration": 6.0}, {"start": np.nan}, {}]
    assert ends(tasks, [(0, 3), (1, 3), (2, 3)]) == [2.0, 6.0, None, 7.0]


@pytest.mark.parametrize(
    ("constraint", "start", "finish", "end"),
    [
        ("SNET", 9.0, 10.0, 10.0),
        ("SNET", 2.0, 3.0, 6.0),
        ("SNLT", 2.0, 3.0, 3.0),
        ("SNLT", 9.0, 10.0, 6.0),
        ("MSO", 2.0, 3.0, 3.0),
        ("FNET", 8.0, 9.0, 9.0),
        ("FNET", 1.0, 2.0, 6.0),
        ("FNLT", 2.0, 3.0, 3.0),
        ("FNLT", 9.0, 10.0, 6.0),
        ("MFO", 2.0, 3.0, 3.0),
        ("ALAP", 2.0, 3.0, 6.0),
    ],
)
def test_constraints_hold_against_what_drives_a_task(
    constraint: str, start: float, finish: float, end: float
) -> None:
    bound = {"constraint": constraint, "constraint_start": start, "constraint_finish": finish}
    assert ends([{"duration": 5.0}, bound], [(0, 1)]) == [5.0, end]
    undated = {"constraint": constraint}
    assert ends([{"duration": 5.0}, undated], [(0, 1)]) == [5.0, 6.0]


def test_what_has_begun_stays_and_what_is_done_has_its_finish() -> None:
    tasks = [
        {"duration": 5.0, "is_complete": True, "is_started": True, "actual_finish": 4.0},
        {"start": 2.0, "duration": 3.0, "is_started": True},
        {},
    ]
    assert ends(tasks, [(0, 1), (0, 2)]) == [4.0, 5.0, 5.0]


def test_a_link_to_a_summary_binds_what_is_in_it_and_one_from_it_waits_for_all() -> None:
    tasks = [{"duration": 4.0}, {"is_summary": True}, {"parent": 1}, {"parent": 1, "duration": 3.0}, {}]
    assert ends(tasks, [(0, 1), (1, 4)]) == [4.0, 7.0, 5.0, 7.0, 8.0]


def test_what_is_on_a_circle_or_behind_it_has_no_finish() -> None:
    assert ends([{}, {}, {}, {}], [(0, 1), (1, 0), (1, 2)]) == [None, None, None, 1.0]


def test_a_lag_in_percent_is_one_of_the_predecessors_duration() -> None:
    nothing, days = np.array([np.nan, np.nan, 960.0]), np.array([8.0, 8.0, 8.0])
    hours = np.array([480.0, 480.0, 240.0])
    assert lag_wd(nothing, np.array([25.0, np.nan, 25.0]), days, hours).tolist() == [2.0, 0.0, 4.0]


CHAIN: list[dict[str, Any]] = [
    {"start": FIRST, "finish": FIRST, "total_float_wd": 0.0},
    {"start": FIRST + timedelta(days=1), "finish": FIRST + timedelta(days=1), "total_float_wd": 0.0},
    {"start": FIRST + timedelta(days=2), "finish": FIRST + timedelta(days=2), "is_milestone": True},
]


@pytest.mark.parametrize(
    ("links", "middle", "is_broken", "members"),
    [
        ([(0, 1), (1, 2)], {}, 0, []),
        ([(0, 1)], {}, 1, [1]),  # the milestone waits for nothing
        ([(0, 1), (1, 2)], {"constraint": "MSO", "constraint_start": 1.0}, 1, [0]),
        ([(0, 1), (1, 2)], {"constraint": "SNET", "constraint_start": 1.0}, 0, []),
        ([(0, 1), (1, 2)], {"constraint": "SNET", "constraint_start": 2.0}, 1, [0]),  # a day is swallowed
    ],
)
def test_the_end_must_follow_a_delay_of_the_first_critical_task(
    links: list[tuple[int, int]], middle: dict[str, Any], is_broken: int, members: list[int]
) -> None:
    inputs = world(CHAIN, links)
    tasks: list[dict[str, Any]] = [{"start": 0.0}, {"start": 1.0, **middle}, {"start": 2.0, "duration": 0.0}]
    plan = network(tasks, links)
    found = critical_path_test(inputs, completion_of(inputs), lambda delay: finishes(plan, delay))
    assert (found.numerator[0], found.denominator[0], found.reasons[0]) == (is_broken, 1, None)
    assert found.members_of(0).tolist() == members


def _why(rows: list[dict[str, Any]], links: list[tuple[int, int]]) -> str:
    inputs = world(rows, links)
    plan = network([{"start": float(one)} for one in range(len(rows))], links)
    found = critical_path_test(inputs, completion_of(inputs), lambda delay: finishes(plan, delay))
    return str(found.reasons[0])


def test_the_critical_path_test_says_why_it_was_not_run() -> None:
    assert _why(CHAIN, []) == "no links between its tasks"
    assert _why([{**row, "is_complete": True} for row in CHAIN], [(0, 1)]) == "nothing to check"
    assert _why([{**row, "total_float_wd": 3.0} for row in CHAIN], [(0, 1)]) == "no critical task left"
    blind = [{**row, "total_float_wd": float("nan")} for row in CHAIN]
    assert _why(blind, [(0, 1)]) == "what it asks is unknown for too many items"
    circle = [(0, 1), (1, 0), (1, 2)]
    assert _why(CHAIN, circle) == "its links run in a circle, or its dates are unknown"


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        ([{"is_critical": 0, "total_float_wd": -1.0}, {"is_critical": 1, "total_float_wd": 9.0}], 1),
        ([{"total_float_wd": 0.5}, {"total_float_wd": 0.0}], 1),
        ([{"total_float_wd": 0.0}, {"total_float_wd": 0.0}], 0),
        ([{"total_float_wd": 0.0, "start": date(2027, 1, 4)}, {"total_float_wd": 0.0}], 1),
        ([{"total_float_wd": 0.0, "is_complete": True}, {}], -1),
    ],
)
def test_the_plan_says_what_is_critical_else_its_float_does(rows: list[dict[str, Any]], first: int) -> None:
    inputs = world([{"start": FIRST, **row} for row in rows])
    assert first_critical(inputs).tolist() == [first]
