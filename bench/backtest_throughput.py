"""The forecast of backlogs, told at many past moments by what was known then, against what came afterwards.

By when so many issues of a project will be done is asked of four public projects with due dates (EMSE 2017),
week by week; how many story points a team will deliver in its next sprints is asked of two (TSE 2017), sprint
by sprint. Beside the simulation stands the mean pace of the same weeks, which is what people reckon with.

Of the issues that were not late the sample does not tell the day on which they were done, so it is that of
their date: whole releases seem to be done at once, and few weeks have any. So teams that are steady, with
something done in at least half of the weeks, stand on a line of their own. Moments lie 8 weeks apart, or as
many sprints as are looked ahead, and hardly overlap; what teams have in common the intervals do not know.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bench.dslib import samples
from bench.measure import table
from schedule.scoring import Coverage, coverage, pinball
from schedule.throughput import MINIMUM_ITEMS, WINDOW_WEEKS, Flow, simulate, weekly_counts

FloatArray: TypeAlias = npt.NDArray[np.float64]
PROJECTS = ("apache", "jboss", "moodle", "wso2")
SPRINT_PROJECTS = ("apache", "spring")
WEEKS = (4, 8)
SPRINTS = (1, 2, 4)
_APART = timedelta(weeks=8)
_LONGEST = 52  # weeks that must follow a moment, and more than which no error counts
_FIRST_SPRINT = 8


@dataclass(frozen=True)
class Issues:
    """The days on which the issues of each team were done, ascending, and the last day that is known."""

    done: dict[str, npt.NDArray[np.datetime64]]
    end: date


@dataclass(frozen=True)
class Case:
    """What was said at one moment and what happened: weeks until it is done, or points delivered.

    `is_steady` says whether something had been done in at least half of the weeks, or sprints, before.
    """

    p50: float
    p80: float
    mean: float
    actual: float
    is_steady: bool


def main() -> None:
    """Print one table for issues and weeks, and one for sprints and points."""
    folder = samples()
    if not folder.is_dir():
        sys.exit(f"no samples in {folder}: set DOVETAIL_SAMPLES")
    print("By when as many issues are done as the team finishes in 4 or 8 weeks at its mean pace of 26 weeks")
    by_horizon: dict[int, list[Case]] = defaultdict(list)
    rows: list[tuple[str, ...]] = []
    for name in PROJECTS:
        issues = read_issues(folder / "emse2017" / f"{name}_due.csv.gz")
        for weeks, cases in issue_cases(issues).items():
            by_horizon[weeks] += cases
            rows.append(_row(name, weeks, cases, until))
    for weeks, cases in by_horizon.items():
        rows.append(_row("all", weeks, cases, until))
        rows.append(_row("all that are steady", weeks, [one for one in cases if one.is_steady], until))
    table(_header("weeks", "pinball in weeks"), rows)

    print("\nHow many points a team delivers, at least, in its next sprints; learned from up to 26 before")
    rows = []
    together: dict[int, list[Case]] = defaultdict(list)
    for name in SPRINT_PROJECTS:
        teams = read_sprints(folder / "sprints_tse2017" / f"{name}_iteration_0.csv.gz")
        for sprints in SPRINTS:
            cases = list(sprint_cases(teams, sprints))
            together[sprints] += cases
            rows.append(_row(name, sprints, cases, at_least))
    rows += [_row("all", sprints, cases, at_least) for sprints, cases in together.items()]
    table(_header("sprints", "pinball in mean sprints"), rows)


def read_issues(path: Path) -> Issues:
    """One file of EMSE 2017; what would be done after its last issue was opened is not known to be."""
    done: dict[str, list[date]] = defaultdict(list)
    end = date.min
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            opened = date.fromisoformat(row["openeddate"][:10])
            days = sum(int(row[name]) for name in ("ProgressTime", "RemainingDay", "delaydays"))
            done[row["issuekey"].rpartition("-")[0]].append(opened + timedelta(days=days))
            end = max(end, opened)
    known = {team: sorted(day for day in days if day <= end) for team, days in sorted(done.items())}
    return Issues({team: np.array(days, dtype="datetime64[D]") for team, days in known.items() if days}, end)


def issue_cases(issues: Issues) -> dict[int, list[Case]]:
    """The cases of all teams, by how many weeks' worth of issues was asked for."""
    found: dict[int, list[Case]] = {weeks: [] for weeks in WEEKS}
    for team, done in issues.done.items():
        first = done[0].astype(object)
        monday = first - timedelta(days=first.weekday()) + timedelta(weeks=WINDOW_WEEKS)
        while monday + timedelta(weeks=_LONGEST) <= issues.end:
            flow = _flow(weekly_counts(done, monday), team, monday)
            if flow is not None:
                for weeks in WEEKS:
                    case = _issue_case(flow, done, monday, weeks)
                    if case is not None and not _is_undecided(case, (issues.end - monday).days / 7):
                        found[weeks].append(case)
            monday += _APART
    return found


def _flow(weekly: FloatArray, team: str, as_of: date) -> Flow | None:
    """The simulation as the product makes it, where it would speak at all."""
    if weekly[-WINDOW_WEEKS:].sum() < MINIMUM_ITEMS:
        return None
    return simulate(weekly, team=team, as_of=as_of)


def _issue_case(flow: Flow, done: npt.NDArray[np.datetime64], monday: date, weeks: int) -> Case | None:
    """None where it is not to be expected within two years: then the product says nothing."""
    pace = float(flow.weekly.mean())
    count = max(round(pace * weeks), 1)
    p50, p80 = (flow.weeks_until(count, level) for level in (0.5, 0.8))
    if p50 is None or p80 is None:
        return None
    last = int(np.searchsorted(done, np.datetime64(monday, "D"))) + count - 1
    # The product's day is the one that so many weeks, rounded up to days, lead to; Monday itself is 0.
    days = [float(np.ceil(7 * one - 1e-9)) for one in (p50, p80, count / pace)]
    actual = float((done[last].astype(object) - monday).days) if last < len(done) else np.inf
    return Case(*(one / 7 for one in (*days, actual)), is_steady=_is_steady(flow))


def _is_steady(flow: Flow) -> bool:
    return 2 * int(np.count_nonzero(flow.weekly)) >= len(flow.weekly)


def _is_undecided(case: Case, known: float) -> bool:
    """Whether it was not done within the sample, and one of the forecasts is later than its end."""
    return case.actual == np.inf and max(case.p50, case.p80, case.mean) > known


def read_sprints(path: Path) -> dict[str, FloatArray]:
    """The points that each team of a file delivered in each of its sprints, in their order.

    The sample tells what was committed when a sprint began, and by how much more or less was delivered.
    """
    sprints: dict[str, list[tuple[int, int]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            committed = int(row["vel_starttime"]) + int(row["vel_added"]) - int(row["vel_removed"])
            sprints[row["boardid"]].append((int(row["sprintid"]), committed + int(row["vel_diff"])))
    return {team: np.array([points for _, points in sorted(one)], float) for team, one in sprints.items()}


def sprint_cases(teams: dict[str, FloatArray], ahead: int) -> Iterator[Case]:
    """Each team after its eighth sprint and every `ahead` sprints from then on, in its mean sprints."""
    for team, points in teams.items():
        for now in range(_FIRST_SPRINT, len(points) - ahead + 1, ahead):
            flow = _flow(points[:now], team, date.min + timedelta(weeks=now))
            if flow is None:
                continue
            pace = float(flow.weekly.mean())
            p50, p80 = (flow.at_least(ahead, level) / pace for level in (0.5, 0.8))
            actual = float(points[now : now + ahead].sum()) / pace
            yield Case(p50, p80, float(ahead), actual, _is_steady(flow))


@dataclass(frozen=True)
class Scored:
    """How often each forecast held, and what those at 50 and 80 % and the mean in their place cost."""

    p50: Coverage
    p80: Coverage
    mean: Coverage
    cost: tuple[float, float, float, float]


def until(cases: list[Case]) -> Scored:
    """Of forecasts that hold where the actual value is not above them."""
    p50, p80, mean, actual = np.array([(one.p50, one.p80, one.mean, one.actual) for one in cases]).T
    return _scored(p50, p80, mean, actual)


def at_least(cases: list[Case]) -> Scored:
    """Of forecasts that hold where the actual value is not below them."""
    p50, p80, mean, actual = -np.array([(one.p50, one.p80, one.mean, one.actual) for one in cases]).T
    return _scored(p50, p80, mean, actual)


def _scored(p50: FloatArray, p80: FloatArray, mean: FloatArray, actual: FloatArray) -> Scored:
    held = [coverage(one, actual) for one in (p50, p80, mean)]
    capped = [np.clip(one, -_LONGEST, _LONGEST) for one in (p50, mean, p80, mean)]
    happened = np.clip(actual, -_LONGEST, _LONGEST)
    costs = [pinball(one, happened, level) for one, level in zip(capped, (0.5, 0.5, 0.8, 0.8), strict=True)]
    if None in held or None in costs:
        raise ValueError("nothing to score")
    return Scored(*held, tuple(costs))  # type: ignore[arg-type] # none of them is None


def _header(horizon: str, cost: str) -> tuple[str, ...]:
    return (
        "project", horizon, "n", "P50 held", "95 %", "P80 held", "95 %", "mean held", "95 %",
        f"{cost}: P50", "mean at 50 %", "P80", "mean at 80 %",
    )  # fmt: skip


def _row(
    name: str, horizon: int, cases: list[Case], score: Callable[[list[Case]], Scored]
) -> tuple[str, ...]:
    found = score(cases)
    shares = [
        text
        for one in (found.p50, found.p80, found.mean)
        for text in (f"{one.share:.0%}", f"{one.low:.0%} … {one.high:.0%}")
    ]
    return (name, str(horizon), f"{len(cases):,}", *shares, *(f"{one:.2f}" for one in found.cost))


if __name__ == "__main__":
    main()
