"""Writing to the simulated Jira: who gets mail, what is refused, what looks done and is not."""

from __future__ import annotations

import pytest


@pytest.fixture
def task(cloud):
    cloud.create_issue("CHK", "Task", {"summary": "A task"}, "ann")
    return cloud


def test_every_new_comment_is_mailed_and_an_edit_only_if_wanted(task, site, document):
    first = site.post("issue/CHK-1/comment", {"body": document("one")})
    assert task.mails == [("CHK-1", "comment created")]
    path = f"issue/CHK-1/comment/{first['id']}"
    assert site.put(path, {"body": document("two")}, notifyUsers="false").status_code == 200
    assert task.mails == [("CHK-1", "comment created")]
    assert site.put(path, {"body": document("three")}).status_code == 200
    assert task.mails[1:] == [("CHK-1", "comment edited")]
    assert [c["body"]["content"][0]["content"][0]["text"] for c in task.comments("CHK-1")] == ["three"]


def test_a_mention_is_mailed_to_the_person(task, site):
    mention = {"type": "mention", "attrs": {"id": "bob", "text": "@Bob"}}
    body = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [mention]}]}
    site.post("issue/CHK-1/comment", {"body": body})
    assert task.mails == [("CHK-1", "comment created"), ("CHK-1", "mention of bob")]


def test_an_edit_of_fields_is_silent_for_an_administrator_who_asks_for_it(task, site):
    assert (
        site.put("issue/CHK-1", {"fields": {"duedate": "2026-04-01"}}, notifyUsers="false").status_code == 204
    )
    assert task.mails == []
    assert site.put("issue/CHK-1", {"fields": {"duedate": "2026-04-02"}}).status_code == 204
    assert task.mails == [("CHK-1", "issue edited")]
    assert site.get("issue/CHK-1")["fields"]["duedate"] == "2026-04-02"


def test_without_administration_a_silent_edit_says_204_and_does_nothing(task, serve):
    site = serve(is_admin=False)
    body = {"fields": {"duedate": "2026-04-01"}}
    assert site.put("issue/CHK-1", body, notifyUsers="false").status_code == 204
    assert site.get("issue/CHK-1")["fields"]["duedate"] is None
    answer = site.put("issue/CHK-1", body, notifyUsers="false", returnIssue="true")
    assert answer.json()["fields"] == {"duedate": None}
    assert site.put("issue/CHK-1", body).status_code == 204
    assert site.get("issue/CHK-1")["fields"]["duedate"] == "2026-04-01"


def test_the_other_reading_of_ignored_is_an_edit_that_mails_everybody(task, serve):
    site = serve(is_admin=False, without_admin="mailed")
    site.put("issue/CHK-1", {"fields": {"duedate": "2026-04-01"}}, notifyUsers="false")
    assert site.get("issue/CHK-1")["fields"]["duedate"] == "2026-04-01"
    assert task.mails == [("CHK-1", "issue edited")]


def test_one_bad_field_keeps_all_others_from_being_written(task, site):
    hidden = task.add_field("Hidden", "float", on_screen=False)
    number = task.add_field("Score", "float")
    colour = task.add_field("Health", "select", options=["green", "red"])
    fields = {
        "duedate": "soon",
        number: "3",
        hidden: 1,
        colour: {"value": "blue"},
        "assignee": {"accountId": "nobody"},
        "labels": ["two words"],
        "summary": "changed",
        "status": {"name": "Done"},
    }
    response = site.put("issue/CHK-1", {"fields": fields})
    assert response.status_code == 400
    assert response.json()["errors"] == {
        "duedate": "Error parsing date string: soon",
        number: "Operation value must be a number",
        hidden: f"Field '{hidden}' cannot be set. It is not on the appropriate screen, or unknown.",
        colour: "Specify a valid 'id' or 'name' for Health",
        "assignee": "User 'nobody' does not exist.",
        "labels": "The label 'two words' contains spaces which is invalid.",
        "status": "Field 'status' cannot be set. It is not on the appropriate screen, or unknown.",
    }
    assert site.get("issue/CHK-1")["fields"]["summary"] == "A task"


def test_every_kind_of_field_takes_its_wire_form_and_gives_it_back(task, site):
    task.add_version("CHK", "1.0")
    task.add_sprint("CHK", "S1", "active")
    task.create_issue("CHK", "Epic")
    score = task.add_field("Score", "float")
    text = task.add_field("Portfolio health", "textfield")
    colour = task.add_field("Health", "select", options=["green", "red"])
    body = {
        "fields": {
            "duedate": "2026-04-01",
            "customfield_10023": "2026-04-02",
            score: 2.5,
            text: "amber",
            colour: {"value": "red"},
            "assignee": {"accountId": "bob"},
            "fixVersions": [{"name": "1.0"}],
            "priority": {"name": "High"},
            "parent": {"key": "CHK-2"},
            "customfield_10020": 1,
        },
        "update": {"labels": [{"add": "x"}, {"add": "y"}, {"remove": "x"}]},
    }
    shown = site.put("issue/CHK-1", body, returnIssue="true").json()["fields"]
    assert (shown["duedate"], shown["customfield_10023"], shown[score], shown[text]) == (
        "2026-04-01",
        "2026-04-02",
        2.5,
        "amber",
    )
    assert (shown[colour]["value"], shown["assignee"]["accountId"], shown["priority"]["id"]) == (
        "red",
        "bob",
        "2",
    )
    assert (shown["fixVersions"][0]["name"], shown["parent"]["key"], shown["labels"]) == (
        "1.0",
        "CHK-2",
        ["y"],
    )
    assert shown["customfield_10020"][0]["name"] == "S1"
    removed = {"update": {"parent": [{"set": {"none": True}}]}}
    assert "parent" not in site.put("issue/CHK-1", removed, returnIssue="true").json()["fields"]


def test_a_field_cannot_be_in_fields_and_update(task, site):
    body = {"fields": {"labels": ["a"]}, "update": {"labels": [{"add": "b"}]}}
    assert "both" in site.put("issue/CHK-1", body).json()["errors"]["labels"]


def test_editmeta_lists_what_is_on_the_screen(task, site):
    hidden = task.add_field("Hidden", "float", on_screen=False)
    colour = task.add_field("Health", "select", options=["green", "red"])
    fields = site.get("issue/CHK-1/editmeta")["fields"]
    assert [option["value"] for option in fields[colour]["allowedValues"]] == ["green", "red"]
    assert hidden not in fields
    assert "status" not in fields


def test_without_permission_nothing_is_editable(task, serve, document):
    site = serve(denied_permissions={"EDIT_ISSUES", "ADD_COMMENTS"})
    assert site.get("issue/CHK-1/editmeta") == {"fields": {}}
    assert site.put("issue/CHK-1", {"fields": {"summary": "x"}}).status_code == 400
    assert site.call("POST", "issue/CHK-1/comment", {"body": document("x")}).status_code == 400
    have = site.get("mypermissions", permissions="EDIT_ISSUES,BROWSE_PROJECTS")["permissions"]
    assert (have["EDIT_ISSUES"]["havePermission"], have["BROWSE_PROJECTS"]["havePermission"]) == (False, True)


def test_our_own_write_moves_updated_even_when_the_clock_stands(task, site, document):
    before = site.get("issue/CHK-1")["fields"]["updated"]
    site.post("issue/CHK-1/comment", {"body": document("x")})
    assert before == "2026-03-02T04:00:00.000-0800"
    assert site.get("issue/CHK-1")["fields"]["updated"] == "2026-03-02T04:00:00.001-0800"


def test_comment_properties_survive_edits_and_come_only_when_asked_for(task, site, document):
    body = {"body": document("one"), "properties": [{"key": "ours", "value": {"digest": "abc"}}]}
    made = site.post("issue/CHK-1/comment", body)
    assert "properties" not in made
    site.put(f"issue/CHK-1/comment/{made['id']}", {"body": document("two")})
    [listed] = site.post("comment/list", {"ids": [int(made["id"])]}, expand="properties")["values"]
    assert listed["properties"] == [{"key": "ours", "value": {"digest": "abc"}}]
    [shown] = site.get("issue/CHK-1/comment", expand="properties")["comments"]
    assert shown["properties"] == [{"key": "ours", "value": {"digest": "abc"}}]


def test_properties_move_neither_history_nor_updated(task, site, document):
    comment = site.post("issue/CHK-1/comment", {"body": document("one")})["id"]
    before = site.get("issue/CHK-1")["fields"]["updated"]
    assert site.put(f"comment/{comment}/properties/k", 1).status_code == 201
    assert site.put("issue/CHK-1/properties/k", {"n": 1}).status_code == 201
    assert site.get("issue/CHK-1", properties="k")["properties"] == {"k": {"n": 1}}
    assert site.get("issue/CHK-1")["fields"]["updated"] == before
    assert site.put("issue/CHK-1/properties/k", "x" * 32_800).status_code == 400
    assert site.put(f"issue/CHK-1/properties/{'k' * 256}", 1).status_code == 400


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
        [{"type": "blink", "content": []}],
        [{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "loud"}]}]}],
    ],
)
def test_a_document_the_editor_would_not_make_is_invalid_input(task, site, content):
    body = {"body": {"type": "doc", "version": 1, "content": content}}
    response = site.call("POST", "issue/CHK-1/comment", body)
    assert (response.status_code, response.json()["errorMessages"]) == (400, ["INVALID_INPUT"])


def test_bodies_that_are_empty_too_long_or_of_the_other_version_are_refused(task, site, document):
    for body in (document(" "), document("x" * 32_768), "plain text", None):
        assert site.call("POST", "issue/CHK-1/comment", {"body": body}).status_code == 400
    assert site.call("POST", "issue/CHK-1/comment", {"body": document("x" * 32_767)}).status_code == 201
    assert site.call("POST", "/rest/api/2/issue/CHK-1/comment", {"body": document("x")}).status_code == 400
    assert site.call("POST", "/rest/api/2/issue/CHK-1/comment", {"body": "x"}).status_code == 201


def test_another_persons_comment_needs_its_own_permission(task, serve, document):
    site = serve(denied_permissions={"EDIT_ALL_COMMENTS"})
    theirs = task.add_comment("CHK-1", "mine", "bob")
    ours = site.post("issue/CHK-1/comment", {"body": document("ours")})["id"]
    body = {"body": document("x")}
    assert site.put(f"issue/CHK-1/comment/{theirs}", body).status_code == 400
    assert site.put(f"issue/CHK-1/comment/{ours}", body).status_code == 200


def test_a_remote_link_with_a_global_id_is_updated_and_loses_what_is_absent(task, site):
    full = {
        "globalId": "g",
        "relationship": "planned in",
        "object": {"url": "https://x.example", "title": "X"},
    }
    made = site.call("POST", "issue/CHK-1/remotelink", full)
    again = site.call("POST", "issue/CHK-1/remotelink", {"globalId": "g", "object": full["object"]})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == again.json()["id"]
    [link] = site.get("issue/CHK-1/remotelink")
    assert "relationship" not in link


def test_a_remote_link_is_a_sentence_of_the_history_with_the_links_id_and_moves_updated(task, site):
    before = site.get("issue/CHK-1?fields=updated")["fields"]["updated"]
    task.clock.advance(minutes=5)
    page = {"object": {"url": "https://wiki.example/1", "title": "Page"}}
    made = site.call("POST", "issue/CHK-1/remotelink", page | {"application": {"name": "Wiki"}}).json()
    site.call("POST", "issue/CHK-1/remotelink", page | {"relationship": "is blocked by"})
    assert site.get("issue/CHK-1?fields=updated")["fields"]["updated"] != before
    assert site.call("DELETE", f"issue/CHK-1/remotelink/{made['id']}").status_code == 204
    told = [
        (item["field"], item.get("fieldId"), item["from"], item["fromString"], item["to"], item["toString"])
        for history in site.get("issue/CHK-1/changelog")["values"]
        for item in history["items"]
    ]
    first, second = 'This issue links to "Page (Wiki)"', 'This issue is blocked by "Page (Web Link)"'
    assert told == [
        ("RemoteIssueLink", None, None, None, "10000", first),
        ("RemoteIssueLink", None, None, None, "10001", second),
        ("RemoteIssueLink", None, "10000", first, None, None),
    ]


def test_a_remote_link_that_is_changed_leaves_no_trace(task, site):
    link_id = task.add_remote_link("CHK-1", "https://x.example", "X")
    before = site.get("issue/CHK-1?fields=updated")["fields"]["updated"]
    task.clock.advance(minutes=5)
    changed = {"object": {"url": "https://y.example", "title": "Y"}}
    assert site.call("PUT", f"issue/CHK-1/remotelink/{link_id}", changed).status_code == 204
    assert site.get(f"issue/CHK-1/remotelink/{link_id}")["object"]["url"] == "https://y.example"
    assert site.get("issue/CHK-1?fields=updated")["fields"]["updated"] == before
    task.remove_remote_link("CHK-1", link_id)
    assert site.get("issue/CHK-1/remotelink") == []


def test_an_archived_issue_is_read_only(task, site):
    task.archive_issue("CHK-1")
    assert site.put("issue/CHK-1", {"fields": {"summary": "x"}}).status_code == 400


def test_what_people_do_counts_no_mail(task):
    task.edit_issue("CHK-1", {"summary": "x"}, "bob")
    task.add_comment("CHK-1", "hello", "bob")
    assert task.mails == []
    assert task.text_of_comment(10000) == "hello"
