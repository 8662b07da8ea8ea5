"""Forecasts of a portfolio: from its own finished work, remembered by day, and scored when work is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from portfolio.records import AnyRecord, Change, Page, Schedule, WorkItem
from schedule.calendars import work_calendar
from store import Store, open_store
from store.frames import NO_DAY
from sync import derive as derive_module
from sync.derive import Step, derive
from sync.derive_forecast import derive_forecasts
from sync.derive_network import NetworkDates
from sync.placement import TreeNode
from sync.rollup import rollup
from sync.workspace import DeriveSettings, Workspace

TODAY = date(2026, 11, 24)  # a Tuesday
STARTED = date(2026, 9, 1)
LONG_AGO = date(2025, 9, 1)


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as opened:
        for source, kind in (("shop", "jira"), ("plans", "project_file")):
            opened.declare_source(source, kind, kind, "1")
            opened.mark_source(source, good_at=instant(TODAY))
        yield opened


def instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def story(name: str, **values: Any) -> WorkItem:
    """A story in progress since 1 September, when its due date became a promise."""
    given = {"kind": "story", "state": "in_progress", "created_at": instant(STARTED), "owner_id": "ana"}
    return WorkItem(
        item_id=f"shop/{name}", source="shop", native_id=name, key=name, scope="CHK", schedule_id="shop/CHK",
        **{**given, **values},
    )  # fmt: skip


def done(name: str, due: date, finish: date, **values: Any) -> WorkItem:
    return story(name, due=due, state="done", actual_finish=finish, **values)


def finished(
    count: int, planned: int, actual: int, prefix: str = "D", began: date = LONG_AGO
) -> list[WorkItem]:
    """Stories promised for so many days that took so many."""
    due, finish = began + timedelta(days=planned), began + timedelta(days=actual)
    return [done(f"{prefix}{number}", due, finish, created_at=instant(began)) for number in range(count)]


def derived(
    store: Store,
    *items: WorkItem,
    today: date = TODAY,
    network: Mapping[str, date] | None = None,
    monkeypatch: pytest.MonkeyPatch | None = None,
    **settings: Any,
) -> dict[str, dict[str, Any]]:
    """Derive a portfolio that holds exactly these items; gives the view `item` by key."""
    records: list[AnyRecord] = [
        Schedule(schedule_id="shop/CHK", source="shop", scope="CHK", name="Checkout", kind="project"),
        *items,
        *(started(one) for one in items if one.state != "todo"),
    ]
    run = store.start_run("pull", instant(today))
    store.save_page("shop", "all", Page(records=records), run_id=run, now=instant(today))
    if network is not None and monkeypatch is not None:
        monkeypatch.setattr(derive_module, "STEPS", [*steps_with(network)])
    derive(store, DeriveSettings(timezone="Europe/Zurich", **settings), today=today, now=instant(today))
    return {row["key"]: row for row in store.rows("item")}


def steps_with(network: Mapping[str, date]) -> Iterator[Step]:
    """The steps of a derivation in which the network says when these items finish."""

    def say(work: Workspace, _store: Store) -> int:
        finish = np.array([network.get(one) for one in work.items.keys("item_id")], dtype="datetime64[D]")
        work.network = NetworkDates(np.full(len(finish), NO_DAY), finish, ~np.isnat(finish), [])
        return 0

    for step in derive_module.STEPS:
        if step.run is derive_forecasts:
            yield Step(say, (), ())
        yield step


def started(item: WorkItem) -> Change:
    """It left To Do when it was made."""
    return Change(
        source="shop",
        event_id=f"{item.key}-start",
        item_id=item.item_id,
        at=item.created_at or instant(STARTED),
        by="ana",
        field="state",
        before="todo",
        after="in_progress",
    )


def forecast(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("p50", "p80", "forecast_method", "forecast_references"))


# A hundred days planned: eight took 100, eight 110 and eight 120.
def history() -> list[WorkItem]:
    return [*finished(8, 100, 100), *finished(8, 100, 110, "E"), *finished(8, 100, 120, "F")]


def test_a_date_is_stretched_by_what_such_dates_turned_out_to_be(store: Store) -> None:
    found = derived(store, *history(), story("OPEN", due=date(2026, 12, 10)))["OPEN"]
    # From 1 September: P50 is 110 days, Sunday 20 December, so Monday; P80 is 120 days.
    assert forecast(found) == (
        date(2026, 12, 21), date(2026, 12, 30), "plan date × reference class", 24,
    )  # fmt: skip
    assert found["slip_pair"] == "commitment to forecast"


def test_only_what_took_longer_than_the_item_has_taken_so_far_counts(store: Store) -> None:
    open_story = story("OPEN", due=date(2026, 12, 10))
    portfolio = [*finished(30, 100, 80), *finished(20, 100, 120, "E")]
    # After 79 of 100 days all fifty speak; after 84 those that took 80 say nothing any more.
    early = derived(store, *portfolio, open_story, today=date(2026, 11, 19))["OPEN"]
    assert forecast(early)[::3] == (date(2026, 11, 20), 50)
    with open_store("sqlite://") as fresh:
        fresh.declare_source("shop", "jira", "jira", "1")
        late = derived(fresh, *portfolio, open_story)["OPEN"]
    assert forecast(late) == (date(2026, 12, 30), date(2026, 12, 30), "plan date × reference class", 20)


def test_nineteen_finished_stories_say_nothing_and_twenty_do(store: Store) -> None:
    open_story = story("OPEN", due=date(2026, 12, 10))
    few = derived(store, *finished(19, 100, 120), open_story)["OPEN"]
    assert forecast(few) == (date(2026, 12, 10), None, "plan date", 19)
    assert (few["slip_wd"], few["slip_pair"]) == (0, "commitment to current")
    with open_store("sqlite://") as fresh:
        fresh.declare_source("shop", "jira", "jira", "1")
        enough = derived(fresh, *finished(20, 100, 120), open_story)["OPEN"]
    assert forecast(enough) == (date(2026, 12, 30), date(2026, 12, 30), "plan date × reference class", 20)
    assert enough["slip_wd"] == 14


def test_what_was_planned_for_another_length_of_time_is_another_class(store: Store) -> None:
    soon = story("SOON", due=date(2026, 11, 30), created_at=instant(date(2026, 11, 1)))
    found = derived(store, *finished(20, 100, 120), soon)["SOON"]
    assert forecast(found) == (date(2026, 11, 30), None, "plan date", 0)


def test_work_that_nobody_promised_is_measured_from_when_it_was_made(store: Store) -> None:
    found = derived(store, *finished(20, 100, 120), story("OPEN", due=date(2026, 12, 10), state="todo"))[
        "OPEN"
    ]
    assert forecast(found)[:2] == (date(2026, 12, 30), date(2026, 12, 30))
    assert (found["commitment"], found["slip_wd"]) == (None, None)
    unknown = story("NEW", due=date(2026, 12, 10), state="todo", created_at=None)
    assert forecast(derived(store, unknown)["NEW"]) == (date(2026, 12, 10), None, "plan date", 0)


def test_work_past_its_date_is_stretched_like_any_other(store: Store) -> None:
    found = derived(store, *finished(24, 100, 150), story("LATE", due=date(2026, 11, 20)))["LATE"]
    # Eighty days, times 1.5, are 120.
    assert forecast(found) == (
        date(2026, 12, 30), date(2026, 12, 30), "past its date, reference class", 24,
    )  # fmt: skip


def test_where_too_few_were_planned_for_so_long_the_days_that_late_work_was_late_count(store: Store) -> None:
    # Planned for 30 days, not for 80: 24 stories were all done 20 days after their date.
    late = story("LATE", due=date(2026, 11, 20))
    found = derived(store, *finished(24, 30, 50), late)["LATE"]
    assert forecast(found) == (
        date(2026, 12, 10), date(2026, 12, 10), "past its date, reference class", 24,
    )  # fmt: skip


def test_work_later_than_nearly_all_that_finished_has_no_forecast_and_its_slip_is_to_the_date(
    store: Store,
) -> None:
    found = derived(store, *finished(24, 30, 32), story("LATE", due=date(2026, 11, 20)))["LATE"]
    assert forecast(found) == (None, None, None, None)
    assert (found["slip_wd"], found["slip_pair"]) == (0, "commitment to current")


def test_what_is_done_removed_or_a_risk_has_no_forecast(store: Store) -> None:
    found = derived(
        store,
        *finished(24, 30, 36),
        story("GONE", due=date(2027, 1, 1), state="removed"),
        story("RISK", due=date(2027, 1, 1), kind="risk"),
    )
    assert {forecast(found[key]) for key in ("D0", "GONE", "RISK")} == {(None, None, None, None)}


def test_a_network_says_its_own_date_until_twenty_of_its_forecasts_have_come_true(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_story = story("OPEN", due=date(2027, 1, 1), percent_complete=10.0)
    found = derived(store, open_story, network={"shop/OPEN": date(2027, 1, 13)}, monkeypatch=monkeypatch)[
        "OPEN"
    ]
    assert forecast(found) == (date(2027, 1, 13), None, "network", 0)
    assert (found["slip_wd"], found["slip_pair"]) == (8, "commitment to forecast")


def test_a_date_speaks_again_once_nothing_is_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_story = story("OPEN", due=date(2027, 1, 1), percent_complete=10.0)
    derived(store, open_story, network={"shop/OPEN": date(2027, 1, 13)}, monkeypatch=monkeypatch)
    tomorrow = TODAY + timedelta(days=1)
    found = derived(store, open_story, today=tomorrow, network={}, monkeypatch=monkeypatch)["OPEN"]
    assert forecast(found) == (date(2027, 1, 1), None, "plan date", 0)
    assert (found["slip_wd"], found["slip_pair"]) == (0, "commitment to current")


def test_a_network_learns_from_its_own_stored_forecasts_and_borrows_from_the_prior(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = LONG_AGO
    ended = finished(40, 30, 60)
    store.save_forecasts(
        made,
        {
            "item_id": [one.item_id for one in ended],
            "class": ["network, early"] * 40,
            "predicted": [made + timedelta(days=30)] * 40,
        },
    )
    open_story = story("OPEN", due=date(2027, 1, 1), percent_complete=10.0)
    network = {"shop/OPEN": TODAY + timedelta(days=100)}
    found = derived(store, *ended, open_story, network=network, monkeypatch=monkeypatch)["OPEN"]
    assert found["forecast_method"] == "network × reference class"
    assert found["forecast_references"] == 40
    # Forty cases of 2.0 outweigh thirty borrowed ones in the end: 200 days are 12 June 2027, a Saturday.
    assert found["p80"] == date(2027, 6, 14)
    assert found["p50"] <= found["p80"]


def test_work_without_a_date_is_forecast_by_what_its_team_finishes(store: Store) -> None:
    # Two stories a week, done on each Wednesday of the last 26 complete weeks.
    weeks = [date(2026, 11, 18) - timedelta(weeks=number) for number in range(26)]
    ended = [
        story(f"D{number}-{one}", state="done", actual_finish=day, team="Web")
        for number, day in enumerate(weeks)
        for one in "ab"
    ]
    backlog = [
        story("ONE", team="Web"),
        story("TWO", team="Web", state="todo", priority_rank=1),
        story("THREE", team="Web", state="todo", priority_rank=3),
        story("OTHER", team="App", state="todo"),
    ]
    found = derived(store, *ended, *backlog)
    # Half a week from Monday is Thursday afternoon; a whole one is the Monday after.
    assert forecast(found["ONE"]) == (date(2026, 11, 27), date(2026, 11, 27), "throughput", 52)
    assert forecast(found["TWO"]) == (date(2026, 11, 30), date(2026, 11, 30), "throughput", 52)
    assert forecast(found["THREE"]) == (date(2026, 12, 4), date(2026, 12, 4), "throughput", 52)
    assert forecast(found["OTHER"]) == (None, None, None, None)


def test_nineteen_finished_in_half_a_year_say_nothing_of_a_backlog(store: Store) -> None:
    ended = [
        story(f"D{number}", state="done", actual_finish=date(2026, 11, 18) - timedelta(weeks=number))
        for number in range(19)
    ]
    assert forecast(derived(store, *ended, story("OPEN", state="todo"))["OPEN"]) == (None, None, None, None)


def test_a_forecast_moves_with_its_date_and_the_one_of_last_week_is_told(store: Store) -> None:
    portfolio = finished(24, 100, 120)
    first = derived(store, *portfolio, story("OPEN", due=date(2027, 3, 1)))["OPEN"]
    assert first["p80"] == date(2027, 4, 7)  # 181 days, times 1.2, are 217.2
    for number in range(1, 8):
        later = derived(
            store, *portfolio, story("OPEN", due=date(2027, 3, 1)), today=TODAY + timedelta(days=number)
        )["OPEN"]
        assert forecast(later) == forecast(first)
        assert later["p80_last_week"] == (date(2027, 4, 7) if number == 7 else None)
    moved = story("OPEN", due=date(2027, 3, 2))
    found = derived(store, *portfolio, moved, today=TODAY + timedelta(days=8))["OPEN"]
    assert (found["p80"], found["p80_last_week"]) == (date(2027, 4, 8), date(2027, 4, 7))


def test_four_working_days_stand_and_five_move(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, finish, shown in (
        (0, date(2027, 1, 13), date(2027, 1, 13)),
        (1, date(2027, 1, 19), date(2027, 1, 13)),
        (2, date(2027, 1, 20), date(2027, 1, 20)),
        (3, date(2027, 1, 14), date(2027, 1, 20)),
        (4, date(2027, 1, 13), date(2027, 1, 13)),
    ):
        with monkeypatch.context() as patch:
            found = derived(
                store,
                story("OPEN", due=date(2027, 1, 1)),
                today=TODAY + timedelta(days=day),
                network={"shop/OPEN": finish},
                monkeypatch=patch,
            )["OPEN"]
        assert found["p50"] == shown, day


def test_the_step_is_that_of_the_configuration(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, finish in ((0, date(2027, 1, 13)), (1, date(2027, 1, 15))):
        with monkeypatch.context() as patch:
            found = derived(
                store,
                story("OPEN", due=date(2027, 1, 1)),
                today=TODAY + timedelta(days=day),
                network={"shop/OPEN": finish},
                monkeypatch=patch,
                forecast_step_wd=2,
            )["OPEN"]
        assert found["p50"] == finish


def test_an_item_that_only_grows_later_does_not_look_punctual_again(store: Store) -> None:
    # On the day after its date 24 stories had been that late; three weeks on, none had.
    portfolio = finished(24, 30, 50)
    late = story("LATE", due=date(2026, 11, 20))
    first = derived(store, *portfolio, late)["LATE"]
    assert first["slip_wd"] == 14
    later = derived(store, *portfolio, late, today=date(2026, 12, 14))["LATE"]
    assert forecast(later) == forecast(first)
    assert later["slip_wd"] == 14


def test_a_second_run_on_one_day_says_and_stores_the_same(store: Store) -> None:
    portfolio = [*history(), story("OPEN", due=date(2026, 12, 10)), story("NEXT", due=date(2026, 12, 17))]
    columns = ("item_id", "as_of", "class", "p50", "p80", "late_chance", "forecast_references")
    first = derived(store, *portfolio)
    rows = store.read("engine_forecast", columns)
    assert derived(store, *portfolio) == first
    assert store.read("engine_forecast", columns) == rows
    assert rows["item_id"] == ["shop/NEXT", "shop/OPEN"]
    with open_store("sqlite://") as fresh:
        fresh.declare_source("shop", "jira", "jira", "1")
        fresh.mark_source("shop", good_at=instant(TODAY))
        assert derived(fresh, *portfolio[::-1]) == first
        assert fresh.read("engine_forecast", columns) == rows


def test_only_what_changed_is_remembered(store: Store) -> None:
    portfolio = [*history(), story("OPEN", due=date(2026, 12, 10))]
    for number in range(4):
        derived(store, *portfolio, today=TODAY + timedelta(days=number))
    assert store.read("engine_forecast", ("as_of",))["as_of"] == [TODAY]
    derived(store, *portfolio[:-1], story("OPEN", due=date(2026, 12, 11)), today=TODAY + timedelta(days=4))
    assert store.read("engine_forecast", ("as_of",))["as_of"] == [TODAY, TODAY + timedelta(days=4)]


def test_a_forecast_is_scored_when_its_item_is_done(store: Store) -> None:
    portfolio, due = finished(20, 100, 120), date(2026, 12, 10)
    derived(store, *portfolio, story("ON-TIME", due=due), story("LATE", due=due))
    assert list(store.rows("calibration")) == []
    # Both had P50 and P80 on Wednesday 30 December. One is done the day before, the other on 12 January.
    derived(
        store,
        *portfolio,
        done("ON-TIME", due, date(2026, 12, 29)),
        done("LATE", due, date(2027, 1, 12)),
        today=date(2027, 1, 25),
    )
    (found,) = store.rows("calibration")
    assert (found["class"], found["n"]) == ("date, 60 days or more", 2)
    assert (found["p50_coverage"], found["p80_coverage"]) == (0.5, 0.5)
    # One working day early costs 0.2, nine late cost 0.8 each: (0.2 + 7.2) / 2.
    assert found["pinball"] == 3.7
    # 20 of 20 such promises were missed, so both were all but sure to be; and both were.
    assert found["brier"] == 0.0


def test_a_forecast_without_p80_is_not_scored(store: Store) -> None:
    derived(store, story("OPEN", due=date(2027, 1, 1)))
    derived(store, done("OPEN", date(2027, 1, 1), date(2027, 1, 8)), today=date(2027, 1, 25))
    assert list(store.rows("calibration")) == []


def test_the_chance_of_lateness_is_remembered_with_the_forecast(store: Store) -> None:
    kept = [done(f"K{one}", date(2026, 10, 1), date(2026, 9, 25), owner_id=None) for one in range(15)]
    missed = [done(f"M{one}", date(2026, 10, 1), date(2026, 10, 9), owner_id=None) for one in range(5)]
    derived(store, *kept, *missed, story("OPEN", due=date(2026, 12, 24), owner_id=None))
    found = store.read("engine_forecast", ("item_id", "late_chance"))
    assert dict(zip(*found.values(), strict=True)) == {"shop/OPEN": 0.25}  # five of twenty were missed


def test_nineteen_promises_say_nothing_of_the_chance_of_lateness(store: Store) -> None:
    derived(store, *finished(19, 30, 50), story("OPEN", due=date(2026, 12, 24)))
    assert store.read("engine_forecast", ("late_chance",))["late_chance"] == [None]


def test_a_passed_date_will_be_missed_for_certain(store: Store) -> None:
    derived(store, *finished(24, 30, 50), story("LATE", due=date(2026, 11, 20)))
    assert store.read("engine_forecast", ("item_id", "class", "late_chance")) == {
        "item_id": ["shop/LATE"],
        "class": ["date, 60 days or more"],
        "late_chance": [1.0],
    }


def test_a_forecast_reaches_those_who_wait_for_it(store: Store) -> None:
    from portfolio.records import Dependency

    items = [
        *finished(20, 100, 120),
        story("OPEN", due=date(2026, 12, 10)),
        story("NEXT", start=date(2026, 12, 29), due=date(2027, 2, 1)),
    ]
    link = Dependency(
        dependency_id="1", source="shop", predecessor_id="shop/OPEN", successor_id="shop/NEXT", type="FS"
    )
    run = store.start_run("pull", instant(TODAY))
    store.save_page("shop", "links", Page(records=[link]), run_id=run, now=instant(TODAY))
    derived(store, *items)
    (found,) = store.rows("dependency")
    assert (found["predecessor_finish"], found["predecessor_due"]) == (date(2026, 12, 30), date(2026, 12, 10))
    assert found["overlap_wd"] == 2


def test_a_date_far_beyond_the_calendar_is_unknown(store: Store) -> None:
    portfolio = finished(24, 100, 1000, began=date(2016, 1, 4))
    found = derived(
        store, *portfolio, story("OPEN", due=date(2026, 12, 10)), story("FAR", due=date(2060, 6, 1))
    )
    assert forecast(found["OPEN"])[:2] == (date(2029, 5, 28), date(2029, 5, 28))
    assert forecast(found["FAR"]) == (None, None, None, None)


def test_days_off_move_no_forecast(store: Store) -> None:
    # On Friday 27 November 83 of 96 days have passed: those that took 88 of 100 still speak. On Sunday, with
    # 85, they would not, and on Monday they do not.
    portfolio = [*finished(30, 100, 88), *finished(20, 100, 120, "E")]
    open_story = story("OPEN", due=date(2026, 12, 10), created_at=instant(date(2026, 9, 5)))
    friday = derived(store, *portfolio, open_story, today=date(2026, 11, 27))["OPEN"]
    assert friday["forecast_references"] == 50
    for day in (28, 29):
        with open_store("sqlite://") as fresh:
            fresh.declare_source("shop", "jira", "jira", "1")
            found = derived(fresh, *portfolio, open_story, today=date(2026, 11, day))["OPEN"]
        assert forecast(found) == forecast(friday)
    with open_store("sqlite://") as fresh:
        fresh.declare_source("shop", "jira", "jira", "1")
        monday = derived(fresh, *portfolio, open_story, today=date(2026, 11, 30))["OPEN"]
    assert monday["forecast_references"] == 20


def test_a_p80_later_than_the_commitment_turns_health_amber_and_stands_in_the_project(store: Store) -> None:
    tree = [TreeNode("checkout", "project", None, "Checkout", None, ["shop:CHK"])]
    portfolio = [*finished(16, 100, 100), *finished(8, 100, 120, "E")]
    found = derived(store, *portfolio, story("OPEN", due=date(2026, 12, 10)), tree=tree)["OPEN"]
    assert (found["p50"], found["p80"], found["slip_wd"]) == (date(2026, 12, 10), date(2026, 12, 30), 0)
    rollup(store, tree, calendar=work_calendar())
    (row,) = store.rows("item", where={"key": "OPEN"})
    assert row["health"] == "amber"
    assert row["health_reason"] == "its 80 % forecast is 14 working days after the commitment"
    (project,) = store.rows("project")
    assert (project["p50"], project["p80"]) == (date(2026, 12, 10), date(2026, 12, 30))
