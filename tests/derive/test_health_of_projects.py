"""Thresholds of one project, colours that return late, what people declare, and what has been earned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from rollup_world import CALENDAR, FRIDAY, NOW, TODAY, TREE, Trackers

from portfolio.records import Identity
from rules.loading import parse_rules
from schedule.health import DEFAULT_THRESHOLDS
from sync.check import CheckSettings
from sync.pipeline import SyncSettings, judge
from sync.runs import Run

MONDAY, TUESDAY = date(2026, 12, 7), date(2026, 12, 8)


def slipping(due: date, **values: Any) -> Trackers:
    """One story promised for Friday and now due on another day."""
    work = Trackers()
    work.add("shop:CHK-1", due=due, baseline_finish=FRIDAY, **values)
    return work


def test_a_project_turns_its_colours_at_thresholds_of_its_own() -> None:
    work = slipping(date(2026, 12, 9))  # three working days
    work.add("boards:20", scope="Retail\\Search", due=date(2026, 12, 9), baseline_finish=FRIDAY)
    work.tree = [
        replace(node, health={"amber_slip_wd": 3}) if node.slug == "checkout" else node for node in TREE
    ]
    work.roll_up()
    assert (work.health("shop:CHK-1")[0], work.health("boards:20")[0]) == ("green", "amber")


def test_a_project_has_the_thresholds_of_its_programme_where_it_says_nothing() -> None:
    work = slipping(date(2026, 12, 9))
    work.tree = [
        replace(node, health={"amber_slip_wd": 1, "red_slip_wd": 2})
        if node.slug == "store-2"
        else replace(node, health={"amber_slip_wd": 2})
        if node.slug == "checkout"
        else node
        for node in TREE
    ]
    work.roll_up()
    assert work.health("shop:CHK-1")[0] == "red"
    assert work.node("checkout")["health"] == "red"


def test_a_date_that_swings_around_a_limit_does_not_turn_the_light_on_and_off() -> None:
    work = slipping(TUESDAY)  # two working days are tolerated
    seen = []
    for due in (TUESDAY, date(2026, 12, 9), TUESDAY, MONDAY, TUESDAY):
        work.add("shop:CHK-1", due=due, baseline_finish=FRIDAY)
        work.roll_up()
        seen.append(work.health("shop:CHK-1")[0])
    assert seen == ["green", "amber", "amber", "green", "green"]


def test_a_colour_that_came_from_below_does_not_hold_an_item_to_it() -> None:
    work = slipping(TUESDAY, kind="epic")
    work.add("shop:CHK-2", parent="shop:CHK-1", due=date(2026, 12, 18), baseline_finish=FRIDAY)
    work.roll_up()
    assert work.health("shop:CHK-1")[0] == "red"
    work.add("shop:CHK-2", parent="shop:CHK-1", state="done", due=FRIDAY, baseline_finish=FRIDAY)
    work.add("shop:CHK-3", parent="shop:CHK-1")
    work.roll_up()
    assert work.health("shop:CHK-1")[0] == "green"


def test_the_worst_that_people_declare_stands_beside_what_is_computed() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", health_declared="amber")
    work.add("shop:CHK-2", parent="shop:CHK-1", health_declared="red")  # inside the epic, which speaks for it
    work.add("boards:10", health_declared="green")
    work.add("boards:20", scope="Retail\\Search", state="done", health_declared="red")
    work.roll_up()
    assert (work.node("checkout")["health_declared"], work.node("checkout")["health"]) == ("amber", "green")
    assert work.node("search")["health_declared"] is None
    assert work.node("retail")["health_declared"] == "amber"


def test_a_project_is_expected_when_the_last_of_its_work_is_and_only_if_all_of_it_is() -> None:
    work = Trackers()
    work.add("shop:CHK-1")
    work.add("shop:CHK-2")
    work.expected = {"shop:CHK-1": MONDAY, "shop:CHK-2": TUESDAY}
    work.roll_up()
    node = work.node("checkout")
    assert (node["commitment"], node["p50"], node["slip_wd"]) == (FRIDAY, TUESDAY, 2)
    work.expected = {"shop:CHK-1": MONDAY}
    work.roll_up()
    assert (work.node("checkout")["p50"], work.node("checkout")["slip_wd"]) == (None, None)


def test_what_is_earned_is_budget_times_progress() -> None:
    work = Trackers()
    work.add("plans:1", budget=100.0, actual_cost=50.0, currency="EUR", percent_complete=40.0)
    work.add("plans:2", budget=60.0, actual_cost=30.0, currency="EUR", state="done")
    work.roll_up()
    node = work.node("checkout")
    # 40 of 100 and all of 60 are earned, at a cost of 80.
    assert (node["earned_value"], node["cost_performance"]) == (100.0, 1.25)
    assert work.node("search")["earned_value"] is None


def test_a_budget_without_a_cost_beside_it_earns_but_says_nothing_of_performance() -> None:
    work = Trackers()
    work.add("plans:1", budget=100.0, actual_cost=50.0, currency="EUR", percent_complete=40.0)
    work.add("plans:2", budget=60.0, currency="EUR", state="todo")
    work.roll_up()
    node = work.node("checkout")
    assert (node["earned_value"], node["cost_performance"]) == (40.0, None)


def test_budgets_in_two_currencies_earn_nothing_that_could_be_told() -> None:
    work = Trackers()
    work.add("plans:1", budget=100.0, currency="EUR", percent_complete=40.0)
    work.add("plans:2", budget=60.0, currency="CHF", percent_complete=40.0)
    work.roll_up()
    assert work.node("checkout")["earned_value"] is None


def test_only_the_people_of_a_project_own_its_work() -> None:
    work = Trackers()
    for source in ("shop", "boards"):
        work.more.append(
            Identity(source=source, account_id="7", name="Ada", email="ada@shop.example", is_active=True)
        )
    work.add("shop:CHK-1", owner_id="7")
    work.add("boards:20", scope="Retail\\Search", owner_id="7")
    work.tree = [
        replace(node, people=("bob@shop.example",)) if node.slug == "search" else node for node in TREE
    ]
    work.roll_up()
    assert work.row("shop:CHK-1")["owner_problem"] is None
    assert work.row("boards:20")["owner_problem"] == "not on the project"


def test_a_schedule_shows_what_is_declared_beside_what_is_computed_and_for_how_long_they_differ() -> None:
    work = Trackers()
    work.add(
        "shop:CHK-1", kind="epic", health_declared="green", due=date(2026, 12, 31), baseline_finish=FRIDAY
    )
    work.add("boards:10", health_declared="green")
    seen = []
    for _ in range(2):
        work.roll_up()
        seen.append(work.schedule("shop/CHK"))
    work.add("shop:CHK-1", kind="epic", health_declared="red", due=date(2026, 12, 31), baseline_finish=FRIDAY)
    work.roll_up()
    seen.append(work.schedule("shop/CHK"))
    assert seen == [("red", "green", 1), ("red", "green", 2), ("red", "red", 0)]
    assert work.schedule("boards/Retail\\Checkout") == ("green", "green", 0)


def test_a_schedule_of_which_nobody_declares_anything_has_no_gap() -> None:
    work = Trackers()
    work.add("shop:CHK-1")
    work.roll_up()
    assert work.schedule("shop/CHK") == ("green", None, None)


def test_a_run_that_rolls_up_twice_is_one_run_in_which_the_colours_differ() -> None:
    rule = """
- {id: any, title: t, why: w, over: schedule, flag: health_gap_runs >= 1, severity: low,
   fingerprint: [schedule_id], evidence: [health], message: m, action: a}
"""
    work = Trackers()
    late = date(2026, 12, 31)
    work.add("shop:CHK-1", kind="epic", health_declared="green", due=late, baseline_finish=FRIDAY)
    work.roll_up()
    settings = SimpleNamespace(
        check=CheckSettings(rules=parse_rules(rule, file="r.yaml", group="g").rules),
        derive=SimpleNamespace(tree=TREE),
        calendar=CALENDAR,
        health=replace(DEFAULT_THRESHOLDS),
    )
    seen = []
    for number in range(2):
        run = SimpleNamespace(run_id=f"r{number}", now=NOW)
        found = judge(work.store, cast(SyncSettings, settings), cast(Run, run), today=TODAY)
        seen.append((len(found.opened), work.schedule("shop/CHK")[2]))
    # The finding of the first run has the sums made once more; that is no third run.
    assert seen == [(1, 2), (0, 3)]
