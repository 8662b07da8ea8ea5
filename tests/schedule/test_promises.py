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
SOURCES = (None, "iteration", "release")
days = st.none() | st.dates(date(2026, 11, 1), date(2026, 11, 6))
moments = st.integers(0, 170).map(lambda day: START + timedelta(days=day, milliseconds=day % 2))
edits_of_an_item = st.builds(
    DateChange,
    moments,
    days,
    days,
    in_replan=st.booleans(),
    is_inherited=st.booleans(),
    source=st.sampled_from(SOURCES),
)
stories = st.tuples(
    days, st.none() | moments, st.lists(edits_of_an_item, max_size=6), st.sampled_from([0, 1, 5, 30])
)
Story = tuple[date | None, datetime | None, list[DateChange], int]


def as_instants(values: list[datetime | None]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array([one and one.replace(tzinfo=None) for one in values], dtype="datetime64[ms]")


def on_arrays(told: list[Story]) -> list[Promise]:
    rows = [(row, one) for row, (_, _, some, _) in enumerate(told) for one in some]
    edits = Edits(
        np.array([row for row, _ in rows], dtype=np.int64),
        as_instants([one.at for _, one in rows]),
        np.array([one.before for _, one in rows], dtype="datetime64[D]"),
        np.array([one.after for _, one in rows], dtype="datetime64[D]"),
        np.array([SOURCES.index(one.source) for _, one in rows], dtype=np.int64),
    )
    promises = follow_promises(
        np.array([due for due, *_ in told], dtype="datetime64[D]"),
        edits,
        as_instants([moment for _, moment, *_ in told]),
        settle_days=np.array([settle for *_, settle in told], dtype=np.int64),
    )
    moves = promises.moves
    found: list[Promise] = []
    for row in range(len(told)):
        mine = [
            (rows[edit][1], before.astype(date), after.astype(date))
            for one, edit, before, after in zip(
                moves.row, moves.edit.tolist(), moves.before, moves.after, strict=True
            )
            if one == row
        ]
        own = [move for move in mine if not move[0].is_inherited]
        pushes = [(one, before, after) for one, before, after in own if after > before]
        moment, source = promises.began[row].astype(datetime), int(promises.source[row])
        found.append(
            Promise(
                promises.first[row].astype(date),
                moment and moment.replace(tzinfo=UTC),
                len(pushes),
                sum((TODAY - one.at.date()).days <= 90 for one, _, _ in pushes),
                len(own) - len(pushes),
                sum(CALENDAR.working_days_between(before, after) or 0 for _, before, after in pushes),
                sum(one.in_replan for one, _, _ in pushes),
                sum(after > before for one, before, after in mine if one.is_inherited),
                None if source < 0 else SOURCES[source],
            )
        )
    return found


@given(st.lists(stories, max_size=4))
def test_each_story_is_told_as_it_is_told_alone(told: list[Story]) -> None:
    told = [(due, moment, sorted(some, key=lambda one: one.at), settle) for due, moment, some, settle in told]
    alone = [
        promise_of(due, some, moment, calendar=CALENDAR, today=TODAY, settle_days=settle)
        for due, moment, some, settle in told
    ]
    assert on_arrays(told) == alone
