"""Promises on arrays are the promises of each item by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schedule.calendars import work_calendar
from schedule.commitment import DateChange, Promise, promise_of
from schedule.promises import Edits, follow_promises

CALENDAR = work_calendar()
TODAY = date(2026, 11, 24)
START = datetime(2026, 6, 1, tzinfo=UTC)
days = st.none() | st.dates(date(2026, 11, 1), date(2026, 11, 6))
moments = st.integers(0, 170).map(lambda day: START + timedelta(days=day, milliseconds=day % 2))
stories = st.tuples(
    days, st.none() | moments, st.lists(st.builds(DateChange, moments, days, days), max_size=6)
)


def as_instants(values: list[datetime | None]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array([one and one.replace(tzinfo=None) for one in values], dtype="datetime64[ms]")


def on_arrays(told: list[tuple[date | None, datetime | None, list[DateChange]]]) -> list[Promise]:
    rows = [(row, one) for row, (_, _, some) in enumerate(told) for one in some]
    edits = Edits(
        np.array([row for row, _ in rows], dtype=np.int64),
        as_instants([one.at for _, one in rows]),
        np.array([one.before for _, one in rows], dtype="datetime64[D]"),
        np.array([one.after for _, one in rows], dtype="datetime64[D]"),
    )
    due = np.array([due for due, _, _ in told], dtype="datetime64[D]")
    first, began, moves = follow_promises(
        due, edits, as_instants([moment for _, moment, _ in told]), settle_days=5
    )
    found: list[Promise] = []
    for row in range(len(told)):
        mine = [
            (at.astype(datetime), before.astype(date), after.astype(date))
            for one, at, before, after in zip(moves.row, moves.at, moves.before, moves.after, strict=True)
            if one == row
        ]
        pushes = [(at, before, after) for at, before, after in mine if after > before]
        moment = began[row].astype(datetime)
        found.append(
            Promise(
                first[row].astype(date),
                moment and moment.replace(tzinfo=UTC),
                len(pushes),
                sum((TODAY - at.date()).days <= 90 for at, _, _ in pushes),
                len(mine) - len(pushes),
                sum(CALENDAR.working_days_between(before, after) or 0 for _, before, after in pushes),
            )
        )
    return found


@given(st.lists(stories, max_size=4))
def test_each_story_is_told_as_it_is_told_alone(
    told: list[tuple[date | None, datetime | None, list[DateChange]]],
) -> None:
    told = [(due, moment, sorted(some, key=lambda one: one.at)) for due, moment, some in told]
    alone = [promise_of(due, some, moment, calendar=CALENDAR, today=TODAY) for due, moment, some in told]
    assert on_arrays(told) == alone
