"""Working-day arithmetic: expected values counted by hand on a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from schedule.calendars import as_days, instants_as_days, public_holidays, work_calendar, workday_table

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
