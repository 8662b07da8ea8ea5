"""All schedule checks of a million items in a thousand schedules at once: processor time and memory.

Half of the schedules are plans, half projects of trackers, with a link per item. Beside them stand four of
the definitions as a loop over items, one schedule at a time, over a hundredth of the items.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from bench.measure import table
from schedule.check_inputs import CheckInputs, ScheduleItems, ScheduleLinks, Schedules, check_inputs
from schedule.milestone_trend import milestone_trends, on_report_days, report_days
from schedule.schedule_checks import Earlier, schedule_checks
from schedule.schedule_indices import CriticalPath, Period, completion_of
from schedule.working_day_pass import Network, finishes

T = TypeVar("T")
ITEMS, SCHEDULES = 1_000_000, 1_000
MILESTONES, SNAPSHOTS = 20_000, 26
STATUS = np.datetime64("2026-11-20", "D")


def main() -> None:
    before = _peak_mb()
    inputs, made = _seconds(lambda: _inputs(ITEMS, SCHEDULES))[::-1]
    filled = _peak_mb()
    path = _path(inputs)
    network = _network(inputs)
    earlier = {"cei": _earlier(inputs)}
    counted, checks = _seconds(lambda: schedule_checks(inputs, path, None, earlier))
    tested, _ = _seconds(
        lambda: schedule_checks(inputs, path, lambda delay: finishes(network, delay), earlier)
    )
    peak = _peak_mb()
    small = _inputs(ITEMS // 100, SCHEDULES // 100)
    once, _ = _seconds(lambda: schedule_checks(small, _path(small), None, {"cei": _earlier(small)}))
    alone, _ = _seconds(lambda: [_one_by_one(small, one) for one in range(small.schedules.count)])
    trended = _trends()
    print(f"{ITEMS:,} items, {SCHEDULES:,} schedules, {len(inputs.links.type):,} links; {len(checks)} checks")
    table(
        ("what", "CPU s", "note"),
        [
            ("making the arrays", f"{made:.2f}", f"{filled - before:.0f} MB"),
            ("all checks but the critical path test", f"{counted:.2f}", f"peak {peak:.0f} MB of the process"),
            ("the critical path test, two passes", f"{tested - counted:.2f}", ""),
            ("the same checks of 10,000 items", f"{once:.3f}", "1.0"),
            ("four of them, one schedule and item at a time", f"{alone:.3f}", f"{alone / once:.1f}"),
            (f"trends of {MILESTONES:,} milestones, {SNAPSHOTS} snapshots each", f"{trended:.2f}", ""),
        ],
    )


def _seconds(work: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    answer = work()
    return time.process_time() - started, answer


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux


def _inputs(count: int, schedules: int) -> CheckInputs:
    random = np.random.default_rng(7)
    schedule = np.sort(random.integers(0, schedules, count))

    def flags(share: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return random.random(count) < share

    def days(low: int, high: int, known: float) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        found = STATUS + random.integers(low, high, count).astype("timedelta64[D]")
        found[random.random(count) > known] = np.datetime64("NaT", "D")
        return found

    def numbers(low: float, high: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return random.uniform(low, high, count)

    start, done = days(-200, 200, 0.95), flags(0.4)
    items = ScheduleItems(
        schedule=schedule, is_detail=flags(0.9), is_container=flags(0.1), is_milestone=flags(0.05),
        is_level_of_effort=flags(0.01), is_complete=done, start=start,
        finish=start + random.integers(0, 60, count).astype("timedelta64[D]"),
        finish_at=np.full(count, np.datetime64("NaT", "m")),
        actual_start=np.where(done, start, np.datetime64("NaT", "D")),
        actual_finish=np.where(done, days(-200, 0, 1.0), np.datetime64("NaT", "D")),
        baseline_start=start, baseline_finish=days(-200, 250, 0.9), duration_wd=numbers(0, 60),
        baseline_duration_wd=numbers(0, 60), total_float_wd=numbers(-10, 80),
        is_critical=np.full(count, -1, dtype=np.int8),
        constraint=random.choice(np.array(["ASAP", "SNET", "MSO", "FNLT"]), count, p=[0.9, 0.06, 0.02, 0.02]),
        has_resource=random.integers(0, 2, count).astype(np.int8), needs_owner=flags(0.3),
        iteration_wd=numbers(8, 12), age_wd=numbers(0, 40), usual_age_wd=numbers(5, 20),
        quiet_wd=numbers(0, 200), is_undated=flags(0.1),
    )  # fmt: skip
    # Each item waits for one a few rows above it, inside its schedule.
    after = np.arange(10, count)
    before = after - random.integers(1, 10, len(after))
    inside = schedule[after] == schedule[before]
    after, before = after[inside], before[inside]
    links = ScheduleLinks(
        predecessor=before, successor=after,
        type=random.choice(np.array(["FS", "SS", "FF", "SF"]), len(after), p=[0.9, 0.06, 0.03, 0.01]),
        lag_minutes=random.choice(np.array([0.0, 480.0, -480.0]), len(after), p=[0.9, 0.08, 0.02]),
        lag_percent=np.full(len(after), np.nan),
    )  # fmt: skip
    kinds = Schedules(is_plan=np.arange(schedules) % 2 == 0, status_date=np.full(schedules, STATUS))
    return check_inputs(kinds, items, links)


def _path(inputs: CheckInputs) -> CriticalPath:
    count = inputs.schedules.count
    return CriticalPath(completion_of(inputs), np.full(count, 80.0), np.zeros(count), np.full(count, 100.0))


def _earlier(inputs: CheckInputs) -> Earlier:
    end = inputs.schedules.status_date
    period = Period(end - np.timedelta64(28, "D"), end)
    return Earlier(period, inputs.items.finish, np.ones(inputs.schedules.count, dtype=np.bool_))


def _network(inputs: CheckInputs) -> Network:
    items, links = inputs.items, inputs.links
    start = (items.start - np.datetime64("2000-01-03", "D")).astype(np.float64) * 5 / 7
    start[np.isnat(items.start)] = np.nan
    nothing = np.full(items.count, np.nan)
    return Network(
        parent=np.full(items.count, -1), is_summary=~items.is_detail, start=start,
        duration=items.duration_wd, is_started=~np.isnat(items.actual_start), is_complete=items.is_complete,
        actual_finish=nothing, constraint=items.constraint, constraint_start=start, constraint_finish=nothing,
        predecessor=links.predecessor, successor=links.successor, type=links.type,
        lag=links.lag_minutes / 480,
    )  # fmt: skip


def _one_by_one(inputs: CheckInputs, schedule: int) -> tuple[int, ...]:
    """Four checks the simple way: a loop over the items of a schedule."""
    items, links = inputs.items, inputs.links
    into, out = set(links.successor.tolist()), set(links.predecessor.tolist())
    logic = hard = high = negative = 0
    for one in np.flatnonzero(items.schedule == schedule).tolist():
        if not items.is_detail[one] or items.is_complete[one] or items.is_milestone[one]:
            continue
        logic += one not in into or one not in out
        hard += items.constraint[one] in inputs.thresholds.hard_constraints
        high += items.total_float_wd[one] > inputs.thresholds.high_float_wd
        negative += items.total_float_wd[one] < 0
    return logic, hard, high, negative


def _trends() -> float:
    random = np.random.default_rng(8)
    reports = report_days(STATUS.item())
    which = np.repeat(np.arange(MILESTONES), SNAPSHOTS)
    said = np.tile(reports, MILESTONES)
    forecast = said + random.integers(10, 200, len(said)).astype("timedelta64[D]")

    def work() -> int:
        rows = on_report_days(MILESTONES, which, said, forecast, reports)
        return int(milestone_trends(rows, reports).sign_changes.sum())

    return _seconds(work)[0]


if __name__ == "__main__":
    main()
