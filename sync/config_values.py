"""What single values of `dovetail.yaml` look like: durations, weekdays, places, days away, moments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.spelling import nearest
from schedule.commitment import MOMENTS
from sync.quiet_hours import PATTERN as QUIET_HOURS_PATTERN
from sync.quiet_hours import QuietHours

WEEKDAYS: Sequence[str] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhd])")


def _duration(value: object) -> object:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("duration", "a duration such as 15m, 1h, 24h or 7d belongs here")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _weekdays(value: object) -> object:
    """ISO weekdays from `mon-fri`, `sun-thu` or a list of days."""
    first, dash, last = value.casefold().partition("-") if isinstance(value, str) else ("", "", "")
    if dash and {first, last} <= set(WEEKDAYS):
        start, stop = WEEKDAYS.index(first), WEEKDAYS.index(last)
        return sorted((start + step) % 7 + 1 for step in range((stop - start) % 7 + 1))
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(one, str) for one in names):
        unknown = [one for one in names if one.casefold() not in WEEKDAYS]
        if not unknown:
            return sorted({WEEKDAYS.index(one.casefold()) + 1 for one in names})
    raise PydanticCustomError("weekdays", "a range such as mon-fri, or a list such as [mon, tue, wed]")


def time_zone(value: object) -> object:
    """An IANA time zone."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        near = nearest(str(value)[:60], available_timezones())
        raise PydanticCustomError(
            "time_zone", "{text}", {"text": f"not a time zone such as Europe/Zurich{near}"}
        ) from None
    return value


def place(value: object) -> object:
    """A place whose public holidays are known."""
    import holidays  # 0.2 s: only where a calendar names a place

    if not isinstance(value, str):
        raise PydanticCustomError("place", "a country such as CH, or a region such as CH-ZH, belongs here")
    country, _, region = value.partition("-")
    places: dict[str, list[str]] = holidays.list_supported_countries()
    if country not in places:
        text = f"the holidays of `{country[:20]}` are not known{nearest(country, places)}"
        raise PydanticCustomError("place", "{text}", {"text": text})
    if region and region not in places[country]:
        text = f"{country} has no region `{region[:20]}`; it has {', '.join(places[country]) or 'none'}"
        raise PydanticCustomError("place", "{text}", {"text": text})
    return value


Words: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Slug: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^[1-9][0-9]{0,4}[mhd]$"}),
]
Day: TypeAlias = Annotated[date, Field(strict=False)]
_DAY_NAME = {"type": "string", "enum": list(WEEKDAYS)}
WorkedDays: TypeAlias = Annotated[
    list[int],
    BeforeValidator(_weekdays),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[a-z]{3}(-[a-z]{3})?$"},
                {"type": "array", "items": _DAY_NAME, "minItems": 1},
            ]
        }
    ),
]


def _absence(value: object) -> object:
    """First and last day of an absence from `2026-12-21..2027-01-08`, or one day."""
    texts = str(value).split("..") if isinstance(value, str | date) else []
    try:
        days = [date.fromisoformat(one.strip()) for one in texts]
    except ValueError:
        days = []
    if len(days) not in (1, 2) or days[0] > days[-1]:
        raise PydanticCustomError(
            "absence", "a day such as 2026-12-24 or days such as 2026-12-21..2027-01-08 belong here"
        )
    return days[0], days[-1]


_DAY_PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
Absence: TypeAlias = Annotated[
    tuple[date, date],
    BeforeValidator(_absence),
    WithJsonSchema({"type": "string", "pattern": rf"^{_DAY_PATTERN}(\.\.{_DAY_PATTERN})?$"}),
]
_MOMENT = re.compile(r"leaves_todo|active_iteration|release|(label|status):\S.{0,190}")


def _moment(value: object) -> object:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return value
    near = nearest(str(value)[:60], MOMENTS)
    text = f"`{str(value)[:60]}` is none of {', '.join(MOMENTS)}, label:NAME, status:NAME{near}"
    raise PydanticCustomError("moment", "{text}", {"text": text})


Moment: TypeAlias = Annotated[
    str,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": f"^({_MOMENT.pattern})$"}),
]


def _quiet_hours(value: object) -> object:
    from sync.quiet_hours import read_quiet_hours

    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise PydanticCustomError("quiet_hours", "hours such as 22:00-06:00, or a list of them, belong here")
    try:
        return read_quiet_hours(texts)
    except ValueError as error:
        raise PydanticCustomError("quiet_hours", "{text}", {"text": str(error)}) from None


_HOURS = {"type": "string", "pattern": QUIET_HOURS_PATTERN}
QuietHoursText: TypeAlias = Annotated[
    QuietHours,
    BeforeValidator(_quiet_hours),
    WithJsonSchema({"anyOf": [_HOURS, {"type": "array", "items": _HOURS}]}),
]
