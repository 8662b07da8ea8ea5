"""The public `jira` package works against the simulator: a second opinion on what Jira is."""

from __future__ import annotations

import pytest
from jira import JIRA, JIRAError


@pytest.fixture
def client(cloud, site):
    return JIRA(site.server.url, basic_auth=(site.server.user, site.server.token), timeout=10, max_retries=0)


def test_it_knows_a_cloud_site_by_its_server_information(client):
    assert client._is_cloud
    assert client.myself()["timeZone"] == "America/Los_Angeles"


def test_it_reads_all_pages_of_a_search(cloud, client):
    for number in range(130):
        cloud.create_issue("CHK", "Task", {"summary": f"Task {number}"})
    found = client.enhanced_search_issues("project = CHK ORDER BY id ASC", maxResults=0, fields="summary")
    assert [found[0].fields.summary, len(found), found[-1].key] == ["Task 0", 130, "CHK-130"]


def test_it_shows_an_issue_with_its_changelog(cloud, client):
    cloud.create_issue("CHK", "Task", {"summary": "One"}, "ann")
    cloud.edit_issue("CHK-1", {"duedate": "2026-04-01"}, "bob")
    issue = client.issue("CHK-1", expand="changelog")
    assert issue.fields.duedate == "2026-04-01"
    [history] = issue.changelog.histories
    assert (history.author.displayName, history.items[0].field, history.items[0].to) == (
        "Bob Maker",
        "duedate",
        "2026-04-01",
    )


def test_it_comments_and_edits_the_comment(cloud, client):
    cloud.create_issue("CHK", "Task")
    comment = client.add_comment("CHK-1", "first")
    comment.update(body="second", notify=False)
    assert [c.body for c in client.comments("CHK-1")] == ["second"]
    assert cloud.mails == [("CHK-1", "comment created")]


def test_it_edits_fields_links_issues_and_moves_them(cloud, client):
    cloud.create_issue("CHK", "Task")
    cloud.create_issue("CHK", "Task")
    client.issue("CHK-1").update(fields={"labels": ["late"]}, notify=False)
    client.create_issue_link("blocks", "CHK-1", "CHK-2", comment={"body": "linked"})
    client.transition_issue("CHK-2", "In Progress")
    issue = client.issue("CHK-1")
    assert issue.fields.labels == ["late"]
    assert issue.fields.issuelinks[0].outwardIssue.key == "CHK-2"
    assert client.issue("CHK-2").fields.status.name == "In Progress"


def test_it_lists_projects_versions_boards_and_sprints(cloud, client):
    cloud.add_version("CHK", "1.0", release="2026-03-31")
    cloud.add_sprint("CHK", "S1", "active")
    assert client.project("CHK").name == "Checkout"
    assert [version.releaseDate for version in client.project_versions("CHK")] == ["2026-03-31"]
    [board] = client.boards(projectKeyOrID="CHK")
    assert [sprint.state for sprint in client.sprints(board.id)] == ["active"]


def test_the_removed_search_tells_it_where_to_go(client):
    with pytest.raises(JIRAError) as error:
        client._get_json("search?jql=project=CHK")
    assert error.value.status_code == 410
    assert "/rest/api/3/search/jql" in error.value.text
