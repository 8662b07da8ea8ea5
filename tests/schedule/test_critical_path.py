"""The critical path of small plans, every date worked out by hand. 30 November 2026 is a Monday."""

from __future__ import annotations

import pytest
from plan_cases import DAY, MONDAY, Answer, Task, scheduled

from schedule.plan_network import plan_tasks
from schedule.working_time import STANDARD_WEEK, UNKNOWN, WorkingTime, WorkPattern

A, B, C = Task("A"), Task("B"), Task("C")


def test_a_task_alone_starts_with_the_plan_and_is_critical() -> None:
    found = scheduled([A])["A"]
    assert (found["start"], found["finish"]) == (MONDAY, "2026-11-30T17:00")
    assert (found["total"], found["free"], found["critical"]) == (0, 0, True)
    assert (found["driver"], found["link"]) == ("PROJECT_START", None)


def test_a_plan_that_starts_on_a_weekend_starts_on_monday() -> None:
    assert scheduled([A], start="2026-11-28T10:00").span("A") == (MONDAY, "2026-11-30T17:00")


def test_nothing_at_all_is_a_plan_without_a_finish() -> None:
    found = scheduled([])
    assert found.dates.finish_of_plan == UNKNOWN
    assert len(found.dates.start) == 0
    only_inactive = scheduled([Task("A", is_active=False)])
    assert only_inactive.dates.finish_of_plan == UNKNOWN
    assert only_inactive["A"]["known"] is False


@pytest.mark.parametrize(
    ("link", "start", "finish"),
    [
        ("A FS B", "2026-12-02T08:00", "2026-12-02T17:00"),
        ("A FS+480 B", "2026-12-03T08:00", "2026-12-03T17:00"),
        ("A FS+240 B", "2026-12-02T13:00", "2026-12-03T12:00"),
        ("A FS-480 B", "2026-12-01T08:00", "2026-12-01T17:00"),
        ("A FS+50% B", "2026-12-03T08:00", "2026-12-03T17:00"),  # half of two days
        ("A FS-25% B", "2026-12-01T13:00", "2026-12-02T12:00"),
        ("A FS+60e B", "2026-12-02T08:00", "2026-12-02T17:00"),  # an hour of the night
        ("A FS+960e B", "2026-12-02T09:00", "2026-12-03T09:00"),  # 17:00 and 16 hours is 09:00
        ("A SS B", MONDAY, "2026-11-30T17:00"),
        ("A SS+480 B", "2026-12-01T08:00", "2026-12-01T17:00"),
        ("A FF B", "2026-12-01T08:00", "2026-12-01T17:00"),
        ("A FF+480 B", "2026-12-02T08:00", "2026-12-02T17:00"),
        ("A SF+960 B", "2026-12-01T08:00", "2026-12-01T17:00"),
    ],
)
def test_each_type_of_link_with_its_lag(link: str, start: str, finish: str) -> None:
    found = scheduled([Task("A", 2 * DAY), B], [link])
    assert found.span("B") == (start, finish)
    assert (found["B"]["driver"], found["B"]["link"]) == ("LINK", link)


def test_the_latest_predecessor_drives_and_the_first_of_equals() -> None:
    tasks = [A, Task("B", 3 * DAY), Task("C", 3 * DAY), Task("D")]
    found = scheduled(tasks, ["A FS D", "C FS D", "B FS D"])
    assert found.span("D") == ("2026-12-03T08:00", "2026-12-03T17:00")
    assert found["D"]["link"] == "C FS D"
    assert found.floats("A") == (2 * DAY, 2 * DAY)
    assert [found[name]["critical"] for name in "ABCD"] == [False, True, True, True]


def test_float_is_what_a_task_may_slip_in_all_and_before_its_successor() -> None:
    tasks = [A, B, Task("C", 4 * DAY), Task("D")]
    found = scheduled(tasks, ["A FS B", "B FS D", "C FS D"])
    assert found.floats("A") == (2 * DAY, 0)
    assert found.floats("B") == (2 * DAY, 2 * DAY)
    assert found.late("A") == ("2026-12-02T08:00", "2026-12-02T17:00")
    assert found.late("B") == ("2026-12-03T08:00", "2026-12-03T17:00")


@pytest.mark.parametrize(("limit", "expected"), [(0, False), (479, False), (480, True), (481, True)])
def test_what_counts_as_critical_is_a_threshold(limit: int, expected: bool) -> None:
    found = scheduled([A, Task("B", 2 * DAY)], critical_at=limit)
    assert found.floats("A")[0] == 480
    assert found["A"]["critical"] is expected


@pytest.mark.parametrize(
    ("link", "late"),
    [
        ("A SS+480 B", ("2026-12-03T08:00", "2026-12-03T17:00")),  # B may start on Friday
        ("A FF+480 B", ("2026-12-03T08:00", "2026-12-03T17:00")),
        ("A SF+960 B", ("2026-12-03T08:00", "2026-12-03T17:00")),  # B ends on Friday evening
    ],
)
def test_every_type_of_link_holds_its_predecessor_back(link: str, late: tuple[str, str]) -> None:
    found = scheduled([A, B, Task("C", 5 * DAY)], [link])
    assert found.late("A") == late
    assert found.late("B") == ("2026-12-04T08:00", "2026-12-04T17:00")


def test_an_open_end_may_last_until_the_plan_does() -> None:
    found = scheduled([A, B, Task("C", 5 * DAY)], ["A SS B"])
    assert found.late("A") == ("2026-12-04T08:00", "2026-12-04T17:00")


# Constraints: B follows A, which ends on Tuesday evening; C makes the plan last until Friday evening.
@pytest.mark.parametrize(
    ("constraint", "on", "start", "late_finish", "total"),
    [
        ("ASAP", None, "2026-12-02T08:00", "2026-12-04T17:00", 960),
        ("SNET", "2026-12-03T08:00", "2026-12-03T08:00", "2026-12-04T17:00", 480),
        ("SNET", "2026-12-01T08:00", "2026-12-02T08:00", "2026-12-04T17:00", 960),
        ("SNET", "2026-12-05T08:00", "2026-12-07T08:00", "2026-12-07T17:00", 0),  # a Saturday is Monday
        ("FNET", "2026-12-03T17:00", "2026-12-03T08:00", "2026-12-04T17:00", 480),
        ("FNET", "2026-12-01T17:00", "2026-12-02T08:00", "2026-12-04T17:00", 960),
        ("SNLT", "2026-12-03T08:00", "2026-12-02T08:00", "2026-12-03T17:00", 480),
        ("SNLT", "2026-12-01T08:00", "2026-12-01T08:00", "2026-12-01T17:00", 0),  # honoured against A
        ("FNLT", "2026-12-03T17:00", "2026-12-02T08:00", "2026-12-03T17:00", 480),
        ("FNLT", "2026-12-01T17:00", "2026-12-01T08:00", "2026-12-01T17:00", 0),
        ("MSO", "2026-12-03T08:00", "2026-12-03T08:00", "2026-12-03T17:00", 0),
        ("MFO", "2026-12-04T17:00", "2026-12-04T08:00", "2026-12-04T17:00", 0),
    ],
)
def test_each_constraint(constraint: str, on: str | None, start: str, late_finish: str, total: int) -> None:
    tasks = [Task("A", 2 * DAY), Task("B", constraint=constraint, on=on), Task("C", 5 * DAY)]
    found = scheduled(tasks, ["A FS B"])
    assert found["B"]["start"] == start
    assert found["B"]["late_finish"] == late_finish
    assert found["B"]["total"] == total
    moved = start not in ("2026-12-02T08:00",)
    assert found["B"]["driver"] == ("CONSTRAINT" if moved else "LINK")


def test_a_constraint_that_comes_too_early_leaves_negative_float_before_it() -> None:
    found = scheduled([Task("A", 2 * DAY), Task("B", constraint="MSO", on="2026-12-01T08:00")], ["A FS B"])
    assert found.floats("A") == (-DAY, 0)
    assert found["A"]["critical"] is True


def test_a_constraint_without_a_date_constrains_nothing() -> None:
    assert scheduled([Task("A", constraint="MSO")]).span("A") == (MONDAY, "2026-11-30T17:00")


def test_as_late_as_possible_takes_its_float_and_pushes_nobody() -> None:
    tasks = [Task("A", constraint="ALAP"), Task("B"), Task("C", 5 * DAY)]
    found = scheduled(tasks, ["A FS B"])
    assert found.span("A") == ("2026-12-03T08:00", "2026-12-03T17:00")
    assert found["A"]["early_start"] == MONDAY
    assert found.span("B") == ("2026-12-04T08:00", "2026-12-04T17:00")
    assert found.floats("A") == (0, 0)


def test_a_task_without_predecessors_starts_at_its_own_date_even_before_the_plan() -> None:
    early = Task("A", constraint="SNET", on="2026-11-26T08:00")
    assert scheduled([early])["A"]["start"] == "2026-11-26T08:00"
    by_finish = Task("A", constraint="FNET", on="2026-11-26T17:00")
    assert scheduled([by_finish]).span("A") == ("2026-11-26T08:00", "2026-11-26T17:00")
    driven = scheduled([B, early], ["B SS A"])
    assert driven["A"]["start"] == MONDAY


@pytest.mark.parametrize(
    ("deadline", "total"),
    [
        ("2026-12-04T17:00", 4 * DAY),
        ("2026-12-01T17:00", DAY),
        ("2026-11-30T17:00", 0),
        ("2026-11-27T17:00", -DAY),
    ],
)
def test_a_deadline_moves_nothing_and_takes_float(deadline: str, total: int) -> None:
    found = scheduled([Task("A", deadline=deadline), Task("B", 5 * DAY)])
    assert found.span("A") == (MONDAY, "2026-11-30T17:00")
    assert found.floats("A")[0] == total
    assert found["A"]["critical"] is (total <= 0)


def test_a_milestone_lies_at_the_end_of_the_day_before_it() -> None:
    found = scheduled([A, Task("M", 0, is_milestone=True), B], ["A FS M", "M FS B"])
    assert found.span("M") == ("2026-11-30T17:00", "2026-11-30T17:00")
    assert found.span("B") == ("2026-12-01T08:00", "2026-12-01T17:00")
    # A task without duration that is no milestone starts when work does.
    plain = scheduled([A, Task("M", 0), B], ["A FS M", "M FS B"])
    assert plain.span("M") == ("2026-12-01T08:00", "2026-12-01T08:00")
    # Where a lag ends at night, there is no evening to lie at.
    night = scheduled([A, Task("M", 0, is_milestone=True)], ["A FS+60e M"])
    assert night.span("M") == ("2026-12-01T08:00", "2026-12-01T08:00")


def test_half_days_meet_at_lunch() -> None:
    found = scheduled([Task("A", 240), Task("B", 240), C], ["A FS B", "B FS C"])
    assert found.span("A") == (MONDAY, "2026-11-30T12:00")
    assert found.span("B") == ("2026-11-30T13:00", "2026-11-30T17:00")
    assert found.late("A") == (MONDAY, "2026-11-30T12:00")


def test_elapsed_durations_run_around_the_clock() -> None:
    found = scheduled([A, Task("cure", 3 * 1440, is_elapsed=True), B], ["A FS cure", "cure FS B"])
    assert found.span("cure") == ("2026-11-30T17:00", "2026-12-03T17:00")
    assert found.span("B") == ("2026-12-04T08:00", "2026-12-04T17:00")
    # It may cure until Friday morning: a night later, which is no working minute.
    assert found.late("cure") == ("2026-12-01T08:00", "2026-12-04T08:00")
    assert (found["cure"]["total"], found["cure"]["critical"]) == (0, True)
    percent = scheduled([Task("cure", 1440, is_elapsed=True), B], ["cure FS+50% B"])
    assert percent.span("cure") == (MONDAY, "2026-12-01T08:00")
    assert percent.span("B") == ("2026-12-02T08:00", "2026-12-02T17:00")  # 20:00 is after work


def test_each_task_works_by_its_own_calendar() -> None:
    weekend = WorkPattern(week=[*[()] * 5, *[STANDARD_WEEK[0]] * 2])
    time = WorkingTime([WorkPattern(), weekend])
    found = scheduled([A, Task("B", calendar=1), C], ["A FS B", "B FS C"], time=time)
    assert found.span("B") == ("2026-12-05T08:00", "2026-12-05T17:00")
    assert found.span("C") == ("2026-12-07T08:00", "2026-12-07T17:00")
    # Of its own calendar's time A may slip until Friday evening: four days.
    assert found.floats("A") == (4 * DAY, 4 * DAY)
    assert found["B"]["total"] == DAY  # Sunday


def test_what_has_started_stays_where_it_started() -> None:
    tasks = [A, Task("B", 2 * DAY, begun="2026-12-03T08:00", left=DAY)]
    found = scheduled(tasks, ["A FS B"])
    assert found.span("B") == ("2026-12-03T08:00", "2026-12-04T17:00")
    assert found["B"]["driver"] == "ACTUAL"
    assert found["B"]["late_start"] == "2026-12-03T08:00"
    assert found.floats("B") == (0, 0)


def test_what_is_finished_has_no_float_and_is_not_critical() -> None:
    done = Task("A", begun="2026-11-24T08:00", ended="2026-11-25T12:00")
    found = scheduled([done, B], ["A FS B"])
    assert found.span("A") == ("2026-11-24T08:00", "2026-11-25T12:00")
    assert found.late("A") == ("2026-11-24T08:00", "2026-11-25T12:00")
    assert found.floats("A") == (0, 0)
    assert found["A"]["critical"] is False
    # Its successor is free to start at once, though not before the work is done.
    assert found.span("B") == ("2026-11-25T13:00", "2026-11-26T12:00")


def test_a_finished_successor_holds_nobody_back() -> None:
    done = Task("B", begun="2026-11-24T08:00", ended="2026-11-24T17:00")
    found = scheduled([A, done, Task("C", 3 * DAY)], ["A FS B"])
    assert found.floats("A") == (2 * DAY, 2 * DAY)


def test_a_finish_constraint_stretches_what_has_started() -> None:
    begun = Task("A", begun="2026-11-30T08:00", constraint="FNET", on="2026-12-02T17:00")
    assert scheduled([begun]).span("A") == (MONDAY, "2026-12-02T17:00")
    passed = Task("A", 5 * DAY, begun="2026-11-30T08:00", constraint="FNET", on="2026-12-02T17:00")
    assert scheduled([passed]).span("A") == (MONDAY, "2026-12-04T17:00")


def out_of_sequence(**options: bool) -> Answer:
    """B has started before A ended, and half of its two days is done; C lasts five days."""
    tasks = [A, Task("B", 2 * DAY, begun="2026-11-30T08:00", left=DAY), Task("C", 5 * DAY)]
    return scheduled(tasks, ["A FS B"], **options)


def test_the_rest_of_a_task_under_way_holds_its_predecessor() -> None:
    # As Project saves it: the rest of B goes on on Tuesday morning, until then A may last.
    assert out_of_sequence().late("A") == (MONDAY, "2026-11-30T17:00")
    assert out_of_sequence().floats("A")[0] == 0
    # The other reading: the rest of B may wait until Friday.
    free = out_of_sequence(holds_progress=False)
    assert free.late("A") == ("2026-12-03T08:00", "2026-12-03T17:00")


def test_a_milestone_that_was_begun_is_late_where_it_was_only_in_the_other_reading() -> None:
    begun = Task("M", 0, begun="2026-11-30T17:00", is_milestone=True)
    tasks, links = [A, begun, B, Task("C", 5 * DAY)], ["A FS M", "M FS B"]
    assert scheduled(tasks, links).floats("M")[0] == 3 * DAY
    assert scheduled(tasks, links, holds_progress=False).floats("M")[0] == 0


def test_a_start_to_start_link_no_longer_binds_what_has_started() -> None:
    begun = Task("A", 2 * DAY, begun=MONDAY, left=DAY)
    assert scheduled([begun, B, Task("C", 5 * DAY)], ["A SS B"])["A"]["total"] == 3 * DAY
    # Where the successor has started and leads on, its work so far is the limit: one day, and A's own two.
    tasks = [Task("A", 2 * DAY), Task("B", 2 * DAY, begun=MONDAY, left=DAY), C, Task("D", 9 * DAY)]
    assert scheduled(tasks, ["A SS B", "B FS C"])["A"]["late_finish"] == "2026-12-02T17:00"
    assert scheduled(tasks, ["A SS B"])["A"]["late_finish"] == "2026-12-10T17:00"


def test_after_the_status_date_comes_what_is_not_done() -> None:
    tasks = [A, Task("B", 2 * DAY, begun=MONDAY, left=DAY), Task("C", begun=MONDAY, ended="2026-11-30T17:00")]
    found = scheduled(tasks, status="2026-12-03T08:00")
    assert found.span("A") == ("2026-12-03T08:00", "2026-12-03T17:00")
    assert found["A"]["driver"] == "STATUS_DATE"
    assert found.span("B") == (MONDAY, "2026-12-03T17:00")
    assert found.span("C") == (MONDAY, "2026-11-30T17:00")
    # What lies after it anyway stays.
    assert scheduled(tasks, status="2026-11-30T08:00").span("A") == (MONDAY, "2026-11-30T17:00")


def test_a_task_that_a_person_schedules_stays_and_is_followed() -> None:
    by_hand = Task("B", manual=("2026-12-08T08:00", "2026-12-09T17:00"), minutes=2 * DAY)
    found = scheduled([A, by_hand, C], ["A FS B", "B FS C"])
    assert found.span("B") == ("2026-12-08T08:00", "2026-12-09T17:00")
    assert found["B"]["driver"] == "MANUAL"
    assert found.span("C") == ("2026-12-10T08:00", "2026-12-10T17:00")
    # Without dates there is nothing to stay at.
    assert scheduled([Task("B", manual=(None, "2026-12-09T17:00"))]).span("B") == (MONDAY, "2026-11-30T17:00")


def test_a_start_that_a_person_set_is_not_bound_by_what_it_starts() -> None:
    by_hand = Task("A", manual=(MONDAY, "2026-11-30T17:00"))
    tasks = [by_hand, B, C, Task("D", 5 * DAY)]
    assert scheduled(tasks, ["A SS+960 B"])["A"]["late_finish"] == "2026-12-04T17:00"
    assert scheduled(tasks, ["A SS B", "B FS C"])["A"]["late_finish"] == "2026-12-04T17:00"
    assert scheduled(tasks, ["A SF+960 B"])["A"]["late_finish"] == "2026-12-04T17:00"


def test_what_would_end_after_2060_is_unknown() -> None:
    found = scheduled([Task("A", 40 * 260 * DAY), B])
    assert found["A"]["known"] is False
    assert found["A"]["total"] == 0
    assert found["A"]["critical"] is False


def test_a_column_that_tasks_do_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="no column constraints"):
        plan_tasks([480], constraints=[0])


def test_a_finished_task_has_nothing_left_whatever_is_said() -> None:
    assert plan_tasks([480, 480], remaining=[240, 240], actual_finish=[5000, UNKNOWN]).remaining.tolist() == [
        0,
        240,
    ]
    assert plan_tasks([480]).remaining.tolist() == [480]
