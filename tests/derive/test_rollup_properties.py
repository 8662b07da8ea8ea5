"""Whatever the portfolio: a tree split over two trackers rolls up as it does in one, in any order of rows."""

from __future__ import annotations

from typing import Any

from effort import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rollup_world import Trackers

SIZE = 8
COMPARED = (
    "health", "percent_complete", "open_risks", "open_findings", "worst_finding", "rollup_items",
    "rollup_slip_wd",
)  # fmt: skip
SLOW = settings(
    max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

ITEM = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["todo", "in_progress", "done", "removed"]),
        "points": st.sampled_from([None, 1.0, 2.0, 8.0]),
        "kind": st.sampled_from(["story", "story", "epic", "risk"]),
    }
)
TREES = st.tuples(*(st.integers(-1, one - 1) for one in range(SIZE)))  # each below an earlier one, or a root
ITEMS = st.lists(ITEM, min_size=SIZE, max_size=SIZE)
PLACES = st.lists(st.sampled_from(["shop", "boards"]), min_size=SIZE, max_size=SIZE)
SEVERITIES = st.sampled_from(["low", "high", "critical"])
FINDINGS = st.lists(st.tuples(st.integers(0, SIZE - 1), SEVERITIES), max_size=4)


def whole(parents: tuple[int, ...], items: list[dict[str, Any]]) -> Trackers:
    """The tree in one tracker."""
    work = Trackers()
    for one, values in enumerate(items):
        parent = None if parents[one] < 0 else f"shop:{parents[one]}"
        work.add(f"shop:{one}", parent=parent, **values)
    return work


def split(parents: tuple[int, ...], items: list[dict[str, Any]], places: list[str]) -> Trackers:
    """The same tree with each item where `places` says, and a container's twin wherever a child needs one."""
    needed = {(place, one) for one, place in enumerate(places)}
    needed |= {(places[one], parent) for one, parent in enumerate(parents) if parent >= 0}
    work = Trackers()
    for source, one in sorted(needed):
        parent = parents[one]
        above = f"{source}:{parent}" if (source, parent) in needed else None
        work.add(f"{source}:{one}", parent=above, **items[one])
    for one in range(SIZE):
        if {("shop", one), ("boards", one)} <= needed:
            work.twins.append((f"shop:{one}", f"boards:{one}"))
    return work


@SLOW
@given(TREES, ITEMS, PLACES, FINDINGS)
def test_a_tree_split_over_two_trackers_rolls_up_as_it_does_in_one(
    parents: tuple[int, ...],
    items: list[dict[str, Any]],
    places: list[str],
    findings: list[tuple[int, str]],
) -> None:
    one, two = whole(parents, items), split(parents, items, places)
    for index, severity in findings:
        one.finding(f"shop:{index}", severity)
        two.finding(f"{places[index]}:{index}", severity)
    one.roll_up()
    two.roll_up()
    for name in two.items:
        here, there = one.row(f"shop:{name.partition(':')[2]}"), two.row(name)
        assert {column: here[column] for column in COMPARED} == {column: there[column] for column in COMPARED}
    for slug in ("retail", "checkout"):
        here, there = one.node(slug), two.node(slug)
        for column in ("item_count", "percent_complete", "open_findings", "health", "start", "commitment"):
            assert here[column] == there[column], column


@SLOW
@given(TREES, ITEMS, PLACES, st.permutations(range(SIZE)))
def test_the_order_in_which_items_came_changes_nothing(
    parents: tuple[int, ...], items: list[dict[str, Any]], places: list[str], order: list[int]
) -> None:
    plain, shuffled = split(parents, items, places), split(parents, items, places)
    names = sorted(shuffled.items, key=lambda name: (order[int(name.partition(":")[2])], name))
    shuffled.items = {name: shuffled.items[name] for name in names}
    shuffled.twins = [(b, a) for a, b in reversed(shuffled.twins)]
    plain.roll_up()
    shuffled.roll_up()
    for name in plain.items:
        assert plain.shown(name) == shuffled.shown(name)
    assert plain.node("retail") == shuffled.node("retail")


@SLOW
@given(
    st.lists(st.integers(-1, SIZE - 1), min_size=2 * SIZE, max_size=2 * SIZE),
    st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=6),
)
def test_any_parents_and_any_twins_end_in_a_stable_answer(
    parents: list[int], twins: list[tuple[int, int]]
) -> None:
    work = Trackers()
    for one in range(SIZE):
        for source, parent in (("shop", parents[one]), ("boards", parents[SIZE + one])):
            work.add(f"{source}:{one}", parent=None if parent < 0 else f"{source}:{parent}")
    work.twins = [(f"shop:{a}", f"boards:{b}") for a, b in twins]
    work.roll_up()
    first = {name: work.shown(name) for name in work.items}
    node = work.node("retail")
    work.roll_up()
    assert {name: work.shown(name) for name in work.items} == first
    assert work.node("retail") == node
    pairs = {frozenset(one) for one in twins}
    assert SIZE <= node["item_count"] <= 2 * SIZE
    assert node["item_count"] == 2 * SIZE or pairs
    assert node["percent_complete"] == 0.0  # all of it is open, and none of it got lost
