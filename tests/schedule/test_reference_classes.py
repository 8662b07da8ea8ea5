"""What finished work says of open work: quantiles, open cases, and what a small class borrows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedule.distributions import Distribution, from_quantiles, observed, shrunk
from schedule.reference_classes import ReferenceClasses


def ended(*values: float) -> Distribution:
    return observed(np.array(values), np.zeros(len(values), dtype=bool))


def test_atom_i_of_n_stands_at_i_of_n_plus_one() -> None:
    assert ended(40, 10, 30, 20).quantiles((0.2, 0.5, 0.8, 0.99)).tolist() == [10, 25, 40, 40]


def test_open_cases_move_their_weight_to_those_that_took_longer() -> None:
    # Of 4, one ends at 1. The open one has reached 2, so the two others are 3/8 of everything each.
    found = observed(np.array([3.0, 2.0, 1.0, 4.0]), np.array([False, True, False, False]))
    assert found.values.tolist() == [1.0, 3.0, 4.0]
    assert found.weights == pytest.approx([1.0, 1.5, 1.5])
    assert found.quantiles((0.5,))[0] == pytest.approx(3 + 0.05 / 0.3)
    # Without it, the median would be 3; with it thrown away, everything would look faster.
    assert ended(1, 3, 4).quantiles((0.5,))[0] == 3.0


def test_what_is_still_open_beyond_everything_that_ended_is_unknown_and_not_the_longest_seen() -> None:
    found = observed(np.array([1.0, 2.0, 5.0]), np.array([False, False, True]))
    assert found.quantiles((0.5,)).tolist() == [2.0]
    assert found.quantiles((0.8,)).tolist() == [np.inf]
    assert observed(np.array([5.0]), np.array([True])).quantiles((0.5,)).tolist() == [np.inf]


def test_where_an_open_case_ends_where_another_stands_the_one_that_ended_came_first() -> None:
    found = observed(np.array([2.0, 2.0]), np.array([True, False]))
    assert found.weights.tolist() == [1.0, 1.0]
    assert found.values.tolist() == [2.0, np.inf]


def test_only_what_lies_beyond_counts_for_what_has_come_so_far() -> None:
    assert ended(1, 2, 3, 4).quantiles((0.5,), beyond=1.0).tolist() == [3.0]
    assert ended(1, 2, 3, 4).quantiles((0.5,), beyond=0.9).tolist() == [2.5]
    assert np.isnan(ended(1, 2).quantiles((0.5,), beyond=2.0)).all()


def test_a_parent_counts_for_as_many_cases_as_it_is_given() -> None:
    found = shrunk(ended(2, 2), ended(1), 2.0)
    assert found.weights.tolist() == [2.0, 1.0, 1.0]
    assert found.quantiles((0.5,))[0] == pytest.approx(1 + 0.2 / 0.3)
    nothing = Distribution(np.zeros(0), np.zeros(0))
    assert shrunk(ended(2, 2), nothing, 30.0).weights.tolist() == [1.0, 1.0]


def test_a_table_of_quantiles_becomes_a_distribution_that_has_them() -> None:
    found = from_quantiles((0.1, 0.5, 0.9), (1.0, 2.0, 4.0), atoms=999)
    assert found.total == pytest.approx(1.0)
    values, weights = found.values, np.cumsum(found.weights)
    assert np.interp((0.1, 0.5, 0.9), weights, values) == pytest.approx([1.0, 2.0, 4.0], abs=0.01)


def classes(*cases: tuple[int, tuple[str, ...], float]) -> ReferenceClasses:
    """So many finished cases of a class, all with one ratio."""
    paths = [path for count, path, _ in cases for _ in range(count)]
    ratios = np.array([ratio for count, _, ratio in cases for _ in range(count)])
    return ReferenceClasses(ratios, np.zeros(len(ratios), dtype=bool), paths)


def test_nineteen_references_say_nothing_and_twenty_do() -> None:
    few = classes((19, ("all",), 1.2)).answer(("all",), (0.5, 0.8))
    assert (few.values, few.references) == (None, 19)
    enough = classes((20, ("all",), 1.2)).answer(("all",), (0.5, 0.8))
    assert enough.values is not None
    assert (enough.values.tolist(), enough.references) == ([1.2, 1.2], 20)


def test_a_class_without_any_case_at_all_is_unknown() -> None:
    assert classes((20, ("all",), 1.2)).answer(("other",), (0.5,)).values is None
    assert classes((20, ("all",), 1.2)).answer((), (0.5,)).references == 0


def test_open_cases_are_no_references() -> None:
    ratios = np.array([1.0] * 19 + [2.0])
    found = ReferenceClasses(ratios, ratios > 1.5, [("all",)] * 20)
    assert (found.answer(("all",), (0.5,)).values, found.answer(("all",), (0.5,)).references) == (None, 19)


def test_the_finest_class_with_twenty_references_speaks_and_a_finer_one_adds_what_it_has() -> None:
    known = classes(
        (30, ("all", "story"), 1.0), (10, ("all", "story", "web"), 3.0), (20, ("all", "bug"), 1.0)
    )
    answer = known.answer(("all", "story", "web"), (0.5, 0.95))
    assert (answer.path, answer.references) == (("all", "story"), 40)
    assert answer.values is not None
    assert answer.values.tolist() == [1.0, 3.0]  # 10 own cases beside 30 borrowed ones
    unknown_project = known.answer(("all", "story", "app"), (0.5,))
    assert (unknown_project.path, unknown_project.references) == (("all", "story"), 40)


def test_a_prior_holds_back_what_few_cases_claim() -> None:
    ratios, is_open = np.full(20, 2.0), np.zeros(20, dtype=bool)
    paths = [("all",)] * 20
    alone = ReferenceClasses(ratios, is_open, paths).answer(("all",), (0.5,)).values
    held = ReferenceClasses(ratios, is_open, paths, prior=ended(*[1.0] * 10)).answer(("all",), (0.5,)).values
    assert alone is not None
    assert held is not None
    assert (alone.tolist(), held.tolist()) == ([2.0], [1.0])  # 30 of 50 say 1.0


def test_fewer_than_twenty_that_were_ever_so_late_say_nothing_of_one_that_is() -> None:
    known = classes((15, ("all",), 5.0), (30, ("all",), 1.0))
    assert known.answer(("all",), (0.5,), beyond=0.5).references == 45
    late = known.answer(("all",), (0.5,), beyond=1.0)
    assert (late.values, late.references) == (None, 15)


def test_too_many_open_cases_leave_the_upper_quantile_unknown() -> None:
    ratios = np.concatenate((np.linspace(0.5, 1.5, 20), np.full(20, 2.0)))
    found = ReferenceClasses(ratios, ratios == 2.0, [("all",)] * 40).answer(("all",), (0.5, 0.8))
    assert (found.values, found.references) == (None, 20)


CASES = st.lists(
    st.tuples(st.floats(0.1, 10), st.booleans(), st.sampled_from([("a",), ("a", "b"), ("a", "c")])),
    min_size=20,
    max_size=60,
)


@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_the_cases_decides_nothing(
    cases: list[tuple[float, bool, tuple[str, ...]]], random
) -> None:  # type: ignore[no-untyped-def]
    def answer(of: list[tuple[float, bool, tuple[str, ...]]]) -> list[float] | None:
        ratios, is_open, paths = zip(*of, strict=True)
        known = ReferenceClasses(np.array(ratios), np.array(is_open), paths)
        values = known.answer(("a", "b"), (0.1, 0.5, 0.8)).values
        return None if values is None else values.tolist()

    shuffled = cases[:]
    random.shuffle(shuffled)
    first = answer(cases)
    assert first == pytest.approx(answer(shuffled)) if first is not None else answer(shuffled) is None
    assert first is None or first == sorted(first)
