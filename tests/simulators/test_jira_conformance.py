"""Every operation of the Jira simulator, in both API versions, as the vendor describes it."""

from __future__ import annotations

import openapi_jira
import pytest
import requests

from simulators.jira import JiraCloud, Options
from simulators.jira.routes import AGILE, API


@pytest.fixture
def rich(cloud: JiraCloud) -> JiraCloud:
    """A site with something of everything."""
    cloud.add_version("CHK", "1.0", start="2026-01-01", release="2026-02-01")
    now = cloud.clock.now()
    cloud.add_sprint("CHK", "Sprint 1", "active", now, now, goal="ship")
    cloud.add_board("CHK", "Flow", "kanban")
    cloud.add_field("Health", "select", options=["green", "red"])
    cloud.add_project("TEAM", "Team managed", "ann", style="next-gen")
    cloud.add_field("Impact", "float", project="TEAM")
    cloud.add_issue_type("Initiative", 0, project="TEAM")
    cloud.create_issue("CHK", "Epic", {"summary": "An epic"})
    cloud.create_issue(
        "CHK",
        "Story",
        {
            "summary": "A story",
            "description": "Two\nlines",
            "duedate": "2026-03-10",
            "Target end": "2026-03-12",
            "parent": "CHK-1",
            "fixVersions": ["1.0"],
            "sprint": "Sprint 1",
            "Health": "red",
            "labels": ["a", "b"],
            "assignee": "bob",
        },
    )
    cloud.create_issue("CHK", "Sub-task", {"summary": "A part", "parent": "CHK-2"})
    changes = {
        "duedate": "2026-04-01",
        "Target end": None,
        "assignee": "ann",
        "parent": None,
        "Health": "green",
    }
    cloud.edit_issue("CHK-2", changes)
    cloud.edit_issue("CHK-2", {"parent": "CHK-1", "labels": ["c"], "Story Points": 3, "fixVersions": []})
    cloud.transition("CHK-2", "Done")
    cloud.link("Blocks", "CHK-1", "CHK-2")
    cloud.add_comment("CHK-2", "A first word", "bob")
    return cloud


def _requests(version: int, document: dict[str, object]) -> list[tuple[str, str, object, int]]:
    body: object = document if version == 3 else "some text"
    properties = [{"key": "ours", "value": {"n": 1}}]
    page = {"globalId": "g", "object": {"url": "https://x.example", "title": "X"}}
    link = {"type": {"name": "Relates"}, "inwardIssue": {"key": "CHK-2"}, "outwardIssue": {"key": "CHK-3"}}
    everything = {"jql": "project = CHK", "fields": ["*all"], "expand": "changelog,names"}
    return [
        ("GET", "myself", None, 200),
        ("GET", "serverInfo", None, 200),
        ("GET", "field", None, 200),
        ("GET", "priority", None, 200),
        ("GET", "issuetype", None, 200),
        ("GET", "status", None, 200),
        ("GET", "statuscategory", None, 200),
        ("GET", "issueLinkType", None, 200),
        ("GET", "user?accountId=ann", None, 200),
        ("GET", "user?accountId=nobody", None, 404),
        ("GET", "user/bulk?accountId=ann&accountId=nobody", None, 200),
        ("GET", "project/search?status=live&status=archived&status=deleted", None, 200),
        ("GET", "project/CHK", None, 200),
        ("GET", "project/NOPE", None, 404),
        ("GET", "project/CHK/version?status=unreleased", None, 200),
        ("GET", "project/CHK/versions", None, 200),
        ("GET", "mypermissions?permissions=EDIT_ISSUES,ADMINISTER", None, 200),
        ("GET", "mypermissions", None, 400),
        ("GET", "search?jql=project=CHK", None, 410),
        ("POST", "search", {"jql": "project = CHK"}, 410),
        ("GET", "search/jql?jql=project=CHK&fields=*all&expand=names,changelog", None, 200),
        ("POST", "search/jql", everything, 200),
        ("POST", "search/jql", {"jql": "order by key"}, 400),
        ("POST", "search/approximate-count", {"jql": "project = CHK"}, 200),
        ("POST", "issue/bulkfetch", {"issueIdsOrKeys": ["CHK-2", "10000"], "expand": ["changelog"]}, 200),
        ("POST", "changelog/bulkfetch", {"issueIdsOrKeys": ["CHK-1", "CHK-2"]}, 200),
        ("GET", "issue/CHK-2?expand=changelog,schema,editmeta,transitions,renderedFields", None, 200),
        ("GET", "issue/CHK-99", None, 404),
        ("GET", "issue/CHK-2/changelog?maxResults=2", None, 200),
        ("GET", "issue/CHK-2/editmeta", None, 200),
        ("PUT", "issue/CHK-2?notifyUsers=false", {"fields": {"duedate": None}}, 204),
        ("PUT", "issue/CHK-2?returnIssue=true", {"update": {"labels": [{"add": "d"}]}}, 200),
        ("PUT", "issue/CHK-2", {"fields": {"created": "now"}}, 400),
        ("GET", "issue/CHK-2/transitions", None, 200),
        ("POST", "issue/CHK-2/transitions", {"transition": {"id": "3"}}, 204),
        ("POST", "issue/CHK-2/comment", {"body": body, "properties": properties}, 201),
        ("GET", "issue/CHK-2/comment?expand=properties,renderedBody&orderBy=-created", None, 200),
        ("GET", "issue/CHK-2/comment/10000", None, 200),
        ("PUT", "issue/CHK-2/comment/10000?notifyUsers=false", {"body": body}, 200),
        ("POST", "comment/list?expand=properties", {"ids": [10000, 99999]}, 200),
        ("PUT", "comment/10000/properties/mark", {"n": 1}, 201),
        ("PUT", "comment/10000/properties/mark", {"n": 2}, 200),
        ("GET", "comment/10000/properties", None, 200),
        ("GET", "comment/10000/properties/mark", None, 200),
        ("DELETE", "comment/10000/properties/mark", None, 204),
        ("DELETE", "issue/CHK-2/comment/10000", None, 204),
        ("PUT", "issue/CHK-2/properties/mark", [1, 2], 201),
        ("GET", "issue/CHK-2/properties", None, 200),
        ("GET", "issue/CHK-2/properties/mark", None, 200),
        ("DELETE", "issue/CHK-2/properties/mark", None, 204),
        ("POST", "issue/CHK-2/remotelink", page, 201),
        ("POST", "issue/CHK-2/remotelink", page, 200),
        ("GET", "issue/CHK-2/remotelink", None, 200),
        ("GET", "issue/CHK-2/remotelink?globalId=g", None, 200),
        ("GET", "issue/CHK-2/remotelink/10000", None, 200),
        ("PUT", "issue/CHK-2/remotelink/10000", page, 204),
        ("GET", "issue/CHK-2/remotelink/99999", None, 404),
        ("DELETE", "issue/CHK-2/remotelink?globalId=g", None, 204),
        ("POST", "issue/CHK-2/remotelink", page, 201),
        ("DELETE", "issue/CHK-2/remotelink/10001", None, 204),
        ("POST", "issueLink", link, 201),
        ("GET", "issueLink/10001", None, 200),
        ("DELETE", "issueLink/10001", None, 204),
        ("GET", "/rest/agile/1.0/board?projectKeyOrId=CHK&type=scrum", None, 200),
        ("GET", "/rest/agile/1.0/board/1", None, 200),
        ("GET", "/rest/agile/1.0/board/1/configuration", None, 200),
        ("GET", "/rest/agile/1.0/board/1/sprint?state=active,closed", None, 200),
        ("GET", "/rest/agile/1.0/board/2/sprint", None, 400),
        ("GET", "/rest/agile/1.0/sprint/1", None, 200),
    ]  # fmt: skip


@pytest.mark.parametrize("version", [2, 3])
def test_every_operation_answers_as_the_vendor_describes_it(serve, rich, document, version):
    site = serve()
    for method, path, body, status in _requests(version, document("some text")):
        url = path if path.startswith("/") else f"/rest/api/{version}/{path}"
        assert site.call(method, url, body).status_code == status, (method, path)
    asked = {(method, template) for method, template, _ in rich.requests}
    offered = {(method, f"/rest/api/{version}/{template}") for method, template, _ in API}
    offered |= {(method, f"/rest/agile/1.0/{template}") for method, template, _ in AGILE}
    assert offered - asked == set()


def test_each_listed_deviation_is_still_one(rich):
    """A deviation that no traffic needs any more hides a defect and has to go."""
    with rich.serve(Options()) as server:
        recorder = openapi_jira.recorder(server)
        for validator in recorder.validators:
            validator.used.clear()
        session = requests.Session()
        session.auth = (server.user, server.token)
        for path in ("/rest/api/3/search", "/rest/api/3/issue/CHK-2?expand=changelog"):
            session.get(server.url + path)
        session.get(server.url + "/rest/agile/1.0/board/1/configuration")
        session.get(server.url + "/rest/api/3/issue/CHK-2/comment", auth=("nobody", "wrong"))
        session.get(server.url + "/rest/api/3/issuetype", auth=("nobody", "wrong"))
        session.post(server.url + "/rest/api/3/changelog/bulkfetch", json={"issueIdsOrKeys": ["CHK-2"]})
        used = set().union(*(validator.used for validator in recorder.validators))
    assert set(openapi_jira.DEVIATIONS) - used == set()
    recorder.check()


def test_the_iso_form_of_bulk_histories_needs_no_deviation(serve, rich):
    site = serve(bulk_created="iso")
    page = site.post("changelog/bulkfetch", {"issueIdsOrKeys": ["CHK-1"]})
    assert page["issueChangeLogs"][0]["changeHistories"][0]["created"] == "2026-03-02T04:00:00.000-0800"
