"""The columns of a workspace as the arrays that schedule checks read, each item in its own calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from schedule.check_inputs import (
    BoolArray,
    CheckInputs,
    DayArray,
    FloatArray,
    IntArray,
    ScheduleItems,
    ScheduleLinks,
    Schedules,
    check_inputs,
)
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

CONTAINERS = frozenset({"initiative", "epic", "feature"})
_NO_OWNER = frozenset({"no owner", "placeholder name"})
_MINUTES_PER_DAY = 480
_EPOCH = date(1970, 1, 1).toordinal()
_NO_DAY = int(np.iinfo(np.int64).min)  # what numpy calls NaT
_SCHEDULE = ("schedule_id", "name", "kind", "status_date", "minutes_per_day")


@dataclass(frozen=True, slots=True)
class CheckColumns:
    """What checks are computed from, and the way back to items and schedules.

    Attributes:
        inputs: the arrays.
        schedule_ids, names: of the schedules, by position.
        rows: for each item of the inputs its place in the workspace.
        minutes_per_day: of each schedule.
    """

    inputs: CheckInputs
    schedule_ids: Sequence[str]
    names: Sequence[str]
    rows: IntArray
    minutes_per_day: FloatArray


def column(work: Workspace, name: str) -> list[Any]:
    """A column as it was derived, else as its tracker shows it; of unknown values where there is neither."""
    found = work.derived.get(name)
    if found is None:
        found = work.items.get(name)
    return [None] * len(work.items["item_id"]) if found is None else found


def check_columns(work: Workspace, store: Store) -> CheckColumns:
    """The arrays of all items that are in a schedule and not removed. Needs the derived dates."""
    schedules = store.read("tracker_schedule", _SCHEDULE)
    place = {one: position for position, one in enumerate(schedules["schedule_id"])}
    rows = np.array(
        [
            index
            for index, (schedule, state) in enumerate(
                zip(work.items["schedule_id"], work.items["state"], strict=True)
            )
            if schedule in place and state != "removed"
        ],
        dtype=np.int64,
    )
    of = Picked(work, rows)
    is_plan = np.array([kind == "plan" for kind in schedules["kind"]], dtype=np.bool_)
    # A tracker is live: it stands as of today, always.
    status = days_of(
        [
            day if kind == "plan" else work.today
            for kind, day in zip(schedules["kind"], schedules["status_date"], strict=True)
        ]
    )
    minutes = np.array([one or _MINUTES_PER_DAY for one in schedules["minutes_per_day"]], dtype=np.float64)
    schedule = np.array([place[one] for one in of.values("schedule_id")], dtype=np.int64)
    items = _items(work, of, schedule, is_plan[schedule], minutes[schedule], store)
    links = _links(work, of, is_plan[schedule], store)
    return CheckColumns(
        check_inputs(Schedules(is_plan=is_plan, status_date=status), items, links),
        schedules["schedule_id"],
        schedules["name"],
        rows,
        minutes,
    )


@dataclass(frozen=True, slots=True)
class Picked:
    """Columns of some rows of a workspace, as arrays."""

    work: Workspace
    rows: IntArray

    def values(self, name: str) -> list[Any]:
        """A column as a list."""
        found = column(self.work, name)
        return [found[row] for row in self.rows.tolist()]

    def days(self, name: str) -> DayArray:
        """A column of dates; unknown is NaT."""
        return days_of(self.values(name))

    def instants(self, name: str) -> DayArray:
        """A column of instants as days in the portfolio's zone; unknown is NaT."""
        zone = ZoneInfo(self.work.settings.timezone)
        return days_of([None if one is None else one.astimezone(zone).date() for one in self.values(name)])

    def numbers(self, name: str) -> FloatArray:
        """A column of numbers; unknown is NaN."""
        return numbers_of(self.values(name))

    def flags(self, name: str) -> BoolArray:
        """A column of booleans; unknown is false."""
        return np.array([bool(one) for one in self.values(name)], dtype=np.bool_)

    def ordinals(self, days: DayArray) -> FloatArray:
        """The working-day numbers of days, one for each row, in the calendar of the row; unknown is NaN."""
        return ordinals_of(self.work, [self.work.calendar_ids[row] for row in self.rows.tolist()], days)


def ordinals_of(work: Workspace, calendar_ids: Sequence[str], days: DayArray) -> FloatArray:
    """The working-day numbers of days, each in its calendar; NaN is unknown or outside the calendar."""
    names = {name: number for number, name in enumerate(dict.fromkeys(calendar_ids))}
    which = np.array([names[one] for one in calendar_ids], dtype=np.int64)
    answer = np.full(len(days), np.nan)
    for name, number in names.items():
        mine = np.flatnonzero(which == number)
        found = work.calendars[name].ordinals_of(days[mine])
        answer[mine] = [np.nan if one is None else one for one in found]
    return answer


def _items(
    work: Workspace,
    of: Picked,
    schedule: IntArray,
    in_plan: BoolArray,
    minutes_per_day: FloatArray,
    store: Store,
) -> ScheduleItems:
    count = len(of.rows)
    is_container = np.array([kind in CONTAINERS for kind in of.values("kind")], dtype=np.bool_) & ~in_plan
    start, due = of.days("start"), of.days("effective_due")
    finish = np.where(in_plan, of.days("due"), due)
    minutes = of.numbers("duration_minutes")
    today = days_of([work.today])[0]
    now = of.ordinals(np.full(count, today))
    in_progress = np.array([state == "in_progress" for state in of.values("state")], dtype=np.bool_)
    actual_start = of.days("actual_start")
    since = np.where(np.isnat(actual_start), of.instants("state_since"), actual_start)
    iteration_start, iteration_end = _iterations(of, store)
    unknown = np.full(count, np.nan)
    return ScheduleItems(
        schedule=schedule,
        # What a tracker's epics and features promise counts as well as what its stories do.
        is_detail=of.flags("is_detail") | is_container,
        is_container=is_container,
        # Project calls a task of any length a milestone when its planner says so; work is work.
        is_milestone=of.flags("is_milestone") & ~(minutes > 0),
        is_level_of_effort=np.zeros(count, dtype=np.bool_),
        is_complete=np.array([state == "done" for state in of.values("state")], dtype=np.bool_),
        start=start,
        finish=finish,
        finish_at=np.array(of.values("finish_at"), dtype="datetime64[m]"),
        actual_start=actual_start,
        actual_finish=of.days("actual_finish"),
        baseline_start=of.days("baseline_start"),
        baseline_finish=np.where(in_plan, of.days("baseline_finish"), of.days("first_commitment")),
        duration_wd=np.where(in_plan, minutes / minutes_per_day, _span_wd(of, start, finish)),
        baseline_duration_wd=_baseline_wd(of, in_plan, minutes_per_day),
        total_float_wd=of.numbers("total_float_minutes") / minutes_per_day,
        is_critical=np.array(
            [-1 if one is None else int(one) for one in of.values("is_critical")], dtype=np.int8
        ),
        constraint=np.array([one or "" for one in of.values("constraint_type")], dtype="U4"),
        has_resource=np.where(in_plan, _is_assigned(of), _is_owned(of, is_container)).astype(np.int8),
        needs_owner=is_container | (iteration_start <= today),
        iteration_wd=_span_wd(of, iteration_start, iteration_end),
        age_wd=np.where(in_progress, now - of.ordinals(since), unknown),
        usual_age_wd=of.numbers("p85_cycle_wd"),
        # A saved plan does not tell when anybody last touched a task.
        quiet_wd=np.where(in_plan, unknown, now - of.ordinals(of.instants("last_activity_at"))),
        is_undated=np.isnat(due),
    )


def _baseline_wd(of: Picked, in_plan: BoolArray, minutes_per_day: FloatArray) -> FloatArray:
    """The baseline's duration; where a file keeps none, the working days between its dates."""
    told = of.numbers("baseline_duration_minutes") / minutes_per_day
    span = _span_wd(of, of.days("baseline_start"), of.days("baseline_finish"))
    return np.where(np.isnan(told) & in_plan, span, told)


def _span_wd(of: Picked, first: DayArray, last: DayArray) -> FloatArray:
    """The working days from one day to another, both included."""
    return of.ordinals(last) - of.ordinals(first - np.timedelta64(1, "D"))


def _is_assigned(of: Picked) -> IntArray:
    """Of a plan's task: assignments, work or cost; -1 where nothing of it is known."""
    parts = np.stack([of.numbers(name) for name in ("assignment_count", "estimate_hours", "forecast_cost")])
    is_known = ~np.isnan(parts[0])
    has_any = (np.nan_to_num(parts) > 0).any(axis=0)
    return np.where(has_any, 1, np.where(is_known, 0, -1))


def _is_owned(of: Picked, is_container: BoolArray) -> IntArray:
    """Of a tracker's item: an owner who is more than a placeholder; of an epic or feature a team will do."""
    owned = [
        owner is not None and problem not in _NO_OWNER
        for owner, problem in zip(of.values("owner_id"), of.values("owner_problem"), strict=True)
    ]
    has_team = np.array([team is not None for team in of.values("team")], dtype=np.bool_)
    return (np.array(owned, dtype=np.bool_) | (has_team & is_container)).astype(np.int64)


def _iterations(of: Picked, store: Store) -> tuple[DayArray, DayArray]:
    rows = store.read("tracker_iteration", ("iteration_id", "start", "end"))
    known: dict[str | None, tuple[date | None, date | None]] = {
        one: (start, end) for one, start, end in zip(*rows.values(), strict=True)
    }
    found = [known.get(one, (None, None)) for one in of.values("iteration_id")]
    return days_of([one for one, _ in found]), days_of([one for _, one in found])


def _links(work: Workspace, of: Picked, in_plan: BoolArray, store: Store) -> ScheduleLinks:
    """The dependencies whose two ends are both there, each once; of a plan only its own."""
    told: Columns = store.read(
        "tracker_dependency",
        ("dependency_id", "source", "predecessor_id", "successor_id", "type", "lag_minutes", "lag_percent"),
    )
    found = store.read("derived_dependency", ("dependency_id", "predecessor_id", "successor_id", "repeats"))
    ids, *ends = found.values()
    resolved = dict(zip(ids, zip(*ends, strict=True), strict=True))
    known = [resolved.get(one, (None, None, None)) for one in told["dependency_id"]]
    # One place more, so that an end that is not there has something to point at.
    place = np.full(len(work.items["item_id"]) + 1, -1, dtype=np.int64)
    place[of.rows] = np.arange(len(of.rows))
    at = work.position
    before, after = (
        place[
            np.array([at.get(one[end] or own, -1) for one, own in zip(known, told[name], strict=True)], int)
        ]
        for end, name in enumerate(("predecessor_id", "successor_id"))
    )
    kept = np.array([one[2] is None for one in known], dtype=np.bool_) & (before >= 0) & (after >= 0)
    # What another tracker links to a plan's task is no part of the plan's own network.
    number = {name: place for place, name in enumerate(dict.fromkeys(work.items["source"]))}
    own = np.array([number.get(name, -1) for name in told["source"]], dtype=np.int64)
    home = np.array([number[name] for name in of.values("source")], dtype=np.int64)
    for end in (before, after):
        is_foreign = np.append(in_plan, False)[end] & (np.append(home, -1)[end] != own)
        kept &= ~is_foreign
    return ScheduleLinks(
        predecessor=before[kept],
        successor=after[kept],
        type=np.array(told["type"], dtype="U2")[kept],
        lag_minutes=numbers_of(told["lag_minutes"])[kept],
        lag_percent=numbers_of(told["lag_percent"])[kept],
    )


def numbers_of(values: Sequence[float | None]) -> FloatArray:
    """Numbers as an array; None becomes NaN."""
    return np.array([np.nan if one is None else one for one in values], dtype=np.float64)


def days_of(values: Sequence[date | None]) -> DayArray:
    """Dates as an array; None becomes NaT. By their ordinals: numpy itself reads dates ten times slower."""
    days = np.array([_NO_DAY if one is None else one.toordinal() - _EPOCH for one in values], dtype=np.int64)
    return days.view("datetime64[D]")
