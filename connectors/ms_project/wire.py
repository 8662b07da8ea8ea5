"""MSPDI as it stands in the file: one struct per row of interest.

Values stay text here, exactly as written; `mapping.py` understands them, `reader.py` fills them in.
"""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all rows. Absent and empty elements are None."""


class LinkRow(Row, frozen=True, kw_only=True, gc=False):
    """`Task/PredecessorLink`."""

    predecessor_uid: str | None = None
    type: str | None = None
    lag: str | None = None
    lag_format: str | None = None
    cross_project: str | None = None


class BaselineRow(Row, frozen=True, kw_only=True, gc=False):
    """`Task/Baseline`, number 0 to 10."""

    number: str | None = None
    start: str | None = None
    finish: str | None = None
    duration: str | None = None
    duration_format: str | None = None
    work: str | None = None
    cost: str | None = None


class ValueRow(Row, frozen=True, kw_only=True, gc=False):
    """`Task/ExtendedAttribute`: the value of one custom field."""

    field_id: str | None = None
    value: str | None = None
    value_guid: str | None = None


class TaskRow(Row, frozen=True, kw_only=True, gc=False):
    """`Tasks/Task`."""

    uid: str | None = None
    id: str | None = None
    name: str | None = None
    active: str | None = None
    is_null: str | None = None
    manual: str | None = None
    start_text: str | None = None  # what a planner typed instead of a date
    finish_text: str | None = None
    duration_text: str | None = None
    created: str | None = None
    outline_number: str | None = None
    outline_level: str | None = None
    priority: str | None = None
    start: str | None = None
    finish: str | None = None
    duration: str | None = None
    duration_format: str | None = None
    remaining_duration: str | None = None
    work: str | None = None
    milestone: str | None = None
    summary: str | None = None
    critical: str | None = None
    is_subproject: str | None = None
    is_external: str | None = None
    early_start: str | None = None
    early_finish: str | None = None
    late_start: str | None = None
    late_finish: str | None = None
    free_slack: str | None = None
    total_slack: str | None = None
    percent_complete: str | None = None
    cost: str | None = None
    actual_start: str | None = None
    actual_finish: str | None = None
    actual_work: str | None = None
    actual_cost: str | None = None
    remaining_work: str | None = None
    constraint_type: str | None = None
    constraint_date: str | None = None
    deadline: str | None = None
    calendar_uid: str | None = None
    links: tuple[LinkRow, ...] = ()
    baselines: tuple[BaselineRow, ...] = ()
    values: tuple[ValueRow, ...] = ()


class ResourceRow(Row, frozen=True, kw_only=True, gc=False):
    """`Resources/Resource`."""

    uid: str | None = None
    name: str | None = None
    type: str | None = None
    is_null: str | None = None
    is_cost: str | None = None
    is_generic: str | None = None
    is_inactive: str | None = None
    is_budget: str | None = None
    email: str | None = None
    max_units: str | None = None


class AssignmentRow(Row, frozen=True, kw_only=True, gc=False):
    """`Assignments/Assignment`."""

    task_uid: str | None = None
    resource_uid: str | None = None


class HoursRow(Row, frozen=True, kw_only=True, gc=False):
    """A `WorkingTime`: one stretch of work in a day."""

    from_time: str | None = None
    to_time: str | None = None


class DayRow(Row, frozen=True, kw_only=True, gc=False):
    """A `WeekDay`: DayType 1 Sunday to 7 Saturday; 0 is a dated exception, as Project 2003 writes them."""

    type: str | None = None
    working: str | None = None
    from_date: str | None = None
    to_date: str | None = None
    hours: tuple[HoursRow, ...] = ()


class WeekRow(Row, frozen=True, kw_only=True, gc=False):
    """A `WorkWeek`: a week that holds between two dates."""

    from_date: str | None = None
    to_date: str | None = None
    days: tuple[DayRow, ...] = ()


class ExceptionRow(Row, frozen=True, kw_only=True, gc=False):
    """A calendar `Exception`, perhaps recurring."""

    from_date: str | None = None
    to_date: str | None = None
    working: str | None = None
    type: str | None = None
    by_occurrences: str | None = None
    occurrences: str | None = None
    period: str | None = None
    days_of_week: str | None = None
    month_item: str | None = None
    month_position: str | None = None
    month: str | None = None
    month_day: str | None = None
    hours: tuple[HoursRow, ...] = ()


class CalendarRow(Row, frozen=True, kw_only=True, gc=False):
    """`Calendars/Calendar`."""

    uid: str | None = None
    name: str | None = None
    base_uid: str | None = None
    days: tuple[DayRow, ...] = ()
    weeks: tuple[WeekRow, ...] = ()
    exceptions: tuple[ExceptionRow, ...] = ()


class FieldRow(Row, frozen=True, kw_only=True, gc=False):
    """`ExtendedAttributes/ExtendedAttribute`: the definition of one custom field."""

    field_id: str | None = None
    field_name: str | None = None
    alias: str | None = None


class PlanRows(msgspec.Struct):
    """Everything of one file that the model needs."""

    header: dict[str, str]
    tasks: list[TaskRow]
    resources: list[ResourceRow]
    assignments: list[AssignmentRow]
    calendars: list[CalendarRow]
    fields: list[FieldRow]
    lookup: dict[str, str]  # ValueGUID → text, for custom fields with a lookup table
