"""Twins over three trackers are one piece of work."""

from __future__ import annotations

from sync.twin_classes import twin_classes


def test_three_trackers_make_one_class_whichever_two_pairs_hold_it() -> None:
    whole = [("boards/1", "plans/1", "shop/1")]
    assert twin_classes([("boards/1", "shop/1"), ("plans/1", "shop/1")]) == whole
    assert twin_classes([("plans/1", "boards/1"), ("shop/1", "plans/1")]) == whole
    assert twin_classes([("shop/1", "boards/1"), ("boards/1", "plans/1"), ("plans/1", "shop/1")]) == whole


def test_work_that_shares_nothing_stays_apart_and_classes_come_in_order() -> None:
    assert twin_classes([("shop/9", "boards/9"), ("shop/1", "boards/1")]) == [
        ("boards/1", "shop/1"),
        ("boards/9", "shop/9"),
    ]
    assert twin_classes([]) == []
    assert twin_classes([("shop/1", "shop/1")]) == []


def test_two_classes_that_a_late_pair_joins_are_one() -> None:
    pairs = [("a/1", "b/1"), ("c/1", "d/1"), ("d/1", "a/1")]
    assert twin_classes(pairs) == [("a/1", "b/1", "c/1", "d/1")]


def test_a_long_chain_needs_no_recursion() -> None:
    pairs = [(f"s/{number:05}", f"s/{number + 1:05}") for number in range(5_000)]
    (only,) = twin_classes(reversed(pairs))
    assert len(only) == 5_001
