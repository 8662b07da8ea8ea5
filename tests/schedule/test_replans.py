"""Bulk moves of dates: one actor, one amount, ten items, ten minutes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schedule.replans import replan_events

MINUTE = 60_000
Move = tuple[int, int, int, int, int]  # actor, at in ms, item, calendar days, working days


def labels(moves: Sequence[Move]) -> list[int]:
    columns = np.array(moves, dtype=np.int64).reshape(-1, 5).T
    return replan_events(*columns).tolist()


def bulk(count: int, *, actor: int = 1, start: int = 0, step: int = 1000, days: int = 14, wd: int = 10,
         first: int = 0) -> list[Move]:  # fmt: skip
    return [(actor, start + step * place, first + place, days, wd) for place in range(count)]


def test_ten_items_moved_alike_are_one_event_and_nine_are_none() -> None:
    assert labels(bulk(10)) == [0] * 10
    assert labels(bulk(9)) == [-1] * 9


def test_the_tenth_may_come_ten_minutes_after_the_first_and_no_later() -> None:
    in_time = [*bulk(9), (1, 10 * MINUTE, 9, 14, 10)]
    too_late = [*bulk(9), (1, 10 * MINUTE + 1, 9, 14, 10)]
    assert labels(in_time) == [0] * 10
    assert labels(too_late) == [-1] * 10


def test_one_item_moved_ten_times_is_no_bulk_move() -> None:
    assert labels([(1, 1000 * place, 7, 14, 10) for place in range(10)]) == [-1] * 10
    # Nine items of which one was moved twice are nine.
    assert labels([*bulk(9), (1, 9500, 0, 14, 10)]) == [-1] * 10


def test_two_people_are_two_actors_and_an_unknown_one_is_nobody() -> None:
    assert labels([*bulk(5), *bulk(5, actor=2, first=5)]) == [-1] * 10
    assert labels(bulk(10, actor=-1)) == [-1] * 10


def test_the_same_amount_is_so_in_calendar_days_or_in_working_days() -> None:
    # A week later over a holiday: seven calendar days for all, five working days for some, four for others.
    by_calendar = [(1, 1000 * place, place, 7, 5 if place < 5 else 4) for place in range(10)]
    # Five working days later: seven calendar days for most, eleven across the holidays.
    by_working_days = [(1, 1000 * place, place, 7 if place < 6 else 11, 5) for place in range(10)]
    neither = [(1, 1000 * place, place, 7 + place, 5 + place) for place in range(10)]
    assert labels(by_calendar) == [0] * 10
    assert labels(by_working_days) == [0] * 10
    assert labels(neither) == [-1] * 10


def test_dates_that_came_earlier_are_a_bulk_move_too_and_those_that_stood_still_are_none() -> None:
    assert labels(bulk(10, days=-7, wd=-5)) == [0] * 10
    assert labels(bulk(10, days=0, wd=0)) == [-1] * 10


def test_a_long_job_is_one_event_as_long_as_it_stays_dense() -> None:
    # Sixty items, one a minute: an hour, and in every ten minutes there are ten.
    assert labels(bulk(60, step=MINUTE)) == [0] * 60
    # One every 80 seconds: eight in any ten minutes.
    assert labels(bulk(60, step=80_000)) == [-1] * 60


def test_two_jobs_on_two_days_are_two_events_in_their_order() -> None:
    later, earlier = bulk(10, start=86_400_000), bulk(12)
    assert labels([*later, *earlier]) == [1] * 10 + [0] * 12


def test_a_move_that_fits_two_events_is_part_of_the_larger_one() -> None:
    # Twelve by fourteen days; of these, and of eight others, ten working days: twenty.
    moves = [*bulk(12, days=14, wd=10), *bulk(8, days=16, wd=10, first=12, start=12_000)]
    assert labels(moves) == [0] * 20


def test_a_single_push_beside_a_bulk_move_stays_single() -> None:
    moves = [*bulk(10), (1, 5500, 99, 3, 3), (2, 5600, 98, 14, 10)]
    assert labels(moves) == [0] * 10 + [-1, -1]


def test_nothing_moved_is_no_event() -> None:
    assert labels([]) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([-1, 1, 1, 1]),
            st.integers(0, 20 * MINUTE),
            st.integers(0, 14),
            st.sampled_from([-7, 0, 7]),
            st.sampled_from([-5, 0, 4, 5]),
        ),
        min_size=20,
        max_size=90,
    ),
    st.randoms(),
)
def test_events_are_dense_alike_and_independent_of_the_order_in_which_moves_are_told(moves, random) -> None:  # type: ignore[no-untyped-def]
    found = labels(moves)
    for event in set(found) - {-1}:
        members = [move for move, label in zip(moves, found, strict=True) if label == event]
        assert len({item for _, _, item, _, _ in members}) >= 10
        assert len({actor for actor, *_ in members}) == 1
        assert len({days for *_, days, _ in members}) == 1 or len({wd for *_, wd in members}) == 1
    order = list(range(len(moves)))
    random.shuffle(order)
    shuffled = labels([moves[place] for place in order])

    def groups(places: Sequence[int], answer: Sequence[int]) -> set[tuple[Move, ...]]:
        return {
            tuple(sorted(moves[place] for place, label in zip(places, answer, strict=True) if label == event))
            for event in set(answer) - {-1}
        }

    assert groups(order, shuffled) == groups(range(len(moves)), found)
