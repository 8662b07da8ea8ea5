"""Project's ways of writing values become the model's units, and what is no value is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ms_project import units


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-02T08:00:00", "2026-11-02T08:00"),
        ("2026-11-02T08:00", "2026-11-02T08:00"),
        ("2026-11-02T16:59:59.999", "2026-11-02T16:59"),
        ("2026-11-02", "2026-11-02T00:00"),
        # An offset, which only third parties write, does not move the planner's digits.
        ("2026-11-02T08:00:00Z", "2026-11-02T08:00"),
        ("2026-11-02T08:00:00+02:00", "2026-11-02T08:00"),
        ("2026-11-02T24:00:00", "2026-11-03T00:00"),
        ("2028-02-29T12:30:00", "2028-02-29T12:30"),
    ],
)
def test_a_date_keeps_the_wall_time_it_was_written_with(text: str, at: str) -> None:
    found = units.moment(text)
    assert found is not None
    assert (found.at, found.day) == (at, date.fromisoformat(at[:10]))


@pytest.mark.parametrize("text", ["", None, "NA", "0001-01-01T00:00:00"])
def test_no_date_is_no_date(text: str | None) -> None:
    assert units.moment(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2008-12-04T17:-0:00",  # written by Project itself, in a public file
        "2026-02-30T08:00:00",
        "2026-13-01T08:00:00",
        "2026-11-02T25:00:00",
        "2026-11-02T08:60:00",
        "02.11.2026",
        "2026-11-02 08:00",
        "９９99-11-02T08:00:00",
        "tomorrow",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        units.moment(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT8H0M0S", 480),
        ("PT0H0M0S", 0),
        ("PT7H59M59.999S", 480),
        ("PT0H30M30S", 30.5),
        ("PT2H24M", 144),
        ("PT90M", 90),
        ("-PT8H0M0S", -480),
        ("PT-8H0M0S", -480),  # Project's own place for the minus
        ("PT-8H-30M0S", -510),
        ("P2D", 960),  # a working day, not 24 hours: third parties only
        ("P1DT4H0M0S", 720),
    ],
)
def test_a_duration_is_working_minutes(text: str, minutes: float) -> None:
    found = units.minutes(text)
    assert found is not None
    assert found == pytest.approx(minutes, abs=0.01)


@pytest.mark.parametrize("text", ["8h", "PT", "P", "P1Y", "PT8H garbage", "PTH", "PT999999999999999H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        units.minutes(text)


@pytest.mark.parametrize(
    ("lag", "unit", "expected"),
    [
        ("4800", "7", (480, None)),  # one day
        ("4800", "9", (480, None)),  # shown as 0.2 weeks, and still one day
        ("24000", "9", (2400, None)),  # one week
        ("-9600", "7", (-960, None)),
        ("4800", "39", (480, None)),  # one day, estimated
        ("0", "7", (0, None)),
        (None, None, (0, None)),
        ("5", "3", (0, None)),  # half a minute rounds to the even minute
        ("-75", "19", (None, -75.0)),  # per cent of the predecessor
        ("50", "51", (None, 50.0)),
        ("50", "20", (None, 50.0)),
        # Two elapsed days are 2 × 1440 minutes of the clock: of 10,080 in a week, 2,400 are worked.
        ("28800", "8", (686, None)),
        ("100800", "10", (2400, None)),  # an elapsed week is a working week
    ],
)
def test_lag_is_tenths_of_a_minute_whatever_its_format(
    lag: str | None, unit: str | None, expected: tuple[int | None, float | None]
) -> None:
    assert units.lag(lag, unit, 2400) == expected


@pytest.mark.parametrize(
    ("priority", "rank"),
    [
        (1000, 1),
        (800, 1),
        (799, 2),
        (600, 2),
        (599, 3),
        (500, 3),
        (401, 3),
        (400, 4),
        (201, 4),
        (200, 5),
        (0, 5),
    ],
)
def test_priority_becomes_a_rank_with_500_in_the_middle(priority: int, rank: int) -> None:
    assert units.priority_rank(priority) == rank


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "ASAP"), (1, "ALAP"), (2, "MSO"), (3, "MFO"), (4, "SNET"), (5, "SNLT"), (6, "FNET"), (7, "FNLT")],
)
def test_constraints_have_their_numbers(number: int, name: str) -> None:
    assert units.CONSTRAINTS[str(number)] == name


@pytest.mark.parametrize(("number", "name"), [(0, "FF"), (1, "FS"), (2, "SF"), (3, "SS")])
def test_links_have_their_numbers(number: int, name: str) -> None:
    assert units.LINK_TYPES[str(number)] == name


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400", "1e16", "0x10", "ten"])
def test_numbers_without_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        units.number(text)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("0", False), ("true", True), ("False", False), ("", None), (None, None)]
)
def test_flags_are_read_as_project_and_others_write_them(text: str | None, value: bool | None) -> None:
    assert units.flag(text) is value


@given(st.datetimes().filter(lambda moment: moment.year > 1))
def test_every_date_of_the_calendar_comes_back_to_the_minute(moment: object) -> None:
    text = moment.isoformat(timespec="seconds")  # type: ignore[attr-defined]
    found = units.moment(text)
    assert found is not None
    assert found.at == text[:16]


@given(hours=st.integers(0, 100_000), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_every_duration_that_project_writes_is_read(hours: int, minutes: int, seconds: int) -> None:
    found = units.minutes(f"PT{hours}H{minutes}M{seconds}S")
    assert found is not None
    assert round(found * 60) == hours * 3600 + minutes * 60 + seconds


@given(st.integers(-10_000_000, 10_000_000), st.sampled_from(["3", "5", "7", "9", "11", "35", "37", "39"]))
def test_the_unit_of_a_lag_changes_how_it_is_shown_and_nothing_else(minutes: int, unit: str) -> None:
    assert units.lag(str(minutes * 10), unit, 2400) == (minutes, None)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (units.moment, units.minutes, units.number, units.whole, units.tenths, units.money):
        with suppress(ValueError, OverflowError):
            read(text)


def test_the_midnight_after_the_last_day_there_is_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="9999-12-31T24:00:00"):
        units.moment("9999-12-31T24:00:00")


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("08:00:00", 480),
        ("8:30", 510),
        ("23:59:59.5", 1439),
        ("24:00:00", 1440),
        ("24:30:00", 1440),
        ("1984-01-01T13:00:00", 780),
        (None, 0),
    ],
)
def test_a_time_of_day_is_a_minute_of_the_day(text: str | None, minute: int) -> None:
    assert units.minute_of_day(text) == minute


@pytest.mark.parametrize("text", ["25:00:00", "08:60:00", "noon", "8", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        units.minute_of_day(text)
