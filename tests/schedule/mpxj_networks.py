"""Random networks and what MPXJ's `MicrosoftScheduler` makes of them. A program of its own: it starts a JVM.

python mpxj_networks.py COUNT FILE      # writes COUNT networks to FILE, one JSON object a line

What its recorded networks lack: links on summaries, calendars of tasks, lags in percent and elapsed time.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START = "2026-11-30T08:00"
KINDS = ("links on summaries", "calendars of tasks", "percent and elapsed lags")
# Across calendars MPXJ takes the lag of a start-to-finish link after the duration, so its late start and the
# lag do not end where its successor does; they are left out there.
TYPES = {
    KINDS[0]: ("FS", "FS", "FS", "SS", "FF", "SF"),
    KINDS[1]: ("FS", "FS", "SS", "FF"),
    KINDS[2]: ("FS", "FS", "SS", "FF"),
}
LAGS = {
    "minutes": (0, 0, 480, 960, -480, 240),
    "percent": (50, 25, -50, 100),
    "elapsed": (60, 600, 1440, 2880, -1440),
}


def draw(seed: int) -> dict[str, Any]:
    """One network, as columns. Links lead onwards in the order of the tasks below their ends."""
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    parent: list[int] = []
    for _ in range(chance.randint(1, 3) if kind == KINDS[0] else 0):
        parent.append(-1)
        if chance.random() < 0.4:
            parent.append(len(parent) - 1)
    summaries = list(range(len(parent)))
    parent += [
        chance.choice(summaries) if summaries and chance.random() < 0.75 else -1
        for _ in range(chance.randint(6, 14))
    ]
    leaves = [_leaves(parent, task, len(summaries)) for task in range(len(parent))]
    links: dict[tuple[int, int], tuple[int, int, str, int, str]] = {}
    for _ in range(len(parent) + 3):
        one, other = chance.randrange(len(parent)), chance.randrange(len(parent))
        if not leaves[one] or not leaves[other] or max(leaves[one]) >= min(leaves[other]):
            continue
        unit = chance.choice(("minutes", "percent", "elapsed")) if kind == KINDS[2] else "minutes"
        to_summary = other < len(summaries)
        types = ("FS", "FS", "SS") if to_summary else TYPES[kind]
        links.setdefault((one, other), (one, other, chance.choice(types), chance.choice(LAGS[unit]), unit))
    is_leaf = [task >= len(summaries) for task in range(len(parent))]
    return {
        "kind": kind,
        "parent": parent,
        "is_usable": all(leaves),
        "duration": [chance.choice((0, 240, 480, 960, 1440, 2400)) if leaf else 0 for leaf in is_leaf],
        "is_leaf": is_leaf,
        "calendar": [int(leaf and kind == KINDS[1] and chance.random() < 0.4) for leaf in is_leaf],
        "links": list(links.values()),
    }


def _leaves(parent: list[int], task: int, summaries: int) -> list[int]:
    if task >= summaries:
        return [task]
    return [
        leaf
        for child, above in enumerate(parent)
        if above == task
        for leaf in _leaves(parent, child, summaries)
    ]


def schedule(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What MPXJ makes of one; the second calendar is worked from 06:00 to 14:00, every day."""
    from java.time import DayOfWeek, LocalDateTime, LocalTime
    from org.mpxj import (
        ConstraintType,
        Duration,
        LocalTimeRange,
        ProjectFile,
        Relation,
        RelationType,
        TimeUnit,
    )
    from org.mpxj.cpm import MicrosoftScheduler

    types = {
        "FS": RelationType.FINISH_START,
        "SS": RelationType.START_START,
        "FF": RelationType.FINISH_FINISH,
        "SF": RelationType.START_FINISH,
    }
    units = {"minutes": TimeUnit.MINUTES, "percent": TimeUnit.PERCENT, "elapsed": TimeUnit.ELAPSED_MINUTES}
    project = ProjectFile()
    project.setDefaultCalendar(project.addDefaultBaseCalendar())
    shift = project.addCalendar()
    for day in DayOfWeek.values():
        shift.setWorkingDay(day, True)
        shift.addCalendarHours(day).add(LocalTimeRange(LocalTime.of(6, 0), LocalTime.of(14, 0)))
    tasks: list[Any] = []
    for index, above in enumerate(case["parent"]):
        task = project.addTask() if above < 0 else tasks[above].addTask()
        task.setConstraintType(ConstraintType.AS_SOON_AS_POSSIBLE)
        if case["is_leaf"][index]:
            minutes = case["duration"][index]
            task.setDuration(Duration.getInstance(minutes, TimeUnit.MINUTES))
            task.setActualDuration(Duration.getInstance(0, TimeUnit.MINUTES))
            task.setRemainingDuration(Duration.getInstance(minutes, TimeUnit.MINUTES))
            task.setMilestone(minutes == 0)
        if case["calendar"][index]:
            task.setCalendar(shift)
        tasks.append(task)
    for before, after, kind, lag, unit in case["links"]:
        link = Relation.Builder().predecessorTask(tasks[before]).type(types[kind])
        tasks[after].addPredecessor(link.lag(Duration.getInstance(lag, units[unit])))
    MicrosoftScheduler().schedule(project, LocalDateTime.parse(START))
    properties = project.getProjectProperties()
    return [
        {
            "es": str(task.getEarlyStart())[:16],
            "ef": str(task.getEarlyFinish())[:16],
            "ls": str(task.getLateStart())[:16],
            "lf": str(task.getLateFinish())[:16],
            "total": float(task.getTotalSlack().convertUnits(TimeUnit.MINUTES, properties).getDuration()),
        }
        for task in tasks
    ]


def main(count: int, path: Path) -> None:
    """Draw networks until there are enough."""
    import jpype
    import mpxj  # noqa: F401 - puts its archives on the class path

    jpype.startJVM("-Xmx512m", "-XX:+UseSerialGC")
    cases = [case for seed in range(2 * count) if (case := draw(seed))["is_usable"]][:count]
    lines = [json.dumps({**case, "expected": schedule(case)}) for case in cases]
    path.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
