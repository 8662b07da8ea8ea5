"""What the indices of a schedule need beside its items: its end, its curve, and what was said before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from schedule.calendars import days_of_instants
from schedule.check_inputs import DayArray, FloatArray, IntArray
from schedule.critical_path_test import Reschedule
from schedule.earned_schedule import earned_schedule, planned_value, value_weights
from schedule.hierarchy import hierarchy_of
from schedule.schedule_checks import Earlier
from schedule.schedule_indices import CriticalPath, Period, completion_of
from schedule.working_day_pass import Network, finishes, lag_wd
from store.frames import Frame
from sync.check_columns import CheckColumns, KnownSchedules, Picked
from sync.derive_promises import due_edits_of
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

PERIOD_DAYS = 28
SNAPSHOTS_SINCE = timedelta(days=200)  # two periods, the horizon of snapshots, and room for a late plan
_LEAST_CHILDREN = 10
_AT_ONCE = 2_000  # items whose curves are added up together: days times items stay small
_ONE_DAY = np.timedelta64(1, "D")


def critical_path_of(work: Workspace, world: CheckColumns) -> CriticalPath:
    """The end of each schedule, and how far away it is."""
    inputs, items = world.inputs, world.inputs.items
    of = Picked(work, world.rows)
    completion = completion_of(inputs)
    finish = of.ordinals(items.finish)
    target = np.where(np.isnat(items.baseline_finish), of.days("deadline"), items.baseline_finish)
    status = of.ordinals(inputs.status_date)
    begun: DayArray = np.where(np.isnat(items.actual_start), items.start, items.actual_start)
    first = np.full(inputs.schedules.count, np.inf)
    able = inputs.who.detail & ~np.isnat(begun)
    np.minimum.at(first, items.schedule[able], of.ordinals(begun - _ONE_DAY)[able])
    first[np.isinf(first)] = np.nan

    def at_end(values: FloatArray) -> FloatArray:
        # One more place, so that "none" has something to point at.
        return np.append(values, np.nan)[completion]

    return CriticalPath(
        completion=completion,
        length_wd=at_end(finish) - at_end(status),
        target_float_wd=at_end(of.ordinals(target)) - at_end(finish),
        elapsed_wd=at_end(status) - first,
    )


def working_day_reschedule(work: Workspace, world: CheckColumns) -> Reschedule:
    """Reschedules in working days everything that is in a schedule with logic, each schedule by itself.

    All of them are delayed at once: over a link to another one its delay would come in on top.
    """
    inputs, items, links = world.inputs, world.inputs.items, world.inputs.links
    has_logic = inputs.who.has_logic[items.schedule]
    places = np.flatnonzero(has_logic)
    inner = np.full(items.count, -1, dtype=np.int64)
    inner[places] = np.arange(len(places))
    kept = has_logic[links.predecessor] & (
        items.schedule[links.predecessor] == items.schedule[links.successor]
    )
    before, after = links.predecessor[kept], links.successor[kept]
    of = Picked(work, world.rows[places])
    begun: DayArray = np.where(np.isnat(items.actual_start), items.start, items.actual_start)[places]
    bound = of.days("constraint_date")
    minutes = world.schedules.minutes_per_day[items.schedule]
    network = Network(
        parent=_parents(work, world, places, inner),
        is_summary=of.flags("is_summary"),
        start=of.ordinals(begun - _ONE_DAY),
        duration=np.where(items.is_milestone, 0.0, items.duration_wd)[places],
        # A milestone that is not done has not begun, whatever its percentage says: it waits.
        is_started=(~np.isnat(items.actual_start) & ~items.is_milestone)[places],
        is_complete=items.is_complete[places],
        actual_finish=of.ordinals(items.actual_finish[places]),
        constraint=items.constraint[places],
        constraint_start=of.ordinals(bound - _ONE_DAY),
        constraint_finish=of.ordinals(bound),
        predecessor=inner[before],
        successor=inner[after],
        type=links.type[kept],
        lag=lag_wd(
            links.lag_minutes[kept], links.lag_percent[kept], items.duration_wd[before], minutes[after]
        ),
    )

    def reschedule(delay_wd: FloatArray) -> FloatArray:
        answer = np.full(items.count, np.nan)
        answer[places] = finishes(network, delay_wd[places])
        return answer

    return reschedule


def _parents(work: Workspace, world: CheckColumns, places: IntArray, inner: IntArray) -> IntArray:
    """The place of each item's parent within the network; -1 where it is elsewhere, or there is none."""
    of_row = np.full(len(work.items) + 1, -1, dtype=np.int64)
    of_row[world.rows] = inner
    parent = of_row[work.positions_of(work.items.codes("parent_id"))[world.rows[places]]]
    schedule = world.inputs.items.schedule[places]
    parent[(parent >= 0) & (schedule[parent] != schedule)] = -1
    return hierarchy_of(parent).parent  # circles are cut


class EarlierForecasts:
    """What was forecast when the last period began, and when the one before it did.

    Trackers tell how a date stood on any day; what a plan said is known from the snapshots of earlier runs.
    """

    def __init__(self, work: Workspace, store: Store, schedules: KnownSchedules, wanted: IntArray) -> None:
        """Read what is needed of these schedules."""
        self._work = work
        is_wanted = np.append(np.isin(np.arange(len(schedules.ids)), wanted), False)[schedules.of_item]
        in_plan = np.append(schedules.inputs.is_plan, False)[schedules.of_item]
        ids = work.items.keys("item_id")

        def of(rows: IntArray) -> list[str] | None:
            return None if work.is_full else [ids[row] for row in rows.tolist()]

        self._snapshots: Frame = store.snapshot_frame(
            work.today - SNAPSHOTS_SINCE,
            work.today - timedelta(days=1),  # what is said today is no earlier forecast in a second run, too
            places=work.position,
            among=of(np.flatnonzero(is_wanted & in_plan)),
        )
        others = np.flatnonzero(is_wanted & ~in_plan)
        edits = due_edits_of(work, store, of(others) or ())
        self._edits = replace(edits, at=days_of_instants(edits.at, work.zone))

    def of(self, world: CheckColumns) -> dict[str, Earlier]:
        """By the name of the check for which it is needed."""
        ends = world.inputs.schedules.status_date
        found: dict[str, Earlier] = {}
        for name, back in (("cei", 0), ("cei-previous", PERIOD_DAYS)):
            end = ends - np.timedelta64(back, "D")
            found[name] = self._at(world, Period(start=end - np.timedelta64(PERIOD_DAYS, "D"), end=end))
        return found

    def _at(self, world: CheckColumns, period: Period) -> Earlier:
        inputs = world.inputs
        start = period.start[inputs.items.schedule]
        of = Picked(self._work, world.rows)
        is_there = ~inputs.of_plan & (of.instants("created_at") <= start)
        forecast = np.where(is_there, self._dues_on(world, of.days("due"), start), np.datetime64("NaT", "D"))
        place = np.full(len(self._work.items) + 1, -1, dtype=np.int64)
        place[world.rows] = np.arange(len(world.rows))
        said = self._snapshots
        at = place[said.places("item_id")]
        rows = np.flatnonzero(at >= 0)
        rows = rows[inputs.of_plan[at[rows]] & (said.dates("day")[rows] <= start[at[rows]])]
        # They come by day: of several the last one by then stays.
        forecast[at[rows]] = said.dates("finish")[rows]
        has_snapshot = ~inputs.schedules.is_plan
        has_snapshot[inputs.items.schedule[at[rows]]] = True
        return Earlier(period, forecast, has_snapshot)

    def _dues_on(self, world: CheckColumns, due: DayArray, day: DayArray) -> DayArray:
        """The due date of each item that stood at the end of its day, by the edits that came after it."""
        days = np.full(len(self._work.items), np.datetime64("NaT", "D"))
        days[world.rows] = day
        later = np.flatnonzero(self._edits.at > days[self._edits.row])
        rows = self._edits.row[later]
        first = later[np.append(True, rows[1:] != rows[:-1])[: len(rows)]]
        stood = np.full(len(self._work.items), np.datetime64("NaT", "D"))
        stood[world.rows] = due
        stood[self._edits.row[first]] = self._edits.before[first]
        return stood[world.rows]


def spi_t_of(work: Workspace, world: CheckColumns, wanted: IntArray) -> list[float | None]:
    """SPI(t) of each schedule asked for: how far along its own baseline it is, by the time it took.

    A plan is weighed by baseline cost, else by duration; a tracker's project by count, where ten items or
    more are committed to a date. None where there is no status date or too little baseline.
    """
    inputs, items = world.inputs, world.inputs.items
    of = Picked(work, world.rows)
    finish = of.ordinals(items.baseline_finish)
    start = of.ordinals(items.baseline_start - _ONE_DAY)
    planned = of.ordinals(items.start - _ONE_DAY)
    # A tracker approves an end and no start: its work is earned when it should be done.
    start = np.where(inputs.of_plan, start, np.where(planned < finish, planned, finish))
    start = np.where(start > finish, finish, start)
    status, ended = of.ordinals(inputs.status_date), of.ordinals(items.actual_finish)
    percent = np.where(inputs.of_plan, np.nan_to_num(of.numbers("percent_complete")), 0.0)
    done = np.where(items.is_complete, 1.0, percent / 100.0)
    cost = of.numbers("budget")
    counted = inputs.who.detail & ~np.isnan(start) & ~np.isnan(finish)
    order = np.argsort(items.schedule[counted], kind="stable")
    positions = np.flatnonzero(counted)[order]
    bounds = np.searchsorted(items.schedule[positions], np.arange(inputs.schedules.count + 1))
    asked = np.bincount(items.schedule[inputs.who.detail], minlength=inputs.schedules.count)
    answer: list[float | None] = []
    for schedule in wanted.tolist():
        mine = positions[bounds[schedule] : bounds[schedule + 1]]
        is_plan = bool(inputs.schedules.is_plan[schedule])
        enough = inputs.thresholds.known_share * asked[schedule] if is_plan else _LEAST_CHILDREN
        if not len(mine) or len(mine) < enough or np.isnan(status[mine[0]]):
            answer.append(None)
            continue
        weights = {"cost": cost[mine], "duration": items.baseline_duration_wd[mine]} if is_plan else {}
        _, value = value_weights(weights or {"count": np.ones(len(mine))})
        origin = start[mine].min()
        # What is finished as a whole no longer ages.
        until = (
            np.nanmax(ended[mine]) if items.is_complete[mine].all() and _any(ended[mine]) else status[mine[0]]
        )
        curve = _curve(start[mine] - origin, finish[mine] - origin, value)
        earned = float(done[mine] @ value)
        answer.append(earned_schedule(curve, earned, float(until - origin)).spi_t)
    return answer


def _curve(start: FloatArray, finish: FloatArray, value: FloatArray) -> FloatArray:
    """The planned value of many items, some at a time."""
    total = np.zeros(int(np.ceil(finish.max())) + 1)
    for first in range(0, len(start), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        part = planned_value(start[some], finish[some], value[some])
        total[: len(part)] += part
        total[len(part) :] += part[-1]
    return total


def _any(values: FloatArray) -> bool:
    return bool((~np.isnan(values)).any())


def rounded(value: Any) -> float | None:
    """A number for people: four places, None for NaN."""
    return None if value is None or np.isnan(value) else round(float(value), 4)
