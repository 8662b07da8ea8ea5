"""Trees, types and people of the simulated organisation, and their traps."""

from __future__ import annotations

import pytest


@pytest.fixture
def three(organisation):
    """An epic and two stories."""
    for kind in ("Epic", "User Story", "User Story"):
        organisation.create_item("Retail", kind)
    return organisation


def test_an_undated_iteration_is_current_to_its_team(boards, organisation):
    site = organisation
    site.add_iteration("Retail", r"Retail\Past", "2026-02-02", "2026-02-13")
    site.add_iteration("Retail", r"Retail\Now", "2026-03-02", "2026-03-02")
    site.add_iteration("Retail", r"Retail\Next", "2026-03-03", "2026-03-13")
    site.add_iteration("Retail", r"Retail\Undated")
    site.add_iteration("Retail", r"Retail\Later")

    def frames(team, *names):
        paths = [f"Retail\\{name}" for name in names]
        site.add_team("Retail", team, iterations=paths)
        rows = boards.get(f"Retail/{team}:work/teamsettings/iterations")["value"]
        assert [row["path"] for row in rows] == paths
        return [row["attributes"]["timeFrame"] for row in rows]

    assert frames("A", "Past", "Next", "Undated", "Later") == ["past", "future", "current", "future"]
    assert frames("B", "Past", "Now", "Next", "Undated") == ["past", "current", "future", "future"]
    (row,) = boards.get("Retail/A:work/teamsettings/iterations", _timeframe="current")["value"]
    assert (row["name"], row["attributes"]["startDate"]) == ("Undated", None)


def test_an_iteration_loses_its_dates_when_it_is_moved_and_no_item_tells(boards, organisation):
    site = organisation
    number = site.add_iteration("Retail", r"Retail\Sprint 1", "2026-03-02", "2026-03-13")
    site.add_iteration("Retail", r"Retail\Release 1")
    site.create_item("Retail", "Task", {"System.IterationPath": r"Retail\Sprint 1"})
    root = boards.get("Retail:wit/classificationnodes/iterations", _depth=2)
    assert root["children"][0]["attributes"]["finishDate"] == "2026-03-13T00:00:00Z"
    moved = boards.post("Retail:wit/classificationnodes/iterations/Release 1", {"id": number})
    assert "attributes" not in moved
    assert moved["path"] == r"\Retail\Iteration\Release 1\Sprint 1"
    item = boards.get("wit/workitems/1")
    assert (item["rev"], item["fields"]["System.IterationPath"]) == (1, r"Retail\Release 1\Sprint 1")


def test_the_category_of_a_state_depends_on_the_type(boards, organisation):
    organisation.add_project("Store", "CMMI")

    def category(kind, state):
        rows = boards.get(f"Store:wit/workitemtypes/{kind}/states")["value"]
        return next(row["category"] for row in rows if row["name"] == state)

    assert category("Requirement", "Resolved") == "InProgress"
    assert category("Bug", "Resolved") == "Resolved"
    assert category("Risk", "Resolved") == "Resolved"


def test_a_custom_type_fills_no_activated_date_and_a_stock_one_does(boards, organisation):
    site = organisation
    site.add_process("Ours")
    site.add_type("Ours", "Decision")
    site.add_state("Ours", "Decision", "Asked", "InProgress")
    site.add_project("Store", "Ours")
    site.create_item("Store", "Decision")
    site.create_item("Store", "Task")
    for number in (1, 2):
        site.edit_item(number, {"System.State": "Active"})
        site.edit_item(number, {"System.State": "Closed"})
    field = "Microsoft.VSTS.Common.ActivatedDate"
    assert [field in boards.get(f"wit/workitems/{number}")["fields"] for number in (1, 2)] == [False, True]
    closed = "Microsoft.VSTS.Common.ClosedDate"
    assert closed in boards.get("wit/workitems/1")["fields"]
    site.edit_item(1, {"System.State": "Asked"})
    assert closed not in boards.get("wit/workitems/1")["fields"]
    names = [row["name"] for row in boards.get("Store:wit/workitemtypes/Decision/states")["value"]]
    assert names == ["New", "Active", "Asked", "Closed", "Removed"]


def test_projects_are_paged_by_a_token_in_a_header(serve_boards, organisation):
    for name in ("A", "B"):
        organisation.add_project(name)
    boards = serve_boards(list_page=2)
    first = boards.call("GET", "projects")
    token = first.headers["x-ms-continuationtoken"]
    second = boards.call("GET", "projects", continuationToken=token)
    assert [row["name"] for row in first.json()["value"]] == ["Retail", "A"]
    assert [row["name"] for row in second.json()["value"]] == ["B"]
    assert "x-ms-continuationtoken" not in second.headers


def test_a_denied_project_is_not_there_with_all_its_items(serve_boards, three):
    three.add_project("Store")
    three.create_item("Store", "Task")
    boards = serve_boards(denied_projects=["Retail"])
    assert [row["name"] for row in boards.get("projects")["value"]] == ["Store"]
    assert boards.revisions()[0] == [(4, 1)]
    response = boards.call("GET", "Retail:wit/classificationnodes/areas")
    assert response.json()["typeKey"] == "ProjectDoesNotExistWithNameException"


def test_graph_users_are_paged_filtered_and_tell_nothing_of_activity(serve_boards, organisation):
    site = organisation
    site.edit_user("bob@demo.example", active=False)
    site.add_user("Build", "", kind="svc")
    site.add_user("Readers", "", kind="group")
    boards = serve_boards(list_page=2)
    preview = {"version": "7.1-preview.1"}
    names: list[str] = []
    token: dict[str, str] = {}
    for _ in range(2):
        response = boards.call("GET", "identity:graph/users", **preview, **token)
        names += [row["displayName"] for row in response.json()["value"]]
        token = {"continuationToken": response.headers.get("X-MS-ContinuationToken", "")}
    assert (names, token["continuationToken"]) == (["Dovetail", "Ann Lead", "Bob Maker", "Build"], "")
    people = boards.get("identity:graph/users", subjectTypes="aad,msa", continuationToken="2", **preview)
    assert [row["displayName"] for row in people["value"]] == ["Bob Maker"]
    states = [
        boards.get(f"identity:graph/membershipstates/{site.person(email).descriptor}", **preview)["active"]
        for email in ("ann@demo.example", "bob@demo.example")
    ]
    assert states == [True, False]


def test_somebody_who_left_keeps_assignments_but_is_on_no_list(boards, three):
    three.edit_item(2, {"System.AssignedTo": "bob@demo.example"})
    three.remove_user("bob@demo.example")
    assert boards.get("wit/workitems/2")["fields"]["System.AssignedTo"]["displayName"] == "Bob Maker"
    rows = boards.get("identity:graph/users", version="7.1-preview.1")["value"]
    assert [row["displayName"] for row in rows] == ["Dovetail", "Ann Lead"]


def test_identities_and_graph_live_on_their_own_origin_only(boards):
    assert boards.server.identity_url.rpartition(":")[2] != boards.server.url.rpartition(":")[2]
    assert boards.call("GET", "graph/users", version="7.1-preview.1").status_code == 404
    assert boards.call("GET", "identity:projects").status_code == 404


def test_connection_data_names_the_caller_and_is_a_preview(boards, organisation):
    assert boards.call("GET", "connectionData").status_code == 400
    user = boards.get("connectionData", version="7.1-preview.1")["authenticatedUser"]
    assert (user["providerDisplayName"], user["subjectDescriptor"]) == ("Dovetail", organisation.bot)
    assert user["properties"]["Account"]["$value"] == "bot@demo.example"
