"""Health of containers: unknown is grey with its reason at each level, and findings count once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rollup_world import CREATED, FRIDAY, Trackers

from portfolio.records import Iteration, Release, Unmapped

UNDATED: dict[str, Any] = {"due": None, "baseline_finish": None}
UNPROMISED: dict[str, Any] = {"state": "todo", "baseline_finish": None}


def test_what_is_open_without_a_date_is_grey_at_every_level() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", **UNDATED)
    work.add("shop:CHK-2", parent="shop:CHK-1", **UNDATED)
    work.roll_up()
    assert work.health("shop:CHK-2") == ("grey", "no date says when it should be finished")
    reason = "1 of 1 open item below it is unknown: 1 without a date"
    assert work.health("shop:CHK-1") == ("grey", reason)
    for slug in ("checkout", "store-2", "retail"):
        assert (work.node(slug)["health"], work.node(slug)["health_reason"]) == ("grey", reason)


def test_what_has_a_date_that_nobody_promised_is_grey_at_every_level() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", **UNPROMISED)
    work.add("shop:CHK-2", parent="shop:CHK-1", **UNPROMISED)
    work.roll_up()
    assert work.health("shop:CHK-2") == ("grey", "no commitment or baseline says when it was promised")
    reason = "1 of 1 open item below it is unknown: 1 without a commitment or baseline"
    assert work.health("shop:CHK-1") == ("grey", reason)
    assert work.node("retail")["health"] == "grey"


def test_a_plan_without_a_baseline_is_grey_and_one_with_it_is_green() -> None:
    work = Trackers()
    work.add("plans:1", baseline_finish=None)
    work.add("plans:2")
    work.roll_up()
    assert (work.health("plans:1")[0], work.health("plans:2")[0]) == ("grey", "green")


def test_a_date_from_an_iteration_release_or_promised_parent_is_a_promise_once_the_item_is_committed() -> (
    None
):
    work = Trackers()
    work.more.append(
        Iteration(iteration_id="s1", source="shop", name="Sprint 1", start=date(2026, 11, 23), end=FRIDAY)
    )
    work.more.append(
        Iteration(iteration_id="s2", source="shop", name="Sprint 2", start=FRIDAY, end=date(2026, 12, 18))
    )
    work.more.append(Release(release_id="r1", source="shop", name="1.0", date=FRIDAY))
    work.add("shop:CHK-1", **UNDATED, iteration_id="s1")
    work.add("shop:CHK-2", **UNDATED | {"state": "todo"}, iteration_id="s2")
    work.add("shop:CHK-3", **UNDATED, release_id="r1", release_ids=["r1"])
    work.add("shop:CHK-4", kind="epic")
    work.add("shop:CHK-5", **UNDATED, parent="shop:CHK-4")
    work.add("shop:CHK-6", kind="epic", **UNPROMISED)
    work.add("shop:CHK-7", **UNDATED, parent="shop:CHK-6")
    work.roll_up()
    colours = {name: work.health(f"shop:CHK-{name}")[0] for name in range(1, 8)}
    assert colours == {
        1: "green",
        2: "grey",  # Sprint 2 has not started
        3: "green",
        4: "green",
        5: "green",
        6: "grey",
        7: "grey",  # nobody promised its epic's date either
    }


def test_work_that_is_forecast_long_after_the_date_of_its_iteration_is_not_green() -> None:
    work = Trackers()
    work.more.append(
        Iteration(iteration_id="s1", source="shop", name="Sprint 1", start=date(2026, 11, 23), end=FRIDAY)
    )
    for name in ("CHK-1", "CHK-2", "CHK-3"):
        work.add(f"shop:{name}", **UNDATED, iteration_id="s1")
    work.expected = {"shop:CHK-1": date(2026, 12, 14), "shop:CHK-2": FRIDAY, "shop:CHK-3": FRIDAY}
    work.forecasts = {"shop:CHK-2": date(2026, 12, 11), "shop:CHK-3": date(2026, 12, 8)}
    work.roll_up()
    assert work.health("shop:CHK-1") == ("red", "expected 6 working days after its date")
    assert work.health("shop:CHK-2") == ("amber", "its 80 % forecast is 5 working days after its date")
    assert work.health("shop:CHK-3") == ("green", "nothing speaks against its date")


def test_a_source_that_could_not_be_read_makes_its_items_grey_and_what_contains_them_says_so() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("boards:10", kind="epic", twin="shop:CHK-1")
    work.add("shop:CHK-2", parent="shop:CHK-1")
    work.add("boards:11", parent="boards:10")
    work.add("boards:12", parent="boards:10")
    work.stale = {"boards"}
    work.roll_up()
    assert work.health("boards:11") == ("grey", "its tracker could not be read")
    assert work.health("shop:CHK-2") == ("green", "nothing speaks against its date")
    grey = (
        "2 of 3 open items below it are unknown: 2 in a tracker that could not be read; "
        "boards could not be read"
    )
    assert work.health("shop:CHK-1") == work.health("boards:10") == ("grey", grey)
    assert work.node("checkout")["health"] == "grey"
    work.add("shop:CHK-3", parent="shop:CHK-1")
    work.roll_up()
    reason = (
        "none of 4 open items below it is red; 2 unknown: 2 in a tracker that could not be read; "
        "boards could not be read"
    )
    assert work.health("shop:CHK-1") == ("green", reason)
    assert work.node("retail")["health_reason"] == reason
    work.stale = set()
    work.roll_up()
    assert work.health("shop:CHK-1") == ("green", "none of 4 open items below it is red")


def test_what_was_red_when_its_source_failed_stays_red_and_says_how_old_that_is() -> None:
    work = Trackers()
    work.add("boards:10", due=date(2026, 12, 14))
    work.stale = {"boards"}
    work.roll_up()
    reason = "expected 6 working days after the commitment; boards could not be read"
    assert work.health("boards:10") == ("red", reason)


def test_an_epic_whose_known_children_are_done_is_not_green_while_its_own_source_is_stale() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", **UNDATED)
    work.add("shop:CHK-2", parent="shop:CHK-1", state="done")
    work.roll_up()
    assert work.health("shop:CHK-1") == ("green", "everything below it is done")
    work.stale = {"shop"}
    work.roll_up()
    assert work.health("shop:CHK-1")[0] == "grey"


def test_done_children_of_a_tracker_that_could_not_be_read_make_nothing_green() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("boards:10", kind="epic", state="done", twin="shop:CHK-1")
    work.add("boards:11", parent="boards:10", state="done")
    work.roll_up()
    assert work.health("shop:CHK-1") == ("green", "CHK-1: nothing speaks against its date")
    work.stale = {"boards"}
    work.roll_up()
    reason = "CHK-1: nothing speaks against its date; boards could not be read"
    assert work.health("shop:CHK-1") == ("grey", reason)


def test_a_container_whose_children_are_all_removed_is_judged_by_itself() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", **UNDATED)
    work.add("shop:CHK-2", parent="shop:CHK-1", state="removed")
    work.roll_up()
    assert work.health("shop:CHK-1") == ("grey", "no date says when it should be finished")


def test_a_status_that_is_not_mapped_to_a_state_is_grey() -> None:
    work = Trackers()
    work.more.append(Unmapped(source="boards", what="state", value="Odd", count=1))
    work.more.append(Unmapped(source="boards", what="state", value="Bug: Doubtful", count=1))
    work.add("boards:10", status="Odd")
    work.add("boards:11", status="Active")
    work.add("boards:12", status="Doubtful", type="Bug")
    work.add("boards:13", status="Doubtful", type="Task")
    work.add("shop:CHK-1", status="Odd")
    work.roll_up()
    for unmapped in ("boards:10", "boards:12"):
        assert work.health(unmapped) == ("grey", "its status is not mapped to a state")
    assert work.health("boards:13")[0] == "green"
    assert work.health("boards:11")[0] == work.health("shop:CHK-1")[0] == "green"


def test_direct_and_inherited_reasons_are_told_apart() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", due=date(2026, 12, 14))
    work.add("shop:CHK-2", parent="shop:CHK-1")
    work.add("shop:CHK-3", kind="epic")
    work.add("shop:CHK-4", parent="shop:CHK-3", due=date(2026, 12, 14))
    work.roll_up()
    assert work.health("shop:CHK-1") == ("red", "expected 6 working days after the commitment")
    assert work.health("shop:CHK-3") == ("red", "1 of 1 open item below it is red: CHK-4")


@pytest.fixture
def twins() -> Trackers:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("boards:10", kind="epic", twin="shop:CHK-1")
    work.add("shop:CHK-2", parent="shop:CHK-1")
    work.add("boards:11", parent="boards:10")
    return work


def test_one_finding_shown_on_both_sides_of_twins_counts_once(twins: Trackers) -> None:
    twins.finding("shop:CHK-1", "medium", "boards:10")
    twins.roll_up()
    for side in ("shop:CHK-1", "boards:10"):
        assert (twins.row(side)["open_findings"], twins.row(side)["worst_finding"]) == (1, "medium")
    assert twins.node("retail")["open_findings"] == 1


def test_a_finding_of_each_side_is_two_findings(twins: Trackers) -> None:
    twins.finding("shop:CHK-1", "medium")
    twins.finding("boards:10", "low")
    twins.roll_up()
    assert twins.row("shop:CHK-1")["open_findings"] == twins.row("boards:10")["open_findings"] == 2


def test_a_finding_about_two_items_counts_at_each_and_once_above_both(twins: Trackers) -> None:
    twins.finding("shop:CHK-2", "low", "boards:11")
    twins.roll_up()
    assert twins.row("shop:CHK-2")["open_findings"] == twins.row("boards:11")["open_findings"] == 1
    assert twins.row("shop:CHK-1")["open_findings"] == 1
    assert twins.node("checkout")["open_findings"] == twins.node("retail")["open_findings"] == 1


def test_acknowledged_findings_count_and_pending_muted_and_resolved_ones_do_not(twins: Trackers) -> None:
    for state in ("acknowledged", "pending", "snoozed", "suppressed", "resolved"):
        twins.finding("boards:11", "critical" if state == "snoozed" else "low", state=state)
    twins.roll_up()
    assert (twins.row("shop:CHK-1")["open_findings"], twins.row("shop:CHK-1")["worst_finding"]) == (1, "low")


def test_a_risk_counts_as_a_risk_and_not_as_work_even_with_measures_below_it() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic")
    work.add("shop:CHK-2", kind="risk", parent="shop:CHK-1", **UNDATED)
    work.roll_up()
    assert (work.row("shop:CHK-1")["open_risks"], work.row("shop:CHK-1")["rollup_items"]) == (1, 0)
    assert work.health("shop:CHK-1") == ("green", "nothing speaks against its date")
    assert work.node("checkout")["percent_complete"] == 0.0  # the epic is the work there is
    work.add("shop:CHK-3", parent="shop:CHK-2", state="done", created_at=CREATED)
    work.add("boards:12", kind="risk", twin="shop:CHK-2")
    work.roll_up()
    assert (work.row("shop:CHK-1")["open_risks"], work.row("shop:CHK-1")["rollup_items"]) == (1, 1)
    assert work.row("shop:CHK-1")["percent_complete"] == 100.0


def test_an_epic_that_was_closed_above_open_work_is_as_healthy_as_that_work() -> None:
    work = Trackers()
    work.add("shop:CHK-1", kind="epic", state="done")
    work.add("shop:CHK-2", parent="shop:CHK-1", due=date(2026, 12, 14))
    work.add("shop:CHK-3", kind="epic", state="done")
    work.add("shop:CHK-4", parent="shop:CHK-3", state="done")
    work.add("shop:CHK-5", kind="epic", **UNDATED | {"state": "done"})
    work.add("shop:CHK-6", parent="shop:CHK-5", **UNDATED)
    work.add("shop:CHK-7", kind="epic", state="done")
    work.add("shop:CHK-8", parent="shop:CHK-7")
    work.roll_up()
    assert {name: work.health(f"shop:CHK-{name}") for name in (1, 3, 5, 7)} == {
        1: ("red", "1 of 1 open item below it is red: CHK-2"),
        3: ("green", "done"),
        5: ("grey", "1 of 1 open item below it is unknown: 1 without a date"),
        7: ("green", "none of 1 open item below it is red"),
    }
