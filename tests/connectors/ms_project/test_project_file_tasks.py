"""The tasks of a plan become work items: their identity, place, state and dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from plan_builder import items, loaded, one, plan, task

# Identity and place


def test_a_task_is_known_by_its_file_and_uid_and_called_by_its_row(tmp_path: Path) -> None:
    item = loaded(tmp_path, plan([task(41, ID=7)]), name="checkout.xml").items[0]
    assert (item.item_id, item.native_id) == ("plans/checkout.xml:41", "checkout.xml:41")
    assert (item.key, item.scope, item.schedule_id) == ("checkout#7", "checkout.xml", "plans/checkout.xml")
    assert (item.sort, item.url) == (7, None)


def test_inserting_a_row_moves_the_key_and_keeps_the_identity(tmp_path: Path) -> None:
    before = one(tmp_path, ID=1)
    after = one(tmp_path, ID=2)
    assert (before.item_id, before.key) == ("plans/plan.xml:1", "plan#1")
    assert (after.item_id, after.key) == ("plans/plan.xml:1", "plan#2")


def test_the_project_summary_is_no_item_and_gives_the_plan_its_name(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(0, Name="Store 2.0", OutlineLevel=0, Summary=1), task(1)]))
    assert [item.key for item in found.items] == ["plan#1"]
    assert found.items[0].parent_id is None
    assert (found.schedule.name, found.schedule.kind) == ("Store 2.0", "plan")


def test_a_third_partys_task_with_uid_0_is_a_task(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(0, OutlineLevel=1), task(1)]))
    assert sorted(items(found)) == [0, 1]


def test_blank_rows_are_no_items(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1), {"UID": 2, "ID": 2, "IsNull": 1}, task(3)]))
    assert sorted(items(found)) == [1, 3]
    assert found.notes == []


def test_a_row_without_a_uid_of_its_own_is_left_out_and_named(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1), task(1, ID=2, Name="again"), {"ID": 3, "Name": "no uid"}]))
    assert [item.title for item in found.items] == ["Task 1"]
    assert found.notes == [
        "plan.xml: row 2 has no UID of its own; the row is left out",
        "plan.xml: row 3 has no UID of its own; the row is left out",
    ]


def test_parents_follow_the_outline(tmp_path: Path) -> None:
    levels = {1: 1, 2: 2, 3: 3, 4: 2, 5: 1, 6: 2}
    found = loaded(tmp_path, plan([task(uid, OutlineLevel=level) for uid, level in levels.items()]))
    parents = {uid: item.parent_id for uid, item in items(found).items()}
    assert parents == {
        1: None,
        2: "plans/plan.xml:1",
        3: "plans/plan.xml:2",
        4: "plans/plan.xml:1",
        5: None,
        6: "plans/plan.xml:5",
    }


def test_a_blank_row_between_parent_and_child_changes_nothing(tmp_path: Path) -> None:
    blank = {"UID": 9, "ID": 2, "IsNull": 1, "OutlineLevel": 0}
    found = loaded(tmp_path, plan([task(1), blank, task(2, ID=3, OutlineLevel=2)]))
    assert items(found)[2].parent_id == "plans/plan.xml:1"


def test_rows_out_of_order_are_put_in_order_first(tmp_path: Path) -> None:
    rows = [task(2, ID=2, OutlineLevel=2), task(3, ID=3, OutlineLevel=1), task(1, ID=1, OutlineLevel=1)]
    found = loaded(tmp_path, plan(rows))
    assert [item.key for item in found.items] == ["plan#1", "plan#2", "plan#3"]
    assert items(found)[2].parent_id == "plans/plan.xml:1"


def test_an_outline_number_does_where_the_level_is_missing(tmp_path: Path) -> None:
    rows = [{**task(1), "OutlineNumber": "1"}, {**task(2), "OutlineNumber": "1.1"}]
    for row in rows:
        del row["OutlineLevel"]
    assert items(loaded(tmp_path, plan(rows)))[2].parent_id == "plans/plan.xml:1"


def test_a_row_with_children_is_a_summary_whatever_it_says(tmp_path: Path) -> None:
    found = items(loaded(tmp_path, plan([task(1, Summary=0), task(2, OutlineLevel=2)])))
    assert (found[1].is_summary, found[1].is_detail, found[1].type) == (True, False, "Summary task")
    assert (found[2].is_summary, found[2].is_detail, found[2].type) == (False, True, "Task")


# State


@pytest.mark.parametrize(
    ("percent", "state", "status"),
    [
        (0, "todo", "not started"),
        (1, "in_progress", "in progress"),
        (99, "in_progress", "in progress"),
        (100, "done", "complete"),
    ],
)
def test_percent_complete_says_the_state(tmp_path: Path, percent: int, state: str, status: str) -> None:
    item = one(tmp_path, PercentComplete=percent)
    assert (item.state, item.status, item.percent_complete) == (state, status, float(percent))


@pytest.mark.parametrize("percent", ["101", "-1", "nan", "half"])
def test_a_percentage_that_cannot_be_is_unknown_and_named(tmp_path: Path, percent: str) -> None:
    found = loaded(tmp_path, plan([task(1, PercentComplete=percent)]))
    assert (found.items[0].percent_complete, found.items[0].state) == (None, "todo")
    assert found.notes == [
        f'plan.xml: task 1 (UID 1), PercentComplete: "{percent}" cannot be read; taken as unknown'
    ]


def test_without_percent_complete_the_actual_dates_say_it(tmp_path: Path) -> None:
    rows = [
        task(1, ActualStart="2026-11-02T08:00:00", ActualFinish="2026-11-06T17:00:00"),
        task(2, ActualStart="2026-11-02T08:00:00"),
        task(3),
    ]
    for row in rows:
        del row["PercentComplete"]
    found = items(loaded(tmp_path, plan(rows)))
    assert [found[uid].state for uid in (1, 2, 3)] == ["done", "in_progress", "todo"]
    assert found[1].percent_complete is None


def test_an_inactive_task_is_removed_and_no_detail(tmp_path: Path) -> None:
    item = one(tmp_path, Active=0, PercentComplete=100)
    assert (item.state, item.status, item.is_detail) == ("removed", "inactive", False)


def test_ghosts_and_inserted_projects_are_no_detail(tmp_path: Path) -> None:
    rows = [task(1, ExternalTask=1), task(2, IsSubproject=1, SubprojectName="other.mpp"), task(3)]
    found = items(loaded(tmp_path, plan(rows)))
    assert [found[uid].is_detail for uid in (1, 2, 3)] == [False, False, True]
    assert [found[uid].type for uid in (1, 2, 3)] == ["External task", "Inserted project", "Task"]


def test_a_milestone_is_one_unless_it_is_a_summary(tmp_path: Path) -> None:
    found = items(loaded(tmp_path, plan([task(1, Milestone=1), task(2, Milestone=1, Summary=1)])))
    assert (found[1].kind, found[1].is_milestone, found[1].type) == ("milestone", True, "Milestone")
    assert (found[2].kind, found[2].is_milestone, found[2].type) == ("task", True, "Summary task")


def test_priority_keeps_its_number_and_has_a_rank(tmp_path: Path) -> None:
    item = one(tmp_path, Priority=900)
    assert (item.priority, item.priority_rank) == ("900", 1)


# Dates


def test_the_current_dates_are_days_and_wall_times(tmp_path: Path) -> None:
    item = one(tmp_path, Start="2026-11-02T08:00:00", Finish="2026-11-06T17:00:00")
    assert (item.start, item.due) == (date(2026, 11, 2), date(2026, 11, 6))
    assert (item.start_at, item.finish_at) == ("2026-11-02T08:00", "2026-11-06T17:00")


def test_all_other_dates_are_read(tmp_path: Path) -> None:
    item = one(
        tmp_path,
        ActualStart="2026-11-03T09:00:00",
        ActualFinish="2026-11-09T17:00:00",
        Deadline="2026-11-30T17:00:00",
        EarlyStart="2026-11-02T08:00:00",
        EarlyFinish="2026-11-06T17:00:00",
        LateStart="2026-11-16T08:00:00",
        LateFinish="2026-11-20T17:00:00",
        ConstraintType=4,
        ConstraintDate="2026-11-02T08:00:00",
    )
    assert (item.actual_start, item.actual_start_at) == (date(2026, 11, 3), "2026-11-03T09:00")
    assert (item.actual_finish, item.actual_finish_at) == (date(2026, 11, 9), "2026-11-09T17:00")
    assert (item.deadline, item.deadline_at) == (date(2026, 11, 30), "2026-11-30T17:00")
    assert (item.early_start_at, item.early_finish_at) == ("2026-11-02T08:00", "2026-11-06T17:00")
    assert (item.late_start_at, item.late_finish_at) == ("2026-11-16T08:00", "2026-11-20T17:00")
    assert (item.constraint_type, item.constraint_date) == ("SNET", date(2026, 11, 2))
    assert item.constraint_at == "2026-11-02T08:00"


def test_the_date_of_a_constraint_that_was_lifted_means_nothing(tmp_path: Path) -> None:
    item = one(tmp_path, ConstraintType=0, ConstraintDate="2020-01-01T08:00:00")
    assert (item.constraint_type, item.constraint_date, item.constraint_at) == ("ASAP", None, None)


def test_a_malformed_date_is_unknown_and_named(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(5, ID=3, Finish="2008-12-04T17:-0:00")]))
    assert (found.items[0].due, found.items[0].finish_at) == (None, None)
    assert found.items[0].start == date(2026, 11, 2)
    assert found.notes == [
        'plan.xml: task 3 (UID 5), Finish: "2008-12-04T17:-0:00" cannot be read; taken as unknown'
    ]


def test_text_in_place_of_a_date_leaves_the_date_unknown(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        plan(
            [
                task(1, Manual=1, StartText="after the summer", FinishText="", DurationText=""),
                task(2, Manual=1, StartText="", FinishText="TBD", DurationText="a while"),
                task(3, Manual=0, StartText="no matter"),
            ]
        ),
    )
    got = {uid: (item.start_at, item.finish_at, item.duration_minutes) for uid, item in items(found).items()}
    assert got == {
        1: (None, "2026-11-06T17:00", 2400),
        2: ("2026-11-02T08:00", None, None),
        3: ("2026-11-02T08:00", "2026-11-06T17:00", 2400),
    }
    assert found.notes == []


def test_a_manual_task_without_any_date_has_none(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([{"UID": 1, "ID": 1, "Name": "idea", "Manual": 1, "OutlineLevel": 1}]))
    item = found.items[0]
    assert (item.start, item.due, item.duration_minutes, item.state) == (None, None, None, "todo")


def test_the_creation_time_is_read_in_the_portfolios_zone(tmp_path: Path) -> None:
    # Zurich is an hour ahead of UTC in winter and two in summer.
    assert one(tmp_path, CreateDate="2026-01-15T10:30:00").created_at == datetime(
        2026, 1, 15, 9, 30, tzinfo=UTC
    )
    assert one(tmp_path, CreateDate="2026-07-15T10:30:00").created_at == datetime(
        2026, 7, 15, 8, 30, tzinfo=UTC
    )


def test_a_duration_around_the_clock_is_told_as_it_is_too(tmp_path: Path) -> None:
    elapsed = one(tmp_path, Duration="PT72H0M0S", DurationFormat=8)
    assert (elapsed.elapsed_minutes, elapsed.duration_minutes) == (4320, 1029)
    assert one(tmp_path, Duration="PT72H0M0S", DurationFormat=7).elapsed_minutes is None
    words = {"Manual": 1, "DurationText": "a while"}
    assert one(tmp_path, Duration="PT72H0M0S", DurationFormat=8, **words).elapsed_minutes is None


def test_what_remains_and_who_schedules_it(tmp_path: Path) -> None:
    item = one(tmp_path, RemainingDuration="PT10H0M0S", Manual=1)
    assert (item.remaining_minutes, item.is_manual) == (600, True)
    item = one(tmp_path)
    assert (item.remaining_minutes, item.is_manual) == (None, False)
