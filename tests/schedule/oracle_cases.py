"""The 330 networks whose dates MPXJ 16.10 worked out, and which tasks stand below which summary in them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from shared import shared

from schedule.critical_path import critical_path
from schedule.plan_network import Constraint, LinkType, PlanDates, plan_links, plan_tasks
from schedule.working_time import STANDARD_WEEK, WorkingTime, WorkPattern, instants, walls

CONSTRAINTS = {
    None: Constraint.ASAP,
    "AS_LATE_AS_POSSIBLE": Constraint.ALAP,
    "START_NO_EARLIER_THAN": Constraint.SNET,
    "START_NO_LATER_THAN": Constraint.SNLT,
    "FINISH_NO_EARLIER_THAN": Constraint.FNET,
    "FINISH_NO_LATER_THAN": Constraint.FNLT,
    "MUST_START_ON": Constraint.MSO,
    "MUST_FINISH_ON": Constraint.MFO,
}
VALUES = ("start", "finish", "es", "ef", "ls", "lf", "total_slack_min", "free_slack_min", "critical")
_EXTREMES = (("es", "es"), ("ef", "ef"), ("ls", "ls"), ("lf", "lf"))

Case = Mapping[str, Any]


def cases() -> list[Case]:
    """All of them, in the order of the file."""
    with gzip.open(
        shared("samples/schedule_cases/mpxj_oracle_330.jsonl.gz"), "rt", encoding="utf-8"
    ) as lines:
        return [json.loads(line) for line in lines]


def answer(case: Case, *, holds_progress: bool) -> PlanDates:
    """What we make of a case."""
    tasks = case["tasks"]
    position = {task["uid"]: index for index, task in enumerate(tasks)}
    table = plan_tasks(
        [round(task["dur_min"]) for task in tasks],
        remaining=[round(task["dur_min"] * (1 - task["pct"] / 100)) for task in tasks],
        parent=parents(case),
        constraint=[CONSTRAINTS[task["constraint"]] for task in tasks],
        constraint_at=instants([task["constraint_date"] for task in tasks]),
        deadline_at=instants([task["deadline"] for task in tasks]),
        actual_start=instants([task["actual_start"] for task in tasks]),
        actual_finish=instants([task["actual_finish"] for task in tasks]),
        is_milestone=[task["milestone"] for task in tasks],
    )
    links = plan_links(
        [
            (position[link["uid"]], index, LinkType[link["type"]], round(link["lag_min"]))
            for index, task in enumerate(tasks)
            for link in task["preds"]
        ]
    )
    assert case["calendar"]["week"] == "Mon-Fri 08:00-12:00,13:00-17:00"
    time = _working_time(tuple(case["calendar"]["holidays"]))
    start = int(instants([case["project_start"][:16]])[0])
    return critical_path(table, links, time, project_start=start, holds_progress=holds_progress)


@cache
def _working_time(holidays: tuple[str, ...]) -> WorkingTime:
    off = [date.fromisoformat(day) for day in holidays]
    return WorkingTime([WorkPattern(STANDARD_WEEK, [(day, day, ()) for day in off])])


def differences(case: Case, dates: PlanDates) -> dict[int, list[str]]:
    """By task, which of the nine values are others."""
    found = [
        *(
            walls(column)
            for column in (
                dates.start,
                dates.finish,
                dates.early_start,
                dates.early_finish,
                dates.late_start,
                dates.late_finish,
            )
        ),
        dates.total_float.tolist(),
        dates.free_float.tolist(),
        dates.is_critical.tolist(),
    ]
    named = {
        task["uid"]: [name for name, column in zip(VALUES, found, strict=True) if column[index] != task[name]]
        for index, task in enumerate(case["tasks"])
    }
    return {uid: names for uid, names in named.items() if names}


def parents(case: Case) -> list[int]:
    """Which summary each task stands below.

    The file lists the summaries first and does not say what is below them. So this looks for one assignment
    of the tasks of level two under which every recorded start and finish of the summaries is the first or the
    last of its tasks'; the floats, and whether a summary is critical, are no part of that search.
    """
    tasks = case["tasks"]
    summaries = [index for index, task in enumerate(tasks) if task["summary"]]
    below = [index for index, task in enumerate(tasks) if task["outline"] == 2]
    choices = {index: [one for one in summaries if _fits(tasks[index], tasks[one])] for index in below}
    assert all(choices.values()), case["id"]
    needs = [(one, value) for one in summaries for value, _ in _EXTREMES]
    witnesses = {
        (one, value): [
            index for index in below if one in choices[index] and tasks[index][value] == tasks[one][value]
        ]
        for one, value in needs
    }
    needs.sort(key=lambda need: len(witnesses[need]))
    chosen = _choose(needs, witnesses, {index: few[0] for index, few in choices.items() if len(few) == 1})
    assert chosen is not None, case["id"]
    return [chosen.get(index, choices[index][0]) if index in choices else -1 for index in range(len(tasks))]


def _fits(task: Mapping[str, Any], summary: Mapping[str, Any]) -> bool:
    return bool(
        task["es"] >= summary["es"]
        and task["ef"] <= summary["ef"]
        and task["ls"] >= summary["ls"]
        and task["lf"] <= summary["lf"]
    )


def _choose(
    needs: Sequence[tuple[int, str]],
    witnesses: Mapping[tuple[int, str], Sequence[int]],
    chosen: dict[int, int],
) -> dict[int, int] | None:
    if not needs:
        return chosen
    summary = needs[0][0]
    for index in witnesses[needs[0]]:
        if chosen.get(index, summary) == summary:
            found = _choose(needs[1:], witnesses, {**chosen, index: summary})
            if found is not None:
                return found
    return None
