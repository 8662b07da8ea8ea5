"""The golden case of the DCMA's 14 points: every expected number and every member."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest
from check_world import items_of, links_of
from shared import shared

from schedule.calendars import WorkCalendar, work_calendar
from schedule.check_inputs import CheckInputs, Schedules, check_inputs
from schedule.check_results import Check
from schedule.schedule_checks import schedule_checks
from schedule.schedule_indices import CriticalPath, completion_of
from schedule.working_day_pass import Network, finishes

NAMES = {
    "01_logic": "logic", "02_leads": "leads", "03_lags": "lags", "05_hard_constraints": "hard-constraints",
    "06_high_float": "high-float", "07_negative_float": "negative-float",
    "08_high_duration": "high-duration", "09a_invalid_forecast": "invalid-forecast-dates",
    "09b_invalid_actual": "invalid-actual-dates", "10_resources": "resources", "11_missed": "missed-tasks",
    "01b_dangling_start": "dangling-start", "01c_dangling_finish": "dangling-finish",
}  # fmt: skip
WEEK = work_calendar()


@pytest.fixture(scope="module")
def case() -> dict[str, Any]:
    path = shared("samples/schedule_cases/dcma14_golden_case.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def checks(case: dict[str, Any]) -> dict[str, Check]:
    inputs = _inputs(case)
    completion = completion_of(inputs)
    (end,) = completion
    assert case["tasks"][end]["id"] == "M1"
    status = date.fromisoformat(case["status_date"])
    finish = date.fromisoformat(case["tasks"][end]["finish"])
    target = date.fromisoformat(case["tasks"][end]["baseline_finish"])
    path = CriticalPath(
        completion=completion,
        length_wd=_wd(WEEK.working_days_between(status, finish)),
        target_float_wd=_wd(WEEK.working_days_between(finish, target)),
        elapsed_wd=_wd(WEEK.working_days_between(date(2026, 8, 31), status)),
    )
    network = _network(case, inputs)
    found = schedule_checks(inputs, path, lambda delay: finishes(network, delay), {})
    return {check.name: check for check in found}


@pytest.mark.parametrize("expected", sorted(NAMES))
def test_every_check_finds_exactly_its_members(
    case: dict[str, Any], checks: dict[str, Check], expected: str
) -> None:
    wanted = case["expected"][expected]
    check = checks[NAMES[expected]]
    assert _names(case, check) == wanted["numerator"]
    assert check.is_assessable(0)
    assert check.numerator[0] == len(wanted["numerator"])
    if "denominator" in wanted:  # the dangling ones give members only
        assert check.denominator[0] == wanted["denominator"]
        assert round(float(check.share[0]), 4) == wanted["value"]


def test_the_share_of_links_of_the_usual_type_shows_the_unusual_ones(
    case: dict[str, Any], checks: dict[str, Check]
) -> None:
    wanted = case["expected"]["04_fs"]
    check = checks["link-types"]
    assert (check.numerator[0], check.denominator[0]) == (wanted["n"], wanted["denominator"]) == (11, 13)
    assert round(float(check.share[0]), 4) == wanted["value"] == 0.8462
    assert _names(case, check) == ["I5->I7", "I6->I8"]
    assert (checks["start-to-finish"].numerator[0], checks["start-to-finish"].denominator[0]) == (0, 13)


def test_the_critical_path_length_index(case: dict[str, Any], checks: dict[str, Check]) -> None:
    wanted = case["expected"]["13_cpli"]
    check = checks["cpli"]
    assert (check.numerator[0], check.denominator[0]) == (75, 80)
    assert float(check.share[0]) == wanted["value"] == 0.9375
    assert _names(case, check) == ["M1"]


def test_the_float_of_the_critical_path_is_used_up_faster_than_time(checks: dict[str, Check]) -> None:
    # From 1 September to 20 November are 59 working days; 5 days of float are missing.
    assert (checks["tfci"].numerator[0], checks["tfci"].denominator[0]) == (54, 59)


def test_the_baseline_execution_index_and_the_hit_rate(
    case: dict[str, Any], checks: dict[str, Check]
) -> None:
    wanted = case["expected"]["14_bei"]
    assert (checks["bei"].numerator[0], checks["bei"].denominator[0]) == (8, 9 + 1)
    assert float(checks["bei"].share[0]) == wanted["value"] == 0.8
    assert _names(case, checks["bei"]) == ["I1", "I2"]  # due and not finished
    hit = case["expected"]["hit_task_pct"]
    assert (checks["hit-rate"].numerator[0], checks["hit-rate"].denominator[0]) == (5, 9)
    assert round(float(checks["hit-rate"].share[0]), 4) == hit["value"] == 0.5556


def test_both_kinds_of_invalid_dates_are_one_check_over_all_detail_tasks(
    case: dict[str, Any], checks: dict[str, Check]
) -> None:
    check = checks["invalid-dates"]
    assert (check.numerator[0], check.denominator[0]) == (2, 20)
    assert _names(case, check) == ["I2", "I3"]


def test_the_critical_path_is_broken_by_its_hard_constraints(
    case: dict[str, Any], checks: dict[str, Check]
) -> None:
    # The delay of I1 comes as far as I6. Behind it stands I8, which starts no earlier than 4 January and so
    # swallows some of it; the other ways to the end are pinned at I7 and I9, or have begun (I3).
    check = checks["critical-path"]
    assert (check.numerator[0], check.denominator[0], check.is_assessable(0)) == (1, 1, True)
    assert _names(case, check) == ["I6"]


def test_without_a_status_date_what_needs_one_is_not_assessable(case: dict[str, Any]) -> None:
    inputs = _inputs({**case, "status_date": None})
    path = CriticalPath(completion_of(inputs), np.array([np.nan]), np.array([0.0]), np.array([np.nan]))
    found = {check.name: check.reasons[0] for check in schedule_checks(inputs, path, None, {})}
    silent = {name: str(why) for name, why in found.items() if why is not None}
    assert silent == dict.fromkeys(
        (
            "invalid-forecast-dates", "invalid-actual-dates", "invalid-dates", "missed-tasks", "cpli", "tfci",
            "bei", "hit-rate",
        ),
        "no status date",
    )  # fmt: skip


def _names(case: Mapping[str, Any], check: Check) -> list[str]:
    positions = check.members_of(0).tolist()
    if check.of_links:
        links = case["links"]
        return sorted(f"{links[one]['pred']}->{links[one]['succ']}" for one in positions)
    return sorted((case["tasks"][one]["id"] for one in positions), key=lambda name: name)


def _inputs(case: Mapping[str, Any]) -> CheckInputs:
    rows = [_row(task) for task in case["tasks"]]
    position = {task["id"]: index for index, task in enumerate(case["tasks"])}
    links = [
        (position[one["pred"]], position[one["succ"]], one["type"], one["lag_wd"] * 480.0)
        for one in case["links"]
    ]
    schedules = Schedules(
        is_plan=np.array([True]), status_date=np.array([case["status_date"]], dtype="datetime64[D]")
    )
    return check_inputs(schedules, items_of(rows), links_of(links))


def _row(task: Mapping[str, Any]) -> dict[str, Any]:
    days = {name: task[name] for name in ("start", "finish", "baseline_start", "baseline_finish")}
    return {
        **days,
        "actual_start": task["actual_start"],
        "actual_finish": task["actual_finish"],
        "is_detail": task["kind"] != "summary",
        "is_milestone": task["kind"] == "milestone",
        "is_level_of_effort": task["kind"] == "loe",
        "is_complete": task["pct_complete"] == 100,
        "duration_wd": _span(WEEK, task["start"], task["finish"]),
        "baseline_duration_wd": _span(WEEK, task["baseline_start"], task["baseline_finish"]),
        "total_float_wd": task["total_float_wd"],
        "constraint": task["constraint"],
        "has_resource": int(task["resource_assignments"] > 0),
        "quiet_wd": 0.0,
    }


def _span(calendar: WorkCalendar, start: str | None, finish: str | None) -> float:
    if start is None or finish is None:
        return np.nan
    days = calendar.working_days_between(date.fromisoformat(start), date.fromisoformat(finish))
    return np.nan if days is None else days + 1.0


def _network(case: Mapping[str, Any], inputs: CheckInputs) -> Network:
    items, links = inputs.items, inputs.links
    count = items.count
    ordinals = np.array(WEEK.ordinals_of(items.start), dtype=np.float64)
    finish = np.array(WEEK.ordinals_of(items.actual_finish), dtype=np.float64)
    return Network(
        parent=np.full(count, -1, dtype=np.int64),
        is_summary=~items.is_detail,
        start=ordinals - 1,
        duration=np.where(items.is_milestone, 0.0, items.duration_wd),
        is_started=~np.isnat(items.actual_start),
        is_complete=items.is_complete,
        actual_finish=finish,
        constraint=items.constraint,
        constraint_start=ordinals - 1,
        constraint_finish=np.array(WEEK.ordinals_of(items.finish), dtype=np.float64),
        predecessor=links.predecessor,
        successor=links.successor,
        type=links.type,
        lag=links.lag_minutes / 480,
    )


def _wd(days: int | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    assert days is not None
    return np.array([float(days)])
