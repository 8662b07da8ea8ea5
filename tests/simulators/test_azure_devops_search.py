"""WIQL on the simulated organisation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

AT = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
ALL = "SELECT [System.Id] FROM WorkItems"
LINKS = "SELECT [System.Id] FROM WorkItemLinks"
# The name that the documentation has and the service does not know.
WRONG_NAME = "[System.Links.LinkType] = 'System.LinkTypes.Dependency-Successor'"
CHILD = "System.LinkTypes.Hierarchy-Forward"


@pytest.fixture
def four(organisation):
    """1 epic and 2 story in Retail\\Checkout, 3 bug at the root, 4 task in another project."""
    site = organisation
    site.add_area("Retail", r"Retail\Checkout\Tills")
    site.add_project("Store")
    site.create_item("Retail", "Epic", {"System.AreaPath": r"Retail\Checkout"}, at=AT)
    story = {"System.AreaPath": r"Retail\Checkout\Tills", "System.AssignedTo": "bob@demo.example"}
    site.create_item(
        "Retail", "User Story", story | {"System.Title": "Pay by phone"}, at=AT + timedelta(days=1)
    )
    bug = {"System.AssignedTo": "bot@demo.example", "System.Tags": "late; risky"}
    site.create_item("Retail", "Bug", bug, at=AT + timedelta(days=2))
    site.create_item("Store", "Task", at=AT + timedelta(days=3))
    site.link(1, CHILD, 2)
    return site


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("[System.TeamProject] = 'Retail'", [1, 2, 3]),
        ("[System.TeamProject] = 'RETAIL' AND [System.WorkItemType] <> 'Epic'", [2, 3]),
        (r"[System.AreaPath] UNDER 'Retail\Checkout'", [1, 2]),
        (r"[System.AreaPath] = 'Retail\Checkout'", [1]),
        (r"NOT [System.AreaPath] UNDER 'Retail\Checkout'", [3, 4]),
        (r"[System.AreaPath] NOT UNDER 'Retail\Checkout'", [3, 4]),
        ("[System.Id] IN (2, 4, 9)", [2, 4]),
        ("[System.Id] NOT IN (2, 4)", [1, 3]),
        ("[System.Id] > 1 AND [System.Id] < 4", [2, 3]),
        ("[System.AssignedTo] = 'bob@demo.example'", [2]),
        ("[System.AssignedTo] = 'Bob Maker <bob@demo.example>'", [2]),
        ("[System.AssignedTo] = @Me", [3]),
        ("[System.AssignedTo] = ''", [1, 4]),
        ("[System.AssignedTo] IS EMPTY", [1, 4]),
        ("[Assigned To] IS NOT EMPTY", [2, 3]),
        ("[System.Title] CONTAINS 'phone' OR [System.Tags] CONTAINS 'RISKY'", [2, 3]),
        ("([System.Id] = 1 OR [System.Id] = 2) AND [System.WorkItemType] IN ('Epic', 'Bug')", [1]),
        ("[System.Parent] = 1", [2]),
        ("[System.ChangedDate] >= '2026-02-03'", [3, 4]),
        ("[System.CreatedDate] < @Today - 28", [1]),
        ("[System.CreatedBy] = [System.AssignedTo]", [3]),
    ],
)  # fmt: skip
def test_conditions_find_what_they_say(boards, four, where, ids):
    assert boards.ids(f"{ALL} WHERE {where} ORDER BY [System.Id]") == ids


def test_a_quote_is_escaped_by_doubling(boards, four):
    four.edit_item(4, {"System.Title": "O'Neill's task"})
    assert boards.ids(f"{ALL} WHERE [System.Title] = 'O''Neill''s task'") == [4]


def test_order_by_several_fields(boards, four):
    assert boards.ids(f"{ALL} ORDER BY [System.TeamProject] DESC, [System.Id] DESC") == [4, 3, 2, 1]


def test_a_time_without_time_precision_is_refused_in_the_services_words(boards, four):
    query = {"query": f"{ALL} WHERE [System.ChangedDate] >= '2026-02-03T08:00:00Z'"}
    response = boards.call("POST", "wit/wiql", query)
    assert response.status_code == 400
    assert response.json()["message"] == (
        "You cannot supply a time with the date when running a query using date precision. The error is "
        "caused by «[System.ChangedDate] >= '2026-02-03T08:00:00Z'»."
    )
    # In the body it counts for nothing.
    assert boards.call("POST", "wit/wiql", query | {"timePrecision": True}).status_code == 400
    assert boards.ids(query["query"], timePrecision="true") == [3, 4]


def test_a_date_without_a_zone_is_read_in_the_callers_own(boards, four):
    # 08:00 UTC is midnight in Los Angeles, which is where the bot's profile is.
    exact = f"{ALL} WHERE [System.ChangedDate] {{}} '2026-02-03T00:00:00'"
    assert boards.ids(exact.format("="), timePrecision="true") == [3]
    assert boards.ids(exact.format(">"), timePrecision="true") == [4]


def test_a_query_as_of_an_instant_sees_what_was_then(boards, four):
    four.edit_item(1, {"System.State": "Active"}, at=AT + timedelta(days=10))
    new = f"{ALL} WHERE [System.State] = 'New' ASOF '{{}}'"
    assert boards.ids(new.format("2026-02-02T08:00:00Z")) == [1, 2]
    assert boards.ids(new.format("2026-02-12T00:00:00Z")) == [2, 3, 4]


def test_deleted_and_forbidden_items_are_in_no_query(boards, four):
    four.delete_item(1)
    four.hide_item(2)
    assert boards.ids(ALL) == [3, 4]


def test_a_project_in_the_path_is_only_a_name_for_the_macro(boards, four):
    scoped = boards.post("Store:wit/wiql", {"query": ALL})
    assert [row["id"] for row in scoped["workItems"]] == [1, 2, 3, 4]
    found = boards.post("Store:wit/wiql", {"query": f"{ALL} WHERE [System.TeamProject] = @project"})
    assert [row["id"] for row in found["workItems"]] == [4]
    response = boards.call("POST", "wit/wiql", {"query": f"{ALL} WHERE [System.TeamProject] = @project"})
    assert response.status_code == 400


def test_the_current_iteration_needs_a_team(boards, four):
    four.add_iteration("Retail", r"Retail\Sprint", "2026-03-02", "2026-03-13")
    four.add_team("Retail", "Team", iterations=[r"Retail\Sprint"])
    four.edit_item(3, {"System.IterationPath": r"Retail\Sprint"})
    query = {"query": f"{ALL} WHERE [System.IterationPath] = @CurrentIteration"}
    assert [row["id"] for row in boards.post("Retail/Team:wit/wiql", query)["workItems"]] == [3]
    assert boards.call("POST", "Retail:wit/wiql", query).status_code == 400


def test_more_than_the_cap_is_an_error_and_top_cuts_without_a_word(serve_boards, four):
    boards = serve_boards(wiql_cap=3)
    response = boards.call("POST", "wit/wiql", {"query": ALL})
    assert response.status_code == 400
    assert response.json()["typeKey"] == "WorkItemTrackingQueryResultSizeLimitExceededException"
    assert "exceeds the size limit of 3" in response.json()["message"]
    assert boards.ids(ALL, _top=2) == [1, 2]


def test_a_keyset_loop_under_the_cap_finds_everything_once(serve_boards, four):
    boards = serve_boards(wiql_cap=3)
    found, last = [], 0
    while True:
        page = boards.ids(f"{ALL} WHERE [System.Id] > {last} ORDER BY [System.Id]", _top=2)
        found += page
        if len(page) < 2:
            break
        last = page[-1]
    assert found == [1, 2, 3, 4]


def test_link_queries_answer_relations_and_roots_have_no_source(boards, four):
    links = (
        "SELECT [System.Id] FROM WorkItemLinks WHERE [Source].[System.TeamProject] = 'Retail' AND "
        f"[System.Links.LinkType] = '{CHILD}' AND [Target].[System.WorkItemType] = 'User Story' MODE ({{}})"
    )

    def rows(mode):
        answer = boards.post("wit/wiql", {"query": links.format(mode)})
        return answer["queryType"], [
            (row.get("rel"), row["source"]["id"] if "source" in row else None, row["target"]["id"])
            for row in answer["workItemRelations"]
        ]

    assert rows("MustContain") == ("oneHop", [(None, None, 1), (CHILD, 1, 2)])
    assert rows("MayContain") == (
        "oneHop",
        [(None, None, 1), (CHILD, 1, 2), (None, None, 2), (None, None, 3)],
    )
    assert rows("DoesNotContain") == ("oneHop", [(None, None, 2), (None, None, 3)])
    assert rows("Recursive") == ("tree", [(None, None, 1), (CHILD, 1, 2), (None, None, 3)])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT [System.Id] FROM Things", "Unknown source"),
        (f"{ALL} WHERE [Custom.No] = 1", "references a field that does not exist"),
        (f"{ALL} WHERE [System.AreaPath] UNDER 'Nowhere'", "path does not exist"),
        (f"{ALL} WHERE [System.Title] UNDER 'Retail'", "needs a tree path"),
        (f"{ALL} WHERE [System.Id] =", "Expecting a value"),
        (f"{ALL} WHERE [System.Id] ~ 1", "Unexpected character"),
        (f"{ALL} WHERE [System.ChangedDate] > 'soon'", "date is not valid"),
        (f"{ALL} LIMIT 5", "Expecting end of string"),
        (f"{LINKS} WHERE {WRONG_NAME} MODE (MustContain)", "Dependency-Successor does not exist"),
        (f"{LINKS} ORDER BY [System.Id] MODE (Recursive)", "cannot be used with MODE"),
    ],
)
def test_what_is_no_query_is_refused_with_a_reason(boards, four, query, words):
    response = boards.call("POST", "wit/wiql", {"query": query})
    assert response.status_code == 400
    assert words in response.json()["message"]


def test_a_query_of_more_than_32000_characters_is_refused(boards, four):
    ids = ", ".join(["1"] * 11_000)
    response = boards.call("POST", "wit/wiql", {"query": f"{ALL} WHERE [System.Id] IN ({ids})"})
    assert (response.status_code, response.json()["message"]) == (
        400,
        "VS402338: The query exceeds 32000 characters.",
    )
