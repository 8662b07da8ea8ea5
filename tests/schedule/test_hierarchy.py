"""Parents, levels, sums and circles."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schedule.hierarchy import build_hierarchy, members_of_cycles

IDS = ["epic", "story", "task", "other", "lone"]
PARENTS = [None, "epic", "story", "epic", "not pulled"]


def test_depth_leaves_and_a_parent_that_is_not_there() -> None:
    tree = build_hierarchy(IDS, PARENTS)
    assert tree.depth.tolist() == [0, 1, 2, 1, 0]
    assert tree.has_children.tolist() == [True, True, False, False, False]


def test_sums_and_maxima_travel_to_the_top() -> None:
    tree = build_hierarchy(IDS, PARENTS)
    assert tree.sum_up(np.array([1.0, 2, 3, 4, 5])).tolist() == [10, 5, 3, 4, 5]
    assert tree.maximum_up(np.array([0, 0, 7, 2, 1])).tolist() == [7, 7, 7, 2, 1]


def test_the_nearest_ancestor_that_has_a_date() -> None:
    tree = build_hierarchy(IDS, PARENTS)
    assert tree.nearest_ancestor(np.array([True, False, True, False, True])).tolist() == [-1, 0, 0, 0, -1]


def test_a_circle_of_parents_is_cut_at_its_first_member() -> None:
    tree = build_hierarchy(["x", "a", "b", "c"], ["b", "c", "a", "b"])  # a → c → b → a, and x below b
    assert tree.parent.tolist()[1] == -1
    assert tree.depth.tolist() == [2, 0, 1, 2]
    assert tree.sum_up(np.ones(4)).tolist() == [1, 4, 3, 1]


def test_an_item_that_is_its_own_parent_is_a_root() -> None:
    assert build_hierarchy(["a"], ["a"]).depth.tolist() == [0]


def test_no_items_at_all() -> None:
    tree = build_hierarchy([], [])
    assert tree.levels == ()
    assert tree.sum_up(np.empty(0)).tolist() == []


@given(st.lists(st.integers(min_value=-1, max_value=11), min_size=12, max_size=12))
def test_any_forest_even_with_circles_ends_with_every_item_on_one_level(parents: list[int]) -> None:
    tree = build_hierarchy(
        [str(index) for index in range(12)], [None if one < 0 else str(one) for one in parents]
    )
    assert sorted(index for level in tree.levels for index in level.tolist()) == list(range(12))
    roots = [index for index in range(12) if tree.parent[index] < 0]
    assert tree.sum_up(np.ones(12))[roots].sum() == 12


def test_the_members_of_a_cycle_and_not_those_beside_it() -> None:
    # 0 → 1 → 2 → 0 is a cycle; 3 leads into it, 4 out of it; 5 → 5 is one by itself; 6 → 7 is none.
    edges = [(0, 1), (1, 2), (2, 0), (3, 0), (2, 4), (5, 5), (6, 7)]
    assert members_of_cycles(8, edges) == {0, 1, 2, 5}


def test_a_path_between_two_cycles_is_on_neither() -> None:
    assert members_of_cycles(5, [(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 3)]) == {0, 1, 3, 4}


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24))
def test_a_node_is_on_a_cycle_exactly_when_it_reaches_itself(edges: list[tuple[int, int]]) -> None:
    reach = np.zeros((8, 8), dtype=bool)
    for start, stop in edges:
        reach[start, stop] = True
    for middle in range(8):
        reach |= np.outer(reach[:, middle], reach[middle])
    assert members_of_cycles(8, edges) == set(np.flatnonzero(reach.diagonal()).tolist())
