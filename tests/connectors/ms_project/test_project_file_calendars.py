"""A plan's calendar, with everything it inherits and every exception, becomes one list of days."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_builder import connector, loaded, pages, plan, task

from portfolio.records import Calendar


def weekday(day: int, working: int) -> dict[str, object]:
    return {"DayType": day, "DayWorking": working}


def standard(uid: int = 1, name: str = "Standard", **more: object) -> dict[str, object]:
    """Monday to Friday, as Project writes it: 1 is Sunday."""
    days = [weekday(1, 0), *(weekday(day, 1) for day in range(2, 7)), weekday(7, 0)]
    return {
        "UID": uid,
        "Name": name,
        "IsBaseCalendar": 1,
        "BaseCalendarUID": -1,
        "WeekDays": {"WeekDay": days},
        **more,
    }


def period(first: str, last: str) -> dict[str, object]:
    return {"FromDate": f"{first}T00:00:00", "ToDate": f"{last}T23:59:00"}


def exceptions(*rows: dict[str, object]) -> dict[str, object]:
    return {"Exceptions": {"Exception": list(rows)}}


def calendar(folder: Path, *rows: dict[str, object], uid: int = 1) -> Calendar:
    found = loaded(folder, plan([task(1)], calendars=rows, CalendarUID=uid))
    assert found.calendar is not None
    assert found.schedule.calendar_id == found.calendar.calendar_id == "plans/plan.xml:calendar"
    assert found.notes == []
    return found.calendar


def days(folder: Path, **recurring: object) -> list[str]:
    """The days of one recurring exception of 2026, all of them free."""
    rule = {"TimePeriod": period("2026-01-01", "2026-12-31"), "DayWorking": 0, **recurring}
    found = calendar(folder, standard(**exceptions(rule))).exceptions
    assert all(first == last and not works for first, last, works in found)
    return [first for first, _, _ in found]


def test_weekdays_are_counted_from_monday(tmp_path: Path) -> None:
    assert list(calendar(tmp_path, standard()).weekdays) == [1, 2, 3, 4, 5]
    # Sunday to Thursday, as in much of the Gulf.
    sunday = {"WeekDays": {"WeekDay": [weekday(1, 1), weekday(6, 0), weekday(7, 0)]}}
    assert list(calendar(tmp_path, {"UID": 1, "Name": "Gulf", **sunday}).weekdays) == [1, 2, 3, 4, 7]


def test_the_projects_own_calendar_is_taken_not_a_resources(tmp_path: Path) -> None:
    night = {"UID": 2, "Name": "Night", "WeekDays": {"WeekDay": [weekday(2, 0)]}}
    assert calendar(tmp_path, standard(), night, uid=2).name == "Night"
    assert calendar(tmp_path, standard(), night, uid=1).name == "Standard"


def test_without_a_calendar_number_standard_is_meant(tmp_path: Path) -> None:
    found = loaded(tmp_path, plan([task(1)], calendars=[standard(3, "Other"), standard(4, "Standard")]))
    assert found.calendar is not None
    assert found.calendar.name == "Standard"


def test_an_exception_is_a_span_of_days(tmp_path: Path) -> None:
    holiday = {
        "TimePeriod": period("2026-12-24", "2027-01-03"),
        "DayWorking": 0,
        "Type": 1,
        "Occurrences": 11,
    }
    saturday = {"TimePeriod": period("2026-12-19", "2026-12-19"), "DayWorking": 1}
    assert calendar(tmp_path, standard(**exceptions(holiday, saturday))).exceptions == [
        ("2026-12-24", "2027-01-03", False),
        ("2026-12-19", "2026-12-19", True),
    ]


def test_project_2003_writes_exceptions_as_weekdays(tmp_path: Path) -> None:
    row = standard()
    row["WeekDays"]["WeekDay"].append(  # type: ignore[index]
        {"DayType": 0, "DayWorking": 0, "TimePeriod": period("2005-11-21", "2005-11-25")}
    )
    assert calendar(tmp_path, row).exceptions == [("2005-11-21", "2005-11-25", False)]


def test_an_exception_that_is_written_in_both_ways_is_one(tmp_path: Path) -> None:
    row = standard(**exceptions({"TimePeriod": period("2026-12-25", "2026-12-25"), "DayWorking": 0}))
    row["WeekDays"]["WeekDay"].append(  # type: ignore[index]
        {"DayType": 0, "DayWorking": 0, "TimePeriod": period("2026-12-25", "2026-12-25")}
    )
    assert calendar(tmp_path, row).exceptions == [("2026-12-25", "2026-12-25", False)]


def test_what_a_calendar_does_not_say_comes_from_its_base(tmp_path: Path) -> None:
    base = standard(
        1, "Base", **exceptions({"TimePeriod": period("2026-12-25", "2026-12-25"), "DayWorking": 0})
    )
    own = {
        "UID": 2,
        "Name": "Own",
        "BaseCalendarUID": 1,
        "WeekDays": {"WeekDay": [weekday(7, 1)]},
        **exceptions({"TimePeriod": period("2026-12-25", "2026-12-25"), "DayWorking": 1}),
    }
    found = calendar(tmp_path, base, own, uid=2)
    assert list(found.weekdays) == [1, 2, 3, 4, 5, 6]
    # Its own exception comes later, and the later one wins.
    assert found.exceptions == [("2026-12-25", "2026-12-25", False), ("2026-12-25", "2026-12-25", True)]


def test_a_calendar_that_is_its_own_base_ends(tmp_path: Path) -> None:
    row = {**standard(), "BaseCalendarUID": 1}
    assert list(calendar(tmp_path, row).weekdays) == [1, 2, 3, 4, 5]


def test_an_effective_week_holds_for_its_days_and_exceptions_win(tmp_path: Path) -> None:
    week = {
        "TimePeriod": period("2026-07-06", "2026-07-12"),
        "WeekDays": {"WeekDay": [weekday(6, 0), weekday(7, 1)]},
    }
    free = {"TimePeriod": period("2026-07-11", "2026-07-11"), "DayWorking": 0}
    row = standard(**exceptions(free), WorkWeeks={"WorkWeek": week})
    assert calendar(tmp_path, row).exceptions == [
        ("2026-07-10", "2026-07-10", False),  # the Friday
        ("2026-07-11", "2026-07-11", True),  # the Saturday, worked in that week
        ("2026-07-11", "2026-07-11", False),  # and free after all
    ]


def test_weekly_every_other_monday_and_friday(tmp_path: Path) -> None:
    # The mask is 2 Monday + 32 Friday; 1 January 2026 is a Thursday, so its Friday is in the first week.
    found = days(tmp_path, Type=6, Period=2, DaysOfWeek=34, EnteredByOccurrences=1, Occurrences=5)
    assert found == ["2026-01-02", "2026-01-12", "2026-01-16", "2026-01-26", "2026-01-30"]


def test_every_third_day(tmp_path: Path) -> None:
    found = days(tmp_path, Type=7, Period=3, TimePeriod=period("2026-03-01", "2026-03-10"))
    assert found == ["2026-03-01", "2026-03-04", "2026-03-07", "2026-03-10"]


def test_monthly_on_the_31st_is_the_last_day_of_shorter_months(tmp_path: Path) -> None:
    found = days(tmp_path, Type=4, Period=1, MonthDay=31, TimePeriod=period("2026-01-01", "2026-04-30"))
    assert found == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


@pytest.mark.parametrize(
    ("item", "position", "expected"),
    [
        (4, 0, ["2026-02-02", "2026-03-02"]),  # first Monday
        (9, 4, ["2026-02-28", "2026-03-28"]),  # last Saturday
        (1, 4, ["2026-02-27", "2026-03-31"]),  # last weekday
        (2, 1, ["2026-02-07", "2026-03-07"]),  # second day of a weekend
        (0, 3, ["2026-02-04", "2026-03-04"]),  # fourth day
    ],
)
def test_monthly_by_position(tmp_path: Path, item: int, position: int, expected: list[str]) -> None:
    span = period("2026-02-01", "2026-03-31")
    assert (
        days(tmp_path, Type=5, Period=1, MonthItem=item, MonthPosition=position, TimePeriod=span) == expected
    )


def test_yearly_by_date_and_by_position(tmp_path: Path) -> None:
    span = period("2025-06-01", "2027-12-31")
    assert days(tmp_path, Type=2, Month=7, MonthDay=1, TimePeriod=span) == [
        "2025-08-01",
        "2026-08-01",
        "2027-08-01",
    ]
    # The fourth Thursday of November.
    assert days(tmp_path, Type=3, Month=10, MonthItem=7, MonthPosition=3, TimePeriod=span) == [
        "2025-11-27",
        "2026-11-26",
        "2027-11-25",
    ]


def test_a_recurrence_without_end_stops_with_the_portfolios_calendar(tmp_path: Path) -> None:
    rule = {
        "TimePeriod": {"FromDate": "2059-01-01T00:00:00", "ToDate": "2149-12-31T23:59:00"},
        "DayWorking": 0,
    }
    found = calendar(
        tmp_path, standard(**exceptions({**rule, "Type": 2, "Month": 0, "MonthDay": 1}))
    ).exceptions
    assert [first for first, _, _ in found] == ["2059-01-01", "2060-01-01"]


def test_an_exception_whose_dates_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    bad = {"TimePeriod": {"FromDate": "soon", "ToDate": "later"}, "DayWorking": 0}
    good = {"TimePeriod": period("2026-12-25", "2026-12-25"), "DayWorking": 0}
    found = loaded(tmp_path, plan([task(1)], calendars=[standard(**exceptions(bad, good))], CalendarUID=1))
    assert found.calendar is not None
    assert found.calendar.exceptions == [("2026-12-25", "2026-12-25", False)]
    assert found.notes == ["plan.xml: calendar Standard: an exception whose dates cannot be read is left out"]


# Hours

NINE_TO_ONE = {"WorkingTime": {"FromTime": "09:00:00", "ToTime": "13:00:00"}}
STANDARD_DAY = ((480, 720), (780, 1020))


def hours(found: Calendar) -> tuple[list[object], list[object]]:
    assert found.hours is not None
    return found.hours["week"], found.hours["exceptions"]


def test_a_day_without_hours_has_those_of_every_new_calendar(tmp_path: Path) -> None:
    week, dated = hours(calendar(tmp_path, standard()))
    assert week == [STANDARD_DAY] * 5 + [(), ()]
    assert dated == []


def test_hours_of_weekdays_and_exceptions_are_kept_to_the_minute(tmp_path: Path) -> None:
    shifts = {
        "WorkingTime": [
            {"FromTime": "22:30:00", "ToTime": "00:00:00"},  # to midnight
            {"FromTime": "00:00:00", "ToTime": "06:15:00"},
        ]
    }
    half_day = {
        "TimePeriod": period("2026-12-24", "2026-12-24"),
        "DayWorking": 1,
        "WorkingTimes": NINE_TO_ONE,
    }
    row = standard(
        **exceptions({"TimePeriod": period("2026-12-24", "2026-12-26"), "DayWorking": 0}, half_day),
        WorkWeeks={
            "WorkWeek": {
                "TimePeriod": period("2026-07-06", "2026-07-12"),
                "WeekDays": {"WeekDay": [{**weekday(6, 1), "WorkingTimes": NINE_TO_ONE}]},
            }
        },
    )
    row["WeekDays"]["WeekDay"][1] = {**weekday(2, 1), "WorkingTimes": shifts}  # type: ignore[index]
    week, dated = hours(calendar(tmp_path, row))
    assert week == [((0, 375), (1350, 1440)), *[STANDARD_DAY] * 4, (), ()]
    assert dated == [
        ("2026-07-10", "2026-07-10", ((540, 780),)),
        ("2026-12-24", "2026-12-26", ()),
        ("2026-12-24", "2026-12-24", ((540, 780),)),
    ]


def test_around_the_clock_is_one_stretch_and_what_ends_before_it_begins_is_none(tmp_path: Path) -> None:
    clock = {"WorkingTime": {"FromTime": "00:00:00", "ToTime": "00:00:00"}}
    upside_down = {"WorkingTime": [{"FromTime": "17:00:00", "ToTime": "08:00:00"}, {}]}
    days = [{**weekday(2, 1), "WorkingTimes": clock}, {**weekday(3, 1), "WorkingTimes": upside_down}]
    week, _ = hours(calendar(tmp_path, {"UID": 1, "Name": "Shift", "WeekDays": {"WeekDay": days}}))
    assert week[:2] == [((0, 1440),), STANDARD_DAY]


def test_hours_come_from_the_base_where_a_calendar_has_none(tmp_path: Path) -> None:
    base = standard(1, "Base")
    base["WeekDays"]["WeekDay"][2] = {**weekday(3, 1), "WorkingTimes": NINE_TO_ONE}  # type: ignore[index]
    own = {"UID": 2, "Name": "Own", "BaseCalendarUID": 1, "WeekDays": {"WeekDay": [weekday(4, 0)]}}
    week, _ = hours(calendar(tmp_path, base, own, uid=2))
    assert week == [STANDARD_DAY, ((540, 780),), (), STANDARD_DAY, STANDARD_DAY, (), ()]


def test_hours_that_cannot_be_read_are_named_and_the_bases_taken(tmp_path: Path) -> None:
    bad = {"WorkingTime": {"FromTime": "early", "ToTime": "late"}}
    row = standard(
        **exceptions({"TimePeriod": period("2026-12-24", "2026-12-24"), "DayWorking": 1, "WorkingTimes": bad})
    )
    row["WeekDays"]["WeekDay"][1] = {**weekday(2, 1), "WorkingTimes": bad}  # type: ignore[index]
    found = loaded(tmp_path, plan([task(1)], calendars=[row], CalendarUID=1))
    assert found.calendar is not None
    assert hours(found.calendar) == ([STANDARD_DAY] * 5 + [(), ()], [])
    assert found.notes == [
        "plan.xml: calendar Standard: hours of a weekday cannot be read; its base's are taken",
        "plan.xml: calendar Standard: an exception whose dates cannot be read is left out",
    ]


def test_the_calendars_of_single_tasks_come_too_each_once(tmp_path: Path) -> None:
    night = {"UID": 7, "Name": "Night", "WeekDays": {"WeekDay": [weekday(2, 0)]}}
    unused = {"UID": 8, "Name": "Of a resource", "WeekDays": {"WeekDay": [weekday(3, 0)]}}
    tasks = [
        task(1, CalendarUID=7),
        task(2, CalendarUID=-1),
        task(3),
        task(4, CalendarUID=7),
        task(5, CalendarUID=99),
    ]
    found = loaded(tmp_path, plan(tasks, calendars=[standard(), night, unused], CalendarUID=1))
    assert [one.calendar_id for one in found.task_calendars] == ["plans/plan.xml:calendar:7"]
    assert [one.name for one in found.task_calendars] == ["Night"]
    own = "plans/plan.xml:calendar:7"
    assert [item.calendar_id for item in found.items] == [own, None, None, own, None]


def test_a_calendar_of_a_task_is_pulled_with_its_plan(tmp_path: Path) -> None:
    night = {"UID": 7, "Name": "Night", "WeekDays": {"WeekDay": [weekday(2, 0)]}}
    text = plan([task(1, CalendarUID=7)], calendars=[standard(), night], CalendarUID=1)
    (tmp_path / "plan.xml").write_text(text, encoding="utf-8")
    found, failure = pages(connector(tmp_path))
    assert failure is None
    records = [record for page in found for record in page.records]
    assert [record.name for record in records if isinstance(record, Calendar)] == ["Standard", "Night"]
