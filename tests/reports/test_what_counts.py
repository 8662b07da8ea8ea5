"""What is counted once, what a part of the tree shares with the whole, and for which day figures hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from reports_world import NOW, begun, day, small_config, stored, task, work_out_once

from commands.report_data import report_of
from commands.report_extras import extras_of
from portfolio.agenda import Committee, Freeze
from portfolio.records import Page, Risk, WorkItem
from reports.calendar_feed import Entry, calendar_feed
from reports.columns import web_address
from reports.costs import Costs
from reports.figures import Report
from reports.metrics import _mean_share
from reports.pack_chapters import promised
from reports.pack_costs import cost_slides
from reports.pack_model import Page as SlidePage
from reports.pack_slides import deck
from reports.pack_words import Wording
from reports.page_data import page_data
from store import Store, open_store
from sync.config import Config
from sync.placement import TreeNode

TREE = (
    TreeNode("all", "portfolio", None, "Retail"),
    TreeNode("shops", "program", "all", "Shops"),
    TreeNode("one", "project", "shops", "Checkout", None, ["shop:ONE", "boards:B"]),
    TreeNode("two", "project", "all", "Payments", None, ["shop:TWO"]),
)
LONG = "2026-11-24 " * 4_000


def other_side(key: str, **values: Any) -> WorkItem:
    return task(key, item_id=f"boards/{key}", source="boards", schedule_id="boards/B", **values)


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Store, Config]]:
    """Late work, a risk finished work, each in two trackers; titles that look like dates."""
    month_ago = NOW - timedelta(days=30)
    shop = [
        task("ONE-1", due="2026-11-20", owner_id=None), begun("ONE-1", month_ago),
        task("ONE-2", kind="risk"), Risk(item_id="shop/ONE-2", source="shop", probability=3, impact=4),
        task("ONE-3", state="done", due="2026-11-12", actual_finish="2026-11-12"), begun("ONE-3", month_ago),
        task("TWO-1", due="2026-12-10", title=LONG),
        task("TWO-2", title="2026-11-24T08:00:00Z", baseline_finish="2026-12-01"),
        task("TWO-3", due="2026-12-30", budget=1000.0, forecast_cost=1250.0),
    ]  # fmt: skip
    boards = [
        other_side("B-1", due="2026-11-19", owner_id=None),
        other_side("B-2", kind="risk"),
        Risk(item_id="boards/B-2", source="boards", probability=5, impact=4),
        other_side("B-3", state="done", due="2026-11-12", actual_finish="2026-11-12"),
    ]
    config = replace(
        small_config(),
        tree=TREE,
        twins=(("shop:ONE-1", "boards:B-1"), ("shop:ONE-2", "boards:B-2"), ("shop:ONE-3", "boards:B-3")),
        committees=(
            Committee(name="Shops board", dates=(day("2026-11-20"), day("2026-12-04")), project="shops"),
            Committee(name="Steering", dates=(day("2026-11-19"), day("2026-12-18")), project="all"),
        ),
        freezes=(Freeze(name="Peak", first=day("2026-12-01"), last=day("2026-12-31"), project="shops"),),
    )
    with stored(config, []) as store:
        store.declare_source("boards", kind="memory", form="Memory", mapping_version="1")
        for source, records in (("shop", shop), ("boards", boards)):
            store.save_page(source, "all", Page(records=records), run_id="seed", now=NOW)
            store.mark_source(source, good_at=NOW)
        work_out_once(store, config, NOW)
        yield store, config


@pytest.fixture(scope="module")
def whole(world: tuple[Store, Config]) -> Report:
    return report_of(*world, now=NOW)


def test_work_in_two_trackers_counts_once(world: tuple[Store, Config], whole: Report) -> None:
    said = whole.summary
    assert len(whole.open_items) == 7
    assert (said.open_items, said.overdue) == (4, 1)  # ONE-1 with B-1, TWO-1, TWO-2, TWO-3
    assert (said.open_risks, said.high_risks) == (1, 1)
    assert whole.risks.matrix == {(5, 4): 1}  # the side with the higher exposure speaks
    checkout = next(node for node in whole.nodes if node.slug == "one")
    assert (checkout.open_items, checkout.overdue, sum(checkout.by_health.values())) == (1, 1, 1)
    assert whole.slips.unknown + sum(count for _, count in whole.slips.histogram) == 4
    assert whole.people.open_items - whole.people.covered == said.unowned == 1
    assert whole.metrics.owner_coverage == pytest.approx(1 - 1 / whole.people.open_items)
    assert whole.metrics.finished == 1
    # The page counts in the same way where somebody chooses a project.
    store, config = world
    items = page_data(whole, extras_of(store, config, whole), config.zone)["items"]
    pieces = dict(zip(items["key"], items["piece"], strict=True))
    assert pieces["ONE-1"] == pieces["B-1"] is not None
    assert pieces["TWO-1"] is None
    work = {key for key, flags in zip(items["key"], items["flags"], strict=True) if flags & 256}
    assert work == {"ONE-1", "B-1", "TWO-1", "TWO-2", "TWO-3"}


def test_long_texts_are_cut_where_they_are_read_and_stay_texts(whole: Report) -> None:
    titles = {one.key: one.title for one in whole.open_items}
    assert titles["TWO-1"] == LONG[:1_000]
    assert titles["TWO-2"] == "2026-11-24T08:00:00Z"


def test_a_cause_outside_the_part_is_the_cause_all_the_same(small: tuple[Store, Config]) -> None:
    part = report_of(*small, now=NOW, slug="two")
    (row,) = [one for one in part.slips.rows if one.item.key == "TWO-4"]
    assert row.cause == "waits for ONE-2, which is late itself"
    assert list(row.chain) == []  # what is outside the part is no line of its page


def test_what_holds_for_a_programme_holds_for_its_projects(
    world: tuple[Store, Config], whole: Report
) -> None:
    part = report_of(*world, now=NOW, slug="one")
    assert [one.name for one in part.roadmap.freezes] == ["Peak"]
    assert part.since_what == "Shops board, 20 November 2026"
    assert part.summary.next_meeting is not None
    assert part.summary.next_meeting.committee == "Shops board"
    # The committee of a part does not decide about the whole; that of the whole decides about its parts.
    assert whole.since_what == "Steering, 19 November 2026"
    assert whole.summary.next_meeting is not None
    assert whole.summary.next_meeting.committee == "Steering"
    assert report_of(*world, now=NOW, slug="two").since_what == "Steering, 19 November 2026"


def test_suggestions_and_twins_of_other_parts_are_not_told(world: tuple[Store, Config]) -> None:
    assert report_of(*world, now=NOW, slug="two").quality.twins == []
    assert [one.due_gap_wd for one in report_of(*world, now=NOW, slug="one").quality.twins] == [1]


def test_another_day_counts_to_that_day_and_says_of_which_the_rest_is(world: tuple[Store, Config]) -> None:
    store, config = world
    later = report_of(store, config, now=NOW, today=date(2026, 12, 11))
    assert later.summary.overdue == 2  # ONE-1, and TWO-1 since the day before
    notes = " ".join(extras_of(store, config, later).notes)
    assert "is told for 11 December 2026" in notes
    assert "were worked out for 24 November 2026" in notes
    cover = deck(later, [], Wording(), SlidePage()).slides[0]
    assert "those of 24 November 2026" in str(cover.elements)
    same = report_of(store, config, now=NOW, today=date(2026, 11, 24))
    assert (same.derived, same.summary.overdue) == (None, 1)


def test_amounts_without_a_currency_have_a_slide_of_their_own(whole: Report) -> None:
    assert isinstance(whole.costs, Costs)
    assert whole.costs.currencies == []
    (slide,) = cost_slides(whole, Wording(), SlidePage())
    assert "(a currency that no tracker tells)" in slide.title
    assert "1,250" in str(slide.elements)


def test_a_slip_from_a_baseline_does_not_say_that_nothing_was_promised(whole: Report) -> None:
    items = {one.key: one for one in whole.open_items}
    baseline_only = msgspec.structs.replace(items["TWO-2"], commitment=None)
    assert promised(baseline_only) == "1 Dec 2026 (baseline)"
    assert promised(msgspec.structs.replace(baseline_only, baseline_finish=None)) == "never"


def test_an_unknown_share_is_not_none_of_them() -> None:
    assert _mean_share([(0.8, 10), (None, 90)]) == 0.8
    assert _mean_share([(None, 3)]) is None


def test_an_address_with_a_password_is_no_link() -> None:
    assert web_address("https://bot:secret@shop.example/browse/CHK-1") is None


def test_what_was_never_worked_out_is_unknown_and_not_fine() -> None:
    config = small_config()
    with open_store("sqlite://") as store:
        store.declare_source("shop", kind="memory", form="Memory", mapping_version="1")
        store.save_page("shop", "all", Page(records=[task("ONE-1", due="2026-11-02")]), run_id="x", now=NOW)
        found = report_of(store, config, now=NOW)
        notes = extras_of(store, config, found).notes
    assert not found.is_derived
    assert any(note.startswith("Nothing of what is stored was worked out yet") for note in notes)
    titles = [one.title for one in deck(found, [], Wording(), SlidePage()).slides]
    assert "Nothing is known: nothing was worked out yet" in titles
    assert "Nothing has to be decided" not in titles


def test_a_date_at_the_end_of_time_has_its_entry() -> None:
    never = Entry(identity=("x",), category="Gate", title="Never", first=date.max, last=date.max)
    assert b"DTSTART;VALUE=DATE:99991230" in calendar_feed([never], name="x", as_of=NOW).content


def test_programmes_without_slides_are_named(world: tuple[Store, Config], whole: Report) -> None:
    part = report_of(*world, now=NOW, slug="two")
    about = deck(whole, [part], Wording(), SlidePage()).slides[-1]
    assert "1 programme without slides here: Shops." in str(about.elements)


def test_what_was_moved_after_the_day_is_not_told(small: tuple[Store, Config]) -> None:
    early = report_of(*small, now=NOW, today=date(2026, 11, 20), since=date(2026, 11, 1))
    assert early.changes.moved == []  # ONE-2 was moved on the 21st
    late = report_of(*small, now=NOW, today=date(2026, 11, 21), since=date(2026, 11, 20))
    assert [one.item.key for one in late.changes.moved] == ["ONE-2"]
