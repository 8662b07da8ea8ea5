"""The projects of DSLIB as the back-tests need them: working hours, status reports, and a small forward pass.

The pass is the re-forecast "without pull" of facts/rules.md §4.1: what has happened is fixed, the rest comes
after the status date and not before its planned start, and follows its predecessors.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
STAGES = ("early", "mid", "late")
_HOURS_PER_DAY = 24


def samples() -> Path:
    """The folder of samples beside the checkout; `DOVETAIL_SAMPLES` names another."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "samples"
    return Path(os.environ.get("DOVETAIL_SAMPLES", beside)) / "forecast"


class WorkHours:
    """Clock time ↔ working hours of one calendar, from a first day on; both are hours as floats."""

    def __init__(self, calendar: dict[str, Any], first: date, days: int) -> None:
        self.origin = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - a plan's wall time
        weekday = (np.arange(days) + first.weekday()) % 7
        is_working = np.isin(weekday, calendar["work_weekdays"])
        off = [(date.fromisoformat(one[:10]) - first).days for one in calendar["holidays"]]
        is_working[[one for one in off if 0 <= one < days]] = False
        hours = np.zeros(_HOURS_PER_DAY)
        hours[calendar["work_hours"]] = 1.0
        self._sum = np.concatenate(([0.0], np.cumsum((is_working[:, None] * hours).ravel())))

    def clock(self, text: str) -> float:
        """Hours from the first day to a wall time."""
        return (datetime.fromisoformat(text) - self.origin).total_seconds() / 3600

    def work(self, clock: float) -> float:
        """Working hours up to a clock time."""
        at = min(max(int(clock), 0), len(self._sum) - 2)
        return float(self._sum[at] + (clock - at) * (self._sum[at + 1] - self._sum[at]))

    def to_clock(self, work: FloatArray) -> FloatArray:
        """The earliest clock time by which that many hours were worked; an end of work, not a start."""
        after = np.clip(np.searchsorted(self._sum, work - 1e-9, side="left"), 1, len(self._sum) - 1)
        step = np.maximum(self._sum[after] - self._sum[after - 1], 1e-12)
        return after - 1 + np.clip((work - self._sum[after - 1]) / step, 0.0, 1.0)


@dataclass(frozen=True)
class Report:
    """One status report: where each activity stood, by its position in the project."""

    status: float  # clock hours
    started: dict[int, float]  # working hours of the actual start
    finished: dict[int, float]
    remaining: dict[int, float]
    progress: float  # share of the planned hours that is done

    @property
    def stage(self) -> str:
        """Early below 30 %, late above 70 %."""
        return STAGES[0] if self.progress < 0.3 else STAGES[2] if self.progress > 0.7 else STAGES[1]


class Plan:
    """One finished project with its status reports. Times are clock hours unless their name says `work`."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.name: str = raw["id"]
        first = min(one["bl_start"] for one in raw["activities"])[:10]
        start = date.fromisoformat(first).replace(month=1, day=1)
        self.hours = WorkHours(raw["calendar"], start, 366 * 14)
        activities = raw["activities"]
        self._position = {one["id"]: index for index, one in enumerate(activities)}
        self.planned_start = self._works(one["bl_start"] for one in activities)
        self.planned_hours = np.array([float(one["bl_dur_h"]) for one in activities])
        self.planned_finish = self._works(one["bl_finish"] for one in activities)
        self._cost = np.array([one["fixed_cost"] + one["cost_per_h"] * one["bl_dur_h"] for one in activities])
        self.links = [
            (self._position[one], self._position[other], kind, float(lag))
            for one, other, kind, lag, _ in raw["relations"]
            if one in self._position and other in self._position
        ]
        last = raw["tracking"][-1]["rows"]
        self.baseline_start = min(self.hours.clock(one["bl_start"]) for one in activities)
        self.baseline_finish = max(self.hours.clock(one["bl_finish"]) for one in activities)
        self.actual_start = min(self.hours.clock(row[1]) for row in last)
        self.actual_finish = max(self.hours.clock(row[5]) for row in last)
        self.duration_ratios = [
            row[2] / self.planned_hours[self._position[row[0]]]
            for row in last
            if row[2] and self.planned_hours[self._position[row[0]]] >= 8  # a placeholder of an hour has none
        ]
        reports = (self._report(one) for one in raw["tracking"])
        self.reports = [one for one in reports if self.actual_start < one.status < self.actual_finish]

    @property
    def linked_share(self) -> float:
        """The share of activities that have a link."""
        return len({end for link in self.links for end in link[:2]}) / len(self.planned_hours)

    @property
    def span_ratio(self) -> float:
        """Actual over planned span."""
        return (self.actual_finish - self.actual_start) / (self.baseline_finish - self.baseline_start)

    def one_per_stage(self) -> dict[str, Report]:
        """The middle report of each stage that has any."""
        found: dict[str, Report] = {}
        for stage in STAGES:
            here = [one for one in self.reports if one.stage == stage]
            if here:
                found[stage] = here[(len(here) - 1) // 2]
        return found

    @cached_property
    def value(self) -> FloatArray:
        """What earned value weighs by: cost where there is any, else planned hours."""
        return self._cost if self._cost.sum() > 0 else self.planned_hours

    def earned(self, report: Report) -> float:
        """The value that is done."""
        share = np.zeros(len(self.planned_hours))
        for one in report.started:
            left = report.remaining.get(one, 0.0)
            planned = max(self.planned_hours[one], left, 1e-9)
            share[one] = 1.0 if one in report.finished else 1 - left / planned
        return float((share * self.value).sum())

    def network_finish(
        self, report: Report, ratios: Sequence[FloatArray] | None = None, *, trials: int = 1
    ) -> FloatArray:
        """When the network ends as of a report, in clock hours, one per trial.

        Args:
            report: where everything stands.
            ratios: for each activity what its remaining hours are multiplied by in each trial.
            trials: how many.
        """
        status = self.hours.work(report.status)
        start: list[FloatArray] = [np.zeros(trials)] * len(self.planned_hours)
        finish = list(start)
        for one in self._order:
            factor = np.ones(trials) if ratios is None else ratios[one]
            if one in report.finished:
                start[one] = np.full(trials, report.started[one])
                finish[one] = np.full(trials, report.finished[one])
                continue
            is_started = one in report.started
            hours = (report.remaining[one] if is_started else self.planned_hours[one]) * factor
            begin = np.full(trials, max(status, 0.0 if is_started else self.planned_start[one]))
            end = np.zeros(trials)
            for before, kind, lag in self._incoming.get(one, ()):
                bound = (start if kind[0] == "S" else finish)[before] + lag
                if kind[1] == "F":
                    end = np.maximum(end, bound)
                elif not is_started:
                    begin = np.maximum(begin, bound)
            finish[one] = np.maximum(begin + hours, end)
            start[one] = np.full(trials, report.started[one]) if is_started else finish[one] - hours
        return self.hours.to_clock(np.max(finish, axis=0))

    def _works(self, texts: Any) -> FloatArray:
        return np.array([self.hours.work(self.hours.clock(text)) for text in texts])

    def _report(self, raw: dict[str, Any]) -> Report:
        started, finished, remaining = {}, {}, {}
        for key, began, _, left, share, ended, _ in raw["rows"]:
            if began is None:  # one row of the sample has progress and no start
                continue
            one = self._position[key]
            started[one] = self.hours.work(self.hours.clock(began))
            if share >= 1 and ended:
                finished[one] = self.hours.work(self.hours.clock(ended))
            else:
                remaining[one] = float(left)
        done = sum(self.planned_hours[one] for one in finished)
        done += sum(max(self.planned_hours[one] - left, 0.0) for one, left in remaining.items())
        total = float(self.planned_hours.sum())
        return Report(self.hours.clock(raw["status_date"]), started, finished, remaining, done / total)

    @cached_property
    def _incoming(self) -> dict[int, list[tuple[int, str, float]]]:
        found: dict[int, list[tuple[int, str, float]]] = {}
        for before, after, kind, lag in self.links:
            found.setdefault(after, []).append((before, kind, lag))
        return found

    @cached_property
    def _order(self) -> list[int]:
        """Predecessors first; what stands on a circle comes last, in the order of the plan."""
        waiting = [len(self._incoming.get(one, ())) for one in range(len(self.planned_hours))]
        following: dict[int, list[int]] = {}
        for before, after, _, _ in self.links:
            following.setdefault(before, []).append(after)
        ready = [one for one, count in enumerate(waiting) if not count]
        order: list[int] = []
        while ready:
            one = ready.pop()
            order.append(one)
            for after in following.get(one, ()):
                waiting[after] -= 1
                if not waiting[after]:
                    ready.append(after)
        placed = set(order)
        return order + [one for one in range(len(waiting)) if one not in placed]


def finished_plans(folder: Path) -> list[Plan]:
    """Every project of the sample that was tracked to its end."""
    plans: list[Plan] = []
    with gzip.open(folder / "dslib" / "dslib_projects.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            rows = raw["tracking"][-1]["rows"] if raw["tracking"] else []
            if rows and len(rows) == len(raw["activities"]) and all(row[4] >= 1 for row in rows):
                plans.append(Plan(raw))
    return plans
