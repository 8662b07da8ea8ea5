"""The traps of facts/jira.md §6 that concern reading; each test is named after its trap."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from jira_site import NOON, Serve, many, new_site, records_of, serving

from connectors.jira.fields import FieldUnresolved
from portfolio.errors import AuthError, BadAnswer, RateLimited, SourceError
from portfolio.records import Change, Identity, Page
from simulators.faults import Fault
from simulators.jira import JiraCloud, RateLimit

SEARCH = "/rest/api/3/search/jql"
DETAILS = "/rest/api/3/issue/bulkfetch"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_trap_01_updates_are_not_missed_by_time_zone(zone: str) -> None:
    site = new_site(bot_time_zone=zone)
    key = site.create_issue("CHK", "Task", {"summary": "a", "duedate": "2026-03-20"}, by="ann")
    with serving(site) as trial:
        assert trial.items()[key].created_at == NOON
        for day in ("2026-03-23", "2026-03-24", "2026-03-25"):
            # Every sixteen minutes, just outside the overlap: each update must come with the next pull.
            site.clock.advance(minutes=16)
            site.edit_issue(key, {"duedate": day}, by="ann")
            assert trial.items()[key].due == date.fromisoformat(day)


def test_trap_02_index_lag_loses_no_update(site: JiraCloud, serve: Serve) -> None:
    first = site.create_issue("CHK", "Task", {"summary": "a"}, by="ann")
    second = site.create_issue("CHK", "Task", {"summary": "b"}, by="ann")
    trial = serve(index_lag_seconds=300)
    trial.pull()
    site.clock.advance(hours=1)
    site.edit_issue(first, {"summary": "a2"}, by="ann")
    site.clock.advance(seconds=60)
    site.edit_issue(second, {"summary": "b2"}, by="ann")
    assert trial.items() == {}  # searches do not show them yet
    site.clock.advance(minutes=20)
    assert {key: item.title for key, item in trial.items().items()} == {first: "a2", second: "b2"}


def test_trap_02_an_index_behind_what_was_read_is_no_news(site: JiraCloud, serve: Serve) -> None:
    key = site.create_issue("CHK", "Task", {"summary": "a"}, by="ann")
    trial = serve()
    site.clock.advance(hours=1)
    trial.server.configure(index_lag_seconds=120)
    site.edit_issue(key, {"summary": "b"}, by="ann")
    assert trial.items()[key].title == "b"  # found by its old entry, read by its id
    assert trial.items() == {}
    site.clock.advance(minutes=5)
    assert trial.items() == {}


def test_trap_03_truncated_pages_are_read_to_the_end(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 250)
    trial = serve(page_cap=7)
    assert set(trial.items()) == set(keys)


@pytest.mark.parametrize("kind", ["empty_page", "duplicate_page", "truncated", "truncated_gzip"])
def test_trap_03_odd_pages_end_and_lose_nothing(site: JiraCloud, serve: Serve, kind: Any) -> None:
    keys = many(site, 40)
    trial = serve(page_cap=10, faults=[Fault(kind=kind, path=SEARCH, nth=3)])
    assert set(trial.items()) == set(keys)


@pytest.mark.parametrize("kind", ["token_loop", "missing_member", "garbled", "html", "redirect"])
def test_trap_03_a_page_that_cannot_be_believed_moves_no_cursor(
    site: JiraCloud, serve: Serve, kind: Any
) -> None:
    keys = many(site, 40)
    trial = serve(page_cap=10, faults=[Fault(kind=kind, path=SEARCH, status=200)])
    with pytest.raises(SourceError):
        trial.pull()
    assert trial.cursors == {}
    trial.server.configure(faults=())
    assert set(trial.items()) == set(keys)


def test_trap_03_a_row_that_is_missing_from_a_bulk_read_is_asked_for_again(
    site: JiraCloud, serve: Serve
) -> None:
    keys = many(site, 40)
    trial = serve(faults=[Fault(kind="missing_rows", path=DETAILS, nth=1)])
    assert set(trial.items()) == set(keys)


def test_trap_03_rows_that_move_between_pages_are_not_lost(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 300)
    trial = serve()
    for page in trial.connector(items_per_page=50).pull("issues", None):
        trial.cursors["issues"] = page.cursor  # type: ignore[assignment]
        for key in keys[:20]:
            site.clock.advance(seconds=1)
            site.edit_issue(key, {"summary": f"moved at {site.clock.now()}"}, by="ann")
    site.clock.advance(minutes=20)
    again = trial.items()
    assert {again[key].title for key in keys[:20]} == {site.issue(k)["fields"]["summary"] for k in keys[:20]}


def test_trap_04_deleted_and_hidden_issues_are_not_in_the_census(site: JiraCloud, serve: Serve) -> None:
    kept, deleted, hidden = many(site, 3)
    ids = {key: f"shop/{site.issue(key)['id']}" for key in (kept, deleted, hidden)}
    trial = serve()
    trial.pull()
    site.delete_issue(deleted)
    site.hide_issue(hidden)
    pages = list(trial.connector().census("issues"))
    assert [(page.scope, list(page.ids), page.is_readable) for page in pages] == [("CHK", [ids[kept]], True)]


def test_trap_04_a_project_that_cannot_be_seen_says_nothing_about_its_issues(
    site: JiraCloud, serve: Serve
) -> None:
    site.add_project("PAY", "Payments", "ann")
    site.add_project("OLD", "Old", "ann")
    site.add_project("BIN", "Bin", "ann")
    many(site, 2)
    site.edit_project("PAY", denied=True)
    site.edit_project("OLD", state="archived")
    site.edit_project("BIN", state="deleted")
    trial = serve()
    pages = trial.connector(projects=["CHK", "PAY", "OLD", "BIN", "NOPE"]).census("issues")
    assert [(page.scope, len(page.ids), page.is_readable, page.reason) for page in pages] == [
        ("CHK", 2, True, "deleted, or hidden from the account"),
        ("PAY", 0, False, "its project cannot be seen"),
        ("OLD", 0, True, "its project was archived"),
        ("BIN", 0, True, "its project was deleted"),
        ("NOPE", 0, False, "its project cannot be seen"),
    ]


def test_trap_04_one_project_without_permission_does_not_stop_the_others(
    site: JiraCloud, serve: Serve
) -> None:
    site.add_project("PAY", "Payments", "ann")
    key = site.create_issue("CHK", "Task", {"summary": "a"}, by="ann")
    site.create_issue("PAY", "Task", {"summary": "p"}, by="ann")
    site.edit_project("PAY", denied=True)
    trial = serve()
    assert set(trial.items(projects=["CHK", "PAY"])) == {key}
    assert trial.said == ["shop: cannot read PAY; the others are read"]


def test_trap_05_a_move_keeps_the_identity_and_tells_the_old_key(site: JiraCloud, serve: Serve) -> None:
    site.add_project("PAY", "Payments", "ann")
    key = site.create_issue("CHK", "Task", {"summary": "a"}, by="ann")
    trial = serve()
    before = trial.items(projects=["CHK", "PAY"])[key]
    site.clock.advance(hours=1)
    moved = site.move_issue(key, "PAY", by="ann")
    records = trial.pull(projects=["CHK", "PAY"])
    item = trial.connector().site.mapper and records_of(type(before), records)[0]
    assert (item.item_id, item.key, item.scope) == (before.item_id, moved, "PAY")
    changes = trial.changes_of(moved, records)
    assert ("key", key, moved) in changes
    assert ("scope", "CHK", "PAY") in changes


def test_trap_06_fields_are_found_by_type_and_ambiguous_names_refused(site: JiraCloud, serve: Serve) -> None:
    first = site.add_field("Impact", "select", options=("1", "5"))
    second = site.add_field("Impact", "float")
    key = site.create_issue("CHK", "Task", {"summary": "a", "Target start": "2026-03-09"}, by="ann")
    trial = serve()
    assert trial.items()[key].start == date(2026, 3, 9)  # nobody had to name Target start
    trial.cursors.clear()
    with pytest.raises(FieldUnresolved) as caught:
        trial.pull(fields={"impact": "Impact"})
    assert first in str(caught.value)
    assert second in str(caught.value)
    assert "fields.impact" in str(caught.value)
    trial.pull(fields={"impact": first})


def test_trap_06_an_unknown_name_is_refused_with_the_nearest(site: JiraCloud, serve: Serve) -> None:
    many(site, 1)
    trial = serve()
    with pytest.raises(FieldUnresolved, match="Did you mean Target start"):
        trial.pull(fields={"start": "Target stat"})


def test_severity_is_the_field_that_the_configuration_names(site: JiraCloud, serve: Serve) -> None:
    site.add_field("Severity", "select", options=("High", "Low"))
    key = site.create_issue("CHK", "Bug", {"summary": "a", "Severity": "High"}, by="ann")
    trial = serve()
    assert trial.items()[key].severity is None  # there may be a field of that name; nobody said it means that
    trial.cursors.clear()
    assert trial.items(fields={"severity": "Severity"})[key].severity == "High"
    site.clock.advance(hours=1)
    site.edit_issue(key, {"Severity": "Low"}, by="bob")
    records = trial.pull(fields={"severity": "Severity"})
    assert ("severity", "High", "Low") in trial.changes_of(key, records)


def test_trap_07_history_is_complete_beyond_what_an_issue_embeds(site: JiraCloud, serve: Serve) -> None:
    key = site.create_issue("CHK", "Task", {"summary": "a", "duedate": "2026-01-01"}, by="ann")
    for number in range(150):
        site.clock.advance(minutes=1)
        site.edit_issue(key, {"duedate": f"2026-{4 + number % 2:02d}-{1 + number % 28:02d}"}, by="ann")
    trial = serve(page_cap=30)  # one issue's history is split over pages
    changes = [one for one in trial.changes_of(key, trial.pull()) if one[0] == "due"]
    assert len(changes) == 150
    assert changes[0][1] == "2026-01-01"
    assert all(one[2] == two[1] for one, two in pairwise(changes))


@pytest.mark.parametrize("form", ["epoch", "iso"])
def test_trap_07_both_forms_of_an_instant_in_the_bulk_changelog_are_read(
    site: JiraCloud, serve: Serve, form: Any
) -> None:
    key = site.create_issue("CHK", "Task", {"summary": "a"}, by="ann")
    site.clock.advance(hours=3)
    site.edit_issue(key, {"summary": "b"}, by="ann")
    trial = serve(bulk_created=form)
    assert [one.at for one in records_of(Change, trial.pull())] == [NOON + timedelta(hours=3)]


def test_trap_08_a_storm_of_429_is_waited_out(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 20)
    busy = Fault(
        kind="status", path=DETAILS, status=429, nth=[1, 2], retry_after="5", reason="jira-burst-based"
    )
    trial = serve(faults=[busy])
    assert set(trial.items()) == set(keys)
    assert [pause for pause in trial.slept if pause] == [5.0, 5.0]


def test_trap_08_a_quota_stops_the_run_and_the_rest_is_read_later(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 300)
    quota = Fault(
        kind="status", path=DETAILS, status=429, nth=3, retry_after="1800", reason="jira-quota-tenant-based"
    )
    trial = serve(faults=[quota])
    with pytest.raises(RateLimited):
        _into(trial, trial.connector(items_per_page=100), got := [])
    assert sum(trial.slept) == 0
    assert len(got) == 2
    first = {record.key for page in got for record in page.records if hasattr(record, "key")}
    assert len(first) == 200
    site.clock.advance(hours=1)
    rest = set(trial.items(items_per_page=100))
    assert first | rest == set(keys)
    assert len(rest & first) == 0


def test_trap_08_a_real_burst_limit_is_respected(site: JiraCloud, serve: Serve) -> None:
    keys = many(site, 30)
    limit = RateLimit(per_second={"GET": 2.0, "POST": 2.0, "PUT": 2.0, "DELETE": 2.0})
    trial = serve(rate_limit=limit, page_cap=10)
    assert set(trial.items(details_per_request=3)) == set(keys)


def test_trap_12_parents_at_every_level_come_from_parent(site: JiraCloud, serve: Serve) -> None:
    initiative = site.create_issue("CHK", "Initiative", {"summary": "i"}, by="ann")
    epic = site.create_issue("CHK", "Epic", {"summary": "e", "parent": initiative}, by="ann")
    story = site.create_issue("CHK", "Story", {"summary": "s", "parent": epic}, by="ann")
    sub = site.create_issue("CHK", "Sub-task", {"summary": "t", "parent": story}, by="ann")
    trial = serve()
    items = trial.items()
    assert [(items[key].kind, items[key].is_summary) for key in (initiative, epic, story, sub)] == [
        ("initiative", True),
        ("epic", True),
        ("story", False),
        ("task", False),
    ]
    assert items[initiative].parent_id is None
    assert items[epic].parent_id == items[initiative].item_id
    assert items[story].parent_id == items[epic].item_id
    assert items[sub].parent_id == items[story].item_id


def test_trap_12_one_move_to_another_parent_is_one_change(site: JiraCloud, serve: Serve) -> None:
    one = site.create_issue("CHK", "Epic", {"summary": "one"}, by="ann")
    two = site.create_issue("CHK", "Epic", {"summary": "two"}, by="ann")
    story = site.create_issue("CHK", "Story", {"summary": "s", "parent": one}, by="ann")
    site.clock.advance(hours=1)
    site.edit_issue(story, {"parent": two}, by="ann")
    trial = serve()
    moves = [change for change in trial.changes_of(story, trial.pull()) if change[0] == "parent"]
    assert moves == [("parent", trial.item_id(one), trial.item_id(two))]


def test_trap_13_dates_are_cleared_by_null_and_by_an_empty_text(site: JiraCloud, serve: Serve) -> None:
    key = site.create_issue(
        "CHK", "Task", {"summary": "a", "duedate": "2026-03-20", "Target start": "2026-03-09"}, by="ann"
    )
    site.clock.advance(hours=1)
    site.edit_issue(key, {"duedate": None, "Target start": None}, by="ann")
    trial = serve()
    records = trial.pull()
    changes = trial.changes_of(key, records)
    assert ("due", "2026-03-20", None) in changes
    assert ("start", "2026-03-09", None) in changes


def test_trap_13_the_finish_field_counts_before_the_due_date_today_and_then(
    site: JiraCloud, serve: Serve
) -> None:
    key = site.create_issue("CHK", "Task", {"summary": "a", "duedate": "2026-03-20"}, by="ann")
    for step in (
        {"Target end": "2026-03-27"},
        {"duedate": "2026-03-25"},  # behind the finish field: the due date does not move
        {"Target end": "2026-04-03", "duedate": "2026-04-01"},
        {"Target end": None},
    ):
        site.clock.advance(hours=1)
        site.edit_issue(key, step, by="ann")
    trial = serve()
    records = trial.pull()
    assert [change for change in trial.changes_of(key, records) if change[0] == "due"] == [
        ("due", "2026-03-20", "2026-03-27"),
        ("due", "2026-03-27", "2026-04-03"),
        ("due", "2026-04-03", "2026-04-01"),
    ]
    trial.cursors.clear()
    assert trial.items()[key].due == date(2026, 4, 1)


def test_trap_14_an_owner_whose_account_ends_is_told_without_a_change_of_the_issue(
    site: JiraCloud, serve: Serve
) -> None:
    site.create_issue("CHK", "Task", {"summary": "a", "assignee": "bob"}, by="ann")
    trial = serve()
    trial.pull()
    trial.pull("people")
    site.clock.advance(hours=2)
    site.edit_user("bob", active=False)
    # In a new process, where no issue has changed, the accounts are known from the cursor of the issues.
    connector = trial.connector()
    assert list(connector.pull("issues", trial.cursors["issues"])) == []
    (page,) = connector.pull("people", None)
    assert [(one.account_id, one.is_active) for one in records_of(Identity, list(page.records))] == [
        ("bob", False)
    ]


def test_trap_14_apps_are_services_and_deleted_accounts_placeholders(site: JiraCloud, serve: Serve) -> None:
    site.add_user("robot", "Release Bot", kind="app")
    site.add_user("gone", "Was Here", "gone@demo.example")
    for owner in ("robot", "gone", "bob"):
        site.create_issue("CHK", "Task", {"summary": owner, "assignee": owner}, by="ann")
    site.remove_user("gone")
    trial = serve()
    kinds = {one.account_id: (one.kind, one.is_active) for one in records_of(Identity, trial.pull())}
    assert kinds["robot"] == ("service", True)
    assert kinds["bob"] == ("person", True)
    assert kinds["gone"][0] == "placeholder"


@pytest.mark.parametrize("options", [{"sign_in_page": 200}, {"sign_in_page": 203}])
def test_trap_15_a_sign_in_page_is_no_empty_site(serve: Serve, options: dict[str, Any]) -> None:
    trial = serve(**options)
    with pytest.raises(AuthError):
        trial.pull()
    assert trial.cursors == {}


def test_trap_15_anonymous_answers_are_not_taken_for_ours(
    site: JiraCloud, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_project("PUB", "Public", "ann", public=True)
    site.create_issue("PUB", "Task", {"summary": "seen by all"}, by="ann")
    trial = serve(anonymous_access=True)
    monkeypatch.setenv("DOVETAIL_TEST_JIRA_TOKEN", "expired")
    with pytest.raises(AuthError):
        trial.pull(projects=["CHK", "PUB"])


def test_trap_15_a_scoped_token_goes_through_the_gateway_and_links_stay_on_the_site(
    site: JiraCloud, serve: Serve
) -> None:
    key = site.create_issue("CHK", "Task", {"summary": "a"}, by="ann")
    trial = serve(scoped_token=True, self_urls="gateway")
    with pytest.raises(AuthError):
        trial.pull()
    item = trial.items(api_url=trial.server.gateway_url)[key]
    assert item.url == f"{trial.server.url}/browse/{key}"


def test_trap_15_a_redirect_is_never_followed(serve: Serve) -> None:
    trial = serve(faults=[Fault(kind="redirect", path="*/myself")])
    with pytest.raises(BadAnswer, match=r"redirected to elsewhere\.example"):
        trial.pull()


def _into(trial: Any, connector: Any, pages: list[Page]) -> None:
    for page in connector.pull("issues", None):
        pages.append(page)
        trial.cursors["issues"] = page.cursor
