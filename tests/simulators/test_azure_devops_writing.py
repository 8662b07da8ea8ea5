"""Writing to the simulated organisation: patches, rules, comments, batches, and what they do beside."""

from __future__ import annotations

import pytest

from simulators.azure_devops import Fault

FOUR = {"version": "7.1-preview.4"}
COMMENTS = "Retail:wit/workItems/1/comments"
HEALTH = "/fields/Custom.Health"


@pytest.fixture
def story(organisation):
    """Item 1, a story of ann's in a project whose process has custom fields; 2 and 3 beside it."""
    site = organisation
    site.add_process("Ours")
    site.add_field("Custom.Health", "Health", "string", process="Ours", allowed=["Green", "Red"])
    site.add_field("Custom.Slip", "Slip", "integer", process="Ours", types=["User Story"])
    site.add_field("Custom.Locked", "Locked", "string", process="Ours", read_only=True)
    site.add_field("Custom.Reviewer", "Reviewer", "identity", process="Ours")
    site.projects[site.project("Retail").id].process_id = site.process("Ours").id
    for kind in ("User Story", "User Story", "Task"):
        site.create_item("Retail", kind, {"System.AssignedTo": "ann@demo.example"}, "ann@demo.example")
    return site


def _add(path, value, rev=None):
    test = [] if rev is None else [{"op": "test", "path": "/rev", "value": rev}]
    return [*test, {"op": "add", "path": path, "value": value}]


def _problem(response):
    return response.status_code, response.json()["typeKey"]


# fields


def test_a_patch_with_the_right_revision_writes_one_more(boards, story):
    answer = boards.patch(1, _add(HEALTH, "Red", rev=1))
    assert (answer.status_code, answer.json()["rev"]) == (200, 2)
    assert answer.json()["fields"]["Custom.Health"] == "Red"
    assert answer.json()["fields"]["System.ChangedBy"]["displayName"] == "Dovetail"


def test_a_stale_revision_is_refused_with_412_and_nothing_is_written(boards, story):
    story.edit_item(1, {"System.Title": "Meanwhile"}, "bob@demo.example")
    answer = boards.patch(1, _add(HEALTH, "Red", rev=1))
    assert _problem(answer) == (412, "TestPatchOperationFailedException")
    words = "VS403351: Test Operation for path /rev failed, value 2 was not equal to test value 1."
    assert answer.json()["message"] == words
    assert story.items[1].rev == 2


def test_a_field_can_be_tested_too(boards, story):
    test = {"op": "test", "path": "/fields/System.State", "value": "Active"}
    assert boards.patch(1, [test, *_add(HEALTH, "Red")]).status_code == 412
    assert boards.patch(1, [test | {"value": "New"}, *_add(HEALTH, "Red")]).status_code == 200


def test_a_race_can_be_injected_as_409(serve_boards, story):
    boards = serve_boards(
        faults=[Fault(kind="status", method="PATCH", path="*/workitems/{id}", nth=1, status=409)]
    )
    answer = boards.patch(1, _add(HEALTH, "Red", rev=1))
    assert _problem(answer) == (409, "WorkItemRevisionMismatchException")
    assert answer.json()["message"].startswith("TF26071: This work item has been changed by someone else")
    assert boards.patch(1, _add(HEALTH, "Red", rev=1)).json()["rev"] == 2


def test_the_same_value_again_makes_no_revision(boards, story):
    boards.patch(1, _add(HEALTH, "Red"))
    assert boards.patch(1, _add(HEALTH, "Red")).json()["rev"] == 2
    assert boards.patch(1, [{"op": "remove", "path": HEALTH}]).json()["rev"] == 3
    assert "Custom.Health" not in story.item(1)["fields"]


def test_adding_tags_is_the_union_and_replacing_sets_them(boards, story):
    boards.set(1, Tags="late; Risky")
    assert story.items[1].state["System.Tags"] == "late; Risky"
    boards.set(1, Tags="risky; new")
    assert story.items[1].state["System.Tags"] == "late; new; Risky"
    boards.patch(1, [{"op": "replace", "path": "/fields/System.Tags", "value": "only"}])
    assert story.items[1].state["System.Tags"] == "only"


def test_a_tag_with_an_astral_letter_is_refused(boards, story):
    assert boards.set(1, Tags="party \U0001f389").json()["message"].startswith("TF401407")


def test_an_item_is_assigned_by_address_name_or_descriptor_and_set_free_by_nothing(boards, story):
    bob = story.person("bob@demo.example").descriptor
    for value in ("bob@demo.example", "Bob Maker <bob@demo.example>", {"descriptor": bob}):
        boards.set(1, AssignedTo="")
        assert "System.AssignedTo" not in story.items[1].state
        assert boards.set(1, AssignedTo=value).status_code == 200
        assert story.items[1].state["System.AssignedTo"] == bob
    assert boards.patch(1, _add("/fields/Custom.Reviewer", "bob@demo.example")).status_code == 200
    assert "unknown identity" in boards.set(1, AssignedTo="nobody@demo.example").json()["message"]


def test_a_date_without_a_time_is_midnight_utc(boards, story):
    boards.patch(1, _add("/fields/Microsoft.VSTS.Scheduling.FinishDate", "2026-12-15"))
    assert story.items[1].state["Microsoft.VSTS.Scheduling.FinishDate"] == "2026-12-15T00:00:00Z"


@pytest.mark.parametrize(
    ("field", "value", "flags", "code"),
    [
        ("System.State", "Done", "required, hasValues, limitedToValues, invalidListValue", 4194317),
        ("Custom.Health", "Blue", "hasValues, limitedToValues, invalidListValue", 4194316),
        ("System.Title", "", "required, invalidEmpty", 524289),
        ("System.CreatedDate", "2026-01-01", "readOnly", 2),
        ("Custom.Locked", "x", "readOnly", 2),
        ("Microsoft.VSTS.CMMI.Blocked", "Yes", "invalidNotEmpty", 0),
        ("Custom.Slip", "many", "hasValues, invalidType", 4),
    ],
)
def test_a_broken_rule_names_its_field_and_flags(boards, story, field, value, flags, code):
    answer = boards.patch(1, _add(f"/fields/{field}", value))
    assert _problem(answer) == (400, "RuleValidationException")
    (error,) = answer.json()["customProperties"]["RuleValidationErrors"]
    assert (error["fieldReferenceName"], error["fieldStatusFlags"], error["fieldStatusCode"]) == (
        field,
        flags,
        code,
    )
    assert story.items[1].rev == 1


def test_a_field_of_another_type_or_of_none_is_refused(boards, story):
    assert _problem(boards.patch(3, _add("/fields/Custom.Slip", 3)))[1] == "RuleValidationException"
    answer = boards.patch(1, _add("/fields/Custom.Nowhere", 3))
    assert _problem(answer) == (400, "WorkItemTrackingFieldDefinitionNotFoundException")
    assert answer.json()["message"] == "TF51535: Cannot find field Custom.Nowhere."
    answer = boards.set(1, AreaPath=r"Retail\Nowhere")
    assert (
        answer.json()["message"]
        == "TF401347: Invalid tree name given for work item 1, field 'System.AreaPath'."
    )


def test_validate_only_answers_as_if_and_writes_nothing(boards, story):
    before = story.dump()
    history = _add("/fields/System.History", "why")
    answer = boards.patch(1, [*_add(HEALTH, "Red", rev=1), *history], validateOnly="true")
    assert (answer.json()["rev"], answer.json()["fields"]["Custom.Health"]) == (2, "Red")
    assert boards.patch(1, _add(HEALTH, "Blue"), validateOnly="true").status_code == 400
    assert boards.patch(1, _add(HEALTH, "Red", rev=7), validateOnly="true").status_code == 412
    create = boards.call(
        "POST", "Retail:wit/workitems/$Task", _add("/fields/System.Title", "x"), validateOnly="true"
    )
    assert create.json()["id"] == 4
    assert story.dump() == before


def test_bypassing_rules_needs_a_permission(serve_boards, story):
    answer = serve_boards().patch(1, _add(HEALTH, "Blue"), bypassRules="true")
    assert _problem(answer) == (400, "WorkItemTrackingUnauthorizedOperationException")
    assert answer.json()["message"].startswith("TF401322: You don't have bypass rules permission.")
    allowed = serve_boards(may_bypass_rules=True)
    assert (
        allowed.patch(1, _add(HEALTH, "Blue"), bypassRules="true").json()["fields"]["Custom.Health"] == "Blue"
    )


def test_a_mail_goes_out_unless_it_may_be_and_is_suppressed(serve_boards, story):
    silent, loud, strict = (
        serve_boards(),
        serve_boards(may_suppress=False),
        serve_boards(may_suppress=False, without_suppress="refused"),
    )
    silent.patch(1, _add(HEALTH, "Red"), suppressNotifications="true")
    assert story.mails == []
    silent.patch(1, _add(HEALTH, "Green"))
    loud.patch(1, _add(HEALTH, "Red"), suppressNotifications="true")
    assert story.mails == [("1", "changed"), ("1", "changed")]
    assert strict.patch(1, _add(HEALTH, "Green"), suppressNotifications="true").status_code == 403
    silent.patch(1, _add(HEALTH, "Red"))  # changes nothing
    assert len(story.mails) == 2


def test_an_item_takes_so_many_revisions_and_no_more(serve_boards, story):
    boards = serve_boards(revision_cap=2)
    assert boards.set(1, Title="second").status_code == 200
    assert boards.set(1, Title="third").status_code == 400
    assert boards.set(1, Title="second").status_code == 200  # no change, no revision
    assert story.items[1].rev == 2


def test_an_account_that_may_not_write_is_refused(serve_boards, story):
    boards = serve_boards(may_write=False)
    assert boards.set(1, Title="x").status_code == 403
    assert boards.call("POST", COMMENTS, {"text": "x"}, **FOUR).status_code == 403
    assert boards.call("DELETE", "wit/workitems/1").status_code == 403


def test_a_patch_has_its_own_content_type(boards, story):
    answer = boards.patch(1, _add(HEALTH, "Red"), headers={"Content-Type": "application/json"})
    assert _problem(answer) == (415, "VssRequestContentTypeNotSupportedException")


@pytest.mark.parametrize(
    "operations",
    [
        [],
        {"op": "add"},
        [{"op": "move", "path": HEALTH, "from": HEALTH}],
        [{"op": "add", "path": "/nowhere", "value": 1}],
        [{"op": "test", "path": "/relations/0", "value": 1}],
        [{"op": "remove", "path": "/relations/0"}],
    ],
)
def test_what_is_no_patch_is_refused(boards, story, operations):
    headers = {"Content-Type": "application/json-patch+json"}
    assert boards.call("PATCH", "wit/workitems/1", operations, headers=headers).status_code == 400
    assert story.items[1].rev == 1


def test_an_item_is_created_with_its_links(boards, story):
    parent = {
        "rel": "System.LinkTypes.Hierarchy-Reverse",
        "url": f"{boards.server.url}/_apis/wit/workItems/1",
    }
    answer = boards.call(
        "POST",
        "Retail:wit/workitems/$Task",
        [*_add("/fields/System.Title", "Part"), *_add("/relations/-", parent)],
    ).json()
    assert (answer["id"], answer["fields"]["System.Parent"]) == (4, 1)
    assert boards.call("POST", "Retail:wit/workitems/$Task", _add(HEALTH, "Red")).status_code == 400
    assert boards.call("POST", "Retail:wit/workitems/$Nothing", _add(HEALTH, "Red")).status_code == 404


def test_history_in_a_patch_is_a_comment_in_the_same_revision(boards, story):
    answer = boards.patch(1, [*_add(HEALTH, "Red", rev=1), *_add("/fields/System.History", "Slipped")]).json()
    assert (answer["rev"], answer["fields"]["System.CommentCount"]) == (2, 1)
    assert [row["text"] for row in story.comments_of(1)] == ["Slipped"]


def test_a_long_field_changes_its_format_only_with_a_value(boards, story):
    form = {"op": "add", "path": "/multilineFieldsFormat/System.Description", "value": "Markdown"}
    assert "changed without a value" in boards.patch(1, [form]).json()["message"]
    answer = boards.patch(1, [form, *_add("/fields/System.Description", "**why**")]).json()
    assert answer["multilineFieldsFormat"] == {"System.Description": "markdown"}


# relations


def _relation(boards, rel, target):
    return _add("/relations/-", {"rel": rel, "url": f"{boards.server.url}/_apis/wit/workItems/{target}"})


def test_a_link_by_patch_makes_no_revision_and_shows_at_both_ends(boards, story):
    answer = boards.patch(1, _relation(boards, "System.LinkTypes.Dependency-Forward", 2)).json()
    assert (answer["rev"], answer["relations"][0]["attributes"]["name"]) == (1, "Successor")
    (other,) = boards.get("wit/workitems/2", _expand="relations")["relations"]
    assert other["rel"] == "System.LinkTypes.Dependency-Reverse"


def test_relations_are_removed_by_their_place_and_the_revision_does_not_guard_it(boards, story):
    boards.patch(1, _relation(boards, "System.LinkTypes.Related", 2))
    boards.patch(1, _relation(boards, "System.LinkTypes.Related", 3))
    remove = [{"op": "test", "path": "/rev", "value": 1}, {"op": "remove", "path": "/relations/0"}]
    assert boards.patch(1, remove).status_code == 200
    # The list moved up, the revision did not: the same patch now takes the other link.
    assert boards.patch(1, remove).status_code == 200
    assert story.items[1].relations == []
    assert [event.active for event in story.link_log] == [True, True, False, False]


def test_a_patch_with_the_same_link_twice_has_no_effect_at_all(boards, story):
    twice = _relation(boards, "System.LinkTypes.Related", 2) * 2
    assert boards.patch(1, [*_add(HEALTH, "Red"), *twice]).status_code == 400
    create = [*_add("/fields/System.Title", "New"), *twice]
    assert boards.call("POST", "Retail:wit/workitems/$Task", create).status_code == 400
    assert (story.items[1].rev, story.items[1].relations, len(story.items)) == (1, [], 3)


def test_one_save_with_a_field_and_a_hyperlink_is_one_revision(boards, story):
    link = {"rel": "Hyperlink", "url": "https://shop.example/1", "attributes": {"comment": "twin"}}
    answer = boards.patch(1, [*_add(HEALTH, "Red"), *_add("/relations/-", link)]).json()
    assert answer["rev"] == 2
    assert story.items[1].state["System.HyperLinkCount"] == 1


@pytest.mark.parametrize(
    ("item", "rel", "target", "status", "key"),
    [
        (2, "System.LinkTypes.Hierarchy-Reverse", 3, 400, "WorkItemLinkAddExtraParentException"),
        (1, "System.LinkTypes.Hierarchy-Reverse", 2, 400, "WorkItemLinkCircularException"),
        (1, "System.LinkTypes.Hierarchy-Forward", 2, 400, "WorkItemLinkExistsException"),
        (1, "System.LinkTypes.Related", 1, 400, "WorkItemLinkCircularException"),
        (1, "System.LinkTypes.Related", 99, 404, "WorkItemUnauthorizedAccessException"),
        (1, "System.LinkTypes.Dependency-Successor", 2, 400, "WorkItemLinkTypeNotFoundException"),
    ],
)
def test_a_link_that_cannot_be_leaves_the_fields_alone_too(boards, story, item, rel, target, status, key):
    story.link(1, "System.LinkTypes.Hierarchy-Forward", 2)
    answer = boards.patch(item, [*_add(HEALTH, "Red"), *_relation(boards, rel, target)])
    assert _problem(answer) == (status, key)
    assert story.items[item].rev == 1


# many at once


def test_a_batch_answers_200_and_each_entry_has_its_own_fate(boards, story):
    def entry(number, operations):
        uri = f"/_apis/wit/workitems/{number}?api-version=7.1&suppressNotifications=true"
        headers = {"Content-Type": "application/json-patch+json"}
        return {"method": "PATCH", "uri": uri, "headers": headers, "body": operations}

    entries = [
        entry(1, _add(HEALTH, "Red", rev=1)),
        entry(2, _add(HEALTH, "Red", rev=9)),
        entry(99, _add(HEALTH, "Red")),
    ]
    entries.append(entry(3, _add(HEALTH, "Green")))
    answer = boards.call("PATCH", "wit/$batch", entries, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert [row["code"] for row in answer.json()["value"]] == [200, 412, 404, 200]
    bodies = [row["body"] for row in answer.json()["value"]]
    assert '"rev":2' in bodies[0]
    assert bodies[1] == (
        '{"value":{"Message":"VS403351: Test Operation for path /rev failed, value 1 was not equal to test '
        'value 9."}}'
    )
    assert [story.items[number].rev for number in (1, 2, 3)] == [2, 1, 2]
    assert story.mails == []


def test_a_batch_of_more_than_200_is_refused(boards, story):
    entry = {"method": "PATCH", "uri": "/_apis/wit/workitems/1?api-version=7.1", "headers": {}, "body": []}
    assert boards.call("PATCH", "wit/$batch", [entry] * 201).status_code == 400
