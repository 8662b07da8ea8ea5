"""Rollups across trackers: children of all sides, each piece of work once, the same on every side."""

from __future__ import annotations

from datetime import date

import pytest
from rollup_world import SHOWN, Trackers


@pytest.fixture
def three() -> Trackers:
    """One epic in three trackers, with children in each and one story that stands in all."""
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("boards:10", kind="epic", twin="shop:CHK-1")
    work.add(
        "plans:1", kind="task", is_summary=True, is_detail=False, percent_complete=90.0, twin="shop:CHK-1"
    )
    work.add("shop:CHK-2", parent="shop:CHK-1", state="done")
    work.add("shop:CHK-3", parent="shop:CHK-1")
    work.add("boards:11", parent="boards:10", twin="shop:CHK-3")
    work.add("plans:2", kind="task", parent="plans:1", twin="shop:CHK-3", percent_complete=80.0)
    work.add("boards:12", parent="boards:10")
    work.add("plans:3", kind="task", parent="plans:1", percent_complete=50.0)
    return work


def test_a_container_counts_the_children_of_all_its_sides_and_each_twin_once(three: Trackers) -> None:
    three.roll_up()
    epic = three.row("shop:CHK-1")
    # CHK-2 is done, CHK-3 stands in three trackers and once in the count, 12 is open, task 3 is half done.
    assert epic["rollup_items"] == 4
    assert epic["percent_complete"] == 37.5  # (100 + 0 + 0 + 50) / 4


def test_every_side_shows_the_same_rollup(three: Trackers) -> None:
    three.finding("boards:12", "high")
    three.add("shop:CHK-4", kind="risk", parent="shop:CHK-1")
    three.forecasts = {"plans:1": date(2026, 12, 8), "boards:12": date(2026, 12, 11)}
    three.roll_up()
    expected = {
        "health": "amber",
        "health_reason": "1 of 3 open items below it is amber: 12",
        "rollup_p80": date(2026, 12, 11),
        "rollup_slip_wd": 0,
        "percent_complete": 37.5,
        "open_risks": 1,
        "open_findings": 1,
        "worst_finding": "high",
    }
    assert tuple(expected) == SHOWN
    for side in ("shop:CHK-1", "boards:10", "plans:1"):
        assert three.shown(side) == expected, side


def test_the_pmos_tree_counts_each_piece_of_work_once_over_all_trackers(three: Trackers) -> None:
    three.roll_up()
    for slug in ("retail", "store-2", "checkout"):
        node = three.node(slug)
        assert (node["item_count"], node["percent_complete"]) == (5, 37.5), slug  # the epic and its four
        assert (node["health"], node["health_reason"]) == ("green", "none of 3 open items below it is red")
    assert three.node("search")["item_count"] == 0
    assert three.node("search")["health"] == "grey"


def test_a_story_below_two_containers_counts_in_each_and_once_above_both() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="initiative")
    work.add("shop:CHK-2", kind="epic", parent="shop:CHK-1")
    work.add("shop:CHK-3", parent="shop:CHK-2")
    work.add("boards:10", kind="epic", twin="shop:CHK-1")
    work.add("boards:11", kind="feature", parent="boards:10")
    work.add("boards:12", parent="boards:11", twin="shop:CHK-3")
    work.finding("boards:12", "medium")
    work.roll_up()
    counts = {name: work.row(name)["rollup_items"] for name in work.items}
    assert counts == {
        "shop:CHK-1": 1, "boards:10": 1, "shop:CHK-2": 1, "boards:11": 1, "shop:CHK-3": 0, "boards:12": 0,
    }  # fmt: skip
    assert work.row("shop:CHK-1")["open_findings"] == 1
    assert work.node("checkout")["item_count"] == 4


def test_an_epic_that_stands_in_its_own_child_elsewhere_ends_and_loses_nothing() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("shop:CHK-2", kind="epic", parent="shop:CHK-1")
    work.add("boards:10", kind="epic", twin="shop:CHK-2")
    work.add("boards:11", kind="feature", parent="boards:10", twin="shop:CHK-1")
    work.add("shop:CHK-3", parent="shop:CHK-1", state="done")
    work.add("boards:12", parent="boards:10")
    work.roll_up()
    for side in ("shop:CHK-1", "boards:11", "shop:CHK-2", "boards:10"):
        row = work.row(side)
        assert (row["rollup_items"], row["percent_complete"]) == (2, 50.0), side
    assert work.node("checkout")["item_count"] == 4
    assert work.node("checkout")["percent_complete"] == 50.0


def test_twins_that_contain_only_each_other_count_as_work_of_their_own() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("shop:CHK-2", parent="shop:CHK-1", state="done")
    work.add("boards:10", kind="feature", twin="shop:CHK-2")
    work.add("boards:11", parent="boards:10", twin="shop:CHK-1")
    work.roll_up()
    assert work.node("checkout")["item_count"] == 2
    assert work.node("checkout")["percent_complete"] == 0.0  # 10 and 11 are open, so neither is done


def test_two_items_of_one_tracker_are_never_one_piece_of_work() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("shop:CHK-2", parent="shop:CHK-1")
    work.add("shop:CHK-3", parent="shop:CHK-1")
    work.add("boards:10", twin="shop:CHK-2")
    work.twins.append(("boards:10", "shop:CHK-3"))
    work.roll_up()
    assert work.row("shop:CHK-1")["rollup_items"] == 2
    assert work.node("checkout")["item_count"] == 3


def test_the_same_work_in_two_plans_of_one_folder_is_one_piece_of_work() -> None:
    work = Trackers()
    work.add("shop:CHK-1")
    work.add("plans:1", kind="task", twin="shop:CHK-1")
    work.add("plans:2", kind="task", scope="master.xml", twin="shop:CHK-1")
    work.roll_up()
    assert work.node("retail")["item_count"] == 1


def test_work_counts_in_its_containers_project_wherever_it_lives() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("boards:10", kind="epic", scope="Elsewhere", twin="shop:CHK-1")
    work.add("boards:11", parent="boards:10", scope="Elsewhere", state="done")
    work.add("boards:12", parent="boards:10", scope="Retail\\Search")
    work.roll_up()
    assert work.node("checkout")["item_count"] == 3
    assert work.node("checkout")["percent_complete"] == 50.0
    assert work.node("search")["item_count"] == 1
    assert work.node("store-2")["item_count"] == 3  # 12 stands in both projects and once in the programme


# Which side counts.


def pair(shop: dict[str, object], other: dict[str, object], *, on: str = "boards") -> Trackers:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("shop:CHK-2", parent="shop:CHK-1", **shop)
    work.add(f"{on}:2", twin="shop:CHK-2", **other)
    work.roll_up()
    return work


@pytest.mark.parametrize(
    ("shop", "other", "on", "percent"),
    [
        ({"state": "done"}, {"state": "in_progress"}, "boards", 0.0),  # two trackers: done when both say so
        ({"state": "in_progress"}, {"state": "done"}, "boards", 0.0),
        ({"state": "done"}, {"state": "in_progress"}, "plans", 100.0),  # a plan gives way
        ({"state": "in_progress"}, {"state": "done"}, "plans", 0.0),
        ({"percent_complete": 70.0}, {"percent_complete": 40.0}, "boards", 40.0),  # the less complete
        ({"percent_complete": 70.0}, {}, "boards", 70.0),  # the one that says
        ({"state": "done"}, {"percent_complete": 40.0}, "boards", 40.0),
        ({}, {"percent_complete": 40.0}, "plans", 0.0),
        ({"state": "removed"}, {"percent_complete": 40.0}, "boards", None),
        ({"percent_complete": 30.0}, {"state": "removed"}, "boards", 30.0),
        ({"percent_complete": 30.0}, {"state": "removed", "percent_complete": 10.0}, "plans", 30.0),
    ],
)
def test_which_sides_state_and_percentage_count(
    shop: dict[str, object], other: dict[str, object], on: str, percent: float | None
) -> None:
    assert pair(shop, other, on=on).row("shop:CHK-1")["percent_complete"] == percent


def test_a_removed_side_hides_no_live_one_and_holds_it_nowhere() -> None:
    work = pair({"state": "removed"}, {"state": "in_progress"})
    assert work.health("shop:CHK-2") == ("grey", "not part of the work any more")
    assert work.health("boards:2") == ("green", "nothing speaks against its date")
    assert (
        work.row("shop:CHK-1")["rollup_items"] == 0
    )  # Jira removed it from the epic; the work goes on elsewhere
    assert work.node("checkout")["item_count"] == 2


def test_points_come_from_the_first_side_that_has_them_and_from_the_plan_last() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("shop:CHK-2", parent="shop:CHK-1", state="done", points=1.0)
    work.add("shop:CHK-3", parent="shop:CHK-1")
    work.add("boards:3", twin="shop:CHK-3", points=3.0)
    work.add("plans:3", twin="shop:CHK-3", points=9.0)
    work.roll_up()
    assert work.row("shop:CHK-1")["percent_complete"] == 25.0  # 1 of 4 points


def test_the_worst_side_gives_the_colour_and_is_named() -> None:
    work = pair({}, {"due": date(2026, 12, 14)})  # six working days after what was promised
    reason = "2: expected 6 working days after the commitment"
    assert work.health("shop:CHK-2") == work.health("boards:2") == ("red", reason)
    assert work.health("shop:CHK-1") == ("red", "1 of 1 open item below it is red: 2")
    assert work.row("shop:CHK-2")["rollup_slip_wd"] == work.row("boards:2")["rollup_slip_wd"] == 6
    assert work.row("shop:CHK-2")["slip_wd"] == 0  # its own stays its own


def test_a_side_without_a_date_does_not_make_its_dated_twin_unknown() -> None:
    work = pair({}, {"due": None, "baseline_finish": None})
    assert work.health("boards:2") == ("green", "CHK-2: nothing speaks against its date")
    neither = Trackers()
    neither.add("shop:CHK-2", due=None, baseline_finish=None)
    neither.add("boards:2", due=None, baseline_finish=None, twin="shop:CHK-2")
    neither.roll_up()
    assert neither.health("boards:2") == ("grey", "2: no date says when it should be finished")


def test_money_comes_from_the_first_side_that_knows_it() -> None:
    work = Trackers()
    work.add("shop:CHK-1", actual_cost=7.0, currency="EUR")
    work.add("plans:1", twin="shop:CHK-1", budget=100.0, actual_cost=9.0, currency="EUR")
    work.add("plans:2", budget=50.0, currency="EUR")
    work.roll_up()
    node = work.node("checkout")
    assert (node["budget"], node["actual_cost"], node["forecast_cost"]) == (150.0, 7.0, None)
    assert node["currency"] == "EUR"


def test_money_of_a_plan_task_counts_unless_what_is_below_its_twin_knows_its_own() -> None:
    work = Trackers()
    work.add("plans:1", budget=100.0, actual_cost=30.0, currency="EUR")
    work.add("shop:CHK-1", kind="epic", twin="plans:1")
    work.add("shop:CHK-2", parent="shop:CHK-1", actual_cost=12.0, currency="EUR")
    work.add("shop:CHK-3", parent="shop:CHK-1")
    work.roll_up()
    assert (work.node("checkout")["budget"], work.node("checkout")["actual_cost"]) == (100.0, 12.0)


def test_a_currency_nothing_is_counted_in_does_not_matter_and_two_that_are_give_no_sum() -> None:
    work = Trackers()
    work.add("shop:CHK-1", budget=10.0, currency="EUR")
    work.add("plans:1", twin="shop:CHK-1", budget=11.0, currency="CHF")
    work.roll_up()
    assert (work.node("checkout")["budget"], work.node("checkout")["currency"]) == (10.0, "EUR")
    work.add("boards:1", budget=5.0, currency="CHF")
    work.roll_up()
    assert (work.node("checkout")["budget"], work.node("checkout")["currency"]) == (None, None)


# A plan's own percentage, and forecasts.


def test_a_plans_own_percentage_stands_until_a_twin_brings_in_other_work() -> None:
    work = Trackers()
    for number, parent in ((1, None), (2, "plans:1")):
        work.add(f"plans:{number}", parent=parent, is_summary=True, percent_complete=20.0)
    work.add("plans:3", parent="plans:2", percent_complete=60.0)
    work.roll_up()
    assert work.row("plans:1")["percent_complete"] == 20.0
    work.add("shop:CHK-3", kind="epic", twin="plans:3")
    work.add("shop:CHK-4", parent="shop:CHK-3", state="done")
    work.add("shop:CHK-5", parent="shop:CHK-3")
    work.roll_up()
    assert work.row("plans:1")["percent_complete"] == 50.0  # a summary above the twin counts it, too
    assert work.row("plans:2")["percent_complete"] == 50.0


def test_an_epic_with_nothing_below_it_is_complete_when_it_is_done_and_else_as_its_trackers_say() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", state="done")
    work.add("shop:CHK-2", kind="epic")
    work.add("shop:CHK-3", kind="epic")
    work.add("boards:3", kind="feature", percent_complete=30.0, twin="shop:CHK-3")
    work.add("shop:CHK-4", state="done")
    work.roll_up()
    found = {name: work.row(name)["percent_complete"] for name in work.items}
    assert found == {
        "shop:CHK-1": 100.0, "shop:CHK-2": None, "shop:CHK-3": 30.0, "boards:3": 30.0, "shop:CHK-4": None,
    }  # fmt: skip


def test_a_container_without_a_forecast_has_one_only_when_all_that_is_open_below_it_has() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("shop:CHK-2", parent="shop:CHK-1")
    work.add("shop:CHK-3", parent="shop:CHK-1")
    work.add("shop:CHK-4", parent="shop:CHK-1", state="done")
    work.forecasts = {"shop:CHK-2": date(2026, 12, 9)}
    work.roll_up()
    assert work.row("shop:CHK-1")["rollup_p80"] is None
    assert work.node("checkout")["p80"] is None
    work.forecasts["shop:CHK-3"] = date(2026, 12, 7)
    work.roll_up()
    assert work.row("shop:CHK-1")["rollup_p80"] == date(2026, 12, 9)
    assert work.node("checkout")["p80"] == date(2026, 12, 9)
    work.forecasts["shop:CHK-1"] = date(2026, 12, 8)  # no container ends before what is in it
    work.roll_up()
    assert work.row("shop:CHK-1")["rollup_p80"] == date(2026, 12, 9)
