"""Milestone trends from stored records: replayed where a tracker tells, kept where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from plan_world import TODAY, a_store, derive_on, issue, moved, only, save, task

from portfolio.records import Iteration
from store import Store

WEEK = timedelta(days=7)
SINCE = date(2026, 1, 1)


@pytest.fixture
def store() -> Iterator[Store]:
    with a_store() as opened:
        yield opened


def trend(store: Store, key: str) -> tuple[Any, ...]:
    row = only(store, "milestone", key=key)
    return row["slope"], row["sign_changes"], row["snapshots"], row["projected_finish"]


def snapshots(store: Store, key: str, until: date = TODAY) -> list[tuple[date, date | None]]:
    kept = store.date_snapshots(SINCE, until)
    rows = zip(kept["item_id"], kept["day"], kept["finish"], strict=True)
    return [(day, finish) for item, day, finish in rows if item.endswith(f"/{key}")]


def test_the_first_run_shows_a_trend_because_the_timeline_is_replayed(store: Store) -> None:
    # Reports on 20 and 27 October, 3, 10, 17 and 24 November; the date slides a week from each to the next.
    due = [date(2026, 12, 1) + WEEK * one for one in range(6)]
    edits = [
        moved("M-1", due[one], due[one + 1], datetime(2026, 10, 24, 9, tzinfo=UTC) + WEEK * one)
        for one in range(5)
    ]
    save(store, issue("M-1", kind="milestone", is_milestone=True, due=due[5]), *edits)
    derive_on(store)
    # From 1 September, where it began, to 24 November are 13 report days.
    assert trend(store, "M-1") == (1.0, 0, 13, None)
    assert snapshots(store, "M-1") == [
        (date(2026, 9, 1), due[0]),
        (date(2026, 10, 24), due[1]),
        (date(2026, 10, 31), due[2]),
        (date(2026, 11, 7), due[3]),
        (date(2026, 11, 14), due[4]),
        (date(2026, 11, 21), due[5]),
        (date(2026, 11, 24), due[5]),
    ]


def test_what_was_said_long_ago_is_seen_by_the_second_run_as_by_the_first(store: Store) -> None:
    due = date(2027, 1, 12)
    created = datetime(2025, 3, 3, 8, tzinfo=UTC)
    save(store, issue("M-1", kind="milestone", is_milestone=True, due=due, created_at=created))
    derive_on(store)
    assert trend(store, "M-1") == (0.0, 0, 26, due)
    assert derive_on(store, full=True).changed == 0
    derive_on(store, TODAY + WEEK)
    assert trend(store, "M-1") == (0.0, 0, 26, due)


def test_a_date_that_nobody_moved_stands_still(store: Store) -> None:
    due = date(2027, 1, 12)
    save(store, issue("M-1", kind="milestone", is_milestone=True, due=due))
    derive_on(store)
    assert trend(store, "M-1") == (0.0, 0, 13, due)


def test_several_edits_of_one_day_are_one_and_an_edit_counts_by_its_day_in_the_portfolios_zone(
    store: Store,
) -> None:
    first, second, third = date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15)
    save(
        store,
        issue("M-1", kind="milestone", is_milestone=True, due=third),
        moved("M-1", first, second, datetime(2026, 11, 9, 22, 30, tzinfo=UTC)),
        moved("M-1", second, third, datetime(2026, 11, 9, 23, 30, tzinfo=UTC)),  # the 10th in Zurich
    )
    derive_on(store)
    assert snapshots(store, "M-1") == [
        (date(2026, 9, 1), first),
        (date(2026, 11, 9), second),
        (date(2026, 11, 10), third),
        (TODAY, third),
    ]


def test_a_plan_has_a_trend_once_enough_runs_have_seen_it(store: Store) -> None:
    days = [TODAY - WEEK * back for back in (3, 2, 1, 0)]
    for number, day in enumerate(days):
        due = date(2027, 1, 5) + timedelta(days=7 * number)
        save(store, task(1, kind="milestone", is_milestone=True, due=due))
        derive_on(store, day)
        expected = 1.0 if number == 3 else None
        assert trend(store, "plan#1")[0] == expected
    assert trend(store, "plan#1") == (1.0, 0, 4, None)


def test_a_snapshot_is_kept_when_the_date_changed_or_a_week_has_passed(store: Store) -> None:
    def run(day: date, due: date) -> int:
        save(store, task(1, kind="milestone", is_milestone=True, due=due))
        derive_on(store, day)
        return len(snapshots(store, "1", day))

    start, due = date(2026, 11, 2), date(2027, 1, 5)
    assert run(start, due) == 1
    assert run(start, due) == 1
    assert run(start + timedelta(days=6), due) == 1
    assert run(start + timedelta(days=7), due) == 2
    assert run(start + timedelta(days=8), due + WEEK) == 3
    assert run(start + timedelta(days=8), due) == 3  # changed back within the day
    assert snapshots(store, "1")[-1] == (start + timedelta(days=8), due)


def test_a_run_that_is_set_back_keeps_nothing_and_a_source_that_failed_says_nothing_new(
    store: Store,
) -> None:
    save(store, task(1, kind="milestone", is_milestone=True, due=date(2027, 1, 5)))
    derive_on(store, TODAY)
    derive_on(store, TODAY - WEEK, is_read=False)
    assert snapshots(store, "1") == [(TODAY, date(2027, 1, 5))]
    assert trend(store, "plan#1") == (None, 0, 1, None)  # known of that day is what that run itself saw
    later = TODAY + WEEK
    store.mark_source("plans", error="the folder is gone")
    derive_on(store, later, is_read=False)
    assert snapshots(store, "1", later) == [(TODAY, date(2027, 1, 5))]


def test_done_and_removed_milestones_have_no_trend_and_undated_ones_an_unknown_one(store: Store) -> None:
    milestone = {"kind": "milestone", "is_milestone": True}
    save(
        store,
        task(1, **milestone, state="done", due=TODAY),
        task(2, **milestone, state="removed", due=TODAY),
        issue("M-3", **milestone),
        task(4, due=TODAY),
    )
    derive_on(store)
    assert [row["key"] for row in store.rows("milestone")] == ["M-3"]
    assert trend(store, "M-3") == (None, None, 0, None)


def test_a_date_from_an_iteration_has_no_history_of_the_items_own(store: Store) -> None:
    save(
        store,
        Iteration(iteration_id="s1", source="shop", name="Sprint 1", end=date(2026, 12, 4)),
        issue("M-1", kind="milestone", is_milestone=True, iteration_id="s1"),
    )
    derive_on(store)
    assert snapshots(store, "M-1") == [(TODAY, date(2026, 12, 4))]
    assert trend(store, "M-1") == (None, 0, 1, None)


def test_the_trend_of_a_milestone_that_vanished_goes_with_it(store: Store) -> None:
    save(store, issue("M-1", kind="milestone", is_milestone=True, due=date(2027, 1, 12)))
    derive_on(store)
    store.tombstone("shop", {"shop/M-1": "deleted"}, datetime(2026, 11, 24, 10, tzinfo=UTC))
    derive_on(store)
    assert list(store.rows("milestone")) == []
    assert len(snapshots(store, "M-1")) == 2  # what was said stays, until the item is forgotten
    assert store.forget_gone("shop", datetime(2026, 11, 25, tzinfo=UTC)) == 1
    assert snapshots(store, "M-1") == []
