"""Spells of histories, and what they say of teams, iterations and loads; every expected value by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from schedule.calendars import work_calendar
from schedule.flow import (
    LONGEST_DAYS,
    Iterations,
    finished_by_week,
    low_throughput,
    paces,
    recent_throughput,
    times,
    usual_days,
    usual_wip,
    working_weeks,
)
from schedule.loads import hours_at_work, load, share_ahead
from schedule.spells import ALWAYS, NEVER, Spells, inside, last_work_spells, spells

PLAIN = work_calendar()
NAN = float("nan")
TODO, WORK, DONE = range(3)


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def days(*values: str) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array(values, dtype="datetime64[D]")


def as_rows(found: Spells) -> list[tuple[int, ...]]:
    return list(
        zip(*(one.tolist() for one in (found.row, found.value, found.since, found.until)), strict=True)
    )


def test_a_history_is_told_as_spells_and_what_stands_now_ends_it() -> None:
    found = spells(
        ints(0, 0, 2, 2),
        ints(10, 20, 5, 6),
        ints(TODO, WORK, TODO, WORK),
        ints(WORK, DONE, WORK, WORK),
        born=ints(1, ALWAYS, 2),
        now=ints(DONE, WORK, DONE),
    )
    assert as_rows(found) == [
        (0, TODO, 1, 10),
        (0, WORK, 10, 20),
        (0, DONE, 20, NEVER),
        # Without entries it was always so.
        (1, WORK, ALWAYS, NEVER),
        # Its last entry says that it is under way, its tracker that it is done.
        (2, TODO, 2, 5),
        (2, WORK, 5, 6),
        (2, DONE, 6, NEVER),
    ]
    assert as_rows(found.take(found.standing_at(10))) == [
        (0, WORK, 10, 20),
        (1, WORK, ALWAYS, NEVER),
        (2, DONE, 6, NEVER),
    ]
    assert found.standing_at(20).tolist() == [False, False, True, True, False, False, True]


def test_entries_that_change_nothing_split_no_spell() -> None:
    found = spells(ints(0, 0), ints(3, 7), ints(WORK, WORK), ints(WORK, DONE), born=ints(1), now=ints(DONE))
    assert as_rows(found) == [(0, WORK, 1, 7), (0, DONE, 7, NEVER)]
    nothing = ints()
    assert as_rows(spells(nothing, nothing, nothing, nothing, born=nothing, now=nothing)) == []


def test_only_work_that_went_straight_to_done_is_timed_and_only_the_last_time() -> None:
    found = Spells(
        ints(0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4),
        ints(WORK, DONE, WORK, DONE, TODO, DONE, WORK, TODO, TODO, WORK, DONE),
        ints(1, 2, 5, 9, 1, 2, 1, 2, 1, 2, 1),
        ints(2, 5, 9, NEVER, 2, NEVER, 2, NEVER, 2, NEVER, NEVER),
    )
    assert last_work_spells(found, WORK, DONE).tolist() == [2]


@pytest.mark.parametrize(
    ("before", "after", "first", "expected"),
    [
        # One entry tells the move.
        ([-1, 1], [1, 2], -1, [1, 2]),
        # What comes and what goes is told one at a time, in either order.
        ([1, -1], [-1, 2], 1, [-1, 2]),
        ([-1, 1], [2, -1], 1, [2, 2]),
        # Into the first place, out of it, out of it again, and back.
        ([-1, 1, 1, -1], [1, -1, -1, 1], -1, [1, -1, -1, 1]),
        # Out of where it never was.
        ([7], [-1], 3, [3]),
        ([3, 3], [-1, -1], 3, [-1, -1]),
    ],
)
def test_where_coming_and_going_leaves_a_history(
    before: list[int], after: list[int], first: int, expected: list[int]
) -> None:
    # A second history, which has nothing to do with it.
    row = ints(*[0] * len(before), 1, 1)
    found = inside(
        row, ints(*before, -1, 4), ints(*after, 4, -1), ints(*[first] * len(before), -1, -1)
    ).tolist()
    assert found == [*expected, 4, -1]


def test_the_week_of_christmas_is_left_out_and_that_of_a_holiday_is_not() -> None:
    holidays = [date(2026, 12, day) for day in (23, 24, 25)] + [date(2027, 1, 1)]
    calendar = work_calendar(days_off=holidays)
    # Monday to Wednesday of that week are worked: 2 of 5 days; four of five in that of New Year.
    assert working_weeks(calendar, date(2027, 1, 6), 3).tolist() == [
        date(2026, 12, 7), date(2026, 12, 14), date(2026, 12, 28),
    ]  # fmt: skip
    assert working_weeks(PLAIN, date(2026, 12, 28), 2).tolist() == [date(2026, 12, 14), date(2026, 12, 21)]
    assert working_weeks(PLAIN, date(1980, 1, 1), 2).tolist() == []


def test_what_is_finished_counts_in_its_week_and_in_no_other() -> None:
    mondays = days("2026-11-02", "2026-11-16")
    finish = days("2026-11-01", "2026-11-02", "2026-11-08", "2026-11-09", "2026-11-22", "2026-11-23")
    found = finished_by_week(ints(0, 0, 1, 0, 1, 1), finish, 3, mondays)
    assert found.tolist() == [[1, 0], [1, 1], [0, 0]]
    assert finished_by_week(ints(0), finish[:1], 2, days()).shape == (2, 0)


def test_throughput_is_compared_with_nine_of_ten_earlier_periods() -> None:
    weekly = np.full((5, 30), 2.0)
    weekly[0, -4:] = (1, 0, 2, 1)
    weekly[1, 3] = 0.0  # one of 23 periods of four weeks in each place of it: 4 of 23 are 6, the others 8
    weekly[2, :13] = NAN
    weekly[3, :14] = NAN
    weekly[4] = 0.5
    assert recent_throughput(weekly).tolist() == [4.0, 8.0, 8.0, 8.0, 2.0]
    np.testing.assert_array_equal(low_throughput(weekly), [8.0, 6.0, 8.0, NAN, NAN])
    np.testing.assert_array_equal(recent_throughput(weekly[:1, :3]), [NAN])


def test_one_bad_month_in_ten_is_ordinary_and_one_in_twenty_is_not() -> None:
    weekly = np.full((1, 30), 5.0)
    weekly[0, 0] = 0.0  # in the first of 23 periods only
    assert low_throughput(weekly).tolist() == [20.0]
    weekly[0, 1] = 0.0  # 10, 15 and twenty-one times 20: the tenth part of 22 steps is the second
    assert low_throughput(weekly).tolist() == [20.0]
    weekly[0, 2] = 0.0  # 5, 10, 15: the third is the lowest that nine of ten reach
    assert low_throughput(weekly).tolist() == [15.0]


def test_usual_wip_is_the_median_of_the_ends_of_eight_weeks() -> None:
    ends = ints(*range(10, 90, 10))
    group = ints(0, 0, 0, 1)
    since, until = ints(5, 45, 75, 15), ints(NEVER, 80, NEVER, NEVER)
    # 1 1 1 1 2 2 2 2: what ends at the instant is not under way any more, what begins there is.
    np.testing.assert_array_equal(usual_wip(group, since, until, 3, ends), [1.5, NAN, NAN])
    np.testing.assert_array_equal(usual_wip(group, since, until, 2, ends[:7]), [NAN, NAN])
    np.testing.assert_array_equal(usual_wip(ints(), ints(), ints(), 1, ends), [NAN])


def test_what_is_still_open_makes_usual_times_longer() -> None:
    took = ints(*[2] * 10, *[4] * 10)
    alone = times(took, np.zeros(20, dtype=bool), np.zeros(20, dtype=np.int64), 1)
    none = ints(-1)
    assert (alone.total.tolist(), alone.ended.tolist()) == ([20.0], [20])
    # 0.85 of 21 is more than the ten of two days.
    assert usual_days(alone, alone, none).tolist() == [4]
    with_open = times(
        np.append(took, [3, 3, 3, 3]), np.array([False] * 20 + [True] * 4), np.zeros(24, dtype=np.int64), 1
    )
    # Of 24 ten took two days, and what was at least three is shared out over the ten of four: 14.
    assert with_open.weight[0, [2, 3, 4]].tolist() == pytest.approx([10.0, 0.0, 14.0])
    assert usual_days(with_open, with_open, none).tolist() == [4]
    # As many that are older than all others: nobody knows when 85 of 100 are done.
    old = times(
        np.append(took, [9] * 4), np.array([False] * 20 + [True] * 4), np.zeros(24, dtype=np.int64), 1
    )
    assert usual_days(old, old, none).tolist() == [-1]


def test_a_small_team_borrows_from_its_kind_and_a_small_kind_says_nothing() -> None:
    # A kind of 100 that take ten days; a team of it with 60 that take one, one with 2, and a kind of 19.
    took = ints(*[10] * 100, *[1] * 60, *[1] * 2, *[5] * 19)
    none = np.zeros(len(took), dtype=bool)
    kinds = times(took, none, ints(*[0] * 162, *[1] * 19), 2)
    teams = times(took, none, ints(*[0] * 100, *[1] * 60, *[2] * 2, *[3] * 19), 4)
    # Of team 1: 60 own and 30 × 62 / 162 = 11.5 of 90 take a day; 0.85 × 91 = 77.35.
    assert usual_days(teams, kinds, ints(0, 0, 0, 1)).tolist() == [10, 10, 10, -1]
    assert usual_days(kinds, kinds, ints(-1, -1)).tolist() == [10, -1]
    more = times(ints(*[1] * 400), np.zeros(400, dtype=bool), np.zeros(400, dtype=np.int64), 1)
    assert usual_days(more, kinds, ints(0)).tolist() == [1]
    ages = times(ints(*[LONGEST_DAYS + 5] * 30), np.zeros(30, dtype=bool), np.zeros(30, dtype=np.int64), 1)
    assert usual_days(ages, ages, ints(-1)).tolist() == [-1]


def iterations(done: list[float], **changes: list[object]) -> Iterations:
    """Two-week iterations one after the other, of one team; the last is not over."""
    count = len(done)
    start = np.datetime64("2026-01-05", "D") + 14 * np.arange(count)
    values = {
        "team": ints(*[0] * count), "start": start, "end": start + 11,
        "is_over": np.arange(count) < count - 1,
        "committed": np.full(count, 10.0), "kept": np.array(done) - 1, "done": np.array(done),
    }  # fmt: skip
    for name, (place, value) in changes.items():
        values[name][place] = value
    return Iterations(**values)


def test_an_iteration_is_compared_with_those_before_it() -> None:
    high, share = paces(iterations([5, 6, 7, 8, 9, 0]))
    # The fifth of five is what 85 of 100 do not exceed.
    np.testing.assert_array_equal(high, [NAN, NAN, NAN, NAN, NAN, 9])
    # Of thirty 15, 18 and 21.
    np.testing.assert_array_equal(share, [NAN, NAN, NAN, 0.5, 0.6, 0.7])


def test_only_thirteen_iterations_back_count() -> None:
    # Twelve of 5 and one of 9 before it: 0.85 of twelve steps up is the eleventh.
    assert paces(iterations([99, 9, *[5] * 12, 0]))[0][-1] == 5
    assert paces(iterations([99, 9, *[5] * 9, 6, 7, 8, 0]))[0][-1] == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"team": [1, -1]},
        {"team": [1, 1]},
        {"start": [1, np.datetime64("NaT")]},
        {"end": [1, np.datetime64("NaT")]},
        {"is_over": [1, False]},
        {"committed": [1, 0.0]},
        # Half as long again, and a day.
        {"start": [1, np.datetime64("2026-01-12")]},
    ],
)
def test_what_is_not_alike_is_not_compared(changes: dict[str, list[object]]) -> None:
    assert paces(iterations([5, 6, 7, 8, 9, 0]))[0][-1] == 9
    assert np.isnan(paces(iterations([5, 6, 7, 8, 9, 0], **changes))[0][-1])
    # The three before it are there all the same.
    assert paces(iterations([5, 6, 7, 8, 9, 0], **changes))[1][-1] == 0.7


def test_an_iteration_half_as_long_again_is_compared() -> None:
    # Eighteen days against twelve.
    longer = iterations([5, 6, 7, 8, 9, 0], start=[1, np.datetime64("2026-01-13")])
    assert (longer.end[1] - longer.start[1]).astype(int) + 1 == 18
    assert paces(longer)[0][-1] == 9


TODAY = date(2026, 11, 23)  # a Monday; the window ends on Sunday, 20 December


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("NaT", "2026-12-11", 1.0),
        ("2026-10-01", "2026-12-18", 1.0),
        # Twenty working days, of which ten lie in the window.
        ("2026-12-07", "2027-01-01", 0.5),
        # From today: 20 of 25.
        ("NaT", "2026-12-25", 0.8),
        ("2026-12-21", "2026-12-25", 0.0),
        ("2026-10-01", "2026-11-20", 1.0),
        ("2026-12-04", "2026-11-20", 1.0),
        # A weekend in the window, and one behind it.
        ("2026-12-19", "2026-12-20", 1.0),
        ("2026-12-26", "2026-12-27", 0.0),
        ("2026-11-23", "2026-11-23", 1.0),
    ],
)
def test_what_falls_into_four_weeks(first: str, last: str, expected: float) -> None:
    assert share_ahead(PLAIN, TODAY, days(first), days(last)).tolist() == [expected]


def test_loads_are_told_where_all_hours_are_known_or_fill_the_time() -> None:
    assert hours_at_work(PLAIN, TODAY) == 160.0
    assert hours_at_work(PLAIN.without([(date(2026, 11, 23), date(2026, 11, 27))]), TODAY) == 120.0
    assert hours_at_work(PLAIN, date(2080, 1, 1)) == 0.0
    hours = np.array([40.0, 40.0, 40.0, NAN, 160.0, NAN, NAN, 8.0])
    person = ints(0, 0, 1, 1, 2, 2, 3, 4)
    found = load(hours, person, np.array([160.0, 160.0, 160.0, 160.0, 0.0, 160.0]))
    np.testing.assert_array_equal(found, [0.5, NAN, 1.0, NAN, NAN, NAN])
