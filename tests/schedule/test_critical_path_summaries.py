"""Summary tasks, links on them, and circles; worked out by hand. 30 November 2026 is a Monday."""

from __future__ import annotations

import time

import numpy as np
import pytest
from plan_cases import DAY, MONDAY, STANDARD, Task, scheduled

from schedule.critical_path import critical_path
from schedule.plan_network import LinkType, plan_links, plan_tasks
from schedule.working_time import instants

# Two phases of two tasks each: design (A, then B), build (C and D side by side).
PHASES = [
    Task("design"),
    Task("A", below="design"),
    Task("B", 2 * DAY, below="design"),
    Task("build"),
    Task("C", below="build"),
    Task("D", 3 * DAY, below="build"),
]


def test_a_summary_spans_what_is_below_it() -> None:
    found = scheduled(PHASES, ["A FS B"])
    assert found.span("design") == (MONDAY, "2026-12-02T17:00")
    assert found.late("design") == (MONDAY, "2026-12-02T17:00")
    assert found.span("build") == (MONDAY, "2026-12-02T17:00")
    assert found["design"]["driver"] == "NONE"


def test_a_summary_is_critical_by_the_smaller_gap_of_its_ends() -> None:
    # C may slip two days; D none: start gap 0 by D's late start, finish gap 0.
    assert scheduled(PHASES)["build"]["critical"] is True
    found = scheduled([*PHASES, Task("E", 5 * DAY)])
    assert found.floats("build")[0] == 2 * DAY  # D may start two days later, and C two more
    assert found["build"]["critical"] is False


def test_a_summary_of_summaries_spans_them_too() -> None:
    found = scheduled(
        [Task("all"), *[Task(t.name, t.minutes, below=t.below or "all") for t in PHASES]],
        ["A FS B", "B FS C"],
    )
    assert found.span("all") == (MONDAY, "2026-12-03T17:00")


def test_a_summary_with_nothing_active_below_has_no_dates() -> None:
    found = scheduled([Task("S"), Task("A", below="S", is_active=False), Task("B")])
    # Without an active child it is a task of its own, as Project sees it.
    assert found.span("S") == (MONDAY, "2026-11-30T17:00")
    nested = scheduled([Task("S"), Task("T", below="S", is_active=False), Task("A", below="T")])
    assert nested["T"]["known"] is True


def test_an_inactive_task_is_no_part_of_the_plan() -> None:
    found = scheduled([Task("A", 9 * DAY, is_active=False), Task("B")], ["A FS B"])
    assert found.span("B") == (MONDAY, "2026-11-30T17:00")
    assert found["A"]["known"] is False
    assert found["B"]["critical"] is True


def test_a_link_to_a_summary_binds_everything_below_it() -> None:
    found = scheduled([*PHASES, Task("E", 4 * DAY)], ["E FS build"])
    assert found.span("C") == ("2026-12-04T08:00", "2026-12-04T17:00")
    assert found.span("D") == ("2026-12-04T08:00", "2026-12-08T17:00")
    assert found["C"]["link"] == "E FS build"
    assert found.floats("E") == (0, 0)


def test_a_link_from_a_summary_waits_for_the_last_task_below_it() -> None:
    found = scheduled([*PHASES, Task("E")], ["A FS B", "design FS+480 E"])
    assert found.span("E") == ("2026-12-04T08:00", "2026-12-04T17:00")
    assert found["E"]["link"] == "design FS+480 E"
    assert [found[name]["critical"] for name in ("A", "B", "E")] == [True, True, True]


def test_a_link_between_summaries_binds_all_of_one_to_all_of_the_other() -> None:
    found = scheduled(PHASES, ["A FS B", "design FS build"])
    assert found.span("C") == ("2026-12-03T08:00", "2026-12-03T17:00")
    assert found.span("D") == ("2026-12-03T08:00", "2026-12-07T17:00")
    assert found.late("B") == ("2026-12-01T08:00", "2026-12-02T17:00")
    assert found.floats("design") == (0, 0)


def test_a_summary_lets_another_finish_only_after_itself() -> None:
    found = scheduled(PHASES, ["A FS B", "design FF+480 build"])
    assert found["C"]["finish"] == found["D"]["finish"] == "2026-12-03T17:00"


@pytest.mark.parametrize(
    ("link", "start"),
    [("design SS+480 E", "2026-12-02T08:00"), ("design SF+960 E", "2026-12-02T08:00")],
)
def test_a_link_from_the_start_of_a_summary_waits_for_its_first_task(link: str, start: str) -> None:
    tasks = [
        Task("design"),
        Task("A", below="design", constraint="SNET", on="2026-12-03T08:00"),
        Task("B", 2 * DAY, below="design", constraint="SNET", on="2026-12-01T08:00"),
        Task("E"),
        Task("end", 9 * DAY),
    ]
    found = scheduled(tasks, [link])
    assert found["E"]["start"] == start
    # Only the task that opens the phase is held by what the phase opens; E ends on 10 December at the latest.
    assert found.late("A") == ("2026-12-10T08:00", "2026-12-10T17:00")
    expected = "2026-12-10T17:00"  # B may start on the 9th, then, and lasts two days
    assert found["B"]["late_finish"] == expected


def test_what_has_opened_a_phase_is_held_by_nothing_that_it_opened() -> None:
    tasks = [
        Task("S"),
        Task("A", 2 * DAY, below="S", begun=MONDAY, left=DAY),
        Task("E"),
        Task("end", 9 * DAY),
    ]
    assert scheduled(tasks, ["S SS E"])["A"]["late_finish"] == "2026-12-10T17:00"


def test_a_link_with_an_end_in_nothing_binds_nobody() -> None:
    tasks = [Task("S"), Task("A", is_active=False), Task("B", below="S")]
    found = scheduled(tasks, ["A FS S"])
    assert found.span("B") == (MONDAY, "2026-11-30T17:00")
    assert found.dates.cut_links == []


# Circles


def test_a_circle_is_named_and_cut_where_it_closes() -> None:
    found = scheduled([Task("A"), Task("B"), Task("C"), Task("D")], ["A FS B", "B FS C", "C FS A", "C FS D"])
    assert found.dates.circles == [[0, 1, 2]]
    assert found.dates.cut_links == [2]
    assert found.span("C") == ("2026-12-02T08:00", "2026-12-02T17:00")
    assert found.span("D") == ("2026-12-03T08:00", "2026-12-03T17:00")


def test_what_waits_for_a_circle_in_two_ways_is_no_part_of_it() -> None:
    found = scheduled([Task("A"), Task("B"), Task("C")], ["A FS B", "B FS A", "B FS C", "A FS C"])
    assert found.dates.circles == [[0, 1]]
    assert found.dates.cut_links == [1]
    assert found.span("C") == ("2026-12-02T08:00", "2026-12-02T17:00")


def test_two_circles_are_two() -> None:
    links = ["A FS B", "B FS A", "C FS D", "D SS C", "B FS C"]
    found = scheduled([Task("A"), Task("B"), Task("C"), Task("D")], links)
    assert found.dates.circles == [[0, 1], [2, 3]]
    assert found.dates.cut_links == [1, 3]


def test_a_task_that_waits_for_itself_is_a_circle_of_one() -> None:
    found = scheduled([Task("A"), Task("B")], ["A FS A", "A FS B"])
    assert found.dates.circles == [[0]]
    assert found.dates.cut_links == [0]
    assert found.span("B") == ("2026-12-01T08:00", "2026-12-01T17:00")


def test_a_circle_through_a_summary_is_cut_as_one_link() -> None:
    found = scheduled(PHASES, ["design FS build", "D FS A"])
    # A opens design, on which build waits, to which D belongs, on which A waits.
    assert found.dates.circles == [[1, 5]]
    assert found.dates.cut_links == [1]
    assert found.span("D") == ("2026-12-02T08:00", "2026-12-04T17:00")


def test_a_summary_cannot_wait_for_what_is_below_it() -> None:
    found = scheduled(PHASES, ["A FS design", "build FS C"])
    assert found.dates.cut_links == [0, 1]
    assert found.dates.circles == [[1], [4]]
    assert found.span("B") == (MONDAY, "2026-12-01T17:00")


def test_parents_in_a_circle_end_too() -> None:
    tasks = plan_tasks([480, 480, 480], parent=[1, 0, 0])
    links = plan_links([(2, 0, LinkType.FS, 0)])
    dates = critical_path(tasks, links, STANDARD, project_start=int(instants([MONDAY])[0]))
    assert dates.is_known.tolist() == [True, True, True]


# Size


def test_summaries_of_a_thousand_tasks_are_linked_without_a_million_edges() -> None:
    half = 4_000
    parents = [-1, -1, *[0] * half, *[1] * half]
    tasks = plan_tasks([480] * len(parents), parent=parents)
    links = plan_links([(0, 1, LinkType.FS, 0)])
    before = time.process_time()
    dates = critical_path(tasks, links, STANDARD, project_start=int(instants([MONDAY])[0]))
    assert time.process_time() - before < 5  # 16 million edges would take minutes
    assert dates.is_critical.all()
    assert (dates.early_start[2 + half :] == instants(["2026-12-01T08:00"])[0]).all()


def test_a_long_chain_needs_no_recursion() -> None:
    count = 5_000
    tasks = plan_tasks(np.full(count, 60))
    links = plan_links([(one, one + 1, LinkType.FS, 0) for one in range(count - 1)])
    dates = critical_path(tasks, links, STANDARD, project_start=int(instants([MONDAY])[0]))
    # 5,000 hours are 625 working days: 125 weeks after Monday comes a Friday evening.
    assert dates.finish_of_plan == instants(["2029-04-20T17:00"])[0]
    assert dates.is_critical.all()
