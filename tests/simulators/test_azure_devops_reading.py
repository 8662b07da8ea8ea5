"""Reading the simulated organisation: the two cursors, hydration, trees, people and their traps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

AT = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
HIERARCHY, DEPENDENCY = "System.LinkTypes.Hierarchy", "System.LinkTypes.Dependency"


@pytest.fixture
def three(organisation):
    """An epic with two stories; item 1 has three revisions, the others one."""
    site = organisation
    site.create_item("Retail", "Epic", {"System.Title": "Epic"}, "ann@demo.example", AT)
    site.create_item("Retail", "User Story", {"System.Title": "First"}, "ann@demo.example", AT)
    site.create_item("Retail", "User Story", {"System.Title": "Second"}, "ann@demo.example", AT)
    site.edit_item(1, {"System.State": "Active"}, "bob@demo.example", AT + timedelta(hours=1))
    site.edit_item(
        1, {"Microsoft.VSTS.Scheduling.TargetDate": "2026-06-30"}, "bob@demo.example", AT + timedelta(hours=2)
    )
    return site


# the cursor of revisions


def test_revisions_come_in_the_order_of_watermarks_and_every_page_hands_on_its_token(boards, three):
    assert boards.revisions(_maxPageSize=2) == ([(1, 1), (2, 1)], "2;2;1;Discussion", False)
    assert boards.revisions("2;2;1;Discussion", _maxPageSize=2) == (
        [(3, 1), (1, 2)],
        "4;1;2;Discussion",
        False,
    )
    assert boards.revisions("4;1;2;Discussion", _maxPageSize=2) == ([(1, 3)], "5;1;3;Discussion", True)


def test_a_page_with_nothing_new_gives_the_token_back(boards, three):
    assert boards.revisions("5;1;3;Discussion") == ([], "5;1;3;Discussion", True)
    three.edit_item(2, {"System.Title": "Renamed"})
    assert boards.revisions("5;1;3;Discussion") == ([(2, 2)], "6;2;2;Discussion", True)


def test_an_empty_organisation_has_a_token_too(boards):
    assert boards.revisions() == ([], "0;0;0;Discussion", True)


def test_the_next_link_is_there_even_on_the_last_page(boards, three):
    page = boards.get("wit/reporting/workitemrevisions", includeLatestOnly="true")
    assert page["isLastBatch"] is True
    again = boards.session.get(page["nextLink"], timeout=10).json()
    assert (again["values"], again["nextLink"]) == ([], page["nextLink"])


def test_the_latest_only_gives_one_row_for_each_item(boards, three):
    assert boards.revisions(includeLatestOnly="true")[0] == [(2, 1), (3, 1), (1, 3)]


def test_the_page_size_is_200_unless_asked_and_never_above_the_cap(serve_boards, organisation):
    for _ in range(201):
        organisation.create_item("Retail", "Task")
    boards = serve_boards(reporting_page_cap=150)
    assert len(serve_boards().revisions()[0]) == 200
    assert len(boards.revisions(_maxPageSize=1000)[0]) == 150


def test_post_takes_its_filter_from_the_body_and_knows_no_page_size(serve_boards, three):
    boards = serve_boards(reporting_page=2)
    page = boards.post(
        "wit/reporting/workitemrevisions",
        {"fields": ["System.Id", "System.Title"], "includeLatestOnly": True},
    )
    assert [row["fields"] for row in page["values"]] == [
        {"System.Id": 2, "System.Title": "First"},
        {"System.Id": 3, "System.Title": "Second"},
    ]
    assert page["isLastBatch"] is False


def test_long_text_comes_only_with_expand(boards, three):
    three.edit_item(2, {"System.Description": "<b>why</b>"})
    field = "System.Description"
    plain = boards.get("wit/reporting/workitemrevisions", includeLatestOnly="true")["values"][-1]
    assert field not in plain["fields"]
    full = boards.get("wit/reporting/workitemrevisions", includeLatestOnly="true", _expand="fields")[
        "values"
    ][-1]
    assert full["fields"][field] == "<b>why</b>"


def test_people_are_text_unless_references_are_asked_for(boards, three):
    field = "System.ChangedBy"
    assert (
        boards.get("wit/reporting/workitemrevisions")["values"][0]["fields"][field]
        == "Ann Lead <ann@demo.example>"
    )
    page = boards.get("wit/reporting/workitemrevisions", includeIdentityRef="true")
    ann = page["values"][0]["fields"][field]
    assert (ann["displayName"], ann["uniqueName"]) == ("Ann Lead", "ann@demo.example")
    assert ann["descriptor"].startswith("aad.")


def test_an_emptied_field_is_absent_from_its_revision(boards, three):
    three.edit_item(1, {"Microsoft.VSTS.Scheduling.TargetDate": None})
    rows = boards.get("wit/reporting/workitemrevisions")["values"]
    dates = [row["fields"].get("Microsoft.VSTS.Scheduling.TargetDate") for row in rows if row["id"] == 1]
    assert dates == [None, None, "2026-06-30T00:00:00Z", None]


def test_only_the_newest_revision_was_revised_in_the_year_9999(boards, three):
    rows = boards.get("wit/reporting/workitemrevisions")["values"]
    revised = [row["fields"]["System.RevisedDate"] for row in rows if row["id"] == 1]
    assert revised == ["2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z", "9999-01-01T00:00:00Z"]


def test_a_start_date_skips_what_is_older_and_excludes_a_token(boards, three):
    at = "2026-02-01T09:30:00Z"
    assert boards.revisions(startDateTime=at)[0] == [(1, 3)]
    response = boards.call(
        "GET", "wit/reporting/workitemrevisions", startDateTime=at, continuationToken="1;1;1;Discussion"
    )
    assert response.status_code == 400


@pytest.mark.parametrize("token", ["nonsense", "999;1;1;Discussion"])
def test_a_token_that_the_service_never_gave_is_refused(boards, three, token):
    assert boards.call("GET", "wit/reporting/workitemrevisions", continuationToken=token).status_code == 400


def test_a_deleted_item_is_told_only_to_those_who_ask_for_deleted_ones(boards, three):
    three.delete_item(2)
    assert boards.revisions("5;1;3;Discussion") == ([], "5;1;3;Discussion", True)
    page = boards.get(
        "wit/reporting/workitemrevisions", continuationToken="5;1;3;Discussion", includeDeleted="true"
    )
    assert [(row["id"], row["rev"], row["fields"]["System.IsDeleted"]) for row in page["values"]] == [
        (2, 2, True)
    ]
    three.restore_item(2)
    page = boards.get(
        "wit/reporting/workitemrevisions", continuationToken="6;2;2;Discussion", includeDeleted="true"
    )
    assert [(row["rev"], row["fields"]["System.IsDeleted"]) for row in page["values"]] == [(3, False)]


def test_no_cursor_tells_of_a_destroyed_or_forbidden_item(boards, three):
    three.destroy_item(2)
    three.hide_item(3)
    assert boards.revisions(includeDeleted="true")[0] == [(1, 1), (1, 2), (1, 3)]


def test_a_moved_item_vanishes_from_calls_of_its_old_project(boards, three):
    three.add_project("Store")
    three.move_item(2, "Store")
    assert boards.revisions("5;1;3;Discussion")[0] == [(2, 2)]
    old = boards.get("Retail:wit/reporting/workitemrevisions")["values"]
    assert [row["id"] for row in old] == [1, 3, 1, 1]
    new = boards.get("Store:wit/reporting/workitemrevisions")["values"]
    assert [(row["rev"], row["fields"]["System.TeamProject"]) for row in new] == [(1, "Retail"), (2, "Store")]


def test_a_retyped_item_vanishes_from_calls_of_its_old_type(boards, three):
    assert boards.revisions(types="User Story")[0] == [(2, 1), (3, 1)]
    three.retype_item(2, "Bug")
    assert boards.revisions(types="User Story")[0] == [(3, 1)]
    assert boards.revisions(types="Bug")[0] == [(2, 1), (2, 2)]


def test_a_renamed_area_or_project_changes_every_path_and_no_revision(boards, three):
    three.add_area("Retail", r"Retail\Checkout")
    three.edit_item(2, {"System.AreaPath": r"Retail\Checkout"})
    three.rename_area("Retail", r"Retail\Checkout", "Tills")
    three.rename_project("Retail", "Shops")
    rows, token, _ = boards.revisions()
    assert (len(rows), token) == (6, "6;2;2;Discussion")
    last = boards.get("wit/reporting/workitemrevisions")["values"][-1]["fields"]
    assert (last["System.TeamProject"], last["System.AreaPath"]) == ("Shops", r"Shops\Tills")


# the cursor of links


def _link(rel, source, target, changed, *, active):
    ends = {"sourceId": source, "targetId": target}
    return {"rel": rel, **ends, "changedDate": changed, "isActive": active}


def test_a_link_leaves_rev_and_changed_date_alone_and_moves_the_link_cursor(boards, three):
    before = boards.get("wit/workitems/1")
    three.link(1, HIERARCHY + "-Forward", 2, at=AT + timedelta(days=1))
    three.link(3, DEPENDENCY + "-Reverse", 2, at=AT + timedelta(days=2))
    three.unlink(1, HIERARCHY + "-Forward", 2, at=AT + timedelta(days=3))
    after = boards.get("wit/workitems/1")
    assert (after["rev"], after["fields"]["System.ChangedDate"]) == (3, "2026-02-01T10:00:00Z")
    assert before["fields"] == after["fields"]
    assert boards.revisions("5;1;3;Discussion") == ([], "5;1;3;Discussion", True)
    page = boards.get("wit/reporting/workitemlinks")
    assert page["values"] == [
        _link(HIERARCHY, 1, 2, "2026-02-02T08:00:00Z", active=True),
        _link(DEPENDENCY, 2, 3, "2026-02-03T08:00:00Z", active=True),
        _link(HIERARCHY, 1, 2, "2026-02-04T08:00:00Z", active=False),
    ]
    assert (page["continuationToken"], page["isLastBatch"]) == ("3", True)
    empty = boards.get("wit/reporting/workitemlinks", continuationToken="3")
    assert (empty["values"], empty["continuationToken"], empty["isLastBatch"]) == ([], "3", True)


def test_links_can_be_asked_for_by_kind_and_by_project(boards, three):
    three.add_project("Store")
    three.create_item("Store", "Task")
    three.link(1, HIERARCHY + "-Forward", 2)
    three.link(2, DEPENDENCY + "-Forward", 4)
    kinds = boards.get("wit/reporting/workitemlinks", linkTypes=HIERARCHY)["values"]
    assert [row["targetId"] for row in kinds] == [2]
    # A link of two projects belongs to both.
    assert [row["targetId"] for row in boards.get("Store:wit/reporting/workitemlinks")["values"]] == [4]
    assert [row["targetId"] for row in boards.get("Retail:wit/reporting/workitemlinks")["values"]] == [2, 4]


def test_a_hyperlink_is_a_revision_and_no_row_of_the_link_cursor(boards, three):
    three.link(2, "Hyperlink", "https://shop.example/browse/CHK-1", comment="twin")
    assert boards.revisions("5;1;3;Discussion")[0] == [(2, 2)]
    assert boards.get("wit/reporting/workitemlinks")["values"] == []
    (relation,) = boards.get("wit/workitems/2", _expand="relations")["relations"]
    assert (relation["rel"], relation["url"], relation["attributes"]["comment"]) == (
        "Hyperlink",
        "https://shop.example/browse/CHK-1",
        "twin",
    )


def test_a_remote_link_leads_to_another_organisation_and_is_counted(boards, three):
    url = "https://dev.azure.com/other/_apis/wit/workItems/7"
    three.link(2, "System.LinkTypes.Remote.Dependency-Reverse", url)
    (relation,) = boards.get("wit/workitems/2", _expand="relations")["relations"]
    assert (relation["url"], relation["attributes"]["name"]) == (url, "Consumes From")
    row = boards.get("wit/reporting/workitemrevisions", includeLatestOnly="true")["values"][0]
    assert (row["id"], row["rev"], row["fields"]["System.RemoteLinkCount"]) == (2, 1, 1)


# hydration


def test_a_batch_of_200_is_answered_and_one_of_201_is_not(boards, organisation):
    for _ in range(201):
        organisation.create_item("Retail", "Task")
    assert boards.post("wit/workitemsbatch", {"ids": list(range(1, 201))})["count"] == 200
    response = boards.call("POST", "wit/workitemsbatch", {"ids": list(range(1, 202))})
    assert response.status_code == 400
    assert (
        response.json()["message"] == "VS403474: You requested 201 work items which exceeds the limit of 200."
    )


def test_one_bad_id_fails_a_batch_unless_bad_ones_are_omitted(serve_boards, three):
    three.delete_item(2)
    body = {"ids": [1, 2, 99, 3], "fields": ["System.Title"]}
    nulls, dropping = serve_boards(), serve_boards(omitted="dropped")
    assert nulls.call("POST", "wit/workitemsbatch", body).status_code == 404
    rows = nulls.post("wit/workitemsbatch", body | {"errorPolicy": "omit"})["value"]
    assert [row and row["id"] for row in rows] == [1, None, None, 3]
    rows = dropping.post("wit/workitemsbatch", body | {"errorPolicy": "omit"})["value"]
    assert [row["id"] for row in rows] == [1, 3]


def test_fields_and_expand_exclude_each_other(boards, three):
    body = {"ids": [1], "fields": ["System.Title"], "$expand": "relations"}
    response = boards.call("POST", "wit/workitemsbatch", body)
    assert (response.status_code, response.json()["typeKey"]) == (400, "ConflictingParametersException")
    assert boards.call("POST", "wit/workitemsbatch", {"ids": [1], "fields": ["Custom.No"]}).status_code == 400


def test_items_as_of_an_instant_have_the_values_and_links_of_then(boards, three):
    three.link(1, HIERARCHY + "-Forward", 2, at=AT + timedelta(hours=3))
    body = {"ids": [1, 2], "$expand": "all", "errorPolicy": "omit"}

    def states(at):
        rows = boards.post("wit/workitemsbatch", body | {"asOf": at})["value"]
        return [row and (row["rev"], row["fields"]["System.State"], "relations" in row) for row in rows]

    assert states("2026-02-01T07:59:59Z") == [None, None]
    assert states("2026-02-01T08:59:59.999Z") == [(1, "New", False), (1, "New", False)]
    assert states("2026-02-01T09:00:00Z") == [(2, "Active", False), (1, "New", False)]
    assert states("2026-02-01T11:00:00Z") == [(3, "Active", True), (1, "New", True)]


def test_an_item_of_the_recycle_bin_an_unknown_and_a_forbidden_one_look_the_same(boards, three):
    three.delete_item(1)
    three.hide_item(2)
    answers = [boards.call("GET", f"wit/workitems/{number}") for number in (1, 2, 99)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert [
        answer.json()["message"].replace("2 does", "1 does").replace("99", "1") for answer in answers
    ] == ["TF401232: Work item 1 does not exist, or you do not have permissions to read it."] * 3
    assert {answer.json()["typeKey"] for answer in answers} == {"WorkItemUnauthorizedAccessException"}


def test_a_deleted_item_tells_its_date_in_the_servers_culture(boards, three):
    three.clock.set(datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC))
    body = boards.call("DELETE", "wit/workitems/2").json()
    assert body["deletedDate"] == "3/2/2026 3:04:05 PM"
    assert body["resource"]["rev"] == 2
    assert body["resource"]["fields"]["System.CreatedBy"] == "Ann Lead <ann@demo.example>"
    assert boards.get("Retail:wit/recyclebin/2")["deletedDate"] == "3/2/2026 3:04:05 PM"


def test_updates_of_links_alone_repeat_the_revision(boards, three):
    three.link(1, HIERARCHY + "-Forward", 2, at=AT + timedelta(minutes=90))
    three.link(1, HIERARCHY + "-Forward", 3, at=AT + timedelta(hours=3))
    rows = boards.get("wit/workitems/1/updates")["value"]
    assert [(row["id"], row["rev"], "relations" in row) for row in rows] == [
        (1, 1, False),
        (2, 2, False),
        (3, 2, True),
        (4, 3, False),
        (5, 3, True),
    ]
    assert rows[1]["fields"]["System.State"] == {"oldValue": "New", "newValue": "Active"}
    assert rows[4]["relations"]["added"][0]["attributes"]["name"] == "Child"


def test_revisions_of_one_item_are_full_and_paged_by_skip(boards, three):
    rows = boards.get("wit/workitems/1/revisions", _top=1, _skip=1)["value"]
    assert [(row["rev"], row["fields"]["System.State"]) for row in rows] == [(2, "Active")]


def test_two_edits_at_one_instant_have_different_dates(boards, organisation):
    organisation.create_item("Retail", "Task", at=AT)
    organisation.edit_item(1, {"System.Title": "a"}, at=AT)
    rows = boards.get("wit/workitems/1/revisions")["value"]
    assert [row["fields"]["System.ChangedDate"] for row in rows] == [
        "2026-02-01T08:00:00Z",
        "2026-02-01T08:00:00.01Z",
    ]


def test_a_long_history_reads_back_right(boards, organisation):
    organisation.create_item("Retail", "Task", at=AT)
    for number in range(120):
        organisation.edit_item(1, {"Microsoft.VSTS.Scheduling.RemainingWork": number}, at=AT)
    item = organisation.items[1]
    values = [
        item.state_at(rev).get("Microsoft.VSTS.Scheduling.RemainingWork") for rev in (1, 50, 51, 120, 121)
    ]
    assert values == [None, 48.0, 49.0, 118.0, 119.0]
