"""Project's ways of writing values, turned into the model's units: wall times, minutes, money, flags.

Everything here is pure. A text that cannot be read raises ValueError; a text that says "nothing" gives None.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

CONSTRAINTS = {
    "0": "ASAP", "1": "ALAP", "2": "MSO", "3": "MFO", "4": "SNET", "5": "SNLT", "6": "FNET", "7": "FNLT",
}  # fmt: skip
LINK_TYPES = {"0": "FF", "1": "FS", "2": "SF", "3": "SS"}

# The unit codes of DurationFormat and LagFormat; +32 is the same unit with a question mark (estimated).
_ELAPSED = frozenset({4, 6, 8, 10, 12, 20})
_PERCENT = frozenset({19, 20})
_ESTIMATED = 32

MINUTES_PER_WEEK_ELAPSED = 7 * 24 * 60

_WALL = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?Z?")
_NUMBER = r"(-?[0-9]{1,12}(?:\.[0-9]{1,12})?)"
_DURATION = re.compile(rf"(-?)P(?:{_NUMBER}D)?(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?")


class Moment(NamedTuple):
    """A wall time of a plan and the day it falls on."""

    day: date
    at: str  # YYYY-MM-DDTHH:MM


@lru_cache(maxsize=65_536)  # a plan of 10,000 tasks writes the same few thousand dates 100,000 times
def moment(text: str | None) -> Moment | None:
    """Read a plan's date; None where the file says there is none.

    Project writes local time without an offset, always. Where a third party adds one, the digits are kept:
    they are what its planner sees.

    Raises:
        ValueError: not a date of the calendar, such as `2008-12-04T17:-0:00`, which Project once wrote.
    """
    if text is None or text == "" or text.upper() == "NA":
        return None
    match = _WALL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    hour, minute = int(match[4] or 0), int(match[5] or 0)
    if year <= 1:  # 0001-01-01 is .NET's "no date"
        return None
    when = date(year, month, day)
    if hour == 24 and minute == 0:  # ISO 8601's other name for the midnight that follows
        if when == date.max:  # there is no day after it
            raise ValueError(text)
        when, hour = when + timedelta(days=1), 0
    if hour > 23 or minute > 59:
        raise ValueError(text)
    return Moment(when, f"{when.isoformat()}T{hour:02d}:{minute:02d}")


@lru_cache(maxsize=1_024)
def minute_of_day(text: str | None) -> int:
    """The minute that a time of day (`08:00:00`) is; an absent one is midnight.

    Raises:
        ValueError: not a time of day.
    """
    if text is None:
        return 0
    # Some exports write a whole date, of which only the time counts.
    match = _TIME.fullmatch(text.rpartition("T")[2])
    if match is None or int(match[1]) > 24 or int(match[2]) > 59:
        raise ValueError(text)
    return min(int(match[1]) * 60 + int(match[2]), 24 * 60)


@lru_cache(maxsize=16_384)
def minutes(text: str | None, minutes_per_day: int = 480) -> float | None:
    """Read `PTnHnMnS`, seconds perhaps fractional; a day, which only third parties write, is a working day.

    Raises:
        ValueError: not a duration.
    """
    if text is None or text == "":
        return None
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        raise ValueError(text)
    sign, *parts = match.groups()
    # Project puts the minus after PT (`PT-8H0M0S`), where it holds for the whole duration.
    negative = bool(sign) or any(part is not None and part.startswith("-") for part in parts)
    days, hours, mins, seconds = (abs(float(part)) if part else 0.0 for part in parts)
    total = days * minutes_per_day + hours * 60 + mins + seconds / 60
    return -total if negative else total


def is_elapsed(unit: str | None) -> bool:
    """True where a DurationFormat or LagFormat counts nights and weekends too."""
    return _unit(unit) in _ELAPSED


def is_percent(unit: str | None) -> bool:
    """True where a LagFormat makes LinkLag a percentage of the predecessor's duration."""
    return _unit(unit) in _PERCENT


def working_minutes(value: float, unit: str | None, minutes_per_week: int) -> int:
    """Whole working minutes; elapsed time counts by the share of a week that is worked."""
    if is_elapsed(unit):
        value = value * minutes_per_week / MINUTES_PER_WEEK_ELAPSED
    return round(value)


def lag(text: str | None, unit: str | None, minutes_per_week: int) -> tuple[int | None, float | None]:
    """(minutes, percent) of a link, one of them None.

    LinkLag is tenths of a minute whatever LagFormat says, which only chooses how it is shown; except for the
    percentages, where it is the percentage itself. facts/msproject.md §0.6.

    Raises:
        ValueError: not a number.
    """
    value = number(text)
    if is_percent(unit):
        return None, value or 0.0
    return working_minutes((value or 0.0) / 10, unit, minutes_per_week), None


def elapsed_lag(text: str | None, unit: str | None) -> int | None:
    """The minutes of a lag that runs around the clock; None for any other.

    Raises:
        ValueError: not a number.
    """
    return round((number(text) or 0.0) / 10) if is_elapsed(unit) and not is_percent(unit) else None


def tenths(text: str | None) -> int | None:
    """Whole minutes from tenths of a minute: TotalSlack, FreeSlack."""
    value = number(text)
    return None if value is None else round(value / 10)


def hours(text: str | None, minutes_per_day: int = 480) -> float | None:
    """A work duration in hours."""
    value = minutes(text, minutes_per_day)
    return None if value is None else round(value / 60, 4)


def money(text: str | None) -> float | None:
    """Costs stand in the file as hundredths of the currency, whatever CurrencyDigits says."""
    value = number(text)
    return None if value is None else round(value / 100, 4)


def number(text: str | None) -> float | None:
    """A finite number of sensible size.

    Raises:
        ValueError: anything else that is not empty.
    """
    if text is None or text == "":
        return None
    value = float(text)
    if not -1e15 < value < 1e15:  # also refuses nan and inf
        raise ValueError(text)
    return value


def percent(text: str | None) -> float | None:
    """A number from 0 to 100.

    Raises:
        ValueError: anything else that is not empty.
    """
    value = number(text)
    if value is not None and not 0 <= value <= 100:
        raise ValueError(text)
    return value


def whole(text: str | None) -> int | None:
    """A whole number, also where it is written `500.0`."""
    value = number(text)
    return None if value is None else int(value)


def flag(text: str | None) -> bool | None:
    """Project writes 0 and 1, others also true and false. Absent is None."""
    if text is None or text == "":
        return None
    return text.lower() not in ("0", "false")


def priority_rank(priority: int) -> int:
    """Project's 0 to 1000 (500 is normal) as 1 highest to 5; `High` is 600 there and `Low` is 400."""
    if priority >= 800:
        return 1
    if priority >= 600:
        return 2
    if priority > 400:
        return 3
    return 4 if priority > 200 else 5


def _unit(code: str | None) -> int:
    if code is None or not code.isdecimal():
        return 0
    value = int(code)
    return value - _ESTIMATED if value > _ESTIMATED else value
