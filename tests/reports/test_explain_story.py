"""The story that `dovetail explain` tells beside the rule: what drives an item, and what would resolve it."""

from __future__ import annotations

from commands.explain_story import driver_chain, resolution
from rules.explain import Explained
from store import Store
from sync.config import Config


def test_the_chain_goes_from_the_own_driver_to_the_first_cause(small: tuple[Store, Config]) -> None:
    store, _ = small
    (item,) = store.rows("item", where={"item_id": "shop/TWO-4"})
    assert driver_chain(store, item) == [("ONE-2", "Title of ONE-2  (due 2026-12-24, 10 working days late)")]
    (first,) = store.rows("item", where={"item_id": "shop/ONE-2"})
    assert driver_chain(store, first) == []
    assert driver_chain(store, None) == []


def test_what_would_resolve_a_finding_is_what_flags_it_now() -> None:
    terms = [
        Explained("where", "NOT is_done", True),
        Explained("flag", "days_late > :grace_wd", True),
        Explained("flag", "owner IS NULL", False),
    ]
    end = "Or it is finished, or leaves what the rule looks at."
    assert resolution(terms) == f"this is no longer so: days_late > :grace_wd. {end}"
    both = [*terms, Explained("flag", "is_blocked", True)]
    assert resolution(both) == f"one of these is no longer so: days_late > :grace_wd; is_blocked. {end}"
    assert resolution(terms[2:]) == ""
    assert resolution(None) == ""
