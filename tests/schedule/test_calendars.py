"""Working-day arithmetic: expected values counted by hand on a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from schedule.calendars import (
    WorkPattern,
    as_days,
    instants_as_days,
    is_absent,
    public_holidays,
    work_calendar,
    workday_table,
)

WEEK = work_calendar()


@pytest.mark.parametrize(
    ("earlier", "later", "days"),
    [
        (date(2026, 11, 19), date(2026, 11, 24), 3),  # Thursday to Tuesday, over a weekend
        (date(2026, 11, 20), date(2026, 11, 21), 0),  # Friday to Saturday: the weekend belongs to Friday
        (date(2026, 11, 20), date(2026, 11, 22), 0),
        (date(2026, 11, 20), date(2026, 11, 23), 1),
        (date(2026, 11, 22), date(2026, 11, 23), 1),  # Sunday to Monday
        (date(2026, 11, 24), date(2026, 11, 19), -3),
        (date(2026, 11, 24), date(2026, 11, 24), 0),
    ],
)
def test_working_days_between_two_dates(earlier: date, later: date, days: int) -> None:
    assert WEEK.working_days_between(earlier, later) == days


def test_an_unknown_date_gives_an_unknown_distance_and_not_zero() -> None:
    assert WEEK.working_days_between(None, date(2026, 11, 24)) is None
    assert WEEK.working_days_between(date(2026, 11, 24), None) is None


@pytest.mark.parametrize(
    ("day", "ordinal"),
    [
        (date(1990, 1, 1), 1),
        (date(1990, 1, 8), 6),
        (date(1989, 12, 31), None),
        (date(2061, 1, 1), None),
        (None, None),
    ],
)
def test_the_calendar_covers_1990_to_2060_and_nothing_else(day: date | None, ordinal: int | None) -> None:
    assert WEEK.ordinal(day) == ordinal
    assert WEEK.ordinals_of(as_days([day])) == [ordinal]


def test_the_last_day_of_2060_is_in_the_calendar() -> None:
    assert WEEK.ordinal(date(2060, 12, 31)) is not None


def test_a_holiday_is_no_working_day_and_a_later_exception_wins() -> None:
    closed = work_calendar(
        exceptions=[("2026-11-23", "2026-11-25", False), ("2026-11-24", "2026-11-24", True)]
    )
    assert closed.working_days_between(date(2026, 11, 20), date(2026, 11, 26)) == 2  # the 24th and the 26th
    assert (
        work_calendar(days_off=[date(2026, 11, 23)]).working_days_between(
            date(2026, 11, 20), date(2026, 11, 24)
        )
        == 1
    )


def test_an_exception_outside_the_calendar_changes_nothing() -> None:
    odd = work_calendar(
        exceptions=[("1980-01-01", "1980-12-31", False), ("2070-01-01", "2070-01-02", False)],
        days_off=[date(1980, 1, 1)],
    )
    assert odd.ordinal(date(2026, 11, 24)) == WEEK.ordinal(date(2026, 11, 24))


def test_a_calendar_without_working_days_is_read_as_monday_to_friday() -> None:
    assert work_calendar(weekdays=()).ordinal(date(2026, 11, 24)) == WEEK.ordinal(date(2026, 11, 24))


def test_a_sunday_to_thursday_week_counts_sunday() -> None:
    gulf = work_calendar(weekdays=(7, 1, 2, 3, 4))
    assert gulf.working_days_between(date(2026, 11, 19), date(2026, 11, 22)) == 1


@pytest.mark.parametrize(
    ("start", "count", "finish"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 24), -3, date(2026, 11, 19)),
        (date(2060, 12, 31), 10, None),
        (date(1980, 1, 1), 1, None),
    ],
)
def test_adding_working_days(start: date, count: int, finish: date | None) -> None:
    assert WEEK.add(start, count) == finish


def test_public_holidays_of_a_region_are_more_than_those_of_its_country() -> None:
    zurich = public_holidays("CH-ZH")
    assert date(2026, 12, 25) in zurich
    assert date(2026, 5, 1) in zurich  # Labour Day: Zurich keeps it, not every canton does
    assert date(2026, 5, 1) not in public_holidays("CH")
    assert public_holidays(None) == []


def test_an_unknown_place_is_named() -> None:
    with pytest.raises(KeyError, match="XX-YY"):
        public_holidays("XX-YY")


def test_an_instant_falls_on_the_day_of_the_portfolios_zone() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert instants_as_days([late, None], ZoneInfo("Europe/Zurich")).astype(str).tolist() == [
        "2026-11-24",
        "NaT",
    ]


def test_the_table_of_days_holds_every_day_once() -> None:
    table = workday_table(WEEK)
    assert table["day"][0] == date(1990, 1, 1)
    assert table["day"][-1] == date(2060, 12, 31)
    assert len(table["day"]) == len(table["ord"]) == 25933


def test_days_away_are_no_working_days_and_both_ends_belong_to_them() -> None:
    away = WEEK.without([(date(2026, 11, 24), date(2026, 11, 26))])
    days = [date(2026, 11, day) for day in (23, 24, 25, 26, 27)]
    assert [bool(away.is_working[(day - date(1990, 1, 1)).days]) for day in days] == [
        True, False, False, False, True,
    ]  # fmt: skip
    assert away.working_days_between(date(2026, 11, 23), date(2026, 11, 27)) == 1
    assert WEEK.working_days_between(date(2026, 11, 23), date(2026, 11, 27)) == 4


def test_days_away_outside_the_calendar_change_nothing_inside() -> None:
    away = WEEK.without([(date(1980, 1, 1), date(1989, 12, 31)), (date(2061, 1, 1), date(2070, 1, 1))])
    assert away.ordinals.tolist() == WEEK.ordinals.tolist()
    whole = WEEK.without([(date(1980, 1, 1), date(2070, 1, 1))])
    assert whole.ordinal(date(2060, 12, 31)) == 0


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 11, 24), date(2026, 11, 26), True),
        (date(2026, 11, 24), date(2026, 11, 27), False),  # back on the last day
        (date(2026, 11, 23), date(2026, 11, 26), False),  # still there on the first
        (date(2026, 11, 28), date(2026, 11, 29), False),  # a weekend, on which nobody works
        (date(2026, 11, 21), date(2026, 11, 24), False),  # Monday is worked
        (date(2060, 12, 30), date(2061, 1, 5), False),  # past the end of the calendar nobody knows
    ],
)
def test_somebody_is_absent_who_works_on_none_of_the_days_that_are_worked(
    first: date, last: date, expected: bool
) -> None:
    away = WEEK.without([(date(2026, 11, 24), date(2026, 11, 26)), (date(2060, 12, 1), date(2060, 12, 31))])
    assert is_absent(WEEK, away, first, last) is expected


def test_a_pattern_makes_its_calendar() -> None:
    pattern = WorkPattern(weekdays=(7, 1, 2, 3, 4), holidays="CH-ZH", days_off=(date(2026, 11, 24),))
    calendar = pattern.calendar()
    assert calendar.working_days_between(date(2026, 11, 20), date(2026, 11, 22)) == 1  # Sunday is worked
    assert calendar.working_days_between(date(2026, 11, 23), date(2026, 11, 24)) == 0  # its own day off
    assert calendar.working_days_between(date(2026, 4, 30), date(2026, 5, 1)) == 0  # Labour Day


# §2.1: date-only values mean the end of that day; a day that is not worked counts as the one before it.
@pytest.mark.parametrize(
    ("due", "today", "late"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), 0),  # due on Friday: on Friday it is not late
        (date(2026, 11, 20), date(2026, 11, 23), 1),  # on Monday it is
        (date(2026, 11, 21), date(2026, 11, 23), 1),  # due on Saturday is due on Friday
        (date(2026, 11, 22), date(2026, 11, 22), 0),  # due on Sunday, on Sunday: nobody works, nobody is late
        (date(2026, 11, 20), date(2026, 11, 22), 0),  # the weekend makes nothing later
        (date(1990, 1, 1), date(1990, 1, 2), 1),  # the first two days of the calendar
        (date(1989, 12, 31), date(1990, 1, 1), None),
        (date(2060, 12, 30), date(2060, 12, 31), 1),  # and the last two
        (date(2060, 12, 31), date(2061, 1, 1), None),
    ],
)
def test_lateness_counts_ends_of_days(due: date, today: date, late: int | None) -> None:
    assert WEEK.working_days_between(due, today) == late


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        # The last and the first minute of 24 November, west and east of UTC.
        ("America/Los_Angeles", datetime(2026, 11, 25, 7, 59, tzinfo=UTC), "2026-11-24"),
        ("America/Los_Angeles", datetime(2026, 11, 25, 8, 0, tzinfo=UTC), "2026-11-25"),
        ("Pacific/Auckland", datetime(2026, 11, 24, 10, 59, tzinfo=UTC), "2026-11-24"),
        ("Pacific/Auckland", datetime(2026, 11, 24, 11, 0, tzinfo=UTC), "2026-11-25"),
        # The short day of 29 March and the long one of 25 October in Zurich.
        ("Europe/Zurich", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), "2026-03-28"),
        ("Europe/Zurich", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "2026-03-29"),
        ("Europe/Zurich", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), "2026-03-29"),
        ("Europe/Zurich", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), "2026-03-30"),
        ("Europe/Zurich", datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "2026-10-25"),
        ("Europe/Zurich", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), "2026-10-25"),
        ("Europe/Zurich", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), "2026-10-26"),
    ],
)
def test_an_instant_has_a_day_in_zones_west_and_east_and_when_clocks_change(
    zone: str, moment: datetime, day: str
) -> None:
    assert instants_as_days([moment], ZoneInfo(zone)).astype(str).tolist() == [day]
