"""Reading from the simulated Jira: bulk reads, histories, people, fields, links, boards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest


def test_bulkfetch_answers_by_ascending_id_and_drops_what_cannot_be_seen(cloud, site):
    for _ in range(3):
        cloud.create_issue("CHK", "Task")
    cloud.hide_issue("CHK-2")
    asked = {"issueIdsOrKeys": ["CHK-3", "CHK-2", "10000", "CHK-77"], "fields": ["summary"]}
    page = site.post("issue/bulkfetch", asked)
    assert [issue["key"] for issue in page["issues"]] == ["CHK-1", "CHK-3"]
    assert page["issueErrors"] == []


def test_bulkfetch_takes_100_issues_and_not_one_more(site):
    ids = [str(number) for number in range(10000, 10100)]
    assert site.call("POST", "issue/bulkfetch", {"issueIdsOrKeys": ids}).status_code == 200
    assert site.call("POST", "issue/bulkfetch", {"issueIdsOrKeys": [*ids, "10100"]}).status_code == 400
    assert site.call("POST", "issue/bulkfetch", {"issueIdsOrKeys": []}).status_code == 400


def test_bulkfetch_of_1000_needs_the_option_and_the_right_shape(serve):
    site = serve(bulk_thousand=True)
    ids = [str(number) for number in range(10000, 10200)]
    shaped = {"issueIdsOrKeys": ids, "fields": ["summary"]}
    assert site.call("POST", "issue/bulkfetch", shaped).status_code == 200
    assert site.call("POST", "issue/bulkfetch", {**shaped, "fields": ["comment"]}).status_code == 400
    assert site.call("POST", "issue/bulkfetch", {**shaped, "expand": ["changelog"]}).status_code == 400


@pytest.fixture
def edited(cloud):
    """CHK-1 with 45 due dates, one a day; CHK-2 with one."""
    cloud.create_issue("CHK", "Task", at=datetime(2026, 1, 1, tzinfo=UTC))
    cloud.create_issue("CHK", "Task", at=datetime(2026, 1, 1, tzinfo=UTC))
    for day in range(45):
        at = (
            datetime(2026, 1, 1 + day, 12, tzinfo=UTC)
            if day < 31
            else datetime(2026, 2, day - 30, 12, tzinfo=UTC)
        )
        cloud.edit_issue("CHK-1", {"duedate": f"2026-06-{day % 28 + 1:02d}"}, "bob", at)
    cloud.edit_issue("CHK-2", {"duedate": "2026-06-01"}, "bob", datetime(2026, 1, 10, tzinfo=UTC))
    return cloud


def test_an_embedded_changelog_is_newest_first_and_cut_at_40(edited, site):
    log = site.get("issue/CHK-1", expand="changelog", fields="summary")["changelog"]
    assert (log["total"], len(log["histories"])) == (45, 40)
    assert log["histories"][0]["created"] == "2026-02-14T04:00:00.000-0800"
    found = site.post("issue/bulkfetch", {"issueIdsOrKeys": ["CHK-1"], "expand": ["changelog"]})["issues"][0]
    assert len(found["changelog"]["histories"]) == 40


def test_the_changelog_of_one_issue_is_oldest_first_and_paged(edited, site):
    page = site.get("issue/CHK-1/changelog", maxResults=20)
    assert (page["total"], len(page["values"]), page["isLast"]) == (45, 20, False)
    assert page["values"][0]["created"] == "2026-01-01T04:00:00.000-0800"
    rest = site.get("issue/CHK-1/changelog", startAt=20, maxResults=1000)
    assert (len(rest["values"]), rest["maxResults"], rest["isLast"]) == (25, 100, True)


def test_bulk_histories_are_complete_oldest_first_and_split_an_issue_over_pages(edited, site):
    asked = {"issueIdsOrKeys": ["CHK-1", "CHK-2"], "maxResults": 10}
    first = site.post("changelog/bulkfetch", asked)
    assert [(log["issueId"], len(log["changeHistories"])) for log in first["issueChangeLogs"]] == [
        ("10000", 9),
        ("10001", 1),
    ]
    seen, token = 10, first["nextPageToken"]
    while token:
        page = site.post("changelog/bulkfetch", {**asked, "nextPageToken": token})
        seen += sum(len(log["changeHistories"]) for log in page["issueChangeLogs"])
        token = page.get("nextPageToken")
    assert seen == 46


def test_bulk_histories_tell_their_instants_as_epoch_milliseconds(edited, site):
    page = site.post("changelog/bulkfetch", {"issueIdsOrKeys": ["CHK-2"]})
    assert page["issueChangeLogs"][0]["changeHistories"][0]["created"] == 1768003200000


def test_a_field_filter_loses_the_entries_without_a_field_id(cloud, site):
    cloud.create_issue("CHK", "Epic")
    cloud.create_issue("CHK", "Story", {"duedate": "2026-05-01"})
    cloud.edit_issue("CHK-2", {"parent": "CHK-1"})
    cloud.link("Blocks", "CHK-1", "CHK-2")
    cloud.edit_issue("CHK-2", {"duedate": None})
    everything = site.post("changelog/bulkfetch", {"issueIdsOrKeys": ["CHK-2"]})
    items = [item for h in everything["issueChangeLogs"][0]["changeHistories"] for item in h["items"]]
    assert [item["field"] for item in items] == ["IssueParentAssociation", "Link", "duedate"]
    assert [item.get("fieldId") for item in items] == [None, None, "duedate"]
    assert (items[1]["to"], items[1]["toString"]) == ("CHK-1", "This issue is blocked by CHK-1")
    filtered = site.post(
        "changelog/bulkfetch", {"issueIdsOrKeys": ["CHK-2"], "fieldIds": ["duedate", "parent"]}
    )
    assert len(filtered["issueChangeLogs"][0]["changeHistories"]) == 1
    epic = site.get("issue/CHK-1/changelog")["values"][0]["items"][0]
    assert (epic["field"], epic["to"], epic["toString"]) == ("Epic Child", "10001", "CHK-2")


def test_a_cleared_due_date_is_null_in_history_and_a_cleared_picker_is_empty_text(cloud, site):
    cloud.create_issue("CHK", "Task", {"duedate": "2026-04-16", "Target end": "2026-04-16"})
    cloud.edit_issue("CHK-1", {"duedate": None, "Target end": None})
    due, target = site.get("issue/CHK-1/changelog")["values"][0]["items"]
    assert (due["from"], due["fromString"], due["to"]) == ("2026-04-16", "2026-04-16 00:00:00.0", None)
    assert (target["from"], target["fromString"], target["to"]) == ("2026-04-16", "16/Apr/26", "")
    assert target["fieldId"] == "customfield_10023"


def test_equal_writes_leave_no_history_but_move_updated(cloud, site):
    cloud.create_issue("CHK", "Task", {"duedate": "2026-04-16", "labels": ["a"]})
    before = site.get("issue/CHK-1")["fields"]["updated"]
    assert site.put("issue/CHK-1", {"fields": {"duedate": "2026-04-16", "labels": ["a"]}}).status_code == 204
    assert site.get("issue/CHK-1/changelog")["total"] == 0
    assert site.get("issue/CHK-1")["fields"]["updated"] > before


def test_links_are_seen_from_both_ends_with_one_side_each(cloud, site):
    cloud.create_issue("CHK", "Task")
    cloud.create_issue("CHK", "Task")
    cloud.link("Blocks", "CHK-1", "CHK-2")
    [blocker], [blocked] = (site.get(f"issue/CHK-{n}")["fields"]["issuelinks"] for n in (1, 2))
    assert blocker["id"] == blocked["id"] == "10000"
    assert (blocker["outwardIssue"]["key"], "inwardIssue" in blocker) == ("CHK-2", False)
    assert (blocked["inwardIssue"]["key"], "outwardIssue" in blocked) == ("CHK-1", False)
    assert blocker["type"]["outward"] == "blocks"


def test_posting_a_link_twice_says_created_twice_and_makes_one(cloud, site):
    cloud.create_issue("CHK", "Task")
    cloud.create_issue("CHK", "Task")
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "CHK-1"}, "outwardIssue": {"key": "CHK-2"}}
    assert [site.call("POST", "issueLink", body).status_code for _ in range(2)] == [201, 201]
    links = site.get("issue/CHK-1")["fields"]["issuelinks"]
    assert [link["outwardIssue"]["key"] for link in links] == ["CHK-2"]


def test_mail_addresses_of_others_are_hidden_and_ones_own_is_not(cloud, site):
    assert "emailAddress" not in site.get("user", accountId="ann")
    assert site.get("myself")["emailAddress"] == "bot@demo.example"


def test_mail_addresses_can_be_shown(serve):
    assert serve(emails=True).get("user", accountId="ann")["emailAddress"] == "ann@demo.example"


def test_deleted_and_lost_accounts_are_placeholders(cloud, site):
    cloud.create_issue("CHK", "Task", {"assignee": "bob"}, "bob")
    cloud.remove_user("bob")
    found = site.get("issue/CHK-1")["fields"]["assignee"]
    assert (found["accountId"], found["displayName"], found["active"]) == ("bob", "Former user", False)
    del cloud.users["bob"]
    cloud.forget_rendered()
    found = site.get("issue/CHK-1")["fields"]["assignee"]
    assert (found["accountId"], found["accountType"]) == ("unknown", "unknown")


def test_people_in_bulk_come_ten_a_page_and_strangers_are_missing(cloud, site):
    for number in range(12):
        cloud.add_user(f"u{number}", f"User {number}")
    asked = {"accountId": [*(f"u{n}" for n in range(12)), "stranger"]}
    page = site.get("user/bulk", **asked)
    assert (len(page["values"]), page["total"], page["isLast"]) == (10, 12, False)
    assert site.call("GET", "user/bulk").status_code == 400


def test_a_field_is_found_by_its_type_and_names_may_repeat(cloud, site):
    cloud.add_project("TEAM", "Team", "ann", style="next-gen")
    cloud.add_field("Impact", "float")
    cloud.add_field("Impact", "float", project="TEAM")
    fields = site.get("field")
    assert [f.get("scope", {}).get("type") for f in fields if f["name"] == "Impact"] == [None, "PROJECT"]
    custom = {f["schema"]["custom"]: f["id"] for f in fields if f["custom"]}
    assert custom["com.atlassian.jpo:jpo-custom-field-baseline-end"] == "customfield_10023"
    assert custom["com.pyxis.greenhopper.jira:gh-sprint"] == "customfield_10020"


def test_version_2_gives_text_where_version_3_gives_documents(cloud, site):
    cloud.create_issue("CHK", "Task", {"description": "one\ntwo"})
    assert site.get("/rest/api/2/issue/CHK-1")["fields"]["description"] == "one\ntwo"
    assert site.get("issue/CHK-1")["fields"]["description"]["content"][1]["content"][0]["text"] == "two"


def test_a_kanban_board_refuses_the_question_for_sprints(cloud, site):
    board = cloud.add_board("CHK", "Flow", "kanban")
    assert site.call("GET", f"/rest/agile/1.0/board/{board.id}/sprint").status_code == 400


def test_closing_a_sprint_or_moving_a_release_leaves_the_issues_updated_alone(cloud, site):
    sprint = cloud.add_sprint("CHK", "S1", "active")
    version = cloud.add_version("CHK", "1.0", release="2026-03-31")
    cloud.create_issue("CHK", "Task", {"sprint": "S1", "fixVersions": ["1.0"]})
    before = site.get("issue/CHK-1")["fields"]
    cloud.clock.advance(hours=1)
    cloud.edit_sprint(sprint.id, state="closed", complete=cloud.clock.now())
    cloud.edit_version(version.id, release="2026-06-30")
    after = site.get("issue/CHK-1")["fields"]
    assert after["updated"] == before["updated"]
    assert after["customfield_10020"][0]["state"] == "closed"
    assert after["customfield_10020"][0]["completeDate"] == "2026-03-02T13:00:00.000Z"
    assert after["fixVersions"][0]["releaseDate"] == "2026-06-30"


def test_urls_can_take_the_gateways_form(cloud, serve):
    site = serve(self_urls="gateway")
    cloud.create_issue("CHK", "Task")
    gateway = f"https://api.atlassian.com/ex/jira/{cloud.cloud_id}/rest/api/3/issue/10000"
    assert site.get("issue/CHK-1")["self"] == gateway
    assert site.get("serverInfo")["baseUrl"] == site.server.url


def test_the_date_header_is_the_sites_clock(site):
    assert site.call("GET", "serverInfo").headers["Date"] == "Mon, 02 Mar 2026 12:00:00 GMT"


def test_a_cached_answer_never_outlives_a_change(cloud, site):
    cloud.create_issue("CHK", "Epic", {"summary": "before"})
    cloud.create_issue("CHK", "Story", {"parent": "CHK-1"})
    asked = {"issueIdsOrKeys": ["CHK-2"], "fields": ["parent", "assignee"]}
    site.post("issue/bulkfetch", asked)
    cloud.edit_issue("CHK-1", {"summary": "after"})
    cloud.edit_issue("CHK-2", {"assignee": "bob"})
    fields = site.post("issue/bulkfetch", asked)["issues"][0]["fields"]
    assert fields["parent"]["fields"]["summary"] == "after"
    cloud.edit_user("bob", name="Robert")
    fields = site.post("issue/bulkfetch", asked)["issues"][0]["fields"]
    assert fields["assignee"]["displayName"] == "Robert"
