"""Links to other trackers: which phrases say who waits, and for whom."""

from __future__ import annotations

import pytest

from connectors.relationships import linked_dependency, side_of
from portfolio.records import Dependency, address_of_end, linked_end

ADDRESS = "https://dev.azure.com/shop/Retail/_workitems/edit/123"


@pytest.mark.parametrize("phrase", ["is blocked by", " Is  Blocked by ", "depends on:", "is dependent on"])
def test_the_item_that_says_it_waits_is_the_successor(phrase: str) -> None:
    assert linked_dependency("shop", "shop/10012", 7, ADDRESS, phrase) == Dependency(
        dependency_id="shop/10012/remote-7",
        source="shop",
        predecessor_id=f"url:{ADDRESS}",
        successor_id="shop/10012",
    )


def test_the_opposite_phrase_turns_it_round() -> None:
    found = linked_dependency("shop", "shop/10012", "ab", f" {ADDRESS} ", "blocks")
    assert found is not None
    assert (found.predecessor_id, found.successor_id) == ("shop/10012", f"url:{ADDRESS}")


@pytest.mark.parametrize(
    "phrase", [None, "", "relates to", "was blocked by a storm", "blocked", "mentioned in", "is blocked by X"]
)
def test_any_other_phrase_says_nothing_about_order(phrase: str | None) -> None:
    assert linked_dependency("shop", "shop/10012", 7, ADDRESS, phrase) is None


def test_the_configuration_names_the_phrases_and_their_opposites_follow() -> None:
    assert side_of("wartet auf", ["Wartet auf"]) == "successor"
    assert side_of("is blocked by", ["wartet auf"]) is None
    assert side_of("blocks", ["wartet auf"]) is None


def test_a_link_without_an_address_is_none() -> None:
    assert linked_dependency("shop", "shop/10012", 7, "  ", "is blocked by") is None


def test_an_end_elsewhere_is_told_from_an_item() -> None:
    assert address_of_end(linked_end(f" {ADDRESS}")) == ADDRESS
    assert address_of_end("shop/10012") is None
