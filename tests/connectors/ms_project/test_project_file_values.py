"""Durations, floats, work, money and baselines of a task, each in the unit that its name says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from plan_builder import items, loaded, one, plan, task

from portfolio.records import Baseline

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
