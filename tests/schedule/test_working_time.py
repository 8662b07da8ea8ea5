"""Working minutes and the two instants that each of them has where work pauses."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedule.working_time import (
    ALWAYS,
    LAST_INSTANT,
    STANDARD_HOURS,
    STANDARD_WEEK,
    UNKNOWN,
    WorkingTime,
    WorkPattern,
    instants,
    walls,
)

FRIDAY_EVENING = "2026-11-27T17:00"
MONDAY_MORNING = "2026-11-30T08:00"
STANDARD = WorkingTime([WorkPattern()])


def at(*wall: str) -> np.ndarray:
    return instants(wall)


def none(size: int = 1) -> np.ndarray:
    return np.zeros(size, dtype=np.int64)


def moved(time: WorkingTime, wall: str, minutes: int, calendar: int = 0) -> str | None:
    return walls(time.add(none() + calendar, at(wall), none() + minutes))[0]


def test_a_finish_and_the_next_start_are_the_same_working_minute() -> None:
    evening, morning = STANDARD.minutes_at(none(2), at(FRIDAY_EVENING, MONDAY_MORNING))
    assert evening == morning
    assert walls(STANDARD.finish_of(none(), none() + evening)) == [FRIDAY_EVENING]
    assert walls(STANDARD.start_of(none(), none() + evening)) == [MONDAY_MORNING]


@pytest.mark.parametrize(
    ("wall", "minutes", "expected"),
    [
        ("2026-11-27T08:00", 480, "2026-11-27T17:00"),  # a day is done at its evening
        ("2026-11-27T08:00", 481, "2026-11-30T08:01"),
        ("2026-11-27T08:00", 240, "2026-11-27T12:00"),  # half a day is done before lunch
        ("2026-11-27T08:00", 241, "2026-11-27T13:01"),
        ("2026-11-28T10:00", 60, "2026-11-30T09:00"),  # from a Saturday on
        ("2026-11-30T17:00", -480, "2026-11-30T08:00"),  # backwards a day begins in its morning
        ("2026-11-30T08:00", -1, "2026-11-27T16:59"),
        ("2026-11-28T10:00", 0, "2026-11-28T10:00"),  # nothing to move leaves even a Saturday
    ],
)
def test_work_is_added_and_taken_away_over_nights_lunches_and_weekends(
    wall: str, minutes: int, expected: str
) -> None:
    assert moved(STANDARD, wall, minutes) == expected


def test_forwards_backwards_and_not_at_all_mix_in_one_question() -> None:
    wall = at("2026-11-27T08:00", "2026-11-27T17:00", "2026-11-28T10:00")
    found = STANDARD.add(none(3), wall, np.array([480, -480, 0]))
    assert walls(found) == ["2026-11-27T17:00", "2026-11-27T08:00", "2026-11-28T10:00"]


def test_work_between_two_instants_is_negative_backwards() -> None:
    one, other = at("2026-11-27T12:00"), at("2026-11-30T09:00")
    assert STANDARD.between(none(), one, other).tolist() == [300]
    assert STANDARD.between(none(), other, one).tolist() == [-300]


def test_the_next_start_and_the_last_finish_of_an_hour_without_work() -> None:
    assert walls(STANDARD.next_start(none(), at("2026-11-28T10:00"))) == [MONDAY_MORNING]
    assert walls(STANDARD.previous_finish(none(), at("2026-11-28T10:00"))) == [FRIDAY_EVENING]
    assert walls(STANDARD.next_start(none(), at("2026-11-27T09:30"))) == ["2026-11-27T09:30"]
    assert walls(STANDARD.previous_finish(none(), at("2026-11-27T09:30"))) == ["2026-11-27T09:30"]


def test_a_later_exception_wins_and_has_its_own_hours() -> None:
    christmas = date(2026, 12, 24)
    time = WorkingTime(
        [
            WorkPattern(
                exceptions=[
                    (christmas, date(2026, 12, 25), ()),
                    (christmas, christmas, [(480, 720)]),  # half a day on Christmas Eve after all
                ]
            )
        ]
    )
    assert moved(time, "2026-12-23T17:00", 240) == "2026-12-24T12:00"
    assert moved(time, "2026-12-23T17:00", 241) == "2026-12-28T08:01"


def test_a_worked_saturday_counts_where_no_other_is_worked() -> None:
    saturday = date(2026, 11, 28)
    time = WorkingTime([WorkPattern(exceptions=[(saturday, saturday, STANDARD_HOURS)]), WorkPattern()])
    assert moved(time, FRIDAY_EVENING, 480, calendar=0) == "2026-11-28T17:00"
    assert moved(time, FRIDAY_EVENING, 480, calendar=1) == "2026-11-30T17:00"


def test_what_a_calendar_does_not_say_it_has_from_its_base() -> None:
    base = WorkPattern(
        week=[[(540, 1080)]] * 5 + [(), ()],
        exceptions=[(date(2026, 12, 1), date(2026, 12, 1), ())],
    )
    own = WorkPattern(
        week=[None, None, None, None, (), None, None],
        exceptions=[(date(2026, 12, 2), date(2026, 12, 2), ())],
    )
    time = WorkingTime([own.over(base)])
    # Thursday 26 November, Friday off by its own week, Tuesday by its base, Wednesday by itself.
    assert moved(time, "2026-11-26T18:00", 540) == "2026-11-30T18:00"
    assert moved(time, "2026-11-30T18:00", 540) == "2026-12-03T18:00"


def test_a_day_that_no_base_explains_is_standard() -> None:
    time = WorkingTime([WorkPattern(week=[None] * 7)])
    assert moved(time, FRIDAY_EVENING, 480) == "2026-11-30T17:00"


def test_hours_that_touch_or_overlap_are_one_stretch_and_empty_ones_none() -> None:
    untidy = [(720, 1020), (480, 720), (600, 660), (1100, 1100), (1400, 9999)]
    time = WorkingTime([WorkPattern(week=[untidy] * 7)])
    assert moved(time, "2026-11-27T08:00", 540) == "2026-11-27T17:00"
    assert moved(time, "2026-11-27T08:00", 541) == "2026-11-27T23:21"
    assert moved(time, "2026-11-27T08:00", 580) == "2026-11-28T00:00"


def test_around_the_clock_is_always_there() -> None:
    clock = none() + STANDARD.always
    assert walls(STANDARD.add(clock, at(FRIDAY_EVENING), none() + 1440)) == ["2026-11-28T17:00"]
    assert walls(STANDARD.add(clock, at("2026-11-27T23:00"), none() + 60)) == ["2026-11-28T00:00"]
    assert WorkingTime([WorkPattern(ALWAYS)]).between(
        none(), at("2026-11-27T00:00"), at("2026-11-28T00:00")
    ) == [1440]


def test_a_calendar_in_which_nobody_works_is_read_as_standard() -> None:
    assert moved(WorkingTime([WorkPattern(week=[()] * 7)]), FRIDAY_EVENING, 480) == "2026-11-30T17:00"
    # One worked day in seventy years is work, though.
    day = date(2030, 1, 1)
    rare = WorkingTime([WorkPattern(week=[()] * 7, exceptions=[(day, day, [(0, 60)])])])
    assert moved(rare, "2026-11-27T08:00", 60) == "2030-01-01T01:00"


def test_an_exception_outside_of_1990_to_2060_changes_nothing() -> None:
    early, late = (date(1980, 1, 1), date(1989, 12, 31), ()), (date(2061, 1, 1), date(2070, 1, 1), ())
    assert (
        moved(WorkingTime([WorkPattern(exceptions=[early, late])]), FRIDAY_EVENING, 1) == "2026-11-30T08:01"
    )
    everything = (date(1980, 1, 1), date(2026, 11, 30), ())
    assert moved(WorkingTime([WorkPattern(exceptions=[everything])]), FRIDAY_EVENING, 1) == "2026-12-01T08:01"


def test_what_lies_beyond_the_calendar_is_not_inside() -> None:
    time = WorkingTime([WorkPattern()])
    wall = at("1990-01-01T08:00", "1990-01-01T08:01", "2060-12-31T16:59", "2060-12-31T17:00")
    assert time.is_inside(none(4), wall).tolist() == [False, True, True, False]
    beyond = time.add(none(2), at("2060-12-31T16:00", "1990-01-02T08:00"), np.array([480, -4800]))
    assert walls(beyond) == ["2060-12-31T17:00", "1990-01-01T08:00"]
    assert time.minutes_at(none(2), np.array([UNKNOWN, LAST_INSTANT * 5])).tolist() == [
        0,
        int(time.minutes_at(none(), at("2060-12-31T17:00"))[0]),
    ]


def test_walls_and_instants_are_each_others_inverse() -> None:
    assert instants(["1990-01-01T00:00", None]).tolist() == [0, UNKNOWN]
    assert walls(instants(["2026-11-27T17:00", None])) == ["2026-11-27T17:00", None]
    assert walls(instants([])) == []


@given(
    st.lists(st.integers(0, LAST_INSTANT - 1), min_size=1, max_size=20),
    st.integers(0, 1),
    st.integers(-5000, 5000),
)
def test_minutes_and_instants_agree_in_every_calendar(moments: list[int], number: int, minutes: int) -> None:
    time = WorkingTime(
        [WorkPattern(STANDARD_WEEK), WorkPattern(week=[[(0, 180), (1380, 1440)]] * 6 + [[(60, 61)]])]
    )
    here = np.array(moments)
    calendar = none(len(moments)) + number
    worked = time.minutes_at(calendar, here)
    start, finish = time.start_of(calendar, worked), time.finish_of(calendar, worked)
    assert (time.minutes_at(calendar, start) == worked).all()
    assert (time.minutes_at(calendar, finish) == worked).all()
    inside = time.is_inside(calendar, here)
    assert (finish[inside] <= here[inside]).all()
    assert (here[inside] <= start[inside]).all()
    there = time.add(calendar, here, none(len(moments)) + minutes)
    both = inside & time.is_inside(calendar, there)
    assert (time.between(calendar, here, there)[both] == minutes).all()
