"""Similar titles: what is suggested, what never is, and that it stays a suggestion."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from random import Random

import pytest

from portfolio.records import Page, WorkItem
from store import open_store
from sync.derive import derive
from sync.similar_titles import MOST, Titled, similar_titles, suggestions
from sync.twins import TwinDecision, TwinSide, find_twins
from sync.workspace import DeriveSettings

OTHERS = (
    "Search for articles", "Print the shipping label", "Basket keeps its content", "Refund by voucher",
    "Invoice as PDF", "Discount codes", "Message of the day", "Sprint 12 planning", "Go-live Zurich",
    "Load test with peak volumes", "Rehearse the peak day", "Stand-by roster for peak season",
    "Order the conveyor", "Kassensystem anschliessen", "Payment page redesign",
)  # fmt: skip


def titled(
    source: str,
    number: int,
    title: str,
    *,
    kind: str = "story",
    project: str | None = None,
    is_open: bool = True,
) -> Titled:
    return Titled(f"{source}/{number}", source, f"{source}-{number}", title, kind, project, is_open)


BOARDS = [titled("boards", number, title) for number, title in enumerate(OTHERS)]


def likest(title: str) -> list[str]:
    return [
        OTHERS[int(one.a_id.removeprefix("boards/"))]
        for one in similar_titles([*BOARDS, titled("shop", 1, title)])
    ]


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Sprint 12 planning", "Sprint 12 planning"),
        ("rehearse the PEAK days", "Rehearse the peak day"),
        ("Print shipping labels", "Print the shipping label"),
        ("CHK-12: Invoices as PDF", "Invoice as PDF"),
        ("[AB#7] Invoice as PDF", "Invoice as PDF"),
        ("Load tests with peak volume", "Load test with peak volumes"),
        ("Go live Zürich", "Go-live Zurich"),
        ("Kassensystem anschließen", "Kassensystem anschliessen"),
        ("Roster for the peak season, stand-by", "Stand-by roster for peak season"),
    ],
)
def test_another_order_an_ending_or_a_key_in_front_matter_little(title: str, other: str) -> None:
    assert likest(title) == [other]


@pytest.mark.parametrize(
    "title",
    [
        "Sprint 13 planning",
        "Go-live Berne",
        "Payment page redesign 2.0",
        "Payment",
        "Shipping",
        "",
        "the of",
        "⚡⚡",
    ],
)
def test_another_number_another_place_or_one_common_word_is_not_alike(title: str) -> None:
    assert likest(title) == []


def test_a_score_of_one_is_the_same_words_and_less_is_less() -> None:
    (same,) = similar_titles([*BOARDS, titled("shop", 1, "discount codes!")])
    (like,) = similar_titles([*BOARDS, titled("shop", 1, "Discount code")])
    assert (same.a_id, same.b_id, same.score) == ("boards/5", "shop/1", 1.0)
    assert 0.72 <= like.score < 1.0


def test_a_title_that_fits_two_items_equally_well_suggests_neither() -> None:
    twice = [*BOARDS, titled("boards", 90, "Discount codes")]
    assert similar_titles([*twice, titled("shop", 1, "Discount codes")]) == []
    two = [titled("shop", 1, "Discount codes"), titled("shop", 2, "Discount codes")]
    assert similar_titles([*BOARDS, *two]) == []


def test_items_of_one_tracker_are_never_compared() -> None:
    assert similar_titles([*BOARDS, titled("boards", 90, "Discount code")]) == []


def test_each_of_three_trackers_is_compared_with_each() -> None:
    three = [titled(source, 1, "Discount codes") for source in ("shop", "plans")]
    found = [(one.a_id, one.b_id) for one in similar_titles([*BOARDS, *three])]
    assert found == [("boards/5", "plans/1"), ("boards/5", "shop/1"), ("plans/1", "shop/1")]


@pytest.mark.parametrize(
    ("kind", "project", "other_project", "expected"),
    [
        ("story", None, None, 1),
        ("bug", None, None, 1),
        ("epic", None, None, 0),
        ("milestone", None, None, 0),
        ("epic", "checkout", "checkout", 1),
        ("milestone", "checkout", "checkout", 1),
        ("risk", "checkout", "checkout", 0),
        ("story", "checkout", "payments", 0),
        ("story", "checkout", None, 1),
        ("epic", "checkout", None, 0),
    ],
)
def test_only_what_may_be_the_same_is_compared(
    kind: str, project: str | None, other_project: str | None, expected: int
) -> None:
    one = titled("shop", 1, "Discount codes", kind=kind, project=project)
    other = titled("boards", 1, "Discount codes", project=other_project)
    assert len(similar_titles([one, other])) == expected


def test_of_a_pair_at_least_one_is_open() -> None:
    done = [titled(source, 1, "Discount codes", is_open=False) for source in ("shop", "boards")]
    assert similar_titles(done) == []
    assert len(similar_titles([done[0], titled("boards", 1, "Discount codes")])) == 1


def test_what_is_known_rejected_or_taken_is_not_suggested() -> None:
    items = [*BOARDS, titled("shop", 1, "Discount codes"), titled("plans", 1, "Discount codes")]
    assert ("boards/5", "shop/1") not in [
        (one.a_id, one.b_id) for one in similar_titles(items, known={("boards/5", "shop/1")})
    ]
    taken = {("shop/1", "boards"), ("boards/9", "shop")}
    found = [(one.a_id, one.b_id) for one in similar_titles(items, taken=taken)]
    assert found == [("boards/5", "plans/1"), ("plans/1", "shop/1")]


def test_a_suggestion_never_comes_near_a_link_and_a_rejected_one_never_comes_back() -> None:
    items = [*BOARDS, titled("shop", 1, "Discount codes")]
    (found,) = suggestions(items, [])
    assert (found.evidence, found.confidence, found.is_confirmed) == ("similar title", 0.6, False)
    no = TwinDecision(keys=("shop:x", "boards:y"), ids=("shop/1", "boards/5"), is_confirmed=False)
    assert suggestions(items, [], [no]) == []
    by_name = TwinDecision(keys=("shop:shop-1", "boards:boards-5"), ids=None, is_confirmed=False)
    assert suggestions(items, [], [by_name]) == []
    assert suggestions(items, [], ordered={("shop/1", "boards/5")}) == []
    assert find_twins([], {}, ()) == []


def test_who_has_a_counterpart_through_a_third_tracker_needs_no_other() -> None:
    items = [titled(source, 1, "Discount codes") for source in ("boards", "plans", "shop")]
    sides = [
        TwinSide("shop/1", "shop", "shop-1", "", ["boards:boards-1", "plans:plans-1"]),
        TwinSide("boards/1", "boards", "boards-1", ""),
        TwinSide("plans/1", "plans", "plans-1", ""),
    ]
    assert suggestions(items, find_twins(sides, {}, ())) == []


def _random_titles(count: int) -> list[Titled]:
    random = Random(7)
    letters = "abcdefghijklmnoprstuvwz"
    words = ["".join(random.choices(letters, k=random.randint(3, 9))) for _ in range(3000)]
    weights = [1 / (rank + 1) ** 0.9 for rank in range(len(words))]
    return [
        titled(
            random.choice(("shop", "boards", "plans")), number, " ".join(random.choices(words, weights, k=5))
        )
        for number in range(count)
    ]


def test_there_are_never_more_suggestions_than_a_person_goes_through() -> None:
    pairs = [
        titled(source, number, f"{word} {word[::-1]}x")
        for number in range(MOST + 50)
        for source in ("shop", "boards")
        for word in ["".join(chr(97 + (number // 26**place) % 26) * 2 for place in range(3))]
    ]
    assert len(similar_titles(pairs)) == MOST


def test_the_work_grows_with_the_number_of_items_and_not_with_its_square() -> None:
    def calls(count: int) -> int:
        items, found = _random_titles(count), 0

        def called(_frame: object, event: str, _argument: object) -> None:
            nonlocal found
            found += event in ("call", "c_call")

        sys.setprofile(called)
        try:
            similar_titles(items)
        finally:
            sys.setprofile(None)
        return found

    assert calls(8000) < 8 * calls(2000)  # the square would be 16 times


def test_suggestions_are_stored_unconfirmed() -> None:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    with open_store("sqlite://") as store:
        run = store.start_run("pull", now)
        for source in ("shop", "boards"):
            store.declare_source(source, "memory", "memory", "1")
            one = WorkItem(
                item_id=f"{source}/1",
                source=source,
                native_id="1",
                key=f"{source}-1",
                scope="S",
                title="Discount codes",
            )
            store.save_page(source, "all", Page(records=[one]), tombstones={}, run_id=run, now=now)
        derive(store, DeriveSettings(), today=now.date(), now=now)
        (row,) = store.rows("twin")
        assert (row["evidence"], row["confidence"], row["is_confirmed"], row["map_count"]) == (
            "similar title",
            0.6,
            False,
            1,
        )
