"""The same work in two trackers: what counts as evidence, how much, and what never does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from sync.addresses import Addressed, address_index
from sync.twins import TwinDecision, TwinPair, TwinSide, find_twins

KINDS = {
    "shop": "jira",
    "old": "jira",
    "boards": "azure_devops",
    "club": "azure_devops",
    "plans": "project_file",
}
CLOUD = "https://shop.atlassian.net/browse/"
AZURE = "https://dev.azure.com/shop/Retail/_workitems/edit/"


def side(
    source: str, native: str, key: str, title: str = "", *twin_keys: str, links: Iterable[str] = ()
) -> TwinSide:
    return TwinSide(f"{source}/{native}", source, key, title, twin_keys, tuple(links))


CHK12 = side("shop", "10012", "CHK-12", "Payment page")
ADO7 = side("boards", "7", "7", "Payment page")


def pairs(*items: TwinSide, former: dict[str, str] | None = None, **more: Any) -> list[TwinPair]:
    addresses = address_index(
        [
            Addressed(
                item_id=one.item_id,
                source=one.source,
                native_id=one.item_id.partition("/")[2],
                key=one.key,
                url=f"{AZURE if one.source == 'boards' else CLOUD}{one.key}",
            )
            for one in items
            if one.source in ("boards", "shop")
        ],
        former or {},
    )
    configured = more.pop("configured", ())
    return find_twins(items, former or {}, configured, kinds=KINDS, addresses=addresses, **more)


def found(*items: TwinSide, **more: Any) -> list[tuple[str, str | None, str, str | None]]:
    return [(pair.a_id, pair.b_id, pair.evidence, pair.missing) for pair in pairs(*items, **more)]


def weighed(*items: TwinSide, **more: Any) -> list[tuple[str, float, bool]]:
    return [(pair.evidence, pair.confidence, pair.is_confirmed) for pair in pairs(*items, **more)]


def decision(left: str, right: str, *, ids: tuple[str, str] | None = None, yes: bool = True) -> TwinDecision:
    return TwinDecision(keys=(left, right), ids=ids, is_confirmed=yes)


# One kind of evidence alone.


def test_a_field_that_holds_the_key() -> None:
    task = side("plans", "p:7", "plan#7", "Payment page", "CHK-12")
    assert found(CHK12, task) == [("plans/p:7", "shop/10012", "field", None)]
    assert weighed(CHK12, task) == [("field", 0.95, True)]


@pytest.mark.parametrize(
    "text", ["CHK-12", "chk-12", " CHK-12 ", "shop:CHK-12", f"{CLOUD}CHK-12", f"{CLOUD}chk-12?page=1"]
)
def test_a_field_may_hold_a_key_with_its_source_or_an_address(text: str) -> None:
    assert weighed(CHK12, side("plans", "p:7", "plan#7", "", text)) == [("field", 0.95, True)]


@pytest.mark.parametrize("text", ["7", "AB#7", "boards:7", f"{AZURE}7"])
def test_a_field_may_hold_the_number_of_an_azure_devops_item(text: str) -> None:
    assert weighed(ADO7, side("plans", "p:7", "plan#7", "", text)) == [("field", 0.95, True)]


def test_a_key_in_the_title_is_shown_and_not_counted_until_someone_confirms_it() -> None:
    task = side("plans", "p:7", "plan#7", "CHK-12 Payment page")
    assert found(CHK12, task) == [("plans/p:7", "shop/10012", "title", None)]
    assert weighed(CHK12, task) == [("title", 0.8, False)]


def test_an_azure_devops_item_is_mentioned_as_ab_and_its_number() -> None:
    assert weighed(ADO7, side("plans", "p:7", "plan#7", "Payment page (AB#7)")) == [("title", 0.8, False)]
    assert weighed(ADO7, side("shop", "1", "CHK-1", "ab#7: Payment page")) == [("title", 0.8, False)]


def test_a_link_of_one_side_is_shown_and_not_counted() -> None:
    issue = side("shop", "10012", "CHK-12", links=[f"{AZURE}7"])
    assert weighed(issue, ADO7) == [("link", 0.7, False)]


def test_a_pair_of_the_configuration_by_key_or_by_id() -> None:
    task = side("plans", "p:7", "plan#7")
    for pair in (("shop:CHK-12", "plans:plan#7"), ("shop/10012", "plans/p:7")):
        assert found(CHK12, task, configured=(pair,)) == [("plans/p:7", "shop/10012", "configuration", None)]


def test_a_pair_that_someone_confirmed_holds_by_its_ids_whatever_its_keys_are_now() -> None:
    task = side("plans", "p:7", "plan#7")
    moved = side("shop", "10012", "PAY-3")
    other = side("shop", "10500", "CHK-12")
    made = decision("shop:CHK-12", "plans:plan#7", ids=("shop/10012", "plans/p:7"))
    assert found(moved, other, task, decisions=[made]) == [("plans/p:7", "shop/10012", "confirmed", None)]
    assert weighed(moved, task, decisions=[made]) == [("confirmed", 1.0, True)]


def test_a_pair_known_by_its_keys_follows_an_item_that_moved() -> None:
    task, moved = side("plans", "p:7", "plan#7"), side("shop", "10012", "PAY-3")
    former = {"CHK-12": "shop/10012"}
    expected = [("plans/p:7", "shop/10012", "confirmed", None)]
    made = decision("shop:CHK-12", "plans:plan#7")
    assert found(moved, task, former=former, decisions=[made]) == expected
    configured = (("shop:CHK-12", "plans:plan#7"),)
    assert weighed(moved, task, former=former, configured=configured) == [("configuration", 1.0, True)]


# What never is evidence.


def test_a_title_never_matches_part_of_a_key_or_the_same_source() -> None:
    assert found(CHK12, side("plans", "p:7", "plan#7", "XCHK-12, CHK-123 and CHK-12-b")) == []
    assert found(CHK12, side("shop", "10013", "CHK-13", "Follow-up of CHK-12")) == []


@pytest.mark.parametrize(
    "title", ["7", "Step 7", "#7", "AB#77", "AB#70", "XAB#7", "AB#7-b", "AB#7a", "AB 7", "7 of 9", "##AB#7"]
)
def test_a_bare_number_or_part_of_one_in_a_title_is_no_evidence(title: str) -> None:
    assert found(ADO7, side("plans", "p:7", "plan#7", title)) == []


def test_the_number_123_is_not_found_in_1234() -> None:
    items = [side("boards", "123", "123"), side("boards", "1234", "1234")]
    task = side("plans", "p:7", "plan#7", "AB#1234", "1234")
    assert found(*items, task) == [("boards/1234", "plans/p:7", "field, title", None)]


def test_ab_and_a_number_is_an_azure_devops_item_and_nothing_else() -> None:
    assert found(side("old", "7", "7"), side("plans", "p:7", "plan#7", "AB#7")) == []


def test_an_equal_title_alone_is_no_twin() -> None:
    assert found(CHK12, side("plans", "p:7", "plan#7", "Payment page")) == []


def test_a_link_within_one_tracker_or_to_nothing_known_is_no_evidence() -> None:
    issue = side(
        "shop", "10012", "CHK-12", links=[f"{CLOUD}CHK-13", f"{AZURE}99", "https://example.org", "no"]
    )
    assert found(issue, side("shop", "10013", "CHK-13"), ADO7) == []


def test_what_waits_for_an_item_is_not_that_item() -> None:
    issue = side("shop", "10012", "CHK-12", "After AB#7", links=[f"{AZURE}7"])
    assert found(issue, ADO7, ordered={("boards/7", "shop/10012")}) == []
    assert found(issue, ADO7, ordered={("shop/10012", "boards/7")}) == []
    # A field that exists to say "the same work" says it all the same.
    named = side("shop", "10012", "CHK-12", "After AB#7", "7", links=[f"{AZURE}7"])
    assert weighed(named, ADO7, ordered={("boards/7", "shop/10012")}) == [("field", 0.95, True)]


# Evidence that agrees.


def test_what_both_sides_say_counts_as_confirmed() -> None:
    issue = side("shop", "10012", "CHK-12", links=[f"{AZURE}7"])
    item = side("boards", "7", "7", links=[f"{CLOUD}CHK-12"])
    assert weighed(issue, item) == [("link both ways", 0.9, True)]
    issue, item = side("shop", "10012", "CHK-12", "See AB#7"), side("boards", "7", "7", "CHK-12 again")
    assert weighed(issue, item) == [("title both ways", 0.9, True)]
    issue, item = side("shop", "10012", "CHK-12", "", "7"), side("boards", "7", "7", "", "CHK-12")
    assert weighed(issue, item) == [("field both ways", 1.0, True)]


def test_two_kinds_that_agree_count_as_confirmed() -> None:
    issue = side("shop", "10012", "CHK-12", "Payment page AB#7", links=[f"{AZURE}7"])
    assert weighed(issue, ADO7) == [("title, link", 0.9, True)]


def test_everything_that_speaks_for_a_pair_is_said_strongest_first() -> None:
    task = side("plans", "p:7", "plan#7", "CHK-12 Payment page", "CHK-12")
    configured = (("plans:plan#7", "shop:CHK-12"),)
    assert weighed(CHK12, task, configured=configured) == [("configuration, field, title", 1.0, True)]


# Evidence that contradicts itself.


def test_one_key_in_two_trackers_of_a_kind_is_lowered_and_said() -> None:
    task = side("plans", "p:7", "plan#7", "", "CHK-12")
    doubt = ("field (one of 2 it may mean)", 0.5, False)
    assert weighed(CHK12, side("old", "7", "CHK-12"), task) == [doubt, doubt]


def test_one_number_in_two_organisations_is_lowered_and_said() -> None:
    items = [ADO7, side("club", "7", "7"), side("plans", "p:7", "plan#7", "AB#7")]
    doubt = ("title (one of 2 it may mean)", 0.5, False)
    assert weighed(*items) == [doubt, doubt]


def test_links_to_many_items_of_one_tracker_single_out_none() -> None:
    epic = side("shop", "10012", "CHK-12", links=[f"{AZURE}7", f"{AZURE}8"])
    doubt = ("link (one of 2 in boards)", 0.5, False)
    assert weighed(epic, ADO7, side("boards", "8", "8")) == [doubt, doubt]


def test_many_items_that_link_to_one_are_not_that_one() -> None:
    stories = [side("shop", str(number), f"CHK-{number}", links=[f"{AZURE}7"]) for number in (1, 2, 3)]
    assert weighed(*stories, ADO7) == [("link (one of 3 in shop)", 0.5, False)] * 3


def test_the_stronger_evidence_stands_and_the_weaker_is_lowered() -> None:
    issue = side("shop", "10012", "CHK-12", "Payment page, part of AB#8", "7")
    assert weighed(issue, ADO7, side("boards", "8", "8")) == [
        ("field", 0.95, True),
        ("title (another in boards is more likely)", 0.5, False),
    ]


def test_two_tasks_for_one_issue_are_a_duplicate_mapping_that_counts_for_neither() -> None:
    first, second = side("plans", "p:7", "plan#7", "", "CHK-12"), side("plans", "p:8", "plan#8", "", "CHK-12")
    made = pairs(CHK12, first, second)
    assert [(pair.evidence, pair.confidence, pair.is_confirmed, pair.map_count) for pair in made] == [
        ("field (one of 2 in plans)", 0.5, False, 2),
        ("field (one of 2 in plans)", 0.5, False, 2),
    ]


def test_what_a_person_decided_is_never_lowered() -> None:
    first, second = side("plans", "p:7", "plan#7", "", "CHK-12"), side("plans", "p:8", "plan#8", "", "CHK-12")
    made = decision("plans:plan#8", "shop:CHK-12", ids=("plans/p:8", "shop/10012"))
    assert weighed(CHK12, first, second, decisions=[made]) == [
        ("field (another in plans is more likely)", 0.5, False),
        ("confirmed, field", 1.0, True),
    ]


# Three trackers.


def test_three_trackers_hold_one_piece_of_work_and_each_is_mapped_once() -> None:
    item = side("boards", "7", "7", "", "CHK-12")
    task = side("plans", "p:7", "plan#7", "", "7", "CHK-12")
    made = pairs(CHK12, item, task)
    assert [(pair.a_id, pair.b_id, pair.is_confirmed, pair.map_count) for pair in made] == [
        ("boards/7", "plans/p:7", True, 1),
        ("boards/7", "shop/10012", True, 1),
        ("plans/p:7", "shop/10012", True, 1),
    ]


def test_a_duplicate_that_only_the_third_tracker_makes_is_counted() -> None:
    # The issue is task 7 by itself, and task 8 by way of the Azure DevOps item.
    items = [
        side("shop", "10012", "CHK-12", "", "boards:7", "plans:plan#7"),
        ADO7,
        side("plans", "p:7", "plan#7"),
        side("plans", "p:8", "plan#8", "", "boards:7"),
    ]
    assert [(pair.a_id, pair.b_id, pair.map_count) for pair in pairs(*items)] == [
        ("boards/7", "plans/p:8", 2),
        ("boards/7", "shop/10012", 1),
        ("plans/p:7", "shop/10012", 2),
    ]


def test_links_alone_make_no_duplicate_mapping() -> None:
    epic = side("shop", "10012", "CHK-12", "", "7", links=[f"{AZURE}8", f"{AZURE}9"])
    made = pairs(epic, ADO7, side("boards", "8", "8"), side("boards", "9", "9"))
    assert [pair.map_count for pair in made] == [1, 1, 1]


# A side that is not there, and what people said no to.


def test_a_key_that_leads_nowhere_is_a_missing_side_in_every_tracker_that_says_it() -> None:
    items = [side("plans", "p:7", "plan#7", "", "CHK-99"), side("boards", "7", "7", "", "CHK-99")]
    made = pairs(*items)
    assert [(pair.a_id, pair.b_id, pair.missing, pair.is_confirmed, pair.map_count) for pair in made] == [
        ("boards/7", None, "CHK-99", False, 0),
        ("plans/p:7", None, "CHK-99", False, 0),
    ]


def test_a_key_from_before_a_move_still_finds_the_item() -> None:
    task = side("plans", "p:7", "plan#7", "", "OLD-3")
    assert found(CHK12, task, former={"OLD-3": "shop/10012"}) == [("plans/p:7", "shop/10012", "field", None)]


def test_a_decided_pair_that_lost_a_side_is_said() -> None:
    made = decision("shop:CHK-12", "plans:plan#7", ids=("shop/10012", "plans/p:7"))
    assert found(CHK12, decisions=[made]) == [("shop/10012", None, "confirmed", "plans:plan#7")]
    assert found(CHK12, configured=(("plans:gone", "shop:CHK-12"),)) == [
        ("shop/10012", None, "configuration", "plans:gone")
    ]
    assert found(ADO7, decisions=[made]) == []


def test_a_rejected_pair_never_comes_back_whatever_speaks_for_it() -> None:
    issue = side("shop", "10012", "CHK-12", "AB#7", "7", links=[f"{AZURE}7"])
    item = side("boards", "7", "7", "CHK-12", "CHK-12", links=[f"{CLOUD}CHK-12"])
    for left, right in (("shop/10012", "boards/7"), ("boards/7", "shop/10012")):
        assert found(issue, item, decisions=[decision("a:1", "b:2", ids=(left, right), yes=False)]) == []
    assert found(issue, item, decisions=[decision("boards:7", "shop:CHK-12", yes=False)]) == []


def test_a_rejected_rival_no_longer_casts_doubt() -> None:
    epic = side("shop", "10012", "CHK-12", "", "7", "8")
    no = decision("shop:CHK-12", "boards:8", ids=("shop/10012", "boards/8"), yes=False)
    assert weighed(epic, ADO7, side("boards", "8", "8"), decisions=[no]) == [("field", 0.95, True)]
