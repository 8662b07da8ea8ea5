"""What a change can touch, and that following changes gives what computing everything again gives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from schedule_worlds import Work, given_of, world
from test_network_properties import CALENDARS, COUNT, LINKS, PAIRS, TODAY, built, works

from schedule.drivers import drivers_of, reforecast
from schedule.reach import LiveForecast, changed_between, reach
from schedule.work_dates import work_dates

A, B, C, D, E = range(5)


def test_a_change_reaches_what_waits_for_it_and_what_contains_that_and_nothing_else() -> None:
    network = world(
        {name: Work("2026-11-23", "2026-11-24") for name in "ABCDE"},
        [("A", "B"), ("C", "E")],
        {"B": "C"},
    ).network
    assert reach(network, np.array([A])).tolist() == [A, B, C, E]
    assert reach(network, np.array([D])).tolist() == [D]
    assert reach(network, np.array([E, C])).tolist() == [C, E]


def test_a_change_of_a_containers_predecessor_reaches_what_is_in_the_container() -> None:
    network = world(
        {name: Work("2026-11-23", "2026-11-24") for name in "ABCDE"}, [("A", "B")], {"C": "B", "D": "C"}
    ).network
    assert reach(network, np.array([A])).tolist() == [A, B, C, D]


def test_following_a_change_moves_only_what_moves() -> None:
    # C has five days of room after B, so that a day more for A ends at B.
    found = world(
        {
            "A": Work("2026-11-23", "2026-11-24"),
            "B": Work("2026-11-25", "2026-11-26"),
            "C": Work("2026-12-04", "2026-12-04"),
        },
        [("A", "B"), ("B", "C")],
    )
    live = LiveForecast(found.network, found.result.dates, found.result.tables)
    later, _ = work_dates(given_of([Work("2026-11-23", "2026-11-25")]))
    assert live.change(np.array([A]), later).tolist() == [A, B]
    finish = live.result.tables.finish_day(live.result.dates.calendar, live.result.finish)
    assert finish.astype(str).tolist() == ["2026-11-25", "2026-11-27", "2026-12-04"]


def test_what_was_given_is_not_changed_by_following_changes() -> None:
    found = world({"A": Work("2026-11-23", "2026-11-24")})
    before = found.result.dates.finish.copy()
    live = LiveForecast(found.network, found.result.dates, found.result.tables)
    live.change(np.array([A]), work_dates(given_of([Work("2026-11-23", "2026-11-30")]))[0])
    assert found.result.dates.finish.tolist() == before.tolist()


def test_a_change_that_moves_nearly_everything_is_computed_as_a_whole_and_gives_the_same() -> None:
    names = [str(number) for number in range(300)]
    day = Work("2026-11-23", "2026-11-23")
    found = world(dict.fromkeys(names, day), list(pairwise(names)))
    live = LiveForecast(found.network, found.result.dates, found.result.tables)
    later, _ = work_dates(given_of([Work("2026-11-23", "2026-11-24")]))
    assert live.change(np.array([0]), later).tolist() == list(range(300))
    assert live.result.finish.tolist() == (found.result.finish + 1).tolist()


EDITS = st.lists(st.tuples(st.integers(0, COUNT - 1), works()), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(works(), min_size=COUNT, max_size=COUNT),
    LINKS,
    PAIRS,
    TODAY,
    st.lists(EDITS, min_size=1, max_size=3),
)
def test_following_random_changes_gives_what_computing_everything_again_gives(
    some: list[Work],
    links: list[tuple[int, int, str, int]],
    pairs: list[tuple[int, int]],
    today: str | None,
    rounds: list[list[tuple[int, Work]]],
) -> None:
    found = built(some, links, pairs, today)
    network, tables = found.network, found.result.tables
    live = LiveForecast(network, found.result.dates, tables)
    for edits in rounds:
        now = list(some)
        for item, work in edits:
            # A calendar stays: another one needs another network.
            now[item] = Work(
                work.start,
                work.finish,
                work.state,
                work.remaining_wd,
                work.is_milestone,
                calendar=some[item].calendar,
            )
        dates, _ = work_dates(given_of(now, today=today, calendars=CALENDARS))
        items = changed_between(live.result.dates, dates)
        part, _ = work_dates(
            given_of([now[item] for item in items.tolist()], today=today, calendars=CALENDARS)
        )
        moved = live.change(items, part)
        again = reforecast(network, dates, tables)
        assert live.result.values.tolist() == again.values.tolist()
        assert live.result.finish.tolist() == again.finish.tolist()
        assert set(moved.tolist()) <= set(reach(network, items).tolist())
        mine, theirs = drivers_of(live.result), drivers_of(again)
        assert mine.start.tolist() == theirs.start.tolist()
        assert mine.driver.tolist() == theirs.driver.tolist()
        assert mine.reason.tolist() == theirs.reason.tolist()
        some = now
