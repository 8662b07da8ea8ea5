"""Our critical path against MPXJ's, on networks drawn anew, of kinds that the recorded ones lack.

Runs a JVM once. Without one it is skipped, unless DOVETAIL_REQUIRE_JVM says that there has to be one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mpxj_networks
import pytest

from schedule.critical_path import critical_path
from schedule.plan_network import LinkType, PlanDates, plan_links, plan_tasks
from schedule.working_time import WorkingTime, WorkPattern, instants, walls

pytestmark = [pytest.mark.slow]

COUNT = 150
TIME = WorkingTime([WorkPattern(), WorkPattern(week=[[(360, 840)]] * 7)])


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Mapping[str, Any]]:
    missing = [name for name in ("jpype", "mpxj") if importlib.util.find_spec(name) is None]
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        missing.append("a Java runtime")
    if missing and not os.environ.get("DOVETAIL_REQUIRE_JVM"):
        pytest.skip(f"{', '.join(missing)} is not installed (see `make install`)")
    path = tmp_path_factory.mktemp("mpxj") / "networks.jsonl"
    program = Path(mpxj_networks.__file__)
    subprocess.run(
        [sys.executable, str(program), str(COUNT), str(path)], check=True, capture_output=True, timeout=600
    )
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def dates_of(case: Mapping[str, Any]) -> PlanDates:
    links = case["links"]
    return critical_path(
        plan_tasks(
            case["duration"],
            parent=case["parent"],
            calendar=case["calendar"],
            is_milestone=[
                leaf and not minutes for leaf, minutes in zip(case["is_leaf"], case["duration"], strict=True)
            ],
        ),
        plan_links(
            [(one, other, LinkType[kind], lag) for one, other, kind, lag, _ in links],
            percent=[lag if unit == "percent" else None for *_, lag, unit in links],
            is_elapsed=[unit == "elapsed" for *_, unit in links],
        ),
        TIME,
        project_start=int(instants([mpxj_networks.START])[0]),
    )


def test_every_date_and_float_is_mpxjs(cases: list[Mapping[str, Any]]) -> None:
    different = []
    tasks: Counter[str] = Counter()
    for number, case in enumerate(cases):
        dates = dates_of(case)
        columns = {
            "es": walls(dates.early_start),
            "ef": walls(dates.early_finish),
            "ls": walls(dates.late_start),
            "lf": walls(dates.late_finish),
            "total": dates.total_float.tolist(),
        }
        for task, expected in enumerate(case["expected"]):
            found = {name: column[task] for name, column in columns.items()}
            if found != expected:
                different.append((number, case["kind"], task, found, expected))
        tasks[case["kind"]] += len(case["expected"])
    assert different == []
    assert len(cases) == COUNT
    assert min(tasks[kind] for kind in mpxj_networks.KINDS) > 400


def test_the_networks_hold_what_they_are_drawn_for(cases: list[Mapping[str, Any]]) -> None:
    on_summaries = sum(
        not (case["is_leaf"][one] and case["is_leaf"][other])
        for case in cases
        for one, other, *_ in case["links"]
    )
    units = Counter(unit for case in cases for *_, unit in case["links"])
    assert on_summaries > 20
    assert min(units["percent"], units["elapsed"]) > 50
    assert sum(map(sum, (case["calendar"] for case in cases))) > 100
