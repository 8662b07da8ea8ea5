"""The rows of one plan, turned into portfolio records. Pure: no file, no clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import msgspec

from connectors.ms_project import calendars, units
from connectors.ms_project.people import Crew
from connectors.ms_project.settings import ProjectFileFields
from connectors.ms_project.tasks import Facts, Notes, TaskMapper, schedule_id
from connectors.ms_project.wire import CalendarRow, FieldRow, PlanRows, TaskRow
from portfolio.records import Baseline, Calendar, Dependency, Identity, ItemId, Schedule, WorkItem

# Raised when records of an unchanged file would look different: the sources are then read again.
MAPPING_REVISION = 2

_DEFAULT_MINUTES_PER_DAY = 480
_DEFAULT_MINUTES_PER_WEEK = 2400
_CURRENCIES = {"€": "EUR", "£": "GBP"}  # signs that name one currency; $ and kr name several
_UID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one file. `items` are in the order of the plan's rows."""

    schedule: Schedule
    calendar: Calendar | None
    task_calendars: Sequence[Calendar] = ()
    identities: Sequence[Identity]
    items: Sequence[WorkItem]
    baselines: dict[ItemId, Sequence[Baseline]]
    dependencies: Sequence[Dependency]
    guid: str | None
    notes: Sequence[str]


def map_plan(rows: PlanRows, *, source: str, scope: str, fields: ProjectFileFields, zone: ZoneInfo) -> Plan:
    """The records of one plan.

    Args:
        rows: the file as it stands.
        source: the source's name.
        scope: the file's path below the configured folder, which identifies it.
        fields: which custom fields mean what.
        zone: the portfolio's zone, in which the plan's local creation times are read.
    """
    notes = Notes(scope)
    plan = schedule_id(source, scope)
    crew = Crew(rows, source, scope)
    facts = _facts(rows, crew, notes, source=source, scope=scope, fields=fields, zone=zone)
    mapper = TaskMapper(facts, notes)
    tasks = kept_tasks(rows, notes)
    parents = _parents(tasks)
    containers = set(parents.values())
    known = frozenset(tasks)
    items: list[WorkItem] = []
    baselines: dict[ItemId, Sequence[Baseline]] = {}
    dependencies: list[Dependency] = []
    for position, (uid, task) in enumerate(tasks.items(), start=1):
        item, own = mapper.item(
            task, uid=uid, position=position, parent_uid=parents.get(uid), has_children=uid in containers
        )
        items.append(item)
        if own:
            baselines[item.item_id] = own
        dependencies.extend(mapper.links(task, uid=uid, known=known))
    detail = {item.item_id for item in items if item.is_detail}
    of_plan = _project_calendar(rows)
    calendar = None if of_plan is None else _calendar(of_plan, rows, source, notes, f"{plan}:calendar")
    return Plan(
        schedule=Schedule(
            schedule_id=plan,
            source=source,
            scope=scope,
            name=_title(rows) or str(PurePosixPath(scope).with_suffix("")),
            kind="plan",
            lead_id=crew.lead_id(),
            status_date=_status_date(rows, notes),
            has_logic=any(
                link.predecessor_id in detail and link.successor_id in detail for link in dependencies
            ),
            calendar_id=calendar.calendar_id if calendar else None,
            minutes_per_day=facts.minutes_per_day,
            start_at=_header_wall(rows, "StartDate", notes),
            is_from_finish=units.flag(rows.header.get("ScheduleFromStart")) is False,
            currency=facts.currency,
        ),
        calendar=calendar,
        task_calendars=[
            _calendar(row, rows, source, notes, facts.calendars[row.uid])
            for row in rows.calendars
            if row.uid is not None and row.uid in facts.calendars
        ],
        identities=crew.identities(),
        items=items,
        baselines=baselines,
        dependencies=dependencies,
        guid=rows.header.get("GUID"),
        notes=notes.lines(),
    )


def kept_tasks(rows: PlanRows, notes: Notes | None = None) -> dict[str, TaskRow]:
    """The rows that are work items, by UID, in the plan's order: no blank rows, not the project summary."""
    kept: dict[str, TaskRow] = {}
    for position, task in enumerate(_in_order(rows.tasks), start=1):
        if units.flag(task.is_null) or _is_project_summary(task):
            continue
        if task.uid is None or not _UID.fullmatch(task.uid) or task.uid in kept:
            if notes is not None:
                notes.add(f"row {position} has no UID of its own; the row is left out")
            continue
        kept[task.uid] = task
    return kept


def _in_order(tasks: Sequence[TaskRow]) -> Sequence[TaskRow]:
    """By row number, which is how Project writes them; as they stand where a row has none."""
    try:
        numbers = [units.whole(task.id) for task in tasks]
    except ValueError:
        return tasks
    known = [number for number in numbers if number is not None]
    if len(known) < len(tasks) or all(one <= other for one, other in pairwise(known)):
        return tasks
    return [task for _, task in sorted(zip(known, tasks, strict=True), key=lambda pair: pair[0])]


def _is_project_summary(task: TaskRow) -> bool:
    """UID 0 on level 0 stands for the plan itself. A third party may number real tasks from 0."""
    return task.uid == "0" and task.outline_level in (None, "0")


def _parents(tasks: dict[str, TaskRow]) -> dict[str, str]:
    """UID → parent's UID: the nearest row above that stands further out."""
    parents: dict[str, str] = {}
    open_rows: list[tuple[int, str]] = []
    for uid, task in tasks.items():
        level = _level(task)
        while open_rows and open_rows[-1][0] >= level:
            open_rows.pop()
        if open_rows:
            parents[uid] = open_rows[-1][1]
        open_rows.append((level, uid))
    return parents


def _level(task: TaskRow) -> int:
    try:
        level = units.whole(task.outline_level)
    except ValueError:
        level = None
    if level is None:
        level = task.outline_number.count(".") + 1 if task.outline_number else 1
    return level


def _facts(
    rows: PlanRows,
    crew: Crew,
    notes: Notes,
    *,
    source: str,
    scope: str,
    fields: ProjectFileFields,
    zone: ZoneInfo,
) -> Facts:
    sign = rows.header.get("CurrencySymbol")
    return Facts(
        source=source,
        scope=scope,
        zone=zone,
        minutes_per_day=_header_minutes(rows, "MinutesPerDay", _DEFAULT_MINUTES_PER_DAY, notes),
        minutes_per_week=_header_minutes(rows, "MinutesPerWeek", _DEFAULT_MINUTES_PER_WEEK, notes),
        currency=rows.header.get("CurrencyCode") or (_CURRENCIES.get(sign, sign) if sign else None),
        has_money=_has_money(rows.tasks),
        twin_fields=_field_ids(rows.fields, fields.twin_key),
        team_fields=_field_ids(rows.fields, fields.team),
        lookup=rows.lookup,
        owners=crew.owners,
        assignment_counts=crew.assignment_counts,
        calendars=_task_calendars(rows, schedule_id(source, scope)),
    )


def _header_minutes(rows: PlanRows, name: str, default: int, notes: Notes) -> int:
    text = rows.header.get(name)
    try:
        value = units.whole(text)
    except ValueError:
        value = -1
    if value is None:
        return default
    if not 0 < value <= units.MINUTES_PER_WEEK_ELAPSED:
        notes.add(f'{name}: "{(text or "")[:60]}" cannot be read; taken as {default}')
        return default
    return value


def _has_money(tasks: Sequence[TaskRow]) -> bool:
    """False where every cost is zero: Project writes zeros for plans that nobody has costed."""
    return any(
        text is not None and text.strip("0.") != ""
        for task in tasks
        for text in (task.cost, task.actual_cost, *(baseline.cost for baseline in task.baselines))
    )


def _field_ids(rows: Sequence[FieldRow], names: Sequence[str]) -> frozenset[str]:
    wanted = {name.casefold() for name in names}
    return frozenset(
        row.field_id
        for row in rows
        if row.field_id is not None
        and any(name is not None and name.casefold() in wanted for name in (row.alias, row.field_name))
    )


def _title(rows: PlanRows) -> str | None:
    summary = next((task for task in rows.tasks if _is_project_summary(task)), None)
    return (summary.name if summary else None) or rows.header.get("Title")


def _status_date(rows: PlanRows, notes: Notes) -> date | None:
    text = rows.header.get("StatusDate")
    try:
        moment = units.moment(text)
    except ValueError:
        notes.add(f'StatusDate: "{(text or "")[:60]}" cannot be read; taken as unknown')
        return None
    return moment.day if moment else None


def _header_wall(rows: PlanRows, name: str, notes: Notes) -> str | None:
    text = rows.header.get(name)
    try:
        moment = units.moment(text)
    except ValueError:
        notes.add(f'{name}: "{(text or "")[:60]}" cannot be read; taken as unknown')
        return None
    return moment.at if moment else None


def _calendar(row: CalendarRow, rows: PlanRows, source: str, notes: Notes, calendar_id: str) -> Calendar:
    flat = calendars.flatten(row, rows.calendars)
    for problem in flat.notes:
        notes.add(problem)
    return Calendar(
        calendar_id=calendar_id,
        source=source,
        name=row.name or "",
        weekdays=flat.weekdays,
        exceptions=flat.exceptions,
        hours=flat.hours,
    )


def _task_calendars(rows: PlanRows, plan: str) -> dict[str, str]:
    """UID → identity of the calendars that single tasks have; -1 and absent mean the plan's own."""
    known = {row.uid for row in rows.calendars if row.uid is not None}
    used = {task.calendar_uid for task in rows.tasks if task.calendar_uid in known}
    return {uid: f"{plan}:calendar:{uid}" for uid in sorted(filter(None, used)) if uid != "-1"}


def _project_calendar(rows: PlanRows) -> CalendarRow | None:
    wanted = rows.header.get("CalendarUID")
    named = next((row for row in rows.calendars if row.uid is not None and row.uid == wanted), None)
    # Exports without CalendarUID mean the one that Project calls Standard in every language's template.
    return named or next((row for row in rows.calendars if row.name == "Standard"), None)
