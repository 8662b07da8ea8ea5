"""Shapes that nobody published as a recording: written from specs, public notes and the vendor's pages.

Each file names its source. The simulator's answer to the same situation has every member that it has.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from recorded_shapes import FIXTURES, differences
from shared import shared

from simulators.azure_devops import Fault

FOUR = {"version": "7.1-preview.4"}


def _written(name: str) -> Any:
    return json.loads(shared(f"{FIXTURES}{name}").read_text(encoding="utf-8"))


@pytest.fixture
def proj(organisation):
    """An organisation like the one that the shapes tell of: features 1 (revision 4) and 2 in `Proj`."""
    site = organisation
    site.add_process("Ours", "Basic")
    site.add_field("Custom.PortfolioHealth", "Health", "string", process="Ours", allowed=["Red", "Green"])
    site.add_project("Proj", "Ours")
    site.create_item("Proj", "Epic", {"System.Title": "A"})
    for day in ("2026-12-13", "2026-12-14", "2026-12-15"):
        site.edit_item(1, {"Microsoft.VSTS.Scheduling.TargetDate": day})
    site.create_item("Proj", "Epic", {"System.Title": "B"})
    return site


def _patch(path: str, value: Any, rev: int = 3) -> list[dict[str, Any]]:
    return [{"op": "test", "path": "/rev", "value": rev}, {"op": "add", "path": path, "value": value}]


def _alike(name: str, answer: Any, *, words: bool = True) -> None:
    theirs = _written(f"synthetic/{name}.json")["response"]
    ours = answer.json()
    assert answer.status_code == theirs["status"]
    assert list(differences(theirs["body"], ours, extra=False)) == []
    if words:
        assert ours["message"] == theirs["body"]["message"]


def test_errors_of_patches(serve_boards, proj):
    health = "/fields/Custom.PortfolioHealth"
    boards = serve_boards()
    _alike("patch_412_stale_rev", boards.patch(1, _patch(health, "Red")))
    state = [{"op": "replace", "path": "/fields/System.State", "value": "Resolved"}]
    _alike("patch_400_rule_validation", boards.patch(1, state))
    bypass = boards.patch(1, _patch(health, "Red", rev=4), bypassRules="true")
    _alike("patch_400_no_bypass_permission", bypass)
    racing = serve_boards(faults=[Fault(kind="status", method="PATCH", status=409)])
    _alike("patch_409_revision_race", racing.patch(1, _patch(health, "Red", rev=4)))


def test_errors_of_reads_and_queries(serve_boards, proj):
    boards = serve_boards()
    wiql = _written("synthetic/wiql_400_time_without_timePrecision.json")["request"]["body"]
    _alike("wiql_400_time_without_timePrecision", boards.call("POST", "wit/wiql", wiql))
    many = _written("synthetic/workitems_400_over_200.json")["request"]["body"]
    _alike("workitems_400_over_200", boards.call("POST", "wit/workitemsbatch", many))
    over = serve_boards(wiql_cap=1).call("POST", "wit/wiql", {"query": "SELECT [System.Id] FROM WorkItems"})
    _alike("wiql_400_over_20000", over, words=False)
    comment = boards.call("POST", "Proj:wit/workItems/1/comments", {"text": "x"})
    _alike("comments_400_preview_flag", comment)


def test_pages_of_the_cursors(boards, proj):
    query = {
        "includeDeleted": "true",
        "includeLatestOnly": "true",
        "includeIdentityRef": "true",
        "_expand": "fields",
    }
    revisions = "wit/reporting/workitemrevisions"
    first = boards.call("GET", revisions, **query)
    _alike("reporting_revisions_page1", first, words=False)
    token = first.json()["continuationToken"]
    _alike(
        "reporting_revisions_nothing_new",
        boards.call("GET", revisions, continuationToken=token, **query),
        words=False,
    )
    proj.delete_item(1)
    last = boards.call("GET", revisions, continuationToken=token, **query)
    _alike("reporting_revisions_page2_last_with_deleted", last, words=False)
    proj.link(1, "System.LinkTypes.Hierarchy-Forward", 2)
    proj.unlink(1, "System.LinkTypes.Hierarchy-Forward", 2)
    proj.link(2, "System.LinkTypes.Dependency-Forward", proj.create_item("Proj", "Epic"))
    _alike("reporting_links_add_then_remove", boards.call("GET", "wit/reporting/workitemlinks"), words=False)


def test_comments_batches_and_omitted_items(boards, proj):
    comments = "Proj:wit/workItems/1/comments"
    for form, text in (("html", "<div>Slipped 5 days</div>"), ("markdown", "Rollup"), ("html", "third")):
        boards.post(comments, {"text": text}, format=form, **FOUR)
    boards.call("DELETE", f"{comments}/2", **FOUR)
    page = boards.call(
        "GET", comments, _top=2, order="asc", includeDeleted="true", _expand="renderedText", **FOUR
    )
    _alike("comments_page", page, words=False)
    entries = _written("synthetic/batch_update_mixed.json")["request"]["body"]
    for number, rev, entry in ((1, proj.items[1].rev, entries[0]), (2, 9, entries[1])):
        entry["uri"] = f"/_apis/wit/workitems/{number}?api-version=7.1"
        entry["body"][0]["value"] = rev
    mixed = boards.call("PATCH", "wit/$batch", entries, headers={"Content-Type": "application/json"})
    _alike("batch_update_mixed", mixed, words=False)
    refused = json.loads(mixed.json()["value"][1]["body"])
    theirs = json.loads(_written("synthetic/batch_update_mixed.json")["response"]["body"]["value"][1]["body"])
    assert refused == theirs
    proj.link(1, "System.LinkTypes.Hierarchy-Forward", 2)
    body = {"ids": [1, 999, 2], "errorPolicy": "omit", "$expand": "relations"}
    omitted = boards.post("wit/workitemsbatch", body)
    theirs = _written("synthetic/workitemsbatch_omit.json")["response"]["body"]
    for row in theirs["value"]:  # the shape has two fields for all of them
        if row is not None:
            del row["fields"]
    assert list(differences(theirs, omitted, extra=False)) == []


@pytest.mark.parametrize(("name", "block"), [("throttle_200_delayed", 3.0), ("throttle_429", 1.0)])
def test_the_end_of_a_budget(serve_boards, name, block):
    boards = serve_boards(tstu_limit=1, tstu_cost=1, tstu_block=block, tstu_window_seconds=10)
    boards.call("GET", "projects")
    answer = boards.call("GET", "projects")
    _alike(name, answer, words=name == "throttle_429")
    ours = {header.lower() for header in answer.headers}
    assert set(_written(f"synthetic/{name}.json")["response"]["headers"]) - ours == set()


def test_the_sign_in_page(boards):
    theirs = _written("synthetic/signin_203.json")["response"]
    boards.session.auth = ("", "expired")
    answer = boards.call("GET", "projects")
    assert (answer.status_code, answer.headers["Content-Type"]) == (203, theirs["headers"]["content-type"])
    assert "<title>Azure DevOps Services | Sign In</title>" in theirs["body"]
    assert "<title>Azure DevOps Services | Sign In</title>" in answer.text


def test_projects_teams_and_trees_of_other_products_examples(boards, organisation):
    site = organisation
    site.add_iteration("Retail", r"Retail\Release 1\Sprint 1", "2024-08-17", "2024-09-07")
    site.add_team("Retail", "Team", members=["ann@demo.example"])
    home = site.project("Retail").id
    (team,) = [row for row in boards.get(f"projects/{home}/teams")["value"] if row["name"] == "Team"]
    members = boards.get(f"projects/{home}/teams/{team['id']}/members")
    theirs = _written("ocean/team_a.json")
    del theirs["__members"]  # that product puts them there itself
    for redacted in (theirs, project := _written("ocean/project_a.json")):
        redacted.pop("url", None)
        redacted.pop("identityUrl", None)
    for links in (project["_links"], project["defaultTeam"]):
        links.clear()
    assert list(differences(theirs, team, extra=False)) == []
    assert list(differences(project, boards.get(f"projects/{home}"), extra=False)) == []
    person = _written("faros/team_members.json")["value"][0]["identity"]
    assert set(person) - set(members["value"][0]["identity"]) <= {"inactive"}
    root = _written("faros/iterations_root.json")
    ours = boards.get("Retail:wit/classificationnodes/iterations", _depth=2)
    assert set(root) - set(ours) == set()
