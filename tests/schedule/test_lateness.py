"""The chance that an item will be late, as counts of what became of similar promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedule.lateness import LatenessClasses, owner_rates, path_of


def test_a_class_borrows_thirty_cases_from_the_one_above_it() -> None:
    paths = [("soon",)] * 10 + [("later",)] * 10
    known = LatenessClasses(np.array([True] * 10 + [False] * 10), paths)
    soon, later = known.chance(("soon",)), known.chance(("later",))
    assert soon is not None
    assert later is not None
    assert (soon.probability, soon.late, soon.count) == (pytest.approx(25 / 40), 10, 10)
    assert (later.probability, later.late, later.count) == (pytest.approx(15 / 40), 0, 10)


def test_a_class_without_cases_is_as_the_one_above_and_says_that_it_has_none() -> None:
    known = LatenessClasses(np.array([True, False]), [("soon", "bug"), ("soon", "bug")])
    found = known.chance(("soon", "story"))
    assert found is not None
    assert (found.probability, found.count) == (pytest.approx(0.5), 0)


def test_without_any_promise_there_is_no_chance() -> None:
    assert LatenessClasses(np.zeros(0, dtype=bool), []).chance(("soon",)) is None


@pytest.mark.parametrize(
    ("days", "rate", "expected"),
    [
        (0, None, ("today", "owner unknown")),
        (-4, None, ("today", "owner unknown")),
        (1, 0.0, ("1 to 4 days", "owner never late")),
        (4, 0.2, ("1 to 4 days", "owner late up to 1 in 5")),
        (5, 0.21, ("5 to 19 days", "up to 1 in 2")),
        (20, 0.5, ("20 to 59 days", "up to 1 in 2")),
        (60, 0.51, ("60 days or more", "more often")),
    ],
)
def test_a_class_is_named_by_distance_owner_and_type(
    days: int, rate: float | None, expected: tuple[str, str]
) -> None:
    assert path_of("story", days, rate) == (*expected, "story")


def test_an_owners_rate_knows_only_what_had_ended_when_the_promise_was_made() -> None:
    owners = np.array([0] * 7 + [1, -1])
    promised = np.array([0, 1, 2, 3, 4, 20, 5, 20, 20])
    ended = np.array([10, 11, 12, 13, 14, 30, 40, 30, 30])
    late = np.array([True, False, True, False, False, True, True, True, True])
    found = owner_rates(owners, promised, ended, late)
    # On day 20 five of ana's had ended, two of them late; on day 5 none had.
    assert found[5] == pytest.approx(0.4)
    assert np.isnan(np.delete(found, 5)).all()


def test_four_promises_are_no_rate() -> None:
    found = owner_rates(
        np.zeros(5, dtype=np.int64),
        np.array([0, 0, 0, 0, 9]),
        np.array([1, 1, 1, 1, 20]),
        np.ones(5, dtype=bool),
    )
    assert np.isnan(found).all()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from("xy")), min_size=1))
def test_a_chance_lies_between_0_and_1(cases: list[tuple[bool, str, str]]) -> None:
    known = LatenessClasses(np.array([one[0] for one in cases]), [one[1:] for one in cases])
    for path in (("a", "x"), ("b", "z"), ("c", "x")):
        found = known.chance(path)
        assert found is not None
        assert 0 <= found.probability <= 1
        assert 0 <= found.late <= found.count
