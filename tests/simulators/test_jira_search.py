"""Searching the simulated Jira: JQL, pages, tokens, zones, and an index that lags behind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest


@pytest.fixture
def hundred(cloud):
    for number in range(120):
        cloud.create_issue(
            "CHK",
            "Task",
            {"summary": f"Task {number}"},
            "bob",
            datetime(2026, 1, 1, 0, number % 60, tzinfo=UTC),
        )
    return cloud


def test_the_default_answer_of_a_search_is_ids_and_nothing_else(hundred, site):
    page = site.post("search/jql", {"jql": "project = CHK ORDER BY id ASC", "maxResults": 2})
    assert page["issues"] == [{"id": "10000"}, {"id": "10001"}]
    assert page["isLast"] is False
    assert "total" not in page


def test_ids_come_5000_a_page_and_fields_100_whatever_is_asked_for(hundred, site):
    ids = site.post("search/jql", {"jql": "project = CHK", "maxResults": 5000, "fields": ["id", "key"]})
    assert (len(ids["issues"]), ids["isLast"]) == (120, True)
    full = site.post("search/jql", {"jql": "project = CHK", "maxResults": 5000, "fields": ["summary"]})
    assert (len(full["issues"]), full["isLast"]) == (100, False)


def test_pages_can_be_shorter_than_asked(hundred, serve):
    site = serve(page_cap=7)
    page = site.post("search/jql", {"jql": "project = CHK", "maxResults": 50})
    assert (len(page["issues"]), page["isLast"]) == (7, False)
    assert len(set(site.ids("project = CHK", maxResults=50))) == 120


def test_the_last_page_has_no_token(hundred, site):
    assert "nextPageToken" not in site.post("search/jql", {"jql": "project = CHK", "maxResults": 500})


def test_a_token_of_another_query_or_of_last_week_is_refused(hundred, site):
    asked = {"jql": "project = CHK", "maxResults": 10}
    token = site.post("search/jql", asked)["nextPageToken"]
    other = site.call(
        "POST", "search/jql", {"jql": "project = CHK AND status = Done", "nextPageToken": token}
    )
    assert other.status_code == 400
    site.cloud.clock.advance(days=6)
    assert site.post("search/jql", {**asked, "nextPageToken": token})["issues"]
    site.cloud.clock.advance(days=2)
    assert site.call("POST", "search/jql", {**asked, "nextPageToken": token}).status_code == 400
    assert site.call("POST", "search/jql", {**asked, "nextPageToken": "made up"}).status_code == 400


def test_an_issue_that_moves_between_pages_is_not_lost_by_keyset_paging(hundred, site):
    asked = {"jql": "project = CHK ORDER BY updated ASC, id ASC", "maxResults": 50}
    first = site.post("search/jql", asked)
    seen = [row["id"] for row in first["issues"]]
    site.cloud.edit_issue("CHK-1", {"summary": "moved to the end"}, "bob")
    seen += site.ids(asked["jql"], maxResults=50, nextPageToken=first["nextPageToken"])
    assert len(set(seen)) == 120
    assert seen.count("10000") == 2


def test_offset_paging_loses_a_row_when_one_moves(hundred, serve):
    site = serve(paging="offset")
    asked = {"jql": "project = CHK ORDER BY updated ASC, id ASC", "maxResults": 50}
    first = site.post("search/jql", asked)
    seen = [row["id"] for row in first["issues"]]
    site.cloud.edit_issue("CHK-1", {"summary": "moved to the end"}, "bob")
    seen += site.ids(asked["jql"], maxResults=50, nextPageToken=first["nextPageToken"])
    assert len(set(seen)) == 119


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("", "Unbounded JQL queries are not allowed here"),
        ("ORDER BY created DESC", "Unbounded JQL queries are not allowed here"),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("colour = red", "Field 'colour' does not exist"),
        ("project = CHK AND", "ended before it was complete"),
        (
            "project = CHK ORDER BY id, key, created, updated, status, priority, due, labels",
            "at most 7 fields",
        ),
        ("updated >= 'yesterday'", "Date value 'yesterday' for field 'updated' is invalid"),
        ("status WAS Done", "got 'WAS'"),
        ("key = CHK-999", "An issue with key 'CHK-999' does not exist"),
    ],
)
def test_what_the_tracker_refuses_is_refused_in_its_words(site, jql, message):
    response = site.call("POST", "search/jql", {"jql": jql})
    assert response.status_code == 400
    assert message in response.json()["errorMessages"][0]


@pytest.fixture
def shelf(cloud):
    """CHK-1 epic, CHK-2 story in it, done; CHK-3 unassigned bug; CHK-4 task due 5 March."""
    cloud.add_version("CHK", "1.0")
    cloud.add_sprint("CHK", "S1", "active")
    cloud.create_issue("CHK", "Epic", {"summary": "Epic one", "assignee": "ann"})
    cloud.create_issue(
        "CHK",
        "Story",
        {"summary": "In epic", "parent": "CHK-1", "assignee": "bob", "sprint": "S1", "labels": ["Blue"]},
    )
    cloud.transition("CHK-2", "Done")
    cloud.create_issue("CHK", "Bug", {"summary": "Loose bug", "priority": "Highest", "fixVersions": ["1.0"]})
    cloud.create_issue(
        "CHK", "Task", {"summary": "Due task", "duedate": "2026-03-05", "assignee": "bob", "Story Points": 5}
    )
    return cloud


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("project = chk AND issuetype = Epic", [1]),
        ("project in (CHK) AND issuetype not in (Epic, Bug)", [2, 4]),
        ("statusCategory != Done AND project = CHK", [1, 3, 4]),
        ("status = Done OR priority = Highest", [2, 3]),
        ("assignee is EMPTY", [3]),
        ("assignee = EMPTY", [3]),
        ("assignee is not EMPTY", [1, 2, 4]),
        ("assignee = bob", [2, 4]),
        ("assignee != bob", [1]),  # without the unassigned one
        ("assignee = currentUser() OR parent = CHK-1", [2]),
        ("sprint in openSprints()", [2]),
        ("sprint = 1", [2]),
        ("sprint is EMPTY AND project = CHK", [1, 3, 4]),
        ("fixVersion = '1.0'", [3]),
        ("labels = blue", [2]),
        ('"Story Points" > 3', [4]),
        ("cf[10026] <= 5", [4]),
        ("due <= 2026-03-05", [4]),
        ("due < '2026-03-05'", []),
        ("due < 5d", [4]),
        ("id >= 10002", [3, 4]),
        ("id in (10000, 10003)", [1, 4]),
        ("key in (CHK-1, CHK-3)", [1, 3]),
        ("summary ~ 'epic'", [1, 2]),
        ("project = CHK AND NOT (issuetype = Epic OR status = Done)", [3, 4]),
        ("created = startOfDay() OR created >= -1h", [1, 2, 3, 4]),
    ],
)
def test_jql_means_what_it_means_in_jira(shelf, site, jql, keys):
    assert site.ids(f"({jql}) ORDER BY id ASC") == [str(9999 + key) for key in keys]


def test_order_by_sorts_by_several_fields_and_puts_the_empty_last(shelf, site):
    assert site.ids("project = CHK ORDER BY due ASC, id DESC") == ["10003", "10002", "10001", "10000"]
    assert site.ids("project = CHK ORDER BY summary DESC") == ["10002", "10001", "10000", "10003"]


@pytest.mark.parametrize(
    ("zone", "literal", "found"),
    [
        ("America/Los_Angeles", "2026-03-02 04:30", True),
        ("America/Los_Angeles", "2026-03-02 04:31", False),
        ("America/Los_Angeles", "2026-03-02 12:30", False),  # UTC written by a caller in California: lost
        ("Asia/Tokyo", "2026-03-02 21:30", True),
        ("Asia/Tokyo", "2026-03-02 21:31", False),
    ],
)
def test_a_jql_date_is_read_in_the_callers_zone_to_the_minute(cloud, site, zone, literal, found):
    cloud.edit_user(cloud.bot, time_zone=zone)
    cloud.create_issue("CHK", "Task", {}, "bob", datetime(2026, 3, 2, 12, 30, 15, tzinfo=UTC))
    assert bool(site.ids(f'updated >= "{literal}"')) is found


def test_epoch_milliseconds_mean_the_same_everywhere(cloud, site):
    cloud.create_issue("CHK", "Task", {}, "bob", datetime(2026, 3, 2, 12, 30, 15, 250_000, tzinfo=UTC))
    assert site.ids("updated >= 1772454615250") == ["10000"]
    assert site.ids("updated >= 1772454615251") == []


def test_instants_are_rendered_in_the_callers_zone_with_summer_time(cloud, site):
    cloud.create_issue("CHK", "Task", {}, "bob", datetime(2026, 1, 15, 12, 0, tzinfo=UTC))
    cloud.create_issue("CHK", "Task", {}, "bob", datetime(2026, 7, 15, 12, 0, tzinfo=UTC))
    assert site.get("issue/CHK-1")["fields"]["created"] == "2026-01-15T04:00:00.000-0800"
    assert site.get("issue/CHK-2")["fields"]["created"] == "2026-07-15T05:00:00.000-0700"


def test_a_search_sees_a_write_only_after_the_index_lag_and_bulkfetch_at_once(cloud, serve):
    site = serve(index_lag_seconds=60)
    cloud.create_issue("CHK", "Task", {"summary": "old"})
    assert site.ids("project = CHK") == []
    assert len(site.post("issue/bulkfetch", {"issueIdsOrKeys": ["CHK-1"]})["issues"]) == 1
    cloud.clock.advance(seconds=61)
    assert site.ids("project = CHK") == ["10000"]
    assert site.put("issue/CHK-1", {"fields": {"summary": "new"}}).status_code == 204
    asked = {"jql": "project = CHK", "fields": ["summary"]}
    assert site.post("search/jql", asked)["issues"][0]["fields"]["summary"] == "old"
    forced = site.post("search/jql", {**asked, "reconcileIssues": [10000]})
    assert forced["issues"][0]["fields"]["summary"] == "new"
    cloud.clock.advance(seconds=61)
    assert site.post("search/jql", asked)["issues"][0]["fields"]["summary"] == "new"


def test_the_index_still_lists_a_deleted_issue_and_bulkfetch_silently_leaves_it_out(cloud, serve):
    site = serve(index_lag_seconds=60)
    cloud.create_issue("CHK", "Task")
    cloud.clock.advance(seconds=61)
    cloud.delete_issue("CHK-1")
    assert site.ids("project = CHK") == ["10000"]
    assert site.post("issue/bulkfetch", {"issueIdsOrKeys": ["10000"]}) == {"issues": [], "issueErrors": []}
    cloud.clock.advance(seconds=61)
    assert site.ids("project = CHK") == []


def test_more_than_50_issues_cannot_be_reconciled(site):
    asked = {"jql": "project = CHK", "reconcileIssues": list(range(10000, 10051))}
    assert site.call("POST", "search/jql", asked).status_code == 400


def test_deleted_hidden_and_archived_issues_simply_stop_matching(cloud, site):
    for _ in range(4):
        cloud.create_issue("CHK", "Task")
    cloud.delete_issue("CHK-1")
    cloud.hide_issue("CHK-2")
    cloud.archive_issue("CHK-3")
    assert site.ids("project = CHK") == ["10003"]
    assert site.post("search/approximate-count", {"jql": "project = CHK"}) == {"count": 1}
    assert [site.call("GET", f"issue/CHK-{n}").status_code for n in (1, 2, 3, 4)] == [404, 404, 200, 200]


def test_issues_of_an_archived_or_denied_project_vanish_without_a_word(cloud, site):
    cloud.create_issue("CHK", "Task")
    cloud.add_project("PAY", "Payment", "ann")
    cloud.edit_project("CHK", state="archived")
    assert site.ids("project in (CHK, PAY)") == []
    assert [p["key"] for p in site.get("project/search")["values"]] == ["PAY"]
    assert [p["archived"] for p in site.get("project/search", status="archived")["values"]] == [True]
    cloud.edit_project("CHK", state="live", denied=True)
    assert site.ids("created >= -1d") == []
    assert site.call("GET", "issue/CHK-1").status_code == 404


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(cloud, site):
    cloud.create_issue("CHK", "Task")
    cloud.add_project("PAY", "Payment", "ann")
    assert cloud.move_issue("CHK-1", "PAY") == "PAY-1"
    found = site.post("issue/bulkfetch", {"issueIdsOrKeys": ["CHK-1"], "fields": ["project"]})["issues"][0]
    assert (found["id"], found["key"]) == ("10000", "PAY-1")
    assert site.get("issue/CHK-1")["key"] == "PAY-1"
    items = site.get("issue/PAY-1/changelog")["values"][0]["items"]
    assert items[1] == {
        "field": "Key",
        "fieldtype": "jira",
        "from": None,
        "fromString": "CHK-1",
        "to": None,
        "toString": "PAY-1",
    }


def test_renaming_a_project_gives_all_its_issues_new_keys(cloud, site):
    cloud.create_issue("CHK", "Task")
    cloud.rename_project("CHK", "SHOP")
    assert site.get("issue/CHK-1")["key"] == "SHOP-1"
    assert site.ids("project = SHOP") == site.ids("project = CHK") == ["10000"]
    assert site.get("project/CHK")["key"] == "SHOP"
