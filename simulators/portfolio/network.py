"""A plan's rows become a schedule: dates, floats, actuals and a baseline, in whole working days.

The rows say what a planner types: duration, predecessors, "start no earlier than". Dates follow, so they are
consistent as Microsoft Project's own would be. A baseline is the same network without the delays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from simulators.portfolio.days import WorkDays
from simulators.project_plan import Link, Task


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the planner types it.

    `after` names predecessors, optionally `name +3` for a lag in days or `name SS+2`; `delay` is what reality
    added to `days`; `percent` overrides the progress that the status date implies; `twin` is how many working
    days later than the tracker this plan has the same work (None: it is in no tracker).
    """

    name: str
    level: int = 2
    days: int | None = None  # None: a summary
    after: tuple[str, ...] = ()
    who: str | None = None
    delay: int = 0
    not_before: int | None = None
    deadline: int | None = None
    percent: int | None = None
    twin: int | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """A plan: its file, its rows, who works on it, and the project of a tracker that holds the same work."""

    file: str
    title: str
    program: str
    project: str
    manager: str
    first: int
    rows: tuple[Row, ...]
    has_baseline: bool = True
    twin_project: str | None = None
    key_heading: str = "Jira Key"  # how people call the column that holds the tracker's keys


@dataclass(slots=True)
class _Span:
    start: int
    finish: int  # the day a task ends on; of a milestone, the day before the one it stands at the start of


def schedule(
    rows: Sequence[Row],
    days: WorkDays,
    first: int,
    status: int,
    resources: Mapping[str, int],
    *,
    baseline: bool,
) -> list[Task]:
    """The tasks of a plan.

    Args:
        rows: what the planner typed, in outline order.
        days: the calendar.
        first: working day on which the plan starts.
        status: working day whose evening the progress is reported for.
        resources: resource uid by the name used in `who`.
        baseline: whether the plan was ever baselined.
    """
    uid_of = {row.name: number for number, row in enumerate(rows, start=1)}
    links = {row.name: [_link(text) for text in row.after] for row in rows}
    current = _forward(rows, links, first, delayed=True)
    planned = _forward(rows, links, first, delayed=False)
    latest = _backward(rows, links, current)
    tasks: list[Task] = []
    for row in rows:
        if row.days is None:
            begin = _wall(days, first, 8)  # until _sum_up knows the span of the children
            task = Task(uid_of[row.name], row.name, row.level, 0, begin, begin, is_summary=True)
        else:
            task = _leaf(row, uid_of[row.name], days, current[row.name], status)
            task.links = [Link(uid_of[name], kind, lag) for name, kind, lag in links[row.name]]
            slack = 0 if task.percent == 100 else latest[row.name] - current[row.name].finish
            task.slack_days = slack
            task.late_start = _start(days, current[row.name].start + slack, row)
            task.late_finish = (
                task.late_start if row.days == 0 else _finish(days, current[row.name].finish + slack)
            )
            if row.who is not None:
                task.resource = resources[row.who]
            if baseline:
                span = planned[row.name]
                start = _start(days, span.start, row)
                task.baseline = (start, start if row.days == 0 else _finish(days, span.finish), row.days)
        tasks.append(task)
    _free_slack(rows, tasks, links, current)
    _sum_up(tasks, days)
    return tasks


def _leaf(row: Row, uid: int, days: WorkDays, span: _Span, status: int) -> Task:
    length = span.finish - span.start + 1
    elapsed = min(max(status - span.start + 1, 0), length)
    percent = 100 if span.finish <= status else 100 * elapsed // max(length, 1)
    if row.percent is not None:
        percent = row.percent
    start = _start(days, span.start, row)
    finish = start if row.days == 0 else _finish(days, span.finish)
    task = Task(uid, row.name, row.level, length, start, finish, percent=percent)
    task.notes = row.notes
    if percent:
        task.actual_start = task.start_at
    if percent == 100:
        task.actual_finish = task.finish_at
    if row.not_before is not None:
        task.constraint = ("SNET", _wall(days, row.not_before, 8))
    if row.deadline is not None:
        task.deadline = _wall(days, row.deadline, 17)
    return task


def _link(text: str) -> tuple[str, str, int]:
    """`Survey`, `Survey +3` and `Survey SS+2` as (name, type, lag)."""
    name, _, rest = text.rpartition(" ")
    if name and rest.startswith("SS+"):
        return name, "SS", int(rest[3:])
    if name and rest[0] in "+-" and rest[1:].isdigit():
        return name, "FS", int(rest)
    return text, "FS", 0


def _forward(
    rows: Sequence[Row], links: Mapping[str, list[tuple[str, str, int]]], first: int, *, delayed: bool
) -> dict[str, _Span]:
    """Earliest spans. Rows stand after their predecessors, so one pass is enough."""
    spans: dict[str, _Span] = {}
    for row in rows:
        if row.days is None:
            continue
        start = first if row.not_before is None else max(first, row.not_before)
        for name, kind, lag in links[row.name]:
            before = spans[name]
            start = max(start, lag + (before.start if kind == "SS" else before.finish + 1))
        length = row.days + (row.delay if delayed else 0)
        spans[row.name] = _Span(start, start + length - 1)
    return spans


def _backward(
    rows: Sequence[Row], links: Mapping[str, list[tuple[str, str, int]]], spans: Mapping[str, _Span]
) -> dict[str, int]:
    """Latest finish of each row that keeps the last day of the plan."""
    end = max(span.finish for span in spans.values())
    latest = dict.fromkeys(spans, end)
    for row in reversed([row for row in rows if row.days is not None]):
        span = spans[row.name]
        start = latest[row.name] - (span.finish - span.start)
        for name, kind, lag in links[row.name]:
            before = spans[name]
            limit = start - lag - 1 if kind == "FS" else start - lag + before.finish - before.start
            latest[name] = min(latest[name], limit)
    return latest


def _free_slack(
    rows: Sequence[Row],
    tasks: Sequence[Task],
    links: Mapping[str, list[tuple[str, str, int]]],
    spans: Mapping[str, _Span],
) -> None:
    free = {row.name: task.slack_days for row, task in zip(rows, tasks, strict=True)}
    for row in rows:
        for name, kind, lag in links[row.name]:
            before = spans[name].finish + 1 if kind == "FS" else spans[name].start
            free[name] = min(free[name], spans[row.name].start - before - lag)
    for row, task in zip(rows, tasks, strict=True):
        task.free_slack_days = max(free[row.name], 0)


def _sum_up(tasks: Sequence[Task], days: WorkDays) -> None:
    """Summaries get the span, the progress and the baseline span of the leaves below them."""
    for position, task in enumerate(tasks):
        if not task.is_summary:
            continue
        below: list[Task] = []
        for other in tasks[position + 1 :]:
            if other.level <= task.level:
                break
            if not other.is_summary:
                below.append(other)
        task.start_at = min(leaf.start_at for leaf in below)
        task.finish_at = max(leaf.finish_at for leaf in below)
        task.days = _length(days, task.start_at, task.finish_at)
        total = sum(leaf.days for leaf in below)
        task.percent = sum(leaf.days * leaf.percent for leaf in below) // total if total else 0
        task.slack_days = min(leaf.slack_days for leaf in below)
        begun = [leaf.actual_start for leaf in below if leaf.actual_start is not None]
        task.actual_start = min(begun) if begun else None
        ended = [leaf.actual_finish for leaf in below if leaf.actual_finish is not None]
        task.actual_finish = max(ended) if len(ended) == len(below) else None
        baselines = [leaf.baseline for leaf in below if leaf.baseline is not None]
        if baselines:
            start = min(one[0] for one in baselines)
            finish = max(one[1] for one in baselines)
            task.baseline = (start, finish, _length(days, start, finish))


def _length(days: WorkDays, start: datetime, finish: datetime) -> int:
    return days.number(finish.date()) - days.number(start.date()) + 1


def _start(days: WorkDays, number: int, row: Row) -> datetime:
    """Tasks start at eight; a milestone stands where its predecessors end, or at eight where it has none."""
    return _finish(days, number - 1) if row.days == 0 and row.after else _wall(days, number, 8)


def _finish(days: WorkDays, number: int) -> datetime:
    return _wall(days, number, 17)


def _wall(days: WorkDays, number: int, hour: int) -> datetime:
    return datetime.combine(days.day(number), time(hour))
