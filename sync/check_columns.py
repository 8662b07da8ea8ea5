"""The columns of a workspace as the arrays that schedule checks read, each item in its own calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from schedule.calendars import as_days, days_of_instants
from schedule.check_inputs import (
    BoolArray,
    CheckInputs,
    DayArray,
    FloatArray,
    IntArray,
    ScheduleItems,
    ScheduleLinks,
    Schedules,
    TextArray,
    check_inputs,
)
from store.frames import Coded, Column, Ints, taken
from sync.derive_links import Links
from sync.derive_plan_network import total_floats
from sync.workspace import Workspace, ordinals

if TYPE_CHECKING:
    from store import Store

CONTAINERS = ("initiative", "epic", "feature")
AT_ONCE = 100_000
"""So many items are looked at together, if no schedule is larger: some forty arrays of each of them."""
_NO_OWNER = ("no owner", "placeholder name")
_MINUTES_PER_DAY = 480
_SCHEDULE = ("schedule_id", "name", "kind", "status_date", "minutes_per_day")
_NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class KnownSchedules:
    """All schedules, by position.

    Attributes:
        ids, names: what they are called.
        inputs: what the checks read of them.
        minutes_per_day: of each.
        of_item: the position of each loaded item's schedule; -1 for what is in none, and for what is removed.
    """

    ids: Sequence[str]
    names: Sequence[str]
    inputs: Schedules
    minutes_per_day: FloatArray
    of_item: IntArray

    def together(self, wanted: IntArray) -> Iterator[IntArray]:
        """These schedules in portions of not too many items."""
        counts = np.bincount(self.of_item + 1, minlength=len(self.ids) + 1)[1:][wanted]
        portion = np.cumsum(counts) // AT_ONCE
        yield from np.split(wanted, np.flatnonzero(np.diff(portion)) + 1)


@dataclass(frozen=True, slots=True)
class CheckColumns:
    """What checks of some schedules are computed from, and the way back to items.

    Attributes:
        inputs: the arrays. Beside all items of the schedules asked for there are the other ends of their
            links, so that what is counted of any other schedule means nothing.
        schedules: all schedules, those asked for among them.
        rows: for each item of the inputs its place in the workspace.
    """

    inputs: CheckInputs
    schedules: KnownSchedules
    rows: IntArray


def known_schedules(work: Workspace, store: Store) -> KnownSchedules:
    """All schedules, and which of them each item belongs to."""
    told = store.read("tracker_schedule", _SCHEDULE)
    place = {one: position for position, one in enumerate(told["schedule_id"])}
    of = work.items.codes("schedule_id")
    of_item = of.of([*(place.get(word, -1) for word in of.words), -1]).astype(np.int64)
    of_item[work.items.codes("state").is_one_of(("removed",))] = -1
    # A tracker is live: it stands as of today, always.
    status = [
        day if kind == "plan" else work.today
        for kind, day in zip(told["kind"], told["status_date"], strict=True)
    ]
    return KnownSchedules(
        told["schedule_id"],
        told["name"],
        Schedules(
            is_plan=np.array([kind == "plan" for kind in told["kind"]], dtype=np.bool_),
            status_date=as_days(status),
        ),
        np.array([one or _MINUTES_PER_DAY for one in told["minutes_per_day"]], dtype=np.float64),
        of_item,
    )


def check_columns(
    work: Workspace, store: Store, schedules: KnownSchedules, links: Links, wanted: IntArray
) -> CheckColumns:
    """The arrays of these schedules. Needs the derived dates.

    Args:
        work: holds all their items, and the other ends of their links.
        store: holds the iterations.
        schedules: all of them.
        links: the dependencies, those of the items of these schedules among them.
        wanted: positions of schedules.
    """
    is_wanted = np.zeros(len(schedules.ids) + 1, dtype=np.bool_)
    is_wanted[wanted] = True
    is_mine = is_wanted[schedules.of_item]
    kept = links.is_whole & (is_mine[links.before] | is_mine[links.after])
    if links.repeats is not None:
        kept &= ~links.repeats
    at = np.flatnonzero(kept)
    before, after = links.before[at], links.after[at]
    is_there = schedules.of_item >= 0
    whole = is_there[before] & is_there[after]
    at, before, after = at[whole], before[whole], after[whole]
    is_mine[before] = is_mine[after] = True
    of = Picked(work, np.flatnonzero(is_mine))
    schedule = schedules.of_item[of.rows]
    in_plan = schedules.inputs.is_plan[schedule]
    items = _items(work, of, schedule, in_plan, schedules.minutes_per_day[schedule], store)
    return CheckColumns(
        check_inputs(schedules.inputs, items, _links(work, of, in_plan, links, at)), schedules, of.rows
    )


@dataclass(frozen=True, slots=True)
class Picked:
    """Columns of some rows of a workspace, as arrays: as derived, else as the tracker tells them."""

    work: Workspace
    rows: IntArray

    def column(self, name: str) -> Column | None:
        """A column of these rows; None where nobody knows it."""
        for frame in (self.work.derived, self.work.items):
            if name in frame:
                return taken(frame.column(name), self.rows)
        return None

    def days(self, name: str) -> DayArray:
        """A column of dates; unknown is NaT."""
        found = self.column(name)
        return found if isinstance(found, np.ndarray) else np.full(len(self.rows), _NO_DAY)

    def instants(self, name: str) -> DayArray:
        """A column of instants as days in the portfolio's zone; unknown is NaT."""
        return days_of_instants(self.days(name), self.work.zone)

    def numbers(self, name: str) -> FloatArray:
        """A column of numbers; unknown is NaN."""
        found = self.column(name)
        if isinstance(found, Ints):
            return as_floats(found)
        return found if isinstance(found, np.ndarray) else np.full(len(self.rows), np.nan)

    def total_float_minutes(self) -> FloatArray:
        """The file's float, else the one that was worked out; unknown is NaN."""
        floats = total_floats(self.work)
        return as_floats(Ints(floats.values[self.rows], floats.known[self.rows]))

    def criticality(self) -> npt.NDArray[np.int8]:
        """What the file says of being critical, else what was worked out; 1 yes, 0 no, -1 unknown."""
        found = np.full(len(self.rows), -1, np.int8)
        for frame, name in ((self.work.items, "is_critical"), (self.work.derived, "plan_is_critical")):
            said = frame.column(name) if name in frame else None
            if isinstance(said, np.ndarray):
                found = np.where(found < 0, said[self.rows].astype(np.int8), found)
        return found

    def flags(self, name: str) -> BoolArray:
        """A column of booleans; unknown is false."""
        return np.asarray(self.answers(name) == 1, dtype=np.bool_)

    def answers(self, name: str) -> npt.NDArray[np.int8]:
        """A column of booleans; 1 yes, 0 no, -1 unknown."""
        found = self.column(name)
        return (
            found.astype(np.int8) if isinstance(found, np.ndarray) else np.full(len(self.rows), -1, np.int8)
        )

    def codes(self, name: str) -> Coded:
        """A column of repeating text."""
        found = self.column(name)
        if not isinstance(found, Coded):
            raise TypeError(f"the column {name} is not coded")
        return found

    def ordinals(self, days: DayArray) -> FloatArray:
        """The working-day numbers of days, one for each row, in the calendar of the row; unknown is NaN."""
        calendar_ids = taken(self.work.calendar_ids, self.rows)
        assert isinstance(calendar_ids, Coded)  # noqa: S101 a column stays what it is
        return as_floats(ordinals(self.work.calendars, calendar_ids, days, self.work.zone))


def as_floats(whole: Ints) -> FloatArray:
    """Whole numbers as floats; unknown is NaN."""
    return np.where(whole.known, whole.values, np.nan)


def _items(
    work: Workspace,
    of: Picked,
    schedule: IntArray,
    in_plan: BoolArray,
    minutes_per_day: FloatArray,
    store: Store,
) -> ScheduleItems:
    count = len(of.rows)
    is_container = of.codes("kind").is_one_of(CONTAINERS) & ~in_plan
    start, due = of.days("start"), of.days("effective_due")
    finish = np.where(in_plan, of.days("due"), due)
    minutes = of.numbers("duration_minutes")
    today = np.datetime64(work.today, "D")
    now = of.ordinals(np.full(count, today))
    state = of.codes("state")
    actual_start = of.days("actual_start")
    since = np.where(np.isnat(actual_start), of.instants("state_since"), actual_start)
    iteration_start, iteration_end = _iterations(of, store)
    unknown = np.full(count, np.nan)
    finish_at = of.codes("finish_at")
    return ScheduleItems(
        schedule=schedule,
        # What a tracker's epics and features promise counts as well as what its stories do.
        is_detail=of.flags("is_detail") | is_container,
        is_container=is_container,
        # Project calls a task of any length a milestone when its planner says so; work is work.
        is_milestone=of.flags("is_milestone") & ~(minutes > 0),
        is_level_of_effort=np.zeros(count, dtype=np.bool_),
        is_complete=state.is_one_of(("done",)),
        start=start,
        finish=finish,
        finish_at=np.array([*finish_at.words, None], dtype="datetime64[m]")[finish_at.codes],
        actual_start=actual_start,
        actual_finish=of.days("actual_finish"),
        baseline_start=of.days("baseline_start"),
        baseline_finish=np.where(in_plan, of.days("baseline_finish"), of.days("first_commitment")),
        duration_wd=np.where(in_plan, minutes / minutes_per_day, _span_wd(of, start, finish)),
        baseline_duration_wd=_baseline_wd(of, in_plan, minutes_per_day),
        total_float_wd=of.total_float_minutes() / minutes_per_day,
        is_critical=of.criticality(),
        constraint=_texts(of.codes("constraint_type"), 4),
        has_resource=np.where(in_plan, _is_assigned(of), _is_owned(of, is_container)).astype(np.int8),
        needs_owner=is_container | (iteration_start <= today),
        iteration_wd=_span_wd(of, iteration_start, iteration_end),
        age_wd=np.where(state.is_one_of(("in_progress",)), now - of.ordinals(since), unknown),
        usual_age_wd=of.numbers("p85_cycle_wd"),
        # A saved plan does not tell when anybody last touched a task.
        quiet_wd=np.where(in_plan, unknown, now - of.ordinals(of.instants("last_activity_at"))),
        is_undated=np.isnat(due),
    )


def _texts(column: Coded, width: int) -> TextArray:
    """A column of short texts; unknown is empty."""
    return np.array([*column.words, ""], dtype=f"U{width}")[column.codes]


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
    is_owned = (of.codes("owner_id").codes >= 0) & ~of.codes("owner_problem").is_one_of(_NO_OWNER)
    has_team = of.codes("team").codes >= 0
    return (is_owned | (has_team & is_container)).astype(np.int64)


def _iterations(of: Picked, store: Store) -> tuple[DayArray, DayArray]:
    """The first and the last day of the iteration that each item is in."""
    rows = store.read("tracker_iteration", ("iteration_id", "start", "end"))
    known: dict[Any, tuple[Any, Any]] = {
        one: (start, end) for one, start, end in zip(*rows.values(), strict=True)
    }
    iteration = of.codes("iteration_id")
    found = [known.get(word, (None, None)) for word in [*iteration.words, None]]
    first, last = (as_days([one[end] for one in found])[iteration.codes] for end in (0, 1))
    return first, last


def _links(work: Workspace, of: Picked, in_plan: BoolArray, links: Links, at: IntArray) -> ScheduleLinks:
    """These dependencies; of a plan only its own."""
    place = np.full(len(work.items), -1, dtype=np.int64)
    place[of.rows] = np.arange(len(of.rows))
    before, after = place[links.before[at]], place[links.after[at]]
    # What another tracker links to a plan's task is no part of the plan's own network.
    told, home = links.rows.codes("source"), work.items.codes("source")
    number = {name: position for position, name in enumerate(home.words)}
    own = told.of([*(number.get(name, -1) for name in told.words), -1])[at]
    is_own = np.ones(len(at), dtype=np.bool_)
    for end in (before, after):
        is_own &= ~in_plan[end] | (home.codes[of.rows[end]] == own)
    mine = at[is_own]
    lag = links.rows.integers("lag_minutes")
    return ScheduleLinks(
        predecessor=before[is_own],
        successor=after[is_own],
        type=_texts(links.rows.codes("type"), 2)[mine],
        lag_minutes=np.where(lag.known[mine], lag.values[mine], np.nan),
        lag_percent=links.rows.numbers("lag_percent")[mine],
    )
