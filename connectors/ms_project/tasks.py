"""One task of a plan, turned into a work item, its baselines and its links.

What cannot be understood becomes unknown and a note that names the task and the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.ms_project import units
from connectors.ms_project.wire import BaselineRow, LinkRow, TaskRow
from portfolio.records import Baseline, Dependency, ItemId, WorkItem, item_id

T = TypeVar("T")

BASELINE = "Baseline"  # Project's own words: Baseline, Baseline 1 … Baseline 10
_LAST_BASELINE = 10
MAX_NOTES = 100  # lines per file; further ones are counted
_KEY_SEPARATORS = re.compile(r"[\s,;]+")


def schedule_id(source: str, scope: str) -> str:
    """The identity of a plan: its source and its path below the configured folder."""
    return f"{source}/{scope}"


def task_id(source: str, scope: str, uid: str) -> ItemId:
    """The identity of a task. UID never changes inside a file; ID is the row number and does."""
    return item_id(source, f"{scope}:{uid}")


class Notes:
    """What could not be understood in one file, one line each, all beginning with the file's name."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._lines: list[str] = []
        self._more = 0

    def add(self, text: str) -> None:
        """Note one thing; past a hundred they are only counted."""
        if len(self._lines) < MAX_NOTES:
            self._lines.append(f"{self._scope}: {text}")
        else:
            self._more += 1

    def lines(self) -> list[str]:
        """All of them."""
        return [*self._lines, *([f"{self._scope}: {self._more} more like these"] if self._more else [])]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every task of one plan."""

    source: str
    scope: str
    zone: ZoneInfo
    minutes_per_day: int
    minutes_per_week: int
    currency: str | None
    has_money: bool  # False: every cost in the file is zero, so nobody has entered any
    twin_fields: frozenset[str]
    team_fields: frozenset[str]
    lookup: Mapping[str, str]
    owners: Mapping[str, str]  # task UID → account id
    assignment_counts: Mapping[str, int]
    calendars: Mapping[str, str]  # calendar UID → identity, of those that single tasks have


class TaskMapper:
    """Turns the tasks of one plan into records, noting what it could not read."""

    def __init__(self, facts: Facts, notes: Notes) -> None:
        self._facts = facts
        self._notes = notes
        # "rollout/phase2.xml" is "rollout/phase2" to the people who talk about it.
        self._stem = str(PurePosixPath(facts.scope).with_suffix(""))
        self._schedule_id = schedule_id(facts.source, facts.scope)

    def item(
        self, task: TaskRow, *, uid: str, position: int, parent_uid: str | None, has_children: bool
    ) -> tuple[WorkItem, list[Baseline]]:
        """The work item of a task, and its baselines."""
        facts = self._facts
        own_id = task_id(facts.source, facts.scope, uid)
        # Of a task that its planner schedules by hand, text in place of a date ("after the summer") is all
        # that is known; Project then fills Start and Finish with placeholders.
        is_manual = bool(units.flag(task.manual))
        start = None if is_manual and task.start_text else self._date(task, "Start", task.start)
        finish = None if is_manual and task.finish_text else self._date(task, "Finish", task.finish)
        actual_start = self._date(task, "ActualStart", task.actual_start)
        actual_finish = self._date(task, "ActualFinish", task.actual_finish)
        deadline = self._date(task, "Deadline", task.deadline)
        constraint, constraint_at = self._constraint(task)
        percent = self._read(task, "PercentComplete", units.percent, task.percent_complete)
        priority = self._read(task, "Priority", units.whole, task.priority)
        number = self._read(task, "ID", units.whole, task.id)
        is_active = units.flag(task.active) is not False
        is_external = bool(units.flag(task.is_external))
        is_inserted = bool(units.flag(task.is_subproject))
        is_summary = bool(units.flag(task.summary)) or has_children
        is_milestone = bool(units.flag(task.milestone))
        state, status = _state(percent, actual_start, actual_finish, is_active=is_active)
        rows = self._baseline_rows(task)
        baselines = [
            found for number, row in rows.items() if (found := self._baseline(task, own_id, number, row))
        ]
        current = next((found for found in baselines if found.name == BASELINE), None)
        current_row = rows.get(0, BaselineRow())
        item = WorkItem(
            item_id=own_id,
            source=facts.source,
            native_id=f"{facts.scope}:{uid}",
            key=f"{self._stem}#{uid if number is None else number}",
            scope=facts.scope,
            kind="milestone" if is_milestone and not is_summary else "task",
            type=_type(
                is_external=is_external,
                is_inserted=is_inserted,
                is_summary=is_summary,
                is_milestone=is_milestone,
            ),
            title=task.name or "",
            schedule_id=self._schedule_id,
            parent_id=task_id(facts.source, facts.scope, parent_uid) if parent_uid is not None else None,
            sort=position if number is None else number,
            status=status,
            state=state,
            priority=None if priority is None else str(priority),
            priority_rank=None if priority is None else units.priority_rank(priority),
            is_milestone=is_milestone,
            is_summary=is_summary,
            is_detail=is_active and not (is_summary or is_external or is_inserted),
            owner_id=facts.owners.get(uid),
            team=next(self._custom(task, facts.team_fields), None),
            start=_day(start),
            due=_day(finish),
            start_at=_at(start),
            finish_at=_at(finish),
            actual_start=_day(actual_start),
            actual_finish=_day(actual_finish),
            actual_start_at=_at(actual_start),
            actual_finish_at=_at(actual_finish),
            deadline=_day(deadline),
            deadline_at=_at(deadline),
            constraint_type=constraint,
            constraint_date=_day(constraint_at),
            constraint_at=_at(constraint_at),
            baseline_name=current.name if current else None,
            baseline_start=current.start if current else None,
            baseline_finish=current.finish if current else None,
            baseline_start_at=current.start_at if current else None,
            baseline_finish_at=current.finish_at if current else None,
            duration_minutes=(
                None
                if is_manual and task.duration_text
                else self._duration(task, "Duration", task.duration, task.duration_format)
            ),
            elapsed_minutes=self._elapsed(task),
            remaining_minutes=self._duration(
                task, "RemainingDuration", task.remaining_duration, task.duration_format
            ),
            is_manual=is_manual,
            calendar_id=facts.calendars.get(task.calendar_uid or ""),
            baseline_duration_minutes=(
                self._duration(task, "Baseline 0 Duration", current_row.duration, current_row.duration_format)
                if current
                else None
            ),
            early_start_at=_at(self._date(task, "EarlyStart", task.early_start)),
            early_finish_at=_at(self._date(task, "EarlyFinish", task.early_finish)),
            late_start_at=_at(self._date(task, "LateStart", task.late_start)),
            late_finish_at=_at(self._date(task, "LateFinish", task.late_finish)),
            total_float_minutes=self._read(task, "TotalSlack", units.tenths, task.total_slack),
            free_float_minutes=self._read(task, "FreeSlack", units.tenths, task.free_slack),
            is_critical=units.flag(task.critical),
            assignment_count=facts.assignment_counts.get(uid, 0),
            percent_complete=percent,
            estimate_hours=self._hours(task, "Work", task.work),
            spent_hours=self._hours(task, "ActualWork", task.actual_work),
            remaining_hours=self._hours(task, "RemainingWork", task.remaining_work),
            budget=self._money(task, "Baseline 0 Cost", current_row.cost),
            actual_cost=self._money(task, "ActualCost", task.actual_cost),
            forecast_cost=self._money(task, "Cost", task.cost),
            currency=facts.currency if facts.has_money else None,
            twin_keys=tuple(self._twin_keys(task)),
            created_at=self._instant(self._date(task, "CreateDate", task.created)),
        )
        return item, baselines

    def links(self, task: TaskRow, *, uid: str, known: frozenset[str]) -> Iterator[Dependency]:
        """The links to a task's predecessors, as far as those are tasks of this file."""
        seen: set[tuple[str, str]] = set()
        for link in task.links:
            predecessor = link.predecessor_uid
            if predecessor is None or predecessor not in known or predecessor == uid:
                where = "another plan" if link.cross_project else "this plan"
                self._notes.add(
                    f"{_name(task)}, PredecessorLink: UID {predecessor} is no other task of {where} "
                    "that was read; the link is left out"
                )
                continue
            kind = units.LINK_TYPES.get(link.type or "1")
            if kind is None:
                self._complain(task, "PredecessorLink Type", link.type or "", "the link is left out")
                continue
            if (predecessor, kind) in seen:
                continue
            minutes, percent = self._lag(task, link)
            # Project links two tasks at most once; others do it twice, with different types.
            repeated = any(predecessor == other for other, _ in seen)
            seen.add((predecessor, kind))
            identity = f"{self._schedule_id}:{predecessor}->{uid}"
            yield Dependency(
                dependency_id=f"{identity}:{kind}" if repeated else identity,
                source=self._facts.source,
                predecessor_id=task_id(self._facts.source, self._facts.scope, predecessor),
                successor_id=task_id(self._facts.source, self._facts.scope, uid),
                type=kind,
                lag_minutes=minutes,
                lag_percent=percent,
                lag_elapsed_minutes=self._elapsed_lag(link),
            )

    def _baseline_rows(self, task: TaskRow) -> dict[int, BaselineRow]:
        """By number, 0 to 10, each once."""
        rows: dict[int, BaselineRow] = {}
        for row in task.baselines:
            number = self._read(task, "Baseline Number", units.whole, row.number or "0")
            if number is None:
                continue
            if not 0 <= number <= _LAST_BASELINE:
                self._complain(task, "Baseline Number", row.number or "", "the baseline is left out")
                continue
            rows.setdefault(number, row)
        return rows

    def _baseline(self, task: TaskRow, own_id: ItemId, number: int, row: BaselineRow) -> Baseline | None:
        start = self._date(task, f"Baseline {number} Start", row.start)
        finish = self._date(task, f"Baseline {number} Finish", row.finish)
        work = self._hours(task, f"Baseline {number} Work", row.work)
        cost = self._money(task, f"Baseline {number} Cost", row.cost)
        # Many Baseline elements of real files hold zeros and no date: nothing was approved there.
        if not (start or finish or work or cost):
            return None
        return Baseline(
            name=BASELINE if number == 0 else f"{BASELINE} {number}",
            item_id=own_id,
            source=self._facts.source,
            start=_day(start),
            finish=_day(finish),
            start_at=_at(start),
            finish_at=_at(finish),
            work_hours=work,
            cost=cost,
        )

    def _constraint(self, task: TaskRow) -> tuple[str | None, units.Moment | None]:
        if task.constraint_type is None:
            return None, None
        constraint = units.CONSTRAINTS.get(task.constraint_type)
        if constraint is None:
            self._complain(task, "ConstraintType", task.constraint_type)
        # "As soon as possible" keeps the date of the constraint before it, which holds nothing any more.
        if constraint in (None, "ASAP", "ALAP"):
            return constraint, None
        return constraint, self._date(task, "ConstraintDate", task.constraint_date)

    def _lag(self, task: TaskRow, link: LinkRow) -> tuple[int | None, float | None]:
        try:
            return units.lag(link.lag, link.lag_format, self._facts.minutes_per_week)
        except (ValueError, OverflowError):
            self._complain(task, "LinkLag", link.lag or "")
            return None, None

    @staticmethod
    def _elapsed_lag(link: LinkRow) -> int | None:
        try:
            return units.elapsed_lag(link.lag, link.lag_format)
        except (ValueError, OverflowError):  # said already where the lag was read
            return None

    def _elapsed(self, task: TaskRow) -> int | None:
        is_words = bool(task.duration_text) and bool(units.flag(task.manual))
        if is_words or not units.is_elapsed(task.duration_format):
            return None
        value = self._read(task, "Duration", units.minutes, task.duration)
        return None if value is None else round(value)

    def _twin_keys(self, task: TaskRow) -> Iterator[str]:
        seen: set[str] = set()
        for text in self._custom(task, self._facts.twin_fields):
            for key in _KEY_SEPARATORS.split(text):
                if key and key not in seen:
                    seen.add(key)
                    yield key

    def _custom(self, task: TaskRow, wanted: frozenset[str]) -> Iterator[str]:
        for row in task.values if wanted else ():
            if row.field_id in wanted:
                text = row.value or self._facts.lookup.get((row.value_guid or "").upper())
                if text:
                    yield text

    def _duration(self, task: TaskRow, field: str, text: str | None, unit: str | None) -> int | None:
        value = self._read(task, field, lambda raw: units.minutes(raw, self._facts.minutes_per_day), text)
        return None if value is None else units.working_minutes(value, unit, self._facts.minutes_per_week)

    def _date(self, task: TaskRow, field: str, text: str | None) -> units.Moment | None:
        return self._read(task, field, units.moment, text)

    def _hours(self, task: TaskRow, field: str, text: str | None) -> float | None:
        return self._read(task, field, lambda raw: units.hours(raw, self._facts.minutes_per_day), text)

    def _money(self, task: TaskRow, field: str, text: str | None) -> float | None:
        return self._read(task, field, units.money, text) if self._facts.has_money else None

    def _read(
        self, task: TaskRow, field: str, read: Callable[[str | None], T | None], text: str | None
    ) -> T | None:
        if text is None:
            return None
        try:
            return read(text)
        except (ValueError, OverflowError):
            self._complain(task, field, text)
            return None

    def _complain(self, task: TaskRow, field: str, text: str, then: str = "taken as unknown") -> None:
        self._notes.add(f'{_name(task)}, {field}: "{text[:60]}" cannot be read; {then}')

    def _instant(self, moment: units.Moment | None) -> datetime | None:
        if moment is None or not 1900 < moment.day.year < 2200:
            return None
        return datetime.fromisoformat(moment.at).replace(tzinfo=self._facts.zone).astimezone(UTC)


def _name(task: TaskRow) -> str:
    return f"task {task.id or '?'} (UID {task.uid})"


def _state(
    percent: float | None,
    actual_start: units.Moment | None,
    actual_finish: units.Moment | None,
    *,
    is_active: bool,
) -> tuple[str, str]:
    """(state, status). The file has no status text; these are the words Project's own views use."""
    if not is_active:
        return "removed", "inactive"
    if percent is None:  # third-party files: the actual dates tell as much
        percent = 100.0 if actual_finish else 1.0 if actual_start else 0.0
    if percent >= 100:
        return "done", "complete"
    return ("in_progress", "in progress") if percent > 0 else ("todo", "not started")


def _type(*, is_external: bool, is_inserted: bool, is_summary: bool, is_milestone: bool) -> str:
    if is_external:
        return "External task"
    if is_inserted:
        return "Inserted project"
    if is_summary:
        return "Summary task"
    return "Milestone" if is_milestone else "Task"


def _day(moment: units.Moment | None) -> date | None:
    return moment.day if moment else None


def _at(moment: units.Moment | None) -> str | None:
    return moment.at if moment else None
