"""Microsoft Project plans as XML files (MSPDI), in the element order that Microsoft Project 2019 writes.

Timephased data and views are left out: no reader needs them, and Project makes them again on opening.
Facts: real files written by Project 2010 to 2019, compared element by element in November 2026.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

from simulators.project_plan import ProjectFile, Task

MINUTES_PER_DAY = 480
NOBODY = -65535  # real plans hold one assignment to this resource for each task without one

# FieldID, name, and the identity that Project gives the field in every file.
CUSTOM_FIELDS = {
    "Text1": (188743731, "000039B7-8BBE-4CEB-82C4-FA8C0B400033"),
    "Text30": (188744016, "000039B7-8BBE-4CEB-82C4-FA8C0B400150"),
}
_LINK_TYPES = {"FF": 0, "FS": 1, "SF": 2, "SS": 3}
_CONSTRAINTS = {"ASAP": 0, "ALAP": 1, "MSO": 2, "MFO": 3, "SNET": 4, "SNLT": 5, "FNET": 6, "FNLT": 7}


def save(plan: ProjectFile, path: Path) -> None:
    """Write the plan, replacing the file in one step as Project does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as handle:
        handle.write(render(plan).encode())
    Path(handle.name).chmod(0o644)
    Path(handle.name).replace(path)


def render(plan: ProjectFile) -> str:
    """The text of the file."""
    return '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + "".join(_project(plan)) + "\n"


def _project(plan: ProjectFile) -> Iterator[str]:
    starts = [task.start_at for task in plan.tasks]
    finishes = [task.finish_at for task in plan.tasks]
    yield '<Project xmlns="http://schemas.microsoft.com/project">'
    yield _elements(
        SaveVersion=14,
        BuildNumber="16.0.10730.20102",
        Name=plan.name,
        GUID=_guid(plan, "project"),
        Title=plan.title,
        Company=plan.company,
        Manager=plan.manager,
        CreationDate=plan.created_at,
        LastSaved=plan.saved_at,
        ScheduleFromStart=1,
        StartDate=min(starts),
        FinishDate=max(finishes),
        FYStartDate=1,
        CriticalSlackLimit=0,
        CurrencyDigits=2,
        CurrencySymbol="CHF",
        CurrencyCode="CHF",
        CurrencySymbolPosition=2,
        CalendarUID=1,
        DefaultStartTime="08:00:00",
        DefaultFinishTime="17:00:00",
        MinutesPerDay=MINUTES_PER_DAY,
        MinutesPerWeek=5 * MINUTES_PER_DAY,
        DaysPerMonth=20,
        DefaultTaskType=0,
        DefaultFixedCostAccrual=3,
        DurationFormat=7,
        WorkFormat=2,
        HonorConstraints=0,
        NewTasksEffortDriven=0,
        NewTasksEstimated=0,
        SplitsInProgressTasks=1,
        TaskUpdatesResource=1,
        FiscalYearStart=0,
        WeekStartDay=1,
        BaselineForEarnedValue=0,
        AutoAddNewResourcesAndTasks=1,
        StatusDate=plan.status_date,
        CurrentDate=plan.saved_at,
        NewTasksAreManual=0,
        ProjectExternallyEdited=0,
    )
    yield "<OutlineCodes/><WBSMasks/>"
    yield _definitions(plan)
    yield _calendars(plan)
    yield "<Tasks>" + _row_of_project(plan)
    yield from _tasks(plan)
    yield "</Tasks><Resources>"
    yield from _resources(plan)
    yield "</Resources><Assignments>"
    yield from _assignments(plan)
    yield "</Assignments></Project>"


def _definitions(plan: ProjectFile) -> str:
    rows = [
        "<ExtendedAttribute>"
        + _elements(FieldID=CUSTOM_FIELDS[name][0], FieldName=name, Alias=alias, Guid=CUSTOM_FIELDS[name][1])
        + "</ExtendedAttribute>"
        for name, alias in plan.aliases.items()
    ]
    rows += plan.kept
    return f"<ExtendedAttributes>{''.join(rows)}</ExtendedAttributes>" if rows else "<ExtendedAttributes/>"


def _calendars(plan: ProjectFile) -> str:
    hours = "".join(
        f"<WorkingTime><FromTime>{start}:00:00</FromTime><ToTime>{stop}:00:00</ToTime></WorkingTime>"
        for start, stop in (("08", "12"), ("13", "17"))
    )
    week = "".join(
        f"<WeekDay><DayType>{day}</DayType><DayWorking>1</DayWorking><WorkingTimes>{hours}</WorkingTimes></WeekDay>"
        if 2 <= day <= 6
        else f"<WeekDay><DayType>{day}</DayType><DayWorking>0</DayWorking></WeekDay>"
        for day in range(1, 8)
    )
    spans = [(f"{day}T00:00:00", f"{day}T23:59:00", name) for day, name in sorted(plan.holidays.items())]
    # Project writes each exception twice: as a dated week day, which Project 2003 understood, and as itself.
    dated = "".join(
        f"<WeekDay><DayType>0</DayType><DayWorking>0</DayWorking><TimePeriod><FromDate>{first}</FromDate>"
        f"<ToDate>{last}</ToDate></TimePeriod></WeekDay>"
        for first, last, _ in spans
    )
    exceptions = "".join(
        f"<Exception><EnteredByOccurrences>0</EnteredByOccurrences><TimePeriod><FromDate>{first}</FromDate>"
        f"<ToDate>{last}</ToDate></TimePeriod><Occurrences>1</Occurrences><Name>{escape(name)}</Name>"
        "<Type>1</Type><DayWorking>0</DayWorking></Exception>"
        for first, last, name in spans
    )
    head = _elements(
        UID=1,
        GUID=_guid(plan, "calendar"),
        Name="Standard",
        IsBaseCalendar=1,
        IsBaselineCalendar=0,
        BaseCalendarUID=0,
    )
    tail = f"<WeekDays>{week}{dated}</WeekDays><Exceptions>{exceptions}</Exceptions>"
    return f"<Calendars><Calendar>{head}{tail}</Calendar></Calendars>"


def _row_of_project(plan: ProjectFile) -> str:
    """Row 0, the project summary task: a reader must not count it."""
    start = min(task.start_at for task in plan.tasks)
    finish = max(task.finish_at for task in plan.tasks)
    whole = Task(0, plan.title, 0, 0, start, finish, is_summary=True)
    whole.percent = _percent_of_all(plan)
    return "".join(_task(plan, whole, 0, "0", "0"))


def _percent_of_all(plan: ProjectFile) -> int:
    leaves = [task for task in plan.tasks if not task.is_summary]
    total = sum(task.days for task in leaves)
    return sum(task.days * task.percent for task in leaves) // total if total else 0


def _tasks(plan: ProjectFile) -> Iterator[str]:
    counters: list[int] = []
    for row, task in enumerate(plan.tasks, start=1):
        counters = [*counters[: task.level], *([0] * (task.level - len(counters)))]
        counters[task.level - 1] += 1
        number = ".".join(map(str, counters[: task.level]))
        yield from _task(plan, task, row, number, number)


def _task(plan: ProjectFile, task: Task, row: int, wbs: str, outline: str) -> Iterator[str]:
    minutes = _minutes(task)
    done = minutes * task.percent // 100
    stop = task.actual_finish or (task.finish_at if task.percent == 100 else None)
    begun = task.actual_start is not None
    kind, moment = task.constraint or ("ASAP", None)
    yield "<Task>"
    yield _elements(
        UID=task.uid,
        GUID=_guid(plan, f"task {task.uid}"),
        ID=row,
        Name=task.name,
        Active=1,
        Manual=0,
        Type=1 if task.is_summary else 0,
        IsNull=0,
        CreateDate=plan.created_at,
        WBS=wbs,
        OutlineNumber=outline,
        OutlineLevel=task.level,
        Priority=500,
        Start=task.start_at,
        Finish=task.finish_at,
        Duration=_duration(minutes),
        ManualStart=task.start_at,
        ManualFinish=task.finish_at,
        ManualDuration=_duration(minutes),
        DurationFormat=7,
        FreeformDurationFormat=7,
        Work=_duration(0 if task.is_summary else minutes),
        Stop=stop if begun else None,
        Resume=stop if begun else None,
        ResumeValid=0,
        EffortDriven=0,
        Recurring=0,
        OverAllocated=0,
        Estimated=0,
        Milestone=task.is_milestone,
        Summary=task.is_summary,
        DisplayAsSummary=0,
        Critical=task.slack_days <= 0 and task.percent < 100,
        IsSubproject=0,
        IsSubprojectReadOnly=0,
        ExternalTask=0,
        EarlyStart=task.start_at,
        EarlyFinish=task.finish_at,
        LateStart=task.late_start or task.start_at,
        LateFinish=task.late_finish or task.finish_at,
        StartVariance=0,
        FinishVariance=0,
        WorkVariance="0.00",
        FreeSlack=task.free_slack_days * MINUTES_PER_DAY * 10,
        TotalSlack=task.slack_days * MINUTES_PER_DAY * 10,
        StartSlack=task.slack_days * MINUTES_PER_DAY * 10,
        FinishSlack=task.slack_days * MINUTES_PER_DAY * 10,
        FixedCost=0,
        FixedCostAccrual=3,
        PercentComplete=task.percent,
        PercentWorkComplete=task.percent,
        Cost=0,
        OvertimeCost=0,
        OvertimeWork="PT0H0M0S",
        ActualStart=task.actual_start,
        ActualFinish=task.actual_finish,
        ActualDuration=_duration(done),
        ActualCost=0,
        ActualWork=_duration(0 if task.is_summary else done),
        RegularWork=_duration(0 if task.is_summary else minutes),
        RemainingDuration=_duration(minutes - done),
        RemainingCost=0,
        RemainingWork=_duration(0 if task.is_summary else minutes - done),
        ACWP="0.00",
        CV="0.00",
        ConstraintType=_CONSTRAINTS[kind],
        CalendarUID=-1,
        ConstraintDate=moment,
        Deadline=task.deadline,
        LevelAssignments=1,
        LevelingCanSplit=1,
        LevelingDelay=0,
        LevelingDelayFormat=8,
        IgnoreResourceCalendar=0,
        Notes=task.notes or None,
        HideBar=0,
        Rollup=0,
        BCWS="0.00",
        BCWP="0.00",
        PhysicalPercentComplete=0,
        EarnedValueMethod=0,
    )
    for link in task.links:
        yield "<PredecessorLink>"
        # The lag is tenths of a minute, whatever unit LagFormat shows it in (7: days).
        yield _elements(
            PredecessorUID=link.predecessor,
            Type=_LINK_TYPES[link.type],
            CrossProject=0,
            LinkLag=link.lag_days * MINUTES_PER_DAY * 10,
            LagFormat=7,
        )
        yield "</PredecessorLink>"
    yield _elements(IsPublished=0 if task.uid == 0 else 1, CommitmentType=0)
    for name, value in task.texts.items():
        field_id = CUSTOM_FIELDS[name][0]
        yield f"<ExtendedAttribute>{_elements(FieldID=field_id, Value=value)}</ExtendedAttribute>"
    yield from task.kept
    if task.baseline is not None:
        start, finish, days = task.baseline
        span = _duration(days * MINUTES_PER_DAY)
        yield "<Baseline>"
        yield _elements(
            Number=0, Interim=0, Start=start, Finish=finish, Duration=span, DurationFormat=7, Work=span
        )
        yield "</Baseline>"
    yield "</Task>"


def _resources(plan: ProjectFile) -> Iterator[str]:
    yield f"<Resource>{_elements(UID=0, GUID=_guid(plan, 'resource 0'), ID=0, Type=1, IsNull=0)}</Resource>"
    for row, one in enumerate(plan.resources, start=1):
        yield "<Resource>"
        yield _elements(
            UID=one.uid,
            GUID=_guid(plan, f"resource {one.uid}"),
            ID=row,
            Name=one.name,
            Type=1,
            IsNull=0,
            Initials="".join(word[0] for word in one.name.split()),
            EmailAddress=one.email or None,
            MaxUnits="1.00",
            PeakUnits="1.00",
            OverAllocated=0,
            CanLevel=1,
            AccrueAt=3,
            StandardRate=0,
            StandardRateFormat=2,
            CalendarUID=1,
            IsGeneric=one.is_generic,
            IsInactive=0,
            IsEnterprise=0,
            BookingType=0,
            CreationDate=plan.created_at,
            IsCostResource=0,
            IsBudget=0,
        )
        yield "</Resource>"


def _assignments(plan: ProjectFile) -> Iterator[str]:
    leaves = [task for task in plan.tasks if not task.is_summary]
    for number, task in enumerate(leaves, start=1):
        minutes = _minutes(task)
        done = minutes * task.percent // 100
        yield "<Assignment>"
        yield _elements(
            UID=number,
            GUID=_guid(plan, f"assignment {task.uid}"),
            TaskUID=task.uid,
            ResourceUID=NOBODY if task.resource is None else task.resource,
            PercentWorkComplete=task.percent,
            ActualFinish=task.actual_finish,
            ActualStart=task.actual_start,
            ActualWork=_duration(done),
            Confirmed=0,
            Cost=0,
            Finish=task.finish_at,
            HasFixedRateUnits=1,
            FixedMaterial=0,
            Milestone=task.is_milestone,
            Overallocated=0,
            RegularWork=_duration(minutes),
            RemainingWork=_duration(minutes - done),
            Start=task.start_at,
            Units=1,
            Work=_duration(minutes),
            WorkContour=0,
            BookingType=0,
            CreationDate=plan.created_at,
        )
        yield "</Assignment>"


def _minutes(task: Task) -> int:
    return task.days * MINUTES_PER_DAY


def _duration(minutes: int) -> str:
    return f"PT{minutes // 60}H{minutes % 60}M0S"


def _guid(plan: ProjectFile, what: str) -> str:
    """The same row has the same GUID each time the plan is saved."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{plan.name}/{what}")).upper()


def _elements(**values: str | int | bool | datetime | None) -> str:
    """Elements in the order given; what is None is left out."""
    texts = []
    for name, value in values.items():
        match value:
            case None:
                continue
            case datetime():
                text = value.strftime("%Y-%m-%dT%H:%M:%S")
            case bool():
                text = "1" if value else "0"
            case _:
                text = escape(str(value))
        texts.append(f"<{name}>{text}</{name}>")
    return "".join(texts)
