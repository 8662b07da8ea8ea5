"""Big Microsoft Project XML files for benchmarks: the shape of a real plan, repeated."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

_HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Project xmlns="http://schemas.microsoft.com/project"><SaveVersion>14</SaveVersion><Name>Big plan</Name>
<Title>Big plan</Title><CreationDate>2026-01-05T08:00:00</CreationDate><StatusDate>2026-11-20T17:00:00</StatusDate>
<CalendarUID>1</CalendarUID><DefaultStartTime>08:00:00</DefaultStartTime><MinutesPerDay>480</MinutesPerDay>
<CurrencyCode>EUR</CurrencyCode><Calendars><Calendar><UID>1</UID><Name>Standard</Name><IsBaseCalendar>1</IsBaseCalendar>
<WeekDays>{week}</WeekDays></Calendar></Calendars><Tasks>
"""
_TASK = """<Task><UID>{uid}</UID><ID>{uid}</ID><Name>Task {uid}</Name><Active>1</Active><Manual>0</Manual><Type>0</Type>
<IsNull>0</IsNull><CreateDate>2026-01-05T08:00:00</CreateDate><WBS>{outline}</WBS><OutlineNumber>{outline}</OutlineNumber>
<OutlineLevel>{level}</OutlineLevel><Priority>500</Priority><Start>{start}T08:00:00</Start><Finish>{finish}T17:00:00</Finish>
<Duration>PT{hours}H0M0S</Duration><DurationFormat>7</DurationFormat><Work>PT{hours}H0M0S</Work><Milestone>0</Milestone>
<Summary>{summary}</Summary><Critical>0</Critical><EarlyStart>{start}T08:00:00</EarlyStart>
<EarlyFinish>{finish}T17:00:00</EarlyFinish><LateStart>{start}T08:00:00</LateStart><LateFinish>{finish}T17:00:00</LateFinish>
<FreeSlack>0</FreeSlack><TotalSlack>4800</TotalSlack><PercentComplete>{percent}</PercentComplete>
<ConstraintType>0</ConstraintType>{filler}{link}<IsPublished>1</IsPublished><CommitmentType>0</CommitmentType>
<Baseline><Number>0</Number><Start>{start}T08:00:00</Start><Finish>{baseline}T17:00:00</Finish><Duration>PT{hours}H0M0S</Duration>
<Work>PT{hours}H0M0S</Work><Cost>0</Cost></Baseline></Task>
"""
# A task as Project 2019 writes it has some 90 elements and 4.8 kB; those that the model does not need are here.
_FILLER = "".join(
    f"<{name}>{'PT0H0M0S' if name.endswith(('Work', 'Duration')) else '0'}</{name}>"
    for name in (
        "EarnedValueMethod", "OverAllocated", "Estimated", "Rollup", "ExternalTask", "StartVariance", "FinishVariance",
        "WorkVariance", "FixedCost", "FixedCostAccrual", "PercentWorkComplete", "Cost", "OvertimeCost", "OvertimeWork",
        "ActualDuration", "ActualCost", "ActualOvertimeCost", "ActualWork", "ActualOvertimeWork", "RegularWork",
        "RemainingDuration", "RemainingCost", "RemainingWork", "RemainingOvertimeCost", "RemainingOvertimeWork",
        "ACWP", "CV", "LevelAssignments", "LevelingCanSplit", "LevelingDelay", "LevelingDelayFormat",
        "IgnoreResourceCalendar", "HideBar", "BCWS", "BCWP", "PhysicalPercentComplete", "EffortDriven", "Recurring",
        "IsSubproject", "IsSubprojectReadOnly", "ResumeValid", "DisplayAsSummary", "PreLeveledStart", "PreLeveledFinish",
    )
)  # fmt: skip


def write_big_plan(path: Path, *, tasks: int) -> None:
    """Write a plan with one summary for every nine tasks, one link per task, and baselines that slip a little."""
    week = "".join(
        f"<WeekDay><DayType>{day}</DayType><DayWorking>{int(2 <= day <= 6)}</DayWorking></WeekDay>"
        for day in range(1, 8)
    )
    filler = _FILLER + "<Notes>" + "note " * 400 + "</Notes>"
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD.format(week=week))
        for uid in range(1, tasks + 1):
            group, place = divmod(uid - 1, 10)
            start = date(2026, 1, 5) + timedelta(days=7 * (group % 60) + place % 5)
            late = uid % 11 == 0
            file.write(
                _TASK.format(
                    uid=uid,
                    outline=f"{group + 1}" if place == 0 else f"{group + 1}.{place}",
                    level=1 if place == 0 else 2,
                    summary=int(place == 0),
                    start=start,
                    finish=start + timedelta(days=1),
                    baseline=start + timedelta(days=1 - 14 * late),
                    hours=16,
                    percent=100 if group % 60 < 40 else 0,
                    filler=filler,
                    link=""
                    if place < 2
                    else f"<PredecessorLink><PredecessorUID>{uid - 1}</PredecessorUID><Type>1</Type><CrossProject>0</CrossProject>"
                    "<LinkLag>0</LinkLag><LagFormat>7</LagFormat></PredecessorLink>",
                )
            )
        file.write("</Tasks></Project>\n")
