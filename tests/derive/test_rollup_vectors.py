"""Rollups as the tests of bitovi/jira-timeline-report have them, where the definition is the same.

What is not compared, and why:

- Percentages with a story that has no estimate: the other tool invents an average for it. Here nothing is
  invented: unless every story has points, stories are counted. The same goes for its fallback to an epic's or
  initiative's own estimate: here what is below a container speaks for it.
- `childrenFirstThenParent` and `parentOnly` dates: an item's own dates stay its own here; only the PMO's tree
  shows a range, and that is the widest.
- Lists of child statuses, work types and flow metrics: no column holds them.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest
from rollup_world import Trackers
from shared import shared

from schedule.containment import Containment, contain

FOLDER = "samples/rollup_vectors_bitovi"


def calls(file: str) -> dict[str, dict[str, Any]]:
    """The last call of each test in a file."""
    tests = json.loads((shared(FOLDER) / f"jira__rollup__{file}.json").read_text(encoding="utf-8"))["tests"]
    return {one["test"].rpartition(" > ")[2]: one["calls"][-1] for one in tests}


def containers(levels: list[list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], Containment]:
    """All issues, lowest level first, and what contains what."""
    issues = [issue for level in levels for issue in level]
    position = {issue["key"]: index for index, issue in enumerate(issues)}
    edges = [
        (index, position[issue["parentKey"]]) for index, issue in enumerate(issues) if issue.get("parentKey")
    ]
    return issues, contain(len(issues), edges)


@pytest.mark.parametrize(
    "test",
    [
        "estimates for stories should override epics and initiatives",
        "should prefer stories over epics and initiatives",
        "should prefer stories over epics and initiatives with completion",
    ],
)
def test_percentages_where_every_story_has_an_estimate(test: str) -> None:
    call = calls("percent-complete__percent-complete")[test]
    work = Trackers()
    for level in reversed(call["args"][0]):
        for issue in level:
            timing = issue["derivedTiming"]
            is_story = issue["key"].startswith("s-")
            work.add(
                f"shop:{issue['key']}",
                parent=issue["parentKey"] and f"shop:{issue['parentKey']}",
                points=timing["totalDaysOfWork"],
                percent_complete=timing["completedDaysOfWork"] / timing["totalDaysOfWork"] * 100
                if is_story
                else None,
            )
    work.roll_up()
    compared = 0
    for level, result in zip(call["args"][0][1:], call["result"][1:], strict=True):
        for issue, expected in zip(level, result["rollupData"], strict=True):
            percent = expected["completedWorkingDays"] / expected["totalWorkingDays"] * 100
            assert work.row(f"shop:{issue['key']}")["percent_complete"] == round(percent, 1)
            compared += 1
    assert compared >= 2


def test_sums_of_each_issue_and_everything_below_it() -> None:
    call = calls("rollup")["rollupGroupedHierarchy"]
    issues, containment = containers(call["args"][0])
    sums = containment.sum_up(np.array([issue["myValue"] for issue in issues]))
    assert sums.tolist() == [one["sumValue"] for level in call["result"] for one in level["rollupData"]]


def test_the_widest_range_of_dates() -> None:
    call = calls("dates__dates")["widestRange works as expected"]
    issues, containment = containers(call["args"][0])

    def days(name: str, rows: list[dict[str, Any]]) -> list[int]:
        return [date.fromisoformat(row[name]["$date"][:10]).toordinal() for row in rows]

    own = [issue["derivedTiming"] for issue in issues]
    expected = [row for level in call["result"] for row in level["rollupData"]]
    latest = containment.maximum_up(np.array(days("due", own)))
    earliest = -containment.maximum_up(-np.array(days("start", own)))
    assert (earliest.tolist(), latest.tolist()) == (days("start", expected), days("due", expected))


def test_what_is_blocked_is_known_at_everything_that_contains_it() -> None:
    call = calls("blocked-status-issues__blocked-status-issues")["does the basics"]
    issues, containment = containers(call["args"][0])
    expected = [[one["key"] for one in row] for level in call["result"] for row in level["rollupData"]]
    blocked = [
        index for index, issue in enumerate(issues) if issue["derivedStatus"]["statusType"] == "blocked"
    ]
    found: list[list[str]] = [[] for _ in issues]
    for one in blocked:
        around = containment.around([one])
        for index, group in enumerate(containment.group.tolist()):
            if group in around:
                found[index].append(issues[one]["key"])
    assert found == expected
