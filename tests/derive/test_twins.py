"""The same work in two trackers: explicit keys only."""

from __future__ import annotations

from sync.twins import TwinSide, find_twins, mapping_counts


def side(source: str, native: str, key: str, title: str = "", *twin_keys: str) -> TwinSide:
    return TwinSide(f"{source}/{native}", source, key, title, twin_keys)


CHK12 = side("shop", "10012", "CHK-12", "Payment page")


def found(
    *items: TwinSide, former: dict[str, str] | None = None, configured: tuple[tuple[str, str], ...] = ()
):
    return [
        (pair.a_id, pair.b_id, pair.evidence, pair.missing)
        for pair in find_twins(items, former or {}, configured)
    ]


def test_a_field_that_holds_the_key() -> None:
    task = side("plans", "p:7", "plan#7", "Payment page", "CHK-12")
    assert found(CHK12, task) == [("plans/p:7", "shop/10012", "field", None)]


def test_a_key_in_the_title() -> None:
    task = side("plans", "p:7", "plan#7", "CHK-12 Payment page")
    assert found(CHK12, task) == [("plans/p:7", "shop/10012", "title", None)]


def test_a_title_never_matches_part_of_a_key_or_the_same_source() -> None:
    assert found(CHK12, side("plans", "p:7", "plan#7", "XCHK-12, CHK-123 and CHK-12-b")) == []
    assert found(CHK12, side("shop", "10013", "CHK-13", "Follow-up of CHK-12")) == []


def test_an_equal_title_alone_is_no_twin() -> None:
    assert found(CHK12, side("plans", "p:7", "plan#7", "Payment page")) == []


def test_a_pair_of_the_configuration_by_key_or_by_id() -> None:
    task = side("plans", "p:7", "plan#7")
    for pair in (("shop:CHK-12", "plans:plan#7"), ("shop/10012", "plans/p:7")):
        assert found(CHK12, task, configured=(pair,)) == [("plans/p:7", "shop/10012", "configuration", None)]
    assert found(CHK12, task, configured=(("shop:CHK-12", "plans:gone"),)) == []


def test_the_strongest_evidence_is_the_one_kept() -> None:
    task = side("plans", "p:7", "plan#7", "CHK-12 Payment page", "CHK-12")
    assert found(CHK12, task) == [("plans/p:7", "shop/10012", "field", None)]


def test_a_key_from_before_a_move_still_finds_the_item() -> None:
    task = side("plans", "p:7", "plan#7", "", "OLD-3")
    assert found(CHK12, task, former={"OLD-3": "shop/10012"}) == [("plans/p:7", "shop/10012", "field", None)]


def test_a_key_that_leads_nowhere_is_a_missing_side() -> None:
    assert found(side("plans", "p:7", "plan#7", "", "CHK-99")) == [("plans/p:7", None, "field", "CHK-99")]


def test_two_tasks_for_one_issue_are_a_duplicate_mapping() -> None:
    items = [
        CHK12,
        side("plans", "p:7", "plan#7", "", "CHK-12"),
        side("plans", "p:8", "plan#8", "", "CHK-12"),
    ]
    counts = mapping_counts(find_twins(items, {}, ()), {one.item_id: one.source for one in items})
    assert counts["shop/10012", "plans"] == 2
    assert counts["plans/p:7", "shop"] == 1
