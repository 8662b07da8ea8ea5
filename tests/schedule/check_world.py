"""Inputs of schedule checks written as rows, so that a test shows only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from schedule.check_inputs import (
    DEFAULTS,
    CheckInputs,
    ScheduleItems,
    ScheduleLinks,
    Schedules,
    Thresholds,
    check_inputs,
)

DAYS = ("start", "finish", "actual_start", "actual_finish", "baseline_start", "baseline_finish")
NUMBERS = (
    "duration_wd", "baseline_duration_wd", "total_float_wd", "iteration_wd", "age_wd", "usual_age_wd",
    "quiet_wd",
)  # fmt: skip
FLAGS = {
    "is_detail": True, "is_container": False, "is_milestone": False, "is_level_of_effort": False,
    "is_complete": False, "needs_owner": False, "is_undated": False,
}  # fmt: skip
STATUS_DATE = date(2026, 11, 20)  # a Friday


def items_of(rows: Sequence[Mapping[str, Any]]) -> ScheduleItems:
    """Items from rows; what a row does not say is unknown, and the item is plain work of schedule 0."""
    columns: dict[str, Any] = {
        "schedule": np.array([row.get("schedule", 0) for row in rows], dtype=np.int64),
        "constraint": np.array([row.get("constraint", "ASAP") for row in rows], dtype="U4"),
    }
    for name in DAYS:
        columns[name] = np.array([row.get(name) for row in rows], dtype="datetime64[D]")
    columns["finish_at"] = np.array([row.get("finish_at") for row in rows], dtype="datetime64[m]")
    for name in NUMBERS:
        columns[name] = np.array([row.get(name, np.nan) for row in rows], dtype=np.float64)
    for name, usual in FLAGS.items():
        columns[name] = np.array([row.get(name, usual) for row in rows], dtype=np.bool_)
    for name in ("is_critical", "has_resource"):
        columns[name] = np.array([row.get(name, -1) for row in rows], dtype=np.int8)
    return ScheduleItems(**columns)


def links_of(rows: Sequence[tuple[Any, ...]]) -> ScheduleLinks:
    """Links from (predecessor, successor, type, lag minutes, lag percent); the last three may be absent."""
    full = [(*row, *("FS", 0.0, np.nan)[len(row) - 2 :]) for row in rows]
    columns = list(zip(*full, strict=True)) or [()] * 5
    return ScheduleLinks(
        predecessor=np.array(columns[0], dtype=np.int64),
        successor=np.array(columns[1], dtype=np.int64),
        type=np.array(columns[2], dtype="U2"),
        lag_minutes=np.array(columns[3], dtype=np.float64),
        lag_percent=np.array(columns[4], dtype=np.float64),
    )


def world(
    rows: Sequence[Mapping[str, Any]],
    links: Sequence[tuple[Any, ...]] = (),
    *,
    is_plan: Sequence[bool] = (True,),
    status: Sequence[date | None] = (STATUS_DATE,),
    thresholds: Thresholds = DEFAULTS,
) -> CheckInputs:
    """The inputs of checks; one plan with a status date unless said otherwise."""
    schedules = Schedules(
        is_plan=np.array(is_plan, dtype=np.bool_), status_date=np.array(status, dtype="datetime64[D]")
    )
    return check_inputs(schedules, items_of(rows), links_of(links), thresholds)
