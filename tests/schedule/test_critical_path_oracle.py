"""Our critical path against networks that others worked out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from oracle_cases import Case, answer, cases, differences
from shared import shared

from schedule.critical_path import critical_path
from schedule.plan_network import LinkType, plan_links, plan_tasks
from schedule.working_time import ALWAYS, WorkingTime, WorkPattern

KINDS = {"fs_nohol": 782, "types_lags": 1049, "constraints": 1134, "progress": 866, "hierarchy": 1053}

# Reason for each: the task, or one that follows it, has started before its predecessor ended. MPXJ lets the
# rest of what has started move as late as the plan allows; Project saves that it goes on where it stands.
# The plan `Software Development` shows which is Project's: tests/derive/test_plan_samples.py, decision 0023.
OUT_OF_SEQUENCE: Mapping[str, list[int]] = {
    "progress-002": [1, 2], "progress-003": [1, 2, 3], "progress-005": [1], "progress-006": [2],
    "progress-010": [1], "progress-011": [1], "progress-019": [1], "progress-020": [1],
    "progress-023": [2, 5], "progress-026": [1, 2, 3], "progress-028": [1, 4], "progress-033": [4, 5, 6],
    "progress-035": [3], "progress-036": [1], "progress-037": [1, 4], "progress-038": [5],
    "progress-040": [1], "progress-042": [2, 3, 4], "progress-043": [1, 4, 5], "progress-045": [2],
    "progress-046": [2], "progress-050": [1], "progress-054": [1], "progress-055": [2],
    "progress-058": [2, 3], "progress-060": [1],
}  # fmt: skip


@cache
def all_cases() -> list[Case]:
    return cases()


@pytest.mark.parametrize("kind", KINDS)
def test_all_nine_values_of_every_task_are_those_of_mpxj(kind: str) -> None:
    mine = [case for case in all_cases() if case["kind"] == kind]
    different = {
        case["id"]: found for case in mine if (found := differences(case, answer(case, holds_progress=False)))
    }
    assert different == {}
    assert sum(len(case["tasks"]) for case in mine) == KINDS[kind]


def test_in_projects_own_reading_the_known_ones_differ_and_no_others() -> None:
    different = {}
    values: Counter[str] = Counter()
    for case in all_cases():
        found = differences(case, answer(case, holds_progress=True))
        values.update(name for names in found.values() for name in names)
        if found:
            different[case["id"]] = sorted(found)
    assert different == OUT_OF_SEQUENCE
    # Only how late they may be differs, never where they lie.
    assert values == {"ls": 8, "lf": 41, "total_slack_min": 41, "critical": 17}


def textbook_cases() -> list[Mapping[str, Any]]:
    path = shared("samples/schedule_cases/planexe_pdm_cases.json")
    found: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


UNIT = 600  # minutes that stand for one unit of the textbooks, whose durations have a decimal
BEGIN = 20_000 * 1440


def test_all_textbook_networks_come_out_as_printed() -> None:
    checked = paths = 0
    for case in textbook_cases():
        if "expected" not in case:
            continue
        activities = case["activities"]
        position = {one["id"]: index for index, one in enumerate(activities)}
        links = [
            (position[before], index, LinkType[kind], round(lag * UNIT))
            for index, one in enumerate(activities)
            for before, kind, lag in one["preds"]
        ]
        dates = critical_path(
            plan_tasks([round(one["duration"] * UNIT) for one in activities]),
            plan_links(links),
            WorkingTime([WorkPattern(ALWAYS)]),
            project_start=BEGIN,
        )
        assert (dates.finish_of_plan - BEGIN) / UNIT == case["project_duration"]
        for name, expected in case["expected"].items():
            at = position[name]
            columns = {
                "es": dates.early_start,
                "ef": dates.early_finish,
                "ls": dates.late_start,
                "lf": dates.late_finish,
            }
            found = {value: (int(column[at]) - BEGIN) / UNIT for value, column in columns.items()}
            assert {**found, "tf": int(dates.total_float[at]) / UNIT} == pytest.approx(expected)
        if case["critical_path"] is not None:
            critical = [one["id"] for one, flag in zip(activities, dates.is_critical, strict=True) if flag]
            assert critical == case["critical_path"]
            paths += 1
        checked += 1
    assert (checked, paths) == (8, 3)


def test_the_textbook_circle_is_found() -> None:
    (case,) = [one for one in textbook_cases() if one.get("expected_error") == "cycle"]
    assert [one["preds"] for one in case["activities"]] == [[["B", "FS", 0]], [["A", "FS", 0]]]
    links = plan_links([(1, 0, LinkType.FS, 0), (0, 1, LinkType.FS, 0)])
    dates = critical_path(plan_tasks([UNIT, UNIT]), links, WorkingTime([]), project_start=BEGIN)
    assert dates.circles == [[0, 1]]
