"""Small networks by name, for tests: what is given, and the dates that come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from schedule.calendars import WorkCalendar, work_calendar
from schedule.drivers import Drivers, Reason, Reforecast, driver_chain, drivers_of, reforecast
from schedule.network import Links, Network, build_network
from schedule.propagation import STATES
from schedule.work_dates import GivenDates, dates_of, work_dates

WEEK = work_calendar()  # Monday to Friday


@dataclass(frozen=True)
class Work:
    """One piece of work as a tracker shows it."""

    start: str | None = None
    finish: str | None = None
    state: str = "todo"
    remaining_wd: int = -1
    is_milestone: bool = False
    at_day_start: bool = False
    is_constrained: bool = False
    calendar: int = 0


@dataclass(frozen=True)
class World:
    """A network with its re-forecast."""

    names: Sequence[str]
    network: Network
    given: GivenDates
    result: Reforecast
    drivers: Drivers

    @property
    def dates(self) -> dict[str, tuple[str | None, str | None]]:
        starts, finishes = dates_of(self.given, self.result, self.drivers)
        return {
            name: (text(start), text(finish))
            for name, start, finish in zip(self.names, starts, finishes, strict=True)
        }

    def why(self, name: str) -> list[tuple[str, Reason]]:
        steps = driver_chain(self.result, self.drivers, self.names.index(name))
        return [(self.names[step.item], step.reason) for step in steps]

    def driver(self, name: str) -> str | None:
        found = int(self.drivers.driver[self.names.index(name)])
        return None if found < 0 else self.names[found]


def text(day: np.datetime64) -> str | None:
    return None if np.isnat(day) else str(day)


def world(
    works: Mapping[str, Work],
    links: Sequence[tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, int]] = (),
    parents: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    *,
    today: str | None = None,
    calendars: Sequence[WorkCalendar] = (WEEK,),
) -> World:
    """Work by name, links of (predecessor, successor[, type[, lag]]), and what stands in what."""
    names = list(works)
    at = {name: position for position, name in enumerate(names)}
    rows = [
        (at[one[0]], at[one[1]], one[2] if len(one) > 2 else "FS", one[3] if len(one) > 3 else 0)
        for one in links
    ]
    pairs = list(parents.items()) if isinstance(parents, Mapping) else list(parents)
    network = build_network(
        len(names), Links.of(rows), [at[one] for one, _ in pairs], [at[other] for _, other in pairs]
    )
    given = given_of(works.values(), today=today, calendars=calendars)
    dates, tables = work_dates(given)
    result = reforecast(network, dates, tables)
    return World(names, network, given, result, drivers_of(result))


def given_of(
    works: Sequence[Work], *, today: str | None = None, calendars: Sequence[WorkCalendar] = (WEEK,)
) -> GivenDates:
    works = list(works)
    return GivenDates(
        calendars=calendars,
        calendar=np.array([one.calendar for one in works], dtype=np.int64),
        state=np.array([STATES[one.state] for one in works], dtype=np.int64),
        start=np.array([one.start for one in works], dtype="datetime64[D]"),
        finish=np.array([one.finish for one in works], dtype="datetime64[D]"),
        today=np.full(len(works), today, dtype="datetime64[D]"),
        remaining_wd=np.array([one.remaining_wd for one in works], dtype=np.int64),
        is_milestone=np.array([one.is_milestone for one in works], dtype=bool),
        at_day_start=np.array([one.at_day_start for one in works], dtype=bool),
        is_constrained=np.array([one.is_constrained for one in works], dtype=bool),
    )
