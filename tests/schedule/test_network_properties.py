"""Random networks: the array passes against a slow reading of the rules, floats against trying them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reference import Reference
from schedule_worlds import WEEK, Work, World, world

from schedule.calendars import work_calendar
from schedule.day_tables import NEVER, UNKNOWN
from schedule.drivers import Reforecast
from schedule.network_float import floats_of
from schedule.propagation import forward

MONDAY = date(2026, 11, 2)
SIX_DAYS = work_calendar((1, 2, 3, 4, 5, 6), days_off=[date(2026, 11, 18)])
CALENDARS = (WEEK, SIX_DAYS)
DAYS = st.integers(0, 40).map(lambda days: (MONDAY + timedelta(days=days)).isoformat())
COUNT = 8


@st.composite
def works(
    draw: st.DrawFn, states: tuple[str, ...] = ("todo", "todo", "in_progress", "done", "removed")
) -> Work:
    is_milestone = draw(st.integers(0, 5)) == 0
    return Work(
        start=draw(st.none() | DAYS),
        finish=draw(st.none() | DAYS),
        state=draw(st.sampled_from(states)),
        remaining_wd=draw(st.sampled_from((-1, -1, 2, 6))),
        is_milestone=is_milestone,
        at_day_start=is_milestone and draw(st.booleans()),
        calendar=draw(st.integers(0, 1)),
    )


ENDS = st.integers(0, COUNT - 1)
LINKS = st.lists(
    st.tuples(ENDS, ENDS, st.sampled_from(("FS", "FS", "SS", "FF", "SF")), st.integers(-3, 4)), max_size=12
)
# A container stands before its members; an item may stand in several.
PAIRS = st.lists(st.tuples(ENDS, ENDS).map(lambda two: (max(two), min(two))), max_size=5, unique=True).map(
    lambda pairs: [pair for pair in pairs if pair[0] != pair[1]]
)
TODAY = st.none() | st.just("2026-11-11")


def built(
    some: list[Work],
    links: list[tuple[int, int, str, int]],
    pairs: list[tuple[int, int]],
    today: str | None,
) -> World:
    names = [str(number) for number in range(len(some))]
    return world(
        dict(zip(names, some, strict=True)),
        [(str(a), str(b), kind, lag) for a, b, kind, lag in links],
        [(str(a), str(b)) for a, b in pairs],
        today=today,
        calendars=CALENDARS,
    )


def known(values: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int | None]:
    return [None if value <= UNKNOWN // 2 else value for value in values.tolist()]


@settings(max_examples=150, deadline=None)
@given(st.lists(works(), min_size=COUNT, max_size=COUNT), LINKS, PAIRS, TODAY)
def test_the_passes_find_what_a_slow_reading_of_the_rules_finds(
    some: list[Work], links: list[tuple[int, int, str, int]], pairs: list[tuple[int, int]], today: str | None
) -> None:
    found = built(some, links, pairs, today)
    cut = {cycle.cut for cycle in found.network.cycles}
    left = [link for number, link in enumerate(links) if number not in cut]
    slow = Reference(some, left, pairs, today, CALENDARS)
    total = len(found.network.owner)
    finish = found.result.values[total : 2 * total][found.network.place[:COUNT]].astype(np.int64)
    assert known(finish) == [slow.finish(item) for item in range(COUNT)]


@settings(max_examples=100, deadline=None)
@given(st.lists(works(), min_size=COUNT, max_size=COUNT), LINKS, PAIRS, TODAY)
def test_nothing_is_pulled_earlier_and_what_was_not_given_is_not_made_up(
    some: list[Work], links: list[tuple[int, int, str, int]], pairs: list[tuple[int, int]], today: str | None
) -> None:
    found = built(some, links, pairs, today)
    holds = {container for _, container in pairs}
    for item, work in enumerate(some):
        start, finish = found.dates[str(item)]
        if work.state == "removed":
            assert (start, finish) == (None, None)
        elif item not in holds:
            if work.finish is not None and not work.is_milestone:
                assert finish is not None
                assert finish >= work.finish
            if work.start is None and work.finish is None and work.remaining_wd < 0:
                assert (start, finish) == (None, None)


def delayed(result: Reforecast, item: int, by: int) -> list[int | None]:
    """Everybody's finish if this piece of work takes place that many working days later."""
    place = result.network.place[item]
    total = len(result.network.owner)
    terms = replace(result.terms, earliest=result.terms.earliest.copy(), least=result.terms.least.copy())
    terms.earliest[place] = result.values[place] + by
    terms.least[place] = result.values[total + place] + by
    values = forward(result.network, terms, result.tables)
    return replace_values(result, terms, values)


def replace_values(result: Reforecast, terms: object, values: object) -> list[int | None]:
    return known(replace(result, terms=terms, values=values).finish)  # type: ignore[arg-type]


OPEN = works(states=("todo", "todo", "in_progress"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(OPEN, min_size=COUNT, max_size=COUNT),
    LINKS,
    PAIRS,
    TODAY,
    st.lists(st.integers(0, 6), min_size=COUNT, max_size=COUNT),
)
def test_total_float_is_how_much_later_work_can_be_and_not_a_day_more(
    some: list[Work],
    links: list[tuple[int, int, str, int]],
    pairs: list[tuple[int, int]],
    today: str | None,
    slack: list[int],
) -> None:
    # A start that is bound by nothing but its links has no date that could be held: see docs/schedule.md.
    links = [
        link for link in links if link[2] in ("FS", "FF") or (some[link[0]].start and some[link[0]].finish)
    ]
    result = built(some, links, pairs, today).result
    finish = result.finish
    ends = np.where(finish > UNKNOWN // 2, finish + slack, NEVER)
    floats = floats_of(result, ends)
    for item in np.flatnonzero(floats.is_known).tolist():
        room = int(floats.total_wd[item])
        assert room >= 0
        for by, is_held in ((room, True), (room + 1, False)):
            late = delayed(result, item, by)
            held = all(value is None or value <= end for value, end in zip(late, ends.tolist(), strict=True))
            assert held is is_held


@settings(max_examples=100, deadline=None)
@given(st.lists(OPEN, min_size=COUNT, max_size=COUNT), LINKS, TODAY)
def test_free_float_is_how_much_later_work_can_be_before_anything_else_moves(
    some: list[Work], links: list[tuple[int, int, str, int]], today: str | None
) -> None:
    links = [
        link for link in links if link[2] in ("FS", "FF") or (some[link[0]].start and some[link[0]].finish)
    ]
    result = built(some, links, [], today).result
    finish = result.finish
    floats = floats_of(result, np.where(finish > UNKNOWN // 2, finish + 50, NEVER))
    before = known(finish)
    for item in np.flatnonzero(floats.is_known).tolist():
        room = int(floats.free_wd[item])
        assert 0 <= room <= int(floats.total_wd[item])
        late = delayed(result, item, room)
        assert late[:item] + late[item + 1 :] == before[:item] + before[item + 1 :]
