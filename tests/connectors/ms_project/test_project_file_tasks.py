"""The tasks of a plan become work items: each trap that real files hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import plan_builder as build
import pytest
from plan_builder import loaded, plan, task

from connectors.ms_project.mapping import Plan
from portfolio.records import Baseline, WorkItem


def items(found: Plan) -> dict[int, WorkItem]:
    return {int(item.native_id.rpartition(":")[2]): item for item in found.items}


def one(folder: Path, **fields: object) -> WorkItem:
    return loaded(folder, plan([task(1, **fields)])).items[0]


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


# Durations, floats, work, money


def test_durations_and_floats_are_working_minutes(tmp_path: Path) -> None:
    item = one(tmp_path, Duration="PT40H0M0S", TotalSlack=48000, FreeSlack=-4800, Critical=0)
    assert (item.duration_minutes, item.total_float_minutes, item.free_float_minutes) == (2400, 4800, -480)
    assert item.is_critical is False


def test_an_elapsed_duration_counts_the_share_of_a_week_that_is_worked(tmp_path: Path) -> None:
    # Seven elapsed days are 168 hours of the clock and one working week; the same with a question mark.
    assert one(tmp_path, Duration="PT168H0M0S", DurationFormat=8).duration_minutes == 2400
    assert one(tmp_path, Duration="PT168H0M0S", DurationFormat=40).duration_minutes == 2400
    assert one(tmp_path, Duration="PT168H0M0S", DurationFormat=39).duration_minutes == 10080


def test_seconds_may_be_fractions(tmp_path: Path) -> None:
    assert one(tmp_path, Duration="PT7H59M59.999S").duration_minutes == 480


def test_critical_is_unknown_where_a_file_does_not_say(tmp_path: Path) -> None:
    assert one(tmp_path).is_critical is None
    assert one(tmp_path, Critical=1).is_critical is True


def test_work_is_hours(tmp_path: Path) -> None:
    item = one(tmp_path, Work="PT60H0M0S", ActualWork="PT22H30M0S", RemainingWork="PT37H30M0S")
    assert (item.estimate_hours, item.spent_hours, item.remaining_hours) == (60.0, 22.5, 37.5)


def test_costs_are_hundredths_in_the_plans_currency(tmp_path: Path) -> None:
    baseline = {"Number": 0, "Cost": 250000, "Finish": "2026-11-06T17:00:00"}
    text = plan([task(1, Cost=300050, ActualCost=120000, Baseline=baseline)], CurrencyCode="CHF")
    item = loaded(tmp_path, text).items[0]
    assert (item.budget, item.actual_cost, item.forecast_cost) == (2500.0, 1200.0, 3000.5)
    assert item.currency == "CHF"


def test_a_plan_whose_costs_are_all_zero_has_no_known_costs(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1, Cost=0, ActualCost="0.00")], CurrencyCode="CHF"))
    item = found.items[0]
    assert (item.budget, item.actual_cost, item.forecast_cost, item.currency) == (None, None, None, None)
    assert found.schedule.currency == "CHF"


def test_a_zero_is_a_cost_where_other_tasks_have_costs(tmp_path: Path) -> None:
    found = items(loaded(tmp_path, plan([task(1, Cost=0), task(2, Cost=100)], CurrencySymbol="€")))
    assert (found[1].forecast_cost, found[2].forecast_cost) == (0.0, 1.0)
    assert found[1].currency == "EUR"


# Baselines


def test_baselines_are_records_and_the_first_is_on_the_item(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        plan(
            [
                task(
                    1,
                    Baseline=[
                        {
                            "Number": 0,
                            "Start": "2026-10-05T08:00:00",
                            "Finish": "2026-10-09T17:00:00",
                            "Duration": "PT40H0M0S",
                            "Work": "PT20H0M0S",
                        },
                        {"Number": 10, "Finish": "2026-09-30T17:00:00"},
                        {"Number": 3, "Work": "PT0H0M0S", "Cost": 0},
                    ],
                )
            ]
        ),
    )
    item = found.items[0]
    assert (item.baseline_name, item.baseline_start, item.baseline_finish) == (
        "Baseline",
        date(2026, 10, 5),
        date(2026, 10, 9),
    )
    assert (item.baseline_start_at, item.baseline_finish_at) == ("2026-10-05T08:00", "2026-10-09T17:00")
    assert item.baseline_duration_minutes == 2400
    assert found.baselines[item.item_id] == [
        Baseline(
            name="Baseline",
            item_id="plans/plan.xml:1",
            source="plans",
            start=date(2026, 10, 5),
            finish=date(2026, 10, 9),
            start_at="2026-10-05T08:00",
            finish_at="2026-10-09T17:00",
            work_hours=20.0,
        ),
        Baseline(
            name="Baseline 10",
            item_id="plans/plan.xml:1",
            source="plans",
            finish=date(2026, 9, 30),
            finish_at="2026-09-30T17:00",
        ),
    ]


def test_a_baseline_of_cost_alone_gives_the_item_no_baseline_dates(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1, Baseline={"Number": 0, "Cost": 5000})]))
    item = found.items[0]
    assert (item.baseline_name, item.baseline_finish, item.budget) == ("Baseline", None, 50.0)
    assert [row.cost for row in found.baselines[item.item_id]] == [50.0]


def test_a_baseline_is_read_once_and_only_under_a_number_that_project_knows(tmp_path: Path) -> None:
    rows = [
        {"Number": number, "Finish": f"2026-10-0{day}T17:00:00"} for number, day in ((2, 5), (2, 6), (11, 7))
    ]
    found = loaded(tmp_path, plan([task(1, Baseline=rows)]))
    assert [(row.name, row.finish) for row in found.baselines["plans/plan.xml:1"]] == [
        ("Baseline 2", date(2026, 10, 5))
    ]
    assert found.notes == [
        'plan.xml: task 1 (UID 1), Baseline Number: "11" cannot be read; the baseline is left out'
    ]


def test_a_baseline_of_nothing_is_none(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1, Baseline={"Number": 0, "Work": "PT0H0M0S"})]))
    assert found.baselines == {}
    assert found.items[0].baseline_name is None


# Links


def test_links_have_their_types_and_lags(tmp_path: Path) -> None:
    links = [
        {"PredecessorUID": 1, "Type": 1, "LinkLag": 4800, "LagFormat": 9},
        {"PredecessorUID": 2, "Type": 3, "LinkLag": -75, "LagFormat": 19},
        {"PredecessorUID": 3},
    ]
    found = loaded(tmp_path, plan([task(1), task(2), task(3), task(4, PredecessorLink=links)]))
    got = [
        (link.predecessor_id, link.type, link.lag_minutes, link.lag_percent) for link in found.dependencies
    ]
    assert got == [
        ("plans/plan.xml:1", "FS", 480, None),
        ("plans/plan.xml:2", "SS", None, -75.0),
        ("plans/plan.xml:3", "FS", 0, None),
    ]
    assert {link.successor_id for link in found.dependencies} == {"plans/plan.xml:4"}
    assert len({link.dependency_id for link in found.dependencies}) == 3


def test_two_links_between_two_tasks_are_two_links_and_the_same_one_twice_is_one(tmp_path: Path) -> None:
    links = [{"PredecessorUID": 1, "Type": kind} for kind in (1, 0, 1, 0)]
    found = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=links)]))
    assert [link.type for link in found.dependencies] == ["FS", "FF"]
    assert len({link.dependency_id for link in found.dependencies}) == 2


@pytest.mark.parametrize(
    ("link", "note"),
    [
        (
            {"PredecessorUID": 99, "Type": 1},
            (
                "task 2 (UID 2), PredecessorLink: UID 99 is no other task of this plan that was read; "
                "the link is left out"
            ),
        ),
        (
            {"PredecessorUID": 98, "Type": 1, "CrossProject": 1, "CrossProjectName": "C:\\other.mpp\\4"},
            (
                "task 2 (UID 2), PredecessorLink: UID 98 is no other task of another plan that was read; "
                "the link is left out"
            ),
        ),
        (
            {"PredecessorUID": 1, "Type": 9},
            'task 2 (UID 2), PredecessorLink Type: "9" cannot be read; the link is left out',
        ),
    ],
)
def test_a_link_that_leads_nowhere_is_left_out_and_named(
    tmp_path: Path, link: dict[str, object], note: str
) -> None:
    found = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=link)]))
    assert found.dependencies == []
    assert found.notes == [f"plan.xml: {note}"]


def test_a_lag_that_cannot_be_read_is_unknown_not_zero(tmp_path: Path) -> None:
    link = {"PredecessorUID": 1, "Type": 1, "LinkLag": "soon"}
    found = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=link)]))
    assert (found.dependencies[0].lag_minutes, found.dependencies[0].lag_percent) == (None, None)


def test_a_plan_has_logic_where_two_of_its_detail_tasks_are_linked(tmp_path: Path) -> None:
    link = {"PredecessorUID": 1, "Type": 1}
    linked = loaded(tmp_path, plan([task(1), task(2, PredecessorLink=link)]))
    assert linked.schedule.has_logic is True
    by_summary = loaded(tmp_path, plan([task(1, Summary=1), task(2, PredecessorLink=link)]))
    assert by_summary.schedule.has_logic is False


# Custom fields


def fields(*definitions: tuple[str, str, str]) -> list[dict[str, object]]:
    return [{"FieldID": number, "FieldName": name, "Alias": alias} for number, name, alias in definitions]


def test_the_key_of_the_twin_stands_in_a_field_of_that_name(tmp_path: Path) -> None:
    definitions = fields(("188743731", "Text1", "jira key"), ("188743734", "Text2", "Colour"))
    values = [{"FieldID": 188743731, "Value": "CHK-12, PAY-3"}, {"FieldID": 188743734, "Value": "red"}]
    found = loaded(tmp_path, plan([task(1, ExtendedAttribute=values)], fields=definitions))
    assert found.items[0].twin_keys == ("CHK-12", "PAY-3")


def test_the_field_of_the_twin_may_be_configured_by_its_own_name(tmp_path: Path) -> None:
    definitions = fields(("188743731", "Text1", "Jira Key"), ("188743734", "Text2", "Colour"))
    values = [{"FieldID": 188743731, "Value": "CHK-12"}, {"FieldID": 188743734, "Value": "T-7"}]
    text = plan([task(1, ExtendedAttribute=values)], fields=definitions)
    assert loaded(tmp_path, text, fields={"twin_key": "Text2"}).items[0].twin_keys == ("T-7",)


def test_a_value_from_a_lookup_table_is_its_text(tmp_path: Path) -> None:
    codes = {
        "OutlineCode": {
            "FieldID": "188744096",
            "Values": {"Value": {"ValueID": 1, "FieldGUID": "aaaa-bbbb", "Value": "Payments"}},
        }
    }
    definitions = fields(("188744096", "Outline Code1", "Team"))
    values = {"FieldID": 188744096, "ValueGUID": "AAAA-BBBB"}
    text = plan([task(1, ExtendedAttribute=values)], fields=definitions, OutlineCodes=codes)
    assert loaded(tmp_path, text, fields={"team": "Team"}).items[0].team == "Payments"


# The plan


def test_the_plan_carries_its_own_facts(tmp_path: Path) -> None:
    text = plan(
        [task(1)], Title="Rollout", StatusDate="2026-11-20T17:00:00", MinutesPerDay=450, CurrencyCode="CHF"
    )
    schedule = loaded(tmp_path, text).schedule
    assert (schedule.name, schedule.status_date, schedule.minutes_per_day) == (
        "Rollout",
        date(2026, 11, 20),
        450,
    )
    assert (schedule.currency, schedule.scope, schedule.calendar_id) == ("CHF", "plan.xml", None)


def test_a_plan_without_a_title_is_called_by_its_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, plan([task(1)])).schedule.name == "plan"


@pytest.mark.parametrize("namespace", [build.NAMESPACE, build.NAMESPACE + "/2007", ""])
def test_every_namespace_in_use_is_read(tmp_path: Path, namespace: str) -> None:
    found = loaded(tmp_path, plan([task(1)], namespace=namespace, Title="Rollout"))
    assert [item.title for item in found.items] == ["Task 1"]
    assert found.schedule.name == "Rollout"


def test_past_a_hundred_complaints_the_rest_is_counted(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(uid, Finish="never") for uid in range(1, 151)]))
    assert len(found.notes) == 101
    assert found.notes[-1] == "plan.xml: 50 more like these"


def test_nonsense_in_the_header_falls_back_and_is_named(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1)], MinutesPerDay="eight", StatusDate="soon"))
    assert (found.schedule.minutes_per_day, found.schedule.status_date) == (480, None)
    assert found.notes == [
        'plan.xml: MinutesPerDay: "eight" cannot be read; taken as 480',
        'plan.xml: StatusDate: "soon" cannot be read; taken as unknown',
    ]
