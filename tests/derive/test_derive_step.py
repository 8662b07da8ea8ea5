"""The derive step and the rollup, on records put into a store by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from portfolio.findings import Finding
from portfolio.records import (
    AnyRecord,
    Calendar,
    Change,
    Dependency,
    Identity,
    Iteration,
    Page,
    Release,
    Risk,
    Schedule,
    TeamArea,
    WorkItem,
)
from schedule.calendars import work_calendar
from store import Store, open_store
from sync.derive import derive
from sync.placement import TreeNode
from sync.rollup import rollup
from sync.teams import Teams
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday
TODAY = NOW.date()
CREATED = datetime(2026, 9, 1, 8, tzinfo=UTC)
TREE = (
    TreeNode("retail", "portfolio", None, "Retail"),
    TreeNode("store-2", "program", "retail", "Store 2.0"),
    TreeNode(
        "checkout", "project", "store-2", "Checkout", "lead@shop.example", ["shop:CHK", "plans:plan.xml"]
    ),
)


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as opened:
        for source, kind in (("shop", "jira"), ("plans", "project_file")):
            opened.declare_source(source, kind, kind, "1")
            opened.mark_source(source, good_at=NOW)
        yield opened


def issue(key: str, **values: Any) -> WorkItem:
    given = {"scope": "CHK", "schedule_id": "shop/CHK", "created_at": CREATED, "title": key, **values}
    return WorkItem(item_id=f"shop/{key}", source="shop", native_id=key, key=key, **given)


def task(number: int, **values: Any) -> WorkItem:
    given = {"scope": "plan.xml", "schedule_id": "plans/plan.xml", "is_detail": True, **values}
    return WorkItem(
        item_id=f"plans/{number}", source="plans", native_id=str(number), key=f"plan#{number}", **given
    )


def changed(key: str, field: str, before: str | None, after: str | None, at: datetime) -> Change:
    event = f"{key}-{field}-{at.isoformat()}"
    return Change(
        source="shop",
        event_id=event,
        item_id=f"shop/{key}",
        at=at,
        by="ana",
        field=field,
        before=before,
        after=after,
    )


def derived(store: Store, *records: AnyRecord, today: date = TODAY, **settings: Any) -> None:
    base = [
        Schedule(schedule_id="shop/CHK", source="shop", scope="CHK", name="Checkout", kind="project"),
        Schedule(schedule_id="plans/plan.xml", source="plans", scope="plan.xml", name="Plan", kind="plan"),
    ]
    by_source: dict[str, list[AnyRecord]] = {"shop": [], "plans": []}
    for record in [*base, *records]:
        by_source[getattr(record, "source", "shop")].append(record)
    run = store.start_run("pull", NOW)
    for source, mine in by_source.items():
        store.save_page(source, "all", Page(records=mine), tombstones={}, run_id=run, now=NOW)
    chosen = {"timezone": "Europe/Zurich", "tree": TREE, **settings}
    derive(store, DeriveSettings(**chosen), today=today, now=NOW)
    rollup(store, TREE, calendar=work_calendar())


def row(store: Store, view: str, **where: Any) -> dict[str, Any]:
    (only,) = list(store.rows(view, where=where))
    return only


def test_an_effective_due_date_says_where_it_comes_from(store: Store) -> None:
    derived(
        store,
        Iteration(iteration_id="s1", source="shop", name="Sprint 1", end=date(2026, 12, 4)),
        Release(release_id="r1", source="shop", name="1.0", date=date(2026, 12, 18)),
        issue("CHK-1", due=date(2026, 12, 1), iteration_id="s1"),
        issue("CHK-2", iteration_id="s1", release_id="r1", release_ids=["r1"]),
        issue("CHK-3", release_id="r1", release_ids=["r1"], parent_id="shop/CHK-1"),
        issue("CHK-4", parent_id="shop/CHK-6"),
        issue("CHK-5"),
        issue("CHK-6", parent_id="shop/CHK-1"),
        task(1, due=date(2026, 12, 20)),
        task(2),
    )
    found = {
        one["key"]: (one["effective_due"], one["effective_due_source"], one["release"], one["iteration"])
        for one in store.rows("item")
    }
    assert found["CHK-1"] == (date(2026, 12, 1), "own", None, "Sprint 1")
    assert found["CHK-2"] == (date(2026, 12, 4), "iteration", "1.0", "Sprint 1")
    assert found["CHK-3"] == (date(2026, 12, 18), "release", "1.0", None)
    assert found["CHK-4"] == (
        date(2026, 12, 1),
        "parent",
        None,
        None,
    )  # its grandparent's, the nearest with one
    assert found["CHK-5"] == (None, None, None, None)  # a tracker's project has no finish of its own
    assert found["plan#2"] == (date(2026, 12, 20), "schedule", None, None)


def test_an_item_is_blocked_since_its_tracker_or_else_its_history_says(store: Store) -> None:
    first, freed, again = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (3, 10, 18))
    derived(
        store,
        issue("CHK-1", is_blocked=True),
        changed("CHK-1", "blocked", None, "true", first),
        changed("CHK-1", "blocked", "true", None, freed),
        changed("CHK-1", "blocked", None, "true", again),
        issue("CHK-2", is_blocked=True, blocked_since=first),
        changed("CHK-2", "blocked", None, "true", again),
        issue("CHK-3"),
        changed("CHK-3", "blocked", None, "true", first),
        # Its history ends with it free, or says nothing at all: since when it is blocked, nobody knows.
        issue("CHK-4", is_blocked=True),
        changed("CHK-4", "blocked", "true", None, freed),
        issue("CHK-5", is_blocked=True),
    )
    assert {one["key"]: one["blocked_since"] for one in store.rows("item")} == {
        "CHK-1": again,
        "CHK-2": first,
        "CHK-3": None,
        "CHK-4": None,
        "CHK-5": None,
    }


def test_working_days_count_from_the_day_it_was_blocked(store: Store) -> None:
    derived(
        store,
        issue("CHK-1", is_blocked=True),
        changed("CHK-1", "blocked", None, "true", datetime(2026, 11, 18, 9, tzinfo=UTC)),  # a Wednesday
    )
    (today,) = store.read("derived_today", ("ord",))["ord"]
    (since,) = store.read("derived_item_ordinal", ("blocked_since_ord",))["blocked_since_ord"]
    assert today - since == 4  # to Tuesday


def test_what_was_pulled_since_the_last_derivation_is_not_blocked_any_more(store: Store) -> None:
    derived(
        store,
        issue("CHK-1", is_blocked=True),
        changed("CHK-1", "blocked", None, "true", datetime(2026, 11, 18, 9, tzinfo=UTC)),
    )
    store.save_page("shop", "all", Page(records=[issue("CHK-1")]), tombstones={}, run_id="r", now=NOW)
    assert row(store, "item", key="CHK-1")["blocked_since"] is None


RETAIL = [
    TeamArea("Retail", "Retail Team", covers_below=True, is_default=True),
    TeamArea(r"Retail\Checkout", "Web", covers_below=True),
    TeamArea(r"Retail\Checkout\Apps", "Mobile"),
    TeamArea(r"Retail\Stores", "Tills", covers_below=True),
    TeamArea(r"Retail\Stores", "Stock", covers_below=True),
]


@pytest.mark.parametrize(
    ("area", "team"),
    [
        ("Retail", "Retail Team"),  # no team but the one that every project begins with
        (r"Retail\Returns", "Retail Team"),
        (r"Retail\Checkout", "Web"),
        (r"Retail\Checkout\Cards", "Web"),
        (r"Retail\Checkout\Apps", "Mobile"),  # the most specific
        (r"Retail\Checkout\Apps\Watch", "Web"),  # Mobile has no areas below its own
        (r"retail\checkout\apps", "Mobile"),
        (r"Retail\Checkouts", "Retail Team"),  # another area, which begins alike
        (r"Retail\Stores\Zurich", None),  # two teams; neither is better
        (r"Other\Checkout", None),
    ],
)
def test_an_area_is_its_teams_with_the_most_specific_one(area: str, team: str | None) -> None:
    assert Teams([msgspec.to_builtins(one) for one in RETAIL]).of(area) == team


def test_the_team_that_a_project_begins_with_counts_only_where_no_other_does() -> None:
    areas = [
        TeamArea(r"Retail\Checkout", "Retail Team", covers_below=True, is_default=True),
        TeamArea("Retail", "Web", covers_below=True),
    ]
    assert Teams([msgspec.to_builtins(one) for one in areas]).of(r"Retail\Checkout") == "Web"


def test_an_item_without_a_team_of_its_own_has_the_one_of_its_area(store: Store) -> None:
    retail = {"schedule_id": "shop/Retail", "scope": r"Retail\Checkout"}
    project = Schedule(
        schedule_id="shop/Retail", source="shop", scope="Retail", name="Retail", kind="project",
        team_areas=RETAIL,
    )  # fmt: skip
    derived(
        store,
        project,
        issue("1", **retail),
        issue("2", **retail, team="Platform"),
        issue("3", schedule_id="shop/Retail", scope=r"Retail\Stores"),
        issue("4", schedule_id="shop/Retail", scope=r"Retail\Checkout\Apps"),
        issue("CHK-5"),
        Dependency(dependency_id="a", source="shop", predecessor_id="shop/1", successor_id="shop/4"),
        Dependency(dependency_id="b", source="shop", predecessor_id="shop/1", successor_id="shop/3"),
    )
    teams = {one["key"]: one["team"] for one in store.rows("item")}
    assert teams == {"1": "Web", "2": "Platform", "3": None, "4": "Mobile", "CHK-5": None}
    crosses = {one["dependency_id"]: one["crosses_team"] for one in store.rows("dependency")}
    assert crosses == {"a": True, "b": False}  # Web waits for nobody that is known to be another team
    # An area that is taken from a team is no longer that team's.
    derived(store, msgspec.structs.replace(project, team_areas=RETAIL[:1]))
    assert row(store, "item", key="1")["team"] == "Retail Team"


def test_a_promise_is_what_stood_there_when_work_began_and_its_pushes_are_counted(store: Store) -> None:
    derived(
        store,
        issue("CHK-1", due=date(2026, 11, 27), state="in_progress"),
        changed("CHK-1", "state", "todo", "in_progress", datetime(2026, 10, 1, 9, tzinfo=UTC)),
        changed("CHK-1", "due", "2026-11-13", "2026-11-27", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        task(1, due=date(2026, 11, 27), baseline_finish=date(2026, 11, 20), created_at=CREATED),
    )
    found = row(store, "item", key="CHK-1")
    assert found["first_commitment"] == date(2026, 11, 13)
    assert found["committed_at"] == datetime(2026, 10, 1, 9, tzinfo=UTC)
    assert (found["push_count"], found["push_count_90d"], found["pushed_wd"]) == (1, 1, 10)
    assert (found["slip_wd"], found["slip_pair"]) == (10, "commitment to current")
    assert found["last_transition_at"] == datetime(2026, 10, 1, 9, tzinfo=UTC)
    assert found["last_activity_at"] == datetime(2026, 11, 2, 9, tzinfo=UTC)
    plan = row(store, "item", key="plan#1")
    assert (plan["commitment"], plan["slip_wd"], plan["push_count"]) == (date(2026, 11, 20), 5, None)


def test_a_plan_counts_its_own_working_days(store: Store) -> None:
    derived(
        store,
        Calendar(
            calendar_id="plans/c",
            source="plans",
            name="Closed",
            exceptions=[("2026-11-23", "2026-11-25", False)],
        ),
        Schedule(
            schedule_id="plans/plan.xml",
            source="plans",
            scope="plan.xml",
            name="Plan",
            kind="plan",
            calendar_id="plans/c",
        ),
        task(1, due=date(2026, 11, 27), baseline_finish=date(2026, 11, 20)),
    )
    assert row(store, "item", key="plan#1")["slip_wd"] == 2  # Thursday and Friday: three days are closed


def test_a_dependency_knows_the_dates_of_its_ends_and_how_far_they_overlap(store: Store) -> None:
    derived(
        store,
        task(1, due=date(2026, 11, 26), state="in_progress"),
        task(2, start=date(2026, 11, 25), due=date(2026, 12, 4)),
        issue("CHK-1", start=date(2026, 11, 27)),
        Dependency(
            dependency_id="d1",
            source="plans",
            predecessor_id="plans/1",
            successor_id="plans/2",
            lag_minutes=480,
        ),
        Dependency(dependency_id="d2", source="plans", predecessor_id="plans/1", successor_id="shop/CHK-1"),
        Dependency(
            dependency_id="d3", source="plans", predecessor_id="plans/1", successor_id="plans/2", type="SS"
        ),
    )
    first = row(store, "dependency", dependency_id="d1")
    assert (first["predecessor_finish"], first["successor_start"]) == (date(2026, 11, 26), date(2026, 11, 25))
    assert (first["lag_wd"], first["overlap_wd"]) == (
        1,
        3,
    )  # Wed and Thu are worked by both, and a day of lag
    assert not first["crosses_source"]
    second = row(store, "dependency", dependency_id="d2")
    assert second["overlap_wd"] == 0  # it starts on the next working day
    assert second["crosses_source"]
    assert second["crosses_schedule"]
    assert row(store, "dependency", dependency_id="d3")["overlap_wd"] is None
    assert not first["in_cycle"]


def test_dependencies_that_run_in_a_circle_are_marked_and_the_one_beside_it_is_not(store: Store) -> None:
    links = [("1", "2"), ("2", "1"), ("2", "3")]
    derived(
        store,
        *(task(number) for number in (1, 2, 3)),
        *(
            Dependency(
                dependency_id=f"{one}{two}",
                source="plans",
                predecessor_id=f"plans/{one}",
                successor_id=f"plans/{two}",
            )
            for one, two in links
        ),
    )
    assert [one["in_cycle"] for one in store.rows("dependency")] == [True, True, False]


def test_the_check_no_baseline_counts_detail_tasks_of_plans_only(store: Store) -> None:
    derived(
        store,
        task(1, baseline_finish=date(2026, 11, 20)),
        task(2),
        task(3, is_detail=False, is_summary=True),
        task(4, state="removed"),
        issue("CHK-1"),
    )
    check = row(store, "schedule_check", check="no-baseline")
    assert (check["schedule_id"], check["numerator"], check["denominator"]) == ("plans/plan.xml", 1, 2)
    assert (check["share"], check["members"], check["is_assessable"]) == (0.5, ["plan#2"], True)


def test_who_left_is_known_per_schedule_with_the_open_work_only(store: Store) -> None:
    derived(
        store,
        Identity(
            source="shop",
            account_id="a",
            name="Ann",
            email="ann@shop.example",
            kind="person",
            is_active=False,
        ),
        Identity(source="plans", account_id="7", name="Ann", email="ANN@shop.example", kind="person"),
        issue("CHK-1", owner_id="a"),
        issue("CHK-2", owner_id="a", state="done"),
        task(1, owner_id="7"),
        task(2, owner_id="7", state="removed"),
    )
    found = [
        (one["person_id"], one["schedule_id"], one["problem"], one["open_items"])
        for one in store.rows("person_schedule")
    ]
    assert found == [
        ("ann@shop.example", "plans/plan.xml", "account disabled", 1),
        ("ann@shop.example", "shop/CHK", "account disabled", 1),
    ]
    assert row(store, "item", key="plan#1")["owner_problem"] == "account disabled"


def test_a_risk_has_an_exposure_only_where_both_of_its_factors_are_known(store: Store) -> None:
    derived(
        store,
        issue("CHK-1", kind="risk"),
        issue("CHK-2", kind="risk"),
        Risk(item_id="shop/CHK-1", source="shop", probability=4, impact=3),
        Risk(item_id="shop/CHK-2", source="shop", probability=4),
    )
    assert [one["exposure"] for one in store.rows("risk")] == [12, None]


def finding(key: str, severity: str, item: str) -> Finding:
    return Finding(
        finding_id=f"f-{key}-{severity}", rule="r", rule_group="g", subject="item", item_id=item, key=key,
        project=None, severity=severity, state="open", opened_at=NOW, last_seen_at=NOW, resolved_at=None,
        resolved_because=None, reopened_count=0, message="", title="", why="", action="", docs=None,
        evidence={}, comment_items=[item], is_legacy=False,
        muted_until=None, muted_by=None, muted_reason=None,
    )  # fmt: skip


def test_progress_risks_and_findings_travel_up_and_removed_work_does_not_count(store: Store) -> None:
    store.save_findings([finding("CHK-3", "high", "shop/CHK-3")], store.start_run("check", NOW))
    derived(
        store,
        issue("CHK-1", kind="epic"),
        issue("CHK-2", parent_id="shop/CHK-1", state="done", points=5.0, due=TODAY),
        issue("CHK-3", parent_id="shop/CHK-1", points=3.0, due=TODAY),
        issue("CHK-4", parent_id="shop/CHK-1", state="removed", points=100.0),
        issue("CHK-5", parent_id="shop/CHK-1", kind="risk"),
    )
    epic = row(store, "item", key="CHK-1")
    assert epic["percent_complete"] == 62.5  # 5 of 8 points
    assert (epic["open_risks"], epic["open_findings"], epic["worst_finding"]) == (1, 1, "high")
    assert (epic["health"], epic["health_reason"]) == ("amber", "1 of 1 open item below it is amber: CHK-3")
    assert epic["open_children"] == 2


def test_without_points_everywhere_progress_counts_items(store: Store) -> None:
    derived(
        store,
        issue("CHK-1", kind="epic"),
        *(issue(f"CHK-{number}", parent_id="shop/CHK-1", due=TODAY) for number in (2, 3)),
        issue("CHK-4", parent_id="shop/CHK-1", state="done", points=8.0, due=TODAY),
    )
    assert row(store, "item", key="CHK-1")["percent_complete"] == 33.3


def test_the_tree_counts_the_same_work_in_two_trackers_once_and_its_findings_on_both_sides(
    store: Store,
) -> None:
    run = store.start_run("check", NOW)
    store.save_findings([finding("CHK-1", "high", "shop/CHK-1"), finding("plan#1", "medium", "plans/1")], run)
    derived(
        store,
        Identity(
            source="shop",
            account_id="l",
            name="Lee",
            email="lead@shop.example",
            kind="person",
            is_active=False,
        ),
        issue("CHK-1", due=date(2026, 12, 4), start=date(2026, 11, 2), state="done"),
        task(1, due=date(2026, 12, 4), twin_keys=["CHK-1"], budget=100.0, currency="EUR"),
        task(2, due=date(2026, 12, 11), baseline_finish=date(2026, 12, 11), budget=50.0, currency="EUR"),
        issue("CHK-2", state="removed"),
    )
    for slug in ("retail", "store-2", "checkout"):
        node = row(store, "project", slug=slug)
        assert node["item_count"] == 2  # CHK-1 and plan#2
        assert (node["open_findings"], node["worst_finding"]) == (2, "high")
        assert node["percent_complete"] == 50.0
        assert (node["start"], node["commitment"]) == (date(2026, 11, 2), date(2026, 12, 11))
        assert (node["health"], node["health_reason"]) == ("green", "none of 1 open item below it is red")
        # The tracker's item is the one that counts, but only the plan knows what it costs.
        assert (node["budget"], node["currency"]) == (150.0, "EUR")
    checkout = row(store, "project", slug="checkout")
    assert (checkout["lead"], checkout["lead_problem"]) == ("lead@shop.example", "account disabled")
    assert row(store, "project", slug="retail")["lead_problem"] == "no owner"


def test_money_of_two_currencies_is_not_added_up(store: Store) -> None:
    derived(store, task(1, budget=100.0, currency="EUR"), task(2, budget=50.0, currency="CHF"))
    assert row(store, "project", slug="checkout")["budget"] is None


def test_what_has_no_date_anywhere_is_grey_and_what_is_all_done_is_green(store: Store) -> None:
    derived(
        store,
        issue("CHK-1", kind="epic"),
        issue("CHK-2", parent_id="shop/CHK-1"),
        issue("CHK-3", kind="epic"),
        issue("CHK-4", parent_id="shop/CHK-3", state="done", due=TODAY),
        issue("CHK-5", kind="epic"),
    )
    health = {one["key"]: one["health"] for one in store.rows("item")}
    assert (health["CHK-1"], health["CHK-2"], health["CHK-3"], health["CHK-5"]) == (
        "grey",
        "grey",
        "green",
        "grey",
    )


def test_deriving_twice_writes_nothing_the_second_time(store: Store) -> None:
    records = (issue("CHK-1", due=TODAY), task(1, twin_keys=["CHK-1"]), task(2))
    derived(store, *records)
    settings = DeriveSettings(timezone="Europe/Zurich", tree=TREE)
    assert derive(store, settings, today=TODAY, now=NOW).changed == 0
    assert rollup(store, TREE, calendar=work_calendar()) == 0
