"""What was promised, how often it was pushed, and by how much it slips."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from schedule.calendars import work_calendar
from schedule.commitment import DateChange, Promise, inherited_dates, promise_of
from schedule.effective_due import effective_due, slip

WEEK = work_calendar()
TODAY = date(2026, 11, 24)
COMMITTED = datetime(2026, 6, 1, 9, tzinfo=UTC)


def changed(month: int, day: int, before: date | None, after: date | None) -> DateChange:
    return DateChange(datetime(2026, month, day, 12, tzinfo=UTC), before, after)


def promised(due: date | None, *changes: DateChange, at: datetime | None = COMMITTED) -> Promise:
    return promise_of(due, changes, at, calendar=WEEK, today=TODAY)


def test_what_is_not_committed_has_promised_nothing() -> None:
    assert promised(date(2026, 7, 1), at=None) == Promise(None, None, 0, 0, 0, 0)


def test_the_due_date_that_never_changed_is_the_promise() -> None:
    assert promised(date(2026, 7, 1)) == Promise(date(2026, 7, 1), COMMITTED, 0, 0, 0, 0)


def test_edits_before_the_commitment_are_planning() -> None:
    change = changed(5, 20, date(2026, 7, 1), date(2026, 7, 31))
    assert promised(date(2026, 7, 31), change) == Promise(date(2026, 7, 31), COMMITTED, 0, 0, 0, 0)


def test_a_later_date_after_settling_is_a_push_and_keeps_the_first_promise() -> None:
    change = changed(8, 3, date(2026, 7, 31), date(2026, 8, 14))
    promise = promised(date(2026, 8, 14), change)
    assert promise == Promise(date(2026, 7, 31), COMMITTED, 1, 0, 0, 10)  # ten working days, over 90 days ago


@pytest.mark.parametrize(("hour", "first", "pushes"), [(9, date(2026, 7, 8), 0), (10, date(2026, 7, 1), 1)])
def test_an_edit_within_five_days_corrects_and_one_just_after_pushes(
    hour: int, first: date, pushes: int
) -> None:
    edit = DateChange(datetime(2026, 6, 6, hour, tzinfo=UTC), date(2026, 7, 1), date(2026, 7, 8))
    promise = promised(date(2026, 7, 8), edit)
    assert (promise.first, promise.push_count) == (first, pushes)


def test_the_first_date_set_after_the_commitment_is_the_promise() -> None:
    first = changed(6, 20, None, date(2026, 7, 31))
    promise = promised(date(2026, 7, 31), first)
    assert promise.first == date(2026, 7, 31)
    assert promise.committed_at == datetime(2026, 6, 20, 12, tzinfo=UTC)
    assert promise.push_count == 0


def test_pushes_and_pulls_are_counted_apart_and_only_recent_pushes_are_recent() -> None:
    promise = promised(
        date(2026, 12, 4),
        changed(7, 1, date(2026, 7, 31), date(2026, 8, 7)),  # push of 5 working days
        changed(8, 1, date(2026, 8, 7), date(2026, 8, 5)),  # pull
        changed(11, 2, date(2026, 8, 5), date(2026, 12, 4)),  # push of 87, within 90 days
    )
    assert (promise.push_count, promise.push_count_90d, promise.pull_count) == (2, 1, 1)
    assert promise.pushed_wd == 5 + 87


def test_clearing_a_date_is_no_push_and_setting_it_later_again_is_one() -> None:
    promise = promised(
        date(2026, 9, 1), changed(7, 1, date(2026, 7, 31), None), changed(8, 1, None, date(2026, 9, 1))
    )
    assert (promise.first, promise.push_count) == (date(2026, 7, 31), 1)


DAY = [date(2026, 1, day) for day in range(1, 6)]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (DAY, (DAY[0], "own")),
        ([None, *DAY[1:]], (DAY[1], "iteration")),
        ([None, None, *DAY[2:]], (DAY[2], "release")),
        ([None, None, None, *DAY[3:]], (DAY[3], "parent")),
        ([None, None, None, None, DAY[4]], (DAY[4], "schedule")),
        ([None] * 5, (None, None)),
    ],
)
def test_the_effective_due_date_is_the_first_known_one_and_says_which(
    dates: list[date | None], expected: tuple[date | None, str | None]
) -> None:
    assert effective_due(*dates) == expected


def test_the_slip_names_its_pair() -> None:
    first, second, third, fourth = DAY[:4]
    assert slip(first, second, third, fourth) == (first, third, "commitment to forecast")
    assert slip(first, second, None, fourth) == (first, fourth, "commitment to current")
    assert slip(None, second, None, fourth) == (second, fourth, "baseline to current")
    assert slip(None, None, third, fourth) is None
    assert slip(first, second, None, None) is None


def test_a_push_counts_as_recent_by_its_day_in_the_portfolios_zone() -> None:
    # 25 August 22:30 in UTC is 26 August in Zurich, 90 days before 24 November, and 25 August in New York.
    edit = DateChange(datetime(2026, 8, 25, 22, 30, tzinfo=UTC), date(2026, 7, 31), date(2026, 8, 31))
    west, east = ZoneInfo("America/New_York"), ZoneInfo("Europe/Zurich")

    def recent(zone: ZoneInfo) -> int:
        return promise_of(
            date(2026, 8, 31), [edit], COMMITTED, calendar=WEEK, today=TODAY, zone=zone
        ).push_count_90d

    assert (recent(east), recent(west)) == (1, 0)


def test_a_push_that_is_part_of_a_bulk_move_counts_and_can_be_told_apart() -> None:
    single = changed(7, 1, date(2026, 7, 31), date(2026, 8, 7))
    bulk = replace(changed(8, 1, date(2026, 8, 7), date(2026, 8, 14)), in_replan=True)
    promise = promised(date(2026, 8, 14), single, bulk)
    assert (promise.push_count, promise.replan_count) == (2, 1)


SPRINT, RELEASE = "iteration:s1", "release:r1"
BORN = datetime(2026, 5, 4, 8, tzinfo=UTC)


def seen(month: int, day: int, before: date | None, after: date | None) -> DateChange:
    return DateChange(datetime(2026, month, day, 6, tzinfo=UTC), before, after, is_inherited=True)


def test_a_moved_release_pushes_what_is_inside_and_is_counted_apart() -> None:
    moves = {RELEASE: [seen(8, 3, date(2026, 7, 31), date(2026, 8, 14))]}
    due, changes = inherited_dates([(BORN, "release", RELEASE)], moves, {RELEASE: date(2026, 8, 14)})
    assert due == date(2026, 8, 14)
    promise = promised(due, *changes)
    assert (promise.first, promise.source) == (date(2026, 7, 31), "release")
    assert (promise.push_count, promise.inherited_push_count, promise.pushed_wd) == (0, 1, 0)


def test_a_release_that_moved_before_the_item_was_in_it_or_after_it_left_did_not_push_it() -> None:
    moves = {RELEASE: [seen(7, 1, date(2026, 7, 31), date(2026, 8, 14))]}
    dates = {RELEASE: date(2026, 8, 14)}
    joined = datetime(2026, 7, 2, 8, tzinfo=UTC)
    left = datetime(2026, 6, 20, 8, tzinfo=UTC)
    for memberships in (
        [(BORN, "release", None), (joined, "release", RELEASE)],
        [(BORN, "release", RELEASE), (left, "release", None)],
    ):
        due, changes = inherited_dates(memberships, moves, dates)
        assert promised(due, *changes).inherited_push_count == 0


def test_an_item_that_is_moved_to_a_later_iteration_was_pushed_itself() -> None:
    memberships = [
        (BORN, "iteration", SPRINT),
        (datetime(2026, 7, 2, 8, tzinfo=UTC), "iteration", "iteration:s2"),
    ]
    dates = {SPRINT: date(2026, 6, 26), "iteration:s2": date(2026, 7, 10)}
    due, changes = inherited_dates(memberships, {}, dates)
    promise = promised(due, *changes)
    assert (promise.first, promise.source) == (date(2026, 6, 26), "iteration")
    assert (promise.push_count, promise.inherited_push_count, promise.pushed_wd) == (1, 0, 10)


def test_the_iteration_comes_before_the_release_and_one_without_an_end_does_not() -> None:
    memberships = [(BORN, "release", RELEASE), (BORN, "iteration", SPRINT)]
    both = {RELEASE: date(2026, 8, 14), SPRINT: date(2026, 6, 26)}
    assert inherited_dates(memberships, {}, both)[0] == date(2026, 6, 26)
    assert inherited_dates(memberships, {}, {**both, SPRINT: None})[0] == date(2026, 8, 14)
    assert inherited_dates([], {}, both) == (None, [])


def test_a_correction_of_a_release_within_the_settling_days_pushes_nothing() -> None:
    moves = [
        seen(8, 3, date(2026, 7, 31), date(2026, 8, 14)),
        seen(8, 6, date(2026, 8, 14), date(2026, 7, 31)),
    ]
    due, changes = inherited_dates(
        [(BORN, "release", RELEASE)], {RELEASE: moves}, {RELEASE: date(2026, 7, 31)}
    )
    promise = promised(due, *changes)
    assert promise.inherited_push_count == 0
    assert promise.pull_count == 0
