"""Where the stream of issues continues, and what it costs: kills, resumption, request budgets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jira_site import NOON, Serve, Trial, many, new_site, serving

from connectors.jira.cursor import OVERLAP_MS, IssueCursor
from portfolio.errors import CursorRejected
from portfolio.records import Cursor, Unmapped, WorkItem
from simulators.jira import JiraCloud


def keys_of(pages: list[object]) -> list[str]:
    return [one.key for page in pages for one in page.records if isinstance(one, WorkItem)]  # type: ignore[attr-defined]


def test_a_kill_after_any_page_of_a_load_refetches_nothing_that_was_stored(
    site: JiraCloud, serve: Serve
) -> None:
    expected = set(many(site, 230))
    trial = serve()
    stored: list[str] = []
    for _ in range(10):
        stored += keys_of(trial.pages(limit=1, items_per_page=50))
    assert set(stored) == expected
    assert len(stored) == 230  # a kill after its page was stored costs no page at all


def test_issues_of_the_very_same_instant_survive_a_kill(site: JiraCloud, serve: Serve) -> None:
    for number in range(150):
        site.create_issue("CHK", "Task", {"summary": str(number)}, by="ann", at=NOON - timedelta(days=1))
    trial = serve()
    stored: list[str] = []
    for _ in range(4):
        stored += keys_of(trial.pages(limit=1, items_per_page=50))
    assert len(stored) == len(set(stored)) == 150


def test_what_changes_during_a_killed_load_comes_afterwards(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 220)
    trial = serve()
    trial.pages(limit=1, items_per_page=100)
    site.clock.advance(hours=2)
    site.edit_issue(keys[0], {"summary": "changed after it was stored"}, by="ann")
    trial.pages(items_per_page=100)
    titles = {**trial.items(items_per_page=100)}
    assert titles[keys[0]].title == "changed after it was stored"


def test_a_quiet_run_after_a_mass_edit_costs_three_requests(site: JiraCloud, serve: Serve) -> None:
    # All of them stay within the overlap, because nothing newer comes; they are not read again for that.
    many(site, 450)
    trial = serve()
    trial.pull()
    assert trial.pages() == []
    assert dict(trial.sent()) == {"GET /rest/api/3/myself": 1, "POST /rest/api/3/search/jql": 2}


def test_a_late_entry_of_the_index_is_found_among_many_known_ones(site: JiraCloud, serve: Serve) -> None:
    many(site, 300)
    trial = serve()
    trial.pull()
    late = site.create_issue("CHK", "Task", {"summary": "late"}, by="ann", at=NOON - timedelta(days=5))
    assert set(trial.items()) == {late}
    assert trial.pages() == []


def test_a_quiet_run_costs_two_requests(site: JiraCloud, serve: Serve) -> None:
    many(site, 80)
    trial = serve()
    trial.pull()
    trial.pull()
    assert dict(trial.sent()) == {"GET /rest/api/3/myself": 1, "POST /rest/api/3/search/jql": 1}
    assert trial.pages() == []


def test_a_thousand_issues_with_their_history_cost_thirteen_requests(site: JiraCloud, serve: Serve) -> None:
    for key in many(site, 1000):
        site.edit_issue(key, {"summary": "edited"}, by="ann", at=NOON - timedelta(hours=1))
    trial = serve()
    assert len(trial.items()) == 1000
    sent = trial.sent()
    # Who we are, the fields and the statuses are asked once a run, however many issues there are.
    for once in ("myself", "field", "status"):
        assert sent.pop(f"GET /rest/api/3/{once}") == 1
    assert sum(sent.values()) == 13
    assert sent["POST /rest/api/3/issue/bulkfetch"] == 10
    assert sent["POST /rest/api/3/changelog/bulkfetch"] == 1


def test_one_change_costs_six_requests(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 80)
    trial = serve()
    trial.pull()
    site.clock.advance(hours=1)
    site.edit_issue(keys[5], {"summary": "new"}, by="ann")
    assert set(trial.items()) == {keys[5]}
    assert sum(trial.sent().values()) == 6


def test_a_thousand_issues_at_once_where_the_site_can_and_a_hundred_where_not(site: JiraCloud) -> None:
    keys = set(many(site, 450))
    for can, reads in ((True, 1), (False, 6)):
        with serving(site, bulk_thousand=can) as trial:
            assert set(trial.items(details_per_request=1000)) == keys
            assert trial.sent()["POST /rest/api/3/issue/bulkfetch"] == reads


def test_issues_that_cannot_be_shown_are_asked_for_again_in_the_next_run() -> None:
    state = IssueCursor(position=1000, retry=["7"])
    again = IssueCursor.load("shop", state.save())
    assert again.retry == ["7"]


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(version=99, value={}),
        Cursor(version=1, value={"position": "yesterday"}),
        Cursor(version=1, value={"done": [1]}),
    ],
)
def test_a_cursor_of_another_kind_is_rejected(cursor: Cursor) -> None:
    with pytest.raises(CursorRejected):
        IssueCursor.load("shop", cursor)


def test_another_meaning_of_a_field_reads_everything_again(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 3)
    trial = serve()
    trial.pull()
    field = site.add_field("Planned start", "datepicker")
    site.clock.advance(hours=1)
    site.edit_issue(keys[0], {"summary": "new"}, by="ann")
    with pytest.raises(CursorRejected):
        trial.pull(fields={"start": field})


def test_an_odd_record_is_skipped_by_name_and_harms_no_other(site: JiraCloud, serve: Serve) -> None:
    good, odd = many(site, 2)
    site.add_field("Start text", "textfield")
    site.edit_issue(odd, {"Start text": "some day"}, by="ann")
    trial = serve()
    (page,) = trial.pages(fields={"start": "Start text"})
    assert {one.key for one in page.records if isinstance(one, WorkItem)} == {good, odd}
    assert list(page.skipped) == [f"shop: {odd}: start is no date"]


def test_values_the_mapping_does_not_know_are_counted(site: JiraCloud, serve: Serve) -> None:
    site.add_issue_type("Chore", 0)
    for _ in range(2):
        site.create_issue("CHK", "Chore", {"summary": "c"}, by="ann")
    trial = serve()
    found = [one for one in trial.pull() if isinstance(one, Unmapped)]
    assert [(one.what, one.value, one.count) for one in found] == [("issue type", "Chore", 2)]


def test_progress_is_the_same_with_latency_and_in_parallel(site: JiraCloud) -> None:
    keys = set(many(site, 60))
    with serving(site, latency_seconds=0.04) as trial:
        assert set(trial.items(details_per_request=10)) == keys


def test_far_fewer_issues_than_counted_is_said(site: JiraCloud) -> None:
    many(site, 1200)
    with serving(site, page_cap=500) as trial:
        client = trial.connector().site.client
        assert client.count('project in ("CHK")') == 1200
        trial.pull()
        assert trial.said == []


# The cursor's own arithmetic.

Step = Callable[[IssueCursor], None]


@given(st.lists(st.integers(0, 4_000_000_000_000), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_the_position_never_goes_back_and_never_beyond_what_was_listed(instants: list[int]) -> None:
    state = IssueCursor()
    highest = -1
    for number, at in enumerate(instants):
        before = state.position
        state.advance(at, {str(number): at})
        highest = max(highest, at)
        assert state.position == highest
        assert before is None or state.position >= before
        assert all(known >= state.position - OVERLAP_MS for known in state.done.values())


def test_a_load_advances_only_over_what_cannot_have_moved() -> None:
    state = IssueCursor()
    state.begin_load(newest=10_000_000)
    state.advance_load({"1": 5_000_000, "2": 6_000_000, "3": 9_999_000, "4": 12_000_000})
    # 3 changed within the lag before the load began, 4 while it ran: their old places are unknown.
    assert state.position == 6_000_000
    assert state.done == {"2": 6_000_000, "3": 9_999_000, "4": 12_000_000}
    assert state.search_from == 6_000_000
    state.end_load()
    assert state.position == 10_000_000
    assert state.done == {"3": 9_999_000, "4": 12_000_000}
    assert state.search_from == 10_000_000 - OVERLAP_MS


def test_of_what_is_stored_out_of_turn_only_the_overlap_is_remembered() -> None:
    state = IssueCursor(position=10_000_000)
    state.know({"1": 10_000_000 - OVERLAP_MS - 1, "2": 10_000_000 - OVERLAP_MS, "3": 12_000_000})
    assert (state.done, state.position) == ({"2": 10_000_000 - OVERLAP_MS, "3": 12_000_000}, 10_000_000)


def test_a_cursor_survives_json() -> None:
    state = IssueCursor(
        position=5,
        load_until=9,
        done={"1": 5},
        retry=["2"],
        accounts=["a"],
        projects={"CHK": "10000"},
        missing={"PAY": ""},
        fields="f",
    )
    stored = msgspec.json.decode(msgspec.json.encode(state.save()), type=Cursor)
    assert IssueCursor.load("shop", stored) == state


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_no_history_of_kills_and_edits_loses_an_update(data: st.DataObject) -> None:
    site = new_site()
    keys = many(site, 12)
    with serving(site, page_cap=data.draw(st.sampled_from([None, 3, 5]))) as trial:
        known: dict[str, str] = {}
        for _ in range(6):
            site.clock.advance(minutes=data.draw(st.integers(0, 40)))
            for key in data.draw(st.lists(st.sampled_from(keys), max_size=3)):
                site.edit_issue(key, {"summary": f"{site.clock.now()} {key}"}, by="ann")
            limit = data.draw(st.sampled_from([None, 1, 2]))
            known |= _titles(trial, limit)
        known |= _titles(trial, None)
        known |= _titles(trial, None)
        assert known == {key: site.issue(key)["fields"]["summary"] for key in keys}


def _titles(trial: Trial, limit: int | None) -> dict[str, str]:
    pages = trial.pages(limit=limit, items_per_page=4)
    return {one.key: one.title for page in pages for one in page.records if isinstance(one, WorkItem)}
