"""Containers with several parents: each member counts once, circles end, and the order of rows is nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schedule.containment import contain


def sums(count: int, edges: list[tuple[int, int]]) -> list[float]:
    return [float(one) for one in contain(count, edges).sum_up(np.ones(count))]


def test_in_a_tree_everything_counts_once_at_each_container() -> None:
    assert sums(4, [(1, 0), (2, 1), (3, 1)]) == [4, 3, 1, 1]


def test_what_hangs_below_two_containers_counts_once_at_the_one_that_holds_both() -> None:
    # 0 holds 1 and 2, and 3 with its child 4 stands in both of them.
    edges = [(1, 0), (2, 0), (3, 1), (3, 2), (4, 3)]
    assert sums(5, edges) == [5, 3, 3, 2, 1]


def test_one_shared_piece_of_work_inside_another() -> None:
    # 6 stands in 4 and 5; both stand in 3, which stands in 1 and 2; 0 holds 1 and 2.
    edges = [(1, 0), (2, 0), (3, 1), (3, 2), (4, 3), (5, 3), (6, 4), (6, 5)]
    assert sums(7, edges) == [7, 5, 5, 4, 2, 2, 1]


def test_the_same_pair_twice_and_an_item_that_is_its_own_container_say_nothing_new() -> None:
    assert sums(2, [(1, 0), (1, 0), (1, 1)]) == [2, 1]


def test_a_circle_is_one_group_that_counts_what_any_of_its_members_contains() -> None:
    # 0 and 1 contain each other; 2 stands in 0, 3 in 1, and 4 holds 0.
    containment = contain(5, [(0, 1), (1, 0), (2, 0), (3, 1), (0, 4)])
    assert containment.sum_up(np.ones(5)).tolist() == [4, 4, 1, 1, 5]
    assert containment.own_sum(np.ones(5)).tolist() == [2, 2, 1, 1, 1]
    assert containment.group[0] == containment.group[1]


def test_the_largest_value_and_the_lowest_ranks_travel_through_both_containers() -> None:
    containment = contain(5, [(1, 0), (2, 0), (3, 1), (3, 2), (4, 3)])
    assert containment.maximum_up(np.array([0, 1, 2, 3, 9])).tolist() == [9, 9, 9, 9, 9]
    lowest = containment.lowest_up({4: 5, 3: 8, 2: 1, 1: 7}, keep=2)
    found = [lowest[int(containment.group[one])] for one in range(5)]
    assert found == [[1, 5], [5, 7], [1, 5], [5, 8], [5]]


def test_everything_around_some_positions() -> None:
    containment = contain(6, [(1, 0), (2, 0), (3, 1), (3, 2), (4, 3)])
    assert containment.around([4]) == {int(containment.group[one]) for one in (0, 1, 2, 3, 4)}
    assert containment.around([5, 1]) == {int(containment.group[one]) for one in (0, 1, 5)}


def test_nothing_at_all() -> None:
    containment = contain(0, [])
    assert containment.sum_up(np.empty(0)).tolist() == []
    assert containment.lowest_up({}, keep=3) == {}


def test_a_chain_as_long_as_the_portfolio_takes_no_recursion() -> None:
    count = 5_000
    assert sums(count, [(one + 1, one) for one in range(count - 1)])[:3] == [5000, 4999, 4998]


NODES = 9
EDGES = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=20)


def reach(edges: list[tuple[int, int]]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Row: container; column: what is in it, itself included. Warshall, on purpose unlike the code."""
    inside = np.eye(NODES, dtype=bool)
    for member, container in edges:
        inside[container, member] = True
    for middle in range(NODES):
        inside |= np.outer(inside[:, middle], inside[middle])
    return inside


@given(EDGES)
def test_each_member_counts_exactly_once_at_each_container_whatever_the_graph(
    edges: list[tuple[int, int]],
) -> None:
    weights = np.array([2.0**one for one in range(NODES)])  # a sum that tells which members it holds
    assert contain(NODES, edges).sum_up(weights).tolist() == (reach(edges) @ weights).tolist()


@given(EDGES, st.permutations(range(NODES)))
def test_the_order_of_positions_changes_nothing(edges: list[tuple[int, int]], order: list[int]) -> None:
    ranks = {one: 100 + one for one in range(NODES)}
    plain = contain(NODES, edges)
    moved = contain(NODES, [(order[member], order[container]) for member, container in edges])
    lowest = plain.lowest_up(ranks, keep=3)
    lowest_moved = moved.lowest_up({order[one]: rank for one, rank in ranks.items()}, keep=3)
    for one in range(NODES):
        assert lowest[int(plain.group[one])] == lowest_moved[int(moved.group[order[one]])]
