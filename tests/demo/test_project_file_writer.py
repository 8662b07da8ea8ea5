"""Plans are written as Microsoft Project writes them, with dates that agree with one another."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from lxml import etree
from shared import shared

from simulators.portfolio import build
from simulators.portfolio.days import WorkDays
from simulators.project_files import render, save
from simulators.project_plan import Link, ProjectFile, Task

NS = "{http://schemas.microsoft.com/project}"
TUESDAY = date(2026, 11, 24)
PLANS = build(TUESDAY).plans

# Facts: 1,100 tasks of files written by Project 2007 to 2019.
_TASK_ELEMENTS = """
    UID GUID ID Name Active Manual Type IsNull CreateDate WBS OutlineNumber OutlineLevel Priority Start Finish
    Duration ManualStart ManualFinish ManualDuration DurationFormat FreeformDurationFormat Work Milestone
    Summary DisplayAsSummary Critical PercentComplete ConstraintType CalendarUID ConstraintDate Deadline
    IgnoreResourceCalendar Notes HideBar Rollup BCWS BCWP PredecessorLink IsPublished CommitmentType
    ExtendedAttribute Baseline
"""
TASK_ORDER = _TASK_ELEMENTS.split()


def parse(plan: ProjectFile) -> etree._Element:
    return etree.fromstring(render(plan).encode())


def names(element: etree._Element) -> list[str]:
    return list(dict.fromkeys(str(child.tag).removeprefix(NS) for child in element))


def text(element: etree._Element, path: str) -> str | None:
    return element.findtext("/".join(NS + step for step in path.split("/")))


def wall(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def tiny() -> ProjectFile:
    monday, tuesday = wall("2026-11-23T08:00"), wall("2026-11-24T08:00")
    first = Task(1, "Order & <b>pay</b>", 1, 1, monday, monday.replace(hour=17), percent=100)
    second = Task(2, "Deliver", 1, 2, tuesday, wall("2026-11-25T17:00"), links=[Link(1, "FS", 2)])
    second.texts["Text30"] = "CHK-1"
    second.baseline = (tuesday, wall("2026-11-25T17:00"), 2)
    return ProjectFile(
        name="tiny.xml",
        title="Tiny",
        manager="Nobody",
        saved_at=monday,
        status_date=monday,
        created_at=monday,
        tasks=[first, second],
        resources=[],
        holidays={date(2026, 12, 25): "Christmas Day"},
        aliases={"Text30": "Jira Key"},
    )


def test_a_tiny_plan_says_what_it_was_given() -> None:
    root = parse(tiny())
    row, first, second = root.findall(f"{NS}Tasks/{NS}Task")
    assert text(root, "SaveVersion") == "14"
    assert [text(row, name) for name in ("UID", "Summary", "OutlineLevel", "Start", "Finish")] == [
        "0", "1", "0", "2026-11-23T08:00:00", "2026-11-25T17:00:00",
    ]  # fmt: skip
    assert text(first, "Name") == "Order & <b>pay</b>"
    assert text(second, "Duration") == "PT16H0M0S"
    assert [text(second, f"PredecessorLink/{name}") for name in ("PredecessorUID", "Type", "LinkLag")] == [
        "1", "1", "9600",
    ]  # fmt: skip
    assert text(second, "ExtendedAttribute/FieldID") == "188744016"
    assert text(second, "ExtendedAttribute/Value") == "CHK-1"
    assert text(second, "Baseline/Finish") == "2026-11-25T17:00:00"
    assert text(root, "ExtendedAttributes/ExtendedAttribute/Alias") == "Jira Key"
    assert [one.findtext(f"{NS}ResourceUID") for one in root.iter(f"{NS}Assignment")] == ["-65535", "-65535"]
    exception = root.find(f"{NS}Calendars/{NS}Calendar/{NS}Exceptions/{NS}Exception")
    assert exception is not None
    assert text(exception, "TimePeriod/FromDate") == "2026-12-25T00:00:00"


@pytest.mark.parametrize("name", PLANS)
def test_elements_of_tasks_stand_in_the_order_of_project_2019(name: str) -> None:
    for task in parse(PLANS[name]).iter(f"{NS}Task"):
        known = [element for element in names(task) if element in TASK_ORDER]
        assert known == sorted(known, key=TASK_ORDER.index)


@pytest.mark.parametrize("path", ["", "Tasks/Task", "Resources/Resource", "Assignments/Assignment"])
def test_no_element_stands_before_one_that_real_files_put_first(path: str) -> None:
    before: set[tuple[str, str]] = set()
    folder = shared("samples/msproject/mpxj")
    real = [etree.parse(file).getroot() for file in sorted(folder.glob("*project201[09]*.xml"))]
    assert len(real) >= 5
    for element in (one for root in real for one in find(root, path)):
        seen = names(element)
        before.update((first, second) for spot, first in enumerate(seen) for second in seen[spot + 1 :])
    for plan in PLANS.values():
        for element in find(parse(plan), path):
            seen = names(element)
            for spot, first in enumerate(seen):
                for second in seen[spot + 1 :]:
                    assert (first, second) in before or (second, first) not in before


def find(root: etree._Element, path: str) -> list[etree._Element]:
    return [root] if not path else root.findall("/".join(NS + step for step in path.split("/")))


@pytest.mark.parametrize("name", PLANS)
def test_tasks_start_at_eight_and_end_at_five_on_working_days(name: str) -> None:
    days = WorkDays(TUESDAY)
    for task in PLANS[name].tasks:
        for moment in (task.start_at, task.finish_at):
            assert days.day(days.number(moment.date())) == moment.date()
        if not task.is_milestone and not task.is_summary:
            assert (task.start_at.time(), task.finish_at.time()) == (time(8), time(17))
            span = days.number(task.finish_at.date()) - days.number(task.start_at.date()) + 1
            assert task.days == span


@pytest.mark.parametrize("name", PLANS)
def test_no_task_starts_before_what_it_waits_for(name: str) -> None:
    days, plan = WorkDays(TUESDAY), PLANS[name]
    by_uid = {task.uid: task for task in plan.tasks}
    for task in plan.tasks:
        for link in task.links:
            before = by_uid[link.predecessor]
            anchor = before.start_at if link.type == "SS" else before.finish_at
            gap = days.number(task.start_at.date()) - days.number(anchor.date())
            assert task.start_at >= anchor
            assert gap >= link.lag_days


@pytest.mark.parametrize("name", PLANS)
def test_progress_agrees_with_the_status_date(name: str) -> None:
    plan = PLANS[name]
    for task in plan.tasks:
        if task.is_summary:
            continue
        if task.percent == 100:
            assert task.actual_finish is not None
            assert task.actual_finish <= plan.status_date
        elif task.percent:
            assert task.actual_start is not None
            assert task.actual_start <= plan.status_date
            assert task.actual_finish is None
        else:
            assert task.start_at >= plan.status_date - timedelta(hours=9)


def test_only_the_move_has_no_baseline_and_one_shop_slipped_for_weeks() -> None:
    baselined = {name for name, plan in PLANS.items() if all(task.baseline for task in plan.tasks)}
    assert baselined == {"store-rollout.xml", "checkout.xml", "warehouse.xml"}
    days = WorkDays(TUESDAY)
    late = {
        task.name: days.number(task.finish_at.date()) - days.number(task.baseline[1].date())
        for plan in PLANS.values()
        for task in plan.tasks
        if task.baseline is not None and task.percent < 100 and not task.is_summary
    }
    assert {name: slip for name, slip in late.items() if slip > 5} == {
        "Rosengasse: power and network": 18,
        "Rosengasse: tills and terminals": 18,
        "Rosengasse: train the staff": 18,
        "Rosengasse: shop live": 18,
    }


def test_saving_replaces_the_file_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "plans with spaces" / "tiny.xml"
    save(tiny(), path)
    first = path.read_text()
    save(tiny(), path)
    assert path.read_text() == first
    assert [one.name for one in path.parent.iterdir()] == ["tiny.xml"]
